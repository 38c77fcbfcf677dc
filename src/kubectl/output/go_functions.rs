//! The functions of Go templates that are of use for `-o go-template`.
// Models text/template funcs.go and client-go's own base64decode

use std::cmp::Ordering;

use serde_json::Value;

use super::go_template::is_true;
use super::jsonpath::{go_plain, go_type};
use crate::base::base64;

/// # Errors
/// For functions that are not known, and arguments that do not fit.
pub fn call(function: &str, arguments: &[Value]) -> Result<Value, String> {
    let plain = |values: &[Value]| values.iter().map(go_plain).collect::<Vec<_>>();
    match (function, arguments) {
        ("len", [value]) => length(value).map(Value::from),
        ("not", [value]) => Ok(Value::from(!is_true(value))),
        ("and", [.., last]) => Ok(arguments.iter().find(|value| !is_true(value)).unwrap_or(last).clone()),
        ("or", [.., last]) => Ok(arguments.iter().find(|value| is_true(value)).unwrap_or(last).clone()),
        ("eq", [value, others @ ..]) if !others.is_empty() => {
            Ok(Value::from(others.iter().any(|other| is_equal(value, other))))
        }
        ("ne", [a, b]) => Ok(Value::from(!is_equal(a, b))),
        ("lt", [a, b]) => order(a, b).map(|order| Value::from(order.is_lt())),
        ("le", [a, b]) => order(a, b).map(|order| Value::from(order.is_le())),
        ("gt", [a, b]) => order(a, b).map(|order| Value::from(order.is_gt())),
        ("ge", [a, b]) => order(a, b).map(|order| Value::from(order.is_ge())),
        ("index", [value, keys @ ..]) => keys.iter().try_fold(value.clone(), |value, key| index(&value, key)),
        ("print", values) => Ok(Value::from(plain(values).concat())),
        ("println", values) => Ok(Value::from(plain(values).join(" ") + "\n")),
        ("printf", [Value::String(format), values @ ..]) => Ok(Value::from(print_formatted(format, values))),
        ("base64decode", [Value::String(text)]) => decode_base64(text).map(Value::from),
        ("len" | "not" | "and" | "or" | "eq" | "ne" | "lt" | "le" | "gt" | "ge" | "index", _) => Err(
            format!("error calling {function}: wrong number of args for {function}: got {}", arguments.len()),
        ),
        _ => Err(format!("function {function:?} not defined")),
    }
}

fn length(value: &Value) -> Result<usize, String> {
    match value {
        Value::Array(items) => Ok(items.len()),
        Value::Object(map) => Ok(map.len()),
        Value::String(text) => Ok(text.len()),
        Value::Null => Err("error calling len: len of nil pointer".to_owned()),
        other => Err(format!("error calling len: len of type {}", go_type(other))),
    }
}

fn is_equal(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a == b,
        _ => a == b,
    }
}

fn order(a: &Value, b: &Value) -> Result<Ordering, String> {
    let found = match (a, b) {
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => a.as_f64().zip(b.as_f64()).and_then(|(a, b)| a.partial_cmp(&b)),
    };
    found.ok_or_else(|| "error calling lt: incompatible types for comparison".to_owned())
}

fn index(value: &Value, key: &Value) -> Result<Value, String> {
    match (value, key) {
        (Value::Object(map), Value::String(key)) => Ok(map.get(key).cloned().unwrap_or_default()),
        (Value::Array(items), Value::Number(at)) => {
            let found = at.as_u64().and_then(|at| items.get(usize::try_from(at).ok()?));
            found.cloned().ok_or_else(|| format!("error calling index: index out of range: {at}"))
        }
        (Value::Null, _) => Err("error calling index: index of untyped nil".to_owned()),
        (other, _) => Err(format!("error calling index: can't index item of type {}", go_type(other))),
    }
}

/// `%s`, `%v`, `%d`, `%q`, `%t`, `%f` with widths.
fn print_formatted(format: &str, values: &[Value]) -> String {
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
                Some(value) if verb == 'q' => Value::from(go_plain(value)).to_string(),
                Some(value) => go_plain(value),
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
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
