//! Regular expressions of POSIX, basic and extended, for grep, sed, awk and `[[ =~ ]]`.
//!
//! A pattern becomes a small program that a backtracking machine runs; no state is tried twice, so the time is bounded by
//! pattern times text. Where groups are referred back to, what follows hangs on what they took: then a state may be tried
//! on many ways, and the steps are counted. Of all matches that begin leftmost, the longest is taken; of those of one
//! length, the one of the leftmost alternatives.

mod compile;
mod matches;
mod required;

pub use matches::Matches;

use self::required::Required;
use crate::containers::shell::pattern::in_class;

#[derive(Clone, PartialEq, Debug)]
enum Instruction {
    Char(char),
    Any,
    Set {
        negated: bool,
        items: Vec<Item>,
    },
    At(Place),
    Save(usize),
    /// What this group took last stands here again.
    Back(usize),
    /// Tries the first, then the second.
    Split(usize, usize),
    Jump(usize),
    Match,
}

/// What must stand to both sides.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Place {
    Start,
    End,
    WordEdge,
    /// No edge of a word.
    WordInside,
    WordStart,
    WordEnd,
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
    /// Some group is referred back to.
    refers_back: bool,
    /// Every match has one of these in it.
    required: Required,
    /// Whether the single one of them is the whole pattern.
    is_literal: bool,
    /// The instructions of which one takes the first character of every match; `None` when a match may begin without.
    first: Option<Vec<usize>>,
}

/// Byte offsets of the whole match and of the groups.
pub type Captures = Vec<Option<(usize, usize)>>;

/// A search with back-references gives up after so many steps.
const STEPS_MAX: usize = 1_000_000;

/// What one search has tried.
#[derive(Default)]
struct Tried {
    /// States, by instruction and place in the text; with back-references those of the way at hand.
    states: Vec<bool>,
    steps: usize,
}

/// What is still to be done, the nearest last.
enum Task {
    Go(usize, usize),
    Restore(usize, Option<usize>),
    /// The way goes back behind this state.
    Leave(usize),
}

impl Regex {
    /// Errors: what is wrong with the pattern.
    pub fn new(pattern: &str, extended: bool, ignore_case: bool) -> Result<Regex, String> {
        let (program, groups) = compile::program(pattern, extended, ignore_case)?;
        let known = if ignore_case { vec![String::new()] } else { compile::required(&program) };
        let required = Required::of(known);
        // Beside the characters there is what saves both ends, and the match.
        let is_literal = required.single().is_some_and(|text| program.len() == text.chars().count() + 3);
        let first = compile::first_instructions(&program);
        let refers_back = program.iter().any(|instruction| matches!(instruction, Instruction::Back(_)));
        Ok(Regex { program, ignore_case, groups, refers_back, required, is_literal, first })
    }

    /// The leftmost match.
    pub fn find(&self, text: &str) -> Option<Captures> {
        self.find_at(text, 0)
    }

    /// The leftmost match from a byte offset on.
    pub fn find_at(&self, text: &str, from: usize) -> Option<Captures> {
        // Most lines of most texts have no match: that is found out without the machine.
        let found = self.required.find(text, from)?;
        if let Some(literal) = self.required.single().filter(|_| self.is_literal) {
            return Some(vec![Some((found, found + literal.len()))]);
        }
        let chars: Vec<(usize, char)> = text.char_indices().collect();
        let from = chars.iter().position(|(offset, _)| *offset >= from).unwrap_or(chars.len());
        let mut tried = Tried::default();
        for start in from..=chars.len() {
            if !self.may_begin(chars.get(start).map(|(_, c)| *c)) {
                continue;
            }
            tried.states.resize(self.program.len() * (chars.len() + 1), false);
            if let Some(slots) = self.run(&chars, start, &mut tried) {
                let offset = |at: usize| chars.get(at).map_or(text.len(), |(offset, _)| *offset);
                let pair = |group: usize| Some((offset(slots[2 * group]?), offset(slots[2 * group + 1]?)));
                return Some((0..=self.groups).map(pair).collect());
            }
        }
        None
    }

