//! grep.

use super::args::Args;
use super::filter::{Flow, LineFilter, Out, Parsed};
use super::regex::{Captures, Matches, Regex};
use super::text::cloned;
use crate::containers::kernel::Sys;

#[derive(Clone, Debug)]
struct Grep {
    patterns: Vec<Regex>,
    invert: bool,
    count: bool,
    quiet: bool,
    only_match: bool,
    number: bool,
    names: bool,
    /// `-l` lists the files with a match, `-L` those without.
    list: Option<bool>,
    whole_line: bool,
    word: bool,
    limit: u64,
    after: u64,
    before: usize,
    /// Lines seen and lines selected in this file.
    at: u64,
    selected: u64,
    any: bool,
    show_until: u64,
    recent: Vec<(u64, String)>,
    file: String,
}

pub fn grep(argv: &[String], sys: &mut Sys) -> Result<Parsed, (String, i32)> {
    let long = ["regexp", "max-count", "after-context", "before-context", "context", "color"];
    let args = Args::parse(argv, "EFGPivcqonHhlLwxsraRIyb", "emABCf", &long);
    let plain_name = argv[0].rsplit('/').next().unwrap_or("");
    let usage = || {
        ("usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.".to_string(), 2)
    };
    if let Some(option) = &args.unknown {
        return Err((format!("invalid option -- '{option}'"), 2));
    }
    let mut files = args.operands.clone();
    let mut texts: Vec<String> = args.values(&["e", "regexp"]).iter().map(|text| text.to_string()).collect();
    for file in args.values(&["f", "file"]) {
        let text = sys.read_whole(file).map_err(|error| (format!("{file}: {error}"), 2))?;
        texts.extend(text.lines().map(String::from));
    }
    if texts.is_empty() {
        if files.is_empty() {
            return Err(usage());
        }
        texts = files.remove(0).split('\n').map(String::from).collect();
    }
    let recursive = args.has(&["r", "R", "recursive"]);
    if recursive {
        files = files_below(sys, if files.is_empty() { vec![".".to_string()] } else { files });
    }
    let extended = args.has(&["E", "P", "extended-regexp"]) || plain_name == "egrep";
    let fixed = args.has(&["F", "fixed-strings"]) || plain_name == "fgrep";
    let ignore_case = args.has(&["i", "y", "ignore-case"]);
    let mut patterns = Vec::new();
    for text in &texts {
        let text = if fixed { escaped(text) } else { text.clone() };
        patterns.push(Regex::new(&text, extended || fixed, ignore_case).map_err(|error| (error, 2))?);
    }
    let number = |names: &[&str]| args.value(names).and_then(|text| text.parse::<u64>().ok());
    let around = number(&["C", "context"]).unwrap_or(0);
    let grep = Grep {
        patterns,
        invert: args.has(&["v", "invert-match"]),
        count: args.has(&["c", "count"]),
        quiet: args.has(&["q", "quiet", "silent"]),
        only_match: args.has(&["o", "only-matching"]),
        number: args.has(&["n", "line-number"]),
        names: ((files.len() > 1 || recursive) && !args.has(&["h"])) || args.has(&["H"]),
        list: args.has(&["l", "files-with-matches"]).then_some(true).or(args.has(&["L"]).then_some(false)),
        whole_line: args.has(&["x", "line-regexp"]),
        word: args.has(&["w", "word-regexp"]),
        limit: number(&["m", "max-count"]).unwrap_or(u64::MAX),
        after: number(&["A", "after-context"]).unwrap_or(around),
        before: number(&["B", "before-context"]).unwrap_or(around) as usize,
        at: 0,
        selected: 0,
        any: false,
        show_until: 0,
        recent: Vec::new(),
        file: String::new(),
    };
    Ok(Parsed { filter: Box::new(grep), files })
}

