//! Jobs and pods as the vectors describe them.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use zadachnik::api::batch::{
    COMPLETION_INDEX, INDEX_FAILURE_COUNT, INDEX_IGNORED_FAILURE_COUNT, JOB_TRACKING_FINALIZER, Job,
};
use zadachnik::api::core::Pod;
use zadachnik::api::{Kind, Object};
use zadachnik::apiserver::{ApiServer, ObjectKey};
use zadachnik::base::Random;
use zadachnik::controllers::job::claim::controller_reference;
use zadachnik::controllers::job::pods::JobPod;

use crate::vector::Vector;

const JOB_UID: &str = "11111111-2222-4333-8444-555555555555";
pub const NAMESPACE: &str = "default";

/// `{spec, status, metadata, restartPolicy}` or the short form `{name, selector, deleting, ...spec fields}`.
pub fn job(vector: &Vector, described: &Value) -> Job {
    let described = vector.with_absolute_times(described);
    let mut spec = described.get("spec").cloned().unwrap_or_else(|| json!({}));
    for key in ["completionMode", "backoffLimitPerIndex", "completions", "parallelism", "podFailurePolicy"] {
        if let Some(value) = described.get(key) {
            spec[key] = value.clone();
        }
    }
    let labels = json!({"controller-uid": JOB_UID});
    if spec.get("selector").is_none() {
        let short = described.get("selector").filter(|selector| selector.is_object());
        spec["selector"] = json!({"matchLabels": short.unwrap_or(&labels)});
    }
    if spec.get("template").is_none() {
        let restart_policy = described.get("restartPolicy").cloned().unwrap_or_else(|| json!("Never"));
        let container = |name: &str| json!({"name": name, "image": "image"});
        spec["template"] = json!({
            "metadata": {"labels": spec["selector"]["matchLabels"]},
            "spec": {"restartPolicy": restart_policy, "containers": [container("main")], "initContainers": [container("init")]},
        });
    }
    let mut metadata = json!({"name": "myjob", "namespace": NAMESPACE, "uid": JOB_UID, "generation": 1});
    if let Some(name) = described.get("name") {
        metadata["name"] = name.clone();
    }
    if described.get("deleting") == Some(&Value::Bool(true)) {
        metadata["deletionTimestamp"] = json!(vector.now().to_timestamp().to_string());
    }
    lay_over(&mut metadata, described.get("metadata"));
    if metadata.get("deletionTimestamp").is_some() {
        metadata["finalizers"] = json!(["foregroundDeletion"]);
    }
    let status = described.get("status").cloned().unwrap_or_else(|| json!({}));
    let value = json!({"metadata": metadata, "spec": spec, "status": status});
    match Object::decode(Kind::Job, value).expect("a Job") {
        Object::Job(job) => Arc::unwrap_or_clone(job),
        _ => unreachable!("decoding keeps the kind"),
    }
}

fn lay_over(base: &mut Value, over: Option<&Value>) {
    for (key, value) in over.and_then(Value::as_object).into_iter().flatten() {
        base[key] = value.clone();
    }
}

/// A list of descriptions; `count` stands for so many equal pods, of which `ready` are ready.
pub fn pods(vector: &Vector, job: &Job, described: &Value) -> Vec<Pod> {
    let described = match described.get("generate").and_then(Value::as_str) {
        Some(words) => generated(words),
        None => described.as_array().cloned().unwrap_or_default(),
    };
    let mut result = Vec::new();
    for one in &described {
        let count = one.get("count").and_then(Value::as_u64).unwrap_or(1);
        let ready = one.get("ready").map_or(0, |ready| match ready {
            Value::Bool(ready) => u64::from(*ready) * count,
            _ => ready.as_u64().unwrap_or(0),
        });
        for number in 0..count {
            let ordinal = result.len();
            result.push(pod(vector, job, one, number < ready, ordinal));
        }
    }
    result
}

/// `500 Succeeded pods uids 0..499 with finalizer, then pod uid b Failed with finalizer`;
/// `501 Succeeded pods, index=uid=0..500, finalizer`.
fn generated(words: &str) -> Vec<Value> {
    let mut pods = Vec::new();
    for part in words.split(", then ") {
        let words: Vec<&str> = part.split([' ', ',']).filter(|word| !word.is_empty()).collect();
        let phase = words.iter().find(|word| ["Succeeded", "Failed", "Running", "Pending"].contains(word));
        let finalizer = words.contains(&"finalizer") && !words.contains(&"without");
        let after = |name: &str| words.iter().position(|word| *word == name).and_then(|at| words.get(at + 1));
        let indexed = words.iter().find_map(|word| word.strip_prefix("index=uid="));
        let range =
            indexed.or_else(|| after("uids").copied()).or_else(|| after("uid").copied()).unwrap_or("");
        let uids: Vec<String> = match range.split_once("..") {
            Some((first, last)) => {
                let (first, last) = (first.parse().unwrap_or(0), last.parse().unwrap_or(0));
                (first..=last).map(|uid: u32| uid.to_string()).collect()
            }
            None => vec![range.to_owned()],
        };
        for uid in uids {
            let mut pod = json!({"uid": uid, "phase": phase, "finalizer": finalizer});
            if indexed.is_some() {
                pod["index"] = json!(pod["uid"].as_str().and_then(|uid| uid.parse::<i32>().ok()));
            }
            pods.push(pod);
        }
    }
    pods
}

