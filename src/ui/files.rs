//! The files of the desk as the editor shows them. Typing stays here; a file is saved (and logged) when something
//! is about to read it.

use leptos::prelude::*;

use super::desk::Desk;
use super::names::Tab;
use crate::protocol::{Act, Fix, Problem, Question, Reply};
use crate::web::cluster;

/// The source text's manifest.
const FIRST_FILE: &str = "job.yaml";

#[derive(Clone, Copy)]
pub struct Files {
    desk: Desk,
    pub names: RwSignal<Vec<String>>,
    pub active: RwSignal<String>,
    /// The text as typed.
    pub text: RwSignal<String>,
    /// Counts texts that came from elsewhere than the editor's keyboard.
    pub loaded: RwSignal<u64>,
    /// Counts changes of the text that a finding proposed.
    pub mended: RwSignal<u64>,
    pub problems: RwSignal<Vec<Problem>>,
    /// Counts files that commands have opened: the editor takes the focus.
    pub called: RwSignal<u64>,
    /// Set while a command of the terminal waits for the editor (`nano`, `kubectl edit`).
    pub waiting: RwSignal<bool>,
}

impl Files {
    pub fn new(desk: Desk) -> Files {
        Files {
            desk,
            names: RwSignal::new(Vec::new()),
            active: RwSignal::new(String::new()),
            text: RwSignal::new(String::new()),
            loaded: RwSignal::new(0),
            mended: RwSignal::new(0),
            problems: RwSignal::new(Vec::new()),
            called: RwSignal::new(0),
            waiting: RwSignal::new(false),
        }
    }

    /// Takes over what the session has: after a command that may have written files, and in a new run.
    pub fn reload(&self) {
        let mut names: Vec<String> = self.desk.files.with_untracked(|files| files.keys().cloned().collect());
        // The source text's file comes first, whatever the alphabet says.
        if let Some(at) = names.iter().position(|name| name == FIRST_FILE) {
            names[..=at].rotate_right(1);
        }
        let active = self.active.get_untracked();
        // A command may have opened a file that is none of the learner's own (`kubectl edit`).
        let stays = names.contains(&active) || self.waiting.get_untracked();
        let active = if stays { active } else { first_file(&names) };
        if self.names.with_untracked(|old| *old != names) {
            self.names.set(names);
        }
        if self.active.with_untracked(|old| *old != active) {
            self.active.set(active.clone());
        }
        let own = self.desk.files.with_untracked(|files| files.get(&active).cloned());
        let text = if stays && own.is_none() { self.text.get_untracked() } else { own.unwrap_or_default() };
        if !self.is_unsaved() && self.text.with_untracked(|old| *old != text) {
            self.show_text(text);
        }
    }

    fn show_text(&self, text: String) {
        self.text.set(text);
        self.loaded.update(|count| *count += 1);
        self.check();
    }

    /// Shows another file; what was typed into the present one is saved.
    pub fn open(&self, name: &str) {
        self.save();
        let text = self.desk.files.with_untracked(|files| files.get(name).cloned().unwrap_or_default());
        self.active.set(name.to_owned());
        self.show_text(text);
    }

    /// Shows the file that a command opens.
    pub fn open_for_command(&self, name: &str, text: String) {
        self.save();
        self.active.set(name.to_owned());
        self.waiting.set(self.desk.busy.get_untracked());
        self.show_text(text);
    }

    /// Changes the text as a finding proposes.
    pub fn mend(&self, fix: &Fix) {
        if let Some(text) = self.text.with_untracked(|text| fix.apply(text)) {
            self.typed(text);
            self.mended.update(|count| *count += 1);
        }
    }

    /// The text is written into the session when something is about to read it.
    pub fn typed(&self, text: String) {
        self.desk.unsaved.set(Some((self.active.get_untracked(), text.clone())));
        self.text.set(text);
        self.check();
    }

    pub fn save(&self) {
        self.desk.save();
    }

    fn is_unsaved(&self) -> bool {
        self.desk.unsaved.with_untracked(Option::is_some)
    }

    /// Another run is on the desk: what was typed into the old one is no part of it.
    pub fn begin(&self) {
        self.waiting.set(false);
        self.active.set(String::new());
        self.reload();
    }

    /// Applies the file as the learner would: by a command in the terminal. Not while a command waits for the editor.
    pub fn apply(&self) {
        if self.waiting.get_untracked() {
            return;
        }
        self.save();
        let file = self.active.get_untracked();
        self.desk.press(format!("kubectl apply -f {}", quoted(&file)));
    }

    /// Ends the editor that a command has opened.
    pub fn close_for_command(&self, saved: bool) {
        self.waiting.set(false);
        if saved {
            self.save();
        } else {
            self.desk.unsaved.set(None);
        }
        // What the command says to it.
        self.desk.tab.set(Tab::Terminal);
        self.desk.act(&Act::CloseEditor { saved });
        self.reload();
    }

    fn check(&self) {
        let text = self.text.get_untracked();
        let Some(Reply::Problems(problems)) = cluster::answer(&Question::Problems { text }) else { return };
        if self.problems.with_untracked(|old| *old != problems) {
            self.problems.set(problems);
        }
    }
}

/// The file that a fresh desk shows.
fn first_file(names: &[String]) -> String {
    names.first().cloned().unwrap_or_default()
}

/// A file name as one word of a command line.
fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '/');
    if name.chars().all(plain) { name.to_owned() } else { format!("'{}'", name.replace('\'', "'\\''")) }
}
