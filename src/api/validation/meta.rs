//! Object metadata and label selectors.

use std::collections::BTreeMap;

use serde_json::Value;

use super::errors::{Errors, child, quoted};
use super::names;
use crate::api::codec::Codec;
use crate::api::meta::{LabelSelector, ObjectMeta};
use crate::base::Timestamp;

const ANNOTATIONS_BYTES_MAX: usize = 256 * 1024;
const STANDARD_FINALIZERS: &[&str] = &["foregroundDeletion", "kubernetes", "orphan"];
const IMMUTABLE: &str = "field is immutable";

/// A rule for names: the messages about a text.
pub type NameRule = fn(&str) -> Vec<String>;

// Models staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go ValidateObjectMetaAccessor
pub fn object_meta(
    meta: &ObjectMeta,
    namespaced: bool,
    name_rule: NameRule,
    path: &str,
    errors: &mut Errors,
) {
    if !meta.generate_name.is_empty() {
        let messages = name_rule(&names::mask_trailing_dash(&meta.generate_name));
        errors.invalid_for_each(&child(path, "generateName"), &meta.generate_name, messages);
    }
    let name = child(path, "name");
    if meta.name.is_empty() {
        errors.required(&name, "name or generateName is required");
    } else {
        errors.invalid_for_each(&name, &meta.name, name_rule(&meta.name));
    }
    let namespace = child(path, "namespace");
    match (namespaced, meta.namespace.as_str()) {
        (true, "") => errors.required(&namespace, ""),
        (true, text) => errors.invalid_for_each(&namespace, text, names::dns_label(text)),
        (false, "") => {}
        (false, _) => errors.forbidden(&namespace, "not allowed on this type"),
    }
    errors.non_negative(&child(path, "generation"), Some(meta.generation));
    labels(&meta.labels, &child(path, "labels"), errors);
    annotations(&meta.annotations, &child(path, "annotations"), errors);
    owner_references(meta, path, errors);
    finalizers(meta, path, errors);
}

pub fn labels(labels: &BTreeMap<String, String>, path: &str, errors: &mut Errors) {
    for (key, value) in labels {
        errors.invalid_for_each(path, key, names::qualified_name(key));
        errors.invalid_for_each(path, value, names::label_value(value));
    }
}

pub fn annotations(annotations: &BTreeMap<String, String>, path: &str, errors: &mut Errors) {
    for key in annotations.keys() {
        errors.invalid_for_each(path, key, names::qualified_name(&key.to_lowercase()));
    }
    if annotations.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>() > ANNOTATIONS_BYTES_MAX {
        errors.too_long(path, ANNOTATIONS_BYTES_MAX);
    }
}

fn owner_references(meta: &ObjectMeta, path: &str, errors: &mut Errors) {
    let path = child(path, "ownerReferences");
    let mut controller: Option<String> = None;
    for (index, owner) in meta.owner_references.iter().enumerate() {
        // Upstream names the list's members without their index here.
        for (field, value) in [
            ("apiVersion", &owner.api_version),
            ("kind", &owner.kind),
            ("name", &owner.name),
            ("uid", &owner.uid),
        ] {
            if value.is_empty() {
                errors.invalid_text(&child(&path, field), value, &format!("{field} must not be empty"));
            }
        }
        if owner.controller == Some(true) {
            let described = format!("{}/{}", owner.kind, owner.name);
            if let Some(first) = &controller {
                let detail = format!(
                    "Only one reference can have Controller set to true. Found \"true\" in references for {first} and {described}"
                );
                let shown = owner.encode().map_or_else(String::new, |value| value.to_string());
                errors.invalid(&format!("{path}[{index}]"), shown, &detail);
            } else {
                controller = Some(described);
            }
        }
    }
}

fn finalizers(meta: &ObjectMeta, path: &str, errors: &mut Errors) {
    let path = child(path, "finalizers");
    for finalizer in &meta.finalizers {
        errors.invalid_for_each(&path, finalizer, names::qualified_name(finalizer));
    }
    let has = |name: &str| meta.finalizers.iter().any(|finalizer| finalizer == name);
    if has("orphan") && has("foregroundDeletion") {
        let shown = Value::from(meta.finalizers.to_vec());
        let detail = "finalizer orphan and foregroundDeletion cannot be both set";
        errors.invalid(&path, shown, detail);
    }
    for (index, finalizer) in meta.finalizers.iter().enumerate() {
        if !finalizer.contains('/') && !STANDARD_FINALIZERS.contains(&finalizer.as_str()) {
            let detail = "name is neither a standard finalizer name nor is it fully qualified";
            errors.invalid_text(&format!("{path}[{index}]"), finalizer, detail);
        }
    }
}

// Models staging/src/k8s.io/apimachinery/pkg/api/validation/objectmeta.go ValidateObjectMetaAccessorUpdate
pub fn object_meta_update(new: &ObjectMeta, old: &ObjectMeta, path: &str, errors: &mut Errors) {
    let time =
        |time: Option<Timestamp>| time.map_or_else(|| "null".to_owned(), |time| quoted(&time.to_string()));
    for (name, new, old) in [
        ("name", &new.name, &old.name),
        ("namespace", &new.namespace, &old.namespace),
        ("uid", &new.uid, &old.uid),
    ] {
        if new != old {
            errors.invalid(&child(path, name), quoted(new), IMMUTABLE);
        }
    }
    for (name, new, old) in [
        ("creationTimestamp", new.creation_timestamp, old.creation_timestamp),
        ("deletionTimestamp", new.deletion_timestamp, old.deletion_timestamp),
    ] {
        if new != old {
            errors.invalid(&child(path, name), time(new), IMMUTABLE);
        }
    }
    if new.generation < old.generation {
        errors.invalid(&child(path, "generation"), new.generation, "must not be decremented");
    }
    labels(&new.labels, &child(path, "labels"), errors);
    annotations(&new.annotations, &child(path, "annotations"), errors);
    owner_references(new, path, errors);
    finalizers(new, path, errors);
}

/// Whether the selector's requirements are well-formed is the answer.
// Models staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/validation/validation.go ValidateLabelSelector
pub fn label_selector(
    selector: &LabelSelector,
    allow_bad_values: bool,
    path: &str,
    errors: &mut Errors,
) -> bool {
    let before = errors.len();
    labels(&selector.match_labels, &child(path, "matchLabels"), errors);
    for (index, requirement) in selector.match_expressions.iter().enumerate() {
        let path = format!("{path}.matchExpressions[{index}]");
        let values = child(&path, "values");
        match requirement.operator.as_str() {
            "In" | "NotIn" => {
                if requirement.values.is_empty() {
                    errors.required(&values, "must be specified when `operator` is 'In' or 'NotIn'");
                }
            }
            "Exists" | "DoesNotExist" => {
                if !requirement.values.is_empty() {
                    let detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                    errors.forbidden(&values, detail);
                }
            }
            other => errors.invalid_text(&child(&path, "operator"), other, "not a valid selector operator"),
        }
        errors.invalid_for_each(
            &child(&path, "key"),
            &requirement.key,
            names::qualified_name(&requirement.key),
        );
        for (index, value) in requirement.values.iter().enumerate().filter(|_| !allow_bad_values) {
            errors.invalid_for_each(&format!("{values}[{index}]"), value, names::label_value(value));
        }
    }
    errors.len() == before
}
