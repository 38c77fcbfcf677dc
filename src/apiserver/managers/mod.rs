//! Server-side apply: who set which field of an object, and what happens when two want different values.
//!
//! Only the writes of kubectl are followed; what controllers wrote belongs to them as a whole.
// Models staging/src/k8s.io/apimachinery/pkg/util/managedfields

mod field_set;
mod merge;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use self::field_set::{FieldSet, Path, Step, changed, flatten, shown};
use super::apply::LAST_APPLIED;
use super::server::{ApiServer, Subresource, WriteOptions};
use super::store::ObjectKey;
use crate::api::decode::check;
use crate::api::fields::type_of;
use crate::api::status::StatusReason;
use crate::api::{Kind, Object, Status};
use crate::base::{Timestamp, sorted};

/// The manager of `kubectl apply` without `--server-side`.
pub const CLIENT_SIDE: &str = "kubectl-client-side-apply";
/// The manager of `kubectl apply --server-side`.
pub const SERVER_SIDE: &str = "kubectl";
/// Objects of past lives are forgotten when there are more.
const OBJECTS_MAX: usize = 500;
/// Writes to one object of which it is not yet worked out what they changed: they hold old objects in memory.
const WRITES_UNREAD_MAX: usize = 8;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Operation {
    Apply,
    Update,
}

#[derive(Clone, Debug)]
struct Entry {
    manager: String,
    operation: Operation,
    time: Timestamp,
    fields: FieldSet,
}

impl Entry {
    fn is(&self, manager: &str, operation: Operation) -> bool {
        self.manager == manager && self.operation == operation
    }
}

/// The owners of every object's fields, by the object's uid.
#[derive(Clone, Debug, Default)]
pub struct Managers {
    /// In whose name requests are made.
    writer: Option<String>,
    owners: BTreeMap<String, Owners>,
}

/// The owners of one object's fields. Writes are noted as they come, and what they changed is worked out when somebody
/// asks: a line that labels a thousand pods asks for none of them.
#[derive(Clone, Debug, Default)]
struct Owners {
    entries: Vec<Entry>,
    unread: Vec<Write>,
}

#[derive(Clone, Debug)]
struct Write {
    writer: String,
    /// `None`: the write created the object.
    before: Option<Object>,
    after: Object,
    at: Timestamp,
}

/// A request of server-side apply.
#[derive(Clone, Copy, Debug)]
pub struct Apply<'a> {
    pub manager: &'a str,
    /// Take fields away from other managers.
    pub force: bool,
    pub options: WriteOptions,
}

impl Managers {
    pub(super) fn is_following(&self) -> bool {
        self.writer.is_some()
    }

    /// Notes a write.
    pub(super) fn note(&mut self, before: Option<&Object>, after: &Object, uid: &str, at: Timestamp) {
        let Some(writer) = self.writer.clone() else { return };
        let known = self.owners.contains_key(uid);
        let owners = self.owners.entry(uid.to_owned()).or_default();
        if let Some(live) = before.filter(|_| !known) {
            owners.begin(live, at);
        }
        owners.unread.push(Write { writer, before: before.cloned(), after: after.clone(), at });
        if owners.unread.len() > WRITES_UNREAD_MAX {
            owners.read();
        }
    }

    /// The owners of an object that is stored.
    fn of(&mut self, live: &Object, now: Timestamp) -> &mut Vec<Entry> {
        let uid = &live.metadata().uid;
        let known = self.owners.contains_key(uid);
        let owners = self.owners.entry(uid.clone()).or_default();
        if !known {
            owners.begin(live, now);
        }
        owners.read()
    }
}

impl Owners {
    /// What nobody is known to have written is the controllers'.
    fn begin(&mut self, live: &Object, now: Timestamp) {
        let writer = "kube-controller-manager".to_owned();
        self.unread.push(Write { writer, before: None, after: live.clone(), at: now });
    }

    /// Works out what the writes changed.
    fn read(&mut self) -> &mut Vec<Entry> {
        for write in std::mem::take(&mut self.unread) {
            let old = write.before.map(|before| flatten(&before.to_value())).unwrap_or_default();
            let new = flatten(&write.after.to_value());
            let written = changed(&old, &new);
            if written.is_empty() && old.keys().all(|path| new.contains_key(path)) {
                continue;
            }
            for entry in &mut self.entries {
                entry.fields.retain(|path| new.contains_key(path) && !written.contains(path));
            }
            add(&mut self.entries, &write.writer, Operation::Update, write.at, written);
        }
        &mut self.entries
    }
}

