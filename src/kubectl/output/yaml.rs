//! YAML as kubectl prints it: keys in Go's natural order, scalars quoted only where a reader would mistake them,
//! long lines folded.
// Models sigs.k8s.io/yaml JSONToYAML with goyaml.v2's emitter

use serde_json::Value;

use super::yaml_scalar::{Context, write_scalar};
use crate::api::codec::Map;

/// The YAML text of a value, ending with a newline.
pub fn to_yaml(value: &Value) -> String {
    let mut out = Emitter::default();
    match value {
        Value::Object(map) if !map.is_empty() => out.mapping(map, 0, true),
        Value::Array(items) if !items.is_empty() => out.sequence(items, 0, true),
        other => out.leaf(other, 0),
    }
    out.text.push('\n');
    out.text
}

/// The same of a list of objects, which are made one after the other.
pub fn list_to_yaml(items: impl Iterator<Item = Value>) -> String {
    let mut out = Emitter::default();
    out.text.push_str("apiVersion: v1\nitems:");
    let before = out.text.len();
    for item in items {
        out.sequence(std::slice::from_ref(&item), 0, false);
    }
    if out.text.len() == before {
        out.text.push_str(" []");
    }
    out.text.push_str("\nkind: List\nmetadata:\n  resourceVersion: \"\"\n");
    out.text
}

#[derive(Default)]
struct Emitter {
    text: String,
}

impl Emitter {
    /// `inline`: the first key follows on the line that is open.
    fn mapping(&mut self, map: &Map, indent: usize, inline: bool) {
        let mut entries: Vec<(&String, &Value)> = map.iter().collect();
        entries.sort_by(|a, b| natural_order(a.0, b.0));
        for (at, (key, value)) in entries.into_iter().enumerate() {
            if at > 0 || !inline {
                self.new_line(indent);
            }
            write_scalar(&mut self.text, key, Context { indent: indent + 2, key: true });
            self.text.push(':');
            match value {
                Value::Object(inner) if !inner.is_empty() => self.mapping(inner, indent + 2, false),
                Value::Array(items) if !items.is_empty() => self.sequence(items, indent, false),
                other => {
                    self.text.push(' ');
                    self.leaf(other, indent + 2);
                }
            }
        }
    }

    fn sequence(&mut self, items: &[Value], indent: usize, inline: bool) {
        for (at, item) in items.iter().enumerate() {
            if at > 0 || !inline {
                self.new_line(indent);
            }
            self.text.push_str("- ");
            match item {
                Value::Object(inner) if !inner.is_empty() => self.mapping(inner, indent + 2, true),
                Value::Array(inner) if !inner.is_empty() => self.sequence(inner, indent + 2, true),
                other => self.leaf(other, indent + 2),
            }
        }
    }

    fn leaf(&mut self, value: &Value, indent: usize) {
        match value {
            Value::Null => self.text.push_str("null"),
            Value::Bool(flag) => self.text.push_str(if *flag { "true" } else { "false" }),
            Value::Number(number) => self.text.push_str(&number.to_string()),
            Value::String(text) => write_scalar(&mut self.text, text, Context { indent, key: false }),
            Value::Array(_) => self.text.push_str("[]"),
            Value::Object(_) => self.text.push_str("{}"),
        }
    }

    fn new_line(&mut self, indent: usize) {
        self.text.push('\n');
        push_spaces(&mut self.text, indent);
    }
}

/// Indentation, in pieces rather than space by space.
pub fn push_spaces(out: &mut String, mut count: usize) {
    const SPACES: &str = "                                ";
    while count > 0 {
        let piece = count.min(SPACES.len());
        out.push_str(&SPACES[..piece]);
        count -= piece;
    }
}

/// The order of keys: digits compare as numbers, letters come after everything else.
// Models goyaml.v2 sorter.go keyList.Less
fn natural_order(a: &str, b: &str) -> std::cmp::Ordering {
    if a == b {
        return std::cmp::Ordering::Equal;
    }
    // Where letters differ first, they decide: nearly all keys.
    let differing = a.bytes().zip(b.bytes()).find(|(left, right)| left != right);
    if let Some((left, right)) = differing
        && left.is_ascii_alphabetic()
        && right.is_ascii_alphabetic()
    {
        return left.cmp(&right);
    }
    if natural_less(a, b) { std::cmp::Ordering::Less } else { std::cmp::Ordering::Greater }
}

fn natural_less(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let Some(at) = (0..a.len().min(b.len())).find(|&at| a[at] != b[at]) else { return a.len() < b.len() };
    let (left, right) = (a[at], b[at]);
    match (left.is_alphabetic(), right.is_alphabetic()) {
        (true, true) => return left < right,
        (false, false) => {}
        (_, right_is_letter) => return right_is_letter,
    }
    let inside_number = (left == '0' || right == '0')
        && a[..at].iter().rev().take_while(|c| c.is_ascii_digit()).any(|&c| c != '0');
    let start = i64::from(inside_number);
    let number = |text: &[char]| {
        let digits = text[at..].iter().take_while(|c| c.is_ascii_digit());
        let value = |sum: i64, c: &char| sum.wrapping_mul(10).wrapping_add(i64::from(*c as u32) - 48);
        (digits.clone().fold(start, value), digits.count())
    };
    let (left_number, right_number) = (number(&a), number(&b));
    if left_number != right_number { left_number < right_number } else { left < right }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_list_is_written_as_its_value_would_be() {
        for items in [json!([]), json!([{"a": {"b": 1}}, {"a": []}])] {
            let list = json!({"apiVersion": "v1", "items": items, "kind": "List", "metadata": {"resourceVersion": ""}});
            let each = items.as_array().cloned().unwrap_or_default();
            assert_eq!(list_to_yaml(each.into_iter()), to_yaml(&list));
        }
    }

    fn check(value: Value, expected: &str) {
        assert_eq!(to_yaml(&value), expected);
    }

    #[test]
    fn collections_nest_without_extra_indentation() {
        check(
            json!({"b": [{"x": 1, "y": []}, [1, [2]]], "a": {"c": {}}, "n": null}),
            "a:\n  c: {}\nb:\n- x: 1\n  \"y\": []\n- - 1\n  - - 2\n\"n\": null\n",
        );
        check(json!([]), "[]\n");
        check(json!({}), "{}\n");
    }

    #[test]
    fn keys_are_in_natural_order() {
        check(json!({"a10": 1, "a2": 2, "a": 3, "a-b": 4, "B": 5}), "B: 5\na: 3\na-b: 4\na2: 2\na10: 1\n");
    }
}
