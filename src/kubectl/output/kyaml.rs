//! KYAML: YAML in flow style, every string quoted.
// Models sigs.k8s.io/yaml/kyaml

use serde_json::Value;

use super::json::scalar;
use super::yaml::push_line;
use super::yaml_resolve::reads_as_string;
use crate::api::view::{View, Viewed, items};

pub fn to_kyaml(value: &dyn Viewed) -> String {
    let mut out = "---\n".to_owned();
    write(&mut out, value, 0);
    out.push('\n');
    out
}

fn write(out: &mut String, value: &dyn Viewed, indent: usize) {
    match value.view() {
        View::Object(fields) => {
            let mut entries = Vec::new();
            fields.add_to(&mut entries);
            out.push('{');
            for (key, item) in &entries {
                push_line(out, indent + 2);
                let bare = reads_as_string(key)
                    && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'));
                let quoted = Value::from(*key).to_string();
                out.push_str(if bare { key } else { &quoted });
                out.push_str(": ");
                write(out, *item, indent + 2);
                out.push(',');
            }
            if !entries.is_empty() {
                push_line(out, indent);
            }
            out.push('}');
        }
        View::List(list) if items(list).any(|item| matches!(item.view(), View::Object(_))) => {
            out.push('[');
            for (at, item) in items(list).enumerate() {
                if at > 0 {
                    out.push_str(", ");
                }
                write(out, item, indent);
            }
            out.push(']');
        }
        View::List(list) => {
            out.push('[');
            for item in items(list) {
                push_line(out, indent + 2);
                write(out, item, indent + 2);
                out.push(',');
            }
            if !list.is_empty() {
                push_line(out, indent);
            }
            out.push(']');
        }
        View::Text(text) => out.push_str(&Value::from(text).to_string()),
        other => scalar(out, &other),
    }
}
