//! How long a failed pod delays the next one.

use crate::api::core::{ContainerStatus, Pod, pod_condition};
use crate::api::meta::ConditionStatus;
use crate::base::{Duration, Time, Timestamp, sorted};

/// The wait after the first failure.
pub const BACKOFF_BASE: Duration = Duration::from_secs(10);
pub const BACKOFF_MAX: Duration = Duration::from_secs(600);

/// Failures since the last success and when the last of them ended. Lives in memory only.
// Models pkg/controller/job/backoff_utils.go backoffRecord
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BackoffRecord {
    pub failures_after_last_success: i32,
    pub last_failure_time: Option<Time>,
}

impl BackoffRecord {
    /// The record after pods newly seen as finished, given by their finish times in any order.
    // Models pkg/controller/job/backoff_utils.go newBackoffRecord
    pub fn after(self, mut succeeded: Vec<Time>, mut failed: Vec<Time>) -> BackoffRecord {
        sorted::sort(&mut succeeded);
        sorted::sort(&mut failed);
        let Some(last_success) = succeeded.last() else {
            let Some(last_failure) = failed.last() else { return self };
            let failures = self.failures_after_last_success.saturating_add(failed.len() as i32);
            return BackoffRecord {
                failures_after_last_success: failures,
                last_failure_time: Some(*last_failure),
            };
        };
        let later = failed.iter().filter(|time| *time > last_success);
        let last_failure_time = failed.last().filter(|time| *time > last_success).copied();
        BackoffRecord { failures_after_last_success: later.count() as i32, last_failure_time }
    }

    /// Time until the next pod may be created.
    pub fn remaining(self, now: Time, base: Duration, max: Duration) -> Duration {
        remaining_after_failures(self.failures_after_last_success, self.last_failure_time, now, base, max)
    }
}

/// The wait after the n-th failure in a row, doubling from `base` to `max`.
pub fn backoff_ladder(failures: i32, base: Duration, max: Duration) -> Duration {
    if failures <= 0 {
        return Duration::ZERO;
    }
    // Forty doublings of any base exceed every cap in use; more would overflow.
    let doublings = (failures - 1).min(40);
    Duration::from_millis(base.as_millis().saturating_mul(1 << doublings).min(max.as_millis()))
}

// Models pkg/controller/job/backoff_utils.go getRemainingTimeForFailuresCount
fn remaining_after_failures(
    failures: i32,
    last_failure: Option<Time>,
    now: Time,
    base: Duration,
    max: Duration,
) -> Duration {
    let Some(last_failure) = last_failure.filter(|_| failures > 0) else { return Duration::ZERO };
    let left = backoff_ladder(failures, base, max) - (now - last_failure);
    left.max(Duration::ZERO)
}

/// The same for one index, whose failures stand in the annotations of its last failed pod.
// Models pkg/controller/job/backoff_utils.go getRemainingTimePerIndex
pub fn remaining_for_index(last_failed: Option<&Pod>, now: Time, base: Duration, max: Duration) -> Duration {
    let Some(pod) = last_failed else { return Duration::ZERO };
    let failures = super::index_failures::absolute_failure_count(pod).saturating_add(1);
    remaining_after_failures(failures, Some(finish_time(pod)), now, base, max)
}

/// The instant at which a pod counts as finished.
// Models pkg/controller/job/backoff_utils.go getFinishedTime
pub fn finish_time(pod: &Pod) -> Time {
    let found = finish_time_from_containers(pod)
        .or_else(|| finish_time_from_ready_condition(pod))
        .or_else(|| finish_time_from_deletion(pod));
    found.or(pod.metadata.creation_timestamp.map(Timestamp::to_time)).unwrap_or_default()
}

/// A regular container that has not ended does not keep ended sidecars from telling the time, as upstream has it.
// Models pkg/controller/job/backoff_utils.go getFinishTimeFromContainers
fn finish_time_from_containers(pod: &Pod) -> Option<Time> {
    let regular = latest_finish(&pod.status.container_statuses, |_| true).flatten();
    let is_sidecar =
        |name: &str| pod.spec.init_containers.iter().any(|c| c.name == name && c.is_restartable_init());
    regular.max(latest_finish(&pod.status.init_container_statuses, is_sidecar)?)
}

/// `None` when a chosen container has not ended; `Some(None)` when there is none to look at.
fn latest_finish(statuses: &[ContainerStatus], chosen: impl Fn(&str) -> bool) -> Option<Option<Time>> {
    let mut latest = None;
    for status in statuses.iter().filter(|status| chosen(&status.name)) {
        let finished = status.state.terminated.as_ref()?.finished_at?.to_time();
        latest = latest.max(Some(finished));
    }
    Some(latest)
}

fn finish_time_from_ready_condition(pod: &Pod) -> Option<Time> {
    let ready = pod.condition(pod_condition::READY)?;
    let transition = ready.last_transition_time.filter(|_| ready.status == ConditionStatus::False);
    transition.map(Timestamp::to_time)
}

/// The deletion timestamp lies a grace period ahead of the request.
fn finish_time_from_deletion(pod: &Pod) -> Option<Time> {
    let deletion = pod.metadata.deletion_timestamp?.to_time();
    Some(deletion - Duration::from_secs(pod.metadata.deletion_grace_period_seconds.unwrap_or(0)))
}
