//! Defaulting: what the API server fills in on every decode.

use serde_json::{Value, json};

use super::batch::{CronJob, Job, JobSpec, completion_mode, concurrency_policy, pod_replacement_policy};
use super::codec::Map;
use super::core::{Container, Node, Pod, PodSpec, Secret, pull_policy, restart_policy};
use super::object::Object;

const DEFAULT_BACKOFF_LIMIT: i32 = 6;
const DEFAULT_GRACE_SECONDS: i64 = 30;
const DEFAULT_SUCCESSFUL_JOBS_KEPT: i32 = 3;
const DEFAULT_FAILED_JOBS_KEPT: i32 = 1;
/// Mode 0644 of files that come from ConfigMaps, Secrets and the downward API.
const DEFAULT_FILE_MODE: i64 = 420;

/// Fills in the defaults of an object of any kind.
pub fn set_defaults(object: &mut Object) {
    use std::sync::Arc;
    match object {
        Object::Job(job) => job_defaults(Arc::make_mut(job)),
        Object::CronJob(cron_job) => cron_job_defaults(Arc::make_mut(cron_job)),
        Object::Pod(pod) => pod_defaults(Arc::make_mut(pod)),
        Object::Secret(secret) => secret_defaults(Arc::make_mut(secret)),
        Object::Node(node) => node_defaults(Arc::make_mut(node)),
        Object::ConfigMap(_) | Object::Event(_) | Object::Namespace(_) => {}
    }
}

fn default<T>(field: &mut Option<T>, value: T) {
    if field.is_none() {
        *field = Some(value);
    }
}

fn default_text(field: &mut String, value: &str) {
    if field.is_empty() {
        value.clone_into(field);
    }
}

// Models pkg/apis/batch/v1/defaults.go SetDefaults_Job
pub fn job_defaults(job: &mut Job) {
    let spec = &mut *job.spec;
    job_spec_defaults(spec);
    template_defaults(&mut spec.template.spec);
    labels_from_template(job);
}

fn labels_from_template(job: &mut Job) {
    if job.metadata.labels.is_empty() {
        share_template_labels(job);
    }
}

/// A Job without labels of its own has those of its template, also the ones that the server generates there: upstream
/// lets both share one map.
pub fn share_template_labels(job: &mut Job) {
    job.metadata.labels = job.spec.template.metadata.labels.clone();
}

fn job_spec_defaults(spec: &mut JobSpec) {
    if spec.completions.is_none() && spec.parallelism.is_none() {
        spec.completions = Some(1);
    }
    default(&mut spec.parallelism, 1);
    let per_index = spec.backoff_limit_per_index.is_some();
    default(&mut spec.backoff_limit, if per_index { i32::MAX } else { DEFAULT_BACKOFF_LIMIT });
    default(&mut spec.completion_mode, completion_mode::NON_INDEXED.to_owned());
    default(&mut spec.suspend, false);
    default(&mut spec.manual_selector, false);
    let replacement = match spec.pod_failure_policy {
        Some(_) => pod_replacement_policy::FAILED,
        None => pod_replacement_policy::TERMINATING_OR_FAILED,
    };
    default(&mut spec.pod_replacement_policy, replacement.to_owned());
    for rule in spec.pod_failure_policy.iter_mut().flat_map(|policy| &mut policy.rules) {
        for pattern in &mut rule.on_pod_conditions {
            default_text(&mut pattern.status, "True");
        }
    }
}

/// The embedded Job is not defaulted beyond its pod template until a Job is made from it.
// Models pkg/apis/batch/v1/defaults.go SetDefaults_CronJob
pub fn cron_job_defaults(cron_job: &mut CronJob) {
    let spec = &mut cron_job.spec;
    default_text(&mut spec.concurrency_policy, concurrency_policy::ALLOW);
    default(&mut spec.suspend, false);
    default(&mut spec.successful_jobs_history_limit, DEFAULT_SUCCESSFUL_JOBS_KEPT);
    default(&mut spec.failed_jobs_history_limit, DEFAULT_FAILED_JOBS_KEPT);
    template_defaults(&mut spec.job_template.spec.template.spec);
}

