//! A map that forgets the entry that was used longest ago.

use std::collections::{BTreeMap, VecDeque};

/// What stands for a key: the FNV-1a hash of its parts. Two keys of the few thousand that are remembered at a time
/// meet in 64 bits less often than once in a million years of use.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Key(u64);

impl Key {
    pub fn of(parts: &[&str]) -> Key {
        Key(0xcbf2_9ce4_8422_2325).with(parts)
    }

    /// The key of the same parts and some more.
    pub fn with(self, parts: &[&str]) -> Key {
        let mut hash = self.0;
        for part in parts {
            // A byte that no text holds keeps `ab`, `c` and `a`, `bc` apart.
            for byte in part.bytes().chain([0xff]) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        Key(hash)
    }
}

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
        self.uses.push_back((self.clock, key));
        if self.entries.len() >= self.capacity && !self.entries.contains_key(&key) {
            self.make_room();
        }
        if self.uses.len() > 4 * self.capacity {
            let entries = &self.entries;
            self.uses.retain(|(used, key)| entries.get(key).is_none_or(|(last, _)| last == used));
        }
        let entry = self.entries.entry(key).or_insert_with(|| (0, default()));
        entry.0 = self.clock;
        &mut entry.1
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
}
