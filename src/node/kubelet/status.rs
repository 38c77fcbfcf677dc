//! The status that a kubelet writes for a pod.

use super::Host;
use super::common::Common;
use super::container::{ContainerWorker, Role, State};
use super::worker::{PodWorker, Sandbox};
use crate::api::core::{ContainerStatus, PodCondition, PodIp, PodPhase, PodSpec, PodStatus, pod_condition};
use crate::api::meta::ConditionStatus;
use crate::api::qos::qos_class;
use crate::base::Timestamp;
use crate::node::phase::{could_restart_all, pod_phase};

/// The conditions that kubelets own, in the order in which they write them; the last only where it can hold.
const OWNED: [&str; 6] = [
    pod_condition::READY_TO_START_CONTAINERS,
    pod_condition::INITIALIZED,
    pod_condition::READY,
    pod_condition::CONTAINERS_READY,
    pod_condition::SCHEDULED,
    pod_condition::ALL_RESTARTING,
];

impl PodWorker {
    /// The whole status as of now. `terminal`: no container will run again.
    // Models pkg/kubelet/kubelet_pods.go generateAPIPodStatus
    pub fn build_status(&self, host: &mut Host, terminal: bool) -> PodStatus {
        let old = &self.pod.status;
        let mut statuses = |regular: bool| -> Vec<ContainerStatus> {
            let wanted = |container: &&ContainerWorker| (container.role == Role::Regular) == regular;
            let containers = || self.containers.iter().filter(wanted);
            // Every pod keeps its status: the list has no room to spare.
            let mut list = Vec::with_capacity(containers().count());
            list.extend(containers().map(|container| self.container_status(container, &mut host.common)));
            list
        };
        let (init, regular) = (statuses(false), statuses(true));
        let initialized = self.is_initialized();
        let mut phase = pod_phase(&self.pod.spec, &init, &regular, terminal, initialized);
        if terminal && !matches!(phase, PodPhase::Succeeded | PodPhase::Failed) {
            phase = PodPhase::Failed;
        }
        let mut status = PodStatus {
            observed_generation: self.pod.metadata.generation,
            phase,
            init_container_statuses: init,
            container_statuses: regular,
            host_ip: host.address.clone(),
            host_ips: host.addresses.clone(),
            start_time: Some(self.start_time.to_timestamp()),
            qos_class: qos_class(&self.pod.spec).to_owned(),
            rest: old.rest.clone(),
            ..PodStatus::default()
        };
        if !self.ip.is_empty() {
            status.pod_ip.clone_from(&self.ip);
            let known = old.pod_ip == self.ip && !old.pod_ips.is_empty();
            status.pod_ips = if known {
                old.pod_ips.clone()
            } else {
                vec![PodIp { ip: self.ip.clone(), ..PodIp::default() }].into()
            };
        }
        if let Some(outcome) = self.outcome.as_ref().filter(|_| terminal) {
            status.phase = PodPhase::Failed;
            outcome.reason.clone_into(&mut status.reason);
            status.message.clone_from(&outcome.message);
        }
        let conditions = self.conditions(&status, initialized, host.now.to_timestamp());
        status.conditions = host.common.conditions(conditions);
        status
    }

    /// Whether the regular containers may run: all init containers are done and the sidecars are up.
    pub fn is_initialized(&self) -> bool {
        let any_regular_ran = self
            .containers
            .iter()
            .any(|c| c.role == Role::Regular && (c.last.is_some() && !c.starts_anew || c.state.is_running()));
        any_regular_ran || self.containers.iter().filter(|c| c.role != Role::Regular).all(is_up_or_done)
    }

    fn container_status(&self, container: &ContainerWorker, common: &mut Common) -> ContainerStatus {
        let (state, last_state) = container.states();
        let done = state.terminated.as_ref().is_some_and(|ended| ended.exit_code == 0);
        let ready = if container.role == Role::Init { done } else { container.is_ready() };
        let spec = container.spec(&self.pod.spec);
        let mut status = ContainerStatus {
            name: container.name.clone(),
            state,
            last_state,
            ready,
            restart_count: container.restarts,
            started: Some(container.is_started()),
            ..ContainerStatus::default()
        };
        let Some(spec) = spec else { return status };
        if container.container_id.is_empty() {
            status.image.clone_from(&spec.image);
            return status;
        }
        status.container_id.clone_from(&container.container_id);
        let names = common.image(&spec.image);
        status.image.clone_from(&names.image);
        status.image_id.clone_from(&names.id);
        let runtime = common.runtime(&spec.resources);
        status.allocated_resources = runtime.allocated_resources;
        status.resources = Some(runtime.resources);
        status.user = runtime.user;
        status
    }

