//! Counting finished pods, and the back-off that follows from them.

use std::sync::Arc;

use serde_json::{Value, json};
use zadachnik::api::batch::{Job, JobCondition};
use zadachnik::api::codec::Codec;
use zadachnik::api::{Kind, Object};
use zadachnik::apiserver::{ApiServer, Refusal, Request};
use zadachnik::base::{Duration, Time};
use zadachnik::controllers::job::backoff::{
    BACKOFF_BASE, BACKOFF_MAX, BackoffRecord, finish_time as finish_time_of, remaining_for_index,
};
use zadachnik::controllers::job::context::{SyncContext, Uncounted};
use zadachnik::controllers::job::index_failures::{delayed_deletion as delayed, failed_indexes};
use zadachnik::controllers::job::indexed;

use super::objects::{as_job_pods, job, pod, pods, server};
use super::sync::{controller, error_status, sort_uids, status_value};
use crate::vector::{Outcome, Vector, duration};

fn context(vector: &Vector, job: &Job) -> SyncContext {
    let pods = as_job_pods(pods(vector, job, vector.given("pods")));
    let in_flight = vector.given("finalizerRemovalInFlight").as_array().cloned().unwrap_or_default();
    let in_flight = in_flight.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let mut ctx = SyncContext::new(Arc::new(job.clone()), pods, in_flight, vector.now());
    let completions = job.spec.completions.unwrap_or(0);
    if job.spec.is_indexed() || job.spec.backoff_limit_per_index.is_some() {
        let (counted, all) =
            indexed::succeeded_indexes(&job.status.completed_indexes, completions, &ctx.pods);
        (ctx.counted_indexes, ctx.succeeded_indexes) = (counted, all);
    }
    if job.spec.backoff_limit_per_index.is_some() {
        ctx.failed_indexes = Some(failed_indexes(&job.spec, &job.status, &ctx.pods));
    }
    ctx
}

pub fn track_status(vector: &Vector) -> Outcome {
    let job = job(vector, vector.given("job"));
    let mut api = server(vector, &job, &pods(vector, &job, vector.given("pods")));
    let mut ctx = context(vector, &job);
    // Upstream's table gives this step the indexes of the status only; a whole sync has found the new ones before.
    ctx.succeeded_indexes = ctx.counted_indexes.clone();
    let condition = vector.given("finishedCondition");
    if condition.is_object() {
        ctx.finished = JobCondition::decode(vector.with_absolute_times(condition)).ok();
        if let Some(end) = &mut ctx.finished {
            end.last_transition_time.get_or_insert(vector.now().to_timestamp());
        }
    }
    for (key, request, kind) in [
        ("statusUpdateFails", Request::UpdateStatus, Kind::Job),
        ("podPatchFails", Request::Patch, Kind::Pod),
    ] {
        if vector.given(key) == &Value::Bool(true) {
            api.refuse(Refusal { request, kind, after: 0, times: u32::MAX, status: error_status() });
        }
    }
    let mut controller = controller(&api);
    let before = api.version();
    let needs_flush = vector.when.get("needsFlush") == Some(&Value::Bool(true));
    let held = |api: &ApiServer| {
        let pods = api.list(Kind::Pod, None);
        pods.filter(|pod| !pod.metadata().finalizers.is_empty()).count()
    };
    let held_before = held(&api);
    let failed = controller.track_status(&mut api, &mut ctx, needs_flush).is_err();
    let changes = api.changes_since(before).expect("recent");
    let mut writes: Vec<Value> = changes
        .filter_map(|change| match &change.object {
            Object::Job(job) => Some(status_value(job)),
            _ => None,
        })
        .collect();
    let counters = |status: Option<&Value>, key: &str| status.and_then(|s| s[key].as_i64()).unwrap_or(0);
    let succeeded = counters(writes.last(), "succeeded").max(i64::from(job.status.succeeded));
    let failures = counters(writes.last(), "failed").max(i64::from(job.status.failed));
    if api.refused(Request::UpdateStatus, Kind::Job) > 0 {
        // The refused write is one too.
        writes.push(status_value(&ctx.job));
    }
    let got = json!({
        "writes": writes,
        "statusWrites": writes,
        "firstWrite": summary(writes.first()),
        "lastWrite": summary(writes.last()),
        "finalizersRemoved": held_before - held(&api) + api.refused(Request::Patch, Kind::Pod),
        "metricSucceededPods": succeeded - i64::from(job.status.succeeded),
        "metricFailedPods": failures - i64::from(job.status.failed),
        "error": failed,
    });
    let expected = vector.with_absolute_times(&spelled_out(&vector.then));
    Outcome::compare(&expected, &got)
}

/// Adds the lists of uncounted uids under the short names that some vectors use.
fn summary(write: Option<&Value>) -> Value {
    let mut write = write.cloned().unwrap_or(Value::Null);
    if write.is_object() {
        for (short, path) in [
            ("uncountedSucceeded", "/uncountedTerminatedPods/succeeded"),
            ("uncountedFailed", "/uncountedTerminatedPods/failed"),
        ] {
            write[short] = write.pointer(path).cloned().unwrap_or_else(|| json!([]));
        }
    }
    write
}

