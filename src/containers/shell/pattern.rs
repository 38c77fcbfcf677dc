//! Patterns of the shell: `*`, `?`, `[a-z]`, in `case`, `${x#...}` and file names; in bash `@(a|b)` and its like too.

/// A character of a pattern and whether it was quoted: quoted ones stand for themselves.
pub type PatternChar = (char, bool);

pub fn has_wildcards(pattern: &[PatternChar]) -> bool {
    pattern.iter().any(|&(c, quoted)| !quoted && matches!(c, '*' | '?' | '[')) || has_groups(pattern)
}

/// Behind one of these a bracket opens a group of alternatives.
pub fn opens_group(c: char) -> bool {
    matches!(c, '?' | '*' | '+' | '@' | '!')
}

fn has_groups(pattern: &[PatternChar]) -> bool {
    pattern.windows(2).any(|pair| !pair[0].1 && opens_group(pair[0].0) && pair[1] == ('(', false))
}

/// Takes the meaning of groups away, where the shell knows none.
pub fn without_groups(pattern: &mut [PatternChar]) {
    pattern.iter_mut().for_each(|(c, quoted)| *quoted |= *c == '(');
}

pub fn plain(text: &str) -> Vec<PatternChar> {
    text.chars().map(|c| (c, false)).collect()
}

