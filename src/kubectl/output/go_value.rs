//! Values in Go templates.
// Models text/template exec.go

use serde_json::Value;

use super::jsonpath::go_type;
use crate::api::view::{List, View, Viewed, entries_of, items, null};

/// A value in a template: a part of what is printed, or what a function made of such parts.
#[derive(Clone)]
pub enum Held<'a> {
    At(&'a dyn Viewed),
    /// Has nothing inside.
    Made(Value),
    Slice(Slice<'a>),
}

impl Viewed for Held<'_> {
    fn view(&self) -> View<'_> {
        match self {
            Held::At(value) => value.view(),
            Held::Made(value) => value.view(),
            Held::Slice(slice) => View::List(slice),
        }
    }
}

/// Some items of a list.
#[derive(Clone, Copy)]
pub struct Slice<'a> {
    pub list: &'a dyn List,
    pub from: usize,
    pub to: usize,
}

impl<'a> Slice<'a> {
    pub fn at(&self, at: usize) -> Option<&'a dyn Viewed> {
        self.list.item(self.from + at).filter(|_| at < self.to - self.from)
    }
}

impl List for Slice<'_> {
    fn len(&self) -> usize {
        self.to - self.from
    }

    fn item(&self, at: usize) -> Option<&dyn Viewed> {
        self.at(at)
    }
}

pub fn inside<'a>(value: &Held<'a>, field: &str) -> Result<Held<'a>, String> {
    match value {
        Held::At(value) => match value.view() {
            View::Object(fields) => Ok(Held::At(fields.get(field).unwrap_or(null()))),
            View::Null => Ok(Held::At(null())),
            other => Err(format!("can't evaluate field {field} in type {}", go_type(&other))),
        },
        other => Err(format!("can't evaluate field {field} in type {}", go_type(&other.view()))),
    }
}

/// What a range goes over: indexes or keys with their values.
pub fn items_of<'a>(value: &Held<'a>) -> Vec<(Value, Held<'a>)> {
    let numbered = |(at, item)| (Value::from(at as u64), Held::At(item));
    let value = match value {
        Held::At(value) => value,
        Held::Slice(slice) => {
            return (0..slice.len()).filter_map(|at| Some(numbered((at, slice.at(at)?)))).collect();
        }
        Held::Made(_) => return Vec::new(),
    };
    match value.view() {
        View::List(list) => items(list).enumerate().map(numbered).collect(),
        View::Object(fields) => {
            entries_of(fields).into_iter().map(|(key, item)| (Value::from(key), Held::At(item))).collect()
        }
        _ => Vec::new(),
    }
}

pub fn is_true(value: &dyn Viewed) -> bool {
    match value.view() {
        View::Null => false,
        View::Bool(flag) => flag,
        View::Number(number) => number.as_f64() != Some(0.0),
        View::Text(text) => !text.is_empty(),
        View::List(list) => !list.is_empty(),
        View::Object(fields) => !entries_of(fields).is_empty(),
    }
}
