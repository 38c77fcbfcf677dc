//! What Kubernetes promises about Jobs, as checks over the stream of changes.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::batch::{
    COMPLETION_INDEX, JOB_TRACKING_FINALIZER, Job, JobConditionType, pod_replacement_policy,
};
use crate::api::core::{Pod, PodPhase};
use crate::api::{Kind, Object};
use crate::apiserver::{ApiServer, Change, ChangeKind};
use crate::base::Time;

/// An invariant that did not hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    pub at: Time,
    pub rule: &'static str,
    pub detail: String,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {}: {}", self.rule, self.at.to_timestamp(), self.detail)
    }
}

/// The checkers' memory: the newest state of what they judge.
#[derive(Clone, Debug, Default)]
pub struct Checkers {
    jobs: BTreeMap<String, std::sync::Arc<Job>>,
    pods: BTreeMap<String, std::sync::Arc<Pod>>,
    /// Pods that were deleted while they ran: whether they count depends on who deleted them.
    deleted_running: BTreeSet<String>,
}

impl Checkers {
    /// # Errors
    /// When the change breaks an invariant.
    pub fn observe(&mut self, change: &Change) -> Result<(), Violation> {
        match &change.object {
            Object::Job(job) => self.observe_job(change, job),
            Object::Pod(pod) => self.observe_pod(change, pod),
            _ => Ok(()),
        }
    }

    fn observe_job(&mut self, change: &Change, job: &std::sync::Arc<Job>) -> Result<(), Violation> {
        if change.kind == ChangeKind::Deleted {
            self.jobs.remove(&job.metadata.uid);
            return Ok(());
        }
        let holds = |rule: &'static str, holds: bool, detail: String| require(change.at, rule, holds, detail);
        let name = &job.metadata.name;
        let status = &job.status;
        let ready = status.ready.unwrap_or(0);
        holds(
            "ready pods are active",
            ready <= status.active,
            format!("{name}: {ready} > {}", status.active),
        )?;
        let (complete, failed) =
            (job.has_condition(JobConditionType::Complete), job.has_condition(JobConditionType::Failed));
        holds("a Job ends in one way", !(complete && failed), name.clone())?;
        holds(
            "only complete Jobs have a completion time",
            complete == status.completion_time.is_some(),
            name.clone(),
        )?;
        if job.is_finished() {
            holds(
                "a finished Job has no active pod",
                status.active == 0,
                format!("{name}: {}", status.active),
            )?;
            let uncounted = status.uncounted_terminated_pods.as_ref();
            let counted = uncounted.is_none_or(|pods| pods.succeeded.is_empty() && pods.failed.is_empty());
            holds("a finished Job has counted its pods", counted, name.clone())?;
        }
        if let Some(old) = self.jobs.get(&job.metadata.uid) {
            holds("failures are never forgotten", status.failed >= old.status.failed, name.clone())?;
            let elastic = job.spec.is_indexed() && job.spec.completions != old.spec.completions;
            let kept = elastic || status.succeeded >= old.status.succeeded;
            holds("successes are never forgotten", kept, name.clone())?;
            let frozen =
                !old.is_finished() || (job.is_finished() && old.status.conditions == status.conditions);
            holds("terminal conditions never change", frozen, name.clone())?;
        }
        self.jobs.insert(job.metadata.uid.clone(), job.clone());
        Ok(())
    }

    fn observe_pod(&mut self, change: &Change, pod: &std::sync::Arc<Pod>) -> Result<(), Violation> {
        let owner = pod.metadata.controller().and_then(|owner| self.jobs.get(&owner.uid)).cloned();
        let uid = pod.metadata.uid.clone();
        if change.kind == ChangeKind::Deleted {
            self.pods.remove(&uid);
            return Ok(());
        }
        let old = self.pods.insert(uid.clone(), pod.clone());
        let Some(job) = owner else { return Ok(()) };
        match old {
            None => self.check_created(change.at, &job, pod),
            Some(old) => {
                if pod.metadata.is_deleting() && !old.metadata.is_deleting() && !pod.is_terminal() {
                    self.deleted_running.insert(uid);
                }
                self.check_finalizer(change.at, &job, &old, pod)
            }
        }
    }

