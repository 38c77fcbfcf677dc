//! Security contexts.

use serde_json::Value;

use super::errors::{Errors, child};
use super::pod_template::text;
use crate::api::core::{Container, PodSpec};

const ID_MAX: i64 = i32::MAX as i64;
const PROFILE_TYPES: &[&str] = &["Localhost", "RuntimeDefault", "Unconfined"];

fn id(value: Option<&Value>, field: &str, errors: &mut Errors) {
    if let Some(number) = value.and_then(Value::as_i64).filter(|number| !(0..=ID_MAX).contains(number)) {
        errors.invalid(field, number, &format!("must be between 0 and {ID_MAX}, inclusive"));
    }
}

// Models pkg/apis/core/validation/validation.go validateSeccompProfileField
fn profile(context: &Value, name: &str, path: &str, errors: &mut Errors) {
    let Some(profile) = context.get(name).filter(|profile| !profile.is_null()) else { return };
    let path = child(path, name);
    let kind = text(profile, "type");
    let local = text(profile, "localhostProfile");
    let field = child(&path, "localhostProfile");
    match kind {
        "Localhost" if local.is_empty() => {
            errors.required(&field, "must be set when seccomp type is Localhost");
        }
        "Localhost" => super::volumes::relative_path(local, &field, errors),
        "" => errors.required(&child(&path, "type"), "type is required when seccompProfile is set"),
        other if PROFILE_TYPES.contains(&other) => {
            if !local.is_empty() {
                errors.invalid_text(&field, local, "can only be set when seccomp type is Localhost");
            }
        }
        other => errors.not_supported(&child(&path, "type"), other, PROFILE_TYPES),
    }
}

// Models pkg/apis/core/validation/validation.go ValidateSecurityContext
pub fn container_security(container: &Container, path: &str, errors: &mut Errors) {
    let Some(context) = container.rest.get("securityContext").filter(|context| !context.is_null()) else {
        return;
    };
    for name in ["runAsUser", "runAsGroup"] {
        id(context.get(name), &child(path, name), errors);
    }
    if let Some(kind) = context.get("procMount").and_then(Value::as_str)
        && !["Default", "Unmasked"].contains(&kind)
    {
        errors.not_supported(&child(path, "procMount"), kind, &["Default", "Unmasked"]);
    }
    profile(context, "seccompProfile", path, errors);
    let flag = |name: &str| context.get(name).and_then(Value::as_bool);
    if flag("allowPrivilegeEscalation") == Some(false) {
        let field = child(path, "allowPrivilegeEscalation");
        if flag("privileged") == Some(true) {
            let detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
            errors.invalid(path, super::internal::shown("SecurityContext", context), detail);
        }
        let added = context.pointer("/capabilities/add").and_then(Value::as_array);
        if added.into_iter().flatten().any(|capability| capability == "CAP_SYS_ADMIN") {
            let detail =
                "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
            errors.invalid(&field, super::internal::shown("SecurityContext", context), detail);
        }
    }
}

// Models pkg/apis/core/validation/validation.go validatePodSpecSecurityContext
pub fn pod_security(spec: &PodSpec, path: &str, errors: &mut Errors) {
    if spec.host_network {
        host_network_ports(spec, path, errors);
    }
    let context = &spec.security_context;
    let path = child(path, "securityContext");
    for name in ["fsGroup", "runAsUser", "runAsGroup"] {
        id(context.get(name), &child(&path, name), errors);
    }
    let groups = context.get("supplementalGroups").and_then(Value::as_array);
    for (index, group) in groups.into_iter().flatten().enumerate() {
        id(Some(group), &format!("{path}.supplementalGroups[{index}]"), errors);
    }
    let flag = |name: &str| spec.rest.get(name).and_then(Value::as_bool) == Some(true);
    if flag("shareProcessNamespace") && flag("hostPID") {
        let detail = "ShareProcessNamespace and HostPID cannot both be enabled";
        errors.invalid(&child(&path, "shareProcessNamespace"), true, detail);
    }
    let sysctls = context.get("sysctls").and_then(Value::as_array);
    for (index, sysctl) in sysctls.into_iter().flatten().enumerate() {
        if text(sysctl, "name").is_empty() {
            errors.required(&format!("{path}.sysctls[{index}].name"), "");
        }
    }
    if let Some(policy) = context.get("fsGroupChangePolicy").and_then(Value::as_str) {
        errors.one_of(&child(&path, "fsGroupChangePolicy"), policy, &["Always", "OnRootMismatch"]);
    }
    profile(context, "seccompProfile", &path, errors);
}

fn host_network_ports(spec: &PodSpec, path: &str, errors: &mut Errors) {
    for (list, containers) in [("initContainers", &spec.init_containers), ("containers", &spec.containers)] {
        for (index, container) in containers.iter().enumerate() {
            for (at, port) in container.ports.iter().enumerate() {
                if port.host_port != 0 && port.host_port != port.container_port {
                    let field = format!("{path}.{list}[{index}].ports[{at}].containerPort");
                    errors.invalid(
                        &field,
                        port.container_port,
                        "must match `hostPort` when `hostNetwork` is true",
                    );
                }
            }
        }
    }
}
