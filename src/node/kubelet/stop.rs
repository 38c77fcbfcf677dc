//! Stopping a pod: SIGTERM, the grace period, SIGKILL, and the last status.

use std::sync::Arc;

use super::Host;
use super::container::{Ended, Next, Role, State};
use super::hooks::{Hook, When};
use super::worker::{EXIT_NOTICE, PodWorker, Sandbox, Stage};
use crate::apiserver::ApiServer;
use crate::apiserver::events::event_type;
use crate::base::{Duration, Time};

/// However short the grace period, SIGTERM comes this long before SIGKILL.
// Models pkg/kubelet/kuberuntime/kuberuntime_container.go minimumGracePeriodInSeconds
const GRACE_MIN_SECONDS: i64 = 2;
const DEFAULT_GRACE_SECONDS: i64 = 30;

/// The pod is being stopped since then.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stopping {
    pub began: Time,
}

/// One run is being stopped: its hook first, then SIGTERM in its turn, then SIGKILL.
// Models pkg/kubelet/kuberuntime/kuberuntime_container.go killContainer
#[derive(Clone, Debug)]
pub struct ContainerStop {
    began: Time,
    grace_seconds: i64,
    hook: Option<Hook>,
    /// When SIGTERM was sent.
    told_at: Option<Time>,
    killed: bool,
    /// Whether the kubelet that stops it means to start it again at once.
    pub to_restart: bool,
}

impl ContainerStop {
    /// The hook and the wait for one's turn take from the grace period.
    fn kill_at(&self) -> Option<Time> {
        let told_at = self.told_at?;
        let left = self.grace_seconds - (told_at - self.began).as_secs();
        Some(told_at + Duration::from_secs(left.max(GRACE_MIN_SECONDS)))
    }

    fn grace_end(&self) -> Time {
        self.began + Duration::from_secs(self.grace_seconds)
    }

    fn wake(&self) -> Option<Time> {
        match (self.kill_at(), &self.hook) {
            (Some(kill_at), _) => (!self.killed).then_some(kill_at),
            (None, Some(hook)) => Some(hook.wake().map_or(self.grace_end(), |at| at.min(self.grace_end()))),
            (None, None) => Some(self.grace_end()),
        }
    }
}

impl PodWorker {
    /// Begins to stop whatever runs. A pod without running containers ends at once.
    // Models pkg/kubelet/kuberuntime/kuberuntime_container.go killContainersWithSyncResult
    pub fn begin_stop(&mut self, host: &mut Host, api: &mut ApiServer) {
        self.stage = Stage::Stopping(Stopping { began: host.now });
        let is_sidecar = |role: Role| role == Role::Sidecar;
        for sidecars in [false, true] {
            for index in (0..self.containers.len()).rev() {
                if is_sidecar(self.containers[index].role) == sidecars {
                    let text = format!("Stopping container {}", self.containers[index].name);
                    self.stop_container(index, host, api, &text, None);
                }
            }
        }
    }

    fn grace_seconds(&self) -> i64 {
        let own = self.pod.spec.termination_grace_period_seconds.unwrap_or(DEFAULT_GRACE_SECONDS);
        self.pod.metadata.deletion_grace_period_seconds.unwrap_or(own).max(GRACE_MIN_SECONDS)
    }

    /// Begins to stop a container that runs. `grace_seconds`: `None` for the pod's own; with 0 there is no hook.
    pub fn stop_container(
        &mut self,
        index: usize,
        host: &mut Host,
        api: &mut ApiServer,
        message: &str,
        grace_seconds: Option<i64>,
    ) {
        let with_hook = host.runs_programs() && grace_seconds != Some(0);
        let grace_seconds = grace_seconds.unwrap_or_else(|| self.grace_seconds()).max(GRACE_MIN_SECONDS);
        let pod = Arc::clone(&self.pod);
        let container = &mut self.containers[index];
        if !container.is_running() || container.stop.is_some() {
            return;
        }
        host.event(api, &pod, &container.field_path(), event_type::NORMAL, "Killing", message);
        container.post_start = None;
        let hook =
            container.run.as_ref().filter(|_| with_hook).and_then(|run| {
                Hook::begin(When::PreStop, container.spec(&pod.spec)?, run, &self.ip, host.now)
            });
        let (began, told_at, killed, to_restart) = (host.now, None, false, false);
        container.stop = Some(ContainerStop { began, grace_seconds, hook, told_at, killed, to_restart });
        self.advance_stops(host, api);
    }

    /// The container that is being stopped is started again, whatever its policy.
    pub fn restart_after_stop(&mut self, index: usize) {
        if let Some(stop) = &mut self.containers[index].stop {
            stop.to_restart = true;
        }
    }

    /// Does what is due of all stops.
    pub fn advance_stops(&mut self, host: &mut Host, api: &mut ApiServer) {
        for index in 0..self.containers.len() {
            self.advance_stop(index, host, api);
        }
    }

