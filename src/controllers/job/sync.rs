//! One sync of one Job: what is there, what was decided, what to do, what to write.

use super::context::{SyncContext, shown};
use super::handlers::seconds;
use super::pods::{past_restart_limit, restarts_of_running_pods};
use super::{JobController, SyncError};
use super::{conditions as c, index_failures, indexed, pod_failure_policy, pods, success_policy};
use crate::api::Object;
use crate::api::batch::{JOB_CONTROLLER_NAME, Job, JobCondition, JobConditionType, completion_mode};
use crate::api::meta::ConditionStatus;
use crate::apiserver::events::event_type;
use crate::apiserver::{ApiServer, ObjectKey};
use crate::base::{Duration, Time};
use crate::controllers::decisions::{Decision, Rule};

impl JobController {
    // Models pkg/controller/job/job_controller.go syncJob
    pub(super) fn sync_job(
        &mut self,
        api: &mut ApiServer,
        key: &ObjectKey,
        decisions: &mut Vec<Decision>,
    ) -> Result<(), SyncError> {
        let Some(shared) = self.cache.job(key).cloned() else {
            self.expectations.delete(key);
            self.finalizer_expectations.delete(key);
            self.backoff.remove(key);
            self.written.remove(key);
            return Ok(());
        };
        self.check_caches(key)?;
        let now = api.now();
        if let Some(skipped) = self.skip(api, key, &shared, now) {
            decisions.push(skipped);
            return Ok(());
        }
        // Asked before the pods are listed: a pod that appears in between is seen by the next sync.
        let satisfied = self.expectations.satisfied(key, now);
        let claimed = self.pods_for_job(api, &shared)?;
        let expected_removed = self.finalizer_expectations.expected(key);
        let mut ctx = SyncContext::new(shared, claimed.pods, expected_removed, now);
        note_claims(&mut ctx, claimed.adopted, claimed.released);
        let before = api.version();
        let result = self.reconcile(api, &mut ctx, satisfied);
        if api.version() != before {
            self.written.insert(key.clone(), api.version());
        }
        decisions.append(&mut ctx.trace);
        result
    }

    /// Caches that do not show this controller's own last writes would make it count and create twice.
    // Models the feature gate StaleControllerConsistencyJob
    fn check_caches(&self, key: &ObjectKey) -> Result<(), SyncError> {
        if self.written.get(key).is_some_and(|written| *written > self.seen) {
            return Err(SyncError("the caches do not show the last writes yet".to_owned()));
        }
        Ok(())
    }

    /// Jobs that this controller leaves alone.
    fn skip(
        &mut self,
        api: &mut ApiServer,
        key: &ObjectKey,
        job: &std::sync::Arc<Job>,
        now: Time,
    ) -> Option<Decision> {
        let mut ctx = SyncContext::new(job.clone(), Vec::new(), Default::default(), now);
        let managed_by = job.spec.managed_by.as_deref();
        if let Some(name) = managed_by.filter(|name| *name != JOB_CONTROLLER_NAME) {
            ctx.held(Rule::JobManagedElsewhere, vec![("spec.managedBy", name.to_owned())]);
            return ctx.trace.pop();
        }
        if job.is_finished() {
            self.backoff.remove(key);
            let complete = job.has_condition(JobConditionType::Complete);
            let end = if complete { "Complete" } else { "Failed" };
            ctx.held(Rule::JobFinished, vec![("status.conditions", end.to_owned())]);
            return ctx.trace.pop();
        }
        let mode = job.spec.completion_mode.as_deref().unwrap_or(completion_mode::NON_INDEXED);
        if mode != completion_mode::NON_INDEXED && mode != completion_mode::INDEXED {
            let message = "Skipped Job sync because completion mode is unknown";
            self.warn(api, &ctx, "UnknownCompletionMode", message);
            ctx.held(Rule::JobUnknownCompletionMode, vec![("spec.completionMode", mode.to_owned())]);
            return ctx.trace.pop();
        }
        None
    }

