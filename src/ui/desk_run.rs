//! Which run is on the desk: a fresh one, one that was kept, one that somebody shared.

use leptos::prelude::*;

use super::desk::Desk;
use super::record::{Origin, Record};
use crate::session::Session;
use crate::web::{browser, storage};

/// Real milliseconds between two times that a changed run is stored.
const STORE_EVERY_MS: f64 = 2_000.0;
/// A record longer than this is not stored: it would crowd out the progress.
const STORED_MAX_BYTES: usize = 1 << 20;

impl Desk {
    /// A fresh run that is not kept.
    pub fn open(&self, origin: Origin, seed: u64) {
        self.show(origin.session(seed), &origin.lesson);
    }

    /// The run that was kept under the key, or a fresh one; it is kept from now on.
    pub fn open_or_restore(&self, origin: Origin, key: &str) {
        let kept = storage::read(key).and_then(|text| Record::from_text(&text).ok());
        // A lesson that has changed meanwhile begins anew: its old log may mean something else in it.
        match kept.filter(|record| record.goes_on_from(&origin)) {
            Some(record) => self.replay(record),
            None => self.open(origin, browser::fresh_seed()),
        }
        self.inner.update_value(|inner| inner.key = Some(key.to_owned()));
    }

    /// Does a recorded run again, frame by frame, as fast as the page allows.
    pub fn replay(&self, record: Record) {
        self.show(Session::replay(&record.log), &record.lesson);
        self.engine().borrow_mut().replay_until(record.until);
        self.refresh();
    }

    /// Forgets the kept run: the next one begins anew.
    pub fn forget(&self) {
        if let Some(Some(key)) = self.inner.try_update_value(|inner| inner.key.take()) {
            storage::remove(&key);
        }
    }

    fn show(&self, session: Session, lesson: &str) {
        self.store();
        self.unsaved.set(None);
        self.inner.update_value(|inner| {
            inner.start = session.now();
            inner.pods.clear();
            inner.jobs.clear();
            inner.history.clear();
            inner.names.clear();
            inner.seen_version = u64::MAX;
            inner.seen_decisions = 0;
            inner.lesson = lesson.to_owned();
            inner.key = None;
            inner.stored = (0, 0.0);
            inner.engine.borrow_mut().replace(session);
        });
        self.jobs.set(Vec::new());
        self.lone_pods.set(Vec::new());
        self.decisions.set(Vec::new());
        self.bars.set(Vec::new());
        self.chosen.set(None);
        self.run.update(|run| *run += 1);
        self.refresh();
    }

    /// The run so far.
    pub fn record(&self) -> Record {
        let lesson = self.inner.with_value(|inner| inner.lesson.clone());
        self.with_session(|session| Record { lesson, log: session.log().clone(), until: session.now() })
    }

    /// Stores a run that has changed, at most every two seconds.
    pub(super) fn store_now_and_then(&self, elapsed_ms: f64) {
        let version = self.version.get_untracked() + self.terminal_revision.get_untracked();
        let due = self.inner.try_update_value(|inner| {
            inner.stored.1 += elapsed_ms;
            let due = inner.stored.1 >= STORE_EVERY_MS && inner.stored.0 != version;
            if due {
                inner.stored = (version, 0.0);
            }
            due
        });
        if due == Some(true) {
            self.store();
        }
    }

    /// Stores the run now, if it is one that is kept and something was done in it.
    pub fn store(&self) {
        let Some(key) = self.inner.with_value(|inner| inner.key.clone()) else { return };
        if self.engine().borrow().is_replaying() {
            return;
        }
        let text = self.record().to_text();
        if text.len() <= STORED_MAX_BYTES {
            storage::write(&key, &text);
        }
    }
}
