//! What server-side apply does to a value: merge a configuration into it, take away what its owner no longer wants.

use std::ops::Bound;

use serde_json::Value;

use super::field_set::{FieldSet, Merge, key_of, keys_in, merge_of, shown, steps};
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
    for path in mine.difference(others) {
        // What is inside sorts right behind.
        let next = others.range::<str, _>((Bound::Excluded(path.as_str()), Bound::Unbounded)).next();
        let is_held = next.is_some_and(|other| other.starts_with(path));
        let steps: Vec<&str> = steps(path).collect();
        let is_key = match steps.as_slice() {
            [.., element, field] => {
                let name = field.strip_prefix("f:").unwrap_or_default();
                keys_in(element).is_some_and(|keys| keys.contains_key(name))
            }
            _ => false,
        };
        if !is_held && !is_key {
            remove(object, &steps);
        }
    }
}

fn remove(value: &mut Value, steps: &[&str]) {
    let Some((step, rest)) = steps.split_first() else { return };
    match (step.split_at(2), value) {
        (("f:", name), Value::Object(map)) if rest.is_empty() => drop(map.remove(name)),
        (("f:", name), Value::Object(map)) => {
            if let Some(inner) = map.get_mut(name) {
                remove(inner, rest);
            }
        }
        (("v:", member), Value::Array(items)) => {
            let member: Value = serde_json::from_str(member).unwrap_or_default();
            items.retain(|item| *item != member);
        }
        (_, Value::Array(items)) => {
            let keys = keys_in(step).unwrap_or_default();
            let names: Vec<&str> = keys.keys().map(String::as_str).collect();
            let found = items.iter().position(|item| key_of(item, &names).as_deref() == Some(*step));
            match (found, rest) {
                (Some(at), []) => drop(items.remove(at)),
                (Some(at), rest) => remove(&mut items[at], rest),
                (None, _) => {}
            }
        }
        _ => {}
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