/// Adds fields to a manager's; managers without fields go.
fn add(entries: &mut Vec<Entry>, manager: &str, operation: Operation, time: Timestamp, fields: FieldSet) {
    match entries.iter_mut().find(|entry| entry.is(manager, operation)) {
        Some(entry) => {
            entry.fields.extend(fields);
            entry.time = time;
        }
        None => entries.push(Entry { manager: manager.to_owned(), operation, time, fields }),
    }
    entries.retain(|entry| !entry.fields.is_empty());
}

impl ApiServer {
    /// Requests from now on are made in this name; `None` are those of controllers.
    pub fn write_as(&mut self, writer: Option<String>) {
        self.managers.writer = writer;
    }

    /// `metadata.managedFields` as the API shows them.
    pub fn managed_fields(&self, object: &Object) -> Value {
        let value = object.to_value();
        let version = object.kind().api_version();
        let created = object.metadata().creation_timestamp.unwrap_or_default();
        let entry = |manager: &str, operation: Operation, time: Timestamp, fields: Value| {
            json!({
                "apiVersion": version,
                "fieldsType": "FieldsV1",
                "fieldsV1": fields,
                "manager": manager,
                "operation": if operation == Operation::Apply { "Apply" } else { "Update" },
                "time": time.to_string(),
            })
        };
        let mut shown = Vec::new();
        match self.managers.owners.get(&object.metadata().uid).cloned() {
            Some(mut owners) => shown.extend(owners.read().iter().map(|known| {
                entry(&known.manager, known.operation, known.time, field_set::to_value(&known.fields))
            })),
            None => {
                let fields = field_set::to_value(flatten(&value).keys());
                shown.push(entry("kube-controller-manager", Operation::Update, created, fields));
            }
        }
        if let Some(status) = value.get("status").filter(|status| **status != json!({})) {
            let manager = if object.kind() == Kind::Pod { "kubelet" } else { "kube-controller-manager" };
            let paths: Vec<Path> = flatten(&json!({"spec": status})).into_keys().collect();
            let fields = json!({"f:status": field_set::to_value(&paths)["f:spec"]});
            let mut status = entry(manager, Operation::Update, created, fields);
            status["subresource"] = json!("status");
            shown.push(status);
        }
        Value::Array(shown)
    }

    /// Server-side apply: the configuration's fields become the manager's, and what it had before and no longer names
    /// goes.
    ///
    /// # Errors
    /// `Conflict` when another manager has a field with another value, and all that a creation or an update may
    /// answer.
    // Models sigs.k8s.io/structured-merge-diff merge/update.go Apply
    pub fn apply_on_server(&mut self, kind: Kind, config: &Value, apply: Apply) -> Result<Object, Status> {
        let text = |field: &str| config["metadata"][field].as_str().unwrap_or_default().to_owned();
        let key = ObjectKey::new(text("namespace"), text("name"));
        refuse_untyped(kind, &key, config)?;
        let wanted: FieldSet = flatten(config).into_keys().collect();
        let now = self.now.to_timestamp();
        let Some(stored) = self.find(kind, &key).cloned() else {
            let object = decoded(kind, config.clone())?;
            let created = self.unnoted(|server| server.create_with(object, apply.options))?;
            if !apply.options.dry_run {
                self.forget_the_gone();
                let owners = self.managers.owners.entry(created.metadata().uid.clone()).or_default();
                add(owners.read(), apply.manager, Operation::Apply, now, wanted);
            }
            return Ok(created);
        };
        let live = stored.to_value();
        let mut new = merge::merged("", &live, config);
        let written = changed(&flatten(&live), &flatten(&new));
        let uid = stored.metadata().uid.clone();
        let mut entries = self.managers.of(&stored, now).clone();
        let mine = entries.iter().position(|entry| entry.is(apply.manager, Operation::Apply));
        let mine = mine.map(|at| entries.remove(at).fields).unwrap_or_default();
        if !apply.force {
            refuse_conflicts(kind, &entries, &written)?;
        }
        for entry in &mut entries {
            entry.fields.retain(|path| !written.contains(path));
        }
        let others: FieldSet = entries.iter().flat_map(|entry| entry.fields.iter().cloned()).collect();
        merge::remove_all(&mut new, &mine.difference(&wanted).cloned().collect(), &others);
        let object = decoded(kind, new)?;
        let replaced = self.unnoted(|server| server.replace(object, Subresource::Main, apply.options))?;
        if !apply.options.dry_run {
            let left = flatten(&replaced.to_value());
            for entry in &mut entries {
                entry.fields.retain(|path| left.contains_key(path));
            }
            add(&mut entries, apply.manager, Operation::Apply, now, wanted);
            self.managers.owners.insert(uid, Owners { entries, unread: Vec::new() });
        }
        Ok(replaced)
    }

