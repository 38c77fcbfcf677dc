//! One reconcile of a CronJob, in upstream's order.
// Models pkg/controller/cronjob/cronjob_controllerv2.go syncCronJob

use std::sync::Arc;

use super::context::Sync;
use super::history::finished_condition;
use super::schedule::{Missed, ZonedSchedule, most_recent, next_requeue};
use super::template::{job_for, job_name};
use crate::api::batch::{Job, JobConditionType, concurrency_policy};
use crate::api::status::StatusReason;
use crate::api::time_zone::Zone;
use crate::api::{Kind, Object, Status};
use crate::apiserver::ObjectKey;
use crate::apiserver::events::reference;
use crate::base::{Duration, Timestamp};
use crate::controllers::decisions::Rule;

/// How a sync ended.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Synced {
    /// When to sync again, if the schedule says so.
    pub requeue_after: Option<Duration>,
    pub update_status: bool,
    /// What went wrong: the sync is tried again soon.
    pub error: Option<String>,
}

impl Synced {
    fn done(update_status: bool) -> Synced {
        Synced { update_status, ..Synced::default() }
    }

    fn failed(update_status: bool, error: impl ToString) -> Synced {
        Synced { update_status, error: Some(error.to_string()), ..Synced::default() }
    }
}

/// `jobs` are those that name the CronJob as their controller, in the order of their names.
pub fn sync_cron_job(sync: &mut Sync, jobs: &[Arc<Job>]) -> Synced {
    let mut update = match look_at_jobs(sync, jobs) {
        Ok(update) => update,
        Err(error) => return Synced::failed(false, error),
    };
    match drop_missing(sync, jobs) {
        Ok(dropped) => update |= dropped,
        Err(error) => return Synced::failed(update, error),
    }
    if sync.cron_job.metadata.is_deleting() {
        return Synced::done(update);
    }
    let Some(schedule) = usable_schedule(sync) else { return Synced::done(update) };
    let slot = match due_slot(sync, &schedule) {
        Ok(slot) => slot,
        Err(error) => {
            let spec = &sync.cron_job.spec.schedule;
            let message = format!("invalid schedule: {spec} : {error}");
            sync.warning("InvalidSchedule", &message);
            sync.held(Rule::CronBadSchedule, vec![("error", message)]);
            return Synced::done(update);
        }
    };
    let outcome = match slot {
        Some(slot) => start(sync, slot),
        None => {
            let wait = next_requeue(&sync.cron_job, sync.now, &schedule);
            let schedule = sync.cron_job.spec.schedule.clone();
            sync.held(
                Rule::CronNotYet,
                vec![("spec.schedule", schedule), ("wait", wait.as_secs().to_string())],
            );
            Start::Nothing
        }
    };
    match outcome {
        Start::Nothing => {}
        Start::Changed => update = true,
        Start::ExistsElsewhere => return Synced::done(update),
        Start::Failed { changed, error } => return Synced::failed(update || changed, error),
    }
    let requeue_after = Some(next_requeue(&sync.cron_job, sync.now, &schedule));
    Synced { requeue_after, update_status: update, error: None }
}

/// Notes finished and unknown Jobs. Answers whether the status changed.
fn look_at_jobs(sync: &mut Sync, jobs: &[Arc<Job>]) -> Result<bool, Status> {
    let mut update = false;
    for job in jobs {
        let active = sync.is_active(&job.metadata.uid);
        match finished_condition(job) {
            None if active => {}
            None => note_unexpected(sync, job)?,
            Some(condition) => update |= note_finished(sync, job, condition, active),
        }
    }
    Ok(update)
}

/// An unfinished Job that is not on the active list: the list in the cache may be old.
fn note_unexpected(sync: &mut Sync, job: &Job) -> Result<(), Status> {
    let meta = &sync.cron_job.metadata;
    let key = ObjectKey::new(&meta.namespace, &meta.name);
    if let Object::CronJob(fresh) = sync.api.get(Kind::CronJob, &key)?
        && fresh.status.active.iter().any(|active| active.uid == job.metadata.uid)
    {
        sync.cron_job = (**fresh).clone();
        return Ok(());
    }
    let name = &job.metadata.name;
    sync.warning("UnexpectedJob", &format!("Saw a job that the controller did not create or forgot: {name}"));
    sync.fired(Rule::CronUnexpectedJob, vec![("job", name.clone())], Vec::new());
    Ok(())
}

