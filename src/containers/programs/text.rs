//! cat, head, wc, uniq, rev, tac, tee, nl, shuf: small filters.

use super::args::Args;
use super::filter::{Flow, LineFilter, Out, Parsed, unknown};
use crate::base::Random;
use crate::containers::kernel::{Handle, Mode, Sys};

pub(super) type Built = Result<Parsed, (String, i32)>;

pub(super) fn built(filter: impl LineFilter + 'static, files: Vec<String>) -> Built {
    Ok(Parsed { filter: Box::new(filter), files })
}

macro_rules! cloned {
    () => {
        fn clone_box(&self) -> Box<dyn LineFilter> {
            Box::new(self.clone())
        }
    };
}
pub(super) use cloned;

#[derive(Clone, Debug)]
struct Cat {
    number: Option<(u64, bool)>,
    ends: bool,
    tabs: bool,
    squeezes: bool,
    empty: bool,
}

pub fn cat(argv: &[String], _: &mut Sys) -> Built {
    let args = Args::parse(argv, "nbsetuvATE", "", &[]);
    if let Some(option) = &args.unknown {
        return Err(unknown(option));
    }
    let number = args.has(&["n", "b", "number"]).then(|| (0, args.has(&["b"])));
    let (ends, tabs) = (args.has(&["A", "E", "e"]), args.has(&["A", "T", "t"]));
    let squeezes = args.has(&["s", "squeeze-blank"]);
    built(Cat { number, ends, tabs, squeezes, empty: false }, args.operands)
}

impl LineFilter for Cat {
    fn line(&mut self, line: &str, out: &mut Out) -> Flow {
        let follows_empty = std::mem::replace(&mut self.empty, line.is_empty());
        if self.squeezes && follows_empty && line.is_empty() {
            return Flow::On;
        }
        let mut line = line.to_string();
        if self.tabs {
            line = line.replace('\t', "^I");
        }
        if self.ends && out.newline {
            line.push('$');
        }
        let line = line.as_str();
        match &mut self.number {
            Some((_, true)) if line.is_empty() => out.echo(line),
            Some((count, _)) => {
                *count += 1;
                let text = format!("{count:>6}\t{line}");
                out.echo(&text);
            }
            None => out.echo(line),
        }
        Flow::On
    }
    fn bytes(&mut self, bytes: &[u8], out: &mut Out) -> Option<Flow> {
        let plain = self.number.is_none() && !self.ends && !self.tabs && !self.squeezes;
        plain.then(|| {
            out.bytes.extend_from_slice(bytes);
            Flow::On
        })
    }
    fn end(&mut self, _: &mut Out) -> i32 {
        0
    }
    cloned!();
}

#[derive(Clone, Debug)]
struct Head {
    bytes: bool,
    limit: i64,
    left: i64,
    /// With a negative limit: what may still turn out to be at the end.
    held: Vec<String>,
    several: bool,
    first: bool,
}

pub fn head(argv: &[String], _: &mut Sys) -> Built {
    let argv = old_count(argv);
    let args = Args::parse(&argv, "qv", "nc", &["lines", "bytes"]);
    if let Some(option) = &args.unknown {
        return Err(unknown(option));
    }
    let bytes = args.value(&["c", "bytes"]);
    let text = bytes.or(args.value(&["n", "lines"])).unwrap_or("10");
    let limit = count(text).ok_or_else(|| (format!("invalid number of lines: '{text}'"), 1))?;
    let several = args.operands.len() > 1 && !args.has(&["q"]);
    let head = Head { bytes: bytes.is_some(), limit, left: limit, held: Vec::new(), several, first: true };
    built(head, args.operands)
}

/// `-5` means `-n 5`.
pub fn old_count(argv: &[String]) -> Vec<String> {
    let mut argv = argv.to_vec();
    if let Some(first) = argv.get(1).and_then(|arg| arg.strip_prefix('-'))
        && first.starts_with(|c: char| c.is_ascii_digit())
    {
        let number = first.to_string();
        argv.splice(1..2, ["-n".to_string(), number]);
    }
    argv
}

