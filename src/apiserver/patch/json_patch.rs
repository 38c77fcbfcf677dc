//! JSON patch (RFC 6902) with the dialect of the library that the API server uses: nothing is created on the way to a
//! path, what is removed must be there, and fields that are not there can be replaced and copied all the same.

use serde_json::Value;

use super::PatchError;
use crate::api::decode::json_kind;

/// Operations that one patch may have.
// Models staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go maxJSONPatchOperations
const OPERATIONS_MAX: usize = 10_000;

pub fn apply(mut document: Value, patch: &Value) -> Result<Value, PatchError> {
    let Value::Array(operations) = patch else {
        let found = json_kind(patch);
        let message = format!("json: cannot unmarshal {found} into Go value of type jsonpatch.Patch");
        return Err(PatchError::Malformed(message));
    };
    if operations.len() > OPERATIONS_MAX {
        let message = format!(
            "The allowed maximum operations in a JSON patch is {OPERATIONS_MAX}, got {}",
            operations.len()
        );
        return Err(PatchError::Malformed(message));
    }
    for operation in operations {
        if !operation.is_object() {
            let found = json_kind(operation);
            let message = format!("json: cannot unmarshal {found} into Go value of type jsonpatch.Operation");
            return Err(PatchError::Malformed(message));
        }
        step(&mut document, operation).map_err(PatchError::DoesNotFit)?;
    }
    Ok(document)
}

/// Carries out one operation, or tells why it does not fit.
// Models gopkg.in/evanphx/json-patch.v4 patch.go
fn step(document: &mut Value, operation: &Value) -> Result<(), String> {
    let text = |key: &str| operation.get(key).and_then(Value::as_str).unwrap_or_default();
    let (name, place) = (text("op"), text("path"));
    let missing = |what: &str, place: &str| {
        let place = if matches!(name, "add" | "remove") { format!("\"{place}\"") } else { place.to_owned() };
        format!("{name} operation does not apply: doc is missing {what}: {place}: missing value")
    };
    let path = pointer(place).ok_or_else(|| missing("path", place))?;
    let from = pointer(text("from"));
    let value = operation.get("value").cloned();
    let done = match name {
        "add" => value.and_then(|value| add(document, &path, value)).ok_or("path"),
        "remove" => {
            let (key, parents) =
                path.split_last().map_or(("", &path[..]), |(key, rest)| (key.as_str(), rest));
            if find(document, parents).is_some() && find(document, &path).is_none() {
                return Err(format!(
                    "error in remove for path: '{place}': Unable to remove nonexistent key: {key}: missing value"
                ));
            }
            remove(document, &path).map(|_| ()).ok_or("path")
        }
        "replace" => {
            let parent = path.split_last().and_then(|(_, parents)| find(document, parents));
            match (parent, value) {
                (None, _) if !path.is_empty() => Err("path"),
                (Some(Value::Object(_)), Some(value)) => add(document, &path, value).ok_or("path"),
                (_, Some(value)) => find(document, &path).map(|found| *found = value).ok_or("key"),
                _ => Err("key"),
            }
        }
        "move" => match from.and_then(|from| remove(document, &from)) {
            Some(moved) => add(document, &path, moved).ok_or("path"),
            None => Err("from path"),
        },
        "copy" => {
            let from = from.unwrap_or_default();
            let parent = from.split_last().and_then(|(_, parents)| find(document, parents));
            let copied = match (matches!(parent, Some(Value::Object(_))), find(document, &from)) {
                (_, Some(found)) => Some(found.clone()),
                (in_object, None) => in_object.then_some(Value::Null),
            };
            copied.map_or(Err("from path"), |copied| add(document, &path, copied).ok_or("path"))
        }
        "test" => {
            let found = find(document, &path).map_or(Value::Null, |found| found.clone());
            return match found == value.unwrap_or_default() {
                true => Ok(()),
                false => Err(format!("testing value {place} failed: test failed")),
            };
        }
        _ => return Err(format!("Unexpected kind: {name}")),
    };
    done.map_err(|what| missing(what, if what == "from path" { text("from") } else { place }))
}

/// The tokens of a JSON pointer; `None` when it does not begin with a slash.
fn pointer(text: &str) -> Option<Vec<String>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    let tokens = text.strip_prefix('/')?.split('/');
    Some(tokens.map(|token| token.replace("~1", "/").replace("~0", "~")).collect())
}

fn find<'a>(document: &'a mut Value, path: &[String]) -> Option<&'a mut Value> {
    path.iter().try_fold(document, |value, token| match value {
        Value::Object(fields) => fields.get_mut(token),
        Value::Array(items) => {
            let at = index(token, items.len())?;
            items.get_mut(at)
        }
        _ => None,
    })
}

/// An index of a list; negative ones count from its end.
fn index(token: &str, length: usize) -> Option<usize> {
    let number: i64 = token.parse().ok()?;
    let length = i64::try_from(length).ok()?;
    usize::try_from(if number < 0 { number + length } else { number }).ok()
}

fn add(document: &mut Value, path: &[String], value: Value) -> Option<()> {
    let Some((last, parents)) = path.split_last() else {
        *document = value;
        return Some(());
    };
    match find(document, parents)? {
        Value::Object(fields) => {
            fields.insert(last.clone(), value);
        }
        Value::Array(items) if last == "-" => items.push(value),
        Value::Array(items) => {
            let at = index(last, items.len()).filter(|at| *at <= items.len())?;
            items.insert(at, value);
        }
        _ => return None,
    }
    Some(())
}

fn remove(document: &mut Value, path: &[String]) -> Option<Value> {
    let (last, parents) = path.split_last()?;
    match find(document, parents)? {
        Value::Object(fields) => fields.remove(last),
        Value::Array(items) => {
            let at = index(last, items.len()).filter(|at| *at < items.len())?;
            Some(items.remove(at))
        }
        _ => None,
    }
}