fn note_finished(sync: &mut Sync, job: &Job, condition: JobConditionType, active: bool) -> bool {
    let mut update = false;
    if active {
        sync.forget_active(&job.metadata.uid);
        let name = &job.metadata.name;
        sync.normal("SawCompletedJob", &format!("Saw completed job: {name}, condition: {condition}"));
        let inputs = vec![("job", name.clone()), ("condition", condition.to_string())];
        sync.fired(Rule::CronSawCompleted, inputs, Vec::new());
        update = true;
    }
    if condition == JobConditionType::Complete {
        let last = &mut sync.cron_job.status.last_successful_time;
        // A Job that never told when it completed still settles a time that was never set.
        if last.is_none() || job.status.completion_time > *last {
            *last = job.status.completion_time;
            update = true;
        }
    }
    update
}

/// Takes Jobs off the active list that no longer exist.
fn drop_missing(sync: &mut Sync, jobs: &[Arc<Job>]) -> Result<bool, Status> {
    let mut update = false;
    for active in sync.cron_job.status.active.clone() {
        if jobs.iter().any(|job| job.metadata.uid == active.uid) {
            continue;
        }
        match sync.api.get(Kind::Job, &ObjectKey::new(&active.namespace, &active.name)) {
            Ok(_) => {}
            Err(status) if status.is_not_found() => {
                sync.normal("MissingJob", &format!("Active job went missing: {}", active.name));
                sync.forget_active(&active.uid);
                sync.fired(Rule::CronMissingJob, vec![("job", active.name)], Vec::new());
                update = true;
            }
            Err(status) => return Err(status),
        }
    }
    Ok(update)
}

/// The schedule, unless the zone, a suspension or the schedule itself stands against a start.
fn usable_schedule(sync: &mut Sync) -> Option<ZonedSchedule> {
    if let Some(zone) = sync.cron_job.spec.time_zone.clone()
        && let Err(error) = Zone::load(&zone)
    {
        sync.warning("UnknownTimeZone", &format!("invalid timeZone: {zone:?}: {error}"));
        sync.held(Rule::CronBadTimeZone, vec![("spec.timeZone", zone), ("error", error)]);
        return None;
    }
    if sync.cron_job.spec.suspend == Some(true) {
        sync.held(Rule::CronSuspended, Vec::new());
        return None;
    }
    let text = sync.cron_job.spec.schedule.clone();
    if text.contains("TZ") {
        let message = format!(
            "CRON_TZ or TZ used in schedule {text:?} is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details"
        );
        sync.warning("UnsupportedSchedule", &message);
    }
    match ZonedSchedule::of(&sync.cron_job) {
        Ok(schedule) => Some(schedule),
        Err(error) => {
            sync.warning("UnparseableSchedule", &format!("unparseable schedule: {text:?} : {error}"));
            sync.held(Rule::CronBadSchedule, vec![("spec.schedule", text), ("error", error)]);
            None
        }
    }
}

/// The slot that waits for its Job.
// Models pkg/controller/cronjob/utils.go nextScheduleTime
fn due_slot(sync: &mut Sync, schedule: &ZonedSchedule) -> Result<Option<Timestamp>, String> {
    let recent = most_recent(&sync.cron_job, sync.now, schedule, true).map_err(|error| error.to_string())?;
    if recent.slot.is_some() && recent.missed == Missed::Many {
        sync.warning(
            "TooManyMissedTimes",
            "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew",
        );
        sync.fired(Rule::CronTooManyMissed, Vec::new(), Vec::new());
    }
    Ok(recent.slot)
}

/// What came of a slot.
enum Start {
    Nothing,
    Changed,
    /// Another one made the Job of that name, or it is on the list: the next change wakes the CronJob.
    ExistsElsewhere,
    Failed {
        changed: bool,
        error: String,
    },
}

