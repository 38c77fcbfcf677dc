//! One pod on a node, from its admission to its end. A step looks at what is due and does it; nothing polls.

use std::sync::Arc;

use super::Host;
use super::container::{ContainerWorker, Next, Role, State};
use super::images::ImageTrouble;
use super::run::{Exit, Progress};
use super::stop::Stopping;
use super::volumes::Volumes;
use crate::api::core::{Pod, PodStatus};
use crate::api::status::StatusReason;
use crate::api::{Kind, Object, Status};
use crate::apiserver::events::event_type;
use crate::apiserver::{ApiServer, DeleteOptions, ObjectKey, Preconditions, Subresource};
use crate::base::{Duration, Time};
use crate::node::phase::{restarts_all, should_restart};

/// A status that the server refused is sent again after this.
// Models pkg/kubelet/status/status_manager.go syncPeriod
const STATUS_RETRY: Duration = Duration::from_secs(10);
/// The time from an exit to the kubelet's notice of it.
pub const EXIT_NOTICE: Duration = Duration::from_millis(500);
/// From the notice to the restart that needs no wait.
const RESTART_LAG: Duration = Duration::from_millis(400);
/// From the notice to the status that says CrashLoopBackOff.
const CRASH_LOOP_SHOWN: Duration = Duration::from_millis(1_000);

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sandbox {
    Creating { ready_at: Time },
    Ready,
    Gone,
}

/// Why the kubelet itself ends a pod.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    pub reason: &'static str,
    pub message: String,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stage {
    New,
    Active,
    Stopping(Stopping),
    Finished,
}

#[derive(Clone, Debug)]
pub struct PodWorker {
    pub id: u64,
    pub key: ObjectKey,
    /// The pod as it was last seen in the store.
    pub pod: Arc<Pod>,
    pub containers: Vec<ContainerWorker>,
    pub sandbox: Sandbox,
    /// Empty until the sandbox has its network.
    pub ip: String,
    pub volumes: Volumes,
    pub stage: Stage,
    /// Whether the pod was taken in and still takes room on the node.
    pub admitted: bool,
    pub start_time: Time,
    pub outcome: Option<Outcome>,
    /// A container's end asked for all of them to start again; they are being killed.
    pub restarting_all: bool,
    /// When the worker must be stepped next, if nothing changes before.
    pub wake: Option<Time>,
    pub dirty: bool,
    /// When the refused status is sent again.
    tell_again_at: Option<Time>,
}

impl PodWorker {
    pub fn new(id: u64, pod: &Arc<Pod>, now: Time) -> PodWorker {
        PodWorker {
            id,
            key: ObjectKey::new(&pod.metadata.namespace, &pod.metadata.name),
            pod: Arc::clone(pod),
            containers: ContainerWorker::all(pod),
            sandbox: Sandbox::Creating { ready_at: now },
            ip: String::new(),
            volumes: Volumes::default(),
            stage: Stage::New,
            admitted: false,
            start_time: now,
            outcome: None,
            restarting_all: false,
            wake: None,
            dirty: false,
            tell_again_at: None,
        }
    }

    pub fn is_finished(&self) -> bool {
        self.stage == Stage::Finished
    }

    /// Does what is due now.
    // Models pkg/kubelet/kubelet.go SyncPod, SyncTerminatingPod and SyncTerminatedPod
    pub fn step(&mut self, host: &mut Host, api: &mut ApiServer) {
        let now = host.now;
        if self.stage == Stage::New {
            if !self.pod.metadata.is_deleting()
                && let Err(rejection) = host.admit(&self.pod)
            {
                return self.reject(host, api, &rejection);
            }
            self.admitted = !self.pod.metadata.is_deleting();
            self.sandbox = Sandbox::Creating { ready_at: now + host.create_delay(&self.pod) };
            self.stage = Stage::Active;
            self.dirty = true;
            if self.pod.metadata.is_deleting() {
                self.dirty = false;
            } else {
                self.flush(host, api);
            }
        }
        self.collect(host);
        if self.stage == Stage::Active {
            self.check_deadline(host, api);
        }
        if self.stage == Stage::Active && self.pod.metadata.is_deleting() {
            self.begin_stop(host, api);
        }
        if self.stage == Stage::Active {
            self.drive(host, api);
        }
        if matches!(self.stage, Stage::Stopping(_)) {
            self.continue_stop(host, api);
        } else if self.stage == Stage::Active {
            self.advance_stops(host, api);
        }
        if self.dirty || self.tell_again_at.is_some_and(|at| at <= now) {
            self.flush(host, api);
        }
        // A wake that is already past would hold time still for ever.
        self.wake = self.next_wake().map(|wake| wake.max(now + Duration::from_millis(1)));
    }

