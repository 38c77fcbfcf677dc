//! What the control plane does about nodes: silent ones become unreachable, taints keep pods away or evict them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::api::core::{Node, Pod, PodCondition, Taint, pod_condition};
use crate::api::meta::ConditionStatus;
use crate::api::{Kind, Object};
use crate::apiserver::events::event_type;
use crate::apiserver::pods::set_condition;
use crate::apiserver::{ApiServer, Change, ChangeKind, DeleteOptions, EventRecorder, ObjectKey, Subresource};
use crate::base::{Duration, Time};
use crate::node::scheduler::{keeps_its_place, tolerates};

/// How long a node may be silent before its state is unknown.
// Models pkg/controller/nodelifecycle/config/v1alpha1/defaults.go NodeMonitorGracePeriod
const SILENCE: Duration = Duration::from_secs(50);
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";
const NO_SCHEDULE: &str = "NoSchedule";
const NO_EXECUTE: &str = "NoExecute";

/// The node lifecycle and the taint eviction controller.
#[derive(Clone, Debug)]
pub struct NodeLifecycle {
    node_events: EventRecorder,
    eviction_events: EventRecorder,
    /// Nodes whose kubelet sends no heartbeats, with the instant at which that shows.
    silent: BTreeMap<String, Time>,
    /// Nodes to look at.
    changed: BTreeSet<String>,
    /// Nodes whose kubelet sends heartbeats again.
    returned: BTreeSet<String>,
    pods: BTreeMap<String, BTreeSet<ObjectKey>>,
    evictions: BTreeMap<ObjectKey, Time>,
    due: BTreeSet<(Time, ObjectKey)>,
    now: Time,
}

impl Default for NodeLifecycle {
    fn default() -> NodeLifecycle {
        NodeLifecycle::new()
    }
}

impl NodeLifecycle {
    pub fn new() -> NodeLifecycle {
        NodeLifecycle {
            node_events: EventRecorder::new("node-controller"),
            eviction_events: EventRecorder::new("taint-eviction-controller"),
            silent: BTreeMap::new(),
            changed: BTreeSet::new(),
            returned: BTreeSet::new(),
            pods: BTreeMap::new(),
            evictions: BTreeMap::new(),
            due: BTreeSet::new(),
            now: Time::default(),
        }
    }

    /// The node's last heartbeat was now.
    pub fn lose(&mut self, node: &str, now: Time) {
        self.silent.entry(node.to_owned()).or_insert(now + SILENCE);
    }

    /// The node sends heartbeats again.
    pub fn restore(&mut self, node: &str, now: Time) {
        self.now = now;
        if self.silent.remove(node).is_some() {
            self.returned.insert(node.to_owned());
        }
    }

    pub fn observe(&mut self, change: &Change, now: Time) {
        self.now = now;
        match &change.object {
            Object::Node(node) => {
                let before = change.previous.as_ref();
                let same = matches!(before, Some(Object::Node(old)) if old.spec == node.spec);
                if change.kind != ChangeKind::Deleted && !same && needs_look(node, before) {
                    self.changed.insert(node.metadata.name.clone());
                }
            }
            Object::Pod(pod) if !pod.spec.node_name.is_empty() && !keeps_its_place(change, pod) => {
                let key = ObjectKey::of(&change.object);
                let gone = change.kind == ChangeKind::Deleted || pod.is_terminal();
                let pods = self.pods.entry(pod.spec.node_name.clone()).or_default();
                if gone {
                    pods.remove(&key);
                    self.cancel(&key);
                } else if pods.insert(key) && self.evicts(&pod.spec.node_name) {
                    self.changed.insert(pod.spec.node_name.clone());
                }
            }
            _ => {}
        }
    }

    /// Whether evictions are planned there, so that a new pod must be judged too.
    fn evicts(&self, node: &str) -> bool {
        !self.evictions.is_empty()
            && self.pods.get(node).is_some_and(|pods| pods.iter().any(|key| self.evictions.contains_key(key)))
    }

    fn cancel(&mut self, key: &ObjectKey) -> bool {
        let Some(at) = self.evictions.remove(key) else { return false };
        self.due.remove(&(at, key.clone()))
    }

    pub fn next_wake(&self) -> Option<Time> {
        if !self.changed.is_empty() || !self.returned.is_empty() {
            return Some(self.now);
        }
        let silent = self.silent.values().min().copied().filter(|at| *at != Time::from_millis(i64::MAX));
        silent.into_iter().chain(self.due.first().map(|(at, _)| *at)).min()
    }

