//! Two transcripts, command by command: what is random or measured is made equal first.

use std::collections::BTreeMap;

/// A command with its output.
pub struct Block {
    pub command: String,
    pub lines: Vec<String>,
}

pub struct Difference {
    pub command: String,
    pub text: String,
}

/// Ages and durations may differ by this many seconds, or by this share.
const TOLERANCE_SECONDS: f64 = 2.0;
const TOLERANCE_SHARE: f64 = 0.15;

pub fn blocks(transcript: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for line in transcript.lines() {
        let head = line.strip_prefix("[t=").and_then(|rest| rest.split_once("] $ "));
        match head {
            Some((_, command)) => {
                blocks.push(Block { command: command.to_owned(), lines: Vec::new() });
            }
            None => {
                if let Some(block) = blocks.last_mut() {
                    block.lines.push(line.to_owned());
                }
            }
        }
    }
    blocks
}

pub fn differences(real: &[Block], ours: &[Block]) -> Vec<Difference> {
    let (mut real_names, mut our_names) = (Names::default(), Names::default());
    let mut found = Vec::new();
    for (want, got) in real.iter().zip(ours) {
        let left = normal_lines(want, &mut real_names);
        let right = normal_lines(got, &mut our_names);
        if !same(&want.command, &left, &right) {
            let side = |name: &str, lines: &[String]| -> String {
                lines.iter().map(|line| format!("  {name}| {line}\n")).collect()
            };
            let text = format!("{}{}", side("real", &left), side("ours", &right));
            found.push(Difference { command: want.command.clone(), text });
        }
    }
    found
}

fn normal_lines(block: &Block, names: &mut Names) -> Vec<String> {
    let lines = block.lines.iter().map(|line| line.trim_end()).filter(|line| !line.is_empty());
    lines.map(|line| names.normal(line)).collect()
}

/// Names by the order of their first appearance.
#[derive(Default)]
struct Names {
    suffixes: BTreeMap<String, usize>,
    uids: BTreeMap<String, usize>,
}

impl Names {
    fn normal(&mut self, line: &str) -> String {
        let uids = &mut self.uids;
        let line = replace(line, |text, before| {
            let length = uid_length(text).filter(|_| !before.is_some_and(is_word))?;
            let count = uids.len();
            Some((length, format!("<uid{}>", uids.entry(text[..length].to_owned()).or_insert(count))))
        });
        let line = FIXED.iter().fold(line, |line, pattern| replace(&line, pattern));
        let suffixes = &mut self.suffixes;
        replace(&line, |text, before| {
            let is_suffix = |c: char| "bcdfghjklmnpqrstvwxz2456789".contains(c);
            let suffix = text.get(..5)?;
            let fits = before == Some('-') && suffix.chars().all(is_suffix);
            if !fits || text[5..].starts_with(is_word) {
                return None;
            }
            let count = suffixes.len();
            Some((5, format!("<n{}>", suffixes.entry(suffix.to_owned()).or_insert(count))))
        })
    }
}

type Pattern = fn(&str, Option<char>) -> Option<(usize, String)>;

const FIXED: &[Pattern] = &[container_id, image_id, resource_version, address, time, clock, event_name];

