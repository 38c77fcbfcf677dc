//! Indexed Jobs.

use serde_json::{Value, json};
use zadachnik::controllers::job::index_failures as failures;
use zadachnik::controllers::job::indexed;
use zadachnik::controllers::job::intervals::Intervals;
use zadachnik::controllers::job::pods::JobPod;

use super::objects::{as_job_pods, job, pod, pods};
use crate::vector::{Outcome, Vector, duration};

pub fn intervals(value: &Value) -> Intervals {
    let number = |value: &Value| value.as_i64().unwrap_or(0) as i32;
    let pairs = value.as_array().into_iter().flatten();
    Intervals(pairs.map(|pair| (number(&pair[0]), number(&pair[1]))).collect())
}

fn shown(intervals: &Intervals) -> Value {
    json!(intervals.0.iter().map(|(first, last)| json!([first, last])).collect::<Vec<_>>())
}

fn number(value: &Value) -> i32 {
    value.as_i64().unwrap_or(0) as i32
}

fn described_pods(vector: &Vector, key: &str) -> Vec<JobPod> {
    let job = job(vector, &json!({}));
    as_job_pods(pods(vector, &job, vector.given(key)))
}

pub fn succeeded_indexes(vector: &Vector) -> Outcome {
    let text = vector.given("completedIndexes").as_str().unwrap_or_default();
    let pods = described_pods(vector, "pods");
    let (counted, all) = indexed::succeeded_indexes(text, number(vector.given("completions")), &pods);
    Outcome::compare(&vector.then, &json!({"statusIntervals": shown(&counted), "intervals": shown(&all)}))
}

pub fn failed_indexes(vector: &Vector) -> Outcome {
    let job = job(vector, vector.given("job"));
    let pods = as_job_pods(pods(vector, &job, vector.given("pods")));
    let got = failures::failed_indexes(&job.spec, &job.status, &pods);
    Outcome::compare(&vector.then, &json!({"failedIntervals": shown(&got)}))
}

pub fn index_failed(vector: &Vector) -> Outcome {
    let job = job(vector, vector.given("job"));
    let got = failures::is_index_failed(&job.spec, &pod(vector, &job, vector.given("pod"), false, 0));
    Outcome::compare(&vector.then, &json!({"failed": got}))
}

pub fn index_failure_annotation(vector: &Vector) -> Outcome {
    let job = job(vector, vector.given("job"));
    let replaced = vector.given("podBeingReplaced");
    let replaced = replaced.is_object().then(|| pod(vector, &job, replaced, false, 0));
    let (counted, ignored) = failures::counts_of_replacement(&job.spec, replaced.as_ref());
    Outcome::compare(&vector.then, &json!({"failureCount": counted, "ignoredFailureCount": ignored}))
}

pub fn index_failure_count(vector: &Vector) -> Outcome {
    let job = job(vector, &json!({}));
    let got = failures::failure_count(&pod(vector, &job, vector.given("pod"), false, 0));
    Outcome::compare(&vector.then, &json!({"count": got}))
}

pub fn interval_contains(vector: &Vector) -> Outcome {
    let got = intervals(vector.given("intervals")).contains(number(vector.given("index")));
    Outcome::compare(&vector.then, &json!({"contains": got}))
}

pub fn pending_indexes(vector: &Vector) -> Outcome {
    let active = described_pods(vector, "activePods");
    let terminating = described_pods(vector, "terminatingPods");
    let failed = intervals(vector.given("failedIntervals"));
    let got = indexed::first_pending(
        number(vector.given("count")) as usize,
        number(vector.given("completions")),
        &intervals(vector.given("succeededIntervals")),
        indexed::indexes_of(&active),
        indexed::indexes_of(&terminating),
        Some(&failed),
    );
    Outcome::compare(&vector.then, &json!({"indexes": got}))
}

pub fn per_index_creation(vector: &Vector) -> Outcome {
    let wanted: Vec<i32> =
        vector.given("indexesToAdd").as_array().into_iter().flatten().map(number).collect();
    let job = job(vector, &json!({}));
    let last_failed = |index: i32| {
        let described = vector.given("lastFailedPodPerIndex").get(index.to_string())?;
        as_job_pods(vec![pod(vector, &job, described, false, 0)]).pop()
    };
    let (ready, wait) = failures::creatable_now(&wanted, last_failed, vector.now());
    let expected_wait = vector.then("retryAfter").as_str().and_then(duration);
    if expected_wait.is_some_and(|expected| expected != wait) {
        return Outcome::differs(&vector.then, format!("retry after {wait:?}"));
    }
    Outcome::compare(&json!({"createNow": vector.then("createNow")}), &json!({"createNow": ready}))
}

pub fn duplicate_index_removal(vector: &Vector) -> Outcome {
    let pods = described_pods(vector, "pods");
    let (surplus, kept) = indexed::split_duplicates(pods, number(vector.given("completions")));
    let shape = |pods: &[JobPod]| -> Vec<String> {
        let mut shapes: Vec<String> =
            pods.iter().map(|pod| format!("{:?} {}", pod.index, pod.phase())).collect();
        shapes.sort();
        shapes
    };
    let expected = |key: &str| -> Vec<String> {
        let job = job(vector, &json!({}));
        shape(&as_job_pods(super::objects::pods(vector, &job, vector.then(key))))
    };
    let got = (shape(&surplus), shape(&kept));
    let expected = (expected("remove"), expected("keep"));
    Outcome::holds_when(got == expected, format!("{expected:?}"), format!("{got:?}"))
}
