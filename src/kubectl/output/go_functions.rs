//! The functions of Go templates that are of use for `-o go-template`.
// Models text/template funcs.go and client-go's own base64decode

use std::cmp::Ordering;

use serde_json::Value;

use super::go_printf;
use super::go_value::{Held, Slice, is_true};
use crate::api::go_text::go_text;
use crate::api::view::{View, Viewed, entries_of, null, to_value};
use crate::base::{base64, lossy_string};

/// What templates may call, with the fewest arguments and the most.
pub const FUNCTIONS: [(&str, usize, usize); 20] = [
    ("and", 1, MANY),
    ("base64decode", 1, 1),
    ("eq", 1, MANY),
    ("exists", 1, MANY),
    ("ge", 2, 2),
    ("gt", 2, 2),
    ("html", 0, MANY),
    ("index", 1, MANY),
    ("js", 0, MANY),
    ("le", 2, 2),
    ("len", 1, 1),
    ("lt", 2, 2),
    ("ne", 2, 2),
    ("not", 1, 1),
    ("or", 1, MANY),
    ("print", 0, MANY),
    ("printf", 1, MANY),
    ("println", 0, MANY),
    ("slice", 1, MANY),
    ("urlquery", 0, MANY),
];

const MANY: usize = usize::MAX;

/// # Errors
/// When a function does not take so many arguments.
// Models text/template exec.go evalCall
pub fn check_count(function: &str, count: usize) -> Result<(), String> {
    let (_, least, most) =
        FUNCTIONS.iter().find(|(name, _, _)| *name == function).copied().unwrap_or_default();
    if (least..=most).contains(&count) {
        return Ok(());
    }
    let at_least = if most == MANY { "at least " } else { "" };
    Err(format!("wrong number of args for {function}: want {at_least}{least} got {count}"))
}

/// Calls a function with as many arguments as it takes; `and` and `or`, which do not look at all of theirs, are not here.
///
/// # Errors
/// For arguments that do not fit.
pub fn call<'a>(function: &str, arguments: &[Held<'a>]) -> Result<Held<'a>, String> {
    let told = |value: &Held| match value.view() {
        View::Null => "<no value>".to_owned(),
        _ => go_text(value),
    };
    let joined = || arguments.iter().map(told).collect::<String>();
    let made = |value: Value| Ok(Held::Made(value));
    let (first, rest) = match arguments {
        [first, rest @ ..] => (first, rest),
        [] => return made(Value::from(if function == "println" { "\n" } else { "" })),
    };
    let second = rest.first().unwrap_or(first);
    match function {
        "len" => length(first).map(|length| Held::Made(Value::from(length))),
        "not" => made(Value::from(!is_true(first))),
        "eq" if rest.is_empty() => Err("missing argument for comparison".to_owned()),
        "eq" => {
            for other in rest {
                if is_equal(first, other)? {
                    return made(Value::from(true));
                }
            }
            made(Value::from(false))
        }
        "ne" => made(Value::from(!is_equal(first, second)?)),
        "lt" => made(Value::from(order(first, second)?.is_lt())),
        "le" => made(Value::from(order(first, second)?.is_le())),
        "gt" => made(Value::from(order(first, second)?.is_gt())),
        "ge" => made(Value::from(order(first, second)?.is_ge())),
        "exists" => made(Value::from(exists(first, rest))),
        "index" => rest.iter().try_fold(first.clone(), |value, key| index(&value, key)),
        "print" => made(Value::from(go_printf::print(arguments))),
        "println" => {
            let words: Vec<String> = arguments.iter().map(|value| go_text(value)).collect();
            made(Value::from(words.join(" ") + "\n"))
        }
        "printf" => made(Value::from(go_printf::formatted(&text_of(first)?, rest))),
        "slice" => slice(first, rest),
        "base64decode" => made(Value::from(decode_base64(&text_of(first)?)?)),
        _ => made(Value::from(escaped(function, &joined()))),
    }
}

fn text_of(value: &Held) -> Result<String, String> {
    match value.view() {
        View::Text(text) => Ok(text.into_owned()),
        View::Null => Err("invalid value; expected string".to_owned()),
        _ => Err(format!("expected string; found {}", go_text(value))),
    }
}

fn length(value: &Held) -> Result<usize, String> {
    match value.view() {
        View::List(list) => Ok(list.len()),
        View::Object(fields) => Ok(entries_of(fields).len()),
        View::Text(text) => Ok(text.len()),
        View::Null => Err("reflect: call of reflect.Value.Type on zero Value".to_owned()),
        _ => Err(format!("len of type {}", value.type_name())),
    }
}

/// Whether keys lead somewhere, one inside of the other.
// Models staging/src/k8s.io/cli-runtime/pkg/printers/template.go exists
fn exists(value: &Held, keys: &[Held]) -> bool {
    let mut at = value.part();
    for key in keys {
        let (Some(part), View::Text(key)) = (at, key.view()) else { return false };
        at = match part.view() {
            View::Object(fields) => fields.get(&key),
            _ => None,
        };
    }
    at.is_some()
}

const DIFFERENT: &str = "incompatible types for comparison";

