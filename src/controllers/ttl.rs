//! The ttl-after-finished controller: deletes finished Jobs when their `ttlSecondsAfterFinished` is over.
// Models pkg/controller/ttlafterfinished/ttlafterfinished_controller.go

use super::decisions::{Decision, Outcome, Rule, Subject};
use super::work_queue::WorkQueue;
use crate::api::batch::{Job, JobConditionType};
use crate::api::{Kind, Object};
use crate::apiserver::{ApiServer, Change, ChangeKind, DeleteOptions, ObjectKey, Preconditions, Propagation};
use crate::base::{Duration, Time};

/// The source of its decisions.
pub const CONTROLLER: &str = "ttl-after-finished-controller";
const RETRY_BASE: Duration = Duration::from_millis(5);
const RETRY_MAX: Duration = Duration::from_secs(1000);

/// What is left of a finished Job's time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimeLeft {
    /// Zero or less when it is over.
    pub left: Duration,
    pub expires_at: Time,
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TtlError {
    #[error("job {0} should not be cleaned up")]
    NotForCleanup(ObjectKey),
    #[error("unable to find the time when the Job {0} finished")]
    NoFinishTime(ObjectKey),
}

fn key_of(job: &Job) -> ObjectKey {
    ObjectKey::new(&job.metadata.namespace, &job.metadata.name)
}

fn needs_cleanup(job: &Job) -> bool {
    job.spec.ttl_seconds_after_finished.is_some() && job.is_finished()
}

/// # Errors
/// For Jobs that are not finished or have no TTL.
// Models pkg/controller/ttlafterfinished/ttlafterfinished_controller.go timeLeft
pub fn time_left(job: &Job, now: Time) -> Result<TimeLeft, TtlError> {
    let Some(ttl) = job.spec.ttl_seconds_after_finished.filter(|_| needs_cleanup(job)) else {
        return Err(TtlError::NotForCleanup(key_of(job)));
    };
    let terminal = [JobConditionType::Complete, JobConditionType::Failed];
    let finished = terminal.iter().find_map(|condition| job.condition(*condition)?.last_transition_time);
    let finished = finished.ok_or_else(|| TtlError::NoFinishTime(key_of(job)))?;
    let expires_at = finished.to_time() + Duration::from_secs(i64::from(ttl));
    Ok(TimeLeft { left: expires_at - now, expires_at })
}

/// How an expired Job is deleted: its pods go first, and only if it is still the same Job.
pub fn delete_options(job: &Job) -> DeleteOptions {
    DeleteOptions {
        propagation: Some(Propagation::Foreground),
        preconditions: Preconditions { uid: Some(job.metadata.uid.clone()), resource_version: None },
        ..DeleteOptions::default()
    }
}

#[derive(Clone, Debug)]
pub struct TtlController {
    queue: WorkQueue<ObjectKey>,
}

impl Default for TtlController {
    fn default() -> Self {
        TtlController::new()
    }
}

impl TtlController {
    pub fn new() -> TtlController {
        TtlController { queue: WorkQueue::new(RETRY_BASE, RETRY_MAX) }
    }

    /// A new process of the controller: every Job is looked at again.
    pub fn restart(&mut self, api: &ApiServer) {
        *self = TtlController::new();
        for object in api.list(Kind::Job, None) {
            if let Object::Job(job) = object {
                self.consider(job);
            }
        }
    }

    pub fn observe(&mut self, change: &Change, _now: Time) {
        if let Object::Job(job) = &change.object
            && change.kind != ChangeKind::Deleted
        {
            self.consider(job);
        }
    }

    fn consider(&mut self, job: &Job) {
        if !job.metadata.is_deleting() && needs_cleanup(job) {
            self.queue.add(&key_of(job));
        }
    }

    /// When the earliest Job is due; a time in the past means at once.
    pub fn next_wake(&self) -> Option<Time> {
        self.queue.next_wake()
    }

