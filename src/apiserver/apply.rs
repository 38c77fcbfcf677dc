//! What `kubectl apply` computes before it sends anything.
// Models staging/src/k8s.io/kubectl/pkg/cmd/apply/apply.go and staging/src/k8s.io/kubectl/pkg/util/apply.go

use serde_json::{Value, json};

use super::patch::{DiffOptions, MergeOptions, PatchError, diff_maps, merge_map};
use crate::api::codec::Map;

/// Holds what was applied last, so that fields that vanish from a manifest can be removed.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The manifest as `kubectl apply` sends it: with itself in an annotation.
pub fn with_last_applied(manifest: &Value) -> Value {
    let mut bare = manifest.clone();
    set_annotation(&mut bare, None);
    let text = go_json_line(&bare);
    set_annotation(&mut bare, Some(text));
    bare
}

/// Sets or removes the annotation; the map of annotations is there afterwards, as upstream's accessor leaves it.
fn set_annotation(object: &mut Value, text: Option<String>) {
    let Value::Object(fields) = object else { return };
    let metadata = fields.entry("metadata").or_insert_with(|| json!({}));
    let Value::Object(metadata) = metadata else { return };
    let annotations = metadata.entry("annotations").or_insert_with(|| json!({}));
    if annotations.is_null() {
        *annotations = json!({});
    }
    let Value::Object(annotations) = annotations else { return };
    match text {
        Some(text) => annotations.insert(LAST_APPLIED.to_owned(), Value::String(text)),
        None => annotations.remove(LAST_APPLIED),
    };
}

/// JSON as Go's encoder writes it: one line with its end, and no characters that HTML would read.
pub fn go_json_line(value: &Value) -> String {
    let mut line = String::new();
    for character in value.to_string().chars() {
        match character {
            '<' => line.push_str("\\u003c"),
            '>' => line.push_str("\\u003e"),
            '&' => line.push_str("\\u0026"),
            '\u{2028}' => line.push_str("\\u2028"),
            '\u{2029}' => line.push_str("\\u2029"),
            other => line.push(other),
        }
    }
    line.push('\n');
    line
}

/// What was applied last, from the stored object; `None` when it was not made by apply.
pub fn last_applied(live: &Value) -> Option<Value> {
    let text = live.get("metadata")?.get("annotations")?.get(LAST_APPLIED)?.as_str()?;
    serde_json::from_str(text).ok()
}

/// The strategic merge patch that brings `live` to `modified`: what differs is set, and what was applied before but is
/// no longer in the manifest is removed. Nobody else's fields are touched. Empty when there is nothing to do.
///
/// # Errors
/// When a list of the manifest lacks the keys that its elements are told apart by.
// Models staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go CreateThreeWayMergePatch
pub fn three_way_patch(
    last_applied: Option<&Value>,
    modified: &Value,
    live: &Value,
) -> Result<Value, PatchError> {
    let empty = Map::new();
    let fields = |value: Option<&Value>| value.and_then(Value::as_object).cloned().unwrap_or_default();
    let modified = modified.as_object().unwrap_or(&empty);
    let delta = diff_maps(&fields(Some(live)), modified, DiffOptions { changes: true, deletions: false });
    let deletions =
        diff_maps(&fields(last_applied), modified, DiffOptions { changes: false, deletions: true });
    merge_map(deletions, delta, MergeOptions::PATCHES).map(Value::Object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apiserver::patch::{PatchKind, apply_patch};

    /// Applies `after` over what applying `before` left, with the server's additions.
    fn reapply(before: Value, live: Value, after: Value) -> (Value, Value) {
        let patch = three_way_patch(Some(&before), &after, &live).expect("keys are there");
        let result = apply_patch(live, PatchKind::Strategic, &patch).expect("fits");
        (patch, result)
    }

    #[test]
    fn the_annotation_holds_the_manifest_on_one_line() {
        let manifest = json!({"kind": "Job", "metadata": {"name": "j"}, "spec": {"args": ["a > b"]}});
        let sent = with_last_applied(&manifest);
        let text = sent["metadata"]["annotations"][LAST_APPLIED].as_str().expect("text");
        assert_eq!(
            text,
            "{\"kind\":\"Job\",\"metadata\":{\"annotations\":{},\"name\":\"j\"},\"spec\":{\"args\":[\"a \\u003e b\"]}}\n"
        );
        assert_eq!(with_last_applied(&sent), sent, "applying what was got back changes nothing");
        assert_eq!(last_applied(&sent).expect("json")["metadata"]["name"], "j");
    }

    #[test]
    fn nothing_to_do_is_an_empty_patch() {
        let manifest = json!({"spec": {"containers": [{"name": "a", "image": "x"}]}});
        let live = json!({"spec": {"containers": [{"name": "a", "image": "x", "imagePullPolicy": "Always"}], "backoffLimit": 6},
            "status": {"active": 1}});
        assert_eq!(reapply(manifest.clone(), live, manifest).0, json!({}));
    }

    #[test]
    fn fields_that_left_the_manifest_go_and_others_stay() {
        let before =
            json!({"spec": {"parallelism": 2, "ttl": 5, "containers": [{"name": "a"}, {"name": "b"}]}});
        let live = json!({"spec": {"parallelism": 2, "ttl": 5, "backoffLimit": 6,
            "containers": [{"name": "a", "policy": "Always"}, {"name": "b"}, {"name": "injected"}]}});
        let after = json!({"spec": {"parallelism": 3, "containers": [{"name": "a", "image": "x"}]}});
        let (patch, result) = reapply(before, live, after);
        let expected = json!({"spec": {"parallelism": 3, "ttl": null,
            "$setElementOrder/containers": [{"name": "a"}],
            "containers": [{"name": "a", "image": "x"}, {"name": "b", "$patch": "delete"}]}});
        assert_eq!(patch, expected);
        let expected = json!({"spec": {"parallelism": 3, "backoffLimit": 6,
            "containers": [{"name": "a", "image": "x", "policy": "Always"}, {"name": "injected"}]}});
        assert_eq!(result, expected);
    }

    #[test]
    fn without_a_last_applied_manifest_nothing_is_removed() {
        let live = json!({"spec": {"ttl": 5, "parallelism": 1}});
        let patch = three_way_patch(None, &json!({"spec": {"parallelism": 2}}), &live).expect("fits");
        assert_eq!(patch, json!({"spec": {"parallelism": 2}}));
    }
}
