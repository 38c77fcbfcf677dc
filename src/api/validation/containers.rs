//! Containers and init containers.

use serde_json::Value;

use super::errors::{Errors, child};
use super::volumes::{KnownVolumes, relative_path};
use super::{env, names, probes, resources, security};
use crate::api::core::{Container, ContainerPort, PodSpec};

const PULL_POLICIES: &[&str] = &["Always", "IfNotPresent", "Never"];
const MESSAGE_POLICIES: &[&str] = &["FallbackToLogsOnError", "File"];
const PROTOCOLS: &[&str] = &["SCTP", "TCP", "UDP"];
const RESTART_POLICIES: &[&str] = &["Always", "Never", "OnFailure"];
const PROBES: &[&str] = &["livenessProbe", "readinessProbe", "startupProbe"];

// Models pkg/apis/core/validation/validation.go validateContainers and validateInitContainers
pub fn containers(spec: &PodSpec, volumes: &KnownVolumes, path: &str, errors: &mut Errors) {
    let list = child(path, "containers");
    if spec.containers.is_empty() {
        errors.required(&list, "");
    }
    for (index, container) in spec.containers.iter().enumerate() {
        let path = format!("{list}[{index}]");
        common(container, volumes, &path, errors);
        if spec.containers[..index].iter().any(|other| other.name == container.name) {
            errors.duplicate(&child(&path, "name"), super::errors::quoted(&container.name));
        }
        probes::lifecycle(container, &path, errors);
        probes::probes(container, &path, errors);
        restart_policy(container, &path, errors);
    }
    host_port_conflicts(&spec.containers, &list, errors);
    let list = child(path, "initContainers");
    for (index, container) in spec.init_containers.iter().enumerate() {
        let path = format!("{list}[{index}]");
        common(container, volumes, &path, errors);
        restart_policy(container, &path, errors);
        let mut others = spec.containers.iter().chain(&spec.init_containers[..index]);
        if others.any(|other| other.name == container.name) {
            errors.duplicate(&child(&path, "name"), super::errors::quoted(&container.name));
        }
        host_port_conflicts(std::slice::from_ref(container), &list, errors);
        if container.is_restartable_init() {
            probes::lifecycle(container, &path, errors);
            probes::probes(container, &path, errors);
        } else {
            for name in ["lifecycle"].iter().chain(PROBES).filter(|name| container.rest.contains_key(**name))
            {
                let detail = "may not be set for init containers without restartPolicy=Always";
                errors.forbidden(&child(&path, name), detail);
            }
        }
    }
}

fn restart_policy(container: &Container, path: &str, errors: &mut Errors) {
    let field = child(path, "restartPolicy");
    if let Some(policy) = &container.restart_policy {
        if !RESTART_POLICIES.contains(&policy.as_str()) {
            errors.not_supported(&field, policy, RESTART_POLICIES);
        }
    } else if container
        .rest
        .get("restartPolicyRules")
        .and_then(Value::as_array)
        .is_some_and(|r| !r.is_empty())
    {
        errors.required(&field, "must specify restartPolicy when restart rules are used");
    }
}

// Models pkg/apis/core/validation/validation.go validateContainerCommon
fn common(container: &Container, volumes: &KnownVolumes, path: &str, errors: &mut Errors) {
    let at = |name: &str| child(path, name);
    if container.name.is_empty() {
        errors.required(&at("name"), "");
    } else {
        errors.invalid_for_each(&at("name"), &container.name, names::dns_label(&container.name));
    }
    if container.image.is_empty() {
        errors.required(&at("image"), "");
    } else if container.image.trim() != container.image {
        errors.invalid_text(&at("image"), &container.image, "must not have leading or trailing whitespace");
    }
    errors.one_of(&at("terminationMessagePolicy"), &container.termination_message_policy, MESSAGE_POLICIES);
    ports(&container.ports, &at("ports"), errors);
    env::env(&container.env, &at("env"), errors);
    env::env_from(&container.env_from, &at("envFrom"), errors);
    volume_mounts(container, volumes, path, errors);
    errors.one_of(&at("imagePullPolicy"), &container.image_pull_policy, PULL_POLICIES);
    resources::requirements(&container.resources, &at("resources"), errors);
    security::container_security(container, &at("securityContext"), errors);
}

// Models pkg/apis/core/validation/validation.go validateContainerPorts
fn ports(ports: &[ContainerPort], path: &str, errors: &mut Errors) {
    for (index, port) in ports.iter().enumerate() {
        let path = format!("{path}[{index}]");
        let at = |name: &str| child(&path, name);
        if !port.name.is_empty() {
            let messages = names::port_name(&port.name);
            if messages.is_empty() && ports[..index].iter().any(|other| other.name == port.name) {
                errors.duplicate(&at("name"), super::errors::quoted(&port.name));
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
                errors.duplicate(&field, super::errors::quoted(&key));
            }
            seen.push(key);
        }
    }
}

// Models pkg/apis/core/validation/validation.go ValidateVolumeMounts
fn volume_mounts(container: &Container, volumes: &KnownVolumes, path: &str, errors: &mut Errors) {
    for (index, mount) in container.volume_mounts.iter().enumerate() {
        let path = format!("{path}.volumeMounts[{index}]");
        let at = |name: &str| child(&path, name);
        if mount.name.is_empty() {
            errors.required(&at("name"), "");
        }
        if !volumes.contains(&mount.name) {
            errors.not_found(&at("name"), &mount.name);
        }
        if mount.mount_path.is_empty() {
            errors.required(&at("mountPath"), "");
        }
        if container.volume_mounts[..index].iter().any(|other| other.mount_path == mount.mount_path) {
            errors.invalid_text(&at("mountPath"), &mount.mount_path, "must be unique");
        }
        relative_path(&mount.sub_path, &at("subPath"), errors);
        let expression = mount.rest.get("subPathExpr").and_then(Value::as_str).unwrap_or_default();
        if !expression.is_empty() {
            if !mount.sub_path.is_empty() {
                let detail = "subPathExpr and subPath are mutually exclusive";
                errors.invalid_text(&at("subPathExpr"), expression, detail);
            }
            relative_path(expression, &at("subPathExpr"), errors);
        }
        if let Some(mode) = mount.rest.get("mountPropagation").and_then(Value::as_str) {
            let modes = ["Bidirectional", "HostToContainer", "None"];
            if !modes.contains(&mode) {
                errors.not_supported(&at("mountPropagation"), mode, &modes);
            }
        }
    }
}
