//! A map that forgets the entry that was used longest ago.

use std::collections::BTreeMap;

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

/// Holds at most `capacity` entries. Every operation costs O(log n).
#[derive(Clone, Debug)]
pub struct Lru<T> {
    capacity: usize,
    clock: u64,
    entries: BTreeMap<Key, (u64, T)>,
    order: BTreeMap<u64, Key>,
}

impl<T> Lru<T> {
    pub fn new(capacity: usize) -> Lru<T> {
        Lru { capacity, clock: 0, entries: BTreeMap::new(), order: BTreeMap::new() }
    }

    /// The entry, made by `default` when there is none; counts as a use.
    pub fn entry(&mut self, key: Key, default: impl FnOnce() -> T) -> &mut T {
        self.clock += 1;
        match self.entries.get(&key).map(|(used, _)| *used) {
            Some(used) => {
                self.order.remove(&used);
            }
            None => self.make_room(),
        }
        self.order.insert(self.clock, key);
        let entry = self.entries.entry(key).or_insert_with(|| (0, default()));
        entry.0 = self.clock;
        &mut entry.1
    }

    fn make_room(&mut self) {
        if self.entries.len() < self.capacity {
            return;
        }
        if let Some((_, oldest)) = self.order.pop_first() {
            self.entries.remove(&oldest);
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
