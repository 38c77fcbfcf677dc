//! Histories of a whole cluster around deletion, CronJobs and TTLs, in the order that a real control plane recorded.

#[path = "operations/world.rs"]
mod world;

use world::World;
use zadachnik::api::Kind;
use zadachnik::apiserver::Propagation;

const DELETE: &str = include_str!("operations/delete.yaml");
const TTL: &str = include_str!("operations/ttl.yaml");
const CRON: &str = include_str!("operations/cron.yaml");

/// What becomes of a running pod that is deleted: finalizers, grace period.
const POD_GOES: [&str; 3] = ["MODIFIED Failed [] 30", "MODIFIED Failed [] 0", "DELETED Failed [] 0"];

fn with_end(begin: &[&str]) -> Vec<String> {
    begin.iter().chain(&POD_GOES).map(|text| (*text).to_owned()).collect()
}

#[test]
fn background_deletion_takes_the_job_first() {
    let mut world = World::new();
    world.create(DELETE);
    world.advance(4.0);
    world.delete(Kind::Job, "bg", Propagation::Background);
    world.advance(3.0);
    assert_eq!(world.seen_of("bg"), ["DELETED active=2 []"]);
    assert_eq!(world.seen_of_first_pod("bg-"), with_end(&["MODIFIED Running []", "MODIFIED Running [] 30"]));
}

#[test]
fn orphaned_pods_lose_their_owner_then_their_finalizer_and_run_on() {
    let mut world = World::new();
    world.create(DELETE);
    world.advance(4.0);
    world.delete(Kind::Job, "orph", Propagation::Orphan);
    world.advance(3.0);
    assert_eq!(world.seen_of("orph"), ["MODIFIED active=2 [orphan]", "DELETED active=2 [orphan]"]);
    let tracked = "MODIFIED Running [batch.kubernetes.io/job-tracking]";
    assert_eq!(world.seen_of_first_pod("orph-"), [tracked, "MODIFIED Running []"]);
}

#[test]
fn foreground_deletion_takes_the_job_last() {
    let mut world = World::new();
    world.create(DELETE);
    world.advance(4.0);
    world.delete(Kind::Job, "fg", Propagation::Foreground);
    world.advance(3.0);
    let held = ["MODIFIED active=2 [foregroundDeletion]", "DELETED active=2 [foregroundDeletion]"];
    assert_eq!(world.seen_of("fg"), held);
    assert_eq!(world.seen_of_first_pod("fg-"), with_end(&["MODIFIED Running []", "MODIFIED Running [] 30"]));
    let last = world.log.iter().rfind(|line| line.contains(" fg")).expect("seen");
    assert!(last.contains("DELETED Job fg "), "{last}");
}

#[test]
fn a_job_goes_when_its_ttl_is_over() {
    let mut world = World::new();
    world.create(TTL);
    world.advance(8.9);
    assert_eq!(world.names(Kind::Job), ["ttl"]);
    world.advance(0.3);
    assert_eq!(world.names(Kind::Job), [""; 0]);
    assert_eq!(world.names(Kind::Pod), [""; 0]);
}

#[test]
fn cron_jobs_start_replace_forbid_and_forget_as_recorded() {
    let mut world = World::new();
    world.create(CRON);
    world.advance(238.5);
    let jobs = [
        "allow-29924121",
        "allow-29924122",
        "allow-29924123",
        "allow-29924124",
        "forbid-29924121",
        "forbid-29924122",
        "replace-29924124",
        "short-29924124",
    ];
    assert_eq!(world.names(Kind::Job), jobs);
    let told = |name: &str| world.events_of("CronJob", name);
    let created = |name: &str| format!("SuccessfulCreate x1 Created job {name}");
    let deleted = |name: &str| format!("SuccessfulDelete x1 Deleted job {name}");
    let saw = |name: &str| format!("SawCompletedJob x1 Saw completed job: {name}, condition: Complete");
    let active = "JobAlreadyActive x4 Not starting job because prior execution is running and concurrency policy is Forbid";
    let forbid =
        [created("forbid-29924121"), active.to_owned(), saw("forbid-29924121"), created("forbid-29924122")];
    assert_eq!(told("forbid"), forbid);
    let replace: Vec<String> = (29_924_121..29_924_124)
        .flat_map(|minute| {
            [deleted(&format!("replace-{minute}")), created(&format!("replace-{}", minute + 1))]
        })
        .collect();
    assert_eq!(told("replace")[1..], replace);
    let short = told("short");
    let (first, second) = ("short-29924121", "short-29924122");
    assert_eq!(short[..5], [created(first), saw(first), created(second), deleted(first), saw(second)]);
}

#[test]
fn a_strange_job_is_told_at_each_of_its_changes_and_counts_for_the_history() {
    let mut world = World::new();
    world.create(CRON);
    world.advance(58.6);
    world.create_from_cron_job("short", "manual");
    world.advance(10.0);
    let told = world.events_of("CronJob", "short");
    let unexpected = "UnexpectedJob x4 Saw a job that the controller did not create or forgot: manual";
    assert_eq!(told[2..], [unexpected, "SuccessfulDelete x1 Deleted job short-29924121"]);
}
