//! Patches as pure functions on values: JSON merge (RFC 7386), strategic merge, JSON patch (RFC 6902).

mod diff;
mod directives;
mod json_patch;
mod lists;
mod strategic;

pub use diff::{DiffOptions, diff_maps, diff_objects};
pub use strategic::{MergeOptions, merge_map};

use serde_json::Value;

use crate::api::codec::Map;
use crate::api::decode::json_kind;

/// What the patch is written in; the content type of the request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PatchKind {
    /// `application/merge-patch+json`
    JsonMerge,
    /// `application/strategic-merge-patch+json`
    Strategic,
    /// `application/json-patch+json`
    Json,
}

/// Why a patch does not apply.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PatchError {
    /// The patch is no patch of its kind.
    #[error("{0}")]
    Malformed(String),
    /// A step of a JSON patch does not fit the object, for this reason; the server does not tell it.
    #[error("the server rejected our request due to an error in our request")]
    DoesNotFit(String),
    /// The strategic merge went wrong inside the server.
    #[error("{0}")]
    Failed(String),
}

impl PatchError {
    /// What is told where no server stands between.
    pub fn locally(self) -> String {
        match self {
            PatchError::DoesNotFit(reason) => reason,
            other => other.to_string(),
        }
    }
}

/// The patched value.
///
/// # Errors
/// When the patch is malformed or does not fit the value.
// Models staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go
pub fn apply_patch(original: Value, kind: PatchKind, patch: &Value) -> Result<Value, PatchError> {
    match kind {
        PatchKind::Json => json_patch::apply(original, patch),
        PatchKind::JsonMerge => {
            require_map(patch)?;
            Ok(merge_json(original, patch))
        }
        PatchKind::Strategic => {
            let patch = require_map(patch)?.clone();
            let Value::Object(original) = original else { return Ok(original) };
            merge_map(original, patch, MergeOptions::ON_SERVER).map(Value::Object)
        }
    }
}

fn require_map(patch: &Value) -> Result<&Map, PatchError> {
    patch.as_object().ok_or_else(|| {
        let found = json_kind(patch);
        PatchError::Malformed(format!(
            "json: cannot unmarshal {found} into Go value of type map[string]interface {{}}"
        ))
    })
}

/// RFC 7386: maps are merged, null removes, everything else replaces.
fn merge_json(original: Value, patch: &Value) -> Value {
    let Value::Object(fields) = patch else { return patch.clone() };
    let mut merged = match original {
        Value::Object(merged) => merged,
        _ => Map::new(),
    };
    for (name, change) in fields {
        if change.is_null() {
            merged.remove(name);
            continue;
        }
        let before = merged.remove(name).unwrap_or_default();
        merged.insert(name.clone(), merge_json(before, change));
    }
    Value::Object(merged)
}

#[cfg(test)]
mod random_tests;
#[cfg(test)]
mod tests;
