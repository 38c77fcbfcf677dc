//! The pod garbage collector: terminated pods beyond a threshold, pods whose node does not exist, and deleted pods that
//! no kubelet will end.
//!
//! Upstream looks every 20 seconds; here the changes tell when there is something to look at.
// Models pkg/controller/podgc/gc_controller.go

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::api::core::{Node, NodeCondition, Pod, PodCondition, PodPhase, pod_condition};
use crate::api::meta::ConditionStatus;
use crate::api::{Kind, Object, Status};
use crate::apiserver::pods::set_condition;
use crate::apiserver::{ApiServer, Change, ChangeKind, DeleteOptions, ObjectKey, Subresource};
use crate::base::{Duration, Time, sorted};

/// The control plane's default of `--terminated-pod-gc-threshold`.
const TERMINATED_PODS_MAX: usize = 12_500;
const CHECK_PERIOD: Duration = Duration::from_secs(20);
/// How long a node must be gone before its pods go.
const QUARANTINE: Duration = Duration::from_secs(40);
/// The reason of pods that a kubelet evicted: they go before other terminated ones.
// Models pkg/kubelet/eviction/helpers.go Reason
const EVICTED: &str = "Evicted";
const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

#[derive(Clone, Debug, Default)]
pub struct PodGc {
    terminated: usize,
    next_check: Option<Time>,
    nodes: BTreeSet<String>,
    /// Names of nodes that do not exist, by the time at which their pods go.
    lost_nodes: BTreeSet<(Time, String)>,
}

impl PodGc {
    pub fn new() -> PodGc {
        PodGc::default()
    }

    /// A new process of the controller: it counts again, and waits again for nodes that are missing.
    pub fn restart(&mut self, api: &ApiServer) {
        *self = PodGc::new();
        let now = api.now();
        for object in api.list(Kind::Node, None) {
            self.nodes.insert(object.metadata().name.clone());
        }
        for pod in pods(api) {
            self.terminated += usize::from(pod.is_terminal());
            self.consider(pod, now);
        }
        self.consider_count(now);
        self.next_check.get_or_insert(now + CHECK_PERIOD);
    }

    pub fn observe(&mut self, change: &Change, now: Time) {
        match &change.object {
            Object::Pod(pod) => self.observe_pod(change, pod, now),
            Object::Node(node) => {
                let name = &node.metadata.name;
                if change.kind == ChangeKind::Deleted {
                    self.nodes.remove(name);
                    self.lost_nodes.insert((now + QUARANTINE, name.clone()));
                } else if !self.nodes.contains(name) {
                    self.nodes.insert(name.clone());
                }
                if is_out_of_service(node) {
                    self.next_check.get_or_insert(now + CHECK_PERIOD);
                }
            }
            _ => {}
        }
    }

    fn observe_pod(&mut self, change: &Change, pod: &Pod, now: Time) {
        let was = matches!(&change.previous, Some(Object::Pod(before)) if before.is_terminal());
        let is = change.kind != ChangeKind::Deleted && pod.is_terminal();
        self.terminated = (self.terminated + usize::from(is)).saturating_sub(usize::from(was));
        self.consider_count(now);
        if change.kind != ChangeKind::Deleted {
            self.consider(pod, now);
        }
    }

    fn consider_count(&mut self, now: Time) {
        if self.terminated > TERMINATED_PODS_MAX {
            self.next_check.get_or_insert(now + CHECK_PERIOD);
        }
    }

    fn consider(&mut self, pod: &Pod, now: Time) {
        let node = &pod.spec.node_name;
        if node.is_empty() {
            if pod.metadata.is_deleting() {
                self.next_check.get_or_insert(now + CHECK_PERIOD);
            }
        } else if !self.nodes.contains(node) && !self.lost_nodes.iter().any(|(_, lost)| lost == node) {
            self.lost_nodes.insert((now + QUARANTINE, node.clone()));
        }
    }

    pub fn next_wake(&self) -> Option<Time> {
        let node = self.lost_nodes.first().map(|(at, _)| *at);
        [node, self.next_check].into_iter().flatten().min()
    }

