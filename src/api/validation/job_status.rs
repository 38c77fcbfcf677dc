//! What may change in the status of a Job.

use serde_json::Value;

use super::errors::{Errors, quoted};
use super::indexes::{validate_indexes, validate_no_overlap};
use super::{internal, meta};
use crate::api::batch::{Job, JobConditionType};
use crate::api::codec::Codec;
use crate::api::meta::ConditionStatus;
use crate::base::Timestamp;

fn is(job: &Job, condition: JobConditionType) -> bool {
    job.has_condition(condition)
}

/// Which rules an update answers for: most of them only when it changes what they are about, so that an object that
/// broke a rule before can still be updated.
// Models pkg/registry/batch/job/strategy.go getStatusValidationOptions
struct Changes {
    finished: bool,
    complete: bool,
    failed: bool,
    failure_target: bool,
    success_criteria_met: bool,
    completion_time: bool,
    start_time: bool,
    completed_indexes: bool,
    failed_indexes: bool,
    uncounted: bool,
    active: bool,
    ready: bool,
    terminating: bool,
}

impl Changes {
    fn between(new: &Job, old: &Job) -> Changes {
        let (status, was) = (&new.status, &old.status);
        let condition = |condition| is(new, condition) != is(old, condition);
        Changes {
            finished: new.is_finished() != old.is_finished(),
            complete: condition(JobConditionType::Complete),
            failed: condition(JobConditionType::Failed),
            failure_target: condition(JobConditionType::FailureTarget),
            success_criteria_met: condition(JobConditionType::SuccessCriteriaMet),
            completion_time: status.completion_time != was.completion_time,
            start_time: status.start_time != was.start_time,
            completed_indexes: status.completed_indexes != was.completed_indexes,
            failed_indexes: status.failed_indexes != was.failed_indexes,
            uncounted: status.uncounted_terminated_pods != was.uncounted_terminated_pods,
            active: status.active != was.active,
            ready: status.ready != was.ready,
            terminating: status.terminating != was.terminating,
        }
    }
}

// Models pkg/apis/batch/validation/validation.go ValidateJobUpdateStatus
pub fn job_status_update(new: &Job, old: &Job, errors: &mut Errors) {
    meta::object_meta_update(&new.metadata, &old.metadata, "metadata", errors);
    let changes = Changes::between(new, old);
    counters(new, errors);
    uncounted(new, errors);
    conditions(new, &changes, errors);
    finished(new, &changes, errors);
    indexes(new, &changes, errors);
    readiness(new, &changes, errors);
    transitions(new, old, &changes, errors);
}

/// The rules that hold whatever the update changes.
pub fn job_status_basics(new: &Job, old: &Job, start_time_is_fixed: bool, errors: &mut Errors) {
    counters(new, errors);
    uncounted(new, errors);
    if start_time_is_fixed {
        start_time(new, old, errors);
    }
}

fn counters(job: &Job, errors: &mut Errors) {
    let status = &job.status;
    errors.non_negative("status.active", Some(status.active.into()));
    errors.non_negative("status.succeeded", Some(status.succeeded.into()));
    errors.non_negative("status.failed", Some(status.failed.into()));
    errors.non_negative("status.ready", status.ready.map(i64::from));
    errors.non_negative("status.terminating", status.terminating.map(i64::from));
}

fn uncounted(job: &Job, errors: &mut Errors) {
    let Some(pods) = &job.status.uncounted_terminated_pods else { return };
    let mut seen: Vec<&str> = Vec::new();
    for (name, uids) in [("succeeded", &pods.succeeded), ("failed", &pods.failed)] {
        for (index, uid) in uids.iter().enumerate() {
            let field = format!("status.uncountedTerminatedPods.{name}[{index}]");
            if uid.is_empty() {
                errors.invalid_text(&field, uid, "must not be empty");
            } else if seen.contains(&uid.as_str()) {
                errors.duplicate(&field, quoted(uid));
            } else {
                seen.push(uid);
            }
        }
    }
}

fn time(value: Option<Timestamp>) -> String {
    value.map_or_else(|| "null".to_owned(), |time| quoted(&time.to_string()))
}

