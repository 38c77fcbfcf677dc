//! sed: its usual commands, with addresses, groups, branches, the hold space and `-i`.

mod parser;

use super::args::Args;
use super::filter::{Flow, LineFilter, Out, Parsed};
use super::regex::Regex;
use super::text::cloned;
use crate::containers::kernel::Sys;
use parser::Parser;

#[derive(Clone, Debug)]
enum Address {
    Line(u64),
    /// `first~step`
    Every(u64, u64),
    /// `+count`, as the end of a range.
    After(u64),
    Last,
    Match(Regex),
}

#[derive(Clone, Debug)]
enum Action {
    Substitute {
        regex: Regex,
        to: Vec<Piece>,
        global: bool,
        print: bool,
        which: usize,
    },
    /// Commands that are a letter.
    Plain(char),
    /// `a`, `i`, `c` and their text.
    Lines(char, String),
    Quit {
        prints: bool,
        code: i32,
    },
    Translate(Vec<char>, Vec<char>),
    /// `{`: where it does not apply, the script goes on behind its end.
    Group(usize),
    /// `b`, `t`, `T`
    Branch {
        letter: char,
        label: String,
        to: usize,
    },
}

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Group(usize),
    /// `\U`, `\L`, `\u`, `\l`, `\E`
    Case(char),
}

#[derive(Clone, Debug)]
struct Command {
    from: Option<Address>,
    to: Option<Address>,
    negated: bool,
    action: Action,
    /// Inside a range: the line that ends it, if it is known.
    active_until: Option<u64>,
}

/// What the script does to one line, or to several that `N` joins.
#[derive(Clone, Debug, Default)]
struct Cycle {
    space: String,
    newline: bool,
    /// The command that comes next.
    next: usize,
    /// Lines that `a` puts behind.
    after: String,
    substituted: bool,
    /// Waits for another line, which is joined to this one.
    joins: bool,
}

#[derive(Clone, Debug)]
struct Sed {
    commands: Vec<Command>,
    quiet: bool,
    at: u64,
    /// The line at hand waits until it is known whether it is the last.
    held: Option<(String, bool)>,
    /// `n` or `N` waits for the next line.
    cycle: Option<Cycle>,
    hold: String,
    quit: Option<i32>,
}

/// Commands that one line may cost: a script that branches without end is given up.
const STEPS_MAX: usize = 100_000;

pub fn sed(argv: &[String], sys: &mut Sys) -> Result<Parsed, (String, i32)> {
    // The suffix of `-i` stands in the same word.
    let mut suffix = String::new();
    let mut argv = argv.to_vec();
    for arg in &mut argv {
        let rest = arg.strip_prefix("-i").or_else(|| arg.strip_prefix("--in-place="));
        if let Some(rest) = rest.filter(|rest| !rest.is_empty()) {
            suffix = rest.to_string();
            *arg = "-i".to_string();
        }
    }
    let args = Args::parse(&argv, "nErisuz", "ef", &["expression", "file"]);
    let mut files = args.operands.clone();
    let mut scripts: Vec<String> = Vec::new();
    for (name, value) in args.options() {
        let value = value.as_deref().unwrap_or("");
        match name.as_str() {
            "e" | "expression" => scripts.push(value.to_string()),
            "f" | "file" => {
                let text = sys.read_whole(value);
                scripts.push(text.map_err(|error| (format!("couldn't open file {value}: {error}"), 1))?);
            }
            _ => {}
        }
    }
    if scripts.is_empty() {
        if files.is_empty() {
            return Err(("no script specified".to_string(), 1));
        }
        scripts.push(files.remove(0));
    }
    let script: Vec<char> = scripts.join("\n").chars().collect();
    let mut parser = Parser { script: &script, at: 0, extended: args.has(&["E", "r", "regexp-extended"]) };
    let commands = parser
        .commands()
        .map_err(|error| (format!("-e expression #1, char {}: {error}", parser.at.max(1)), 1))?;
    let quiet = args.has(&["n", "quiet", "silent"]);
    let sed = Sed { commands, quiet, at: 0, held: None, cycle: None, hold: String::new(), quit: None };
    if args.has(&["i", "in-place"]) {
        files = sed.in_place(sys, &files, &suffix).map_err(|error| (error, 4))?;
    }
    Ok(Parsed { filter: Box::new(sed), files })
}

