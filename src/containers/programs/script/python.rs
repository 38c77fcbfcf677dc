//! The compiler of a subset of Python 3: one pass from tokens to code.

use std::sync::Arc;

use super::code::{Code, Op};
use super::tokens::{Token, tokens};
use super::value::Value;

/// Why a text is no script: a message in Python's words or one that says what the subset lacks, and the line.
pub type Refusal = (String, u32);

const MAX_DEPTH: u32 = 60;

pub struct Compiler {
    tokens: Vec<(Token, u32)>,
    at: usize,
    depth: u32,
    /// Finished functions; the module comes last.
    pub functions: Vec<Code>,
    code: Code,
    /// Of the loops around: where `continue` goes and the breaks to patch.
    loops: Vec<Loop>,
}

struct Loop {
    start: usize,
    breaks: Vec<usize>,
    /// Something on the stack to drop on `break`.
    is_for: bool,
}

/// Compiles a script; the last code is the module's.
pub fn compile(source: &str) -> Result<Vec<Code>, Refusal> {
    let code = Code { name: "<module>".into(), ..Code::default() };
    let mut compiler =
        Compiler { tokens: tokens(source)?, at: 0, depth: 0, functions: Vec::new(), code, loops: Vec::new() };
    while *compiler.peek() != Token::End {
        compiler.statement()?;
    }
    compiler.emit(Op::Push(Value::None));
    compiler.emit(Op::Return);
    let mut functions = compiler.functions;
    functions.push(compiler.code);
    Ok(functions)
}

