//! Bringing the number of active pods to what the Job wants.

use std::ops::Range;

use super::backoff::{BACKOFF_BASE, BACKOFF_MAX};
use super::context::{SyncContext, shown};
use super::pods::{JobPod, only_replace_failed_pods};
use super::sync::shown_wait;
use super::template::{PodTemplate, indexed_generate_name};
use super::{JobController, MAX_PODS_PER_SYNC, SYNC_BATCH_PERIOD, SyncError, index_failures, indexed};
use crate::api::batch::JOB_TRACKING_FINALIZER;
use crate::api::status::StatusReason;
use crate::api::{Kind, Object, Status};
use crate::apiserver::{ApiServer, DeleteOptions, ObjectKey, Subresource};
use crate::base::{Duration, sorted};
use crate::controllers::decisions::Rule;

/// What became of a number of deletions.
pub(super) struct Deleted {
    pub count: i32,
    /// How many of the pods were ready.
    pub ready: i32,
    pub result: Result<(), SyncError>,
}

type Managed = (i32, Result<(), SyncError>);

/// How many creations are tried at a time: each batch doubles the one before.
// Models pkg/controller/controller_utils.go slowStartBatch
pub fn slow_start_batches(total: usize) -> impl Iterator<Item = usize> {
    let mut left = total;
    let mut next = 1;
    std::iter::from_fn(move || {
        let batch = left.min(next);
        left -= batch;
        next = batch * 2;
        (batch > 0).then_some(batch)
    })
}

/// The order in which concurrent routines, started in order, get to work: Go's scheduler runs the newest first.
fn concurrently(positions: Range<usize>) -> impl Iterator<Item = usize> {
    let newest = positions.end.saturating_sub(1).max(positions.start);
    positions.clone().skip(newest - positions.start).chain(positions.start..newest)
}

impl JobController {
    /// Creates or deletes pods. Answers how many are active then.
    // Models pkg/controller/job/job_controller.go manageJob
    pub(super) fn manage_pods(&mut self, api: &mut ApiServer, ctx: &mut SyncContext) -> Managed {
        let active = ctx.active_pods.len() as i32;
        let spec = ctx.job.spec.clone();
        let completions = spec.is_indexed().then(|| spec.completions.unwrap_or(0));
        if spec.is_suspended() {
            let victims = indexed::pods_for_removal(&ctx.active_pods, completions, ctx.active_pods.len());
            return self.remove_pods(api, ctx, victims, Rule::JobSuspended);
        }
        let wanted = wanted_active(ctx);
        let at_least = (active - wanted).max(0) as usize;
        let mut victims = indexed::pods_for_removal(&ctx.active_pods, completions, at_least);
        victims.truncate(MAX_PODS_PER_SYNC);
        if !victims.is_empty() {
            return self.remove_pods(api, ctx, victims, Rule::JobDeleteSurplus);
        }
        let awaited = if only_replace_failed_pods(&spec) { ctx.terminating } else { 0 };
        let missing = wanted - awaited - active;
        if missing <= 0 {
            note_enough(ctx, wanted, awaited);
            return (active, Ok(()));
        }
        self.create_missing(api, ctx, (missing as usize).min(MAX_PODS_PER_SYNC))
    }

    fn create_missing(&mut self, api: &mut ApiServer, ctx: &mut SyncContext, missing: usize) -> Managed {
        let active = ctx.active_pods.len() as i32;
        let spec = ctx.job.spec.clone();
        let per_index = spec.backoff_limit_per_index.is_some();
        if !per_index {
            let wait = ctx.new_backoff.remaining(ctx.now, BACKOFF_BASE, BACKOFF_MAX);
            if wait > Duration::ZERO {
                let failures = ctx.new_backoff.failures_after_last_success.to_string();
                let inputs = vec![
                    ("failures", failures),
                    ("wait", shown_wait(wait)),
                    ("missing", missing.to_string()),
                ];
                return self.wait_for_backoff(ctx, Rule::JobBackoffWait, inputs, wait);
            }
        }
        let mut indexes = None;
        if spec.is_indexed() {
            let mut pending = pending_indexes(ctx, missing);
            if per_index {
                let last_failed = |index| ctx.delayed.get(&index).cloned();
                let (due, wait) = index_failures::creatable_now(&pending, last_failed, ctx.now);
                if wait > Duration::ZERO {
                    let inputs = vec![("wait", shown_wait(wait)), ("indexes", listed(&pending))];
                    return self.wait_for_backoff(ctx, Rule::JobIndexBackoffWait, inputs, wait);
                }
                pending = due;
            }
            indexes = Some(pending);
        }
        let count = indexes.as_ref().map_or(missing, Vec::len);
        let (created, result) = self.create_pods(api, ctx, count, indexes);
        (active + created, result)
    }

