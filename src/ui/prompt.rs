//! The line that the learner types: its text lives in the input, this moves it about.

use leptos::html;
use leptos::prelude::*;

use super::desk::Desk;
use super::prompt_keys::{byte_offset, utf16_offset};
use crate::protocol::{Question, Reply};
use crate::web::cluster;

/// Lines of the history that a search shows while it is typed.
const MATCHES_SHOWN_MAX: usize = 5;

#[derive(Clone, Copy)]
pub struct Prompt {
    pub input: NodeRef<html::Input>,
    pub text: RwSignal<String>,
    /// What the line would be in the Latin layout, offered in its place; empty when it is not.
    pub latin: RwSignal<String>,
    /// Pasted lines that wait for a decision.
    pub pasted: RwSignal<Vec<String>>,
    pub choices: RwSignal<Vec<String>>,
    /// What Ctrl-R looks for; `None` when not searching.
    pub search: RwSignal<Option<String>>,
    /// How far up in the history the line is; 0 is the line being typed.
    depth: RwSignal<u64>,
    /// The line that was being typed before the history was looked at.
    draft: RwSignal<String>,
    /// After Esc, the next Tab leaves the terminal.
    released: RwSignal<bool>,
}

impl Prompt {
    pub fn new() -> Prompt {
        Prompt {
            input: NodeRef::new(),
            text: RwSignal::new(String::new()),
            latin: RwSignal::new(String::new()),
            pasted: RwSignal::new(Vec::new()),
            choices: RwSignal::new(Vec::new()),
            search: RwSignal::new(None),
            depth: RwSignal::new(0),
            draft: RwSignal::new(String::new()),
            released: RwSignal::new(false),
        }
    }

    pub fn focus(&self) {
        if let Some(input) = self.input.get_untracked() {
            // An element that cannot take the focus simply does not.
            let _ = input.focus();
        }
    }

    /// Whether part of the line itself is selected.
    pub fn has_selection(&self) -> bool {
        let Some(input) = self.input.get_untracked() else { return false };
        let ends = (input.selection_start().ok().flatten(), input.selection_end().ok().flatten());
        ends.0 != ends.1
    }

    pub fn tab_leaves(&self) -> bool {
        self.released.get_untracked()
    }

    fn cursor(&self) -> u32 {
        let input = self.input.get_untracked();
        input.and_then(|input| input.selection_start().ok().flatten()).unwrap_or(u32::MAX)
    }

    fn show(&self, line: &str, cursor: u32) {
        self.text.set(line.to_owned());
        if let Some(input) = self.input.get_untracked() {
            input.set_value(line);
            // Text inputs support selections.
            let _ = input.set_selection_range(cursor, cursor);
            input.set_scroll_left(input.scroll_width());
        }
    }

    /// Puts a command into the line; Enter stays with the learner.
    pub fn replace(&self, line: &str) {
        self.forget();
        self.show(line, line.encode_utf16().count() as u32);
        self.focus();
    }

    pub fn insert(&self, piece: &str) {
        let line = self.text.get_untracked();
        let at = byte_offset(&line, self.cursor());
        let line = format!("{}{piece}{}", &line[..at], &line[at..]);
        let cursor = utf16_offset(&line, at + piece.len());
        self.show(&line, cursor);
    }

    pub fn clear(&self) {
        self.forget();
        self.show("", 0);
    }

    fn forget(&self) {
        self.latin.set(String::new());
        self.pasted.set(Vec::new());
        self.choices.set(Vec::new());
        self.search.set(None);
        self.depth.set(0);
        self.released.set(false);
    }

