//! Events: what components tell about objects.

mod correlator;
mod lru;
mod series;

use correlator::Correlator;
use series::SeriesRecorder;

use super::server::{ApiServer, Subresource};
use super::store::ObjectKey;
use crate::api::core::{Event, EventSource, ObjectReference};
use crate::api::{Kind, Object, Shared};
use crate::base::Time;
use crate::base::ids::push_hex;

pub mod event_type {
    pub const NORMAL: &str = "Normal";
    pub const WARNING: &str = "Warning";
}

/// Sends the events of one component. Refusals of the server are not reported back: events are best effort.
// Models staging/src/k8s.io/client-go/tools/record/event.go
#[derive(Clone, Debug)]
pub struct EventRecorder {
    component: &'static str,
    /// The node that the component runs on; empty for components of the control plane.
    host: String,
    /// Both, as events tell it.
    source: Shared<EventSource>,
    told_last: Option<Told>,
    correlator: Correlator,
    series: SeriesRecorder,
}

/// What was told about last: of one object, several things are told at a time.
#[derive(Clone, Debug)]
struct Told {
    object: Object,
    field_path: String,
    reference: Shared<ObjectReference>,
}

impl EventRecorder {
    pub fn new(component: &'static str) -> EventRecorder {
        EventRecorder::on_host(component, "")
    }

    /// A component that names its node as the host of its events, as kubelets do.
    pub fn on_host(component: &'static str, host: &str) -> EventRecorder {
        let source =
            EventSource { component: component.to_owned(), host: host.to_owned(), ..EventSource::default() };
        EventRecorder {
            component,
            host: host.to_owned(),
            source: source.into(),
            told_last: None,
            correlator: Correlator::default(),
            series: SeriesRecorder::default(),
        }
    }

    pub fn event(
        &mut self,
        api: &mut ApiServer,
        regarding: &Object,
        event_type: &str,
        reason: &str,
        message: &str,
    ) {
        self.field_event(api, regarding, "", event_type, reason, message);
    }

    /// An event about a part of an object, such as `spec.containers{main}`.
    pub fn field_event(
        &mut self,
        api: &mut ApiServer,
        regarding: &Object,
        field_path: &str,
        event_type: &str,
        reason: &str,
        message: &str,
    ) {
        let now = api.now();
        let mut event = skeleton(api, regarding, event_type, reason, message);
        event.involved_object = self.reference(regarding, field_path);
        event.source = self.source.clone();
        event.reporting_component = self.component.to_owned();
        event.reporting_instance.clone_from(&self.host);
        event.first_timestamp = Some(now.to_timestamp());
        event.last_timestamp = Some(now.to_timestamp());
        event.count = 1;
        if let Some(outgoing) = self.correlator.correlate(event, now) {
            send(api, outgoing.event, outgoing.known);
        }
    }

    /// Nothing more will be told about this object by `event`: what is remembered for repetitions may go.
    pub fn forget(&mut self, regarding: &Object) {
        self.correlator.forget(&self.source, &reference(regarding));
    }

    fn reference(&mut self, regarding: &Object, field_path: &str) -> Shared<ObjectReference> {
        let same = |told: &&Told| told.object.is_same(regarding) && told.field_path == field_path;
        if let Some(told) = self.told_last.as_ref().filter(same) {
            return told.reference.clone();
        }
        let (object, field_path) = (regarding.clone(), field_path.to_owned());
        let reference = ObjectReference { field_path: field_path.clone(), ..reference(regarding) };
        let reference = Shared::from(reference);
        self.told_last = Some(Told { object, field_path, reference: reference.clone() });
        reference
    }

    /// An event of the newer kind (`events.k8s.io`), which the scheduler sends: no source, no count, a time with
    /// a fraction and the action that was tried.
    // Models staging/src/k8s.io/client-go/tools/events/event_recorder.go
    pub fn action_event(
        &mut self,
        api: &mut ApiServer,
        regarding: &Object,
        event_type: &str,
        reason: &str,
        action: &str,
        note: &str,
    ) {
        let now = api.now();
        let mut event = skeleton(api, regarding, event_type, reason, note);
        event.involved_object = self.reference(regarding, "");
        event.action = action.to_owned();
        event.reporting_component = self.component.to_owned();
        event.reporting_instance = format!("{}-control-plane", self.component);
        event.event_time = Some(micro_time(now));
        self.series.send(api, event, now);
    }
}

fn skeleton(api: &ApiServer, regarding: &Object, event_type: &str, reason: &str, message: &str) -> Event {
    let meta = regarding.metadata();
    let mut event = Event {
        event_type: event_type.to_owned(),
        reason: reason.to_owned(),
        message: message.to_owned(),
        ..Event::default()
    };
    event.metadata.namespace =
        if meta.namespace.is_empty() { "default".to_owned() } else { meta.namespace.clone() };
    event.metadata.name = event_name(&meta.name, api);
    event
}