    fn reconcile(
        &mut self,
        api: &mut ApiServer,
        ctx: &mut SyncContext,
        satisfied: bool,
    ) -> Result<(), SyncError> {
        let now = ctx.now;
        (ctx.succeeded, ctx.failed) = ctx.count_finished();
        let mut started = ctx.job.status.start_time.map(|start| start.to_time());
        if started.is_none() && !ctx.job.spec.is_suspended() {
            // In memory the instant is exact; only its written form is cut to seconds.
            started = Some(now);
            ctx.job.status.start_time = Some(now.to_timestamp());
            ctx.fired(Rule::JobStart, vec![("status.startTime", now.to_timestamp().to_string())]);
        }
        ctx.new_backoff = self.new_backoff_record(ctx);
        ctx.finished = earlier_end(ctx).or_else(|| self.end_by_pods(ctx, started));
        if ctx.job.spec.is_indexed() {
            self.look_at_indexes(ctx);
        }
        let active_before = ctx.job.status.active;
        let (ready_before, terminating_before) = (ctx.job.status.ready, ctx.job.status.terminating);
        let mut suspend_changed = false;
        let (active, manage_result) = if ctx.finished.is_some() {
            self.stop_pods(api, ctx, satisfied)
        } else {
            let managed = satisfied && !ctx.job.metadata.is_deleting();
            self.note_unmanaged(ctx, satisfied);
            let (active, result) =
                if managed { self.manage_pods(api, ctx) } else { (ctx.active_pods.len() as i32, Ok(())) };
            if is_complete(ctx, active) {
                let message = "Reached expected number of succeeded pods";
                ctx.finished = Some(success(c::REASON_COMPLETIONS, message, now));
            } else if managed {
                suspend_changed = self.update_suspended(api, ctx);
            }
            (active, result)
        };
        let status = &mut ctx.job.status;
        status.active = active;
        status.ready = Some(ctx.ready);
        status.terminating = Some(ctx.terminating);
        let needs_flush = suspend_changed
            || active != active_before
            || status.ready != ready_before
            || status.terminating != terminating_before;
        self.track_status(api, ctx, needs_flush)
            .map_err(|error| SyncError(format!("tracking status: {}", error.0)))?;
        manage_result
    }

    fn new_backoff_record(&self, ctx: &SyncContext) -> super::backoff::BackoffRecord {
        let (succeeded, failed) = ctx.new_finished_pods();
        let times = |pods: Vec<&super::pods::JobPod>| pods.iter().map(|pod| pod.finish_time()).collect();
        let stored = self.backoff.get(&ctx.key).copied().unwrap_or_default();
        stored.after(times(succeeded), times(failed))
    }

    /// Ends that follow from the pods and the clock, in upstream's order.
    fn end_by_pods(&mut self, ctx: &mut SyncContext, started: Option<Time>) -> Option<JobCondition> {
        let now = ctx.now;
        if let Some(message) = self.failing_pod(ctx) {
            ctx.fired(Rule::JobFailurePolicy, vec![("spec.podFailurePolicy", message.clone())]);
            return Some(failure(c::REASON_POD_FAILURE_POLICY, &message, now));
        }
        let limit = ctx.backoff_limit();
        let restarts = restarts_of_running_pods(&ctx.job.spec, &ctx.pods);
        if ctx.failed > limit {
            ctx.fired(Rule::JobBackoffLimit, limit_inputs(ctx.failed, limit));
        } else if past_restart_limit(&ctx.job.spec, restarts) {
            let inputs = vec![("restarts", restarts.to_string()), ("spec.backoffLimit", limit.to_string())];
            ctx.fired(Rule::JobRestartLimit, inputs);
        } else {
            if ctx.failed > 0 && ctx.job.spec.backoff_limit_per_index.is_none() {
                ctx.held(Rule::JobBackoffLimit, limit_inputs(ctx.failed, limit));
            }
            return self.end_by_deadline(ctx, started);
        }
        Some(failure(c::REASON_BACKOFF_LIMIT, "Job has reached the specified backoff limit", now))
    }

    /// The message of the first pod that a FailJob rule matches; counted pods are asked too.
    // Models pkg/controller/job/job_controller.go getFailJobMessage
    fn failing_pod(&self, ctx: &SyncContext) -> Option<String> {
        let policy = ctx.job.spec.pod_failure_policy.as_ref()?;
        let settled = self.cache.settled_pods(&ctx.job.metadata.uid);
        let failed = settled.chain(&ctx.pods).filter(|pod| pods::is_pod_failed(&pod.pod, &ctx.job.spec));
        failed.filter_map(|pod| pod_failure_policy::match_policy(Some(policy), &pod.pod).message).next()
    }

    // Models pkg/controller/job/job_controller.go pastActiveDeadline
    fn end_by_deadline(&mut self, ctx: &mut SyncContext, started: Option<Time>) -> Option<JobCondition> {
        let deadline = ctx.job.spec.active_deadline_seconds.filter(|_| !ctx.job.spec.is_suspended())?;
        let started = started?;
        let running = ctx.now - started;
        let mut inputs = vec![
            ("spec.activeDeadlineSeconds", deadline.to_string()),
            ("running", running.as_secs().to_string()),
        ];
        if running >= seconds(deadline) {
            ctx.fired(Rule::JobDeadline, inputs);
            return Some(failure(
                c::REASON_DEADLINE,
                "Job was active longer than specified deadline",
                ctx.now,
            ));
        }
        let left = seconds(deadline) - running;
        // Whole seconds, like those that have passed: the two make up the deadline.
        inputs.push(("left", (deadline - running.as_secs()).to_string()));
        self.queue.add_after(&ctx.key, ctx.now, left);
        let at = ctx.now + left;
        ctx.held(Rule::JobDeadline, inputs).next_look = Some(at);
        None
    }

