//! Pods: what new ones look like, which belong to a Job, and who frees the others.

use serde_json::{Value, json};
use zadachnik::api::batch::{JOB_TRACKING_FINALIZER, Job};
use zadachnik::api::core::{Container, Pod};
use zadachnik::api::meta::OwnerReference;
use zadachnik::api::{Kind, Object};
use zadachnik::apiserver::{ApiServer, ObjectKey};
use zadachnik::controllers::job::JobController;
use zadachnik::controllers::job::claim::controller_reference;
use zadachnik::controllers::job::template::{self, PodTemplate};

use super::objects::{NAMESPACE, job, names, pod, server};
use super::sync::controller;
use crate::vector::{Outcome, Vector};

pub fn claim_pods(vector: &Vector) -> Outcome {
    let job = job(vector, vector.given("job"));
    let described = vector.given("pods").as_array().cloned().unwrap_or_default();
    let pods: Vec<Pod> =
        described.iter().enumerate().map(|(at, one)| owned_pod(vector, &job, one, at)).collect();
    let mut api = server(vector, &job, &pods);
    let claimed = match controller(&api).pods_for_job(&mut api, &job) {
        Ok(claimed) => claimed,
        Err(error) => return Outcome::differs(&vector.then, error),
    };
    let name_of = |pod: &Pod| pod.metadata.name.clone();
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names
    };
    let owned = |name: &String| {
        let stored = api.find(Kind::Pod, &ObjectKey::new(NAMESPACE, name)).map(Object::metadata);
        stored.is_some_and(|meta| {
            !meta.owner_references.is_empty() || meta.has_finalizer(JOB_TRACKING_FINALIZER)
        })
    };
    let released = claimed.released.into_iter().filter(|name| !owned(name)).collect();
    let got = json!({
        "claimed": sorted(claimed.pods.iter().map(|entry| name_of(&entry.pod)).collect()),
        "withFinalizer":
            sorted(claimed.pods.iter().filter(|entry| entry.tracked).map(|entry| name_of(&entry.pod)).collect()),
        "released": sorted(released),
        "adopted": sorted(claimed.adopted),
    });
    let mut expected = vector.then.clone();
    for (_, value) in expected.as_object_mut().into_iter().flatten() {
        *value = json!(names(value));
    }
    Outcome::compare(&expected, &got)
}

/// `owner`: the name of the controlling Job, or null.
fn owned_pod(vector: &Vector, job: &Job, described: &Value, ordinal: usize) -> Pod {
    let mut made = pod(vector, job, described, false, ordinal);
    match described.get("owner").and_then(Value::as_str) {
        None => made.metadata.owner_references.clear(),
        Some(owner) if owner != job.metadata.name => {
            let owner = OwnerReference {
                name: owner.to_owned(),
                uid: "another".to_owned(),
                ..controller_reference(job)
            };
            made.metadata.owner_references = vec![owner].into();
        }
        Some(_) => {}
    }
    made
}

/// `owner`: `{apiVersion, kind, controller, job}`; `job` is the end of the owning Job, `absent`, or an unfinished one.
pub fn orphan_finalizer(vector: &Vector) -> Outcome {
    let described = vector.given("pod");
    let owner = described.get("owner").unwrap_or(&Value::Null);
    let end = owner.get("job").and_then(Value::as_str).unwrap_or("absent");
    let mut status = json!({});
    if end == "Complete" || end == "Failed" {
        status["conditions"] = json!([{"type": end, "status": "True"}]);
    }
    let mut spec = json!({"parallelism": 1, "completions": 1});
    for key in ["managedBy", "suspend"] {
        if let Some(value) = owner.get(key) {
            spec[key] = value.clone();
        }
    }
    let job = job(vector, &json!({"spec": spec, "status": status}));
    let mut orphan = pod(vector, &job, described, false, 0);
    orphan.metadata.owner_references.clear();
    if owner.is_object() {
        let text = |key: &str| owner.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        orphan.metadata.owner_references = vec![OwnerReference {
            api_version: text("apiVersion"),
            kind: text("kind"),
            controller: owner.get("controller").and_then(Value::as_bool),
            ..controller_reference(&job)
        }]
        .into();
    }
    let mut api = server(vector, &job, std::slice::from_ref(&orphan));
    if end == "absent" {
        api = ApiServer::new(vector.now(), zadachnik::base::Random::new(1));
        api.restore(Object::from(orphan.clone()));
    }
    let mut controller = JobController::new();
    controller.restart(&api);
    controller.run(&mut api, &mut Vec::new());
    let stored = api.find(Kind::Pod, &ObjectKey::new(NAMESPACE, &orphan.metadata.name));
    let removed = stored.is_none_or(|pod| !pod.metadata().has_finalizer(JOB_TRACKING_FINALIZER));
    Outcome::compare(&vector.then, &json!({"finalizerRemoved": removed}))
}

