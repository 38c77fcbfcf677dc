//! API: defaulting, create validation, strategies.

use serde_json::{Value, json};
use zadachnik::api::batch::CronJobSpec;
use zadachnik::api::codec::Codec;
use zadachnik::api::defaults::set_defaults;
use zadachnik::api::status::FieldError;
use zadachnik::api::strategy::prepare_create;
use zadachnik::api::validation::{self, Errors, JobOptions};
use zadachnik::api::{Kind, Object};

use crate::vector::{Outcome, Vector};

/// Runs a vector when its operation belongs here.
pub fn run(op: &str, vector: &Vector) -> Option<Outcome> {
    Some(match op {
        "default_job" => default_job(vector),
        "default_cronjob" => default_cron_job(vector),
        "prepare_create" => prepare(vector),
        "validate_job" => first_error(vector, &validate_job(vector)),
        "validate_cronjob" => first_error(vector, &validation::validate_create(&cron_job_of(vector))),
        "validate_schedule" => validate_schedule(vector),
        "validate_indexes_string" => indexes_string(vector),
        "validate_indexes_overlap" => indexes_overlap(vector),
        _ => return None,
    })
}

fn decode(kind: Kind, value: Value) -> Object {
    Object::decode(kind, value).unwrap_or_else(|error| panic!("{error}"))
}

fn default_job(vector: &Vector) -> Outcome {
    let given = vector.given("job");
    let value = json!({"metadata": {"labels": given["labels"]}, "spec": given["spec"]});
    let mut job = decode(Kind::Job, value);
    set_defaults(&mut job);
    let copied = job.metadata().labels.get("default").is_some_and(|value| value == "default");
    let got = json!({"spec": job.to_value()["spec"], "metadataLabelsCopiedFromTemplate": copied});
    Outcome::compare(&vector.then, &got)
}

fn default_cron_job(vector: &Vector) -> Outcome {
    let mut cron_job = decode(Kind::CronJob, vector.given.clone());
    set_defaults(&mut cron_job);
    Outcome::compare(&vector.then, &cron_job.to_value())
}

fn prepare(vector: &Vector) -> Outcome {
    let given = vector.given("job");
    let value = json!({
        "metadata": {"name": given["name"], "uid": given["uid"]},
        "spec": {
            "manualSelector": given["manualSelector"], "selector": given["selector"],
            "template": {"metadata": {"labels": given["templateLabels"]}},
        },
        "status": given["status"],
    });
    let mut job = decode(Kind::Job, value);
    prepare_create(&mut job);
    let value = job.to_value();
    let got = json!({
        "selector": value["spec"]["selector"],
        "templateLabels": value["spec"]["template"]["metadata"]["labels"],
        "generation": value["metadata"]["generation"],
        "status": value["status"],
    });
    Outcome::compare(&vector.then, &got)
}

/// A pod template with the labels that the server generates for the Job `myjob` with the uid `1a2b3c`.
pub fn valid_template() -> Value {
    let labels = json!({
        "batch.kubernetes.io/controller-uid": "1a2b3c", "controller-uid": "1a2b3c",
        "batch.kubernetes.io/job-name": "myjob", "job-name": "myjob",
    });
    let container = json!({
        "name": "ctr", "image": "image", "imagePullPolicy": "IfNotPresent", "terminationMessagePolicy": "File",
    });
    json!({
        "metadata": {"labels": labels},
        "spec": {"restartPolicy": "Never", "dnsPolicy": "ClusterFirst", "containers": [container]},
    })
}

/// The Job of a vector; parts that it leaves out are those of a valid Job.
fn job_of(vector: &Vector) -> Object {
    let mut value = vector.given("job").clone();
    if value.get("metadata").is_none() {
        value["metadata"] = json!({"name": "myjob", "namespace": "default", "uid": "1a2b3c"});
    }
    let spec = &mut value["spec"];
    if spec.get("template").is_none() {
        let template = valid_template();
        spec["selector"] = json!({"matchLabels": template["metadata"]["labels"]});
        spec["template"] = template;
    }
    spell_out(spec);
    decode(Kind::Job, value)
}

