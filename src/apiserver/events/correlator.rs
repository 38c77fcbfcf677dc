//! What happens to an event on its way to the server: similar ones are combined, equal ones counted, floods dropped.
// Models staging/src/k8s.io/client-go/tools/record/events_cache.go

use super::lru::{Key, Lru};
use crate::api::core::{Event, EventSource, ObjectReference};
use crate::base::{Duration, Time, Timestamp};

/// Entries that each of the caches remembers.
const CACHE_ENTRIES: usize = 4096;
/// From this many distinct messages within the interval on, similar events are combined.
const SIMILAR_MESSAGES_MAX: usize = 10;
const SIMILAR_INTERVAL: Duration = Duration::from_secs(600);
/// Events that one source may send about one object before it is held to the refill.
const SPAM_BURST: i64 = 25;
/// Milliseconds after which one more event is allowed.
const SPAM_REFILL_MS: i64 = 300_000;
const COMBINED_PREFIX: &str = "(combined from similar events): ";

#[derive(Clone, Debug, Default)]
struct Similar {
    /// Distinct ones, by their hash: a pod alone leaves several of these records.
    messages: Vec<Key>,
    last: Time,
}

#[derive(Clone, Debug, Default)]
struct Seen {
    count: i32,
    first: Option<Timestamp>,
    name: String,
}

/// Tokens are counted in milliseconds of refill, so that nothing is rounded.
#[derive(Clone, Debug)]
struct Bucket {
    credit_ms: i64,
    last: Time,
}

#[derive(Clone, Debug)]
pub struct Correlator {
    similar: Lru<Similar>,
    seen: Lru<Seen>,
    spam: Lru<Bucket>,
}

/// What is to be sent for one occurrence: a new event; or, with `known`, the same event again with a higher count.
#[derive(Clone, PartialEq, Debug)]
pub struct Outgoing {
    pub event: Event,
    pub known: bool,
}

impl Default for Correlator {
    fn default() -> Correlator {
        Correlator {
            similar: Lru::new(CACHE_ENTRIES),
            seen: Lru::new(CACHE_ENTRIES),
            spam: Lru::new(CACHE_ENTRIES),
        }
    }
}

impl Correlator {
    /// `None` when the source said too much about this object.
    pub fn correlate(&mut self, event: Event, now: Time) -> Option<Outgoing> {
        let source = spam_key(&event.source, &event.involved_object);
        let (event, key) = self.aggregate(event, source, now);
        let (event, known) = self.observe(event, key);
        (!self.is_spam(source, now)).then_some(Outgoing { event, known })
    }

    /// Forgets what a source said about an object.
    pub fn forget(&mut self, source: &EventSource, object: &ObjectReference) {
        let source = spam_key(source, object);
        self.similar.forget(source);
        self.seen.forget(source);
        self.spam.forget(source);
    }

    /// Combines an event with similar ones. Answers the key under which its occurrences are counted.
    fn aggregate(&mut self, mut event: Event, source: Key, now: Time) -> (Event, Key) {
        let aggregate_key = aggregate_key(&event, source);
        let record = self.similar.entry(aggregate_key, Similar::default);
        if now - record.last > SIMILAR_INTERVAL {
            record.messages.clear();
        }
        let message = Key::of(&[&event.message]);
        if !record.messages.contains(&message) {
            record.messages.push(message);
        }
        record.last = now;
        if record.messages.len() < SIMILAR_MESSAGES_MAX {
            let key = event_key(&event, source);
            return (event, key);
        }
        // There must not be more of them: any message may make room.
        record.messages.pop();
        event.message.insert_str(0, COMBINED_PREFIX);
        (event, aggregate_key)
    }

    /// Counts the occurrence; one that was seen before keeps its name and first time.
    fn observe(&mut self, mut event: Event, key: Key) -> (Event, bool) {
        let seen = self.seen.entry(key, Seen::default);
        let known = seen.count > 0;
        if known {
            event.metadata.name.clone_from(&seen.name);
            event.first_timestamp = seen.first;
        } else {
            seen.name.clone_from(&event.metadata.name);
            seen.first = event.first_timestamp;
        }
        seen.count += 1;
        event.count = seen.count;
        (event, known)
    }

    fn is_spam(&mut self, source: Key, now: Time) -> bool {
        let full = SPAM_BURST * SPAM_REFILL_MS;
        let bucket = self.spam.entry(source, || Bucket { credit_ms: full, last: now });
        bucket.credit_ms = full.min(bucket.credit_ms + (now - bucket.last).as_millis());
        bucket.last = now;
        let allowed = bucket.credit_ms >= SPAM_REFILL_MS;
        if allowed {
            bucket.credit_ms -= SPAM_REFILL_MS;
        }
        !allowed
    }
}

/// One source's events about one object.
fn spam_key(source: &EventSource, object: &ObjectReference) -> Key {
    Key::of(&[
        &source.component,
        &source.host,
        &object.kind,
        &object.namespace,
        &object.name,
        &object.uid,
        &object.api_version,
    ])
}

fn aggregate_key(event: &Event, source: Key) -> Key {
    let parts = [&event.event_type, &event.reason, &event.reporting_component, &event.reporting_instance];
    source.with(&parts.map(String::as_str))
}

fn event_key(event: &Event, source: Key) -> Key {
    let parts = [&event.involved_object.field_path, &event.event_type, &event.reason, &event.message];
    // One part more than the key of similar events has: the two never meet.
    source.with(&parts.map(String::as_str)).with(&[""])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Time {
        Time::from_millis(seconds * 1000)
    }

    fn event(name: &str, message: &str) -> Event {
        let mut event = Event { message: message.to_owned(), ..Event::default() };
        event.metadata.name = name.to_owned();
        event.involved_object.name = "job".to_owned();
        event
    }

    fn sent(outgoing: Option<Outgoing>) -> (String, String, i32) {
        let event = outgoing.expect("not dropped").event;
        (event.metadata.name, event.message, event.count)
    }

    #[test]
    fn equal_events_raise_the_count_of_the_first() {
        let mut correlator = Correlator::default();
        correlator.correlate(event("a", "m"), at(0));
        let second = sent(correlator.correlate(event("b", "m"), at(1)));
        assert_eq!(second, ("a".to_owned(), "m".to_owned(), 2));
    }

    #[test]
    fn the_tenth_distinct_message_is_combined() {
        let mut correlator = Correlator::default();
        let mut all = Vec::new();
        for n in 0..12 {
            all.push(sent(correlator.correlate(event(&format!("e{n}"), &format!("m{n}")), at(n))));
        }
        assert_eq!(all[8], ("e8".to_owned(), "m8".to_owned(), 1));
        assert_eq!(all[9], ("e9".to_owned(), format!("{COMBINED_PREFIX}m9"), 1));
        assert_eq!(all[11], ("e9".to_owned(), format!("{COMBINED_PREFIX}m11"), 3));
        let after_the_interval = sent(correlator.correlate(event("late", "m12"), at(700)));
        assert_eq!(after_the_interval, ("late".to_owned(), "m12".to_owned(), 1));
    }

    #[test]
    fn a_flood_is_held_to_one_event_in_five_minutes() {
        let mut correlator = Correlator::default();
        let mut drops = 0;
        for n in 0..30 {
            drops += i32::from(correlator.correlate(event("e", "m"), at(n)).is_none());
        }
        assert_eq!(drops, 5);
        let (_, _, count) = sent(correlator.correlate(event("e", "m"), at(300)));
        assert_eq!(count, 31, "dropped occurrences are counted");
        assert_eq!(correlator.correlate(event("e", "m"), at(301)), None);
    }
}
