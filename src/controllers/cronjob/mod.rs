//! The CronJob controller: the same structure and order as upstream's pkg/controller/cronjob.

mod context;
pub mod history;
pub mod schedule;
mod sync;
pub mod template;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

pub use context::Sync;
pub use sync::{Synced, sync_cron_job};

use super::decisions::Decision;
use super::work_queue::WorkQueue;
use crate::api::batch::{CronJob, Job};
use crate::api::{Kind, Object};
use crate::apiserver::events::{EventRecorder, event_type};
use crate::apiserver::{ApiServer, Change, ChangeKind, ObjectKey, Subresource};
use crate::base::{Duration, Time};
use schedule::{ZonedSchedule, next_requeue};

/// The source of its events and decisions.
pub const CONTROLLER: &str = "cronjob-controller";
/// The waits after errors.
// Models staging/src/k8s.io/client-go/util/workqueue/default_rate_limiters.go
const RETRY_BASE: Duration = Duration::from_millis(5);
const RETRY_MAX: Duration = Duration::from_secs(1000);

/// The controller with all that it keeps in memory.
#[derive(Clone, Debug)]
pub struct CronJobController {
    cron_jobs: BTreeMap<ObjectKey, Arc<CronJob>>,
    /// Jobs by the CronJob that their controller reference names, then by their own name.
    jobs: BTreeMap<ObjectKey, BTreeMap<String, Arc<Job>>>,
    /// Changes of Jobs that are yet to be looked at, each on its own: real changes come some milliseconds apart, and
    /// a sync between two of them tells events.
    pending: VecDeque<Change>,
    queue: WorkQueue<ObjectKey>,
    /// CronJobs whose new schedule cannot be read; the warning goes out with the next run.
    unparseable: Vec<Arc<CronJob>>,
    recorder: EventRecorder,
}

impl Default for CronJobController {
    fn default() -> Self {
        CronJobController::new()
    }
}

impl CronJobController {
    pub fn new() -> CronJobController {
        CronJobController {
            cron_jobs: BTreeMap::new(),
            jobs: BTreeMap::new(),
            pending: VecDeque::new(),
            queue: WorkQueue::new(RETRY_BASE, RETRY_MAX),
            unparseable: Vec::new(),
            recorder: EventRecorder::new(CONTROLLER),
        }
    }

    /// A new process of the controller: the caches are filled from the API server.
    pub fn restart(&mut self, api: &ApiServer) {
        *self = CronJobController::new();
        for object in api.list(Kind::CronJob, None) {
            if let Object::CronJob(cron_job) = object {
                self.cron_jobs.insert(ObjectKey::of(object), Arc::clone(cron_job));
                self.queue.add(&ObjectKey::of(object));
            }
        }
        for object in api.list(Kind::Job, None) {
            if let Object::Job(job) = object {
                self.put_job(job);
            }
        }
    }

    /// Takes in one change of the API server. Changes of other kinds are none of its business.
    pub fn observe(&mut self, change: &Change, now: Time) {
        match &change.object {
            Object::CronJob(cron_job) => self.observe_cron_job(change, cron_job, now),
            Object::Job(job) if owner_key(job).is_some() || is_owned(change.previous.as_ref()) => {
                self.observe_job(change);
            }
            _ => {}
        }
    }

    fn observe_cron_job(&mut self, change: &Change, cron_job: &Arc<CronJob>, now: Time) {
        let key = ObjectKey::of(&change.object);
        if change.kind == ChangeKind::Deleted {
            self.cron_jobs.remove(&key);
            self.queue.add(&key);
            return;
        }
        self.cron_jobs.insert(key.clone(), Arc::clone(cron_job));
        match &change.previous {
            Some(Object::CronJob(old)) => self.update_cron_job(old, cron_job, &key, now),
            _ => self.queue.add(&key),
        }
    }

    /// A new schedule takes effect from its next slot; anything else is looked at now.
    // Models pkg/controller/cronjob/cronjob_controllerv2.go updateCronJob
    fn update_cron_job(&mut self, old: &CronJob, new: &Arc<CronJob>, key: &ObjectKey, now: Time) {
        if old.spec.schedule == new.spec.schedule && old.spec.time_zone == new.spec.time_zone {
            self.queue.add(key);
            return;
        }
        match ZonedSchedule::of(new) {
            Ok(schedule) => self.queue.add_after(key, now, next_requeue(new, now, &schedule)),
            Err(_) => self.unparseable.push(Arc::clone(new)),
        }
    }

    /// A Job that is gone is out of the cache at once, so that no sync takes it for a strange one.
    fn observe_job(&mut self, change: &Change) {
        if change.kind != ChangeKind::Deleted {
            self.pending.push_back(change.clone());
            return;
        }
        let uid = &change.object.metadata().uid;
        self.pending.retain(|waiting| waiting.object.metadata().uid != *uid);
        self.take_in_job(change);
    }