    fn advance_stop(&mut self, index: usize, host: &mut Host, api: &mut ApiServer) {
        let now = host.now;
        let has_its_turn = self.may_be_told(index);
        let container = &mut self.containers[index];
        let (Some(stop), Some(run)) = (&mut container.stop, &mut container.run) else { return };
        if let Some(hook) = &mut stop.hook {
            let outcome = hook.advance(now);
            let failed = matches!(outcome, Some(Err(_)));
            if outcome.is_some() || stop.grace_end() <= now {
                stop.hook = None;
            }
            if failed {
                let (field, text) = (container.field_path(), "PreStopHook failed");
                let reason = "FailedPreStopHook";
                host.event(api, &self.pod, &field, event_type::WARNING, reason, text);
                return self.advance_stop(index, host, api);
            }
        }
        if stop.told_at.is_none() && stop.hook.is_none() && (has_its_turn || stop.grace_end() <= now) {
            stop.told_at = Some(now);
            run.terminate(now);
        } else if !stop.killed && stop.kill_at().is_some_and(|at| at <= now) {
            stop.killed = true;
            run.kill(now);
        } else {
            return;
        }
        self.collect(host);
    }

    /// A sidecar of a pod that is being stopped serves until those that it serves have ended.
    // Models pkg/kubelet/kuberuntime/kuberuntime_termination_order.go
    fn may_be_told(&self, index: usize) -> bool {
        if self.containers[index].role != Role::Sidecar || self.stage == Stage::Active {
            return true;
        }
        let after = self.containers[index + 1..].iter().filter(|c| c.role == Role::Sidecar);
        let served = self.containers.iter().filter(|c| c.role != Role::Sidecar);
        after.chain(served).all(|container| container.run.is_none())
    }

    pub fn continue_stop(&mut self, host: &mut Host, api: &mut ApiServer) {
        let Stage::Stopping(stopping) = self.stage.clone() else { return };
        // A second deletion may shorten the grace period.
        let grace_seconds = self.grace_seconds();
        for stop in self.containers.iter_mut().filter_map(|container| container.stop.as_mut()) {
            stop.grace_seconds = stop.grace_seconds.min(grace_seconds);
        }
        // In reverse: a sidecar that ends gives the one before it its turn.
        for index in (0..self.containers.len()).rev() {
            self.advance_stop(index, host, api);
        }
        if self.stop_over(&stopping).is_some_and(|at| at <= host.now) {
            self.finish();
        }
    }

    /// The instant at which the last exit is noticed; `None` while something runs.
    fn stop_over(&self, stopping: &Stopping) -> Option<Time> {
        if self.containers.iter().any(|container| container.run.is_some()) {
            return None;
        }
        let exits = self.containers.iter().filter_map(|container| container.exit.as_ref());
        let last = exits.map(|exit| exit.at.max(stopping.began) + EXIT_NOTICE).max();
        Some(last.unwrap_or(stopping.began))
    }

    pub fn stop_wake(&self, stopping: &Stopping) -> Option<Time> {
        self.stop_over(stopping).or_else(|| self.stops_wake())
    }

    pub fn stops_wake(&self) -> Option<Time> {
        let running = self.containers.iter().filter(|container| container.run.is_some());
        running.filter_map(|container| container.stop.as_ref()?.wake()).min()
    }

    /// Every container gets its last state; nothing of the pod runs any more.
    // Models pkg/kubelet/status/status_manager.go TerminatePod
    fn finish(&mut self) {
        for container in &mut self.containers {
            if let Some(exit) = container.exit.take() {
                container.end(&exit);
            }
            // What waited for a restart ended with its last run.
            if matches!(container.state, State::Waiting { .. })
                && let Some(last) = container.last.clone()
            {
                container.state = State::Ended(last);
            }
            container.next = Next::Done;
        }
        let deleted = self.pod.metadata.is_deleting() || self.outcome.is_some();
        let initialized = self.is_initialized();
        let last_known = self.containers.iter().rposition(|c| matches!(c.state, State::Ended(_)));
        for (index, container) in self.containers.iter_mut().enumerate() {
            let lost = match container.role {
                Role::Regular => initialized,
                // Init containers after the last that ran never had their turn.
                _ => last_known.is_some_and(|last| index < last),
            };
            if lost && deleted && !matches!(container.state, State::Ended(_)) {
                container.state = State::Ended(unknown_end());
            }
        }
        self.sandbox = Sandbox::Gone;
        self.stage = Stage::Finished;
        self.dirty = true;
    }

    /// The object is gone: whatever runs is stopped without a trace but the event.
    pub fn abandon(&mut self, host: &mut Host, api: &mut ApiServer) {
        for (index, container) in self.containers.iter_mut().enumerate() {
            host.computations.cancel((self.id, index), &mut container.computations);
        }
        for container in self.containers.iter().filter(|container| container.is_running()) {
            if container.stop.is_some() {
                continue;
            }
            let text = format!("Stopping container {}", container.name);
            host.event(api, &self.pod, &container.field_path(), event_type::NORMAL, "Killing", &text);
        }
    }
}

fn unknown_end() -> Ended {
    Ended {
        exit_code: 137,
        reason: "ContainerStatusUnknown".to_owned(),
        message: "The container could not be located when the pod was terminated".to_owned(),
        ..Ended::default()
    }
}