    /// The pod's object changed: a new image frees a container from the trouble with the old one, or replaces its run.
    pub fn replace_pod(&mut self, pod: &Arc<Pod>) {
        if self.pod.spec.is_same(&pod.spec) {
            self.pod = Arc::clone(pod);
            return;
        }
        let images_before: Vec<String> =
            (0..self.containers.len()).map(|index| self.image_of(index)).collect();
        self.pod = Arc::clone(pod);
        for (index, before) in images_before.iter().enumerate() {
            if self.image_of(index) == *before {
                continue;
            }
            let container = &mut self.containers[index];
            container.redefined = container.is_running();
            if matches!(container.next, Next::Stuck | Next::PullBackoff { .. }) {
                container.next = Next::Idle;
            }
        }
    }

    /// Kills a container whose definition changed, to run the new one.
    // Models pkg/kubelet/kuberuntime/kuberuntime_manager.go computePodActions
    fn replace_redefined(&mut self, index: usize, host: &mut Host, api: &mut ApiServer) {
        if !std::mem::take(&mut self.containers[index].redefined) {
            return;
        }
        let text = format!("Container {} definition changed, will be restarted", self.containers[index].name);
        self.stop_container(index, host, api, &text, None);
        self.restart_after_stop(index);
    }

    /// Advances the runs and takes note of those that ended.
    pub fn collect(&mut self, host: &mut Host) {
        for (index, container) in self.containers.iter_mut().enumerate() {
            let Some(run) = &mut container.run else { continue };
            let progress = run.advance(host.now, &mut container.logs);
            host.computations.update((self.id, index), run, &mut container.computations);
            match progress {
                Progress::Running { wake } => container.run_wake = wake,
                Progress::Exited(exit) => {
                    container.run = None;
                    container.run_wake = None;
                    container.exit = Some(exit);
                    host.computations.cancel((self.id, index), &mut container.computations);
                }
            }
        }
    }

    // Models pkg/kubelet/active_deadline.go
    fn check_deadline(&mut self, host: &mut Host, api: &mut ApiServer) {
        if self.deadline().is_none_or(|at| at > host.now) {
            return;
        }
        let message = "Pod was active on the node longer than the specified deadline";
        host.event(api, &self.pod, "", event_type::NORMAL, "DeadlineExceeded", message);
        self.outcome = Some(Outcome { reason: "DeadlineExceeded", message: message.to_owned() });
        self.begin_stop(host, api);
    }

    fn deadline(&self) -> Option<Time> {
        let seconds = self.pod.spec.active_deadline_seconds?;
        Some(self.start_time + Duration::from_secs(seconds))
    }

    /// Moves a living pod on: sandbox, exits, starts, end.
    fn drive(&mut self, host: &mut Host, api: &mut ApiServer) {
        if let Sandbox::Creating { ready_at } = self.sandbox {
            if ready_at > host.now {
                return;
            }
            if !self.prepare_sandbox(host, api) {
                return;
            }
        }
        if self.restarting_all && !self.continue_restart_all() {
            return;
        }
        for index in 0..self.containers.len() {
            self.replace_redefined(index, host, api);
            self.drive_post_start(index, host, api);
            self.notice_exit(index, host, api);
            self.probe_container(index, host, api);
        }
        if self.restarting_all {
            return;
        }
        if self.is_over() {
            self.begin_stop(host, api);
            return;
        }
        // A container that starts may let the next one start, so one pass in their order is enough.
        for index in 0..self.containers.len() {
            self.advance_container(index, host, api);
            // Those after it wait for the end of its hook.
            if self.containers[index].post_start.is_some() {
                break;
            }
        }
        // A container that could not even start may have been the last hope.
        if self.is_over() {
            self.begin_stop(host, api);
        }
    }

    fn notice_exit(&mut self, index: usize, host: &mut Host, api: &mut ApiServer) {
        let Some(exit) = self.containers[index].exit.clone().filter(|exit| exit.at + EXIT_NOTICE <= host.now)
        else {
            return;
        };
        self.ended(index, host, api, &exit);
    }

