//! `kubectl exec`.
// Models staging/src/k8s.io/kubectl/pkg/cmd/exec/exec.go

use std::sync::Arc;

use super::logs::{container_list, default_container, logging_order, no_pods_of, pods};
use crate::api::core::{Pod, PodPhase, selector_matches};
use crate::api::{Kind, Object};
use crate::base::sorted;
use crate::containers::{Process, State};
use crate::kubectl::failure::{Failure, error, usage_error};
use crate::kubectl::flags::Args;
use crate::kubectl::objects::{self, Item};
use crate::kubectl::task::{Progress, Task};
use crate::kubectl::{Context, Next, Outcome, resources, select};

/// Steps of a program within one poll: an endless loop must not hold up the page.
const STEPS_MAX: usize = 10_000;

/// A command that runs in a container.
pub struct Exec {
    process: Process,
}

impl std::fmt::Debug for Exec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Exec")
    }
}

pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let Some(target) = args.words.first() else {
        return Err(error("pod, type/name or --filename must be specified"));
    };
    let command = match args.dash_at {
        Some(at) => args.words[at..].to_vec(),
        None => args.words[1..].to_vec(),
    };
    if args.dash_at == Some(0) {
        return Err(error("pod, type/name or --filename must be specified"));
    }
    if args.dash_at.is_none() && !command.is_empty() {
        return Err(usage_error(
            "exec",
            "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead",
        ));
    }
    if command.is_empty() {
        return Err(error("you must specify at least one command for the container"));
    }
    let pod = pod_of(context, args, target)?;
    if pod.is_terminal() {
        let phase = if pod.status.phase == PodPhase::Failed { "Failed" } else { "Succeeded" };
        return Err(error(format!(
            "cannot exec into a container in a completed pod; current phase is {phase}"
        )));
    }
    let container = match args.text("container") {
        "" => default_container(context, &pod),
        name => name.to_owned(),
    };
    if !pod.spec.init_containers.iter().chain(&pod.spec.containers).any(|c| c.name == container) {
        return Err(error(format!(
            "container {container} is not valid for pod {} out of: {}",
            pod.metadata.name,
            container_list(&pod)
        )));
    }
    if args.is("tty") && is_bare_shell(&command) {
        let shell = &command[0];
        return Err(error(format!(
            "an interactive shell is not simulated here: use kubectl exec {target} -- {shell} -c 'COMMAND'"
        )));
    }
    // Without a terminal, what is piped in goes to the command.
    let piped = args.is("stdin") && !args.is("tty");
    if piped && !context.stdin.ended {
        return Err(Failure::NeedsInput);
    }
    let meta = &pod.metadata;
    match context.cluster.exec(&meta.namespace, &meta.name, &container, command) {
        Ok(mut process) => {
            if piped {
                process.give_input(context.stdin.text.as_bytes());
            }
            Ok(Next::Wait(Task::Exec(Box::new(Exec { process }))))
        }
        Err(problem) => Err(error(problem.to_string())),
    }
}

/// A shell that would wait for what is typed.
fn is_bare_shell(command: &[String]) -> bool {
    let [program] = command else { return false };
    matches!(program.rsplit('/').next(), Some("sh" | "ash" | "bash" | "dash"))
}

fn pod_of(context: &mut Context, args: &Args, target: &str) -> Result<Arc<Pod>, Failure> {
    let namespace = context.namespace(args);
    let (resource, name) = match target.contains('/') {
        true => select::split_reference(target)?,
        false => (resources::of_kind(Kind::Pod), target.to_owned()),
    };
    let info = objects::look_up(context.cluster, resource, &namespace, &name)?;
    match &info.item {
        Item::Stored(Object::Pod(pod)) => Ok(pod.clone()),
        Item::Stored(Object::Job(job)) => {
            let selector = job.spec.selector.clone().unwrap_or_default();
            let mut found =
                pods(context, &namespace, |pod| selector_matches(&selector, &pod.metadata.labels));
            sorted::sort_by(&mut found, |a, b| logging_order(a, b));
            found.into_iter().next().ok_or_else(|| error("timed out waiting for the condition"))
        }
        _ => Err(no_pods_of(&info, "attach to")),
    }
}

impl Exec {
    /// # Errors
    /// When the command ends with another status than 0.
    pub fn poll(&mut self, context: &mut Context) -> Result<Progress, Failure> {
        for _ in 0..STEPS_MAX {
            let state = self.process.run(context.now());
            for piece in self.process.take_output() {
                context.out.push((piece.stream, piece.text));
            }
            for call in self.process.take_calls() {
                let result = crate::containers::compute::run(&call.request);
                self.process.finish_computation(call.id, result);
            }
            match state {
                State::Ready => {}
                State::Sleeping { until } => return Ok(Progress::Waiting { until: Some(until) }),
                State::Blocked => return Ok(Progress::Waiting { until: None }),
                State::Exited { code: 0, .. } => return Ok(Progress::Done(0)),
                State::Exited { code, .. } => {
                    context.print_error(format!("command terminated with exit code {code}\n"));
                    return Ok(Progress::Done(code));
                }
            }
        }
        Ok(Progress::Waiting { until: Some(context.now() + crate::base::Duration::from_millis(1)) })
    }
}
