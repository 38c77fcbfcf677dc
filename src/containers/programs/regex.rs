//! Regular expressions of POSIX, basic and extended, for grep, sed, awk and `[[ =~ ]]`.
//!
//! A pattern becomes a small program that a backtracking machine runs; no state is tried twice, so the time is bounded by
//! pattern times text. Alternatives are tried from left to right (POSIX would take the longest).

use crate::containers::shell::pattern::in_class;

const MAX_INSTRUCTIONS: usize = 4_000;
const MAX_DEPTH: u32 = 40;

#[derive(Clone, PartialEq, Debug)]
enum Instruction {
    Char(char),
    Any,
    Set {
        negated: bool,
        items: Vec<Item>,
    },
    Start,
    End,
    WordEdge,
    Save(usize),
    /// Tries the first, then the second.
    Split(usize, usize),
    Jump(usize),
    Match,
}

#[derive(Clone, PartialEq, Debug)]
enum Item {
    Range(char, char),
    Class(String),
}

#[derive(Clone, Debug)]
pub struct Regex {
    program: Vec<Instruction>,
    ignore_case: bool,
    groups: usize,
}

/// Byte offsets of the whole match and of the groups.
pub type Captures = Vec<Option<(usize, usize)>>;

impl Regex {
    /// Errors: what is wrong with the pattern.
    pub fn new(pattern: &str, extended: bool, ignore_case: bool) -> Result<Regex, String> {
        let chars: Vec<char> = pattern.chars().collect();
        let mut compiler = Compiler {
            chars: &chars,
            at: 0,
            extended,
            ignore_case,
            program: Vec::new(),
            groups: 0,
            depth: 0,
        };
        compiler.emit(Instruction::Save(0))?;
        compiler.alternatives()?;
        if compiler.at < chars.len() {
            return Err("Unmatched ) or \\)".to_string());
        }
        compiler.emit(Instruction::Save(1))?;
        compiler.emit(Instruction::Match)?;
        Ok(Regex { program: compiler.program, ignore_case, groups: compiler.groups })
    }

    /// The leftmost match.
    pub fn find(&self, text: &str) -> Option<Captures> {
        self.find_at(text, 0)
    }

    /// The leftmost match from a byte offset on.
    pub fn find_at(&self, text: &str, from: usize) -> Option<Captures> {
        let chars: Vec<(usize, char)> = text.char_indices().collect();
        let first = chars.iter().position(|(offset, _)| *offset >= from).unwrap_or(chars.len());
        let mut visited = vec![false; self.program.len() * (chars.len() + 1)];
        for start in first..=chars.len() {
            if let Some(slots) = self.run(&chars, start, &mut visited) {
                let offset = |at: usize| chars.get(at).map_or(text.len(), |(offset, _)| *offset);
                let pair = |group: usize| Some((offset(slots[2 * group]?), offset(slots[2 * group + 1]?)));
                return Some((0..=self.groups).map(pair).collect());
            }
        }
        None
    }

    fn run(&self, text: &[(usize, char)], start: usize, visited: &mut [bool]) -> Option<Vec<Option<usize>>> {
        enum Task {
            Go(usize, usize),
            Restore(usize, Option<usize>),
        }
        let mut slots = vec![None; 2 * (self.groups + 1)];
        let mut tasks = vec![Task::Go(0, start)];
        while let Some(task) = tasks.pop() {
            let (mut pc, mut at) = match task {
                Task::Go(pc, at) => (pc, at),
                Task::Restore(slot, value) => {
                    slots[slot] = value;
                    continue;
                }
            };
            loop {
                let seen = &mut visited[pc * (text.len() + 1) + at];
                if std::mem::replace(seen, true) {
                    break;
                }
                match &self.program[pc] {
                    Instruction::Match => return Some(slots),
                    Instruction::Jump(to) => pc = *to,
                    Instruction::Split(first, second) => {
                        tasks.push(Task::Go(*second, at));
                        pc = *first;
                    }
                    Instruction::Save(slot) => {
                        tasks.push(Task::Restore(*slot, slots[*slot]));
                        slots[*slot] = Some(at);
                        pc += 1;
                    }
                    Instruction::Start if at == 0 => pc += 1,
                    Instruction::End if at == text.len() => pc += 1,
                    Instruction::WordEdge if is_word(text, at) != (at > 0 && is_word(text, at - 1)) => {
                        pc += 1
                    }
                    Instruction::Start | Instruction::End | Instruction::WordEdge => break,
                    consuming => match text.get(at) {
                        Some((_, c)) if self.consumes(consuming, *c) => {
                            pc += 1;
                            at += 1;
                        }
                        _ => break,
                    },
                }
            }
        }
        None
    }

