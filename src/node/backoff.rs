//! Waits that double: of containers that crash and of images that cannot be pulled.

use crate::base::{Duration, Time};

const INITIAL: Duration = Duration::from_secs(10);
const MAX: Duration = Duration::from_secs(300);

/// The record of one container's, or one image's, failures.
// Models staging/src/k8s.io/client-go/util/flowcontrol/backoff.go Backoff
#[derive(Clone, Copy, Debug, Default)]
pub struct Backoff {
    entry: Option<Entry>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    delay: Duration,
    updated: Time,
}

impl Backoff {
    /// The instant from which another try is allowed after one that ended at `finished`.
    // Models IsInBackOffSince
    pub fn allowed_at(&self, finished: Time) -> Time {
        match self.entry {
            Some(entry) if !entry.is_expired(finished) => finished + entry.delay,
            _ => finished,
        }
    }

    /// The wait that applies after a try that ended at `finished`.
    pub fn delay_after(&self, finished: Time) -> Duration {
        self.allowed_at(finished) - finished
    }

    /// Records a try that is made at `now` after one that ended at `finished`.
    // Models Next
    pub fn next(&mut self, finished: Time, now: Time) {
        let delay = match self.entry {
            Some(entry) if !entry.is_expired(finished) => {
                MAX.min(Duration::from_millis(entry.delay.as_millis() * 2))
            }
            _ => INITIAL,
        };
        self.entry = Some(Entry { delay, updated: now });
    }
}

impl Entry {
    /// A long good run forgets the failures before it.
    fn is_expired(&self, finished: Time) -> bool {
        finished - self.updated > MAX + MAX
    }
}

/// A span as Go prints it: `10s`, `2m40s`, `1.25s`, `450ms`.
// Models time.Duration.String
pub fn go_duration(span: Duration) -> String {
    let millis = span.as_millis();
    if millis == 0 {
        return "0s".to_owned();
    }
    if millis.abs() < 1_000 {
        return format!("{millis}ms");
    }
    let (hours, minutes) = (millis / 3_600_000, millis / 60_000 % 60);
    let (seconds, fraction) = (millis / 1_000 % 60, millis % 1_000);
    let mut text = String::new();
    if hours > 0 {
        text.push_str(&format!("{hours}h"));
    }
    if hours > 0 || minutes > 0 {
        text.push_str(&format!("{minutes}m"));
    }
    text.push_str(&seconds.to_string());
    if fraction > 0 {
        let digits = format!(".{fraction:03}");
        text.push_str(digits.trim_end_matches('0'));
    }
    text.push('s');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_their_cap_and_a_long_run_resets_them() {
        let mut backoff = Backoff::default();
        let mut now = Time::from_millis(0);
        let mut waits = Vec::new();
        for _ in 0..8 {
            waits.push(backoff.delay_after(now).as_secs());
            let start = backoff.allowed_at(now);
            backoff.next(now, start);
            now = start + Duration::from_secs(1);
        }
        assert_eq!(waits, [0, 10, 20, 40, 80, 160, 300, 300]);
        let after_long_run = now + Duration::from_secs(601);
        assert_eq!(backoff.delay_after(after_long_run).as_secs(), 0);
    }
}
