//! Resource requests and limits.

use std::collections::BTreeMap;

use serde_json::Value;

use super::errors::{Errors, child, quoted};
use super::names;
use crate::api::core::ResourceRequirements;
use crate::api::quantity::Quantity;

/// Resources that a container may ask for by a plain name.
const CONTAINER_RESOURCES: &[&str] = &["cpu", "memory", "ephemeral-storage"];
/// Other plain names that the API knows.
const STANDARD_RESOURCES: &[&str] = &[
    "configmaps",
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "persistentvolumeclaims",
    "pods",
    "replicationcontrollers",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
    "requests.storage",
    "resourcequotas",
    "secrets",
    "services",
    "services.loadbalancers",
    "services.nodeports",
    "storage",
];
const HUGE_PAGES: &str = "hugepages-";

// Models pkg/apis/core/validation/validation.go ValidateResourceRequirements
pub fn requirements(requirements: &ResourceRequirements, path: &str, errors: &mut Errors) {
    let (limits, requests) = (&requirements.limits, &requirements.requests);
    let limits_path = child(path, "limits");
    for (name, amount) in limits {
        resource(name, amount, &limits_path, errors);
    }
    let requests_path = child(path, "requests");
    for (name, amount) in requests {
        resource(name, amount, &requests_path, errors);
        let Some(request) = quantity(amount) else { continue };
        match limits.get(name).and_then(quantity) {
            Some(limit) if request != limit && !may_overcommit(name) => {
                let detail = format!("must be equal to {name} limit of {limit}");
                errors.invalid_text(&requests_path, &request.to_string(), &detail);
            }
            Some(limit) if request > limit => {
                let detail = format!("must be less than or equal to {name} limit of {limit}");
                errors.invalid_text(&requests_path, &request.to_string(), &detail);
            }
            None if !may_overcommit(name) => {
                errors.required(&limits_path, "Limit must be set for non overcommitable resources");
            }
            _ => {}
        }
    }
    let asks_for = |name: &str| limits.contains_key(name) || requests.contains_key(name);
    let huge_pages = |map: &BTreeMap<String, Value>| map.keys().any(|name| name.starts_with(HUGE_PAGES));
    if (huge_pages(limits) || huge_pages(requests)) && !asks_for("cpu") && !asks_for("memory") {
        errors.forbidden(path, "HugePages require cpu or memory");
    }
}

pub fn quantity(amount: &Value) -> Option<Quantity> {
    let text = amount.as_str().map_or_else(|| amount.to_string(), str::to_owned);
    Quantity::parse(&text).ok()
}

/// Whether a pod may use more than it requests.
fn may_overcommit(name: &str) -> bool {
    !name.starts_with(HUGE_PAGES) && (!name.contains('/') || name.contains("kubernetes.io/"))
}

fn resource(name: &str, amount: &Value, path: &str, errors: &mut Errors) {
    let field = format!("{path}[{name}]");
    resource_name(name, &field, errors);
    let Some(amount) = quantity(amount) else { return };
    if amount.is_negative() {
        errors.invalid_text(&field, &amount.to_string(), "must be greater than or equal to 0");
    }
    if name.contains('/') && !amount.is_whole() {
        errors.invalid(&field, quoted(&amount.to_string()), "must be an integer");
    }
}

// Models pkg/apis/core/validation/validation.go validateContainerResourceName
fn resource_name(name: &str, field: &str, errors: &mut Errors) {
    let messages = names::qualified_name(name);
    let is_well_formed = messages.is_empty();
    errors.invalid_for_each(field, name, messages);
    if !name.contains('/') {
        let of_containers = CONTAINER_RESOURCES.contains(&name) || name.starts_with(HUGE_PAGES);
        if is_well_formed && !of_containers && !STANDARD_RESOURCES.contains(&name) {
            errors.invalid_text(field, name, "must be a standard resource type or fully qualified");
        }
        if !of_containers {
            errors.invalid_text(field, name, "must be a standard resource for containers");
        }
    } else if name.starts_with("requests.") {
        errors.invalid_text(field, name, "doesn't follow extended resource name standard");
    }
}
