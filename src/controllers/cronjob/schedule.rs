//! Which slot of its schedule a CronJob is at.
// Models pkg/controller/cronjob/utils.go

use crate::api::batch::CronJob;
use crate::api::cron_schedule::Schedule;
use crate::api::time_zone::Zone;
use crate::base::{Duration, Time, Timestamp};

/// A re-sync comes this much after the slot, so that a clock that is a little behind does not miss it.
const NEXT_SCHEDULE_DELTA: Duration = Duration::from_millis(100);
/// More missed slots than this are told in a warning.
const MISSED_MAX: i64 = 100;

/// How many slots went by without a start, roughly.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Missed {
    None,
    Few,
    Many,
}

/// The most recent slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Recent {
    /// From here on slots count: the last start, the creation, or the starting deadline.
    pub earliest: Time,
    /// The slot, when one has come since.
    pub slot: Option<Timestamp>,
    pub missed: Missed,
}

/// A parsed schedule with the zone that it is read in.
#[derive(Clone, Debug)]
pub struct ZonedSchedule {
    schedule: Schedule,
    zone: Zone,
}

/// The schedule never fires twice.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("time difference between two schedules is less than 1 second")]
pub struct NeverFires;

impl ZonedSchedule {
    /// The CronJob's schedule in its zone. An unknown zone is left out here: another check names it.
    ///
    /// # Errors
    /// The parser's message.
    // Models pkg/controller/cronjob/cronjob_controllerv2.go formatSchedule
    pub fn of(cron_job: &CronJob) -> Result<ZonedSchedule, String> {
        let zone = cron_job.spec.time_zone.as_deref().and_then(|name| Zone::load(name).ok());
        let schedule = Schedule::parse(&cron_job.spec.schedule)?;
        Ok(ZonedSchedule { schedule, zone: zone.unwrap_or(Zone::UTC) })
    }

    fn next(&self, after: Timestamp) -> Option<Timestamp> {
        self.schedule.next_after(after, &self.zone)
    }
}

/// The most recent slot that is not after `now`.
///
/// # Errors
/// When the schedule is legal but names no date that exists.
pub fn most_recent(
    cron_job: &CronJob,
    now: Time,
    schedule: &ZonedSchedule,
    with_starting_deadline: bool,
) -> Result<Recent, NeverFires> {
    let earliest = earliest(cron_job, now, with_starting_deadline);
    let none = Recent { earliest, slot: None, missed: Missed::None };
    let Some(first) = schedule.next(earliest.to_timestamp()) else { return Err(NeverFires) };
    if now < first.to_time() {
        return Ok(none);
    }
    let Some(second) = schedule.next(first) else { return Err(NeverFires) };
    if now < second.to_time() {
        return Ok(Recent { slot: Some(first), ..none });
    }
    let interval = (second - first).as_secs();
    let missed = (now - first.to_time()).as_secs() / interval + 1;
    // One interval further back than the estimate, so that uneven schedules find their true last slot.
    let from = Timestamp::from_secs(first.as_secs() + (missed - 2) * interval);
    let mut slot = None;
    let mut at = schedule.next(from);
    while let Some(found) = at.filter(|found| found.to_time() <= now) {
        slot = Some(found);
        at = schedule.next(found);
    }
    Ok(Recent { slot, missed: if missed > MISSED_MAX { Missed::Many } else { Missed::Few }, ..none })
}

fn earliest(cron_job: &CronJob, now: Time, with_starting_deadline: bool) -> Time {
    let created = cron_job.metadata.creation_timestamp.unwrap_or_default();
    let earliest = cron_job.status.last_schedule_time.unwrap_or(created).to_time();
    let deadline = cron_job.spec.starting_deadline_seconds.filter(|_| with_starting_deadline);
    let oldest = deadline.map(|seconds| now - Duration::from_millis(seconds.saturating_mul(1000)));
    oldest.map_or(earliest, |oldest| oldest.max(earliest))
}

/// How long until the next slot is due, with the delta of re-syncs.
// Models pkg/controller/cronjob/utils.go nextScheduleTimeDuration
pub fn next_requeue(cron_job: &CronJob, now: Time, schedule: &ZonedSchedule) -> Duration {
    let from = match most_recent(cron_job, now, schedule, false) {
        Ok(Recent { slot: Some(slot), .. }) => slot,
        Ok(Recent { earliest, missed: Missed::None, .. }) => earliest.to_timestamp(),
        // Slots were missed, or there is none: aim for the next one from now.
        Ok(_) | Err(NeverFires) => now.to_timestamp(),
    };
    match schedule.next(from) {
        Some(next) => next.to_time() + NEXT_SCHEDULE_DELTA - now,
        None => Duration::from_millis(i64::MAX / 4),
    }
}
