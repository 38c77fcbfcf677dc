//! Which fields an object has, and what a write changed of them.
// Models sigs.k8s.io/structured-merge-diff typed

use std::collections::BTreeMap;

use serde_json::Value;

use crate::api::codec::Map;
use crate::api::field_set::{FieldSet, Inside, Step};
use crate::api::view::{self, View, Viewed};
use crate::api::{Kind, Object, Shared};
use crate::base::Digest;

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
/// What only the server writes has no owner, and nobody notes a deletion.
// Models staging/src/k8s.io/apimachinery/pkg/util/managedfields/internal/stripmeta.go
const SERVERS: &[&str] = &[
    "name",
    "namespace",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
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
        step.push_str(if at == 0 { "{\"" } else { ",\"" });
        step.push_str(key);
        step.push_str("\":");
        match fields.get(key) {
            Some(value) => match value.view() {
                View::Text(text) if text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.') => {
                    step.extend(["\"", &*text, "\""]);
                }
                _ => step.push_str(&view::to_value(value).to_string()),
            },
            None if *key == "protocol" => step.push_str("\"TCP\""),
            None => return None,
        }
    }
    step.push('}');
    Some(step)
}

/// The step to an element of a set.
pub fn member_of(item: &dyn Viewed) -> String {
    format!("v:{}", view::to_value(item))
}

/// What a write changed.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// New fields, and those with another value.
    pub written: FieldSet,
    pub gone: FieldSet,
}

/// Everything but the status.
// Models sigs.k8s.io/structured-merge-diff typed/compare.go
pub fn compare(old: &dyn Viewed, new: &dyn Viewed) -> Comparison {
    Walk::default().compare(old, new)
}

/// What a configuration names.
// Models sigs.k8s.io/structured-merge-diff typed/tofieldset.go
pub fn set_of(config: &dyn Viewed) -> FieldSet {
    Walk { leaves_only: true, ..Walk::default() }.object(None, config, &[])
}

/// A walk over objects. Sets that turn up again are the same memory.
#[derive(Clone, Debug, Default)]
pub struct Walk {
    /// Whether maps and lists with something inside are no fields of their own.
    leaves_only: bool,
    /// Whether fields that are there on both sides count as equal.
    additions_only: bool,
    /// Whether conditions are told apart by their types, or replaced whole.
    conditions_merge: bool,
    /// What was found so far, by what it is made of.
    known: BTreeMap<Digest, Inside>,
    /// The steps to the fields of a map, by their names.
    steps: BTreeMap<Digest, Shared<Vec<Step>>>,
    /// The sets of parts that objects share, by where the old part and the new one lie, if they stay there.
    parts: Option<BTreeMap<Digest, FieldSet>>,
    /// What objects are before anything is set.
    empty: BTreeMap<Kind, Object>,
}

/// What leads to the parts of a map or list.
#[derive(Clone, Copy)]
enum Steps {
    /// Fields whose names stay where they are in memory.
    Declared,
    Named,
    Elements,
}

