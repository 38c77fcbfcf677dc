//! Fields that the cluster's own components wrote. Their writes are not followed one by one: what they own is told from
//! what an object has.

use std::sync::Arc;

use super::compare::Walk;
use crate::api::Object;
use crate::api::core::{PodCondition, PodPhase, PodStatus, pod_condition};
use crate::api::field_set::FieldSet;
use crate::api::meta::ConditionStatus;
use crate::api::strategy::{GENERATED_LABELS, is_default_toleration};
use crate::api::view::{self, Fields, View, Viewed};
use crate::base::Timestamp;

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

/// What its component wrote into an object's status: who, when, which fields.
pub fn status_fields(walk: &mut Walk, object: &Object) -> Option<(&'static str, Timestamp, FieldSet)> {
    let (manager, before) = match object {
        Object::Pod(pod) => {
            let conditions = pod.status.conditions.iter();
            let is_scheduled = |it: &&PodCondition| {
                it.condition_type == pod_condition::SCHEDULED && it.status == ConditionStatus::True
            };
            let scheduled: Vec<PodCondition> = conditions.filter(is_scheduled).cloned().collect();
            let manager = if scheduled.is_empty() { SCHEDULER } else { KUBELET };
            (manager, PodStatus { phase: PodPhase::Pending, conditions: scheduled, ..PodStatus::default() })
        }
        Object::Node(_) => (KUBELET, PodStatus::default()),
        Object::Job(_) | Object::CronJob(_) => (CONTROLLERS, PodStatus::default()),
        _ => return None,
    };
    let status = object.get("status")?;
    let conditions_merge = matches!(object, Object::Pod(_) | Object::Node(_));
    let fields = walk.status(&before, status, conditions_merge);
    let created = object.metadata().creation_timestamp.unwrap_or_default();
    (!fields.is_empty()).then(|| (manager, newest_time(status).unwrap_or(created).max(created), fields))
}

/// The newest time that stands in a status: no later one of its writes shows.
fn newest_time(status: &dyn Viewed) -> Option<Timestamp> {
    let mut newest = String::new();
    find_newest(status, &mut newest);
    Timestamp::parse_rfc3339(&newest)
}

/// Times of the API are in order when their texts are.
fn find_newest(value: &dyn Viewed, newest: &mut String) {
    match value.view() {
        View::Text(text) if text.len() == TIME_LENGTH && text.ends_with('Z') && *text > **newest => {
            *newest = text.into_owned();
        }
        View::List(items) => view::items(items).for_each(|item| find_newest(item, newest)),
        View::Object(_) => view::entries(value).into_iter().for_each(|(_, item)| find_newest(item, newest)),
        _ => {}
    }
}

const TIME_LENGTH: usize = "2006-01-02T15:04:05Z".len();
