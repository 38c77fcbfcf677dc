//! Puts out of the way what two runs of the same story cannot have in common.

use std::collections::BTreeMap;

const SUFFIX_LETTERS: &str = "bcdfghjklmnpqrstvwxz2456789";
/// Ages and durations may differ by so many seconds, or by this share.
const TOLERANCE_SECONDS: f64 = 2.0;
const TOLERANCE_SHARE: f64 = 0.15;

/// What is random, by its order of first appearance.
#[derive(Default)]
pub struct Names {
    suffixes: BTreeMap<String, usize>,
    uids: BTreeMap<String, usize>,
}

impl Names {
    /// The line with placeholders.
    pub fn normal(&mut self, line: &str) -> String {
        let line = self.replace_uids(line);
        let line = replace(&line, versioned);
        let line = replace(&line, container_id);
        let line = replace(&line, address);
        let line = replace(&line, time);
        let line = replace(&line, event_name);
        self.replace_suffixes(&line)
    }

    fn replace_uids(&mut self, line: &str) -> String {
        let uids = &mut self.uids;
        replace_with(line, |text, before| {
            let length = uid_length(text).filter(|_| !is_word(before))?;
            let number = uids.len();
            let number = *uids.entry(text[..length].to_owned()).or_insert(number);
            Some((length, format!("<uid{number}>")))
        })
    }

    fn replace_suffixes(&mut self, line: &str) -> String {
        let suffixes = &mut self.suffixes;
        replace_with(line, |text, before| {
            let suffix = text.get(..5).filter(|suffix| suffix.chars().all(|c| SUFFIX_LETTERS.contains(c)))?;
            if before != Some('-') || is_word(text[5..].chars().next()) {
                return None;
            }
            let number = suffixes.len();
            let number = *suffixes.entry(suffix.to_owned()).or_insert(number);
            Some((5, format!("<n{number}>")))
        })
    }
}