    /// All matches, one after the other.
    pub fn matches<'a>(&'a self, text: &'a str) -> Matches<'a> {
        Matches::new(text, Box::new(|from| self.find_at(text, from)))
    }

    /// Whether a match may begin with that character, or at the end.
    fn may_begin(&self, with: Option<char>) -> bool {
        let Some(first) = &self.first else { return true };
        with.is_some_and(|c| first.iter().any(|at| self.consumes(&self.program[*at], c)))
    }

    fn run(&self, text: &[(usize, char)], start: usize, tried: &mut Tried) -> Option<Vec<Option<usize>>> {
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
                Task::Leave(state) => {
                    tried.states[state] = false;
                    continue;
                }
            };
            loop {
                let state = pc * (text.len() + 1) + at;
                if std::mem::replace(&mut tried.states[state], true) || tried.steps > STEPS_MAX {
                    break;
                }
                if self.refers_back {
                    tasks.push(Task::Leave(state));
                    tried.steps += 1;
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
                    Instruction::At(place) => {
                        if !place.is(text, at) {
                            break;
                        }
                        pc += 1;
                    }
                    Instruction::Back(group) => {
                        let Some(end) = self.again(text, (slots[2 * group], slots[2 * group + 1]), at) else {
                            break;
                        };
                        (pc, at) = (pc + 1, end);
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

    /// Where what a group took ends, if it stands here again.
    fn again(
        &self,
        text: &[(usize, char)],
        group: (Option<usize>, Option<usize>),
        at: usize,
    ) -> Option<usize> {
        let before = &text[group.0?..group.1?];
        let here = text.get(at..at + before.len())?;
        let same =
            |(own, there): (&(usize, char), &(usize, char))| self.folded(own.1) == self.folded(there.1);
        before.iter().zip(here).all(same).then_some(at + before.len())
    }

    fn folded(&self, c: char) -> char {
        if self.ignore_case { c.to_lowercase().next().unwrap_or(c) } else { c }
    }

    fn consumes(&self, instruction: &Instruction, c: char) -> bool {
        match instruction {
            Instruction::Any => true,
            Instruction::Char(own) => *own == self.folded(c),
            Instruction::Set { negated, items } => {
                let holds = |c: char| {
                    items.iter().any(|item| match item {
                        Item::Range(from, to) => (*from..=*to).contains(&c),
                        Item::Class(class) => in_class(class, c),
                    })
                };
                let upper = c.to_uppercase().next().unwrap_or(c);
                let found = holds(c) || (self.ignore_case && (holds(self.folded(c)) || holds(upper)));
                found != *negated
            }
            _ => false,
        }
    }
}

impl Place {
    fn is(self, text: &[(usize, char)], at: usize) -> bool {
        let in_word = |at: usize| text.get(at).is_some_and(|(_, c)| c.is_alphanumeric() || *c == '_');
        let (before, after) = (at > 0 && in_word(at - 1), in_word(at));
        match self {
            Place::Start => at == 0,
            Place::End => at == text.len(),
            Place::WordStart => !before && after,
            Place::WordEnd => before && !after,
            Place::WordInside => before == after,
            Place::WordEdge => before != after,
        }
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
        check("(.)\\1", "abccd", Some("cc"));
        check("^(.*)-\\1$", "one-two", None);
        check("^(.*)-\\1$", "one-one", Some("one-one"));
        check("(a*)*\\1b", "caab", Some("aab"));
        check("(a|b)*\\1", "abab", None);
        check("(a|b)*\\1", "ababb", Some("ababb"));
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
            assert_eq!(compile::required(&regex.program), required, "{pattern}");
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
        for pattern in ["(", "[a", "a)", "\\", "(a)\\2", "((((a{9}){9}){9}){9}){9}"] {
            assert!(Regex::new(pattern, true, false).is_err(), "{pattern}");
        }
    }
}
