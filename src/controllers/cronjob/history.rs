//! Finished Jobs that a CronJob no longer keeps.

use std::sync::Arc;

use super::context::Sync;
use crate::api::batch::{Job, JobConditionType};
use crate::base::sorted;
use crate::controllers::decisions::Rule;

/// The order in which finished Jobs go: oldest start first, those without a start last, then by name.
// Models pkg/controller/cronjob/utils.go byJobStartTime
pub fn sort_by_start(jobs: &mut [Arc<Job>]) {
    sorted::sort_by(jobs, |a, b| {
        let key = |job: &Arc<Job>| (job.status.start_time.is_none(), job.status.start_time);
        key(a).cmp(&key(b)).then_with(|| a.metadata.name.cmp(&b.metadata.name))
    });
}

/// Deletes what the limits no longer keep. Answers whether the status has to be written.
// Models pkg/controller/cronjob/cronjob_controllerv2.go cleanupFinishedJobs
pub fn clean_up(sync: &mut Sync, jobs: &[Arc<Job>]) -> bool {
    let spec = &sync.cron_job.spec;
    let limits = [
        (JobConditionType::Complete, spec.successful_jobs_history_limit),
        (JobConditionType::Failed, spec.failed_jobs_history_limit),
    ];
    let mut update = false;
    for (condition, limit) in limits {
        let Some(limit) = limit else { continue };
        let finished = jobs.iter().filter(|job| finished_condition(job) == Some(condition));
        update |= remove_oldest(sync, finished.cloned().collect(), condition, limit);
    }
    update
}

pub fn finished_condition(job: &Job) -> Option<JobConditionType> {
    let terminal = [JobConditionType::Complete, JobConditionType::Failed];
    terminal.into_iter().find(|condition| job.has_condition(*condition))
}

// Models pkg/controller/cronjob/cronjob_controllerv2.go removeOldestJobs
fn remove_oldest(sync: &mut Sync, mut jobs: Vec<Arc<Job>>, condition: JobConditionType, limit: i32) -> bool {
    let surplus = jobs.len().saturating_sub(usize::try_from(limit).unwrap_or(0));
    if surplus == 0 {
        return false;
    }
    sort_by_start(&mut jobs);
    let inputs = vec![
        ("condition", condition.to_string()),
        ("finished", jobs.len().to_string()),
        ("limit", limit.to_string()),
    ];
    let mut writes = Vec::new();
    for job in &jobs[..surplus] {
        if sync.delete_job(&job.metadata.name, &job.metadata.uid) {
            writes.push(format!("delete job/{}", job.metadata.name));
        }
    }
    let update = !writes.is_empty();
    sync.fired(Rule::CronHistoryLimit, inputs, writes);
    update
}
