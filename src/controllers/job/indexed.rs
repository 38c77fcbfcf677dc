//! Indexed Jobs: which indexes are done, which are next, which pods are one too many.

use std::collections::BTreeSet;

use super::intervals::Intervals;
use super::pods::{JobPod, sort_victims_first};
use crate::api::core::PodPhase;
use crate::base::sorted;

/// The indexes of the status, and the same with those of succeeded pods that are not counted yet.
// Models pkg/controller/job/indexed_job_utils.go calculateSucceededIndexes
pub fn succeeded_indexes<'a>(
    completed_indexes: &str,
    completions: i32,
    pods: impl IntoIterator<Item = &'a JobPod>,
) -> (Intervals, Intervals) {
    let known = Intervals::parse(completed_indexes, completions);
    let fresh = pods.into_iter().filter(|pod| pod.tracked && pod.phase() == PodPhase::Succeeded);
    let fresh: BTreeSet<i32> = sorted::collect(fresh.filter_map(|pod| pod.index_within(completions)));
    let all = known.with_indexes(fresh);
    (known, all)
}

pub fn indexes_of<'a>(pods: impl IntoIterator<Item = &'a JobPod>) -> BTreeSet<i32> {
    sorted::collect(pods.into_iter().filter_map(|pod| pod.index))
}

/// The lowest indexes that nothing works on. `terminating` is empty unless replacements wait for the pods' end.
// Models pkg/controller/job/indexed_job_utils.go firstPendingIndexes
pub fn first_pending(
    count: usize,
    completions: i32,
    succeeded: &Intervals,
    active: BTreeSet<i32>,
    terminating: BTreeSet<i32>,
    failed: Option<&Intervals>,
) -> Vec<i32> {
    let mut taken = succeeded.with_indexes(active);
    if !terminating.is_empty() {
        taken = taken.with_indexes(terminating);
    }
    if let Some(failed) = failed {
        taken = taken.merge(failed);
    }
    taken.first_missing(count, completions)
}

/// Splits active pods into surplus ones (no index, beyond the last one, a second one of an index) and the rest.
// Models pkg/controller/job/indexed_job_utils.go appendDuplicatedIndexPodsForRemoval
pub fn split_duplicates(mut pods: Vec<JobPod>, completions: i32) -> (Vec<JobPod>, Vec<JobPod>) {
    // Pods without an index come first.
    sorted::sort_by_key(&mut pods, |pod| pod.index);
    let (mut surplus, mut kept) = (Vec::new(), Vec::new());
    for group in pods.chunk_by_mut(|a, b| a.index == b.index) {
        let valid = group.first().is_some_and(|pod| pod.index_within(completions).is_some());
        if valid && group.len() > 1 {
            sort_victims_first(group);
        }
        match group.split_last().filter(|_| valid) {
            Some((best, rest)) => {
                surplus.extend_from_slice(rest);
                kept.push(best.clone());
            }
            None => surplus.extend_from_slice(group),
        }
    }
    (surplus, kept)
}

/// Active pods to remove: all surplus ones of an Indexed Job, and at least `at_least` in the order of victims.
// Models pkg/controller/job/job_controller.go activePodsForRemoval
pub fn pods_for_removal(active: &[JobPod], indexed_completions: Option<i32>, at_least: usize) -> Vec<JobPod> {
    let (mut surplus, mut rest) = match indexed_completions {
        Some(completions) => split_duplicates(active.to_vec(), completions),
        None if at_least == 0 => return Vec::new(),
        None => (Vec::new(), active.to_vec()),
    };
    if surplus.len() < at_least {
        sort_victims_first(&mut rest);
        rest.truncate(at_least - surplus.len());
        surplus.append(&mut rest);
    }
    surplus
}
