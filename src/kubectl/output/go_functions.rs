//! The functions of Go templates that are of use for `-o go-template`.
// Models text/template funcs.go and client-go's own base64decode

use std::cmp::Ordering;
use std::fmt::Display;

use serde_json::Value;

use super::go_value::{Held, Slice, is_true};
use super::jsonpath::go_type;
use crate::api::go_text::go_text;
use crate::api::view::{View, Viewed, entries_of, null, to_value};
use crate::base::{base64, lossy_string};

/// What templates may call; `and` and `or` are not here, as they do not look at all of their arguments.
pub const FUNCTIONS: [&str; 19] = [
    "and",
    "base64decode",
    "eq",
    "ge",
    "gt",
    "html",
    "index",
    "js",
    "le",
    "len",
    "lt",
    "ne",
    "not",
    "or",
    "print",
    "printf",
    "println",
    "slice",
    "urlquery",
];

/// # Errors
/// For arguments that do not fit.
pub fn call<'a>(function: &str, arguments: &[Held<'a>]) -> Result<Held<'a>, String> {
    let plain = |values: &[Held]| values.iter().map(|value| go_text(value)).collect::<Vec<_>>();
    let made = |value: Value| Ok(Held::Made(value));
    match (function, arguments) {
        ("len", [value]) => length(&value.view()).map(|length| Held::Made(Value::from(length))),
        ("not", [value]) => made(Value::from(!is_true(value))),
        ("eq", [value, others @ ..]) if !others.is_empty() => {
            made(Value::from(others.iter().any(|other| is_equal(value, other))))
        }
        ("ne", [a, b]) => made(Value::from(!is_equal(a, b))),
        ("lt", [a, b]) => made(Value::from(order(a, b)?.is_lt())),
        ("le", [a, b]) => made(Value::from(order(a, b)?.is_le())),
        ("gt", [a, b]) => made(Value::from(order(a, b)?.is_gt())),
        ("ge", [a, b]) => made(Value::from(order(a, b)?.is_ge())),
        ("index", [value, keys @ ..]) => keys.iter().try_fold(value.clone(), |value, key| index(&value, key)),
        ("print", values) => made(Value::from(plain(values).concat())),
        ("println", values) => made(Value::from(plain(values).join(" ") + "\n")),
        ("printf", [format, values @ ..]) if let View::Text(format) = format.view() => {
            made(Value::from(print_formatted(&format, values)))
        }
        ("slice", [value, bounds @ ..]) => slice(value, bounds),
        ("html" | "js" | "urlquery", values) => made(Value::from(escaped(function, &plain(values).concat()))),
        ("base64decode", [text]) if let View::Text(text) = text.view() => {
            made(Value::from(decode_base64(&text)?))
        }
        _ => Err(format!(
            "error calling {function}: wrong number of args for {function}: got {}",
            arguments.len()
        )),
    }
}

fn length(value: &View) -> Result<usize, String> {
    match value {
        View::List(list) => Ok(list.len()),
        View::Object(fields) => Ok(entries_of(*fields).len()),
        View::Text(text) => Ok(text.len()),
        View::Null => Err("error calling len: len of nil pointer".to_owned()),
        other => Err(format!("error calling len: len of type {}", go_type(other))),
    }
}

fn is_equal(a: &Held, b: &Held) -> bool {
    match (a.view(), b.view()) {
        (View::Text(a), View::Text(b)) => a == b,
        (View::Number(a), View::Number(b)) => a.as_f64() == b.as_f64(),
        _ => to_value(a) == to_value(b),
    }
}

fn order(a: &Held, b: &Held) -> Result<Ordering, String> {
    let found = match (a.view(), b.view()) {
        (View::Text(a), View::Text(b)) => Some(a.cmp(&b)),
        (View::Number(a), View::Number(b)) => a.as_f64().zip(b.as_f64()).and_then(|(a, b)| a.partial_cmp(&b)),
        _ => None,
    };
    found.ok_or_else(|| "error calling lt: incompatible types for comparison".to_owned())
}