fn conditions(job: &Job, changes: &Changes, errors: &mut Errors) {
    use JobConditionType::{Complete, Failed, FailureTarget, SuccessCriteriaMet};
    let field = "status.conditions";
    let mut refuse = |applies: bool, detail: &str| {
        if applies {
            errors.invalid_without_value(field, detail);
        }
    };
    refuse(
        (changes.complete || changes.failed) && is(job, Complete) && is(job, Failed),
        "cannot set Complete=True and Failed=true conditions",
    );
    refuse(
        (changes.complete || changes.failure_target) && is(job, Complete) && is(job, FailureTarget),
        "cannot set Complete=True and FailureTarget=true conditions",
    );
    let (status, is_complete) = (&job.status, is(job, Complete));
    let time_rules = changes.complete || changes.completion_time;
    if time_rules && status.completion_time.is_some() && !is_complete {
        let detail = "cannot set completionTime when there is no Complete=True condition";
        errors.invalid("status.completionTime", time(status.completion_time), detail);
    }
    if time_rules && status.completion_time.is_none() && is_complete {
        errors.required("status.completionTime", "completionTime is required for Complete jobs");
    }
    let is_backwards = status.start_time.zip(status.completion_time).is_some_and(|(start, end)| end < start);
    if (changes.start_time || changes.completion_time) && is_backwards {
        let detail = "must be equal to or after `startTime`";
        errors.invalid("status.completionTime", time(status.completion_time), detail);
    }
    let mut refuse = |applies: bool, detail: &str| {
        if applies {
            errors.invalid_without_value(field, detail);
        }
    };
    refuse(
        (changes.failed || changes.failure_target) && is(job, Failed) && !is(job, FailureTarget),
        "cannot set Failed=True condition without the FailureTarget=true condition",
    );
    refuse(
        (changes.complete || changes.success_criteria_met) && is_complete && !is(job, SuccessCriteriaMet),
        "cannot set Complete=True condition without the SuccessCriteriaMet=true condition",
    );
}

fn finished(job: &Job, changes: &Changes, errors: &mut Errors) {
    if !job.is_finished() {
        return;
    }
    let status = &job.status;
    if (changes.finished || changes.active) && status.active > 0 {
        errors.invalid("status.active", status.active, "active>0 is invalid for finished job");
    }
    let never_ran = job.spec.is_suspended() && job.spec.completions == Some(0);
    if (changes.finished || changes.start_time) && status.start_time.is_none() && !never_ran {
        errors.required("status.startTime", "startTime is required for finished job");
    }
    if let Some(pods) = &status.uncounted_terminated_pods
        && (changes.finished || changes.uncounted)
        && !(pods.succeeded.is_empty() && pods.failed.is_empty())
    {
        let shown = internal::shown("UncountedTerminatedPods", &pods.encode().unwrap_or_default());
        let detail = "must be empty for finished job";
        errors.invalid("status.uncountedTerminatedPods", shown, detail);
    }
}

fn indexes(job: &Job, changes: &Changes, errors: &mut Errors) {
    let (spec, status) = (&job.spec, &job.status);
    let completed = &status.completed_indexes;
    if let (true, Some(completions)) = (changes.completed_indexes, spec.completions)
        && let Err(error) = validate_indexes(completed, completions)
    {
        let detail = format!("error parsing completedIndexes: {error}");
        errors.invalid_text("status.completedIndexes", completed, &detail);
    }
    let failed = status.failed_indexes.as_deref();
    if let (true, Some(_), Some(completions), Some(failed)) =
        (changes.failed_indexes, spec.backoff_limit_per_index, spec.completions, failed)
        && let Err(error) = validate_indexes(failed, completions)
    {
        let detail = format!("error parsing failedIndexes: {error}");
        errors.invalid_text("status.failedIndexes", failed, &detail);
    }
    if changes.completed_indexes && !completed.is_empty() && !spec.is_indexed() {
        let detail = "cannot set non-empty completedIndexes when non-indexed completion mode";
        errors.invalid_text("status.completedIndexes", completed, detail);
    }
    let Some(failed) = failed else { return };
    if changes.failed_indexes && spec.backoff_limit_per_index.is_none() {
        let detail = "cannot set non-null failedIndexes when backoffLimitPerIndex is null";
        errors.invalid_text("status.failedIndexes", failed, detail);
    }
    if let (true, Some(completions)) = (changes.failed_indexes || changes.completed_indexes, spec.completions)
        && let Err(error) = validate_no_overlap(completed, failed, completions)
    {
        errors.invalid_text("status.failedIndexes", failed, &error);
    }
}

