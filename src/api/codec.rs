//! How API types become JSON values and back.
//!
//! Every type is declared once, by `api_object!`, with its wire names. A declared type keeps the fields that it does
//! not name in `rest`, so that legal fields which are not simulated survive a round trip. Strict decoding and its
//! error texts live in `fields`, which runs before: here a value of a wrong type is only refused.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::base::Timestamp;

/// JSON objects with their keys in order, as kubectl prints them.
pub type Map = serde_json::Map<String, Value>;

/// A value did not have the type of its field. `path` is dotted, from the outermost field inwards.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("cannot decode {path}: expected {expected}")]
pub struct DecodeError {
    pub path: String,
    pub expected: &'static str,
}

impl DecodeError {
    pub fn expected(expected: &'static str) -> DecodeError {
        DecodeError { path: String::new(), expected }
    }

    pub fn inside(mut self, field: &str) -> DecodeError {
        let separator = if self.path.is_empty() { "" } else { "." };
        self.path = format!("{field}{separator}{}", self.path);
        self
    }
}

/// How much of an object somebody reads: the rest of it need not be encoded.
#[derive(Clone, PartialEq, Debug)]
pub enum Part {
    Whole,
    Fields(BTreeMap<String, Part>),
}

impl Default for Part {
    /// Only that it is there.
    fn default() -> Part {
        Part::Fields(BTreeMap::new())
    }
}

impl Part {
    /// What is read of a field, if it is.
    pub fn field(&self, name: &str) -> Option<&Part> {
        match self {
            Part::Whole => Some(self),
            Part::Fields(fields) => fields.get(name),
        }
    }

    /// Another part is read as well, of what stands at the end of these fields.
    pub fn add(&mut self, place: &[&str], other: Part) {
        let Part::Fields(fields) = self else { return };
        match (place, other) {
            ([first, rest @ ..], other) => fields.entry((*first).to_owned()).or_default().add(rest, other),
            ([], Part::Whole) => *self = Part::Whole,
            ([], Part::Fields(others)) => {
                for (name, other) in others {
                    fields.entry(name).or_default().add(&[], other);
                }
            }
        }
    }

    /// Those of the fields that are read, each whole.
    pub fn of(&self, fields: &Map) -> Map {
        match self {
            Part::Whole => fields.clone(),
            Part::Fields(read) => {
                let found = read.keys().filter_map(|name| Some((name.clone(), fields.get(name)?.clone())));
                found.collect()
            }
        }
    }
}

/// A Go field's wire form. `null` decodes to the default; `encode` answers `None` where Go's `omitempty` leaves out.
pub trait Codec: Sized + Default {
    /// # Errors
    /// When the value has another type than the field.
    fn decode(value: Value) -> Result<Self, DecodeError>;
    fn encode(&self) -> Option<Value>;
    /// At least that part of the wire form which is read.
    fn encode_part(&self, _part: &Part) -> Option<Value> {
        self.encode()
    }
    /// What a field that Go never leaves out shows for this zero.
    fn zero(&self) -> Value {
        zero_of(self)
    }
}

impl Codec for String {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        match value {
            Value::String(text) => Ok(text),
            _ => Err(DecodeError::expected("string")),
        }
    }
    fn encode(&self) -> Option<Value> {
        (!self.is_empty()).then(|| Value::String(self.clone()))
    }
}

impl Codec for bool {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        value.as_bool().ok_or(DecodeError::expected("bool"))
    }
    fn encode(&self) -> Option<Value> {
        self.then_some(Value::Bool(true))
    }
}

impl Codec for i64 {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        value.as_i64().ok_or(DecodeError::expected("int64"))
    }
    fn encode(&self) -> Option<Value> {
        (*self != 0).then(|| Value::from(*self))
    }
}

impl Codec for i32 {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        value.as_i64().and_then(|n| i32::try_from(n).ok()).ok_or(DecodeError::expected("int32"))
    }
    fn encode(&self) -> Option<Value> {
        (*self != 0).then(|| Value::from(*self))
    }
}

