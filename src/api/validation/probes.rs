//! Probes and lifecycle hooks. They are kept as values: only their rules are known here.

use serde_json::Value;

use super::errors::{Errors, child};
use super::names;
use super::pod_template::text;
use crate::api::core::Container;

fn is_set(value: &Value, name: &str) -> bool {
    value.get(name).is_some_and(|member| !member.is_null())
}

pub fn lifecycle(container: &Container, path: &str, errors: &mut Errors) {
    let Some(lifecycle) = container.rest.get("lifecycle") else { return };
    for name in ["postStart", "preStop"] {
        if let Some(hook) = lifecycle.get(name).filter(|hook| !hook.is_null()) {
            handler(hook, &format!("{path}.lifecycle.{name}"), errors);
        }
    }
}

// Models pkg/apis/core/validation/validation.go validateLivenessProbe and its neighbours
pub fn probes(container: &Container, path: &str, errors: &mut Errors) {
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        let Some(probe) = container.rest.get(name).filter(|probe| !probe.is_null()) else { continue };
        let path = child(path, name);
        let number = |field: &str| probe.get(field).and_then(Value::as_i64);
        handler(probe, &path, errors);
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
        if name == "readinessProbe" {
            if let Some(seconds) = grace {
                errors.invalid(&grace_path, seconds, "must not be set for readinessProbes");
            }
        } else if let Some(threshold) = number("successThreshold").filter(|threshold| *threshold != 1) {
            errors.invalid(&child(&path, "successThreshold"), threshold, "must be 1");
        }
    }
}

// Models pkg/apis/core/validation/validation.go validateHandler
fn handler(handler: &Value, path: &str, errors: &mut Errors) {
    let kinds = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"];
    let set: Vec<&str> = kinds.into_iter().filter(|kind| is_set(handler, kind)).collect();
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
            errors.one_of(&child(path, "scheme"), text(action, "scheme"), &["HTTP", "HTTPS"]);
        }
        "sleep" => {
            let seconds = action.get("seconds").and_then(Value::as_i64).unwrap_or(0);
            if seconds < 0 {
                let detail = "must be non-negative and less than terminationGracePeriodSeconds (30)";
                errors.invalid(path, seconds, detail);
            }
        }
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
