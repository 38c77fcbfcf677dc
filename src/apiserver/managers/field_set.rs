//! Fields of an object by path, as server-side apply tells them apart, and what a write changed of them.
// Models sigs.k8s.io/structured-merge-diff fieldpath and typed

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::api::codec::Map;
use crate::api::view::{self, Entries, List, View, Viewed};

/// The steps to a field as `fieldsV1` writes them, `END` behind each: `f:NAME` is a field, `k:{...}` an element of a list
/// by its keys, `v:VALUE` an element of a set. A path sorts right before all that is inside it.
pub type Path = String;
pub type FieldSet = BTreeSet<Path>;

pub const END: char = '\0';

/// Lists whose elements are merged, with the fields that tell the elements apart.
const KEYED: &[(&str, &[&str])] = &[
    ("addresses", &["type"]),
    ("claims", &["name"]),
    ("containers", &["name"]),
    ("env", &["name"]),
    ("ephemeralContainers", &["name"]),
    ("hostAliases", &["ip"]),
    ("imagePullSecrets", &["name"]),
    ("initContainers", &["name"]),
    ("ownerReferences", &["uid"]),
    ("podIPs", &["ip"]),
    ("ports", &["containerPort", "protocol"]),
    ("resourceClaims", &["name"]),
    ("schedulingGates", &["name"]),
    ("topologySpreadConstraints", &["topologyKey", "whenUnsatisfiable"]),
    ("volumeDevices", &["devicePath"]),
    ("volumeMounts", &["mountPath"]),
    ("volumes", &["name"]),
];
/// Those of them whose elements are replaced whole.
const WHOLE_ELEMENTS: &[&str] = &["imagePullSecrets", "ownerReferences"];
const SETS: &[&str] = &["failed", "finalizers", "podCIDRs", "succeeded"];
/// Maps that are replaced whole.
const ATOMIC: &[&str] = &[
    "configMapKeyRef",
    "fieldRef",
    "fileKeyRef",
    "involvedObject",
    "labelSelector",
    "namespaceSelector",
    "nodeSelector",
    "preference",
    "requiredDuringSchedulingIgnoredDuringExecution",
    "resourceFieldRef",
    "secretKeyRef",
    "selector",
];
/// What only the server writes has no owner.
// Models staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/stripmeta.go
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

/// How a field with that name and value takes another value.
pub enum Merge {
    Fields,
    Keyed(&'static [&'static str]),
    Set,
    Replace,
}

pub fn merge_of(name: &str, value: View) -> Merge {
    match value {
        View::Object(_) if !ATOMIC.contains(&name) => Merge::Fields,
        View::List(_) if SETS.contains(&name) => Merge::Set,
        View::List(items) => match KEYED.iter().find(|(list, _)| *list == name) {
            Some((_, keys)) if view::items(items).all(|item| key_of(item, keys).is_some()) => {
                Merge::Keyed(keys)
            }
            _ => Merge::Replace,
        },
        _ => Merge::Replace,
    }
}

/// The step to an element of a list; `None` when a key is missing.
pub fn key_of(item: &dyn Viewed, keys: &[&str]) -> Option<String> {
    let View::Object(fields) = item.view() else { return None };
    let mut step = String::from("k:");
    for (at, key) in keys.iter().enumerate() {
        let value = match fields.get(key) {
            Some(value) => view::to_value(value),
            None if *key == "protocol" => json!("TCP"),
            None => return None,
        };
        step.push_str(if at == 0 { "{" } else { "," });
        step.push_str(&format!("\"{key}\":{value}"));
    }
    step.push('}');
    Some(step)
}

/// The step to an element of a set.
fn member_of(item: &dyn Viewed) -> String {
    format!("v:{}", view::to_value(item))
}

pub fn steps(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split_terminator(END)
}

/// The fields of an element of a list by which it is found, with their values.
pub fn keys_in(step: &str) -> Option<Map> {
    serde_json::from_str(step.strip_prefix("k:")?).ok()
}

/// What a write did to fields that an owner can have.
#[derive(Default)]
pub struct Comparison {
    /// New ones, and those with another value.
    pub written: FieldSet,
    pub gone: Vec<Path>,
}

