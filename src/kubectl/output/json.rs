//! JSON as kubectl prints it.

use serde_json::Value;

use super::yaml::push_spaces;
use crate::api::codec::Map;
use crate::api::fields::{Shape, TypeInfo, type_named};

/// JSON indented by four spaces, with the characters that HTML would read escaped, ending with a newline.
// Models encoding/json MarshalIndent
pub fn to_json(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value, Some(0), None);
    out.push('\n');
    out
}

/// The same of a list of objects, which are made one after the other.
pub fn list_to_json(items: impl Iterator<Item = Value>) -> String {
    let mut out = "{\n    \"apiVersion\": \"v1\",\n    \"items\": [".to_owned();
    let mut any = false;
    for item in items {
        next_line(&mut out, any, Some(2));
        write(&mut out, &item, Some(2), None);
        any = true;
    }
    if any {
        next_line(&mut out, false, Some(1));
    }
    out.push_str(
        "],\n    \"kind\": \"List\",\n    \"metadata\": {\n        \"resourceVersion\": \"\"\n    }\n}\n",
    );
    out
}

/// The same for an object that kubectl holds as a Go struct: its fields stand in the struct's order.
pub fn to_typed_json(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value, Some(0), typed_object(value));
    out.push('\n');
    out
}

/// The same on one line.
pub fn to_typed_compact(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value, None, typed_object(value));
    out
}

fn typed_object(value: &Value) -> Option<Typed> {
    value.get("kind").and_then(Value::as_str).and_then(type_named).map(Typed::Object)
}

/// What a value is in Go.
#[derive(Clone, Copy)]
enum Typed {
    /// With its kind and version.
    Object(&'static TypeInfo),
    Of(&'static Shape),
}

impl Typed {
    fn info(self) -> Option<&'static TypeInfo> {
        match self {
            Typed::Object(info) => Some(info),
            Typed::Of(Shape::Struct(name)) => type_named(name),
            Typed::Of(_) => None,
        }
    }

    /// The type of a map's value, a struct's field or a list's item.
    fn inner(self, key: &str) -> Option<Typed> {
        match self {
            Typed::Of(Shape::List(item) | Shape::Map(item)) => Some(Typed::Of(item)),
            other => other.info()?.field(key).map(|field| Typed::Of(&field.shape)),
        }
    }
}

/// The entries in the order in which Go writes them: maps by their keys, structs by their fields.
fn ordered(map: &Map, typed: Option<Typed>) -> Vec<(&String, &Value)> {
    let mut entries: Vec<(&String, &Value)> = map.iter().collect();
    if let Some(info) = typed.and_then(Typed::info) {
        let place = |key: &str| match key {
            "kind" if matches!(typed, Some(Typed::Object(_))) => 0,
            "apiVersion" if matches!(typed, Some(Typed::Object(_))) => 1,
            key => 2 + info.fields.iter().position(|field| field.name == key).unwrap_or(info.fields.len()),
        };
        entries.sort_by_key(|(key, _)| place(key));
    }
    entries
}

/// JSON on one line, as Go's `Marshal` writes it.
pub fn to_compact(value: &Value) -> String {
    let mut out = String::new();
    escape_html(&mut out, &value.to_string());
    out
}

/// Without a depth everything stands on one line.
fn write(out: &mut String, value: &Value, depth: Option<usize>, typed: Option<Typed>) {
    let inner = depth.map(|depth| depth + 1);
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('{');
            for (at, (key, item)) in ordered(map, typed).into_iter().enumerate() {
                next_line(out, at > 0, inner);
                write_text(out, key);
                out.push_str(if depth.is_some() { ": " } else { ":" });
                write(out, item, inner, typed.and_then(|typed| typed.inner(key)));
            }
            next_line(out, false, depth);
            out.push('}');
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                next_line(out, at > 0, inner);
                write(out, item, inner, typed.and_then(|typed| typed.inner("")));
            }
            next_line(out, false, depth);
            out.push(']');
        }
        Value::String(text) => write_text(out, text),
        other => out.push_str(&other.to_string()),
    }
}

/// A text in quotes; most need no escapes.
fn write_text(out: &mut String, text: &str) {
    let is_plain =
        |byte: u8| (b' '..0x7f).contains(&byte) && !matches!(byte, b'"' | b'\\' | b'<' | b'>' | b'&');
    if text.bytes().all(is_plain) {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        escape_html(out, &Value::from(text).to_string());
    }
}

fn next_line(out: &mut String, comma: bool, depth: Option<usize>) {
    if comma {
        out.push(',');
    }
    let Some(depth) = depth else { return };
    out.push('\n');
    push_spaces(out, depth * 4);
}

fn escape_html(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '<' | '>' | '&' => out.push_str(&format!("\\u{:04x}", c as u32)),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            other => out.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn four_spaces_and_no_html() {
        let expected =
            "{\n    \"a\": [\n        \"\\u003cb\\u003e\",\n        {}\n    ],\n    \"c\": []\n}\n";
        assert_eq!(to_json(&json!({"a": ["<b>", {}], "c": []})), expected);
    }

    #[test]
    fn a_list_is_written_as_its_value_would_be() {
        for items in [json!([]), json!([{"a": {"b": 1}}, {"a": []}])] {
            let list = json!({"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}});
            let each = items.as_array().cloned().unwrap_or_default();
            assert_eq!(list_to_json(each.into_iter()), to_json(&list));
        }
    }

    #[test]
    fn structs_keep_the_order_of_their_fields() {
        let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"labels": {"b": "1", "a": "x\": y"}, "name": "j"},
            "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"image": "i", "name": "n"}]}}}});
        let expected = r#"{"kind":"Job","apiVersion":"batch/v1","metadata":{"name":"j","labels":{"a":"x\": y","b":"1"}},"spec":{"template":{"spec":{"containers":[{"name":"n","image":"i"}],"restartPolicy":"Never"}}}}"#;
        assert_eq!(to_typed_compact(&job), expected);
    }
}