    /// Shows the end of a run and decides on the next.
    pub fn ended(&mut self, index: usize, host: &mut Host, api: &mut ApiServer, exit: &Exit) {
        let waits_for = match &self.containers[index].state {
            State::Waiting { reason, message } if reason == "PostStartHookError" => Some(message.clone()),
            _ => None,
        };
        let to_restart = self.containers[index].stop.take().is_some_and(|stop| stop.to_restart);
        self.containers[index].end(exit);
        self.dirty = true;
        let container = &self.containers[index];
        let Some(spec) = container.spec(&self.pod.spec) else { return };
        if restarts_all(spec, exit.code) {
            return self.begin_restart_all(host, api);
        }
        let policy = self.pod.spec.restart_policy.as_str();
        let again = match container.role {
            _ if to_restart => true,
            Role::Sidecar => true,
            // An init container that is done is not started again, whatever the policy.
            Role::Init => exit.code != 0 && should_restart(spec, policy, exit.code),
            Role::Regular => should_restart(spec, policy, exit.code),
        };
        // The kubelet that kills a container to restart it looks at the end of the run before.
        let before = container.before_last.as_ref().and_then(|ended| ended.finished_at);
        let at_once = to_restart && before.is_none_or(|at| container.backoff.allowed_at(at) <= host.now);
        self.containers[index].next = match again {
            true if at_once => Next::Start { at: host.now },
            true => self.restart_plan(index, host, api, exit.at),
            false => Next::Done,
        };
        if let Some(message) = waits_for.filter(|_| again) {
            self.containers[index].wait("PostStartHookError", message);
        }
    }

    // Models pkg/kubelet/kuberuntime/kuberuntime_manager.go doBackOff
    fn restart_plan(&mut self, index: usize, host: &mut Host, api: &mut ApiServer, finished: Time) -> Next {
        let container = &self.containers[index];
        let start_at = container.backoff.allowed_at(finished);
        if start_at <= host.now {
            return Next::Start { at: host.now + RESTART_LAG };
        }
        let meta = &self.pod.metadata;
        let message = format!(
            "Back-off restarting failed container {} in pod {}_{}({})",
            container.name, meta.name, meta.namespace, meta.uid
        );
        let field = container.field_path();
        host.event(api, &self.pod, &field, event_type::WARNING, "BackOff", &message);
        Next::CrashLoop { show_at: Some(host.now + CRASH_LOOP_SHOWN), start_at }
    }

    /// Whether no container will run any more, sidecars aside.
    fn is_over(&self) -> bool {
        let ended_badly =
            |c: &ContainerWorker| matches!(&c.state, State::Ended(ended) if ended.exit_code != 0);
        let failed_init = |c: &&ContainerWorker| {
            c.role == Role::Init && c.next == Next::Done && !c.is_running() && ended_badly(c)
        };
        if self.containers.iter().any(|c| failed_init(&c)) {
            return true;
        }
        let mut regular = self.containers.iter().filter(|c| c.role == Role::Regular);
        regular.all(|c| c.next == Next::Done && !c.is_running() && matches!(c.state, State::Ended(_)))
    }

    /// Whether its turn has come: everything before it is done or up.
    pub fn may_start(&self, index: usize) -> bool {
        let before = &self.containers[..index];
        if self.containers[index].role == Role::Regular && self.is_initialized() {
            return true;
        }
        before.iter().filter(|c| c.role != Role::Regular).all(|c| match c.role {
            Role::Sidecar => c.is_started(),
            _ => matches!(&c.state, State::Ended(ended) if ended.exit_code == 0),
        })
    }

    fn advance_container(&mut self, index: usize, host: &mut Host, api: &mut ApiServer) {
        let now = host.now;
        if self.containers[index].is_running() {
            return;
        }
        match self.containers[index].next.clone() {
            Next::Idle if self.may_start(index) => self.try_start(index, host, api),
            Next::Start { at } | Next::Retry { at } if at <= now => self.try_start(index, host, api),
            Next::Pulling(pull) if pull.until <= now => self.end_pull(index, host, api, pull.result),
            Next::CrashLoop { start_at, .. } if start_at <= now => self.try_start(index, host, api),
            Next::CrashLoop { show_at: Some(show_at), start_at } if show_at <= now => {
                self.show_crash_loop(index);
                self.containers[index].next = Next::CrashLoop { show_at: None, start_at };
            }
            Next::PullBackoff { retry_at, .. } if retry_at <= now => self.try_start(index, host, api),
            Next::PullBackoff { show_at: Some(show_at), retry_at } if show_at <= now => {
                self.show_pull_backoff(index, host, api);
                self.containers[index].next = Next::PullBackoff { show_at: None, retry_at };
            }
            _ => {}
        }
    }

    fn show_crash_loop(&mut self, index: usize) {
        let meta = &self.pod.metadata;
        let container = &mut self.containers[index];
        let finished = container.last.as_ref().and_then(|last| last.finished_at).unwrap_or_default();
        let delay = crate::node::backoff::go_duration(container.backoff.delay_after(finished));
        let message = format!(
            "back-off {delay} restarting failed container={} pod={}_{}({})",
            container.name, meta.name, meta.namespace, meta.uid
        );
        container.wait("CrashLoopBackOff", message);
        self.dirty = true;
    }

