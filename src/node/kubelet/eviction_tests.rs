//! What taints and lost nodes do to pods.

use std::sync::Arc;

use serde_json::json;

use super::Lives;
use super::tests::{World, pod};
use crate::api::core::Taint;
use crate::api::status::{Status, StatusReason};
use crate::api::{Kind, Object};
use crate::apiserver::{ObjectKey, Refusal, Request, Subresource};

#[test]
fn a_lost_node_loses_its_pods_after_their_tolerance() {
    let mut world = World::new(Lives::Annotations);
    let tolerance = json!([{"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}]);
    world.create(
        Kind::Pod,
        pod(json!({"sim/duration": "inf"}), json!({"restartPolicy": "Never", "tolerations": tolerance})),
    );
    world.run_until(10.0);
    world.kubelet.set_answering(false, world.api.now());
    world.lifecycle.lose("node-1", world.api.now());
    world.run_until(1_000.0);
    assert_eq!(world.history.last().map(String::as_str), Some("360.0 deleting Running main=running/0"));
    let lost = world.pod("p").expect("nobody ends it");
    assert_eq!(lost.condition("DisruptionTarget").map(|c| c.reason.as_str()), Some("DeletionByTaintManager"));
    world.kubelet.set_answering(true, world.api.now());
    world.lifecycle.restore("node-1", world.api.now());
    world.run_until(1_100.0);
    assert!(world.pod("p").is_none(), "{:#?}", world.history);
}

#[test]
fn a_pod_that_was_put_on_a_node_with_an_evicting_taint_by_hand_is_rejected() {
    let mut world = World::new(Lives::Annotations);
    taint(&mut world, "drained");
    world.create(Kind::Pod, pod(json!({}), json!({"restartPolicy": "Never", "nodeName": "node-1"})));
    world.run_until(10.0);
    let event = "TaintToleration Predicate TaintToleration failed: node(s) had taints that the pod didn't tolerate x1";
    assert!(world.events().iter().any(|told| told == event), "{:#?}", world.events());
}

fn taint(world: &mut World, key: &str) {
    let tainted = world.api.patch(Kind::Node, &ObjectKey::new("", "node-1"), Subresource::Main, |object| {
        if let Object::Node(node) = object {
            let taint = Taint { key: key.to_owned(), effect: "NoExecute".to_owned(), ..Taint::default() };
            Arc::make_mut(node).spec.taints.push(taint);
        }
    });
    tainted.expect("the node is there");
}

#[test]
fn a_taint_that_is_not_tolerated_evicts_before_one_that_is() {
    let mut world = World::new(Lives::Annotations);
    let tolerance =
        json!([{"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}]);
    let spec = json!({"restartPolicy": "Never", "tolerations": tolerance});
    world.create(Kind::Pod, pod(json!({"sim/duration": "inf"}), spec));
    world.run_until(10.0);
    taint(&mut world, "a");
    world.run_until(20.0);
    assert_eq!(world.pod("p").map(|pod| pod.metadata.is_deleting()), Some(false));
    taint(&mut world, "b");
    world.run_until(30.0);
    assert!(world.pod("p").is_none(), "{:#?}", world.history);
    let told: Vec<String> = world.events().into_iter().filter(|e| e.starts_with("TaintManager")).collect();
    let expect = [
        "TaintManagerEviction Cancelling deletion of Pod default/p x1",
        "TaintManagerEviction Marking for deletion Pod default/p x1",
    ];
    assert_eq!(told, expect);
    let named = world.api.list(Kind::Event, None).filter_map(|object| match object {
        Object::Event(event) if event.reason == "TaintManagerEviction" => Some(&event.involved_object.uid),
        _ => None,
    });
    assert!(named.into_iter().all(String::is_empty), "these events name the pod without its uid");
}

#[test]
fn finished_pods_are_evicted_too_and_a_deletion_cancels_its_eviction() {
    let mut world = World::new(Lives::Annotations);
    let tolerance =
        json!([{"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60}]);
    for (name, duration) in [("done", "1"), ("p", "inf")] {
        let spec = json!({"restartPolicy": "Never", "tolerations": tolerance});
        let mut pod = pod(json!({"sim/duration": duration}), spec);
        pod["metadata"]["name"] = json!(name);
        world.create(Kind::Pod, pod);
    }
    world.run_until(10.0);
    taint(&mut world, "a");
    world.run_until(30.0);
    world.delete("p", None);
    world.run_until(69.0);
    assert!(world.pod("done").is_some());
    world.run_until(71.0);
    assert!(world.pod("done").is_none());
    let told: Vec<String> = world.events().into_iter().filter(|e| e.starts_with("TaintManager")).collect();
    let expect = [
        "TaintManagerEviction Marking for deletion Pod default/done x1",
        "TaintManagerEviction Cancelling deletion of Pod default/p x1",
    ];
    assert_eq!(told, expect);
}

/// A pod on a node that is lost at the tenth second.
fn lost() -> World {
    let mut world = World::new(Lives::Annotations);
    let tolerance = json!([{"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}]);
    let spec = json!({"restartPolicy": "Never", "tolerations": tolerance});
    world.create(Kind::Pod, pod(json!({"sim/duration": "inf"}), spec));
    world.run_until(10.0);
    world.kubelet.set_answering(false, world.api.now());
    world.lifecycle.lose("node-1", world.api.now());
    world
}

fn is_deleting(world: &World) -> bool {
    world.pod("p").expect("nobody ends it").metadata.is_deleting()
}

#[test]
fn new_controllers_count_the_tolerated_time_anew() {
    let mut world = lost();
    // Its silence shows at 60; without the restart the pod would go at 360.
    world.run_until(200.0);
    world.lifecycle.restart(&world.api);
    world.run_until(499.0);
    assert!(!is_deleting(&world));
    world.run_until(501.0);
    assert!(is_deleting(&world));
}

#[test]
fn the_silence_of_a_node_is_told_until_the_server_takes_it() {
    let mut world = lost();
    let status = Status { reason: StatusReason::InternalError, ..Status::bad_request("refused") };
    world.api.refuse(Refusal { request: Request::Patch, kind: Kind::Node, after: 0, times: 1, status });
    let taints = |world: &World| match world.api.find(Kind::Node, &ObjectKey::new("", "node-1")) {
        Some(Object::Node(node)) => node.spec.taints.len(),
        _ => 0,
    };
    world.run_until(64.0);
    assert_eq!(taints(&world), 0);
    world.run_until(66.0);
    assert_eq!(taints(&world), 2);
}

#[test]
fn a_removed_node_says_so() {
    let mut world = World::new(Lives::Annotations);
    world.run_until(1.0);
    world.api.delete(Kind::Node, &ObjectKey::new("", "node-1"), &Default::default()).expect("deleted");
    world.run_until(2.0);
    let text = "RemovingNode Node node-1 event: Removing Node node-1 from Controller x1";
    assert_eq!(world.events(), [text]);
}
