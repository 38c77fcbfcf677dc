//! Fields that the cluster's own components wrote. Their writes are not followed one by one: what they own is told from
//! what an object has.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::compare::Walk;
use crate::api::core::{PodCondition, PodPhase, PodStatus, pod_condition};
use crate::api::field_set::FieldSet;
use crate::api::meta::ConditionStatus;
use crate::api::strategy::{GENERATED_LABELS, is_default_toleration};
use crate::api::view::{self, Fields, View, Viewed};
use crate::api::{Object, Shared};
use crate::base::{Digest, Timestamp};

pub const CONTROLLERS: &str = "kube-controller-manager";
const KUBELET: &str = "kubelet";
const SCHEDULER: &str = "kube-scheduler";

/// Who created an object that no client created.
pub fn creator(object: &Object) -> &'static str {
    match object {
        Object::Node(_) => KUBELET,
        Object::Event(event) => match event.source.component.as_str() {
            KUBELET => KUBELET,
            "default-scheduler" => SCHEDULER,
            _ => CONTROLLERS,
        },
        Object::Namespace(_) => "kube-apiserver",
        _ => CONTROLLERS,
    }
}

/// The fields that an object's creator sent: without what the server and binding added.
pub fn created(walk: &mut Walk, object: &Object) -> FieldSet {
    match object {
        Object::Pod(pod) if pod.spec.tolerations.iter().all(is_default_toleration) => {
            walk.created(object, &["nodeName", "preemptionPolicy", "priority", "tolerations"])
        }
        Object::Pod(_) => walk.created(object, &["nodeName", "preemptionPolicy", "priority"]),
        Object::Job(job) if job.spec.manual_selector != Some(true) => {
            let mut sent = job.clone();
            let spec = &mut *Arc::make_mut(&mut sent).spec;
            spec.selector = None;
            spec.template.metadata.labels.retain(|name, _| !GENERATED_LABELS.contains(&name.as_str()));
            // A walk of its own: the copy does not stay.
            Walk::default().created(&sent.into(), &[])
        }
        _ => walk.created(object, &[]),
    }
}

/// What was found of pods, of which many have the same parts. The pods stay as long as it does.
#[derive(Default)]
pub struct Known {
    /// By where the parts lie that their creator sent.
    created: BTreeMap<Digest, FieldSet>,
    /// What they were when their kubelets took them over, by where their conditions lie.
    taken_over: BTreeMap<Digest, Shared<PodStatus>>,
}

impl Known {
    /// As `created`.
    pub fn created(&mut self, walk: &mut Walk, object: &Object) -> FieldSet {
        let Some(parts) = parts_of(object) else { return created(walk, object) };
        self.created.entry(parts).or_insert_with(|| created(walk, object)).clone()
    }
}

/// Where all that tells what a creator sent lies, of a pod that has nothing unusual.
pub fn parts_of(object: &Object) -> Option<Digest> {
    let Object::Pod(pod) = object else { return None };
    let meta = &pod.metadata;
    (meta.rest.is_empty() && pod.rest.is_empty()).then(|| {
        Digest::of_numbers(&[
            usize::from(meta.generate_name.is_empty()),
            meta.labels.address(),
            meta.annotations.address(),
            meta.owner_references.address(),
            meta.finalizers.address(),
            pod.spec.address(),
        ])
    })
}

/// What its component wrote into an object's status: who, when, which fields.
pub fn status_fields(
    walk: &mut Walk,
    known: &mut Known,
    object: &Object,
) -> Option<(&'static str, Timestamp, FieldSet)> {
    let (manager, before) = match object {
        Object::Pod(pod) => {
            let conditions = &pod.status.conditions;
            let before = known
                .taken_over
                .entry(Digest::of_numbers(&[conditions.address()]))
                .or_insert_with(|| taken_over(conditions).into());
            let before = before.clone();
            (if before.conditions.is_empty() { SCHEDULER } else { KUBELET }, before)
        }
        Object::Node(_) => (KUBELET, Shared::empty()),
        Object::Job(_) | Object::CronJob(_) => (CONTROLLERS, Shared::empty()),
        _ => return None,
    };
    let status = object.get("status")?;
    let conditions_merge = matches!(object, Object::Pod(_) | Object::Node(_));
    let fields = walk.status(&*before, status, conditions_merge);
    let created = object.metadata().creation_timestamp.unwrap_or_default();
    (!fields.is_empty())
        .then(|| (manager, newest_time(object, status).unwrap_or(created).max(created), fields))
}

/// What a pod in these conditions was when its kubelet took it over.
fn taken_over(conditions: &[PodCondition]) -> PodStatus {
    let is_scheduled = |it: &&PodCondition| {
        it.condition_type == pod_condition::SCHEDULED && it.status == ConditionStatus::True
    };
    let scheduled: Vec<PodCondition> = conditions.iter().filter(is_scheduled).cloned().collect();
    PodStatus { phase: PodPhase::Pending, conditions: scheduled.into(), ..PodStatus::default() }
}

/// The newest time that stands in a status: no later one of its writes shows.
fn newest_time(object: &Object, status: &dyn Viewed) -> Option<Timestamp> {
    match object {
        Object::Pod(pod) => newest_of_pod(&pod.status),
        _ => newest_inside(status),
    }
}

fn newest_inside(value: &dyn Viewed) -> Option<Timestamp> {
    match value.view() {
        _ if value.time().is_some() => value.time(),
        View::List(items) => view::items(items).filter_map(newest_inside).max(),
        View::Object(fields) => {
            view::entries_of(fields).into_iter().filter_map(|(_, item)| newest_inside(item)).max()
        }
        _ => None,
    }
}

/// The same by the fields' types: there are many pods.
fn newest_of_pod(status: &PodStatus) -> Option<Timestamp> {
    let conditions = status.conditions.iter();
    let of_conditions = conditions.flat_map(|it| [it.last_probe_time, it.last_transition_time]);
    let containers = status.init_container_statuses.iter().chain(&status.container_statuses);
    let states = containers.flat_map(|container| [&container.state, &container.last_state]);
    let of_containers = states.flat_map(|state| {
        let running = state.running.as_ref().and_then(|running| running.started_at);
        let (started, finished) = match &state.terminated {
            Some(ended) => (ended.started_at, ended.finished_at),
            None => (None, None),
        };
        [running, started, finished]
    });
    of_conditions.chain(of_containers).flatten().chain(status.start_time).max()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::Kind;

    #[test]
    fn the_newest_time_of_a_pod_is_the_same_by_types_and_by_a_walk() {
        let at = |second: u32| format!("2026-01-01T00:00:{second:02}Z");
        for newest in 0..7 {
            let time = |place: u32| at(if place == newest { 30 } else { place });
            let status = json!({
                "startTime": time(0),
                "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": time(1)},
                    {"type": "X", "status": "True", "lastProbeTime": time(2), "lastTransitionTime": null}],
                "initContainerStatuses": [{"name": "i", "state": {"running": {"startedAt": time(3)}}}],
                "containerStatuses": [{
                    "name": "c",
                    "state": {"waiting": {}},
                    "lastState": {"terminated": {"exitCode": 1, "startedAt": time(4), "finishedAt": time(5)}},
                }],
            });
            let pod = Object::decode(Kind::Pod, json!({"status": status})).expect("a pod");
            let found = newest_time(&pod, pod.get("status").expect("it has one"));
            assert_eq!(found, newest_inside(&pod));
            assert_eq!(found, Timestamp::parse_rfc3339(&at(if newest == 6 { 5 } else { 30 })));
        }
    }
}
