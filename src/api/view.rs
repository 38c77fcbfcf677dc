//! How an object looks to those who only read it: printers, templates and `to_value` walk the object itself, and no
//! copy of it is made first.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Number, Value};

use super::codec::Map;
use crate::base::Timestamp;

/// One value of the wire form.
#[derive(Clone)]
pub enum View<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    List(&'a dyn List),
    Object(&'a dyn Fields),
}

pub trait Viewed {
    fn view(&self) -> View<'_>;
    /// Whether Go's `omitempty` leaves it out of its object.
    fn is_omitted(&self) -> bool {
        false
    }
    /// The instant that the text names, where the field is declared as a time.
    fn time(&self) -> Option<Timestamp> {
        None
    }
    /// Where it lies in memory, if several objects share it.
    fn shared_at(&self) -> Option<usize> {
        None
    }
}

pub trait List {
    fn len(&self) -> usize;
    fn item(&self, at: usize) -> Option<&dyn Viewed>;
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The fields of an object, or the entries of a map.
pub trait Fields {
    fn get(&self, name: &str) -> Option<&dyn Viewed>;
    /// Adds all that are there, in the order of their names' bytes.
    fn add_to<'a>(&'a self, entries: &mut Entries<'a>);
    /// Whether all of them are declared: such names are letters and digits, and need no quotes in any form
    /// of output.
    fn are_declared(&self) -> bool {
        false
    }
}

pub type Entries<'a> = Vec<(&'a str, &'a dyn Viewed)>;

static NULL: Value = Value::Null;

/// What stands for a value that is not there.
pub fn null() -> &'static dyn Viewed {
    &NULL
}

/// The value at the end of these fields.
pub fn at<'a>(value: &'a dyn Viewed, names: &[&str]) -> Option<&'a dyn Viewed> {
    names.iter().try_fold(value, |value, name| fields(value)?.get(name))
}

/// A value of its own.
pub fn to_value(viewed: &dyn Viewed) -> Value {
    match viewed.view() {
        View::Null => Value::Null,
        View::Bool(flag) => Value::Bool(flag),
        View::Number(number) => Value::Number(number),
        View::Text(text) => Value::String(text.into_owned()),
        View::List(list) => Value::Array(items(list).map(to_value).collect()),
        View::Object(fields) => {
            let named = |(name, value): (&str, &dyn Viewed)| (name.to_owned(), to_value(value));
            Value::Object(entries_of(fields).into_iter().map(named).collect())
        }
    }
}

/// Parts that no copy of an object has changed.
pub fn are_same_memory(one: &View, other: &View) -> bool {
    match (one, other) {
        (View::Object(one), View::Object(other)) => std::ptr::addr_eq(*one, *other),
        (View::List(one), View::List(other)) => std::ptr::addr_eq(*one, *other),
        _ => false,
    }
}

/// Whether both have the same wire form.
pub fn is_equal(one: &dyn Viewed, other: &dyn Viewed) -> bool {
    match (one.view(), other.view()) {
        (one, other) if are_same_memory(&one, &other) => true,
        (View::Text(one), View::Text(other)) => one == other,
        (View::Bool(one), View::Bool(other)) => one == other,
        (View::Number(one), View::Number(other)) => one == other,
        (View::List(one), View::List(other)) => {
            one.len() == other.len() && items(one).zip(items(other)).all(|(one, other)| is_equal(one, other))
        }
        (View::Object(one), View::Object(other)) => {
            let mut entries = Vec::new();
            one.add_to(&mut entries);
            let count = entries.len();
            other.add_to(&mut entries);
            let (one, other) = entries.split_at(count);
            count == other.len()
                && one.iter().zip(other).all(|(one, other)| one.0 == other.0 && is_equal(one.1, other.1))
        }
        (View::Null, View::Null) => true,
        _ => false,
    }
}

/// Both values without the fields that are equal in them, at whatever depth; `None` if all are. Lists are not taken apart.
pub fn differing(one: &dyn Viewed, other: &dyn Viewed) -> Option<(Value, Value)> {
    let views = (one.view(), other.view());
    let (View::Object(one), View::Object(other)) = views else {
        return (!is_equal(one, other)).then(|| (to_value(one), to_value(other)));
    };
    if are_same_memory(&views.0, &views.1) {
        return None;
    }
    let (mut left, mut right) = (Map::new(), Map::new());
    for (name, value) in entries_of(other) {
        match one.get(name) {
            Some(old) => {
                if let Some((old, new)) = differing(old, value) {
                    left.insert(name.to_owned(), old);
                    right.insert(name.to_owned(), new);
                }
            }
            None => drop(right.insert(name.to_owned(), to_value(value))),
        }
    }
    for (name, value) in entries_of(one).into_iter().filter(|(name, _)| other.get(name).is_none()) {
        left.insert(name.to_owned(), to_value(value));
    }
    let differ = !(left.is_empty() && right.is_empty());
    differ.then_some((Value::Object(left), Value::Object(right)))
}

/// The fields of an object or a map.
pub fn fields(viewed: &dyn Viewed) -> Option<&dyn Fields> {
    match viewed.view() {
        View::Object(fields) => Some(fields),
        _ => None,
    }
}

/// All of them in order; none for what has no fields.
pub fn entries(viewed: &dyn Viewed) -> Entries<'_> {
    fields(viewed).map_or_else(Vec::new, entries_of)
}