/// Everything but the status.
// Models sigs.k8s.io/structured-merge-diff typed/compare.go
pub fn compare<'a>(old: &'a dyn Viewed, new: &'a dyn Viewed) -> Comparison {
    let mut walk = Walk::new(false);
    walk.value("", Some(old), Some(new));
    walk.found
}

/// What is inside a status. Its conditions are told apart by their types, or replaced whole.
pub fn compare_status<'a>(old: &'a dyn Viewed, new: &'a dyn Viewed, conditions_merge: bool) -> Comparison {
    let mut walk = Walk { conditions_merge, ..Walk::new(false) };
    walk.within("f:", STATUS, |walk| walk.value(STATUS, Some(old), Some(new)));
    walk.found
}

/// What a configuration names.
// Models sigs.k8s.io/structured-merge-diff typed/tofieldset.go
pub fn set_of(config: &dyn Viewed) -> FieldSet {
    static NOTHING: Value = Value::Null;
    let mut walk = Walk::new(true);
    walk.value("", Some(&NOTHING), Some(config));
    walk.found.written
}

const STATUS: &str = "status";
const METADATA: &str = "f:metadata\0";

struct Walk<'a> {
    path: Path,
    /// The entries of all maps that are being compared, inner ones last.
    entries: Entries<'a>,
    /// Whether maps and lists with something inside are no fields of their own.
    leaves_only: bool,
    conditions_merge: bool,
    found: Comparison,
}

impl<'a> Walk<'a> {
    fn new(leaves_only: bool) -> Walk<'a> {
        let (path, entries, found) = (Path::new(), Vec::new(), Comparison::default());
        Walk { path, entries, leaves_only, conditions_merge: false, found }
    }

    /// Looks one step further.
    fn within(&mut self, kind: &str, step: &str, look: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        self.path.push_str(kind);
        self.path.push_str(step);
        self.path.push(END);
        look(self);
        self.path.truncate(length);
    }

    fn value(&mut self, name: &str, old: Option<&'a dyn Viewed>, new: Option<&'a dyn Viewed>) {
        let (Some(one), Some(other)) = (old.or(new), new.or(old)) else { return };
        let (before, after) = (one.view(), other.view());
        if are_same_memory(&before, &after) && old.is_some() && new.is_some() {
            return;
        }
        // Nothing takes the form of what it was or becomes.
        let form = match name {
            "conditions" if self.conditions_merge => Merge::Keyed(&["type"]),
            _ => merge_of(name, if matches!(after, View::Null) { before } else { after }),
        };
        let has_inside = match form {
            Merge::Fields => self.map(old, new),
            Merge::Keyed(keys) => {
                let whole = WHOLE_ELEMENTS.contains(&name);
                self.list(old, new, whole, &|item| key_of(item, keys))
            }
            Merge::Set => self.list(old, new, true, &|item| Some(member_of(item))),
            Merge::Replace => false,
        };
        match has_inside {
            true if self.leaves_only => {}
            true => self.note(old, new),
            // Empty ones are told from absent ones.
            false => self.leaf(old, new),
        }
    }

    fn note(&mut self, old: Option<&'a dyn Viewed>, new: Option<&'a dyn Viewed>) {
        match (old, new) {
            (None, _) => drop(self.found.written.insert(self.path.clone())),
            (_, None) => self.found.gone.push(self.path.clone()),
            _ => {}
        }
    }

    fn leaf(&mut self, old: Option<&'a dyn Viewed>, new: Option<&'a dyn Viewed>) {
        match (old, new) {
            (Some(old), Some(new)) if !view::is_equal(old, new) => {
                self.found.written.insert(self.path.clone());
            }
            _ => self.note(old, new),
        }
    }

    /// Whether there is anything inside.
    fn map(&mut self, old: Option<&'a dyn Viewed>, new: Option<&'a dyn Viewed>) -> bool {
        let start = self.entries.len();
        let middle = self.add(old);
        let end = self.add(new);
        let (mut left, mut right) = (start, middle);
        while left < middle || right < end {
            let (old, new) = (self.entries[left..middle].first(), self.entries[right..end].first());
            // Both are in the order of their names.
            let old = old.filter(|old| new.is_none_or(|new| old.0 <= new.0)).copied();
            let new = new.filter(|new| old.is_none_or(|old| new.0 <= old.0)).copied();
            left += usize::from(old.is_some());
            right += usize::from(new.is_some());
            let Some((name, _)) = old.or(new) else { break };
            let has_no_owner = match self.path.as_str() {
                "" => matches!(name, "apiVersion" | "kind" | STATUS),
                METADATA => SERVERS.contains(&name),
                _ => false,
            };
            if !has_no_owner {
                let (old, new) = (old.map(|entry| entry.1), new.map(|entry| entry.1));
                self.within("f:", name, |walk| walk.value(name, old, new));
            }
        }
        self.entries.truncate(start);
        end > start
    }

    fn add(&mut self, value: Option<&'a dyn Viewed>) -> usize {
        if let Some(View::Object(fields)) = value.map(Viewed::view) {
            fields.add_to(&mut self.entries);
        }
        self.entries.len()
    }

    /// Whether there is anything inside.
    fn list(
        &mut self,
        old: Option<&'a dyn Viewed>,
        new: Option<&'a dyn Viewed>,
        whole: bool,
        step_of: &dyn Fn(&dyn Viewed) -> Option<String>,
    ) -> bool {
        let items = |value: Option<&'a dyn Viewed>| match value.map(Viewed::view) {
            Some(View::List(list)) => Some(list),
            _ => None,
        };
        let (old, new) = (items(old), items(new));
        let find = |list: Option<&'a dyn List>, step: &str| {
            view::items(list?).find(|item| step_of(*item).as_deref() == Some(step))
        };
        let mut pairs = Vec::new();
        for item in new.into_iter().flat_map(view::items) {
            pairs.extend(step_of(item).map(|step| (find(old, &step), Some(item), step)));
        }
        for item in old.into_iter().flat_map(view::items) {
            let gone = step_of(item).filter(|step| find(new, step).is_none());
            pairs.extend(gone.map(|step| (Some(item), None, step)));
        }
        for (old, new, step) in pairs {
            self.within("", &step, |walk| {
                if whole {
                    walk.leaf(old, new)
                } else {
                    walk.value("", old, new)
                }
                if walk.leaves_only {
                    walk.found.written.insert(walk.path.clone());
                }
            });
        }
        [old, new].iter().flatten().any(|list| !list.is_empty())
    }
}

