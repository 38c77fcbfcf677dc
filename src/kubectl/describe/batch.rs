//! Jobs and CronJobs.

use super::Surroundings;
use super::events::describe_events;
use super::template::describe_template;
use super::writer::Writer;
use crate::api::batch::{CronJob, Job, JobSpec};
use crate::api::meta::ObjectMeta;
use crate::base::duration_text;
use crate::kubectl::printers::selector_text;

/// Lists of indexes are cut at the first comma from here on.
const INDEXES_SHOWN: usize = 50;

// Models describe.go describeJob
pub fn describe_job(job: &Job, around: &Surroundings) -> String {
    let mut w = Writer::default();
    w.field(0, "Name", &job.metadata.name);
    w.field(0, "Namespace", &job.metadata.namespace);
    let selector = selector_text(job.spec.selector.as_ref());
    w.field(0, "Selector", if selector == "<none>" { "" } else { &selector });
    w.labels("Labels", &job.metadata.labels);
    w.annotations("Annotations", &job.metadata.annotations);
    controlled_by(&mut w, &job.metadata);
    job_fields(&mut w, &job.spec);
    job_times(&mut w, job);
    let status = &job.status;
    let ready = status.ready.map(|ready| format!(" ({ready} Ready)")).unwrap_or_default();
    let counts = format!(
        "{} Active{ready} / {} Succeeded / {} Failed",
        status.active, status.succeeded, status.failed
    );
    w.field(0, "Pods Statuses", counts);
    if job.spec.is_indexed() {
        w.field(0, "Completed Indexes", indexes_or_none(&status.completed_indexes));
    }
    describe_template(&mut w, &job.spec.template);
    describe_events(&mut w, around);
    w.finish()
}

fn job_fields(w: &mut Writer, spec: &JobSpec) {
    if let Some(parallelism) = spec.parallelism {
        w.field(0, "Parallelism", parallelism);
    }
    w.field(0, "Completions", number_or_unset(spec.completions));
    if let Some(mode) = &spec.completion_mode {
        w.field(0, "Completion Mode", mode);
    }
    if let Some(suspend) = spec.suspend {
        w.field(0, "Suspend", suspend);
    }
    if let Some(limit) = spec.backoff_limit {
        w.field(0, "Backoff Limit", limit);
    }
    if let Some(ttl) = spec.ttl_seconds_after_finished {
        w.field(0, "TTL Seconds After Finished", ttl);
    }
}

fn job_times(w: &mut Writer, job: &Job) {
    let (start, end) = (job.status.start_time, job.status.completion_time);
    if let Some(start) = start {
        w.field(0, "Start Time", start.rfc1123z());
    }
    if let Some(end) = end {
        w.field(0, "Completed At", end.rfc1123z());
    }
    if let (Some(start), Some(end)) = (start, end) {
        w.field(0, "Duration", duration_text::human(end - start));
    }
    if let Some(deadline) = job.spec.active_deadline_seconds {
        w.field(0, "Active Deadline Seconds", format!("{deadline}s"));
    }
}

pub fn controlled_by(w: &mut Writer, metadata: &ObjectMeta) {
    if let Some(owner) = metadata.controller() {
        w.field(0, "Controlled By", format!("{}/{}", owner.kind, owner.name));
    }
}

fn number_or_unset(number: Option<i32>) -> String {
    number.map_or_else(|| "<unset>".to_owned(), |number| number.to_string())
}

// Models describe.go capIndexesListOrNone
fn indexes_or_none(indexes: &str) -> String {
    if indexes.is_empty() {
        return "<none>".to_owned();
    }
    match indexes.get(INDEXES_SHOWN..).and_then(|rest| rest.find(',')) {
        Some(comma) => format!("{},...", &indexes[..INDEXES_SHOWN + comma]),
        None => indexes.to_owned(),
    }
}

// Models describe.go describeCronJob
pub fn describe_cronjob(cronjob: &CronJob, around: &Surroundings) -> String {
    let mut w = Writer::default();
    let spec = &cronjob.spec;
    let unset = || "<unset>".to_owned();
    w.field(0, "Name", &cronjob.metadata.name);
    w.field(0, "Namespace", &cronjob.metadata.namespace);
    w.labels("Labels", &cronjob.metadata.labels);
    w.annotations("Annotations", &cronjob.metadata.annotations);
    w.field(0, "Schedule", &spec.schedule);
    w.field(0, "Concurrency Policy", &spec.concurrency_policy);
    let suspend = match spec.suspend {
        Some(true) => "True",
        Some(false) => "False",
        None => "<unset>",
    };
    w.field(0, "Suspend", suspend);
    w.field(0, "Time Zone", spec.time_zone.clone().unwrap_or_else(unset));
    w.field(0, "Successful Job History Limit", number_or_unset(spec.successful_jobs_history_limit));
    w.field(0, "Failed Job History Limit", number_or_unset(spec.failed_jobs_history_limit));
    let deadline = spec.starting_deadline_seconds.map_or_else(unset, |seconds| format!("{seconds}s"));
    w.field(0, "Starting Deadline Seconds", deadline);
    describe_job_template(&mut w, &spec.job_template.spec);
    let last = cronjob.status.last_schedule_time;
    w.field(0, "Last Schedule Time", last.map_or_else(unset, |last| last.rfc1123z()));
    let active: Vec<&str> = cronjob.status.active.iter().map(|job| job.name.as_str()).collect();
    w.field(0, "Active Jobs", if active.is_empty() { "<none>".to_owned() } else { active.join(", ") });
    describe_events(&mut w, around);
    w.finish()
}

fn describe_job_template(w: &mut Writer, spec: &JobSpec) {
    match &spec.selector {
        Some(selector) => w.field(0, "Selector", selector_text(Some(selector))),
        None => w.field(0, "Selector", "<unset>"),
    }
    w.field(0, "Parallelism", number_or_unset(spec.parallelism));
    w.field(0, "Completions", number_or_unset(spec.completions));
    if let Some(deadline) = spec.active_deadline_seconds {
        w.field(0, "Active Deadline Seconds", format!("{deadline}s"));
    }
    describe_template(w, &spec.template);
}
