//! backoffLimitPerIndex: failures counted in annotations of the pods, handed from a pod to its replacement.

use std::collections::{BTreeMap, BTreeSet};

use super::backoff::{BACKOFF_BASE, BACKOFF_MAX, remaining_for_index};
use super::intervals::Intervals;
use super::pod_failure_policy::{self, Action};
use super::pods::{JobPod, is_pod_failed};
use crate::api::batch::{INDEX_FAILURE_COUNT, INDEX_IGNORED_FAILURE_COUNT, JobSpec, JobStatus};
use crate::api::core::Pod;
use crate::base::{Duration, Time};

/// Failures that count; 0 for a missing or broken annotation.
// Models pkg/controller/job/indexed_job_utils.go getIndexFailureCount
pub fn failure_count(pod: &Pod) -> i32 {
    parse_count(pod, INDEX_FAILURE_COUNT)
}

fn parse_count(pod: &Pod, annotation: &str) -> i32 {
    let text = pod.metadata.annotations.get(annotation);
    text.and_then(|text| text.parse().ok()).filter(|count| *count >= 0).unwrap_or(0)
}

/// All failures, ignored ones too: they lengthen the back-off.
// Models pkg/controller/job/indexed_job_utils.go getIndexAbsoluteFailureCount
pub fn absolute_failure_count(pod: &Pod) -> i32 {
    parse_count(pod, INDEX_FAILURE_COUNT).saturating_add(parse_count(pod, INDEX_IGNORED_FAILURE_COUNT))
}

/// Counted and ignored failures that the replacement of a pod starts with.
// Models pkg/controller/job/indexed_job_utils.go getNewIndexFailureCounts
pub fn counts_of_replacement(spec: &JobSpec, replaced: Option<&Pod>) -> (i32, i32) {
    let Some(pod) = replaced else { return (0, 0) };
    let (counted, ignored) =
        (parse_count(pod, INDEX_FAILURE_COUNT), parse_count(pod, INDEX_IGNORED_FAILURE_COUNT));
    if pod_failure_policy::match_policy(spec.pod_failure_policy.as_ref(), pod).counts {
        (counted.saturating_add(1), ignored)
    } else {
        (counted, ignored.saturating_add(1))
    }
}

/// Whether this pod's failure ends its index.
// Models pkg/controller/job/indexed_job_utils.go isIndexFailed
pub fn is_index_failed(spec: &JobSpec, pod: &Pod) -> bool {
    if !is_pod_failed(pod, spec) {
        return false;
    }
    let matched = pod_failure_policy::match_policy(spec.pod_failure_policy.as_ref(), pod);
    if matched.action == Some(Action::FailIndex) {
        return true;
    }
    matched.counts && failure_count(pod) >= spec.backoff_limit_per_index.unwrap_or(i32::MAX)
}

/// Indexes that failed for good: those of the status and those of pods that are not counted yet.
// Models pkg/controller/job/indexed_job_utils.go calculateFailedIndexes
pub fn failed_indexes<'a>(
    spec: &JobSpec,
    status: &JobStatus,
    pods: impl IntoIterator<Item = &'a JobPod>,
) -> Intervals {
    let completions = spec.completions.unwrap_or(0);
    let known = Intervals::parse(status.failed_indexes.as_deref().unwrap_or_default(), completions);
    let mut failed = BTreeSet::new();
    for pod in pods.into_iter().filter(|pod| pod.tracked) {
        if let Some(index) = pod.index_within(completions)
            && is_index_failed(spec, &pod.pod)
        {
            failed.insert(index);
        }
    }
    known.with_indexes(failed)
}

/// By index, the failed pod that must stay until its replacement carries its count on.
// Models pkg/controller/job/indexed_job_utils.go getPodsWithDelayedDeletionPerIndex
pub fn delayed_deletion<'a>(
    spec: &JobSpec,
    failed: impl IntoIterator<Item = &'a JobPod>,
    is_settled: impl Fn(i32) -> bool,
) -> BTreeMap<i32, JobPod> {
    let completions = spec.completions.unwrap_or(0);
    let mut kept: BTreeMap<i32, JobPod> = BTreeMap::new();
    for pod in failed.into_iter().filter(|pod| is_pod_failed(&pod.pod, spec)) {
        let Some(index) = pod.index_within(completions).filter(|index| !is_settled(*index)) else { continue };
        let is_later = |last: &JobPod| {
            absolute_failure_count(&last.pod) <= absolute_failure_count(&pod.pod)
                && pod.finish_time() >= last.finish_time()
        };
        if kept.get(&index).is_none_or(is_later) {
            kept.insert(index, pod.clone());
        }
    }
    kept
}

/// Of the wanted indexes, those that may be created now; when there is none, how long to wait.
// Models pkg/controller/job/job_controller.go getPodCreationInfoForIndependentIndexes
pub fn creatable_now(
    wanted: &[i32],
    last_failed: impl Fn(i32) -> Option<JobPod>,
    now: Time,
) -> (Vec<i32>, Duration) {
    let mut ready = Vec::with_capacity(wanted.len());
    let mut shortest_wait: Option<Duration> = None;
    for index in wanted {
        let last_failed = last_failed(*index);
        let wait =
            remaining_for_index(last_failed.as_ref().map(|p| p.pod.as_ref()), now, BACKOFF_BASE, BACKOFF_MAX);
        if wait == Duration::ZERO {
            ready.push(*index);
        } else {
            shortest_wait = Some(shortest_wait.map_or(wait, |shortest| shortest.min(wait)));
        }
    }
    let wait = if ready.is_empty() { shortest_wait.unwrap_or_default() } else { Duration::ZERO };
    (ready, wait)
}
