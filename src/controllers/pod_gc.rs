//! The pod garbage collector: terminated pods beyond a threshold, and pods whose node no longer exists.
//!
//! Upstream looks every 20 seconds; here the changes tell when there is something to look at.
// Models pkg/controller/podgc/gc_controller.go

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::api::core::{Pod, PodCondition, PodPhase, pod_condition};
use crate::api::meta::ConditionStatus;
use crate::api::{Kind, Object};
use crate::apiserver::pods::set_condition;
use crate::apiserver::{ApiServer, Change, ChangeKind, DeleteOptions, ObjectKey, Subresource};
use crate::base::{Duration, Time};

/// The control plane's default of `--terminated-pod-gc-threshold`.
const TERMINATED_PODS_MAX: usize = 12_500;
const CHECK_PERIOD: Duration = Duration::from_secs(20);
/// How long a node must be gone before its pods go.
const QUARANTINE: Duration = Duration::from_secs(40);

#[derive(Clone, Debug, Default)]
pub struct PodGc {
    terminated: usize,
    next_check: Option<Time>,
    /// Nodes that are gone, by the time at which their pods go.
    lost_nodes: BTreeSet<(Time, String)>,
}

impl PodGc {
    pub fn new() -> PodGc {
        PodGc::default()
    }

    pub fn observe(&mut self, change: &Change, now: Time) {
        match &change.object {
            Object::Pod(pod) => self.count(change, pod, now),
            Object::Node(node) if change.kind == ChangeKind::Deleted => {
                self.lost_nodes.insert((now + QUARANTINE, node.metadata.name.clone()));
            }
            _ => {}
        }
    }

    fn count(&mut self, change: &Change, pod: &Pod, now: Time) {
        let was = matches!(&change.previous, Some(Object::Pod(before)) if before.is_terminal());
        let is = change.kind != ChangeKind::Deleted && pod.is_terminal();
        self.terminated = (self.terminated + usize::from(is)).saturating_sub(usize::from(was));
        if self.terminated > TERMINATED_PODS_MAX {
            self.next_check.get_or_insert(now + CHECK_PERIOD);
        }
    }

    pub fn next_wake(&self) -> Option<Time> {
        let node = self.lost_nodes.first().map(|(at, _)| *at);
        [node, self.next_check].into_iter().flatten().min()
    }

    /// Deletes what is due.
    pub fn run(&mut self, api: &mut ApiServer) {
        let now = api.now();
        if self.next_check.is_some_and(|at| at <= now) {
            self.next_check = None;
            delete_oldest_terminated(api);
        }
        while let Some((at, node)) = self.lost_nodes.first().cloned().filter(|(at, _)| *at <= now) {
            self.lost_nodes.remove(&(at, node.clone()));
            if api.find(Kind::Node, &ObjectKey::new("", &node)).is_none() {
                delete_orphaned(api, &node);
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

// Models pkg/controller/podgc/gc_controller.go gcTerminated
fn delete_oldest_terminated(api: &mut ApiServer) {
    let mut terminated: Vec<(crate::base::Timestamp, ObjectKey)> = pods(api)
        .filter(|pod| pod.is_terminal())
        .map(|pod| (pod.metadata.creation_timestamp.unwrap_or_default(), key_of(pod)))
        .collect();
    terminated.sort();
    let surplus = terminated.len().saturating_sub(TERMINATED_PODS_MAX);
    for (_, key) in &terminated[..surplus] {
        delete_now(api, key);
    }
}

// Models pkg/controller/podgc/gc_controller.go gcOrphaned
fn delete_orphaned(api: &mut ApiServer, node: &str) {
    let orphaned: Vec<ObjectKey> =
        pods(api).filter(|pod| pod.spec.node_name == node).map(|p| key_of(p)).collect();
    for key in orphaned {
        mark_failed(api, &key);
        delete_now(api, &key);
    }
}

/// A pod that nobody runs any more is failed before it goes, and says why.
// Models pkg/controller/podgc/gc_controller.go markFailedAndDeletePodWithCondition
fn mark_failed(api: &mut ApiServer, key: &ObjectKey) {
    let now = api.now().to_timestamp();
    let mark = |object: &mut Object| {
        let Object::Pod(pod) = object else { return };
        if pod.is_terminal() {
            return;
        }
        let pod = Arc::make_mut(pod);
        pod.status.phase = PodPhase::Failed;
        let condition = PodCondition {
            condition_type: pod_condition::DISRUPTION_TARGET.to_owned(),
            status: ConditionStatus::True,
            observed_generation: pod.metadata.generation,
            reason: "DeletionByPodGC".to_owned(),
            message: "PodGC: node no longer exists".to_owned(),
            ..PodCondition::default()
        };
        set_condition(pod, condition, now);
    };
    // A pod that went meanwhile needs no mark.
    let _ = api.patch(Kind::Pod, key, Subresource::Status, mark);
}

fn delete_now(api: &mut ApiServer, key: &ObjectKey) {
    let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
    // A pod that went meanwhile is what was wanted.
    let _ = api.delete(Kind::Pod, key, &options);
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
            Arc::make_mut(&mut pod.spec).node_name = (*node).to_owned();
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
}
