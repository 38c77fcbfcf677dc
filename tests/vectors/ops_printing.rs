//! What kubectl prints.

use serde_json::{Map, Value, json};
use zadachnik::api::core::{Pod, PodPhase};
use zadachnik::api::{Kind, Object};
use zadachnik::base::{Duration, duration_text};
use zadachnik::kubectl::describe::{Surroundings, describe};
use zadachnik::kubectl::printers;

use crate::vector::{Outcome, Vector};

/// Runs a vector when its operation belongs here.
pub fn run(op: &str, vector: &Vector) -> Option<Outcome> {
    match op {
        "human_duration" => Some(human_duration(vector)),
        "print_job" => Some(row(vector, "job", Kind::Job)),
        "print_cronjob" => Some(row(vector, "cronJob", Kind::CronJob)),
        "print_pod" => Some(pod_row(vector)),
        "describe_job" => Some(describe_job(vector)),
        // Told in words: tests/kubectl_scenarios.rs has a test of its own for each.
        "kubectl" => Some(kubectl_scenario(vector)),
        _ => None,
    }
}

/// Scenarios whose tests name their ids.
const SCENARIOS: &str = include_str!("../kubectl_scenarios.rs");

fn kubectl_scenario(vector: &Vector) -> Outcome {
    let told = format!("// {}\n", vector.id);
    Outcome::holds_when(SCENARIOS.contains(&told), format!("a test that names {}", vector.id), "none")
}

fn human_duration(vector: &Vector) -> Outcome {
    let seconds = vector.given["seconds"].as_f64().expect("seconds");
    let got = duration_text::human(Duration::from_millis((seconds * 1000.0).trunc() as i64));
    Outcome::compare(&vector.then["text"], &Value::from(got))
}

fn cells(vector: &Vector, kind: Kind, mut value: Value, wide: bool) -> Result<Vec<String>, String> {
    value = vector.with_absolute_times(&value);
    let object = Object::decode(kind, value).map_err(|error| error.to_string())?;
    Ok(visible(&object, vector, wide))
}

fn visible(object: &Object, vector: &Vector, wide: bool) -> Vec<String> {
    let columns = printers::columns(object.kind().plural());
    let row = printers::row(object, vector.now());
    columns.iter().zip(row).filter(|((_, only_wide), _)| wide || !only_wide).map(|(_, cell)| cell).collect()
}

/// Numbers among the expected cells are texts here.
fn compare(vector: &Vector, got: Result<Vec<String>, String>) -> Outcome {
    let expected: Vec<String> = vector.then["cells"].as_array().into_iter().flatten().map(text).collect();
    match got {
        Ok(got) => Outcome::holds_when(got == expected, format!("{expected:?}"), format!("{got:?}")),
        Err(error) => Outcome::differs(format!("{expected:?}"), error),
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A time with a fraction is one that no object has: the printer gets the instant before the whole second.
fn absolute_creation(vector: &Vector, value: &mut Value) {
    let Some(Value::Object(metadata)) = value.get_mut("metadata") else { return };
    for key in ["creationTimestamp", "deletionTimestamp"] {
        if let Some(time) = metadata.get(key).and_then(Value::as_str).and_then(|text| years_ago(vector, text))
        {
            metadata.insert(key.to_owned(), Value::from(time));
        }
    }
}

/// `now-10y` counts calendar years.
fn years_ago(vector: &Vector, text: &str) -> Option<String> {
    let years: i64 = text.strip_prefix("now-")?.strip_suffix('y')?.parse().ok()?;
    let now = vector.now().to_timestamp().to_string();
    let year: i64 = now[..4].parse().ok()?;
    Some(format!("{:04}{}", year - years, &now[4..]))
}

fn row(vector: &Vector, key: &str, kind: Kind) -> Outcome {
    let mut value = vector.given[key].clone();
    absolute_creation(vector, &mut value);
    let spec = value["spec"].as_object().cloned().unwrap_or_default();
    // The containers stand beside the spec or in it instead of in their template.
    let containers = spec.get("containers").or(value.get("containers")).cloned().unwrap_or_else(|| json!([]));
    let mut spec: Map<String, Value> = spec.into_iter().filter(|(name, _)| name != "containers").collect();
    match kind {
        Kind::Job => drop(spec.insert("template".to_owned(), json!({"spec": {"containers": containers}}))),
        _ => {
            // Upstream's table gives every template this selector.
            let template = json!({"spec": {"containers": containers}});
            let job = json!({"template": template, "selector": {"matchLabels": {"a": "b"}}});
            spec.insert("jobTemplate".to_owned(), json!({"spec": job}));
        }
    }
    value["spec"] = Value::Object(spec);
    if let Value::Object(fields) = &mut value {
        fields.remove("containers");
    }
    let wide = vector.given["wide"].as_bool().unwrap_or(false);
    compare(vector, cells(vector, kind, value, wide))
}

fn state(state: &Value) -> Value {
    let Some(fields) = state.as_object() else { return json!({}) };
    let Some(is) = fields.get("is").and_then(Value::as_str) else { return json!({}) };
    let inner: Map<String, Value> = fields
        .iter()
        .filter(|(name, _)| *name != "is")
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    json!({is: inner})
}

fn statuses(containers: &Value) -> Value {
    let status = |container: &Value| {
        let mut status = container.clone();
        for key in ["state", "lastState"] {
            status[key] = state(&container[key]);
        }
        status
    };
    containers.as_array().into_iter().flatten().map(status).collect()
}

fn pod_row(vector: &Vector) -> Outcome {
    let given = &vector.given["pod"];
    let part = |key: &str| given.get(key).cloned().unwrap_or_else(|| json!([]));
    let phase = given["phase"].as_str().unwrap_or_default();
    let known = PodPhase::ALL.iter().any(|known| known.as_str() == phase);
    let mut status = json!({
        "conditions": part("conditions"),
        "containerStatuses": statuses(&given["containers"]),
        "initContainerStatuses": statuses(&given["initContainers"]),
        "reason": given["reason"].as_str().unwrap_or_default(),
    });
    if known {
        status["phase"] = Value::from(phase);
    } else if status["reason"] == "" {
        // The tables have a phase that no pod can be in; a reason is shown in its place.
        status["reason"] = Value::from(phase);
    }
    let value = json!({"metadata": given["metadata"], "spec": given["spec"], "status": status});
    let wide = vector.given["wide"].as_bool().unwrap_or(false);
    compare(vector, cells(vector, Kind::Pod, value, wide))
}

fn describe_job(vector: &Vector) -> Outcome {
    let given = &vector.given["job"];
    let mut spec = Map::new();
    for key in ["completionMode", "suspend"] {
        if let Some(value) = given.get(key) {
            spec.insert(key.to_owned(), value.clone());
        }
    }
    let status = json!({"completedIndexes": given["completedIndexes"].as_str().unwrap_or_default()});
    let value = json!({"metadata": {"name": "bar", "namespace": "foo"}, "spec": spec, "status": status});
    let object = Object::decode(Kind::Job, value).expect("right types");
    let around = Surroundings { now: vector.now(), events: None, pods: Vec::<&Pod>::new() };
    let text = describe(&object, &around);
    let wanted = vector.then["contains"].as_array().into_iter().flatten();
    let missing: Vec<&str> = wanted.filter_map(Value::as_str).filter(|line| !text.contains(line)).collect();
    Outcome::holds_when(missing.is_empty(), format!("{missing:?}"), text)
}