fn validate_job(vector: &Vector) -> Vec<FieldError> {
    let Object::Job(job) = job_of(vector) else { panic!("a Job") };
    let has = |name: &str| vector.given("options").as_array().is_some_and(|list| list.contains(&json!(name)));
    let options = JobOptions {
        require_prefixed_labels: has("RequirePrefixedLabels"),
        allow_bad_selector_values: has("AllowInvalidLabelValueInSelector"),
    };
    validation::validate_job(&job, options)
}

/// Lists that a vector tells in words.
fn spell_out(spec: &mut Value) {
    if spec.pointer("/successPolicy/rules") == Some(&json!("21 rules")) {
        spec["successPolicy"]["rules"] = (0..21).map(|_| json!({"succeededCount": 1})).collect();
    }
    let rule = "/podFailurePolicy/rules/0";
    if spec.pointer(&format!("{rule}/onExitCodes/values")) == Some(&json!("256 ascending values")) {
        spec["podFailurePolicy"]["rules"][0]["onExitCodes"]["values"] = (1..=256).map(Value::from).collect();
    }
    if spec.pointer(&format!("{rule}/onPodConditions")) == Some(&json!("21 patterns")) {
        let pattern = |number: i32| json!({"type": format!("Condition{number}"), "status": "True"});
        spec["podFailurePolicy"]["rules"][0]["onPodConditions"] = (0..21).map(pattern).collect();
    }
}

/// In CronJob vectors the labels of the template are empty.
fn cron_job_of(vector: &Vector) -> Object {
    let mut value = vector.given("cronJob").clone();
    if let Some(Value::Object(template)) = value.pointer_mut("/spec/jobTemplate/spec/template") {
        template.remove("metadata");
    }
    decode(Kind::CronJob, value)
}

/// `errors: []`, or the field of the first error and a part of its text.
pub fn first_error(vector: &Vector, errors: &[FieldError]) -> Outcome {
    let told = errors.iter().map(FieldError::to_string).collect::<Vec<_>>().join("; ");
    if vector.then("errors").is_array() {
        return Outcome::holds_when(errors.is_empty(), "no errors", told);
    }
    let expected = vector.then("firstError");
    let text = |key: &str| expected[key].as_str().unwrap_or("a text");
    let holds = errors.first().is_some_and(|error| {
        error.field == text("field") && error.to_string().contains(text("messageContains"))
    });
    Outcome::holds_when(holds, expected, told)
}

fn validate_schedule(vector: &Vector) -> Outcome {
    let value = json!({"schedule": vector.given("schedule"), "timeZone": vector.given("timeZone")});
    let spec = CronJobSpec::decode(value).expect("right types");
    let mut errors = Errors::default();
    let allowed = vector.given("tzAlreadyInOldSchedule").as_bool().unwrap_or(false);
    validation::schedule_format(&spec, allowed, &mut errors);
    let errors = errors.into_list();
    let told = errors.iter().map(FieldError::to_string).collect::<Vec<_>>().join("; ");
    match vector.then("errorContains").as_str() {
        Some(part) => Outcome::holds_when(told.contains(part), part, told),
        None => Outcome::holds_when(errors.is_empty(), "no errors", told),
    }
}

fn completions(vector: &Vector) -> i32 {
    vector.given("completions").as_i64().unwrap_or(0) as i32
}

fn text<'a>(vector: &'a Vector, path: &str) -> &'a str {
    vector.given(path).as_str().unwrap_or_default()
}

fn indexes_string(vector: &Vector) -> Outcome {
    let got = match validation::validate_indexes(text(vector, "indexes"), completions(vector)) {
        Ok(total) => json!({"total": total}),
        Err(error) => json!({"error": error}),
    };
    Outcome::compare(&vector.then, &got)
}

fn indexes_overlap(vector: &Vector) -> Outcome {
    let (completed, failed) = (text(vector, "completedIndexes"), text(vector, "failedIndexes"));
    let error = validation::validate_no_overlap(completed, failed, completions(vector)).err();
    Outcome::compare(&vector.then, &json!({"error": error}))
}
