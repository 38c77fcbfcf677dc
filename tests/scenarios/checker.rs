//! What must hold after every step of any history.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use zadachnik::api::batch::{JOB_TRACKING_FINALIZER, Job};
use zadachnik::api::core::{Pod, PodPhase};
use zadachnik::api::meta::ResourceVersion;
use zadachnik::api::{Kind, Object};
use zadachnik::apiserver::{Change, ChangeKind, Request};
use zadachnik::base::{Duration, Time};
use zadachnik::controllers::job::backoff::{BACKOFF_BASE, BACKOFF_MAX};
use zadachnik::controllers::job::intervals::Intervals;
use zadachnik::controllers::job::pod_failure_policy;

use super::world::{World, index};

pub struct Checker {
    seen: ResourceVersion,
    job: Arc<Job>,
    pods_created: usize,
    parallelism_max: i32,
    /// Pods as the history last showed them.
    pods: BTreeMap<String, Arc<Pod>>,
    /// When pods were first seen to have ended.
    ended_at: BTreeMap<String, Time>,
    /// Uids that were in the status before they were counted.
    noted: BTreeSet<String>,
}

impl Checker {
    pub fn new(world: &World) -> Checker {
        Checker {
            seen: ResourceVersion(0),
            job: world.job(),
            pods_created: 0,
            parallelism_max: 0,
            pods: BTreeMap::new(),
            ended_at: BTreeMap::new(),
            noted: BTreeSet::new(),
        }
    }

    /// Reads the history since the last look and tells what it breaks.
    pub fn check(&mut self, world: &World, problems: &mut Vec<String>) {
        let changes: Vec<Change> = match world.api.changes_since(self.seen) {
            Ok(changes) => changes.cloned().collect(),
            Err(_) => return problems.push("the history is too long".to_owned()),
        };
        self.seen = world.api.version();
        let mut created = 0;
        for change in &changes {
            match (&change.object, &change.previous) {
                (Object::Job(job), _) => self.job_changed(job, problems),
                (Object::Pod(pod), previous) => {
                    created += usize::from(change.kind == ChangeKind::Added);
                    let before = match previous {
                        Some(Object::Pod(before)) => Some(before),
                        _ => None,
                    };
                    self.pod_changed(pod, before, (change.kind, change.at, world.lag), problems);
                }
                _ => {}
            }
        }
        self.pods_created += created;
        if created > 0 {
            self.after_creations(world, problems);
        }
        let status = &self.job.status;
        if (status.succeeded + status.failed) as usize > self.pods_created {
            problems.push(format!("more counted than created ({}): {status:?}", self.pods_created));
        }
    }

    fn after_creations(&self, world: &World, problems: &mut Vec<String>) {
        // A controller whose watch lags may still go by an older number.
        let lags = world.lag > Duration::ZERO;
        let now = self.job.spec.parallelism.unwrap_or(1);
        let parallelism = if lags { self.parallelism_max } else { now };
        let active = world.active();
        if active.len() as i32 > parallelism {
            problems.push(format!("{} active pods, parallelism {parallelism}", active.len()));
        }
        if self.job.spec.is_indexed() {
            let indexes: BTreeSet<_> = active.iter().map(|pod| index(pod)).collect();
            if indexes.len() != active.len() {
                problems.push(format!("an index runs twice: {indexes:?} in {} pods", active.len()));
            }
        }
        // The record follows the status: where that was refused, it is behind.
        let kept = world.api.refused(Request::UpdateStatus, Kind::Job) == 0;
        if self.job.spec.backoff_limit_per_index.is_none() && !lags && kept {
            let record = world.controller.backoff_record(&world.key());
            let left = record.remaining(world.now(), BACKOFF_BASE, BACKOFF_MAX);
            if left > Duration::ZERO {
                problems.push(format!("a pod was created {left:?} before the back-off ended"));
            }
        }
    }

    fn job_changed(&mut self, job: &Arc<Job>, problems: &mut Vec<String>) {
        let old = std::mem::replace(&mut self.job, job.clone());
        self.parallelism_max = self.parallelism_max.max(job.spec.parallelism.unwrap_or(1));
        let resized = old.spec.completions != job.spec.completions;
        let (before, now) = (&old.status, &job.status);
        if let Some(uids) = &now.uncounted_terminated_pods {
            self.noted.extend(uids.succeeded.iter().chain(&uids.failed).cloned());
            if uids.succeeded.len() + uids.failed.len() > 500 {
                problems.push("more than 500 uncounted uids".to_owned());
            }
        }
        if now.failed < before.failed || (now.succeeded < before.succeeded && !job.spec.is_indexed()) {
            problems.push(format!("a counter fell: {before:?} -> {now:?}"));
        }
        if job.spec.is_indexed() && !resized {
            let completions = job.spec.completions.unwrap_or(0);
            let was = Intervals::parse(&before.completed_indexes, completions);
            let is = Intervals::parse(&now.completed_indexes, completions);
            if was.common(&is) < was.total() {
                problems.push(format!("a completed index was lost: {before:?} -> {now:?}"));
            }
        }
        if old.is_finished() && before != now {
            problems.push(format!("a finished Job changed: {before:?} -> {now:?}"));
        }
        for condition in before.conditions.iter().filter(|c| c.condition_type.as_str() != "Suspended") {
            if !now.conditions.contains(condition) {
                problems.push(format!("a condition changed: {before:?} -> {now:?}"));
            }
        }
        if now.active < 0 || now.ready.is_some_and(|ready| ready < 0 || ready > now.active) {
            problems.push(format!("impossible counters: {now:?}"));
        }
    }

    /// The finalizer of an ended pod goes only after the pod was counted or noted.
    fn pod_changed(
        &mut self,
        pod: &Arc<Pod>,
        before: Option<&Arc<Pod>>,
        (kind, at, lag): (ChangeKind, Time, Duration),
        problems: &mut Vec<String>,
    ) {
        let held = |pod: &Pod| pod.metadata.has_finalizer(JOB_TRACKING_FINALIZER);
        if kind == ChangeKind::Deleted {
            self.pods.remove(&pod.metadata.name);
            return;
        }
        self.pods.insert(pod.metadata.name.clone(), pod.clone());
        if pod.is_terminal() {
            self.ended_at.entry(pod.metadata.uid.clone()).or_insert(at);
        }
        let freed = before.is_some_and(|before| held(before)) && !held(pod);
        if !freed || !pod.is_terminal() || self.job.is_finished() {
            return;
        }
        // A pod that the controller gives up as running may have ended unseen: then it counts as nothing.
        if self.ended_at.get(&pod.metadata.uid).is_none_or(|ended| at - *ended < lag) {
            return;
        }
        let spec = &self.job.spec;
        let completions = spec.completions.unwrap_or(0);
        let out_of_range = spec.is_indexed() && index(pod).is_none_or(|index| index >= completions);
        let succeeded = pod.status.phase == PodPhase::Succeeded;
        let completed = Intervals::parse(&self.job.status.completed_indexes, completions);
        let counted_by_index =
            spec.is_indexed() && succeeded && index(pod).is_some_and(|i| completed.contains(i));
        let ignored = !pod_failure_policy::match_policy(spec.pod_failure_policy.as_ref(), pod).counts;
        if !(out_of_range || counted_by_index || ignored || self.noted.contains(&pod.metadata.uid)) {
            problems
                .push(format!("{} lost its finalizer uncounted: {:?}", pod.metadata.name, self.job.status));
        }
    }
}
