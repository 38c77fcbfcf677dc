//! The back-off ladder and the back-off limit.

use std::collections::BTreeSet;

use serde_json::json;
use zadachnik::base::{Duration, Time};

use super::Scenario;
use super::world::World;

pub const SCENARIOS: &[Scenario] = &[
    ("scenario/docs-parallel-backoff", docs_parallel_backoff),
    ("scenario/never-backofflimit-4", never_backoff_limit_4),
    ("scenario/onfailure-backofflimit-2", on_failure_backoff_limit_2),
    ("scenario/measured-parallel-2", measured_parallel_2),
    ("scenario/first-retry-has-backoff", first_retry_has_backoff),
];

/// Runs failing pods to the Job's end; answers the waits in seconds from each wave's end to the next creation.
fn waves(world: &mut World, lasts: Duration) -> Vec<i64> {
    let (mut waits, mut seen, mut last_end) = (Vec::new(), BTreeSet::new(), None::<Time>);
    for _ in 0..20 {
        while world.active().is_empty() && !world.job().is_finished() {
            world.pass(Duration::from_millis(100));
        }
        if world.job().is_finished() {
            return waits;
        }
        if let Some(end) = last_end {
            waits.push((world.now() - end).as_secs());
        }
        for pod in world.active() {
            assert!(seen.insert(pod.metadata.name.clone()), "a new pod");
        }
        world.pass(lasts);
        for pod in world.active() {
            world.end_pod(&pod.metadata.name, 42);
        }
        last_end = Some(world.now().to_timestamp().to_time());
        world.pass_seconds(2);
    }
    panic!("the Job does not end");
}

fn docs_parallel_backoff() {
    let mut world = World::with_job(json!({"parallelism": 10, "backoffLimit": 10}));
    world.pass_seconds(1);
    for pod in world.active() {
        world.end_pod(&pod.metadata.name, 1);
    }
    world.pass_seconds(590);
    world.expect_status(json!({"failed": 10, "active": 0}));
    assert!(!world.job().is_finished());
    world.pass_seconds(12);
    world.expect_status(json!({"active": 10}));
    for pod in world.active() {
        world.end_pod(&pod.metadata.name, 1);
    }
    world.pass_seconds(3);
    assert!(world.job().status.failed >= 11);
    world.expect_finished("Failed", "BackoffLimitExceeded");
}

fn never_backoff_limit_4() {
    let mut world = World::with_job(json!({"parallelism": 1, "completions": 1, "backoffLimit": 4}));
    assert_eq!(waves(&mut world, Duration::from_millis(500)), [10, 20, 40, 80]);
    world.expect_status(json!({"failed": 5}));
    world.expect_finished("Failed", "BackoffLimitExceeded");
    let events = world.events();
    assert_eq!(
        events.iter().filter(|e| e.starts_with("Normal SuccessfulCreate: Created pod: work-")).count(),
        5
    );
    let last = "Warning BackoffLimitExceeded: Job has reached the specified backoff limit";
    assert_eq!(events.last().map(String::as_str), Some(last));
}

fn on_failure_backoff_limit_2() {
    let spec = json!({"parallelism": 1, "completions": 1, "backoffLimit": 2});
    let mut world = World::with_job_of(spec, "OnFailure", false);
    world.pass_seconds(2);
    let name = world.active()[0].metadata.name.clone();
    for restarts in 1..=2 {
        world.expect_status(json!({"active": 1, "failed": 0}));
        let status = json!({"phase": "Running", "containerStatuses": [{"name": "main", "restartCount": restarts, "state": {"running": {}}}]});
        let status = zadachnik::api::codec::Codec::decode(status).expect("a pod status");
        world.change_pod(&name, |pod| pod.status = status);
        world.pass_seconds(3);
    }
    world.expect_status(json!({"active": 0, "failed": 1}));
    world.expect_finished("Failed", "BackoffLimitExceeded");
    assert!(world.pods().is_empty());
    let expected = [
        format!("Normal SuccessfulCreate: Created pod: {name}"),
        format!("Normal SuccessfulDelete: Deleted pod: {name}"),
        "Warning BackoffLimitExceeded: Job has reached the specified backoff limit".to_owned(),
    ];
    assert_eq!(world.events(), expected);
}

fn measured_parallel_2() {
    let mut world = World::with_job(json!({"completions": 8, "parallelism": 2, "backoffLimit": 6}));
    let start = world.now();
    assert_eq!(waves(&mut world, Duration::from_secs(30)), [20, 80, 320]);
    world.expect_status(json!({"failed": 8}));
    world.expect_finished("Failed", "BackoffLimitExceeded");
    let total = (world.now() - start).as_secs();
    assert!((535..=556).contains(&total), "{total} s");
}

fn first_retry_has_backoff() {
    let mut world = World::with_job(json!({"parallelism": 1, "completions": 1, "backoffLimit": 6}));
    assert_eq!(waves(&mut world, Duration::from_millis(300)), [10, 20, 40, 80, 160, 320]);
    world.expect_status(json!({"failed": 7}));
    world.expect_finished("Failed", "BackoffLimitExceeded");
}
