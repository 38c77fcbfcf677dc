//! Fields of an object by path, as server-side apply tells them apart.
// Models sigs.k8s.io/structured-merge-diff fieldpath and typed

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::api::codec::Map;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Step {
    Field(String),
    /// An element of a list by its keys, each with its value as JSON.
    Key(Vec<(String, String)>),
    /// An element of a set, as JSON.
    Member(String),
}

pub type Path = Vec<Step>;
pub type FieldSet = BTreeSet<Path>;

/// Lists whose elements are merged, with the fields that tell the elements apart.
const KEYED: &[(&str, &[&str])] = &[
    ("claims", &["name"]),
    ("containers", &["name"]),
    ("env", &["name"]),
    ("ephemeralContainers", &["name"]),
    ("hostAliases", &["ip"]),
    ("imagePullSecrets", &["name"]),
    ("initContainers", &["name"]),
    ("ownerReferences", &["uid"]),
    ("ports", &["containerPort", "protocol"]),
    ("resourceClaims", &["name"]),
    ("schedulingGates", &["name"]),
    ("topologySpreadConstraints", &["topologyKey", "whenUnsatisfiable"]),
    ("volumeDevices", &["devicePath"]),
    ("volumeMounts", &["mountPath"]),
    ("volumes", &["name"]),
];
const SETS: &[&str] = &["finalizers"];
/// Maps that are replaced whole.
const ATOMIC: &[&str] = &[
    "configMapKeyRef",
    "fieldRef",
    "fileKeyRef",
    "labelSelector",
    "namespaceSelector",
    "nodeSelector",
    "preference",
    "requiredDuringSchedulingIgnoredDuringExecution",
    "resourceFieldRef",
    "secretKeyRef",
    "selector",
];

/// How a field with that name and value takes another value.
pub enum Merge {
    Fields,
    Keyed(&'static [&'static str]),
    Set,
    Replace,
}

pub fn merge_of(name: &str, value: &Value) -> Merge {
    match value {
        Value::Object(_) if !ATOMIC.contains(&name) => Merge::Fields,
        Value::Array(_) if SETS.contains(&name) => Merge::Set,
        Value::Array(items) => match KEYED.iter().find(|(list, _)| *list == name) {
            Some((_, keys)) if items.iter().all(|item| key_of(item, keys).is_some()) => Merge::Keyed(keys),
            _ => Merge::Replace,
        },
        _ => Merge::Replace,
    }
}

pub fn key_of(item: &Value, keys: &[&str]) -> Option<Step> {
    let value = |key: &&str| match (item.get(key), *key) {
        (Some(value), _) => Some(((*key).to_owned(), value.to_string())),
        (None, "protocol") => Some(("protocol".to_owned(), "\"TCP\"".to_owned())),
        (None, _) => None,
    };
    item.as_object()?;
    keys.iter().map(value).collect::<Option<_>>().map(Step::Key)
}

/// Every field that an owner can have, with its value. What only the server writes has no owner.
pub fn flatten(object: &Value) -> BTreeMap<Path, Value> {
    const SERVERS: &[&str] = &[
        "name",
        "namespace",
        "creationTimestamp",
        "uid",
        "generation",
        "resourceVersion",
        "managedFields",
        "selfLink",
    ];
    let mut fields = BTreeMap::new();
    for (name, value) in object.as_object().into_iter().flatten() {
        let at = vec![Step::Field(name.clone())];
        match (name.as_str(), value) {
            ("apiVersion" | "kind" | "status", _) => {}
            ("metadata", Value::Object(meta)) => {
                for (name, value) in meta.iter().filter(|(name, _)| !SERVERS.contains(&name.as_str())) {
                    walk(&joined(&at, Step::Field(name.clone())), name, value, &mut fields);
                }
            }
            (name, value) => walk(&at, name, value, &mut fields),
        }
    }
    fields
}

fn joined(path: &[Step], step: Step) -> Path {
    path.iter().cloned().chain([step]).collect()
}

fn walk(path: &[Step], name: &str, value: &Value, fields: &mut BTreeMap<Path, Value>) {
    match (merge_of(name, value), value) {
        (Merge::Fields, Value::Object(map)) if !map.is_empty() => walk_map(path, map, fields),
        (Merge::Keyed(keys), Value::Array(items)) => {
            for item in items {
                let (Some(step), Value::Object(map)) = (key_of(item, keys), item) else { continue };
                let path = joined(path, step);
                walk_map(&path, map, fields);
                fields.insert(path, Value::Null);
            }
        }
        (Merge::Set, Value::Array(items)) => {
            for item in items {
                fields.insert(joined(path, Step::Member(item.to_string())), Value::Null);
            }
        }
        _ => {
            fields.insert(path.to_vec(), value.clone());
        }
    }
}

fn walk_map(path: &[Step], map: &Map, fields: &mut BTreeMap<Path, Value>) {
    for (name, value) in map {
        walk(&joined(path, Step::Field(name.clone())), name, value, fields);
    }
}

/// The paths that `new` has and `old` has not, or has with another value.
pub fn changed(old: &BTreeMap<Path, Value>, new: &BTreeMap<Path, Value>) -> FieldSet {
    new.iter().filter(|(path, value)| old.get(*path) != Some(value)).map(|(path, _)| path.clone()).collect()
}

/// The path as a conflict names it: `.spec.containers[name="main"].image`.
pub fn shown(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        let _ = match step {
            Step::Field(name) => write!(text, ".{name}"),
            Step::Member(value) => write!(text, "[={value}]"),
            Step::Key(keys) => {
                let keys: Vec<String> = keys.iter().map(|(key, value)| format!("{key}={value}")).collect();
                write!(text, "[{}]", keys.join(","))
            }
        };
    }
    text
}

/// The set in the form of `fieldsV1`.
pub fn to_value<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Value {
    let mut root = Map::new();
    for path in paths {
        put(&mut root, path);
    }
    Value::Object(root)
}

fn put(map: &mut Map, path: &[Step]) {
    let Some((step, rest)) = path.split_first() else { return };
    let name = match step {
        Step::Field(name) => format!("f:{name}"),
        Step::Member(value) => format!("v:{value}"),
        Step::Key(keys) => {
            let keys: Vec<String> = keys.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
            format!("k:{{{}}}", keys.join(","))
        }
    };
    let Value::Object(inner) = map.entry(name).or_insert_with(|| json!({})) else { return };
    if rest.is_empty() && matches!(step, Step::Key(_)) {
        inner.insert(".".to_owned(), json!({}));
    }
    put(inner, rest);
}
