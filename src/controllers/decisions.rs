//! Why a controller did what it did: every reconcile tells the rules that fired, and for what did not happen the rule
//! that stopped it and when it will be looked at again.

mod cron_sentences_ru;
mod sentences_ru;

pub use sentences_ru::sentence;

use crate::api::Kind;
use crate::base::Time;

/// The object that a decision is about.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Subject {
    pub kind: Kind,
    pub namespace: String,
    pub name: String,
    pub uid: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The rule applied and changed something.
    Fired,
    /// The rule kept something from happening.
    Held,
}

/// One rule of one reconcile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    pub at: Time,
    /// `job-controller`, as in the source of events.
    pub controller: &'static str,
    pub object: Subject,
    pub rule: Rule,
    /// Values that took part, by their path in the object (`spec.parallelism`) or a short name for computed ones.
    pub inputs: Vec<(&'static str, String)>,
    pub outcome: Outcome,
    /// What was written: `create pod/pi-x7k2q`, `update status`.
    pub writes: Vec<String>,
    /// When the object will be looked at again, as far as that was settled then.
    pub next_look: Option<Time>,
}

/// Declares the rules: variant, stable id, the function upstream that holds the rule.
macro_rules! rules {
    ($($variant:ident, $id:literal, $upstream:literal;)*) => {
        /// The closed set of rules. Ids are stable: lessons, checks and tests name them.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
        pub enum Rule { $($variant,)* }

        impl Rule {
            pub const ALL: &[Rule] = &[$(Rule::$variant,)*];

            pub const fn id(self) -> &'static str {
                match self { $(Rule::$variant => $id,)* }
            }

            /// Where Kubernetes has the rule: file and function.
            pub const fn upstream(self) -> &'static str {
                match self { $(Rule::$variant => $upstream,)* }
            }
        }
    };
}

