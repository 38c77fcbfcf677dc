//! The compiler of a subset of Python 3: one pass from tokens to code.

use std::sync::Arc;

use super::code::{Code, Op};
use super::tokens::{Token, tokens};
use super::value::Value;

/// Why a text is no script: a message in Python's words or one that says what the subset lacks, and the line.
pub type Refusal = (String, u32);

pub(super) const MAX_DEPTH: u32 = 60;

pub struct Compiler {
    pub(super) tokens: Vec<(Token, u32)>,
    pub(super) at: usize,
    pub(super) depth: u32,
    /// Finished functions; the module comes last.
    pub functions: Vec<Code>,
    pub(super) code: Code,
    /// Of the loops around: where `continue` goes and the breaks to patch.
    pub(super) loops: Vec<Loop>,
}

pub(super) struct Loop {
    pub(super) start: usize,
    pub(super) breaks: Vec<usize>,
    /// Something on the stack to drop on `break`.
    pub(super) is_for: bool,
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
    pub(super) fn peek(&self) -> &Token {
        self.tokens.get(self.at).map_or(&Token::End, |token| &token.0)
    }

    pub(super) fn line(&self) -> u32 {
        self.tokens.get(self.at.min(self.tokens.len().saturating_sub(1))).map_or(1, |token| token.1)
    }

    pub(super) fn advance(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    pub(super) fn invalid<T>(&self) -> Result<T, Refusal> {
        Err(("SyntaxError: invalid syntax".to_string(), self.line()))
    }

    pub(super) fn lacks<T>(&self, what: &str) -> Result<T, Refusal> {
        Err((format!("this image simulates a subset of Python: {what} is not part of it"), self.line()))
    }

    pub(super) fn is_op(&self, op: &str) -> bool {
        matches!(self.peek(), Token::Op(own) if *own == op)
    }

    pub(super) fn take(&mut self, op: &str) -> bool {
        let found = self.is_op(op);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, op: &str) -> Result<(), Refusal> {
        if self.take(op) { Ok(()) } else { self.invalid() }
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Name(own) if own == word)
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.at += usize::from(found);
        found
    }

    pub(super) fn name(&mut self) -> Result<Arc<str>, Refusal> {
        match self.advance() {
            Token::Name(name) if !is_keyword(&name) => Ok(name.into()),
            _ => {
                self.at -= 1;
                self.invalid()
            }
        }
    }

    pub(super) fn emit(&mut self, op: Op) -> usize {
        let line = self.line();
        self.code.ops.push(op);
        self.code.lines.push(line);
        self.code.ops.len() - 1
    }

    pub(super) fn here(&self) -> usize {
        self.code.ops.len()
    }

    /// Makes a jump lead to the end of the code so far.
    pub(super) fn patch(&mut self, at: usize) {
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

    pub(super) fn jump_back(&mut self, to: usize) {
        let distance = to as isize - self.here() as isize;
        self.emit(Op::Jump(distance));
    }

    /// Takes the code from a place on away, to put it elsewhere.
    pub(super) fn cut(&mut self, from: usize) -> (Vec<Op>, Vec<u32>) {
        (self.code.ops.split_off(from), self.code.lines.split_off(from))
    }

    pub(super) fn paste(&mut self, mut piece: (Vec<Op>, Vec<u32>)) {
        self.code.ops.append(&mut piece.0);
        self.code.lines.append(&mut piece.1);
    }

    pub(super) fn block(&mut self) -> Result<(), Refusal> {
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
}

pub(super) fn is_keyword(word: &str) -> bool {
    const KEYWORDS: [&str; 33] = [
        "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else",
        "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal",
        "not", "or", "pass", "raise", "return", "try", "while", "with", "yield", "False",
    ];
    KEYWORDS.contains(&word)
}
