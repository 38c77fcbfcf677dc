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
const MONITOR_PERIOD: Duration = Duration::from_secs(5);
/// When the silence of a node shows that shows already: nothing more comes of it.
const SHOWN: Time = Time::from_millis(i64::MAX);
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
    /// Nodes whose cordon changed.
    cordoned: BTreeSet<String>,
    /// Nodes whose evicting taints changed.
    changed: BTreeSet<String>,
    /// Pods that came to a node with evicting taints.
    arrived: Vec<ObjectKey>,
    /// Nodes whose kubelet sends heartbeats again.
    returned: BTreeSet<String>,
    /// Nodes with taints that evict pods.
    evicting: BTreeSet<String>,
    evictions: BTreeMap<ObjectKey, Time>,
    due: BTreeSet<(Time, ObjectKey)>,
    /// Nodes whose objects were deleted.
    removed: Vec<Object>,
    /// Pods that went before the eviction that was planned for them.
    spared: Vec<ObjectKey>,
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
            cordoned: BTreeSet::new(),
            changed: BTreeSet::new(),
            arrived: Vec::new(),
            returned: BTreeSet::new(),
            evicting: BTreeSet::new(),
            evictions: BTreeMap::new(),
            due: BTreeSet::new(),
            removed: Vec::new(),
            spared: Vec::new(),
            now: Time::default(),
        }
    }

    /// A new process of the controllers: silence and the tolerated time of evictions count from now on.
    pub fn restart(&mut self, api: &ApiServer) {
        self.now = api.now();
        for at in self.silent.values_mut().filter(|at| **at != SHOWN) {
            *at = self.now + SILENCE;
        }
        self.evictions.clear();
        self.due.clear();
        self.changed.extend(self.evicting.iter().cloned());
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
            Object::Node(node) if change.kind == ChangeKind::Deleted => {
                self.evicting.remove(&node.metadata.name);
                self.silent.remove(&node.metadata.name);
                self.removed.push(change.object.clone());
            }
            Object::Node(node) => self.observe_node(node, change.previous.as_ref()),
            Object::Pod(pod) if !pod.spec.node_name.is_empty() && !keeps_its_place(change, pod) => {
                let key = ObjectKey::of(&change.object);
                if change.kind == ChangeKind::Deleted {
                    if self.cancel(&key) {
                        self.spared.push(key);
                    }
                } else if !pod.is_terminal() && self.evicting.contains(&pod.spec.node_name) {
                    self.arrived.push(key);
                }
            }
            _ => {}
        }
    }

    fn observe_node(&mut self, node: &Node, before: Option<&Object>) {
        let name = &node.metadata.name;
        let tainted = node.spec.taints.iter().any(|taint| taint.key == UNSCHEDULABLE);
        if node.spec.unschedulable != tainted {
            self.cordoned.insert(name.clone());
        }
        let same = match before {
            Some(Object::Node(old)) => evicting_taints(node).eq(evicting_taints(old)),
            _ => evicting_taints(node).next().is_none(),
        };
        if same {
            return;
        }
        self.changed.insert(name.clone());
        if evicting_taints(node).next().is_some() {
            self.evicting.insert(name.clone());
        } else {
            self.evicting.remove(name);
        }
    }

    fn cancel(&mut self, key: &ObjectKey) -> bool {
        let Some(at) = self.evictions.remove(key) else { return false };
        self.due.remove(&(at, key.clone()))
    }

    pub fn next_wake(&self) -> Option<Time> {
        let idle = self.cordoned.is_empty()
            && self.changed.is_empty()
            && self.arrived.is_empty()
            && self.returned.is_empty()
            && self.removed.is_empty()
            && self.spared.is_empty();
        if !idle {
            return Some(self.now);
        }
        let silent = self.silent.values().min().copied().filter(|at| *at != SHOWN);
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
            self.silent.insert(node.clone(), SHOWN);
            self.mark_unreachable(api, &node);
        }
        for node in std::mem::take(&mut self.removed) {
            let name = &node.metadata().name;
            let text = format!("Node {name} event: Removing Node {name} from Controller");
            self.node_events.event(api, &node, event_type::NORMAL, "RemovingNode", &text);
        }
        for key in std::mem::take(&mut self.spared) {
            self.tell_eviction(api, &key, "Cancelling deletion of Pod");
        }
        for node in std::mem::take(&mut self.cordoned) {
            self.mirror_cordon(api, &node);
        }
        for node in std::mem::take(&mut self.changed) {
            self.judge_node(api, &node);
        }
        for key in std::mem::take(&mut self.arrived) {
            self.judge_arrived(api, &key);
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
        let Some(node) = written else {
            // Refused, it is tried at the next look; a node that is gone is nobody's any more.
            if api.find(Kind::Node, &ObjectKey::new("", name)).is_some() {
                self.silent.insert(name.to_owned(), self.now + MONITOR_PERIOD);
            }
            return;
        };
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
        for key in pods_on(api, name) {
            self.mark_pod_not_ready(api, &key);
        }
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

    // Models pkg/controller/tainteviction/taint_eviction.go handleNodeUpdate
    fn judge_node(&mut self, api: &mut ApiServer, name: &str) {
        let Some(Object::Node(node)) = api.find(Kind::Node, &ObjectKey::new("", name)) else { return };
        let node = Arc::clone(node);
        for key in pods_on(api, name) {
            self.judge_pod(api, &node, &key);
        }
    }

    // Models pkg/controller/tainteviction/taint_eviction.go handlePodUpdate
    fn judge_arrived(&mut self, api: &mut ApiServer, key: &ObjectKey) {
        let Some(Object::Pod(pod)) = api.find(Kind::Pod, key) else { return };
        let node = api.find(Kind::Node, &ObjectKey::new("", &pod.spec.node_name));
        if let Some(Object::Node(node)) = node.cloned() {
            self.judge_pod(api, &node, key);
        }
    }

    // Models pkg/controller/tainteviction/taint_eviction.go processPodOnNode
    fn judge_pod(&mut self, api: &mut ApiServer, node: &Node, key: &ObjectKey) {
        let Some(Object::Pod(pod)) = api.find(Kind::Pod, key) else { return };
        let stay = stay(pod, node);
        // Another taint that is tolerated too does not move a planned eviction.
        if matches!(stay, Stay::For(_)) && self.evictions.contains_key(key) {
            return;
        }
        if self.cancel(key) {
            self.tell_eviction(api, key, "Cancelling deletion of Pod");
        }
        let at = match stay {
            Stay::ForEver => return,
            Stay::For(span) => self.now + span,
            Stay::NoLonger => self.now,
        };
        self.evictions.insert(key.clone(), at);
        self.due.insert((at, key.clone()));
    }

    /// Upstream names the pod without its uid here, so that only a list of events shows this.
    // Models pkg/controller/tainteviction/taint_eviction.go emitPodDeletionEvent, emitCancelPodDeletionEvent
    fn tell_eviction(&mut self, api: &mut ApiServer, key: &ObjectKey, what: &str) {
        let mut pod = Pod::default();
        pod.metadata.namespace.clone_from(&key.namespace);
        pod.metadata.name.clone_from(&key.name);
        let text = format!("{what} {}/{}", key.namespace, key.name);
        let (regarding, reason) = (Object::from(pod), "TaintManagerEviction");
        self.eviction_events.event(api, &regarding, event_type::NORMAL, reason, &text);
    }

    // Models pkg/controller/tainteviction/taint_eviction.go addConditionAndDeletePod
    fn evict(&mut self, api: &mut ApiServer, key: &ObjectKey) {
        let Some(Object::Pod(pod)) = api.find(Kind::Pod, key).cloned() else { return };
        self.tell_eviction(api, key, "Marking for deletion Pod");
        let now = self.now.to_timestamp();
        let condition = PodCondition {
            condition_type: pod_condition::DISRUPTION_TARGET.to_owned(),
            status: ConditionStatus::True,
            observed_generation: pod.metadata.generation,
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

fn evicting_taints(node: &Node) -> impl Iterator<Item = &Taint> {
    node.spec.taints.iter().filter(|taint| taint.effect == NO_EXECUTE)
}

/// All pods of the node: finished ones are evicted like others.
fn pods_on(api: &ApiServer, node: &str) -> Vec<ObjectKey> {
    let on_node = |object: &&Object| matches!(object, Object::Pod(pod) if pod.spec.node_name == node);
    api.list(Kind::Pod, None).filter(on_node).map(ObjectKey::of).collect()
}

/// How long a pod stays on a tainted node.
enum Stay {
    ForEver,
    For(Duration),
    /// It does not tolerate a taint.
    NoLonger,
}

fn stay(pod: &Pod, node: &Node) -> Stay {
    let mut shortest: Option<i64> = None;
    for taint in evicting_taints(node) {
        let Some(toleration) = pod.spec.tolerations.iter().find(|t| tolerates(t, taint)) else {
            return Stay::NoLonger;
        };
        if let Some(seconds) = toleration.toleration_seconds {
            shortest = Some(shortest.map_or(seconds, |shortest| shortest.min(seconds)));
        }
    }
    shortest.map_or(Stay::ForEver, |seconds| Stay::For(Duration::from_secs(seconds.clamp(0, 1_000_000_000))))
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
