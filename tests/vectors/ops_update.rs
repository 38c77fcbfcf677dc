//! API: updates, of the spec and of the status.

use serde_json::{Value, json};
use zadachnik::api::batch::Job;
use zadachnik::api::codec::Codec;
use zadachnik::api::status::{FieldError, FieldErrorKind};
use zadachnik::api::validation::{self, JobOptions, JobUpdateOptions};
use zadachnik::api::{Kind, Object};

use crate::ops_api::first_error;
use crate::vector::{Outcome, Vector};

/// Runs a vector when its operation belongs here.
pub fn run(op: &str, vector: &Vector) -> Option<Outcome> {
    Some(match op {
        "prepare_update" => prepare_update(vector),
        "validate_job_update" if vector.in_words => in_words(vector)?,
        "validate_job_update" => {
            let (new, old) = (changed(vector), job(vector.given("old")));
            errors(vector, &validation::validate_job_update(&new, &old, options(vector)))
        }
        "update_job_request" => {
            let old = job(&vector.with_absolute_times(vector.given("old")));
            let (new, old) = (Object::from(changed(vector)), Object::from(old));
            errors(vector, &validation::validate_update(&new, &old))
        }
        "update_job_status_request" => {
            let (new, old) = (status_job(vector, "new"), status_job(vector, "old"));
            errors(vector, &validation::validate_status_update(&new.into(), &old.into()))
        }
        "validate_job_status_update" => {
            let (new, old) = (status_job(vector, "new"), status_job(vector, "old"));
            let is_fixed = has_option(vector, "rejectStartTimeUpdateForUnsuspendedJob");
            errors(vector, &validation::validate_job_status(&new, &old, is_fixed))
        }
        "validate_cronjob_update" => cron_job_update(vector),
        _ => return None,
    })
}

fn job(value: &Value) -> Job {
    Job::decode(value.clone()).unwrap_or_else(|error| panic!("{error}"))
}

fn status_job(vector: &Vector, which: &str) -> Job {
    let mut value = vector.with_absolute_times(vector.given(which));
    if value.is_null() {
        value = json!({});
    }
    job(&value)
}

fn has_option(vector: &Vector, name: &str) -> bool {
    vector.given("options").as_array().is_some_and(|list| list.contains(&json!(name)))
}

fn options(vector: &Vector) -> JobUpdateOptions {
    JobUpdateOptions {
        job: JobOptions {
            require_prefixed_labels: has_option(vector, "RequirePrefixedLabels"),
            allow_bad_selector_values: has_option(vector, "AllowInvalidLabelValueInSelector"),
        },
        mutable_scheduling: has_option(vector, "AllowMutableSchedulingDirectives"),
        mutable_resources: has_option(vector, "AllowMutablePodResources"),
    }
}

/// The old Job with the vector's changes. A vector whose new Job lacks a field says so in its id alone.
fn changed(vector: &Vector) -> Job {
    let mut value = vector.with_absolute_times(vector.given("old"));
    let spec = &mut value["spec"];
    let gone = [
        ("remove-success-policy", "successPolicy"),
        ("remove-pod-failure-policy", "podFailurePolicy"),
        ("unset-backoff-limit-per-index", "backoffLimitPerIndex"),
        ("completions-set-updated-to-nil", "completions"),
    ];
    for (part, field) in gone {
        if let (true, Value::Object(fields)) = (vector.id.contains(part), &mut *spec) {
            fields.remove(field);
        }
    }
    for (path, new) in vector.given("set").as_object().into_iter().flatten() {
        set(&mut value, path, new.clone());
    }
    job(&value)
}

