//! Suspending, resuming, replacing deleted pods, and the delay of the final condition.

use serde_json::json;

use super::Scenario;
use super::world::{LONG, World};

pub const SCENARIOS: &[Scenario] = &[
    ("scenario/suspend-running", suspend_running),
    ("scenario/create-suspended-resume", create_suspended_resume),
    ("scenario/suspend-zero-completions", suspend_zero_completions),
    ("scenario/starttime-on-resume", start_time_on_resume),
    ("scenario/docs-suspend-events", docs_suspend_events),
    ("scenario/replacement-terminatingorfailed-indexed", || replacement("Indexed", "TerminatingOrFailed")),
    ("scenario/replacement-terminatingorfailed-nonindexed", || {
        replacement("NonIndexed", "TerminatingOrFailed")
    }),
    ("scenario/replacement-failed-indexed", || replacement("Indexed", "Failed")),
    ("scenario/replacement-failed-nonindexed", || replacement("NonIndexed", "Failed")),
    ("scenario/delay-terminal-failed", delay_terminal_failed),
    ("scenario/delay-terminal-complete", delay_terminal_complete),
];

#[track_caller]
fn expect_suspended(world: &World, status: &str, reason: &str, message: &str) {
    let job = world.job();
    let found = job.status.conditions.iter().find(|c| c.condition_type.as_str() == "Suspended");
    let found = found.map(|c| (c.status.as_str(), c.reason.as_str(), c.message.as_str()));
    assert_eq!(found, Some((status, reason, message)));
}

#[track_caller]
fn expect_event(world: &World, event: &str) {
    assert!(world.events().iter().any(|known| known == event), "{:?}", world.events());
}

fn suspend_running() {
    let mut world = World::with_job(json!({"parallelism": 2, "completions": 4, "suspend": false}));
    world.pass_seconds(2);
    world.expect_status(json!({"active": 2}));
    world.edit(|spec| spec.suspend = Some(true));
    world.pass_seconds(2);
    world.expect_status(json!({"active": 0, "terminating": 0, "failed": 0, "succeeded": 0}));
    expect_suspended(&world, "True", "JobSuspended", "Job suspended");
    expect_event(&world, "Normal Suspended: Job suspended");
    assert!(world.pods().is_empty());
}

fn create_suspended_resume() {
    let mut world = World::with_job(json!({"parallelism": 2, "completions": 4, "suspend": true}));
    world.pass_seconds(2);
    world.expect_status(json!({"active": 0, "startTimeSet": false}));
    expect_suspended(&world, "True", "JobSuspended", "Job suspended");
    expect_event(&world, "Normal Suspended: Job suspended");
    world.edit(|spec| spec.suspend = Some(false));
    world.pass_seconds(2);
    world.expect_status(json!({"active": 2, "startTimeSet": true}));
    expect_suspended(&world, "False", "JobResumed", "Job resumed");
    expect_event(&world, "Normal Resumed: Job resumed");
}

fn suspend_zero_completions() {
    let mut world = World::with_job(json!({"completions": 0, "suspend": true}));
    world.pass_seconds(2);
    let types: Vec<String> =
        world.job().status.conditions.iter().map(|c| c.condition_type.to_string()).collect();
    assert_eq!(types, ["SuccessCriteriaMet", "Complete"]);
    world.expect_status(json!({"startTimeSet": false}));
}

fn start_time_on_resume() {
    let mut world = World::with_job(json!({"parallelism": 1, "completions": 2}));
    world.pass_seconds(5);
    world.expect_status(json!({"startTimeSet": true}));
    world.edit(|spec| spec.suspend = Some(true));
    world.pass_seconds(5);
    world.expect_status(json!({"startTimeSet": false}));
    world.edit(|spec| spec.suspend = Some(false));
    let resumed = world.now().to_timestamp();
    world.pass_seconds(5);
    assert_eq!(world.job().status.start_time, Some(resumed));
}

fn docs_suspend_events() {
    let mut world = World::with_job(json!({"parallelism": 1, "completions": 5}));
    world.pass_seconds(5);
    world.edit(|spec| spec.suspend = Some(true));
    world.pass_seconds(5);
    world.edit(|spec| spec.suspend = Some(false));
    world.pass_seconds(5);
    let reasons: Vec<String> =
        world.events().iter().filter_map(|event| event.split([' ', ':']).nth(1).map(str::to_owned)).collect();
    assert_eq!(reasons, ["SuccessfulCreate", "SuccessfulDelete", "Suspended", "SuccessfulCreate", "Resumed"]);
}

fn replacement(mode: &str, policy: &str) {
    let spec =
        json!({"parallelism": 2, "completions": 2, "completionMode": mode, "podReplacementPolicy": policy});
    let mut world = World::with_job_of(spec, "Never", true);
    world.pass_seconds(2);
    for pod in world.active() {
        world.delete_pod(&pod.metadata.name);
    }
    world.pass_seconds(LONG);
    let waits = policy == "Failed";
    let counted = if waits { 0 } else { 2 };
    world.expect_status(json!({"active": counted, "failed": counted, "terminating": 2}));
    for pod in world.pods().iter().filter(|pod| pod.metadata.is_deleting()) {
        world.end_pod(&pod.metadata.name, 1);
    }
    world.pass_seconds(LONG);
    world.expect_status(json!({"active": 2, "failed": 2, "terminating": 0}));
}

fn delay_terminal_failed() {
    let spec = json!({"parallelism": 2, "completions": 2, "backoffLimit": 0});
    let mut world = World::with_job_of(spec, "Never", true);
    world.pass_seconds(2);
    let names: Vec<String> = world.active().iter().map(|pod| pod.metadata.name.clone()).collect();
    world.end_pod(&names[0], 1);
    world.pass_seconds(3);
    world.expect_status(json!({"failed": 2, "terminating": 1, "ready": 0}));
    assert_eq!(world.conditions(), ["FailureTarget/BackoffLimitExceeded"]);
    world.end_pod(&names[1], 137);
    world.pass_seconds(3);
    world.expect_status(json!({"failed": 2, "terminating": 0}));
    assert_eq!(world.conditions(), ["FailureTarget/BackoffLimitExceeded", "Failed/BackoffLimitExceeded"]);
}

fn delay_terminal_complete() {
    let spec = json!({"parallelism": 2, "completions": 2, "completionMode": "Indexed"});
    let mut world = World::with_job_of(spec, "Never", true);
    world.pass_seconds(2);
    world.end_index(0, 0);
    world.edit(|spec| (spec.parallelism, spec.completions) = (Some(1), Some(1)));
    world.pass_seconds(3);
    world.expect_status(json!({"succeeded": 1, "terminating": 1, "completedIndexes": "0"}));
    assert_eq!(world.conditions(), ["SuccessCriteriaMet/CompletionsReached"]);
    world.release_deleted();
    world.pass_seconds(3);
    world.expect_status(json!({"succeeded": 1, "terminating": 0}));
    assert_eq!(world.conditions(), ["SuccessCriteriaMet/CompletionsReached", "Complete/CompletionsReached"]);
}
