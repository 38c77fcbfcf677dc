//! Whole syncs of one Job.

use serde_json::{Value, json};
use zadachnik::api::batch::{COMPLETION_INDEX, JOB_TRACKING_FINALIZER, Job};
use zadachnik::api::core::{Pod, PodPhase};
use zadachnik::api::status::{Status, StatusReason};
use zadachnik::api::{Kind, Object};
use zadachnik::apiserver::{ApiServer, Change, ChangeKind, ObjectKey, Refusal, Request};
use zadachnik::base::Duration;
use zadachnik::controllers::job::JobController;
use zadachnik::controllers::job::backoff::BackoffRecord;
use zadachnik::controllers::job::manage::slow_start_batches;

use super::objects::{NAMESPACE, job, key_of, pods, server};
use crate::vector::{Outcome, Vector, duration};

pub fn error_status() -> Status {
    Status { reason: StatusReason::InternalError, ..Status::bad_request("fake error") }
}

fn refuse(api: &mut ApiServer, request: Request, kind: Kind, after: u32) {
    api.refuse(Refusal { request, kind, after, times: u32::MAX, status: error_status() });
}

/// A controller whose caches hold what the server holds, and whose queue is empty.
pub fn controller(api: &ApiServer) -> JobController {
    let mut controller = JobController::new();
    controller.fill_cache(api);
    controller
}

pub fn sync_job(vector: &Vector) -> Outcome {
    let job = job(vector, vector.given("job"));
    let pods = pods(vector, &job, vector.given("pods"));
    let mut api = server(vector, &job, &pods);
    let mut controller = controller(&api);
    let key = key_of(&job);
    prepare(vector, &mut api, &mut controller, &key);
    controller.enqueue(&key);
    controller.run(&mut api, &mut Vec::new());
    let failed = controller.retries(&key) > 0;
    let requeue = controller.next_look(&key, vector.now()).map(|at| at - vector.now());
    let mut got = observed(&api, &job, &pods);
    got["error"] = json!(failed);
    got["status"] = status_of(&api, &job);
    let mut expected = vector.then.clone();
    if let Some(text) = expected.get("requeueAfter").and_then(Value::as_str) {
        let wanted = duration(text);
        if requeue != wanted {
            return Outcome::differs(format!("requeue {wanted:?}"), format!("{requeue:?}"));
        }
    }
    if let Some(fields) = expected.as_object_mut() {
        fields.remove("requeueAfter");
        if fields.get("error").is_some_and(|error| !error.is_boolean()) {
            let wanted = fields.get("error").is_some_and(|error| !error.is_null());
            fields.insert("error".to_owned(), json!(wanted));
        }
    }
    sort_uids(&mut expected["status"]);
    Outcome::compare(&expected, &got)
}

fn prepare(vector: &Vector, api: &mut ApiServer, controller: &mut JobController, key: &ObjectKey) {
    let record = vector.given("backoffRecord");
    if record.is_object() {
        let failures = record["failuresAfterLastSuccess"].as_i64().unwrap_or(0) as i32;
        let last = record["lastFailureTime"].as_str().and_then(|text| vector.time(text));
        let record = BackoffRecord { failures_after_last_success: failures, last_failure_time: last };
        controller.set_backoff_record(key, record);
    }
    let expected = |name: &str| vector.given("expectations")[name].as_u64().unwrap_or(0) as usize;
    if vector.given("expectations").is_object() {
        controller.expectations.set(key, expected("creations"), expected("deletions"), vector.now());
    }
    if let Some(limit) = vector.given("podCreateLimit").as_u64() {
        refuse(api, Request::Create, Kind::Pod, limit as u32);
    }
    if !matches!(vector.given("podControlError"), Value::Null | Value::Bool(false)) {
        for request in [Request::Create, Request::Delete, Request::Patch] {
            refuse(api, request, Kind::Pod, 0);
        }
    }
}

/// What the sync did to pods, read from the server.
fn observed(api: &ApiServer, job: &Job, before: &[Pod]) -> Value {
    let find =
        |pod: &Pod| match api.find(Kind::Pod, &ObjectKey::new(&pod.metadata.namespace, &pod.metadata.name)) {
            Some(Object::Pod(now)) => Some(now.clone()),
            _ => None,
        };
    let was_deleted =
        |pod: &&Pod| !pod.metadata.is_deleting() && find(pod).is_none_or(|now| now.metadata.is_deleting());
    let was_freed = |pod: &&Pod| {
        let has = |pod: &Pod| pod.metadata.has_finalizer(JOB_TRACKING_FINALIZER);
        has(pod) && find(pod).is_none_or(|now| !has(&now))
    };
    let known = |name: &str| before.iter().any(|pod| pod.metadata.name == name);
    let created: Vec<&Object> = api
        .list(Kind::Pod, Some(&job.metadata.namespace))
        .filter(|pod| !known(&pod.metadata().name))
        .collect();
    let index_of = |pod: &&Object| pod.metadata().annotations.get(COMPLETION_INDEX)?.parse::<i32>().ok();
    let mut indexes: Vec<i32> = created.iter().filter_map(index_of).collect();
    indexes.sort_unstable();
    json!({
        "creates": created.len(),
        "createAttempts": created.len() + api.refused(Request::Create, Kind::Pod),
        "deletes": before.iter().filter(was_deleted).count(),
        "finalizerPatches": before.iter().filter(was_freed).count() + api.refused(Request::Patch, Kind::Pod),
        "createdIndexes": indexes,
    })
}