// Models pkg/apis/core/v1/defaults.go SetDefaults_Pod
pub fn pod_defaults(pod: &mut Pod) {
    let spec = &mut *pod.spec;
    for container in spec.init_containers.iter_mut().chain(&mut spec.containers) {
        let resources = &mut container.resources;
        for (name, amount) in &resources.limits {
            resources.requests.entry(name.clone()).or_insert_with(|| amount.clone());
        }
    }
    default(&mut spec.enable_service_links, true);
    // Templates keep what they say: their pods get the ports of the host.
    if spec.host_network {
        let ports =
            spec.init_containers.iter_mut().chain(&mut spec.containers).flat_map(|one| &mut one.ports);
        for port in ports.filter(|port| port.host_port == 0) {
            port.host_port = port.container_port;
        }
    }
    template_defaults(spec);
}

/// What pods and pod templates have in common.
// Models pkg/apis/core/v1/defaults.go SetDefaults_PodSpec
fn template_defaults(spec: &mut PodSpec) {
    default_text(&mut spec.restart_policy, restart_policy::ALWAYS);
    default_text(&mut spec.dns_policy, "ClusterFirst");
    default_text(&mut spec.scheduler_name, "default-scheduler");
    default(&mut spec.termination_grace_period_seconds, DEFAULT_GRACE_SECONDS);
    if spec.security_context.is_null() {
        spec.security_context = json!({});
    }
    // The old name of the field is kept equal to the new one.
    if spec.service_account_name.is_empty() {
        spec.service_account_name.clone_from(&spec.service_account);
    }
    spec.service_account.clone_from(&spec.service_account_name);
    for volume in &mut spec.volumes {
        volume_defaults(&mut volume.rest);
    }
    for container in spec.init_containers.iter_mut().chain(&mut spec.containers) {
        container_defaults(container);
    }
}

fn container_defaults(container: &mut Container) {
    let policy = match image_tag(&container.image) {
        "latest" => pull_policy::ALWAYS,
        _ => pull_policy::IF_NOT_PRESENT,
    };
    default_text(&mut container.image_pull_policy, policy);
    default_text(&mut container.termination_message_path, "/dev/termination-log");
    default_text(&mut container.termination_message_policy, "File");
    for port in &mut container.ports {
        default_text(&mut port.protocol, "TCP");
    }
    for source in container.env.iter_mut().filter_map(|variable| variable.value_from.as_mut()) {
        if let Some(field) = &mut source.field_ref {
            default_text(&mut field.api_version, "v1");
        }
        if let Some(field) = &mut source.resource_field_ref
            && field.divisor.is_null()
        {
            field.divisor = json!("0");
        }
    }
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(Value::Object(probe)) = container.rest.get_mut(probe) {
            probe_defaults(probe);
        }
    }
    if let Some(Value::Object(lifecycle)) = container.rest.get_mut("lifecycle") {
        for hook in lifecycle.values_mut().filter_map(Value::as_object_mut) {
            http_get_defaults(hook);
        }
    }
}

// Models pkg/apis/core/v1/defaults.go SetDefaults_Probe
fn probe_defaults(probe: &mut Map) {
    let numbers =
        [("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)];
    for (name, value) in numbers {
        let set = probe.get(name).and_then(Value::as_i64).is_some_and(|number| number != 0);
        if !set {
            probe.insert(name.to_owned(), json!(value));
        }
    }
    http_get_defaults(probe);
    if let Some(Value::Object(grpc)) = probe.get_mut("grpc") {
        grpc.entry("service").or_insert_with(|| json!(""));
    }
}

fn http_get_defaults(handler: &mut Map) {
    if let Some(Value::Object(http)) = handler.get_mut("httpGet") {
        http.entry("path").or_insert_with(|| json!("/"));
        http.entry("scheme").or_insert_with(|| json!("HTTP"));
    }
}

// Models pkg/apis/core/v1/defaults.go SetDefaults_Volume
fn volume_defaults(source: &mut Map) {
    if source.is_empty() {
        source.insert("emptyDir".to_owned(), json!({}));
    }
    for kind in ["configMap", "secret", "downwardAPI", "projected"] {
        if let Some(Value::Object(volume)) = source.get_mut(kind) {
            volume.entry("defaultMode").or_insert_with(|| json!(DEFAULT_FILE_MODE));
            downward_defaults(volume);
        }
    }
    if let Some(Value::Object(path)) = source.get_mut("hostPath") {
        path.entry("type").or_insert_with(|| json!(""));
    }
    let projected = source.get_mut("projected").and_then(|projected| projected.get_mut("sources"));
    for part in projected.and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(Value::Object(downward)) = part.get_mut("downwardAPI") {
            downward_defaults(downward);
        }
        if let Some(Value::Object(token)) = part.get_mut("serviceAccountToken") {
            token.entry("expirationSeconds").or_insert_with(|| json!(3_600));
        }
    }
}

fn downward_defaults(volume: &mut Map) {
    for item in volume.get_mut("items").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(Value::Object(field)) = item.get_mut("fieldRef") {
            field.entry("apiVersion").or_insert_with(|| json!("v1"));
        }
    }
}

