//! podFailurePolicy and successPolicy.

use serde_json::{Value, json};

use super::Scenario;
use super::world::{LONG, World};

pub const SCENARIOS: &[Scenario] = &[
    ("scenario/success-policy-count", success_policy_count),
    ("scenario/success-policy-vs-per-index", success_policy_vs_per_index),
    ("scenario/docs-success-policy-example", docs_success_policy_example),
    ("scenario/pfp-exit-5-failjob", || failure_policy(5, &[], json!({"active": 0, "failed": 1}), "Failed")),
    ("scenario/pfp-disruptiontarget-ignore", || {
        failure_policy(137, &["DisruptionTarget"], json!({"active": 1, "failed": 0}), "Complete");
    }),
    ("scenario/pfp-exit-10-count", || failure_policy(10, &[], json!({"active": 1, "failed": 1}), "Complete")),
    ("scenario/pfp-no-rule-matches", || {
        failure_policy(0, &[], json!({"active": 1, "failed": 1}), "Complete")
    }),
];

fn success_policy_count() {
    let mut world = World::with_job(json!({
        "completionMode": "Indexed", "parallelism": 2, "completions": 2,
        "successPolicy": {"rules": [{"succeededCount": 1}]},
    }));
    world.pass_seconds(2);
    world.expect_status(json!({"active": 2}));
    world.end_index(1, 0);
    world.pass_seconds(3);
    world.expect_status(json!({"active": 0, "failed": 0, "succeeded": 1, "completedIndexes": "1"}));
    assert_eq!(world.conditions(), ["SuccessCriteriaMet/SuccessPolicy", "Complete/SuccessPolicy"]);
    assert_eq!(world.job().status.conditions[1].message, "Matched rules at index 0");
}

fn success_policy_vs_per_index() {
    let mut world = World::with_job(json!({
        "completionMode": "Indexed", "parallelism": 2, "completions": 2, "backoffLimitPerIndex": 0,
        "successPolicy": {"rules": [{"succeededCount": 1}]},
    }));
    world.pass_seconds(2);
    world.end_index(0, 1);
    world.pass_seconds(3);
    world.expect_status(json!({"active": 1, "failed": 1, "failedIndexes": "0"}));
    world.end_index(1, 0);
    world.pass_seconds(3);
    world.expect_status(json!({"failed": 1, "succeeded": 1}));
    world.expect_finished("Failed", "FailedIndexes");
}

/// All ten pods end about together, so the documented example can end either way: failures are looked at first.
fn docs_success_policy_example() {
    let world = || {
        let mut world = World::with_job(json!({
            "completionMode": "Indexed", "completions": 10, "parallelism": 10, "backoffLimit": 6,
            "successPolicy": {"rules": [{"succeededIndexes": "0,2-3", "succeededCount": 1}]},
        }));
        world.pass_seconds(2);
        world
    };
    let mut success_first = world();
    (3..9).for_each(|index| success_first.end_index(index, 1));
    success_first.end_index(2, 0);
    success_first.pass_seconds(3);
    assert_eq!(success_first.conditions(), ["SuccessCriteriaMet/SuccessPolicy", "Complete/SuccessPolicy"]);
    let mut failures_too = world();
    (3..10).for_each(|index| failures_too.end_index(index, 1));
    failures_too.end_index(2, 0);
    failures_too.pass_seconds(3);
    failures_too.expect_finished("Failed", "BackoffLimitExceeded");
}

fn failure_policy(code: i32, conditions: &[&str], afterwards: Value, end: &str) {
    let mut world = World::with_job(json!({"podFailurePolicy": {"rules": [
        {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
        {"action": "Count", "onExitCodes": {"operator": "In", "values": [10]}},
        {"action": "FailJob", "onExitCodes": {"operator": "In", "values": [5, 6, 7]}},
    ]}}));
    world.pass_seconds(2);
    let pod = world.active().remove(0);
    world.end_pod_as(&pod.metadata.name, "Failed", code, conditions);
    world.pass_seconds(LONG);
    world.expect_status(afterwards);
    for pod in world.active() {
        world.end_pod(&pod.metadata.name, 0);
    }
    world.pass_seconds(3);
    let reason = if end == "Failed" { "PodFailurePolicy" } else { "CompletionsReached" };
    world.expect_finished(end, reason);
}