    pub fn run(&mut self, api: &mut ApiServer) {
        self.now = api.now();
        for node in std::mem::take(&mut self.returned) {
            self.mark_ready(api, &node);
        }
        let now = self.now;
        let overdue: Vec<String> =
            self.silent.iter().filter(|(_, at)| **at <= now).map(|(node, _)| node.clone()).collect();
        for node in overdue {
            // It stays silent, but nothing more comes of it.
            self.silent.insert(node.clone(), Time::from_millis(i64::MAX));
            self.mark_unreachable(api, &node);
        }
        for node in std::mem::take(&mut self.changed) {
            self.mirror_cordon(api, &node);
            self.judge_pods(api, &node);
        }
        while let Some((at, key)) = self.due.first().filter(|(at, _)| *at <= now).cloned() {
            self.due.remove(&(at, key.clone()));
            self.evictions.remove(&key);
            self.evict(api, &key);
        }
    }

    // Models pkg/controller/nodelifecycle/node_lifecycle_controller.go tryUpdateNodeHealth, processTaintBaseEviction
    fn mark_unreachable(&mut self, api: &mut ApiServer, name: &str) {
        let now = self.now.to_timestamp();
        let written = change_node(api, name, Subresource::Status, |node| {
            for condition in &mut node.status.conditions {
                if condition.status != ConditionStatus::Unknown {
                    condition.status = ConditionStatus::Unknown;
                    condition.last_transition_time = Some(now);
                }
                "NodeStatusUnknown".clone_into(&mut condition.reason);
                "Kubelet stopped posting node status.".clone_into(&mut condition.message);
            }
        });
        let Some(node) = written else { return };
        change_node(api, name, Subresource::Main, |node| {
            for effect in [NO_SCHEDULE, NO_EXECUTE] {
                node.spec.taints.push(Taint {
                    key: UNREACHABLE.to_owned(),
                    effect: effect.to_owned(),
                    time_added: Some(now),
                    ..Taint::default()
                });
            }
        });
        let text = format!("Node {name} status is now: NodeNotReady");
        self.node_events.event(api, &node, event_type::NORMAL, "NodeNotReady", &text);
        for key in self.pods.get(name).cloned().unwrap_or_default() {
            self.mark_pod_not_ready(api, &key);
        }
        self.changed.insert(name.to_owned());
    }

    // Models pkg/controller/util/node/controller_utils.go MarkPodsNotReady
    fn mark_pod_not_ready(&mut self, api: &mut ApiServer, key: &ObjectKey) {
        let Some(Object::Pod(pod)) = api.find(Kind::Pod, key) else { return };
        if !pod.is_ready() {
            return;
        }
        let now = self.now.to_timestamp();
        let written = change_pod(api, key, |pod| {
            let ready = pod.condition(pod_condition::READY).cloned().unwrap_or_default();
            set_condition(pod, PodCondition { status: ConditionStatus::False, ..ready }, now);
        });
        if let Some(pod) = written {
            self.node_events.event(api, &pod, event_type::WARNING, "NodeNotReady", "Node is not ready");
        }
    }

    fn mark_ready(&mut self, api: &mut ApiServer, name: &str) {
        let now = self.now.to_timestamp();
        let healthy = crate::node::create::conditions(now);
        let Some(Object::Node(before)) = api.find(Kind::Node, &ObjectKey::new("", name)) else { return };
        let was_unknown = before.status.conditions.iter().any(|c| c.status == ConditionStatus::Unknown);
        if !was_unknown {
            return;
        }
        let written = change_node(api, name, Subresource::Status, |node| node.status.conditions = healthy);
        let Some(node) = written else { return };
        let text = format!("Node {name} status is now: NodeReady");
        self.node_events.event(api, &node, event_type::NORMAL, "NodeReady", &text);
        change_node(api, name, Subresource::Main, |node| node.spec.taints.retain(|t| t.key != UNREACHABLE));
        self.changed.insert(name.to_owned());
    }

    /// A cordon shows as a taint too.
    // Models node_lifecycle_controller.go doNoScheduleTaintingPass
    fn mirror_cordon(&mut self, api: &mut ApiServer, name: &str) {
        let Some(Object::Node(node)) = api.find(Kind::Node, &ObjectKey::new("", name)) else { return };
        let tainted = node.spec.taints.iter().any(|taint| taint.key == UNSCHEDULABLE);
        let cordoned = node.spec.unschedulable;
        if tainted == cordoned {
            return;
        }
        let now = self.now.to_timestamp();
        change_node(api, name, Subresource::Main, |node| {
            node.spec.taints.retain(|taint| taint.key != UNSCHEDULABLE);
            if cordoned {
                node.spec.taints.push(Taint {
                    key: UNSCHEDULABLE.to_owned(),
                    effect: NO_SCHEDULE.to_owned(),
                    time_added: Some(now),
                    ..Taint::default()
                });
            }
        });
    }