fn readiness(job: &Job, changes: &Changes, errors: &mut Errors) {
    use JobConditionType::{Complete, Failed, FailureTarget, SuccessCriteriaMet};
    let status = &job.status;
    if let Some(terminating) = status.terminating.filter(|count| *count > 0)
        && (changes.finished || changes.terminating)
        && job.is_finished()
    {
        errors.invalid("status.terminating", terminating, "terminating>0 is invalid for finished job");
    }
    if let Some(ready) = status.ready.filter(|ready| *ready > status.active)
        && (changes.ready || changes.active)
    {
        errors.invalid("status.ready", ready, "cannot set more ready pods than active");
    }
    let met = is(job, SuccessCriteriaMet);
    let rules = [
        (met && is(job, Failed), "cannot set SuccessCriteriaMet=True and Failed=true conditions"),
        (
            met && is(job, FailureTarget),
            "cannot set SuccessCriteriaMet=True and FailureTarget=true conditions",
        ),
        (
            job.spec.success_policy.is_some() && !met && is(job, Complete),
            "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True",
        ),
    ];
    for (applies, detail) in rules {
        if applies {
            errors.invalid_without_value("status.conditions", detail);
        }
    }
}

// Models pkg/apis/batch/validation/validation.go ValidateJobStatusUpdate
fn transitions(new: &Job, old: &Job, changes: &Changes, errors: &mut Errors) {
    use JobConditionType::{Complete, Failed, FailureTarget, SuccessCriteriaMet};
    let field = "status.conditions";
    for condition in [Failed, Complete, FailureTarget] {
        if is(old, condition) && !is(new, condition) {
            let detail = format!("cannot disable the terminal {}=True condition", condition.as_str());
            errors.invalid_without_value(field, &detail);
        }
    }
    let (status, was) = (&new.status, &old.status);
    if status.failed < was.failed {
        errors.invalid("status.failed", status.failed, "cannot decrease the failed counter");
    }
    let is_elastic = new.spec.is_indexed() && new.spec.completions == new.spec.parallelism;
    if !is_elastic && status.succeeded < was.succeeded {
        errors.invalid("status.succeeded", status.succeeded, "cannot decrease the succeeded counter");
    }
    if status.completion_time.is_some() && was.completion_time.is_some() && changes.completion_time {
        let shown = time(status.completion_time);
        errors.invalid("status.completionTime", shown, "field is immutable");
    }
    if !is_resumed(new, old) {
        start_time(new, old, errors);
    }
    if is(old, SuccessCriteriaMet) && !is(new, SuccessCriteriaMet) {
        errors.invalid_without_value(field, "cannot disable the SuccessCriteriaMet=True condition");
    }
    if is(old, Complete) && !is(old, SuccessCriteriaMet) && is(new, SuccessCriteriaMet) {
        let detail = "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions";
        errors.invalid_without_value(field, detail);
    }
}

/// The clock starts anew when a suspended Job goes on.
fn is_resumed(new: &Job, old: &Job) -> bool {
    use JobConditionType::Suspended;
    let stays = new.status.conditions.iter().find(|condition| condition.condition_type == Suspended);
    is(old, Suspended) && stays.is_some_and(|condition| condition.status == ConditionStatus::False)
}

fn start_time(new: &Job, old: &Job, errors: &mut Errors) {
    let (now, was) = (new.status.start_time, old.status.start_time);
    if was.is_some() && now != was && !new.spec.is_suspended() {
        let shown = now.map_or_else(|| Value::Null.to_string(), |time| quoted(&time.to_string()));
        errors.invalid("status.startTime", shown, "field is immutable for unsuspended job once set");
    }
}
