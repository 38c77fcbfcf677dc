//! Conditions of a Job.

use crate::api::Shared;
use crate::api::batch::{Job, JobCondition, JobConditionType};
use crate::api::meta::ConditionStatus;
use crate::base::Timestamp;

pub const REASON_POD_FAILURE_POLICY: &str = "PodFailurePolicy";
pub const REASON_BACKOFF_LIMIT: &str = "BackoffLimitExceeded";
pub const REASON_DEADLINE: &str = "DeadlineExceeded";
pub const REASON_MAX_FAILED_INDEXES: &str = "MaxFailedIndexesExceeded";
pub const REASON_FAILED_INDEXES: &str = "FailedIndexes";
pub const REASON_SUCCESS_POLICY: &str = "SuccessPolicy";
pub const REASON_COMPLETIONS: &str = "CompletionsReached";

// Models pkg/controller/job/job_controller.go newCondition
pub fn new_condition(
    condition_type: JobConditionType,
    status: ConditionStatus,
    reason: &str,
    message: &str,
    now: Timestamp,
) -> JobCondition {
    JobCondition {
        condition_type,
        status,
        last_probe_time: Some(now),
        last_transition_time: Some(now),
        reason: reason.to_owned(),
        message: message.to_owned(),
        rest: Shared::default(),
    }
}

/// Brings a condition to that status; one that is not there counts as False. Answers whether the list changed.
// Models pkg/controller/job/job_controller.go ensureJobConditionStatus
pub fn ensure_condition(list: &mut Vec<JobCondition>, wanted: JobCondition) -> bool {
    let Some(known) = list.iter_mut().find(|c| c.condition_type == wanted.condition_type) else {
        let needed = wanted.status != ConditionStatus::False;
        if needed {
            list.push(wanted);
        }
        return needed;
    };
    let equal =
        known.status == wanted.status && known.reason == wanted.reason && known.message == wanted.message;
    if !equal {
        *known = wanted;
    }
    !equal
}

/// The end that an earlier sync decided on, in its interim form.
pub fn interim(job: &Job) -> Option<JobCondition> {
    let success = job.condition(JobConditionType::SuccessCriteriaMet);
    success.or_else(|| job.condition(JobConditionType::FailureTarget)).cloned()
}

/// The final condition that follows from an interim one.
// Models pkg/controller/job/job_controller.go newFailedConditionForFailureTarget
pub fn final_form(interim: &JobCondition, now: Timestamp) -> JobCondition {
    let condition_type = match interim.condition_type {
        JobConditionType::FailureTarget => JobConditionType::Failed,
        JobConditionType::SuccessCriteriaMet => JobConditionType::Complete,
        other => other,
    };
    new_condition(condition_type, ConditionStatus::True, &interim.reason, &interim.message, now)
}