/// Which values compare: those of one of these kinds.
// Models text/template funcs.go basicKind
fn basic_kind(value: &View) -> u8 {
    match value {
        View::Bool(_) => 1,
        View::Number(number) if number.is_f64() => 2,
        View::Number(_) => 3,
        View::Text(_) => 4,
        _ => 0,
    }
}

// Models text/template funcs.go eq
fn is_equal(a: &Held, b: &Held) -> Result<bool, String> {
    let (one, other) = (a.view(), b.view());
    match (&one, &other) {
        (View::Null, _) | (_, View::Null) => Ok(matches!((one, other), (View::Null, View::Null))),
        _ if basic_kind(&one) != basic_kind(&other) => Err(DIFFERENT.to_owned()),
        (View::List(_) | View::Object(_), _) => {
            Err(format!("non-comparable type {}: {}", go_text(a), b.type_name()))
        }
        _ => Ok(to_value(a) == to_value(b)),
    }
}

// Models text/template funcs.go lt
fn order(a: &Held, b: &Held) -> Result<Ordering, String> {
    let (one, other) = (a.view(), b.view());
    match (&one, &other) {
        _ if [&one, &other].into_iter().any(|value| basic_kind(value) < 2) => {
            Err("invalid type for comparison".to_owned())
        }
        (View::Text(a), View::Text(b)) => Ok(a.cmp(b)),
        (View::Number(a), View::Number(b)) if a.is_f64() == b.is_f64() => {
            Ok(a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal))
        }
        _ => Err(DIFFERENT.to_owned()),
    }
}

fn index<'a>(value: &Held<'a>, key: &Held) -> Result<Held<'a>, String> {
    let at = || match key.view() {
        View::Number(at) => {
            Ok((at.as_u64().and_then(|at| usize::try_from(at).ok()), format!("index out of range: {at}")))
        }
        _ => Err(format!("cannot index slice/array with type {}", key.type_name())),
    };
    match (value.view(), value) {
        (_, Held::Slice(slice)) => {
            let (at, problem) = at()?;
            at.and_then(|at| slice.at(at)).map(Held::At).ok_or(problem)
        }
        (View::Text(text), _) => {
            let (at, problem) = at()?;
            let byte = at.and_then(|at| text.as_bytes().get(at).copied());
            byte.map(|byte| Held::Made(Value::from(byte))).ok_or(problem)
        }
        (View::Null, _) => Err("index of untyped nil".to_owned()),
        (_, Held::At(part) | Held::Plain(part)) => match (part.view(), key.view()) {
            (View::Object(fields), View::Text(key)) => Ok(Held::At(fields.get(&key).unwrap_or(null()))),
            (View::Object(_), _) => Err(format!("value has type {}; should be string", key.type_name())),
            (View::List(list), _) => {
                let (at, problem) = at()?;
                at.and_then(|at| list.item(at)).map(Held::At).ok_or(problem)
            }
            _ => Err(format!("can't index item of type {}", value.type_name())),
        },
        _ => Err(format!("can't index item of type {}", value.type_name())),
    }
}

/// `slice x 1 2`: the bytes of a text or the items of a list.
// Models text/template funcs.go slice
fn slice<'a>(value: &Held<'a>, bounds: &[Held]) -> Result<Held<'a>, String> {
    let wrong = |what: String| Err(what);
    let length = match value.view() {
        View::Text(text) => text.len(),
        View::List(list) => list.len(),
        View::Null => return wrong("slice of untyped nil".to_owned()),
        _ => return wrong(format!("can't slice item of type {}", value.type_name())),
    };
    let mut ends = [0, length];
    for (end, bound) in ends.iter_mut().zip(bounds) {
        let View::Number(number) = bound.view() else {
            return wrong(format!("cannot index slice/array with type {}", bound.type_name()));
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
        Held::At(value) | Held::Plain(value) if let View::List(list) = value.view() => {
            Ok(Held::Slice(Slice { list, from, to }))
        }
        value => Ok(Held::Made(Value::from(lossy_string(&go_text(value).as_bytes()[from..to])))),
    }
}

/// A text for a page, a script or an address.
// Models text/template funcs.go HTMLEscapeString, JSEscapeString, URLQueryEscaper
fn escaped(function: &str, text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        let code = u32::from(c);
        match (function, c) {
            ("html", '"' | '\'') => out += &format!("&#{code};"),
            ("html", '&') => out += "&amp;",
            ("html", '<') => out += "&lt;",
            ("html", '>') => out += "&gt;",
            ("js", '\\' | '\'' | '"') => out.extend(['\\', c]),
            ("js", '<' | '>' | '&' | '=' | '\0'..'\x20') => out += &format!("\\u{code:04X}"),
            ("urlquery", ' ') => out.push('+'),
            ("urlquery", c) if !c.is_ascii_alphanumeric() && !"-_.~".contains(c) => {
                c.to_string().bytes().for_each(|byte| out += &format!("%{byte:02X}"));
            }
            _ => out.push(c),
        }
    }
    out
}

fn decode_base64(text: &str) -> Result<String, String> {
    let decoded = base64::decode(text.as_bytes());
    let bytes =
        decoded.map_err(|(at, _)| format!("base64 decode failed: illegal base64 data at input byte {at}"))?;
    Ok(lossy_string(&bytes))
}