/// Whether all of the text matches. Linear but for the stars, which go back to the last one only.
pub fn matches(pattern: &[PatternChar], text: &[char]) -> bool {
    if has_groups(pattern) {
        return Grouped { steps: 0 }.matches(pattern, text);
    }
    let (mut at, mut pos) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while pos < text.len() {
        if pattern.get(at) == Some(&('*', false)) {
            star = Some((at + 1, pos));
            at += 1;
            continue;
        }
        match one(pattern, at, text[pos]) {
            Some(next) => {
                at = next;
                pos += 1;
            }
            None => match star {
                Some((after, from)) => {
                    star = Some((after, from + 1));
                    at = after;
                    pos = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|c| *c == ('*', false))
}

/// Matching of patterns with groups, which goes back to every choice; after so many steps nothing matches.
struct Grouped {
    steps: u32,
}

const STEPS_MAX: u32 = 200_000;

impl Grouped {
    fn matches(&mut self, pattern: &[PatternChar], text: &[char]) -> bool {
        self.steps += 1;
        let Some(&(mark, quoted)) = pattern.first().filter(|_| self.steps < STEPS_MAX) else {
            return pattern.is_empty() && text.is_empty();
        };
        if let Some((alternatives, rest)) = group(pattern) {
            return match mark {
                '?' | '*' if self.matches(rest, text) => true,
                '*' | '+' => self.repeats(&alternatives, rest, text),
                mark => (0..=text.len()).any(|end| {
                    self.any(&alternatives, &text[..end]) == (mark != '!') && self.matches(rest, &text[end..])
                }),
            };
        }
        if mark == '*' && !quoted {
            return (0..=text.len()).any(|end| self.matches(&pattern[1..], &text[end..]));
        }
        let next = text.first().and_then(|c| one(pattern, 0, *c));
        next.is_some_and(|next| self.matches(&pattern[next..], &text[1..]))
    }

    fn any(&mut self, alternatives: &[&[PatternChar]], text: &[char]) -> bool {
        alternatives.iter().any(|alternative| self.matches(alternative, text))
    }

    /// One of the alternatives and then perhaps others, before the rest.
    fn repeats(&mut self, alternatives: &[&[PatternChar]], rest: &[PatternChar], text: &[char]) -> bool {
        (1..=text.len()).any(|end| {
            self.any(alternatives, &text[..end])
                && (self.matches(rest, &text[end..]) || self.repeats(alternatives, rest, &text[end..]))
        }) || (self.any(alternatives, &[]) && self.matches(rest, text))
    }
}

/// The alternatives of a group at the beginning of a pattern, and what follows it.
fn group(pattern: &[PatternChar]) -> Option<(Vec<&[PatternChar]>, &[PatternChar])> {
    if !pattern.first().is_some_and(|&(c, quoted)| !quoted && opens_group(c))
        || pattern.get(1) != Some(&('(', false))
    {
        return None;
    }
    let (mut alternatives, mut from, mut depth) = (Vec::new(), 2, 0);
    for (at, c) in pattern.iter().enumerate().skip(2).filter(|(_, c)| !c.1) {
        match c.0 {
            '(' => depth += 1,
            ')' if depth > 0 => depth -= 1,
            '|' | ')' if depth == 0 => {
                alternatives.push(&pattern[from..at]);
                from = at + 1;
                if c.0 == ')' {
                    return Some((alternatives, &pattern[from..]));
                }
            }
            _ => {}
        }
    }
    None
}

/// Matches one character; where the pattern goes on.
fn one(pattern: &[PatternChar], at: usize, c: char) -> Option<usize> {
    match *pattern.get(at)? {
        ('?', false) => Some(at + 1),
        ('[', false) => match bracket(pattern, at, c) {
            Some((true, next)) => Some(next),
            Some((false, _)) => None,
            None => (c == '[').then_some(at + 1),
        },
        (literal, _) => (literal == c).then_some(at + 1),
    }
}

/// A bracket expression: whether it holds the character and where it ends; none when it is not closed.
fn bracket(pattern: &[PatternChar], start: usize, c: char) -> Option<(bool, usize)> {
    let mut at = start + 1;
    let negated = matches!(pattern.get(at), Some(('!' | '^', false)));
    at += usize::from(negated);
    let first = at;
    let mut found = false;
    loop {
        let (from, quoted) = *pattern.get(at)?;
        if from == ']' && !quoted && at > first {
            return Some((found != negated, at + 1));
        }
        if from == '['
            && !quoted
            && pattern.get(at + 1) == Some(&(':', false))
            && let Some((class, next)) = class(pattern, at + 2)
        {
            found |= in_class(&class, c);
            at = next;
            continue;
        }
        match (pattern.get(at + 1), pattern.get(at + 2)) {
            (Some(('-', false)), Some(&(to, to_quoted))) if to != ']' || to_quoted => {
                found |= (from..=to).contains(&c);
                at += 3;
            }
            _ => {
                found |= from == c;
                at += 1;
            }
        }
    }
}

fn class(pattern: &[PatternChar], start: usize) -> Option<(String, usize)> {
    let mut name = String::new();
    for at in start..pattern.len().min(start + 12) {
        match pattern[at].0 {
            ':' if pattern.get(at + 1).map(|c| c.0) == Some(']') => return Some((name, at + 2)),
            c => name.push(c),
        }
    }
    None
}

/// `[:digit:]` and its like.
pub fn in_class(class: &str, c: char) -> bool {
    match class {
        "digit" => c.is_ascii_digit(),
        "alpha" => c.is_alphabetic(),
        "alnum" => c.is_alphanumeric(),
        "upper" => c.is_uppercase(),
        "lower" => c.is_lowercase(),
        "space" => c.is_whitespace(),
        "blank" => c == ' ' || c == '\t',
        "punct" => c.is_ascii_punctuation(),
        "xdigit" => c.is_ascii_hexdigit(),
        "print" => !c.is_control(),
        "graph" => !c.is_control() && c != ' ',
        "cntrl" => c.is_control(),
        _ => false,
    }
}

/// Takes a matching prefix or suffix away, the shortest or the longest.
pub fn trim(text: &str, pattern: &[PatternChar], suffix: bool, longest: bool) -> String {
    let chars: Vec<char> = text.chars().collect();
    let count = chars.len();
    // Lengths of the part to take away, the wanted ones first.
    let lengths: Vec<usize> = if longest { (0..=count).rev().collect() } else { (0..=count).collect() };
    for length in lengths {
        let (part, rest) = if suffix {
            (&chars[count - length..], &chars[..count - length])
        } else {
            (&chars[..length], &chars[length..])
        };
        if matches(pattern, part) {
            return rest.iter().collect();
        }
    }
    text.to_string()
}

/// `${x/from/to}`: the longest match at the first (or every) place.
pub fn replace(text: &str, from: &[PatternChar], to: &str, all: bool, anchor: Option<char>) -> String {
    // Nothing stands at the beginning, and at the end.
    match anchor.filter(|_| from.is_empty()) {
        Some('#') => return format!("{to}{text}"),
        Some(_) => return format!("{text}{to}"),
        None => {}
    }
    let chars: Vec<char> = text.chars().collect();
    let mut result = String::new();
    let mut at = 0;
    let mut done = false;
    while at < chars.len() {
        let possible = !done
            && match anchor {
                Some('#') => at == 0,
                _ => true,
            };
        let ends = (at + 1..=chars.len()).rev().filter(|&end| anchor != Some('%') || end == chars.len());
        let end = if possible { ends.into_iter().find(|&end| matches(from, &chars[at..end])) } else { None };
        match end {
            Some(end) => {
                result.push_str(to);
                at = end;
                done = !all;
            }
            None => {
                result.push(chars[at]);
                at += 1;
            }
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, text: &str, expect: bool) {
        let chars: Vec<char> = text.chars().collect();
        assert_eq!(matches(&plain(pattern), &chars), expect, "{pattern} on {text}");
    }

    #[test]
    fn patterns_match_whole_texts() {
        check("*", "", true);
        check("a*b*c", "aXbYbZc", true);
        check("a*b*c", "aXbYbZ", false);
        check("?[a-c][!x]", "1by", true);
        check("?[a-c][!x]", "1bx", false);
        check("[[:digit:]]*", "7up", true);
        check("[", "[", true);
        check("[]a]", "]", true);
        check(&"*a".repeat(50), &"a".repeat(49), false);
    }

    #[test]
    fn groups_hold_alternatives() {
        check("@(a|bc)d", "bcd", true);
        check("@(a|bc)d", "d", false);
        check("?(a|bc)d", "d", true);
        check("*(ab|c)", "abcab", true);
        check("+(ab|c)", "", false);
        check("!(*.txt)", "a.log", true);
        check("!(*.txt)", "a.txt", false);
        check("!(a|b)*", "ab", true);
        check("x@(1|@(2|3))", "x3", true);
        check("@(a", "@(a", true);
        check(&("*(a)".repeat(30) + "b"), &"a".repeat(60), false);
    }

    #[test]
    fn trims_take_the_shortest_or_the_longest() {
        assert_eq!(trim("a.b.c", &plain("*."), false, false), "b.c");
        assert_eq!(trim("a.b.c", &plain("*."), false, true), "c");
        assert_eq!(trim("a.b.c", &plain(".*"), true, false), "a.b");
        assert_eq!(trim("a.b.c", &plain(".*"), true, true), "a");
        assert_eq!(replace("a-b-c", &plain("-"), "+", true, None), "a+b+c");
        assert_eq!(replace("a-b-c", &plain("?-"), "", false, None), "b-c");
    }
}
