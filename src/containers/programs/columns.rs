//! cut, tr and fold.

use super::args::Args;
use super::filter::{Flow, LineFilter, Out};
use super::text::{Built, built, cloned};
use crate::base::carried;
use crate::containers::kernel::Sys;
use crate::containers::shell::escapes;

#[derive(Clone, Debug)]
struct Cut {
    characters: bool,
    delimiter: char,
    ranges: Vec<(usize, usize)>,
    only_delimited: bool,
    complement: bool,
    output: String,
}

pub fn cut(argv: &[String], _: &mut Sys) -> Built {
    let args = Args::parse(argv, "sn", "bcdf", &["fields", "delimiter", "output-delimiter", "characters"]);
    let characters = args.value(&["c", "b", "characters", "bytes"]);
    let list = characters.or(args.value(&["f", "fields"])).ok_or_else(|| {
        (
            "you must specify a list of bytes, characters, or fields\nTry 'cut --help' for more information."
                .to_string(),
            1,
        )
    })?;
    let ranges = list.split(',').map(range).collect::<Option<Vec<_>>>();
    let ranges = ranges.ok_or_else(|| (format!("invalid field value '{list}'"), 1))?;
    let delimiter = args.value(&["d", "delimiter"]).and_then(|text| text.chars().next()).unwrap_or('\t');
    let output = args.value(&["output-delimiter"]).map_or(delimiter.to_string(), String::from);
    let only_delimited = args.has(&["s"]);
    let complement = args.has(&["complement"]);
    let characters = characters.is_some();
    built(Cut { characters, delimiter, ranges, only_delimited, complement, output }, args.operands)
}

/// `2`, `2-4`, `-3`, `2-`.
fn range(text: &str) -> Option<(usize, usize)> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let from = if from.is_empty() { 1 } else { from.parse().ok()? };
    let to = if to.is_empty() { usize::MAX } else { to.parse().ok()? };
    (from > 0 && to >= from).then_some((from, to))
}

impl LineFilter for Cut {
    fn line(&mut self, line: &str, out: &mut Out) -> Flow {
        let named = |at: usize| self.ranges.iter().any(|(from, to)| (*from..=*to).contains(&(at + 1)));
        let wanted = |at: usize| named(at) != self.complement;
        if self.characters {
            let text: String =
                line.chars().enumerate().filter(|(at, _)| wanted(*at)).map(|(_, c)| c).collect();
            out.line(&text);
        } else if line.contains(self.delimiter) {
            let fields = line.split(self.delimiter).enumerate().filter(|(at, _)| wanted(*at));
            let fields: Vec<&str> = fields.map(|(_, field)| field).collect();
            out.line(&fields.join(&self.output));
        } else if !self.only_delimited {
            out.line(line);
        }
        Flow::On
    }
    fn end(&mut self, _: &mut Out) -> i32 {
        0
    }
    cloned!();
}

#[derive(Clone, Debug)]
struct Tr {
    from: Vec<char>,
    to: Vec<char>,
    complement: bool,
    delete: bool,
    squeeze: bool,
    last: Option<char>,
    pending: Vec<u8>,
}

pub fn tr(argv: &[String], _: &mut Sys) -> Built {
    let args = Args::parse(argv, "cCdst", "", &[]);
    let [first, rest @ ..] = args.operands.as_slice() else {
        return Err(("missing operand\nTry 'tr --help' for more information.".to_string(), 1));
    };
    let to = rest.first().map_or_else(Vec::new, |text| set(text));
    let mut from = set(first);
    if args.has(&["t"]) {
        from.truncate(to.len());
    }
    let (complement, delete, squeeze) =
        (args.has(&["c", "C", "complement"]), args.has(&["d", "delete"]), args.has(&["s"]));
    if to.is_empty() && !delete && !squeeze {
        return Err((
            format!("missing operand after '{first}'\nTwo strings must be given when translating."),
            1,
        ));
    }
    let tr = Tr { from, to, complement, delete, squeeze, last: None, pending: Vec::new() };
    built(tr, Vec::new())
}

