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
        ("unset-max-failed-indexes", "maxFailedIndexes"),
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
        next.spec.backoff_limit = Some(3);
    }
    if vector.given("metadataChanged") == &json!(true) {
        next.metadata.annotations.insert("a".to_owned(), "b".to_owned());
    }
    let updated = server.update(next.into(), Subresource::Main).expect("updated");
    Outcome::compare(&vector.then, &json!({"generation": updated.metadata().generation}))
}

/// Vectors that tell their change in words: upstream's tables change the old Job by a function.
fn in_words(vector: &Vector) -> Option<Outcome> {
    let name = vector.id.strip_prefix("validate_job_update/")?.replace("validatejobupdate/", "");
    let template = crate::ops_api::valid_template();
    let labels = &template["metadata"]["labels"];
    let mut old = json!({
        "metadata": {"name": "abc", "namespace": "default"},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    });
    let options = JobUpdateOptions {
        job: JobOptions { require_prefixed_labels: false, allow_bad_selector_values: false },
        mutable_scheduling: ["mutable-", "add-", "update-", "remove-"]
            .iter()
            .any(|verb| name.starts_with(verb)),
        mutable_resources: name.contains("resource-updates") || name.starts_with("reject-pod-spec-changes"),
    };
    prepare_old(&name, &mut old);
    let mut new = old.clone();
    change_in_words(&name, &mut new)?;
    Some(errors(vector, &validation::validate_job_update(&job(&new), &job(&old), options)))
}

fn bare_container(name: &str) -> Value {
    json!({"name": name, "image": "image", "imagePullPolicy": "IfNotPresent", "terminationMessagePolicy": "File"})
}

fn node_affinity(value: &str) -> Value {
    let requirement = json!({"key": "foo", "operator": "In", "values": ["bar", value]});
    let terms = json!({"nodeSelectorTerms": [{"matchExpressions": [requirement]}]});
    json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}})
}

/// What the old Job of a case has beyond a valid one.
fn prepare_old(name: &str, old: &mut Value) {
    let spec = &mut old["spec"];
    if name.contains("success-policy") || name.contains("indexed") || name.contains("per-index") {
        spec["completionMode"] = json!("Indexed");
        spec["completions"] = json!(5);
        spec["parallelism"] = json!(5);
    }
    if name.contains("success-policy") && !name.starts_with("add-") {
        spec["successPolicy"] = json!({"rules": [{"succeededIndexes": "1-3"}]});
    }
    if name.contains("pod-failure-policy") && !name.starts_with("add-") {
        let rule = json!({"action": "Ignore", "onExitCodes": {"operator": "In", "values": [1]}});
        spec["podFailurePolicy"] = json!({"rules": [rule]});
    }
    if name.contains("max-failed-indexes") || (name.contains("per-index") && !name.starts_with("set-")) {
        spec["completionMode"] = json!("Indexed");
        spec["completions"] = json!(5);
        spec["backoffLimitPerIndex"] = json!(1);
    }
    if name.contains("max-failed-indexes") && !name.starts_with("set-") {
        spec["maxFailedIndexes"] = json!(1);
    }
    let pod = &mut spec["template"]["spec"];
    if ["update-node-affinity", "remove-node-affinity", "remove-affinity"].contains(&name) {
        pod["affinity"] = node_affinity("old");
    }
    if name.contains("init-container") && !name.contains("count-differs") {
        pod["initContainers"] = json!([bare_container("init"), bare_container("init-2")]);
    } else if name.contains("reorders-containers") {
        pod["containers"].as_array_mut().expect("a list").push(bare_container("second"));
    }
    if name.contains("resource-updates") || name.starts_with("reject-pod-spec-changes") {
        spec["suspend"] = json!(true);
    }
}

