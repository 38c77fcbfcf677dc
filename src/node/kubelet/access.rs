//! What others ask of a kubelet: logs, commands, usage, computations.

use super::computations::ComputationKey;
use super::container::{ContainerWorker, State};
use super::logs::{LogError, LogLine};
use super::run::Run;
use super::worker::PodWorker;
use super::{Kubelet, key_of};
use crate::base::Time;
use crate::containers::{ComputeRequest, Process, StartError};

/// Why a command cannot run in a container.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ExecError {
    #[error("pods \"{pod}\" not found")]
    PodNotFound { pod: String },
    #[error("container {container} is not valid for pod {pod}")]
    ContainerNotFound { pod: String, container: String },
    #[error("unable to upgrade connection: container not found (\"{container}\")")]
    NotRunning { container: String },
    #[error(
        "Internal error occurred: error executing command in container: failed to exec in container: failed to \
         start exec: OCI runtime exec failed: exec failed: unable to start container process: {0}: unknown"
    )]
    Start(StartError),
    #[error("the container lives as its annotations say and runs no programs")]
    Scripted,
}

/// What a container uses at present.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Usage {
    pub cpu_millis: i64,
    pub memory_bytes: i64,
}

/// A container that computes uses a whole core, less what the node itself takes.
const BUSY_CPU_MILLIS: i64 = 998;
const BUSY_MEMORY_BYTES: i64 = 14 << 20;
const IDLE_MEMORY_BYTES: i64 = 1 << 20;

/// The logs of a pod that is over.
#[derive(Clone, Debug)]
pub struct FinishedPod {
    containers: Box<[FinishedContainer]>,
}

#[derive(Clone, Debug)]
struct FinishedContainer {
    name: Box<str>,
    /// The reason with which it waits; empty for one that ran.
    waiting: Box<str>,
    lost: bool,
    logs: Vec<LogLine>,
    previous: Option<Vec<LogLine>>,
}

impl FinishedPod {
    pub fn new(worker: PodWorker) -> FinishedPod {
        // Into a vector of its own: one in the place of the workers would keep their room.
        let mut containers = Vec::with_capacity(worker.containers.len());
        containers.extend(worker.containers.into_iter().map(FinishedContainer::new));
        FinishedPod { containers: containers.into_boxed_slice() }
    }
}

impl FinishedContainer {
    fn new(container: ContainerWorker) -> FinishedContainer {
        let waiting = match &container.state {
            State::Waiting { reason, .. } => reason.as_str(),
            _ => "",
        };
        let lost = matches!(&container.state, State::Ended(ended) if ended.container_id.is_empty());
        let mut logs = container.logs;
        logs.current.shrink_to_fit();
        FinishedContainer {
            waiting: waiting.into(),
            name: container.name.into_boxed_str(),
            lost,
            logs: logs.current,
            previous: logs.previous,
        }
    }
}

/// What can be read of a container.
struct LogView<'a> {
    /// The reason with which it waits for its first run; empty when it ran.
    waiting: &'a str,
    lost: bool,
    current: &'a [LogLine],
    previous: Option<&'a [LogLine]>,
}

impl LogView<'_> {
    fn of_worker(container: &ContainerWorker) -> LogView<'_> {
        let waiting = match &container.state {
            State::Waiting { reason, .. } if container.last.is_none() => reason.as_str(),
            _ => "",
        };
        LogView {
            waiting,
            lost: matches!(&container.state, State::Ended(ended) if ended.container_id.is_empty()),
            current: &container.logs.current,
            previous: container.logs.previous.as_deref(),
        }
    }

    fn of_finished(container: &FinishedContainer) -> LogView<'_> {
        LogView {
            waiting: &container.waiting,
            lost: container.lost,
            current: &container.logs,
            previous: container.previous.as_deref(),
        }
    }
}

impl Kubelet {
    /// The log of a container's present or last run, or of the run before.
    ///
    /// # Errors
    /// When there is no such pod, container or run.
    pub fn logs(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        previous: bool,
    ) -> Result<&[LogLine], LogError> {
        let unknown_pod = || LogError::PodNotFound { pod: pod.to_owned() };
        let id = self.ids.get(&key_of(namespace, pod)).ok_or_else(unknown_pod)?;
        let log = match (self.workers.get(id), self.finished.get(id)) {
            (Some(worker), _) => {
                worker.containers.iter().find(|c| c.name == container).map(LogView::of_worker)
            }
            (None, Some(finished)) => {
                finished.containers.iter().find(|c| *c.name == *container).map(LogView::of_finished)
            }
            (None, None) => return Err(unknown_pod()),
        };
        let (pod, container) = (pod.to_owned(), container.to_owned());
        match log {
            None => Err(LogError::ContainerNotFound { pod, container }),
            Some(log) if previous => log.previous.ok_or(LogError::NoPrevious { pod, container }),
            Some(LogView { lost: true, .. }) => Err(LogError::NeverRan { pod, container }),
            Some(LogView { waiting: "", current, .. }) => Ok(current),
            Some(LogView { waiting, .. }) => {
                let trouble = matches!(waiting, "ErrImagePull" | "ImagePullBackOff");
                let reason = if trouble { "trying and failing to pull image" } else { waiting };
                Err(LogError::WaitingToStart { pod, container, reason: reason.to_owned() })
            }
        }
    }

