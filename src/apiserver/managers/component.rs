//! Fields that the cluster's own components wrote. Their writes are not followed one by one: what they own is told from
//! what an object has.

use std::sync::Arc;

use serde_json::json;

use super::field_set::{FieldSet, compare_status};
use crate::api::Object;
use crate::api::core::pod_condition;
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

/// The object as its creator sent it: without what the server and binding added.
pub fn as_sent(object: &Object) -> Object {
    let mut sent = object.clone();
    match &mut sent {
        Object::Pod(pod) => {
            let spec = &mut *Arc::make_mut(pod).spec;
            spec.node_name.clear();
            spec.priority = None;
            spec.preemption_policy = None;
            spec.tolerations.retain(|toleration| !is_default_toleration(toleration));
        }
        Object::Job(job) if job.spec.manual_selector != Some(true) => {
            let spec = &mut *Arc::make_mut(job).spec;
            spec.selector = None;
            spec.template.metadata.labels.retain(|name, _| !GENERATED_LABELS.contains(&name.as_str()));
        }
        _ => {}
    }
    sent
}

/// What its component wrote into an object's status: who, when, which fields.
pub fn status_fields(object: &Object) -> Option<(&'static str, Timestamp, FieldSet)> {
    let (manager, before) = match object {
        Object::Pod(pod) => {
            let scheduled =
                pod.status.conditions.iter().find(|it| it.condition_type == pod_condition::SCHEDULED);
            match scheduled {
                Some(scheduled) if scheduled.status == ConditionStatus::True => {
                    let condition = view::to_value(scheduled);
                    (KUBELET, json!({"phase": "Pending", "conditions": [condition]}))
                }
                _ => (SCHEDULER, json!({"phase": "Pending"})),
            }
        }
        Object::Node(_) => (KUBELET, json!({})),
        Object::Job(_) | Object::CronJob(_) => (CONTROLLERS, json!({})),
        _ => return None,
    };
    let status = object.get("status")?;
    let conditions_merge = matches!(object, Object::Pod(_) | Object::Node(_));
    let mut fields = compare_status(&before, status, conditions_merge).written;
    fields.remove("f:status\0");
    fields.remove("f:status\0f:qosClass\0");
    let created = object.metadata().creation_timestamp.unwrap_or_default();
    (!fields.is_empty()).then(|| (manager, newest_time(status, created), fields))
}

/// The newest time that stands in a status: no later one of its writes shows.
fn newest_time(value: &dyn Viewed, known: Timestamp) -> Timestamp {
    match value.view() {
        View::Text(text) if text.ends_with('Z') => {
            Timestamp::parse_rfc3339(&text).map_or(known, |time| time.max(known))
        }
        View::List(items) => view::items(items).fold(known, |known, item| newest_time(item, known)),
        View::Object(fields) => {
            let mut entries = Vec::new();
            fields.add_to(&mut entries);
            entries.into_iter().fold(known, |known, (_, item)| newest_time(item, known))
        }
        _ => known,
    }
}
