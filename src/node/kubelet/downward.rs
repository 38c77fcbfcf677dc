//! The downward API: fields of the pod and resources of its containers as texts.

use std::collections::BTreeMap;

use serde_json::Value;

use super::env::Place;
use crate::api::core::{Container, Pod, ResourceFieldSelector};
use crate::api::meta::ObjectMeta;
use crate::api::{Kind, Object};
use crate::apiserver::{ApiServer, ObjectKey};
use crate::node::resources::parse_millis;

/// The value of a field path.
///
/// # Errors
/// When the path names no field that is offered.
// Models pkg/fieldpath/fieldpath.go ExtractFieldPathAsString and pkg/kubelet/kubelet_pods.go podFieldSelectorRuntimeValue
pub fn field(pod: &Pod, path: &str, place: &Place) -> Result<String, String> {
    Ok(match path {
        "spec.nodeName" => pod.spec.node_name.clone(),
        "spec.serviceAccountName" => pod.spec.service_account_name.clone(),
        "status.hostIP" | "status.hostIPs" => place.host_ip.to_owned(),
        "status.podIP" | "status.podIPs" => place.pod_ip.to_owned(),
        _ => return metadata_field(&pod.metadata, path),
    })
}

/// The value of a field path of metadata.
///
/// # Errors
/// When the path names no field that is offered.
pub fn metadata_field(meta: &ObjectMeta, path: &str) -> Result<String, String> {
    if let Some((map, key)) = subscript(path) {
        let values = match map {
            "metadata.labels" => &meta.labels,
            "metadata.annotations" => &meta.annotations,
            _ => return Err(format!("fieldPath \"{path}\" does not support subscript")),
        };
        return Ok(values.get(key).cloned().unwrap_or_default());
    }
    Ok(match path {
        "metadata.name" => meta.name.clone(),
        "metadata.namespace" => meta.namespace.clone(),
        "metadata.uid" => meta.uid.clone(),
        "metadata.labels" => quoted_lines(&meta.labels),
        "metadata.annotations" => quoted_lines(&meta.annotations),
        _ => return Err(format!("unsupported fieldPath: {path}")),
    })
}

/// `metadata.labels['key']` in its parts.
fn subscript(path: &str) -> Option<(&str, &str)> {
    path.strip_suffix("']")?.split_once("['")
}

/// `key="value"` lines, sorted by key, as downward API files show labels.
fn quoted_lines(values: &BTreeMap<String, String>) -> String {
    let lines: Vec<String> = values.iter().map(|(key, value)| format!("{key}={value:?}")).collect();
    lines.join("\n")
}

/// An amount of a container's resources in the unit of its divisor, rounded up.
///
/// # Errors
/// When the container or the resource is unknown.
// Models pkg/api/v1/resource/helpers.go ExtractContainerResourceValue
pub fn resource(
    api: &ApiServer,
    pod: &Pod,
    selector: &ResourceFieldSelector,
    own: Option<&Container>,
) -> Result<String, String> {
    let mut all = pod.spec.containers.iter().chain(&pod.spec.init_containers);
    let container = match selector.container_name.as_str() {
        "" => own,
        name => all.find(|container| container.name == name),
    };
    let container = container.ok_or_else(|| format!("container {} not found", selector.container_name))?;
    // A container without a limit may use what its node has.
    amount_in(container, selector, &|name| node_amount(api, pod, name))
}

/// An amount of one container's resources in the unit of the selector's divisor, rounded up; `no_limit` answers for
/// resources that it has no limit of.
///
/// # Errors
/// When the resource is unknown.
pub fn amount_in(
    container: &Container,
    selector: &ResourceFieldSelector,
    no_limit: &dyn Fn(&str) -> Option<Value>,
) -> Result<String, String> {
    let (list, name) = selector.resource.split_once('.').unwrap_or_default();
    let amounts = match list {
        "limits" => &container.resources.limits,
        "requests" => &container.resources.requests,
        _ => return Err(format!("unsupported container resource : {}", selector.resource)),
    };
    let amount = amounts.get(name).cloned();
    let amount = amount.or_else(|| (list == "limits").then(|| no_limit(name)).flatten());
    let millis = amount.as_ref().and_then(parse_millis).unwrap_or(0);
    let divisor = parse_millis(&selector.divisor).filter(|divisor| *divisor > 0).unwrap_or(1000);
    Ok(((millis + divisor - 1) / divisor).to_string())
}

fn node_amount(api: &ApiServer, pod: &Pod, name: &str) -> Option<Value> {
    match api.find(Kind::Node, &ObjectKey::new("", &pod.spec.node_name)) {
        Some(Object::Node(node)) => node.status.allocatable.get(name).cloned(),
        _ => None,
    }
}
