//! Values as Go prints them in error messages and templates.

use std::fmt::Write;

use super::view::{View, Viewed, entries_of, items};

/// `%v` of a decoded JSON value: `map[name:main ports:[80 443]]`.
pub fn go_text(value: &dyn Viewed) -> String {
    let mut out = String::new();
    write_text(&mut out, value);
    out
}

fn write_text(out: &mut String, value: &dyn Viewed) {
    match value.view() {
        View::Null => out.push_str("<nil>"),
        // Writing to a text cannot fail.
        View::Bool(flag) => drop(write!(out, "{flag}")),
        View::Number(number) => drop(write!(out, "{number}")),
        View::Text(text) => out.push_str(&text),
        View::List(list) => {
            out.push('[');
            for (at, item) in items(list).enumerate() {
                out.push_str(if at > 0 { " " } else { "" });
                write_text(out, item);
            }
            out.push(']');
        }
        View::Object(fields) => {
            out.push_str("map[");
            for (at, (key, item)) in entries_of(fields).into_iter().enumerate() {
                out.push_str(if at > 0 { " " } else { "" });
                out.push_str(key);
                out.push(':');
                write_text(out, item);
            }
            out.push(']');
        }
    }
}
