//! The Job controller: from the vectors' words to its own functions.

mod accounting;
mod indexes;
mod objects;
mod pods;
mod policies;
#[allow(dead_code, reason = "shared by several tests; each uses its part")]
#[path = "../scenarios/mod.rs"]
mod scenarios;
mod sync;

use crate::vector::{Outcome, Vector};

/// Runs a vector when its operation belongs here.
pub fn run(op: &str, vector: &Vector) -> Option<Outcome> {
    let outcome = match op {
        "sync_job" => sync::sync_job(vector),
        "requeue" => sync::requeue(vector),
        "slow_start" => sync::slow_start(vector),
        "track_status" => accounting::track_status(vector),
        "count_finished" => accounting::count_finished(vector),
        "delayed_deletion" => accounting::delayed_deletion(vector),
        "finish_time" => accounting::finish_time(vector),
        "backoff_record" => accounting::backoff_record(vector),
        "backoff_remaining" => accounting::backoff_remaining(vector),
        "backoff_remaining_index" => accounting::backoff_remaining_index(vector),
        "backoff_ladder" => accounting::backoff_ladder(vector),
        "claim_pods" => pods::claim_pods(vector),
        "orphan_finalizer" => pods::orphan_finalizer(vector),
        "created_pod" => pods::created_pod(vector),
        "pod_name" => pods::pod_name(vector),
        "indexed_generate_name" => pods::indexed_generate_name(vector),
        "ensure_condition" => policies::ensure_condition(vector),
        "job_finished" => policies::job_finished(vector),
        "pod_failure_policy_match" => policies::pod_failure_policy_match(vector),
        "success_policy_match" => policies::success_policy_match(vector),
        "duplicate_index_removal" => indexes::duplicate_index_removal(vector),
        "failed_indexes" => indexes::failed_indexes(vector),
        "index_failed" => indexes::index_failed(vector),
        "index_failure_annotation" => indexes::index_failure_annotation(vector),
        "index_failure_count" => indexes::index_failure_count(vector),
        "interval_contains" => indexes::interval_contains(vector),
        "pending_indexes" => indexes::pending_indexes(vector),
        "per_index_creation" => indexes::per_index_creation(vector),
        "succeeded_indexes" => indexes::succeeded_indexes(vector),
        "scenario" => scenario(&vector.id)?,
        _ => return None,
    };
    Some(outcome)
}

/// Scenarios tell their steps in words: each is a function of its own. One that does not hold panics.
fn scenario(id: &str) -> Option<Outcome> {
    let (_, play) = scenarios::all().find(|(known, _)| *known == id)?;
    play();
    Some(Outcome::Holds)
}