    fn conditions(&self, status: &PodStatus, initialized: bool, now: Timestamp) -> Vec<PodCondition> {
        let old = &self.pod.status.conditions;
        let restarting = could_restart_all(&self.pod.spec);
        let owned = OWNED.into_iter().filter(|name| *name != pod_condition::ALL_RESTARTING || restarting);
        let mut all = Vec::with_capacity(old.len().max(owned.clone().count()));
        all.extend(old.iter().filter(|c| !OWNED.contains(&c.condition_type.as_str())).cloned());
        for name in owned {
            let (met, reason, message) = match name {
                pod_condition::READY_TO_START_CONTAINERS => {
                    (matches!(self.sandbox, Sandbox::Ready), "", String::new())
                }
                pod_condition::INITIALIZED => self.initialized_condition(status.phase, initialized),
                pod_condition::SCHEDULED => (true, "", String::new()),
                pod_condition::ALL_RESTARTING => self.restarting_condition(status.phase),
                _ => ready_condition(status, &self.pod.spec),
            };
            let before = old.iter().find(|c| c.condition_type == name);
            let met = if met { ConditionStatus::True } else { ConditionStatus::False };
            let since = before.filter(|c| c.status == met).and_then(|c| c.last_transition_time);
            all.push(PodCondition {
                condition_type: name.to_owned(),
                status: met,
                observed_generation: self.pod.metadata.generation,
                last_transition_time: Some(since.unwrap_or(now)),
                reason: reason.to_owned(),
                message,
                ..PodCondition::default()
            });
        }
        all
    }

    // Models pkg/kubelet/status/generate.go GenerateAllContainersRestartingCondition
    fn restarting_condition(&self, phase: PodPhase) -> (bool, &'static str, String) {
        match phase {
            PodPhase::Succeeded => (false, "PodCompleted", String::new()),
            PodPhase::Failed => (false, "PodFailed", String::new()),
            _ if self.restarting_all => {
                (true, "RestartAllContainersStarted", "container exited with restart policy rule".to_owned())
            }
            _ => (false, "", String::new()),
        }
    }

    // Models pkg/kubelet/status/generate.go GeneratePodInitializedCondition
    fn initialized_condition(&self, phase: PodPhase, initialized: bool) -> (bool, &'static str, String) {
        if phase == PodPhase::Succeeded {
            return (true, "PodCompleted", String::new());
        }
        if initialized {
            return (true, "", String::new());
        }
        let init = self.containers.iter().filter(|c| c.role != Role::Regular && !is_up_or_done(c));
        let names: Vec<&str> = init.map(|c| c.name.as_str()).collect();
        let message = format!("containers with incomplete status: [{}]", names.join(" "));
        (false, "ContainersNotInitialized", message)
    }
}

fn is_up_or_done(container: &ContainerWorker) -> bool {
    match (&container.state, container.role) {
        (State::Running { .. }, Role::Sidecar) => container.is_started(),
        (State::Ended(ended), Role::Init) => ended.exit_code == 0,
        _ => false,
    }
}

// Models pkg/kubelet/status/generate.go GenerateContainersReadyCondition
fn ready_condition(status: &PodStatus, spec: &PodSpec) -> (bool, &'static str, String) {
    match status.phase {
        PodPhase::Succeeded => return (false, "PodCompleted", String::new()),
        PodPhase::Failed => return (false, "PodFailed", String::new()),
        _ => {}
    }
    let is_sidecar =
        |name: &str| spec.init_containers.iter().any(|c| c.name == name && c.is_restartable_init());
    let sidecars = status.init_container_statuses.iter().filter(|c| is_sidecar(&c.name));
    let statuses = status.container_statuses.iter().chain(sidecars);
    let unready: Vec<&str> = statuses.filter(|c| !c.ready).map(|c| c.name.as_str()).collect();
    if unready.is_empty() {
        return (true, "", String::new());
    }
    (false, "ContainersNotReady", format!("containers with unready status: [{}]", unready.join(" ")))
}
