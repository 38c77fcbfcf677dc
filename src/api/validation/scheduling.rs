//! Where pods may run: affinity, tolerations, spreading, gates.

use serde_json::Value;

use super::errors::{Errors, child, quoted};
use super::pod_template::text;
use super::{meta, names};
use crate::api::codec::Codec;
use crate::api::core::Toleration;
use crate::api::meta::LabelSelector;

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
const UNSATISFIABLE_ACTIONS: &[&str] = &["DoNotSchedule", "ScheduleAnyway"];
const INCLUSION_POLICIES: &[&str] = &["Honor", "Ignore"];
const EFFECTS: &[&str] = &["NoSchedule", "PreferNoSchedule", "NoExecute"];

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

// Models pkg/apis/core/validation/validation.go validateAffinity
pub fn affinity(affinity: &Value, path: &str, errors: &mut Errors) {
    if let Some(node) = affinity.get("nodeAffinity").filter(|node| !node.is_null()) {
        node_affinity(node, &child(path, "nodeAffinity"), errors);
    }
    for name in ["podAffinity", "podAntiAffinity"] {
        let Some(pod) = affinity.get(name).filter(|pod| !pod.is_null()) else { continue };
        for (index, term) in list(pod, REQUIRED).iter().enumerate() {
            pod_affinity_term(term, &format!("{path}.{name}.{REQUIRED}[{index}]"), errors);
        }
        for (index, weighted) in list(pod, PREFERRED).iter().enumerate() {
            let path = format!("{path}.{name}.{PREFERRED}[{index}]");
            weight(weighted, &path, errors);
            pod_affinity_term(&weighted["podAffinityTerm"], &child(&path, "podAffinityTerm"), errors);
        }
    }
}

fn weight(term: &Value, path: &str, errors: &mut Errors) {
    let weight = term.get("weight").and_then(Value::as_i64).unwrap_or(0);
    if !(1..=100).contains(&weight) {
        errors.invalid(&child(path, "weight"), weight, "must be in the range 1-100");
    }
}

fn node_affinity(node: &Value, path: &str, errors: &mut Errors) {
    if let Some(required) = node.get(REQUIRED).filter(|required| !required.is_null()) {
        let field = format!("{path}.{REQUIRED}.nodeSelectorTerms");
        let terms = list(required, "nodeSelectorTerms");
        if terms.is_empty() {
            errors.required(&field, "must have at least one node selector term");
        }
        for (index, term) in terms.iter().enumerate() {
            node_selector_term(term, true, &format!("{field}[{index}]"), errors);
        }
    }
    for (index, preferred) in list(node, PREFERRED).iter().enumerate() {
        let path = format!("{path}.{PREFERRED}[{index}]");
        weight(preferred, &path, errors);
        node_selector_term(&preferred["preference"], false, &child(&path, "preference"), errors);
    }
}

