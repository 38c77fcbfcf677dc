//! Jobs on create.

use super::errors::{Errors, child};
use super::indexes::validate_indexes;
use super::internal;
use super::{meta, names, pod_template};
use crate::api::batch::{
    CONTROLLER_UID_LABEL, JOB_NAME_LABEL, Job, JobSpec, LEGACY_CONTROLLER_UID_LABEL, LEGACY_JOB_NAME_LABEL,
    PodFailurePolicyOnExitCodes, PodFailurePolicyRule, SuccessPolicyRule, completion_mode,
    pod_replacement_policy,
};
use crate::api::codec::Codec;
use crate::api::core::{restart_policy, selector_matches};
use crate::api::meta::LabelSelector;
use crate::base::sorted;

const PARALLELISM_INDEXED_MAX: i32 = 100_000;
const FAILED_INDEXES_MAX: i32 = 100_000;
/// Above so many completions back-off limits per index have tighter limits.
const COMPLETIONS_HIGH: i32 = 100_000;
const HIGH_COMPLETIONS_LIMIT: i32 = 10_000;
const MANAGED_BY_BYTES_MAX: usize = 63;
const RULES_MAX: usize = 20;
const EXIT_CODES_MAX: usize = 255;
const CONDITIONS_MAX: usize = 20;
const SUCCEEDED_INDEXES_BYTES_MAX: usize = 64 * 1024;
const ACTIONS: &[&str] = &["Count", "FailIndex", "FailJob", "Ignore"];
const OPERATORS: &[&str] = &["In", "NotIn"];
const STATUSES: &[&str] = &["False", "True", "Unknown"];

/// What was legal once and stays legal for objects that have it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JobOptions {
    /// The template must have the labels with the prefix batch.kubernetes.io as well.
    pub require_prefixed_labels: bool,
    pub allow_bad_selector_values: bool,
}

impl JobOptions {
    pub const CREATE: JobOptions =
        JobOptions { require_prefixed_labels: true, allow_bad_selector_values: false };
}

// Models pkg/apis/batch/validation/validation.go ValidateJob
pub fn job(job: &Job, options: JobOptions, errors: &mut Errors) {
    meta::object_meta(&job.metadata, true, names::dns_subdomain, "metadata", errors);
    generated_selector(job, options, errors);
    spec_with_selector(&job.spec, options, errors);
    let spec = &job.spec;
    if let (true, Some(completions @ 1..)) = (spec.is_indexed(), spec.completions) {
        let hostname = format!("{}-{}", job.metadata.name, completions - 1);
        if !names::dns_label(&hostname).is_empty() {
            let detail = format!("will not able to create pod with invalid DNS label: {hostname}");
            errors.invalid_text("metadata.name", &job.metadata.name, &detail);
        }
    }
}

// Models pkg/apis/batch/validation/validation.go validateGeneratedSelector
fn generated_selector(job: &Job, options: JobOptions, errors: &mut Errors) {
    let Some(selector) = &job.spec.selector else { return };
    if job.spec.manual_selector == Some(true) {
        return;
    }
    let (uid, name) = (&job.metadata.uid, &job.metadata.name);
    if uid.is_empty() {
        errors.required("metadata.uid", "");
    }
    let prefixed = [(CONTROLLER_UID_LABEL, uid), (JOB_NAME_LABEL, name)];
    let legacy = [(LEGACY_CONTROLLER_UID_LABEL, uid), (LEGACY_JOB_NAME_LABEL, name)];
    let prefixed = prefixed.into_iter().filter(|_| options.require_prefixed_labels);
    let expected = legacy.into_iter().chain(prefixed);
    let expected: Vec<(&str, &String)> = expected.collect();
    let labels = &job.spec.template.metadata.labels;
    for (key, value) in &expected {
        let field = format!("spec.template.metadata.labels[{key}]");
        let detail = format!("must be '{value}'");
        match labels.get(*key) {
            None => errors.required(&field, &detail),
            Some(actual) if actual != *value => errors.invalid(&field, shown_map(labels), &detail),
            Some(_) => {}
        }
    }
    let expected = sorted::collect(expected.into_iter().map(|(key, value)| (key.to_owned(), value.clone())));
    if has_known_operators(selector) && !selector_matches(selector, &expected) {
        errors.invalid("spec.selector", shown_selector(Some(selector)), "`selector` not auto-generated");
    }
}

fn shown_map(map: &std::collections::BTreeMap<String, String>) -> String {
    map.encode().map_or_else(|| "null".to_owned(), |value| internal::go_json(&value))
}

