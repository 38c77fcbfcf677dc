//! Where in the text a field stands.

use std::collections::BTreeMap;

/// A place in the text. `line` and `column` count from 1, columns in characters; `offset` is in bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Position {
    pub offset: usize,
    pub line: usize,
    pub column: usize,
}

/// From the first character to the place after the last.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Span {
    pub start: Position,
    pub end: Position,
}

/// A field or a list item; items have no key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    pub key: Option<Span>,
    pub value: Span,
}

/// Every field of a document by its path in the form of the API server: `spec.template.spec.containers[0].image`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Spans {
    entries: BTreeMap<String, Entry>,
}

impl Spans {
    pub(super) fn insert(&mut self, path: String, entry: Entry) {
        self.entries.insert(path, entry);
    }

    pub fn get(&self, path: &str) -> Option<&Entry> {
        self.entries.get(path)
    }

    /// The field, or the nearest one around it that the text has: a refusal often names a field that is missing.
    pub fn nearest(&self, path: &str) -> Option<&Entry> {
        let mut path = path;
        loop {
            if let Some(entry) = self.entries.get(path) {
                return Some(entry);
            }
            let cut = path.rfind(['.', '['])?;
            path = &path[..cut];
        }
    }

    /// Every path with its place, in the order of the paths.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries.iter().map(|(path, entry)| (path.as_str(), entry))
    }

    /// The innermost field whose key or value covers the byte.
    pub fn path_at(&self, offset: usize) -> Option<&str> {
        let covers = |entry: &Entry| {
            let start = entry.key.map_or(entry.value.start.offset, |key| key.start.offset);
            start <= offset && offset <= entry.value.end.offset
        };
        let covering = self.entries.iter().filter(|(_, entry)| covers(entry));
        covering.max_by_key(|(_, entry)| entry.value.start.offset).map(|(path, _)| path.as_str())
    }
}

/// The text without a byte order mark.
pub(super) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Turns the library's marks (line and column from 0, in characters) into positions.
pub(super) struct Lines<'a> {
    text: &'a str,
    /// The byte at which each line starts, a byte order mark not counted.
    starts: Vec<usize>,
    /// What to add to line numbers: a document in a stream starts further down.
    first_line: usize,
    first_offset: usize,
}

impl<'a> Lines<'a> {
    pub fn new(text: &'a str, first_line: usize, first_offset: usize) -> Lines<'a> {
        let after_breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        let first_start = text.len() - without_mark(text).len();
        let starts = std::iter::once(first_start).chain(after_breaks).collect();
        Lines { text, starts, first_line, first_offset }
    }

    pub fn position(&self, line: usize, column: usize) -> Position {
        let start = self.starts.get(line).copied().unwrap_or(self.text.len());
        let rest = &self.text[start..];
        let bytes = rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at);
        let mark = usize::from(line == 0 && start > 0);
        Position {
            offset: self.first_offset + start + bytes,
            line: self.first_line + line + 1,
            column: mark + column + 1,
        }
    }
}
