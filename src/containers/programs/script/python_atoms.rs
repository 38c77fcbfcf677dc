//! Compiling Python's literals.

use super::code::Op;
use super::python::{Compiler, Refusal, is_keyword};
use super::tokens::{Token, tokens};
use super::value::Value;

impl Compiler {
    pub(super) fn atom(&mut self) -> Result<(), Refusal> {
        match self.advance() {
            Token::Int(value) => drop(self.emit(Op::Push(Value::Int(value)))),
            Token::Float(value) => drop(self.emit(Op::Push(Value::Float(value)))),
            Token::Str(_) | Token::Format(_) => {
                self.at -= 1;
                self.strings()?;
            }
            Token::Name(name) => match name.as_str() {
                "None" => drop(self.emit(Op::Push(Value::None))),
                "True" => drop(self.emit(Op::Push(Value::Bool(true)))),
                "False" => drop(self.emit(Op::Push(Value::Bool(false)))),
                word if is_keyword(word) => {
                    self.at -= 1;
                    return self.invalid();
                }
                word => drop(self.emit(Op::Load(word.into()))),
            },
            Token::Op("(") => {
                if self.take(")") {
                    self.emit(Op::Tuple(0));
                    return Ok(());
                }
                let from = self.here();
                self.expressions()?;
                if self.is_word("for") {
                    self.comprehension(from)?;
                }
                self.expect(")")?;
            }
            Token::Op("[") => self.list()?,
            Token::Op("{") => self.dictionary()?,
            _ => {
                self.at -= 1;
                return self.invalid();
            }
        }
        Ok(())
    }

    pub(super) fn list(&mut self) -> Result<(), Refusal> {
        let from = self.here();
        let mut count = 0;
        while !self.take("]") {
            self.expression()?;
            if self.is_word("for") {
                self.comprehension(from)?;
                return self.expect("]");
            }
            count += 1;
            if !self.take(",") && !self.is_op("]") {
                return self.invalid();
            }
        }
        self.emit(Op::List(count));
        Ok(())
    }

    pub(super) fn dictionary(&mut self) -> Result<(), Refusal> {
        let mut count = 0;
        while !self.take("}") {
            self.expression()?;
            if !self.take(":") {
                return self.lacks("a set");
            }
            self.expression()?;
            count += 1;
            if !self.take(",") && !self.is_op("}") {
                return self.lacks("a dictionary comprehension");
            }
        }
        self.emit(Op::Dict(count));
        Ok(())
    }

    /// Neighbouring strings are one.
    pub(super) fn strings(&mut self) -> Result<(), Refusal> {
        let mut count = 0;
        loop {
            match self.peek().clone() {
                Token::Str(text) => {
                    self.at += 1;
                    self.emit(Op::Push(Value::text(text)));
                }
                Token::Format(text) => {
                    self.at += 1;
                    self.format(&text)?;
                }
                _ => break,
            }
            count += 1;
        }
        if count > 1 {
            self.emit(Op::Join(count));
        }
        Ok(())
    }

    /// The text of an f-string.
    pub(super) fn format(&mut self, text: &str) -> Result<(), Refusal> {
        let chars: Vec<char> = text.chars().collect();
        let (mut at, mut count) = (0, 0);
        let mut plain = String::new();
        while at < chars.len() {
            let (c, next) = (chars[at], chars.get(at + 1).copied());
            if (c == '{' && next == Some('{')) || (c == '}' && next == Some('}')) {
                plain.push(c);
                at += 2;
            } else if c == '{' {
                let Some((inner, spec, end)) = replacement(&chars, at + 1) else {
                    return Err(("SyntaxError: f-string: expecting '}'".into(), self.line()));
                };
                self.emit(Op::Push(Value::text(std::mem::take(&mut plain))));
                self.nested(&inner)?;
                self.emit(Op::Format(spec.as_str().into()));
                count += 2;
                at = end;
            } else {
                plain.push(c);
                at += 1;
            }
        }
        self.emit(Op::Push(Value::text(plain)));
        self.emit(Op::Join(count + 1));
        Ok(())
    }

    pub(super) fn nested(&mut self, text: &str) -> Result<(), Refusal> {
        let line = self.line();
        let mut inner = tokens(text.trim()).map_err(|(message, _)| (message, line))?;
        inner.iter_mut().for_each(|token| token.1 = line);
        let tokens = std::mem::replace(&mut self.tokens, inner);
        let at = std::mem::replace(&mut self.at, 0);
        let done = self.expressions();
        let complete = *self.peek() == Token::Newline;
        self.tokens = tokens;
        self.at = at;
        done?;
        if complete { Ok(()) } else { Err(("SyntaxError: f-string: invalid syntax".into(), line)) }
    }
}

/// The expression, the format and the end of `{expression:format}`.
fn replacement(chars: &[char], from: usize) -> Option<(String, String, usize)> {
    let (mut depth, mut split, mut at) = (0, None, from);
    let mut quote = None;
    loop {
        let c = *chars.get(at)?;
        match (c, quote) {
            (c, Some(open)) => quote = (c != open).then_some(open),
            ('\'' | '"', None) => quote = Some(c),
            ('[' | '(' | '{', None) => depth += 1,
            (']' | ')', None) => depth -= 1,
            ('}', None) if depth == 0 => break,
            ('}', None) => depth -= 1,
            (':', None) if depth == 0 && split.is_none() => split = Some(at),
            _ => {}
        }
        at += 1;
    }
    let end = split.unwrap_or(at);
    let mut expression: String = chars[from..end].iter().collect();
    let mut spec: String = chars[(end + 1).min(at)..at].iter().collect();
    if let Some(plain) = expression.strip_suffix("!r") {
        spec.insert_str(0, "!r");
        expression = plain.to_string();
    } else if let Some(plain) = expression.strip_suffix("!s") {
        expression = plain.to_string();
    }
    Some((expression, spec, at + 1))
}
