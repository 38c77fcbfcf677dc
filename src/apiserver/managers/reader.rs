//! What the writes to an object changed.
// Models sigs.k8s.io/structured-merge-diff merge/update.go Update

use std::collections::BTreeMap;

use super::compare::{Comparison, Walk};
use super::{Entry, Operation, Owners, What, add, component, take_away};
use crate::api::Object;
use crate::base::Digest;

/// For so many changes it is known what they are; those of one command are few.
const CHANGES_MAX: usize = 32;

/// Reads writes. It keeps what the objects have in common.
#[derive(Clone, Debug, Default)]
pub struct Reader {
    pub walk: Walk,
    /// Changes of pods, of which many have the same parts.
    changes: BTreeMap<Digest, Change>,
}

#[derive(Clone, Debug)]
struct Change {
    /// Their parts stay where they are.
    _kept: (Object, Object),
    found: Comparison,
}

impl Reader {
    /// For objects that are not freed before the reader is.
    pub fn over_many() -> Reader {
        Reader { walk: Walk::over_many(), changes: BTreeMap::new() }
    }

    /// The owners after all writes.
    pub fn read<'o>(&mut self, owners: &'o mut Owners) -> &'o mut Vec<Entry> {
        self.read_first(owners.unread.len(), owners)
    }

    /// The same after the oldest of the writes.
    pub fn read_first<'o>(&mut self, count: usize, owners: &'o mut Owners) -> &'o mut Vec<Entry> {
        let entries = &mut owners.entries;
        for write in owners.unread.drain(..count) {
            let written = match write.what {
                What::Sent(object) => self.walk.created(&object, &[]),
                What::Made(object) => component::created(&mut self.walk, &object),
                What::Changed { before, after } => {
                    let found = self.compare(before, after);
                    if found.written.is_empty() && found.gone.is_empty() {
                        continue;
                    }
                    take_away(entries, &found.written.union(&found.gone));
                    found.written
                }
            };
            add(entries, &write.writer, Operation::Update, write.at, written);
        }
        entries
    }

    fn compare(&mut self, before: Object, after: Object) -> Comparison {
        let parts = component::parts_of(&before).zip(component::parts_of(&after));
        let Some((mut key, parts_after)) = parts else { return self.walk.compare(&before, &after) };
        key.add_number(parts_after.number());
        if let Some(known) = self.changes.get(&key) {
            return known.found.clone();
        }
        let found = self.walk.compare(&before, &after);
        if self.changes.len() == CHANGES_MAX {
            self.changes.clear();
        }
        self.changes.insert(key, Change { _kept: (before, after), found: found.clone() });
        found
    }
}
