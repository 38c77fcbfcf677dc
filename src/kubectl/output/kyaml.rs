//! KYAML: YAML in flow style, every string quoted.
// Models sigs.k8s.io/yaml/kyaml

use serde_json::Value;

use super::yaml_resolve::reads_as_string;

pub fn to_kyaml(value: &Value) -> String {
    let mut out = "---\n".to_owned();
    write(&mut out, value, 0);
    out.push('\n');
    out
}

fn write(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('{');
            for (key, item) in map {
                new_line(out, indent + 2);
                let bare = reads_as_string(key)
                    && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'));
                let quoted = Value::from(key.as_str()).to_string();
                out.push_str(if bare { key } else { &quoted });
                out.push_str(": ");
                write(out, item, indent + 2);
                out.push(',');
            }
            new_line(out, indent);
            out.push('}');
        }
        Value::Array(items) if items.iter().any(|item| item.is_object()) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                write(out, item, indent);
            }
            out.push(']');
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('[');
            for item in items {
                new_line(out, indent + 2);
                write(out, item, indent + 2);
                out.push(',');
            }
            new_line(out, indent);
            out.push(']');
        }
        other => out.push_str(&other.to_string()),
    }
}

fn new_line(out: &mut String, indent: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n(' ', indent));
}
