//! Pod specs, in pods and in templates.

use serde_json::Value;

use super::errors::{Errors, child};
use super::{containers, meta, names, scheduling, security, volumes};
use crate::api::core::{PodSpec, PodTemplateSpec};

const RESTART_POLICIES: &[&str] = &["Always", "OnFailure", "Never"];
const DNS_POLICIES: &[&str] = &["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"];
const PREEMPTION_POLICIES: &[&str] = &["Never", "PreemptLowerPriority"];
const SECONDS_MAX: i64 = i32::MAX as i64;

// Models pkg/apis/core/validation/validation.go ValidatePodTemplateSpec
pub fn pod_template(template: &PodTemplateSpec, path: &str, errors: &mut Errors) {
    meta::labels(&template.metadata.labels, &child(path, "labels"), errors);
    meta::annotations(&template.metadata.annotations, &child(path, "annotations"), errors);
    let spec = child(path, "spec");
    pod_spec(&template.spec, &spec, errors);
    if !rest_list(&template.spec, "ephemeralContainers").is_empty() {
        let field = child(&spec, "ephemeralContainers");
        errors.forbidden(&field, "ephemeral containers not allowed in pod template");
    }
}

fn rest_list<'a>(spec: &'a PodSpec, name: &str) -> &'a [Value] {
    spec.rest.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

// Models pkg/apis/core/validation/validation.go ValidatePodSpec
pub fn pod_spec(spec: &PodSpec, path: &str, errors: &mut Errors) {
    let at = |name: &str| child(path, name);
    let known_volumes = volumes::volumes(&spec.volumes, &at("volumes"), errors);
    containers::containers(spec, &known_volumes, path, errors);
    errors.one_of(&at("restartPolicy"), &spec.restart_policy, RESTART_POLICIES);
    errors.one_of(&at("dnsPolicy"), &spec.dns_policy, DNS_POLICIES);
    meta::labels(&spec.node_selector, &at("nodeSelector"), errors);
    security::pod_security(spec, path, errors);
    for (index, secret) in rest_list(spec, "imagePullSecrets").iter().enumerate() {
        if text(secret, "name").is_empty() && secret.as_object().is_some_and(|fields| fields.len() > 1) {
            errors.required(&format!("{path}.imagePullSecrets[{index}].name"), "");
        }
    }
    scheduling::affinity(&spec.affinity, &at("affinity"), errors);
    dns_config(spec, path, errors);
    scheduling::scheduling_gates(&spec.scheduling_gates, &at("schedulingGates"), errors);
    scheduling::spread_constraints(rest_list(spec, "topologySpreadConstraints"), path, errors);
    pod_names(spec, path, errors);
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
    if let Some(policy) = &spec.preemption_policy {
        errors.one_of(&at("preemptionPolicy"), policy, PREEMPTION_POLICIES);
    }
}

/// Names of other objects that the spec mentions.
fn pod_names(spec: &PodSpec, path: &str, errors: &mut Errors) {
    let rest = |name: &str| spec.rest.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let named = [
        ("serviceAccountName", spec.service_account_name.clone()),
        ("nodeName", spec.node_name.clone()),
        ("priorityClassName", rest("priorityClassName")),
        ("runtimeClassName", rest("runtimeClassName")),
    ];
    for (name, value) in named {
        if !value.is_empty() {
            errors.invalid_for_each(&child(path, name), &value, names::dns_subdomain(&value));
        }
    }
}

pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

// Models pkg/apis/core/validation/validation.go validatePodDNSConfig
fn dns_config(spec: &PodSpec, path: &str, errors: &mut Errors) {
    let config = spec.rest.get("dnsConfig").unwrap_or(&Value::Null);
    let list = |name: &str| config.get(name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let nameservers = list("nameservers");
    let field = child(path, "dnsConfig.nameservers");
    if spec.dns_policy == "None" {
        if config.is_null() {
            let detail = "must provide `dnsConfig` when `dnsPolicy` is None";
            errors.required(&child(path, "dnsConfig"), detail);
        } else if nameservers.is_empty() {
            errors.required(&field, "must provide at least one DNS nameserver when `dnsPolicy` is None");
        }
    }
    if nameservers.len() > 3 {
        let shown = Value::from(nameservers.to_vec());
        errors.invalid(&field, shown, "must not have more than 3 nameservers");
    }
    for (index, server) in nameservers.iter().enumerate() {
        let server = server.as_str().unwrap_or_default();
        if server.parse::<std::net::IpAddr>().is_err() {
            let detail = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
            errors.invalid_text(&format!("{field}[{index}]"), server, detail);
        }
    }
    for (index, option) in list("options").iter().enumerate() {
        if text(option, "name").is_empty() {
            errors.required(&format!("{path}.dnsConfig.options[{index}]"), "must not be empty");
        }
    }
}

fn host_aliases(spec: &PodSpec, path: &str, errors: &mut Errors) {
    for (index, alias) in rest_list(spec, "hostAliases").iter().enumerate() {
        let ip = text(alias, "ip");
        if ip.parse::<std::net::IpAddr>().is_err() {
            let detail = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
            errors.invalid_text(&format!("{path}.hostAliases[{index}].ip"), ip, detail);
        }
        let hostnames = alias.get("hostnames").and_then(Value::as_array);
        for (at, hostname) in hostnames.into_iter().flatten().enumerate() {
            let hostname = hostname.as_str().unwrap_or_default();
            let field = format!("{path}.hostAliases[{index}].hostnames[{at}]");
            errors.invalid_for_each(&field, hostname, names::dns_subdomain(hostname));
        }
    }
}