pub fn shown_selector(selector: Option<&LabelSelector>) -> String {
    selector
        .and_then(Codec::encode)
        .map_or_else(|| "null".to_owned(), |value| internal::shown("LabelSelector", &value))
}

/// A selector with an unknown operator selects nothing and is told for that alone.
fn has_known_operators(selector: &LabelSelector) -> bool {
    let known = ["In", "NotIn", "Exists", "DoesNotExist"];
    selector.match_expressions.iter().all(|requirement| known.contains(&requirement.operator.as_str()))
}

// Models pkg/apis/batch/validation/validation.go ValidateJobSpec
pub fn spec_with_selector(spec: &JobSpec, options: JobOptions, errors: &mut Errors) {
    job_spec(spec, "spec", errors);
    let well_formed = match &spec.selector {
        None => {
            errors.required("spec.selector", "");
            true
        }
        Some(selector) => {
            meta::label_selector(selector, options.allow_bad_selector_values, "spec.selector", errors)
        }
    };
    let labels = &spec.template.metadata.labels;
    let matches = spec.selector.as_ref().is_some_and(|selector| selector_matches(selector, labels));
    if well_formed && !matches {
        let detail = "`selector` does not match template `labels`";
        errors.invalid("spec.template.metadata.labels", shown_map(labels), detail);
    }
}

// Models pkg/apis/batch/validation/validation.go validateJobSpec
pub fn job_spec(spec: &JobSpec, path: &str, errors: &mut Errors) {
    let at = |name: &str| child(path, name);
    errors.non_negative(&at("parallelism"), spec.parallelism.map(i64::from));
    errors.non_negative(&at("completions"), spec.completions.map(i64::from));
    errors.non_negative(&at("activeDeadlineSeconds"), spec.active_deadline_seconds);
    errors.non_negative(&at("backoffLimit"), spec.backoff_limit.map(i64::from));
    errors.non_negative(&at("ttlSecondsAfterFinished"), spec.ttl_seconds_after_finished.map(i64::from));
    errors.non_negative(&at("backoffLimitPerIndex"), spec.backoff_limit_per_index.map(i64::from));
    errors.non_negative(&at("maxFailedIndexes"), spec.max_failed_indexes.map(i64::from));
    if spec.max_failed_indexes.is_some() && spec.backoff_limit_per_index.is_none() {
        errors.required(&at("backoffLimitPerIndex"), "when maxFailedIndexes is specified");
    }
    if let Some(manager) = &spec.managed_by {
        managed_by(manager, &at("managedBy"), errors);
    }
    completion_mode_rules(spec, path, errors);
    if let Some(policy) = &spec.pod_failure_policy {
        let rules = at("podFailurePolicy.rules");
        if policy.rules.len() > RULES_MAX {
            errors.too_many(&rules, policy.rules.len(), RULES_MAX);
        }
        for (index, rule) in policy.rules.iter().enumerate() {
            failure_rule(spec, rule, &format!("{rules}[{index}]"), errors);
        }
    }
    success_policy(spec, &at("successPolicy"), errors);
    replacement_policy(spec, &at("podReplacementPolicy"), errors);
    pod_template::pod_template(&spec.template, &at("template"), errors);
    restart_policy_rules(spec, &at("template.spec.restartPolicy"), errors);
}

// Models staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go IsDomainPrefixedPath
fn managed_by(text: &str, path: &str, errors: &mut Errors) {
    match text.split_once('/') {
        _ if text.is_empty() => errors.required(path, ""),
        Some((domain, rest)) if !domain.is_empty() && !rest.is_empty() => {
            errors.invalid_for_each(path, domain, names::dns_subdomain(domain));
            let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte);
            if !rest.bytes().all(legal) {
                let detail = "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')";
                errors.invalid_text(path, rest, detail);
            }
        }
        _ => errors.invalid_text(path, text, "must be a domain-prefixed path (such as \"acme.io/foo\")"),
    }
    if text.len() > MANAGED_BY_BYTES_MAX {
        errors.too_long(path, MANAGED_BY_BYTES_MAX);
    }
}

fn completion_mode_rules(spec: &JobSpec, path: &str, errors: &mut Errors) {
    let at = |name: &str| child(path, name);
    let mode = spec.completion_mode.as_deref().unwrap_or(completion_mode::NON_INDEXED);
    match mode {
        completion_mode::INDEXED => indexed_rules(spec, path, errors),
        completion_mode::NON_INDEXED => {
            for (name, value) in [
                ("backoffLimitPerIndex", spec.backoff_limit_per_index),
                ("maxFailedIndexes", spec.max_failed_indexes),
            ] {
                if let Some(value) = value {
                    errors.invalid(&at(name), value, "requires indexed completion mode");
                }
            }
        }
        other => {
            let modes = [completion_mode::NON_INDEXED, completion_mode::INDEXED];
            errors.not_supported(&at("completionMode"), other, &modes);
        }
    }
}

