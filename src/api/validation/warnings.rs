//! What the server warns of without refusing it.

use serde_json::Value;

use super::names;
use super::pod_template::{is_set, items_of, list, text};
use super::resources::quantity;
use crate::api::batch::JobSpec;
use crate::api::core::{Container, ContainerPort, PodSpec, PodTemplateSpec};
use crate::api::meta::ObjectMeta;
use crate::api::object::Object;

const COMPLETIONS_HIGH: i32 = 100_000;
const PARALLELISM_HIGH: i32 = 10_000;
const TRACKING_WARNING: &str = "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail";
const ZONE_WARNING: &str = "CRON_TZ or TZ used in spec.schedule is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details";
const NULL_SELECTOR: &str = "a null labelSelector results in matching no pod";
const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";
/// Old names of node labels: since which release, and the new name.
const OLD_NODE_LABELS: &[(&str, &str, &str)] = &[
    ("beta.kubernetes.io/arch", "v1.14", "kubernetes.io/arch"),
    ("beta.kubernetes.io/instance-type", "v1.17", "node.kubernetes.io/instance-type"),
    ("beta.kubernetes.io/os", "v1.14", "kubernetes.io/os"),
    ("failure-domain.beta.kubernetes.io/region", "v1.17", "topology.kubernetes.io/region"),
    ("failure-domain.beta.kubernetes.io/zone", "v1.17", "topology.kubernetes.io/zone"),
];
const OLD_ANNOTATIONS: &[(&str, &str)] = &[
    (
        "scheduler.alpha.kubernetes.io/critical-pod",
        "non-functional in v1.16+; use the \"priorityClassName\" field instead",
    ),
    ("security.alpha.kubernetes.io/sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
    (
        "security.alpha.kubernetes.io/unsafe-sysctls",
        "non-functional in v1.11+; use the \"sysctls\" field instead",
    ),
];
/// Kinds of volumes: the field, how warnings call it, what they say.
const OLD_VOLUMES: &[(&str, &str, &str)] = &[
    ("photonPersistentDisk", "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
    ("gitRepo", "gitRepo", "deprecated in v1.11"),
    ("scaleIO", "scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("flocker", "flocker", "deprecated in v1.22, non-functional in v1.25+"),
    ("storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"),
    ("quobyte", "quobyte", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("cephfs", "cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    ("rbd", "rbd", "deprecated in v1.28, non-functional in v1.31+"),
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
                warnings.push(ZONE_WARNING.to_owned());
            }
        }
        Object::Pod(pod) => pod_spec(&pod.spec, &pod.metadata, "", &mut warnings),
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

// Models pkg/api/job/warnings.go WarningsForJobSpec
fn job_spec(spec: &JobSpec, path: &str, warnings: &mut Vec<String>) {
    let many = |value: Option<i32>, limit: i32| value.is_some_and(|value| value > limit);
    if spec.is_indexed()
        && many(spec.completions, COMPLETIONS_HIGH)
        && many(spec.parallelism, PARALLELISM_HIGH)
    {
        warnings.push(format!("{path}: {TRACKING_WARNING}"));
    }
    template(&spec.template, &format!("{path}.template."), warnings);
}

fn template(template: &PodTemplateSpec, path: &str, warnings: &mut Vec<String>) {
    pod_spec(&template.spec, &template.metadata, path, warnings);
}

/// `around`: the path of what has the spec, with the dot after it.
// Models pkg/api/pod/warnings.go warningsForPodSpecAndMeta
fn pod_spec(spec: &PodSpec, meta: &ObjectMeta, around: &str, warnings: &mut Vec<String>) {
    let path = &format!("{around}spec");
    node_labels(spec, path, warnings);
    for (name, advice) in OLD_ANNOTATIONS {
        if meta.annotations.contains_key(*name) {
            warnings.push(format!("{around}metadata.annotations[{name}]: {advice}"));
        }
    }
    for (index, volume) in spec.volumes.iter().enumerate() {
        for (_, told, advice) in OLD_VOLUMES.iter().filter(|(kind, ..)| is_set(&volume.rest, kind)) {
            warnings.push(format!("{path}.volumes[{index}].{told}: {advice}"));
        }
    }
    repeated(list(&spec.rest, "hostAliases"), "ip", &format!("{path}.hostAliases"), warnings);
    let secrets = list(&spec.rest, "imagePullSecrets");
    repeated(secrets, "name", &format!("{path}.imagePullSecrets"), warnings);
    for (index, secret) in secrets.iter().enumerate() {
        if text(secret, "name").is_empty() {
            warnings.push(format!("{path}.imagePullSecrets[{index}].name: invalid empty name \"\""));
        }
    }
    let lists = [("initContainers", &spec.init_containers), ("containers", &spec.containers)];
    let all = || {
        let numbered = lists.iter().flat_map(|(list, containers)| {
            containers.iter().enumerate().map(move |(index, one)| (format!("{path}.{list}[{index}]"), one))
        });
        numbered.collect::<Vec<_>>()
    };
    for (path, one) in all() {
        container(one, &path, warnings);
    }
    ports(&all(), warnings);
    if spec.termination_grace_period_seconds.is_some_and(|seconds| seconds < 0) {
        warnings.push(format!(
            "{path}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"
        ));
    }
    pod_affinity(&spec.affinity, &format!("{path}.affinity"), warnings);
}

fn node_labels(spec: &PodSpec, path: &str, warnings: &mut Vec<String>) {
    let advice = |label: &str| {
        let found = OLD_NODE_LABELS.iter().find(|(old, ..)| *old == label);
        found.map(|(_, since, new)| format!("deprecated since {since}; use {new:?} instead"))
    };
    for label in spec.node_selector.keys() {
        if let Some(advice) = advice(label) {
            warnings.push(format!("{path}.nodeSelector[{label}]: {advice}"));
        }
    }
    let affinity = spec.affinity.get("nodeAffinity").unwrap_or(&Value::Null);
    let around = format!("{path}.affinity.nodeAffinity");
    let mut terms = Vec::new();
    let required = affinity.get(REQUIRED).unwrap_or(&Value::Null);
    for (index, term) in items_of(required, "nodeSelectorTerms").iter().enumerate() {
        terms.push((format!("{around}.{REQUIRED}.nodeSelectorTerms[{index}]"), term));
    }
    for (index, preferred) in items_of(affinity, PREFERRED).iter().enumerate() {
        terms.push((format!("{around}.{PREFERRED}[{index}].preference"), &preferred["preference"]));
    }
    for (path, term) in terms {
        for (index, requirement) in items_of(term, "matchExpressions").iter().enumerate() {
            let key = text(requirement, "key");
            if let Some(advice) = advice(key) {
                warnings.push(format!("{path}.matchExpressions[{index}].key: {key} is {advice}"));
            }
        }
    }
    for (index, constraint) in list(&spec.rest, "topologySpreadConstraints").iter().enumerate() {
        let path = format!("{path}.topologySpreadConstraints[{index}]");
        let key = text(constraint, "topologyKey");
        if let Some(advice) = advice(key) {
            warnings.push(format!("{path}.topologyKey: {key} is {advice}"));
        }
        null_selector(constraint, &path, warnings);
    }
}

fn null_selector(owner: &Value, path: &str, warnings: &mut Vec<String>) {
    if owner.get("labelSelector").is_none_or(Value::is_null) {
        warnings.push(format!("{path}.labelSelector: {NULL_SELECTOR}"));
    }
}

fn pod_affinity(affinity: &Value, path: &str, warnings: &mut Vec<String>) {
    for name in ["podAffinity", "podAntiAffinity"] {
        let Some(pod) = affinity.get(name) else { continue };
        for (index, term) in items_of(pod, REQUIRED).iter().enumerate() {
            null_selector(term, &format!("{path}.{name}.{REQUIRED}[{index}]"), warnings);
        }
        for (index, weighted) in items_of(pod, PREFERRED).iter().enumerate() {
            let path = format!("{path}.{name}.{PREFERRED}[{index}].podAffinityTerm");
            null_selector(&weighted["podAffinityTerm"], &path, warnings);
        }
    }
}

fn repeated(items: &[Value], key: &str, path: &str, warnings: &mut Vec<String>) {
    for (index, item) in items.iter().enumerate() {
        let value = text(item, key);
        if items[..index].iter().any(|other| text(other, key) == value) {
            warnings.push(format!("{path}[{index}].{key}: duplicate {key} {value:?}"));
        }
    }
}

fn container(container: &Container, path: &str, warnings: &mut Vec<String>) {
    let resources = &container.resources;
    for name in ["memory", "ephemeral-storage"] {
        for (list, amounts) in [("limits", &resources.limits), ("requests", &resources.requests)] {
            if let Some(amount) = amounts.get(name).and_then(quantity).filter(|amount| !amount.is_whole()) {
                warnings.push(format!(
                    "{path}.resources.{list}[{name}]: fractional byte value \"{amount}\" is invalid, must be an integer"
                ));
            }
        }
    }
    for (index, variable) in container.env.iter().enumerate() {
        let is_repeated = container.env[..index].iter().any(|earlier| earlier.name == variable.name);
        let reference = format!("$({})", variable.name);
        // A value may build upon the earlier one.
        let builds = variable.value.contains(&reference) && variable.value != reference;
        if is_repeated && (variable.value_from.is_some() || !builds) {
            warnings.push(format!(
                "{path}.env[{index}]: hides previous definition of {:?}, which may be dropped when using apply",
                variable.name
            ));
        }
    }
}

/// Ports of all containers together: they share one network.
fn ports(containers: &[(String, &Container)], warnings: &mut Vec<String>) {
    let mut seen: Vec<(String, &ContainerPort)> = Vec::new();
    for (path, container) in containers {
        for (index, port) in container.ports.iter().enumerate() {
            let field = format!("{path}.ports[{index}]");
            let is_same = |other: &ContainerPort| {
                (other.container_port, &other.protocol) == (port.container_port, &port.protocol)
            };
            for (first, other) in seen.iter().filter(|(_, other)| is_same(other)) {
                let same_host_port = port.host_port == other.host_port;
                let what = if same_host_port && port.host_ip == other.host_ip {
                    "duplicate"
                } else if port.host_port == 0 || other.host_port == 0 {
                    "overlapping"
                } else if same_host_port && port.host_ip.is_empty() != other.host_ip.is_empty() {
                    "dangerously ambiguous"
                } else {
                    continue;
                };
                warnings.push(format!("{field}: {what} port definition with {first}"));
            }
            seen.push((field, port));
        }
    }
}
