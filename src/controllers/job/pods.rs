//! How the Job controller sees pods: counted or not, active, failed, in which order they are given up.

use std::sync::Arc;

use super::backoff::finish_time;
use crate::api::batch::{COMPLETION_INDEX, JOB_TRACKING_FINALIZER, JobSpec, pod_replacement_policy};
use crate::api::core::{ContainerStatus, Pod, PodPhase, pod_condition, restart_policy};
use crate::base::{Time, Timestamp, sorted};

/// A pod with what every sync asks of it, read once when it enters the cache.
#[derive(Clone, Debug)]
pub struct JobPod {
    pub pod: Arc<Pod>,
    /// The completion index, when it is there and valid.
    pub index: Option<i32>,
    /// Holds the finalizer that keeps it until it is counted.
    pub tracked: bool,
}

impl JobPod {
    pub fn new(pod: Arc<Pod>) -> JobPod {
        let tracked = pod.metadata.has_finalizer(JOB_TRACKING_FINALIZER);
        JobPod { index: completion_index(&pod), tracked, pod }
    }

    pub fn uid(&self) -> &str {
        &self.pod.metadata.uid
    }

    pub fn phase(&self) -> PodPhase {
        self.pod.status.phase
    }

    pub fn finish_time(&self) -> Time {
        finish_time(&self.pod)
    }

    // Models pkg/controller/controller_utils.go IsPodActive
    pub fn is_active(&self) -> bool {
        !self.pod.is_terminal() && !self.pod.metadata.is_deleting()
    }

    // Models pkg/controller/controller_utils.go IsPodTerminating
    pub fn is_terminating(&self) -> bool {
        !self.pod.is_terminal() && self.pod.metadata.is_deleting()
    }

    /// The index, when the Job is Indexed and has that index.
    pub fn index_within(&self, completions: i32) -> Option<i32> {
        self.index.filter(|index| *index < completions)
    }
}

/// `None` for no annotation, one that is not a number, or a negative one.
// Models pkg/controller/job/indexed_job_utils.go getCompletionIndex
pub fn completion_index(pod: &Pod) -> Option<i32> {
    let text = pod.metadata.annotations.get(COMPLETION_INDEX)?;
    text.parse().ok().filter(|index| *index >= 0)
}

/// Whether a replacement waits until the pod has really failed.
// Models pkg/controller/job/job_controller.go onlyReplaceFailedPods
pub fn only_replace_failed_pods(spec: &JobSpec) -> bool {
    spec.pod_replacement_policy.as_deref() == Some(pod_replacement_policy::FAILED)
        || spec.pod_failure_policy.is_some()
}

// Models pkg/controller/job/job_controller.go isPodFailed
pub fn is_pod_failed(pod: &Pod, spec: &JobSpec) -> bool {
    if pod.status.phase == PodPhase::Failed {
        return true;
    }
    let deleted = pod.metadata.is_deleting() && pod.status.phase != PodPhase::Succeeded;
    deleted && !only_replace_failed_pods(spec)
}

/// Restarts of containers in pods that still run: with OnFailure they use up the back-off limit too.
// Models pkg/controller/job/job_controller.go pastBackoffLimitOnFailure
pub fn restarts_of_running_pods(spec: &JobSpec, pods: &[JobPod]) -> i32 {
    if spec.template.spec.restart_policy != restart_policy::ON_FAILURE {
        return 0;
    }
    let running = pods.iter().filter(|pod| matches!(pod.phase(), PodPhase::Running | PodPhase::Pending));
    running.map(|pod| restarts(&pod.pod)).fold(0, i32::saturating_add)
}

pub fn past_restart_limit(spec: &JobSpec, restarts: i32) -> bool {
    let limit = spec.backoff_limit.unwrap_or(super::DEFAULT_BACKOFF_LIMIT);
    let on_failure = spec.template.spec.restart_policy == restart_policy::ON_FAILURE;
    on_failure && if limit == 0 { restarts > 0 } else { restarts >= limit }
}

fn restarts(pod: &Pod) -> i32 {
    let status = &pod.status;
    let all = status.init_container_statuses.iter().chain(&status.container_statuses);
    all.map(|container| container.restart_count).fold(0, i32::saturating_add)
}

/// Sorts active pods so that those that are given up first come first.
// Models pkg/controller/controller_utils.go ActivePods.Less
pub fn sort_victims_first(pods: &mut [JobPod]) {
    sorted::sort_by_cached_key(pods, |entry| {
        let pod = &entry.pod;
        let phase = match pod.status.phase {
            PodPhase::Pending => 0,
            PodPhase::Unknown => 1,
            _ => 2,
        };
        let ready = pod.is_ready();
        // Ready for no known time comes before ready since now, and that before ready for long.
        let ready_since = pod.condition(pod_condition::READY).filter(|_| ready);
        let ready_since = ready_since.and_then(|c| c.last_transition_time).map(Timestamp::as_secs);
        let (regular, sidecar) = max_restarts(pod);
        let created = pod.metadata.creation_timestamp.map(Timestamp::as_secs);
        let newest_first = |at: Option<i64>| at.map_or((0, 0), |secs| (1, -secs));
        (
            !pod.spec.node_name.is_empty(),
            phase,
            ready,
            newest_first(ready_since),
            (-regular, -sidecar),
            newest_first(created),
        )
    });
}

/// The most restarts of a regular container and of a sidecar.
// Models pkg/controller/controller_utils.go maxContainerRestarts
fn max_restarts(pod: &Pod) -> (i32, i32) {
    let most = |statuses: &[ContainerStatus], chosen: &dyn Fn(&str) -> bool| {
        let chosen = statuses.iter().filter(|status| chosen(&status.name));
        chosen.map(|status| status.restart_count).max().unwrap_or(0).max(0)
    };
    let is_sidecar =
        |name: &str| pod.spec.init_containers.iter().any(|c| c.name == name && c.is_restartable_init());
    (most(&pod.status.container_statuses, &|_| true), most(&pod.status.init_container_statuses, &is_sidecar))
}