    /// Deletes every Job whose time is over.
    pub fn run(&mut self, api: &mut ApiServer, decisions: &mut Vec<Decision>) {
        let now = api.now();
        while let Some(key) = self.queue.pop(now) {
            let Some(Object::Job(job)) = api.find(Kind::Job, &key).cloned() else { continue };
            if job.metadata.is_deleting() {
                continue;
            }
            let Ok(time) = time_left(&job, now) else { continue };
            let ttl = job.spec.ttl_seconds_after_finished.unwrap_or_default().to_string();
            let mut decision = Decision {
                at: now,
                controller: CONTROLLER,
                object: subject_of(&job),
                rule: Rule::TtlWait,
                inputs: vec![("spec.ttlSecondsAfterFinished", ttl)],
                outcome: Outcome::Held,
                writes: Vec::new(),
                next_look: Some(time.expires_at),
            };
            if time.left > Duration::ZERO {
                decision.inputs.push(("left", time.left.as_secs().to_string()));
                decisions.push(decision);
                self.queue.add_after(&key, now, time.left);
                continue;
            }
            match api.delete(Kind::Job, &key, &delete_options(&job)) {
                Ok(_) => {
                    self.queue.forget(&key);
                    decision.writes.push(format!("delete job/{}", key.name));
                    decisions.push(Decision {
                        rule: Rule::TtlDelete,
                        outcome: Outcome::Fired,
                        next_look: None,
                        ..decision
                    });
                }
                Err(status) if status.is_not_found() => self.queue.forget(&key),
                Err(_) => {
                    self.queue.add_rate_limited(&key, now);
                }
            }
        }
    }
}

fn subject_of(job: &Job) -> Subject {
    let meta = &job.metadata;
    Subject {
        kind: Kind::Job,
        namespace: meta.namespace.clone(),
        name: meta.name.clone(),
        uid: meta.uid.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::batch::JobCondition;
    use crate::api::meta::ConditionStatus;
    use crate::base::Random;

    fn finished_job(ttl: Option<i32>, finished_secs: i64) -> Job {
        let mut job = Job::default();
        job.metadata.name = "j".to_owned();
        job.metadata.namespace = "default".to_owned();
        job.metadata.uid = "u".to_owned();
        job.spec.ttl_seconds_after_finished = ttl;
        job.status.conditions.push(JobCondition {
            condition_type: JobConditionType::Complete,
            status: ConditionStatus::True,
            last_transition_time: Some(crate::base::Timestamp::from_secs(finished_secs)),
            ..JobCondition::default()
        });
        job
    }

    #[test]
    fn a_finished_job_goes_in_the_foreground_when_its_time_is_over() {
        let mut api = ApiServer::new(Time::from_millis(100_000), Random::new(1));
        let mut ttl = TtlController::new();
        let before = api.version();
        api.restore(Object::from(finished_job(Some(5), 100)));
        let changes: Vec<Change> = api.changes_since(before).expect("recent").cloned().collect();
        changes.iter().for_each(|change| ttl.observe(change, api.now()));
        let mut decisions = Vec::new();
        ttl.run(&mut api, &mut decisions);
        assert_eq!(ttl.next_wake(), Some(Time::from_millis(105_000)));
        api.set_now(Time::from_millis(105_000));
        ttl.run(&mut api, &mut decisions);
        let job = api.get(Kind::Job, &ObjectKey::new("default", "j")).expect("held by its finalizer");
        assert_eq!(*job.metadata().finalizers, ["foregroundDeletion"]);
        let rules: Vec<&str> = decisions.iter().map(|decision| decision.rule.id()).collect();
        assert_eq!(rules, ["ttl.wait", "ttl.delete"]);
    }

    #[test]
    fn a_job_without_ttl_stays() {
        let error = time_left(&finished_job(None, 0), Time::default()).expect_err("no ttl");
        assert_eq!(error.to_string(), "job default/j should not be cleaned up");
    }
}
