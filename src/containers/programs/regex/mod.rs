//! Regular expressions of POSIX, basic and extended, for grep, sed, awk and `[[ =~ ]]`.
//!
//! A pattern becomes a small program that a backtracking machine runs; no state is tried twice, so the time is bounded by
//! pattern times text. Of all matches that begin leftmost, the longest is taken; of those of one length, the one of the
//! leftmost alternatives.

mod compile;

use crate::containers::shell::pattern::in_class;

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
    /// No edge of a word.
    WordInside,
    WordStart,
    WordEnd,
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
    /// Every match has one of these in it; one is empty when nothing is known.
    required: Vec<String>,
    /// Whether that is the whole pattern.
    is_literal: bool,
    /// The instructions of which one takes the first character of every match; `None` when a match may begin without.
    first: Option<Vec<usize>>,
}

/// Byte offsets of the whole match and of the groups.
pub type Captures = Vec<Option<(usize, usize)>>;

impl Regex {
    /// Errors: what is wrong with the pattern.
    pub fn new(pattern: &str, extended: bool, ignore_case: bool) -> Result<Regex, String> {
        let (program, groups) = compile::program(pattern, extended, ignore_case)?;
        let required = if ignore_case { vec![String::new()] } else { compile::required(&program) };
        // Beside the characters there is what saves both ends, and the match.
        let is_literal = required.len() == 1 && program.len() == required[0].chars().count() + 3;
        let first = compile::first_instructions(&program);
        Ok(Regex { program, ignore_case, groups, required, is_literal, first })
    }

    /// The leftmost match.
    pub fn find(&self, text: &str) -> Option<Captures> {
        self.find_at(text, 0)
    }

    /// The leftmost match from a byte offset on.
    pub fn find_at(&self, text: &str, from: usize) -> Option<Captures> {
        // Most lines of most texts have no match: that is found out without the machine.
        let rest = text.get(from..)?;
        let found = from + self.required.iter().filter_map(|part| rest.find(part.as_str())).min()?;
        if self.is_literal {
            return Some(vec![Some((found, found + self.required[0].len()))]);
        }
        let chars: Vec<(usize, char)> = text.char_indices().collect();
        let from = chars.iter().position(|(offset, _)| *offset >= from).unwrap_or(chars.len());
        let mut visited = Vec::new();
        for start in from..=chars.len() {
            if !self.may_begin(chars.get(start).map(|(_, c)| *c)) {
                continue;
            }
            visited.resize(self.program.len() * (chars.len() + 1), false);
            if let Some(slots) = self.run(&chars, start, &mut visited) {
                let offset = |at: usize| chars.get(at).map_or(text.len(), |(offset, _)| *offset);
                let pair = |group: usize| Some((offset(slots[2 * group]?), offset(slots[2 * group + 1]?)));
                return Some((0..=self.groups).map(pair).collect());
            }
        }
        None
    }

    /// Whether a match may begin with that character, or at the end.
    fn may_begin(&self, with: Option<char>) -> bool {
        let Some(first) = &self.first else { return true };
        with.is_some_and(|c| first.iter().any(|at| self.consumes(&self.program[*at], c)))
    }

    fn run(&self, text: &[(usize, char)], start: usize, visited: &mut [bool]) -> Option<Vec<Option<usize>>> {
        enum Task {
            Go(usize, usize),
            Restore(usize, Option<usize>),
        }
        let mut slots = vec![None; 2 * (self.groups + 1)];
        let mut longest: Option<Vec<Option<usize>>> = None;
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
                    Instruction::Match => {
                        if longest.as_ref().is_none_or(|longest| longest[1] < slots[1]) {
                            longest = Some(slots.clone());
                        }
                        if at == text.len() {
                            return longest;
                        }
                        break;
                    }
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
                    Instruction::Start | Instruction::End => break,
                    edge @ (Instruction::WordEdge
                    | Instruction::WordInside
                    | Instruction::WordStart
                    | Instruction::WordEnd) => {
                        if !fits_edge(edge, at > 0 && is_word(text, at - 1), is_word(text, at)) {
                            break;
                        }
                        pc += 1;
                    }
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
        longest
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

/// Whether the place between two characters is as asked; each is in a word or not.
fn fits_edge(edge: &Instruction, before: bool, after: bool) -> bool {
    match edge {
        Instruction::WordStart => !before && after,
        Instruction::WordEnd => before && !after,
        Instruction::WordInside => before == after,
        _ => before != after,
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
        check("b\\.", "a.bb.", Some("b."));
        check("\\<b", "ab b1", Some("b"));
        check("a\\>.", "ab ca-", Some("a-"));
        check("\\Bb+", "b abb", Some("bb"));
    }

    #[test]
    fn of_the_leftmost_matches_the_longest_is_taken() {
        check("a|ab|abc", "xabcd", Some("abc"));
        check("(a|ab)(c|bcd)", "abcd", Some("abcd"));
        check("x*|b", "bxx", Some("b"));
        check("(a|ab)*b?", "aabab", Some("aabab"));
    }

    #[test]
    fn what_every_match_has_is_known_beforehand() {
        let cases = [
            ("abc", vec!["abc"], Some(1)),
            ("ab*cd", vec!["cd"], Some(1)),
            ("(a|bc)de", vec!["de"], Some(2)),
            ("x?(ab)+", vec!["ab"], Some(2)),
            (".*\"phase\": ", vec!["\"phase\": "], Some(2)),
            ("a|bc+d|.*e", vec!["a", "bc", "e"], Some(4)),
            ("(a|b)?c|d*", vec!["c", ""], None),
            ("(a|b)*", vec![""], None),
            ("^a", vec!["a"], None),
        ];
        for (pattern, required, first) in cases {
            let regex = Regex::new(pattern, true, false).expect(pattern);
            assert_eq!(regex.required, required, "{pattern}");
            assert_eq!(regex.first.map(|first| first.len()), first, "{pattern}");
        }
    }

    #[test]
    fn texts_before_the_offset_do_not_match() {
        for pattern in ["ab", "ab*", "[a]b"] {
            let regex = Regex::new(pattern, true, false).expect(pattern);
            let found = regex.find_at("ab éab", 1).and_then(|captures| captures[0]);
            assert_eq!(found, Some((5, 7)), "{pattern}");
            assert_eq!(regex.find_at("ab", 1), None, "{pattern}");
        }
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