/// `is_required`: the values must be values of labels; those of preferences need not.
// Models pkg/apis/core/validation/validation.go ValidateNodeSelectorTerm
fn node_selector_term(term: &Value, is_required: bool, path: &str, errors: &mut Errors) {
    for (index, requirement) in list(term, "matchExpressions").iter().enumerate() {
        let path = format!("{path}.matchExpressions[{index}]");
        let (values, field) = (list(requirement, "values"), child(&path, "values"));
        match text(requirement, "operator") {
            "In" | "NotIn" if values.is_empty() => {
                errors.required(&field, "must be specified when `operator` is 'In' or 'NotIn'");
            }
            "Exists" | "DoesNotExist" if !values.is_empty() => {
                errors
                    .forbidden(&field, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
            }
            "Gt" | "Lt" if values.len() != 1 => {
                errors.required(&field, "must be specified single value when `operator` is 'Lt' or 'Gt'");
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
            other => errors.invalid_text(&child(&path, "operator"), other, "not a valid selector operator"),
        }
        let key = text(requirement, "key");
        errors.invalid_for_each(&child(&path, "key"), key, names::qualified_name(key));
        for (at, value) in values.iter().filter_map(Value::as_str).enumerate().filter(|_| is_required) {
            errors.invalid_for_each(&format!("{field}[{at}]"), value, names::label_value(value));
        }
    }
    for (index, requirement) in list(term, "matchFields").iter().enumerate() {
        match_field(requirement, &format!("{path}.matchFields[{index}]"), errors);
    }
}

// Models pkg/apis/core/validation/validation.go ValidateNodeFieldSelectorRequirement
fn match_field(requirement: &Value, path: &str, errors: &mut Errors) {
    let (key, operator) = (text(requirement, "key"), text(requirement, "operator"));
    let (values, field) = (list(requirement, "values"), child(path, "values"));
    match operator {
        "In" | "NotIn" if values.len() != 1 => {
            let detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
            errors.required(&field, detail);
        }
        "In" | "NotIn" => {}
        other => errors.invalid_text(&child(path, "operator"), other, "not a valid selector operator"),
    }
    if key != "metadata.name" {
        errors.invalid_text(&child(path, "key"), key, "not a valid field selector key");
        return;
    }
    for (index, value) in values.iter().filter_map(Value::as_str).enumerate() {
        errors.invalid_for_each(&format!("{field}[{index}]"), value, names::dns_subdomain(value));
    }
}

/// A label selector that is kept as a value.
fn selector(owner: &Value, name: &str, path: &str, errors: &mut Errors) {
    let Some(value) = owner.get(name).filter(|value| !value.is_null()) else { return };
    if let Ok(selector) = LabelSelector::decode(value.clone()) {
        meta::label_selector(&selector, false, &child(path, name), errors);
    }
}

fn pod_affinity_term(term: &Value, path: &str, errors: &mut Errors) {
    selector(term, "labelSelector", path, errors);
    selector(term, "namespaceSelector", path, errors);
    for name in list(term, "namespaces").iter().filter_map(Value::as_str) {
        errors.invalid_for_each(&child(path, "namespace"), name, names::dns_label(name));
    }
    let (field, key) = (child(path, "topologyKey"), text(term, "topologyKey"));
    if key.is_empty() {
        errors.required(&field, "can not be empty");
    }
    errors.invalid_for_each(&field, key, names::qualified_name(key));
}

// Models pkg/apis/core/validation/validation.go validateTopologySpreadConstraints
pub fn spread_constraints(constraints: &[Value], path: &str, errors: &mut Errors) {
    let pair = |constraint: &Value| {
        format!("{{{}, {}}}", text(constraint, "topologyKey"), text(constraint, "whenUnsatisfiable"))
    };
    for (index, constraint) in constraints.iter().enumerate() {
        let path = format!("{path}.topologySpreadConstraints[{index}]");
        let skew = constraint.get("maxSkew").and_then(Value::as_i64).unwrap_or(0);
        if skew <= 0 {
            errors.invalid(&child(&path, "maxSkew"), skew, "must be greater than zero");
        }
        let (field, key) = (child(&path, "topologyKey"), text(constraint, "topologyKey"));
        if key.is_empty() {
            errors.required(&field, "can not be empty");
        } else {
            errors.invalid_for_each(&field, key, names::qualified_name(key));
        }
        let action = text(constraint, "whenUnsatisfiable");
        if !UNSATISFIABLE_ACTIONS.contains(&action) {
            errors.not_supported(&child(&path, "whenUnsatisfiable"), action, UNSATISFIABLE_ACTIONS);
        }
        // The first of several equal ones is told.
        if constraints[index + 1..].iter().any(|other| pair(other) == pair(constraint)) {
            errors.duplicate(&child(&path, "{topologyKey, whenUnsatisfiable}"), quoted(&pair(constraint)));
        }
        spread_domains(constraint, action, &path, errors);
        selector(constraint, "labelSelector", &path, errors);
    }
}

fn spread_domains(constraint: &Value, action: &str, path: &str, errors: &mut Errors) {
    if let Some(domains) = constraint.get("minDomains").and_then(Value::as_i64) {
        let field = child(path, "minDomains");
        if domains <= 0 {
            errors.invalid(&field, domains, "must be greater than zero");
        }
        if action != "DoNotSchedule" {
            let detail = format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}");
            errors.invalid(&field, domains, &detail);
        }
    }
    for name in ["nodeAffinityPolicy", "nodeTaintsPolicy"] {
        if let Some(policy) = constraint.get(name).and_then(Value::as_str)
            && !INCLUSION_POLICIES.contains(&policy)
        {
            errors.not_supported(&child(path, name), policy, INCLUSION_POLICIES);
        }
    }
}

pub fn scheduling_gates(gates: &Value, path: &str, errors: &mut Errors) {
    let gates = gates.as_array().map_or(&[][..], Vec::as_slice);
    for (index, gate) in gates.iter().enumerate() {
        let (field, name) = (format!("{path}[{index}]"), text(gate, "name"));
        errors.invalid_for_each(&field, name, names::qualified_name(name));
        if gates[..index].iter().any(|other| text(other, "name") == name) {
            errors.duplicate(&field, quoted(name));
        }
    }
}

// Models pkg/apis/core/validation/validation.go ValidateTolerations
pub fn tolerations(tolerations: &[Toleration], path: &str, errors: &mut Errors) {
    for (index, toleration) in tolerations.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let at = |name: &str| child(&path, name);
        let (key, operator, effect) = (&toleration.key, toleration.operator.as_str(), &toleration.effect);
        if !key.is_empty() {
            errors.invalid_for_each(&at("key"), key, names::qualified_name(key));
        } else if operator != "Exists" {
            let detail =
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            errors.invalid_text(&at("operator"), operator, detail);
        }
        if toleration.toleration_seconds.is_some() && effect != "NoExecute" {
            let detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            errors.invalid_text(&at("effect"), effect, detail);
        }
        match operator {
            "" | "Equal" => {
                let messages = names::label_value(&toleration.value);
                if !messages.is_empty() {
                    errors.invalid_text(&at("operator"), &toleration.value, &messages.join(";"));
                }
            }
            "Exists" => {
                if !toleration.value.is_empty() {
                    let detail = "value must be empty when `operator` is 'Exists'";
                    errors.invalid_text(&at("operator"), &toleration.value, detail);
                }
            }
            other => errors.not_supported(&at("operator"), other, &["Equal", "Exists"]),
        }
        if !effect.is_empty() && !EFFECTS.contains(&effect.as_str()) {
            errors.not_supported(&at("effect"), effect, EFFECTS);
        }
    }
}
