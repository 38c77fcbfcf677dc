//! Pod specs, in pods and in templates.

use serde_json::Value;

use super::errors::{Errors, child};
use super::{containers, env, meta, names, scheduling, security, volumes};
use crate::api::codec::Map;
use crate::api::core::{Pod, PodSpec, PodTemplateSpec};

const RESTART_POLICIES: &[&str] = &["Always", "OnFailure", "Never"];
const DNS_POLICIES: &[&str] = &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
const PREEMPTION_POLICIES: &[&str] = &["PreemptLowerPriority", "Never"];
const NAME_SERVERS_MAX: usize = 3;
const SEARCHES_MAX: usize = 32;
const SEARCH_BYTES_MAX: usize = 2048;
const SECONDS_MAX: i64 = i32::MAX as i64;

// Models pkg/apis/core/validation/validation.go ValidatePodTemplateSpec
pub fn pod_template(template: &PodTemplateSpec, path: &str, errors: &mut Errors) {
    meta::labels(&template.metadata.labels, &child(path, "labels"), errors);
    meta::annotations(&template.metadata.annotations, &child(path, "annotations"), errors);
    let spec = child(path, "spec");
    pod_spec(&template.spec, false, &spec, errors);
    if !list(&template.spec.rest, "ephemeralContainers").is_empty() {
        let field = child(&spec, "ephemeralContainers");
        errors.forbidden(&field, "ephemeral containers not allowed in pod template");
    }
}

/// A list among the fields that are kept as values; empty when it is not there.
pub fn list<'a>(fields: &'a Map, name: &str) -> &'a [Value] {
    fields.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A list in a value; empty when it is not there.
pub fn items_of<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub fn is_set(fields: &Map, name: &str) -> bool {
    fields.get(name).is_some_and(|value| !value.is_null())
}

/// What a pod must be beyond its spec.
// Models pkg/apis/core/validation/validation.go ValidatePodCreate
pub fn pod(pod: &Pod, errors: &mut Errors) {
    meta::object_meta(&pod.metadata, true, names::dns_subdomain, "metadata", errors);
    pod_spec(&pod.spec, true, "spec", errors);
    containers::pod_images(&pod.spec, "spec", errors);
    if !list(&pod.spec.rest, "ephemeralContainers").is_empty() {
        errors.forbidden("spec.ephemeralContainers", "cannot be set on create");
    }
    let is_gated = pod.spec.scheduling_gates.as_array().is_some_and(|gates| !gates.is_empty());
    if !pod.spec.node_name.is_empty() && is_gated {
        let detail = "cannot be set until all schedulingGates have been cleared";
        errors.forbidden("spec.nodeName", detail);
    }
}

/// `is_pod`: the spec is a pod's own, not a template's.
// Models pkg/apis/core/validation/validation.go ValidatePodSpec
pub fn pod_spec(spec: &PodSpec, is_pod: bool, path: &str, errors: &mut Errors) {
    let at = |name: &str| child(path, name);
    let known_volumes = volumes::volumes(&spec.volumes, &at("volumes"), errors);
    containers::containers(spec, &known_volumes, path, errors);
    containers::host_network_ports(spec, is_pod, path, errors);
    errors.one_of(&at("restartPolicy"), &spec.restart_policy, RESTART_POLICIES);
    errors.one_of(&at("dnsPolicy"), &spec.dns_policy, DNS_POLICIES);
    meta::labels(&spec.node_selector, &at("nodeSelector"), errors);
    security::pod_security(spec, path, errors);
    scheduling::affinity(&spec.affinity, &at("affinity"), errors);
    dns_config(spec, &at("dnsConfig"), errors);
    for (index, gate) in list(&spec.rest, "readinessGates").iter().enumerate() {
        let condition = text(gate, "conditionType");
        let field = format!("{path}.readinessGates[{index}].conditionType");
        errors.invalid_for_each(&field, condition, names::qualified_name(condition));
    }
    scheduling::scheduling_gates(&spec.scheduling_gates, &at("schedulingGates"), errors);
    scheduling::spread_constraints(list(&spec.rest, "topologySpreadConstraints"), path, errors);
    pod_names(spec, &["serviceAccountName", "nodeName"], path, errors);
    if let Some(seconds) = spec.active_deadline_seconds
        && !(1..=SECONDS_MAX).contains(&seconds)
    {
        let detail = format!("must be between 1 and {SECONDS_MAX}, inclusive");
        errors.invalid(&at("activeDeadlineSeconds"), seconds, &detail);
    }
    for (name, value) in [("hostname", &spec.hostname), ("subdomain", &spec.subdomain)] {
        if !value.is_empty() {
            errors.invalid_for_each(&at(name), value, names::dns_label(value));
        }
    }
    scheduling::tolerations(&spec.tolerations, &at("tolerations"), errors);
    host_aliases(spec, path, errors);
    pod_names(spec, &["priorityClassName", "runtimeClassName"], path, errors);
    if let Some(policy) = &spec.preemption_policy {
        errors.one_of(&at("preemptionPolicy"), policy, PREEMPTION_POLICIES);
    }
    env::file_volumes(spec, path, errors);
}