/// The object's name and the nanosecond in hexadecimal digits. Virtual time has milliseconds: the store's version
/// stands in for the rest and keeps names of one instant apart and in order.
fn event_name(object: &str, api: &ApiServer) -> String {
    let nanos = api.now().as_millis().saturating_mul(1_000_000) as u64 + api.version().0 % 1_000_000;
    let mut name = String::with_capacity(object.len() + 1 + 16);
    name.push_str(object);
    name.push('.');
    push_hex(&mut name, nanos, 16);
    name
}

// Models staging/src/k8s.io/client-go/tools/reference/ref.go GetReference
pub fn reference(object: &Object) -> ObjectReference {
    let meta = object.metadata();
    ObjectReference {
        kind: object.kind().as_str().to_owned(),
        namespace: meta.namespace.clone(),
        name: meta.name.clone(),
        uid: meta.uid.clone(),
        api_version: object.kind().api_version().to_owned(),
        resource_version: meta.resource_version.0.to_string(),
        ..ObjectReference::default()
    }
}

/// RFC 3339 with microseconds, as `metav1.MicroTime` is written.
fn micro_time(now: Time) -> String {
    let text = now.to_timestamp().to_string();
    let micros = now.as_millis().rem_euclid(1000) * 1000;
    format!("{}.{micros:06}Z", text.trim_end_matches('Z'))
}

/// Creates the event, or raises the count of the one that is stored; one that has expired is created again.
fn send(api: &mut ApiServer, event: Event, known: bool) {
    let key = ObjectKey::new(&event.metadata.namespace, &event.metadata.name);
    if known && api.find(Kind::Event, &key).is_some() {
        let raise = |stored: &mut Object| {
            let Object::Event(stored) = stored else { return };
            let stored = std::sync::Arc::make_mut(stored);
            stored.count = event.count;
            stored.last_timestamp = event.last_timestamp;
            stored.message.clone_from(&event.message);
        };
        // Nobody waits for the outcome: upstream logs a refusal and goes on.
        let _ = api.patch(Kind::Event, &key, Subresource::Main, raise);
        return;
    }
    api.create_event(event);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::core::Pod;
    use crate::base::{Duration, Random};

    fn server() -> (ApiServer, Object) {
        let mut api = ApiServer::new(Time::from_millis(1_795_447_985_123), Random::new(1));
        let mut pod = Pod::default();
        pod.metadata.name = "p".to_owned();
        pod.metadata.namespace = "default".to_owned();
        pod.metadata.uid = "uid-of-p".to_owned();
        let pod = api.restore(Object::from(pod));
        (api, pod)
    }

    fn events(api: &ApiServer) -> Vec<Event> {
        let all = api.list(Kind::Event, None);
        all.filter_map(|o| if let Object::Event(event) = o { Some((**event).clone()) } else { None })
            .collect()
    }

    #[test]
    fn a_repeated_event_is_one_object_with_a_count() {
        let (mut api, pod) = server();
        let mut recorder = EventRecorder::on_host("kubelet", "node-1");
        for _ in 0..3 {
            recorder.field_event(&mut api, &pod, "spec.containers{main}", "Normal", "Started", "Started");
            api.set_now(api.now() + Duration::from_secs(10));
        }
        let all = events(&api);
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].count, 3);
        assert_eq!(
            all[0].last_timestamp.map(|t| t - all[0].first_timestamp.expect("set")).map(|d| d.as_secs()),
            Some(20)
        );
        assert_eq!(all[0].metadata.name.len(), "p.".len() + 16);
        assert_eq!(all[0].involved_object.field_path, "spec.containers{main}");
    }

    #[test]
    fn the_schedulers_events_have_a_time_but_no_count() {
        let (mut api, pod) = server();
        let mut recorder = EventRecorder::new("default-scheduler");
        recorder.action_event(&mut api, &pod, "Normal", "Scheduled", "Binding", "Successfully assigned");
        let event = &events(&api)[0];
        assert_eq!((event.count, event.first_timestamp), (0, None));
        assert_eq!(event.event_time.as_deref(), Some("2026-11-23T15:33:05.123000Z"));
    }

    #[test]
    fn the_schedulers_repetitions_become_a_series() {
        let (mut api, pod) = server();
        let mut recorder = EventRecorder::new("default-scheduler");
        for _ in 0..3 {
            recorder.action_event(&mut api, &pod, "Warning", "FailedScheduling", "Scheduling", "0/1 nodes");
            api.set_now(api.now() + Duration::from_secs(10));
        }
        let all = events(&api);
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].rest["series"]["count"], 2, "only the second occurrence is written at once");
    }
}
