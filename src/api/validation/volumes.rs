//! Volumes and the paths in them.

use serde_json::Value;

use super::errors::{Errors, child, quoted};
use super::pod_template::{is_set, items_of, text};
use super::{env, names};
use crate::api::core::Volume;

/// A volume that is well-formed: mounts may name it.
pub struct KnownVolume {
    pub name: String,
    /// Made from a claim: it may be used as a block device.
    pub is_claim: bool,
}

pub type KnownVolumes = Vec<KnownVolume>;

const FILE_MODE_MAX: i64 = 0o777;
const FILE_MODE_DETAIL: &str = "must be a number between 0 and 0777 (octal), both inclusive";
const TOKEN_SECONDS_MIN: i64 = 10 * 60;
const TOKEN_SECONDS_MAX: i64 = 1 << 32;
const HOST_PATH_TYPES: &[&str] =
    &["", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"];

/// The kinds of volumes in the order in which upstream looks at them: all but the first are refused. With the name
/// that a refusal gives them, and the fields that must not be empty.
const SOURCES: &[(&str, &str, &[&str])] = &[
    ("emptyDir", "emptyDir", &[]),
    ("hostPath", "hostPath", &[]),
    ("gitRepo", "gitRepo", &["repository"]),
    ("gcePersistentDisk", "gcePersistentDisk", &["pdName"]),
    ("awsElasticBlockStore", "awsElasticBlockStore", &["volumeID"]),
    ("secret", "secret", &["secretName"]),
    ("nfs", "nfs", &["server", "path"]),
    ("iscsi", "iscsi", &["targetPortal", "iqn"]),
    ("glusterfs", "glusterfs", &["endpoints", "path"]),
    ("flocker", "flocker", &[]),
    ("persistentVolumeClaim", "persistentVolumeClaim", &["claimName"]),
    ("rbd", "rbd", &["image"]),
    ("cinder", "cinder", &["volumeID"]),
    ("cephfs", "cephFS", &[]),
    ("quobyte", "quobyte", &["volume"]),
    ("downwardAPI", "downwarAPI", &[]),
    ("fc", "fc", &[]),
    ("flexVolume", "flexVolume", &["driver"]),
    ("configMap", "configMap", &["name"]),
    ("azureFile", "azureFile", &["secretName", "shareName"]),
    ("vsphereVolume", "vsphereVolume", &["volumePath"]),
    ("photonPersistentDisk", "photonPersistentDisk", &["pdID"]),
    ("portworxVolume", "portworxVolume", &["volumeID"]),
    ("azureDisk", "azureDisk", &["diskName", "diskURI"]),
    ("storageos", "storageos", &["volumeName"]),
    ("projected", "projected", &[]),
    ("scaleIO", "scaleIO", &["gateway", "system", "volumeName"]),
    ("csi", "csi", &["driver"]),
    ("ephemeral", "ephemeral", &[]),
    ("image", "image", &[]),
];

// Models pkg/apis/core/validation/validation.go ValidateVolumes
pub fn volumes(volumes: &[Volume], path: &str, errors: &mut Errors) -> KnownVolumes {
    let mut known = KnownVolumes::new();
    for (index, volume) in volumes.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let before = errors.len();
        source(volume, &path, errors);
        if volume.name.is_empty() {
            errors.required(&child(&path, "name"), "");
        } else {
            errors.invalid_for_each(&child(&path, "name"), &volume.name, names::dns_label(&volume.name));
        }
        if known.iter().any(|other| other.name == volume.name) {
            errors.duplicate(&child(&path, "name"), quoted(&volume.name));
        }
        if errors.len() == before {
            let is_claim =
                ["persistentVolumeClaim", "ephemeral"].iter().any(|kind| is_set(&volume.rest, kind));
            known.push(KnownVolume { name: volume.name.clone(), is_claim });
        }
    }
    known
}

// Models pkg/apis/core/validation/validation.go validateVolumeSource
fn source(volume: &Volume, path: &str, errors: &mut Errors) {
    let mut set = SOURCES.iter().filter(|(kind, ..)| is_set(&volume.rest, kind));
    let Some((kind, _, required)) = set.next() else {
        return errors.required(path, "must specify a volume type");
    };
    source_rules(kind, required, &volume.rest[*kind], &child(path, kind), errors);
    for (_, told, _) in set {
        errors.forbidden(&child(path, told), "may not specify more than 1 volume type");
    }
}

