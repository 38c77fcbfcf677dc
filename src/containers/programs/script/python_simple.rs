//! Compiling Python's simple statements.

use super::code::Op;
use super::python::{Compiler, Refusal};
use super::tokens::Token;
use super::value::Value;

impl Compiler {
    pub(super) fn statement(&mut self) -> Result<(), Refusal> {
        match self.peek().clone() {
            Token::Name(word) => match word.as_str() {
                "if" => self.if_statement(),
                "while" => self.while_statement(),
                "for" => self.for_statement(),
                "def" => self.function(),
                "try" => self.try_statement(),
                "class" | "with" | "async" | "match" if self.starts_compound(&word) => {
                    self.lacks(&format!("'{word}'"))
                }
                _ => self.simple_line(),
            },
            Token::Newline => {
                self.at += 1;
                Ok(())
            }
            Token::Indent => Err(("IndentationError: unexpected indent".into(), self.line())),
            Token::Op("@") => self.lacks("a decorator"),
            _ => self.simple_line(),
        }
    }

    /// `match` may be a plain name.
    pub(super) fn starts_compound(&self, word: &str) -> bool {
        word != "match" || !matches!(self.tokens.get(self.at + 1), Some((Token::Op(_), _)))
    }

    pub(super) fn simple_line(&mut self) -> Result<(), Refusal> {
        loop {
            self.simple()?;
            if !self.take(";") {
                break;
            }
            if *self.peek() == Token::Newline {
                break;
            }
        }
        match self.peek() {
            Token::Newline => {
                self.at += 1;
                Ok(())
            }
            Token::End | Token::Dedent => Ok(()),
            _ => self.invalid(),
        }
    }

    pub(super) fn simple(&mut self) -> Result<(), Refusal> {
        let Token::Name(word) = self.peek().clone() else { return self.expression_statement() };
        match word.as_str() {
            "pass" => self.at += 1,
            "import" => self.import()?,
            "from" => self.import_from()?,
            "return" => {
                self.at += 1;
                if matches!(self.peek(), Token::Newline | Token::Op(";")) {
                    self.emit(Op::Push(Value::None));
                } else {
                    self.expressions()?;
                }
                self.emit(Op::Return);
            }
            "raise" => {
                self.at += 1;
                if *self.peek() == Token::Newline {
                    self.emit(Op::Reraise);
                } else {
                    self.expression()?;
                    if self.take_word("from") {
                        self.expression()?;
                        self.emit(Op::Pop);
                    }
                    self.emit(Op::Raise);
                }
            }
            "break" => {
                self.at += 1;
                let Some(is_for) = self.loops.last().map(|one| one.is_for) else {
                    return Err(("SyntaxError: 'break' outside loop".into(), self.line()));
                };
                if is_for {
                    self.emit(Op::Pop);
                }
                let jump = self.emit(Op::Jump(0));
                if let Some(one) = self.loops.last_mut() {
                    one.breaks.push(jump);
                }
            }
            "continue" => {
                self.at += 1;
                let Some(start) = self.loops.last().map(|one| one.start) else {
                    return Err(("SyntaxError: 'continue' not properly in loop".into(), self.line()));
                };
                self.jump_back(start);
            }
            "global" | "nonlocal" => {
                self.at += 1;
                loop {
                    let name = self.name()?;
                    self.code.globals.push(name.to_string());
                    if !self.take(",") {
                        break;
                    }
                }
            }
            "assert" => self.assert()?,
            "del" | "yield" | "await" | "lambda" => return self.lacks(&format!("'{word}'")),
            _ => return self.expression_statement(),
        }
        Ok(())
    }

    pub(super) fn assert(&mut self) -> Result<(), Refusal> {
        self.at += 1;
        self.expression()?;
        let fine = self.emit(Op::JumpIfTrueKeep(0));
        self.emit(Op::Push(Value::Library("AssertionError".into())));
        let mut count = 0;
        if self.take(",") {
            self.expression()?;
            count = 1;
        }
        self.emit(Op::Call(count, Vec::new()));
        self.emit(Op::Raise);
        self.patch(fine);
        self.emit(Op::Pop);
        Ok(())
    }

