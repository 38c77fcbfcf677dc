//! Accounting: finished pods are noted by uid, lose their finalizer, and only then enter the counters.

use std::collections::BTreeSet;

use super::context::{SyncContext, Uncounted};
use super::manage::remove_finalizer;
use super::pods::{JobPod, is_pod_failed};
use super::{JobController, MAX_UNCOUNTED_PODS, SyncError, conditions, pod_failure_policy};
use crate::api::Object;
use crate::api::batch::{JobConditionType, JobStatus};
use crate::api::core::PodPhase;
use crate::apiserver::{ApiServer, Subresource};
use crate::base::sorted;
use crate::controllers::decisions::Rule;

/// What one pass over the finished pods found.
#[derive(Default)]
struct Accounted {
    /// Pods that lose their finalizer.
    released: Vec<JobPod>,
    new_indexes: Vec<i32>,
    newly_succeeded: usize,
    newly_failed: usize,
    ignored: usize,
    /// Failed pods that stay until their replacement is there.
    kept: usize,
    reached_limit: bool,
    changed: bool,
}

impl JobController {
    /// Counts finished pods and ends the Job when its end is decided. `needs_flush`: the status has changed already.
    ///
    /// # Errors
    /// When a write of the status or the removal of a finalizer was refused.
    // Models pkg/controller/job/job_controller.go trackJobStatusAndRemoveFinalizers
    pub fn track_status(
        &mut self,
        api: &mut ApiServer,
        ctx: &mut SyncContext,
        mut needs_flush: bool,
    ) -> Result<(), SyncError> {
        if ctx.job.spec.is_indexed() {
            // Completed indexes enter the status in order.
            sorted::sort_by_key(&mut ctx.pods, |pod| pod.index);
        }
        needs_flush |= move_counted_earlier(ctx);
        let accounted = account(ctx);
        // All that is uncounted now belongs to pods with a finalizer.
        let mut held = Uncounted::of(&ctx.job.status).into_uids();
        needs_flush |= accounted.changed;
        if ctx.job.spec.is_indexed() {
            needs_flush |= write_indexes(ctx, &accounted.new_indexes);
        }
        needs_flush |= add_interim_condition(ctx);
        note_accounting(ctx, &accounted);
        needs_flush = self.flush(api, ctx, accounted.released, &mut held, needs_flush)?;
        let ended = !accounted.reached_limit && enact_end(ctx);
        if ended || needs_flush {
            self.write_status(api, ctx)
                .map_err(|error| SyncError(format!("updating Job status: {}", error.0)))?;
        }
        if ended {
            self.tell_end(api, ctx);
        }
        Ok(())
    }

    /// Writes what was noted, takes the finalizers off, and moves what is safe into the counters. Answers whether
    /// the status still has to be written.
    // Models pkg/controller/job/job_controller.go flushUncountedAndRemoveFinalizers
    fn flush(
        &mut self,
        api: &mut ApiServer,
        ctx: &mut SyncContext,
        released: Vec<JobPod>,
        held: &mut BTreeSet<String>,
        needs_flush: bool,
    ) -> Result<bool, SyncError> {
        if needs_flush {
            self.write_status(api, ctx)
                .map_err(|error| SyncError(format!("adding uncounted pods to status: {}", error.0)))?;
            self.backoff.insert(ctx.key.clone(), ctx.new_backoff);
        }
        let removal = self.remove_finalizers(api, ctx, &released, held);
        let changed = move_counted(&mut ctx.job.status, held);
        if removal.is_err() && changed {
            self.write_status(api, ctx)
                .map_err(|error| SyncError(format!("removing uncounted pods from status: {}", error.0)))?;
        }
        removal.map(|()| changed)
    }