fn indexed_rules(spec: &JobSpec, path: &str, errors: &mut Errors) {
    let at = |name: &str| child(path, name);
    if spec.completions.is_none() {
        errors.required(&at("completions"), "when completion mode is Indexed");
    }
    if let Some(parallelism) = spec.parallelism.filter(|value| *value > PARALLELISM_INDEXED_MAX) {
        let detail = format!(
            "must be less than or equal to {PARALLELISM_INDEXED_MAX} when completion mode is Indexed"
        );
        errors.invalid(&at("parallelism"), parallelism, &detail);
    }
    let failed_max = spec.max_failed_indexes;
    if let Some(failed) = failed_max.filter(|failed| spec.completions.is_some_and(|all| *failed > all)) {
        errors.invalid(&at("maxFailedIndexes"), failed, "must be less than or equal to completions");
    }
    if let Some(failed) = failed_max.filter(|failed| *failed > FAILED_INDEXES_MAX) {
        let detail = format!("must be less than or equal to {FAILED_INDEXES_MAX}");
        errors.invalid(&at("maxFailedIndexes"), failed, &detail);
    }
    let is_high = spec.completions.is_some_and(|completions| completions > COMPLETIONS_HIGH);
    if !is_high || spec.backoff_limit_per_index.is_none() {
        return;
    }
    if failed_max.is_none() {
        let detail = format!("must be specified when completions is above {COMPLETIONS_HIGH}");
        errors.required(&at("maxFailedIndexes"), &detail);
    }
    let detail = format!(
        "must be less than or equal to {HIGH_COMPLETIONS_LIMIT} when completions are above {COMPLETIONS_HIGH} and used with backoff limit per index"
    );
    for (name, value) in [("parallelism", spec.parallelism), ("maxFailedIndexes", failed_max)] {
        if let Some(value) = value.filter(|value| *value > HIGH_COMPLETIONS_LIMIT) {
            errors.invalid(&at(name), value, &detail);
        }
    }
}

fn bracketed(values: &[&str]) -> String {
    let quoted: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
    format!("valid values: [{}]", quoted.join(" "))
}

/// An enumeration whose absence names the legal values.
fn named_choice(path: &str, value: &str, values: &[&str], errors: &mut Errors) {
    if value.is_empty() {
        errors.required(path, &bracketed(values));
    } else if !values.contains(&value) {
        errors.not_supported(path, value, values);
    }
}

// Models pkg/apis/batch/validation/validation.go validatePodFailurePolicyRule
fn failure_rule(spec: &JobSpec, rule: &PodFailurePolicyRule, path: &str, errors: &mut Errors) {
    let action = child(path, "action");
    named_choice(&action, &rule.action, ACTIONS, errors);
    if rule.action == "FailIndex" && spec.backoff_limit_per_index.is_none() {
        errors.invalid_text(&action, &rule.action, "requires the backoffLimitPerIndex to be set");
    }
    if let Some(exit_codes) = &rule.on_exit_codes {
        on_exit_codes(spec, exit_codes, &child(path, "onExitCodes"), errors);
    }
    let conditions = &rule.on_pod_conditions;
    if conditions.len() > CONDITIONS_MAX {
        errors.too_many(&child(path, "onPodConditions"), conditions.len(), CONDITIONS_MAX);
    }
    for (index, pattern) in conditions.iter().enumerate() {
        let path = format!("{path}.onPodConditions[{index}]");
        let condition = &pattern.condition_type;
        errors.invalid_for_each(&child(&path, "type"), condition, names::qualified_name(condition));
        named_choice(&child(&path, "status"), &pattern.status, STATUSES, errors);
    }
    match (rule.on_exit_codes.is_some(), conditions.is_empty()) {
        (true, false) => errors
            .invalid_without_value(path, "specifying both OnExitCodes and OnPodConditions is not supported"),
        (false, true) => errors
            .invalid_without_value(path, "specifying one of OnExitCodes and OnPodConditions is required"),
        _ => {}
    }
}

