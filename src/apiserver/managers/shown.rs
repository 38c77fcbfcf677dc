//! Objects with their managed fields, as the API shows them.
// Models staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/managedfields.go

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::component::{self, Known};
use super::reader::Reader;
use super::{Entry, Managers, Operation};
use crate::api::field_set::FieldSet;
use crate::api::meta::ManagedFieldsEntry;
use crate::api::view::{self, Entries, Fields, View, Viewed};
use crate::api::{Kind, Object, Shared};
use crate::base::{Digest, Timestamp, sorted};

const METADATA: &str = "metadata";
const MANAGED_FIELDS: &str = "managedFields";

/// An object with its managed fields. It is the stored one, not a copy: there may be thousands.
#[derive(Clone, PartialEq, Debug)]
pub struct Shown {
    pub object: Object,
    metadata: ShownMetadata,
}

#[derive(Clone, PartialEq, Debug)]
struct ShownMetadata {
    object: Object,
    managed_fields: Vec<Shared<ManagedFieldsEntry>>,
}

impl Viewed for Shown {
    fn view(&self) -> View<'_> {
        View::Object(self)
    }
}

impl Fields for Shown {
    fn get(&self, name: &str) -> Option<&dyn Viewed> {
        if name == METADATA { Some(&self.metadata) } else { self.object.get(name) }
    }
    fn add_to<'a>(&'a self, entries: &mut Entries<'a>) {
        let from = entries.len();
        self.object.add_to(entries);
        if let Some(metadata) = entries[from..].iter_mut().find(|(name, _)| *name == METADATA) {
            metadata.1 = &self.metadata;
        }
    }
    fn are_declared(&self) -> bool {
        self.object.are_declared()
    }
}

impl Viewed for ShownMetadata {
    fn view(&self) -> View<'_> {
        View::Object(self)
    }
}

impl Fields for ShownMetadata {
    fn get(&self, name: &str) -> Option<&dyn Viewed> {
        if name == MANAGED_FIELDS { Some(&self.managed_fields) } else { self.object.metadata().get(name) }
    }
    fn add_to<'a>(&'a self, entries: &mut Entries<'a>) {
        let from = entries.len();
        self.object.metadata().add_to(entries);
        view::add_in_order(entries, from, MANAGED_FIELDS, &self.managed_fields);
    }
    fn are_declared(&self) -> bool {
        self.object.metadata().are_declared()
    }
}

/// Tells the managed fields of many objects, which may have most of them in common.
pub struct ManagedFields<'a> {
    managers: &'a Managers,
    reader: Reader,
    known: Known,
    /// Entries without time and fields, for each manager and way.
    heads: Vec<ManagedFieldsEntry>,
    /// What is told of objects, but for their status, by the head's place, the time and the fields' identity. Of a
    /// status no other object has the same: there are addresses in it.
    told: BTreeMap<Digest, Shared<ManagedFieldsEntry>>,
}

/// What one manager set in one way.
struct Row {
    operation: Operation,
    time: Timestamp,
    manager: Cow<'static, str>,
    subresource: &'static str,
    fields: FieldSet,
}

