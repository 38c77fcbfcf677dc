//! Security contexts.

use serde_json::Value;

use super::errors::{Errors, child};
use super::pod_template::{items_of, text};
use crate::api::core::{Container, PodSpec};

const ID_MAX: i64 = i32::MAX as i64;
const SYSCTL_BYTES_MAX: usize = 253;
const SYSCTL_FORMAT: &str = "^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$";
const PROC_MOUNTS: &[&str] = &["Default", "Unmasked"];
const PROFILE_TYPES: &[&str] = &["Localhost", "RuntimeDefault", "Unconfined"];

fn id(value: Option<&Value>, field: &str, errors: &mut Errors) {
    if let Some(number) = value.and_then(Value::as_i64).filter(|number| !(0..=ID_MAX).contains(number)) {
        errors.invalid(field, number, &format!("must be between 0 and {ID_MAX}, inclusive"));
    }
}

// Models pkg/apis/core/validation/validation.go validateSeccompProfileField
fn seccomp(context: &Value, path: &str, errors: &mut Errors) {
    let Some(profile) = context.get("seccompProfile").filter(|profile| !profile.is_null()) else { return };
    let path = child(path, "seccompProfile");
    let kind = profile_type(profile, "seccompProfile", &path, errors);
    let field = child(&path, "localhostProfile");
    match (kind, profile.get("localhostProfile").and_then(Value::as_str)) {
        ("Localhost", None) => errors.required(&field, "must be set when seccomp type is Localhost"),
        ("Localhost", Some(local)) => super::volumes::relative_path(local, &field, errors),
        (_, Some(_)) => {
            let shown = super::internal::shown("SeccompProfile", profile);
            errors.invalid(&field, shown, "can only be set when seccomp type is Localhost");
        }
        (_, None) => {}
    }
}

// Models pkg/apis/core/validation/validation.go ValidateAppArmorProfileField
fn app_armor(context: &Value, path: &str, errors: &mut Errors) {
    let Some(profile) = context.get("appArmorProfile").filter(|profile| !profile.is_null()) else { return };
    let path = child(path, "appArmorProfile");
    let kind = text(profile, "type");
    let field = child(&path, "localhostProfile");
    match (kind, profile.get("localhostProfile").and_then(Value::as_str)) {
        ("Localhost", None | Some("")) => {
            errors.required(&field, "must be set when AppArmor type is Localhost");
        }
        ("Localhost", Some(local)) if local.trim() != local => {
            errors.invalid_text(&field, local, "must not be padded with whitespace");
        }
        ("RuntimeDefault" | "Unconfined", Some(local)) => {
            errors.invalid_text(&field, local, "can only be set when AppArmor type is Localhost");
        }
        ("Localhost" | "RuntimeDefault" | "Unconfined", _) => {}
        _ => {
            profile_type(profile, "appArmorProfile", &path, errors);
        }
    }
}

fn profile_type<'a>(profile: &'a Value, name: &str, path: &str, errors: &mut Errors) -> &'a str {
    let (kind, field) = (text(profile, "type"), child(path, "type"));
    match kind {
        "" => errors.required(&field, &format!("type is required when {name} is set")),
        known if PROFILE_TYPES.contains(&known) => {}
        other => errors.not_supported(&field, other, PROFILE_TYPES),
    }
    kind
}

// Models pkg/apis/core/validation/validation.go ValidateSecurityContext
pub fn container_security(spec: &PodSpec, container: &Container, path: &str, errors: &mut Errors) {
    let Some(context) = container.rest.get("securityContext").filter(|context| !context.is_null()) else {
        return;
    };
    for name in ["runAsUser", "runAsGroup"] {
        id(context.get(name), &child(path, name), errors);
    }
    proc_mount(spec, context, &child(path, "procMount"), errors);
    seccomp(context, path, errors);
    let flag = |name: &str| context.get(name).and_then(Value::as_bool);
    if flag("allowPrivilegeEscalation") == Some(false) {
        let shown = || super::internal::shown("SecurityContext", context);
        if flag("privileged") == Some(true) {
            let detail = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true";
            errors.invalid(path, shown(), detail);
        }
        let added = context.pointer("/capabilities/add").and_then(Value::as_array);
        for _ in added.into_iter().flatten().filter(|capability| *capability == "CAP_SYS_ADMIN") {
            let detail =
                "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN";
            errors.invalid(path, shown(), detail);
        }
    }
    app_armor(context, path, errors);
}

