//! What the server warns of without refusing it.

use serde_json::Value;

use super::names;
use super::resources::quantity;
use crate::api::batch::JobSpec;
use crate::api::core::{Container, PodSpec, PodTemplateSpec};
use crate::api::object::Object;

const COMPLETIONS_HIGH: i32 = 100_000;
const PARALLELISM_HIGH: i32 = 10_000;
/// Old names of node labels: since which release, and the new name.
const OLD_NODE_LABELS: &[(&str, &str, &str)] = &[
    ("beta.kubernetes.io/arch", "v1.14", "kubernetes.io/arch"),
    ("beta.kubernetes.io/instance-type", "v1.17", "node.kubernetes.io/instance-type"),
    ("beta.kubernetes.io/os", "v1.14", "kubernetes.io/os"),
    ("failure-domain.beta.kubernetes.io/region", "v1.17", "topology.kubernetes.io/region"),
    ("failure-domain.beta.kubernetes.io/zone", "v1.17", "topology.kubernetes.io/zone"),
];

/// The warnings about a new object, as kubectl prints them after `Warning: `.
// Models WarningsOnCreate of pkg/registry/batch/job, pkg/registry/batch/cronjob and pkg/registry/core/pod
pub fn create_warnings(object: &Object) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Object::Job(_) | Object::CronJob(_) | Object::Pod(_) = object {
        name_warning(object, &mut warnings);
    }
    warnings.extend(update_warnings(object));
    warnings
}

/// The warnings about a changed object.
pub fn update_warnings(object: &Object) -> Vec<String> {
    let mut warnings = Vec::new();
    match object {
        Object::Job(job) => job_spec(&job.spec, "spec", &mut warnings),
        Object::CronJob(cron_job) => {
            job_spec(&cron_job.spec.job_template.spec, "spec.jobTemplate.spec", &mut warnings);
            if cron_job.spec.schedule.contains("TZ") {
                warnings.push(
                    "CRON_TZ or TZ used in spec.schedule is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details".to_owned(),
                );
            }
        }
        Object::Pod(pod) => pod_spec(&pod.spec, "spec", &mut warnings),
        _ => {}
    }
    warnings
}

fn name_warning(object: &Object, warnings: &mut Vec<String>) {
    let messages = names::dns_label(&object.metadata().name);
    if !messages.is_empty() {
        let what = match object {
            Object::Pod(_) => "this is used in the Pod's hostname",
            _ => "this is used in Pod names and hostnames",
        };
        warnings.push(format!(
            "metadata.name: {what}, which can result in surprising behavior; a DNS label is recommended: [{}]",
            messages.join(" ")
        ));
    }
}

fn job_spec(spec: &JobSpec, path: &str, warnings: &mut Vec<String>) {
    let many = |value: Option<i32>, limit: i32| value.is_some_and(|value| value > limit);
    if spec.is_indexed()
        && many(spec.completions, COMPLETIONS_HIGH)
        && many(spec.parallelism, PARALLELISM_HIGH)
    {
        warnings.push(
            "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail".to_owned(),
        );
    }
    template(&spec.template, &format!("{path}.template"), warnings);
}

fn template(template: &PodTemplateSpec, path: &str, warnings: &mut Vec<String>) {
    pod_spec(&template.spec, &format!("{path}.spec"), warnings);
}

// Models pkg/api/pod/warnings.go warningsForPodSpecAndMeta
fn pod_spec(spec: &PodSpec, path: &str, warnings: &mut Vec<String>) {
    for (old, since, new) in OLD_NODE_LABELS {
        if spec.node_selector.contains_key(*old) {
            warnings
                .push(format!("{path}.nodeSelector[{old}]: deprecated since {since}; use {new:?} instead"));
        }
    }
    let secrets = spec.rest.get("imagePullSecrets").and_then(Value::as_array);
    for (index, secret) in secrets.into_iter().flatten().enumerate() {
        if secret.get("name").and_then(Value::as_str).is_none_or(str::is_empty) {
            warnings.push(format!("{path}.imagePullSecrets[{index}].name: invalid empty name \"\""));
        }
    }
    for (list, containers) in [("initContainers", &spec.init_containers), ("containers", &spec.containers)] {
        for (index, one) in containers.iter().enumerate() {
            container(one, &format!("{path}.{list}[{index}]"), warnings);
        }
    }
    if spec.termination_grace_period_seconds.is_some_and(|seconds| seconds < 0) {
        warnings.push(format!(
            "{path}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"
        ));
    }
}

fn container(container: &Container, path: &str, warnings: &mut Vec<String>) {
    let resources = &container.resources;
    for (list, amounts) in [("limits", &resources.limits), ("requests", &resources.requests)] {
        for name in ["memory", "ephemeral-storage"] {
            if let Some(amount) = amounts.get(name).and_then(quantity).filter(|amount| !amount.is_whole()) {
                warnings.push(format!(
                    "{path}.resources.{list}[{name}]: fractional byte value \"{amount}\" is invalid, must be an integer"
                ));
            }
        }
    }
    for (index, variable) in container.env.iter().enumerate() {
        if container.env[..index].iter().any(|earlier| earlier.name == variable.name) {
            warnings.push(format!(
                "{path}.env[{index}]: hides previous definition of {:?}, which may be dropped when using apply",
                variable.name
            ));
        }
    }
    for (index, port) in container.ports.iter().enumerate() {
        let is_same = |other: &crate::api::core::ContainerPort| {
            (other.container_port, &other.protocol, other.host_port, &other.host_ip)
                == (port.container_port, &port.protocol, port.host_port, &port.host_ip)
        };
        if let Some(first) = container.ports[..index].iter().position(is_same) {
            warnings
                .push(format!("{path}.ports[{index}]: duplicate port definition with {path}.ports[{first}]"));
        }
    }
}
