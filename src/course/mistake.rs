//! What is wrong with a lesson's data, and where.

use serde_json::{Map, Value};

/// A mistake in data. `at` is a JSON pointer into the document (`/goals/0/when`); the compiler turns it into a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mistake {
    pub at: String,
    pub message: String,
}

pub type Checked<T> = Result<T, Mistake>;

/// A value together with its place, so that a complaint about it can name the place.
#[derive(Clone, Copy, Debug)]
pub struct Part<'a> {
    pub value: &'a Value,
    pub place: &'a Place<'a>,
}

/// A chain of steps from the document's root.
#[derive(Debug)]
pub enum Place<'a> {
    Root,
    Field(&'a Place<'a>, &'a str),
    Item(&'a Place<'a>, usize),
}

impl Place<'_> {
    pub fn pointer(&self) -> String {
        match self {
            Place::Root => String::new(),
            Place::Field(outer, name) => format!("{}/{name}", outer.pointer()),
            Place::Item(outer, index) => format!("{}/{index}", outer.pointer()),
        }
    }

    pub fn mistake<T>(&self, message: impl Into<String>) -> Checked<T> {
        Err(Mistake { at: self.pointer(), message: message.into() })
    }
}

impl<'a> Part<'a> {
    pub fn new(value: &'a Value, place: &'a Place<'a>) -> Part<'a> {
        Part { value, place }
    }

    pub fn mistake<T>(&self, message: impl Into<String>) -> Checked<T> {
        self.place.mistake(message)
    }

    /// # Errors
    /// When the value is no mapping.
    pub fn map(&self) -> Checked<&'a Map<String, Value>> {
        self.value.as_object().map_or_else(|| self.mistake("здесь нужен набор полей «поле: значение»"), Ok)
    }

    /// # Errors
    /// When the value is no mapping or has a field that is not in `known`.
    pub fn fields(&self, known: &[&str]) -> Checked<&'a Map<String, Value>> {
        let map = self.map()?;
        for name in map.keys() {
            if !known.contains(&name.as_str()) {
                let message = format!("неизвестное поле «{name}»; можно: {}", known.join(", "));
                return Place::Field(self.place, name).mistake(message);
            }
        }
        Ok(map)
    }

    /// # Errors
    /// When the value is no text.
    pub fn text(&self) -> Checked<&'a str> {
        match self.value {
            Value::String(text) => Ok(text),
            // `- echo a: b` is a mapping.
            Value::Object(_) => self
                .mistake("здесь нужен текст; если в нём есть двоеточие с пробелом, возьмите его в кавычки"),
            _ => self.mistake("здесь нужен текст; если это число, true или false, возьмите его в кавычки"),
        }
    }

    /// The text of a field.
    ///
    /// # Errors
    /// When the field is missing or no text.
    pub fn need_text(&self, name: &str) -> Checked<String> {
        match self.value.get(name) {
            Some(value) => Part::new(value, &Place::Field(self.place, name)).text().map(str::to_owned),
            None => self.mistake(format!("нет поля «{name}»")),
        }
    }

    /// # Errors
    /// When the field is there and no text.
    pub fn opt_text(&self, name: &str) -> Checked<Option<String>> {
        if self.value.get(name).is_some_and(|value| !value.is_null()) {
            return self.need_text(name).map(Some);
        }
        Ok(None)
    }

    /// # Errors
    /// When the field is there and neither true nor false.
    pub fn opt_bool(&self, name: &str) -> Checked<Option<bool>> {
        match self.value.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(yes)) => Ok(Some(*yes)),
            Some(_) => Place::Field(self.place, name).mistake("здесь нужно true или false"),
        }
    }

    /// Reads a field with `read`; a missing field is `None`.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn opt<T>(&self, name: &str, read: impl Fn(Part) -> Checked<T>) -> Checked<Option<T>> {
        match self.value.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => read(Part::new(value, &Place::Field(self.place, name))).map(Some),
        }
    }

    /// Reads every item of a list field; a missing field is an empty list.
    ///
    /// # Errors
    /// When the field is no list, and those of `read`.
    pub fn list<T>(&self, name: &str, read: impl Fn(Part) -> Checked<T>) -> Checked<Vec<T>> {
        let place = Place::Field(self.place, name);
        match self.value.get(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(value) => Part::new(value, &place).items(read),
        }
    }

    /// Reads every item of this list.
    ///
    /// # Errors
    /// When the value is no list, and those of `read`.
    pub fn items<T>(&self, read: impl Fn(Part) -> Checked<T>) -> Checked<Vec<T>> {
        let Some(values) = self.value.as_array() else {
            return self.mistake("здесь нужен список");
        };
        let mut items = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            items.push(read(Part::new(value, &Place::Item(self.place, index)))?);
        }
        Ok(items)
    }

    /// A list of texts, or one text for a list of one.
    ///
    /// # Errors
    /// When the value is neither.
    pub fn texts(&self) -> Checked<Vec<String>> {
        match self.value {
            Value::String(text) => Ok(vec![text.clone()]),
            _ => self.items(|item| item.text().map(str::to_owned)),
        }
    }
}
