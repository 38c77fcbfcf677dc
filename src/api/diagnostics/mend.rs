//! Changes of the text for fixes: whole fields move, and what stands in a column becomes a list.

use super::Fix;
use crate::manifest::{Entry, Position, Span, Spans};

pub fn line_start(text: &str, offset: usize) -> usize {
    text[..offset].rfind('\n').map_or(0, |before| before + 1)
}

fn line_end(text: &str, offset: usize) -> usize {
    text[offset..].find('\n').map_or(text.len(), |after| offset + after)
}

fn position(text: &str, offset: usize) -> Position {
    let start = line_start(text, offset);
    let line = text[..offset].matches('\n').count() + 1;
    Position { offset, line, column: text[start..offset].chars().count() + 1 }
}

pub fn span(text: &str, start: usize, end: usize) -> Span {
    Span { start: position(text, start), end: position(text, end) }
}

/// What is written at a place.
pub fn written(text: &str, span: Span) -> &str {
    text.get(span.start.offset..span.end.offset).unwrap_or_default()
}

/// The first field directly inside a mapping.
pub fn first_key(spans: &Spans, around: &str) -> Option<Span> {
    let inside = |path: &str| {
        let rest = if around.is_empty() {
            Some(path)
        } else {
            path.strip_prefix(around).and_then(|rest| rest.strip_prefix('.'))
        };
        rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(['.', '[']))
    };
    let keys = spans.iter().filter(|(path, _)| inside(path)).filter_map(|(_, entry)| entry.key);
    keys.min_by_key(|key| key.start)
}

/// A new line before the first field of a mapping in block style.
pub fn add_field(text: &str, spans: &Spans, around: &str, field: &str) -> Option<Fix> {
    let key = first_key(spans, around).filter(|key| opens_line(text, key.start.offset))?;
    let text = format!("{field}\n{}", " ".repeat(key.start.column - 1));
    Some(Fix {
        title: format!("Добавить {field}"), span: Span { start: key.start, end: key.start }, text
    })
}

/// Only spaces and the dashes of lists stand before it.
fn opens_line(text: &str, offset: usize) -> bool {
    text.get(line_start(text, offset)..offset)
        .is_some_and(|before| before.trim_matches([' ', '-']).is_empty())
}

/// The lines of a field in block style: from the start of its key's line to the end of its value's last line.
fn lines_of(text: &str, entry: &Entry) -> Option<(usize, usize)> {
    let key = entry.key?.start.offset;
    let start = line_start(text, key);
    if !text.get(start..key)?.trim_matches(' ').is_empty() {
        return None;
    }
    let content = text.get(key..entry.value.end.offset.max(entry.key?.end.offset))?.trim_end();
    Some((start, line_end(text, key + content.len())))
}

fn indented(lines: &str, removed: usize, added: usize) -> String {
    let shift = |line: &str| {
        let spaces = line.len() - line.trim_start_matches(' ').len();
        let kept = (spaces + added).saturating_sub(removed);
        format!("{}{}", " ".repeat(kept), line.trim_start_matches(' '))
    };
    lines.lines().map(shift).collect::<Vec<_>>().join("\n")
}

/// Moves a field to the start of another mapping, where that is written and has no such field yet.
pub fn move_field(text: &str, spans: &Spans, path: &str, home: &str) -> Option<Fix> {
    let (around, name) = path.rsplit_once('.').unwrap_or(("", path));
    let own = format!("{home}.{name}");
    let has_neighbours = spans.iter().any(|(other, _)| {
        other != path
            && other.strip_prefix(around).is_some_and(|rest| rest.starts_with('.') && !rest.contains(path))
            && !other.starts_with(&format!("{path}."))
            && !other.starts_with(&format!("{path}["))
    });
    if spans.get(own.trim_start_matches('.')).is_some() || !has_neighbours && !around.is_empty() {
        return None;
    }
    let (start, end) = lines_of(text, spans.get(path)?)?;
    let after = (end + 1).min(text.len());
    let key = first_key(spans, home).filter(|key| opens_line(text, key.start.offset))?;
    let at = key.start.offset;
    let column = key.start.column - 1;
    let moved = indented(&text[start..end], spans.get(path)?.key?.start.column - 1, column);
    let moved = moved.trim_start();
    let indent = " ".repeat(column);
    let title = format!("Перенести в {}", home.trim_end_matches("[0]"));
    let (span, text) = if at < start {
        (span(text, at, after), format!("{moved}\n{indent}{}", &text[at..start]))
    } else if at >= after {
        (span(text, start, at), format!("{}{moved}\n{indent}", &text[after..at]))
    } else {
        return None;
    };
    Some(Fix { title, span, text })
}

/// A mapping in block style becomes the only item of a list.
pub fn as_list(text: &str, value: Span) -> Option<Fix> {
    let start = value.start.offset;
    if written(text, value).starts_with('{') {
        let list = format!("[{}]", written(text, value));
        return Some(Fix { title: "Сделать списком".to_owned(), span: value, text: list });
    }
    if !text.get(line_start(text, start)..start)?.trim_matches(' ').is_empty() {
        return None;
    }
    let content = written(text, value).trim_end();
    let end = line_end(text, start + content.len());
    let lines = indented(&text[start..end], 0, 2);
    let lines = format!("- {}", lines.trim_start());
    Some(Fix { title: "Сделать списком".to_owned(), span: span(text, start, end), text: lines })
}

/// Pairs in block style become a list of names and values.
pub fn as_pairs(text: &str, value: Span, pairs: &[(String, String)]) -> Option<Fix> {
    let start = value.start.offset;
    let title = "Записать списком пар".to_owned();
    if written(text, value).starts_with('{') {
        let items: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{{name: {name}, value: {value}}}")).collect();
        return Some(Fix { title, span: value, text: format!("[{}]", items.join(", ")) });
    }
    if !opens_line(text, start) {
        return None;
    }
    let indent = " ".repeat(value.start.column - 1);
    let items: Vec<String> =
        pairs.iter().map(|(name, value)| format!("- name: {name}\n{indent}  value: {value}")).collect();
    let end = start + written(text, value).trim_end().len();
    Some(Fix { title, span: span(text, start, end), text: items.join(&format!("\n{indent}")) })
}
