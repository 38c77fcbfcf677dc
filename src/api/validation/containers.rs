//! Containers and init containers.

use serde_json::Value;

use super::errors::{Errors, child, quoted};
use super::pod_template::{list, text};
use super::volumes::KnownVolumes;
use super::{env, mounts, names, probes, resources, security};
use crate::api::core::{Container, ContainerPort, PodSpec, restart_policy};

const PULL_POLICIES: &[&str] = &["Always", "IfNotPresent", "Never"];
const MESSAGE_POLICIES: &[&str] = &["File", "FallbackToLogsOnError"];
const PROTOCOLS: &[&str] = &["SCTP", "TCP", "UDP"];
const RESTART_POLICIES: &[&str] = &["Always", "Never", "OnFailure"];
const RULE_ACTIONS: &[&str] = &["Restart", "RestartAllContainers"];
const RULE_OPERATORS: &[&str] = &["In", "NotIn"];
const RULES_MAX: usize = 20;
const EXIT_CODES_MAX: usize = 255;
const RESIZED_RESOURCES: &[&str] = &["cpu", "memory"];
const RESIZE_POLICIES: &[&str] = &["NotRequired", "RestartContainer"];

// Models pkg/apis/core/validation/validation.go validateContainers and validateInitContainers
pub fn containers(spec: &PodSpec, volumes: &KnownVolumes, path: &str, errors: &mut Errors) {
    let list = child(path, "containers");
    if spec.containers.is_empty() {
        errors.required(&list, "");
    }
    for (index, container) in spec.containers.iter().enumerate() {
        let path = format!("{list}[{index}]");
        common(spec, container, volumes, &path, errors);
        if spec.containers[..index].iter().any(|other| other.name == container.name) {
            errors.duplicate(&child(&path, "name"), quoted(&container.name));
        }
        probes::lifecycle(spec, container, &path, errors);
        probes::probes(container, &path, errors);
        restart_rules(container, &path, errors);
    }
    host_port_conflicts(&spec.containers, &list, errors);
    let list = child(path, "initContainers");
    for (index, container) in spec.init_containers.iter().enumerate() {
        let path = format!("{list}[{index}]");
        common(spec, container, volumes, &path, errors);
        init_restart_policy(container, &path, errors);
        if is_taken(spec, index, &container.name) {
            errors.duplicate(&child(&path, "name"), quoted(&container.name));
        }
        host_port_conflicts(std::slice::from_ref(container), &list, errors);
        if container.is_restartable_init() {
            probes::lifecycle(spec, container, &path, errors);
            probes::probes(container, &path, errors);
        } else {
            probes::forbid(container, &path, errors);
        }
    }
}

/// Whether a container before the init container has its name; init containers without a name take none.
fn is_taken(spec: &PodSpec, index: usize, name: &str) -> bool {
    let is_same = |other: &Container| other.name == name;
    spec.containers.iter().any(is_same)
        || (!name.is_empty() && spec.init_containers[..index].iter().any(is_same))
}

/// What holds for the images of pods and not for those of templates.
// Models pkg/apis/core/validation/validation.go validateContainersOnlyForPod
pub fn pod_images(spec: &PodSpec, path: &str, errors: &mut Errors) {
    for (list, containers) in [("containers", &spec.containers), ("initContainers", &spec.init_containers)] {
        for (index, container) in containers.iter().enumerate() {
            if container.image.trim() != container.image {
                let field = format!("{path}.{list}[{index}].image");
                let detail = "must not have leading or trailing whitespace";
                errors.invalid_text(&field, &container.image, detail);
            }
        }
    }
}

// Models pkg/apis/core/validation/validation.go validateInitContainerRestartPolicy
fn init_restart_policy(container: &Container, path: &str, errors: &mut Errors) {
    if container.restart_policy.is_some() {
        restart_rules(container, path, errors);
    } else if !list(&container.rest, "restartPolicyRules").is_empty() {
        rules_need_a_policy(path, errors);
    }
}

fn rules_need_a_policy(path: &str, errors: &mut Errors) {
    let detail = "must specify restartPolicy when restart rules are used";
    errors.required(&child(path, "restartPolicy"), detail);
}

// Models pkg/apis/core/validation/validation.go validateContainerRestartPolicy
fn restart_rules(container: &Container, path: &str, errors: &mut Errors) {
    let rules = list(&container.rest, "restartPolicyRules");
    match &container.restart_policy {
        None if rules.is_empty() => return,
        None => rules_need_a_policy(path, errors),
        Some(policy) if !RESTART_POLICIES.contains(&policy.as_str()) => {
            errors.not_supported(&child(path, "restartPolicy"), policy, RESTART_POLICIES);
        }
        Some(_) => {}
    }
    let field = child(path, "restartPolicyRules");
    if rules.len() > RULES_MAX {
        errors.too_many(&field, rules.len(), RULES_MAX);
    }
    for (index, rule) in rules.iter().enumerate() {
        let path = format!("{field}[{index}]");
        let action = text(rule, "action");
        if !RULE_ACTIONS.contains(&action) {
            errors.not_supported(&child(&path, "action"), action, RULE_ACTIONS);
        }
        let Some(codes) = rule.get("exitCodes").filter(|codes| !codes.is_null()) else {
            errors.required(&child(&path, "exitCodes"), "must be specified");
            continue;
        };
        let operator = text(codes, "operator");
        if !RULE_OPERATORS.contains(&operator) {
            errors.not_supported(&child(&path, "exitCodes.operator"), operator, RULE_OPERATORS);
        }
        let count = codes.get("values").and_then(Value::as_array).map_or(0, Vec::len);
        if count > EXIT_CODES_MAX {
            errors.too_many(&child(&path, "exitCodes.values"), count, EXIT_CODES_MAX);
        }
    }
}

