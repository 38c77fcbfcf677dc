//! When a record began.

use std::fs;
use std::path::Path;

use serde_json::Value;
use zadachnik::base::{Duration, Time};

/// Events that are older than this belong to the scenario recorded before.
const HEADER_MAX: Duration = Duration::from_secs(5);

/// The instant of a record's t=0, to the millisecond.
///
/// Its header tells a second, and that of some moment before. But an event's name ends in the nanosecond at which it
/// was made, and the timeline knows when it was seen: a little later, so the largest difference is the nearest.
pub fn instant(folder: &Path) -> Time {
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("readable");
    let transcript = read("transcript.txt");
    let stamp = transcript.lines().next().and_then(|line| line.rsplit(' ').next()).expect("a header");
    let header = Time::parse_rfc3339(stamp).expect("the time of the record");
    let timeline = read("timeline.jsonl");
    let entries = timeline.lines().map(|line| serde_json::from_str(line).expect("a line of JSON"));
    let events = entries.filter(|entry: &Value| entry["kind"] == "Event" && entry["type"] == "ADDED");
    let begins = events.filter_map(|event| {
        let made = i64::from_str_radix(event["name"].as_str()?.rsplit('.').next()?, 16).ok()?;
        Some(Time::from_millis(made / 1_000_000 - (event["t"].as_f64()? * 1000.0) as i64))
    });
    begins.filter(|begin| *begin >= header && *begin - header < HEADER_MAX).max().unwrap_or(header)
}
