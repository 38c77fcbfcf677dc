//! A hash over everything that ever changed: two runs with the same hash had the same history.

use super::Cluster;
use crate::apiserver::Change;
use crate::base::Digest;

impl Cluster {
    /// Begins to hash changes. It costs a full encoding of each, so nothing does it unasked.
    pub fn hash_history(&mut self) {
        self.history.get_or_insert_default();
    }

    /// The hash of every change since `hash_history`, in order, with its virtual instant; `None` without it.
    pub fn history_hash(&self) -> Option<u64> {
        self.history.map(Digest::number)
    }

    pub(super) fn hash_changes(&mut self, changes: &[Change]) {
        let Some(hash) = &mut self.history else { return };
        for change in changes {
            hash.add(&format!("{} {:?} {:?} ", change.version.0, change.at, change.kind));
            hash.add(&change.object.to_value().to_string());
        }
    }
}