pub fn created_pod(vector: &Vector) -> Outcome {
    let mut described = vector.given("job").clone();
    let replaced = vector.given("replaces");
    let matched = replaced.get("matched").and_then(Value::as_str);
    if let Some(action) = matched {
        let condition = json!([{"type": "DisruptionTarget", "status": "True"}]);
        described["podFailurePolicy"] = json!({"rules": [{"action": action, "onPodConditions": condition}]});
    }
    let job = job(vector, &described);
    let replaced = replaced.is_object().then(|| {
        let mut failed = replaced.clone();
        failed["phase"] = json!("Failed");
        failed["conditions"] = json!([{"type": "DisruptionTarget", "status": "True"}]);
        pod(vector, &job, &failed, false, 0)
    });
    let index = vector.given("index").as_i64().map(|index| index as i32);
    let made = PodTemplate::new(&job).pod(index, replaced.as_ref());
    let mut expected = vector.then.clone();
    if let Some(Value::Array(variables)) = expected.as_object_mut().and_then(|fields| fields.remove("env")) {
        let containers = made.spec.init_containers.iter().chain(&made.spec.containers);
        for container in containers {
            if let Some(missing) = variables.iter().find(|variable| !has_variable(container, variable)) {
                return Outcome::differs(missing, format!("{:?}", container.env));
            }
        }
    }
    let mut got = Object::from(made).to_value();
    let spec = got["spec"].clone();
    got = got["metadata"].clone();
    got["hostname"] = spec["hostname"].clone();
    got["ownerReference"] = got["ownerReferences"][0].clone();
    if expected.get("annotations").is_some_and(|wanted| *wanted != got["annotations"]) {
        return Outcome::differs(&expected, &got);
    }
    Outcome::compare(&expected, &got)
}

fn has_variable(container: &Container, wanted: &Value) -> bool {
    container.env.iter().any(|variable| {
        let field = variable.value_from.as_ref().and_then(|from| from.field_ref.as_ref());
        wanted["name"] == json!(variable.name)
            && wanted.get("fieldRef").is_none_or(|path| *path == json!(field.map(|f| &f.field_path)))
    })
}

pub fn indexed_generate_name(vector: &Vector) -> Outcome {
    let index = vector.given("index").as_i64().unwrap_or(0) as i32;
    let got = template::indexed_generate_name(vector.given("jobName").as_str().unwrap_or_default(), index);
    Outcome::compare(&vector.then, &json!({"generateName": got}))
}

/// The name is made by the API server; `nameRegex` is `^BASE[letters]{5}$`, its base perhaps `x{58}`.
pub fn pod_name(vector: &Vector) -> Outcome {
    let described =
        json!({"name": vector.given("jobName"), "completionMode": vector.given("completionMode")});
    let job = job(vector, &described);
    let index = vector.given("index").as_i64().map(|index| index as i32);
    let made = PodTemplate::new(&job).pod(index, None);
    let mut got = json!({"generateName": made.metadata.generate_name, "hostname": made.spec.hostname});
    let mut api = server(vector, &job, &[]);
    let name = match api.create(Object::from(made)) {
        Ok(created) => created.metadata().name.clone(),
        Err(status) => return Outcome::differs(&vector.then, status),
    };
    let mut expected = vector.then.clone();
    let pattern = expected.as_object_mut().and_then(|fields| fields.remove("nameRegex"));
    if let Some(Value::String(pattern)) = pattern
        && !matches(&pattern, &name)
    {
        return Outcome::differs(pattern, name);
    }
    got["name"] = json!(name);
    Outcome::compare(&expected, &got)
}

/// A regular expression of literals, `[letters]` and `{n}` between `^` and `$`.
fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.trim_start_matches('^').trim_end_matches('$').chars().collect();
    let mut rest = text;
    let mut at = 0;
    while at < pattern.len() {
        let class: Vec<char> = if pattern[at] == '[' {
            let end = at + pattern[at..].iter().position(|c| *c == ']').expect("a closed class");
            let class = pattern[at + 1..end].to_vec();
            at = end + 1;
            class
        } else {
            at += 1;
            vec![pattern[at - 1]]
        };
        let mut times = 1;
        if pattern.get(at) == Some(&'{') {
            let end = at + pattern[at..].iter().position(|c| *c == '}').expect("a closed count");
            times = pattern[at + 1..end].iter().collect::<String>().parse().expect("a count");
            at = end + 1;
        }
        for _ in 0..times {
            match rest.strip_prefix(class.as_slice()) {
                Some(shorter) => rest = shorter,
                None => return false,
            }
        }
    }
    rest.is_empty()
}
