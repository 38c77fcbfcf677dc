//! One vector, how files of them are read, and what an adapter answers.

use std::fmt::Display;
use std::path::Path;

use serde_json::{Map, Value};
use zadachnik::base::{Duration, Time, Timestamp};

use crate::expand;

/// The instant that "now" means when a vector names none.
const DEFAULT_NOW: &str = "2026-11-23T12:00:00Z";
/// So long ago that no back-off applies any more.
const EPOCH: &str = "2000-01-01T00:00:00Z";

#[derive(Debug)]
pub struct Vector {
    pub id: String,
    pub op: String,
    /// True when the given is told in words: adapters recognise such vectors by their id.
    pub in_words: bool,
    pub given: Value,
    pub when: Value,
    pub then: Value,
}

#[derive(Debug)]
pub enum Outcome {
    Holds,
    /// The vector describes an older release: this gate was off.
    Skipped(String),
    Differs {
        expected: String,
        got: String,
    },
}

impl Outcome {
    pub fn differs(expected: impl Display, got: impl Display) -> Outcome {
        Outcome::Differs { expected: expected.to_string(), got: got.to_string() }
    }

    /// Every key of `expected` holds in `got`: objects key by key (null means absent), everything else exactly.
    pub fn compare(expected: &Value, got: &Value) -> Outcome {
        if holds_in(expected, got) { Outcome::Holds } else { Outcome::differs(expected, got) }
    }

    pub fn holds_when(holds: bool, expected: impl Display, got: impl Display) -> Outcome {
        if holds { Outcome::Holds } else { Outcome::differs(expected, got) }
    }
}

fn holds_in(expected: &Value, got: &Value) -> bool {
    match (expected, got) {
        (Value::Object(expected), Value::Object(got)) => {
            expected.iter().all(|(key, value)| holds_in(value, got.get(key).unwrap_or(&Value::Null)))
        }
        (Value::Array(expected), Value::Array(got)) => {
            expected.len() == got.len() && expected.iter().zip(got).all(|(e, g)| holds_in(e, g))
        }
        (Value::Number(expected), Value::Number(got)) => expected.as_f64() == got.as_f64(),
        _ => expected == got,
    }
}

impl Vector {
    /// A member of `given` by dotted path; null when absent.
    pub fn given(&self, path: &str) -> &Value {
        at(&self.given, path)
    }

    /// A member of `then` by dotted path; null when absent.
    pub fn then(&self, path: &str) -> &Value {
        at(&self.then, path)
    }

    /// The first gate that the vector sets to false.
    pub fn gate_off(&self) -> Option<String> {
        let gates = self.given.get("gates").or_else(|| self.when.get("gates"))?.as_object()?;
        gates.iter().find(|(_, on)| **on == Value::Bool(false)).map(|(gate, _)| gate.clone())
    }

    /// `when.now`, or a fixed instant.
    pub fn now(&self) -> Time {
        let text = self.when.get("now").and_then(Value::as_str).unwrap_or(DEFAULT_NOW);
        instant(text, default_now()).unwrap_or_else(default_now)
    }

    /// A time of this vector: RFC 3339, `now`, `now-10s`, `now+60s`, `T0`, `epoch+1s`.
    pub fn time(&self, text: &str) -> Option<Time> {
        instant(text, self.now())
    }

    /// The same as the API writes it.
    pub fn timestamp(&self, text: &str) -> Option<Timestamp> {
        self.time(text).map(Time::to_timestamp)
    }

    /// A copy in which every string that is a relative time has become RFC 3339.
    pub fn with_absolute_times(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => match self.timestamp(text) {
                Some(time) => Value::String(time.to_string()),
                None => value.clone(),
            },
            Value::Array(items) => items.iter().map(|item| self.with_absolute_times(item)).collect(),
            Value::Object(fields) => {
                let fields = fields.iter().map(|(key, item)| (key.clone(), self.with_absolute_times(item)));
                Value::Object(fields.collect::<Map<_, _>>())
            }
            _ => value.clone(),
        }
    }
}

fn default_now() -> Time {
    Timestamp::parse_rfc3339(DEFAULT_NOW).expect("a constant").to_time()
}

fn instant(text: &str, now: Time) -> Option<Time> {
    let (base, rest) = if let Some(rest) = text.strip_prefix("now") {
        (now, rest)
    } else if let Some(rest) = text.strip_prefix("T0") {
        (default_now(), rest)
    } else if let Some(rest) = text.strip_prefix("epoch") {
        (Timestamp::parse_rfc3339(EPOCH).expect("a constant").to_time(), rest)
    } else {
        return Timestamp::parse_rfc3339(text).map(Timestamp::to_time);
    };
    match rest.as_bytes().first() {
        None => Some(base),
        Some(b'+') => Some(base + duration(&rest[1..])?),
        Some(b'-') => Some(base + Duration::from_millis(-duration(&rest[1..])?.as_millis())),
        Some(_) => None,
    }
}

/// A duration string: `10s`, `60.1s`, `1m30s`, `100ms`, `2h`.
pub fn duration(text: &str) -> Option<Duration> {
    let (mut rest, mut millis) = (text, 0.0);
    let negative = rest.starts_with('-');
    rest = rest.strip_prefix('-').unwrap_or(rest);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        let unit = &rest[digits..];
        let (scale, length) = match unit.as_bytes() {
            [b'm', b's', ..] => (1.0, 2),
            [b's', ..] => (1e3, 1),
            [b'm', ..] => (60e3, 1),
            [b'h', ..] => (3600e3, 1),
            _ => return None,
        };
        millis += number * scale;
        rest = &unit[length..];
    }
    let millis = millis.round() as i64;
    Some(Duration::from_millis(if negative { -millis } else { millis }))
}

pub fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(value, |value, key| value.get(key).unwrap_or(&Value::Null))
}

/// Reads a file of vectors; fixtures come from the project's own copies.
pub fn load(file: &Path, data: &Path) -> Result<Vec<Vector>, String> {
    let fixtures = read(&data.join("fixtures.yaml"))?;
    let fixtures = fixtures.get("fixtures").cloned().unwrap_or_default();
    let content = read(file)?;
    let Some(items) = content.get("vectors").and_then(Value::as_array) else {
        return Err("a file of vectors has a list named vectors".to_owned());
    };
    Ok(items.iter().map(|item| vector(item, &fixtures)).collect())
}

fn vector(item: &Value, fixtures: &Value) -> Vector {
    let text = |key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let part = |key: &str| expand::expand(item.get(key).unwrap_or(&Value::Null), fixtures);
    let op = text("op");
    Vector {
        id: text("id"),
        in_words: text("basis") == "paraphrase" || op == "scenario" || op == "kubectl",
        op,
        given: part("given"),
        when: part("when"),
        then: part("then"),
    }
}

fn read(file: &Path) -> Result<Value, String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    serde_yaml::from_str(&text).map_err(|error| error.to_string())
}