fn on_exit_codes(spec: &JobSpec, rule: &PodFailurePolicyOnExitCodes, path: &str, errors: &mut Errors) {
    named_choice(&child(path, "operator"), &rule.operator, OPERATORS, errors);
    if let Some(name) = &rule.container_name {
        let pod = &spec.template.spec;
        let known =
            pod.containers.iter().chain(&pod.init_containers).any(|container| container.name == *name);
        if !known {
            let detail = "must be one of the container or initContainer names in the pod template";
            errors.invalid_text(&child(path, "containerName"), name, detail);
        }
    }
    let values = child(path, "values");
    let shown = || rule.values.encode().unwrap_or_default();
    match rule.values.len() {
        0 => errors.invalid(&values, shown(), "at least one value is required"),
        count if count > EXIT_CODES_MAX => errors.too_many(&values, count, EXIT_CODES_MAX),
        _ => {}
    }
    for (index, code) in rule.values.iter().enumerate() {
        let value = format!("{values}[{index}]");
        if rule.operator == "In" && *code == 0 {
            errors.invalid(&value, code, "must not be 0 for the In operator");
        }
        if rule.values[..index].contains(code) {
            errors.duplicate(&value, code);
        }
    }
    if !rule.values.is_sorted() {
        errors.invalid(&values, shown(), "must be ordered");
    }
}

fn success_policy(spec: &JobSpec, path: &str, errors: &mut Errors) {
    let Some(policy) = &spec.success_policy else { return };
    if !spec.is_indexed() {
        let shown = internal::shown("SuccessPolicy", &policy.encode().unwrap_or_default());
        errors.invalid(path, shown, "requires indexed completion mode");
        return;
    }
    let rules = child(path, "rules");
    if policy.rules.is_empty() {
        let detail = "at least one rules must be specified when the successPolicy is specified";
        errors.required(&rules, detail);
    }
    if policy.rules.len() > RULES_MAX {
        errors.too_many(&rules, policy.rules.len(), RULES_MAX);
    }
    for (index, rule) in policy.rules.iter().enumerate() {
        success_rule(rule, spec.completions.unwrap_or(0), &format!("{rules}[{index}]"), errors);
    }
}

// Models pkg/apis/batch/validation/validation.go validateSuccessPolicyRule
fn success_rule(rule: &SuccessPolicyRule, completions: i32, path: &str, errors: &mut Errors) {
    if rule.succeeded_count.is_none() && rule.succeeded_indexes.is_none() {
        errors.required(path, "at least one of succeededCount or succeededIndexes must be specified");
    }
    let mut total = None;
    if let Some(text) = &rule.succeeded_indexes {
        let field = child(path, "succeededIndexes");
        if text.len() > SUCCEEDED_INDEXES_BYTES_MAX {
            errors.too_long(&field, SUCCEEDED_INDEXES_BYTES_MAX);
        }
        let listed = validate_indexes(text, completions);
        if let Err(error) = &listed {
            errors.invalid_text(&field, text, &format!("error parsing succeededIndexes: {error}"));
        }
        total = Some(listed.unwrap_or(0));
    }
    let Some(count) = rule.succeeded_count else { return };
    let field = child(path, "succeededCount");
    errors.non_negative(&field, Some(count.into()));
    if count > completions {
        let detail =
            format!("must be less than or equal to {completions} (the number of specified completions)");
        errors.invalid(&field, count, &detail);
    }
    if let Some(total) = total.filter(|total| count > *total) {
        let detail = format!(
            "must be less than or equal to {total} (the number of indexes in the specified succeededIndexes field)"
        );
        errors.invalid(&field, count, &detail);
    }
}

fn replacement_policy(spec: &JobSpec, path: &str, errors: &mut Errors) {
    let Some(policy) = &spec.pod_replacement_policy else { return };
    let legal: &[&str] = match spec.pod_failure_policy {
        Some(_) => &[pod_replacement_policy::FAILED],
        None => &[pod_replacement_policy::FAILED, pod_replacement_policy::TERMINATING_OR_FAILED],
    };
    if !legal.contains(&policy.as_str()) {
        errors.not_supported(path, policy, legal);
    }
}

fn restart_policy_rules(spec: &JobSpec, path: &str, errors: &mut Errors) {
    let legal = [restart_policy::ON_FAILURE, restart_policy::NEVER];
    match spec.template.spec.restart_policy.as_str() {
        "" | restart_policy::ALWAYS => errors.required(path, "valid values: \"OnFailure\", \"Never\""),
        restart_policy::ON_FAILURE if spec.pod_failure_policy.is_some() => {
            let detail = "only \"Never\" is supported when podFailurePolicy is specified";
            errors.invalid_text(path, restart_policy::ON_FAILURE, detail);
        }
        other if legal.contains(&other) => {}
        other => errors.not_supported(path, other, &legal),
    }
}
