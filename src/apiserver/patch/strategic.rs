//! Strategic merge: a patch into an object, or one patch into another.
// Models staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go mergeMap

use serde_json::Value;

use super::PatchError;
use super::directives::{
    DELETE, DELETE_FROM_LIST, ListStrategy, PATCH, REPLACE, RETAIN_KEYS, SET_ELEMENT_ORDER, identity,
    list_strategy, merge_key,
};
use super::lists::{order_merged, position};
use crate::api::codec::Map;
use crate::api::go_text::go_text;
use crate::base::sorted;

#[derive(Clone, Copy, Debug)]
pub struct MergeOptions {
    /// Directives on lists are carried out; otherwise they are copied, which is how two patches become one.
    pub carry_out: bool,
}

impl MergeOptions {
    /// A patch is applied to an object.
    pub const ON_SERVER: MergeOptions = MergeOptions { carry_out: true };
    /// A patch is laid over another patch.
    pub const PATCHES: MergeOptions = MergeOptions { carry_out: false };
}

/// The original with the patch merged into it.
///
/// # Errors
/// For unknown directives and list elements without their merge key.
pub fn merge_map(mut original: Map, mut patch: Map, options: MergeOptions) -> Result<Map, PatchError> {
    if let Some(directive) = patch.remove(PATCH) {
        return carry_out_directive(&directive, patch);
    }
    retain_keys(&mut original, &mut patch, options)?;
    merge_ordered_lists(&mut original, &mut patch, options)?;
    for (name, change) in patch {
        if let Some(field) = name.strip_prefix(DELETE_FROM_LIST) {
            delete_from_list(&mut original, &name, field, change, options);
            continue;
        }
        let Some(before) = original.remove(&name).filter(|_| !change.is_null()) else {
            if !options.carry_out {
                original.insert(name, change);
            } else if let Some(value) = without_directives(change) {
                original.insert(name, value);
            }
            continue;
        };
        let merged = merge_values(&name, before, change, options)?;
        original.insert(name, merged);
    }
    Ok(original)
}

fn merge_values(
    name: &str,
    before: Value,
    change: Value,
    options: MergeOptions,
) -> Result<Value, PatchError> {
    match (before, change) {
        (Value::Object(before), Value::Object(change)) => {
            merge_map(before, change, options).map(Value::Object)
        }
        (Value::Array(before), Value::Array(change)) => {
            merge_list(before, change, list_strategy(name), options).map(Value::Array)
        }
        (_, change) => Ok(change),
    }
}

fn carry_out_directive(directive: &Value, patch: Map) -> Result<Map, PatchError> {
    match directive.as_str() {
        Some(REPLACE) => Ok(patch),
        Some(DELETE) => Ok(Map::new()),
        _ => Err(unknown_directive(directive, &Value::Object(patch))),
    }
}

fn unknown_directive(directive: &Value, patch: &Value) -> PatchError {
    PatchError::Failed(format!("unknown patch type: {} in map: {}", go_text(directive), go_text(patch)))
}

/// `$retainKeys`: fields that it does not list are removed.
fn retain_keys(original: &mut Map, patch: &mut Map, options: MergeOptions) -> Result<(), PatchError> {
    let Some(listed) = patch.remove(RETAIN_KEYS) else { return Ok(()) };
    if !options.carry_out {
        original.insert(RETAIN_KEYS.to_owned(), listed);
        return Ok(());
    }
    let Value::Array(listed) = listed else {
        let message = "invalid patch format of retainKeys".to_owned();
        return Err(PatchError::Malformed(message));
    };
    original.retain(|name, _| listed.iter().any(|kept| kept.as_str() == Some(name)));
    Ok(())
}

/// `$setElementOrder/LIST`: merges that list and puts it in order.
fn merge_ordered_lists(original: &mut Map, patch: &mut Map, options: MergeOptions) -> Result<(), PatchError> {
    let directives: Vec<String> =
        patch.keys().filter(|name| name.starts_with(SET_ELEMENT_ORDER)).cloned().collect();
    for directive in directives {
        let Some(order) = patch.remove(&directive) else { continue };
        if !options.carry_out {
            original.insert(directive, order);
            continue;
        }
        let field = directive[SET_ELEMENT_ORDER.len()..].to_owned();
        let Value::Array(order) = order else {
            let message = "invalid patch format of setElementOrder list".to_owned();
            return Err(PatchError::Malformed(message));
        };
        // Removals of scalars come first: the order speaks of what is left.
        let deletion = format!("{DELETE_FROM_LIST}{field}");
        if let Some(removed) = patch.remove(&deletion) {
            delete_from_list(original, &deletion, &field, removed, options);
        }
        merge_ordered_list(original, patch, &field, &order, options)?;
    }
    Ok(())
}

