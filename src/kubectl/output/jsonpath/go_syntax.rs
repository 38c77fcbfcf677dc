//! Values as Go prints them when it debugs.

use serde_json::Value;

use crate::api::view::{View, Viewed, entries_of, items};
use crate::kubectl::output::json::scalar;

/// The type that Go names for a decoded JSON value.
pub fn go_type(value: &View) -> &'static str {
    match value {
        View::Null => "<nil>",
        View::Bool(_) => "bool",
        View::Number(number) if number.is_f64() => "float64",
        View::Number(_) => "int64",
        View::Text(_) => "string",
        View::List(_) => "[]interface {}",
        View::Object(_) => "map[string]interface {}",
    }
}

/// `%#v`
pub fn write_syntax(out: &mut String, value: &dyn Viewed) {
    match value.view() {
        View::Null => out.push_str("interface {}(nil)"),
        View::Text(text) => out.push_str(&Value::from(text).to_string()),
        View::List(list) => {
            out.push_str("[]interface {}{");
            for (at, item) in items(list).enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                write_syntax(out, item);
            }
            out.push('}');
        }
        View::Object(fields) => {
            out.push_str("map[string]interface {}{");
            for (at, (key, item)) in entries_of(fields).into_iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                out.push_str(&Value::from(key).to_string());
                out.push(':');
                write_syntax(out, item);
            }
            out.push('}');
        }
        other => scalar(out, &other),
    }
}