impl Codec for Value {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        Ok(value)
    }
    fn encode(&self) -> Option<Value> {
        (!self.is_null()).then(|| self.clone())
    }
}

impl Codec for Timestamp {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        value.as_str().and_then(Timestamp::parse_rfc3339).ok_or(DecodeError::expected("Time"))
    }
    fn encode(&self) -> Option<Value> {
        Some(Value::String(self.to_string()))
    }
}

/// A Go pointer: present values are written even when they are zero.
impl<T: Codec> Codec for Option<T> {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        if value.is_null() { Ok(None) } else { T::decode(value).map(Some) }
    }
    fn encode(&self) -> Option<Value> {
        self.as_ref().map(|inner| inner.encode().unwrap_or_else(|| zero_of(inner)))
    }
    fn zero(&self) -> Value {
        Value::Null
    }
}

/// The wire form of a zero behind a pointer (`ready: 0`, `suspend: false`, `succeeded: ""`).
fn zero_of<T: Codec>(_: &T) -> Value {
    [Value::from(0), Value::Bool(false), Value::String(String::new()), Value::Array(Vec::new())]
        .into_iter()
        .find(|zero| T::decode(zero.clone()).is_ok())
        .unwrap_or_else(|| Value::Object(Map::new()))
}

impl<T: Codec> Codec for Vec<T> {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let Value::Array(items) = value else { return Err(DecodeError::expected("list")) };
        let decoded = items.into_iter().enumerate().map(|(index, item)| {
            if item.is_null() {
                return Ok(T::default());
            }
            T::decode(item).map_err(|error| error.inside(&format!("[{index}]")))
        });
        decoded.collect()
    }
    fn encode(&self) -> Option<Value> {
        let encode = |item: &T| item.encode().unwrap_or_else(|| zero_of(item));
        (!self.is_empty()).then(|| Value::Array(self.iter().map(encode).collect()))
    }
}

/// A list of which an empty one differs from none, and which Go writes even then (`null` or `[]`).
#[derive(Clone, PartialEq, Debug)]
pub struct NilList<T>(Option<Vec<T>>);

impl<T> Default for NilList<T> {
    fn default() -> Self {
        NilList(None)
    }
}

impl<T> std::ops::Deref for NilList<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl<T> std::ops::DerefMut for NilList<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        self.0.as_deref_mut().unwrap_or_default()
    }
}

impl<'a, T> IntoIterator for &'a NilList<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, T> IntoIterator for &'a mut NilList<T> {
    type Item = &'a mut T;
    type IntoIter = std::slice::IterMut<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

impl<T: Codec> Codec for NilList<T> {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        if value.is_null() { Ok(NilList(None)) } else { Vec::decode(value).map(|list| NilList(Some(list))) }
    }
    fn encode(&self) -> Option<Value> {
        Some(self.0.as_ref().map_or(Value::Null, |list| list.encode().unwrap_or_else(|| zero_of(list))))
    }
}

impl<T: Codec> Codec for BTreeMap<String, T> {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let Value::Object(entries) = value else { return Err(DecodeError::expected("map")) };
        let decoded = entries.into_iter().map(|(key, item)| {
            if item.is_null() {
                return Ok((key, T::default()));
            }
            T::decode(item).map_err(|error| error.inside(&key)).map(|item| (key, item))
        });
        decoded.collect()
    }
    fn encode(&self) -> Option<Value> {
        let encode =
            |(key, item): (&String, &T)| (key.clone(), item.encode().unwrap_or_else(|| zero_of(item)));
        (!self.is_empty()).then(|| Value::Object(self.iter().map(encode).collect()))
    }
}

/// Marks the wire name of a field that is written even when it is zero: Go has no `omitempty` there.
const ALWAYS: char = '!';

/// Takes a field out of an object; absent and `null` are the default.
pub fn take<T: Codec>(fields: &mut Map, name: &str) -> Result<T, DecodeError> {
    let name = name.trim_end_matches(ALWAYS);
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(T::default()),
        Some(value) => T::decode(value).map_err(|error| error.inside(name)),
    }
}

