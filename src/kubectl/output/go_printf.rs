//! Go's `printf` and `print`, as far as templates hold values.
// Models fmt/print.go and fmt/format.go

use serde_json::Value;

use super::go_value::Held;
use crate::api::go_text::go_text;
use crate::api::view::{View, Viewed};

/// Values one after the other; a space stands between two of them that are no texts.
pub fn print(values: &[Held]) -> String {
    let is_text = |value: &Held| matches!(value.view(), View::Text(_));
    let mut out = String::new();
    for (at, value) in values.iter().enumerate() {
        if at > 0 && !is_text(value) && !is_text(&values[at - 1]) {
            out.push(' ');
        }
        out += &go_text(value);
    }
    out
}

/// Verbs with their flags, widths and precisions.
pub fn formatted(format: &str, values: &[Held]) -> String {
    let mut out = String::new();
    let mut values = values.iter();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let spec = &rest[at + 1..];
        let end = spec.find(|c: char| !(c.is_ascii_digit() || "-+ .#".contains(c))).unwrap_or(spec.len());
        let (flags, verb) = (&spec[..end], spec[end..].chars().next());
        rest = &spec[end + verb.map_or(0, char::len_utf8)..];
        let (width, precision) = flags.split_once('.').unwrap_or((flags, ""));
        let text = match verb {
            Some('%') => "%".to_owned(),
            None => "%!(NOVERB)".to_owned(),
            Some(verb) => match values.next() {
                None => format!("%!{verb}(MISSING)"),
                Some(value) => shown(value, verb, precision.parse().ok()),
            },
        };
        let number = width.trim_start_matches(['-', '+', ' ', '#', '0']).parse().unwrap_or(0usize);
        let fill = if width.starts_with('0') { "0" } else { " " };
        let fill = fill.repeat(number.saturating_sub(text.chars().count()));
        let (first, second) = if width.starts_with('-') { (&text, &fill) } else { (&fill, &text) };
        out += first;
        out += second;
    }
    out += rest;
    let mut head = "%!(EXTRA ";
    for value in values {
        out += &format!("{head}{}={}", value.type_name(), go_text(value));
        head = ", ";
    }
    out + if head == ", " { ")" } else { "" }
}

/// One value as its verb asks; what does not fit the verb is told with its type.
fn shown(value: &Held, verb: char, digits: Option<usize>) -> String {
    match (verb, value.view()) {
        ('v', _) | ('s', View::List(_) | View::Object(_)) | ('t', View::Bool(_)) => go_text(value),
        ('T', _) => value.type_name().to_owned(),
        ('s', View::Text(text)) => text.chars().take(digits.unwrap_or(usize::MAX)).collect(),
        ('q', View::Text(text)) => Value::from(text).to_string(),
        ('d', View::Number(number)) if !number.is_f64() => go_text(value),
        ('f', View::Number(number)) if number.is_f64() => {
            format!("{:.*}", digits.unwrap_or(6), number.as_f64().unwrap_or(0.0))
        }
        (_, View::Null) => format!("%!{verb}(<nil>)"),
        _ => format!("%!{verb}({}={})", value.type_name(), go_text(value)),
    }
}
