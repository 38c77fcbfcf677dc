//! Growing fields out of expanded pieces: splitting at IFS, quoting kept until file names are matched.

use super::pattern::PatternChar;

/// Longer words are refused: a loop that doubles a variable must not eat the page's memory.
pub const MAX_CHARS: usize = 4 << 20;

pub struct Fields {
    pub done: Vec<Vec<PatternChar>>,
    current: Vec<PatternChar>,
    /// There is a field even if it has no characters: it had quotes.
    exists: bool,
    /// The last field ended at a blank: a following separator belongs to the same gap.
    after_blank: bool,
    ifs: String,
    total: usize,
}

impl Fields {
    pub fn new(ifs: String) -> Fields {
        Fields { done: Vec::new(), current: Vec::new(), exists: false, after_blank: false, ifs, total: 0 }
    }

    pub fn is_too_long(&self) -> bool {
        self.total > MAX_CHARS
    }

    pub fn quoted(&mut self, text: &str) {
        self.exists = true;
        self.push(text, true);
    }

    /// Text of the script itself: patterns count, separators do not.
    pub fn literal(&mut self, text: &str) {
        self.push(text, false);
    }

    fn push(&mut self, text: &str, quoted: bool) {
        if self.is_too_long() {
            return;
        }
        let before = self.current.len();
        self.current.extend(text.chars().map(|c| (c, quoted)));
        self.total += self.current.len() - before;
        self.after_blank = self.after_blank && text.is_empty();
    }

    /// The result of an unquoted expansion.
    pub fn split(&mut self, text: &str) {
        if self.is_too_long() {
            return;
        }
        for c in text.chars() {
            if !self.ifs.contains(c) {
                self.current.push((c, false));
                self.total += 1;
                self.after_blank = false;
            } else if c.is_whitespace() {
                if self.in_field() {
                    self.finish();
                    self.after_blank = true;
                }
            } else if self.after_blank && !self.in_field() {
                self.after_blank = false;
            } else {
                self.exists = true;
                self.finish();
            }
        }
    }

    fn in_field(&self) -> bool {
        self.exists || !self.current.is_empty()
    }

    /// Ends the field if there is one.
    pub fn finish(&mut self) {
        if self.in_field() {
            self.done.push(std::mem::take(&mut self.current));
            self.total += 1;
        }
        self.exists = false;
        self.after_blank = false;
    }
}
