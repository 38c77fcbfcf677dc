//! What probes do to a container: events, readiness, the start that counts, and the kill.

use std::sync::Arc;

use super::Host;
use super::container::ContainerWorker;
use super::probe::{Kind, Verdict, World};
use super::worker::PodWorker;
use crate::api::core::restart_policy;
use crate::apiserver::ApiServer;
use crate::apiserver::events::event_type;
use crate::base::{Time, ids};

impl ContainerWorker {
    /// When a probe has something to do.
    pub fn probe_wake(&self) -> Option<Time> {
        if self.run.is_none() || self.stop.is_some() {
            return None;
        }
        let started = self.is_started();
        self.probes.iter().filter_map(|probe| probe.wake(started)).min()
    }
}

impl PodWorker {
    /// Tries the probes that are due and does what follows from their results.
    // Models pkg/kubelet/prober/worker.go doProbe and prober.go probe
    pub fn probe_container(&mut self, index: usize, host: &mut Host, api: &mut ApiServer) {
        for position in 0..self.containers[index].probes.len() {
            let due = self.containers[index].probe_wake().is_some_and(|at| at <= host.now);
            if !due || !self.containers[index].state.is_running() {
                return;
            }
            let Some((kind, verdict)) = self.try_probe(index, position, host) else { continue };
            let text = match &verdict {
                Verdict::Success => None,
                Verdict::Failure(output) => Some(format!("{} probe failed: {output}", kind.title())),
                Verdict::Errored(error) => {
                    Some(format!("{} probe errored and resulted in unknown state: {error}", kind.title()))
                }
            };
            if let Some(text) = text {
                let field = self.containers[index].field_path();
                host.event(api, &self.pod, &field, event_type::WARNING, "Unhealthy", &text);
            }
            if matches!(verdict, Verdict::Errored(_)) {
                continue;
            }
            let success = verdict == Verdict::Success;
            if self.containers[index].probes[position].count(success) {
                self.probe_settled(index, position, success, host, api);
            }
        }
    }

    fn try_probe(&mut self, index: usize, position: usize, host: &mut Host) -> Option<(Kind, Verdict)> {
        let pod = Arc::clone(&self.pod);
        let container = &mut self.containers[index];
        let spec = container.spec(&pod.spec)?;
        let started = container.is_started();
        let probe = &mut container.probes[position];
        let exec_id = match probe.is_exec() {
            true => ids::hex64(&mut host.random.clone()),
            false => String::new(),
        };
        let run = container.run.as_ref()?;
        let world = World { now: host.now, run, container: spec, pod_ip: &self.ip, exec_id: &exec_id };
        Some((probe.kind, probe.advance(&world, started)?))
    }

    /// The thresholds have settled something new.
    // Models pkg/kubelet/kubelet.go syncLoopIteration, handleProbeSync
    fn probe_settled(
        &mut self,
        index: usize,
        position: usize,
        success: bool,
        host: &mut Host,
        api: &mut ApiServer,
    ) {
        let now = host.now;
        let container = &mut self.containers[index];
        let (kind, grace) = (container.probes[position].kind, container.probes[position].grace_seconds);
        self.dirty = true;
        match (kind, success) {
            (Kind::Readiness, _) | (Kind::Liveness, true) => {}
            (Kind::Startup, true) => {
                let started_at = container.started_at;
                container.probes.iter_mut().for_each(|probe| probe.container_started(started_at, now));
            }
            (Kind::Startup | Kind::Liveness, false) => self.kill_unhealthy(index, kind, grace, host, api),
        }
    }

    /// Kills a container for its probe. Where nothing is left to run, the whole pod is stopped.
    // Models pkg/kubelet/kuberuntime/kuberuntime_manager.go computePodActions
    fn kill_unhealthy(
        &mut self,
        index: usize,
        kind: Kind,
        grace: Option<i64>,
        host: &mut Host,
        api: &mut ApiServer,
    ) {
        let container = &self.containers[index];
        let own = container.spec(&self.pod.spec).and_then(|spec| spec.restart_policy.as_deref());
        let restarts = own.unwrap_or(&self.pod.spec.restart_policy) != restart_policy::NEVER;
        let others_run =
            self.containers.iter().enumerate().any(|(other, c)| {
                other != index && c.role == super::container::Role::Regular && c.is_running()
            });
        let mut text = format!("Container {} failed {} probe", container.name, kind.title().to_lowercase());
        if restarts {
            text.push_str(", will be restarted");
        } else if !others_run {
            text = format!("Stopping container {}", container.name);
        }
        self.stop_container(index, host, api, &text, grace);
        if restarts {
            self.restart_after_stop(index);
        }
    }
}
