//! One container of a pod on a node: its runs and what comes next.

use super::computations::ComputationKey;
use super::hooks::Hook;
use super::logs::Logs;
use super::probe::{Kind, Probe};
use super::run::{Exit, Run};
use super::stop::ContainerStop;
use crate::api::core::{Container, ContainerState, ContainerStateRunning, ContainerStateTerminated};
use crate::api::core::{ContainerStateWaiting, Pod, PodSpec};
use crate::base::Time;
use crate::node::backoff::Backoff;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    Init,
    /// An init container that stays.
    Sidecar,
    Regular,
}

/// A run that is over.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ended {
    pub exit_code: i32,
    pub reason: String,
    pub message: String,
    pub started_at: Option<Time>,
    pub finished_at: Option<Time>,
    /// Empty when no container was ever made.
    pub container_id: String,
}

/// What the status says of the container.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum State {
    Waiting { reason: String, message: String },
    Running { started_at: Time },
    Ended(Ended),
}

impl State {
    pub const fn is_running(&self) -> bool {
        matches!(self, State::Running { .. })
    }
}

/// What the kubelet does next with a container that is not running.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    /// Others come first.
    Idle,
    Start {
        at: Time,
    },
    Pulling(Pull),
    /// Waits before a restart; from `show_at` on the status says so.
    CrashLoop {
        show_at: Option<Time>,
        start_at: Time,
    },
    PullBackoff {
        show_at: Option<Time>,
        retry_at: Time,
    },
    /// Something that only a change elsewhere can mend is tried again.
    Retry {
        at: Time,
    },
    /// Only a change of the pod can mend what is wrong.
    Stuck,
    Done,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pull {
    pub until: Time,
    /// The text of the event, or what went wrong.
    pub result: Result<String, super::images::ImageTrouble>,
}

#[derive(Clone, Debug)]
pub struct ContainerWorker {
    pub role: Role,
    pub name: String,
    /// The place in the list of init or regular containers.
    pub index: usize,
    pub state: State,
    /// The last run that ended, and the one before: what `lastState` shows.
    pub last: Option<Ended>,
    pub before_last: Option<Ended>,
    pub restarts: i32,
    pub run: Option<Run>,
    pub run_wake: Option<Time>,
    pub started_at: Time,
    pub container_id: String,
    /// An exit that the kubelet has not noticed yet.
    pub exit: Option<Exit>,
    pub next: Next,
    pub backoff: Backoff,
    pub pull_backoff: Backoff,
    pub pull_error: String,
    /// Its pod starts anew, and it has not run since.
    pub starts_anew: bool,
    /// It runs by a definition that is not the pod's any more.
    pub redefined: bool,
    /// The run is being stopped.
    pub stop: Option<ContainerStop>,
    /// The hook after the start of the run, until it is over.
    pub post_start: Option<Hook>,
    /// Of the present run.
    pub probes: Vec<Probe>,
    /// Computations of the present run that the world outside still works on.
    pub computations: Vec<ComputationKey>,
    pub logs: Logs,
}

impl ContainerWorker {
    fn new(role: Role, index: usize, name: &str, waiting: &str) -> ContainerWorker {
        ContainerWorker {
            role,
            name: name.to_owned(),
            index,
            state: State::Waiting { reason: waiting.to_owned(), message: String::new() },
            last: None,
            before_last: None,
            restarts: 0,
            run: None,
            run_wake: None,
            started_at: Time::default(),
            container_id: String::new(),
            exit: None,
            next: Next::Idle,
            backoff: Backoff::default(),
            pull_backoff: Backoff::default(),
            pull_error: String::new(),
            starts_anew: false,
            redefined: false,
            stop: None,
            post_start: None,
            probes: Vec::new(),
            computations: Vec::new(),
            logs: Logs::default(),
        }
    }

