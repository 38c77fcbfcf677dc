//! Every match of a text.

use super::Captures;

/// The matches that a search finds, from left to right; none overlaps the one before or stands empty right behind it.
pub struct Matches<'a> {
    text: &'a str,
    /// The first match from a byte offset on.
    find: Box<dyn Fn(usize) -> Option<Captures> + 'a>,
    from: usize,
    /// Where the match before ended.
    before: Option<usize>,
}

impl<'a> Matches<'a> {
    pub fn new(text: &'a str, find: Box<dyn Fn(usize) -> Option<Captures> + 'a>) -> Matches<'a> {
        Matches { text, find, from: 0, before: None }
    }
}

impl Iterator for Matches<'_> {
    type Item = Captures;

    fn next(&mut self) -> Option<Captures> {
        loop {
            self.text.get(self.from..)?;
            let found = (self.find)(self.from)?;
            let (start, end) = (*found.first()?)?;
            self.from = end;
            if start == end {
                // The search goes on behind the next character, or past the end.
                self.from += self.text[end..].chars().next().map_or(1, char::len_utf8);
                if self.before == Some(end) {
                    continue;
                }
            }
            self.before = Some(end);
            return Some(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::containers::programs::regex::Regex;

    #[test]
    fn empty_matches_stand_alone() {
        let cases = [
            ("b*", "abc", vec![(0, 0), (1, 2), (3, 3)]),
            ("x*", "é", vec![(0, 0), (2, 2)]),
            ("a", "aab", vec![(0, 1), (1, 2)]),
            ("", "", vec![(0, 0)]),
        ];
        for (pattern, text, expected) in cases {
            let regex = Regex::new(pattern, true, false).expect(pattern);
            let found: Vec<_> = regex.matches(text).filter_map(|found| found[0]).collect();
            assert_eq!(found, expected, "{pattern} on {text}");
        }
    }
}