pub fn put<T: Codec>(fields: &mut Map, name: &str, field: &T, part: &Part) {
    let (name, always) = name.strip_suffix(ALWAYS).map_or((name, false), |name| (name, true));
    let Some(part) = part.field(name) else { return };
    let value = field.encode_part(part).or_else(|| always.then(|| field.zero()));
    if let Some(value) = value {
        fields.insert(name.to_owned(), value);
    }
}

/// Adds the zeros of fields that Go writes always, for want of `omitempty`.
pub fn put_required(type_name: &str, fields: &mut Map) {
    let of_node = fields.contains_key("lastHeartbeatTime");
    let mut add = |names: &[&str], zero: Value| {
        for name in names {
            if !fields.contains_key(*name) {
                fields.insert((*name).to_owned(), zero.clone());
            }
        }
    };
    match type_name {
        "ContainerStatus" => {
            add(&["ready"], Value::Bool(false));
            add(&["restartCount"], Value::from(0));
            add(&["image", "imageID", "name"], Value::String(String::new()));
        }
        "ContainerStateTerminated" => {
            add(&["exitCode"], Value::from(0));
            add(&["finishedAt", "startedAt"], Value::Null);
        }
        // Conditions of nodes tell heartbeats instead of probes.
        "PodCondition" if !of_node => add(&["lastProbeTime"], Value::Null),
        "Event" => {
            add(&["eventTime", "firstTimestamp", "lastTimestamp"], Value::Null);
            add(&["reportingComponent", "reportingInstance"], Value::String(String::new()));
        }
        _ => {}
    }
}

/// Declares an API type: its Rust fields with their wire names, and `rest` for legal fields that are not simulated.
macro_rules! api_object {
    ($($(#[$doc:meta])* pub struct $name:ident { $($(#[$field_doc:meta])* $wire:literal => $field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Debug, Default)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
            /// Legal fields that are kept and shown but not simulated.
            pub rest: $crate::api::Shared<$crate::api::codec::Map>,
        }

        impl $crate::api::codec::Codec for $name {
            fn decode(value: serde_json::Value) -> Result<Self, $crate::api::codec::DecodeError> {
                let serde_json::Value::Object(mut fields) = value else {
                    return Err($crate::api::codec::DecodeError::expected(stringify!($name)));
                };
                $(let $field = $crate::api::codec::take(&mut fields, $wire)?;)*
                fields.retain(|_, value| !value.is_null());
                Ok($name { $($field,)* rest: fields.into() })
            }

            fn encode(&self) -> Option<serde_json::Value> {
                self.encode_part(&$crate::api::codec::Part::Whole)
            }

            fn encode_part(&self, part: &$crate::api::codec::Part) -> Option<serde_json::Value> {
                let mut fields = part.of(&self.rest);
                $($crate::api::codec::put(&mut fields, $wire, &self.$field, part);)*
                $crate::api::codec::put_required(stringify!($name), &mut fields);
                Some(serde_json::Value::Object(fields))
            }
        }
    )*};
}
pub(crate) use api_object;

/// Declares a string enum of the API with its wire texts; the first variant is the default.
macro_rules! api_enum {
    ($($(#[$doc:meta])* pub enum $name:ident { $first:ident, $($variant:ident,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
        pub enum $name { #[default] $first, $($variant,)* }

        impl $name {
            pub const ALL: &[$name] = &[$name::$first, $($name::$variant,)*];

            pub const fn as_str(self) -> &'static str {
                match self { $name::$first => stringify!($first), $($name::$variant => stringify!($variant),)* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl $crate::api::codec::Codec for $name {
            fn decode(value: serde_json::Value) -> Result<Self, $crate::api::codec::DecodeError> {
                let found = $name::ALL.iter().find(|known| value.as_str() == Some(known.as_str()));
                found.copied().ok_or($crate::api::codec::DecodeError::expected(stringify!($name)))
            }
            fn encode(&self) -> Option<serde_json::Value> {
                Some(serde_json::Value::String(self.as_str().to_owned()))
            }
        }
    )*};
}
pub(crate) use api_enum;