    /// Deletes what is due.
    // Models pkg/controller/podgc/gc_controller.go gc
    pub fn run(&mut self, api: &mut ApiServer) {
        let now = api.now();
        if self.next_check.is_some_and(|at| at <= now) {
            self.next_check = None;
            let done = [delete_oldest_terminated(api), delete_out_of_service(api), delete_unscheduled(api)];
            if done.contains(&false) {
                self.next_check = Some(now + CHECK_PERIOD);
            }
        }
        while let Some((at, node)) = self.lost_nodes.first().cloned().filter(|(at, _)| *at <= now) {
            self.lost_nodes.remove(&(at, node.clone()));
            if api.find(Kind::Node, &ObjectKey::new("", &node)).is_none() && !delete_orphaned(api, &node) {
                self.lost_nodes.insert((now + QUARANTINE, node));
            }
        }
    }
}

fn pods(api: &ApiServer) -> impl Iterator<Item = &Arc<Pod>> {
    api.list(Kind::Pod, None)
        .filter_map(|object| if let Object::Pod(pod) = object { Some(pod) } else { None })
}

fn key_of(pod: &Pod) -> ObjectKey {
    ObjectKey::new(&pod.metadata.namespace, &pod.metadata.name)
}

/// Evicted ones first, then the oldest, then by name. Answers, as its neighbours do, false when the server refused.
// Models pkg/controller/podgc/gc_controller.go gcTerminated, byEvictionAndCreationTimestamp
fn delete_oldest_terminated(api: &mut ApiServer) -> bool {
    let terminated = pods(api).filter(|pod| pod.is_terminal());
    let mut terminated: Vec<_> = terminated
        .map(|pod| {
            let evicted = pod.status.phase == PodPhase::Failed && pod.status.reason == EVICTED;
            let meta = &pod.metadata;
            let created = meta.creation_timestamp.unwrap_or_default();
            (!evicted, created, meta.name.clone(), meta.namespace.clone())
        })
        .collect();
    sorted::sort(&mut terminated);
    let surplus = terminated.len().saturating_sub(TERMINATED_PODS_MAX);
    let surplus = terminated.into_iter().take(surplus);
    end_all(api, surplus.map(|(_, _, name, namespace)| ObjectKey::new(&namespace, &name)).collect(), None)
}

/// A node that its administrator declares out of service will never end the pods that were deleted there.
fn is_out_of_service(node: &Node) -> bool {
    let is_ready = |condition: &NodeCondition| {
        condition.condition_type == pod_condition::READY && condition.status == ConditionStatus::True
    };
    node.spec.taints.iter().any(|taint| taint.key == OUT_OF_SERVICE)
        && !node.status.conditions.iter().any(is_ready)
}

// Models pkg/controller/podgc/gc_controller.go gcTerminating
fn delete_out_of_service(api: &mut ApiServer) -> bool {
    let is_stuck = |pod: &&Arc<Pod>| {
        pod.metadata.is_deleting()
            && matches!(api.find(Kind::Node, &ObjectKey::new("", &pod.spec.node_name)),
                Some(Object::Node(node)) if is_out_of_service(node))
    };
    let stuck = pods(api).filter(is_stuck).map(|pod| key_of(pod)).collect();
    end_all(api, stuck, None)
}

/// No kubelet ends a pod that never had a node; a finalizer may still hold it.
// Models pkg/controller/podgc/gc_controller.go gcUnscheduledTerminating
fn delete_unscheduled(api: &mut ApiServer) -> bool {
    let is_stuck = |pod: &&Arc<Pod>| pod.metadata.is_deleting() && pod.spec.node_name.is_empty();
    let stuck = pods(api).filter(is_stuck).map(|pod| key_of(pod)).collect();
    end_all(api, stuck, None)
}

