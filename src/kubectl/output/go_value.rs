//! Values in Go templates.
// Models text/template exec.go

use serde_json::Value;

use super::jsonpath::go_type;
use crate::api::go_text::go_text;
use crate::api::view::{List, View, Viewed, entries_of, items, null};

/// A value in a template: a part of what is printed, or what a function made of such parts.
#[derive(Clone)]
pub enum Held<'a> {
    /// Known as an `interface {}` only, as what stands in a map or a list.
    At(&'a dyn Viewed),
    /// Known by its own type.
    Plain(&'a dyn Viewed),
    /// Has nothing inside.
    Made(Value),
    Slice(Slice<'a>),
}

impl<'a> Held<'a> {
    /// The part of what is printed.
    pub fn part(&self) -> Option<&'a dyn Viewed> {
        match self {
            Held::At(value) | Held::Plain(value) => Some(*value),
            Held::Made(_) | Held::Slice(_) => None,
        }
    }

    /// What a pipeline answers is known by its own type.
    pub fn plain(self) -> Held<'a> {
        match self {
            Held::At(value) => Held::Plain(value),
            other => other,
        }
    }

    /// The type that Go names for it.
    pub fn type_name(&self) -> &'static str {
        match (self, go_type(&self.view())) {
            (Held::Made(_), "int64") => "int",
            (_, name) => name,
        }
    }
}

impl Viewed for Held<'_> {
    fn view(&self) -> View<'_> {
        match self {
            Held::At(value) | Held::Plain(value) => value.view(),
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

/// A field of a value; where `strict`, it must be there.
///
/// # Errors
/// When the value can have no fields.
pub fn inside<'a>(value: &Held<'a>, field: &str, strict: bool) -> Result<Held<'a>, String> {
    if let Some(part) = value.part() {
        match part.view() {
            View::Object(fields) => {
                let found = fields.get(field);
                if found.is_none() && strict {
                    return Err(format!("map has no entry for key {field:?}"));
                }
                return Ok(Held::At(found.unwrap_or(null())));
            }
            View::Null => return Ok(Held::At(null())),
            _ => {}
        }
    }
    let kind = if let Held::At(_) = value { "interface {}" } else { value.type_name() };
    Err(format!("can't evaluate field {field} in type {kind}"))
}

/// What a range goes over: indexes or keys with their values.
///
/// # Errors
/// When it is neither a list nor a map.
pub fn items_of<'a>(value: &Held<'a>) -> Result<Vec<(Value, Held<'a>)>, String> {
    let numbered = |(at, item)| (Value::from(at as u64), Held::At(item));
    if let Held::Slice(slice) = value {
        return Ok((0..slice.len()).filter_map(|at| Some(numbered((at, slice.at(at)?)))).collect());
    }
    match value.part().map(|part| part.view()) {
        Some(View::List(list)) => Ok(items(list).enumerate().map(numbered).collect()),
        Some(View::Object(fields)) => {
            let entries = entries_of(fields).into_iter();
            Ok(entries.map(|(key, item)| (Value::from(key), Held::At(item))).collect())
        }
        Some(View::Null) => Ok(Vec::new()),
        _ => Err(format!("range can't iterate over {}", go_text(value))),
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
