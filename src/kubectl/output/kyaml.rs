//! KYAML: YAML in flow style, every string quoted.
// Models sigs.k8s.io/yaml/kyaml

use super::json::{scalar, write_quoted};
use super::repeats::{Part, Repeats};
use super::yaml::push_line;
use super::yaml_resolve::reads_as_string;
use crate::api::view::{View, Viewed, entries_of, items};

pub fn to_kyaml(value: &dyn Viewed) -> String {
    let mut out = "---\n".to_owned();
    write(&mut out, &mut Repeats::default(), value, 0);
    out.push('\n');
    out
}

fn write(out: &mut String, repeats: &mut Repeats, value: &dyn Viewed, indent: usize) {
    match value.view() {
        View::Object(fields) => {
            let entries = entries_of(fields);
            let declared = fields.are_declared();
            out.push('{');
            for (key, item) in &entries {
                push_line(out, indent + 2);
                match declared || is_bare(key) {
                    true => out.push_str(key),
                    false => write_quoted(out, key),
                }
                out.push_str(": ");
                let part = Part::behind_key(*item, indent);
                if !repeats.copy(part, out) {
                    let start = out.len();
                    write(out, repeats, *item, indent + 2);
                    repeats.note(part, start, out.len());
                }
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
                write(out, repeats, item, indent);
            }
            out.push(']');
        }
        View::List(list) => {
            out.push('[');
            for item in items(list) {
                push_line(out, indent + 2);
                write(out, repeats, item, indent + 2);
                out.push(',');
            }
            if !list.is_empty() {
                push_line(out, indent);
            }
            out.push(']');
        }
        View::Text(text) => write_quoted(out, &text),
        other => scalar(out, &other),
    }
}

fn is_bare(key: &str) -> bool {
    let is_simple = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    reads_as_string(key) && key.chars().all(is_simple)
}
