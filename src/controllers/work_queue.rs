//! The queue of a controller: keys that are due now, keys that wait for their time, and the retries after errors.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::base::{Duration, Time};

/// A de-duplicating queue with delays and an exponential retry.
///
/// A key is at most once among the due ones and at most once among the waiting ones; of two waits the earlier stays.
// Models staging/src/k8s.io/client-go/util/workqueue/{queue,delaying_queue,default_rate_limiters}.go
#[derive(Clone, Debug)]
pub struct WorkQueue<K: Ord + Clone> {
    due: VecDeque<K>,
    due_keys: BTreeSet<K>,
    waiting: BTreeMap<K, (Time, u64)>,
    /// The waiting keys by their time, first come first served within an instant.
    order: BTreeMap<(Time, u64), K>,
    sequence: u64,
    failures: BTreeMap<K, u32>,
    retry_base: Duration,
    retry_max: Duration,
}

impl<K: Ord + Clone> WorkQueue<K> {
    /// `retry_base` doubles with every failure in a row up to `retry_max`.
    pub fn new(retry_base: Duration, retry_max: Duration) -> WorkQueue<K> {
        WorkQueue {
            due: VecDeque::new(),
            due_keys: BTreeSet::new(),
            waiting: BTreeMap::new(),
            order: BTreeMap::new(),
            sequence: 0,
            failures: BTreeMap::new(),
            retry_base,
            retry_max,
        }
    }

    /// Makes the key due at once. A wait that the key already has stays.
    pub fn add(&mut self, key: &K) {
        if self.due_keys.insert(key.clone()) {
            self.due.push_back(key.clone());
        }
    }

    pub fn add_after(&mut self, key: &K, now: Time, delay: Duration) {
        if delay <= Duration::ZERO {
            return self.add(key);
        }
        let at = now + delay;
        match self.waiting.get(key) {
            Some((existing, _)) if *existing <= at => return,
            Some(existing) => {
                self.order.remove(existing);
            }
            None => {}
        }
        self.sequence += 1;
        self.waiting.insert(key.clone(), (at, self.sequence));
        self.order.insert((at, self.sequence), key.clone());
    }

    /// Brings the key back after an error, later with every error in a row. Answers the delay.
    pub fn add_rate_limited(&mut self, key: &K, now: Time) -> Duration {
        let failures = self.failures.entry(key.clone()).or_insert(0);
        let doublings = (*failures).min(30);
        *failures = failures.saturating_add(1);
        let delay = self.retry_base.as_millis().saturating_mul(1 << doublings);
        let delay = Duration::from_millis(delay.min(self.retry_max.as_millis()));
        self.add_after(key, now, delay);
        delay
    }

    /// Ends the row of errors of a key.
    pub fn forget(&mut self, key: &K) {
        self.failures.remove(key);
    }

    pub fn retries(&self, key: &K) -> u32 {
        self.failures.get(key).copied().unwrap_or(0)
    }

    /// The next key that is due at `now`.
    pub fn pop(&mut self, now: Time) -> Option<K> {
        while let Some(entry) = self.order.first_entry().filter(|entry| entry.key().0 <= now) {
            let key = entry.remove();
            self.waiting.remove(&key);
            self.add(&key);
        }
        let key = self.due.pop_front()?;
        self.due_keys.remove(&key);
        Some(key)
    }

    /// When the earliest key is due; `Time::default()` stands for "already".
    pub fn next_wake(&self) -> Option<Time> {
        if !self.due.is_empty() {
            return Some(Time::default());
        }
        self.order.first_key_value().map(|((at, _), _)| *at)
    }

    /// When the key will be looked at again, if that is settled.
    pub fn next_look(&self, key: &K, now: Time) -> Option<Time> {
        if self.due_keys.contains(key) {
            return Some(now);
        }
        self.waiting.get(key).map(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Time {
        Time::from_millis(millis)
    }

    fn queue() -> WorkQueue<&'static str> {
        WorkQueue::new(Duration::from_secs(1), Duration::from_secs(60))
    }

    #[test]
    fn a_key_waits_once_and_for_its_earliest_time() {
        let mut queue = queue();
        queue.add_after(&"a", at(0), Duration::from_secs(10));
        queue.add_after(&"a", at(0), Duration::from_secs(1));
        queue.add_after(&"a", at(0), Duration::from_secs(5));
        assert_eq!(queue.next_wake(), Some(at(1_000)));
        assert_eq!(queue.pop(at(999)), None);
        assert_eq!(queue.pop(at(1_000)), Some("a"));
        assert_eq!(queue.next_wake(), None);
    }

    #[test]
    fn a_due_key_keeps_its_wait() {
        let mut queue = queue();
        queue.add_after(&"a", at(0), Duration::from_secs(1));
        queue.add(&"a");
        queue.add(&"a");
        assert_eq!(queue.pop(at(0)), Some("a"));
        assert_eq!(queue.pop(at(0)), None);
        assert_eq!(queue.pop(at(1_000)), Some("a"));
    }

    #[test]
    fn retries_double_to_their_cap_and_start_again_after_success() {
        let mut queue = queue();
        let delays: Vec<i64> = (0..8).map(|_| queue.add_rate_limited(&"a", at(0)).as_secs()).collect();
        assert_eq!(delays, [1, 2, 4, 8, 16, 32, 60, 60]);
        queue.forget(&"a");
        assert_eq!(queue.add_rate_limited(&"a", at(0)).as_secs(), 1);
    }
}
