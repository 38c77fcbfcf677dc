//! `read`.

use crate::base::{Duration, Time, carried, sorted};
use crate::containers::kernel::{Read, Step, Sys};
use crate::containers::shell::Interpreter;
use crate::containers::shell::frames::Frame;
use crate::containers::shell::state::{Content, Key, Variable};

/// A line being read.
#[derive(Clone, Debug, Default)]
pub struct ReadLine {
    names: Vec<String>,
    raw: bool,
    /// What ends the line: `-d`.
    delimiter: u8,
    fd: u32,
    deadline: Option<Time>,
    /// `-n`: this many characters are enough.
    count: Option<usize>,
    array: bool,
    /// `mapfile`: every line becomes an element, with `-t` without its newline.
    lines: Option<Lines>,
    line: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
struct Lines {
    trimmed: bool,
    at_most: usize,
}

/// `mapfile` and `readarray`: all lines of the input.
pub fn start_lines(shell: &mut Interpreter, args: &[String]) -> Option<i32> {
    let mut lines = Lines { trimmed: false, at_most: usize::MAX };
    let mut read = ReadLine { lines: None, ..ReadLine::default() };
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        match arg.as_str() {
            "-t" => lines.trimmed = true,
            "-n" => lines.at_most = rest.next().and_then(|text| text.parse().ok()).unwrap_or(usize::MAX),
            "-u" => read.fd = rest.next().and_then(|text| text.parse().ok()).unwrap_or(0),
            "-d" | "-O" | "-s" | "-C" | "-c" => drop(rest.next()),
            name => read.names = vec![name.to_string()],
        }
    }
    if read.names.is_empty() {
        read.names.push("MAPFILE".to_string());
    }
    read.lines = Some(lines);
    shell.frames.push(Frame::Read(Box::new(read)));
    None
}

const MAX_LINE_BYTES: usize = 1 << 20;

pub fn start(shell: &mut Interpreter, sys: &mut Sys, args: &[String]) -> Option<i32> {
    let mut read = ReadLine { delimiter: b'\n', ..ReadLine::default() };
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        let Some(flags) = arg.strip_prefix('-').filter(|flags| !flags.is_empty()) else {
            read.names.push(arg.clone());
            continue;
        };
        let mut letters = flags.chars();
        while let Some(flag) = letters.next() {
            // The value may stand in the same word.
            let glued = letters.as_str();
            let mut value = || match glued {
                "" => rest.next().cloned().unwrap_or_default(),
                glued => glued.to_string(),
            };
            match flag {
                'r' => read.raw = true,
                'a' => read.array = true,
                'p' => {
                    sys.err(&value());
                }
                't' => {
                    let seconds: f64 = value().parse().unwrap_or(0.0);
                    read.deadline = Some(sys.now() + Duration::from_millis((seconds * 1000.0) as i64));
                }
                'n' | 'N' => read.count = value().parse().ok(),
                'u' => read.fd = value().parse().unwrap_or(0),
                'd' => read.delimiter = value().bytes().next().unwrap_or(0),
                _ => {}
            }
            if "ptnNud".contains(flag) {
                break;
            }
        }
    }
    shell.frames.push(Frame::Read(Box::new(read)));
    None
}

impl Interpreter {
    pub(in crate::containers::shell) fn read_on(&mut self, sys: &mut Sys, mut read: Box<ReadLine>) -> Step {
        let limit = read.count.map_or(usize::MAX, |count| count.saturating_sub(read.line.len()).max(1));
        match sys.read_some(read.fd, limit) {
            Read::Data(bytes) if read.lines.is_some() && read.line.len() <= MAX_LINE_BYTES => {
                read.line.extend_from_slice(&bytes);
                self.frames.push(Frame::Read(read));
                Step::Continue
            }
            Read::Data(bytes) => {
                let end = line_end(&read, &bytes);
                let taken = end.map_or(bytes.len(), |end| end + 1);
                read.line.extend_from_slice(&bytes[..taken]);
                sys.unread(read.fd, &bytes[taken..]);
                let enough = read.count.is_some_and(|count| read.line.len() >= count);
                if end.is_some() || enough || read.line.len() > MAX_LINE_BYTES {
                    self.finish_read(sys, *read, 0);
                } else {
                    self.frames.push(Frame::Read(read));
                }
                Step::Continue
            }
            Read::Wait => match read.deadline {
                Some(deadline) if deadline <= sys.now() => {
                    self.finish_read(sys, *read, 142);
                    Step::Continue
                }
                deadline => {
                    let fd = read.fd;
                    self.frames.push(Frame::Read(read));
                    deadline.map_or(Step::Read(fd), Step::WaitUntil)
                }
            },
            Read::End | Read::Error(_) => {
                match read.lines {
                    Some(lines) => self.finish_lines(&read, lines),
                    None => self.finish_read(sys, *read, 1),
                }
                Step::Continue
            }
        }
    }