    fn consumes(&self, instruction: &Instruction, c: char) -> bool {
        let fold = |c: char| if self.ignore_case { c.to_lowercase().next().unwrap_or(c) } else { c };
        match instruction {
            Instruction::Any => true,
            Instruction::Char(own) => *own == fold(c),
            Instruction::Set { negated, items } => {
                let holds = |c: char| {
                    items.iter().any(|item| match item {
                        Item::Range(from, to) => (*from..=*to).contains(&c),
                        Item::Class(class) => in_class(class, c),
                    })
                };
                let upper = c.to_uppercase().next().unwrap_or(c);
                let found = holds(c) || (self.ignore_case && (holds(fold(c)) || holds(upper)));
                found != *negated
            }
            _ => false,
        }
    }
}

fn is_word(text: &[(usize, char)], at: usize) -> bool {
    text.get(at).is_some_and(|(_, c)| c.is_alphanumeric() || *c == '_')
}

struct Compiler<'a> {
    chars: &'a [char],
    at: usize,
    extended: bool,
    ignore_case: bool,
    program: Vec<Instruction>,
    groups: usize,
    depth: u32,
}

impl Compiler<'_> {
    fn emit(&mut self, instruction: Instruction) -> Result<usize, String> {
        if self.program.len() >= MAX_INSTRUCTIONS {
            return Err("Regular expression too big".to_string());
        }
        self.program.push(instruction);
        Ok(self.program.len() - 1)
    }

    /// Whether an operator stands here: bare in extended expressions, behind a backslash in basic ones.
    fn operator(&self, c: char) -> bool {
        if self.extended {
            self.chars.get(self.at) == Some(&c)
        } else {
            self.chars.get(self.at) == Some(&'\\') && self.chars.get(self.at + 1) == Some(&c)
        }
    }

    fn take(&mut self, c: char) -> bool {
        let found = self.operator(c);
        if found {
            self.at += if self.extended { 1 } else { 2 };
        }
        found
    }

    fn alternatives(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("Regular expression nested too deeply".to_string());
        }
        let start = self.program.len();
        self.sequence()?;
        let mut ends = Vec::new();
        let mut from = start;
        while self.take('|') {
            self.insert(from, Instruction::Split(from + 1, 0))?;
            ends.push(self.emit(Instruction::Jump(0))?);
            let next = self.program.len();
            self.program[from] = Instruction::Split(from + 1, next);
            from = next;
            self.sequence()?;
        }
        let end = self.program.len();
        for jump in ends {
            self.program[jump] = Instruction::Jump(end);
        }
        self.depth -= 1;
        Ok(())
    }

    /// Inserts an instruction and moves the targets behind it.
    fn insert(&mut self, at: usize, instruction: Instruction) -> Result<(), String> {
        let moved = |target: &mut usize| *target += usize::from(*target >= at);
        for instruction in &mut self.program[at..] {
            match instruction {
                Instruction::Split(first, second) => {
                    moved(first);
                    moved(second);
                }
                Instruction::Jump(target) => moved(target),
                _ => {}
            }
        }
        if self.program.len() >= MAX_INSTRUCTIONS {
            return Err("Regular expression too big".to_string());
        }
        self.program.insert(at, instruction);
        Ok(())
    }

    fn sequence(&mut self) -> Result<(), String> {
        let begin = self.at;
        while self.at < self.chars.len() && !self.operator('|') && !self.operator(')') {
            let start = self.program.len();
            let first = self.at == begin;
            self.atom(first)?;
            self.repetitions(start)?;
        }
        Ok(())
    }

    fn atom(&mut self, first: bool) -> Result<(), String> {
        if self.take('(') {
            self.groups += 1;
            let group = self.groups;
            self.emit(Instruction::Save(2 * group))?;
            self.alternatives()?;
            if !self.take(')') {
                return Err("Unmatched ( or \\(".to_string());
            }
            self.emit(Instruction::Save(2 * group + 1))?;
            return Ok(());
        }
        let c = self.chars[self.at];
        self.at += 1;
        let instruction = match c {
            '.' => Instruction::Any,
            '^' if self.extended || first => Instruction::Start,
            '$' if self.extended
                || self.at == self.chars.len()
                || self.operator(')')
                || self.operator('|') =>
            {
                Instruction::End
            }
            '[' => self.set()?,
            '\\' => match self.chars.get(self.at).copied() {
                None => return Err("Trailing backslash".to_string()),
                Some(c) => {
                    self.at += 1;
                    escape(c)
                }
            },
            c => Instruction::Char(c),
        };
        let instruction = match instruction {
            Instruction::Char(c) if self.ignore_case => {
                Instruction::Char(c.to_lowercase().next().unwrap_or(c))
            }
            other => other,
        };
        self.emit(instruction)?;
        Ok(())
    }

    fn set(&mut self) -> Result<Instruction, String> {
        let unmatched = || "Unmatched [, [^, [:, [., or [=".to_string();
        let negated = self.chars.get(self.at) == Some(&'^');
        self.at += usize::from(negated);
        let first = self.at;
        let mut items = Vec::new();
        loop {
            let c = *self.chars.get(self.at).ok_or_else(unmatched)?;
            self.at += 1;
            if c == ']' && self.at - 1 > first {
                return Ok(Instruction::Set { negated, items });
            }
            if c == '[' && self.chars.get(self.at) == Some(&':') {
                let rest: String = self.chars[self.at + 1..].iter().take(12).collect();
                let (name, _) = rest.split_once(":]").ok_or_else(unmatched)?;
                self.at += name.chars().count() + 3;
                items.push(Item::Class(name.to_string()));
                continue;
            }
            let range = self.chars.get(self.at) == Some(&'-');
            match self.chars.get(self.at + 1) {
                Some(&to) if range && to != ']' => {
                    self.at += 2;
                    items.push(Item::Range(c, to));
                }
                _ => items.push(Item::Range(c, c)),
            }
        }
    }

    fn repetitions(&mut self, start: usize) -> Result<(), String> {
        loop {
            let star = self.chars.get(self.at) == Some(&'*');
            let (least, most) = if star {
                self.at += 1;
                (0, None)
            } else if self.take('+') {
                (1, None)
            } else if self.take('?') {
                (0, Some(1))
            } else if self.operator('{') {
                match self.bounds() {
                    Some(bounds) => bounds,
                    None => return Ok(()),
                }
            } else {
                return Ok(());
            };
            self.repeat(start, least, most)?;
        }
    }

    /// `{2}`, `{2,}`, `{2,5}`; anything else is plain text.
    fn bounds(&mut self) -> Option<(usize, Option<usize>)> {
        let begin = self.at;
        self.take('{');
        let rest: String = self.chars[self.at..].iter().take(12).collect();
        let close = if self.extended { "}" } else { "\\}" };
        let bounds = rest.split_once(close).and_then(|(inside, _)| {
            self.at += inside.chars().count() + close.len();
            match inside.split_once(',') {
                None => inside.parse().ok().map(|count| (count, Some(count))),
                Some((least, "")) => least.parse().ok().map(|least| (least, None)),
                Some((least, most)) => Some((least.parse().unwrap_or(0), Some(most.parse().ok()?))),
            }
        });
        if bounds.is_none() {
            self.at = begin;
        }
        bounds
    }

    fn repeat(&mut self, start: usize, least: usize, most: Option<usize>) -> Result<(), String> {
        let body: Vec<Instruction> = self.program.drain(start..).collect();
        for _ in 0..least {
            self.copy(&body, start)?;
        }
        match most {
            None => {
                let split = self.emit(Instruction::Split(0, 0))?;
                self.copy(&body, start)?;
                self.emit(Instruction::Jump(split))?;
                self.program[split] = Instruction::Split(split + 1, self.program.len());
            }
            Some(most) => {
                let mut splits = Vec::new();
                for _ in least..most {
                    splits.push(self.emit(Instruction::Split(0, 0))?);
                    self.copy(&body, start)?;
                }
                let end = self.program.len();
                for split in splits {
                    self.program[split] = Instruction::Split(split + 1, end);
                }
            }
        }
        Ok(())
    }

    fn copy(&mut self, body: &[Instruction], made_at: usize) -> Result<(), String> {
        let shift = self.program.len() as isize - made_at as isize;
        let moved = |target: &usize| (*target as isize + shift) as usize;
        for instruction in body {
            let instruction = match instruction {
                Instruction::Split(first, second) => Instruction::Split(moved(first), moved(second)),
                Instruction::Jump(target) => Instruction::Jump(moved(target)),
                other => other.clone(),
            };
            self.emit(instruction)?;
        }
        Ok(())
    }
}