/// Characters, ranges and classes of `tr`.
fn set(text: &str) -> Vec<char> {
    let mut text = escapes::printf(text).0;
    for (class, members) in [
        ("[:upper:]", "A-Z"),
        ("[:lower:]", "a-z"),
        ("[:digit:]", "0-9"),
        ("[:alpha:]", "A-Za-z"),
        ("[:alnum:]", "A-Za-z0-9"),
        ("[:space:]", " \t\n\r\u{b}\u{c}"),
        ("[:blank:]", " \t"),
        ("[:print:]", " -~"),
        ("[:graph:]", "!-~"),
        ("[:cntrl:]", "\u{1}-\u{1f}"),
        ("[:xdigit:]", "0-9A-Fa-f"),
        ("[:punct:]", "!-/:-@\u{5b}-`{-~"),
    ] {
        text = text.replace(class, members);
    }
    let chars: Vec<char> = text.chars().collect();
    let mut result = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        match (chars.get(at + 1), chars.get(at + 2)) {
            (Some('-'), Some(&to)) if to >= chars[at] && result.len() < 10_000 => {
                result.extend(chars[at]..=to);
                at += 3;
            }
            _ => {
                result.push(chars[at]);
                at += 1;
            }
        }
    }
    result
}

impl Tr {
    fn change(&mut self, c: char, out: &mut Out) {
        let at = self.from.iter().position(|own| *own == c);
        let hit = at.is_some() != self.complement;
        if hit && self.delete {
            return;
        }
        let mut changed = c;
        if hit && !self.to.is_empty() && !self.delete {
            let index = if self.complement { usize::MAX } else { at.unwrap_or(0) };
            changed = self.to.get(index).or(self.to.last()).copied().unwrap_or(c);
        }
        let squeezes = self.squeeze
            && match (self.to.is_empty(), self.delete) {
                (true, _) => hit,
                (false, _) => self.to.contains(&changed),
            };
        if squeezes && self.last == Some(changed) {
            return;
        }
        self.last = Some(changed);
        out.text(changed.encode_utf8(&mut [0; 4]));
    }
}

impl LineFilter for Tr {
    fn line(&mut self, _: &str, _: &mut Out) -> Flow {
        Flow::On
    }
    fn bytes(&mut self, bytes: &[u8], out: &mut Out) -> Option<Flow> {
        self.pending.extend_from_slice(bytes);
        let whole = match std::str::from_utf8(&self.pending) {
            Ok(text) => text.len(),
            Err(error) if self.pending.len() - error.valid_up_to() < 4 => error.valid_up_to(),
            Err(_) => self.pending.len(),
        };
        let text: Vec<u8> = self.pending.drain(..whole).collect();
        for c in carried(&text).chars() {
            self.change(c, out);
        }
        Some(Flow::On)
    }
    fn end(&mut self, _: &mut Out) -> i32 {
        0
    }
    cloned!();
}

/// Long lines cut at a width.
#[derive(Clone, Debug)]
struct Fold {
    width: usize,
    spaces: bool,
}

pub fn fold(argv: &[String], _: &mut Sys) -> Built {
    let args = Args::parse(argv, "sb", "w", &["width"]);
    let width = args.value(&["w", "width"]).unwrap_or("80");
    let width = width.parse().ok().filter(|width: &usize| *width > 0);
    let width = width.ok_or_else(|| ("invalid number of columns".to_string(), 1))?;
    built(Fold { width, spaces: args.has(&["s", "spaces"]) }, args.operands)
}

impl LineFilter for Fold {
    fn line(&mut self, line: &str, out: &mut Out) -> Flow {
        let chars: Vec<char> = line.chars().collect();
        let mut rest = chars.as_slice();
        while rest.len() > self.width {
            let space = rest[..self.width].iter().rposition(|c| *c == ' ').filter(|_| self.spaces);
            let (piece, others) = rest.split_at(space.map_or(self.width, |at| at + 1));
            out.line(&piece.iter().collect::<String>());
            rest = others;
        }
        out.echo(&rest.iter().collect::<String>());
        Flow::On
    }
    fn end(&mut self, _: &mut Out) -> i32 {
        0
    }
    cloned!();
}