    // Models pkg/controller/tainteviction/taint_eviction.go processPodOnNode
    fn judge_pods(&mut self, api: &mut ApiServer, name: &str) {
        let Some(Object::Node(node)) = api.find(Kind::Node, &ObjectKey::new("", name)) else { return };
        let node = Arc::clone(node);
        let taints: Vec<&Taint> = node.spec.taints.iter().filter(|t| t.effect == NO_EXECUTE).collect();
        for key in self.pods.get(name).cloned().unwrap_or_default() {
            let Some(Object::Pod(pod)) = api.find(Kind::Pod, &key).cloned() else { continue };
            if pod.metadata.is_deleting() {
                continue;
            }
            match stay(&pod, &taints) {
                Stay::ForEver => {
                    if self.cancel(&key) {
                        let meta = &pod.metadata;
                        let text = format!("Cancelling deletion of Pod {}/{}", meta.namespace, meta.name);
                        let regarding = Object::Pod(pod);
                        let reason = "TaintManagerEviction";
                        self.eviction_events.event(api, &regarding, event_type::NORMAL, reason, &text);
                    }
                }
                Stay::For(span) if !self.evictions.contains_key(&key) => {
                    let at = self.now + span;
                    self.evictions.insert(key.clone(), at);
                    self.due.insert((at, key));
                }
                Stay::For(_) => {}
            }
        }
    }

    // Models pkg/controller/tainteviction/taint_eviction.go addConditionAndDeletePod
    fn evict(&mut self, api: &mut ApiServer, key: &ObjectKey) {
        let Some(Object::Pod(pod)) = api.find(Kind::Pod, key).cloned() else { return };
        let meta = &pod.metadata;
        let text = format!("Marking for deletion Pod {}/{}", meta.namespace, meta.name);
        let regarding = Object::Pod(Arc::clone(&pod));
        self.eviction_events.event(api, &regarding, event_type::NORMAL, "TaintManagerEviction", &text);
        let now = self.now.to_timestamp();
        let condition = PodCondition {
            condition_type: pod_condition::DISRUPTION_TARGET.to_owned(),
            status: ConditionStatus::True,
            observed_generation: meta.generation,
            reason: "DeletionByTaintManager".to_owned(),
            message: "Taint manager: deleting due to NoExecute taint".to_owned(),
            ..PodCondition::default()
        };
        change_pod(api, key, |pod| {
            set_condition(pod, condition, now);
        });
        // Whoever deleted it before spares this deletion.
        let _ = api.delete(Kind::Pod, key, &DeleteOptions::default());
    }
}

/// How long a pod stays on a tainted node.
enum Stay {
    ForEver,
    For(Duration),
}

fn stay(pod: &Pod, taints: &[&Taint]) -> Stay {
    let mut shortest: Option<i64> = None;
    for taint in taints {
        let Some(toleration) = pod.spec.tolerations.iter().find(|t| tolerates(t, taint)) else {
            return Stay::For(Duration::ZERO);
        };
        if let Some(seconds) = toleration.toleration_seconds {
            shortest = Some(shortest.map_or(seconds, |shortest| shortest.min(seconds)));
        }
    }
    shortest.map_or(Stay::ForEver, |seconds| Stay::For(Duration::from_secs(seconds.clamp(0, 1_000_000_000))))
}

/// Whether a node's cordon or its evicting taints differ from before.
fn needs_look(node: &Node, before: Option<&Object>) -> bool {
    let evicting = |node: &Node| node.spec.taints.iter().any(|taint| taint.effect == NO_EXECUTE);
    let tainted = node.spec.taints.iter().any(|taint| taint.key == UNSCHEDULABLE);
    let did_evict = matches!(before, Some(Object::Node(old)) if evicting(old));
    evicting(node) || did_evict || node.spec.unschedulable != tainted
}

fn change_node(
    api: &mut ApiServer,
    name: &str,
    subresource: Subresource,
    change: impl FnOnce(&mut Node),
) -> Option<Object> {
    let written = api.patch(Kind::Node, &ObjectKey::new("", name), subresource, |object| {
        if let Object::Node(node) = object {
            change(Arc::make_mut(node));
        }
    });
    written.ok()
}

fn change_pod(api: &mut ApiServer, key: &ObjectKey, change: impl FnOnce(&mut Pod)) -> Option<Object> {
    let written = api.patch(Kind::Pod, key, Subresource::Status, |object| {
        if let Object::Pod(pod) = object {
            change(Arc::make_mut(pod));
        }
    });
    written.ok()
}
