//! sed: `s`, `p`, `d`, `q`, `a`, `i`, `c`, `y`, `=`, with addresses and groups left out.

use super::args::Args;
use super::filter::{Flow, LineFilter, Out, Parsed};
use super::regex::Regex;
use super::text::cloned;
use crate::containers::kernel::Sys;

#[derive(Clone, Debug)]
enum Address {
    Line(u64),
    Last,
    Match(Regex),
}

#[derive(Clone, Debug)]
enum Action {
    Substitute { regex: Regex, to: Vec<Piece>, global: bool, print: bool, which: usize },
    Print,
    Delete,
    Quit,
    Append(String),
    Insert(String),
    Change(String),
    Translate(Vec<char>, Vec<char>),
    Number,
}

#[derive(Clone, Debug)]
enum Piece {
    Text(String),
    Group(usize),
}

#[derive(Clone, Debug)]
struct Command {
    from: Option<Address>,
    to: Option<Address>,
    negated: bool,
    action: Action,
    /// Inside a range.
    active: bool,
}

#[derive(Clone, Debug)]
struct Sed {
    commands: Vec<Command>,
    quiet: bool,
    at: u64,
    /// The line at hand waits until it is known whether it is the last.
    held: Option<(String, bool)>,
    quit: bool,
}

pub fn sed(argv: &[String], _: &mut Sys) -> Result<Parsed, (String, i32)> {
    let args = Args::parse(argv, "nErisuz", "e", &["expression"]);
    let mut files = args.operands.clone();
    let mut scripts: Vec<String> =
        args.values(&["e", "expression"]).iter().map(|text| text.to_string()).collect();
    if scripts.is_empty() {
        if files.is_empty() {
            return Err(("no script specified".to_string(), 1));
        }
        scripts.push(files.remove(0));
    }
    if args.has(&["i"]) {
        return Err(("editing files in place (-i) is not part of this simulated sed".to_string(), 4));
    }
    let extended = args.has(&["E", "r", "regexp-extended"]);
    let script: Vec<char> = scripts.join("\n").chars().collect();
    let mut parser = Parser { script: &script, at: 0, extended };
    let commands = parser
        .commands()
        .map_err(|error| (format!("-e expression #1, char {}: {error}", parser.at.max(1)), 1))?;
    let sed = Sed { commands, quiet: args.has(&["n", "quiet", "silent"]), at: 0, held: None, quit: false };
    Ok(Parsed { filter: Box::new(sed), files })
}