/// The text with matches replaced, if there were any.
fn replaced(line: &str, regex: &Regex, to: &[Piece], global: bool, which: usize) -> Option<String> {
    let mut result = String::new();
    let mut kept = 0;
    let most = if global { usize::MAX } else { 1 };
    let mut changed = false;
    for captures in regex.matches(line).skip(which.saturating_sub(1)).take(most) {
        let Some((start, end)) = captures[0] else { break };
        result.push_str(&line[kept..start]);
        insert(&mut result, line, to, &captures);
        (kept, changed) = (end, true);
    }
    result.push_str(&line[kept..]);
    changed.then_some(result)
}

/// What a match becomes.
fn insert(result: &mut String, line: &str, to: &[Piece], captures: &[Option<(usize, usize)>]) {
    let (mut all, mut first) = ('E', None);
    for piece in to {
        let text = match piece {
            Piece::Text(text) => text,
            Piece::Group(group) => match captures.get(*group) {
                Some(Some((from, to))) => &line[*from..*to],
                _ => continue,
            },
            Piece::Case(letter @ ('u' | 'l')) => {
                first = Some(*letter);
                continue;
            }
            Piece::Case(letter) => {
                all = *letter;
                continue;
            }
        };
        for c in text.chars() {
            match first.take().unwrap_or(all) {
                'U' | 'u' => result.extend(c.to_uppercase()),
                'L' | 'l' => result.extend(c.to_lowercase()),
                _ => result.push(c),
            }
        }
    }
}

impl Command {
    fn applies(&mut self, at: u64, line: &str, last: bool) -> bool {
        let hits = |address: &Address| match address {
            Address::Line(number) => *number == at,
            Address::Every(first, 0) => at == *first,
            Address::Every(first, step) => at >= *first && (at - first).is_multiple_of(*step),
            Address::After(_) => false,
            Address::Last => last,
            Address::Match(regex) => regex.find(line).is_some(),
        };
        let hit = match (&self.from, &self.to) {
            (None, _) => true,
            (Some(from), None) => hits(from),
            (Some(_), Some(to)) if self.active_until.is_some() => {
                let until = self.active_until.unwrap_or(u64::MAX);
                if hits(to) || at >= until {
                    self.active_until = None;
                }
                // A line that ends the range and is behind already is none of it.
                at <= until
            }
            (Some(from), Some(to)) => {
                // Line 0 is before the first: a pattern may end the range at once.
                let early = matches!(from, Address::Line(0)) && at == 1;
                let begins = hits(from) || early;
                let until = match to {
                    Address::Line(number) => *number,
                    Address::After(count) => at + count,
                    _ => u64::MAX,
                };
                if begins && until > at && !(last && matches!(to, Address::Last)) && !(early && hits(to)) {
                    self.active_until = Some(until);
                }
                begins
            }
        };
        hit != self.negated
    }
}

impl Sed {
    /// Rewrites the files; those that are not there are left to be complained about.
    fn in_place(&self, sys: &mut Sys, files: &[String], suffix: &str) -> Result<Vec<String>, String> {
        let mut missing = vec!["/dev/null".to_string()];
        for file in files {
            let path = sys.path(file);
            let Ok(text) = sys.kernel.files.read_text(&path) else {
                missing.push(file.clone());
                continue;
            };
            let (mut sed, mut out) = (self.clone(), Out::default());
            for line in text.split_inclusive('\n') {
                out.newline = line.ends_with('\n');
                if sed.line(line.trim_end_matches('\n'), &mut out) == Flow::Stop {
                    break;
                }
            }
            sed.end(&mut out);
            let kept = if suffix.is_empty() {
                Ok(())
            } else {
                sys.kernel.files.write(&format!("{path}{suffix}"), text.as_bytes())
            };
            let written = kept.and_then(|()| sys.kernel.files.write(&path, &out.bytes));
            written.map_err(|error| format!("couldn't write {file}: {error}"))?;
        }
        Ok(missing)
    }

    fn feed(&mut self, line: &str, newline: bool, last: bool, out: &mut Out) -> Flow {
        self.at += 1;
        let mut cycle = self.cycle.take().unwrap_or_default();
        match std::mem::take(&mut cycle.joins) {
            true => cycle.space.push('\n'),
            false => cycle.space.clear(),
        }
        cycle.space.push_str(line);
        cycle.newline = newline;
        self.run(cycle, last, out);
        if self.quit.is_some() { Flow::Stop } else { Flow::On }
    }