/// All that are there, in the order of their names' bytes.
pub fn entries_of(fields: &dyn Fields) -> Entries<'_> {
    let mut entries = Vec::new();
    fields.add_to(&mut entries);
    entries
}

/// The items of a list; none for what is no list.
pub fn elements(viewed: &dyn Viewed) -> Vec<&dyn Viewed> {
    match viewed.view() {
        View::List(list) => items(list).collect(),
        _ => Vec::new(),
    }
}

/// The items of a list in order.
pub fn items(list: &dyn List) -> impl Iterator<Item = &dyn Viewed> {
    (0..list.len()).filter_map(|at| list.item(at))
}

impl Viewed for Value {
    fn view(&self) -> View<'_> {
        match self {
            Value::Null => View::Null,
            Value::Bool(flag) => View::Bool(*flag),
            Value::Number(number) => View::Number(number.clone()),
            Value::String(text) => View::Text(Cow::Borrowed(text)),
            Value::Array(items) => View::List(items),
            Value::Object(map) => View::Object(map),
        }
    }
    fn is_omitted(&self) -> bool {
        self.is_null()
    }
}

impl Viewed for &str {
    fn view(&self) -> View<'_> {
        View::Text(Cow::Borrowed(self))
    }
}

impl<T: Viewed> List for Vec<T> {
    fn len(&self) -> usize {
        self.len()
    }
    fn item(&self, at: usize) -> Option<&dyn Viewed> {
        self.get(at).map(|item| item as &dyn Viewed)
    }
}

impl Fields for Map {
    fn get(&self, name: &str) -> Option<&dyn Viewed> {
        self.get(name).map(|value| value as &dyn Viewed)
    }
    fn add_to<'a>(&'a self, entries: &mut Entries<'a>) {
        entries.extend(self.iter().map(|(name, value)| (name.as_str(), value as &dyn Viewed)));
    }
}

impl<T: Viewed> Fields for BTreeMap<String, T> {
    fn get(&self, name: &str) -> Option<&dyn Viewed> {
        self.get(name).map(|value| value as &dyn Viewed)
    }
    fn add_to<'a>(&'a self, entries: &mut Entries<'a>) {
        entries.extend(self.iter().map(|(name, value)| (name.as_str(), value as &dyn Viewed)));
    }
}

/// A field of a declared type.
#[derive(Clone, Copy)]
pub struct Declared {
    pub name: &'static str,
    /// Its place in the declaration.
    place: usize,
    /// Written even when it is zero: Go has no `omitempty` there.
    always: bool,
}

/// Marks the wire name of a field that is written even when it is zero.
const ALWAYS: u8 = b'!';

/// The wire name without its mark, and whether it has one.
pub const fn unmarked(name: &str) -> (&str, bool) {
    match name.as_bytes() {
        [.., last] if *last == ALWAYS => (name.split_at(name.len() - 1).0, true),
        _ => (name, false),
    }
}

/// Fields in the order of their names, from marked wire names in the order of the declaration.
pub const fn sorted<const N: usize>(names: [&'static str; N]) -> [Declared; N] {
    let mut fields = [Declared { name: "", place: 0, always: false }; N];
    let mut place = 0;
    while place < N {
        let (name, always) = unmarked(names[place]);
        assert!(is_plain(name), "Fields::are_declared promises letters and digits");
        let mut at = place;
        while at > 0 && is_before(name, fields[at - 1].name) {
            fields[at] = fields[at - 1];
            at -= 1;
        }
        fields[at] = Declared { name, place, always };
        place += 1;
    }
    fields
}

const fn is_plain(name: &str) -> bool {
    let mut at = 0;
    while at < name.len() {
        if !name.as_bytes()[at].is_ascii_alphanumeric() {
            return false;
        }
        at += 1;
    }
    true
}

const fn is_before(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() {
        if a[at] != b[at] {
            return a[at] < b[at];
        }
        at += 1;
    }
    a.len() < b.len()
}

/// `Fields::get` of a declared type: `values` are its fields in the order of the declaration, `rest` the legal fields
/// that are not declared.
pub fn declared_field<'a>(
    declared: &[Declared],
    values: &[&'a dyn Viewed],
    rest: &'a Map,
    name: &str,
) -> Option<&'a dyn Viewed> {
    // Texts of different lengths are told apart at once: faster than a search by order.
    let Some(field) = declared.iter().find(|field| field.name == name) else {
        return rest.get(name).map(|value| value as &dyn Viewed);
    };
    let value = *values.get(field.place)?;
    (field.always || !value.is_omitted()).then_some(value)
}

/// `Fields::add_to` of a declared type; each value comes with whether it is omitted.
pub fn add_declared<'a>(
    declared: &[Declared],
    values: &[(&'a dyn Viewed, bool)],
    rest: &'a Map,
    entries: &mut Entries<'a>,
) {
    let from = entries.len();
    let shown = |field: &Declared| {
        let (value, omitted) = *values.get(field.place)?;
        (field.always || !omitted).then_some((field.name, value))
    };
    entries.extend(declared.iter().filter_map(shown));
    for (name, value) in rest {
        add_in_order(entries, from, name, value);
    }
}

/// Adds an entry at its place among those that begin at `from`.
pub fn add_in_order<'a>(entries: &mut Entries<'a>, from: usize, name: &'a str, value: &'a dyn Viewed) {
    let at = from + entries[from..].partition_point(|(known, _)| *known < name);
    entries.insert(at, (name, value));
}
