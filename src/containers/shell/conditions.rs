//! Parsing of `[[ ... ]]`.

use super::ast::{Condition, Word};
use super::parser::{ParseError, Parser};
use super::words::Until;

const BINARY: [&str; 13] = ["==", "=", "!=", "=~", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt"];

impl Parser<'_> {
    /// The condition behind `[[`, with the closing brackets.
    pub fn condition(&mut self) -> Result<Condition, ParseError> {
        let condition = self.any_of()?;
        if !self.take_text("]]") {
            return Err(self.expected("]]"));
        }
        Ok(condition)
    }

    fn take_text(&mut self, text: &str) -> bool {
        self.newlines();
        let there = text.chars().enumerate().all(|(ahead, c)| self.peek_at(ahead) == Some(c));
        if there {
            self.skip(text);
        }
        there
    }

    fn any_of(&mut self) -> Result<Condition, ParseError> {
        self.enter()?;
        let mut left = self.all_of()?;
        while self.take_text("||") {
            left = Condition::Or(Box::new(left), Box::new(self.all_of()?));
        }
        self.leave();
        Ok(left)
    }

    fn all_of(&mut self) -> Result<Condition, ParseError> {
        let mut left = self.single()?;
        while self.take_text("&&") {
            left = Condition::And(Box::new(left), Box::new(self.single()?));
        }
        Ok(left)
    }

    fn single(&mut self) -> Result<Condition, ParseError> {
        if self.take_text("(") {
            let inner = self.any_of()?;
            self.newlines();
            self.expect_operator(")")?;
            return Ok(inner);
        }
        if self.peek() == Some('!') && self.peek_at(1).is_some_and(char::is_whitespace) {
            self.advance();
            self.enter()?;
            let inner = self.single()?;
            self.leave();
            return Ok(Condition::Not(Box::new(inner)));
        }
        let left = self.operand()?;
        if let Some(operator) = left.literal().filter(|text| text.len() == 2 && text.starts_with('-')) {
            let operator = operator.to_string();
            self.blanks();
            if self.peek() != Some(']') {
                return Ok(Condition::Unary(operator, self.operand()?));
            }
        }
        self.blanks();
        let found = BINARY.iter().find(|operator| {
            let length = operator.chars().count();
            operator.chars().enumerate().all(|(ahead, c)| self.peek_at(ahead) == Some(c))
                && self.peek_at(length).is_some_and(char::is_whitespace)
        });
        let Some(operator) = found else { return Ok(Condition::Plain(left)) };
        self.skip(operator);
        self.blanks();
        let before = std::mem::replace(&mut self.extglob, operator.ends_with('='));
        let right = if *operator == "=~" { self.regex() } else { self.operand() };
        self.extglob = before;
        let right = right?;
        Ok(Condition::Binary(left, operator.to_string(), right))
    }

    fn operand(&mut self) -> Result<Word, ParseError> {
        self.blanks();
        let start = self.position();
        let word = self.word(Until::Blank)?;
        if self.position() == start {
            return Err(self.expected("]]"));
        }
        Ok(word)
    }

    /// A regular expression may hold parentheses and bars.
    fn regex(&mut self) -> Result<Word, ParseError> {
        self.word(Until::Space)
    }
}
