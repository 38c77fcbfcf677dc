//! What the kubelet does.

use serde_json::{Map, Value, json};
use zadachnik::api::codec::Codec;
use zadachnik::api::core::{ContainerStatus, PodSpec};
use zadachnik::base::{Duration, Time};
use zadachnik::node::backoff::{Backoff, go_duration};
use zadachnik::node::phase::pod_phase;

use crate::vector::{Outcome, Vector};

/// Runs a vector when its operation belongs here.
pub fn run(op: &str, vector: &Vector) -> Option<Outcome> {
    match op {
        "pod_phase" => Some(phase(vector)),
        "crashloop_ladder" => Some(ladder(vector)),
        _ => None,
    }
}

fn phase(vector: &Vector) -> Outcome {
    let spec = json!({
        "restartPolicy": vector.given("spec.restartPolicy"),
        "containers": containers(vector.given("spec.containers")),
        "initContainers": containers(vector.given("spec.initContainers")),
    });
    let Ok(spec) = PodSpec::decode(spec) else { return Outcome::differs("a pod spec", &vector.given) };
    let init = statuses(vector, "initContainers");
    let regular = statuses(vector, "containers");
    let flag = |name: &str| vector.given(name).as_bool().unwrap_or(false);
    let phase = pod_phase(&spec, &init, &regular, flag("podIsTerminal"), flag("podHasInitialized"));
    Outcome::compare(&vector.then, &json!({"phase": phase.as_str()}))
}

/// Containers are names, or objects with a name and more.
fn containers(given: &Value) -> Value {
    let items = given.as_array().cloned().unwrap_or_default();
    items.into_iter().map(|item| if item.is_string() { json!({"name": item}) } else { item }).collect()
}

fn statuses(vector: &Vector, list: &str) -> Vec<ContainerStatus> {
    let items = vector.given(list).as_array().cloned().unwrap_or_default();
    let decode = |item: Value| {
        let mut status =
            json!({"name": item["name"], "restartCount": item.get("restartCount").unwrap_or(&json!(0))});
        for name in ["state", "lastState"] {
            status[name] = state(vector, &item[name]);
        }
        if let Some(started) = item.get("started") {
            status["started"] = started.clone();
        }
        ContainerStatus::decode(status).unwrap_or_default()
    };
    items.into_iter().map(decode).collect()
}

/// `{is: terminated, exitCode: 1}` becomes `{terminated: {exitCode: 1}}`.
fn state(vector: &Vector, given: &Value) -> Value {
    let Some(kind) = given["is"].as_str() else { return json!({}) };
    let fields = given.as_object().cloned().unwrap_or_default();
    let members: Map<String, Value> = fields.into_iter().filter(|(name, _)| name != "is").collect();
    json!({kind: vector.with_absolute_times(&Value::Object(members))})
}

/// A container that fails as soon as it runs: the wait before its n-th restart.
fn ladder(vector: &Vector) -> Outcome {
    let restart = vector.given("restartNumber").as_i64().unwrap_or(1);
    let mut backoff = Backoff::default();
    let mut finished = Time::from_millis(0);
    for _ in 1..restart {
        let start = backoff.allowed_at(finished);
        backoff.next(finished, start);
        finished = start + Duration::from_secs(1);
    }
    let wait = Duration::as_secs(backoff.delay_after(finished));
    let text = if wait == 0 { go_duration(Duration::ZERO) } else { format!("{wait}s") };
    Outcome::compare(&vector.then, &json!({"waitAfterContainerFinished": text}))
}
