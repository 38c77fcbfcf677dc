//! Repetitions in the newer kind of events: a series on the first one, written at its start and then rarely.
// Models staging/src/k8s.io/client-go/tools/events/event_broadcaster.go

use std::sync::Arc;

use serde_json::json;

use super::lru::{Key, Lru};
use super::micro_time;
use crate::api::Object;
use crate::api::core::Event;
use crate::apiserver::server::{ApiServer, Subresource};
use crate::apiserver::store::ObjectKey;
use crate::base::{Duration, Time};

/// A series that was silent for so long is over: the next occurrence is a new event.
const SERIES_SILENCE: Duration = Duration::from_secs(360);
const SERIES_ENTRIES: usize = 4096;

#[derive(Clone, Debug, Default)]
struct Series {
    key: ObjectKey,
    count: i32,
    last: Time,
}

#[derive(Clone, Debug)]
pub struct SeriesRecorder {
    series: Lru<Series>,
}

impl Default for SeriesRecorder {
    fn default() -> SeriesRecorder {
        SeriesRecorder { series: Lru::new(SERIES_ENTRIES) }
    }
}

impl SeriesRecorder {
    pub fn send(&mut self, api: &mut ApiServer, event: Event, now: Time) {
        let object = &event.involved_object;
        let parts = [event.event_type.as_str(), &event.action, &event.reason, &object.namespace, &object.uid];
        let series = self.series.entry(Key::of(&parts), Series::default);
        let continues = series.count > 0 && now - series.last < SERIES_SILENCE;
        series.last = now;
        if !continues {
            series.count = 1;
            series.key = ObjectKey::new(&event.metadata.namespace, &event.metadata.name);
            api.create_event(event);
            return;
        }
        series.count += 1;
        // Only the occurrence that makes it a series is written; later ones wait for a heartbeat of 30 minutes.
        if series.count == 2 {
            write_series(api, series, now);
        }
    }
}

fn write_series(api: &mut ApiServer, series: &Series, now: Time) {
    let value = json!({"count": series.count, "lastObservedTime": micro_time(now)});
    let put = |stored: &mut Object| {
        if let Object::Event(stored) = stored {
            Arc::make_mut(stored).rest.insert("series".to_owned(), value);
        }
    };
    let _ = api.patch(crate::api::Kind::Event, &series.key, Subresource::Main, put);
}
