//! The informer's handlers: what a change of a Job or a pod does to caches, expectations and the queue.

use std::sync::Arc;

use super::{JobController, SYNC_BATCH_PERIOD, WATCH_LATENCY};
use crate::api::Object;
use crate::api::batch::{JOB_TRACKING_FINALIZER, Job};
use crate::api::core::{Pod, selector_matches};
use crate::api::meta::OwnerReference;
use crate::apiserver::{Change, ChangeKind, ObjectKey};
use crate::base::{Duration, Time};

fn key_of_job(job: &Job) -> ObjectKey {
    ObjectKey::new(&job.metadata.namespace, &job.metadata.name)
}

fn is_tracked(pod: &Pod) -> bool {
    pod.metadata.has_finalizer(JOB_TRACKING_FINALIZER)
}

impl JobController {
    /// Takes in one change of the API server. Changes of other kinds are none of its business.
    pub fn observe(&mut self, change: &Change, now: Time) {
        self.seen = self.seen.max(change.version);
        match (&change.object, change.kind) {
            (Object::Job(job), ChangeKind::Added) => self.add_job(job, now),
            (Object::Job(job), ChangeKind::Modified) => {
                let Some(Object::Job(old)) = &change.previous else { return };
                self.update_job(old, job, now);
            }
            (Object::Job(job), ChangeKind::Deleted) => self.delete_job(job, now),
            (Object::Pod(pod), ChangeKind::Added) => {
                self.cache.put_pod(pod.clone());
                self.add_pod(pod, now);
            }
            (Object::Pod(pod), ChangeKind::Modified) => {
                let Some(Object::Pod(old)) = &change.previous else { return };
                self.cache.put_pod(pod.clone());
                self.update_pod(old, pod, now);
            }
            (Object::Pod(pod), ChangeKind::Deleted) => {
                self.cache.remove_pod(&pod.metadata.uid);
                self.delete_pod(pod, true, now);
            }
            _ => {}
        }
    }

    // Models pkg/controller/job/job_controller.go addJob
    pub(super) fn add_job(&mut self, job: &Arc<Job>, _now: Time) {
        self.cache.put_job(job.clone());
        self.queue.add(&key_of_job(job));
    }

    // Models pkg/controller/job/job_controller.go updateJob
    fn update_job(&mut self, old: &Job, job: &Arc<Job>, now: Time) {
        self.cache.put_job(job.clone());
        let key = key_of_job(job);
        if job.metadata.generation == old.metadata.generation {
            self.enqueue_batched(&key, now);
        } else {
            self.queue.add(&key);
        }
        if job.is_finished() {
            // A finished Job should hold no counted pods back; this is upstream's second line of defence.
            self.clean_up_finalizers(job);
        }
        if let (Some(start), Some(deadline)) = (job.status.start_time, job.spec.active_deadline_seconds)
            && old.spec.active_deadline_seconds != Some(deadline)
        {
            let passed = now - start.to_time();
            self.queue.add_after(&key, now, seconds(deadline) - passed);
        }
    }

    // Models pkg/controller/job/job_controller.go deleteJob
    fn delete_job(&mut self, job: &Arc<Job>, _now: Time) {
        let key = key_of_job(job);
        self.cache.remove_job(&key);
        self.queue.add(&key);
        self.clean_up_finalizers(job);
    }

    // Models pkg/controller/job/job_controller.go addPod
    pub(super) fn add_pod(&mut self, pod: &Arc<Pod>, now: Time) {
        if pod.metadata.is_deleting() {
            return self.delete_pod(pod, false, now);
        }
        if let Some(owner) = pod.metadata.controller() {
            let Some((key, _)) = self.resolve_owner(&pod.metadata.namespace, owner) else { return };
            self.expectations.creations_observed(&key, 1);
            return self.enqueue_batched(&key, now);
        }
        self.enqueue_orphan(pod);
        self.enqueue_matching_jobs(pod, now);
    }

