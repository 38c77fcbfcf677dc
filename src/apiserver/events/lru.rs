//! A map that forgets the entry that was used longest ago.

use std::collections::{BTreeMap, VecDeque};

use crate::base::Digest;

/// What stands for a key. Keys with the same beginning are neighbours.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Key {
    beginning: Digest,
    rest: Digest,
}

impl Key {
    pub fn of(parts: &[&str]) -> Key {
        Key { beginning: Digest::of(parts), rest: Digest::default() }
    }

    /// The key of the same beginning and some more parts.
    pub fn with(self, parts: &[&str]) -> Key {
        Key { rest: self.rest.with(parts), ..self }
    }
}

/// Uses that are passed over later rather than looked through now: few of them cost nothing.
const USES_SPARED: usize = 64;

/// Holds at most `capacity` entries. A use costs one search.
#[derive(Clone, Debug)]
pub struct Lru<T> {
    capacity: usize,
    clock: u64,
    /// With the number of the last use.
    entries: BTreeMap<Key, (u64, T)>,
    /// Uses by their number. Those that were not their entry's last are passed over when room is made.
    uses: VecDeque<(u64, Key)>,
}

impl<T> Lru<T> {
    pub fn new(capacity: usize) -> Lru<T> {
        Lru { capacity, clock: 0, entries: BTreeMap::new(), uses: VecDeque::new() }
    }

    /// The entry, made by `default` when there is none; counts as a use.
    pub fn entry(&mut self, key: Key, default: impl FnOnce() -> T) -> &mut T {
        self.clock += 1;
        if self.uses.len() > 4 * self.entries.len() + USES_SPARED {
            let entries = &self.entries;
            self.uses.retain(|(used, key)| entries.get(key).is_some_and(|(last, _)| last == used));
        }
        self.uses.push_back((self.clock, key));
        if self.entries.len() >= self.capacity && !self.entries.contains_key(&key) {
            self.make_room();
        }
        let entry = self.entries.entry(key).or_insert_with(|| (0, default()));
        entry.0 = self.clock;
        &mut entry.1
    }

    /// Forgets all entries whose keys begin as this one does.
    pub fn forget(&mut self, key: Key) {
        let all = Key { rest: Digest::MIN, ..key }..=Key { rest: Digest::MAX, ..key };
        while let Some((&found, _)) = self.entries.range(all.clone()).next() {
            self.entries.remove(&found);
        }
    }

    fn make_room(&mut self) {
        while let Some((used, key)) = self.uses.pop_front() {
            if self.entries.get(&key).is_some_and(|(last, _)| *last == used) {
                self.entries.remove(&key);
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_unused_for_longest_goes_first() {
        let mut cache = Lru::new(2);
        *cache.entry(Key::of(&["a"]), || 0) += 1;
        *cache.entry(Key::of(&["b"]), || 0) += 1;
        *cache.entry(Key::of(&["a"]), || 0) += 1;
        cache.entry(Key::of(&["c"]), || 0);
        assert_eq!(*cache.entry(Key::of(&["a"]), || 0), 2);
        assert_eq!(*cache.entry(Key::of(&["b"]), || 0), 0);
    }

    #[test]
    fn what_begins_alike_is_forgotten_together() {
        let mut cache = Lru::new(3);
        let (a, b) = (Key::of(&["a"]), Key::of(&["b"]));
        for key in [a, a.with(&["x"]), b.with(&["x"])] {
            cache.entry(key, || 1);
        }
        cache.forget(a);
        assert_eq!(*cache.entry(a.with(&["x"]), || 0), 0);
        assert_eq!(*cache.entry(a, || 0), 0);
        assert_eq!(*cache.entry(b.with(&["x"]), || 0), 1, "it begins otherwise");
        // Uses of what is forgotten make no room in place of the oldest that is left.
        cache.entry(Key::of(&["c"]), || 1);
        assert_eq!(*cache.entry(a, || 2), 0);
        assert_eq!(*cache.entry(a.with(&["x"]), || 2), 2);
    }

    #[test]
    fn uses_that_no_longer_count_are_dropped() {
        let mut cache = Lru::new(1000);
        for n in 0..10_000 {
            let key = Key::of(&[&n.to_string()]);
            cache.entry(key, || 0);
            cache.forget(key);
        }
        assert!(cache.uses.len() <= USES_SPARED + 1, "{}", cache.uses.len());
    }
}