/// `10`, `2k`, `1M`.
pub fn count(text: &str) -> Option<i64> {
    let (number, scale) = match text.strip_suffix(['k', 'K', 'M', 'G', 'b']) {
        Some(number) => (
            number,
            match &text[number.len()..] {
                "k" | "K" => 1 << 10,
                "M" => 1 << 20,
                "G" => 1 << 30,
                _ => 512,
            },
        ),
        None => (text, 1),
    };
    number.parse::<i64>().ok()?.checked_mul(scale)
}

impl LineFilter for Head {
    fn line(&mut self, line: &str, out: &mut Out) -> Flow {
        if self.limit < 0 {
            self.held.push(if out.newline { format!("{line}\n") } else { line.to_string() });
            if self.held.len() as i64 > -self.limit {
                let text = self.held.remove(0);
                out.text(&text);
            }
            return Flow::On;
        }
        if self.left > 0 {
            out.echo(line);
            self.left -= 1;
        }
        if self.left <= 0 && !self.several { Flow::Stop } else { Flow::On }
    }
    fn bytes(&mut self, bytes: &[u8], out: &mut Out) -> Option<Flow> {
        if !self.bytes {
            return (self.limit == 0 && !self.several).then_some(Flow::Stop);
        }
        let take = bytes.len().min(self.left.max(0) as usize);
        out.bytes.extend_from_slice(&bytes[..take]);
        self.left -= take as i64;
        Some(if self.left <= 0 && !self.several { Flow::Stop } else { Flow::On })
    }
    fn begin_file(&mut self, name: &str, out: &mut Out) {
        self.left = self.limit;
        if self.several {
            let gap = if std::mem::take(&mut self.first) { "" } else { "\n" };
            let name = if name.is_empty() { "standard input" } else { name };
            out.text(&format!("{gap}==> {name} <==\n"));
        }
    }
    fn end(&mut self, _: &mut Out) -> i32 {
        0
    }
    cloned!();
}

#[derive(Clone, Debug)]
struct Wc {
    /// Of lines, words, characters, bytes and the longest line.
    shown: [bool; 5],
    counts: [u64; 5],
    totals: [u64; 5],
    in_word: bool,
    line_length: u64,
    name: String,
    files: usize,
}

pub fn wc(argv: &[String], _: &mut Sys) -> Built {
    let args = Args::parse(argv, "lwcmL", "", &[]);
    if let Some(option) = &args.unknown {
        return Err(unknown(option));
    }
    let mut shown = [
        args.has(&["l", "lines"]),
        args.has(&["w", "words"]),
        args.has(&["m", "chars"]),
        args.has(&["c", "bytes"]),
        args.has(&["L"]),
    ];
    if shown == [false; 5] {
        shown = [true, true, false, true, false];
    }
    let files = args.operands.len();
    let wc = Wc {
        shown,
        counts: [0; 5],
        totals: [0; 5],
        in_word: false,
        line_length: 0,
        name: String::new(),
        files,
    };
    built(wc, args.operands)
}

impl Wc {
    fn show(&self, counts: [u64; 5], name: &str, out: &mut Out) {
        let shown: Vec<u64> = (0..5).filter(|at| self.shown[*at]).map(|at| counts[at]).collect();
        let alone = shown.len() == 1 && self.files <= 1;
        let width = match (alone, self.files) {
            (true, _) => 1,
            (false, 0) => 7,
            (false, _) => counts[3].max(self.totals[3]).to_string().len(),
        };
        let text: Vec<String> = shown.iter().map(|value| format!("{value:>width$}")).collect();
        let name = if name.is_empty() { String::new() } else { format!(" {name}") };
        out.line(&format!("{}{name}", text.join(" ")));
    }
}

