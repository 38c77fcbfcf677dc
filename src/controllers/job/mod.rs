//! The Job controller: the same structure and order as upstream's pkg/controller/job.

pub mod backoff;
pub mod cache;
pub mod claim;
pub mod conditions;
pub mod context;
pub mod expectations;
mod handlers;
pub mod index_failures;
pub mod indexed;
pub mod intervals;
pub mod manage;
mod orphans;
pub mod pod_failure_policy;
pub mod pods;
pub mod success_policy;
mod sync;
pub mod template;
mod tracking;

use std::collections::BTreeMap;

use backoff::BackoffRecord;
use cache::Cache;
use expectations::{Expectations, FinalizerExpectations};

use super::decisions::{Decision, Outcome, Rule};
use super::work_queue::WorkQueue;

use crate::api::meta::ResourceVersion;
use crate::api::{Kind, Object};
use crate::apiserver::events::EventRecorder;
use crate::apiserver::{ApiServer, ObjectKey};
use crate::base::{Duration, Time};

/// The source of its events and decisions.
pub const CONTROLLER: &str = "job-controller";
/// Pod events are collected for this long before the Job is synced.
// Models pkg/controller/job/job_controller.go SyncJobBatchPeriod
pub const SYNC_BATCH_PERIOD: Duration = Duration::from_secs(1);
/// A change reaches a real controller some milliseconds after it is stored. So a sync a batch period later comes after
/// whatever else happens a whole second after that change, not before it.
const WATCH_LATENCY: Duration = Duration::from_millis(5);
/// Creations or surplus deletions of one sync.
pub const MAX_PODS_PER_SYNC: usize = 500;
/// Uids that status.uncountedTerminatedPods may hold.
pub const MAX_UNCOUNTED_PODS: usize = 500;
const DEFAULT_BACKOFF_LIMIT: i32 = 6;
/// The waits after errors of the API server.
const RETRY_BASE: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(60);

/// Why a sync has to be repeated; the text names the step and the server's refusal.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct SyncError(pub String);

/// The controller with all that it keeps in memory.
#[derive(Clone, Debug)]
pub struct JobController {
    cache: Cache,
    queue: WorkQueue<ObjectKey>,
    /// Uids of pods that hold the finalizer without a Job that would count them.
    orphans: WorkQueue<String>,
    pub expectations: Expectations,
    pub finalizer_expectations: FinalizerExpectations,
    backoff: BTreeMap<ObjectKey, BackoffRecord>,
    /// The newest change that the caches show.
    seen: ResourceVersion,
    /// The newest version that the last sync of a Job wrote.
    written: BTreeMap<ObjectKey, ResourceVersion>,
    recorder: EventRecorder,
}

impl Default for JobController {
    fn default() -> Self {
        JobController::new()
    }
}

impl JobController {
    pub fn new() -> JobController {
        JobController {
            cache: Cache::default(),
            queue: WorkQueue::new(RETRY_BASE, RETRY_MAX),
            orphans: WorkQueue::new(RETRY_BASE, RETRY_MAX),
            expectations: Expectations::default(),
            finalizer_expectations: FinalizerExpectations::default(),
            backoff: BTreeMap::new(),
            seen: ResourceVersion(0),
            written: BTreeMap::new(),
            recorder: EventRecorder::new(CONTROLLER),
        }
    }

    /// A new process of the controller: everything in memory is lost and the caches are filled from the API server.
    pub fn restart(&mut self, api: &ApiServer) {
        *self = JobController::new();
        self.fill_cache(api);
        let now = api.now();
        for object in api.list(Kind::Job, None) {
            if let Object::Job(job) = object {
                self.add_job(job, now);
            }
        }
        for object in api.list(Kind::Pod, None) {
            if let Object::Pod(pod) = object {
                self.add_pod(pod, now);
            }
        }
    }

    /// Takes all Jobs and pods into the caches without queueing anything.
    pub fn fill_cache(&mut self, api: &ApiServer) {
        self.seen = api.version();
        for object in api.list(Kind::Job, None).chain(api.list(Kind::Pod, None)) {
            match object {
                Object::Job(job) => self.cache.put_job(job.clone()),
                Object::Pod(pod) => self.cache.put_pod(pod.clone()),
                _ => {}
            }
        }
    }

    /// When the earliest key is due; a time in the past means at once.
    pub fn next_wake(&self) -> Option<Time> {
        [self.queue.next_wake(), self.orphans.next_wake()].into_iter().flatten().min()
    }

    /// How many syncs of the Job failed in a row.
    pub fn retries(&self, key: &ObjectKey) -> u32 {
        self.queue.retries(key)
    }

    /// Makes the Job due at once.
    pub fn enqueue(&mut self, key: &ObjectKey) {
        self.queue.add(key);
    }

    /// When the Job is synced next, if that is settled.
    pub fn next_look(&self, key: &ObjectKey, now: Time) -> Option<Time> {
        self.queue.next_look(key, now)
    }

    /// Syncs every key that is due. Time does not move, and the controller does not see its own writes meanwhile.
    pub fn run(&mut self, api: &mut ApiServer, decisions: &mut Vec<Decision>) {
        let now = api.now();
        while let Some(uid) = self.orphans.pop(now) {
            match self.sync_orphan(api, &uid, decisions) {
                Ok(()) => self.orphans.forget(&uid),
                Err(_) => {
                    self.orphans.add_rate_limited(&uid, now);
                }
            }
        }
        while let Some(key) = self.queue.pop(now) {
            let first = decisions.len();
            if let Err(error) = self.sync_due(api, &key, decisions) {
                self.note_retry(&key, now, &error, decisions);
            }
            let next_look = self.queue.next_look(&key, now);
            for decision in &mut decisions[first..] {
                decision.next_look = decision.next_look.or(next_look);
            }
        }
    }

    // Models pkg/controller/job/job_controller.go processNextWorkItem
    fn sync_due(
        &mut self,
        api: &mut ApiServer,
        key: &ObjectKey,
        decisions: &mut Vec<Decision>,
    ) -> Result<(), SyncError> {
        self.sync_job(api, key, decisions).map(|()| self.queue.forget(key)).inspect_err(|_| {
            self.queue.add_rate_limited(key, api.now());
        })
    }

    fn note_retry(&self, key: &ObjectKey, now: Time, error: &SyncError, decisions: &mut Vec<Decision>) {
        let Some(job) = self.cache.job(key) else { return };
        decisions.push(Decision {
            at: now,
            controller: CONTROLLER,
            object: context::subject_of(job),
            rule: Rule::JobRetry,
            inputs: vec![("error", error.0.clone()), ("retries", self.queue.retries(key).to_string())],
            outcome: Outcome::Held,
            writes: Vec::new(),
            next_look: None,
        });
    }

    /// The failures in a row that delay new pods of the Job.
    pub fn backoff_record(&self, key: &ObjectKey) -> BackoffRecord {
        self.backoff.get(key).copied().unwrap_or_default()
    }

    pub fn set_backoff_record(&mut self, key: &ObjectKey, record: BackoffRecord) {
        self.backoff.insert(key.clone(), record);
    }
}
