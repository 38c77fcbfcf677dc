//! Scalars of YAML: which style a text needs and how each style is written.
// Models goyaml.v2 encode.go stringv and emitterc.go (analyze_scalar, select_scalar_style, write_*_scalar)

#![allow(
    clippy::single_char_add_str,
    reason = "a small build encodes each character that is pushed; a text is only copied"
)]

use super::yaml::{push_line, push_spaces};
use super::yaml_resolve::{is_api_time, reads_as_string};

/// Lines longer than this are folded at the next space.
const WIDTH: usize = 80;

/// Where a scalar stands: continuation lines are indented by `indent`; a key is never folded.
#[derive(Clone, Copy)]
pub struct Context {
    pub indent: usize,
    pub key: bool,
}

#[derive(Default)]
struct Analysis {
    multiline: bool,
    plain: bool,
    single_quoted: bool,
    block: bool,
}

pub fn write_scalar(out: &mut String, text: &str, context: Context) {
    if is_api_time(text.as_bytes()) {
        return quoted(out, text);
    }
    let simple = simple(text);
    let is_string = reads_as_string(text);
    match simple {
        Some(Simple::Word) if is_string => return out.push_str(text),
        Some(Simple::Words) if is_string && (context.key || column(out) + text.len() <= WIDTH) => {
            return out.push_str(text);
        }
        _ => {}
    }
    let has_lines = text.contains('\n');
    if !has_lines && !is_string {
        return double_quoted(out, text, context);
    }
    let analysis = analyze(text);
    if has_lines && analysis.block && !context.key {
        return literal(out, text, context.indent);
    }
    if has_lines {
        return double_quoted(out, text, context);
    }
    match () {
        () if analysis.plain && !(analysis.multiline && context.key) => plain(out, text, context),
        () if analysis.single_quoted => single_quoted(out, text, context),
        () => double_quoted(out, text, context),
    }
}

/// A text that can only be plain: most keys and values. Nothing in it is an indicator, whatever stands around.
enum Simple {
    Word,
    /// With spaces, at which it is folded where it does not fit the line.
    Words,
}

fn simple(text: &str) -> Option<Simple> {
    let bytes = text.as_bytes();
    let (first, last) = (bytes.first()?, bytes.last()?);
    let (mut every, mut any) = (GRAPHIC, 0);
    for byte in bytes {
        let class = CLASSES[*byte as usize];
        every &= class;
        any |= class;
    }
    if every & GRAPHIC == 0 || !first.is_ascii_alphanumeric() || matches!(last, b':' | b' ') {
        return None;
    }
    if any & SPACE == 0 {
        return Some(Simple::Word);
    }
    let indicates = bytes.windows(2).any(|pair| pair == b": " || pair == b" #");
    (!indicates).then_some(Simple::Words)
}

const GRAPHIC: u8 = 1;
const SPACE: u8 = 2;

/// What each byte is: a table, because listings are megabytes long. The visible characters of ASCII are graphic, and so
/// is the space.
const CLASSES: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = b' ' as usize;
    while byte <= b'~' as usize {
        table[byte] = GRAPHIC;
        byte += 1;
    }
    table[b' ' as usize] |= SPACE;
    table
};

fn is_printable(c: char) -> bool {
    // The emitter knows no characters outside the basic plane.
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn analyze(text: &str) -> Analysis {
    if text.is_empty() {
        return Analysis { multiline: false, plain: true, single_quoted: true, block: false };
    }
    let characters: Vec<char> = text.chars().collect();
    let is_blank = |at: usize| characters.get(at).is_none_or(|&c| c == ' ' || c == '\t' || is_break(c));
    let mut indicators = text.starts_with("---") || text.starts_with("...");
    let (mut special, mut line_breaks, mut space_break, mut break_space) = (false, false, false, false);
    for (at, &c) in characters.iter().enumerate() {
        let followed = is_blank(at + 1);
        indicators |= match c {
            '#' if at > 0 => is_blank(at - 1),
            '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@'
            | '`' => at == 0,
            '?' | '-' => at == 0 && followed,
            ':' => followed,
            _ => false,
        };
        special |= !is_printable(c);
        let before = at.checked_sub(1).map(|at| characters[at]);
        if c == ' ' {
            break_space |= before.is_some_and(is_break);
        } else if is_break(c) {
            line_breaks = true;
            space_break |= before == Some(' ');
        }
    }
    let edge = |c: Option<&char>| c.is_some_and(|&c| c == ' ' || is_break(c));
    let edges = edge(characters.first()) || edge(characters.last());
    let broken = space_break || special;
    Analysis {
        multiline: line_breaks,
        plain: !(edges || break_space || broken || line_breaks || indicators),
        single_quoted: !(break_space || broken),
        block: !(broken || characters.last() == Some(&' ')),
    }
}

fn column(out: &str) -> usize {
    let line =
        &out.as_bytes()[out.as_bytes().iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1)..];
    // Bytes that continue a character do not count.
    line.iter().filter(|byte| (**byte as i8) >= -64).count()
}

fn fold(out: &mut String, indent: usize) {
    push_line(out, indent);
}

fn plain(out: &mut String, text: &str, context: Context) {
    let mut position = column(out);
    let mut spaces = false;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c == ' ' && !context.key && !spaces && position > WIDTH && rest.peek() != Some(&' ') {
            fold(out, context.indent);
            position = context.indent;
        } else {
            out.push(c);
            position += 1;
        }
        spaces = c == ' ';
    }
}

