//! How API types become JSON values and back.
//!
//! Every type is declared once, by `api_object!`, with its wire names. A declared type keeps the fields that it does
//! not name in `rest`, so that legal fields which are not simulated survive a round trip. Strict decoding and its
//! error texts live in `fields`, which runs before: here a value of a wrong type is only refused.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Number, Value};

use super::view::{View, Viewed, to_value, unmarked};
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

/// A Go field's wire form.
pub trait Codec: Viewed + Sized + Default {
    /// # Errors
    /// When the value has another type than the field.
    fn decode(value: Value) -> Result<Self, DecodeError>;
    /// What `null` is in a list or a map.
    fn of_null() -> Self {
        Self::default()
    }
    /// `None` where Go's `omitempty` leaves the field out.
    fn encode(&self) -> Option<Value> {
        (!self.is_omitted()).then(|| to_value(self))
    }
}

impl Codec for String {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        match value {
            Value::String(text) => Ok(text),
            _ => Err(DecodeError::expected("string")),
        }
    }
}

impl Viewed for String {
    fn view(&self) -> View<'_> {
        View::Text(Cow::Borrowed(self))
    }
    fn is_omitted(&self) -> bool {
        self.is_empty()
    }
}

impl Codec for bool {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        value.as_bool().ok_or(DecodeError::expected("bool"))
    }
}

impl Viewed for bool {
    fn view(&self) -> View<'_> {
        View::Bool(*self)
    }
    fn is_omitted(&self) -> bool {
        !self
    }
}

impl Codec for i64 {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        value.as_i64().ok_or(DecodeError::expected("int64"))
    }
}

impl Viewed for i64 {
    fn view(&self) -> View<'_> {
        View::Number(Number::from(*self))
    }
    fn is_omitted(&self) -> bool {
        *self == 0
    }
}

impl Codec for i32 {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        value.as_i64().and_then(|n| i32::try_from(n).ok()).ok_or(DecodeError::expected("int32"))
    }
}

impl Viewed for i32 {
    fn view(&self) -> View<'_> {
        View::Number(Number::from(*self))
    }
    fn is_omitted(&self) -> bool {
        *self == 0
    }
}

impl Codec for Value {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        Ok(value)
    }
    /// Lists and maps of values hold quantities.
    fn of_null() -> Value {
        Value::from("0")
    }
}

impl Codec for Timestamp {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        value.as_str().and_then(Timestamp::parse_rfc3339).ok_or(DecodeError::expected("Time"))
    }
}

impl Viewed for Timestamp {
    fn view(&self) -> View<'_> {
        View::Text(Cow::Owned(self.to_string()))
    }
    fn time(&self) -> Option<Timestamp> {
        Some(*self)
    }
}

/// A Go pointer: present values are written even when they are zero.
impl<T: Codec> Codec for Option<T> {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        if value.is_null() { Ok(None) } else { T::decode(value).map(Some) }
    }
}

impl<T: Viewed> Viewed for Option<T> {
    fn view(&self) -> View<'_> {
        self.as_ref().map_or(View::Null, T::view)
    }
    fn is_omitted(&self) -> bool {
        self.is_none()
    }
    fn shared_at(&self) -> Option<usize> {
        self.as_ref().and_then(T::shared_at)
    }
    fn time(&self) -> Option<Timestamp> {
        self.as_ref().and_then(T::time)
    }
}

impl<T: Codec> Codec for Vec<T> {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let Value::Array(items) = value else { return Err(DecodeError::expected("list")) };
        let decoded = items.into_iter().enumerate().map(|(index, item)| {
            if item.is_null() {
                return Ok(T::of_null());
            }
            T::decode(item).map_err(|error| error.inside(&format!("[{index}]")))
        });
        decoded.collect()
    }
}

impl<T: Viewed> Viewed for Vec<T> {
    fn view(&self) -> View<'_> {
        View::List(self)
    }
    fn is_omitted(&self) -> bool {
        self.is_empty()
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
}

impl<T: Viewed> Viewed for NilList<T> {
    fn view(&self) -> View<'_> {
        self.0.as_ref().map_or(View::Null, Vec::view)
    }
}

impl<T: Codec> Codec for BTreeMap<String, T> {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let mut decoded = BTreeMap::new();
        for (key, item) in Map::decode(value)? {
            let item = match item.is_null() {
                true => T::of_null(),
                false => T::decode(item).map_err(|error| error.inside(&key))?,
            };
            decoded.insert(key, item);
        }
        Ok(decoded)
    }
}

impl Codec for Map {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let Value::Object(fields) = value else { return Err(DecodeError::expected("map")) };
        Ok(fields)
    }
}

impl Viewed for Map {
    fn view(&self) -> View<'_> {
        View::Object(self)
    }
    fn is_omitted(&self) -> bool {
        self.is_empty()
    }
}

impl<T: Viewed> Viewed for BTreeMap<String, T> {
    fn view(&self) -> View<'_> {
        View::Object(self)
    }
    fn is_omitted(&self) -> bool {
        self.is_empty()
    }
}

/// Takes a field out of an object; absent and `null` are the default.
pub fn take<T: Codec>(fields: &mut Map, name: &str) -> Result<T, DecodeError> {
    let (name, _) = unmarked(name);
    match fields.remove(name) {
        None | Some(Value::Null) => Ok(T::default()),
        Some(value) => T::decode(value).map_err(|error| error.inside(name)),
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
        }

        impl $crate::api::view::Viewed for $name {
            fn view(&self) -> $crate::api::view::View<'_> {
                $crate::api::view::View::Object(self)
            }
        }

        impl $name {
            const DECLARED: &[$crate::api::view::Declared] = &$crate::api::view::sorted([$($wire),*]);

            /// Takes the fields with these names from a value; all others stay.
            ///
            /// # Errors
            /// When one has a wrong type.
            pub fn take_fields(
                &mut self,
                names: &[&str],
                mut fields: $crate::api::codec::Map,
            ) -> Result<(), $crate::api::codec::DecodeError> {
                $(if names.contains(&$crate::api::view::unmarked($wire).0) {
                    self.$field = $crate::api::codec::take(&mut fields, $wire)?;
                })*
                fields.retain(|_, value| !value.is_null());
                if !fields.is_empty() || names.iter().any(|name| self.rest.contains_key(*name)) {
                    self.rest.retain(|name, _| !names.contains(&name.as_str()));
                    self.rest.extend(fields);
                }
                Ok(())
            }
        }

        impl $crate::api::view::Fields for $name {
            fn get(&self, name: &str) -> Option<&dyn $crate::api::view::Viewed> {
                $crate::api::view::declared_field(Self::DECLARED, &[$(&self.$field),*], &self.rest, name)
            }
            fn are_declared(&self) -> bool {
                self.rest.is_empty()
            }
            fn add_to<'a>(&'a self, entries: &mut $crate::api::view::Entries<'a>) {
                use $crate::api::view::{Viewed, add_declared};
                let values = [$((&self.$field as &dyn Viewed, self.$field.is_omitted())),*];
                add_declared(Self::DECLARED, &values, &self.rest, entries);
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
        }

        impl $crate::api::view::Viewed for $name {
            fn view(&self) -> $crate::api::view::View<'_> {
                $crate::api::view::View::Text(std::borrow::Cow::Borrowed(self.as_str()))
            }
        }
    )*};
}
pub(crate) use api_enum;