/// `uids 0..498 (499 items)` becomes the list; lists of uids are sorted.
fn spelled_out(value: &Value) -> Value {
    match value {
        Value::String(text) if text.starts_with("uids ") => {
            let range = text["uids ".len()..].split(' ').next().unwrap_or_default();
            let (first, last) = range.split_once("..").unwrap_or_default();
            let (first, last): (u32, u32) = (first.parse().unwrap_or(0), last.parse().unwrap_or(0));
            let mut uids: Vec<Value> = (first..=last).map(|uid| json!(uid.to_string())).collect();
            uids.sort_by_key(Value::to_string);
            Value::Array(uids)
        }
        Value::Array(items) => items.iter().map(spelled_out).collect(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, item)| (key.clone(), spelled_out(item)));
            let mut object = Value::Object(fields.collect());
            sort_uids(&mut object);
            object
        }
        _ => value.clone(),
    }
}

pub fn count_finished(vector: &Vector) -> Outcome {
    let job = job(vector, vector.given("job"));
    let (succeeded, failed) = context(vector, &job).count_finished();
    Outcome::compare(&vector.then, &json!({"succeeded": succeeded, "failed": failed}))
}

pub fn delayed_deletion(vector: &Vector) -> Outcome {
    let mut job = job(vector, vector.given("job"));
    job.spec.completion_mode = Some("Indexed".to_owned());
    let uncounted = vector.given("uncounted");
    if uncounted.is_object() {
        let status = json!({"uncountedTerminatedPods": uncounted});
        job.status.uncounted_terminated_pods =
            zadachnik::api::batch::JobStatus::decode(status).expect("a status").uncounted_terminated_pods;
    }
    let ctx = SyncContext { uncounted: Uncounted::of(&job.status), ..context(vector, &job) };
    let failed = ctx.failed_indexes.clone().unwrap_or_default();
    let active = indexed::indexes_of(&ctx.active_pods);
    let waiting = ctx.pods.iter().filter(|pod| ctx.is_pending(pod) && ctx.has_valid_index(pod));
    let kept = delayed(&job.spec, waiting, |index| {
        ctx.succeeded_indexes.contains(index) || failed.contains(index) || active.contains(&index)
    });
    let mut kept: Vec<&str> = kept.values().map(|pod| pod.uid()).collect();
    kept.sort_unstable();
    Outcome::compare(
        &json!({"keptUids": super::objects::names(vector.then("keptUids"))}),
        &json!({"keptUids": kept}),
    )
}

pub fn finish_time(vector: &Vector) -> Outcome {
    let job = job(vector, &json!({}));
    let got = finish_time_of(&pod(vector, &job, vector.given("pod"), false, 0));
    let expected = vector.then("finishedAt").as_str().and_then(|text| vector.time(text));
    Outcome::holds_when(expected == Some(got), format!("{expected:?}"), format!("{got:?}"))
}

fn record(vector: &Vector, described: &Value) -> BackoffRecord {
    BackoffRecord {
        failures_after_last_success: described["failuresAfterLastSuccess"].as_i64().unwrap_or(0) as i32,
        last_failure_time: described["lastFailureTime"].as_str().and_then(|text| vector.time(text)),
    }
}

pub fn backoff_record(vector: &Vector) -> Outcome {
    let times = |key: &str| -> Vec<Time> {
        let texts = vector.given(key).as_array().cloned().unwrap_or_default();
        texts.iter().filter_map(Value::as_str).filter_map(|text| vector.time(text)).collect()
    };
    let stored = record(vector, vector.given("storedRecord"));
    let got = stored.after(times("newSucceededFinishTimes"), times("newFailedFinishTimes"));
    let expected = record(vector, &vector.then);
    Outcome::holds_when(got == expected, format!("{expected:?}"), format!("{got:?}"))
}

fn compare_wait(vector: &Vector, key: &str, got: Duration) -> Outcome {
    let expected = vector.then(key).as_str().and_then(duration);
    Outcome::holds_when(expected == Some(got), format!("{expected:?}"), format!("{got:?}"))
}

fn span(vector: &Vector, key: &str, default: Duration) -> Duration {
    vector.given(key).as_str().and_then(duration).unwrap_or(default)
}

pub fn backoff_remaining(vector: &Vector) -> Outcome {
    let (base, max) = (span(vector, "base", BACKOFF_BASE), span(vector, "max", BACKOFF_MAX));
    let got = record(vector, &vector.given).remaining(vector.now(), base, max);
    compare_wait(vector, "remaining", got)
}

pub fn backoff_ladder(vector: &Vector) -> Outcome {
    let got = record(vector, &vector.given).remaining(vector.now(), BACKOFF_BASE, BACKOFF_MAX);
    compare_wait(vector, "wait", got)
}

pub fn backoff_remaining_index(vector: &Vector) -> Outcome {
    let (base, max) = (span(vector, "base", BACKOFF_BASE), span(vector, "max", BACKOFF_MAX));
    let described = vector.given("lastFailedPod");
    let job = job(vector, &json!({}));
    let last = described.is_object().then(|| pod(vector, &job, described, false, 0));
    compare_wait(vector, "remaining", remaining_for_index(last.as_ref(), vector.now(), base, max))
}