    /// At the creation of a pod: never more at once than allowed, never again for an index that is done.
    fn check_created(&self, at: Time, job: &Job, pod: &Pod) -> Result<(), Violation> {
        let owned = self.pods.values().filter(|other| owner_uid(other) == Some(job.metadata.uid.as_str()));
        let waits_for_failed =
            job.spec.pod_replacement_policy.as_deref() == Some(pod_replacement_policy::FAILED);
        let occupies = |pod: &&std::sync::Arc<Pod>| {
            !pod.is_terminal() && (waits_for_failed || !pod.metadata.is_deleting())
        };
        let occupied = owned.filter(occupies).count();
        let allowed = job.spec.parallelism.unwrap_or(1).max(0) as usize;
        let detail = format!("{}: {occupied} of {allowed}", job.metadata.name);
        require(at, "active pods stay within the parallelism", occupied <= allowed, detail)?;
        require(at, "a suspended Job creates no pod", !job.spec.is_suspended(), job.metadata.name.clone())?;
        require(at, "a finished Job creates no pod", !job.is_finished(), job.metadata.name.clone())?;
        let index =
            pod.metadata.annotations.get(COMPLETION_INDEX).and_then(|index| index.parse::<i64>().ok());
        let done = index.is_some_and(|index| in_intervals(&job.status.completed_indexes, index));
        require(at, "an index completes once", !done, format!("{}: {index:?}", pod.metadata.name))
    }

    /// A finished pod loses its finalizer only after the Job's status has taken it in.
    fn check_finalizer(&self, at: Time, job: &Job, old: &Pod, new: &Pod) -> Result<(), Violation> {
        let removed = old.metadata.has_finalizer(JOB_TRACKING_FINALIZER)
            && !new.metadata.has_finalizer(JOB_TRACKING_FINALIZER);
        let judged = removed && old.is_terminal() && !job.metadata.is_deleting() && !job.is_finished();
        if !judged || self.deleted_running.contains(&new.metadata.uid) {
            return Ok(());
        }
        let uncounted = job.status.uncounted_terminated_pods.clone().unwrap_or_default();
        let listed =
            uncounted.succeeded.contains(&new.metadata.uid) || uncounted.failed.contains(&new.metadata.uid);
        let index =
            new.metadata.annotations.get(COMPLETION_INDEX).and_then(|index| index.parse::<i64>().ok());
        let by_index = new.status.phase == PodPhase::Succeeded
            && index.is_some_and(|index| in_intervals(&job.status.completed_indexes, index));
        let surplus_index = index.is_some() && new.status.phase == PodPhase::Succeeded;
        let ignored = new.status.phase == PodPhase::Failed && job.spec.pod_failure_policy.is_some();
        let counted = listed || by_index || surplus_index || ignored;
        require(at, "pods are counted before they are let go", counted, new.metadata.name.clone())
    }

    /// When nothing is left to do: every Job that can end has ended, and no pod is held.
    ///
    /// # Errors
    /// When something was lost on the way.
    pub fn at_rest(&self, api: &ApiServer) -> Result<(), Violation> {
        for object in api.list(Kind::Job, None) {
            let Object::Job(job) = object else { continue };
            let paused = job.spec.is_suspended() || job.spec.parallelism == Some(0);
            // Ignored failures are repeated for ever.
            let policy = job.spec.pod_failure_policy.as_ref();
            let ignores =
                policy.is_some_and(|policy| policy.rules.iter().any(|rule| rule.action == "Ignore"));
            let ended = job.is_finished() || paused || ignores;
            require(api.now(), "every Job comes to an end", ended, job.metadata.name.clone())?;
        }
        for object in api.list(Kind::Pod, None) {
            let Object::Pod(pod) = object else { continue };
            let held = pod.is_terminal() && pod.metadata.has_finalizer(JOB_TRACKING_FINALIZER);
            let paused = pod.metadata.controller().and_then(|owner| self.jobs.get(&owner.uid));
            let paused = paused.is_some_and(|job| !job.is_finished());
            require(api.now(), "no finished pod stays held", !held || paused, pod.metadata.name.clone())?;
        }
        Ok(())
    }
}

fn require(at: Time, rule: &'static str, holds: bool, detail: String) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation { at, rule, detail }) }
}

fn owner_uid(pod: &Pod) -> Option<&str> {
    pod.metadata.controller().map(|owner| owner.uid.as_str())
}

/// Whether `1-3,5` contains the index. Its own small reader, so that the controller's is not judged by itself.
fn in_intervals(text: &str, index: i64) -> bool {
    text.split(',').filter(|part| !part.is_empty()).any(|part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        matches!((first.parse::<i64>(), last.parse::<i64>()), (Ok(first), Ok(last)) if (first..=last).contains(&index))
    })
}