/// Parts that no copy of the object has changed.
fn are_same_memory(one: &View, other: &View) -> bool {
    match (one, other) {
        (View::Object(one), View::Object(other)) => std::ptr::addr_eq(*one, *other),
        (View::List(one), View::List(other)) => std::ptr::addr_eq(*one, *other),
        _ => false,
    }
}

/// The path as a conflict names it: `.spec.containers[name="main"].image`.
pub fn shown(path: &str) -> String {
    let mut text = String::new();
    for step in steps(path) {
        match (keys_in(step), step.split_at(2)) {
            (Some(keys), _) => {
                let keys: Vec<String> = keys.iter().map(|(key, value)| format!("{key}={value}")).collect();
                text.push_str(&format!("[{}]", keys.join(",")));
            }
            (None, ("v:", value)) => text.push_str(&format!("[={value}]")),
            (None, (_, name)) => text.push_str(&format!(".{name}")),
        }
    }
    text
}

/// The set in the form of `fieldsV1`.
pub fn to_value(set: &FieldSet) -> Value {
    let paths: Vec<&str> = set.iter().map(String::as_str).collect();
    Value::Object(tree(&paths))
}

/// `paths` are sorted.
fn tree(mut paths: &[&str]) -> Map {
    let mut map = Map::new();
    while let Some(step) = paths.first().and_then(|path| path.split(END).next()) {
        let inside = |path: &&str| path.starts_with(step) && path[step.len()..].starts_with(END);
        let count = paths.iter().take_while(|path| inside(path)).count();
        let (these, others) = paths.split_at(count);
        let rests: Vec<&str> = these.iter().map(|path| &path[step.len() + 1..]).collect();
        let inner = match rests.split_first() {
            // An owner of the whole that has something inside, too.
            Some((&"", inside)) if !inside.is_empty() => {
                let mut inner = tree(inside);
                inner.insert(".".to_owned(), json!({}));
                inner
            }
            Some((&"", _)) => Map::new(),
            _ => tree(&rests),
        };
        map.insert(step.to_owned(), Value::Object(inner));
        paths = others;
    }
    map
}
