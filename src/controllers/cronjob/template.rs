//! The Job that a CronJob makes for a slot.
// Models pkg/controller/cronjob/utils.go getJobFromTemplate2

use crate::api::batch::{CronJob, Job};
use crate::api::meta::OwnerReference;
use crate::api::time_zone::Zone;
use crate::base::Timestamp;

/// Tells the slot that a Job was made for, in the zone of its CronJob.
pub const SCHEDULED_TIMESTAMP: &str = "batch.kubernetes.io/cronjob-scheduled-timestamp";

/// One name a slot: the minutes since 1970 guard against a second start.
pub fn job_name(cron_job: &str, slot: Timestamp) -> String {
    format!("{cron_job}-{}", slot.as_secs().div_euclid(60))
}

pub fn job_for(cron_job: &CronJob, slot: Timestamp) -> Job {
    let template = &cron_job.spec.job_template;
    let mut job = Job { spec: template.spec.clone(), ..Job::default() };
    job.metadata.name = job_name(&cron_job.metadata.name, slot);
    job.metadata.namespace.clone_from(&cron_job.metadata.namespace);
    job.metadata.labels.clone_from(&template.metadata.labels);
    job.metadata.annotations.clone_from(&template.metadata.annotations);
    let zone = cron_job.spec.time_zone.as_deref().and_then(|name| Zone::load(name).ok());
    let scheduled = zone.unwrap_or(Zone::UTC).rfc3339(slot);
    job.metadata.annotations.insert(SCHEDULED_TIMESTAMP.to_owned(), scheduled);
    job.metadata.owner_references.push(OwnerReference {
        api_version: "batch/v1".to_owned(),
        kind: "CronJob".to_owned(),
        name: cron_job.metadata.name.clone(),
        uid: cron_job.metadata.uid.clone(),
        controller: Some(true),
        block_owner_deletion: Some(true),
        ..OwnerReference::default()
    });
    job
}
