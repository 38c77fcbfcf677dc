//! Rows of `kubectl get`.
// Models pkg/printers/internalversion/printers.go

mod batch;
mod event;
/// When events were seen.
pub mod event_times {
    pub use super::event::{first_seen, series};
}
mod misc;
mod pod;

use crate::api::Object;
use crate::api::core::Container;
use crate::api::meta::{LabelSelector, LabelSelectorRequirement};
use crate::base::{Time, Timestamp, duration_text, sorted};

pub use batch::{cronjob_row, job_row, job_status};
pub use event::{event_row, source_text};
pub use pod::{pod_row, pod_status};

/// A column: its name, and whether only `-o wide` shows it.
pub type Column = (&'static str, bool);

/// The columns of a kind's table.
pub fn columns(plural: &str) -> &'static [Column] {
    match plural {
        "pods" => pod::COLUMNS,
        "jobs" => batch::JOB_COLUMNS,
        "cronjobs" => batch::CRONJOB_COLUMNS,
        "events" => event::COLUMNS,
        "nodes" => misc::NODE_COLUMNS,
        "namespaces" => misc::NAMESPACE_COLUMNS,
        "configmaps" => misc::CONFIGMAP_COLUMNS,
        "secrets" => misc::SECRET_COLUMNS,
        "services" => misc::SERVICE_COLUMNS,
        "endpoints" => misc::ENDPOINTS_COLUMNS,
        "endpointslices" => misc::SLICE_COLUMNS,
        "leases" => misc::LEASE_COLUMNS,
        _ => misc::OTHER_COLUMNS,
    }
}

/// One cell for each column, the wide ones too.
pub fn row(object: &Object, now: Time) -> Vec<String> {
    match object {
        Object::Pod(pod) => pod_row(pod, now),
        Object::Job(job) => job_row(job, now),
        Object::CronJob(cronjob) => cronjob_row(cronjob, now),
        Object::Event(event) => event_row(event, now),
        Object::Node(node) => misc::node_row(node, now),
        Object::Namespace(namespace) => misc::namespace_row(namespace, now),
        Object::ConfigMap(map) => misc::configmap_row(map, now),
        Object::Secret(secret) => misc::secret_row(secret, now),
        #[allow(unreachable_patterns)]
        other => misc::other_row(other.metadata(), now),
    }
}

pub use misc::{node_roles, other_row as generic_row, value_row};

/// How long ago an instant was; `<unknown>` without one.
// Models translateTimestampSince
pub fn age(since: Option<Timestamp>, now: Time) -> String {
    since.map_or_else(|| "<unknown>".to_owned(), |since| duration_text::human(now - since.to_time()))
}

/// Container names and images, as `-o wide` lists them.
fn containers_and_images(containers: &[Container]) -> [String; 2] {
    let join = |part: fn(&Container) -> &str| containers.iter().map(part).collect::<Vec<_>>().join(",");
    [join(|container| &container.name), join(|container| &container.image)]
}

/// A selector on one line; `<none>` when it selects by nothing.
// Models metav1.FormatLabelSelector
pub fn selector_text(selector: Option<&LabelSelector>) -> String {
    let Some(selector) = selector else { return "<none>".to_owned() };
    let equal = |(key, value): (&String, &String)| (key.clone(), format!("{key}={value}"));
    let mut parts: Vec<(String, String)> = selector.match_labels.iter().map(equal).collect();
    parts.extend(selector.match_expressions.iter().map(|r| (r.key.clone(), requirement_text(r))));
    sorted::sort_by(&mut parts, |a, b| a.0.cmp(&b.0));
    if parts.is_empty() {
        return "<none>".to_owned();
    }
    parts.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(",")
}

fn requirement_text(requirement: &LabelSelectorRequirement) -> String {
    let key = &requirement.key;
    let mut values = requirement.values.clone();
    sorted::sort(&mut values);
    let values = values.join(",");
    match requirement.operator.as_str() {
        "In" => format!("{key} in ({values})"),
        "NotIn" => format!("{key} notin ({values})"),
        "DoesNotExist" => format!("!{key}"),
        _ => key.clone(),
    }
}

pub fn or_none(text: &str) -> String {
    if text.is_empty() { "<none>".to_owned() } else { text.to_owned() }
}