/// Replaces wherever a pattern matches; it sees the text from there on and the character before.
fn replace(line: &str, mut pattern: impl FnMut(&str, Option<char>) -> Option<(usize, String)>) -> String {
    let mut out = String::new();
    let (mut rest, mut before) = (line, None);
    while let Some(c) = rest.chars().next() {
        match pattern(rest, before) {
            Some((length, put)) if length > 0 => {
                before = rest[..length].chars().last();
                rest = &rest[length..];
                out.push_str(&put);
            }
            _ => {
                out.push(c);
                before = Some(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    out
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn is_hex(b: u8) -> bool {
    b.is_ascii_digit() || (b'a'..=b'f').contains(&b)
}

/// The length of a text of this shape at the start: `h` hexadecimal, `9` a digit, anything else itself.
fn shape_length(text: &str, shape: &str) -> Option<usize> {
    let bytes = text.as_bytes().get(..shape.len())?;
    let fits = bytes.iter().zip(shape.bytes()).all(|(&b, s)| match s {
        b'h' => is_hex(b),
        b'9' => b.is_ascii_digit(),
        other => b == other,
    });
    fits.then_some(shape.len())
}

fn uid_length(text: &str) -> Option<usize> {
    shape_length(text, "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh")
}

fn container_id(text: &str, _: Option<char>) -> Option<(usize, String)> {
    let shape = format!("containerd://{}", "h".repeat(64));
    // The letters of the scheme are no shape.
    let rest = text.strip_prefix("containerd://")?;
    shape_length(rest, &"h".repeat(64))?;
    Some((shape.len(), "<container-id>".to_owned()))
}

fn image_id(text: &str, before: Option<char>) -> Option<(usize, String)> {
    if before.is_some_and(|c| is_word(c) || "./-@:".contains(c)) {
        return None;
    }
    let at = text.find("sha256:")?;
    if !text[..at].chars().all(|c| is_word(c) || "./-@:".contains(c)) {
        return None;
    }
    shape_length(&text[at + 7..], &"h".repeat(64))?;
    Some((at + 7 + 64, "<image-id>".to_owned()))
}

fn resource_version(text: &str, _: Option<char>) -> Option<(usize, String)> {
    let name =
        ["resourceVersion: ", "\"resourceVersion\": "].into_iter().find(|name| text.starts_with(name))?;
    let rest = text[name.len()..].strip_prefix('"').unwrap_or(&text[name.len()..]);
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return None;
    }
    let after = rest[digits..].starts_with('"');
    let length = text.len() - rest.len() + digits + usize::from(after);
    Some((length, format!("{name}<rv>")))
}

fn address(text: &str, before: Option<char>) -> Option<(usize, String)> {
    if before.is_some_and(is_word) {
        return None;
    }
    let length = text.bytes().take_while(|&b| b.is_ascii_digit() || b == b'.').count();
    let parts: Vec<&str> = text[..length].split('.').collect();
    let fits = parts.len() == 4 && parts.iter().all(|part| (1..=3).contains(&part.len()));
    fits.then(|| (length, "<ip>".to_owned()))
}

fn time(text: &str, _: Option<char>) -> Option<(usize, String)> {
    if shape_length(text, "9999-99-99T99:99:99").is_some() {
        let fraction = text[19..].bytes().take_while(|&b| b.is_ascii_digit() || b == b'.').count();
        let zone = text[19 + fraction..].starts_with('Z');
        return zone.then(|| (19 + fraction + 1, "<time>".to_owned()));
    }
    let weekday = ["Mon, ", "Tue, ", "Wed, ", "Thu, ", "Fri, ", "Sat, ", "Sun, "];
    weekday.iter().find(|day| text.starts_with(**day))?;
    (text.len() >= 31).then(|| (31, "<time>".to_owned()))
}

fn clock(text: &str, before: Option<char>) -> Option<(usize, String)> {
    let length = shape_length(text, "99:99:99").filter(|_| !before.is_some_and(is_word))?;
    (!text[length..].starts_with(is_word)).then(|| (length, "<clock>".to_owned()))
}

fn event_name(text: &str, _: Option<char>) -> Option<(usize, String)> {
    let length = shape_length(text, ".hhhhhhhhhhhhhhhh")?;
    (!text[length..].starts_with(is_word)).then(|| (length, ".<event>".to_owned()))
}

fn seconds(token: &str) -> Option<f64> {
    let mut rest = token;
    let (mut total, mut last) = (0.0, 0.0);
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: f64 = rest[..digits].parse().ok()?;
        let unit = match rest[digits..].chars().next()? {
            'y' => 31_536_000.0,
            'd' => 86_400.0,
            'h' => 3_600.0,
            'm' => 60.0,
            's' => 1.0,
            _ => return None,
        };
        if last != 0.0 && unit >= last {
            return None;
        }
        last = unit;
        total += number * unit;
        rest = &rest[digits + 1..];
    }
    (!token.is_empty()).then_some(total)
}

fn same_token(a: &str, b: &str) -> bool {
    let bare = |token: &str| seconds(token.trim_matches(['(', ')']));
    a == b
        || bare(a)
            .zip(bare(b))
            .is_some_and(|(a, b)| (a - b).abs() <= TOLERANCE_SECONDS.max(TOLERANCE_SHARE * a.max(b)))
}

fn same_line(a: &str, b: &str) -> bool {
    let (a, b): (Vec<&str>, Vec<&str>) = (a.split_whitespace().collect(), b.split_whitespace().collect());
    a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| same_token(a, b))
}

/// Pods born in one instant have no order of their own, nor have events of one second.
fn unordered(command: &str) -> bool {
    let words: Vec<&str> = command.split(|c: char| !is_word(c)).collect();
    let get = words.iter().position(|word| *word == "get");
    let kinds = ["po", "pod", "pods", "event", "events", "all"];
    let listed = get.is_some_and(|at| words[at..].iter().any(|word| kinds.contains(word)));
    listed && !command.contains(" -o yaml") && !command.contains(" -o json")
}

fn same(command: &str, left: &[String], right: &[String]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    if left.iter().zip(right).all(|(a, b)| same_line(a, b)) {
        return true;
    }
    if !unordered(command) {
        return false;
    }
    let blank = |line: &String| {
        replace(line, |text, _| {
            let rest = text.strip_prefix("<n")?;
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            rest[digits..].starts_with('>').then(|| (digits + 3, "<n>".to_owned()))
        })
    };
    let mut rest: Vec<String> = right.iter().map(blank).collect();
    left.iter().map(blank).all(|line| {
        let twin = rest.iter().position(|other| same_line(&line, other));
        twin.map(|at| rest.remove(at)).is_some()
    })
}
