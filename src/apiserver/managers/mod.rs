//! Server-side apply: who set which field of an object, and what happens when two want different values.
//!
//! An object is followed from the first write of a client on; what components wrote before belongs to them as a whole.
// Models staging/src/k8s.io/apimachinery/pkg/util/managedfields

mod compare;
mod component;
mod merge;
mod reader;
mod shown;

use std::collections::BTreeMap;

use serde_json::Value;

use self::compare::{compare, set_of};
use self::reader::Reader;
pub use self::shown::{ManagedFields, Shown};
use super::apply::LAST_APPLIED;
use super::server::{ApiServer, Subresource, WriteOptions};
use super::store::ObjectKey;
use crate::api::decode::check;
use crate::api::field_set::FieldSet;
use crate::api::fields::type_of;
use crate::api::status::StatusReason;
use crate::api::{Kind, Object, Status};
use crate::base::{Timestamp, sorted};

/// The manager of `kubectl apply` without `--server-side`.
pub const CLIENT_SIDE: &str = "kubectl-client-side-apply";
/// The manager of `kubectl apply --server-side`.
pub const SERVER_SIDE: &str = "kubectl";
/// Writes to one object of which it is not yet worked out what they changed: they hold old objects in memory.
const WRITES_UNREAD_MAX: usize = 8;

/// In the order in which the API lists their fields.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
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
    writer: Writer,
    owners: BTreeMap<String, Owners>,
    reader: Reader,
}

/// In whose name requests are made.
#[derive(Clone, Debug, Default)]
enum Writer {
    #[default]
    Component,
    Client(String),
    /// The caller notes what changes.
    Unnoted,
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
    what: What,
    at: Timestamp,
}

#[derive(Clone, Debug)]
enum What {
    /// A client created the object and sent this.
    Sent(Object),
    /// A component created the object, which came to be this.
    Made(Object),
    Changed {
        before: Object,
        after: Object,
    },
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
    /// Whether new objects are followed.
    pub(super) fn is_following(&self) -> bool {
        matches!(self.writer, Writer::Client(_))
    }

    /// Notes the creation of an object, as it was sent.
    pub(super) fn note_creation(&mut self, sent: Object, uid: &str, at: Timestamp) {
        if let Writer::Client(writer) = &self.writer {
            let write = Write { writer: writer.clone(), what: What::Sent(sent), at };
            self.owners.entry(uid.to_owned()).or_default().unread.push(write);
        }
    }

    /// Notes a change of anything but the status.
    pub(super) fn note_change(&mut self, before: &Object, after: &Object, at: Timestamp) {
        let uid = &before.metadata().uid;
        let writer = match &self.writer {
            Writer::Client(writer) => writer.clone(),
            Writer::Component if self.owners.contains_key(uid) => component::CONTROLLERS.to_owned(),
            _ => return,
        };
        let owners = self.owners.entry(uid.clone()).or_insert_with(|| Owners::beginning(before));
        let what = What::Changed { before: before.clone(), after: after.clone() };
        owners.unread.push(Write { writer, what, at });
        let surplus = owners.unread.len().saturating_sub(WRITES_UNREAD_MAX);
        // As many a command, that none takes longer than others.
        self.reader.read_first(surplus, owners);
    }

    /// An object is gone.
    pub(super) fn forget(&mut self, object: &Object) {
        self.owners.remove(&object.metadata().uid);
        if self.owners.is_empty() {
            self.reader = Reader::default();
        }
    }

    /// The owners of an object that is stored.
    fn of(&mut self, live: &Object) -> &mut Vec<Entry> {
        let uid = live.metadata().uid.clone();
        self.reader.read(self.owners.entry(uid).or_insert_with(|| Owners::beginning(live)))
    }
}

impl Owners {
    /// What nobody is known to have written is its component's.
    fn beginning(live: &Object) -> Owners {
        let writer = component::creator(live).to_owned();
        let at = live.metadata().creation_timestamp.unwrap_or_default();
        let write = Write { writer, what: What::Made(live.clone()), at };
        Owners { entries: Vec::new(), unread: vec![write] }
    }
}

/// Takes fields away from all managers.
fn take_away(entries: &mut [Entry], fields: &FieldSet) {
    for entry in entries {
        entry.fields = entry.fields.minus(fields);
    }
}

