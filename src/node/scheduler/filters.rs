//! Why a pod does not fit on a node.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use crate::api::core::{Node, PodSpec, Taint, Toleration};
use crate::base::sorted;
use crate::node::resources::{self, Resources};

const TOO_MANY_PODS: &str = "Too many pods";
const INSUFFICIENT: &str = "Insufficient ";

/// One node as the scheduler accounts for it.
#[derive(Clone, Debug)]
pub struct NodeInfo {
    pub node: Arc<Node>,
    pub allocatable: Resources,
    pub used: Resources,
    /// What scores count: containers without requests as if they had small ones.
    pub used_for_score: Resources,
    pub pods: i64,
    pub pods_max: i64,
    pub host_ports: BTreeSet<(String, i32)>,
}

/// The reasons against one node. `unresolvable`: even an empty node would not do.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Refusal {
    pub reasons: Vec<String>,
    pub unresolvable: bool,
}

impl Refusal {
    pub fn is_of_room(&self) -> bool {
        self.reasons.iter().any(|reason| reason == TOO_MANY_PODS || reason.starts_with(INSUFFICIENT))
    }
}

/// Why a kubelet refuses a pod: reason and message of its status.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rejection {
    pub reason: String,
    pub message: String,
}

impl NodeInfo {
    pub fn new(node: Arc<Node>) -> NodeInfo {
        let mut info = NodeInfo {
            node,
            allocatable: Resources::default(),
            used: Resources::default(),
            used_for_score: Resources::default(),
            pods: 0,
            pods_max: 0,
            host_ports: BTreeSet::new(),
        };
        info.refresh();
        info
    }

    /// Reads again what the node offers.
    pub fn refresh(&mut self) {
        self.allocatable = Resources::allocatable(&self.node);
        self.pods_max = self.node.status.allocatable.get("pods").map_or(0, resources::whole);
    }

    pub fn add_pod(&mut self, spec: &PodSpec) {
        self.pods += 1;
        self.used.add(resources::pod_requests(spec));
        self.used_for_score.add(score_requests(spec));
        self.host_ports.extend(host_ports(spec));
    }

    pub fn remove_pod(&mut self, spec: &PodSpec) {
        self.pods -= 1;
        self.used.remove(resources::pod_requests(spec));
        self.used_for_score.remove(score_requests(spec));
        for port in host_ports(spec) {
            self.host_ports.remove(&port);
        }
    }

    /// The refusal of the first filter that refuses, in the order of the default profile.
    // Models pkg/scheduler/framework/runtime/framework.go RunFilterPlugins
    pub fn refusal(&self, spec: &PodSpec) -> Option<Refusal> {
        let refuse =
            |reason: &str, unresolvable| Some(Refusal { reasons: vec![reason.to_owned()], unresolvable });
        let node = &self.node;
        if node.spec.unschedulable && !tolerates_any(spec, &unschedulable_taint()) {
            return refuse("node(s) were unschedulable", true);
        }
        if untolerated(node, spec, &["NoSchedule", "NoExecute"]).is_some() {
            return refuse("node(s) had untolerated taint(s)", true);
        }
        if !matches_selector_and_affinity(node, spec) {
            return refuse("node(s) didn't match Pod's node affinity/selector", true);
        }
        if host_ports(spec).any(|port| self.host_ports.contains(&port)) {
            return refuse("node(s) didn't have free ports for the requested pod ports", false);
        }
        self.resource_refusal(spec)
    }