pub fn pod(vector: &Vector, job: &Job, described: &Value, ready: bool, ordinal: usize) -> Pod {
    let described = vector.with_absolute_times(described);
    let flag = |key: &str| described.get(key) == Some(&Value::Bool(true));
    let text = |key: &str| described.get(key).and_then(Value::as_str).map(str::to_owned);
    let mut metadata = json!({
        "name": text("name").unwrap_or_else(|| format!("pod-{ordinal}")),
        "namespace": text("namespace").unwrap_or_else(|| job.metadata.namespace.clone()),
        "uid": text("uid").unwrap_or_else(|| format!("uid-{ordinal}")),
        "labels": job.spec.selector.as_ref().map(|selector| selector.match_labels.clone()),
        "annotations": annotations(&described),
    });
    if flag("finalizer") {
        metadata["finalizers"] = json!([JOB_TRACKING_FINALIZER]);
    }
    if flag("deleting") || described.get("deletedAt").is_some() {
        let at = text("deletedAt").unwrap_or_else(|| vector.now().to_timestamp().to_string());
        metadata["deletionTimestamp"] = json!(at);
    }
    for key in ["deletionGracePeriodSeconds", "labels", "creationTimestamp"] {
        if let Some(value) = described.get(key) {
            metadata[key] = value.clone();
        }
    }
    let phase = described.get("phase").cloned().unwrap_or_else(|| json!("Pending"));
    let spec = described.get("spec").cloned().unwrap_or_else(|| json!({"nodeName": "node-1"}));
    let value = json!({"metadata": metadata, "spec": spec, "status": status(&described, phase, ready)});
    let Object::Pod(pod) = Object::decode(Kind::Pod, value).expect("a pod") else {
        unreachable!("decoding keeps the kind")
    };
    let mut pod = Arc::unwrap_or_clone(pod);
    pod.metadata.owner_references = vec![controller_reference(job)].into();
    pod
}

fn annotations(described: &Value) -> Value {
    let mut annotations = Map::new();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    for (key, annotation) in [
        ("index", COMPLETION_INDEX),
        ("indexFailures", INDEX_FAILURE_COUNT),
        ("indexIgnoredFailures", INDEX_IGNORED_FAILURE_COUNT),
    ] {
        if let Some(value) = described.get(key).filter(|value| !value.is_null()) {
            annotations.insert(annotation.to_owned(), Value::String(text(value)));
        }
    }
    Value::Object(annotations)
}

fn status(described: &Value, phase: Value, ready: bool) -> Value {
    let mut conditions = described.get("conditions").and_then(Value::as_array).cloned().unwrap_or_default();
    if ready {
        conditions.push(json!({"type": "Ready", "status": "True"}));
    }
    let statuses = |key: &str| -> Vec<Value> {
        let containers = described.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        containers.iter().map(container_status).collect()
    };
    let mut regular = statuses("containers");
    if let Some(finished) = described.get("finishedAt") {
        regular.push(json!({"name": "main", "state": {"terminated": {"finishedAt": finished}}}));
    }
    json!({
        "phase": phase,
        "conditions": conditions,
        "containerStatuses": regular,
        "initContainerStatuses": statuses("initContainers"),
    })
}

/// `{name, restartCount, state: {is: terminated, exitCode, ...}, lastState}`.
fn container_status(described: &Value) -> Value {
    let mut status = described.clone();
    for key in ["state", "lastState"] {
        let Some(Value::Object(state)) = described.get(key) else { continue };
        let mut inner = state.clone();
        if let Some(Value::String(is)) = inner.remove("is") {
            status[key] = json!({is: inner});
        }
    }
    status
}

pub fn as_job_pods(pods: Vec<Pod>) -> Vec<JobPod> {
    pods.into_iter().map(|pod| JobPod::new(Arc::new(pod))).collect()
}

/// An API server at the vector's time that holds the objects as they are.
pub fn server(vector: &Vector, job: &Job, pods: &[Pod]) -> ApiServer {
    let mut api = ApiServer::new(vector.now(), Random::new(1));
    // The vectors give states that validation would not let through.
    api.trust_writers();
    api.restore(Object::from(job.clone()));
    for pod in pods {
        api.restore(Object::from(pod.clone()));
    }
    api
}

pub fn key_of(job: &Job) -> ObjectKey {
    ObjectKey::new(&job.metadata.namespace, &job.metadata.name)
}

pub fn names(value: &Value) -> Vec<String> {
    let mut names: Vec<String> =
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    names.sort();
    names
}
