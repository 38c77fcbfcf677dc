//! What the grid shows of an object: plain data, drawn from the API's objects alone.

use crate::api::batch::{COMPLETION_INDEX, Job, JobConditionType};
use crate::api::core::{ContainerState, Pod, PodPhase};
use crate::base::{Duration, Time, Timestamp, duration_text};
use crate::kubectl::printers;

/// How a pod is drawn: a shape with an icon and a text, colour comes third.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look {
    Waiting,
    Creating,
    Running,
    Done,
    Failed,
    Backoff,
    Leaving,
    Unknown,
}

impl Look {
    pub const fn as_str(self) -> &'static str {
        match self {
            Look::Waiting | Look::Creating => "waiting",
            Look::Running => "running",
            Look::Done => "done",
            Look::Failed => "failed",
            Look::Backoff => "backoff",
            Look::Leaving => "leaving",
            Look::Unknown => "unknown",
        }
    }

    /// From the STATUS column; every text that is not known and not a progress is a failure's reason.
    fn of(status: &str) -> Look {
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
}

#[derive(Clone, PartialEq, Debug)]
pub struct PodView {
    pub uid: String,
    pub name: String,
    pub namespace: String,
    /// The part of the name that tells this pod from its siblings.
    pub short_name: String,
    /// The uid of the Job that controls the pod; empty for a pod of its own.
    pub owner: String,
    pub status: String,
    pub look: Look,
    pub ready: String,
    pub restarts: i32,
    pub node: String,
    /// The first container's name.
    pub container: String,
    pub index: String,
    pub exit_code: Option<i32>,
    /// When a back-off ends.
    pub retry_at: Option<Time>,
    pub created: Timestamp,
    /// Whether the container runs a heavy computation.
    pub computes: bool,
}

#[derive(Clone, PartialEq, Debug)]
pub struct JobView {
    pub uid: String,
    pub name: String,
    pub namespace: String,
    pub status: &'static str,
    pub reason: String,
    pub completions: Option<i32>,
    pub parallelism: i32,
    pub backoff_limit: i32,
    pub active: i32,
    pub succeeded: i32,
    pub failed: i32,
    pub terminating: i32,
    pub created: Timestamp,
    pub started: Option<Timestamp>,
    pub ended: Option<Timestamp>,
}

/// One stretch of a pod's life on the timeline.
#[derive(Clone, PartialEq, Debug)]
pub struct Bar {
    pub uid: String,
    pub short_name: String,
    pub created: Time,
    pub started: Option<Time>,
    pub ended: Option<Time>,
    /// When the pod began to go away.
    pub leaving: Option<Time>,
    pub removed: Option<Time>,
    pub look: Look,
}

pub fn pod_view(pod: &Pod) -> PodView {
    let status = printers::pod_status(pod);
    let owner = pod.metadata.controller().filter(|owner| owner.kind == "Job");
    let terminated = last_termination(pod);
    let ready = pod.status.container_statuses.iter().filter(|container| container.ready).count();
    let restarts = pod.status.container_statuses.iter().map(|container| container.restart_count).sum();
    let look = Look::of(&status);
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
        Some(Complete) => "Complete",
        Some(Failed) => "Failed",
        Some(Suspended) => "Suspended",
        Some(FailureTarget) => "FailureTarget",
        Some(SuccessCriteriaMet) => "SuccessCriteriaMet",
        None if job.metadata.is_deleting() => "Terminating",
        None => "Running",
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

/// `12 с`, `2 мин 5 с`: spans in the page's own sentences.
pub fn span_ru(span: Duration) -> String {
    let seconds = span.as_secs().max(0);
    match seconds {
        0..120 => format!("{seconds} с"),
        120..3_600 if seconds % 60 == 0 => format!("{} мин", seconds / 60),
        120..3_600 => format!("{} мин {} с", seconds / 60, seconds % 60),
        _ => duration_text::human(span),
    }
}

/// `00:00:19` since the beginning of the run.
pub fn clock_text(since_start: Duration) -> String {
    let seconds = since_start.as_secs().max(0);
    format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}
