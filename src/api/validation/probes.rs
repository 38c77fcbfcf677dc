//! Probes and lifecycle hooks. They are kept as values: only their rules are known here.

use serde_json::Value;

use super::errors::{Errors, child};
use super::names;
use super::pod_template::{items_of, text};
use crate::api::core::{Container, PodSpec};

const PROBES: &[&str] = &["livenessProbe", "readinessProbe", "startupProbe"];
const PROBE_HANDLERS: &[&str] = &["exec", "httpGet", "tcpSocket", "grpc"];
const HOOK_HANDLERS: &[&str] = &["exec", "httpGet", "tcpSocket", "sleep"];

fn is_set(value: &Value, name: &str) -> bool {
    value.get(name).is_some_and(|member| !member.is_null())
}

// Models pkg/apis/core/validation/validation.go validateLifecycle
pub fn lifecycle(spec: &PodSpec, container: &Container, path: &str, errors: &mut Errors) {
    let Some(lifecycle) = container.rest.get("lifecycle") else { return };
    for name in ["postStart", "preStop"] {
        if let Some(hook) = lifecycle.get(name).filter(|hook| !hook.is_null()) {
            let path = format!("{path}.lifecycle.{name}");
            handler(hook, HOOK_HANDLERS, &path, errors);
            sleep(hook, spec, &child(&path, "sleep"), errors);
        }
    }
    let os = spec.rest.get("os").map_or("", |os| text(os, "name"));
    if is_set(lifecycle, "stopSignal") && os.is_empty() {
        let detail = "may not be set for containers with empty `spec.os.name`";
        errors.forbidden(&format!("{path}.lifecycle.stopSignal"), detail);
    }
}

// Models pkg/apis/core/validation/validation.go validateSleepAction
fn sleep(hook: &Value, spec: &PodSpec, path: &str, errors: &mut Errors) {
    let alone = HOOK_HANDLERS.iter().filter(|kind| is_set(hook, kind)).count() == 1;
    let seconds = hook.pointer("/sleep/seconds").and_then(Value::as_i64).unwrap_or(0);
    if let Some(grace) = spec.termination_grace_period_seconds
        && alone
        && is_set(hook, "sleep")
        && !(0..=grace).contains(&seconds)
    {
        let detail = format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
        errors.invalid(path, seconds, &detail);
    }
}

/// Init containers that end have neither hooks nor probes.
pub fn forbid(container: &Container, path: &str, errors: &mut Errors) {
    for name in ["lifecycle"].iter().chain(PROBES) {
        if container.rest.get(*name).is_some_and(|value| !value.is_null()) {
            let detail = "may not be set for init containers without restartPolicy=Always";
            errors.forbidden(&child(path, name), detail);
        }
    }
}

// Models pkg/apis/core/validation/validation.go validateLivenessProbe and its neighbours
pub fn probes(container: &Container, path: &str, errors: &mut Errors) {
    for name in PROBES {
        let Some(probe) = container.rest.get(*name).filter(|probe| !probe.is_null()) else { continue };
        let path = child(path, name);
        let number = |field: &str| probe.get(field).and_then(Value::as_i64);
        handler(probe, PROBE_HANDLERS, &path, errors);
        for field in
            ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"]
        {
            errors.non_negative(&child(&path, field), number(field));
        }
        let grace = number("terminationGracePeriodSeconds");
        let grace_path = child(&path, "terminationGracePeriodSeconds");
        if let Some(seconds) = grace.filter(|seconds| *seconds <= 0) {
            errors.invalid(&grace_path, seconds, "must be greater than 0");
        }
        if *name == "readinessProbe" {
            if let Some(seconds) = grace {
                errors.invalid(&grace_path, seconds, "must not be set for readinessProbes");
            }
        } else if let Some(threshold) = number("successThreshold").filter(|threshold| *threshold != 1) {
            errors.invalid(&child(&path, "successThreshold"), threshold, "must be 1");
        }
    }
}

// Models pkg/apis/core/validation/validation.go validateHandler
fn handler(handler: &Value, kinds: &[&str], path: &str, errors: &mut Errors) {
    let set: Vec<&str> = kinds.iter().copied().filter(|kind| is_set(handler, kind)).collect();
    for (index, kind) in set.iter().enumerate() {
        let path = child(path, kind);
        if index > 0 {
            errors.forbidden(&path, "may not specify more than 1 handler type");
        } else {
            handler_rules(kind, &handler[*kind], &path, errors);
        }
    }
    if set.is_empty() {
        errors.required(path, "must specify a handler type");
    }
}

fn handler_rules(kind: &str, action: &Value, path: &str, errors: &mut Errors) {
    match kind {
        "exec" => {
            if action.get("command").and_then(Value::as_array).is_none_or(Vec::is_empty) {
                errors.required(&child(path, "command"), "");
            }
        }
        "httpGet" => {
            if text(action, "path").is_empty() {
                errors.required(&child(path, "path"), "");
            }
            port(action, path, errors);
            let (scheme, schemes) = (text(action, "scheme"), ["HTTP", "HTTPS"]);
            if !schemes.contains(&scheme) {
                errors.not_supported(&child(path, "scheme"), scheme, &schemes);
            }
            for header in items_of(action, "httpHeaders") {
                let name = text(header, "name");
                errors.invalid_for_each(&child(path, "httpHeaders"), name, names::http_header(name));
            }
        }
        "sleep" => {}
        _ => port(action, path, errors),
    }
}

/// A number or the name of a container's port.
fn port(action: &Value, path: &str, errors: &mut Errors) {
    let field = child(path, "port");
    match action.get("port") {
        Some(Value::String(name)) => errors.invalid_for_each(&field, name, names::port_name(name)),
        other => {
            let number = other.and_then(Value::as_i64).unwrap_or(0);
            if let Some(detail) = names::port_number(number) {
                errors.invalid(&field, number, detail);
            }
        }
    }
}
