//! What server-side apply does to a value: merge a configuration into it, take away what its owner no longer wants.

use serde_json::Value;

use super::compare::{Merge, key_of, member_of, merge_of};
use crate::api::codec::Map;
use crate::api::field_set::{FieldSet, keys_in, shown};
use crate::api::fields::{Shape, TypeInfo, type_named};
use crate::api::view::Viewed;

/// The live value with the configuration's fields over it.
pub fn merged(name: &str, live: &Value, config: &Value) -> Value {
    match (merge_of(name, config.view()), live, config) {
        (Merge::Fields, Value::Object(live), Value::Object(config)) => {
            let mut result = live.clone();
            for (key, value) in config {
                let value = live.get(key).map_or_else(|| value.clone(), |live| merged(key, live, value));
                result.insert(key.clone(), value);
            }
            Value::Object(result)
        }
        (Merge::Keyed(keys), Value::Array(live), Value::Array(config)) => {
            let mut result = live.clone();
            for item in config {
                let key = key_of(item, keys);
                match result.iter_mut().find(|other| key_of(&**other, keys) == key) {
                    Some(other) => *other = merged("", other, item),
                    None => result.push(item.clone()),
                }
            }
            Value::Array(result)
        }
        (Merge::Set, Value::Array(live), Value::Array(config)) => {
            let new = config.iter().filter(|item| !live.contains(item));
            Value::Array(live.iter().chain(new).cloned().collect())
        }
        _ => config.clone(),
    }
}

/// Takes away what only `mine` holds: elements of lists whole, unless somebody else has a field in them.
pub fn remove_all(object: &mut Value, mine: &FieldSet, others: &FieldSet) {
    remove_inside(object, mine, Some(others), None);
}

/// `keys` are the fields by which this element of a list is found.
fn remove_inside(value: &mut Value, mine: &FieldSet, others: Option<&FieldSet>, keys: Option<Map>) {
    for (step, set) in mine.inside() {
        let held = others.and_then(|others| others.at(step));
        let is_key = |keys: &Map| step.strip_prefix("f:").is_some_and(|name| keys.contains_key(name));
        match (set.is_own() && held.is_none(), keys.as_ref().is_some_and(is_key)) {
            (_, true) => {}
            (true, _) => remove(value, step),
            (false, _) => {
                if let Some(inner) = inner(value, step) {
                    remove_inside(inner, set, held, keys_in(step));
                }
            }
        }
    }
}

fn remove(value: &mut Value, step: &str) {
    match value {
        Value::Object(map) => drop(map.remove(step.strip_prefix("f:").unwrap_or(step))),
        Value::Array(items) => items.retain(|item| !is_at(item, step)),
        _ => {}
    }
}

fn inner<'a>(value: &'a mut Value, step: &str) -> Option<&'a mut Value> {
    match value {
        Value::Object(map) => map.get_mut(step.strip_prefix("f:")?),
        Value::Array(items) => items.iter_mut().find(|item| is_at(item, step)),
        _ => None,
    }
}

/// Whether an element of a list is the one that the step leads to.
fn is_at(item: &Value, step: &str) -> bool {
    match keys_in(step) {
        Some(keys) => {
            let names: Vec<&str> = keys.keys().map(String::as_str).collect();
            key_of(item, &names).as_deref() == Some(step)
        }
        None => member_of(item) == step,
    }
}

/// What the schema does not know in a configuration, in the words of typed values.
// Models sigs.k8s.io/structured-merge-diff typed/validate.go
pub fn problems(info: &'static TypeInfo, config: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check_struct(info, config, "", &mut found);
    found
}

fn check_struct(info: &'static TypeInfo, value: &Value, path: &str, found: &mut Vec<String>) {
    let Value::Object(map) = value else {
        if !value.is_null() {
            found.push(format!("{path}: expected map, got {}", typed(value)));
        }
        return;
    };
    for (name, value) in map {
        let path = format!("{path}.{name}");
        match info.field(name) {
            Some(field) => check_shape(&field.shape, name, value, &path, found),
            None if matches!(path.as_str(), ".apiVersion" | ".kind") => {}
            None => found.push(format!("{path}: field not declared in schema")),
        }
    }
}

fn check_shape(shape: &Shape, name: &str, value: &Value, path: &str, found: &mut Vec<String>) {
    if value.is_null() {
        return;
    }
    match (shape, value) {
        (Shape::Struct(inner), value) => {
            if let Some(info) = type_named(inner) {
                check_struct(info, value, path, found);
            }
        }
        (Shape::List(inner), Value::Array(items)) => {
            let keys = match merge_of(name, value.view()) {
                Merge::Keyed(keys) => keys,
                _ => &[],
            };
            for (index, item) in items.iter().enumerate() {
                let at = match key_of(item, keys) {
                    Some(step) if !keys.is_empty() => shown(&step),
                    _ => format!("[{index}]"),
                };
                check_shape(inner, "", item, &format!("{path}{at}"), found);
            }
        }
        (Shape::List(_), other) => found.push(format!("{path}: expected list, got {}", typed(other))),
        (Shape::Map(inner), Value::Object(map)) => {
            for (key, value) in map {
                check_shape(inner, key, value, &format!("{path}.{key}"), found);
            }
        }
        (Shape::Map(_), other) => found.push(format!("{path}: expected map, got {}", typed(other))),
        (Shape::Text(_) | Shape::Time | Shape::MicroTime | Shape::Bytes, value) if !value.is_string() => {
            found.push(format!("{path}: expected string, got {}", typed(value)));
        }
        (Shape::Bool, value) if !value.is_boolean() => {
            found.push(format!("{path}: expected boolean, got {}", typed(value)));
        }
        (Shape::Int32 | Shape::Int64 | Shape::Float64, value) if !value.is_number() => {
            found.push(format!("{path}: expected numeric (int or float), got {}", typed(value)));
        }
        _ => {}
    }
}

/// A value as Go prints the reader that holds it.
fn typed(value: &Value) -> String {
    let inner = match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(go_plain).collect();
            format!("[]interface {{}}{{{}}}", items.join(", "))
        }
        other => go_plain(other),
    };
    match value {
        Value::String(_) => "string".to_owned(),
        _ => format!("&value.valueUnstructured{{Value:{inner}}}"),
    }
}

fn go_plain(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let fields: Vec<String> =
                map.iter().map(|(key, value)| format!("{key:?}:{}", go_plain(value))).collect();
            format!("map[string]interface {{}}{{{}}}", fields.join(", "))
        }
        other => other.to_string(),
    }
}