    /// The containers of a pod that has not begun: init containers first.
    pub fn all(pod: &Pod) -> Vec<ContainerWorker> {
        let spec = &pod.spec;
        let waiting = if spec.init_containers.is_empty() { "ContainerCreating" } else { "PodInitializing" };
        let init = spec.init_containers.iter().enumerate().map(|(index, container)| {
            let role = if container.is_restartable_init() { Role::Sidecar } else { Role::Init };
            ContainerWorker::new(role, index, &container.name, waiting)
        });
        let regular = spec.containers.iter().enumerate();
        let regular = regular
            .map(|(index, container)| ContainerWorker::new(Role::Regular, index, &container.name, waiting));
        init.chain(regular).collect()
    }

    pub fn spec<'a>(&self, spec: &'a PodSpec) -> Option<&'a Container> {
        match self.role {
            Role::Init | Role::Sidecar => spec.init_containers.get(self.index),
            Role::Regular => spec.containers.get(self.index),
        }
    }

    /// `spec.containers{main}`, as events name it.
    pub fn field_path(&self) -> String {
        let list = if self.role == Role::Regular { "containers" } else { "initContainers" };
        format!("spec.{list}{{{}}}", self.name)
    }

    /// Whether a process is there, as far as the kubelet knows.
    pub fn is_running(&self) -> bool {
        self.run.is_some() || self.exit.is_some()
    }

    fn settled(&self, kind: Kind) -> Option<Option<bool>> {
        self.probes.iter().find(|probe| probe.kind == kind).map(|probe| probe.settled)
    }

    /// Runs, and its startup probe, if it has one, is content.
    // Models pkg/kubelet/prober/prober_manager.go isContainerStarted
    pub fn is_started(&self) -> bool {
        self.state.is_running() && self.settled(Kind::Startup).is_none_or(|settled| settled == Some(true))
    }

    /// Started, and its readiness probe, if it has one, is content.
    // Models pkg/kubelet/prober/prober_manager.go UpdatePodStatus
    pub fn is_ready(&self) -> bool {
        self.is_started() && self.settled(Kind::Readiness).is_none_or(|settled| settled == Some(true))
    }

    pub fn wait(&mut self, reason: &str, message: String) {
        self.state = State::Waiting { reason: reason.to_owned(), message };
    }

    /// The kubelet notices the exit.
    pub fn end(&mut self, exit: &Exit) {
        let reason = exit.reason.unwrap_or(if exit.code == 0 { "Completed" } else { "Error" });
        let ended = Ended {
            exit_code: exit.code,
            reason: reason.to_owned(),
            message: exit.message.clone(),
            started_at: Some(self.started_at),
            finished_at: Some(exit.at),
            container_id: self.container_id.clone(),
        };
        self.before_last = self.last.take();
        self.last = Some(ended.clone());
        self.state = State::Ended(ended);
        self.run = None;
        self.run_wake = None;
        self.exit = None;
        self.post_start = None;
        self.probes.clear();
    }

    /// The state and `lastState` of the status.
    pub fn states(&self) -> (ContainerState, ContainerState) {
        let ended_state = |ended: &Ended| ContainerState {
            terminated: Some(terminated(ended)),
            ..ContainerState::default()
        };
        let last = self.last.as_ref().map(ended_state).unwrap_or_default();
        match &self.state {
            State::Waiting { reason, message } => {
                let waiting = ContainerStateWaiting {
                    reason: reason.clone(),
                    message: message.clone(),
                    ..ContainerStateWaiting::default()
                };
                (ContainerState { waiting: Some(waiting), ..ContainerState::default() }, last)
            }
            State::Running { started_at } => {
                let running = ContainerStateRunning {
                    started_at: Some(started_at.to_timestamp()),
                    ..ContainerStateRunning::default()
                };
                (ContainerState { running: Some(running), ..ContainerState::default() }, last)
            }
            State::Ended(ended) => {
                let before = self.before_last.as_ref().map(ended_state).unwrap_or_default();
                (ended_state(ended), before)
            }
        }
    }
}

fn terminated(ended: &Ended) -> ContainerStateTerminated {
    ContainerStateTerminated {
        exit_code: ended.exit_code,
        reason: ended.reason.clone(),
        message: ended.message.clone(),
        started_at: ended.started_at.map(Time::to_timestamp),
        finished_at: ended.finished_at.map(Time::to_timestamp),
        container_id: ended.container_id.clone(),
        ..ContainerStateTerminated::default()
    }
}
