//! Environment variables.

use serde_json::Value;

use super::errors::{Errors, child};
use super::pod_template::{is_set, text};
use super::{names, resources, volumes};
use crate::api::codec::Codec;
use crate::api::core::{EnvFromSource, EnvVar, EnvVarSource, KeySelector, ObjectFieldSelector, PodSpec};
use crate::api::quantity::Quantity;

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
/// Fields of the pod that a file may take.
const FILE_FIELD_PATHS: &[&str] =
    &["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];
/// Field paths that the API knows but that not everything may take.
const KNOWN_FIELD_PATHS: &[&str] =
    &["metadata.annotations", "metadata.labels", "spec.restartPolicy", "spec.schedulerName", "status.phase"];
const RESOURCES: &[&str] = &[
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
];
const HUGE_PAGES: &[&str] = &["limits.hugepages-", "requests.hugepages-"];
const CPU_DIVISORS: &[&str] = &["1m", "1"];
const BYTE_DIVISORS: &[&str] =
    &["1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei"];

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
    let file = source.rest.get("fileKeyRef").filter(|file| !file.is_null());
    if let Some(field) = &source.field_ref {
        field_ref(field, FIELD_PATHS, &child(path, "fieldRef"), errors);
    }
    if let Some(field) = &source.resource_field_ref {
        let divisor = resources::quantity(&field.divisor);
        resource_field_ref(&field.resource, divisor, &child(path, "resourceFieldRef"), errors);
    }
    for (name, key) in
        [("configMapKeyRef", &source.config_map_key_ref), ("secretKeyRef", &source.secret_key_ref)]
    {
        if let Some(key) = key {
            key_selector(key, &child(path, name), errors);
        }
    }
    if let Some(file) = file {
        file_key(file, &child(path, "fileKeyRef"), errors);
    }
    let set = [
        source.field_ref.is_some(),
        source.resource_field_ref.is_some(),
        source.config_map_key_ref.is_some(),
        source.secret_key_ref.is_some(),
        file.is_some(),
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

// Models pkg/apis/core/validation/validation.go validateFileKeySelector
fn file_key(file: &Value, path: &str, errors: &mut Errors) {
    let (key, volume, target) = (text(file, "key"), text(file, "volumeName"), text(file, "path"));
    if key.is_empty() {
        errors.required(&child(path, "key"), "");
    } else {
        errors.invalid_for_each(&child(path, "key"), key, names::env_name(key));
    }
    if volume.is_empty() {
        errors.required(&child(path, "volumeName"), "");
    } else {
        errors.invalid_for_each(&child(path, "volumeName"), volume, names::dns_label(volume));
    }
    if target.is_empty() {
        errors.required(&child(path, "path"), "");
    } else {
        volumes::no_backsteps(target, &child(path, "path"), errors);
    }
}

/// Files that variables are read from lie in volumes that the pod itself fills.
// Models pkg/apis/core/validation/validation.go validateFileKeyRefVolumes
pub fn file_volumes(spec: &PodSpec, path: &str, errors: &mut Errors) {
    for (list, containers) in [("initContainers", &spec.init_containers), ("containers", &spec.containers)] {
        for (at, container) in containers.iter().enumerate() {
            for (index, variable) in container.env.iter().enumerate() {
                let source = variable.value_from.as_ref().and_then(|source| source.rest.get("fileKeyRef"));
                let Some(file) = source.filter(|file| !file.is_null()) else { continue };
                let field = format!("{path}.{list}[{at}].env[{index}].valueFrom.fileKeyRef.volumeName");
                let name = text(file, "volumeName");
                match spec.volumes.iter().rfind(|volume| volume.name == name) {
                    None => errors.not_found(&field, name),
                    Some(volume) if !is_set(&volume.rest, "emptyDir") => {
                        errors.invalid_text(&field, name, "referenced volume must be of type emptyDir");
                    }
                    Some(_) => {}
                }
            }
        }
    }
}

// Models pkg/apis/core/validation/validation.go validateObjectFieldSelector
fn field_ref(field: &ObjectFieldSelector, legal: &[&str], path: &str, errors: &mut Errors) {
    let field_path = child(path, "fieldPath");
    if field.api_version.is_empty() {
        errors.required(&child(path, "apiVersion"), "");
        return;
    }
    let text = field.field_path.as_str();
    if text.is_empty() {
        errors.required(&field_path, "");
        return;
    }
    let known = match convert_field_label(&field.api_version, text) {
        Ok(known) => known,
        Err(problem) => {
            let detail = format!("error converting fieldPath: {problem}");
            return errors.invalid_text(&field_path, text, &detail);
        }
    };
    match known {
        (base, None) if legal.contains(&base) => {}
        (base, None) => errors.not_supported(&field_path, base, legal),
        ("metadata.annotations", Some(key)) => {
            errors.invalid_for_each(path, key, names::qualified_name(&key.to_lowercase()));
        }
        (_, Some(key)) => errors.invalid_for_each(path, key, names::qualified_name(key)),
    }
}

/// The field path and its subscript, when it has one.
// Models pkg/apis/core/pods/helpers.go ConvertDownwardAPIFieldLabel
fn convert_field_label<'a>(version: &str, label: &'a str) -> Result<(&'a str, Option<&'a str>), String> {
    if version != "v1" {
        return Err(format!("unsupported pod version: {version}"));
    }
    let subscripted = label.strip_suffix("']").and_then(|text| text.split_once("['"));
    match subscripted.filter(|(base, _)| !base.is_empty()) {
        Some((base @ ("metadata.annotations" | "metadata.labels"), key)) => Ok((base, Some(key))),
        Some(_) => Err(format!("field label does not support subscript: {label}")),
        None if label == "spec.host" => Ok(("spec.nodeName", None)),
        None if FIELD_PATHS.contains(&label) || KNOWN_FIELD_PATHS.contains(&label) => Ok((label, None)),
        None => Err(format!("field label not supported: {label}")),
    }
}

// Models pkg/apis/core/validation/validation.go validateContainerResourceFieldSelector
fn resource_field_ref(resource: &str, divisor: Option<Quantity>, path: &str, errors: &mut Errors) {
    let is_huge = HUGE_PAGES.iter().any(|prefix| resource.starts_with(prefix));
    if resource.is_empty() {
        errors.required(&child(path, "resource"), "");
    } else if !RESOURCES.contains(&resource) && !is_huge {
        errors.not_supported(&child(path, "resource"), resource, RESOURCES);
    }
    let Some(divisor) = divisor.filter(|divisor| !divisor.is_zero()) else { return };
    let (legal, what) = match resource {
        "limits.cpu" | "requests.cpu" => (CPU_DIVISORS, "cpu"),
        "limits.memory" | "requests.memory" => (BYTE_DIVISORS, "memory"),
        "limits.ephemeral-storage" | "requests.ephemeral-storage" => {
            (BYTE_DIVISORS, "local ephemeral storage")
        }
        _ if is_huge => (BYTE_DIVISORS, "hugepages"),
        _ => return,
    };
    if !legal.contains(&divisor.to_string().as_str()) {
        let told = if what == "cpu" { "1m and 1".to_owned() } else { legal.join(", ") };
        let detail = format!("only divisor's values {told} are supported with the {what} resource");
        errors.invalid_text(&child(path, "divisor"), resource, &detail);
    }
}

// Models pkg/apis/core/validation/validation.go validateConfigMapKeySelector
fn key_selector(selector: &KeySelector, path: &str, errors: &mut Errors) {
    let (name, key) = (&selector.name, &selector.key);
    errors.invalid_for_each(&child(path, "name"), name, names::dns_subdomain(name));
    if key.is_empty() {
        errors.required(&child(path, "key"), "");
    } else {
        errors.invalid_for_each(&child(path, "key"), key, names::config_key(key));
    }
}

/// Upstream tells a missing or second source for the whole list.
// Models pkg/apis/core/validation/validation.go ValidateEnvFrom
pub fn env_from(sources: &[EnvFromSource], list: &str, errors: &mut Errors) {
    for (index, source) in sources.iter().enumerate() {
        let path = format!("{list}[{index}]");
        if !source.prefix.is_empty() {
            errors.invalid_for_each(&child(&path, "prefix"), &source.prefix, names::env_name(&source.prefix));
        }
        for (name, reference) in [("configMapRef", &source.config_map_ref), ("secretRef", &source.secret_ref)]
        {
            let Some(reference) = reference else { continue };
            let (field, name) = (format!("{path}.{name}.name"), &reference.name);
            if name.is_empty() {
                errors.required(&field, "");
            } else {
                let messages = names::dns_subdomain(&names::mask_trailing_dash(name));
                errors.invalid_for_each(&field, name, messages);
            }
        }
        match (source.config_map_ref.is_some(), source.secret_ref.is_some()) {
            (false, false) => {
                errors.invalid_text(list, "", "must specify one of: `configMapRef` or `secretRef`");
            }
            (true, true) => {
                errors.invalid_text(list, "", "may not have more than one field specified at a time");
            }
            _ => {}
        }
    }
}

/// Files of the downward API: the fields that they may take.
pub fn downward_field(item: &Value, path: &str, errors: &mut Errors) {
    let part = |name: &str| item.get(name).filter(|part| !part.is_null());
    let resource = part("resourceFieldRef");
    if let Some(field) = part("fieldRef") {
        let selector = ObjectFieldSelector::decode(field.clone()).unwrap_or_default();
        field_ref(&selector, FILE_FIELD_PATHS, &child(path, "fieldRef"), errors);
        if resource.is_some() {
            let detail = "fieldRef and resourceFieldRef can not be specified simultaneously";
            errors.invalid_text(path, "resource", detail);
        }
    } else if let Some(resource) = resource {
        let path = child(path, "resourceFieldRef");
        let divisor = resource.get("divisor").and_then(resources::quantity);
        if text(resource, "containerName").is_empty() {
            errors.required(&child(&path, "containerName"), "");
        } else {
            resource_field_ref(text(resource, "resource"), divisor, &path, errors);
        }
    } else {
        errors.required(path, "one of fieldRef and resourceFieldRef is required");
    }
}
