//! JSON as kubectl prints it.

#![allow(
    clippy::single_char_add_str,
    reason = "a small build encodes each character that is pushed; a text is only copied"
)]

use std::fmt::Write;

use serde_json::Value;

use super::repeats::{Part, Repeats};
use super::yaml::{push_comma_line, push_line};
use crate::api::fields::{Shape, TypeInfo, type_named};
use crate::api::view::{self, Entries, View, Viewed};

/// JSON indented by four spaces, with the characters that HTML would read escaped, ending with a newline.
// Models encoding/json MarshalIndent
pub fn to_json(value: &dyn Viewed) -> String {
    let mut out = String::new();
    Writer::new(&mut out).value(value, Some(0), None);
    out.push('\n');
    out
}

/// The same for an object that kubectl holds as a Go struct: its fields stand in the struct's order.
pub fn to_typed_json(value: &dyn Viewed) -> String {
    let mut out = String::new();
    Writer::new(&mut out).value(value, Some(0), typed_object(value));
    out.push('\n');
    out
}

/// The same on one line.
pub fn to_typed_compact(value: &dyn Viewed) -> String {
    let mut out = String::new();
    Writer::new(&mut out).value(value, None, typed_object(value));
    out
}

/// JSON on one line, as Go's `Marshal` writes it.
pub fn to_compact(value: &dyn Viewed) -> String {
    let mut out = String::new();
    write_compact(&mut out, value);
    out
}

pub fn write_compact(out: &mut String, value: &dyn Viewed) {
    Writer::new(out).value(value, None, None);
}

/// A value that is no text and has nothing inside.
pub fn scalar(out: &mut String, value: &View) {
    match value {
        View::Bool(flag) => out.push_str(if *flag { "true" } else { "false" }),
        View::Number(number) => match number.as_u64() {
            // Most numbers have one digit, and the formatter is slow to begin.
            Some(digit @ 0..=9) => out.push_str(&DIGITS[digit as usize..][..1]),
            // Writing to a text cannot fail.
            _ => drop(write!(out, "{number}")),
        },
        _ => out.push_str("null"),
    }
}

const DIGITS: &str = "0123456789";

fn typed_object(value: &dyn Viewed) -> Option<Typed> {
    match view::at(value, &["kind"])?.view() {
        View::Text(kind) => type_named(&kind).map(Typed::Object),
        _ => None,
    }
}

/// What a value is in Go.
#[derive(Clone, Copy)]
enum Typed {
    /// With its kind and version.
    Object(&'static TypeInfo),
    Of(&'static Shape),
}

impl Typed {
    fn info(self) -> Option<&'static TypeInfo> {
        match self {
            Typed::Object(info) => Some(info),
            Typed::Of(Shape::Struct(name)) => type_named(name),
            Typed::Of(_) => None,
        }
    }

    /// The type of a map's value, a struct's field or a list's item.
    fn inner(self, key: &str) -> Option<Typed> {
        match self {
            Typed::Of(Shape::List(item) | Shape::Map(item)) => Some(Typed::Of(item)),
            other => other.info()?.field(key).map(|field| Typed::Of(&field.shape)),
        }
    }
}

/// Puts the entries into the order in which Go writes them: those of structs by their fields.
fn order(entries: &mut [(&str, &dyn Viewed)], typed: Option<Typed>) {
    let Some(info) = typed.and_then(Typed::info) else { return };
    entries.sort_by_key(|(key, _)| match *key {
        "kind" if matches!(typed, Some(Typed::Object(_))) => 0,
        "apiVersion" if matches!(typed, Some(Typed::Object(_))) => 1,
        key => 2 + info.fields.iter().position(|field| field.name == key).unwrap_or(info.fields.len()),
    });
}

struct Writer<'o, 'a> {
    out: &'o mut String,
    /// The entries of all objects that are being written, inner ones last.
    entries: Entries<'a>,
    repeats: Repeats,
}

impl<'o, 'a> Writer<'o, 'a> {
    fn new(out: &'o mut String) -> Writer<'o, 'a> {
        Writer { out, entries: Vec::new(), repeats: Repeats::default() }
    }

