//! JSON patch (RFC 6902) with the dialect of the library that the API server uses: nothing is created on the way to a
//! path, and what is removed or replaced must be there.

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
        step(&mut document, operation).ok_or(PatchError::DoesNotFit)?;
    }
    Ok(document)
}

/// Carries out one operation; `None` when it does not fit.
fn step(document: &mut Value, operation: &Value) -> Option<()> {
    let path = pointer(operation.get("path")?.as_str()?)?;
    let from = || pointer(operation.get("from")?.as_str()?);
    let value = || operation.get("value").cloned();
    match operation.get("op")?.as_str()? {
        "add" => add(document, &path, value()?),
        "remove" => remove(document, &path).map(|_| ()),
        "replace" => {
            *find(document, &path)? = value()?;
            Some(())
        }
        "move" => {
            let moved = remove(document, &from()?)?;
            add(document, &path, moved)
        }
        "copy" => {
            let copied = find(document, &from()?)?.clone();
            add(document, &path, copied)
        }
        "test" => {
            let wanted = value().unwrap_or_default();
            let found = find(document, &path).map_or(Value::Null, |found| found.clone());
            (found == wanted).then_some(())
        }
        _ => None,
    }
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