    pub(super) fn dotted(&mut self) -> Result<String, Refusal> {
        let mut path = self.name()?.to_string();
        while self.take(".") {
            path = format!("{path}.{}", self.name()?);
        }
        Ok(path)
    }

    pub(super) fn import(&mut self) -> Result<(), Refusal> {
        self.at += 1;
        loop {
            let path = self.dotted()?;
            let first = path.split('.').next().unwrap_or("").to_string();
            let (value, name) = match self.take_word("as") {
                true => (path, self.name()?.to_string()),
                false => (first.clone(), first),
            };
            self.emit(Op::Push(Value::text(&value)));
            self.emit(Op::Unary("import"));
            self.emit(Op::Store(name.as_str().into()));
            if !self.take(",") {
                return Ok(());
            }
        }
    }

    pub(super) fn import_from(&mut self) -> Result<(), Refusal> {
        self.at += 1;
        let path = self.dotted()?;
        if !self.take_word("import") {
            return self.invalid();
        }
        let parentheses = self.take("(");
        loop {
            let name = self.name()?;
            let own = if self.take_word("as") { self.name()? } else { name.clone() };
            self.emit(Op::Push(Value::text(&path)));
            self.emit(Op::Unary("import"));
            self.emit(Op::Attribute(name));
            self.emit(Op::Store(own));
            if !self.take(",") {
                break;
            }
        }
        if parentheses { self.expect(")") } else { Ok(()) }
    }

    pub(super) fn expression_statement(&mut self) -> Result<(), Refusal> {
        let start = self.here();
        self.expressions()?;
        if self.take(":") {
            // An annotation says nothing here.
            let annotation = self.here();
            self.expression()?;
            self.cut(annotation);
        }
        for (augmented, op) in [
            ("+=", "+"),
            ("-=", "-"),
            ("*=", "*"),
            ("/=", "/"),
            ("//=", "//"),
            ("%=", "%"),
            ("**=", "**"),
            ("|=", "|"),
            ("&=", "&"),
            (">>=", ">>"),
            ("<<=", "<<"),
        ] {
            if self.take(augmented) {
                let target = self.cut(start);
                self.paste(target.clone());
                self.expressions()?;
                self.emit(Op::Binary(op));
                return self.store(target);
            }
        }
        if !self.is_op("=") {
            self.emit(Op::Pop);
            return Ok(());
        }
        let mut targets = vec![self.cut(start)];
        while self.take("=") {
            let from = self.here();
            self.expressions()?;
            if self.is_op("=") {
                targets.push(self.cut(from));
            }
        }
        for at in (0..targets.len()).rev() {
            if at > 0 {
                self.emit(Op::Dup);
            }
            let target = targets[at].clone();
            self.store(target)?;
        }
        Ok(())
    }

    /// Turns the code of an expression into the code that stores into it.
    pub(super) fn store(&mut self, mut target: (Vec<Op>, Vec<u32>)) -> Result<(), Refusal> {
        let bad = (
            "SyntaxError: cannot assign to expression here. Maybe you meant '==' instead of '='?".to_string(),
            self.line(),
        );
        let last = target.0.pop();
        target.1.pop();
        match last {
            Some(Op::Load(name)) if target.0.is_empty() => {
                self.emit(Op::Store(name));
            }
            Some(Op::Index) => {
                self.paste(target);
                self.emit(Op::StoreIndex);
            }
            Some(Op::Attribute(_)) => {
                self.paste(target);
                self.emit(Op::StoreAttribute);
            }
            Some(Op::Tuple(count) | Op::List(count)) => {
                if target.0.len() != count || !target.0.iter().all(|op| matches!(op, Op::Load(_))) {
                    return Err(bad);
                }
                self.emit(Op::Unpack(count));
                for op in target.0 {
                    if let Op::Load(name) = op {
                        self.emit(Op::Store(name));
                    }
                }
            }
            _ => return Err(bad),
        }
        Ok(())
    }
}