/// Fields that are left out, and those inside a field that is not.
type Skip<'s> = dyn Fn(&str) -> Option<&'s [&'s str]> + 's;

impl Walk {
    /// For objects that are not freed before the walk is.
    pub fn over_many() -> Walk {
        Walk { parts: Some(BTreeMap::new()), ..Walk::default() }
    }

    /// What was set in an object when it was created; `skipped` are fields of its spec that do not count.
    pub fn created(&mut self, object: &Object, skipped: &[&str]) -> FieldSet {
        let kind = object.kind();
        let zero = || Object::decode(kind, Value::Object(Map::new())).expect("every field has a zero value");
        let empty = self.empty.entry(kind).or_insert_with(zero).clone();
        self.object(Some(&empty), object, skipped)
    }

    /// As the function.
    pub fn compare(&mut self, old: &dyn Viewed, new: &dyn Viewed) -> Comparison {
        let written = self.object(Some(old), new, &[]);
        self.additions_only = true;
        let gone = self.object(Some(new), old, &[]);
        self.additions_only = false;
        Comparison { written, gone }
    }

    /// What is new in an object, its status aside, or has another value than in the old one.
    fn object(&mut self, old: Option<&dyn Viewed>, new: &dyn Viewed, skipped: &[&str]) -> FieldSet {
        let skip = |part: &str| match part {
            "metadata" => Some(SERVERS),
            "spec" => Some(skipped),
            "apiVersion" | "kind" | STATUS => None,
            _ => Some(&[][..]),
        };
        FieldSet::new(false, self.map(old, new, &skip).0)
    }

    /// The same of what is inside a status. `old` is not freed before the walk is.
    pub fn status(&mut self, old: &dyn Viewed, new: &dyn Viewed, conditions_merge: bool) -> FieldSet {
        self.conditions_merge = conditions_merge;
        let (inside, _) = self.map(Some(old), new, &|name| (name != "qosClass").then_some(&[][..]));
        self.conditions_merge = false;
        let status = FieldSet::new(false, inside);
        if status.is_empty() {
            return status;
        }
        FieldSet::new(false, vec![(Step::from("f:status"), status)].into())
    }

    fn value(
        &mut self,
        name: &str,
        old: Option<&dyn Viewed>,
        new: &dyn Viewed,
        skipped: &[&str],
    ) -> FieldSet {
        let view = new.view();
        if !matches!(view, View::Object(_) | View::List(_)) {
            return FieldSet::new(self.is_changed(old, new), Inside::default());
        }
        if old.is_some_and(|old| view::are_same_memory(&old.view(), &view)) {
            return FieldSet::default();
        }
        let part =
            self.parts.as_ref().and_then(|_| Some(Digest::of_numbers(&[address_of(old)?, new.shared_at()?])));
        let known = part.and_then(|part| self.parts.as_ref()?.get(&part));
        if let Some(known) = known {
            return known.clone();
        }
        let form = match name {
            "conditions" if self.conditions_merge => Merge::Keyed(&["type"]),
            _ => merge_of(name, view),
        };
        let skip = |inner: &str| (!skipped.contains(&inner)).then_some(&[][..]);
        let (inside, has_inside) = match form {
            Merge::Fields => self.map(old, new, &skip),
            Merge::Keyed(keys) => {
                let whole = WHOLE_ELEMENTS.contains(&name);
                self.list(old, new, whole, &|item| key_of(item, keys))
            }
            Merge::Set => self.list(old, new, true, &|item| Some(member_of(item))),
            Merge::Replace => (Inside::default(), false),
        };
        let own = match has_inside {
            true => old.is_none() && !self.leaves_only,
            // Empty ones are told from absent ones.
            false => self.is_changed(old, new),
        };
        let set = FieldSet::new(own, inside);
        if let (Some(part), Some(parts)) = (part, &mut self.parts) {
            parts.insert(part, set.clone());
        }
        set
    }

    /// With whether there is anything inside.
    fn map(&mut self, old: Option<&dyn Viewed>, new: &dyn Viewed, skip: &Skip) -> (Inside, bool) {
        let fields = old.and_then(view::fields);
        let steps = match view::fields(new) {
            Some(fields) if fields.are_declared() => Steps::Declared,
            _ => Steps::Named,
        };
        let entries = view::entries(new);
        let has_inside = !(entries.is_empty() && old.is_none_or(|old| view::entries(old).is_empty()));
        let mut found = Vec::with_capacity(entries.len());
        for (name, value) in entries {
            if let Some(skipped) = skip(name) {
                let set = self.value(name, fields.and_then(|fields| fields.get(name)), value, skipped);
                if !set.is_empty() {
                    found.push((name, set));
                }
            }
        }
        (self.inside(steps, found), has_inside)
    }

    /// With whether there is anything inside.
    fn list(
        &mut self,
        old: Option<&dyn Viewed>,
        new: &dyn Viewed,
        whole: bool,
        step_of: &dyn Fn(&dyn Viewed) -> Option<String>,
    ) -> (Inside, bool) {
        let with_step = |item| Some((step_of(item)?, item));
        let elements = |list| view::elements(list).into_iter().filter_map(with_step).collect::<Vec<_>>();
        let (before, after) = (old.map_or_else(Vec::new, elements), elements(new));
        let has_inside = !(before.is_empty() && after.is_empty());
        let mut found: Vec<(String, FieldSet)> = Vec::with_capacity(after.len());
        for (step, item) in after {
            let old = before.iter().find(|(known, _)| *known == step).map(|(_, old)| *old);
            let set = match whole {
                true => FieldSet::new(self.is_changed(old, item), Inside::default()),
                false => self.value("", old, item, &[]),
            };
            let set = if self.leaves_only { set.with_itself() } else { set };
            let at = found.partition_point(|(known, _)| *known < step);
            if !set.is_empty() && found.get(at).is_none_or(|(known, _)| *known != step) {
                found.insert(at, (step, set));
            }
        }
        let found = found.iter().map(|(step, set)| (step.as_str(), set.clone())).collect();
        (self.inside(Steps::Elements, found), has_inside)
    }

    fn is_changed(&self, old: Option<&dyn Viewed>, new: &dyn Viewed) -> bool {
        old.is_none_or(|old| !self.additions_only && !view::is_equal(old, new))
    }

    /// `found` are not empty, and in order.
    fn inside(&mut self, kind: Steps, found: Vec<(&str, FieldSet)>) -> Inside {
        if found.is_empty() {
            return Inside::default();
        }
        // A map's fields and a list's elements are no equal sets, whatever they are called.
        let mut names = match kind {
            Steps::Elements => Digest::of(&["elements"]),
            Steps::Declared | Steps::Named => Digest::default(),
        };
        for (name, _) in &found {
            match kind {
                Steps::Declared => names.add_number(name.as_ptr().addr() as u64),
                Steps::Named | Steps::Elements => names = names.with(&[name]),
            }
        }
        let mut made_of = names;
        found.iter().for_each(|(_, set)| made_of.add_number(set.identity() as u64));
        if let Some(known) = self.known.get(&made_of) {
            return known.clone();
        }
        let inside: Inside = match kind {
            Steps::Elements => found.into_iter().map(|(step, set)| (Step::from(step), set)).collect(),
            Steps::Declared | Steps::Named => {
                let step = |(name, _): &(&str, FieldSet)| Step::from(format!("f:{name}"));
                let steps = self.steps.entry(names).or_insert_with(|| found.iter().map(step).collect());
                steps.iter().cloned().zip(found.into_iter().map(|(_, set)| set)).collect()
            }
        };
        self.known.insert(made_of, inside.clone());
        inside
    }
}

/// Where a map or list lies; 0 for what is not there.
fn address_of(value: Option<&dyn Viewed>) -> Option<usize> {
    match value.map(Viewed::view) {
        None => Some(0),
        Some(View::Object(fields)) => Some(std::ptr::from_ref(fields).addr()),
        Some(View::List(list)) => Some(std::ptr::from_ref(list).addr()),
        Some(_) => None,
    }
}

const STATUS: &str = "status";
