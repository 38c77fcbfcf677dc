//! The phase of a pod as a function of its containers.

use serde_json::Value;

use crate::api::core::{
    Container, ContainerStateTerminated, ContainerStatus, PodPhase, PodSpec, restart_policy,
};

/// What a pod's containers add up to.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    pending_init: usize,
    pending_sidecars: usize,
    failed_init: usize,
    failed_init_for_good: usize,
    unknown: usize,
    running: usize,
    waiting: usize,
    stopped: usize,
    stopped_for_good: usize,
    succeeded: usize,
}

/// The reason of containers that were removed to start the whole pod anew.
// Models pkg/kubelet/kubelet_pods.go kubecontainer.RestartingAllContainers
pub const RESTARTING_ALL: &str = "RestartingAllContainers";
const RESTART: &str = "Restart";
const RESTART_ALL: &str = "RestartAllContainers";

/// Whether a container that ended with this exit code is started again.
// Models pkg/api/v1/pod/util.go ContainerShouldRestart
pub fn should_restart(container: &Container, pod_policy: &str, exit_code: i32) -> bool {
    if let Some(policy) = container.restart_policy.as_deref() {
        let asked = matches!(matching_action(container, exit_code), Some(RESTART | RESTART_ALL));
        return asked || policy_restarts(policy, exit_code);
    }
    policy_restarts(pod_policy, exit_code)
}

/// Whether this end starts the whole pod anew.
// Models pkg/kubelet/container/helpers.go ShouldAllContainersRestart
pub fn restarts_all(container: &Container, exit_code: i32) -> bool {
    matching_action(container, exit_code) == Some(RESTART_ALL)
}

/// Whether a container's end may start the whole pod anew.
// Models pkg/api/v1/pod/util.go AllContainersCouldRestart
pub fn could_restart_all(spec: &PodSpec) -> bool {
    let mut containers = spec.init_containers.iter().chain(&spec.containers);
    containers.any(|container| rules(container).iter().any(|rule| rule["action"] == RESTART_ALL))
}

fn ended_restarts(container: &Container, pod_policy: &str, ended: &ContainerStateTerminated) -> bool {
    should_restart(container, pod_policy, ended.exit_code) || ended.reason == RESTARTING_ALL
}

fn policy_restarts(policy: &str, exit_code: i32) -> bool {
    match policy {
        restart_policy::NEVER => false,
        restart_policy::ON_FAILURE => exit_code != 0,
        _ => true,
    }
}

