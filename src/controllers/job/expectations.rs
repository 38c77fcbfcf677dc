//! What the controller did and has not yet seen back: without it a sync would repeat its own writes.

use std::collections::{BTreeMap, BTreeSet};

use crate::apiserver::ObjectKey;
use crate::base::{Duration, Time};

/// After this the controller stops waiting for changes that it may have missed.
// Models pkg/controller/controller_utils.go ExpectationsTimeout
const EXPECTATIONS_TIMEOUT: Duration = Duration::from_secs(300);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expected {
    pub creations: i64,
    pub deletions: i64,
    since: Time,
}

/// Numbers of creations and deletions, by job.
// Models pkg/controller/controller_utils.go ControllerExpectations
#[derive(Clone, Debug, Default)]
pub struct Expectations {
    by_job: BTreeMap<ObjectKey, Expected>,
}

impl Expectations {
    /// Replaces what the job waits for.
    pub fn set(&mut self, key: &ObjectKey, creations: usize, deletions: usize, now: Time) {
        let expected = Expected { creations: creations as i64, deletions: deletions as i64, since: now };
        self.by_job.insert(key.clone(), expected);
    }

    pub fn creations_observed(&mut self, key: &ObjectKey, count: usize) {
        if let Some(expected) = self.by_job.get_mut(key) {
            expected.creations -= count as i64;
        }
    }

    pub fn deletion_observed(&mut self, key: &ObjectKey) {
        if let Some(expected) = self.by_job.get_mut(key) {
            expected.deletions -= 1;
        }
    }

    pub fn satisfied(&self, key: &ObjectKey, now: Time) -> bool {
        self.by_job.get(key).is_none_or(|expected| {
            let fulfilled = expected.creations <= 0 && expected.deletions <= 0;
            fulfilled || now - expected.since > EXPECTATIONS_TIMEOUT
        })
    }

    pub fn get(&self, key: &ObjectKey) -> Option<Expected> {
        self.by_job.get(key).copied()
    }

    pub fn delete(&mut self, key: &ObjectKey) {
        self.by_job.remove(key);
    }
}

/// Uids of pods whose finalizer's removal was sent but not seen, by job.
// Models pkg/controller/job/tracking_utils.go uidTrackingExpectations
#[derive(Clone, Debug, Default)]
pub struct FinalizerExpectations {
    by_job: BTreeMap<ObjectKey, BTreeSet<String>>,
}

impl FinalizerExpectations {
    pub fn expect_removed<'a>(&mut self, key: &ObjectKey, uids: impl Iterator<Item = &'a str>) {
        self.by_job.entry(key.clone()).or_default().extend(uids.map(str::to_owned));
    }

    pub fn removal_observed(&mut self, key: &ObjectKey, uid: &str) {
        if let Some(uids) = self.by_job.get_mut(key) {
            uids.remove(uid);
        }
    }

    pub fn expected(&self, key: &ObjectKey) -> BTreeSet<String> {
        self.by_job.get(key).cloned().unwrap_or_default()
    }

    pub fn delete(&mut self, key: &ObjectKey) {
        self.by_job.remove(key);
    }
}
