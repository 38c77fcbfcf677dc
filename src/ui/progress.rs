//! The one progress of the page: every change is stored.

use leptos::prelude::*;

use super::names::{KEY_LAST_LESSON, KEY_PROGRESS, KEY_PROGRESS_UNREAD};
use crate::course::progress::{LessonProgress, Progress};
use crate::web::{json, storage};

#[derive(Clone, Copy)]
pub struct ProgressStore(RwSignal<Progress>);

impl ProgressStore {
    pub fn load() -> ProgressStore {
        let stored = storage::read(KEY_PROGRESS).unwrap_or_default();
        let progress = Progress::from_text(&stored, json::parse).unwrap_or_else(|_| {
            // What cannot be read is not overwritten: it may be a newer page's.
            if !stored.is_empty() {
                storage::write(KEY_PROGRESS_UNREAD, &stored);
            }
            Progress::default()
        });
        ProgressStore(RwSignal::new(progress))
    }

    pub fn all(&self) -> Progress {
        self.0.get()
    }

    pub fn lesson(&self, id: &str) -> LessonProgress {
        self.0.with(|progress| progress.lesson(id))
    }

    pub fn lesson_untracked(&self, id: &str) -> LessonProgress {
        self.0.with_untracked(|progress| progress.lesson(id))
    }

    pub fn change<'a>(&self, id: &str, change: impl FnOnce(&mut LessonProgress) + 'a) {
        self.change_boxed(id, Box::new(change));
    }

    // One copy of what notifies: there are many callers.
    #[inline(never)]
    fn change_boxed<'a>(&self, id: &str, change: Box<dyn FnOnce(&mut LessonProgress) + 'a>) {
        self.take_in_others();
        self.0.update(|progress| change(progress.lesson_mut(id)));
        self.store();
    }

    /// What another tab has stored meanwhile is not lost.
    fn take_in_others(&self) {
        let stored = storage::read(KEY_PROGRESS).unwrap_or_default();
        if let Ok(other) = Progress::from_text(&stored, json::parse) {
            self.0.update_untracked(|progress| progress.merge(&other));
        }
    }

    /// The lesson that was opened last; empty before the first.
    pub fn last_opened(&self) -> String {
        storage::read(KEY_LAST_LESSON).unwrap_or_default()
    }

    pub fn opened(&self, id: &str) {
        storage::write(KEY_LAST_LESSON, id);
    }

    /// Takes over a saved file; what was reached here stays.
    ///
    /// # Errors
    /// With the reason, in Russian, when the text is no saved progress.
    pub fn import(&self, text: &str) -> Result<(), String> {
        let other = Progress::from_text(text, json::parse).map_err(|error| error.to_string())?;
        self.0.update(|progress| progress.merge(&other));
        self.store();
        Ok(())
    }

    pub fn export(&self) -> String {
        json::print(&self.0.with_untracked(Progress::to_value))
    }

    fn store(&self) {
        storage::write(KEY_PROGRESS, &self.export());
    }
}
