//! Environment variables.

use serde_json::Value;

use super::errors::{Errors, child};
use super::names;
use crate::api::core::{EnvFromSource, EnvVar, EnvVarSource, KeySelector, ObjectFieldSelector};

/// Fields of the pod that a variable may take, in the order in which they are told.
const FIELD_PATHS: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];
/// Field paths that the API knows but that variables may not take.
const KNOWN_FIELD_PATHS: &[&str] = &[
    "metadata.annotations",
    "metadata.labels",
    "spec.hostNetwork",
    "spec.restartPolicy",
    "spec.schedulerName",
    "status.phase",
];
const RESOURCES: &[&str] = &[
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];

// Models pkg/apis/core/validation/validation.go ValidateEnv
pub fn env(variables: &[EnvVar], path: &str, errors: &mut Errors) {
    for (index, variable) in variables.iter().enumerate() {
        let path = format!("{path}[{index}]");
        if variable.name.is_empty() {
            errors.required(&child(&path, "name"), "");
        } else {
            errors.invalid_for_each(&child(&path, "name"), &variable.name, names::env_name(&variable.name));
        }
        if let Some(source) = &variable.value_from {
            value_from(variable, source, &child(&path, "valueFrom"), errors);
        }
    }
}

// Models pkg/apis/core/validation/validation.go validateEnvVarValueFrom
fn value_from(variable: &EnvVar, source: &EnvVarSource, path: &str, errors: &mut Errors) {
    let file = source.rest.get("fileKeyRef");
    if let Some(field) = &source.field_ref {
        field_ref(field, &child(path, "fieldRef"), errors);
    }
    if let Some(field) = &source.resource_field_ref {
        resource_field_ref(&field.resource, &child(path, "resourceFieldRef"), errors);
    }
    for (name, key) in
        [("configMapKeyRef", &source.config_map_key_ref), ("secretKeyRef", &source.secret_key_ref)]
    {
        if let Some(key) = key {
            key_selector(key, &child(path, name), errors);
        }
    }
    let set = [
        source.field_ref.is_some(),
        source.resource_field_ref.is_some(),
        source.config_map_key_ref.is_some(),
        source.secret_key_ref.is_some(),
        file.is_some_and(|file| !file.is_null()),
    ];
    let count = set.into_iter().filter(|set| *set).count();
    if count == 0 {
        let detail = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`";
        errors.invalid_text(path, "", detail);
    } else if !variable.value.is_empty() {
        errors.invalid_text(path, "", "may not be specified when `value` is not empty");
    } else if count > 1 {
        errors.invalid_text(path, "", "may not have more than one field specified at a time");
    }
}

// Models pkg/apis/core/validation/validation.go validateObjectFieldSelector
fn field_ref(field: &ObjectFieldSelector, path: &str, errors: &mut Errors) {
    let field_path = child(path, "fieldPath");
    if field.api_version.is_empty() {
        errors.required(&child(path, "apiVersion"), "");
        return;
    }
    if field.field_path.is_empty() {
        errors.required(&field_path, "");
        return;
    }
    let text = field.field_path.as_str();
    let (base, subscript) = match text.strip_suffix("']").and_then(|text| text.split_once("['")) {
        Some((base, key)) => (base, Some(key)),
        None => (text, None),
    };
    match (base, subscript) {
        ("metadata.annotations", Some(key)) => {
            errors.invalid_for_each(path, key, names::qualified_name(&key.to_lowercase()));
        }
        ("metadata.labels", Some(key)) => errors.invalid_for_each(path, key, names::qualified_name(key)),
        (_, Some(_)) => {
            errors.invalid_text(path, base, "does not support subscript");
        }
        (base, None) if FIELD_PATHS.contains(&base) => {}
        (base, None) if KNOWN_FIELD_PATHS.contains(&base) => {
            errors.not_supported(&field_path, base, FIELD_PATHS);
        }
        (base, None) => {
            let detail = format!("error converting fieldPath: field label not supported: {base}");
            errors.invalid_text(&field_path, base, &detail);
        }
    }
}

fn resource_field_ref(resource: &str, path: &str, errors: &mut Errors) {
    if resource.is_empty() {
        errors.required(&child(path, "resource"), "");
    } else if !RESOURCES.contains(&resource) && !resource.contains("hugepages-") {
        errors.not_supported(&child(path, "resource"), resource, RESOURCES);
    }
}

fn key_selector(selector: &KeySelector, path: &str, errors: &mut Errors) {
    object_name(&selector.name, &child(path, "name"), errors);
    if selector.key.is_empty() {
        errors.required(&child(path, "key"), "");
    } else {
        errors.invalid_for_each(&child(path, "key"), &selector.key, names::config_key(&selector.key));
    }
}

/// The name of a ConfigMap or Secret.
fn object_name(name: &str, path: &str, errors: &mut Errors) {
    if name.is_empty() {
        errors.required(path, "");
    } else {
        errors.invalid_for_each(path, name, names::dns_subdomain(name));
    }
}

// Models pkg/apis/core/validation/validation.go ValidateEnvFrom
pub fn env_from(sources: &[EnvFromSource], path: &str, errors: &mut Errors) {
    for (index, source) in sources.iter().enumerate() {
        let path = format!("{path}[{index}]");
        if !source.prefix.is_empty() {
            errors.invalid_for_each(&child(&path, "prefix"), &source.prefix, names::env_name(&source.prefix));
        }
        for (name, reference) in [("configMapRef", &source.config_map_ref), ("secretRef", &source.secret_ref)]
        {
            if let Some(reference) = reference {
                object_name(&reference.name, &format!("{path}.{name}.name"), errors);
            }
        }
        match (source.config_map_ref.is_some(), source.secret_ref.is_some()) {
            (false, false) => {
                errors.invalid_text(&path, "", "must specify one of: `configMapRef` or `secretRef`");
            }
            (true, true) => {
                errors.invalid_text(&path, "", "may not have more than one field specified at a time");
            }
            _ => {}
        }
    }
}

/// Files of the downward API: the fields that they may take.
pub fn downward_field(item: &Value, path: &str, errors: &mut Errors) {
    let text = |name: &str| item.pointer(name).and_then(Value::as_str).unwrap_or_default();
    let field = text("/fieldRef/fieldPath");
    let has_resource = item.get("resourceFieldRef").is_some_and(|reference| !reference.is_null());
    if item.get("fieldRef").is_some_and(|reference| !reference.is_null()) {
        if field.is_empty() {
            errors.required(&child(path, "fieldRef.fieldPath"), "");
        }
        if has_resource {
            errors.invalid_text(
                path,
                "resource",
                "fieldRef and resourceFieldRef can not be specified simultaneously",
            );
        }
    } else if has_resource {
        if text("/resourceFieldRef/containerName").is_empty() {
            errors.required(&child(path, "resourceFieldRef.containerName"), "");
        }
        resource_field_ref(text("/resourceFieldRef/resource"), &child(path, "resourceFieldRef"), errors);
    } else {
        errors.required(path, "one of fieldRef and resourceFieldRef is required");
    }
}
