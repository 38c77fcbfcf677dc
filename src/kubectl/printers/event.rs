//! Events in tables.

use super::{Column, age};
use crate::api::core::Event;
use crate::base::{Time, Timestamp};

pub const COLUMNS: &[Column] = &[
    ("LAST SEEN", false),
    ("TYPE", false),
    ("REASON", false),
    ("OBJECT", false),
    ("SUBOBJECT", true),
    ("SOURCE", true),
    ("MESSAGE", false),
    ("FIRST SEEN", true),
    ("COUNT", true),
    ("NAME", true),
];

/// The row of an event, with the wide columns.
// Models pkg/printers/internalversion/printers.go printEvent
pub fn event_row(event: &Event, now: Time) -> Vec<String> {
    let first = first_seen(event);
    let series = series(event);
    let (last, count) = match series {
        Some((count, last)) => (last, count),
        None => (event.last_timestamp.or(first), i64::from(event.count.max(1))),
    };
    let about = &event.involved_object;
    let kind = about.kind.to_lowercase();
    let target = if about.name.is_empty() { kind } else { format!("{kind}/{}", about.name) };
    vec![
        age(last, now),
        event.event_type.clone(),
        event.reason.clone(),
        target,
        about.field_path.clone(),
        source_text(event),
        event.message.trim().to_owned(),
        age(first, now),
        count.to_string(),
        event.metadata.name.clone(),
    ]
}

/// When it was seen first; events of the newer form carry one micro time instead.
pub fn first_seen(event: &Event) -> Option<Timestamp> {
    event.first_timestamp.or_else(|| event.event_time.as_deref().and_then(Timestamp::parse_rfc3339))
}

/// Count and last time of an event of the newer form that came again.
pub fn series(event: &Event) -> Option<(i64, Option<Timestamp>)> {
    let series = event.rest.get("series")?.as_object()?;
    let count = series.get("count")?.as_i64()?;
    let last =
        series.get("lastObservedTime").and_then(|time| time.as_str()).and_then(Timestamp::parse_rfc3339);
    Some((count, last))
}

/// Who sent it: `kubelet, node-1`.
// Models formatEventSource
pub fn source_text(event: &Event) -> String {
    let (component, host) = match event.source.component.as_str() {
        "" => (&event.reporting_component, &event.reporting_instance),
        _ => (&event.source.component, &event.source.host),
    };
    if host.is_empty() { component.clone() } else { format!("{component}, {host}") }
}