fn escape(c: char) -> Instruction {
    let set = |negated: bool, classes: &[&str], extra: &[char]| {
        let mut items: Vec<Item> = classes.iter().map(|class| Item::Class(class.to_string())).collect();
        items.extend(extra.iter().map(|c| Item::Range(*c, *c)));
        Instruction::Set { negated, items }
    };
    match c {
        'd' => set(false, &["digit"], &[]),
        'D' => set(true, &["digit"], &[]),
        's' => set(false, &["space"], &[]),
        'S' => set(true, &["space"], &[]),
        'w' => set(false, &["alnum"], &['_']),
        'W' => set(true, &["alnum"], &['_']),
        'b' | '<' | '>' => Instruction::WordEdge,
        'n' => Instruction::Char('\n'),
        't' => Instruction::Char('\t'),
        c => Instruction::Char(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, text: &str, expect: Option<&str>) {
        let regex = Regex::new(pattern, true, false).expect(pattern);
        let found = regex.find(text).and_then(|captures| captures[0]);
        assert_eq!(found.map(|(from, to)| &text[from..to]), expect, "{pattern} on {text}");
    }

    #[test]
    fn the_leftmost_match_is_found() {
        check("b+", "abbbc", Some("bbb"));
        check("^a.c$", "abc", Some("abc"));
        check("(ab|cd)*e", "xabcde", Some("abcde"));
        check("[^0-9]+", "12ab3", Some("ab"));
        check("a{2,3}", "aaaa", Some("aaa"));
        check("x?y", "zy", Some("y"));
        check("[[:upper:]]\\w*", "go Home_1!", Some("Home_1"));
        check("(a*)*b", &"a".repeat(2_000), None);
        check("colou?r|gr[ae]y", "grey", Some("grey"));
        check("\\.", "a.b", Some("."));
    }

    #[test]
    fn basic_expressions_escape_their_operators() {
        let regex = Regex::new("a\\(b*\\)c+", false, false).expect("valid");
        let captures = regex.find("abbc+").expect("matches");
        assert_eq!(captures, vec![Some((0, 5)), Some((1, 3))]);
    }

    #[test]
    fn broken_patterns_are_errors() {
        for pattern in ["(", "[a", "a)", "\\", "((((a{9}){9}){9}){9}){9}"] {
            assert!(Regex::new(pattern, true, false).is_err(), "{pattern}");
        }
    }
}
