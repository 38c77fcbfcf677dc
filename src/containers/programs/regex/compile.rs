//! From the text of a pattern to its program, and what is known of every match beforehand.

use super::{Instruction, Item, Place};

const MAX_INSTRUCTIONS: usize = 4_000;
const MAX_DEPTH: u32 = 40;

/// The program and how many groups it has. Errors: what is wrong with the pattern.
pub fn program(
    pattern: &str,
    extended: bool,
    ignore_case: bool,
) -> Result<(Vec<Instruction>, usize), String> {
    let chars: Vec<char> = pattern.chars().collect();
    let mut compiler =
        Compiler { chars: &chars, at: 0, extended, ignore_case, program: Vec::new(), groups: 0, depth: 0 };
    compiler.emit(Instruction::Save(0))?;
    compiler.alternatives()?;
    if compiler.at < chars.len() {
        return Err("Unmatched ) or \\)".to_string());
    }
    compiler.emit(Instruction::Save(1))?;
    compiler.emit(Instruction::Match)?;
    Ok((compiler.program, compiler.groups))
}

/// Of each alternative of the whole pattern the longest run of characters that no way through it leaves out.
pub fn required(program: &[Instruction]) -> Vec<String> {
    let mut found = Vec::new();
    let mut at = 1;
    // Behind an alternative that is not the last stands a jump over the others.
    while let Some(Instruction::Split(_, next)) = program.get(at)
        && matches!(program[next - 1], Instruction::Jump(to) if to >= *next)
    {
        found.push(longest_run(program, at + 1, next - 1));
        at = *next;
    }
    found.push(longest_run(program, at, program.len()));
    found
}

fn longest_run(program: &[Instruction], from: usize, to: usize) -> String {
    let (mut longest, mut run) = (String::new(), String::new());
    // Everything before this is left out by some way.
    let mut optional_until = 0;
    for (at, instruction) in program.iter().enumerate().take(to).skip(from) {
        match instruction {
            Instruction::Split(first, second) => optional_until = optional_until.max(*first).max(*second),
            Instruction::Jump(to) => optional_until = optional_until.max(*to),
            Instruction::Char(c) if at >= optional_until => {
                run.push(*c);
                continue;
            }
            Instruction::Save(_) => continue,
            _ => {}
        }
        if run.len() > longest.len() {
            longest = std::mem::take(&mut run);
        }
        run.clear();
    }
    if run.len() > longest.len() { run } else { longest }
}

/// The instructions that can take the first character; `None` when a match may be empty or begins at an edge.
pub fn first_instructions(program: &[Instruction]) -> Option<Vec<usize>> {
    let mut first = Vec::new();
    let mut seen = vec![false; program.len()];
    let mut open = vec![0];
    while let Some(at) = open.pop() {
        if std::mem::replace(&mut seen[at], true) {
            continue;
        }
        match &program[at] {
            Instruction::Save(_) => open.push(at + 1),
            Instruction::Split(one, other) => open.extend([*one, *other]),
            Instruction::Jump(to) => open.push(*to),
            Instruction::Char(_) | Instruction::Any | Instruction::Set { .. } => first.push(at),
            _ => return None,
        }
    }
    Some(first)
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
            '^' if self.extended || first => Instruction::At(Place::Start),
            '$' if self.extended
                || self.at == self.chars.len()
                || self.operator(')')
                || self.operator('|') =>
            {
                Instruction::At(Place::End)
            }
            '[' => self.set()?,
            '\\' => match self.chars.get(self.at).copied() {
                None => return Err("Trailing backslash".to_string()),
                Some(digit @ '1'..='9') => {
                    self.at += 1;
                    match digit.to_digit(10).map_or(0, |group| group as usize) {
                        group if group <= self.groups => Instruction::Back(group),
                        _ => return Err("Invalid back reference".to_string()),
                    }
                }
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
        'b' => Instruction::At(Place::WordEdge),
        'B' => Instruction::At(Place::WordInside),
        '<' => Instruction::At(Place::WordStart),
        '>' => Instruction::At(Place::WordEnd),
        'n' => Instruction::Char('\n'),
        't' => Instruction::Char('\t'),
        c => Instruction::Char(c),
    }
}
