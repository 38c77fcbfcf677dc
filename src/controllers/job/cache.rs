//! The informer caches: Jobs, and pods by the Job that controls them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::pods::JobPod;
use crate::api::batch::Job;
use crate::api::core::Pod;
use crate::apiserver::ObjectKey;

/// Where a pod stands in the cache.
#[derive(Clone, Debug)]
struct Slot {
    place: Place,
    /// Order of first sight; it stays while the pod lives.
    sequence: u64,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Place {
    /// The uid of the controller.
    Controlled(String),
    /// The namespace.
    Orphan(String),
}

/// Pods of one place in order of first sight.
///
/// Settled pods are terminal, counted and claimed: no rule but the failure policy looks at them again, so syncs of a
/// large Job stay proportional to the pods that still matter.
#[derive(Clone, Debug, Default)]
struct Pods {
    live: BTreeMap<u64, JobPod>,
    settled: BTreeMap<u64, JobPod>,
}

#[derive(Clone, Debug, Default)]
pub struct Cache {
    jobs: BTreeMap<ObjectKey, Arc<Job>>,
    /// By uid: uids differ in their first characters, so that finding one is cheap.
    slots: BTreeMap<String, Slot>,
    places: BTreeMap<Place, Pods>,
    next_sequence: u64,
}

impl Cache {
    pub fn put_job(&mut self, job: Arc<Job>) {
        self.jobs.insert(ObjectKey::new(&job.metadata.namespace, &job.metadata.name), job);
    }

    pub fn remove_job(&mut self, key: &ObjectKey) {
        self.jobs.remove(key);
    }

    pub fn job(&self, key: &ObjectKey) -> Option<&Arc<Job>> {
        self.jobs.get(key)
    }

    pub fn jobs_in<'a>(&'a self, namespace: &'a str) -> impl Iterator<Item = &'a Arc<Job>> {
        let from = ObjectKey::new(namespace, "");
        self.jobs.range(from..).take_while(move |(key, _)| key.namespace == namespace).map(|(_, job)| job)
    }

    pub fn put_pod(&mut self, pod: Arc<Pod>) {
        let place = match pod.metadata.controller() {
            Some(owner) => Place::Controlled(owner.uid.clone()),
            None => Place::Orphan(pod.metadata.namespace.clone()),
        };
        let sequence = match self.slots.get(&pod.metadata.uid) {
            Some(slot) if slot.place == place => {
                let pods = self.places.entry(place).or_default();
                pods.settled.remove(&slot.sequence);
                pods.live.insert(slot.sequence, JobPod::new(pod));
                return;
            }
            Some(slot) => {
                let (old_place, sequence) = (slot.place.clone(), slot.sequence);
                self.take_from(&old_place, sequence);
                sequence
            }
            None => {
                self.next_sequence += 1;
                self.next_sequence
            }
        };
        self.slots.insert(pod.metadata.uid.clone(), Slot { place: place.clone(), sequence });
        self.places.entry(place).or_default().live.insert(sequence, JobPod::new(pod));
    }

    pub fn remove_pod(&mut self, uid: &str) {
        if let Some(slot) = self.slots.remove(uid) {
            self.take_from(&slot.place, slot.sequence);
        }
    }

    fn take_from(&mut self, place: &Place, sequence: u64) {
        let Some(pods) = self.places.get_mut(place) else { return };
        if pods.live.remove(&sequence).is_none() {
            pods.settled.remove(&sequence);
        }
        if pods.live.is_empty() && pods.settled.is_empty() {
            self.places.remove(place);
        }
    }

    pub fn pod(&self, uid: &str) -> Option<&JobPod> {
        let slot = self.slots.get(uid)?;
        let pods = self.places.get(&slot.place)?;
        pods.live.get(&slot.sequence).or_else(|| pods.settled.get(&slot.sequence))
    }

    /// Pods that the owner controls and that a sync must look at.
    pub fn live_pods(&self, owner_uid: &str) -> Vec<JobPod> {
        let pods = self.places.get(&Place::Controlled(owner_uid.to_owned()));
        pods.map(|pods| pods.live.values().cloned().collect()).unwrap_or_default()
    }

    pub fn settled_pods(&self, owner_uid: &str) -> impl Iterator<Item = &JobPod> {
        let pods = self.places.get(&Place::Controlled(owner_uid.to_owned()));
        pods.into_iter().flat_map(|pods| pods.settled.values())
    }

    pub fn orphans_in(&self, namespace: &str) -> Vec<JobPod> {
        let pods = self.places.get(&Place::Orphan(namespace.to_owned()));
        pods.map(|pods| pods.live.values().cloned().collect()).unwrap_or_default()
    }

    /// Puts pods that were claimed, are terminal and counted out of the way of later syncs.
    pub fn settle(&mut self, owner_uid: &str) {
        let Some(pods) = self.places.get_mut(&Place::Controlled(owner_uid.to_owned())) else { return };
        let done = |pod: &JobPod| !pod.tracked && pod.pod.is_terminal();
        let settled: Vec<u64> = pods.live.iter().filter(|(_, pod)| done(pod)).map(|(at, _)| *at).collect();
        for sequence in settled {
            if let Some(pod) = pods.live.remove(&sequence) {
                pods.settled.insert(sequence, pod);
            }
        }
    }
}