/// Adds fields to a manager's; managers without fields go.
fn add(entries: &mut Vec<Entry>, manager: &str, operation: Operation, time: Timestamp, fields: FieldSet) {
    match entries.iter_mut().find(|entry| entry.is(manager, operation)) {
        Some(entry) => {
            entry.fields = entry.fields.union(&fields);
            entry.time = time;
        }
        None => entries.push(Entry { manager: manager.to_owned(), operation, time, fields }),
    }
    entries.retain(|entry| !entry.fields.is_empty());
}

impl ApiServer {
    /// Requests from now on are made in this name; `None` are those of components.
    pub fn write_as(&mut self, writer: Option<String>) {
        self.managers.writer = writer.map_or(Writer::Component, Writer::Client);
    }

    /// Tells `metadata.managedFields`.
    pub fn managed_fields(&self) -> ManagedFields<'_> {
        ManagedFields::of(&self.managers)
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
        let wanted = set_of(config);
        let now = self.now.to_timestamp();
        let Some(stored) = self.find(kind, &key).cloned() else {
            let object = decoded(kind, config.clone())?;
            let created = self.unnoted(|server| server.create_with(object, apply.options))?;
            if !apply.options.dry_run {
                let Managers { owners, reader, .. } = &mut self.managers;
                let owners = owners.entry(created.metadata().uid.clone()).or_default();
                add(reader.read(owners), apply.manager, Operation::Apply, now, wanted);
            }
            return Ok(created);
        };
        let live = stored.to_value();
        let mut new = merge::merged("", &live, config);
        let written = compare(&live, &new).written;
        let uid = stored.metadata().uid.clone();
        let mut entries = self.managers.of(&stored).clone();
        let mine = entries.iter().position(|entry| entry.is(apply.manager, Operation::Apply));
        let mine = mine.map(|at| entries.remove(at).fields).unwrap_or_default();
        if !apply.force {
            refuse_conflicts(kind, &entries, &written)?;
        }
        take_away(&mut entries, &written);
        let held = entries.iter().fold(wanted.clone(), |held, entry| held.union(&entry.fields));
        merge::remove_all(&mut new, &mine, &held);
        let object = decoded(kind, new)?;
        let replaced = self.unnoted(|server| server.replace(object, Subresource::Main, apply.options))?;
        if !apply.options.dry_run {
            take_away(&mut entries, &compare(&live, &replaced).gone);
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
        let Managers { owners, reader, .. } = &mut self.managers;
        let Some(owners) = owners.get_mut(&uid) else { return Ok(false) };
        let entries = reader.read(owners);
        let Some(at) = entries.iter().position(|entry| entry.is(CLIENT_SIDE, Operation::Update)) else {
            return Ok(false);
        };
        let fields = entries.remove(at).fields;
        let annotation = FieldSet::of_path(&["f:metadata", "f:annotations", &format!("f:{LAST_APPLIED}")]);
        add(entries, apply.manager, Operation::Apply, now, fields.minus(&annotation));
        add(entries, "kubectl-last-applied", Operation::Apply, now, fields.common(&annotation));
        self.apply_on_server(kind, config, apply).map(|_| true)
    }

    /// A request whose changes are noted by the caller.
    fn unnoted<T>(&mut self, request: impl FnOnce(&mut ApiServer) -> T) -> T {
        let writer = std::mem::replace(&mut self.managers.writer, Writer::Unnoted);
        let answer = request(self);
        self.managers.writer = writer;
        answer
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
        .map(|entry| (named(entry), entry.fields.common(written).paths()))
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::apiserver::DeleteOptions;
    use crate::base::{Random, Time};

    #[test]
    fn an_object_that_is_gone_has_no_owners() {
        let mut api = ApiServer::new(Time::default(), Random::new(1));
        api.write_as(Some("team".to_owned()));
        let value = json!({"metadata": {"name": "c", "namespace": "default"}, "data": {"a": "b"}});
        let made = api.create(decoded(Kind::ConfigMap, value).expect("a ConfigMap")).expect("valid");
        assert_eq!(api.managers.owners.len(), 1);
        api.delete(Kind::ConfigMap, &ObjectKey::of(&made), &DeleteOptions::default()).expect("there");
        assert!(api.managers.owners.is_empty());
    }
}