// Models pkg/controller/podgc/gc_controller.go gcOrphaned
fn delete_orphaned(api: &mut ApiServer, node: &str) -> bool {
    let orphaned = pods(api).filter(|pod| pod.spec.node_name == node).map(|pod| key_of(pod)).collect();
    let condition = PodCondition {
        condition_type: pod_condition::DISRUPTION_TARGET.to_owned(),
        status: ConditionStatus::True,
        reason: "DeletionByPodGC".to_owned(),
        message: "PodGC: node no longer exists".to_owned(),
        ..PodCondition::default()
    };
    end_all(api, orphaned, Some(&condition))
}

/// A pod that nobody runs any more is failed before it goes, and may say why.
// Models pkg/controller/podgc/gc_controller.go markFailedAndDeletePodWithCondition
fn end_all(api: &mut ApiServer, pods: Vec<ObjectKey>, condition: Option<&PodCondition>) -> bool {
    let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
    let mut done = true;
    for key in pods {
        let marked = mark_failed(api, &key, condition);
        let ended = marked.and_then(|()| api.delete(Kind::Pod, &key, &options).map(|_| ()));
        // A pod that went meanwhile is what was wanted.
        done &= ended.is_ok() || ended.is_err_and(|status| status.is_not_found());
    }
    done
}