fn single_quoted(out: &mut String, text: &str, context: Context) {
    out.push('\'');
    let mut position = column(out);
    let mut spaces = false;
    let mut rest = text.chars().enumerate().peekable();
    while let Some((at, c)) = rest.next() {
        let next = rest.peek().map(|(_, c)| *c);
        let foldable = at > 0 && next.is_some_and(|c| c != ' ');
        if c == ' ' && !context.key && !spaces && position > WIDTH && foldable {
            fold(out, context.indent);
            position = context.indent;
        } else {
            out.push(c);
            position += 1;
            if c == '\'' {
                out.push(c);
                position += 1;
            }
        }
        spaces = c == ' ';
    }
    out.push('\'');
}

fn double_quoted(out: &mut String, text: &str, context: Context) {
    if text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\')) {
        return quoted(out, text);
    }
    out.push_str("\"");
    let mut spaces = false;
    let mut position = column(out);
    let mut rest = text.chars().enumerate().peekable();
    while let Some((at, c)) = rest.next() {
        let next = rest.peek().map(|(_, c)| *c);
        if c == ' ' && !context.key && !spaces && position > WIDTH && at > 0 && next.is_some() {
            fold(out, context.indent);
            position = context.indent;
            if next == Some(' ') {
                out.push('\\');
                position += 1;
            }
        } else {
            let before = out.len();
            escape(out, c);
            position += out[before..].chars().count();
        }
        spaces = c == ' ';
    }
    out.push_str("\"");
}

fn quoted(out: &mut String, text: &str) {
    out.push_str("\"");
    out.push_str(text);
    out.push_str("\"");
}

fn escape(out: &mut String, c: char) {
    let short = match c {
        '\0' => Some('0'),
        '\u{7}' => Some('a'),
        '\u{8}' => Some('b'),
        '\t' => Some('t'),
        '\n' => Some('n'),
        '\u{b}' => Some('v'),
        '\u{c}' => Some('f'),
        '\r' => Some('r'),
        '\u{1b}' => Some('e'),
        '"' | '\\' => Some(c),
        '\u{85}' => Some('N'),
        '\u{2028}' => Some('L'),
        '\u{2029}' => Some('P'),
        _ => None,
    };
    if let Some(letter) = short {
        out.push('\\');
        out.push(letter);
    } else if is_printable(c) {
        out.push(c);
    } else {
        let code = c as u32;
        out.push_str(&match code {
            0..=0xff => format!("\\x{code:02X}"),
            0x100..=0xffff => format!("\\u{code:04X}"),
            _ => format!("\\U{code:08X}"),
        });
    }
}

fn literal(out: &mut String, text: &str, indent: usize) {
    out.push('|');
    if text.starts_with([' ', '\n']) {
        out.push('2');
    }
    if !text.ends_with('\n') {
        out.push('-');
    } else if text.ends_with("\n\n") || text == "\n" {
        out.push('+');
    }
    let body = text.strip_suffix('\n').unwrap_or(text);
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            push_spaces(out, indent);
            out.push_str(line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let mut out = String::new();
        write_scalar(&mut out, text, Context { indent: 2, key: false });
        assert_eq!(out, expected, "{text:?}");
    }

    #[test]
    fn the_short_way_agrees_with_the_analysis() {
        let letters = ["a", "1", " ", "#", ":", "-", "'", ",", "é", "\t"];
        let mut texts = vec![String::new()];
        for _ in 0..4 {
            let longer = texts.iter().flat_map(|text| letters.map(|letter| format!("{text}{letter}")));
            texts.extend(longer.collect::<Vec<_>>());
        }
        let simple_texts: Vec<&String> = texts.iter().filter(|text| simple(text).is_some()).collect();
        assert!(simple_texts.len() > 100);
        for text in simple_texts {
            let analysis = analyze(text);
            assert!(analysis.plain && !analysis.multiline, "{text:?}");
        }
    }

    #[test]
    fn texts_that_read_as_something_else_are_quoted() {
        for text in [
            "",
            "true",
            "yes",
            "n",
            "on",
            "1",
            "0x1f",
            "1.5",
            "1e3",
            "1:30",
            "~",
            "null",
            "2026-11-23",
            ".5",
            "010",
        ] {
            check(text, &format!("\"{text}\""));
        }
        for text in [
            "echo hello; sleep 2",
            "busybox:1.36",
            "100m",
            "v1",
            "a: b".trim_end_matches(" b"),
            "0 3 * * *",
            "1.2.3",
            "-c",
        ] {
            if text != "a:" {
                check(text, text);
            }
        }
    }

    #[test]
    fn indicators_are_quoted_singly() {
        for text in
            ["*/5 * * * *", "{\"a\":1}", "- a", "a: b", "a #b", "@x", " lead", "trail ", "!x", "'q'", "a:"]
        {
            check(text, &format!("'{}'", text.replace('\'', "''")));
        }
        check("a\tb", "\"a\\tb\"");
        check("\u{1f600}", "\"\\U0001F600\"");
        check("привет", "привет");
    }

    #[test]
    fn several_lines_are_a_block() {
        check("a\n", "|\n  a");
        check("a\nb", "|-\n  a\n  b");
        check("a\n\nb\n\n", "|+\n  a\n\n  b\n");
        check(" a\n", "|2\n   a");
        check("a \nb", "\"a \\nb\"");
    }

    #[test]
    fn long_lines_fold_at_the_first_space_beyond_the_width() {
        let text = format!("{} tail", "x".repeat(81));
        check(&text, &format!("{}\n  tail", "x".repeat(81)));
        let text = format!("{} tail", "x".repeat(80));
        check(&text, &text);
    }
}
