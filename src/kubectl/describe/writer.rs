//! Lines of a description: indented by levels, their cells separated by tabs until the columns are laid out.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};

use crate::apiserver::apply::LAST_APPLIED;
use crate::kubectl::output::tabs::TabWriter;
use crate::kubectl::output::yaml::push_spaces;

/// An annotation that is longer goes to lines of its own.
const ANNOTATION_MAX: usize = 140;

#[derive(Default)]
pub struct Writer {
    text: String,
}

impl Writer {
    /// One line; a level is two spaces.
    pub fn line(&mut self, level: usize, text: &str) {
        push_spaces(&mut self.text, 2 * level);
        self.text.extend([text, "\n"]);
    }

    /// `NAME:<tab>VALUE`
    pub fn field(&mut self, level: usize, name: &str, value: impl Display) {
        push_spaces(&mut self.text, 2 * level);
        self.text.extend([name, ":\t"]);
        // Writing to a text cannot fail.
        let _ = writeln!(self.text, "{value}");
    }

    /// The columns laid out.
    pub fn finish(self) -> String {
        TabWriter::describing().lay_out(&self.text)
    }

    pub fn labels(&mut self, title: &str, labels: &BTreeMap<String, String>) {
        let lines: Vec<String> = labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        self.list(title, &lines);
    }

    /// A title with one line for each entry; `<none>` without any.
    pub fn list(&mut self, title: &str, lines: &[String]) {
        let Some((first, rest)) = lines.split_first() else { return self.field(0, title, "<none>") };
        self.field(0, title, first);
        for line in rest {
            self.line(0, &format!("\t{line}"));
        }
    }

    // Models printAnnotationsMultiline
    pub fn annotations(&mut self, title: &str, annotations: &BTreeMap<String, String>) {
        let mut lines = Vec::new();
        for (key, value) in annotations.iter().filter(|(key, _)| *key != LAST_APPLIED) {
            let value = value.strip_suffix('\n').unwrap_or(value);
            if value.len() + key.len() + 2 > ANNOTATION_MAX || value.contains('\n') {
                lines.push(format!("{key}:"));
                lines
                    .extend(value.split('\n').map(|line| format!("  {}", shorten(line, ANNOTATION_MAX - 2))));
            } else {
                lines.push(format!("{key}: {value}"));
            }
        }
        self.list(title, &lines);
    }
}

fn shorten(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let cut = (0..=limit).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    format!("{}...", &text[..cut])
}