    // Models pkg/controller/job/job_controller.go updatePod
    fn update_pod(&mut self, old: &Pod, pod: &Arc<Pod>, now: Time) {
        if pod.metadata.resource_version == old.metadata.resource_version {
            return;
        }
        if pod.metadata.is_deleting() {
            return self.delete_pod(pod, false, now);
        }
        let finalizer_removed = !is_tracked(pod);
        let owner_changed = pod.metadata.controller() != old.metadata.controller();
        let note = |controller: &mut JobController, namespace: &str, owner: &OwnerReference| {
            let Some((key, _)) = controller.resolve_owner(namespace, owner) else { return };
            if finalizer_removed {
                controller.finalizer_expectations.removal_observed(&key, &pod.metadata.uid);
            }
            controller.enqueue_batched(&key, now);
        };
        if let Some(old_owner) = old.metadata.controller().filter(|_| owner_changed) {
            note(self, &old.metadata.namespace, old_owner);
        }
        if let Some(owner) = pod.metadata.controller() {
            return note(self, &pod.metadata.namespace, owner);
        }
        self.enqueue_orphan(pod);
        if owner_changed || pod.metadata.labels != old.metadata.labels {
            self.enqueue_matching_jobs(pod, now);
        }
    }

    /// `gone`: the object itself was removed; otherwise it was only marked as being deleted.
    // Models pkg/controller/job/job_controller.go deletePod
    fn delete_pod(&mut self, pod: &Arc<Pod>, gone: bool, now: Time) {
        let Some(owner) = pod.metadata.controller() else { return self.enqueue_orphan(pod) };
        let job = self.resolve_owner(&pod.metadata.namespace, owner);
        let Some((key, _)) = job.filter(|(_, job)| !job.is_finished()) else {
            return self.enqueue_orphan(pod);
        };
        self.expectations.deletion_observed(&key);
        if gone || !is_tracked(pod) {
            self.finalizer_expectations.removal_observed(&key, &pod.metadata.uid);
        }
        self.enqueue_batched(&key, now);
    }

    /// The Job that a controller reference names, with its key, if it is that very Job.
    // Models pkg/controller/job/job_controller.go resolveControllerRef
    pub(super) fn resolve_owner(
        &self,
        namespace: &str,
        owner: &OwnerReference,
    ) -> Option<(ObjectKey, &Arc<Job>)> {
        if owner.kind != "Job" {
            return None;
        }
        let key = ObjectKey::new(namespace, &owner.name);
        let job = self.cache.job(&key)?;
        (job.metadata.uid == owner.uid).then_some((key, job))
    }

    fn enqueue_batched(&mut self, key: &ObjectKey, now: Time) {
        self.queue.add_after(key, now, SYNC_BATCH_PERIOD + WATCH_LATENCY);
    }

    /// A pod whose finalizer no sync will remove.
    fn enqueue_orphan(&mut self, pod: &Pod) {
        if is_tracked(pod) {
            self.orphans.add(&pod.metadata.uid);
        }
    }

    /// Jobs that may want to adopt the pod.
    // Models pkg/controller/job/job_controller.go getPodJobs
    fn enqueue_matching_jobs(&mut self, pod: &Pod, now: Time) {
        if pod.metadata.labels.is_empty() {
            return;
        }
        let matches = |job: &&Arc<Job>| {
            job.spec
                .selector
                .as_ref()
                .is_some_and(|selector| selector_matches(selector, &pod.metadata.labels))
        };
        let matching = self.cache.jobs_in(&pod.metadata.namespace).filter(matches);
        let keys: Vec<ObjectKey> = matching.map(|job| key_of_job(job)).collect();
        for key in keys {
            self.enqueue_batched(&key, now);
        }
    }

    // Models pkg/controller/job/job_controller.go cleanupPodFinalizers
    fn clean_up_finalizers(&mut self, job: &Job) {
        let Some(selector) = &job.spec.selector else { return };
        for entry in self.cache.live_pods(&job.metadata.uid) {
            if entry.tracked && selector_matches(selector, &entry.pod.metadata.labels) {
                self.enqueue_orphan(&entry.pod);
            }
        }
    }
}

/// Seconds of a manifest as a span; absurdly many stay a long time instead of overflowing.
pub(super) fn seconds(count: i64) -> Duration {
    Duration::from_millis(count.saturating_mul(1_000))
}
