//! JSON as kubectl prints it.

use serde_json::Value;

/// JSON indented by four spaces, with the characters that HTML would read escaped, ending with a newline.
// Models encoding/json MarshalIndent
pub fn to_json(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value, 0);
    out.push('\n');
    out
}

/// JSON on one line, as Go's `Marshal` writes it.
pub fn to_compact(value: &Value) -> String {
    let mut out = String::new();
    escape_html(&mut out, &value.to_string());
    out
}

fn write(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('{');
            for (at, (key, item)) in map.iter().enumerate() {
                next_line(out, at > 0, depth + 1);
                escape_html(out, &Value::from(key.as_str()).to_string());
                out.push_str(": ");
                write(out, item, depth + 1);
            }
            next_line(out, false, depth);
            out.push('}');
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                next_line(out, at > 0, depth + 1);
                write(out, item, depth + 1);
            }
            next_line(out, false, depth);
            out.push(']');
        }
        other => escape_html(out, &other.to_string()),
    }
}

fn next_line(out: &mut String, comma: bool, depth: usize) {
    if comma {
        out.push(',');
    }
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', depth * 4));
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
}