    fn run(&mut self, mut cycle: Cycle, last: bool, out: &mut Out) {
        for steps in 0.. {
            if steps == STEPS_MAX {
                out.errors.push_str("sed: the script ran for too long on one line\n");
                self.quit = Some(4);
                return;
            }
            let Some(command) = self.commands.get_mut(cycle.next) else { break };
            cycle.next += 1;
            let applies = command.applies(self.at, &cycle.space, last);
            match &command.action {
                Action::Group(end) if !applies => cycle.next = *end,
                _ if !applies => {}
                Action::Group(_) => {}
                Action::Substitute { regex, to, global, print, which } => {
                    if let Some(text) = replaced(&cycle.space, regex, to, *global, *which) {
                        cycle.space = text;
                        cycle.substituted = true;
                        if *print {
                            out.line(&cycle.space);
                        }
                    }
                }
                Action::Lines('a', text) => cycle.after.push_str(&format!("{text}\n")),
                Action::Lines(letter, text) => {
                    // A range is changed as a whole, at its end.
                    if *letter == 'i' || command.to.is_none() || command.active_until.is_none() {
                        out.line(text);
                    }
                    if *letter == 'c' {
                        return;
                    }
                }
                Action::Translate(from, to) => {
                    let change = |c| from.iter().position(|own| *own == c).map_or(c, |at| to[at]);
                    cycle.space = cycle.space.chars().map(change).collect();
                }
                Action::Quit { prints, code } => {
                    self.quit = Some(*code);
                    if !prints {
                        return;
                    }
                    break;
                }
                Action::Branch { letter, to, .. } => {
                    let taken = match letter {
                        'b' => true,
                        letter => std::mem::take(&mut cycle.substituted) == (*letter == 't'),
                    };
                    if taken {
                        cycle.next = *to;
                    }
                }
                Action::Plain(letter) => {
                    let letter = *letter;
                    if self.plain(letter, &mut cycle, last, out) {
                        return;
                    }
                    if matches!(letter, 'n' | 'N') && last {
                        break;
                    }
                }
            }
        }
        self.end_cycle(&cycle, out);
    }

    fn end_cycle(&self, cycle: &Cycle, out: &mut Out) {
        if !self.quiet {
            out.newline = cycle.newline || !cycle.after.is_empty();
            out.echo(&cycle.space);
        }
        out.text(&cycle.after);
    }

    /// Commands that are a letter; true when the cycle is over or waits for the next line.
    fn plain(&mut self, letter: char, cycle: &mut Cycle, last: bool, out: &mut Out) -> bool {
        let first = cycle.space.split_once('\n').map(|(first, rest)| (first.to_string(), rest.to_string()));
        match letter {
            'p' => out.line(&cycle.space),
            'P' => out.line(first.as_ref().map_or(&cycle.space, |(first, _)| first)),
            '=' => out.line(&self.at.to_string()),
            'h' => self.hold.clone_from(&cycle.space),
            'H' => self.hold = format!("{}\n{}", self.hold, cycle.space),
            'g' => cycle.space.clone_from(&self.hold),
            'G' => cycle.space = format!("{}\n{}", cycle.space, self.hold),
            'x' => std::mem::swap(&mut self.hold, &mut cycle.space),
            'n' | 'N' if last => {}
            'n' | 'N' => {
                if letter == 'n' {
                    self.end_cycle(cycle, out);
                    cycle.after.clear();
                }
                cycle.joins = letter == 'N';
                self.cycle = Some(std::mem::take(cycle));
                return true;
            }
            'D' if first.is_some() => {
                cycle.space = first.map(|(_, rest)| rest).unwrap_or_default();
                cycle.next = 0;
            }
            _ => {
                out.text(&cycle.after);
                return true;
            }
        }
        false
    }
}

impl LineFilter for Sed {
    fn line(&mut self, line: &str, out: &mut Out) -> Flow {
        // Without `$` nothing depends on what comes next: the line can go at once.
        let last = |address: &Option<Address>| matches!(address, Some(Address::Last));
        if !self.commands.iter().any(|command| last(&command.from) || last(&command.to)) {
            return self.feed(line, out.newline, false, out);
        }
        let own = out.newline;
        let Some((text, newline)) = self.held.replace((line.to_string(), own)) else { return Flow::On };
        let flow = self.feed(&text, newline, false, out);
        out.newline = own;
        if flow == Flow::Stop {
            self.held = None;
        }
        flow
    }

    fn end(&mut self, out: &mut Out) -> i32 {
        if let Some((line, newline)) = self.held.take() {
            self.feed(&line, newline, true, out);
        }
        // No line came for `N`: what it has is printed.
        if let Some(cycle) = self.cycle.take().filter(|cycle| cycle.joins) {
            self.end_cycle(&cycle, out);
        }
        self.quit.unwrap_or(0)
    }

    cloned!();
}