    /// What client-side apply had becomes the manager's, as kubectl does once when it changes over.
    ///
    /// # Errors
    /// As `apply_on_server`.
    // Models staging/src/k8s.io/client-go/util/csaupgrade/upgrade.go
    pub fn upgrade_client_side(&mut self, kind: Kind, config: &Value, apply: Apply) -> Result<bool, Status> {
        let text = |field: &str| config["metadata"][field].as_str().unwrap_or_default().to_owned();
        let key = ObjectKey::new(text("namespace"), text("name"));
        let uid = self.get(kind, &key)?.metadata().uid.clone();
        let now = self.now.to_timestamp();
        let Some(owners) = self.managers.owners.get_mut(&uid) else { return Ok(false) };
        let entries = owners.read();
        let Some(at) = entries.iter().position(|entry| entry.is(CLIENT_SIDE, Operation::Update)) else {
            return Ok(false);
        };
        let mut fields = entries.remove(at).fields;
        let annotation = ["metadata", "annotations", LAST_APPLIED].map(|name| Step::Field(name.to_owned()));
        let kept = fields.take(annotation.as_slice());
        add(entries, apply.manager, Operation::Apply, now, fields);
        if let Some(path) = kept {
            add(entries, "kubectl-last-applied", Operation::Apply, now, [path].into());
        }
        self.apply_on_server(kind, config, apply).map(|_| true)
    }

    /// A request whose changes are noted by the caller.
    fn unnoted<T>(&mut self, request: impl FnOnce(&mut ApiServer) -> T) -> T {
        let writer = self.managers.writer.take();
        let answer = request(self);
        self.managers.writer = writer;
        answer
    }

    fn forget_the_gone(&mut self) {
        if self.managers.owners.len() < OBJECTS_MAX {
            return;
        }
        let kinds = Kind::ALL.iter().filter(|kind| **kind != Kind::Event);
        let objects = kinds.flat_map(|kind| self.store.list(*kind, None));
        let here: std::collections::BTreeSet<String> =
            objects.map(|object| object.metadata().uid.clone()).collect();
        self.managers.owners.retain(|uid, _| here.contains(uid));
    }
}

fn decoded(kind: Kind, mut value: Value) -> Result<Object, Status> {
    let faults = check(kind.as_str(), type_of(kind), &mut value);
    if let Some(error) = faults.fatal.or(faults.wrong_type) {
        return Err(Status::bad_request(error));
    }
    Object::decode(kind, value).map_err(|error| Status::bad_request(error.to_string()))
}

/// The configuration must fit the schema.
fn refuse_untyped(kind: Kind, key: &ObjectKey, config: &Value) -> Result<(), Status> {
    let problems = merge::problems(type_of(kind), config);
    let told = match problems.as_slice() {
        [] => return Ok(()),
        [one] => one.clone(),
        several => format!("errors:\n  {}", several.join("\n  ")),
    };
    let message = format!(
        "failed to create typed patch object ({}/{}; {}, Kind={}): {told}",
        key.namespace,
        key.name,
        if kind.group().is_empty() {
            format!("/{}", kind.api_version())
        } else {
            kind.api_version().to_owned()
        },
        kind.as_str()
    );
    Err(Status { reason: StatusReason::Unknown, ..Status::bad_request(message) })
}

// Models staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/conflict.go
fn refuse_conflicts(kind: Kind, entries: &[Entry], written: &FieldSet) -> Result<(), Status> {
    let named = |entry: &Entry| match entry.operation {
        Operation::Apply => format!("{:?}", entry.manager),
        Operation::Update => format!("{:?} using {}", entry.manager, kind.api_version()),
    };
    let mut conflicts: Vec<(String, Vec<String>)> = entries
        .iter()
        .map(|entry| (named(entry), entry.fields.intersection(written).map(|path| shown(path)).collect()))
        .filter(|(_, paths): &(String, Vec<String>)| !paths.is_empty())
        .collect();
    sorted::sort(&mut conflicts);
    let count: usize = conflicts.iter().map(|(_, paths)| paths.len()).sum();
    let message = match conflicts.as_slice() {
        [] => return Ok(()),
        [(manager, paths)] if count == 1 => {
            format!("Apply failed with 1 conflict: conflict with {manager}: {}", paths[0])
        }
        several => {
            let told: Vec<String> = several
                .iter()
                .map(|(manager, paths)| format!("conflicts with {manager}:\n- {}", paths.join("\n- ")))
                .collect();
            format!("Apply failed with {count} conflicts: {}", told.join("\n"))
        }
    };
    Err(Status { reason: StatusReason::Conflict, ..Status::bad_request(message) })
}
