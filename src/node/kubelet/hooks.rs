//! Lifecycle hooks: what runs right after a container's start and before it is told to stop.

use serde_json::Value;

use super::Host;
use super::exec_run::ExecRun;
use super::probe::Verdict;
use super::run::Run;
use super::server::{Answer, Target};
use super::worker::PodWorker;
use crate::api::core::{Container, Pod};
use crate::apiserver::ApiServer;
use crate::apiserver::events::event_type;
use crate::base::go_quoted;
use crate::base::{Duration, Time};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    PostStart,
    PreStop,
}

#[derive(Clone, Debug)]
pub enum Hook {
    Exec {
        run: Box<ExecRun>,
        command: Vec<String>,
    },
    Sleep {
        until: Time,
    },
    /// It is over before it began; the text tells why it failed.
    Over(Result<(), String>),
}

impl Hook {
    /// Begins the hook that the container has for that moment.
    // Models pkg/kubelet/lifecycle/handlers.go Run
    pub fn begin(when: When, spec: &Container, run: &Run, pod_ip: &str, now: Time) -> Option<Hook> {
        let name = if when == When::PostStart { "postStart" } else { "preStop" };
        let handler = spec.rest.get("lifecycle")?.get(name).filter(|handler| handler.is_object())?;
        if let Some(words) = handler.pointer("/exec/command").and_then(Value::as_array) {
            let command: Vec<String> = words.iter().filter_map(Value::as_str).map(str::to_owned).collect();
            return Some(match ExecRun::start(run, &command, now)? {
                Ok(run) => Hook::Exec { run: Box::new(run), command },
                Err(error) => Hook::Over(Err(exec_failure(&command, &error.to_string(), ""))),
            });
        }
        if let Some(seconds) = handler.pointer("/sleep/seconds").and_then(Value::as_i64) {
            return Some(Hook::Sleep { until: now + Duration::from_secs(seconds) });
        }
        let target = Target::of(handler, spec)?;
        let outcome = match target.ask(pod_ip, spec, "") {
            Answer::Now(Verdict::Success) => Ok(()),
            Answer::Now(Verdict::Failure(error) | Verdict::Errored(error)) | Answer::AtDeadline(error) => {
                Err(format!("HTTP lifecycle hook ({}) {{container}} failed - error: {error}", target.path()))
            }
        };
        Some(Hook::Over(outcome))
    }

    /// Goes on with it. Answers when it is over: `Err` says why it failed.
    pub fn advance(&mut self, now: Time) -> Option<Result<(), String>> {
        match self {
            Hook::Exec { run, command } => match run.advance(now)? {
                0 => Some(Ok(())),
                code => {
                    let error = format!("command '{}' exited with {code}: {}", command.join(" "), run.stderr);
                    Some(Err(exec_failure(command, &error, &run.output)))
                }
            },
            Hook::Sleep { until } => (*until <= now).then_some(Ok(())),
            Hook::Over(outcome) => Some(outcome.clone()),
        }
    }

    pub fn wake(&self) -> Option<Time> {
        match self {
            Hook::Exec { run, .. } => run.wake,
            Hook::Sleep { until } => Some(*until),
            Hook::Over(_) => Some(Time::default()),
        }
    }

    /// The container ended under the hook: a command ends with it.
    pub fn cut_short(&self) -> Result<(), String> {
        match self {
            Hook::Exec { command, run } => {
                let error = format!("command '{}' exited with 137: {}", command.join(" "), run.stderr);
                Err(exec_failure(command, &error, &run.output))
            }
            Hook::Sleep { .. } => Ok(()),
            Hook::Over(outcome) => outcome.clone(),
        }
    }
}

/// `{container}` is filled in where the container is known.
fn exec_failure(command: &[String], error: &str, output: &str) -> String {
    let words = command.join(" ");
    format!(
        "Exec lifecycle hook ([{words}]) {{container}} failed - error: {error}, message: {}",
        go_quoted(output)
    )
}

impl PodWorker {
    /// Goes on with the hook after a start. Until it is over the container does not count as running and those after
    /// it wait; when it fails, the container is killed.
    // Models pkg/kubelet/kuberuntime/kuberuntime_container.go startContainer, step 4
    pub fn drive_post_start(&mut self, index: usize, host: &mut Host, api: &mut ApiServer) {
        let container = &mut self.containers[index];
        let Some(hook) = &mut container.post_start else { return };
        let outcome = if container.run.is_none() { Some(hook.cut_short()) } else { hook.advance(host.now) };
        let Some(outcome) = outcome else { return };
        container.post_start = None;
        let field = container.field_path();
        match outcome {
            Ok(()) => self.shown_running(index, host),
            Err(error) => {
                let pod = std::sync::Arc::clone(&self.pod);
                let message = error.replace("{container}", &subject(&container.name, &pod));
                container.wait("PostStartHookError", message);
                self.dirty = true;
                let (reason, text) = ("FailedPostStartHook", "PostStartHook failed");
                host.event(api, &pod, &field, event_type::WARNING, reason, text);
                self.stop_container(index, host, api, reason, None);
            }
        }
    }
}

fn subject(container: &str, pod: &Pod) -> String {
    let meta = &pod.metadata;
    format!("for Container \"{container}\" in Pod \"{}_{}({})\"", meta.name, meta.namespace, meta.uid)
}