struct Parser<'a> {
    script: &'a [char],
    at: usize,
    extended: bool,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.script.get(self.at).copied()
    }

    fn skip(&mut self, wanted: &str) {
        while self.peek().is_some_and(|c| wanted.contains(c)) {
            self.at += 1;
        }
    }

    fn commands(&mut self) -> Result<Vec<Command>, String> {
        let mut commands = Vec::new();
        loop {
            self.skip(" \t\n;");
            if self.peek().is_none() {
                return Ok(commands);
            }
            let from = self.address()?;
            let mut to = None;
            self.skip(" ");
            if from.is_some() && self.peek() == Some(',') {
                self.at += 1;
                self.skip(" ");
                to = self.address()?;
                if to.is_none() {
                    return Err("unexpected `,'".to_string());
                }
            }
            self.skip(" ");
            let negated = self.peek() == Some('!');
            self.at += usize::from(negated);
            self.skip(" ");
            let action = self.action()?;
            commands.push(Command { from, to, negated, action, active: false });
        }
    }

    fn address(&mut self) -> Result<Option<Address>, String> {
        Ok(match self.peek() {
            Some('$') => {
                self.at += 1;
                Some(Address::Last)
            }
            Some('/') => {
                self.at += 1;
                let pattern = self.until('/')?;
                Some(Address::Match(Regex::new(&pattern, self.extended, false)?))
            }
            Some(c) if c.is_ascii_digit() => {
                let start = self.at;
                while self.peek().is_some_and(|c| c.is_ascii_digit()) {
                    self.at += 1;
                }
                let text: String = self.script[start..self.at].iter().collect();
                Some(Address::Line(text.parse().unwrap_or(0)))
            }
            _ => None,
        })
    }

    /// The text up to a delimiter; the delimiter behind a backslash is plain.
    fn until(&mut self, delimiter: char) -> Result<String, String> {
        let mut text = String::new();
        loop {
            let Some(c) = self.peek() else { return Err("unterminated address regex".to_string()) };
            self.at += 1;
            match c {
                c if c == delimiter => return Ok(text),
                '\\' => {
                    let next = self.peek().unwrap_or('\\');
                    self.at += 1;
                    if next != delimiter {
                        text.push('\\');
                    }
                    text.push(next);
                }
                c => text.push(c),
            }
        }
    }

    fn action(&mut self) -> Result<Action, String> {
        let Some(letter) = self.peek() else { return Err("missing command".to_string()) };
        self.at += 1;
        let action = match letter {
            's' => return self.substitute(),
            'y' => {
                let delimiter = self.peek().unwrap_or('/');
                self.at += 1;
                let from: Vec<char> = self.until(delimiter)?.chars().collect();
                let to: Vec<char> = self.until(delimiter)?.chars().collect();
                if from.len() != to.len() {
                    return Err("strings for `y' command are different lengths".to_string());
                }
                Action::Translate(from, to)
            }
            'a' | 'i' | 'c' => {
                self.skip(" \t");
                if self.peek() == Some('\\') {
                    self.at += 1;
                    self.skip(" \t\n");
                }
                let start = self.at;
                while self.peek().is_some_and(|c| c != '\n') {
                    self.at += 1;
                }
                let text: String = self.script[start..self.at].iter().collect();
                return Ok(match letter {
                    'a' => Action::Append(text),
                    'i' => Action::Insert(text),
                    _ => Action::Change(text),
                });
            }
            'p' => Action::Print,
            'd' => Action::Delete,
            'q' => Action::Quit,
            '=' => Action::Number,
            c => return Err(format!("unknown command: `{c}'")),
        };
        self.skip(" \t");
        match self.peek() {
            None | Some(';' | '\n' | '}') => Ok(action),
            Some(_) => Err("extra characters after command".to_string()),
        }
    }

    fn substitute(&mut self) -> Result<Action, String> {
        let unterminated = |_| "unterminated `s' command".to_string();
        let delimiter = self.peek().ok_or("unterminated `s' command")?;
        self.at += 1;
        let pattern = self.until(delimiter).map_err(unterminated)?;
        let replacement = self.until(delimiter).map_err(unterminated)?;
        let (mut global, mut print, mut ignore_case, mut which) = (false, false, false, 1);
        while let Some(flag) = self.peek().filter(|c| !";\n} ".contains(*c)) {
            self.at += 1;
            match flag {
                'g' => global = true,
                'p' => print = true,
                'i' | 'I' => ignore_case = true,
                c if c.is_ascii_digit() && c != '0' => which = c as usize - '0' as usize,
                _ => return Err("unknown option to `s'".to_string()),
            }
        }
        let regex = Regex::new(&pattern, self.extended, ignore_case)?;
        Ok(Action::Substitute { regex, to: pieces(&replacement), global, print, which })
    }
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let group = match c {
            '&' => Some(0),
            '\\' => match chars.next() {
                Some(c) if c.is_ascii_digit() => Some(c as usize - '0' as usize),
                Some('n') => {
                    plain.push('\n');
                    None
                }
                Some('t') => {
                    plain.push('\t');
                    None
                }
                other => {
                    plain.extend(other);
                    None
                }
            },
            c => {
                plain.push(c);
                None
            }
        };
        if let Some(group) = group {
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
            pieces.push(Piece::Group(group));
        }
    }
    pieces.push(Piece::Text(plain));
    pieces
}