fn secret_defaults(secret: &mut Secret) {
    default_text(&mut secret.secret_type, "Opaque");
}

fn node_defaults(node: &mut Node) {
    if node.status.allocatable.is_empty() {
        node.status.allocatable = node.status.capacity.clone();
    }
}

/// The tag of an image reference; `latest` when it has neither tag nor digest.
// Models pkg/util/parsers/parsers.go ParseImageName
pub fn image_tag(reference: &str) -> &str {
    if let Some((_, digest)) = reference.split_once('@') {
        return digest;
    }
    let last = reference.rsplit('/').next().unwrap_or(reference);
    let (name, tag) = last.split_once(':').unwrap_or((last, "latest"));
    let of_a_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    // What is no reference has no tag: the kubelet will say so, defaulting does not.
    if name.chars().all(of_a_name) && !reference.contains(char::is_whitespace) { tag } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Kind;

    fn defaulted(kind: Kind, value: Value) -> Value {
        let mut object = Object::decode(kind, value).expect("right types");
        set_defaults(&mut object);
        object.to_value()
    }

    #[test]
    fn a_bare_job_gets_every_default() {
        let container = json!({"name": "main", "image": "perl:5.34.0"});
        let spec = json!({"template": {"spec": {"restartPolicy": "Never", "containers": [container]}}});
        let job = defaulted(Kind::Job, json!({"metadata": {"name": "a"}, "spec": spec}));
        let expected = json!({
            "backoffLimit": 6, "completionMode": "NonIndexed", "completions": 1, "manualSelector": false,
            "parallelism": 1, "podReplacementPolicy": "TerminatingOrFailed", "suspend": false,
            "template": {"metadata": {}, "spec": {
                "containers": [{
                    "image": "perl:5.34.0", "imagePullPolicy": "IfNotPresent", "name": "main", "resources": {},
                    "terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File",
                }],
                "dnsPolicy": "ClusterFirst", "restartPolicy": "Never", "schedulerName": "default-scheduler",
                "securityContext": {}, "terminationGracePeriodSeconds": 30,
            }},
        });
        assert_eq!(job["spec"], expected);
    }

    #[test]
    fn tags_decide_the_pull_policy() {
        let cases = [
            ("perl", "latest"),
            ("perl:5.34", "5.34"),
            ("localhost:5000/perl", "latest"),
            ("localhost:5000/perl:1", "1"),
            ("perl@sha256:00", "sha256:00"),
            ("BAD image", ""),
        ];
        for (reference, tag) in cases {
            assert_eq!(image_tag(reference), tag, "{reference}");
        }
    }

    #[test]
    fn requests_follow_limits_in_pods_only() {
        let containers = json!([{"name": "a", "image": "b", "resources": {"limits": {"cpu": "1"}}}]);
        let pod = defaulted(Kind::Pod, json!({"spec": {"containers": containers.clone()}}));
        assert_eq!(pod["spec"]["containers"][0]["resources"]["requests"], json!({"cpu": "1"}));
        let job = defaulted(Kind::Job, json!({"spec": {"template": {"spec": {"containers": containers}}}}));
        assert_eq!(
            job["spec"]["template"]["spec"]["containers"][0]["resources"],
            json!({"limits": {"cpu": "1"}})
        );
    }
}