/// Sets a value at a dotted path; `[0]` is an index, `[key]` a key.
fn set(value: &mut Value, path: &str, mut new: Value) {
    let mut target = value;
    let path = path.replace("template.annotations", "template.metadata.annotations");
    let path = if path.starts_with("annotations") { format!("metadata.{path}") } else { path };
    for step in path.split('.') {
        let inner = step.strip_prefix('[').and_then(|step| step.strip_suffix(']'));
        target = match inner.map(|inner| (inner, inner.parse::<usize>())) {
            Some((_, Ok(index))) => &mut target[index],
            Some((key, Err(_))) => &mut target[key],
            None => &mut target[step],
        };
    }
    if let Some(affinity) = new.get("nodeAffinity").filter(|affinity| affinity.is_string()) {
        assert_eq!(affinity, "foo In [bar,value2]", "the only affinity that is told in words");
        let requirement = json!({"key": "foo", "operator": "In", "values": ["bar", "value2"]});
        let terms = json!({"nodeSelectorTerms": [{"matchExpressions": [requirement]}]});
        new = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}});
    }
    *target = with_resource_names(new);
    if path.ends_with("initContainers") {
        complete_containers(target);
    }
}

/// Containers of which a vector gives the name alone.
fn complete_containers(list: &mut Value) {
    let whole = crate::ops_api::valid_template()["spec"]["containers"][0].clone();
    for container in list.as_array_mut().into_iter().flatten() {
        let mut complete = whole.clone();
        for (key, value) in container.as_object().into_iter().flatten() {
            complete[key] = value.clone();
        }
        *container = complete;
    }
}

/// Upstream's constants for resource names.
fn with_resource_names(value: Value) -> Value {
    let text = value.to_string().replace("api.ResourceCPU", "cpu").replace("api.ResourceMemory", "memory");
    serde_json::from_str(&text).expect("still JSON")
}

fn kind_name(kind: FieldErrorKind) -> &'static str {
    match kind {
        FieldErrorKind::Required => "Required",
        FieldErrorKind::Invalid | FieldErrorKind::TypeInvalid => "Invalid",
        FieldErrorKind::NotSupported => "NotSupported",
        FieldErrorKind::Duplicate => "Duplicate",
        FieldErrorKind::Forbidden => "Forbidden",
        FieldErrorKind::TooLong => "TooLong",
        FieldErrorKind::TooMany => "TooMany",
        FieldErrorKind::NotFound => "NotFound",
        FieldErrorKind::Internal => "Internal",
    }
}

/// The types and fields of the errors, in order.
fn errors(vector: &Vector, found: &[FieldError]) -> Outcome {
    let got: Vec<Value> = found
        .iter()
        .map(|error| json!({"type": kind_name(error.kind), "field": error.field, "detail": error.detail}))
        .collect();
    match Outcome::compare(vector.then("errors"), &Value::from(got)) {
        Outcome::Differs { expected, .. } => {
            let told: Vec<String> = found.iter().map(FieldError::to_string).collect();
            Outcome::differs(expected, told.join("; "))
        }
        outcome => outcome,
    }
}

fn cron_job_update(vector: &Vector) -> Outcome {
    let cron_job = |which: &str| {
        let mut spec = vector.given(which).clone();
        let template = json!({"spec": {"template": crate::ops_api::valid_template()}});
        let fields = spec.as_object_mut().expect("a spec");
        fields.entry("concurrencyPolicy").or_insert(json!("Allow"));
        fields.entry("jobTemplate").or_insert(template);
        let value =
            json!({"metadata": {"name": "mycronjob", "namespace": "default", "uid": "1a2b3c"}, "spec": spec});
        Object::decode(Kind::CronJob, value).unwrap_or_else(|error| panic!("{error}"))
    };
    let found = validation::validate_update(&cron_job("new"), &cron_job("old"));
    match vector.then("hasError").as_bool() {
        Some(expected) => {
            let told: Vec<String> = found.iter().map(FieldError::to_string).collect();
            Outcome::holds_when(expected != found.is_empty(), format!("hasError {expected}"), told.join("; "))
        }
        None => first_error(vector, &found),
    }
}

