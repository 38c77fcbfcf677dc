//! Pods in tables.

use std::collections::BTreeSet;

use super::{Column, age, or_none};
use crate::api::core::{ContainerState, ContainerStateTerminated, ContainerStatus, Pod, pod_condition};
use crate::api::meta::ConditionStatus;
use crate::base::{Time, Timestamp, sorted};

pub const COLUMNS: &[Column] = &[
    ("NAME", false),
    ("READY", false),
    ("STATUS", false),
    ("RESTARTS", false),
    ("AGE", false),
    ("IP", true),
    ("NODE", true),
    ("NOMINATED NODE", true),
    ("READINESS GATES", true),
];

/// The row of a pod, with the wide columns.
pub fn pod_row(pod: &Pod, now: Time) -> Vec<String> {
    let summary = summarize(pod);
    let restarts = match summary.last_restart.filter(|_| summary.restarts != 0) {
        Some(last) => format!("{} ({} ago)", summary.restarts, age(Some(last), now)),
        None => summary.restarts.to_string(),
    };
    let nominated =
        pod.status.rest.get("nominatedNodeName").and_then(|name| name.as_str()).unwrap_or_default();
    vec![
        pod.metadata.name.clone(),
        format!("{}/{}", summary.ready, summary.total),
        summary.reason,
        restarts,
        age(pod.metadata.creation_timestamp, now),
        or_none(&pod.status.pod_ip),
        or_none(&pod.spec.node_name),
        or_none(nominated),
        "<none>".to_owned(),
    ]
}

/// The STATUS column.
pub fn pod_status(pod: &Pod) -> String {
    summarize(pod).reason
}

struct Summary {
    reason: String,
    ready: usize,
    total: usize,
    restarts: i64,
    last_restart: Option<Timestamp>,
}

impl Summary {
    fn add_restarts(&mut self, status: &ContainerStatus) {
        self.restarts += i64::from(status.restart_count);
        if let Some(terminated) = &status.last_state.terminated {
            self.last_restart = self.last_restart.max(terminated.finished_at);
        }
    }
}

// Models pkg/printers/internalversion/printers.go printPod
fn summarize(pod: &Pod) -> Summary {
    let sidecars = pod.spec.init_containers.iter().filter(|c| c.is_restartable_init());
    let sidecars: BTreeSet<&str> = sorted::collect(sidecars.map(|c| c.name.as_str()));
    let mut summary = Summary {
        reason: first_reason(pod),
        ready: 0,
        total: pod.spec.containers.len() + sidecars.len(),
        restarts: 0,
        last_restart: None,
    };
    let initializing = summarize_init(pod, &sidecars, &mut summary);
    let initialized =
        pod.condition(pod_condition::INITIALIZED).is_some_and(|c| c.status == ConditionStatus::True);
    if !initializing || initialized {
        summarize_containers(pod, &sidecars, &mut summary);
    }
    if pod.metadata.is_deleting() {
        if pod.status.reason == "NodeLost" {
            summary.reason = "Unknown".to_owned();
        } else if !pod.is_terminal() {
            summary.reason = "Terminating".to_owned();
        }
    }
    summary
}

fn first_reason(pod: &Pod) -> String {
    let gated = |c: &&crate::api::core::PodCondition| {
        c.condition_type == pod_condition::SCHEDULED && c.reason == "SchedulingGated"
    };
    if pod.status.conditions.iter().find(gated).is_some() {
        return "SchedulingGated".to_owned();
    }
    match pod.status.reason.as_str() {
        "" => pod.status.phase.as_str().to_owned(),
        reason => reason.to_owned(),
    }
}

/// Looks at the init containers; answers whether one of them is not through.
fn summarize_init(pod: &Pod, sidecars: &BTreeSet<&str>, summary: &mut Summary) -> bool {
    for (at, status) in pod.status.init_container_statuses.iter().enumerate() {
        summary.add_restarts(status);
        let is_sidecar = sidecars.contains(status.name.as_str());
        let ContainerState { waiting, terminated, .. } = &status.state;
        match (terminated, waiting) {
            (Some(terminated), _) if terminated.exit_code == 0 => continue,
            _ if is_sidecar && status.started == Some(true) => {
                summary.ready += usize::from(status.ready);
                continue;
            }
            (Some(terminated), _) => summary.reason = format!("Init:{}", end_text(terminated)),
            (_, Some(waiting)) if !waiting.reason.is_empty() && waiting.reason != "PodInitializing" => {
                summary.reason = format!("Init:{}", waiting.reason);
            }
            _ => summary.reason = format!("Init:{at}/{}", pod.spec.init_containers.len()),
        }
        return true;
    }
    false
}

fn summarize_containers(pod: &Pod, sidecars: &BTreeSet<&str>, summary: &mut Summary) {
    summary.restarts = 0;
    summary.last_restart = None;
    for status in &pod.status.init_container_statuses {
        if sidecars.contains(status.name.as_str()) {
            summary.add_restarts(status);
        }
    }
    let mut running = false;
    let mut failure = None;
    // From the last to the first, so that the first container's reason stays.
    for status in pod.status.container_statuses.iter().rev() {
        summary.add_restarts(status);
        let ContainerState { waiting, terminated, running: started, .. } = &status.state;
        if let Some(waiting) = waiting.as_ref().filter(|waiting| !waiting.reason.is_empty()) {
            summary.reason.clone_from(&waiting.reason);
        } else if let Some(terminated) = terminated {
            summary.reason = end_text(terminated);
            if terminated.exit_code != 0 {
                failure = Some(summary.reason.clone());
            }
        } else if status.ready && started.is_some() {
            running = true;
            summary.ready += 1;
        }
    }
    if summary.reason == "Completed" {
        match failure {
            _ if running && pod.is_ready() => summary.reason = "Running".to_owned(),
            Some(failure) => summary.reason = failure,
            None if running => summary.reason = "NotReady".to_owned(),
            None => {}
        }
    }
}

fn end_text(terminated: &ContainerStateTerminated) -> String {
    match (terminated.reason.as_str(), terminated.signal) {
        ("", 0) => format!("ExitCode:{}", terminated.exit_code),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    }
}
