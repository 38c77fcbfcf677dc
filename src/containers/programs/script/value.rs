//! Values of the small script languages.

use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Clone, Debug)]
pub enum Value {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(Arc<str>),
    /// Lists, tuples and dictionaries live in the machine's heap, so that a copy of the machine is a copy of them.
    List(usize),
    Tuple(usize),
    Dict(usize),
    /// A module, or something in one: `os.environ`, `time.sleep`.
    Library(Arc<str>),
    Method(Box<Value>, Arc<str>),
    Function(usize),
    Exception(Arc<str>, Arc<str>),
    /// A list being walked through and how far.
    Iterator(usize, usize),
    Range {
        next: i64,
        end: i64,
        step: i64,
    },
}

#[derive(Clone, Debug)]
pub enum Object {
    List(Vec<Value>),
    /// By the key's representation; with the key itself.
    Dict(BTreeMap<String, (Value, Value)>),
}

/// An exception: its kind and its message.
#[derive(Clone, Debug)]
pub struct Raised {
    pub kind: String,
    pub message: String,
}

pub fn raise<T>(kind: &str, message: impl Into<String>) -> Result<T, Raised> {
    Err(Raised { kind: kind.to_string(), message: message.into() })
}

/// Longer texts cost memory and time.
pub const LONG_TEXT_BYTES: usize = 64 << 10;
/// Longer texts are cut: a loop that doubles one must not eat the page's memory.
pub const TEXT_MAX_BYTES: usize = 4 << 20;

impl Value {
    pub fn text(text: impl AsRef<str>) -> Value {
        let text = text.as_ref();
        Value::Str(text[..text.floor_char_boundary(TEXT_MAX_BYTES)].into())
    }

    pub fn type_name(&self) -> &'static str {
        match self {
            Value::None => "NoneType",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Float(_) => "float",
            Value::Str(_) => "str",
            Value::List(_) => "list",
            Value::Tuple(_) => "tuple",
            Value::Dict(_) => "dict",
            Value::Library(_) => "module",
            Value::Method(..) => "builtin_function_or_method",
            Value::Function(_) => "function",
            Value::Exception(..) => "Exception",
            Value::Iterator(..) => "iterator",
            Value::Range { .. } => "range",
        }
    }
}

/// A float as Python writes it.
pub fn float_text(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_string();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_string();
    }
    if value != 0.0 && (value.abs() >= 1e16 || value.abs() < 1e-4) {
        let text = format!("{value:e}");
        let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
        let power: i32 = power.parse().unwrap_or(0);
        let sign = if power < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", power.abs());
    }
    format!("{value:?}")
}
