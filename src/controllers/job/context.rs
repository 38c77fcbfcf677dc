//! What one sync of one Job works with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::backoff::BackoffRecord;
use super::intervals::Intervals;
use super::pod_failure_policy;
use super::pods::{JobPod, is_pod_failed};
use super::{CONTROLLER, DEFAULT_BACKOFF_LIMIT};
use crate::api::Kind;
use crate::api::batch::{Job, JobCondition, JobConditionType, JobStatus};
use crate::api::core::PodPhase;
use crate::apiserver::ObjectKey;
use crate::base::Time;
use crate::controllers::decisions::{Decision, Outcome, Rule, Subject};

/// Models pkg/controller/job/job_controller.go syncJobCtx.
#[derive(Clone, Debug)]
pub struct SyncContext {
    pub key: ObjectKey,
    pub now: Time,
    /// The Job as the cache has it.
    pub shared: Arc<Job>,
    /// The Job with the status that this sync builds.
    pub job: Job,
    pub pods: Vec<JobPod>,
    pub active_pods: Vec<JobPod>,
    pub ready: i32,
    pub terminating: i32,
    /// With those that the status does not count yet.
    pub succeeded: i32,
    pub failed: i32,
    pub uncounted: Uncounted,
    /// Uids of pods whose finalizer is already gone, though the cache does not show it.
    pub expected_removed: BTreeSet<String>,
    /// The end that the Job has come to, as the condition that says so.
    pub finished: Option<JobCondition>,
    pub new_backoff: BackoffRecord,
    pub counted_indexes: Intervals,
    pub succeeded_indexes: Intervals,
    /// `None` without backoffLimitPerIndex.
    pub failed_indexes: Option<Intervals>,
    /// Failed pods that wait for their replacement, by index.
    pub delayed: BTreeMap<i32, JobPod>,
    pub trace: Vec<Decision>,
}

/// Uids of the status that are counted only once their finalizer is gone.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Uncounted {
    pub succeeded: BTreeSet<String>,
    pub failed: BTreeSet<String>,
}

impl Uncounted {
    pub fn of(status: &JobStatus) -> Uncounted {
        let Some(uids) = &status.uncounted_terminated_pods else { return Uncounted::default() };
        Uncounted {
            succeeded: uids.succeeded.iter().cloned().collect(),
            failed: uids.failed.iter().cloned().collect(),
        }
    }
}

impl Uncounted {
    pub fn into_uids(self) -> BTreeSet<String> {
        let Uncounted { mut succeeded, mut failed } = self;
        succeeded.append(&mut failed);
        succeeded
    }
}

impl SyncContext {
    pub fn new(
        shared: Arc<Job>,
        pods: Vec<JobPod>,
        expected_removed: BTreeSet<String>,
        now: Time,
    ) -> SyncContext {
        let mut job = Job::clone(&shared);
        job.status.uncounted_terminated_pods.get_or_insert_default();
        let active_pods: Vec<JobPod> = pods.iter().filter(|pod| pod.is_active()).cloned().collect();
        let count = |holds: &dyn Fn(&JobPod) -> bool, pods: &[JobPod]| {
            pods.iter().filter(|p| holds(p)).count() as i32
        };
        SyncContext {
            key: ObjectKey::new(&job.metadata.namespace, &job.metadata.name),
            now,
            ready: count(&|pod| pod.pod.is_ready(), &active_pods),
            terminating: count(&JobPod::is_terminating, &pods),
            succeeded: 0,
            failed: 0,
            uncounted: Uncounted::of(&job.status),
            shared,
            job,
            pods,
            active_pods,
            expected_removed,
            finished: None,
            new_backoff: BackoffRecord::default(),
            counted_indexes: Intervals::default(),
            succeeded_indexes: Intervals::default(),
            failed_indexes: None,
            delayed: BTreeMap::new(),
            trace: Vec::new(),
        }
    }

    /// Still to be counted: has its finalizer, as far as the controller knows.
    pub fn is_pending(&self, pod: &JobPod) -> bool {
        pod.tracked && (self.expected_removed.is_empty() || !self.expected_removed.contains(pod.uid()))
    }

    /// Whether the pod can count for this Job: an Indexed Job asks for an index within its range.
    pub fn has_valid_index(&self, pod: &JobPod) -> bool {
        let spec = &self.job.spec;
        !spec.is_indexed() || pod.index_within(spec.completions.unwrap_or(0)).is_some()
    }

    /// Pods that have finished and are neither counted nor noted as uncounted: succeeded and failed ones.
    // Models pkg/controller/job/job_controller.go getNewFinishedPods
    pub fn new_finished_pods(&self) -> (Vec<&JobPod>, Vec<&JobPod>) {
        let valid = |pod: &&JobPod| self.is_pending(pod) && self.has_valid_index(pod);
        let (mut succeeded, mut failed) = (Vec::new(), Vec::new());
        for pod in self.pods.iter().filter(valid) {
            if pod.phase() == PodPhase::Succeeded && !self.uncounted.succeeded.contains(pod.uid()) {
                succeeded.push(pod);
            }
            if is_pod_failed(&pod.pod, &self.job.spec) && !self.uncounted.failed.contains(pod.uid()) {
                failed.push(pod);
            }
        }
        (succeeded, failed)
    }

    /// Totals for the back-off logic: the status' counters, the uncounted and the newly finished pods.
    pub fn count_finished(&self) -> (i32, i32) {
        let (succeeded, failed) = self.new_finished_pods();
        let policy = self.job.spec.pod_failure_policy.as_ref();
        let counts =
            |pod: &&&JobPod| policy.is_none() || pod_failure_policy::match_policy(policy, &pod.pod).counts;
        let failed = failed.iter().filter(counts).count();
        (
            self.job.status.succeeded + (succeeded.len() + self.uncounted.succeeded.len()) as i32,
            self.job.status.failed + (failed + self.uncounted.failed.len()) as i32,
        )
    }

    pub fn backoff_limit(&self) -> i32 {
        self.job.spec.backoff_limit.unwrap_or(DEFAULT_BACKOFF_LIMIT)
    }

    /// Whether the Job has come to an end other than success.
    pub fn is_failing(&self) -> bool {
        self.finished.as_ref().is_some_and(|end| end.condition_type != JobConditionType::SuccessCriteriaMet)
    }

    pub fn fired(&mut self, rule: Rule, inputs: Vec<(&'static str, String)>) -> &mut Decision {
        self.decide(rule, Outcome::Fired, inputs)
    }

    pub fn held(&mut self, rule: Rule, inputs: Vec<(&'static str, String)>) -> &mut Decision {
        self.decide(rule, Outcome::Held, inputs)
    }

    fn decide(&mut self, rule: Rule, outcome: Outcome, inputs: Vec<(&'static str, String)>) -> &mut Decision {
        let at = self.now;
        let object = subject_of(&self.shared);
        let decision = Decision {
            at,
            controller: CONTROLLER,
            object,
            rule,
            inputs,
            outcome,
            writes: Vec::new(),
            next_look: None,
        };
        self.trace.push(decision);
        let last = self.trace.len() - 1;
        &mut self.trace[last]
    }
}

pub fn subject_of(job: &Job) -> Subject {
    Subject {
        kind: Kind::Job,
        namespace: job.metadata.namespace.clone(),
        name: job.metadata.name.clone(),
        uid: job.metadata.uid.clone(),
    }
}

/// The value of an optional field as decisions show it.
pub fn shown(value: Option<i32>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}
