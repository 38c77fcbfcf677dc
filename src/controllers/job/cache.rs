//! The informer caches: Jobs, and pods by the Job that controls them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::pods::JobPod;
use crate::api::batch::Job;
use crate::api::core::Pod;
use crate::apiserver::ObjectKey;
use crate::base::Digest;

/// Where a pod stands in the cache.
#[derive(Clone, Copy, Debug)]
struct Slot {
    place: Place,
    /// Order of first sight; it stays while the pod lives.
    sequence: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Place {
    /// By the uid of the controller.
    Controlled(Digest),
    /// By the namespace.
    Orphan(Digest),
}

impl Place {
    fn of(pod: &Pod) -> Place {
        match pod.metadata.controller() {
            Some(owner) => Place::controlled(&owner.uid),
            None => Place::orphan(&pod.metadata.namespace),
        }
    }

    fn controlled(owner_uid: &str) -> Place {
        Place::Controlled(Digest::of(&[owner_uid]))
    }

    fn orphan(namespace: &str) -> Place {
        Place::Orphan(Digest::of(&[namespace]))
    }
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
    /// By uid.
    slots: BTreeMap<Digest, Slot>,
    places: BTreeMap<Place, Pods>,
    next_sequence: u64,
}

impl Pods {
    /// A pod that changed must be looked at, also one that was settled.
    fn put(&mut self, sequence: u64, pod: JobPod) {
        if self.live.insert(sequence, pod).is_none() {
            self.settled.remove(&sequence);
        }
    }
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
        let place = Place::of(&pod);
        let uid = Digest::of(&[&pod.metadata.uid]);
        let known = self.slots.get(&uid).copied();
        let sequence = match known {
            Some(slot) => {
                if slot.place != place {
                    self.take(slot);
                }
                slot.sequence
            }
            None => {
                self.next_sequence += 1;
                self.next_sequence
            }
        };
        if known.is_none_or(|slot| slot.place != place) {
            self.slots.insert(uid, Slot { place, sequence });
        }
        self.places.entry(place).or_default().put(sequence, JobPod::new(pod));
    }

    pub fn remove_pod(&mut self, uid: &str) {
        if let Some(slot) = self.slots.remove(&Digest::of(&[uid])) {
            self.take(slot);
        }
    }

    fn take(&mut self, slot: Slot) {
        let Some(pods) = self.places.get_mut(&slot.place) else { return };
        if pods.live.remove(&slot.sequence).is_none() {
            pods.settled.remove(&slot.sequence);
        }
        if pods.live.is_empty() && pods.settled.is_empty() {
            self.places.remove(&slot.place);
        }
    }

    pub fn pod(&self, uid: &str) -> Option<&JobPod> {
        let slot = self.slots.get(&Digest::of(&[uid]))?;
        let pods = self.places.get(&slot.place)?;
        pods.live.get(&slot.sequence).or_else(|| pods.settled.get(&slot.sequence))
    }

    /// Pods that the owner controls and that a sync must look at.
    pub fn live_pods(&self, owner_uid: &str) -> Vec<JobPod> {
        let pods = self.places.get(&Place::controlled(owner_uid));
        pods.map(|pods| pods.live.values().cloned().collect()).unwrap_or_default()
    }

    pub fn settled_pods(&self, owner_uid: &str) -> impl Iterator<Item = &JobPod> {
        let pods = self.places.get(&Place::controlled(owner_uid));
        pods.into_iter().flat_map(|pods| pods.settled.values())
    }

    pub fn orphans_in(&self, namespace: &str) -> Vec<JobPod> {
        let pods = self.places.get(&Place::orphan(namespace));
        pods.map(|pods| pods.live.values().cloned().collect()).unwrap_or_default()
    }

    /// Puts pods that were claimed, are terminal and counted out of the way of later syncs.
    pub fn settle(&mut self, owner_uid: &str) {
        let Some(pods) = self.places.get_mut(&Place::controlled(owner_uid)) else { return };
        let done = |pod: &JobPod| !pod.tracked && pod.pod.is_terminal();
        let settled: Vec<u64> = pods.live.iter().filter(|(_, pod)| done(pod)).map(|(at, _)| *at).collect();
        for sequence in settled {
            if let Some(pod) = pods.live.remove(&sequence) {
                pods.settled.insert(sequence, pod);
            }
        }
    }
}