    fn find(&self, namespace: &str, pod: &str) -> Option<&PodWorker> {
        self.ids.get(&key_of(namespace, pod)).and_then(|id| self.workers.get(id))
    }

    /// Starts a command in a running container: with its image, variables, volumes and files. The caller runs the
    /// process.
    ///
    /// # Errors
    /// When the container does not run or the command cannot start.
    pub fn exec(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        argv: Vec<String>,
        now: Time,
    ) -> Result<Process, ExecError> {
        let worker =
            self.find(namespace, pod).ok_or_else(|| ExecError::PodNotFound { pod: pod.to_owned() })?;
        let found = worker.containers.iter().find(|c| c.name == container);
        let found = found.ok_or_else(|| ExecError::ContainerNotFound {
            pod: pod.to_owned(),
            container: container.to_owned(),
        })?;
        match &found.run {
            Some(Run::Program(run)) => run.process().exec(argv, now).map_err(ExecError::Start),
            Some(Run::Scripted(_)) => Err(ExecError::Scripted),
            None => Err(ExecError::NotRunning { container: container.to_owned() }),
        }
    }

    /// What a running container uses; `None` when it does not run.
    pub fn usage(&self, namespace: &str, pod: &str, container: &str) -> Option<Usage> {
        let worker = self.find(namespace, pod)?;
        let index = worker.containers.iter().position(|c| c.name == container)?;
        worker.containers[index].run.as_ref()?;
        let busy = self.host.computations.awaits((worker.id, index));
        let (cpu_millis, memory_bytes) =
            if busy { (BUSY_CPU_MILLIS, BUSY_MEMORY_BYTES) } else { (0, IDLE_MEMORY_BYTES) };
        Some(Usage { cpu_millis, memory_bytes })
    }

    /// Computations to start outside, since the last call.
    pub fn take_computations(&mut self) -> Vec<(ComputationKey, ComputeRequest)> {
        self.host.computations.take_started()
    }

    /// Computations that nobody waits for any more, since the last call.
    pub fn cancelled_computations(&mut self) -> Vec<ComputationKey> {
        self.host.computations.take_cancelled()
    }

    /// The answer of a computation. An unknown or cancelled one is ignored.
    pub fn finish_computation(&mut self, key: ComputationKey, result: Result<String, String>) {
        let Some(((id, index), own)) = self.host.computations.answer(key) else { return };
        let worker = self.workers.get_mut(&id);
        let Some(ContainerWorker { run: Some(run), computations, .. }) =
            worker.and_then(|worker| worker.containers.get_mut(index))
        else {
            return;
        };
        computations.retain(|open| *open != key);
        if let Run::Program(program) = run {
            program.finish(own, result);
        }
        self.host.computations.update((id, index), run, computations);
        self.changed.insert(id);
    }

    /// The computation without an answer that is due first, and when: the clock must not pass that instant.
    pub fn held_until(&self) -> Option<(ComputationKey, Time)> {
        if self.answering { self.host.computations.first_awaited() } else { None }
    }

    /// SIGKILL from outside to a container's first process. Answers whether it ran.
    pub fn kill_container(&mut self, namespace: &str, pod: &str, container: &str, now: Time) -> bool {
        let Some(&id) = self.ids.get(&key_of(namespace, pod)) else { return false };
        let Some(worker) = self.workers.get_mut(&id) else { return false };
        let found = worker.containers.iter_mut().find(|c| c.name == container);
        let Some(run) = found.and_then(|c| c.run.as_mut()) else { return false };
        run.kill(now);
        self.host.now = self.host.now.max(now);
        self.changed.insert(id);
        true
    }

    /// A lost node answers nobody; what is due on it happens when it is back.
    pub fn set_answering(&mut self, answering: bool, now: Time) {
        self.host.now = self.host.now.max(now);
        if answering && !self.answering {
            // The status may have been written by others meanwhile.
            for (id, worker) in &mut self.workers {
                worker.dirty = true;
                self.changed.insert(*id);
            }
        }
        self.answering = answering;
    }

    pub fn is_answering(&self) -> bool {
        self.answering
    }

    /// Everything on the node takes `percent` of its usual time from now on.
    pub fn set_pace(&mut self, percent: u32, now: Time) {
        self.host.now = self.host.now.max(now);
        self.host.percent = percent.max(1);
        for (id, worker) in &mut self.workers {
            let mut any = false;
            for container in &mut worker.containers {
                if let Some(Run::Program(program)) = &mut container.run {
                    program.set_percent(percent.max(1), now);
                    any = true;
                }
            }
            if any {
                self.changed.insert(*id);
            }
        }
    }

    /// Whether pulls fail for lack of a registry.
    pub fn set_registry_down(&mut self, down: bool) {
        self.host.images.registry_down = down;
    }

    /// The image is on the node from now on without a pull.
    pub fn preload_image(&mut self, image: &str) {
        self.host.images.preload(image);
    }
}
