//! The list of violated rules that validation fills.

use crate::api::status::{FieldError, FieldErrorKind};
use crate::base::go_quoted;

/// Violations in the order in which upstream finds them: that is the order in which they are told.
#[derive(Clone, Debug, Default)]
pub struct Errors {
    list: Vec<FieldError>,
}

impl Errors {
    fn push(&mut self, kind: FieldErrorKind, field: &str, value: String, detail: &str) {
        self.list.push(FieldError { field: field.to_owned(), kind, value, detail: detail.to_owned() });
    }

    pub fn required(&mut self, field: &str, detail: &str) {
        self.push(FieldErrorKind::Required, field, String::new(), detail);
    }

    /// `value` as the message shows it: see `quoted`.
    pub fn invalid(&mut self, field: &str, value: impl ToString, detail: &str) {
        self.push(FieldErrorKind::Invalid, field, value.to_string(), detail);
    }

    pub fn invalid_text(&mut self, field: &str, value: &str, detail: &str) {
        self.push(FieldErrorKind::Invalid, field, quoted(value), detail);
    }

    /// A violation of which no value is told.
    pub fn invalid_without_value(&mut self, field: &str, detail: &str) {
        self.push(FieldErrorKind::Invalid, field, String::new(), detail);
    }

    pub fn not_supported(&mut self, field: &str, value: &str, supported: &[&str]) {
        self.not_supported_value(field, quoted(value), supported);
    }

    pub fn not_supported_value(&mut self, field: &str, shown: String, supported: &[&str]) {
        let supported: Vec<String> = supported.iter().map(|value| quoted(value)).collect();
        let detail = format!("supported values: {}", supported.join(", "));
        self.push(FieldErrorKind::NotSupported, field, shown, &detail);
    }

    pub fn duplicate(&mut self, field: &str, shown: impl ToString) {
        self.push(FieldErrorKind::Duplicate, field, shown.to_string(), "");
    }

    pub fn not_found(&mut self, field: &str, value: &str) {
        self.push(FieldErrorKind::NotFound, field, quoted(value), "");
    }

    pub fn forbidden(&mut self, field: &str, detail: &str) {
        self.push(FieldErrorKind::Forbidden, field, String::new(), detail);
    }

    pub fn too_long(&mut self, field: &str, bytes_max: usize) {
        let detail = format!("may not be more than {bytes_max} bytes");
        self.push(FieldErrorKind::TooLong, field, String::new(), &detail);
    }

    pub fn too_many(&mut self, field: &str, count: usize, max: usize) {
        let detail = format!("must have at most {max} items");
        self.push(FieldErrorKind::TooMany, field, count.to_string(), &detail);
    }

    /// One violation for each of the messages about a text.
    pub fn invalid_for_each(&mut self, field: &str, value: &str, messages: impl IntoIterator<Item = String>) {
        for message in messages {
            self.invalid_text(field, value, &message);
        }
    }

    /// A number that must not be negative.
    pub fn non_negative(&mut self, field: &str, value: Option<i64>) {
        if let Some(value) = value.filter(|value| *value < 0) {
            self.invalid(field, value, "must be greater than or equal to 0");
        }
    }

    /// An enumeration: `values` in the order in which they are told.
    pub fn one_of(&mut self, field: &str, value: &str, values: &[&str]) {
        match value {
            "" => self.required(field, ""),
            _ if values.contains(&value) => {}
            _ => self.not_supported(field, value, values),
        }
    }

    pub fn len(&self) -> usize {
        self.list.len()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn into_list(self) -> Vec<FieldError> {
        self.list
    }
}

/// A text as Go's `%q` shows it.
pub fn quoted(text: &str) -> String {
    go_quoted(text)
}

/// `path.name`; the name alone at the top.
pub fn child(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        // Without the formatter: every check of every field of a thousand objects asks for a path.
        path => [path, ".", name].concat(),
    }
}