fn index<'a>(value: &Held<'a>, key: &Held) -> Result<Held<'a>, String> {
    let out_of_range = |at: &dyn Display| format!("error calling index: index out of range: {at}");
    let found = match (value, key.view()) {
        (Held::At(found), _) => found,
        (Held::Slice(slice), View::Number(at)) => {
            let item = at.as_u64().and_then(|at| slice.at(usize::try_from(at).ok()?));
            return item.map(Held::At).ok_or_else(|| out_of_range(&at));
        }
        // What functions make has nothing inside.
        _ => return Err(format!("error calling index: can't index item of type {}", go_type(&value.view()))),
    };
    match (found.view(), key.view()) {
        (View::Object(fields), View::Text(key)) => Ok(Held::At(fields.get(&key).unwrap_or(null()))),
        (View::List(list), View::Number(at)) => {
            let found = at.as_u64().and_then(|at| list.item(usize::try_from(at).ok()?));
            found.map(Held::At).ok_or_else(|| out_of_range(&at))
        }
        (View::Null, _) => Err("error calling index: index of untyped nil".to_owned()),
        (other, _) => Err(format!("error calling index: can't index item of type {}", go_type(&other))),
    }
}

/// `slice x 1 2`: the bytes of a text or the items of a list.
// Models text/template funcs.go slice
fn slice<'a>(value: &Held<'a>, bounds: &[Held]) -> Result<Held<'a>, String> {
    let wrong = |what: String| Err(format!("error calling slice: {what}"));
    let length = match value.view() {
        View::Text(text) => text.len(),
        View::List(list) => list.len(),
        View::Null => return wrong("slice of untyped nil".to_owned()),
        other => return wrong(format!("can't slice item of type {}", go_type(&other))),
    };
    let mut ends = [0, length];
    for (end, bound) in ends.iter_mut().zip(bounds) {
        let View::Number(number) = bound.view() else {
            return wrong(format!("cannot index slice/array with type {}", go_type(&bound.view())));
        };
        match number.as_u64().and_then(|at| usize::try_from(at).ok()).filter(|at| *at <= length) {
            Some(at) => *end = at,
            None => return wrong(format!("index out of range: {number}")),
        }
    }
    let [from, to] = ends;
    if from > to {
        return wrong(format!("invalid slice index: {from} > {to}"));
    }
    match value {
        Held::Slice(slice) => {
            Ok(Held::Slice(Slice { from: slice.from + from, to: slice.from + to, ..*slice }))
        }
        Held::At(value) if let View::List(list) = value.view() => Ok(Held::Slice(Slice { list, from, to })),
        value => Ok(Held::Made(Value::from(lossy_string(&go_text(value).as_bytes()[from..to])))),
    }
}

/// A text for a page, a script or an address.
// Models text/template funcs.go HTMLEscapeString, JSEscapeString, URLQueryEscaper
fn escaped(function: &str, text: &str) -> String {
    let html = |c: char| match c {
        '"' => "&#34;".to_owned(),
        '\'' => "&#39;".to_owned(),
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        c => c.to_string(),
    };
    let js = |c: char| match c {
        '\\' | '\'' | '"' => format!("\\{c}"),
        '<' | '>' | '&' | '=' => format!("\\u{:04X}", u32::from(c)),
        c if c.is_control() => format!("\\u{:04X}", u32::from(c)),
        c => c.to_string(),
    };
    match function {
        "html" => text.chars().map(html).collect(),
        "js" => text.chars().map(js).collect(),
        _ => query_escaped(text),
    }
}

fn query_escaped(text: &str) -> String {
    let one = |byte: u8| match byte {
        b' ' => "+".to_owned(),
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

/// `%s`, `%v`, `%d`, `%q`, `%t`, `%f` with widths.
fn print_formatted(format: &str, values: &[Held]) -> String {
    let mut out = String::new();
    let mut values = values.iter();
    let mut rest = format;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let spec = &rest[at + 1..];
        let end = spec.find(|c: char| !(c.is_ascii_digit() || "-+ .#".contains(c))).unwrap_or(spec.len());
        let (width, verb) = (&spec[..end], spec[end..].chars().next());
        rest = &spec[end + verb.map_or(0, char::len_utf8)..];
        let text = match verb {
            Some('%') => "%".to_owned(),
            None => "%!(NOVERB)".to_owned(),
            Some(verb) => match values.next() {
                None => format!("%!{verb}(MISSING)"),
                Some(value) if verb == 'q' => Value::from(go_text(value)).to_string(),
                Some(value) => go_text(value),
            },
        };
        let number: usize = width.trim_start_matches(['-', '+', ' ', '#', '0']).parse().unwrap_or(0);
        match width.starts_with('-') {
            true => out.push_str(&format!("{text:<number$}")),
            false => out.push_str(&format!("{text:>number$}")),
        }
    }
    out + rest
}

fn decode_base64(text: &str) -> Result<String, String> {
    let decoded = base64::decode(text.as_bytes());
    let bytes = decoded
        .map_err(|(at, _)| format!("error calling base64decode: illegal base64 data at input byte {at}"))?;
    Ok(lossy_string(&bytes))
}
