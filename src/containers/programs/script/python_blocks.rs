//! Compiling Python's compound statements.

use super::code::{Code, Op};
use super::python::{Compiler, Loop, Refusal};
use super::value::Value;

impl Compiler {
    pub(super) fn if_statement(&mut self) -> Result<(), Refusal> {
        let mut ends = Vec::new();
        loop {
            self.at += 1;
            self.expression()?;
            let no = self.emit(Op::JumpIfFalse(0));
            self.block()?;
            ends.push(self.emit(Op::Jump(0)));
            self.patch(no);
            if self.is_word("elif") {
                continue;
            }
            if self.take_word("else") {
                self.block()?;
            }
            break;
        }
        ends.into_iter().for_each(|end| self.patch(end));
        Ok(())
    }

    pub(super) fn while_statement(&mut self) -> Result<(), Refusal> {
        self.at += 1;
        let start = self.here();
        self.expression()?;
        let end = self.emit(Op::JumpIfFalse(0));
        self.loops.push(Loop { start, breaks: Vec::new(), is_for: false });
        self.block()?;
        self.jump_back(start);
        self.patch(end);
        self.end_loop()
    }

    pub(super) fn end_loop(&mut self) -> Result<(), Refusal> {
        let done = self.loops.pop();
        if self.take_word("else") {
            self.block()?;
        }
        done.into_iter().flat_map(|one| one.breaks).for_each(|jump| self.patch(jump));
        Ok(())
    }

    pub(super) fn for_statement(&mut self) -> Result<(), Refusal> {
        self.at += 1;
        let target = self.loop_target()?;
        self.expressions()?;
        self.emit(Op::Iterate);
        let start = self.here();
        let next = self.emit(Op::Next(0));
        self.store(target)?;
        self.loops.push(Loop { start, breaks: Vec::new(), is_for: true });
        self.block()?;
        self.jump_back(start);
        self.patch(next);
        self.end_loop()
    }

    /// `x` or `x, y` before `in`.
    pub(super) fn loop_target(&mut self) -> Result<(Vec<Op>, Vec<u32>), Refusal> {
        let from = self.here();
        let parentheses = self.take("(");
        let mut count = 0;
        loop {
            let name = self.name()?;
            self.emit(Op::Load(name));
            count += 1;
            if !self.take(",") || self.is_word("in") {
                break;
            }
        }
        if parentheses {
            self.expect(")")?;
        }
        if count > 1 {
            self.emit(Op::Tuple(count));
        }
        if !self.take_word("in") {
            return self.invalid();
        }
        Ok(self.cut(from))
    }

    pub(super) fn function(&mut self) -> Result<(), Refusal> {
        self.at += 1;
        let name = self.name()?;
        self.expect("(")?;
        let mut parameters = Vec::new();
        while !self.take(")") {
            let parameter = self.name()?;
            if self.take(":") {
                let from = self.here();
                self.expression()?;
                self.cut(from);
            }
            let mut default = None;
            if self.take("=") {
                let from = self.here();
                self.expression()?;
                let (mut ops, _) = self.cut(from);
                default = match (ops.pop(), ops.is_empty()) {
                    (Some(Op::Push(value)), true) => Some(value),
                    _ => return self.lacks("a default that is no constant"),
                };
            }
            parameters.push((parameter, default));
            if !self.take(",") && !self.is_op(")") {
                return self.invalid();
            }
        }
        if self.take("->") {
            let from = self.here();
            self.expression()?;
            self.cut(from);
        }
        let code = Code { name: name.to_string(), parameters, ..Code::default() };
        let outer = std::mem::replace(&mut self.code, code);
        let loops = std::mem::take(&mut self.loops);
        self.block()?;
        self.emit(Op::Push(Value::None));
        self.emit(Op::Return);
        self.loops = loops;
        let inner = std::mem::replace(&mut self.code, outer);
        self.functions.push(inner);
        let index = self.functions.len() - 1;
        self.emit(Op::Function(index));
        self.emit(Op::Store(name));
        Ok(())
    }

    pub(super) fn try_statement(&mut self) -> Result<(), Refusal> {
        self.at += 1;
        let handler = self.emit(Op::Handler(0));
        self.block()?;
        self.emit(Op::EndHandler);
        let mut ends = vec![self.emit(Op::Jump(0))];
        self.patch(handler);
        // The exception lies on the stack.
        while self.take_word("except") {
            let mut next = None;
            if !self.is_op(":") {
                self.expression()?;
                self.emit(Op::Matches);
                next = Some(self.emit(Op::JumpIfFalse(0)));
            }
            if self.take_word("as") {
                let name = self.name()?;
                self.emit(Op::Dup);
                self.emit(Op::Store(name));
            }
            self.emit(Op::Pop);
            self.block()?;
            ends.push(self.emit(Op::Jump(0)));
            if let Some(next) = next {
                self.patch(next);
            }
        }
        if self.is_word("finally") || self.is_word("else") {
            return self.lacks("'finally' or 'else' of try");
        }
        self.emit(Op::Reraise);
        ends.into_iter().for_each(|end| self.patch(end));
        Ok(())
    }
}