fn prepare_update(vector: &Vector) -> Outcome {
    use zadachnik::apiserver::{ApiServer, Subresource};
    use zadachnik::base::{Random, Time};
    let mut server = ApiServer::new(Time::from_millis(0), Random::new(1));
    let spec = crate::ops_api::valid_template()["spec"].clone();
    let mut first = job(&json!({
        "metadata": {"name": "myjob", "namespace": "default"},
        "spec": {"template": {"spec": spec}},
    }));
    first.metadata.generation = vector.given("oldGeneration").as_i64().unwrap_or(0);
    let created = server.create(first.into()).expect("created");
    let Object::Job(created) = created else { panic!("a Job") };
    let mut next = (*created).clone();
    if vector.given("specChanged") == &json!(true) {
        std::sync::Arc::make_mut(&mut next.spec).backoff_limit = Some(3);
    }
    if vector.given("metadataChanged") == &json!(true) {
        next.metadata.annotations.insert("a".to_owned(), "b".to_owned());
    }
    let updated = server.update(next.into(), Subresource::Main).expect("updated");
    Outcome::compare(&vector.then, &json!({"generation": updated.metadata().generation}))
}

/// Vectors that tell their change in words.
fn in_words(vector: &Vector) -> Option<Outcome> {
    let name = vector.id.strip_prefix("validate_job_update/")?;
    let template = crate::ops_api::valid_template();
    let labels = &template["metadata"]["labels"];
    let mut old = json!({
        "metadata": {"name": "abc", "namespace": "default"},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    });
    let mut options = JobUpdateOptions {
        job: JobOptions { require_prefixed_labels: false, allow_bad_selector_values: false },
        mutable_scheduling: name.starts_with("mutable-"),
        mutable_resources: false,
    };
    let indexed = |old: &mut Value| {
        old["spec"]["completionMode"] = json!("Indexed");
        old["spec"]["completions"] = json!(5);
    };
    let container = |name: &str| json!({"name": name, "image": "image", "imagePullPolicy": "IfNotPresent", "terminationMessagePolicy": "File"});
    let change: fn(&mut Value) = match name {
        "update-success-policy" => {
            indexed(&mut old);
            old["spec"]["successPolicy"] = json!({"rules": [{"succeededIndexes": "1-3"}]});
            |new| {
                new["spec"]["successPolicy"]["rules"] =
                    json!([{"succeededIndexes": "1-3"}, {"succeededCount": 3}])
            }
        }
        "update-pod-failure-policy" => {
            let rule = json!({"action": "Ignore", "onExitCodes": {"operator": "In", "values": [1]}});
            old["spec"]["podFailurePolicy"] = json!({"rules": [rule.clone()]});
            |new| {
                let rule = new["spec"]["podFailurePolicy"]["rules"][0].clone();
                new["spec"]["podFailurePolicy"]["rules"] = json!([rule.clone(), rule]);
            }
        }
        "immutable-labels" | "mutable-labels" => {
            |new| new["spec"]["template"]["metadata"]["labels"]["bar"] = json!("baz")
        }
        "immutable-schedulinggates" | "mutable-schedulinggates" => {
            |new| new["spec"]["template"]["spec"]["schedulingGates"] = json!([{"name": "gate"}])
        }
        "reject-pod-spec-changes-when-container-count-differs" => {
            options.mutable_resources = true;
            |new| {
                let mut second = new["spec"]["template"]["spec"]["containers"][0].clone();
                second["name"] = json!("second");
                new["spec"]["template"]["spec"]["containers"].as_array_mut().expect("a list").push(second);
            }
        }
        "allow-both-container-and-init-container-resource-updates" => {
            options.mutable_resources = true;
            old["spec"]["template"]["spec"]["initContainers"] = json!([container("init")]);
            |new| {
                for list in ["containers", "initContainers"] {
                    new["spec"]["template"]["spec"][list][0]["resources"] =
                        json!({"requests": {"cpu": "200m"}});
                }
            }
        }
        _ => return None,
    };
    let mut new = old.clone();
    change(&mut new);
    Some(errors(vector, &validation::validate_job_update(&job(&new), &job(&old), options)))
}