    // Models pkg/scheduler/framework/plugins/noderesources/fit.go fitsRequest
    fn resource_refusal(&self, spec: &PodSpec) -> Option<Refusal> {
        let mut refusal = Refusal::default();
        if self.pods + 1 > self.pods_max {
            refusal.reasons.push(TOO_MANY_PODS.to_owned());
        }
        let wanted = resources::pod_requests(spec);
        let have = self.allocatable;
        let mut require = |name: &str, wanted: i64, used: i64, have: i64| {
            if wanted > 0 && wanted > have - used {
                refusal.reasons.push(format!("{INSUFFICIENT}{name}"));
                refusal.unresolvable |= wanted > have;
            }
        };
        require("cpu", wanted.cpu_millis, self.used.cpu_millis, have.cpu_millis);
        require("memory", wanted.memory_bytes, self.used.memory_bytes, have.memory_bytes);
        let (storage, storage_used) = (wanted.ephemeral_storage_bytes, self.used.ephemeral_storage_bytes);
        require("ephemeral-storage", storage, storage_used, have.ephemeral_storage_bytes);
        for (name, amount) in resources::extended_requests(spec) {
            require(name, amount, 0, self.node.status.allocatable.get(name).map_or(0, resources::whole));
        }
        (!refusal.reasons.is_empty()).then_some(refusal)
    }

    /// Why the kubelet would refuse the pod. Kubelets judge room, labels, ports and evicting taints, not cordons.
    // Models pkg/kubelet/lifecycle/predicate.go generalFilter and pkg/scheduler/eventhandlers.go AdmissionCheck
    pub fn rejection(&self, spec: &PodSpec) -> Option<Rejection> {
        if let Some(rejection) = self.out_of_room(spec) {
            return Some(rejection);
        }
        let (predicate, why) = if !matches_selector_and_affinity(&self.node, spec) {
            ("NodeAffinity", "node(s) didn't match Pod's node affinity/selector")
        } else if host_ports(spec).any(|port| self.host_ports.contains(&port)) {
            ("NodePorts", "node(s) didn't have free ports for the requested pod ports")
        } else if untolerated(&self.node, spec, &["NoExecute"]).is_some() {
            ("TaintToleration", "node(s) had taints that the pod didn't tolerate")
        } else {
            return None;
        };
        let message = format!("Predicate {predicate} failed: {why}");
        Some(Rejection { reason: predicate.to_owned(), message })
    }

    fn out_of_room(&self, spec: &PodSpec) -> Option<Rejection> {
        let wanted = resources::pod_requests(spec);
        let checks = [
            ("pods", 1, self.pods, self.pods_max),
            ("cpu", wanted.cpu_millis, self.used.cpu_millis, self.allocatable.cpu_millis),
            ("memory", wanted.memory_bytes, self.used.memory_bytes, self.allocatable.memory_bytes),
            (
                "ephemeral-storage",
                wanted.ephemeral_storage_bytes,
                self.used.ephemeral_storage_bytes,
                self.allocatable.ephemeral_storage_bytes,
            ),
        ];
        let short = checks.into_iter().find(|(_, wanted, used, have)| *wanted > 0 && wanted + used > *have);
        short.map(|(name, wanted, used, have)| Rejection {
            reason: format!("OutOf{name}"),
            message: format!(
                "Node didn't have enough resource: {name}, requested: {wanted}, used: {used}, capacity: {have}"
            ),
        })
    }

    /// How good a place the node is, 0 to 100: the emptier the better.
    // Models pkg/scheduler/framework/plugins/noderesources/least_allocated.go
    pub fn score(&self, spec: &PodSpec) -> i64 {
        let wanted = score_requests(spec);
        let free = |have: i64, used: i64, wanted: i64| match have - used - wanted {
            left if have > 0 && left > 0 => i128::from(left) * 100 / i128::from(have),
            _ => 0,
        };
        let cpu = free(self.allocatable.cpu_millis, self.used_for_score.cpu_millis, wanted.cpu_millis);
        let memory =
            free(self.allocatable.memory_bytes, self.used_for_score.memory_bytes, wanted.memory_bytes);
        i64::try_from((cpu + memory) / 2).unwrap_or(0)
    }

    /// Taints that only ask to keep pods away: fewer are better.
    pub fn discouraging_taints(&self, spec: &PodSpec) -> usize {
        let taints = self.node.spec.taints.iter();
        taints.filter(|taint| taint.effect == "PreferNoSchedule" && !tolerates_any(spec, taint)).count()
    }
}