/// The files in folders and below them, in the order of their names.
fn files_below(sys: &Sys, roots: Vec<String>) -> Vec<String> {
    let mut files = Vec::new();
    let mut open: Vec<String> = roots.into_iter().rev().collect();
    while let Some(path) = open.pop() {
        match sys.kernel.files.list(&sys.path(&path)) {
            Ok(names) => {
                let base = path.trim_end_matches('/');
                open.extend(names.iter().rev().map(|name| format!("{base}/{name}")));
            }
            Err(_) => files.push(path),
        }
    }
    files
}

fn escaped(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_alphanumeric() || c == ' ' { c.to_string() } else { format!("\\{c}") })
        .collect()
}

impl Grep {
    /// The first match of any pattern from an offset on.
    fn find(&self, line: &str, from: usize) -> Option<Captures> {
        let found = self.patterns.iter().filter_map(|regex| self.find_one(regex, line, from));
        let first = found.min_by_key(|(start, end)| (*start, usize::MAX - end))?;
        Some(vec![Some(first)])
    }

    fn find_one(&self, regex: &Regex, line: &str, mut from: usize) -> Option<(usize, usize)> {
        loop {
            let (start, end) = regex.find_at(line, from)?[0]?;
            let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
            let apart = !self.word
                || (!word(line[..start].chars().next_back())
                    && !word(line[end..].chars().next())
                    && end > start);
            if apart && (!self.whole_line || (start == 0 && end == line.len())) {
                return Some((start, end));
            }
            from = start + line[start..].chars().next()?.len_utf8();
        }
    }

    fn show(&self, at: u64, line: &str, mark: char, out: &mut Out) {
        let name = if self.names { format!("{}{mark}", self.file) } else { String::new() };
        let number = if self.number { format!("{at}{mark}") } else { String::new() };
        out.line(&format!("{name}{number}{line}"));
    }
}

impl LineFilter for Grep {
    fn line(&mut self, line: &str, out: &mut Out) -> Flow {
        self.at += 1;
        let found = self.find(line, 0);
        if found.is_some() == self.invert || self.selected >= self.limit {
            if self.at <= self.show_until {
                self.show(self.at, line, '-', out);
            } else if self.before > 0 {
                self.recent.push((self.at, line.to_string()));
                if self.recent.len() > self.before {
                    self.recent.remove(0);
                }
            }
            return Flow::On;
        }
        self.any = true;
        self.selected += 1;
        if self.quiet {
            return Flow::Stop;
        }
        if self.count || self.list.is_some() {
            return Flow::On;
        }
        for (at, line) in std::mem::take(&mut self.recent) {
            self.show(at, &line, '-', out);
        }
        self.show_until = self.at + self.after;
        if self.only_match && !self.invert {
            let found = Matches::new(line, Box::new(|from| self.find(line, from)));
            for (start, end) in found.filter_map(|found| found[0]).filter(|(start, end)| start < end) {
                self.show(self.at, &line[start..end], ':', out);
            }
        } else {
            self.show(self.at, line, ':', out);
        }
        let enough = self.selected >= self.limit && self.after == 0 && !self.names;
        if enough { Flow::Stop } else { Flow::On }
    }

    fn begin_file(&mut self, name: &str, _: &mut Out) {
        self.file = if name.is_empty() { "(standard input)".to_string() } else { name.to_string() };
        self.at = 0;
        self.selected = 0;
        self.show_until = 0;
    }

    fn end_file(&mut self, out: &mut Out) {
        if let Some(with) = self.list {
            if (self.selected > 0) == with {
                out.line(&self.file.clone());
            }
        } else if self.count && !self.quiet {
            let name = if self.names { format!("{}:", self.file) } else { String::new() };
            out.line(&format!("{name}{}", self.selected));
        }
    }

    fn end(&mut self, out: &mut Out) -> i32 {
        if self.count && !self.quiet && self.selected >= self.limit && self.limit < u64::MAX {
            out.text("");
        }
        i32::from(!self.any)
    }

    cloned!();
}