/// The stored status with every counter spelled out.
pub fn status_of(api: &ApiServer, job: &Job) -> Value {
    match api.find(Kind::Job, &key_of(job)) {
        Some(Object::Job(job)) => status_value(job),
        _ => Value::Null,
    }
}

pub fn status_value(job: &Job) -> Value {
    let object = Object::from(job.clone()).to_value();
    let mut status = object.get("status").cloned().unwrap_or_else(|| json!({}));
    let counters = &job.status;
    status["active"] = json!(counters.active);
    status["succeeded"] = json!(counters.succeeded);
    status["failed"] = json!(counters.failed);
    status["terminatingOrZero"] = json!(counters.terminating.unwrap_or(0));
    status["completedIndexes"] = json!(counters.completed_indexes);
    status["startTimeSet"] = json!(counters.start_time.is_some());
    for key in ["conditions"] {
        if status.get(key).is_none() {
            status[key] = json!([]);
        }
    }
    sort_uids(&mut status);
    status
}

/// Lists of uids have no order.
pub fn sort_uids(status: &mut Value) {
    for list in ["succeeded", "failed"] {
        let uids =
            status.pointer_mut(&format!("/uncountedTerminatedPods/{list}")).and_then(Value::as_array_mut);
        if let Some(uids) = uids {
            uids.sort_by_key(Value::to_string);
        }
    }
}

/// How soon a Job is synced again: after a refused status write, or after a change of one of its pods.
pub fn requeue(vector: &Vector) -> Outcome {
    let given = json!({"spec": {"parallelism": 1, "completions": 1}});
    let job = job(vector, &given);
    let key = key_of(&job);
    if vector.given.get("podUpdate").is_some() {
        return requeue_after_pod_change(vector, &job);
    }
    let mut api = server(vector, &job, &[]);
    let status = match vector.given("statusUpdateError").as_str() {
        None => None,
        Some("Conflict") => Some(Status::conflict(Kind::Job, &key.name, "it changed")),
        Some(_) => Some(error_status()),
    };
    if let Some(status) = status {
        let refusal = Refusal { request: Request::UpdateStatus, kind: Kind::Job, after: 0, times: 1, status };
        api.refuse(refusal);
    }
    let mut controller = controller(&api);
    controller.enqueue(&key);
    controller.run(&mut api, &mut Vec::new());
    let got = json!({"requeuedWithRateLimit": controller.retries(&key) == 1 && controller.next_look(&key, vector.now()) == Some(vector.now() + Duration::from_secs(1))});
    Outcome::compare(&vector.then, &got)
}

fn requeue_after_pod_change(vector: &Vector, job: &Job) -> Outcome {
    let before = pods(vector, job, &json!([{"phase": "Running", "finalizer": true}])).remove(0);
    let api = server(vector, job, std::slice::from_ref(&before));
    let mut controller = controller(&api);
    let mut after = before.clone();
    after.metadata.resource_version.0 += 1;
    if vector.given("podUpdate").as_str().is_some_and(|text| text.contains("Failed")) {
        after.status.phase = PodPhase::Failed;
    }
    let change = Change {
        version: after.metadata.resource_version,
        at: vector.now(),
        kind: ChangeKind::Modified,
        object: Object::from(after),
        previous: Some(Object::from(before)),
    };
    controller.observe(&change, vector.now());
    let wait = controller.next_look(&key_of(job), vector.now()).map(|at| (at - vector.now()).as_secs());
    let wait = wait.unwrap_or(-1);
    Outcome::compare(&vector.then, &json!({"enqueue": format!("after {wait}s batch period")}))
}

pub fn slow_start(vector: &Vector) -> Outcome {
    let wanted = vector.given("podsToCreate").as_u64().unwrap_or(0) as usize;
    let given =
        json!({"spec": {"parallelism": wanted, "completions": wanted, "completionMode": "NonIndexed"}});
    let job = job(vector, &given);
    let mut api = server(vector, &job, &[]);
    let limit = vector.given("failAfterNthCall").as_u64();
    if let Some(limit) = limit {
        refuse(&mut api, Request::Create, Kind::Pod, limit as u32);
    }
    let mut controller = controller(&api);
    controller.enqueue(&key_of(&job));
    controller.run(&mut api, &mut Vec::new());
    let refused = api.refused(Request::Create, Kind::Pod);
    let attempts = api.list(Kind::Pod, Some(NAMESPACE)).count() + refused;
    let mut batches = Vec::new();
    for batch in slow_start_batches(wanted) {
        if batches.iter().sum::<usize>() >= attempts {
            break;
        }
        batches.push(batch);
    }
    if batches.iter().sum::<usize>() != attempts {
        return Outcome::differs(
            &vector.then,
            format!("{attempts} attempts do not fill batches {batches:?}"),
        );
    }
    Outcome::compare(&vector.then, &json!({"batches": batches, "stopsAfterFailingBatch": refused > 0}))
}