impl Compiler {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).map_or(&Token::End, |token| &token.0)
    }

    fn line(&self) -> u32 {
        self.tokens.get(self.at.min(self.tokens.len().saturating_sub(1))).map_or(1, |token| token.1)
    }

    fn advance(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    fn invalid<T>(&self) -> Result<T, Refusal> {
        Err(("SyntaxError: invalid syntax".to_string(), self.line()))
    }

    fn lacks<T>(&self, what: &str) -> Result<T, Refusal> {
        Err((format!("this image simulates a subset of Python: {what} is not part of it"), self.line()))
    }

    fn is_op(&self, op: &str) -> bool {
        matches!(self.peek(), Token::Op(own) if *own == op)
    }

    fn take(&mut self, op: &str) -> bool {
        let found = self.is_op(op);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, op: &str) -> Result<(), Refusal> {
        if self.take(op) { Ok(()) } else { self.invalid() }
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Name(own) if own == word)
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    fn name(&mut self) -> Result<Arc<str>, Refusal> {
        match self.advance() {
            Token::Name(name) if !is_keyword(&name) => Ok(name.into()),
            _ => {
                self.at -= 1;
                self.invalid()
            }
        }
    }

    fn emit(&mut self, op: Op) -> usize {
        let line = self.line();
        self.code.ops.push(op);
        self.code.lines.push(line);
        self.code.ops.len() - 1
    }

    fn here(&self) -> usize {
        self.code.ops.len()
    }

    /// Makes a jump lead to the end of the code so far.
    fn patch(&mut self, at: usize) {
        let distance = self.here() as isize - at as isize;
        match &mut self.code.ops[at] {
            Op::Jump(to)
            | Op::JumpIfFalse(to)
            | Op::JumpIfFalseKeep(to)
            | Op::JumpIfTrueKeep(to)
            | Op::Next(to)
            | Op::Handler(to) => *to = distance,
            _ => {}
        }
    }

    fn jump_back(&mut self, to: usize) {
        let distance = to as isize - self.here() as isize;
        self.emit(Op::Jump(distance));
    }

    /// Takes the code from a place on away, to put it elsewhere.
    fn cut(&mut self, from: usize) -> (Vec<Op>, Vec<u32>) {
        (self.code.ops.split_off(from), self.code.lines.split_off(from))
    }

    fn paste(&mut self, mut piece: (Vec<Op>, Vec<u32>)) {
        self.code.ops.append(&mut piece.0);
        self.code.lines.append(&mut piece.1);
    }

    fn block(&mut self) -> Result<(), Refusal> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(("SyntaxError: too many statically nested blocks".into(), self.line()));
        }
        self.expect(":")?;
        if *self.peek() == Token::Newline {
            self.at += 1;
            if *self.peek() != Token::Indent {
                return Err(("IndentationError: expected an indented block".into(), self.line()));
            }
            self.at += 1;
            while !matches!(self.peek(), Token::Dedent | Token::End) {
                self.statement()?;
            }
            self.at += usize::from(*self.peek() == Token::Dedent);
        } else {
            self.simple_line()?;
        }
        self.depth -= 1;
        Ok(())
    }

    fn statement(&mut self) -> Result<(), Refusal> {
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
    fn starts_compound(&self, word: &str) -> bool {
        word != "match" || !matches!(self.tokens.get(self.at + 1), Some((Token::Op(_), _)))
    }

    fn simple_line(&mut self) -> Result<(), Refusal> {
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

    fn simple(&mut self) -> Result<(), Refusal> {
        let Token::Name(word) = self.peek().clone() else { return self.expression_statement() };
        match word.as_str() {
            "pass" => self.at += 1,
            "import" => self.import()?,
            "from" => self.from_import()?,
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

    fn assert(&mut self) -> Result<(), Refusal> {
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

    fn dotted(&mut self) -> Result<String, Refusal> {
        let mut path = self.name()?.to_string();
        while self.take(".") {
            path = format!("{path}.{}", self.name()?);
        }
        Ok(path)
    }

    fn import(&mut self) -> Result<(), Refusal> {
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

    fn from_import(&mut self) -> Result<(), Refusal> {
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

    fn expression_statement(&mut self) -> Result<(), Refusal> {
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
    fn store(&mut self, mut target: (Vec<Op>, Vec<u32>)) -> Result<(), Refusal> {
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
            Some(Op::Attribute(name)) => {
                self.paste(target);
                self.emit(Op::StoreAttribute(name));
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

    fn if_statement(&mut self) -> Result<(), Refusal> {
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

    fn while_statement(&mut self) -> Result<(), Refusal> {
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

    fn end_loop(&mut self) -> Result<(), Refusal> {
        let done = self.loops.pop();
        if self.take_word("else") {
            self.block()?;
        }
        done.into_iter().flat_map(|one| one.breaks).for_each(|jump| self.patch(jump));
        Ok(())
    }

    fn for_statement(&mut self) -> Result<(), Refusal> {
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
    fn loop_target(&mut self) -> Result<(Vec<Op>, Vec<u32>), Refusal> {
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

    fn function(&mut self) -> Result<(), Refusal> {
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

    fn try_statement(&mut self) -> Result<(), Refusal> {
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

    /// One expression or a tuple without parentheses.
    fn expressions(&mut self) -> Result<(), Refusal> {
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

    fn expression(&mut self) -> Result<(), Refusal> {
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

    fn or(&mut self) -> Result<(), Refusal> {
        self.and()?;
        while self.take_word("or") {
            let end = self.emit(Op::JumpIfTrueKeep(0));
            self.and()?;
            self.patch(end);
        }
        Ok(())
    }

    fn and(&mut self) -> Result<(), Refusal> {
        self.not()?;
        while self.take_word("and") {
            let end = self.emit(Op::JumpIfFalseKeep(0));
            self.not()?;
            self.patch(end);
        }
        Ok(())
    }

    fn not(&mut self) -> Result<(), Refusal> {
        let mut count = 0;
        while self.take_word("not") {
            count += 1;
        }
        self.comparison()?;
        (0..count).for_each(|_| drop(self.emit(Op::Unary("not"))));
        Ok(())
    }

    fn comparison(&mut self) -> Result<(), Refusal> {
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

    fn comparison_operator(&mut self) -> Option<&'static str> {
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

    fn binary(&mut self, level: usize) -> Result<(), Refusal> {
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

    fn unary(&mut self) -> Result<(), Refusal> {
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

    fn power(&mut self) -> Result<(), Refusal> {
        self.primary()?;
        if self.take("**") {
            self.unary()?;
            self.emit(Op::Binary("**"));
        }
        Ok(())
    }

    fn primary(&mut self) -> Result<(), Refusal> {
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

    fn call(&mut self) -> Result<(), Refusal> {
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

    fn subscript(&mut self) -> Result<(), Refusal> {
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
    fn comprehension(&mut self, from: usize) -> Result<(), Refusal> {
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

    fn atom(&mut self) -> Result<(), Refusal> {
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

    fn list(&mut self) -> Result<(), Refusal> {
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

    fn dictionary(&mut self) -> Result<(), Refusal> {
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
    fn strings(&mut self) -> Result<(), Refusal> {
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
    fn format(&mut self, text: &str) -> Result<(), Refusal> {
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

    fn nested(&mut self, text: &str) -> Result<(), Refusal> {
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

fn is_keyword(word: &str) -> bool {
    const KEYWORDS: [&str; 33] = [
        "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else",
        "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
        "not", "or", "pass", "raise", "return", "try", "while", "with", "yield", "False",
    ];
    KEYWORDS.contains(&word)
}
