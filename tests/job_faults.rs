//! The Job controller where the API server refuses its requests, and where very many pods end at once.

#[allow(dead_code, reason = "shared by several tests; each uses its part")]
mod scenarios;

use scenarios::world::World;
use serde_json::json;
use zadachnik::api::Kind;
use zadachnik::api::batch::JOB_TRACKING_FINALIZER;
use zadachnik::api::core::{PodCondition, pod_condition};
use zadachnik::api::meta::ConditionStatus;
use zadachnik::api::status::{Status, StatusReason};
use zadachnik::apiserver::{Refusal, Request};

fn refuse(world: &mut World, request: Request, kind: Kind, times: u32) {
    let status = Status { reason: StatusReason::InternalError, ..Status::bad_request("the disk is full") };
    world.api.refuse(Refusal { request, kind, after: 0, times, status });
}

/// Every active pod runs and is ready.
fn make_ready(world: &mut World) {
    let names: Vec<String> = world.active().iter().map(|pod| pod.metadata.name.clone()).collect();
    for name in names {
        world.start_pod(&name);
        world.change_pod(&name, |pod| {
            pod.status.conditions.push(PodCondition {
                condition_type: pod_condition::READY.to_owned(),
                status: ConditionStatus::True,
                ..PodCondition::default()
            });
        });
    }
    world.pass_seconds(2);
}

#[test]
fn a_surplus_pod_that_keeps_its_finalizer_is_not_deleted_and_stays_ready() {
    let mut world = World::with_job(json!({"parallelism": 3, "completions": 9}));
    make_ready(&mut world);
    world.expect_status(json!({"active": 3, "ready": 3}));
    refuse(&mut world, Request::Patch, Kind::Pod, 1);
    world.edit(|spec| spec.parallelism = Some(1));
    // Two are one too many each; the first is refused, the second goes.
    let deleting = world.pods().iter().filter(|pod| pod.metadata.is_deleting()).count();
    assert_eq!(deleting, 1);
    let tracked = |world: &World| {
        world.pods().iter().filter(|pod| pod.metadata.has_finalizer(JOB_TRACKING_FINALIZER)).count()
    };
    assert_eq!(tracked(&world), 2, "the refused one still holds its finalizer");
    world.expect_status(json!({"active": 2, "ready": 2, "terminating": 1}));
    let failed: Vec<String> = world.events().into_iter().filter(|e| e.contains("FailedDelete")).collect();
    assert_eq!(failed, [""; 0], "nothing was deleted, so no deletion failed");
    world.pass_seconds(3);
    world.expect_status(json!({"active": 1, "ready": 1}));
    assert_eq!(tracked(&world), 1);
}

#[test]
fn succeeded_indexes_are_all_written_at_once_while_finalizers_go_in_parts() {
    let mut world =
        World::with_job(json!({"completionMode": "Indexed", "parallelism": 650, "completions": 650}));
    world.pass_seconds(5);
    let pods = world.active();
    assert_eq!(pods.len(), 650);
    for pod in &pods {
        world.end_pod(&pod.metadata.name, 0);
    }
    let before = world.api.version();
    world.pass_seconds(20);
    let first = world.api.changes_since(before).expect("recent").find_map(|change| match &change.object {
        zadachnik::api::Object::Job(job) => Some(job.clone()),
        _ => None,
    });
    let status = &first.expect("a write").status;
    assert_eq!((status.completed_indexes.as_str(), status.succeeded), ("0-649", 650));
    world.expect_finished("Complete", "CompletionsReached");
    world.expect_status(json!({"succeeded": 650, "active": 0}));
    assert!(world.pods().iter().all(|pod| pod.metadata.finalizers.is_empty()));
}

#[test]
fn refused_finalizer_removals_and_a_restart_count_no_pod_twice() {
    for restart in [false, true] {
        let mut world = World::with_job(json!({"parallelism": 4, "completions": 4, "backoffLimit": 6}));
        world.pass_seconds(2);
        let pods = world.active();
        for (number, pod) in pods.iter().enumerate() {
            world.end_pod(&pod.metadata.name, i32::from(number == 0));
        }
        refuse(&mut world, Request::Patch, Kind::Pod, 3);
        world.pass_seconds(1);
        if restart {
            world.restart_controller();
        }
        world.pass_seconds(60);
        world.expect_status(json!({"succeeded": 3, "failed": 1}));
        let left = world.job().status.uncounted_terminated_pods.clone().unwrap_or_default();
        assert!(left.succeeded.is_empty() && left.failed.is_empty(), "restart: {restart}");
        let replacement = world.active().into_iter().next().expect("the failed one is replaced");
        world.end_pod(&replacement.metadata.name, 0);
        world.pass_seconds(5);
        world.expect_status(json!({"succeeded": 4, "failed": 1}));
        world.expect_finished("Complete", "CompletionsReached");
    }
}
