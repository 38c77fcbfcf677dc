//! A hash over everything that ever changed: two runs with the same hash had the same history.

use super::Cluster;
use crate::apiserver::Change;

/// FNV-1a, 64 bits: the same on every machine, and nothing here is secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct HistoryHash(u64);

const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

impl HistoryHash {
    fn add(&mut self, text: &str) {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(PRIME);
        }
    }
}

impl Cluster {
    /// Begins to hash changes. It costs a full encoding of each, so nothing does it unasked.
    pub fn hash_history(&mut self) {
        self.history.get_or_insert(HistoryHash(OFFSET_BASIS));
    }

    /// The hash of every change since `hash_history`, in order, with its virtual instant; `None` without it.
    pub fn history_hash(&self) -> Option<u64> {
        self.history.map(|hash| hash.0)
    }

    pub(super) fn hash_changes(&mut self, changes: &[Change]) {
        let Some(hash) = &mut self.history else { return };
        for change in changes {
            hash.add(&format!("{} {:?} {:?} ", change.version.0, change.at, change.kind));
            hash.add(&change.object.to_value().to_string());
        }
    }
}