fn change_in_words(name: &str, new: &mut Value) -> Option<()> {
    let spec = &mut new["spec"];
    let drop = |value: &mut Value, key: &str| {
        value.as_object_mut().expect("an object").remove(key);
    };
    match name {
        "add-success-policy" => spec["successPolicy"] = json!({"rules": [{"succeededCount": 2}]}),
        "update-success-policy" => {
            spec["successPolicy"]["rules"] = json!([{"succeededIndexes": "1-3"}, {"succeededCount": 3}]);
        }
        "remove-success-policy" => drop(spec, "successPolicy"),
        "add-pod-failure-policy" => {
            let pattern = json!({"type": "DisruptionTarget", "status": "True"});
            spec["podFailurePolicy"] = json!({"rules": [{"action": "Ignore", "onPodConditions": [pattern]}]});
        }
        "update-pod-failure-policy" => {
            let rule = spec["podFailurePolicy"]["rules"][0].clone();
            spec["podFailurePolicy"]["rules"] = json!([rule.clone(), rule]);
        }
        "remove-pod-failure-policy" => drop(spec, "podFailurePolicy"),
        "set-backoff-limit-per-index" => spec["backoffLimitPerIndex"] = json!(1),
        "unset-backoff-limit-per-index" => drop(spec, "backoffLimitPerIndex"),
        "update-backoff-limit-per-index" => spec["backoffLimitPerIndex"] = json!(2),
        "set-max-failed-indexes" => spec["maxFailedIndexes"] = json!(1),
        "unset-max-failed-indexes" => drop(spec, "maxFailedIndexes"),
        "update-max-failed-indexes" => spec["maxFailedIndexes"] = json!(2),
        _ => return change_template(name, &mut spec["template"]),
    }
    Some(())
}

fn change_template(name: &str, template: &mut Value) -> Option<()> {
    let drop = |value: &mut Value, key: &str| {
        value.as_object_mut().expect("an object").remove(key);
    };
    let more = json!({"requests": {"cpu": "200m", "memory": "256Mi"}});
    if let "immutable-labels" | "mutable-labels" = name {
        template["metadata"]["labels"]["bar"] = json!("baz");
        return Some(());
    }
    if let "immutable-annotations" | "mutable-annotations" = name {
        template["metadata"]["annotations"] = json!({"foo": "baz"});
        return Some(());
    }
    let pod = &mut template["spec"];
    match name {
        "immutable-pod-template" => pod["dnsPolicy"] = json!("ClusterFirstWithHostNet"),
        "immutable-schedulinggates" | "mutable-schedulinggates" => {
            pod["schedulingGates"] = json!([{"name": "gate"}]);
        }
        "immutable-node-selector" | "mutable-node-selector" => pod["nodeSelector"] = json!({"foo": "bar"}),
        "immutable-tolerations" | "mutable-tolerations" => {
            let toleration =
                json!({"key": "foo", "operator": "Equal", "value": "bar", "effect": "NoExecute"});
            pod["tolerations"] = json!([toleration]);
        }
        "immutable-node-affinity" | "add-node-affinity" | "update-node-affinity" => {
            pod["affinity"] = node_affinity("value2");
        }
        "remove-node-affinity" => drop(&mut pod["affinity"], "nodeAffinity"),
        "remove-affinity" => drop(pod, "affinity"),
        "allow-container-resource-updates-only" => pod["containers"][0]["resources"] = more,
        "allow-init-container-resource-updates-only" => pod["initContainers"][0]["resources"] = more,
        "allow-both-container-and-init-container-resource-updates" => {
            pod["containers"][0]["resources"] = more.clone();
            pod["initContainers"][0]["resources"] = more;
        }
        "reject-pod-spec-changes-when-container-count-differs" => {
            pod["containers"].as_array_mut().expect("a list").push(bare_container("sidecar"));
        }
        "reject-pod-spec-changes-when-init-container-count-differs" => {
            pod["initContainers"] = json!([bare_container("init")]);
        }
        "reject-pod-spec-changes-if-update-reorders-init-containers" => {
            pod["initContainers"].as_array_mut().expect("a list").reverse();
        }
        "reject-pod-spec-changes-if-update-reorders-containers" => {
            pod["containers"].as_array_mut().expect("a list").reverse();
        }
        _ => return None,
    }
    Some(())
}
