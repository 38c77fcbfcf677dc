//! Which run is on the desk: a fresh one, one that was kept, one that somebody shared.

use leptos::prelude::*;

use super::desk::Desk;
use crate::protocol::{Act, Change, LessonOpening, Opening, Origin, Question, Reply, Source};
use crate::web::{browser, cluster, frames, storage};

/// Real milliseconds between two times that a changed run is stored.
const STORE_EVERY_MS: f64 = 2_000.0;
/// A record longer than this is not stored: it would crowd out the progress.
const STORED_MAX_BYTES: usize = 1 << 20;

impl Desk {
    /// A fresh run that is not kept.
    pub fn open(&self, origin: Origin) {
        self.store();
        let source = Source::Fresh { origin, seed: browser::fresh_seed(), kept: None };
        // A fresh run cannot be refused.
        let _ = self.show(Opening { source, lesson: None }, None);
    }

    /// The run that was kept under the key, or a fresh one; it is kept from now on.
    pub fn open_or_restore(&self, origin: Origin, key: &str, lesson: Option<LessonOpening>) {
        // The run before may be the one to restore.
        self.store();
        let source = Source::Fresh { origin, seed: browser::fresh_seed(), kept: storage::read(key) };
        // A kept run that cannot be read gives way to a fresh one.
        let _ = self.show(Opening { source, lesson }, Some(key.to_owned()));
    }

    /// Does a recorded run again, frame by frame, as fast as the page allows.
    ///
    /// # Errors
    /// With the reason, in Russian, when the text is no record.
    pub fn replay(&self, record: String) -> Result<(), String> {
        self.store();
        self.show(Opening { source: Source::Record(record), lesson: None }, None)
    }

    /// Forgets the kept run: the next one begins anew.
    pub fn forget(&self) {
        if let Some(key) = self.with(|inner| inner.key.take()) {
            storage::remove(&key);
        }
    }

    fn show(&self, opening: Opening, key: Option<String>) -> Result<(), String> {
        let mut changes = cluster::act(&Act::Open(opening));
        if let Some(Change::Refused(reason)) = changes.pop_if(|change| matches!(change, Change::Refused(_))) {
            return Err(reason);
        }
        self.with(|inner| {
            inner.key = key;
            inner.stored = (0, 0.0);
        });
        self.take_over(changes);
        frames::wake();
        Ok(())
    }

    /// The run so far, as it is kept and shared; empty before there is one.
    pub fn record(&self) -> String {
        match cluster::answer(&Question::Record) {
            Some(Reply::Record(text)) => text,
            _ => String::new(),
        }
    }

    /// Stores a run that has changed, at most every two seconds. Answers whether there is still something to store.
    pub(super) fn store_now_and_then(&self, elapsed_ms: f64) -> bool {
        let version = self.version.get_untracked() + self.terminal_revision.get_untracked();
        let (changed, due) = self.with(|inner| {
            inner.stored.1 += elapsed_ms;
            let changed = inner.stored.0 != version;
            let due = changed && inner.stored.1 >= STORE_EVERY_MS;
            if due {
                inner.stored = (version, 0.0);
            }
            (changed, due)
        });
        if due {
            self.store();
        }
        changed && !due
    }

    /// Stores the run now, if it is one that is kept.
    pub fn store(&self) {
        let Some(key) = self.with(|inner| inner.key.clone()) else { return };
        if self.clock.with_untracked(|clock| clock.replaying) {
            return;
        }
        let text = self.record();
        if !text.is_empty() && text.len() <= STORED_MAX_BYTES {
            storage::write(&key, &text);
        }
    }
}