    pub fn typed(&self, line: String, desk: Desk) {
        self.released.set(false);
        let mut choices = Vec::new();
        if self.search.with_untracked(Option::is_some) {
            self.depth.set(0);
            if !line.is_empty() {
                choices = desk.with_history(|history| {
                    let found = history.iter().rev().filter(|other| other.contains(&line));
                    found.take(MATCHES_SHOWN_MAX).cloned().collect()
                });
            }
            self.search.set(Some(line.clone()));
        }
        if !(choices.is_empty() && self.choices.with_untracked(Vec::is_empty)) {
            self.choices.set(choices);
        }
        self.text.set(line);
    }

    pub fn move_to(&self, place: fn(&str, u32) -> u32) {
        let line = self.text.get_untracked();
        let cursor = place(&line, self.cursor());
        self.show(&line, cursor);
    }

    /// Removes a stretch of the line, both ends in UTF-16 units.
    pub fn cut(&self, stretch: fn(&str, u32) -> (u32, u32)) {
        let line = self.text.get_untracked();
        let (from, to) = stretch(&line, self.cursor());
        let shorter = format!("{}{}", &line[..byte_offset(&line, from)], &line[byte_offset(&line, to)..]);
        self.show(&shorter, from);
    }

    pub fn escape(&self) {
        self.forget();
        self.released.set(true);
    }

    pub fn history(&self, desk: Desk, up: bool) {
        let depth = self.depth.get_untracked();
        if depth == 0 {
            self.draft.set(self.text.get_untracked());
        }
        let depth = if up { depth + 1 } else { depth.saturating_sub(1) };
        let line = desk.with_history(|history| match depth {
            0 => Some(self.draft.get_untracked()),
            _ => history.len().checked_sub(depth as usize).map(|at| history[at].clone()),
        });
        if let Some(line) = line {
            self.depth.set(depth);
            self.show(&line, line.encode_utf16().count() as u32);
        }
    }

    /// Ctrl-R: the first press takes the line as what to look for, each press shows the next older match.
    pub fn search_next(&self, desk: Desk) {
        let query = self.search.get_untracked().unwrap_or_else(|| self.text.get_untracked());
        let older_than =
            if self.search.with_untracked(Option::is_some) { self.depth.get_untracked() } else { 0 };
        let found = desk.with_history(|history| {
            let newest_first = history.iter().rev().enumerate().skip(older_than as usize);
            newest_first
                .map(|(at, line)| (at as u64 + 1, line.clone()))
                .find(|(_, line)| line.contains(&query))
        });
        let asked = !query.is_empty();
        self.search.set(Some(query));
        if let Some((depth, line)) = found.filter(|_| asked) {
            self.depth.set(depth);
            self.show(&line, line.encode_utf16().count() as u32);
        }
    }

    pub fn complete(&self) {
        let line = self.text.get_untracked();
        let cursor = byte_offset(&line, self.cursor());
        let question = Question::Complete { line: line.clone(), cursor };
        let Some(Reply::Completion(completion)) = cluster::answer(&question) else { return };
        let from = completion.replace_from.min(cursor);
        let typed = &line[from..cursor];
        let common = common_start(&completion.candidates);
        let only = completion.candidates.len() == 1;
        if only || common.len() > typed.len() {
            let space = if only && !common.ends_with(['=', '/']) { " " } else { "" };
            let before = format!("{}{common}{space}", &line[..from]);
            let end = utf16_offset(&before, before.len());
            self.show(&format!("{before}{}", &line[cursor..]), end);
            self.choices.set(Vec::new());
        } else {
            self.choices.set(completion.candidates);
        }
    }
}

/// The longest text that all candidates begin with.
fn common_start(candidates: &[String]) -> String {
    let Some((first, rest)) = candidates.split_first() else { return String::new() };
    let shared =
        |at: usize, letter: char| rest.iter().all(|other| other[at.min(other.len())..].starts_with(letter));
    let mut end = 0;
    for (at, letter) in first.char_indices() {
        // `at` is a boundary in every candidate: all letters before it are shared.
        if !shared(at, letter) {
            break;
        }
        end = at + letter.len_utf8();
    }
    first[..end].to_owned()
}
