//! Events live for an hour after their last write.
// Models pkg/registry/core/event/storage/storage.go NewREST, whose TTL is kube-apiserver's --event-ttl

use std::collections::VecDeque;
use std::sync::Arc;

use super::server::ApiServer;
use super::store::{Change, ChangeKind, ObjectKey};
use crate::api::core::Event;
use crate::api::{Kind, Object};
use crate::base::{Duration, Time};

const EVENT_TTL: Duration = Duration::from_secs(3600);

/// All leases are equally long, so they end in the order in which they began.
#[derive(Clone, Debug, Default)]
pub struct EventLeases {
    leases: VecDeque<(Time, Arc<Event>)>,
}

impl EventLeases {
    pub fn new() -> EventLeases {
        EventLeases::default()
    }

    pub fn observe(&mut self, change: &Change, now: Time) {
        if let Object::Event(event) = &change.object
            && change.kind != ChangeKind::Deleted
        {
            self.leases.push_back((now + EVENT_TTL, Arc::clone(event)));
        }
    }

    pub fn next_wake(&self) -> Option<Time> {
        self.leases.front().map(|(at, _)| *at)
    }

    /// Removes the events whose hour is over.
    pub fn run(&mut self, api: &mut ApiServer) {
        while self.next_wake().is_some_and(|at| at <= api.now()) {
            let Some((_, event)) = self.leases.pop_front() else { return };
            let key = ObjectKey::new(&event.metadata.namespace, &event.metadata.name);
            let written = |object: &Object| object.metadata().resource_version;
            let unchanged = api.find(Kind::Event, &key).map(written) == Some(event.metadata.resource_version);
            if unchanged {
                api.remove(Kind::Event, &key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apiserver::EventRecorder;
    use crate::base::Random;

    #[test]
    fn an_event_goes_an_hour_after_its_last_repetition() {
        let mut api = ApiServer::new(Time::default(), Random::new(1));
        let mut leases = EventLeases::new();
        let mut recorder = EventRecorder::new("test");
        let namespace = api.list(Kind::Namespace, None).next().expect("default").clone();
        for minute in [0, 30] {
            api.set_now(Time::from_millis(minute * 60_000));
            let since = api.version();
            recorder.event(&mut api, &namespace, "Normal", "R", "m");
            let changes: Vec<Change> = api.changes_since(since).expect("recent").cloned().collect();
            changes.iter().for_each(|change| leases.observe(change, api.now()));
        }
        for (minute, left) in [(60, 1), (89, 1), (90, 0)] {
            api.set_now(Time::from_millis(minute * 60_000));
            leases.run(&mut api);
            assert_eq!(api.list(Kind::Event, None).count(), left, "minute {minute}");
        }
    }
}