impl<'a> ManagedFields<'a> {
    pub(super) fn of(managers: &'a Managers) -> ManagedFields<'a> {
        ManagedFields {
            managers,
            reader: Reader::over_many(),
            known: Known::default(),
            heads: Vec::new(),
            told: BTreeMap::new(),
        }
    }

    pub fn shown(&mut self, object: &'a Object) -> Shown {
        let rows = self.rows(object);
        let managed_fields = rows.into_iter().map(|row| self.entry(object.kind(), row)).collect();
        Shown { object: object.clone(), metadata: ShownMetadata { object: object.clone(), managed_fields } }
    }

    fn rows(&mut self, object: &'a Object) -> Vec<Row> {
        let mut rows = match self.managers.owners.get(&object.metadata().uid).cloned() {
            None => vec![Row {
                operation: Operation::Update,
                time: object.metadata().creation_timestamp.unwrap_or_default(),
                manager: component::creator(object).into(),
                subresource: "",
                fields: self.known.created(&mut self.reader.walk, object),
            }],
            Some(mut owners) => {
                let row = |entry: Entry| Row {
                    operation: entry.operation,
                    time: entry.time,
                    manager: entry.manager.into(),
                    subresource: "",
                    fields: entry.fields,
                };
                std::mem::take(self.reader.read(&mut owners)).into_iter().map(row).collect()
            }
        };
        if let Some((manager, time, fields)) =
            component::status_fields(&mut self.reader.walk, &mut self.known, object)
        {
            let manager = manager.into();
            rows.push(Row { operation: Operation::Update, time, manager, subresource: "status", fields });
        }
        sorted::sort_by(&mut rows, |a, b| {
            (a.operation, a.time, &a.manager, a.subresource).cmp(&(
                b.operation,
                b.time,
                &b.manager,
                b.subresource,
            ))
        });
        rows
    }

    fn entry(&mut self, kind: Kind, row: Row) -> Shared<ManagedFieldsEntry> {
        let head = self.head(kind, &row);
        let mut key = Digest::of_numbers(&[head, row.fields.identity()]);
        key.add_number(row.time.as_secs() as u64);
        if let Some(told) = self.told.get(&key) {
            return told.clone();
        }
        let entry =
            ManagedFieldsEntry { time: Some(row.time), fields_v1: row.fields, ..self.heads[head].clone() };
        let entry = Shared::from(entry);
        if row.subresource.is_empty() {
            self.told.insert(key, entry.clone());
        }
        entry
    }

    fn head(&mut self, kind: Kind, row: &Row) -> usize {
        let operation = if row.operation == Operation::Apply { "Apply" } else { "Update" };
        let (version, subresource) = (kind.api_version(), row.subresource);
        let is_same = |head: &ManagedFieldsEntry| {
            *head.manager == *row.manager
                && *head.operation == *operation
                && *head.subresource == *subresource
                && *head.api_version == *version
        };
        self.heads.iter().position(is_same).unwrap_or_else(|| {
            self.heads.push(ManagedFieldsEntry {
                manager: (*row.manager).into(),
                operation: operation.into(),
                api_version: version.into(),
                fields_type: "FieldsV1".into(),
                subresource: subresource.into(),
                ..ManagedFieldsEntry::default()
            });
            self.heads.len() - 1
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::decoded;
    use crate::api::Kind;
    use crate::api::view;
    use crate::apiserver::{ApiServer, DeleteOptions, ObjectKey};
    use crate::base::{Random, Time};

    /// Pods that differ in one thing each, made by components and by two clients.
    fn pods(api: &mut ApiServer) -> usize {
        let spec = json!({"containers": [{"name": "c", "image": "busybox"}]});
        let of_name = |name: &str| json!({"name": name, "namespace": "default"});
        let also = |name: &str, field: &str, value: Value| {
            let mut meta = of_name(name);
            meta[field] = value;
            meta
        };
        let metas = [
            of_name("plain"),
            also("labelled", "labels", json!({"a": "b"})),
            also("noted", "annotations", json!({"a": "b"})),
            also("ending", "finalizers", json!(["example.com/wait"])),
            also("generated", "generateName", json!("generated-")),
        ];
        let mut made = 0;
        for (at, writer) in [None, Some("one"), Some("two")].into_iter().enumerate() {
            api.write_as(writer.map(str::to_owned));
            for meta in &metas {
                let mut meta = meta.clone();
                meta["name"] = json!(format!("{}-{at}", meta["name"].as_str().expect("a name")));
                let pod = decoded(Kind::Pod, json!({"metadata": meta, "spec": spec})).expect("a pod");
                api.create(pod).expect("valid");
                made += 1;
            }
        }
        made
    }

    #[test]
    fn what_is_told_of_one_object_does_not_depend_on_those_before_it() {
        let mut api = ApiServer::new(Time::default(), Random::new(1));
        let made = pods(&mut api);
        for name in ["ending-0", "ending-1"] {
            let key = ObjectKey::new("default", name);
            api.delete(Kind::Pod, &key, &DeleteOptions::default()).expect("there");
        }
        let mut many = api.managed_fields();
        let mut told = Vec::new();
        for pod in api.list(Kind::Pod, None) {
            let alone = view::to_value(&api.managed_fields().shown(pod));
            assert_eq!(view::to_value(&many.shown(pod)), alone);
            told.push(alone["metadata"]["managedFields"][0].clone());
        }
        assert_eq!(told.len(), made);
        let set = |entry: &&Value, field: &str| entry["fieldsV1"]["f:metadata"].get(field).is_some();
        assert!(!told.iter().any(|entry| set(&entry, "f:deletionTimestamp")));
        for field in ["f:labels", "f:annotations", "f:finalizers", "f:generateName"] {
            assert!(told.iter().any(|entry| set(&entry, field)), "{field}");
            assert!(told.iter().any(|entry| !set(&entry, field)), "{field}");
        }
        for manager in ["kube-controller-manager", "one", "two"] {
            assert!(told.iter().any(|entry| entry["manager"] == manager), "{manager}");
        }
    }
}
