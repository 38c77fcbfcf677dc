//! What may change in a Job.

use super::errors::{Errors, quoted};
use super::internal;
use super::job::{self, JobOptions, shown_selector};
use super::meta;
use crate::api::batch::{CONTROLLER_UID_LABEL, JOB_NAME_LABEL, Job, JobConditionType, JobSpec};
use crate::api::codec::Codec;
use crate::api::core::{Container, PodSpec, PodTemplateSpec};
use serde_json::Value;

const IMMUTABLE: &str = "field is immutable";

/// What an update may do beyond the usual: it follows from the stored object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JobUpdateOptions {
    pub job: JobOptions,
    /// Node selector, node affinity, tolerations, scheduling gates, labels and annotations of the template.
    pub mutable_scheduling: bool,
    /// Resources of the template's containers.
    pub mutable_resources: bool,
}

impl JobUpdateOptions {
    // Models pkg/registry/batch/job/strategy.go validationOptionsForJob
    pub fn derive(old: &Job) -> JobUpdateOptions {
        let status = &old.status;
        let pods_are_gone = status.active == 0
            && (status.start_time.is_none() || old.has_condition(JobConditionType::Suspended));
        let mutable = old.spec.is_suspended() && pods_are_gone;
        let labels = &old.spec.template.metadata.labels;
        let mut probe = Errors::default();
        let selector_is_good = old
            .spec
            .selector
            .as_ref()
            .is_none_or(|selector| meta::label_selector(selector, false, "", &mut probe));
        JobUpdateOptions {
            job: JobOptions {
                require_prefixed_labels: labels.contains_key(JOB_NAME_LABEL)
                    && labels.contains_key(CONTROLLER_UID_LABEL),
                allow_bad_selector_values: !selector_is_good,
            },
            mutable_scheduling: mutable,
            mutable_resources: mutable,
        }
    }
}

/// The rules of an update request: those of a new Job, then those of a change.
// Models pkg/registry/batch/job/strategy.go ValidateUpdate
pub fn job_update_request(new: &Job, old: &Job, errors: &mut Errors) {
    let options = JobUpdateOptions::derive(old);
    job::job(new, options.job, errors);
    job_update(new, old, options, errors);
}

// Models pkg/apis/batch/validation/validation.go ValidateJobUpdate
pub fn job_update(new: &Job, old: &Job, options: JobUpdateOptions, errors: &mut Errors) {
    meta::object_meta_update(&new.metadata, &old.metadata, "metadata", errors);
    let (spec, was) = (&*new.spec, &*old.spec);
    job::spec_with_selector(spec, options.job, errors);
    completions(spec, was, errors);
    if spec.selector != was.selector {
        errors.invalid("spec.selector", shown_selector(spec.selector.as_ref()), IMMUTABLE);
    }
    template(&spec.template, &was.template, options, errors);
    let text = |text: &Option<String>| text.as_deref().map_or_else(|| "null".to_owned(), quoted);
    let policy = |name: &str, value: Option<Value>| {
        value.map_or_else(|| "null".to_owned(), |value| internal::shown(name, &value))
    };
    let number = |number: Option<i32>| number.map_or_else(|| "null".to_owned(), |number| number.to_string());
    let fields = [
        ("completionMode", spec.completion_mode == was.completion_mode, text(&spec.completion_mode)),
        (
            "podFailurePolicy",
            spec.pod_failure_policy == was.pod_failure_policy,
            policy("PodFailurePolicy", spec.pod_failure_policy.as_ref().and_then(Codec::encode)),
        ),
        (
            "backoffLimitPerIndex",
            spec.backoff_limit_per_index == was.backoff_limit_per_index,
            number(spec.backoff_limit_per_index),
        ),
        ("managedBy", spec.managed_by == was.managed_by, text(&spec.managed_by)),
        (
            "successPolicy",
            spec.success_policy == was.success_policy,
            policy("SuccessPolicy", spec.success_policy.as_ref().and_then(Codec::encode)),
        ),
    ];
    for (name, equal, shown) in fields {
        if !equal {
            errors.invalid(&format!("spec.{name}"), shown, IMMUTABLE);
        }
    }
}

/// Indexed Jobs are elastic: completions change together with parallelism.
// Models pkg/apis/batch/validation/validation.go validateCompletions
fn completions(new: &JobSpec, old: &JobSpec, errors: &mut Errors) {
    if new.completions == old.completions {
        return;
    }
    let shown = new.completions.map_or_else(|| "null".to_owned(), |number| number.to_string());
    if !new.is_indexed() {
        errors.invalid("spec.completions", shown, IMMUTABLE);
    } else if new.completions.is_some() && new.completions != new.parallelism {
        errors.invalid("spec.completions", shown, "can only be modified in tandem with spec.parallelism");
    }
}

// Models pkg/apis/batch/validation/validation.go validatePodTemplateUpdate
fn template(new: &PodTemplateSpec, old: &PodTemplateSpec, options: JobUpdateOptions, errors: &mut Errors) {
    let mut allowed = old.clone();
    if options.mutable_scheduling {
        allow_scheduling(new, &mut allowed);
    }
    if options.mutable_resources {
        allow_resources(&new.spec, &mut allowed.spec);
        if new.spec != allowed.spec {
            let shown = internal::shown("PodSpec", &new.spec.encode().unwrap_or_default());
            errors.invalid("spec.template.spec", shown, IMMUTABLE);
            return;
        }
    }
    if *new != allowed {
        let shown = internal::shown("PodTemplateSpec", &new.encode().unwrap_or_default());
        errors.invalid("spec.template", shown, IMMUTABLE);
    }
}

fn allow_scheduling(new: &PodTemplateSpec, allowed: &mut PodTemplateSpec) {
    allowed.metadata.labels.clone_from(&new.metadata.labels);
    allowed.metadata.annotations.clone_from(&new.metadata.annotations);
    let spec = &mut allowed.spec;
    spec.node_selector.clone_from(&new.spec.node_selector);
    spec.tolerations.clone_from(&new.spec.tolerations);
    spec.scheduling_gates.clone_from(&new.spec.scheduling_gates);
    // Of the affinity only the node's may change; an affinity that has nothing else may come and go.
    let wanted = new.spec.affinity.get("nodeAffinity").cloned();
    let affinity = &mut spec.affinity;
    if affinity.is_null() && !new.spec.affinity.is_null() {
        *affinity = Value::Object(serde_json::Map::new());
    }
    if let Value::Object(fields) = affinity {
        match wanted {
            Some(node) => fields.insert("nodeAffinity".to_owned(), node),
            None => fields.remove("nodeAffinity"),
        };
        if fields.is_empty() && new.spec.affinity.is_null() {
            *affinity = Value::Null;
        }
    }
}

/// Takes over resources where both specs have the same containers in the same order.
fn allow_resources(new: &PodSpec, allowed: &mut PodSpec) {
    let pairs =
        [(&new.containers, &mut allowed.containers), (&new.init_containers, &mut allowed.init_containers)];
    for (new, allowed) in pairs {
        let names =
            |list: &[Container]| list.iter().map(|container| container.name.clone()).collect::<Vec<_>>();
        if names(new) == names(allowed) {
            for (container, allowed) in new.iter().zip(allowed.iter_mut()) {
                allowed.resources.clone_from(&container.resources);
            }
        }
    }
}
