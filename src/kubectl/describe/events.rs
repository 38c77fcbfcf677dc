//! The table of events under a description.

use super::Surroundings;
use super::writer::Writer;
use crate::api::core::Event;
use crate::base::{Time, sorted};
use crate::kubectl::printers::age;
use crate::kubectl::printers::event_times::{first_seen, series};

// Models describe.go DescribeEvents
pub fn describe_events(w: &mut Writer, around: &Surroundings) {
    let Some(events) = &around.events else { return };
    if events.is_empty() {
        return w.field(0, "Events", "<none>");
    }
    let mut events = events.clone();
    sorted::sort_by_key(&mut events, |event| event.last_timestamp);
    w.line(0, "Events:");
    w.line(1, "Type\tReason\tAge\tFrom\tMessage");
    w.line(1, "----\t------\t----\t----\t-------");
    for event in events {
        let from = match event.source.component.as_str() {
            "" => &event.reporting_component,
            component => component,
        };
        let about = match event.involved_object.field_path.as_str() {
            "" => String::new(),
            path => format!("{path}: "),
        };
        let message = event.message.trim();
        let interval = interval(event, around.now);
        w.line(1, &format!("{}\t{}\t{interval}\t{from}\t{about}{message}", event.event_type, event.reason));
    }
}

/// The age, with count and span when the event came more than once.
pub fn interval(event: &Event, now: Time) -> String {
    let first = age(first_seen(event), now);
    match series(event) {
        Some((count, last)) => format!("{} (x{count} over {first})", age(last, now)),
        None if event.count > 1 => {
            format!("{} (x{} over {first})", age(event.last_timestamp, now), event.count)
        }
        None => first,
    }
}