impl LineFilter for Wc {
    fn line(&mut self, _: &str, _: &mut Out) -> Flow {
        Flow::On
    }
    fn bytes(&mut self, bytes: &[u8], _: &mut Out) -> Option<Flow> {
        for &byte in bytes {
            self.counts[3] += 1;
            // Bytes that only go on with a character.
            let begins = byte & 0xc0 != 0x80;
            self.counts[2] += u64::from(begins);
            let blank = byte.is_ascii_whitespace();
            self.counts[1] += u64::from(!blank && !self.in_word);
            self.in_word = !blank;
            if byte == b'\n' {
                self.counts[0] += 1;
                self.line_length = 0;
            } else {
                self.line_length += u64::from(begins);
                self.counts[4] = self.counts[4].max(self.line_length);
            }
        }
        Some(Flow::On)
    }
    fn begin_file(&mut self, name: &str, _: &mut Out) {
        self.name = name.to_string();
        self.counts = [0; 5];
        self.in_word = false;
    }
    fn end_file(&mut self, out: &mut Out) {
        for at in 0..5 {
            self.totals[at] += self.counts[at];
        }
        let name = self.name.clone();
        self.show(self.counts, &name, out);
    }
    fn end(&mut self, out: &mut Out) -> i32 {
        if self.files > 1 {
            self.show(self.totals, "total", out);
        }
        0
    }
    cloned!();
}

#[derive(Clone, Debug)]
struct Uniq {
    count: bool,
    only_repeated: bool,
    only_single: bool,
    ignore_case: bool,
    /// Fields at the beginning that do not count.
    skipped: usize,
    last: Option<(String, u64)>,
}

pub fn uniq(argv: &[String], _: &mut Sys) -> Built {
    let args = Args::parse(argv, "cdui", "fsw", &[]);
    if let Some(option) = &args.unknown {
        return Err(unknown(option));
    }
    let uniq = Uniq {
        count: args.has(&["c", "count"]),
        only_repeated: args.has(&["d"]),
        only_single: args.has(&["u"]),
        ignore_case: args.has(&["i"]),
        skipped: args.value(&["f"]).and_then(|text| text.parse().ok()).unwrap_or(0),
        last: None,
    };
    built(uniq, args.operands)
}

impl Uniq {
    fn show(&mut self, out: &mut Out) {
        let Some((line, count)) = self.last.take() else { return };
        if (self.only_repeated && count < 2) || (self.only_single && count > 1) {
            return;
        }
        match self.count {
            true => out.line(&format!("{count:>7} {line}")),
            false => out.line(&line),
        }
    }
}

impl LineFilter for Uniq {
    fn line(&mut self, line: &str, out: &mut Out) -> Flow {
        let counted = |line: &str| {
            let mut rest = line;
            for _ in 0..self.skipped {
                rest = rest.trim_start();
                rest = rest.find(char::is_whitespace).map_or("", |end| &rest[end..]);
            }
            if self.ignore_case { rest.to_lowercase() } else { rest.to_string() }
        };
        let same = |last: &str| counted(last) == counted(line);
        match &mut self.last {
            Some((last, count)) if same(last) => *count += 1,
            _ => {
                self.show(out);
                self.last = Some((line.to_string(), 1));
            }
        }
        Flow::On
    }
    fn end(&mut self, out: &mut Out) -> i32 {
        self.show(out);
        0
    }
    cloned!();
}

/// What a filter makes of all its lines at the end.
type OfAllLines = fn(Vec<String>, &mut Random) -> Vec<String>;

/// Filters that are one function of a line, or of all lines at the end.
#[derive(Clone, Debug)]
struct Simple {
    each: Option<fn(&str) -> String>,
    all: Option<OfAllLines>,
    lines: Vec<String>,
    random: Random,
}

fn simple(
    argv: &[String],
    sys: &mut Sys,
    each: Option<fn(&str) -> String>,
    all: Option<OfAllLines>,
) -> Built {
    let args = Args::parse(argv, "", "", &[]);
    let random = sys.kernel.random.fork();
    built(Simple { each, all, lines: Vec::new(), random }, args.operands)
}

