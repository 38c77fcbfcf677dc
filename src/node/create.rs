//! Node objects as a kubelet registers them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::api::core::{Node, NodeCondition};
use crate::api::meta::ConditionStatus;
use crate::api::{Kind, Object, Status};
use crate::apiserver::{ApiServer, CLUSTER_AGE, ObjectKey, Subresource};
use crate::base::{Duration, Timestamp, sorted};

/// What the machine of a node offers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NodeOptions {
    pub cpus: u32,
    pub memory_mebibytes: u32,
    /// How many pods the kubelet accepts.
    pub pods: u32,
    pub labels: BTreeMap<String, String>,
}

impl Default for NodeOptions {
    fn default() -> NodeOptions {
        NodeOptions { cpus: 4, memory_mebibytes: 8_192, pods: 110, labels: BTreeMap::new() }
    }
}

/// The address of the n-th node, counted from 0.
pub fn node_address(number: usize) -> String {
    format!("192.168.49.{}", 2 + number % 250)
}

/// Makes a ready node. Nodes are numbered in the order of their creation.
///
/// # Errors
/// Whatever the server refuses.
pub fn create_node(api: &mut ApiServer, name: &str, options: &NodeOptions) -> Result<Object, Status> {
    let number = api.list(Kind::Node, None).count();
    let mut node = Node::default();
    node.metadata.name = name.to_owned();
    let mut labels = options.labels.clone();
    for (key, value) in [
        ("beta.kubernetes.io/arch", "amd64"),
        ("beta.kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", "amd64"),
        ("kubernetes.io/hostname", name),
        ("kubernetes.io/os", "linux"),
    ] {
        labels.entry(key.to_owned()).or_insert_with(|| value.to_owned());
    }
    node.metadata.labels = labels.into();
    node.spec.pod_cidr = format!("10.244.{number}.0/24");
    node.spec.rest.insert("podCIDRs".to_owned(), json!([node.spec.pod_cidr]));
    fill_status(&mut node, number, options, api.now().to_timestamp());
    let status = node.status.clone();
    let mut created = api.create(Object::from(node))?;
    // Nodes of the beginning are as old as the cluster.
    let born = api.now() + Duration::from_millis(-CLUSTER_AGE.as_millis());
    created.metadata_mut().creation_timestamp = Some(born.to_timestamp());
    let created = api.restore(created);
    let Object::Node(stored) = &created else { return Ok(created) };
    if stored.status == status {
        return Ok(created);
    }
    // A server that drops the status of new objects gets it by a second request, as from a kubelet.
    api.patch(Kind::Node, &ObjectKey::new("", name), Subresource::Status, |object| {
        if let Object::Node(node) = object {
            std::sync::Arc::make_mut(node).status = status;
        }
    })
}

fn fill_status(node: &mut Node, number: usize, options: &NodeOptions, now: Timestamp) {
    let capacity = [
        ("cpu", json!(options.cpus.to_string())),
        ("ephemeral-storage", json!("61202244Ki")),
        ("hugepages-1Gi", json!("0")),
        ("hugepages-2Mi", json!("0")),
        ("memory", json!(format!("{}Ki", u64::from(options.memory_mebibytes) * 1024))),
        ("pods", json!(options.pods.to_string())),
    ];
    let capacity: BTreeMap<String, Value> =
        sorted::collect(capacity.into_iter().map(|(name, amount)| (name.to_owned(), amount)));
    node.status.allocatable = capacity.clone();
    node.status.capacity = capacity;
    node.status.conditions = conditions(now);
    let name = &node.metadata.name;
    node.status.addresses = json!([
        {"address": node_address(number), "type": "InternalIP"},
        {"address": name, "type": "Hostname"},
    ]);
    node.status.node_info = json!({
        "architecture": "amd64",
        "bootID": "3b1a3c9e-6f0e-4b0c-8d2f-0c6a5c1f9b7d",
        "containerRuntimeVersion": "containerd://2.1.4",
        "kernelVersion": "6.8.0-64-generic",
        "kubeProxyVersion": "",
        "kubeletVersion": "v1.36.2",
        "machineID": "9f2d7a4b1c3e4f5a8b6c7d8e9f0a1b2c",
        "operatingSystem": "linux",
        "osImage": "Debian GNU/Linux 12 (bookworm)",
        "systemUUID": "5c0d8a52-1f57-4f6e-9a39-2f9d1b0b7e41",
    });
    node.status.rest.insert("daemonEndpoints".to_owned(), json!({"kubeletEndpoint": {"Port": 10250}}));
}

/// The four conditions of a healthy node.
// Models pkg/kubelet/nodestatus/setters.go
pub fn conditions(now: Timestamp) -> Vec<NodeCondition> {
    let condition = |condition_type: &str, status, reason: &str, message: &str| NodeCondition {
        condition_type: condition_type.to_owned(),
        status,
        last_transition_time: Some(now),
        reason: reason.to_owned(),
        message: message.to_owned(),
        last_heartbeat_time: Some(now),
        ..NodeCondition::default()
    };
    let no = ConditionStatus::False;
    vec![
        condition(
            "MemoryPressure",
            no,
            "KubeletHasSufficientMemory",
            "kubelet has sufficient memory available",
        ),
        condition("DiskPressure", no, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        condition("PIDPressure", no, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        condition("Ready", ConditionStatus::True, "KubeletReady", "kubelet is posting ready status"),
    ]
}