fn source_rules(kind: &str, required: &[&str], source: &Value, path: &str, errors: &mut Errors) {
    for name in required {
        require(source, name, path, errors);
    }
    match kind {
        "hostPath" => host_path(source, path, errors),
        "emptyDir" => empty_dir(source, path, errors),
        "configMap" | "secret" => {
            mode(source, "defaultMode", path, errors);
            items(source, path, errors);
        }
        "downwardAPI" => {
            mode(source, "defaultMode", path, errors);
            for item in items_of(source, "items") {
                downward_file(item, path, errors);
            }
        }
        "projected" => projected(source, path, errors),
        "nfs" if !text(source, "path").starts_with('/') => {
            errors.invalid_text(&child(path, "path"), text(source, "path"), "must be an absolute path");
        }
        "csi" => {
            let (field, driver) = (child(path, "driver"), text(source, "driver"));
            errors.invalid_for_each(&field, driver, names::dns_subdomain(&driver.to_lowercase()));
        }
        "ephemeral" if source.get("volumeClaimTemplate").is_none_or(Value::is_null) => {
            errors.required(&child(path, "volumeClaimTemplate"), "");
        }
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
    no_backsteps(host, &field, errors);
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

fn mode(source: &Value, name: &str, path: &str, errors: &mut Errors) {
    let number = source.get(name).and_then(Value::as_i64);
    if let Some(number) = number.filter(|number| !(0..=FILE_MODE_MAX).contains(number)) {
        errors.invalid(&child(path, name), number, FILE_MODE_DETAIL);
    }
}

// Models pkg/apis/core/validation/validation.go validateKeyToPath
fn items(source: &Value, path: &str, errors: &mut Errors) {
    for (index, item) in items_of(source, "items").iter().enumerate() {
        let path = format!("{path}.items[{index}]");
        require(item, "key", &path, errors);
        require(item, "path", &path, errors);
        unreserved_path(text(item, "path"), &child(&path, "path"), errors);
        mode(item, "mode", &path, errors);
    }
}

/// Upstream leaves the item's index out of the path.
// Models pkg/apis/core/validation/validation.go validateDownwardAPIVolumeFile
fn downward_file(item: &Value, path: &str, errors: &mut Errors) {
    require(item, "path", path, errors);
    unreserved_path(text(item, "path"), &child(path, "path"), errors);
    env::downward_field(item, path, errors);
    mode(item, "mode", path, errors);
}

// Models pkg/apis/core/validation/validation.go validateProjectionSources
fn projected(source: &Value, path: &str, errors: &mut Errors) {
    mode(source, "defaultMode", path, errors);
    let mut taken: Vec<String> = Vec::new();
    for (index, part) in items_of(source, "sources").iter().enumerate() {
        let one = format!("{path}.sources[{index}]");
        let kinds = ["secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle"];
        let set: Vec<&str> =
            kinds.into_iter().filter(|kind| part.get(kind).is_some_and(|p| !p.is_null())).collect();
        for kind in &set {
            let (field, inner) = (child(&one, kind), &part[*kind]);
            match *kind {
                "secret" | "configMap" => {
                    require(inner, "name", &field, errors);
                    items(inner, &field, errors);
                }
                "downwardAPI" => {
                    for item in items_of(inner, "items") {
                        downward_file(item, &field, errors);
                    }
                }
                "serviceAccountToken" => token(inner, path, &field, errors),
                _ => {}
            }
            let shown = |item: &Value| match *kind {
                "downwardAPI" => text(item, "path").to_owned(),
                _ => text(inner, "name").to_owned(),
            };
            for item in items_of(inner, "items") {
                let target = text(item, "path").to_owned();
                if !target.is_empty() && taken.contains(&target) {
                    errors.invalid_text(path, &shown(item), "conflicting duplicate paths");
                }
                taken.push(target);
            }
        }
        if set.len() > 1 {
            errors.forbidden(&one, "may not specify more than 1 volume type per source");
        }
    }
}

fn token(token: &Value, volume: &str, path: &str, errors: &mut Errors) {
    let field = child(path, "expirationSeconds");
    if let Some(seconds) = token.get("expirationSeconds").and_then(Value::as_i64) {
        if seconds < TOKEN_SECONDS_MIN {
            errors.invalid(&field, seconds, "may not specify a duration less than 10 minutes");
        }
        if seconds > TOKEN_SECONDS_MAX {
            errors.invalid(&field, seconds, "may not specify a duration larger than 2^32 seconds");
        }
    }
    let target = text(token, "path");
    if target.is_empty() {
        errors.required(&child(volume, "path"), "");
    } else {
        unreserved_path(target, &child(volume, "path"), errors);
    }
}

pub fn has_backstep(target: &str) -> bool {
    target.split('/').any(|part| part == "..")
}

// Models pkg/apis/core/validation/validation.go validatePathNoBacksteps
pub fn no_backsteps(target: &str, path: &str, errors: &mut Errors) {
    if has_backstep(target) {
        errors.invalid_text(path, target, "must not contain '..'");
    }
}

// Models pkg/apis/core/validation/validation.go validateLocalDescendingPath
pub fn relative_path(target: &str, path: &str, errors: &mut Errors) {
    if target.starts_with('/') {
        errors.invalid_text(path, target, "must be a relative path");
    }
    no_backsteps(target, path, errors);
}

// Models pkg/apis/core/validation/validation.go ValidateLocalNonReservedPath
fn unreserved_path(target: &str, path: &str, errors: &mut Errors) {
    relative_path(target, path, errors);
    if target.starts_with("..") && !target.starts_with("../") {
        errors.invalid_text(path, target, "must not start with '..'");
    }
}
