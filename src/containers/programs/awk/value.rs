//! Values of awk: numbers, texts, and texts from the input that look like numbers.

use std::cmp::Ordering;

use super::lexer::number_length;
use crate::containers::programs::printf::float;

#[derive(Clone, PartialEq, Debug, Default)]
pub enum Value {
    /// Never set: empty as a text, zero as a number.
    #[default]
    Unset,
    Number(f64),
    Text(String),
    /// A field or another piece of the input: a number where it looks like one.
    Input(String),
}

/// The number at the beginning of a text, and whether nothing else stands there.
fn leading_number(text: &str) -> (f64, bool) {
    let trimmed = text.trim();
    let unsigned = trimmed.trim_start_matches(['-', '+']);
    if trimmed.len() - unsigned.len() > 1 {
        return (0.0, false);
    }
    let length = number_length(unsigned);
    let value = unsigned[..length].parse().unwrap_or(0.0);
    let whole = length > 0 && length == unsigned.len();
    (if trimmed.starts_with('-') { -value } else { value }, whole)
}

impl Value {
    pub fn number(&self) -> f64 {
        match self {
            Value::Unset => 0.0,
            Value::Number(number) => *number,
            Value::Text(text) | Value::Input(text) => leading_number(text).0,
        }
    }

    pub fn text(&self) -> String {
        match self {
            Value::Unset => String::new(),
            Value::Number(number) => number_text(*number),
            Value::Text(text) | Value::Input(text) => text.clone(),
        }
    }

    fn looks_numeric(&self) -> bool {
        match self {
            Value::Unset | Value::Number(_) => true,
            Value::Text(_) => false,
            Value::Input(text) => leading_number(text).1,
        }
    }

    pub fn is_true(&self) -> bool {
        match self {
            Value::Text(text) => !text.is_empty(),
            Value::Input(text) if !self.looks_numeric() => !text.is_empty(),
            other => other.number() != 0.0,
        }
    }

    /// Numbers compare as numbers, everything else as texts.
    pub fn compare(&self, other: &Value) -> Option<Ordering> {
        match self.looks_numeric() && other.looks_numeric() {
            true => self.number().partial_cmp(&other.number()),
            false => Some(self.text().cmp(&other.text())),
        }
    }
}

/// Whole numbers have no point; others as `%.6g`.
pub fn number_text(number: f64) -> String {
    if number == number.trunc() && number.abs() < 1e16 {
        return format!("{}", number as i64);
    }
    if !number.is_finite() {
        return if number.is_nan() {
            "nan"
        } else if number < 0.0 {
            "-inf"
        } else {
            "inf"
        }
        .to_owned();
    }
    let sign = if number < 0.0 { "-" } else { "" };
    format!("{sign}{}", float(number.abs(), 'g', Some(6)))
}

/// Keys in the order in which `for (k in a)` goes: numbers by their value, then texts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Key {
    is_text: bool,
    number: i64,
    pub text: String,
}

impl Key {
    pub fn new(text: String) -> Key {
        match text.parse::<i64>() {
            Ok(number) if number.to_string() == text => Key { is_text: false, number, text },
            _ => Key { is_text: true, number: 0, text },
        }
    }
}