rules! {
    JobStart, "job.start", "pkg/controller/job/job_controller.go syncJob";
    JobFinished, "job.finished", "pkg/controller/job/job_controller.go syncJob";
    JobManagedElsewhere, "job.managed-by", "pkg/controller/job/job_controller.go syncJob";
    JobUnknownCompletionMode, "job.unknown-completion-mode", "pkg/controller/job/job_controller.go syncJob";
    JobDeleting, "job.deleting", "pkg/controller/job/job_controller.go syncJob";
    JobExpectations, "job.expectations", "pkg/controller/controller_utils.go SatisfiedExpectations";
    JobAdopt, "job.adopt-pods", "pkg/controller/controller_ref_manager.go ClaimPods";
    JobRelease, "job.release-pods", "pkg/controller/controller_ref_manager.go ClaimPods";
    JobCreatePods, "job.create-pods", "pkg/controller/job/job_controller.go manageJob";
    JobCreateFailed, "job.create-failed", "pkg/controller/job/job_controller.go manageJob";
    JobBackoffWait, "job.backoff-wait", "pkg/controller/job/backoff_utils.go getRemainingTime";
    JobIndexBackoffWait, "job.index-backoff-wait", "pkg/controller/job/backoff_utils.go getRemainingTimePerIndex";
    JobParallelismReached, "job.parallelism-reached", "pkg/controller/job/job_controller.go manageJob";
    JobParallelismZero, "job.parallelism-zero", "pkg/controller/job/job_controller.go manageJob";
    JobEnoughPods, "job.enough-pods", "pkg/controller/job/job_controller.go manageJob";
    JobAwaitTerminating, "job.await-terminating", "pkg/controller/job/job_controller.go manageJob";
    JobNoNewPodsAfterSuccess, "job.no-new-pods-after-success", "pkg/controller/job/job_controller.go manageJob";
    JobDeleteSurplus, "job.delete-surplus", "pkg/controller/job/job_controller.go activePodsForRemoval";
    JobSuspended, "job.suspended", "pkg/controller/job/job_controller.go syncJob";
    JobResumed, "job.resumed", "pkg/controller/job/job_controller.go syncJob";
    JobDeleteActive, "job.delete-active", "pkg/controller/job/job_controller.go deleteActivePods";
    JobBackoffLimit, "job.backoff-limit", "pkg/controller/job/job_controller.go syncJob";
    JobRestartLimit, "job.restart-limit", "pkg/controller/job/job_controller.go pastBackoffLimitOnFailure";
    JobDeadline, "job.deadline-exceeded", "pkg/controller/job/job_controller.go pastActiveDeadline";
    JobFailurePolicy, "job.pod-failure-policy", "pkg/controller/job/pod_failure_policy.go matchPodFailurePolicy";
    JobFailureIgnored, "job.failure-ignored", "pkg/controller/job/pod_failure_policy.go matchPodFailurePolicy";
    JobMaxFailedIndexes, "job.max-failed-indexes", "pkg/controller/job/job_controller.go syncJob";
    JobFailedIndexes, "job.failed-indexes", "pkg/controller/job/job_controller.go syncJob";
    JobSuccessPolicy, "job.success-policy", "pkg/controller/job/success_policy.go matchSuccessPolicy";
    JobComplete, "job.complete", "pkg/controller/job/job_controller.go syncJob";
    JobCountPods, "job.count-pods", "pkg/controller/job/job_controller.go trackJobStatusAndRemoveFinalizers";
    JobCountLimit, "job.count-limit", "pkg/controller/job/job_controller.go trackJobStatusAndRemoveFinalizers";
    JobKeepFailedPod, "job.keep-failed-pod", "pkg/controller/job/job_controller.go canRemoveFinalizer";
    JobAwaitEnd, "job.await-end", "pkg/controller/job/job_controller.go enactJobFinished";
    JobEnd, "job.end", "pkg/controller/job/job_controller.go enactJobFinished";
    JobOrphanFinalizer, "job.orphan-finalizer", "pkg/controller/job/job_controller.go syncOrphanPod";
    JobRetry, "job.retry", "pkg/controller/job/job_controller.go processNextWorkItem";
    CronCreateJob, "cron.create-job", "pkg/controller/cronjob/cronjob_controllerv2.go syncCronJob";
    CronCreateFailed, "cron.create-failed", "pkg/controller/cronjob/cronjob_controllerv2.go syncCronJob";
    CronNotYet, "cron.not-yet", "pkg/controller/cronjob/utils.go nextScheduleTime";
    CronSuspended, "cron.suspended", "pkg/controller/cronjob/cronjob_controllerv2.go syncCronJob";
    CronStartingDeadline, "cron.starting-deadline", "pkg/controller/cronjob/cronjob_controllerv2.go syncCronJob";
    CronAlreadyStarted, "cron.already-started", "pkg/controller/cronjob/cronjob_controllerv2.go syncCronJob";
    CronForbid, "cron.forbid", "pkg/controller/cronjob/cronjob_controllerv2.go syncCronJob";
    CronReplace, "cron.replace", "pkg/controller/cronjob/cronjob_controllerv2.go syncCronJob";
    CronHistoryLimit, "cron.history-limit", "pkg/controller/cronjob/cronjob_controllerv2.go removeOldestJobs";
    CronSawCompleted, "cron.saw-completed", "pkg/controller/cronjob/cronjob_controllerv2.go syncCronJob";
    CronUnexpectedJob, "cron.unexpected-job", "pkg/controller/cronjob/cronjob_controllerv2.go syncCronJob";
    CronMissingJob, "cron.missing-job", "pkg/controller/cronjob/cronjob_controllerv2.go syncCronJob";
    CronBadSchedule, "cron.bad-schedule", "pkg/controller/cronjob/cronjob_controllerv2.go syncCronJob";
    CronBadTimeZone, "cron.bad-time-zone", "pkg/controller/cronjob/cronjob_controllerv2.go syncCronJob";
    CronTooManyMissed, "cron.too-many-missed", "pkg/controller/cronjob/utils.go nextScheduleTime";
    TtlWait, "ttl.wait", "pkg/controller/ttlafterfinished/ttlafterfinished_controller.go processTTL";
    TtlDelete, "ttl.delete", "pkg/controller/ttlafterfinished/ttlafterfinished_controller.go processJob";
}

impl Decision {
    /// The value of an input, or the empty text.
    pub fn input(&self, name: &str) -> &str {
        self.inputs.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique() {
        let mut ids: Vec<&str> = Rule::ALL.iter().map(|rule| rule.id()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), Rule::ALL.len());
    }
}