    /// Without a depth everything stands on one line.
    fn value(&mut self, value: &'a dyn Viewed, depth: Option<usize>, typed: Option<Typed>) {
        let inner = depth.map(|depth| depth + 1);
        match value.view() {
            View::Object(fields) => {
                let from = self.entries.len();
                fields.add_to(&mut self.entries);
                order(&mut self.entries[from..], typed);
                let declared = fields.are_declared();
                self.out.push_str("{");
                for at in from..self.entries.len() {
                    let (key, item) = self.entries[at];
                    next_line(self.out, at > from, inner);
                    match declared {
                        true => {
                            self.out.push_str("\"");
                            self.out.push_str(key);
                            self.out.push_str(if depth.is_some() { "\": " } else { "\":" });
                        }
                        false => {
                            write_text(self.out, key);
                            self.out.push_str(if depth.is_some() { ": " } else { ":" });
                        }
                    }
                    let part = inner.and_then(|depth| Part::behind_key(item, depth));
                    if !self.repeats.copy(part, self.out) {
                        let start = self.out.len();
                        self.value(item, inner, typed.and_then(|typed| typed.inner(key)));
                        self.repeats.note(part, start, self.out.len());
                    }
                }
                if self.entries.len() > from {
                    next_line(self.out, false, depth);
                }
                self.entries.truncate(from);
                self.out.push_str("}");
            }
            View::List(list) => {
                self.out.push_str("[");
                for (at, item) in view::items(list).enumerate() {
                    next_line(self.out, at > 0, inner);
                    self.value(item, inner, typed.and_then(|typed| typed.inner("")));
                }
                if !list.is_empty() {
                    next_line(self.out, false, depth);
                }
                self.out.push_str("]");
            }
            View::Text(text) => write_text(self.out, &text),
            other => scalar(self.out, &other),
        }
    }
}

/// What stands for itself between quotes. A table, because listings are megabytes long.
const PLAIN: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = b' ';
    while byte < 0x7f {
        table[byte as usize] = !matches!(byte, b'"' | b'\\' | b'<' | b'>' | b'&');
        byte += 1;
    }
    table
};

/// A text in quotes; most need no escapes.
fn write_text(out: &mut String, text: &str) {
    if !write_plain(out, text) {
        escape_html(out, &Value::from(text).to_string());
    }
}

/// The same with the characters that HTML would read.
pub fn write_quoted(out: &mut String, text: &str) {
    if !write_plain(out, text) {
        out.push_str(&Value::from(text).to_string());
    }
}

/// Writes a text that needs no escapes in quotes; leaves others to the caller.
fn write_plain(out: &mut String, text: &str) -> bool {
    let plain = text.bytes().all(|byte| PLAIN[byte as usize]);
    if plain {
        out.push_str("\"");
        out.push_str(text);
        out.push_str("\"");
    }
    plain
}

fn next_line(out: &mut String, comma: bool, depth: Option<usize>) {
    match (depth, comma) {
        (Some(depth), true) => push_comma_line(out, depth * 4),
        (Some(depth), false) => push_line(out, depth * 4),
        (None, true) => out.push_str(","),
        (None, false) => {}
    }
}

fn escape_html(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '<' | '>' | '&' => out.push_str(&format!("\\u{:04x}", c as u32)),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn four_spaces_and_no_html() {
        let expected =
            "{\n    \"a\": [\n        \"\\u003cb\\u003e\",\n        {}\n    ],\n    \"c\": []\n}\n";
        assert_eq!(to_json(&json!({"a": ["<b>", {}], "c": []})), expected);
    }

    #[test]
    fn structs_keep_the_order_of_their_fields() {
        let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"labels": {"b": "1", "a": "x\": y"}, "name": "j"},
            "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"image": "i", "name": "n"}]}}}});
        let expected = r#"{"kind":"Job","apiVersion":"batch/v1","metadata":{"name":"j","labels":{"a":"x\": y","b":"1"}},"spec":{"template":{"spec":{"containers":[{"name":"n","image":"i"}],"restartPolicy":"Never"}}}}"#;
        assert_eq!(to_typed_compact(&job), expected);
    }
}