/// Requests with the defaults that scores assume for containers without any.
// Models pkg/scheduler/util/pod_resources.go GetNonzeroRequests
fn score_requests(spec: &PodSpec) -> Resources {
    let mut sum = Resources::default();
    for container in &spec.containers {
        let own = Resources::of_container(container);
        sum.add(Resources {
            cpu_millis: if own.cpu_millis == 0 { 100 } else { own.cpu_millis },
            memory_bytes: if own.memory_bytes == 0 { 200 << 20 } else { own.memory_bytes },
            ephemeral_storage_bytes: 0,
        });
    }
    sum
}

fn host_ports(spec: &PodSpec) -> impl Iterator<Item = (String, i32)> {
    let ports = spec.containers.iter().flat_map(|container| &container.ports);
    ports.filter(|port| port.host_port > 0).map(|port| (port.protocol.clone(), port.host_port))
}

fn unschedulable_taint() -> Taint {
    Taint {
        key: "node.kubernetes.io/unschedulable".to_owned(),
        effect: "NoSchedule".to_owned(),
        ..Taint::default()
    }
}

/// The first taint with one of the effects that the pod does not tolerate.
pub fn untolerated<'a>(node: &'a Node, spec: &PodSpec, effects: &[&str]) -> Option<&'a Taint> {
    let mut taints = node.spec.taints.iter().filter(|taint| effects.contains(&taint.effect.as_str()));
    taints.find(|taint| !tolerates_any(spec, taint))
}

fn tolerates_any(spec: &PodSpec, taint: &Taint) -> bool {
    spec.tolerations.iter().any(|toleration| tolerates(toleration, taint))
}

// Models staging/src/k8s.io/component-helpers/scheduling/corev1/helpers.go ToleratesTaint
pub fn tolerates(toleration: &Toleration, taint: &Taint) -> bool {
    if !toleration.effect.is_empty() && toleration.effect != taint.effect {
        return false;
    }
    if !toleration.key.is_empty() && toleration.key != taint.key {
        return false;
    }
    match toleration.operator.as_str() {
        "" | "Equal" => toleration.value == taint.value,
        "Exists" => true,
        _ => false,
    }
}

// Models staging/src/k8s.io/component-helpers/scheduling/corev1/nodeaffinity/nodeaffinity.go
pub fn matches_selector_and_affinity(node: &Node, spec: &PodSpec) -> bool {
    let labels = &node.metadata.labels;
    if !spec.node_selector.iter().all(|(key, value)| labels.get(key) == Some(value)) {
        return false;
    }
    let required = &spec.affinity["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
    let Some(terms) = required["nodeSelectorTerms"].as_array() else { return true };
    terms.iter().any(|term| matches_requirements(node, term))
}

/// An empty term matches nothing.
pub fn matches_requirements(node: &Node, term: &Value) -> bool {
    let name: BTreeMap<String, String> =
        sorted::collect([("metadata.name".to_owned(), node.metadata.name.clone())]);
    let list = |field: &str| term[field].as_array().cloned().unwrap_or_default();
    let (expressions, fields) = (list("matchExpressions"), list("matchFields"));
    if expressions.is_empty() && fields.is_empty() {
        return false;
    }
    expressions.iter().all(|requirement| matches_requirement(&node.metadata.labels, requirement))
        && fields.iter().all(|requirement| matches_requirement(&name, requirement))
}

// Models staging/src/k8s.io/apimachinery/pkg/labels/selector.go Matches
fn matches_requirement(labels: &BTreeMap<String, String>, requirement: &Value) -> bool {
    let value = requirement["key"].as_str().and_then(|key| labels.get(key));
    let values: Vec<&str> =
        requirement["values"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let number = |text: &str| text.parse::<i64>().ok();
    let bound = values.first().and_then(|text| number(text));
    match requirement["operator"].as_str().unwrap_or_default() {
        "In" => value.is_some_and(|value| values.contains(&value.as_str())),
        "NotIn" => value.is_none_or(|value| !values.contains(&value.as_str())),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => value.and_then(|value| number(value)).zip(bound).is_some_and(|(own, bound)| own > bound),
        "Lt" => value.and_then(|value| number(value)).zip(bound).is_some_and(|(own, bound)| own < bound),
        _ => false,
    }
}
