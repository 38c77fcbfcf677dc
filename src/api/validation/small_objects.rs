//! Pods on update, ConfigMaps, Secrets.

use super::errors::Errors;
use super::{containers, meta, names, pod_template};
use crate::api::core::{ConfigMap, Pod, PodSpec, Secret, Toleration};

const DATA_BYTES_MAX: usize = 1024 * 1024;
const POD_CHANGES: &str = "pod updates may not change fields other than `spec.containers[*].image`,\
`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing \
tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

/// Keys that a Secret of a type must have.
const SECRET_KEYS: &[(&str, &[&str])] = &[
    ("kubernetes.io/dockercfg", &[".dockercfg"]),
    ("kubernetes.io/dockerconfigjson", &[".dockerconfigjson"]),
    ("kubernetes.io/ssh-auth", &["ssh-privatekey"]),
    ("kubernetes.io/tls", &["tls.crt", "tls.key"]),
];

// Models pkg/apis/core/validation/validation.go ValidatePodUpdate
pub fn pod_update(new: &Pod, old: &Pod, errors: &mut Errors) {
    meta::object_meta_update(&new.metadata, &old.metadata, "metadata", errors);
    if new.spec == old.spec {
        return;
    }
    pod_template::pod_spec(&new.spec, true, "spec", errors);
    containers::pod_images(&new.spec, "spec", errors);
    let (spec, was) = (&*new.spec, &*old.spec);
    for (name, now, before) in [
        ("containers", spec.containers.len(), was.containers.len()),
        ("initContainers", spec.init_containers.len(), was.init_containers.len()),
    ] {
        if now != before {
            errors.forbidden(&format!("spec.{name}"), "pod updates may not add or remove containers");
            return;
        }
    }
    deadline(spec, was, errors);
    if !was.tolerations.iter().all(|toleration| is_kept(toleration, &spec.tolerations)) {
        errors.forbidden(
            "spec.tolerations",
            "existing toleration can not be modified except its tolerationSeconds",
        );
        return;
    }
    if *spec != allowed(spec, was) {
        errors.forbidden("spec", POD_CHANGES);
    }
}

/// Of a toleration only its seconds may change.
fn is_kept(toleration: &Toleration, now: &[Toleration]) -> bool {
    now.iter().any(|other| {
        Toleration { toleration_seconds: other.toleration_seconds, ..toleration.clone() } == *other
    })
}

fn deadline(spec: &PodSpec, was: &PodSpec, errors: &mut Errors) {
    let field = "spec.activeDeadlineSeconds";
    match (spec.active_deadline_seconds, was.active_deadline_seconds) {
        (None, Some(_)) => {
            errors.invalid(field, "null", "must not update from a positive integer to nil value");
        }
        (Some(now), Some(before)) if now > before => {
            errors.invalid(field, now, "must be less than or equal to previous value");
        }
        _ => {}
    }
}

/// The old spec with every legal change taken over. The scheduler's binding sets the node once.
fn allowed(spec: &PodSpec, was: &PodSpec) -> PodSpec {
    let mut allowed = was.clone();
    for (container, now) in allowed.containers.iter_mut().zip(&spec.containers) {
        container.image.clone_from(&now.image);
    }
    for (container, now) in allowed.init_containers.iter_mut().zip(&spec.init_containers) {
        container.image.clone_from(&now.image);
    }
    allowed.active_deadline_seconds = spec.active_deadline_seconds;
    allowed.tolerations.clone_from(&spec.tolerations);
    if was.termination_grace_period_seconds.is_some_and(|seconds| seconds < 0) {
        allowed.termination_grace_period_seconds = spec.termination_grace_period_seconds;
    }
    if was.node_name.is_empty() {
        allowed.node_name.clone_from(&spec.node_name);
    }
    // Gates are only ever taken away.
    allowed.scheduling_gates.clone_from(&spec.scheduling_gates);
    allowed
}

fn keys<'a>(field: &str, keys: impl Iterator<Item = &'a String>, errors: &mut Errors) {
    for key in keys {
        errors.invalid_for_each(&format!("{field}[{key}]"), key, names::config_key(key));
    }
}

// Models pkg/apis/core/validation/validation.go ValidateConfigMap
pub fn config_map(map: &ConfigMap, errors: &mut Errors) {
    meta::object_meta(&map.metadata, true, names::dns_subdomain, "metadata", errors);
    config_map_data(map, errors);
}

fn config_map_data(map: &ConfigMap, errors: &mut Errors) {
    for key in map.data.keys() {
        let field = format!("data[{key}]");
        errors.invalid_for_each(&field, key, names::config_key(key));
        if map.binary_data.contains_key(key) {
            errors.invalid_text(&field, key, "duplicate of key present in binaryData");
        }
    }
    keys("binaryData", map.binary_data.keys(), errors);
    let plain: usize = map.data.values().map(String::len).sum();
    let binary: usize = map.binary_data.values().map(|text| text.len() / 4 * 3).sum();
    if plain + binary > DATA_BYTES_MAX {
        errors.too_long("", DATA_BYTES_MAX);
    }
}

// Models pkg/apis/core/validation/validation.go ValidateConfigMapUpdate
pub fn config_map_update(new: &ConfigMap, old: &ConfigMap, errors: &mut Errors) {
    meta::object_meta_update(&new.metadata, &old.metadata, "metadata", errors);
    if old.immutable == Some(true) {
        let detail = "field is immutable when `immutable` is set";
        for (field, equal) in [
            ("immutable", new.immutable == old.immutable),
            ("data", new.data == old.data),
            ("binaryData", new.binary_data == old.binary_data),
        ] {
            if !equal {
                errors.forbidden(field, detail);
            }
        }
    }
    config_map_data(new, errors);
}

// Models pkg/apis/core/validation/validation.go ValidateSecret
pub fn secret(secret: &Secret, errors: &mut Errors) {
    meta::object_meta(&secret.metadata, true, names::dns_subdomain, "metadata", errors);
    secret_data(secret, errors);
}

fn secret_data(secret: &Secret, errors: &mut Errors) {
    keys("data", secret.data.keys(), errors);
    if secret.data.values().map(|text| text.len() / 4 * 3).sum::<usize>() > DATA_BYTES_MAX {
        errors.too_long("data", DATA_BYTES_MAX);
    }
    let required = SECRET_KEYS.iter().find(|(name, _)| *name == secret.secret_type);
    for key in required.map_or(&[][..], |(_, keys)| keys) {
        if !secret.data.contains_key(*key) {
            errors.required(&format!("data[{key}]"), "");
        }
    }
    let basic = ["username", "password"];
    if secret.secret_type == "kubernetes.io/basic-auth"
        && !basic.iter().any(|key| secret.data.contains_key(*key))
    {
        for key in basic {
            errors.required(&format!("data[{key}]"), "");
        }
    }
}

// Models pkg/apis/core/validation/validation.go ValidateSecretUpdate
pub fn secret_update(new: &Secret, old: &Secret, errors: &mut Errors) {
    meta::object_meta_update(&new.metadata, &old.metadata, "metadata", errors);
    if new.secret_type != old.secret_type {
        errors.invalid_text("type", &new.secret_type, "field is immutable");
    }
    if old.immutable == Some(true) {
        let detail = "field is immutable when `immutable` is set";
        if new.immutable != old.immutable {
            errors.forbidden("immutable", detail);
        }
        if new.data != old.data {
            errors.forbidden("data", detail);
        }
    }
    secret_data(new, errors);
}