    // Models pkg/controller/cronjob/cronjob_controllerv2.go addJob, updateJob, deleteJob
    fn take_in_job(&mut self, change: &Change) {
        let Object::Job(job) = &change.object else { return };
        if let Some(Object::Job(old)) = &change.previous
            && let Some(key) = owner_key(old)
        {
            self.remove_job(&key, &old.metadata.name);
            if old.metadata.controller() != job.metadata.controller() {
                self.enqueue_owner(old);
            }
        }
        if change.kind != ChangeKind::Deleted {
            self.put_job(job);
        }
        self.enqueue_owner(job);
    }

    fn put_job(&mut self, job: &Arc<Job>) {
        if let Some(key) = owner_key(job) {
            self.jobs.entry(key).or_default().insert(job.metadata.name.clone(), Arc::clone(job));
        }
    }

    fn remove_job(&mut self, owner: &ObjectKey, name: &str) {
        if let Some(jobs) = self.jobs.get_mut(owner) {
            jobs.remove(name);
            if jobs.is_empty() {
                self.jobs.remove(owner);
            }
        }
    }

    /// Wakes the CronJob that the reference means, by name and uid.
    fn enqueue_owner(&mut self, job: &Job) {
        let (Some(key), Some(owner)) = (owner_key(job), job.metadata.controller()) else { return };
        if self.cron_jobs.get(&key).is_some_and(|cron_job| cron_job.metadata.uid == owner.uid) {
            self.queue.add(&key);
        }
    }

    /// When the earliest key is due; a time in the past means at once.
    pub fn next_wake(&self) -> Option<Time> {
        let waits = self.unparseable.is_empty() && self.pending.is_empty();
        if waits { self.queue.next_wake() } else { Some(Time::default()) }
    }

    /// When the CronJob is synced next, if that is settled.
    pub fn next_look(&self, key: &ObjectKey, now: Time) -> Option<Time> {
        self.queue.next_look(key, now)
    }

    /// Takes in one change of a Job, then syncs every CronJob that is due.
    pub fn run(&mut self, api: &mut ApiServer, decisions: &mut Vec<Decision>) {
        let now = api.now();
        for cron_job in std::mem::take(&mut self.unparseable) {
            let message = format!("unparseable schedule for cronjob: {}", cron_job.spec.schedule);
            let object = Object::CronJob(cron_job);
            let reason = "UnParseableCronJobSchedule";
            self.recorder.event(api, &object, event_type::WARNING, reason, &message);
        }
        if let Some(change) = self.pending.pop_front() {
            self.take_in_job(&change);
        }
        while let Some(key) = self.queue.pop(now) {
            let first = decisions.len();
            match self.sync(api, &key, decisions) {
                Ok(Some(delay)) => {
                    self.queue.forget(&key);
                    self.queue.add_after(&key, now, delay);
                }
                Ok(None) => {}
                Err(_) => {
                    self.queue.add_rate_limited(&key, now);
                }
            }
            let next_look = self.queue.next_look(&key, now);
            for decision in &mut decisions[first..] {
                decision.next_look = next_look;
            }
        }
    }

    // Models pkg/controller/cronjob/cronjob_controllerv2.go sync
    fn sync(
        &mut self,
        api: &mut ApiServer,
        key: &ObjectKey,
        decisions: &mut Vec<Decision>,
    ) -> Result<Option<Duration>, String> {
        let Some(cron_job) = self.cron_jobs.get(key).cloned() else { return Ok(None) };
        let jobs: Vec<Arc<Job>> =
            self.jobs.get(key).into_iter().flatten().map(|(_, job)| job.clone()).collect();
        let now = api.now();
        let mut sync = Sync {
            api,
            recorder: &mut self.recorder,
            decisions,
            cron_job: (*cron_job).clone(),
            regarding: Object::CronJob(cron_job),
            now,
        };
        let cleaned = history::clean_up(&mut sync, &jobs);
        let synced = sync_cron_job(&mut sync, &jobs);
        if cleaned || synced.update_status {
            let object = Object::from(sync.cron_job);
            sync.api.update(object, Subresource::Status).map_err(|status| status.to_string())?;
        }
        match synced.error {
            Some(error) => Err(error),
            None => Ok(synced.requeue_after),
        }
    }
}

fn is_owned(object: Option<&Object>) -> bool {
    matches!(object, Some(Object::Job(job)) if owner_key(job).is_some())
}

/// The CronJob that a Job names as its controller.
fn owner_key(job: &Job) -> Option<ObjectKey> {
    let owner = job.metadata.controller().filter(|owner| owner.kind == Kind::CronJob.as_str())?;
    Some(ObjectKey::new(&job.metadata.namespace, &owner.name))
}

#[cfg(test)]
mod tests;
