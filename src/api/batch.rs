//! `batch/v1`: Job and CronJob. Fields that Go writes as strings with a closed set stay strings here too: an invalid
//! value must survive until validation names it.

use super::codec::{NilList, api_enum, api_object};
use super::core::PodTemplateSpec;
use super::meta::{ConditionStatus, LabelSelector, ObjectMeta};
use super::shared::{Shared, shared};
use crate::base::Timestamp;

/// Pods hold it until the Job controller has counted them.
pub const JOB_TRACKING_FINALIZER: &str = "batch.kubernetes.io/job-tracking";
pub const COMPLETION_INDEX: &str = "batch.kubernetes.io/job-completion-index";
pub const INDEX_FAILURE_COUNT: &str = "batch.kubernetes.io/job-index-failure-count";
pub const INDEX_IGNORED_FAILURE_COUNT: &str = "batch.kubernetes.io/job-index-ignored-failure-count";
pub const CONTROLLER_UID_LABEL: &str = "batch.kubernetes.io/controller-uid";
pub const JOB_NAME_LABEL: &str = "batch.kubernetes.io/job-name";
pub const LEGACY_CONTROLLER_UID_LABEL: &str = "controller-uid";
pub const LEGACY_JOB_NAME_LABEL: &str = "job-name";
/// The value of `spec.managedBy` that means the built-in controller.
pub const JOB_CONTROLLER_NAME: &str = "kubernetes.io/job-controller";

pub mod completion_mode {
    pub const NON_INDEXED: &str = "NonIndexed";
    pub const INDEXED: &str = "Indexed";
}

pub mod pod_replacement_policy {
    pub const TERMINATING_OR_FAILED: &str = "TerminatingOrFailed";
    pub const FAILED: &str = "Failed";
}

pub mod concurrency_policy {
    pub const ALLOW: &str = "Allow";
    pub const FORBID: &str = "Forbid";
    pub const REPLACE: &str = "Replace";
}

api_enum! {
    pub enum JobConditionType { Suspended, Complete, Failed, FailureTarget, SuccessCriteriaMet, }
}

api_object! {
    pub struct Job {
        "metadata" => metadata: ObjectMeta,
        "spec" => spec: Shared<JobSpec>,
        "status" => status: JobStatus,
    }

    pub struct JobSpec {
        "parallelism" => parallelism: Option<i32>,
        "completions" => completions: Option<i32>,
        "activeDeadlineSeconds" => active_deadline_seconds: Option<i64>,
        "podFailurePolicy" => pod_failure_policy: Option<PodFailurePolicy>,
        "successPolicy" => success_policy: Option<SuccessPolicy>,
        "backoffLimit" => backoff_limit: Option<i32>,
        "backoffLimitPerIndex" => backoff_limit_per_index: Option<i32>,
        "maxFailedIndexes" => max_failed_indexes: Option<i32>,
        "selector" => selector: Option<LabelSelector>,
        "manualSelector" => manual_selector: Option<bool>,
        "template" => template: PodTemplateSpec,
        "ttlSecondsAfterFinished" => ttl_seconds_after_finished: Option<i32>,
        "completionMode" => completion_mode: Option<String>,
        "suspend" => suspend: Option<bool>,
        "podReplacementPolicy" => pod_replacement_policy: Option<String>,
        "managedBy" => managed_by: Option<String>,
    }

    pub struct PodFailurePolicy {
        "rules" => rules: NilList<PodFailurePolicyRule>,
    }

    pub struct PodFailurePolicyRule {
        "action" => action: String,
        "onExitCodes" => on_exit_codes: Option<PodFailurePolicyOnExitCodes>,
        "onPodConditions" => on_pod_conditions: Vec<PodFailurePolicyOnPodCondition>,
    }

    pub struct PodFailurePolicyOnExitCodes {
        "containerName" => container_name: Option<String>,
        "operator" => operator: String,
        "values" => values: NilList<i32>,
    }

    pub struct PodFailurePolicyOnPodCondition {
        "type" => condition_type: String,
        "status" => status: String,
    }

    pub struct SuccessPolicy {
        "rules" => rules: NilList<SuccessPolicyRule>,
    }

    pub struct SuccessPolicyRule {
        "succeededIndexes" => succeeded_indexes: Option<String>,
        "succeededCount" => succeeded_count: Option<i32>,
    }

    pub struct JobStatus {
        "conditions" => conditions: Vec<JobCondition>,
        "startTime" => start_time: Option<Timestamp>,
        "completionTime" => completion_time: Option<Timestamp>,
        "active" => active: i32,
        "succeeded" => succeeded: i32,
        "failed" => failed: i32,
        "terminating" => terminating: Option<i32>,
        "completedIndexes" => completed_indexes: String,
        "failedIndexes" => failed_indexes: Option<String>,
        "uncountedTerminatedPods" => uncounted_terminated_pods: Option<UncountedTerminatedPods>,
        "ready" => ready: Option<i32>,
    }

    pub struct UncountedTerminatedPods {
        "succeeded" => succeeded: Vec<String>,
        "failed" => failed: Vec<String>,
    }

    pub struct JobCondition {
        "type" => condition_type: JobConditionType,
        "status" => status: ConditionStatus,
        "lastProbeTime" => last_probe_time: Option<Timestamp>,
        "lastTransitionTime" => last_transition_time: Option<Timestamp>,
        "reason" => reason: String,
        "message" => message: String,
    }

    pub struct CronJob {
        "metadata" => metadata: ObjectMeta,
        "spec" => spec: CronJobSpec,
        "status" => status: CronJobStatus,
    }

    pub struct CronJobSpec {
        "schedule" => schedule: String,
        "timeZone" => time_zone: Option<String>,
        "startingDeadlineSeconds" => starting_deadline_seconds: Option<i64>,
        "concurrencyPolicy" => concurrency_policy: String,
        "suspend" => suspend: Option<bool>,
        "jobTemplate" => job_template: JobTemplateSpec,
        "successfulJobsHistoryLimit" => successful_jobs_history_limit: Option<i32>,
        "failedJobsHistoryLimit" => failed_jobs_history_limit: Option<i32>,
    }

    pub struct JobTemplateSpec {
        "metadata" => metadata: ObjectMeta,
        "spec" => spec: Shared<JobSpec>,
    }

    pub struct CronJobStatus {
        "active" => active: Vec<super::core::ObjectReference>,
        "lastScheduleTime" => last_schedule_time: Option<Timestamp>,
        "lastSuccessfulTime" => last_successful_time: Option<Timestamp>,
    }
}

shared!(JobSpec);

impl Job {
    /// Whether the condition is present with status True.
    pub fn has_condition(&self, wanted: JobConditionType) -> bool {
        self.condition(wanted).is_some()
    }

    /// The condition of that type with status True.
    pub fn condition(&self, wanted: JobConditionType) -> Option<&JobCondition> {
        let holds = |c: &&JobCondition| c.condition_type == wanted && c.status == ConditionStatus::True;
        self.status.conditions.iter().find(holds)
    }

    // Models pkg/controller/job/utils.go IsJobFinished
    pub fn is_finished(&self) -> bool {
        self.has_condition(JobConditionType::Complete) || self.has_condition(JobConditionType::Failed)
    }
}

impl JobSpec {
    pub fn is_indexed(&self) -> bool {
        self.completion_mode.as_deref() == Some(completion_mode::INDEXED)
    }

    pub fn is_suspended(&self) -> bool {
        self.suspend == Some(true)
    }
}