fn mark_failed(api: &mut ApiServer, key: &ObjectKey, condition: Option<&PodCondition>) -> Result<(), Status> {
    let now = api.now().to_timestamp();
    let is_over = matches!(api.find(Kind::Pod, key), Some(Object::Pod(pod)) if pod.is_terminal());
    if is_over {
        return Ok(());
    }
    let mark = |object: &mut Object| {
        let Object::Pod(pod) = object else { return };
        let pod = Arc::make_mut(pod);
        pod.status.phase = PodPhase::Failed;
        if let Some(condition) = condition {
            let observed_generation = pod.metadata.generation;
            set_condition(pod, PodCondition { observed_generation, ..condition.clone() }, now);
        }
    };
    api.patch(Kind::Pod, key, Subresource::Status, mark).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::core::Node;
    use crate::base::Random;

    fn world(nodes: &[&str], pods: &[(&str, &str)]) -> (ApiServer, PodGc) {
        let mut api = ApiServer::new(Time::default(), Random::new(1));
        for name in nodes {
            let mut node = Node::default();
            node.metadata.name = (*name).to_owned();
            api.restore(Object::from(node));
        }
        for (name, node) in pods {
            let mut pod = Pod::default();
            pod.metadata.name = (*name).to_owned();
            pod.metadata.namespace = "default".to_owned();
            pod.metadata.finalizers.push("held".to_owned());
            pod.spec.node_name = (*node).to_owned();
            pod.status.phase = PodPhase::Running;
            api.restore(Object::from(pod));
        }
        (api, PodGc::new())
    }

    #[test]
    fn pods_of_a_node_that_is_gone_fail_and_go_after_the_quarantine() {
        let (mut api, mut gc) = world(&["a", "b"], &[("on-a", "a"), ("on-b", "b")]);
        let before = api.version();
        api.delete(Kind::Node, &ObjectKey::new("", "a"), &DeleteOptions::default()).expect("deleted");
        let changes: Vec<Change> = api.changes_since(before).expect("recent").cloned().collect();
        changes.iter().for_each(|change| gc.observe(change, api.now()));
        assert_eq!(gc.next_wake(), Some(Time::from_millis(40_000)));
        api.set_now(Time::from_millis(40_000));
        gc.run(&mut api);
        let pod = |name| match api.get(Kind::Pod, &ObjectKey::new("default", name)) {
            Ok(Object::Pod(pod)) => Arc::clone(pod),
            _ => panic!("held by its finalizer"),
        };
        assert_eq!(pod("on-a").status.phase, PodPhase::Failed);
        assert_eq!(
            pod("on-a").condition("DisruptionTarget").map(|c| c.reason.as_str()),
            Some("DeletionByPodGC")
        );
        assert!(pod("on-a").metadata.is_deleting());
        assert_eq!(pod("on-b").status.phase, PodPhase::Running);
    }

    fn observe(gc: &mut PodGc, api: &ApiServer, since: crate::api::meta::ResourceVersion) {
        let changes: Vec<Change> = api.changes_since(since).expect("recent").cloned().collect();
        changes.iter().for_each(|change| gc.observe(change, api.now()));
    }

    #[test]
    fn a_deleted_pod_that_never_had_a_node_fails_and_goes() {
        let before = crate::api::meta::ResourceVersion(0);
        let (mut api, mut gc) = world(&[], &[("new", ""), ("other", "")]);
        api.delete(Kind::Pod, &ObjectKey::new("default", "new"), &DeleteOptions::default()).expect("marked");
        observe(&mut gc, &api, before);
        assert_eq!(gc.next_wake(), Some(Time::from_millis(20_000)));
        api.set_now(Time::from_millis(20_000));
        gc.run(&mut api);
        let phases: Vec<PodPhase> = pods(&api).map(|pod| pod.status.phase).collect();
        assert_eq!(phases, [PodPhase::Failed, PodPhase::Running], "one is held by its finalizer");
        let told = pods(&api).next().map(|pod| pod.status.conditions.len());
        assert_eq!(told, Some(0), "no disruption is told");
    }

    #[test]
    fn a_pod_on_a_node_that_never_was_goes_after_the_quarantine() {
        let before = crate::api::meta::ResourceVersion(0);
        let (mut api, mut gc) = world(&["a"], &[("here", "a"), ("lost", "ghost")]);
        observe(&mut gc, &api, before);
        assert_eq!(gc.next_wake(), Some(Time::from_millis(40_000)));
        api.set_now(Time::from_millis(40_000));
        gc.run(&mut api);
        let going: Vec<bool> = pods(&api).map(|pod| pod.metadata.is_deleting()).collect();
        assert_eq!(going, [false, true]);
        let (api, mut gc) = world(&["a"], &[("here", "a"), ("lost", "ghost")]);
        gc.restart(&api);
        assert_eq!(gc.next_wake(), Some(Time::from_millis(20_000)), "a new process looks soon");
    }

    #[test]
    fn stuck_pods_of_a_node_out_of_service_go() {
        let before = crate::api::meta::ResourceVersion(0);
        let (mut api, mut gc) = world(&["a", "b"], &[("on-a", "a"), ("on-b", "b")]);
        for name in ["on-a", "on-b"] {
            api.delete(Kind::Pod, &ObjectKey::new("default", name), &DeleteOptions::default())
                .expect("marked");
        }
        let tainted = api.patch(Kind::Node, &ObjectKey::new("", "a"), Subresource::Main, |object| {
            let Object::Node(node) = object else { return };
            let taint = crate::api::core::Taint { key: OUT_OF_SERVICE.to_owned(), ..Default::default() };
            Arc::make_mut(node).spec.taints.push(taint);
        });
        tainted.expect("there");
        observe(&mut gc, &api, before);
        api.set_now(Time::from_millis(20_000));
        gc.run(&mut api);
        let phases: Vec<PodPhase> = pods(&api).map(|pod| pod.status.phase).collect();
        assert_eq!(phases, [PodPhase::Failed, PodPhase::Running]);
    }

    #[test]
    fn what_the_server_refuses_is_tried_again_at_the_next_look() {
        let (mut api, mut gc) = world(&[], &[("new", "")]);
        api.delete(Kind::Pod, &ObjectKey::new("default", "new"), &DeleteOptions::default()).expect("marked");
        observe(&mut gc, &api, crate::api::meta::ResourceVersion(0));
        let (request, status) = (crate::apiserver::Request::Patch, Status::bad_request("refused"));
        api.refuse(crate::apiserver::Refusal { request, kind: Kind::Pod, after: 0, times: 1, status });
        for (at, phase) in [(20_000, PodPhase::Running), (40_000, PodPhase::Failed)] {
            assert_eq!(gc.next_wake(), Some(Time::from_millis(at)));
            api.set_now(Time::from_millis(at));
            gc.run(&mut api);
            assert_eq!(pods(&api).next().map(|pod| pod.status.phase), Some(phase));
        }
        assert_eq!(gc.next_wake(), None);
    }
}
