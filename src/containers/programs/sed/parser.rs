//! From sed's script to commands.

use std::collections::BTreeMap;

use super::{Action, Address, Command, Piece};
use crate::containers::programs::regex::Regex;

pub struct Parser<'a> {
    pub script: &'a [char],
    pub at: usize,
    pub extended: bool,
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

    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    pub fn commands(&mut self) -> Result<Vec<Command>, String> {
        let mut commands: Vec<Command> = Vec::new();
        let mut groups = Vec::new();
        let mut labels = BTreeMap::new();
        let mut branches = Vec::new();
        loop {
            self.skip(" \t\n;");
            let Some(next) = self.peek() else { break };
            if next == '#' {
                self.text_until("\n");
                continue;
            }
            if next == '}' {
                self.at += 1;
                let start: usize = groups.pop().ok_or("unexpected `}'")?;
                commands[start].action = Action::Group(commands.len());
                continue;
            }
            let from = self.address()?;
            let mut to = None;
            self.skip(" ");
            if from.is_some() && self.take(',') {
                self.skip(" ");
                to = Some(self.address()?.ok_or("unexpected `,'")?);
            }
            self.skip(" ");
            let negated = self.take('!');
            self.skip(" ");
            match self.peek() {
                Some('{') => groups.push(commands.len()),
                Some(':') => {
                    self.at += 1;
                    labels.insert(self.label(), commands.len());
                    continue;
                }
                _ => {}
            }
            let action = self.action()?;
            if let Action::Branch { .. } = action {
                branches.push(commands.len());
            }
            commands.push(Command { from, to, negated, action, active_until: None });
        }
        if !groups.is_empty() {
            return Err("unmatched `{'".to_string());
        }
        let end = commands.len();
        for at in branches {
            if let Action::Branch { label, to, .. } = &mut commands[at].action {
                *to = match label.as_str() {
                    "" => end,
                    label => *labels.get(label).ok_or(format!("can't find label for jump to `{label}'"))?,
                };
            }
        }
        Ok(commands)
    }

    fn label(&mut self) -> String {
        self.skip(" ");
        self.text_until(";\n}").trim_end().to_string()
    }

    fn text_until(&mut self, ends: &str) -> String {
        let start = self.at;
        while self.peek().is_some_and(|c| !ends.contains(c)) {
            self.at += 1;
        }
        self.script[start..self.at].iter().collect()
    }

    fn number(&mut self) -> Option<u64> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        self.script[start..self.at].iter().collect::<String>().parse().ok()
    }

    fn address(&mut self) -> Result<Option<Address>, String> {
        let Some(first) = self.peek() else { return Ok(None) };
        if first.is_ascii_digit() {
            let number = self.number().unwrap_or(0);
            if self.take('~') {
                return Ok(Some(Address::Every(number, self.number().unwrap_or(0))));
            }
            return Ok(Some(Address::Line(number)));
        }
        if !matches!(first, '$' | '+' | '/' | '\\') {
            return Ok(None);
        }
        self.at += 1;
        let delimiter = match first {
            '$' => return Ok(Some(Address::Last)),
            '+' => return Ok(Some(Address::After(self.number().unwrap_or(0)))),
            '/' => '/',
            _ => {
                self.at += 1;
                self.script.get(self.at - 1).copied().ok_or("unterminated address regex")?
            }
        };
        let pattern = self.until(delimiter)?;
        let ignore_case = self.take('I');
        Ok(Some(Address::Match(Regex::new(&pattern, self.extended, ignore_case)?)))
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
            '{' => return Ok(Action::Group(0)),
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
            'a' | 'i' | 'c' => return Ok(Action::Lines(letter, self.lines())),
            'b' | 't' | 'T' => return Ok(Action::Branch { letter, label: self.label(), to: 0 }),
            'q' | 'Q' => {
                self.skip(" ");
                Action::Quit { prints: letter == 'q', code: self.number().unwrap_or(0) as i32 }
            }
            'p' | 'd' | 'n' | 'N' | 'D' | 'P' | 'h' | 'H' | 'g' | 'G' | 'x' | '=' => Action::Plain(letter),
            c @ ('r' | 'w' | 'R' | 'W' | 'e' | 'F' | 'l' | 'z') => {
                return Err(format!("command `{c}' is not part of this simulated sed"));
            }
            c => return Err(format!("unknown command: `{c}'")),
        };
        self.skip(" \t");
        match self.peek() {
            None | Some(';' | '\n' | '}' | '#') => Ok(action),
            Some(_) => Err("extra characters after command".to_string()),
        }
    }

    /// The text of `a`, `i` and `c`; a backslash before it keeps its blanks, one at a line's end takes the next line too.
    fn lines(&mut self) -> String {
        self.skip(" \t");
        if self.take('\\') {
            let start = self.at;
            self.skip(" \t");
            if !self.take('\n') {
                self.at = start;
            }
        }
        let mut text = String::new();
        while let Some(c) = self.peek().filter(|&c| c != '\n') {
            self.at += 1;
            let kept = if c == '\\' { self.peek() } else { Some(c) };
            self.at += usize::from(c == '\\' && kept.is_some());
            text.extend(kept);
        }
        text
    }

    fn substitute(&mut self) -> Result<Action, String> {
        let unterminated = |_| "unterminated `s' command".to_string();
        let delimiter = self.peek().ok_or("unterminated `s' command")?;
        self.at += 1;
        let pattern = self.until(delimiter).map_err(unterminated)?;
        let replacement = self.until(delimiter).map_err(unterminated)?;
        let (mut global, mut print, mut ignore_case, mut which) = (false, false, false, 1);
        while let Some(flag) = self.peek().filter(|c| !";\n} #".contains(*c)) {
            match flag {
                'g' => global = true,
                'p' => print = true,
                'i' | 'I' => ignore_case = true,
                c if c.is_ascii_digit() && c != '0' => {
                    which = self.number().unwrap_or(1) as usize;
                    continue;
                }
                _ => return Err("unknown option to `s'".to_string()),
            }
            self.at += 1;
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
        let piece = match c {
            '&' => Piece::Group(0),
            '\\' => match chars.next() {
                Some(c) if c.is_ascii_digit() => Piece::Group(c as usize - '0' as usize),
                Some(c @ ('U' | 'L' | 'u' | 'l' | 'E')) => Piece::Case(c),
                other => {
                    plain.extend(other.map(|c| match c {
                        'n' => '\n',
                        't' => '\t',
                        c => c,
                    }));
                    continue;
                }
            },
            c => {
                plain.push(c);
                continue;
            }
        };
        pieces.push(Piece::Text(std::mem::take(&mut plain)));
        pieces.push(piece);
    }
    pieces.push(Piece::Text(plain));
    pieces
}
