//! A map that forgets the entry that was used longest ago.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Holds at most `capacity` entries. Every operation costs O(log n).
#[derive(Clone, Debug)]
pub struct Lru<T> {
    capacity: usize,
    clock: u64,
    entries: BTreeMap<Arc<str>, (u64, T)>,
    order: BTreeMap<u64, Arc<str>>,
}

impl<T> Lru<T> {
    pub fn new(capacity: usize) -> Lru<T> {
        Lru { capacity, clock: 0, entries: BTreeMap::new(), order: BTreeMap::new() }
    }

    /// The entry, made by `default` when there is none; counts as a use.
    pub fn entry(&mut self, key: &str, default: impl FnOnce() -> T) -> &mut T {
        self.clock += 1;
        let (key, value) = match self.entries.remove_entry(key) {
            Some((key, (before, value))) => {
                self.order.remove(&before);
                (key, value)
            }
            None => {
                self.make_room();
                (Arc::from(key), default())
            }
        };
        self.order.insert(self.clock, Arc::clone(&key));
        &mut self.entries.entry(key).or_insert((self.clock, value)).1
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
        *cache.entry("a", || 0) += 1;
        *cache.entry("b", || 0) += 1;
        *cache.entry("a", || 0) += 1;
        cache.entry("c", || 0);
        assert_eq!(*cache.entry("a", || 0), 2);
        assert_eq!(*cache.entry("b", || 0), 0);
    }
}