fn proc_mount(spec: &PodSpec, context: &Value, path: &str, errors: &mut Errors) {
    let Some(kind) = context.get("procMount").and_then(Value::as_str) else { return };
    if !PROC_MOUNTS.contains(&kind) {
        errors.not_supported(path, kind, PROC_MOUNTS);
    }
    if kind == "Unmasked" && spec.rest.get("hostUsers") != Some(&Value::Bool(false)) {
        errors.invalid_text(path, kind, "`hostUsers` must be false to use `Unmasked`");
    }
}

// Models pkg/apis/core/validation/validation.go validatePodSpecSecurityContext
pub fn pod_security(spec: &PodSpec, path: &str, errors: &mut Errors) {
    let context = &spec.security_context;
    let path = child(path, "securityContext");
    for name in ["fsGroup", "runAsUser", "runAsGroup"] {
        id(context.get(name), &child(&path, name), errors);
    }
    for (index, group) in items_of(context, "supplementalGroups").iter().enumerate() {
        id(Some(group), &format!("{path}.supplementalGroups[{index}]"), errors);
    }
    let flag = |name: &str| spec.rest.get(name).and_then(Value::as_bool) == Some(true);
    if flag("shareProcessNamespace") && flag("hostPID") {
        let detail = "ShareProcessNamespace and HostPID cannot both be enabled";
        errors.invalid(&child(&path, "shareProcessNamespace"), true, detail);
    }
    sysctls(context, &child(&path, "sysctls"), errors);
    choice(context, "fsGroupChangePolicy", &["Always", "OnRootMismatch"], &path, errors);
    seccomp(context, &path, errors);
    app_armor(context, &path, errors);
    choice(context, "supplementalGroupsPolicy", &["Merge", "Strict"], &path, errors);
    choice(context, "seLinuxChangePolicy", &["MountOption", "Recursive"], &path, errors);
}

fn choice(context: &Value, name: &str, legal: &[&str], path: &str, errors: &mut Errors) {
    if let Some(value) = context.get(name).and_then(Value::as_str)
        && !legal.contains(&value)
    {
        errors.not_supported(&child(path, name), value, legal);
    }
}

// Models pkg/apis/core/validation/validation.go validateSysctls
fn sysctls(context: &Value, path: &str, errors: &mut Errors) {
    let sysctls = items_of(context, "sysctls");
    for (index, sysctl) in sysctls.iter().enumerate() {
        let (field, name) = (format!("{path}[{index}].name"), text(sysctl, "name"));
        if name.is_empty() {
            errors.required(&field, "");
        } else if !is_sysctl(name) {
            let detail =
                format!("must have at most {SYSCTL_BYTES_MAX} characters and match regex {SYSCTL_FORMAT}");
            errors.invalid_text(&field, name, &detail);
        } else if sysctls[..index].iter().any(|other| text(other, "name") == name) {
            errors.duplicate(&field, super::errors::quoted(name));
        }
    }
}

fn is_sysctl(name: &str) -> bool {
    let is_segment = |segment: &str| {
        let is_end =
            |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        let inner = |byte: u8| is_end(Some(byte)) || byte == b'-' || byte == b'_';
        is_end(segment.bytes().next()) && is_end(segment.bytes().last()) && segment.bytes().all(inner)
    };
    name.len() <= SYSCTL_BYTES_MAX && name.split(['.', '/']).all(is_segment)
}
