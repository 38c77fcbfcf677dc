//! Jobs and CronJobs in tables.

use super::{Column, age, containers_and_images, selector_text};
use crate::api::batch::{CronJob, Job, JobConditionType};
use crate::base::{Time, duration_text};

pub const JOB_COLUMNS: &[Column] = &[
    ("NAME", false),
    ("STATUS", false),
    ("COMPLETIONS", false),
    ("DURATION", false),
    ("AGE", false),
    ("CONTAINERS", true),
    ("IMAGES", true),
    ("SELECTOR", true),
];

pub const CRONJOB_COLUMNS: &[Column] = &[
    ("NAME", false),
    ("SCHEDULE", false),
    ("TIMEZONE", false),
    ("SUSPEND", false),
    ("ACTIVE", false),
    ("LAST SCHEDULE", false),
    ("AGE", false),
    ("CONTAINERS", true),
    ("IMAGES", true),
    ("SELECTOR", true),
];

/// The row of a Job, with the wide columns.
// Models pkg/printers/internalversion/printers.go printJob
pub fn job_row(job: &Job, now: Time) -> Vec<String> {
    let completions = match (job.spec.completions, job.spec.parallelism.unwrap_or(0)) {
        (Some(wanted), _) => format!("{}/{wanted}", job.status.succeeded),
        (None, parallelism) if parallelism > 1 => format!("{}/1 of {parallelism}", job.status.succeeded),
        (None, _) => format!("{}/1", job.status.succeeded),
    };
    let duration = match (job.status.start_time, job.status.completion_time) {
        (None, _) => String::new(),
        (Some(start), None) => duration_text::human(now - start.to_time()),
        (Some(start), Some(end)) => duration_text::human(end - start),
    };
    let [names, images] = containers_and_images(&job.spec.template.spec.containers);
    vec![
        job.metadata.name.clone(),
        job_status(job).to_owned(),
        completions,
        duration,
        age(job.metadata.creation_timestamp, now),
        names,
        images,
        selector_text(job.spec.selector.as_ref()),
    ]
}

/// The STATUS column.
pub fn job_status(job: &Job) -> &'static str {
    use JobConditionType::{Complete, Failed, FailureTarget, SuccessCriteriaMet, Suspended};
    match () {
        () if job.has_condition(Complete) => "Complete",
        () if job.has_condition(Failed) => "Failed",
        () if job.metadata.is_deleting() => "Terminating",
        () if job.has_condition(Suspended) => "Suspended",
        () if job.has_condition(FailureTarget) => "FailureTarget",
        () if job.has_condition(SuccessCriteriaMet) => "SuccessCriteriaMet",
        () => "Running",
    }
}

/// The row of a CronJob, with the wide columns.
// Models pkg/printers/internalversion/printers.go printCronJob
pub fn cronjob_row(cronjob: &CronJob, now: Time) -> Vec<String> {
    let spec = &cronjob.spec;
    let template = &spec.job_template.spec;
    let [names, images] = containers_and_images(&template.template.spec.containers);
    let last = cronjob.status.last_schedule_time;
    vec![
        cronjob.metadata.name.clone(),
        spec.schedule.clone(),
        spec.time_zone.clone().unwrap_or_else(|| "<none>".to_owned()),
        bool_text(spec.suspend).to_owned(),
        cronjob.status.active.len().to_string(),
        last.map_or_else(|| "<none>".to_owned(), |last| age(Some(last), now)),
        age(cronjob.metadata.creation_timestamp, now),
        names,
        images,
        selector_text(template.selector.as_ref()),
    ]
}

/// `True`, `False` or `<unset>`.
pub fn bool_text(flag: Option<bool>) -> &'static str {
    match flag {
        Some(true) => "True",
        Some(false) => "False",
        None => "<unset>",
    }
}