fn is_word(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Replaces what the matcher finds at each place; it sees the rest of the line and the character before.
fn replace_with(
    line: &str,
    mut matcher: impl FnMut(&str, Option<char>) -> Option<(usize, String)>,
) -> String {
    let (mut result, mut at, mut before) = (String::new(), 0, None);
    while let Some(c) = line[at..].chars().next() {
        if let Some((length, put)) = matcher(&line[at..], before).filter(|(length, _)| *length > 0) {
            before = line[at..at + length].chars().next_back();
            result.push_str(&put);
            at += length;
        } else {
            result.push(c);
            before = Some(c);
            at += c.len_utf8();
        }
    }
    result
}

fn replace(line: &str, pattern: fn(&str, Option<char>) -> Option<(usize, &'static str)>) -> String {
    replace_with(line, |text, before| pattern(text, before).map(|(length, put)| (length, put.to_owned())))
}

/// The length of the text that the shape matches: `9` a digit, `x` a hexadecimal digit, `a` a letter, else itself.
fn shape(text: &str, shape: &str) -> Option<usize> {
    let mut bytes = text.bytes();
    for wanted in shape.bytes() {
        let found = bytes.next()?;
        let fits = match wanted {
            b'9' => found.is_ascii_digit(),
            b'x' => found.is_ascii_hexdigit() && !found.is_ascii_uppercase(),
            b'a' => found.is_ascii_alphabetic(),
            literal => found == literal,
        };
        if !fits {
            return None;
        }
    }
    Some(shape.len())
}

fn uid_length(text: &str) -> Option<usize> {
    shape(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")
        .filter(|length| !is_word(text[*length..].chars().next()))
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

fn versioned(text: &str, _: Option<char>) -> Option<(usize, &'static str)> {
    let key = ["resourceVersion: ", "\"resourceVersion\": "].into_iter().find(|key| text.starts_with(key))?;
    let value = &text[key.len()..];
    let quoted = usize::from(value.starts_with('"'));
    let count = digits(&value[quoted..]);
    let closing = usize::from(value[quoted + count..].starts_with('"'));
    (count > 0).then_some((key.len() + quoted + count + closing, "resourceVersion: <rv>"))
}

fn container_id(text: &str, _: Option<char>) -> Option<(usize, &'static str)> {
    let prefixes = [("containerd://", "<container-id>"), ("sha256:", "<image-id>")];
    let (prefix, put) = prefixes.into_iter().find(|(prefix, _)| text.starts_with(prefix))?;
    let hexes = text[prefix.len()..].bytes().take_while(u8::is_ascii_hexdigit).count();
    (hexes == 64).then_some((prefix.len() + 64, put))
}

fn address(text: &str, before: Option<char>) -> Option<(usize, &'static str)> {
    if is_word(before) || before == Some('.') {
        return None;
    }
    let mut length = 0;
    for part in 0..4 {
        if part > 0 {
            length += usize::from(text[length..].starts_with('.'));
        }
        let count = digits(&text[length..]);
        if count == 0 || count > 3 {
            return None;
        }
        length += count;
    }
    if let Some(mask) = text[length..].strip_prefix('/') {
        length += if digits(mask) > 0 { 1 + digits(mask) } else { 0 };
    }
    (text[..length].matches('.').count() == 3).then_some((length, "<ip>"))
}

fn time(text: &str, before: Option<char>) -> Option<(usize, &'static str)> {
    if is_word(before) {
        return None;
    }
    if let Some(mut length) = shape(text, "9999-99-99T99:99:99") {
        if text[length..].starts_with('.') {
            length += 1 + digits(&text[length + 1..]);
        }
        let zone = shape(&text[length..], "Z").or_else(|| shape(&text[length..], "+99:99"))?;
        return Some((length + zone, "<time>"));
    }
    let long = shape(text, "aaa, 99 aaa 9999 99:99:99 +9999").map(|length| (length, "<time>"));
    long.or_else(|| shape(text, "99:99:99").map(|length| (length, "<clock>")))
}

fn event_name(text: &str, before: Option<char>) -> Option<(usize, &'static str)> {
    shape(text, ".xxxxxxxxxxxxxxxx").filter(|_| before.is_some()).map(|length| (length, ".<event>"))
}

/// `<n3>` as `<n>`: where lines have no order, their numbers say nothing.
pub fn without_numbers(line: &str) -> String {
    replace_with(line, |text, _| {
        let rest = text.strip_prefix("<n")?;
        let count = digits(rest);
        (count > 0 && rest[count..].starts_with('>')).then(|| (2 + count + 1, "<n>".to_owned()))
    })
}

pub fn same_line(left: &str, right: &str) -> bool {
    let (left, right): (Vec<&str>, Vec<&str>) =
        (left.split_whitespace().collect(), right.split_whitespace().collect());
    left.len() == right.len() && left.iter().zip(&right).all(|(a, b)| same_word(a, b))
}

fn same_word(left: &str, right: &str) -> bool {
    if left == right {
        return true;
    }
    let bare = |word: &str| seconds(word.trim_matches(['(', ')']));
    let (Some(a), Some(b)) = (bare(left), bare(right)) else { return false };
    (a - b).abs() <= TOLERANCE_SECONDS.max(TOLERANCE_SHARE * a.max(b))
}

/// `2d3h`, `5m7s`, `42s` in seconds.
fn seconds(word: &str) -> Option<f64> {
    let (mut rest, mut total) = (word, 0.0);
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let count = digits(rest);
        let number: f64 = rest[..count].parse().ok()?;
        let unit = match rest[count..].chars().next()? {
            'y' => 31_536_000.0,
            'd' => 86_400.0,
            'h' => 3_600.0,
            'm' => 60.0,
            's' => 1.0,
            _ => return None,
        };
        total += number * unit;
        rest = &rest[count + 1..];
    }
    Some(total)
}