    fn look_at_indexes(&mut self, ctx: &mut SyncContext) {
        let spec = ctx.job.spec.clone();
        let completions = spec.completions.unwrap_or(0);
        let (counted, all) =
            indexed::succeeded_indexes(&ctx.job.status.completed_indexes, completions, &ctx.pods);
        ctx.counted_indexes = counted;
        ctx.succeeded = all.total();
        ctx.succeeded_indexes = all;
        if spec.backoff_limit_per_index.is_some() {
            let failed = index_failures::failed_indexes(&spec, &ctx.job.status, &ctx.pods);
            if ctx.finished.is_none() {
                ctx.finished = end_by_failed_indexes(ctx, failed.total(), completions);
            }
            let active = indexed::indexes_of(&ctx.active_pods);
            let waiting = ctx.pods.iter().filter(|pod| ctx.is_pending(pod) && ctx.has_valid_index(pod));
            ctx.delayed = index_failures::delayed_deletion(&spec, waiting, |index| {
                ctx.succeeded_indexes.contains(index) || failed.contains(index) || active.contains(&index)
            });
            ctx.failed_indexes = Some(failed);
        }
        if ctx.finished.is_some() || spec.success_policy.is_none() {
            return;
        }
        let rule =
            success_policy::match_policy(spec.success_policy.as_ref(), completions, &ctx.succeeded_indexes);
        let mut inputs = vec![("status.completedIndexes", ctx.succeeded_indexes.to_string())];
        match rule {
            Some(rule) => {
                inputs.push(("spec.successPolicy", rule.to_string()));
                ctx.fired(Rule::JobSuccessPolicy, inputs);
                ctx.finished =
                    Some(success(c::REASON_SUCCESS_POLICY, &success_policy::message(rule), ctx.now));
            }
            None => {
                ctx.held(Rule::JobSuccessPolicy, inputs);
            }
        }
    }

    /// The Job has come to its end: its pods are deleted, and it is not declared finished before that is seen.
    fn stop_pods(
        &mut self,
        api: &mut ApiServer,
        ctx: &mut SyncContext,
        satisfied: bool,
    ) -> (i32, Result<(), SyncError>) {
        let active = ctx.active_pods.len() as i32;
        let deleted = self.delete_active_pods(api, ctx);
        if deleted.count != active || !satisfied {
            ctx.finished = None;
        }
        ctx.terminating += deleted.count;
        ctx.ready -= deleted.ready;
        (active - deleted.count, deleted.result)
    }

    fn note_unmanaged(&self, ctx: &mut SyncContext, satisfied: bool) {
        if !satisfied {
            let expected = self.expectations.get(&ctx.key);
            let (creations, deletions) = expected.map_or((0, 0), |e| (e.creations, e.deletions));
            let inputs = vec![("creations", creations.to_string()), ("deletions", deletions.to_string())];
            ctx.held(Rule::JobExpectations, inputs);
        } else if let Some(deletion) = ctx.job.metadata.deletion_timestamp {
            ctx.held(Rule::JobDeleting, vec![("metadata.deletionTimestamp", deletion.to_string())]);
        }
    }

    /// Keeps the Suspended condition and the start time in step with spec.suspend. Answers whether the status changed.
    fn update_suspended(&mut self, api: &mut ApiServer, ctx: &mut SyncContext) -> bool {
        let now = ctx.now.to_timestamp();
        let suspended = ctx.job.spec.is_suspended();
        let wanted = if suspended {
            c::new_condition(
                JobConditionType::Suspended,
                ConditionStatus::True,
                "JobSuspended",
                "Job suspended",
                now,
            )
        } else {
            c::new_condition(
                JobConditionType::Suspended,
                ConditionStatus::False,
                "JobResumed",
                "Job resumed",
                now,
            )
        };
        let mut changed = c::ensure_condition(&mut ctx.job.status.conditions, wanted);
        if changed {
            let (reason, message) =
                if suspended { ("Suspended", "Job suspended") } else { ("Resumed", "Job resumed") };
            self.inform(api, ctx, reason, message);
        }
        if suspended {
            // Since 1.36 the start time goes, so that scheduling directives may change while the Job rests.
            changed |= ctx.job.status.start_time.take().is_some();
            let inputs = vec![("spec.suspend", "true".to_owned())];
            if changed {
                ctx.fired(Rule::JobSuspended, inputs)
            } else {
                ctx.held(Rule::JobSuspended, inputs)
            };
        } else if changed {
            // The deadline counts the time since the Job was resumed.
            ctx.job.status.start_time = Some(now);
            ctx.fired(Rule::JobResumed, vec![("spec.suspend", "false".to_owned())]);
        }
        changed
    }