    fn finish_lines(&mut self, read: &ReadLine, lines: Lines) {
        let text = carried(&read.line).into_owned();
        let name = &read.names[0];
        let trimmed = |line: &str| match lines.trimmed {
            true => line.strip_suffix('\n').unwrap_or(line).to_string(),
            false => line.to_string(),
        };
        let items = sorted::collect((0..).zip(text.split_inclusive('\n').take(lines.at_most).map(trimmed)));
        let variable = Variable { content: Content::Array(items), ..Variable::default() };
        *self.state.variable_mut(name) = variable;
        self.completed(0);
    }

    fn finish_read(&mut self, sys: &mut Sys, read: ReadLine, status: i32) {
        let text = carried(&read.line).into_owned();
        let text = text.strip_suffix(char::from(read.delimiter)).unwrap_or(&text);
        let chars = unescape(text, read.raw);
        let ifs = self.state.get("IFS").unwrap_or(" \t\n").to_string();
        if read.array {
            let name = read.names.first().cloned().unwrap_or_else(|| "REPLY".to_string());
            let items = split(&chars, &ifs, usize::MAX);
            self.state.variable_mut(&name).content = Content::Unset;
            for (at, item) in items.into_iter().enumerate() {
                let _ = self.state.set_at(&name, Some(Key::At(at as i64)), item);
            }
        } else if read.names.is_empty() {
            let line: String = chars.iter().map(|c| c.0).collect();
            let _ = self.state.set("REPLY", line);
        } else {
            let mut items = split(&chars, &ifs, read.names.len()).into_iter();
            for name in &read.names {
                if !self.state.set(name, items.next().unwrap_or_default()) {
                    self.report_readonly(sys, name);
                }
            }
        }
        self.completed(status);
    }
}

/// Where the line ends in these bytes; a backslash before the newline joins lines.
fn line_end(read: &ReadLine, bytes: &[u8]) -> Option<usize> {
    let mut escaped = !read.raw && read.line.iter().rev().take_while(|b| **b == b'\\').count() % 2 == 1;
    for (at, &byte) in bytes.iter().enumerate() {
        if byte == read.delimiter && !escaped {
            return Some(at);
        }
        escaped = byte == b'\\' && !escaped && !read.raw;
    }
    None
}

/// The characters and whether a backslash protects them.
fn unescape(text: &str, raw: bool) -> Vec<(char, bool)> {
    let mut result = Vec::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' if !raw => match chars.next() {
                Some('\n') | None => {}
                Some(c) => result.push((c, true)),
            },
            c => result.push((c, false)),
        }
    }
    result
}

/// At most `count` fields; the last one keeps its separators inside.
fn split(chars: &[(char, bool)], ifs: &str, count: usize) -> Vec<String> {
    let blank = |c: &(char, bool)| !c.1 && ifs.contains(c.0) && c.0.is_whitespace();
    let separates = |c: &(char, bool)| !c.1 && ifs.contains(c.0);
    let mut fields = Vec::new();
    let mut at = chars.iter().take_while(|c| blank(c)).count();
    while at < chars.len() {
        if fields.len() + 1 == count {
            let end = chars.len() - chars[at..].iter().rev().take_while(|c| blank(c)).count();
            let mut rest = &chars[at..end];
            // One separator at the very end belongs to the field before it.
            if let Some((last, others)) = rest.split_last()
                && separates(last)
                && !others.iter().any(separates)
            {
                rest = others;
            }
            fields.push(rest.iter().map(|c| c.0).collect());
            break;
        }
        let length = chars[at..].iter().take_while(|c| !separates(c)).count();
        fields.push(chars[at..at + length].iter().map(|c| c.0).collect());
        at += length;
        at += chars[at..].iter().take_while(|c| blank(c)).count();
        if chars.get(at).is_some_and(&separates) {
            at += 1;
            at += chars[at..].iter().take_while(|c| blank(c)).count();
        }
    }
    fields
}
