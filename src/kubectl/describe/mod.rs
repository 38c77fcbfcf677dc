//! `kubectl describe`.
// Models staging/src/k8s.io/kubectl/pkg/describe/describe.go

mod batch;
mod containers;
mod events;
mod misc;
mod node;
mod pod;
mod template;
mod writer;

use crate::api::Object;
use crate::api::core::{Event, Pod};
use crate::base::Time;

pub use batch::{describe_cronjob, describe_job};
pub use events::interval;

/// What a description may look at beside the object.
pub struct Surroundings<'a> {
    pub now: Time,
    /// Events about the object; `None` when they are not asked for.
    pub events: Option<Vec<&'a Event>>,
    /// The pods of the cluster, for nodes.
    pub pods: Vec<&'a Pod>,
}

/// The text of one object.
pub fn describe(object: &Object, around: &Surroundings) -> String {
    match object {
        Object::Job(job) => describe_job(job, around),
        Object::CronJob(cronjob) => describe_cronjob(cronjob, around),
        Object::Pod(pod) => pod::describe_pod(pod, around),
        Object::Node(node) => node::describe_node(node, around),
        Object::ConfigMap(map) => misc::describe_configmap(map, around),
        Object::Secret(secret) => misc::describe_secret(secret),
        Object::Namespace(namespace) => misc::describe_namespace(namespace),
        other => misc::describe_value(&other.to_value(), around),
    }
}

/// The text of an object that the cluster does not store.
pub fn describe_value(object: &serde_json::Value, around: &Surroundings) -> String {
    misc::describe_value(object, around)
}