fn start(sync: &mut Sync, slot: Timestamp) -> Start {
    if is_held(sync, slot) {
        return Start::Nothing;
    }
    let mut changed = false;
    if sync.cron_job.spec.concurrency_policy == concurrency_policy::REPLACE {
        match replace_active(sync) {
            Ok(replaced) => changed = replaced,
            Err((changed, error)) => return Start::Failed { changed, error },
        }
    }
    let job = match create_job(sync, slot) {
        Ok(Some(job)) => job,
        Ok(None) => return Start::ExistsElsewhere,
        Err(error) => return Start::Failed { changed, error: error.to_string() },
    };
    let active = reference(&job);
    sync.cron_job.status.active.push(active);
    sync.cron_job.status.last_schedule_time = Some(slot);
    Start::Changed
}

/// Whether a rule keeps the slot from being started.
fn is_held(sync: &mut Sync, slot: Timestamp) -> bool {
    let scheduled = ("scheduled", slot.to_string());
    let spec = &sync.cron_job.spec;
    if let Some(seconds) = spec.starting_deadline_seconds
        && slot.to_time() + Duration::from_millis(seconds.saturating_mul(1000)) < sync.now
    {
        sync.warning("MissSchedule", &format!("Missed scheduled time to start a job: {}", slot.rfc1123z()));
        let inputs = vec![scheduled, ("spec.startingDeadlineSeconds", seconds.to_string())];
        sync.held(Rule::CronStartingDeadline, inputs);
        return true;
    }
    let name = job_name(&sync.cron_job.metadata.name, slot);
    let status = &sync.cron_job.status;
    if status.active.iter().any(|active| active.name == name) || status.last_schedule_time == Some(slot) {
        sync.held(Rule::CronAlreadyStarted, vec![scheduled, ("job", name)]);
        return true;
    }
    if spec.concurrency_policy == concurrency_policy::FORBID && !status.active.is_empty() {
        let active = status.active.len().to_string();
        sync.normal(
            "JobAlreadyActive",
            "Not starting job because prior execution is running and concurrency policy is Forbid",
        );
        sync.held(Rule::CronForbid, vec![scheduled, ("status.active", active)]);
        return true;
    }
    false
}

/// Deletes the running Jobs; the error comes with whether the status changed before it.
fn replace_active(sync: &mut Sync) -> Result<bool, (bool, String)> {
    let mut changed = false;
    for active in sync.cron_job.status.active.clone() {
        let key = ObjectKey::new(&active.namespace, &active.name);
        if let Err(error) = sync.api.get(Kind::Job, &key) {
            sync.warning("FailedGet", &format!("Get job: {error}"));
            return Err((changed, error.to_string()));
        }
        if !sync.delete_job(&active.name, &active.uid) {
            return Err((changed, format!("could not replace job {key}")));
        }
        let writes = vec![format!("delete job/{}", active.name)];
        sync.fired(Rule::CronReplace, vec![("job", active.name)], writes);
        changed = true;
    }
    Ok(changed)
}

/// The slot's Job, new or made before by this CronJob; `None` when it needs no place on the active list.
fn create_job(sync: &mut Sync, slot: Timestamp) -> Result<Option<Object>, Status> {
    let job = job_for(&sync.cron_job, slot);
    let name = job.metadata.name.clone();
    let inputs = vec![("scheduled", slot.to_string()), ("job", name.clone())];
    match sync.api.create(Object::from(job)) {
        Ok(job) => {
            sync.normal("SuccessfulCreate", &format!("Created job {name}"));
            sync.fired(Rule::CronCreateJob, inputs, vec![format!("create job/{name}")]);
            Ok(Some(job))
        }
        Err(status) if status.reason == StatusReason::AlreadyExists => {
            sync.held(Rule::CronAlreadyStarted, inputs);
            let key = ObjectKey::new(&sync.cron_job.metadata.namespace, &name);
            let existing = sync.api.get(Kind::Job, &key)?.clone();
            let owner = existing.metadata().controller();
            let ours = owner.is_some_and(|owner| owner.uid == sync.cron_job.metadata.uid);
            let listed = sync.is_active(&existing.metadata().uid);
            Ok((ours && !listed).then_some(existing))
        }
        Err(status) => {
            if !is_terminating(&status) {
                sync.warning("FailedCreate", &format!("Error creating job: {status}"));
            }
            sync.held(Rule::CronCreateFailed, vec![("job", name), ("error", status.to_string())]);
            Err(status)
        }
    }
}

/// In a namespace that goes, any creation fails: nothing to tell.
fn is_terminating(status: &Status) -> bool {
    status.reason == StatusReason::Forbidden && status.message.contains("because it is being terminated")
}
