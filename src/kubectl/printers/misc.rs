//! Nodes, namespaces, configuration and everything else in tables.

use serde_json::Value;

use super::{Column, age, or_none};
use crate::api::core::{ConfigMap, Namespace, Node, Secret};
use crate::api::meta::{ConditionStatus, ObjectMeta};
use crate::base::{Time, Timestamp};

pub const NODE_COLUMNS: &[Column] = &[
    ("NAME", false),
    ("STATUS", false),
    ("ROLES", false),
    ("AGE", false),
    ("VERSION", false),
    ("INTERNAL-IP", true),
    ("EXTERNAL-IP", true),
    ("OS-IMAGE", true),
    ("KERNEL-VERSION", true),
    ("CONTAINER-RUNTIME", true),
];
pub const NAMESPACE_COLUMNS: &[Column] = &[("NAME", false), ("STATUS", false), ("AGE", false)];
pub const CONFIGMAP_COLUMNS: &[Column] = &[("NAME", false), ("DATA", false), ("AGE", false)];
pub const SECRET_COLUMNS: &[Column] = &[("NAME", false), ("TYPE", false), ("DATA", false), ("AGE", false)];
pub const ENDPOINTS_COLUMNS: &[Column] = &[("NAME", false), ("ENDPOINTS", false), ("AGE", false)];
pub const SLICE_COLUMNS: &[Column] =
    &[("NAME", false), ("ADDRESSTYPE", false), ("PORTS", false), ("ENDPOINTS", false), ("AGE", false)];
pub const LEASE_COLUMNS: &[Column] = &[("NAME", false), ("HOLDER", false), ("AGE", false)];
pub const SERVICE_COLUMNS: &[Column] = &[
    ("NAME", false),
    ("TYPE", false),
    ("CLUSTER-IP", false),
    ("EXTERNAL-IP", false),
    ("PORT(S)", false),
    ("AGE", false),
    ("SELECTOR", true),
];
pub const OTHER_COLUMNS: &[Column] = &[("NAME", false), ("AGE", false)];

// Models pkg/printers/internalversion/printers.go printNode
pub fn node_row(node: &Node, now: Time) -> Vec<String> {
    let info =
        |key: &str| node.status.node_info.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let unknown = |text: String| if text.is_empty() { "<unknown>".to_owned() } else { text };
    vec![
        node.metadata.name.clone(),
        node_status(node),
        node_roles(node),
        age(node.metadata.creation_timestamp, now),
        info("kubeletVersion"),
        address(node, "InternalIP"),
        address(node, "ExternalIP"),
        unknown(info("osImage")),
        unknown(info("kernelVersion")),
        unknown(info("containerRuntimeVersion")),
    ]
}

fn node_status(node: &Node) -> String {
    let ready = node.status.conditions.iter().find(|condition| condition.condition_type == "Ready");
    let mut status = match ready.map(|condition| condition.status) {
        Some(ConditionStatus::True) => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    }
    .to_owned();
    if node.spec.unschedulable {
        status.push_str(",SchedulingDisabled");
    }
    status
}

/// Roles from the labels `node-role.kubernetes.io/ROLE` and `kubernetes.io/role=ROLE`.
pub fn node_roles(node: &Node) -> String {
    let role = |(key, value): (&String, &String)| {
        let named = key.strip_prefix("node-role.kubernetes.io/").filter(|role| !role.is_empty());
        let valued = (key == "kubernetes.io/role" && !value.is_empty()).then_some(value.as_str());
        named.or(valued).map(str::to_owned)
    };
    or_none(&node.metadata.labels.iter().filter_map(role).collect::<Vec<_>>().join(","))
}

pub fn address(node: &Node, address_type: &str) -> String {
    let addresses = node.status.addresses.as_array().map(Vec::as_slice).unwrap_or_default();
    let found = addresses.iter().find(|address| address["type"] == address_type);
    or_none(found.and_then(|address| address["address"].as_str()).unwrap_or_default())
}

pub fn namespace_row(namespace: &Namespace, now: Time) -> Vec<String> {
    let phase = namespace.status.get("phase").and_then(Value::as_str).unwrap_or_default();
    let age = age(namespace.metadata.creation_timestamp, now);
    vec![namespace.metadata.name.clone(), phase.to_owned(), age]
}

pub fn configmap_row(map: &ConfigMap, now: Time) -> Vec<String> {
    let entries = map.data.len() + map.binary_data.len();
    vec![map.metadata.name.clone(), entries.to_string(), age(map.metadata.creation_timestamp, now)]
}

pub fn secret_row(secret: &Secret, now: Time) -> Vec<String> {
    vec![
        secret.metadata.name.clone(),
        secret.secret_type.clone(),
        secret.data.len().to_string(),
        age(secret.metadata.creation_timestamp, now),
    ]
}

pub fn other_row(metadata: &ObjectMeta, now: Time) -> Vec<String> {
    vec![metadata.name.clone(), age(metadata.creation_timestamp, now)]
}

/// The row of an object that the cluster does not store.
pub fn value_row(plural: &str, object: &Value, now: Time) -> Vec<String> {
    let text = |path: &str| object.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    let created = Timestamp::parse_rfc3339(&text("/metadata/creationTimestamp"));
    let list =
        |path: &str| object.pointer(path).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let ports_at =
        |path: &str, with: fn(&Value) -> String| list(path).iter().map(with).collect::<Vec<_>>().join(",");
    let mut cells = vec![text("/metadata/name")];
    match plural {
        "services" => {
            let port =
                |port: &Value| format!("{}/{}", port["port"], port["protocol"].as_str().unwrap_or("TCP"));
            let none = "<none>".to_owned();
            cells.extend([text("/spec/type"), text("/spec/clusterIP"), none, ports_at("/spec/ports", port)]);
        }
        "endpoints" => {
            let ports = ports_at("/subsets/0/ports", |port| port["port"].to_string());
            cells.push(format!("{}:{ports}", text("/subsets/0/addresses/0/ip")));
        }
        "endpointslices" => {
            let ports = ports_at("/ports", |port| port["port"].to_string());
            cells.extend([text("/addressType"), ports, text("/endpoints/0/addresses/0")]);
        }
        "leases" => cells.push(text("/spec/holderIdentity")),
        _ => {}
    }
    cells.push(age(created, now));
    cells.push("<none>".to_owned());
    cells.truncate(super::columns(plural).len());
    cells
}
