//! Compiling Perl's statements.

use super::code::Op;
use super::perl::{Compiler, Refusal, is_module, not_located};
use super::perl_lexer::Token;
use super::value::Value;

impl Compiler<'_> {
    pub(super) fn block(&mut self) -> Result<(), Refusal> {
        self.depth += 1;
        if self.depth > 50 {
            return Err("Too many nested blocks\n".into());
        }
        self.expect("{")?;
        while !self.take("}") {
            if *self.peek() == Token::End {
                return Err(format!(
                    "Missing right curly or square bracket at -e line {}, at end of line\nsyntax error at -e line {}, at EOF\nExecution of -e aborted due to compilation errors.\n",
                    self.line(),
                    self.line()
                ));
            }
            self.statement()?;
        }
        self.depth -= 1;
        Ok(())
    }

    pub(super) fn statement(&mut self) -> Result<(), Refusal> {
        if self.take(";") {
            return Ok(());
        }
        if let Token::Word(word) = self.peek().clone() {
            match word.as_str() {
                "use" | "no" => return self.use_statement(),
                "if" | "unless" => return self.if_statement(word == "unless"),
                "while" | "until" => {
                    self.at += 1;
                    return self.while_statement(word == "until");
                }
                "for" | "foreach" => {
                    self.at += 1;
                    return self.for_statement();
                }
                "sub" | "package" | "BEGIN" | "require" | "local" => return self.lacks(&format!("'{word}'")),
                _ => {}
            }
        }
        if matches!(self.peek(), Token::Op("{")) {
            return self.block();
        }
        let start = self.code.ops.len();
        self.simple()?;
        self.modifier(start)?;
        if self.take(";") || matches!(self.peek(), Token::End | Token::Op("}")) {
            Ok(())
        } else {
            self.syntax()
        }
    }

    pub(super) fn use_statement(&mut self) -> Result<(), Refusal> {
        let line = self.line();
        self.at += 1;
        let mut name = match self.advance() {
            Token::Word(name) => name,
            _ => String::new(),
        };
        while self.take("::") {
            if let Token::Word(part) = self.advance() {
                name = format!("{name}/{part}");
            }
        }
        while !self.take(";") && *self.peek() != Token::End {
            if matches!(self.peek(), Token::Word(word) | Token::Str(word, _) if word == "bpi")
                && name == "bignum"
            {
                self.has_bpi = true;
            }
            self.at += 1;
        }
        match is_module(&name) {
            true => Ok(()),
            false => Err(format!(
                "{} at -e line {line}.\nBEGIN failed--compilation aborted at -e line {line}.\n",
                not_located(&name)
            )),
        }
    }

    pub(super) fn simple(&mut self) -> Result<(), Refusal> {
        for (word, leave) in [("last", true), ("next", false)] {
            if self.take_word(word) {
                let jump = self.emit(Op::Jump(0));
                let line = self.line();
                let Some(here) = self.loops.last_mut() else {
                    return Err(format!("Can't \"{word}\" outside a loop block at -e line {line}.\n"));
                };
                if leave {
                    here.0.push(jump)
                } else {
                    here.1.push(jump)
                }
                return Ok(());
            }
        }
        self.low_or()?;
        self.emit(Op::Pop);
        Ok(())
    }

    /// `... if condition`, `... for list`.
    pub(super) fn modifier(&mut self, start: usize) -> Result<(), Refusal> {
        let Token::Word(word) = self.peek().clone() else { return Ok(()) };
        match word.as_str() {
            "if" | "unless" => {
                self.at += 1;
                let body = self.cut(start);
                self.condition(word == "unless")?;
                let end = self.emit(Op::JumpIfFalse(0));
                self.paste_moved(body, start);
                self.patch(end);
            }
            "while" | "until" => {
                self.at += 1;
                let body = self.cut(start);
                self.condition(word == "until")?;
                let end = self.emit(Op::JumpIfFalse(0));
                self.paste_moved(body, start);
                self.jump_back(start);
                self.patch(end);
            }
            "for" | "foreach" => {
                self.at += 1;
                let body = self.cut(start);
                self.list()?;
                self.emit(Op::Iterate);
                let top = self.code.ops.len();
                let next = self.emit(Op::Next(0));
                self.emit(Op::Store("$_".into()));
                self.paste_moved(body, start);
                self.jump_back(top);
                self.patch(next);
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn condition(&mut self, negated: bool) -> Result<(), Refusal> {
        self.low_or()?;
        self.emit(Op::Unary(if negated { "perl!" } else { "perl?" }));
        Ok(())
    }

    pub(super) fn if_statement(&mut self, unless: bool) -> Result<(), Refusal> {
        let mut ends = Vec::new();
        let mut negated = unless;
        loop {
            self.at += 1;
            self.expect("(")?;
            self.condition(negated)?;
            self.expect(")")?;
            negated = false;
            let no = self.emit(Op::JumpIfFalse(0));
            self.block()?;
            ends.push(self.emit(Op::Jump(0)));
            self.patch(no);
            if matches!(self.peek(), Token::Word(word) if word == "elsif") {
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

    pub(super) fn while_statement(&mut self, until: bool) -> Result<(), Refusal> {
        let start = self.code.ops.len();
        self.expect("(")?;
        if matches!(self.peek(), Token::Op(")")) {
            self.emit(Op::Push(Value::Bool(true)));
        } else {
            self.condition(until)?;
        }
        self.expect(")")?;
        let end = self.emit(Op::JumpIfFalse(0));
        self.loops.push(Default::default());
        self.block()?;
        let (lasts, nexts) = self.loops.pop().unwrap_or_default();
        nexts.into_iter().for_each(|jump| self.patch(jump));
        self.jump_back(start);
        self.patch(end);
        lasts.into_iter().for_each(|jump| self.patch(jump));
        Ok(())
    }

    pub(super) fn for_statement(&mut self) -> Result<(), Refusal> {
        self.take_word("my");
        let mut name = "$_".to_string();
        if let Token::Variable(own) = self.peek().clone() {
            self.at += 1;
            name = own;
        }
        self.expect("(")?;
        let count = self.items(")")?;
        if self.take(";") {
            return self.counting_for(count);
        }
        self.expect(")")?;
        self.emit(Op::List(count));
        self.emit(Op::Unary("perl@"));
        self.emit(Op::Iterate);
        let top = self.code.ops.len();
        let next = self.emit(Op::Next(0));
        self.emit(Op::Store(name.as_str().into()));
        self.loops.push(Default::default());
        self.block()?;
        let (lasts, nexts) = self.loops.pop().unwrap_or_default();
        nexts.into_iter().for_each(|jump| self.patch(jump));
        self.jump_back(top);
        // `last` drops the iterator that `Next` drops otherwise.
        if !lasts.is_empty() {
            lasts.into_iter().for_each(|jump| self.patch(jump));
            self.emit(Op::Pop);
            let skip = self.emit(Op::Jump(0));
            self.patch(next);
            self.patch(skip);
        } else {
            self.patch(next);
        }
        Ok(())
    }

    /// `for (init; test; step)` behind the first semicolon.
    pub(super) fn counting_for(&mut self, count: usize) -> Result<(), Refusal> {
        for _ in 0..count {
            self.emit(Op::Pop);
        }
        let start = self.code.ops.len();
        if matches!(self.peek(), Token::Op(";")) {
            self.emit(Op::Push(Value::Bool(true)));
        } else {
            self.condition(false)?;
        }
        self.expect(";")?;
        let end = self.emit(Op::JumpIfFalse(0));
        let from = self.code.ops.len();
        if !matches!(self.peek(), Token::Op(")")) {
            self.low_or()?;
            self.emit(Op::Pop);
        }
        let step = self.cut(from);
        self.expect(")")?;
        self.loops.push(Default::default());
        self.block()?;
        let (lasts, nexts) = self.loops.pop().unwrap_or_default();
        nexts.into_iter().for_each(|jump| self.patch(jump));
        self.paste(step);
        self.jump_back(start);
        self.patch(end);
        lasts.into_iter().for_each(|jump| self.patch(jump));
        Ok(())
    }

    /// Expressions between commas; how many.
    pub(super) fn items(&mut self, end: &str) -> Result<usize, Refusal> {
        let mut count = 0;
        let ends = |token: &Token| {
            matches!(token, Token::End | Token::Op(";" | "}" | ")"))
                || matches!(token, Token::Op(own) if *own == end)
                || matches!(token, Token::Word(word) if matches!(word.as_str(), "if" | "unless" | "for" | "foreach" | "while" | "until" | "or" | "and"))
        };
        while !ends(self.peek()) {
            self.assignment()?;
            count += 1;
            if !self.take(",") && !self.take("=>") {
                break;
            }
        }
        Ok(count)
    }

    pub(super) fn list(&mut self) -> Result<(), Refusal> {
        let parentheses = self.take("(");
        let count = self.items(")")?;
        if parentheses {
            self.expect(")")?;
        }
        self.emit(Op::List(count));
        self.emit(Op::Unary("perl@"));
        Ok(())
    }
}
