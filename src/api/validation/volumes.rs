//! Volumes and the paths in them.

use serde_json::Value;

use super::errors::{Errors, child, quoted};
use super::pod_template::text;
use super::{env, names};
use crate::api::core::Volume;
use crate::api::fields;

/// Names of the volumes that are well-formed: mounts may name them.
pub type KnownVolumes = Vec<String>;

const FILE_MODE_MAX: i64 = 0o777;
const FILE_MODE_DETAIL: &str = "must be a number between 0 and 0777 (octal), both inclusive";
const HOST_PATH_TYPES: &[&str] =
    &["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];

// Models pkg/apis/core/validation/validation.go ValidateVolumes
pub fn volumes(volumes: &[Volume], path: &str, errors: &mut Errors) -> KnownVolumes {
    let mut known = KnownVolumes::new();
    for (index, volume) in volumes.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let before = errors.len();
        sources(volume, &path, errors);
        if volume.name.is_empty() {
            errors.required(&child(&path, "name"), "");
        } else {
            errors.invalid_for_each(&child(&path, "name"), &volume.name, names::dns_label(&volume.name));
        }
        if known.contains(&volume.name) {
            errors.duplicate(&child(&path, "name"), quoted(&volume.name));
        }
        if errors.len() == before {
            known.push(volume.name.clone());
        }
    }
    known
}

// Models pkg/apis/core/validation/validation.go validateVolumeSource
fn sources(volume: &Volume, path: &str, errors: &mut Errors) {
    let order = fields::type_named("Volume").map_or(&[][..], |info| info.fields.as_slice());
    let set =
        order.iter().filter(|field| volume.rest.get(field.name).is_some_and(|source| !source.is_null()));
    let mut count = 0;
    for field in set {
        let path = child(path, field.name);
        count += 1;
        if count > 1 {
            errors.forbidden(&path, "may not specify more than 1 volume type");
        } else {
            source_rules(field.name, &volume.rest[field.name], &path, errors);
        }
    }
    if count == 0 {
        errors.required(path, "must specify a volume type");
    }
}

fn source_rules(kind: &str, source: &Value, path: &str, errors: &mut Errors) {
    match kind {
        "hostPath" => host_path(source, path, errors),
        "emptyDir" => empty_dir(source, path, errors),
        "configMap" | "secret" => keyed_source(kind, source, path, errors),
        "downwardAPI" => {
            mode(source, "defaultMode", path, errors);
            downward_items(source, path, errors);
        }
        "projected" => projected(source, path, errors),
        "persistentVolumeClaim" => require(source, "claimName", path, errors),
        "nfs" => {
            require(source, "server", path, errors);
            require(source, "path", path, errors);
            let mounted = text(source, "path");
            if !mounted.is_empty() && !mounted.starts_with('/') {
                errors.invalid_text(&child(path, "path"), mounted, "must be an absolute path");
            }
        }
        "csi" => require(source, "driver", path, errors),
        _ => {}
    }
}

fn require(source: &Value, name: &str, path: &str, errors: &mut Errors) {
    if text(source, name).is_empty() {
        errors.required(&child(path, name), "");
    }
}

fn host_path(source: &Value, path: &str, errors: &mut Errors) {
    let (field, host) = (child(path, "path"), text(source, "path"));
    if host.is_empty() {
        errors.required(&field, "");
        return;
    }
    if host.split('/').any(|part| part == "..") {
        errors.invalid_text(&field, host, "must not contain '..'");
    }
    let kind = text(source, "type");
    if !HOST_PATH_TYPES.contains(&kind) {
        errors.not_supported(&child(path, "type"), kind, HOST_PATH_TYPES);
    }
}

fn empty_dir(source: &Value, path: &str, errors: &mut Errors) {
    let limit = source.get("sizeLimit").and_then(super::resources::quantity);
    if limit.is_some_and(|limit| limit.is_negative()) {
        errors.forbidden(&child(path, "sizeLimit"), "SizeLimit field must be a valid resource quantity");
    }
}

fn keyed_source(kind: &str, source: &Value, path: &str, errors: &mut Errors) {
    require(source, if kind == "secret" { "secretName" } else { "name" }, path, errors);
    mode(source, "defaultMode", path, errors);
    items(source, path, errors);
}

fn mode(source: &Value, name: &str, path: &str, errors: &mut Errors) {
    let number = source.get(name).and_then(Value::as_i64);
    if let Some(number) = number.filter(|number| !(0..=FILE_MODE_MAX).contains(number)) {
        errors.invalid(&child(path, name), number, FILE_MODE_DETAIL);
    }
}

// Models pkg/apis/core/validation/validation.go validateKeyToPath
fn items(source: &Value, path: &str, errors: &mut Errors) {
    for (index, item) in source.get("items").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let path = format!("{path}.items[{index}]");
        require(item, "key", &path, errors);
        require(item, "path", &path, errors);
        let target = text(item, "path");
        if !target.is_empty() {
            relative_path(target, &child(&path, "path"), errors);
            if target.starts_with("..") && !target.starts_with("../") && target != ".." {
                errors.invalid_text(&child(&path, "path"), target, "must not start with '..'");
            }
        }
        mode(item, "mode", &path, errors);
    }
}

fn downward_items(source: &Value, path: &str, errors: &mut Errors) {
    for (index, item) in source.get("items").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let path = format!("{path}[{index}]");
        require(item, "path", path.as_str(), errors);
        relative_path(text(item, "path"), &child(&path, "path"), errors);
        env::downward_field(item, &path, errors);
        mode(item, "mode", &path, errors);
    }
}

fn projected(source: &Value, path: &str, errors: &mut Errors) {
    mode(source, "defaultMode", path, errors);
    for (index, part) in source.get("sources").and_then(Value::as_array).into_iter().flatten().enumerate() {
        let path = format!("{path}.sources[{index}]");
        let kinds = [
            "secret",
            "configMap",
            "downwardAPI",
            "serviceAccountToken",
            "clusterTrustBundle",
            "podCertificate",
        ];
        let set: Vec<&str> =
            kinds.into_iter().filter(|kind| part.get(kind).is_some_and(|p| !p.is_null())).collect();
        for (at, kind) in set.iter().enumerate() {
            let (path, inner) = (child(&path, kind), &part[*kind]);
            if at > 0 {
                errors.forbidden(&path, "may not specify more than 1 volume type per source");
                continue;
            }
            match *kind {
                "secret" | "configMap" => {
                    require(inner, "name", &path, errors);
                    items(inner, &path, errors);
                }
                "downwardAPI" => downward_items(inner, &path, errors),
                "serviceAccountToken" => require(inner, "path", &path, errors),
                _ => {}
            }
        }
        if set.is_empty() {
            let detail = "specify at least one of: secret, downwardAPI, configMap, serviceAccountToken, clusterTrustBundle, podCertificate";
            errors.required(&path, detail);
        }
    }
}

// Models pkg/apis/core/validation/validation.go validateLocalDescendingPath
pub fn relative_path(target: &str, path: &str, errors: &mut Errors) {
    if target.starts_with('/') {
        errors.invalid_text(path, target, "must be a relative path");
    }
    if target.split('/').any(|part| part == "..") {
        errors.invalid_text(path, target, "must not contain '..'");
    }
}
