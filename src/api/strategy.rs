//! Create strategies: what the server adds to or drops from an object that is about to be stored.

use std::collections::BTreeMap;

use super::batch::{
    CONTROLLER_UID_LABEL, CronJobStatus, JOB_NAME_LABEL, Job, JobStatus, LEGACY_CONTROLLER_UID_LABEL,
    LEGACY_JOB_NAME_LABEL,
};
use super::core::{Pod, PodCondition, PodPhase, PodStatus, Secret, Toleration, pod_condition};
use super::meta::{ConditionStatus, LabelSelector};
use super::object::Object;
use super::qos::qos_class;
use crate::base::base64;

/// How long pods stay on a node that does not answer, unless they say otherwise.
// Models plugin/pkg/admission/defaulttolerationseconds/admission.go
const DEFAULT_TOLERATION_SECONDS: i64 = 300;

/// Prepares a new object whose name and uid are already set.
pub fn prepare_create(object: &mut Object) {
    use std::sync::Arc;
    match object {
        Object::Job(job) => prepare_job(Arc::make_mut(job)),
        Object::CronJob(cron_job) => {
            let cron_job = Arc::make_mut(cron_job);
            cron_job.status = CronJobStatus::default();
            cron_job.metadata.generation = 1;
        }
        Object::Pod(pod) => prepare_pod(Arc::make_mut(pod)),
        Object::Namespace(namespace) => {
            let namespace = Arc::make_mut(namespace);
            namespace.spec = serde_json::json!({"finalizers": ["kubernetes"]});
            namespace.status = serde_json::json!({"phase": "Active"});
            let name = namespace.metadata.name.clone();
            namespace.metadata.labels.insert("kubernetes.io/metadata.name".to_owned(), name);
        }
        Object::Secret(secret) => prepare_secret(Arc::make_mut(secret)),
        Object::ConfigMap(_) | Object::Event(_) | Object::Node(_) => {}
    }
}

// Models pkg/registry/batch/job/strategy.go PrepareForCreate
fn prepare_job(job: &mut Job) {
    job.status = JobStatus::default();
    job.metadata.generation = 1;
    if job.spec.manual_selector != Some(true) {
        generate_selector(job);
    }
}

/// The labels that a Job's template gets: two with the Job's name, two with its uid.
pub const GENERATED_LABELS: [&str; 4] =
    [LEGACY_JOB_NAME_LABEL, JOB_NAME_LABEL, LEGACY_CONTROLLER_UID_LABEL, CONTROLLER_UID_LABEL];

/// Selects the Job's own pods by its uid. Labels that the template sets itself stay: validation then refuses those
/// that contradict.
// Models pkg/registry/batch/job/strategy.go generateSelector
fn generate_selector(job: &mut Job) {
    let (name, uid) = (job.metadata.name.clone(), job.metadata.uid.clone());
    let spec = &mut *job.spec;
    let labels = &mut spec.template.metadata.labels;
    for (key, value) in GENERATED_LABELS.into_iter().zip([&name, &name, &uid, &uid]) {
        labels.entry(key.to_owned()).or_insert_with(|| value.clone());
    }
    let selector = spec.selector.get_or_insert_with(LabelSelector::default);
    selector.match_labels.entry(CONTROLLER_UID_LABEL.to_owned()).or_insert(uid);
}

// Models pkg/registry/core/pod/strategy.go PrepareForCreate
fn prepare_pod(pod: &mut Pod) {
    let qos_class = qos_class(&pod.spec).to_owned();
    pod.status = PodStatus { phase: PodPhase::Pending, qos_class, ..PodStatus::default() }.into();
    pod.metadata.generation = 1;
    // Models pkg/registry/core/pod/strategy.go applySchedulingGatedCondition
    if pod.spec.scheduling_gates.as_array().is_some_and(|gates| !gates.is_empty()) {
        pod.status.conditions.push(PodCondition {
            condition_type: pod_condition::SCHEDULED.to_owned(),
            status: ConditionStatus::False,
            last_transition_time: pod.metadata.creation_timestamp,
            reason: "SchedulingGated".to_owned(),
            message: "Scheduling is blocked due to non-empty scheduling gates".to_owned(),
            ..PodCondition::default()
        });
    }
    let spec = &mut *pod.spec;
    spec.priority = spec.priority.or(Some(0));
    spec.preemption_policy.get_or_insert_with(|| "PreemptLowerPriority".to_owned());
    for taint in TOLERATED {
        let tolerates = |toleration: &Toleration| {
            (toleration.key == taint || (toleration.key.is_empty() && toleration.operator == "Exists"))
                && (toleration.effect == "NoExecute" || toleration.effect.is_empty())
        };
        if !spec.tolerations.iter().any(tolerates) {
            spec.tolerations.push(default_toleration(taint));
        }
    }
}

const TOLERATED: [&str; 2] = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

fn default_toleration(taint: &str) -> Toleration {
    Toleration {
        key: taint.to_owned(),
        operator: "Exists".to_owned(),
        effect: "NoExecute".to_owned(),
        toleration_seconds: Some(DEFAULT_TOLERATION_SECONDS),
        ..Toleration::default()
    }
}

/// Whether the server may have added it.
pub fn is_default_toleration(toleration: &Toleration) -> bool {
    TOLERATED.contains(&toleration.key.as_str()) && *toleration == default_toleration(&toleration.key)
}

/// Plain texts become base64 data; they win over data of the same key.
fn prepare_secret(secret: &mut Secret) {
    let plain: BTreeMap<String, String> = std::mem::take(&mut secret.string_data);
    for (key, text) in plain {
        secret.data.insert(key, base64::encode(text.as_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jobs_own_labels_stay_and_its_selector_is_its_uid() {
        let mut job = Job::default();
        job.metadata.name = "myjob".to_owned();
        job.metadata.uid = "1a2b3c".to_owned();
        job.spec.template.metadata.labels.insert("app".to_owned(), "x".to_owned());
        let mut object = Object::from(job);
        prepare_create(&mut object);
        let Object::Job(job) = &object else { unreachable!("still a Job") };
        let selector = job.spec.selector.as_ref().expect("generated");
        assert_eq!(selector.match_labels.iter().collect::<Vec<_>>().len(), 1);
        assert_eq!(selector.match_labels[CONTROLLER_UID_LABEL], "1a2b3c");
        assert_eq!(job.spec.template.metadata.labels["app"], "x");
        assert_eq!(job.spec.template.metadata.labels[JOB_NAME_LABEL], "myjob");
    }
}
