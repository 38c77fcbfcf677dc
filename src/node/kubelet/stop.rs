//! Stopping a pod: SIGTERM, the grace period, SIGKILL, and the last status.

use super::Host;
use super::container::{ContainerWorker, Ended, Next, Role, State};
use super::worker::{EXIT_NOTICE, PodWorker, Sandbox, Stage, Stopping};
use crate::apiserver::ApiServer;
use crate::apiserver::events::event_type;
use crate::base::{Duration, Time};

/// However short the grace period, SIGTERM comes this long before SIGKILL.
// Models pkg/kubelet/kuberuntime/kuberuntime_container.go minimumGracePeriodInSeconds
const GRACE_MIN_SECONDS: i64 = 2;
const DEFAULT_GRACE_SECONDS: i64 = 30;

impl PodWorker {
    /// Begins to stop whatever runs. A pod without running containers ends at once.
    // Models pkg/kubelet/kuberuntime/kuberuntime_container.go killContainersWithSyncResult
    pub fn begin_stop(&mut self, host: &mut Host, api: &mut ApiServer) {
        let now = host.now;
        let had_runs = self.containers.iter().any(ContainerWorker::is_running);
        let kill_at = now + Duration::from_secs(self.grace_seconds());
        self.stage = Stage::Stopping(Stopping { began: now, kill_at, killed: false, had_runs });
        // Sidecars are told last, so that they serve the others to their end.
        for index in (0..self.containers.len()).rev() {
            if self.containers[index].role != Role::Sidecar {
                self.ask_to_stop(index, host, api);
            }
        }
        self.ask_sidecars(host, api);
    }

    fn grace_seconds(&self) -> i64 {
        let own = self.pod.spec.termination_grace_period_seconds.unwrap_or(DEFAULT_GRACE_SECONDS);
        self.pod.metadata.deletion_grace_period_seconds.unwrap_or(own).max(GRACE_MIN_SECONDS)
    }

    fn ask_to_stop(&mut self, index: usize, host: &mut Host, api: &mut ApiServer) {
        let container = &mut self.containers[index];
        if !container.is_running() || container.asked_to_stop {
            return;
        }
        container.asked_to_stop = true;
        let text = format!("Stopping container {}", container.name);
        let field = container.field_path();
        if let Some(run) = &mut container.run {
            run.terminate(host.now);
        }
        host.event(api, &self.pod, &field, event_type::NORMAL, "Killing", &text);
        self.collect(host);
    }

    /// Tells the last sidecar that still runs, when everything that it served has ended.
    fn ask_sidecars(&mut self, host: &mut Host, api: &mut ApiServer) {
        let running = |role: Role| {
            self.containers
                .iter()
                .rposition(|c| (c.role == Role::Sidecar) == (role == Role::Sidecar) && c.run.is_some())
        };
        if running(Role::Regular).is_none()
            && let Some(index) = running(Role::Sidecar)
        {
            self.ask_to_stop(index, host, api);
        }
    }

    pub fn continue_stop(&mut self, host: &mut Host, api: &mut ApiServer) {
        let now = host.now;
        let Stage::Stopping(mut stopping) = self.stage.clone() else { return };
        // A second deletion may shorten the grace period.
        stopping.kill_at = stopping.kill_at.min(stopping.began + Duration::from_secs(self.grace_seconds()));
        if stopping.kill_at <= now && !stopping.killed {
            stopping.killed = true;
            for container in &mut self.containers {
                if let Some(run) = &mut container.run {
                    run.kill(now);
                }
            }
            self.collect(host);
        }
        self.ask_sidecars(host, api);
        let over = self.stop_over(&stopping).is_some_and(|at| at <= now);
        self.stage = Stage::Stopping(stopping);
        if over {
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
        self.stop_over(stopping).or((!stopping.killed).then_some(stopping.kill_at))
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
            if container.asked_to_stop {
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