    pub(super) fn inform(&mut self, api: &mut ApiServer, ctx: &SyncContext, reason: &str, message: &str) {
        let regarding = Object::Job(ctx.shared.clone());
        self.recorder.event(api, &regarding, event_type::NORMAL, reason, message);
    }

    pub(super) fn warn(&mut self, api: &mut ApiServer, ctx: &SyncContext, reason: &str, message: &str) {
        let regarding = Object::Job(ctx.shared.clone());
        self.recorder.event(api, &regarding, event_type::WARNING, reason, message);
    }
}

fn note_claims(ctx: &mut SyncContext, adopted: Vec<String>, released: Vec<String>) {
    for (rule, names) in [(Rule::JobAdopt, adopted), (Rule::JobRelease, released)] {
        if !names.is_empty() {
            let inputs = vec![("spec.selector", names.len().to_string())];
            ctx.fired(rule, inputs).writes = names.iter().map(|name| format!("patch pod/{name}")).collect();
        }
    }
}

/// An end that an earlier sync has written as an interim condition.
fn earlier_end(ctx: &SyncContext) -> Option<JobCondition> {
    if let Some(success) = ctx.job.condition(JobConditionType::SuccessCriteriaMet) {
        return Some(success.clone());
    }
    let target = ctx.job.condition(JobConditionType::FailureTarget)?;
    Some(c::final_form(target, ctx.now.to_timestamp()))
}

fn end_by_failed_indexes(ctx: &mut SyncContext, failed: i32, completions: i32) -> Option<JobCondition> {
    let maximum = ctx.job.spec.max_failed_indexes;
    let inputs = vec![
        ("failedIndexes", failed.to_string()),
        ("spec.maxFailedIndexes", shown(maximum)),
        ("spec.completions", completions.to_string()),
        ("succeeded", ctx.succeeded.to_string()),
    ];
    if maximum.is_some_and(|maximum| failed > maximum) {
        ctx.fired(Rule::JobMaxFailedIndexes, inputs);
        let message = "Job has exceeded the specified maximal number of failed indexes";
        return Some(failure(c::REASON_MAX_FAILED_INDEXES, message, ctx.now));
    }
    if failed == 0 {
        return None;
    }
    if failed + ctx.succeeded >= completions {
        ctx.fired(Rule::JobFailedIndexes, inputs);
        return Some(failure(c::REASON_FAILED_INDEXES, "Job has failed indexes", ctx.now));
    }
    ctx.held(Rule::JobFailedIndexes, inputs);
    None
}

fn is_complete(ctx: &mut SyncContext, active: i32) -> bool {
    let completions = ctx.job.spec.completions;
    let enough = match completions {
        None => ctx.succeeded > 0,
        Some(completions) => ctx.succeeded >= completions,
    };
    let complete = enough && active == 0;
    let inputs = vec![
        ("spec.completions", shown(completions)),
        ("succeeded", ctx.succeeded.to_string()),
        ("active", active.to_string()),
    ];
    if complete {
        ctx.fired(Rule::JobComplete, inputs)
    } else {
        ctx.held(Rule::JobComplete, inputs)
    };
    complete
}

fn limit_inputs(failed: i32, limit: i32) -> Vec<(&'static str, String)> {
    vec![("failed", failed.to_string()), ("spec.backoffLimit", limit.to_string())]
}

fn failure(reason: &str, message: &str, now: Time) -> JobCondition {
    let condition_type = JobConditionType::FailureTarget;
    c::new_condition(condition_type, ConditionStatus::True, reason, message, now.to_timestamp())
}

fn success(reason: &str, message: &str, now: Time) -> JobCondition {
    let condition_type = JobConditionType::SuccessCriteriaMet;
    c::new_condition(condition_type, ConditionStatus::True, reason, message, now.to_timestamp())
}

/// A wait as decisions show it: whole seconds, a started one counts.
pub(super) fn shown_wait(wait: Duration) -> String {
    ((wait.as_millis() + 999) / 1000).to_string()
}