/// `restartPolicyRules` are kept as values.
fn rules(container: &Container) -> &[Value] {
    container.rest.get("restartPolicyRules").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The action of the first rule that matches.
// Models pkg/api/v1/pod/util.go FindMatchingContainerRestartRule
fn matching_action(container: &Container, exit_code: i32) -> Option<&str> {
    let matches = |rule: &&Value| {
        let codes = &rule["exitCodes"];
        let listed = codes["values"]
            .as_array()
            .is_some_and(|values| values.iter().any(|value| value.as_i64() == Some(i64::from(exit_code))));
        match codes["operator"].as_str() {
            Some("In") => listed,
            Some("NotIn") => !listed,
            _ => false,
        }
    };
    rules(container).iter().find(matches)?["action"].as_str()
}

/// The phase of a pod. `statuses` are those of its init and regular containers together.
// Models pkg/kubelet/kubelet_pods.go getPhase
pub fn pod_phase(
    spec: &PodSpec,
    init_statuses: &[ContainerStatus],
    statuses: &[ContainerStatus],
    pod_is_terminal: bool,
    pod_has_initialized: bool,
) -> PodPhase {
    let mut tally = Tally::default();
    for container in &spec.init_containers {
        let status = init_statuses.iter().find(|status| status.name == container.name);
        if container.is_restartable_init() {
            tally.count_sidecar(status);
        } else {
            tally.count_init(container, &spec.restart_policy, status);
        }
    }
    for container in &spec.containers {
        let status = statuses.iter().find(|status| status.name == container.name);
        tally.count_regular(container, &spec.restart_policy, status);
    }
    tally.phase(&spec.restart_policy, pod_is_terminal, pod_has_initialized)
}

impl Tally {
    fn count_init(&mut self, container: &Container, pod_policy: &str, status: Option<&ContainerStatus>) {
        let ended = status.and_then(|status| match &status.state {
            state if state.running.is_some() => None,
            state if state.terminated.is_some() => state.terminated.as_ref(),
            state if state.waiting.is_some() => status.last_state.terminated.as_ref(),
            _ => None,
        });
        match ended {
            None => self.pending_init += 1,
            Some(ended) if ended.exit_code != 0 => {
                self.failed_init += 1;
                self.failed_init_for_good += usize::from(!ended_restarts(container, pod_policy, ended));
            }
            Some(_) => {}
        }
    }

    fn count_sidecar(&mut self, status: Option<&ContainerStatus>) {
        let Some(status) = status else {
            self.unknown += 1;
            return;
        };
        let state = &status.state;
        if state.running.is_some() {
            self.running += 1;
            self.pending_sidecars += usize::from(status.started != Some(true));
        } else if state.terminated.is_some() {
            // A sidecar that ended says nothing about the pod.
        } else if state.waiting.is_some() {
            if status.last_state.terminated.is_none() {
                self.pending_sidecars += 1;
                self.waiting += 1;
            }
        } else {
            self.pending_sidecars += 1;
            self.unknown += 1;
        }
    }

    fn count_regular(&mut self, container: &Container, pod_policy: &str, status: Option<&ContainerStatus>) {
        let Some(status) = status else {
            self.unknown += 1;
            return;
        };
        let state = &status.state;
        if state.running.is_some() {
            self.running += 1;
        } else if let Some(ended) = &state.terminated {
            self.stopped += 1;
            self.succeeded += usize::from(ended.exit_code == 0);
            self.stopped_for_good += usize::from(!ended_restarts(container, pod_policy, ended));
        } else if state.waiting.is_some() {
            match &status.last_state.terminated {
                Some(ended) => {
                    self.stopped += 1;
                    let again = ended_restarts(container, pod_policy, ended);
                    self.stopped_for_good += usize::from(!again);
                }
                None => self.waiting += 1,
            }
        } else {
            self.unknown += 1;
        }
    }

    fn phase(self, pod_policy: &str, pod_is_terminal: bool, pod_has_initialized: bool) -> PodPhase {
        if self.failed_init_for_good > 0 {
            return PodPhase::Failed;
        }
        let sidecars_pending = !pod_has_initialized && self.pending_sidecars > 0;
        if self.pending_init > 0 || self.failed_init > 0 || sidecars_pending || self.waiting > 0 {
            return PodPhase::Pending;
        }
        if self.unknown > 0 {
            return PodPhase::Pending;
        }
        if self.running > 0 {
            return PodPhase::Running;
        }
        if self.stopped == 0 {
            return PodPhase::Pending;
        }
        let outcome = if self.stopped == self.succeeded { PodPhase::Succeeded } else { PodPhase::Failed };
        let restarting = pod_policy == restart_policy::ALWAYS || self.stopped != self.stopped_for_good;
        if restarting && !pod_is_terminal { PodPhase::Running } else { outcome }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn container(value: serde_json::Value) -> Container {
        crate::api::codec::Codec::decode(value).expect("a container")
    }

    #[test]
    fn a_container_policy_and_its_rules_win_over_the_pod() {
        let plain = container(json!({"name": "a"}));
        let never = container(json!({"name": "a", "restartPolicy": "Never"}));
        let rule = json!({"action": "Restart", "exitCodes": {"operator": "In", "values": [42]}});
        let with_rules = |rules: serde_json::Value| {
            container(json!({"name": "a", "restartPolicy": "Never", "restartPolicyRules": rules}))
        };
        let other = json!({"action": "Unknown", "exitCodes": {"operator": "NotIn", "values": [1]}});
        let first = with_rules(json!([other, rule]));
        let ruled = with_rules(json!([rule]));
        let codes = json!({"operator": "In", "values": [42]});
        let all = with_rules(json!([{"action": "RestartAllContainers", "exitCodes": codes}]));
        let cases = [
            (&plain, "OnFailure", 0, false),
            (&plain, "OnFailure", 1, true),
            (&plain, "Never", 1, false),
            (&plain, "Always", 0, true),
            (&never, "OnFailure", 1, false),
            (&ruled, "OnFailure", 42, true),
            (&ruled, "OnFailure", 1, false),
            (&first, "OnFailure", 42, false),
            (&all, "Never", 42, true),
        ];
        for (container, policy, code, expect) in cases {
            assert_eq!(should_restart(container, policy, code), expect, "{policy} {code}");
        }
    }
}