/// Names of other objects that the spec mentions.
fn pod_names(spec: &PodSpec, fields: &[&str], path: &str, errors: &mut Errors) {
    for field in fields {
        let name = match *field {
            "serviceAccountName" => &spec.service_account_name,
            "nodeName" => &spec.node_name,
            other => spec.rest.get(other).and_then(Value::as_str).unwrap_or_default(),
        };
        if !name.is_empty() {
            errors.invalid_for_each(&child(path, field), name, names::dns_subdomain(name));
        }
    }
}

pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

// Models pkg/apis/core/validation/validation.go validatePodDNSConfig
fn dns_config(spec: &PodSpec, path: &str, errors: &mut Errors) {
    let config = spec.rest.get("dnsConfig").unwrap_or(&Value::Null);
    let (servers, field) = (items_of(config, "nameservers"), child(path, "nameservers"));
    if spec.dns_policy == "None" && config.is_null() {
        return errors.required(path, "must provide `dnsConfig` when `dnsPolicy` is None");
    }
    if spec.dns_policy == "None" && servers.is_empty() {
        let detail = "must provide at least one DNS nameserver when `dnsPolicy` is None";
        return errors.required(&field, detail);
    }
    if servers.len() > NAME_SERVERS_MAX {
        let detail = format!("must not have more than {NAME_SERVERS_MAX} nameservers");
        errors.invalid(&field, Value::from(servers.to_vec()), &detail);
    }
    for (index, server) in servers.iter().filter_map(Value::as_str).enumerate() {
        address(server, &format!("{field}[{index}]"), errors);
    }
    let (searches, field) = (items_of(config, "searches"), child(path, "searches"));
    let bytes = searches.iter().filter_map(Value::as_str).map(|search| search.len() + 1).sum::<usize>();
    let shown = || Value::from(searches.to_vec());
    if searches.len() > SEARCHES_MAX {
        errors.invalid(&field, shown(), &format!("must not have more than {SEARCHES_MAX} search paths"));
    }
    if bytes > SEARCH_BYTES_MAX + 1 {
        let detail = format!(
            "must not have more than {SEARCH_BYTES_MAX} characters (including spaces) in the search list"
        );
        errors.invalid(&field, shown(), &detail);
    }
    for (index, search) in searches.iter().filter_map(Value::as_str).enumerate() {
        let search = if search == "." { continue } else { search.strip_suffix('.').unwrap_or(search) };
        let messages = names::dns_subdomain_with_underscores(search);
        errors.invalid_for_each(&format!("{field}[{index}]"), search, messages);
    }
    for (index, option) in items_of(config, "options").iter().enumerate() {
        if text(option, "name").is_empty() {
            errors.required(&format!("{path}.options[{index}]"), "must not be empty");
        }
    }
}

fn address(text: &str, field: &str, errors: &mut Errors) {
    if text.parse::<std::net::IpAddr>().is_err() {
        let detail = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
        errors.invalid_text(field, text, detail);
    }
}

fn host_aliases(spec: &PodSpec, path: &str, errors: &mut Errors) {
    for (index, alias) in list(&spec.rest, "hostAliases").iter().enumerate() {
        address(text(alias, "ip"), &format!("{path}.hostAliases[{index}].ip"), errors);
        for (at, hostname) in items_of(alias, "hostnames").iter().filter_map(Value::as_str).enumerate() {
            let field = format!("{path}.hostAliases[{index}].hostnames[{at}]");
            errors.invalid_for_each(&field, hostname, names::dns_subdomain(hostname));
        }
    }
}