    fn show_pull_backoff(&mut self, index: usize, host: &mut Host, api: &mut ApiServer) {
        let image = self.image_of(index);
        let text = format!("Back-off pulling image \"{image}\"");
        let field = self.containers[index].field_path();
        host.event(api, &self.pod, &field, event_type::NORMAL, "BackOff", &text);
        host.event(api, &self.pod, &field, event_type::WARNING, "Failed", "Error: ImagePullBackOff");
        let container = &mut self.containers[index];
        let message = format!("{text}: ErrImagePull: {}", container.pull_error);
        container.wait("ImagePullBackOff", message);
        self.dirty = true;
    }

    pub fn image_of(&self, index: usize) -> String {
        self.containers[index].spec(&self.pod.spec).map(|spec| spec.image.clone()).unwrap_or_default()
    }

    /// The container cannot start for now.
    pub fn trouble(&mut self, index: usize, trouble: ImageTrouble, next: Next) {
        let container = &mut self.containers[index];
        container.wait(trouble.reason, trouble.message);
        container.next = next;
        self.dirty = true;
    }

    /// Writes the status when it differs from the stored one.
    pub fn flush(&mut self, host: &mut Host, api: &mut ApiServer) {
        self.dirty = false;
        let terminal = self.is_finished();
        let status = self.build_status(host, terminal);
        let mut told = self.write_status(api, status);
        if told && terminal && self.pod.metadata.is_deleting() {
            let options = DeleteOptions {
                grace_period_seconds: Some(0),
                preconditions: Preconditions {
                    uid: Some(self.pod.metadata.uid.clone()),
                    ..Preconditions::default()
                },
                ..DeleteOptions::default()
            };
            told = !was_refused(api.delete(Kind::Pod, &self.key, &options).as_ref());
        }
        self.tell_again_at = (!told).then(|| host.now + STATUS_RETRY);
    }

    /// Answers false when the server refused it.
    pub fn write_status(&mut self, api: &mut ApiServer, status: PodStatus) -> bool {
        let uid = &self.pod.metadata.uid;
        let written = api.patch(Kind::Pod, &self.key, Subresource::Status, |object| {
            // Another pod of that name is none of this worker's.
            if let Object::Pod(pod) = object
                && pod.metadata.uid == *uid
            {
                Arc::make_mut(pod).status = status.into();
            }
        });
        let refused = was_refused(written.as_ref());
        if let Ok(Object::Pod(pod)) = written
            && pod.metadata.uid == *uid
        {
            self.pod = pod;
        }
        !refused
    }

    fn next_wake(&self) -> Option<Time> {
        let runs = self.containers.iter().filter_map(|container| container.run_wake).min();
        let own = match &self.stage {
            Stage::Finished => return self.tell_again_at,
            Stage::Stopping(stopping) => self.stop_wake(stopping),
            Stage::New | Stage::Active => {
                let sandbox = match self.sandbox {
                    Sandbox::Creating { ready_at } => Some(ready_at),
                    Sandbox::Ready | Sandbox::Gone => None,
                };
                let containers = self.containers.iter().filter_map(container_wake).min();
                let probes = self.containers.iter().filter_map(ContainerWorker::probe_wake).min();
                let all = [self.deadline(), sandbox, containers, probes, self.stops_wake()];
                all.into_iter().flatten().min()
            }
        };
        [own, runs, self.tell_again_at].into_iter().flatten().min()
    }
}

/// A pod that is gone, or that another has taken the name of, needs no word more.
fn was_refused(result: Result<&Object, &Status>) -> bool {
    result.is_err_and(|status| !status.is_not_found() && status.reason != StatusReason::Conflict)
}

fn container_wake(container: &ContainerWorker) -> Option<Time> {
    if let Some(exit) = &container.exit {
        return Some(exit.at + EXIT_NOTICE);
    }
    if let Some(hook) = &container.post_start {
        return hook.wake();
    }
    match &container.next {
        Next::Start { at } | Next::Retry { at } => Some(*at),
        Next::Pulling(pull) => Some(pull.until),
        Next::CrashLoop { show_at, start_at } => Some(show_at.map_or(*start_at, |at| at.min(*start_at))),
        Next::PullBackoff { show_at, retry_at } => Some(show_at.map_or(*retry_at, |at| at.min(*retry_at))),
        Next::Idle | Next::Stuck | Next::Done => None,
    }
}
