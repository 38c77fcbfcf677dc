//! Where containers mount volumes. Paths in some messages lack the mount's index: upstream leaves it out there.

use serde_json::Value;

use super::errors::{Errors, child};
use super::pod_template::{list, text};
use super::volumes::{KnownVolumes, has_backstep, relative_path};
use crate::api::core::{Container, VolumeMount};

const PROPAGATIONS: &[&str] = &["Bidirectional", "HostToContainer", "None"];
const RECURSIVE_READ_ONLY: &[&str] = &["Disabled", "Enabled", "IfPossible"];

// Models pkg/apis/core/validation/validation.go ValidateVolumeMounts
pub fn volume_mounts(container: &Container, volumes: &KnownVolumes, path: &str, errors: &mut Errors) {
    let devices = list(&container.rest, "volumeDevices");
    for (index, mount) in container.volume_mounts.iter().enumerate() {
        let one = format!("{path}[{index}]");
        let at = |name: &str| child(&one, name);
        let (name, target) = (&mount.name, &mount.mount_path);
        if name.is_empty() {
            errors.required(&at("name"), "");
        }
        if !volumes.iter().any(|volume| volume.name == *name) {
            errors.not_found(&at("name"), name);
        }
        if target.is_empty() {
            errors.required(&at("mountPath"), "");
        }
        if container.volume_mounts[..index].iter().any(|other| other.mount_path == *target) {
            errors.invalid_text(&at("mountPath"), target, "must be unique");
        }
        if devices.iter().any(|device| text(device, "name") == name) {
            errors.invalid_text(&at("name"), name, "must not already exist in volumeDevices");
        }
        if devices.iter().any(|device| text(device, "devicePath") == target) {
            let detail = "must not already exist as a path in volumeDevices";
            errors.invalid_text(&at("mountPath"), target, detail);
        }
        sub_paths(mount, path, &one, errors);
        propagation(container, mount, &child(path, "mountPropagation"), errors);
        recursive_read_only(mount, &child(path, "recursiveReadOnly"), errors);
    }
}

fn rest_text<'a>(mount: &'a VolumeMount, name: &str) -> Option<&'a str> {
    mount.rest.get(name).and_then(Value::as_str)
}

fn sub_paths(mount: &VolumeMount, path: &str, one: &str, errors: &mut Errors) {
    relative_path(&mount.sub_path, &child(path, "subPath"), errors);
    let expression = rest_text(mount, "subPathExpr").unwrap_or_default();
    if expression.is_empty() {
        return;
    }
    if !mount.sub_path.is_empty() {
        let detail = "subPathExpr and subPath are mutually exclusive";
        errors.invalid_text(&child(one, "subPathExpr"), expression, detail);
    }
    relative_path(expression, &child(path, "subPathExpr"), errors);
}

// Models pkg/apis/core/validation/validation.go validateMountPropagation
fn propagation(container: &Container, mount: &VolumeMount, path: &str, errors: &mut Errors) {
    let Some(mode) = rest_text(mount, "mountPropagation") else { return };
    if !PROPAGATIONS.contains(&mode) {
        errors.not_supported(path, mode, PROPAGATIONS);
    }
    let context = container.rest.get("securityContext");
    let privileged = context.and_then(|context| context.get("privileged")).and_then(Value::as_bool);
    if mode == "Bidirectional" && privileged != Some(true) {
        let detail = "Bidirectional mount propagation is available only to privileged containers";
        errors.forbidden(path, detail);
    }
}

// Models pkg/apis/core/validation/validation.go validateMountRecursiveReadOnly
fn recursive_read_only(mount: &VolumeMount, path: &str, errors: &mut Errors) {
    match rest_text(mount, "recursiveReadOnly") {
        None | Some("Disabled") => {}
        Some("Enabled" | "IfPossible") => {
            if !mount.read_only {
                errors.forbidden(path, "may only be specified when readOnly is true");
            }
            if rest_text(mount, "mountPropagation").is_some_and(|mode| mode != "None") {
                let detail = "may only be specified when mountPropagation is None or not specified";
                errors.forbidden(path, detail);
            }
        }
        Some(other) => errors.not_supported(path, other, RECURSIVE_READ_ONLY),
    }
}

// Models pkg/apis/core/validation/validation.go ValidateVolumeDevices
pub fn volume_devices(container: &Container, volumes: &KnownVolumes, path: &str, errors: &mut Errors) {
    let devices = list(&container.rest, "volumeDevices");
    for (index, device) in devices.iter().enumerate() {
        let one = format!("{path}[{index}]");
        let at = |name: &str| child(&one, name);
        let (name, target) = (text(device, "name"), text(device, "devicePath"));
        if name.is_empty() {
            errors.required(&at("name"), "");
        } else if devices[..index].iter().any(|other| text(other, "name") == name) {
            errors.invalid_text(&at("name"), name, "must be unique");
        }
        match volumes.iter().find(|volume| volume.name == name) {
            None => errors.not_found(&at("name"), name),
            Some(volume) if !volume.is_claim => {
                let detail =
                    "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
                errors.invalid_text(&at("name"), name, detail);
            }
            Some(_) => {}
        }
        if target.is_empty() {
            errors.required(&at("devicePath"), "");
        }
        if devices[..index].iter().any(|other| text(other, "devicePath") == target) {
            errors.invalid_text(&at("devicePath"), target, "must be unique");
        }
        if has_backstep(target) {
            errors.invalid_text(&at("devicePath"), target, "can not contain backsteps ('..')");
        }
        if container.volume_mounts.iter().any(|mount| mount.name == name) {
            errors.invalid_text(&at("name"), name, "must not already exist in volumeMounts");
        }
        if container.volume_mounts.iter().any(|mount| mount.mount_path == target) {
            let detail = "must not already exist as a path in volumeMounts";
            errors.invalid_text(&at("devicePath"), target, detail);
        }
    }
}