    /// Upstream's v1.36.2 answers 0 active pods here; its fix, which counts those that run, is what this does.
    fn wait_for_backoff(
        &mut self,
        ctx: &mut SyncContext,
        rule: Rule,
        inputs: Vec<(&'static str, String)>,
        wait: Duration,
    ) -> Managed {
        let wait = wait.max(SYNC_BATCH_PERIOD);
        self.queue.add_after(&ctx.key, ctx.now, wait);
        let at = ctx.now + wait;
        ctx.held(rule, inputs).next_look = Some(at);
        (ctx.active_pods.len() as i32, Ok(()))
    }

    /// Creates pods in growing batches; after a batch with an error the rest waits for the next sync.
    fn create_pods(
        &mut self,
        api: &mut ApiServer,
        ctx: &mut SyncContext,
        count: usize,
        indexes: Option<Vec<i32>>,
    ) -> Managed {
        self.expectations.set(&ctx.key, count, 0, ctx.now);
        let job = ctx.job.clone();
        let template = PodTemplate::new(&job);
        let (mut writes, mut first_error, mut futile) = (Vec::with_capacity(count), None, 0);
        let mut attempted = 0;
        for batch in slow_start_batches(count) {
            let mut positions: Vec<usize> = concurrently(attempted..attempted + batch).collect();
            if let Some(indexes) = &indexes {
                // A replay knows the order in which the batch's pods came to be.
                let base = |position: &usize| indexed_generate_name(&job.metadata.name, indexes[*position]);
                sorted::sort_by_cached_key(&mut positions, |position| api.scripted_rank(&base(position)));
            }
            for position in positions {
                let index = indexes.as_ref().map(|indexes| indexes[position]);
                let replaces = index.and_then(|index| ctx.delayed.get(&index)).map(|pod| pod.pod.clone());
                let pod = template.pod(index, replaces.as_deref());
                match self.create_pod(api, ctx, Object::from(pod)) {
                    Ok(name) => writes.push(format!("create pod/{name}")),
                    // All further creations would fail like this one, until the Job goes with its namespace.
                    Err(status) if in_terminating_namespace(&status) => futile += 1,
                    Err(status) => {
                        self.expectations.creations_observed(&ctx.key, 1);
                        first_error = first_error.or(Some(SyncError(status.message)));
                    }
                }
            }
            attempted += batch;
            if first_error.is_some() {
                self.expectations.creations_observed(&ctx.key, count - attempted);
                break;
            }
        }
        let created = writes.len() as i32 + futile;
        note_creations(ctx, count, writes, first_error.as_ref());
        (created, first_error.map_or(Ok(()), Err))
    }

    // Models pkg/controller/controller_utils.go RealPodControl.createPods
    fn create_pod(&mut self, api: &mut ApiServer, ctx: &SyncContext, pod: Object) -> Result<String, Status> {
        let result = if pod.metadata().labels.is_empty() {
            return Err(Status::bad_request("unable to create pods, no labels"));
        } else {
            api.create(pod)
        };
        match result {
            Ok(pod) => {
                let name = pod.metadata().name.clone();
                self.inform(api, ctx, "SuccessfulCreate", &format!("Created pod: {name}"));
                Ok(name)
            }
            Err(status) if in_terminating_namespace(&status) => Err(status),
            Err(status) => {
                self.warn(api, ctx, "FailedCreate", &format!("Error creating: {}", status.message));
                Err(status)
            }
        }
    }

    /// Deletes pods that the Job has one too many of. They lose the finalizer first, so they count as nothing.
    // Models pkg/controller/job/job_controller.go deleteJobPods
    fn remove_pods(
        &mut self,
        api: &mut ApiServer,
        ctx: &mut SyncContext,
        victims: Vec<JobPod>,
        rule: Rule,
    ) -> Managed {
        let active = ctx.active_pods.len() as i32;
        self.expectations.set(&ctx.key, 0, victims.len(), ctx.now);
        let mut deleted = Deleted { count: victims.len() as i32, ready: 0, result: Ok(()) };
        let mut writes = Vec::with_capacity(victims.len());
        for victim in &victims {
            let name = &victim.pod.metadata.name;
            let freed = match victim.tracked {
                true => remove_finalizer(api, victim).map_err(|mut status| {
                    status.message = format!("removing completion finalizer: {}", status.message);
                    status
                }),
                false => Ok(()),
            };
            // One that keeps its finalizer is not deleted, and stays ready.
            deleted.ready += i32::from(freed.is_ok() && victim.pod.is_ready());
            match freed.and_then(|()| self.delete_pod_object(api, ctx, victim)) {
                Ok(()) => writes.push(format!("delete pod/{name}")),
                Err(status) => {
                    self.expectations.deletion_observed(&ctx.key);
                    if !status.is_not_found() {
                        deleted.count -= 1;
                        deleted.result = deleted.result.and(Err(SyncError(status.message)));
                    }
                }
            }
        }
        if !victims.is_empty() {
            let inputs = vec![
                ("spec.parallelism", shown(ctx.job.spec.parallelism)),
                ("active", active.to_string()),
                ("surplus", victims.len().to_string()),
                ("spec.suspend", ctx.job.spec.is_suspended().to_string()),
            ];
            ctx.fired(rule, inputs).writes = writes;
        }
        ctx.terminating += deleted.count;
        ctx.ready -= deleted.ready;
        (active - deleted.count, deleted.result)
    }

    /// Deletes all active pods of a Job that has come to its end. They keep the finalizer until they are counted.
    // Models pkg/controller/job/job_controller.go deleteActivePods
    pub(super) fn delete_active_pods(&mut self, api: &mut ApiServer, ctx: &mut SyncContext) -> Deleted {
        let victims = ctx.active_pods.clone();
        let mut deleted = Deleted { count: victims.len() as i32, ready: 0, result: Ok(()) };
        let mut writes = Vec::with_capacity(victims.len());
        // Concurrent routines do this; on real clusters the newest pod mostly goes first.
        for victim in victims.iter().rev() {
            match self.delete_pod_object(api, ctx, victim) {
                Ok(()) => writes.push(format!("delete pod/{}", victim.pod.metadata.name)),
                Err(status) if status.is_not_found() => {}
                Err(status) => {
                    deleted.count -= 1;
                    deleted.result = deleted.result.and(Err(SyncError(status.message)));
                }
            }
            deleted.ready += i32::from(victim.pod.is_ready());
        }
        if !victims.is_empty() {
            let reason = ctx.finished.as_ref().map_or_else(String::new, |end| end.reason.clone());
            let inputs = vec![("reason", reason), ("active", victims.len().to_string())];
            ctx.fired(Rule::JobDeleteActive, inputs).writes = writes;
        }
        deleted
    }

    // Models pkg/controller/controller_utils.go RealPodControl.DeletePod
    fn delete_pod_object(
        &mut self,
        api: &mut ApiServer,
        ctx: &SyncContext,
        pod: &JobPod,
    ) -> Result<(), Status> {
        let meta = &pod.pod.metadata;
        let key = ObjectKey::new(&meta.namespace, &meta.name);
        match api.delete(Kind::Pod, &key, &DeleteOptions::default()) {
            Ok(_) => {
                self.inform(api, ctx, "SuccessfulDelete", &format!("Deleted pod: {}", meta.name));
                Ok(())
            }
            Err(status) if status.is_not_found() => Err(status),
            Err(mut status) => {
                self.warn(api, ctx, "FailedDelete", &format!("Error deleting: {}", status.message));
                status.message = format!("unable to delete pods: {}", status.message);
                Err(status)
            }
        }
    }
}

// Models staging/src/k8s.io/api/core/v1/types.go NamespaceTerminatingCause
fn in_terminating_namespace(status: &Status) -> bool {
    status.reason == StatusReason::Forbidden && status.message.ends_with("because it is being terminated")
}

/// Takes the tracking finalizer off the stored pod.
pub(super) fn remove_finalizer(api: &mut ApiServer, pod: &JobPod) -> Result<(), Status> {
    let meta = &pod.pod.metadata;
    let key = ObjectKey::new(&meta.namespace, &meta.name);
    let patched = api.patch(Kind::Pod, &key, Subresource::Main, |object| {
        let meta = object.metadata_mut();
        let others = meta.finalizers.iter().filter(|finalizer| *finalizer != JOB_TRACKING_FINALIZER);
        meta.finalizers = others.cloned().collect();
    });
    patched.map(|_| ())
}

/// How many pods should be active.
fn wanted_active(ctx: &SyncContext) -> i32 {
    let parallelism = ctx.job.spec.parallelism.unwrap_or(1);
    match ctx.job.spec.completions {
        // Once a pod of a work queue has succeeded no new ones start; those that run may end.
        None if ctx.succeeded > 0 => ctx.active_pods.len() as i32,
        None => parallelism,
        Some(completions) => (completions - ctx.succeeded).min(parallelism).max(0),
    }
}

fn pending_indexes(ctx: &SyncContext, count: usize) -> Vec<i32> {
    let spec = &ctx.job.spec;
    let terminating = if only_replace_failed_pods(spec) {
        indexed::indexes_of(ctx.pods.iter().filter(|pod| pod.is_terminating()))
    } else {
        Default::default()
    };
    indexed::first_pending(
        count,
        spec.completions.unwrap_or(0),
        &ctx.succeeded_indexes,
        indexed::indexes_of(&ctx.active_pods),
        terminating,
        ctx.failed_indexes.as_ref(),
    )
}

/// Tells why no pod is created though the Job goes on.
fn note_enough(ctx: &mut SyncContext, wanted: i32, awaited: i32) {
    let active = ctx.active_pods.len() as i32;
    let spec = ctx.job.spec.clone();
    let parallelism = spec.parallelism.unwrap_or(1);
    let inputs = vec![
        ("spec.parallelism", parallelism.to_string()),
        ("spec.completions", shown(spec.completions)),
        ("succeeded", ctx.succeeded.to_string()),
        ("active", active.to_string()),
        ("terminating", awaited.to_string()),
    ];
    let rule = if spec.completions.is_none() && ctx.succeeded > 0 {
        Rule::JobNoNewPodsAfterSuccess
    } else if parallelism == 0 {
        Rule::JobParallelismZero
    } else if awaited > 0 && wanted > active {
        Rule::JobAwaitTerminating
    } else if wanted == parallelism {
        Rule::JobParallelismReached
    } else {
        Rule::JobEnoughPods
    };
    ctx.held(rule, inputs);
}

fn note_creations(ctx: &mut SyncContext, count: usize, writes: Vec<String>, error: Option<&SyncError>) {
    let spec = ctx.job.spec.clone();
    let inputs = vec![
        ("spec.parallelism", spec.parallelism.unwrap_or(1).to_string()),
        ("spec.completions", shown(spec.completions)),
        ("succeeded", ctx.succeeded.to_string()),
        ("active", ctx.active_pods.len().to_string()),
        ("created", writes.len().to_string()),
    ];
    if let Some(error) = error {
        let failed = vec![("wanted", count.to_string()), ("error", error.0.clone())];
        ctx.held(Rule::JobCreateFailed, failed);
    }
    if !writes.is_empty() {
        ctx.fired(Rule::JobCreatePods, inputs).writes = writes;
    }
}

fn listed(indexes: &[i32]) -> String {
    super::intervals::Intervals::default().with_indexes(indexes.iter().copied()).to_string()
}