/// The text with matches replaced, if there were any.
fn replaced(line: &str, regex: &Regex, to: &[Piece], global: bool, which: usize) -> Option<String> {
    let mut result = String::new();
    let (mut from, mut count) = (0, 0);
    let mut changed = false;
    while from <= line.len() {
        let Some(captures) = regex.find_at(line, from) else { break };
        let Some((start, end)) = captures[0] else { break };
        if start < from {
            break;
        }
        count += 1;
        result.push_str(&line[from..start]);
        if count >= which {
            changed = true;
            for piece in to {
                match piece {
                    Piece::Text(text) => result.push_str(text),
                    Piece::Group(group) => {
                        if let Some(Some((from, to))) = captures.get(*group) {
                            result.push_str(&line[*from..*to]);
                        }
                    }
                }
            }
        } else {
            result.push_str(&line[start..end]);
        }
        from = end;
        if end == start {
            match line[end..].chars().next() {
                Some(c) => {
                    result.push(c);
                    from += c.len_utf8();
                }
                None => from += 1,
            }
        }
        if changed && !global {
            break;
        }
    }
    if from <= line.len() {
        result.push_str(&line[from..]);
    }
    changed.then_some(result)
}

impl Command {
    fn applies(&mut self, at: u64, line: &str, last: bool) -> bool {
        let hits = |address: &Address| match address {
            Address::Line(number) => *number == at,
            Address::Last => last,
            Address::Match(regex) => regex.find(line).is_some(),
        };
        let hit = match (&self.from, &self.to) {
            (None, _) => true,
            (Some(from), None) => hits(from),
            (Some(_), Some(to)) if self.active => {
                let past = matches!(to, Address::Line(number) if *number < at);
                self.active = !hits(to) && !past;
                !past
            }
            (Some(from), Some(to)) => {
                let begins = hits(from);
                self.active = begins
                    && !matches!(to, Address::Line(number) if *number <= at)
                    && !(last && matches!(to, Address::Last));
                begins
            }
        };
        hit != self.negated
    }
}

impl Sed {
    fn run(&mut self, line: String, newline: bool, last: bool, out: &mut Out) -> Flow {
        self.at += 1;
        let mut line = line;
        let mut after = String::new();
        let mut deleted = false;
        for command in &mut self.commands {
            if !command.applies(self.at, &line, last) {
                continue;
            }
            match &command.action {
                Action::Substitute { regex, to, global, print, which } => {
                    if let Some(text) = replaced(&line, regex, to, *global, *which) {
                        line = text;
                        if *print {
                            out.line(&line);
                        }
                    }
                }
                Action::Print => out.line(&line),
                Action::Delete => {
                    deleted = true;
                    break;
                }
                Action::Quit => {
                    self.quit = true;
                    break;
                }
                Action::Append(text) => after.push_str(&format!("{text}\n")),
                Action::Insert(text) => out.line(text),
                Action::Change(text) => {
                    out.line(text);
                    deleted = true;
                    break;
                }
                Action::Translate(from, to) => {
                    line = line
                        .chars()
                        .map(|c| from.iter().position(|own| *own == c).map_or(c, |at| to[at]))
                        .collect();
                }
                Action::Number => out.line(&self.at.to_string()),
            }
        }
        if !self.quiet && !deleted {
            out.newline = newline || !after.is_empty();
            out.echo(&line);
        }
        out.text(&after);
        if self.quit { Flow::Stop } else { Flow::On }
    }
}

impl LineFilter for Sed {
    fn line(&mut self, line: &str, out: &mut Out) -> Flow {
        let before = self.held.replace((line.to_string(), out.newline));
        match before {
            Some((text, newline)) => {
                let own = out.newline;
                let flow = self.run(text, newline, false, out);
                out.newline = own;
                if flow == Flow::Stop {
                    self.held = None;
                }
                flow
            }
            // Without `$` nothing depends on what comes next: the line can go at once.
            None => {
                let needs_last = |address: &Option<Address>| matches!(address, Some(Address::Last));
                if self.commands.iter().any(|command| needs_last(&command.from) || needs_last(&command.to)) {
                    return Flow::On;
                }
                let (text, newline) = self.held.take().unwrap_or_default();
                self.run(text, newline, false, out)
            }
        }
    }

    fn end(&mut self, out: &mut Out) -> i32 {
        if let Some((line, newline)) = self.held.take() {
            self.run(line, newline, true, out);
        }
        0
    }

    cloned!();
}