// Models pkg/apis/core/validation/validation.go validateContainerCommon
fn common(spec: &PodSpec, container: &Container, volumes: &KnownVolumes, path: &str, errors: &mut Errors) {
    let at = |name: &str| child(path, name);
    if container.name.is_empty() {
        errors.required(&at("name"), "");
    } else {
        errors.invalid_for_each(&at("name"), &container.name, names::dns_label(&container.name));
    }
    if container.image.is_empty() {
        errors.required(&at("image"), "");
    }
    errors.one_of(&at("terminationMessagePolicy"), &container.termination_message_policy, MESSAGE_POLICIES);
    ports(&container.ports, &at("ports"), errors);
    env::env(&container.env, &at("env"), errors);
    env::env_from(&container.env_from, &at("envFrom"), errors);
    mounts::volume_mounts(container, volumes, &at("volumeMounts"), errors);
    mounts::volume_devices(container, volumes, &at("volumeDevices"), errors);
    errors.one_of(&at("imagePullPolicy"), &container.image_pull_policy, PULL_POLICIES);
    resources::requirements(&container.resources, &at("resources"), errors);
    resize_policy(spec, container, &at("resizePolicy"), errors);
    security::container_security(spec, container, &at("securityContext"), errors);
}

// Models pkg/apis/core/validation/validation.go validateResizePolicy
fn resize_policy(spec: &PodSpec, container: &Container, path: &str, errors: &mut Errors) {
    let policies = list(&container.rest, "resizePolicy");
    for (index, policy) in policies.iter().enumerate() {
        let (resource, restart) = (text(policy, "resourceName"), text(policy, "restartPolicy"));
        if policies[..index].iter().any(|other| text(other, "resourceName") == resource) {
            errors.duplicate(&format!("{path}[{index}]"), quoted(resource));
        }
        errors.one_of(path, resource, RESIZED_RESOURCES);
        errors.one_of(path, restart, RESIZE_POLICIES);
        if spec.restart_policy == restart_policy::NEVER && restart != "NotRequired" {
            let detail = "must be 'NotRequired' when pod `restartPolicy` is 'Never'";
            errors.invalid_text(path, restart, detail);
        }
    }
}

// Models pkg/apis/core/validation/validation.go validateContainerPorts
fn ports(ports: &[ContainerPort], path: &str, errors: &mut Errors) {
    for (index, port) in ports.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let at = |name: &str| child(&path, name);
        if !port.name.is_empty() {
            let messages = names::port_name(&port.name);
            if messages.is_empty() && ports[..index].iter().any(|other| other.name == port.name) {
                errors.duplicate(&at("name"), quoted(&port.name));
            }
            errors.invalid_for_each(&at("name"), &port.name, messages);
        }
        if port.container_port == 0 {
            errors.required(&at("containerPort"), "");
        } else if let Some(detail) = names::port_number(port.container_port.into()) {
            errors.invalid(&at("containerPort"), port.container_port, detail);
        }
        if port.host_port != 0
            && let Some(detail) = names::port_number(port.host_port.into())
        {
            errors.invalid(&at("hostPort"), port.host_port, detail);
        }
        errors.one_of(&at("protocol"), &port.protocol, PROTOCOLS);
    }
}

// Models pkg/apis/core/validation/validation.go AccumulateUniqueHostPorts
fn host_port_conflicts(containers: &[Container], path: &str, errors: &mut Errors) {
    let mut seen: Vec<String> = Vec::new();
    for (index, container) in containers.iter().enumerate() {
        for (at, port) in container.ports.iter().enumerate().filter(|(_, port)| port.host_port != 0) {
            let key = format!("{}/{}/{}", port.protocol, port.host_ip, port.host_port);
            if seen.contains(&key) {
                let field = format!("{path}[{index}].ports[{at}].hostPort");
                errors.duplicate(&field, quoted(&key));
            } else {
                seen.push(key);
            }
        }
    }
}

/// On the host's network a container's port is the host's. `is_pod`: in templates the host port may be left out.
// Models pkg/apis/core/validation/validation.go validatePodHostNetworkDeps
pub fn host_network_ports(spec: &PodSpec, is_pod: bool, path: &str, errors: &mut Errors) {
    if !spec.host_network {
        return;
    }
    for (index, container) in spec.containers.iter().enumerate() {
        for (at, port) in container.ports.iter().enumerate() {
            if (is_pod || port.host_port != 0) && port.host_port != port.container_port {
                let field = format!("{path}.containers[{index}].ports[{at}].hostPort");
                let detail = "must match `containerPort` when `hostNetwork` is true";
                errors.invalid(&field, port.host_port, detail);
            }
        }
    }
}
