//! Compiling Python's operators, calls and comprehensions.

use std::sync::Arc;

use super::code::Op;
use super::python::{Compiler, MAX_DEPTH, Refusal};
use super::tokens::Token;
use super::value::Value;

impl Compiler {
    /// One expression or a tuple without parentheses.
    pub(super) fn expressions(&mut self) -> Result<(), Refusal> {
        self.expression()?;
        if !self.is_op(",") {
            return Ok(());
        }
        let mut count = 1;
        while self.take(",") {
            if matches!(self.peek(), Token::Newline | Token::End | Token::Op("=" | ")" | ";")) {
                break;
            }
            self.expression()?;
            count += 1;
        }
        self.emit(Op::Tuple(count));
        Ok(())
    }

    pub(super) fn expression(&mut self) -> Result<(), Refusal> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(("SyntaxError: too many nested parentheses".into(), self.line()));
        }
        if self.is_word("lambda") {
            return self.lacks("'lambda'");
        }
        let start = self.here();
        self.or()?;
        if self.take_word("if") {
            let yes = self.cut(start);
            self.or()?;
            let no = self.emit(Op::JumpIfFalse(0));
            self.paste(yes);
            let end = self.emit(Op::Jump(0));
            self.patch(no);
            if !self.take_word("else") {
                return self.invalid();
            }
            self.expression()?;
            self.patch(end);
        }
        self.depth -= 1;
        Ok(())
    }

    pub(super) fn or(&mut self) -> Result<(), Refusal> {
        self.and()?;
        while self.take_word("or") {
            let end = self.emit(Op::JumpIfTrueKeep(0));
            self.and()?;
            self.patch(end);
        }
        Ok(())
    }

    pub(super) fn and(&mut self) -> Result<(), Refusal> {
        self.not()?;
        while self.take_word("and") {
            let end = self.emit(Op::JumpIfFalseKeep(0));
            self.not()?;
            self.patch(end);
        }
        Ok(())
    }

    pub(super) fn not(&mut self) -> Result<(), Refusal> {
        let mut count = 0;
        while self.take_word("not") {
            count += 1;
        }
        self.comparison()?;
        for _ in 0..count {
            self.emit(Op::Unary("not"));
        }
        Ok(())
    }

    pub(super) fn comparison(&mut self) -> Result<(), Refusal> {
        self.binary(0)?;
        let mut ends = Vec::new();
        while let Some(operator) = self.comparison_operator() {
            let from = self.here();
            self.binary(0)?;
            let right = self.cut(from);
            let chained = matches!(self.peek(), Token::Op("<" | ">" | "<=" | ">=" | "==" | "!="));
            if chained {
                // `a < b < c`: only plain middles can be computed twice.
                if right.0.len() != 1 {
                    return self.lacks("a chained comparison of computed values");
                }
                self.paste(right.clone());
                self.emit(Op::Binary(operator));
                ends.push(self.emit(Op::JumpIfFalseKeep(0)));
                self.paste(right);
            } else {
                self.paste(right);
                self.emit(Op::Binary(operator));
            }
        }
        ends.into_iter().for_each(|end| self.patch(end));
        Ok(())
    }

    pub(super) fn comparison_operator(&mut self) -> Option<&'static str> {
        if let Token::Op(op @ ("<" | ">" | "<=" | ">=" | "==" | "!=")) = *self.peek() {
            self.at += 1;
            return Some(op);
        }
        if self.take_word("in") {
            return Some("in");
        }
        if self.take_word("is") {
            return Some(if self.take_word("not") { "is not" } else { "is" });
        }
        let not_in = self.is_word("not")
            && matches!(self.tokens.get(self.at + 1), Some((Token::Name(word), _)) if word == "in");
        if not_in {
            self.at += 2;
            return Some("not in");
        }
        None
    }

    pub(super) fn binary(&mut self, level: usize) -> Result<(), Refusal> {
        const LEVELS: [&[&str]; 6] =
            [&["|"], &["^"], &["&"], &["<<", ">>"], &["+", "-"], &["*", "/", "//", "%", "@"]];
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        self.binary(level + 1)?;
        while let Token::Op(operator) = *self.peek() {
            if !operators.contains(&operator) {
                break;
            }
            self.at += 1;
            self.binary(level + 1)?;
            self.emit(Op::Binary(operator));
        }
        Ok(())
    }

    pub(super) fn unary(&mut self) -> Result<(), Refusal> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(("SyntaxError: too many nested operators".into(), self.line()));
        }
        if let Token::Op(operator @ ("-" | "+" | "~")) = *self.peek() {
            self.at += 1;
            self.unary()?;
            match (operator, self.code.ops.last_mut()) {
                ("-", Some(Op::Push(Value::Int(value)))) if *value > 0 => *value = -*value,
                _ => drop(self.emit(Op::Unary(operator))),
            }
        } else {
            self.power()?;
        }
        self.depth -= 1;
        Ok(())
    }

    pub(super) fn power(&mut self) -> Result<(), Refusal> {
        self.primary()?;
        if self.take("**") {
            self.unary()?;
            self.emit(Op::Binary("**"));
        }
        Ok(())
    }

    pub(super) fn primary(&mut self) -> Result<(), Refusal> {
        self.atom()?;
        loop {
            if self.take(".") {
                let name = self.name()?;
                self.emit(Op::Attribute(name));
            } else if self.take("(") {
                self.call()?;
            } else if self.take("[") {
                self.subscript()?;
            } else {
                return Ok(());
            }
        }
    }

    pub(super) fn call(&mut self) -> Result<(), Refusal> {
        let mut count = 0;
        let mut names: Vec<Arc<str>> = Vec::new();
        while !self.take(")") {
            if self.is_op("*") || self.is_op("**") {
                return self.lacks("a starred argument");
            }
            let named = matches!(self.tokens.get(self.at + 1), Some((Token::Op("="), _)));
            if named {
                names.push(self.name()?);
                self.at += 1;
            } else if !names.is_empty() {
                return Err((
                    "SyntaxError: positional argument follows keyword argument".into(),
                    self.line(),
                ));
            }
            let from = self.here();
            self.expression()?;
            if self.is_word("for") {
                self.comprehension(from)?;
            }
            count += 1;
            if !self.take(",") && !self.is_op(")") {
                return self.invalid();
            }
        }
        self.emit(Op::Call(count, names));
        Ok(())
    }

    pub(super) fn subscript(&mut self) -> Result<(), Refusal> {
        let bound = |compiler: &mut Compiler| {
            if compiler.is_op(":") || compiler.is_op("]") {
                compiler.emit(Op::Push(Value::None));
                return Ok(());
            }
            compiler.expressions()
        };
        bound(self)?;
        if self.take(":") {
            bound(self)?;
            if self.take(":") {
                bound(self)?;
            } else {
                self.emit(Op::Push(Value::None));
            }
            self.emit(Op::Slice);
        } else {
            self.emit(Op::Index);
        }
        self.expect("]")
    }

    /// `element for x in items if test`: the element's code is already there.
    pub(super) fn comprehension(&mut self, from: usize) -> Result<(), Refusal> {
        let element = self.cut(from);
        self.at += 1;
        self.emit(Op::List(0));
        let target = self.loop_target()?;
        self.or()?;
        self.emit(Op::Iterate);
        let start = self.here();
        let next = self.emit(Op::Next(0));
        self.store(target)?;
        if self.take_word("if") {
            self.or()?;
            let skip = self.emit(Op::JumpIfTrueKeep(0));
            self.jump_back(start);
            self.patch(skip);
            self.emit(Op::Pop);
        }
        if self.is_word("for") {
            return self.lacks("a nested comprehension");
        }
        self.paste(element);
        self.emit(Op::Append(1));
        self.jump_back(start);
        self.patch(next);
        Ok(())
    }
}
