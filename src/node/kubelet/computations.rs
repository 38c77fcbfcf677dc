//! Computations that programs asked the world outside for.

use std::collections::{BTreeMap, BTreeSet};

use super::run::Run;
use crate::base::Time;
use crate::containers::{ComputationId, ComputeRequest};

/// Names a computation of one kubelet. Keys are never used twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ComputationKey(pub u64);

/// A container: its pod's worker and its place there.
pub type Place = (u64, usize);

#[derive(Clone, Debug, Default)]
pub struct Computations {
    next_key: u64,
    /// Those without an answer.
    open: BTreeMap<ComputationKey, (Place, ComputationId)>,
    keys: BTreeMap<(Place, ComputationId), ComputationKey>,
    /// For each container the computation that is due first.
    awaited: BTreeMap<Place, (Time, ComputationKey)>,
    awaited_by_time: BTreeSet<(Time, ComputationKey)>,
    started: Vec<(ComputationKey, ComputeRequest)>,
    cancelled: Vec<ComputationKey>,
}

impl Computations {
    /// Takes note of what a run asked for and awaits.
    pub fn update(&mut self, place: Place, run: &mut Run, own: &mut Vec<ComputationKey>) {
        let Run::Program(run) = run else { return };
        for (id, request) in run.take_calls() {
            self.next_key += 1;
            let key = ComputationKey(self.next_key);
            self.open.insert(key, (place, id));
            self.keys.insert((place, id), key);
            own.push(key);
            self.started.push((key, request));
        }
        let awaited = run.awaited();
        let awaited = awaited.and_then(|(id, due)| Some((due, *self.keys.get(&(place, id))?)));
        self.set_awaited(place, awaited);
    }

    fn set_awaited(&mut self, place: Place, awaited: Option<(Time, ComputationKey)>) {
        if self.awaited.get(&place).copied() == awaited {
            return;
        }
        let before = match awaited {
            Some(awaited) => self.awaited.insert(place, awaited),
            None => self.awaited.remove(&place),
        };
        if let Some(before) = before {
            self.awaited_by_time.remove(&before);
        }
        self.awaited_by_time.extend(awaited);
    }

    /// The run is over: nobody waits for its computations any more.
    pub fn cancel(&mut self, place: Place, own: &mut Vec<ComputationKey>) {
        for key in own.drain(..) {
            if let Some(entry) = self.open.remove(&key) {
                self.keys.remove(&entry);
                self.cancelled.push(key);
            }
        }
        self.set_awaited(place, None);
    }

    /// The container and the process's own name of a computation that is answered now.
    pub fn answer(&mut self, key: ComputationKey) -> Option<(Place, ComputationId)> {
        let entry = self.open.remove(&key)?;
        self.keys.remove(&entry);
        Some(entry)
    }

    pub fn take_started(&mut self) -> Vec<(ComputationKey, ComputeRequest)> {
        std::mem::take(&mut self.started)
    }

    pub fn take_cancelled(&mut self) -> Vec<ComputationKey> {
        std::mem::take(&mut self.cancelled)
    }

    pub fn first_awaited(&self) -> Option<(ComputationKey, Time)> {
        self.awaited_by_time.first().map(|(due, key)| (*key, *due))
    }

    pub fn awaits(&self, place: Place) -> bool {
        self.awaited.contains_key(&place)
    }
}