    fn write_status(&mut self, api: &mut ApiServer, ctx: &mut SyncContext) -> Result<(), SyncError> {
        let written = api.update(Object::from(ctx.job.clone()), Subresource::Status);
        match written {
            Ok(Object::Job(job)) => {
                ctx.job = std::sync::Arc::unwrap_or_clone(job);
                ctx.job.status.uncounted_terminated_pods.get_or_insert_default();
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(status) => Err(SyncError(status.message)),
        }
    }

    // Models pkg/controller/job/job_controller.go removeTrackingFinalizerFromPods
    fn remove_finalizers(
        &mut self,
        api: &mut ApiServer,
        ctx: &SyncContext,
        pods: &[JobPod],
        held: &mut BTreeSet<String>,
    ) -> Result<(), SyncError> {
        if pods.is_empty() {
            return Ok(());
        }
        self.finalizer_expectations.expect_removed(&ctx.key, pods.iter().map(JobPod::uid));
        let mut result = Ok(());
        for pod in pods {
            match remove_finalizer(api, pod) {
                Ok(()) => {
                    held.remove(pod.uid());
                }
                Err(status) => {
                    // No change will be seen, so none is waited for.
                    self.finalizer_expectations.removal_observed(&ctx.key, pod.uid());
                    if status.is_not_found() {
                        held.remove(pod.uid());
                    } else {
                        result = result.and(Err(SyncError(status.message)));
                    }
                }
            }
        }
        result
    }

    // Models pkg/controller/job/job_controller.go recordJobFinished
    fn tell_end(&mut self, api: &mut ApiServer, ctx: &mut SyncContext) {
        let Some(end) = ctx.finished.clone() else { return };
        let inputs = vec![
            ("condition", end.condition_type.to_string()),
            ("reason", end.reason.clone()),
            ("status.succeeded", ctx.job.status.succeeded.to_string()),
            ("status.failed", ctx.job.status.failed.to_string()),
        ];
        ctx.fired(Rule::JobEnd, inputs).writes = vec!["update status".to_owned()];
        if end.condition_type == JobConditionType::Complete {
            if ctx.job.spec.completions.is_some_and(|wanted| ctx.job.status.succeeded > wanted) {
                let message = "Too many succeeded pods running after completion count reached";
                self.warn(api, ctx, "TooManySucceededPods", message);
            }
            self.inform(api, ctx, "Completed", "Job completed");
        } else {
            self.warn(api, ctx, &end.reason, &end.message);
        }
    }
}

/// Counts pods of earlier syncs whose finalizer is gone by now.
fn move_counted_earlier(ctx: &mut SyncContext) -> bool {
    let mut held = Uncounted::of(&ctx.job.status).into_uids();
    if held.is_empty() {
        return false;
    }
    let pending: BTreeSet<&str> =
        sorted::collect(ctx.pods.iter().filter(|pod| ctx.is_pending(pod)).map(JobPod::uid));
    held.retain(|uid| pending.contains(uid.as_str()));
    move_counted(&mut ctx.job.status, &held)
}

/// Moves uids whose pods no longer hold the finalizer into the counters.
// Models pkg/controller/job/job_controller.go cleanUncountedPodsWithoutFinalizers
fn move_counted(status: &mut JobStatus, held: &BTreeSet<String>) -> bool {
    let Some(uncounted) = &mut status.uncounted_terminated_pods else { return false };
    let mut moved = 0;
    for (uids, counter) in
        [(&mut uncounted.succeeded, &mut status.succeeded), (&mut uncounted.failed, &mut status.failed)]
    {
        let before = uids.len();
        uids.retain(|uid| held.contains(uid));
        *counter += (before - uids.len()) as i32;
        moved += before - uids.len();
    }
    moved > 0
}

/// Notes finished pods in the status, as many as it may hold.
fn account(ctx: &mut SyncContext) -> Accounted {
    let mut found = Accounted::default();
    let mut uncounted = ctx.job.status.uncounted_terminated_pods.take().unwrap_or_default();
    let completions = ctx.job.spec.completions.unwrap_or(0);
    let is_indexed = ctx.job.spec.is_indexed();
    for pod in ctx.pods.iter().filter(|pod| ctx.is_pending(pod)) {
        let failed = is_pod_failed(&pod.pod, &ctx.job.spec);
        if !can_release(ctx, pod, failed) {
            found.kept += usize::from(failed);
            continue;
        }
        found.released.push(pod.clone());
        let known_failed = ctx.uncounted.failed.contains(pod.uid());
        if pod.phase() == PodPhase::Succeeded && !known_failed {
            if is_indexed {
                // The index is enough to count a success once.
                let index =
                    pod.index_within(completions).filter(|index| !ctx.counted_indexes.contains(*index));
                found.changed |= index.is_some();
                found.new_indexes.extend(index);
            } else if !ctx.uncounted.succeeded.contains(pod.uid()) {
                found.newly_succeeded += 1;
                uncounted.succeeded.push(pod.uid().to_owned());
            }
        } else if (failed || ctx.is_failing()) && !known_failed && ctx.has_valid_index(pod) {
            // When the Job fails, every pod that has not ended counts as failed.
            let policy = ctx.job.spec.pod_failure_policy.as_ref();
            if policy.is_none() || pod_failure_policy::match_policy(policy, &pod.pod).counts {
                found.newly_failed += 1;
                uncounted.failed.push(pod.uid().to_owned());
            } else {
                found.ignored += 1;
            }
        }
        if found.new_indexes.len() + uncounted.succeeded.len() + uncounted.failed.len() >= MAX_UNCOUNTED_PODS
        {
            found.reached_limit = true;
            break;
        }
    }
    found.changed |= found.newly_succeeded + found.newly_failed > 0;
    ctx.job.status.uncounted_terminated_pods = Some(uncounted);
    found
}

/// Whether the pod may lose its finalizer now.
// Models pkg/controller/job/job_controller.go canRemoveFinalizer
fn can_release(ctx: &SyncContext, pod: &JobPod, failed: bool) -> bool {
    if ctx.job.metadata.is_deleting() || ctx.finished.is_some() || pod.phase() == PodPhase::Succeeded {
        return true;
    }
    let kept = pod.index.and_then(|index| ctx.delayed.get(&index));
    failed && kept.is_none_or(|kept| kept.uid() != pod.uid())
}

fn write_indexes(ctx: &mut SyncContext, new_indexes: &[i32]) -> bool {
    let mut sorted = new_indexes.to_vec();
    sorted.dedup();
    // Also those whose pods wait for a later sync: an index is written at once, only the finalizers are taken in parts.
    let succeeded = ctx.succeeded_indexes.with_indexes(sorted);
    let failed = ctx.failed_indexes.as_ref().map(|failed| failed.to_string());
    let text = succeeded.to_string();
    let status = &mut ctx.job.status;
    let changed = text != status.completed_indexes || failed != status.failed_indexes;
    status.succeeded = succeeded.total();
    status.completed_indexes = text;
    status.failed_indexes = failed;
    changed
}

/// Adds the interim condition before finalizers go, and prepares the final one. Answers whether one was added.
fn add_interim_condition(ctx: &mut SyncContext) -> bool {
    let Some(end) = &ctx.finished else { return false };
    let interim = end.clone();
    let is_success = interim.condition_type == JobConditionType::SuccessCriteriaMet;
    if !is_success && interim.condition_type != JobConditionType::FailureTarget {
        return false;
    }
    ctx.finished = Some(conditions::final_form(&interim, ctx.now.to_timestamp()));
    if is_success && ctx.job.has_condition(JobConditionType::SuccessCriteriaMet) {
        return false;
    }
    ctx.job.status.conditions.push(interim);
    true
}

/// Sets the final condition once nothing is uncounted and no pod terminates.
// Models pkg/controller/job/job_controller.go enactJobFinished
fn enact_end(ctx: &mut SyncContext) -> bool {
    let Some(end) = ctx.finished.clone() else { return false };
    let uncounted = ctx.job.status.uncounted_terminated_pods.as_ref();
    let uncounted = uncounted.map_or(0, |uids| uids.succeeded.len() + uids.failed.len());
    if uncounted > 0 || ctx.terminating > 0 {
        let inputs = vec![
            ("condition", end.condition_type.to_string()),
            ("status.terminating", ctx.terminating.to_string()),
            ("uncounted", uncounted.to_string()),
        ];
        ctx.held(Rule::JobAwaitEnd, inputs);
        return false;
    }
    if end.condition_type == JobConditionType::Complete {
        ctx.job.status.completion_time = end.last_transition_time;
    }
    conditions::ensure_condition(&mut ctx.job.status.conditions, end);
    true
}

fn note_accounting(ctx: &mut SyncContext, found: &Accounted) {
    let (succeeded, failed) = (found.newly_succeeded + found.new_indexes.len(), found.newly_failed);
    if succeeded + failed > 0 {
        let inputs = vec![("newlySucceeded", succeeded.to_string()), ("newlyFailed", failed.to_string())];
        let writes =
            found.released.iter().map(|pod| format!("patch pod/{}", pod.pod.metadata.name)).collect();
        ctx.fired(Rule::JobCountPods, inputs).writes = writes;
    }
    if found.ignored > 0 {
        ctx.fired(Rule::JobFailureIgnored, vec![("spec.podFailurePolicy", found.ignored.to_string())]);
    }
    if found.kept > 0 {
        ctx.held(Rule::JobKeepFailedPod, vec![("spec.backoffLimitPerIndex", found.kept.to_string())]);
    }
    if found.reached_limit {
        ctx.held(Rule::JobCountLimit, vec![("limit", MAX_UNCOUNTED_PODS.to_string())]);
    }
}
