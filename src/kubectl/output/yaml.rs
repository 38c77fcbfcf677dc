//! YAML as kubectl prints it: keys in Go's natural order, scalars quoted only where a reader would mistake them,
//! long lines folded.
// Models sigs.k8s.io/yaml JSONToYAML with goyaml.v2's emitter

use super::json;
use super::repeats::{Part, Repeats};
use super::yaml_scalar::{Context, write_scalar};
use crate::api::view::{self, Entries, List, View, Viewed};

/// Bytes: the first of many items may be far longer than the others.
const RESERVED_MAX: usize = 8 << 20;

/// The YAML text of a value, ending with a newline.
pub fn to_yaml(value: &dyn Viewed) -> String {
    to_yaml_behind("", value)
}

/// The same behind what stands before it: such texts are long, and are written once.
pub fn to_yaml_behind(before: &str, value: &dyn Viewed) -> String {
    let mut out = Emitter { text: before.to_owned(), entries: Vec::new(), repeats: Repeats::default() };
    out.value(value, Place::Top, 0);
    out.text.push('\n');
    out.text
}

/// Where a value stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Top,
    /// After a key.
    Key,
    /// After the dash of a list.
    Item,
}

struct Emitter<'a> {
    text: String,
    /// The entries of all objects that are being written, inner ones last.
    entries: Entries<'a>,
    repeats: Repeats,
}

impl<'a> Emitter<'a> {
    /// `indent` is that of the line on which the value begins.
    fn value(&mut self, value: &'a dyn Viewed, place: Place, indent: usize) {
        let inner = if place == Place::Top { indent } else { indent + 2 };
        match value.view() {
            View::Object(fields) => {
                let from = self.entries.len();
                fields.add_to(&mut self.entries);
                match self.entries.len() == from {
                    true => self.scalar(place, "{}"),
                    false => {
                        self.end_key(place, ":");
                        self.mapping(from, fields.are_declared(), inner, place != Place::Key);
                    }
                }
            }
            View::List(items) if items.is_empty() => self.scalar(place, "[]"),
            View::List(items) if place == Place::Key => {
                self.end_key(place, ":");
                self.sequence(items, indent, false);
            }
            View::List(items) => self.sequence(items, inner, true),
            View::Text(text) => {
                self.end_key(place, ": ");
                write_scalar(&mut self.text, &text, Context { indent: inner, key: false });
            }
            other => {
                self.end_key(place, ": ");
                json::scalar(&mut self.text, &other);
            }
        }
    }

    fn scalar(&mut self, place: Place, text: &str) {
        self.end_key(place, ": ");
        self.text.push_str(text);
    }

    fn end_key(&mut self, place: Place, colon: &str) {
        if place == Place::Key {
            self.text.push_str(colon);
        }
    }

    /// The entries that begin at `from`. `inline`: the first key follows on the line that is open.
    fn mapping(&mut self, from: usize, declared: bool, indent: usize, inline: bool) {
        let entries = &mut self.entries[from..];
        if !declared && !entries.is_sorted_by(|a, b| natural_order(a.0, b.0).is_le()) {
            entries.sort_by(|a, b| natural_order(a.0, b.0));
        }
        for at in from..self.entries.len() {
            let (key, value) = self.entries[at];
            if at > from || !inline {
                self.new_line(indent);
            }
            match declared {
                true => self.text.push_str(key),
                false => write_scalar(&mut self.text, key, Context { indent: indent + 2, key: true }),
            }
            let part = Part::behind_key(value, indent);
            if !self.repeats.copy(part, &mut self.text) {
                let start = self.text.len();
                self.value(value, Place::Key, indent);
                self.repeats.note(part, start, self.text.len());
            }
        }
        self.entries.truncate(from);
    }

    fn sequence(&mut self, items: &'a dyn List, indent: usize, inline: bool) {
        let start = self.text.len();
        for (at, item) in view::items(items).enumerate() {
            if at > 0 || !inline {
                self.new_line(indent);
            }
            if at == 1 {
                // The others are about as long as the first: a long text is not moved while it grows.
                let expected = (self.text.len() - start).saturating_mul(items.len() - at);
                self.text.reserve(expected.min(RESERVED_MAX));
            }
            self.text.push_str("- ");
            let part = Part::in_list(item, indent);
            if !self.repeats.copy(part, &mut self.text) {
                let start = self.text.len();
                self.value(item, Place::Item, indent);
                self.repeats.note(part, start, self.text.len());
            }
        }
    }

    fn new_line(&mut self, indent: usize) {
        push_line(&mut self.text, indent);
    }
}

/// A comma, a line break and spaces, as many as the index says.
const BREAKS: [&str; 33] = {
    const LONGEST: &str = ",\n                                ";
    let mut breaks = [LONGEST; 33];
    let mut spaces = 0;
    while spaces < breaks.len() {
        breaks[spaces] = LONGEST.split_at(spaces + 2).0;
        spaces += 1;
    }
    breaks
};
const SPACES: &str = BREAKS[32].split_at(2).1;

/// A line break and so many spaces. In few pieces, because a short one costs as much as a long one.
pub fn push_line(out: &mut String, indent: usize) {
    let piece = indent.min(SPACES.len());
    out.push_str(&BREAKS[piece][1..]);
    push_spaces(out, indent - piece);
}

/// The same behind a comma.
pub fn push_comma_line(out: &mut String, indent: usize) {
    let piece = indent.min(SPACES.len());
    out.push_str(BREAKS[piece]);
    push_spaces(out, indent - piece);
}

pub fn push_spaces(out: &mut String, mut count: usize) {
    while count > 0 {
        let piece = count.min(SPACES.len());
        out.push_str(&SPACES[..piece]);
        count -= piece;
    }
}

/// The order of keys: digits compare as numbers, letters come after everything else.
// Models goyaml.v2 sorter.go keyList.Less
fn natural_order(a: &str, b: &str) -> std::cmp::Ordering {
    // Where letters differ first, they decide: nearly all keys.
    match a.bytes().zip(b.bytes()).find(|(left, right)| left != right) {
        None => return a.len().cmp(&b.len()),
        Some((left, right)) if left.is_ascii_alphabetic() && right.is_ascii_alphabetic() => {
            return left.cmp(&right);
        }
        Some(_) => {}
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
    use serde_json::{Value, json};

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