fn merge_ordered_list(
    original: &mut Map,
    patch: &mut Map,
    field: &str,
    order: &[Value],
    options: MergeOptions,
) -> Result<(), PatchError> {
    let strategy = list_strategy(field);
    let on_server = match original.get(field) {
        Some(Value::Array(items)) => items.clone(),
        _ => Vec::new(),
    };
    let merged = match patch.remove(field) {
        Some(Value::Array(change)) => merge_list(on_server.clone(), change, strategy, options)?,
        Some(other) => {
            original.insert(field.to_owned(), other);
            return Ok(());
        }
        None if on_server.is_empty() => return Ok(()),
        None => on_server.clone(),
    };
    let ordered = order_merged(merged, order, &on_server, merge_key(strategy));
    original.insert(field.to_owned(), Value::Array(ordered));
    Ok(())
}

fn delete_from_list(original: &mut Map, directive: &str, field: &str, removed: Value, options: MergeOptions) {
    if !options.carry_out {
        original.insert(directive.to_owned(), removed);
        return;
    }
    if let (Some(Value::Array(items)), Value::Array(removed)) = (original.get_mut(field), removed) {
        items.retain(|item| !removed.contains(item));
    }
}

fn merge_list(
    original: Vec<Value>,
    patch: Vec<Value>,
    strategy: ListStrategy,
    options: MergeOptions,
) -> Result<Vec<Value>, PatchError> {
    match strategy {
        ListStrategy::Atomic => Ok(patch),
        ListStrategy::Set => {
            let mut merged = original.clone();
            merged.extend(patch.iter().filter(|item| !original.contains(item)).cloned());
            Ok(order_merged(merged, &patch, &original, None))
        }
        ListStrategy::ByKey { key, .. } => merge_keyed_list(original, patch, key, options),
    }
}

fn merge_keyed_list(
    mut original: Vec<Value>,
    patch: Vec<Value>,
    key: &'static str,
    options: MergeOptions,
) -> Result<Vec<Value>, PatchError> {
    let mut changes = Vec::new();
    let mut replaces = false;
    for item in patch {
        match item.get(PATCH).map(|directive| (directive.as_str(), directive)) {
            None => changes.push(item),
            Some((Some(REPLACE), _)) => replaces = true,
            Some((Some(DELETE), _)) => {
                require_key(&item, key)?;
                original.retain(|other| identity(other, Some(key)) != identity(&item, Some(key)));
                if !options.carry_out {
                    original.push(item);
                }
            }
            Some((_, directive)) => return Err(unknown_directive(directive, &item)),
        }
    }
    if replaces {
        return Ok(changes);
    }
    let on_server = original.clone();
    let mut merged = original;
    for item in &changes {
        require_key(item, key)?;
        let change = item.as_object().cloned().unwrap_or_default();
        match position(&merged, item, Some(key)) {
            Some(at) => {
                let before = merged[at].as_object().cloned().unwrap_or_default();
                merged[at] = Value::Object(merge_map(before, change, options)?);
            }
            None if options.carry_out => merged.extend(without_directives(Value::Object(change))),
            None => merged.push(Value::Object(change)),
        }
    }
    Ok(order_merged(merged, &changes, &on_server, Some(key)))
}

fn require_key(item: &Value, key: &str) -> Result<(), PatchError> {
    if item.get(key).is_some() {
        return Ok(());
    }
    let item = go_text(item);
    Err(PatchError::Failed(format!("map: {item} does not contain declared merge key: {key}")))
}

/// A value that is new in the object: directives and nulls in it have nothing to act upon.
fn without_directives(value: Value) -> Option<Value> {
    match value {
        Value::Null => None,
        Value::Object(fields) => {
            if fields.get(PATCH).and_then(Value::as_str) == Some(DELETE) {
                return None;
            }
            let kept = fields.into_iter().filter(|(name, _)| !name.starts_with('$'));
            let kept = kept.filter_map(|(name, value)| Some((name, without_directives(value)?)));
            Some(Value::Object(sorted::collect(kept)))
        }
        Value::Array(items) => Some(Value::Array(items.into_iter().filter_map(without_directives).collect())),
        scalar => Some(scalar),
    }
}