pub fn rev(argv: &[String], sys: &mut Sys) -> Built {
    simple(argv, sys, Some(|line| line.chars().rev().collect()), None)
}

pub fn tac(argv: &[String], sys: &mut Sys) -> Built {
    simple(
        argv,
        sys,
        None,
        Some(|mut lines, _| {
            lines.reverse();
            lines
        }),
    )
}

pub fn shuf(argv: &[String], sys: &mut Sys) -> Built {
    let args = Args::parse(argv, "er", "nio", &[]);
    let mut lines = Vec::new();
    let mut files = args.operands.clone();
    if let Some((from, to)) = args.value(&["i"]).and_then(|text| text.split_once('-')) {
        let (from, to): (i64, i64) = (from.parse().unwrap_or(0), to.parse().unwrap_or(0));
        lines = (from..=to).take(1_000_000).map(|number| number.to_string()).collect();
        files = vec!["/dev/null".to_string()];
    } else if args.has(&["e"]) {
        lines = std::mem::replace(&mut files, vec!["/dev/null".to_string()]);
    }
    let take = args.value(&["n"]).and_then(|text| text.parse().ok()).unwrap_or(usize::MAX);
    let random = sys.kernel.random.fork();
    built(Shuf { lines, take, random }, files)
}

#[derive(Clone, Debug)]
struct Shuf {
    lines: Vec<String>,
    take: usize,
    random: Random,
}

impl LineFilter for Shuf {
    fn line(&mut self, line: &str, _: &mut Out) -> Flow {
        self.lines.push(line.to_string());
        Flow::On
    }
    fn end(&mut self, out: &mut Out) -> i32 {
        for at in (1..self.lines.len()).rev() {
            let other = self.random.below(at as u64 + 1) as usize;
            self.lines.swap(at, other);
        }
        self.lines.iter().take(self.take).for_each(|line| out.line(line));
        0
    }
    cloned!();
}

impl LineFilter for Simple {
    fn line(&mut self, line: &str, out: &mut Out) -> Flow {
        match self.each {
            Some(each) => out.echo(&each(line)),
            None => self.lines.push(line.to_string()),
        }
        Flow::On
    }
    fn end(&mut self, out: &mut Out) -> i32 {
        if let Some(all) = self.all {
            let lines = all(std::mem::take(&mut self.lines), &mut self.random);
            lines.iter().for_each(|line| out.line(line));
        }
        0
    }
    cloned!();
}

#[derive(Clone, Debug)]
struct Number {
    count: u64,
    all: bool,
    width: usize,
    separator: String,
}

pub fn nl(argv: &[String], _: &mut Sys) -> Built {
    let args = Args::parse(argv, "", "bnwsv", &[]);
    let width = args.value(&["w"]).and_then(|text| text.parse().ok()).unwrap_or(6);
    let separator = args.value(&["s"]).unwrap_or("\t").to_string();
    built(Number { count: 0, all: args.value(&["b"]) == Some("a"), width, separator }, args.operands)
}

impl LineFilter for Number {
    fn line(&mut self, line: &str, out: &mut Out) -> Flow {
        if line.is_empty() && !self.all {
            out.line(&" ".repeat(self.width + self.separator.chars().count()));
        } else {
            self.count += 1;
            let text = format!("{:>width$}{}{line}", self.count, self.separator, width = self.width);
            out.line(&text);
        }
        Flow::On
    }
    fn end(&mut self, _: &mut Out) -> i32 {
        0
    }
    cloned!();
}

/// `tee`: the files are opened as descriptors of the task; the filter notes what to write, the program writes it.
pub fn open_tee(sys: &mut Sys, argv: &[String]) -> Result<Vec<Handle>, String> {
    let args = Args::parse(argv, "aip", "", &[]);
    let mode = if args.has(&["a", "append"]) { Mode::Append } else { Mode::Write };
    args.operands
        .iter()
        .map(|path| sys.open(path, mode).map_err(|error| format!("tee: {path}: {error}\n")))
        .collect()
}
