//! The strategic merge patch that turns one value into another.
// Models staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go diffMaps

use serde_json::{Value, json};

use super::directives::{
    DELETE, DELETE_FROM_LIST, ListStrategy, PATCH, RETAIN_KEYS, SET_ELEMENT_ORDER, identity, list_strategy,
};
use super::lists::{position, sort_by_order};
use crate::api::codec::Map;
use crate::api::view::{self, Viewed};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DiffOptions {
    /// Whether what `modified` has otherwise or anew goes into the patch.
    pub changes: bool,
    /// Whether what only `original` has is removed by the patch.
    pub deletions: bool,
}

/// A patch that makes `modified` of `original`, as far as the options ask.
pub fn diff_maps(original: &Map, modified: &Map, options: DiffOptions) -> Map {
    diff_fields(original, modified, options, false)
}

/// The same of objects that have most in common: they are looked through as they are, and only what differs is copied.
pub fn diff_objects(original: &dyn Viewed, modified: &dyn Viewed, options: DiffOptions) -> Map {
    match view::differing(original, modified) {
        Some((Value::Object(original), Value::Object(modified))) => diff_maps(&original, &modified, options),
        _ => Map::new(),
    }
}

fn diff_fields(original: &Map, modified: &Map, options: DiffOptions, retain_keys: bool) -> Map {
    let mut patch = Map::new();
    for (name, after) in modified {
        match (original.get(name), after) {
            (Some(Value::Object(before)), Value::Object(after)) => {
                let inner = diff_fields(before, after, options, false);
                if !inner.is_empty() {
                    patch.insert(name.clone(), Value::Object(inner));
                }
            }
            (Some(Value::Array(before)), Value::Array(after)) => {
                diff_list(&mut patch, name, before, after, options);
            }
            (before, after) => {
                if options.changes && before != Some(after) {
                    patch.insert(name.clone(), after.clone());
                }
            }
        }
    }
    if options.deletions {
        for name in original.keys().filter(|name| !modified.contains_key(*name)) {
            patch.insert(name.clone(), Value::Null);
        }
    }
    if retain_keys && !patch.is_empty() {
        let kept: Vec<&String> = modified.keys().collect();
        patch.insert(RETAIN_KEYS.to_owned(), json!(kept));
    }
    patch
}

fn diff_list(patch: &mut Map, name: &str, before: &[Value], after: &[Value], options: DiffOptions) {
    let strategy = list_strategy(name);
    if before.is_empty() || matches!(strategy, ListStrategy::Atomic) {
        if options.changes && before != after {
            patch.insert(name.to_owned(), Value::Array(after.to_vec()));
        }
        return;
    }
    match strategy {
        ListStrategy::ByKey { key, retain_keys } => {
            diff_keyed_list(patch, name, (before, after), (key, retain_keys), options);
        }
        _ => diff_set(patch, name, before, after, options),
    }
}

fn diff_keyed_list(
    patch: &mut Map,
    name: &str,
    (before, after): (&[Value], &[Value]),
    (key, retain_keys): (&'static str, bool),
    options: DiffOptions,
) {
    let mut changes = Vec::new();
    for item in after {
        let Some(at) = position(before, item, Some(key)) else {
            if options.changes {
                changes.push(item.clone());
            }
            continue;
        };
        if let (Value::Object(old), Value::Object(new)) = (&before[at], item) {
            let mut inner = diff_fields(old, new, options, retain_keys);
            if !inner.is_empty() {
                inner.insert(key.to_owned(), identity(item, Some(key)).clone());
                changes.push(Value::Object(inner));
            }
        }
    }
    let mut changes = sort_by_order(changes, after, Some(key));
    if options.deletions {
        let gone = before.iter().filter(|item| position(after, item, Some(key)).is_none());
        changes.extend(gone.map(|item| json!({key: identity(item, Some(key)), PATCH: DELETE})));
    }
    let keys = |list: &[Value]| list.iter().map(|item| identity(item, Some(key)).clone()).collect::<Vec<_>>();
    let ordered = !changes.is_empty() || (options.changes && keys(before) != keys(after));
    if ordered {
        let order: Vec<Value> = keys(after).into_iter().map(|value| json!({key: value})).collect();
        patch.insert(format!("{SET_ELEMENT_ORDER}{name}"), Value::Array(order));
    }
    if !changes.is_empty() {
        patch.insert(name.to_owned(), Value::Array(changes));
    }
}

fn diff_set(patch: &mut Map, name: &str, before: &[Value], after: &[Value], options: DiffOptions) {
    let missing = |from: &[Value], of: &[Value]| -> Vec<Value> {
        of.iter().filter(|item| !from.contains(item)).cloned().collect()
    };
    let added = if options.changes { missing(before, after) } else { Vec::new() };
    let removed = if options.deletions { missing(after, before) } else { Vec::new() };
    if !removed.is_empty() || (options.changes && before != after) {
        patch.insert(format!("{SET_ELEMENT_ORDER}{name}"), Value::Array(after.to_vec()));
    }
    if !removed.is_empty() {
        patch.insert(format!("{DELETE_FROM_LIST}{name}"), Value::Array(removed));
    }
    if !added.is_empty() {
        patch.insert(name.to_owned(), Value::Array(added));
    }
}
