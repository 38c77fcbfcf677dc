//! CronJobs on create and update.

use super::errors::{Errors, child, quoted};
use super::job::{job_spec, shown_selector};
use super::{meta, names};
use crate::api::batch::{CronJob, CronJobSpec, JobTemplateSpec};
use crate::api::cron_schedule::Schedule;
use crate::api::time_zone::Zone;

/// The controller appends eleven characters for the name of a Job.
const NAME_BYTES_MAX: usize = 52;

// Models pkg/apis/batch/validation/validation.go ValidateCronJobCreate
pub fn cron_job(cron_job: &CronJob, errors: &mut Errors) {
    meta::object_meta(&cron_job.metadata, true, names::dns_subdomain, "metadata", errors);
    cron_job_spec(&cron_job.spec, None, errors);
    let name = &cron_job.metadata.name;
    if name.len() > NAME_BYTES_MAX {
        errors.invalid_text("metadata.name", name, "must be no more than 52 characters");
    }
}

// Models pkg/apis/batch/validation/validation.go ValidateCronJobUpdate: long names of old objects stay.
pub fn cron_job_update(new: &CronJob, old: &CronJob, errors: &mut Errors) {
    meta::object_meta_update(&new.metadata, &old.metadata, "metadata", errors);
    cron_job_spec(&new.spec, Some(&old.spec), errors);
}

// Models pkg/apis/batch/validation/validation.go validateCronJobSpec
pub fn cron_job_spec(spec: &CronJobSpec, old: Option<&CronJobSpec>, errors: &mut Errors) {
    if spec.schedule.is_empty() {
        errors.required("spec.schedule", "");
    } else {
        let zone_in_schedule_allowed = old.is_some_and(|old| old.schedule.contains("TZ"));
        schedule_format(spec, zone_in_schedule_allowed, errors);
    }
    errors.non_negative("spec.startingDeadlineSeconds", spec.starting_deadline_seconds);
    if old.is_none_or(|old| old.time_zone != spec.time_zone) {
        time_zone(spec.time_zone.as_deref(), errors);
    }
    errors.one_of("spec.concurrencyPolicy", &spec.concurrency_policy, &["Allow", "Forbid", "Replace"]);
    job_template(&spec.job_template, "spec.jobTemplate", errors);
    let limits = [
        ("successfulJobsHistoryLimit", spec.successful_jobs_history_limit),
        ("failedJobsHistoryLimit", spec.failed_jobs_history_limit),
    ];
    for (name, limit) in limits {
        errors.non_negative(&child("spec", name), limit.map(i64::from));
    }
}

/// `zone_allowed`: the stored schedule names a zone already.
pub fn schedule_format(spec: &CronJobSpec, zone_allowed: bool, errors: &mut Errors) {
    let (field, schedule) = ("spec.schedule", &spec.schedule);
    if let Err(error) = Schedule::parse(schedule) {
        errors.invalid_text(field, schedule, &error);
    }
    if schedule.contains("TZ") {
        if !zone_allowed {
            let detail = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead";
            errors.invalid_text(field, schedule, detail);
        } else if spec.time_zone.is_some() {
            let detail = "cannot use both timeZone field and TZ or CRON_TZ in schedule";
            errors.invalid_text(field, schedule, detail);
        }
    }
}

// Models pkg/apis/batch/validation/validation.go validateTimeZone
fn time_zone(zone: Option<&str>, errors: &mut Errors) {
    let Some(zone) = zone else { return };
    let field = "spec.timeZone";
    if zone.is_empty() {
        errors.invalid(field, quoted(zone), "timeZone must be nil or non-empty string");
        return;
    }
    if zone.eq_ignore_ascii_case("Local") {
        let detail = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
        errors.invalid_text(field, zone, detail);
    }
    if let Err(error) = Zone::load(zone) {
        errors.invalid_text(field, zone, &error);
    }
}

// Models pkg/apis/batch/validation/validation.go ValidateJobTemplateSpec
fn job_template(template: &JobTemplateSpec, path: &str, errors: &mut Errors) {
    let spec = &template.spec;
    job_spec(spec, &child(path, "spec"), errors);
    if spec.selector.is_some() {
        let shown = shown_selector(spec.selector.as_ref());
        errors.invalid(&child(path, "spec.selector"), shown, "`selector` will be auto-generated");
    }
    if spec.manual_selector == Some(true) {
        errors.not_supported_value(&child(path, "spec.manualSelector"), "true".to_owned(), &["nil", "false"]);
    }
}
