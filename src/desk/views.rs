//! The page's views of an object, from the API's objects alone.

use crate::api::batch::{COMPLETION_INDEX, Job, JobConditionType};
use crate::api::core::{ContainerState, Pod, PodPhase};
use crate::base::{Duration, Time, Timestamp};
use crate::kubectl::printers;
use crate::protocol::views::{Bar, JobStatus, JobView, Look, PodView};

pub fn pod_view(pod: &Pod) -> PodView {
    let status = printers::pod_status(pod);
    let owner = pod.metadata.controller().filter(|owner| owner.kind == "Job");
    let terminated = last_termination(pod);
    let ready = pod.status.container_statuses.iter().filter(|container| container.ready).count();
    let restarts = pod.status.container_statuses.iter().map(|container| container.restart_count).sum();
    let look = look_of(&status);
    PodView {
        uid: pod.metadata.uid.clone(),
        name: pod.metadata.name.clone(),
        namespace: pod.metadata.namespace.clone(),
        short_name: short_name(&pod.metadata.name, owner.map(|owner| owner.name.as_str())),
        owner: owner.map(|owner| owner.uid.clone()).unwrap_or_default(),
        look,
        ready: format!("{ready}/{}", pod.spec.containers.len()),
        restarts,
        node: pod.spec.node_name.clone(),
        container: pod.spec.containers.first().map(|container| container.name.clone()).unwrap_or_default(),
        index: pod.metadata.annotations.get(COMPLETION_INDEX).cloned().unwrap_or_default(),
        exit_code: terminated.map(|(code, _)| code).filter(|_| matches!(look, Look::Failed | Look::Backoff)),
        retry_at: if look == Look::Backoff { retry_at(pod) } else { None },
        created: pod.metadata.creation_timestamp.unwrap_or_default(),
        computes: look == Look::Running && runs_perl(pod),
        status,
    }
}

fn runs_perl(pod: &Pod) -> bool {
    pod.spec.containers.iter().any(|container| {
        container.command.first().or(container.args.first()).is_some_and(|program| program.ends_with("perl"))
    })
}

fn short_name(name: &str, owner: Option<&str>) -> String {
    let rest = owner.and_then(|owner| name.strip_prefix(owner)).map(|rest| rest.trim_start_matches('-'));
    rest.filter(|rest| !rest.is_empty()).unwrap_or(name).to_owned()
}

fn states(pod: &Pod) -> impl Iterator<Item = (&ContainerState, &ContainerState)> {
    pod.status.container_statuses.iter().map(|container| (&container.state, &container.last_state))
}

fn last_termination(pod: &Pod) -> Option<(i32, Option<Timestamp>)> {
    let ended =
        states(pod).filter_map(|(now, before)| now.terminated.as_ref().or(before.terminated.as_ref()));
    let worst = ended.max_by_key(|ended| (ended.exit_code != 0, ended.finished_at))?;
    Some((worst.exit_code, worst.finished_at))
}

/// The kubelet's message names the whole wait (`back-off 20s restarting ...`), counted from the last end.
fn retry_at(pod: &Pod) -> Option<Time> {
    let waiting = states(pod).find_map(|(now, _)| now.waiting.as_ref())?;
    let text = waiting.message.split("back-off ").nth(1)?.split(' ').next()?;
    let (minutes, seconds) =
        text.trim_end_matches('s').split_once('m').unwrap_or(("0", text.trim_end_matches('s')));
    let wait = minutes.parse::<i64>().ok()? * 60 + seconds.parse::<i64>().ok()?;
    let (_, finished) = last_termination(pod)?;
    Some(finished?.to_time() + Duration::from_secs(wait))
}

pub fn job_view(job: &Job) -> JobView {
    use JobConditionType::{Complete, Failed, FailureTarget, SuccessCriteriaMet, Suspended};
    let condition = [Complete, Failed, Suspended, FailureTarget, SuccessCriteriaMet]
        .into_iter()
        .find_map(|wanted| job.condition(wanted).map(|condition| (wanted, condition)));
    let status = match condition.map(|(wanted, _)| wanted) {
        Some(Complete) => JobStatus::Complete,
        Some(Failed) => JobStatus::Failed,
        Some(Suspended) => JobStatus::Suspended,
        Some(FailureTarget) => JobStatus::FailureTarget,
        Some(SuccessCriteriaMet) => JobStatus::SuccessCriteriaMet,
        None if job.metadata.is_deleting() => JobStatus::Terminating,
        None => JobStatus::Running,
    };
    let failed_at = job.condition(Failed).and_then(|condition| condition.last_transition_time);
    JobView {
        uid: job.metadata.uid.clone(),
        name: job.metadata.name.clone(),
        namespace: job.metadata.namespace.clone(),
        status,
        reason: condition.map(|(_, condition)| condition.reason.clone()).unwrap_or_default(),
        completions: job.spec.completions,
        parallelism: job.spec.parallelism.unwrap_or(1),
        backoff_limit: job.spec.backoff_limit.unwrap_or(6),
        active: job.status.active,
        succeeded: job.status.succeeded,
        failed: job.status.failed,
        terminating: job.status.terminating.unwrap_or(0),
        created: job.metadata.creation_timestamp.unwrap_or_default(),
        started: job.status.start_time,
        ended: job.status.completion_time.or(failed_at),
    }
}

pub fn bar(pod: &Pod, look: Look, short_name: String) -> Bar {
    let time = |stamp: Option<Timestamp>| stamp.map(Timestamp::to_time);
    let started = states(pod)
        .filter_map(|(now, before)| {
            let running = now.running.as_ref().and_then(|running| running.started_at);
            let ended = now.terminated.as_ref().and_then(|ended| ended.started_at);
            let earlier = before.terminated.as_ref().and_then(|ended| ended.started_at);
            earlier.or(running).or(ended)
        })
        .min();
    let ended = last_termination(pod).and_then(|(_, finished)| finished);
    let is_over = matches!(pod.status.phase, PodPhase::Succeeded | PodPhase::Failed);
    let grace = Duration::from_secs(pod.metadata.deletion_grace_period_seconds.unwrap_or(0));
    let leaving = pod.metadata.deletion_timestamp.map(|stamp| stamp.to_time() - grace);
    Bar {
        uid: pod.metadata.uid.clone(),
        short_name,
        created: time(pod.metadata.creation_timestamp).unwrap_or_default(),
        started: time(started),
        ended: if is_over { time(ended) } else { None },
        leaving,
        removed: None,
        look,
    }
}

/// From the STATUS column; every text that is not known and not a progress is a failure's reason.
fn look_of(status: &str) -> Look {
    match status {
        "Pending" | "SchedulingGated" => Look::Waiting,
        "ContainerCreating" | "PodInitializing" => Look::Creating,
        "Running" => Look::Running,
        "Completed" | "Succeeded" => Look::Done,
        "Terminating" => Look::Leaving,
        "Unknown" => Look::Unknown,
        _ if status.contains("BackOff") || status.starts_with("ErrImage") => Look::Backoff,
        "InvalidImageName" | "CreateContainerConfigError" => Look::Backoff,
        _ if status.starts_with("Init:") && !status.contains("Error") => Look::Creating,
        _ => Look::Failed,
    }
}
