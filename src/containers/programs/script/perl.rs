//! The compiler of a small subset of Perl 5, as found in one-liners.

use super::code::{Code, Op};
use super::perl_lexer::{Lexed, Token, lex};
use super::value::Value;

/// A message in perl's words, without the place.
pub type Refusal = String;

pub struct Compiler<'a> {
    pub(super) source: &'a [char],
    pub(super) tokens: Vec<Lexed>,
    pub(super) at: usize,
    pub(super) depth: u32,
    pub(super) code: Code,
    /// Functions that are known: `bpi` with `-Mbignum=bpi`.
    pub has_bpi: bool,
    /// `last` and `next` of the loops around.
    pub(super) loops: Vec<(Vec<usize>, Vec<usize>)>,
}

/// Compiles a script that perl would run from `-e`.
pub fn compile(text: &str, has_bpi: bool) -> Result<Vec<Code>, Refusal> {
    let source: Vec<char> = text.chars().collect();
    let tokens = lex(&source)?;
    let code = Code { name: "-e".into(), ..Code::default() };
    let mut compiler =
        Compiler { source: &source, tokens, at: 0, depth: 0, code, has_bpi, loops: Vec::new() };
    while *compiler.peek() != Token::End {
        compiler.statement()?;
    }
    compiler.emit(Op::Push(Value::None));
    compiler.emit(Op::Return);
    Ok(vec![compiler.code])
}

/// Functions of one argument, which need no parentheses.
pub(super) const UNARY: &[&str] = &[
    "bpi",
    "sleep",
    "exit",
    "rand",
    "int",
    "sqrt",
    "abs",
    "length",
    "uc",
    "lc",
    "ucfirst",
    "defined",
    "srand",
    "sin",
    "cos",
    "exp",
    "log",
    "chr",
    "ord",
    "hex",
    "oct",
    "localtime",
    "gmtime",
];

/// Functions of a list.
pub(super) const LISTS: &[&str] = &[
    "print", "say", "printf", "die", "warn", "join", "sprintf", "substr", "index", "time", "reverse", "push",
];

impl Compiler<'_> {
    pub(super) fn peek(&self) -> &Token {
        self.tokens.get(self.at).map_or(&Token::End, |lexed| &lexed.token)
    }

    pub(super) fn line(&self) -> u32 {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(1, |lexed| lexed.line)
    }

    pub(super) fn advance(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    pub(super) fn take(&mut self, op: &str) -> bool {
        let found = matches!(self.peek(), Token::Op(own) if *own == op);
        self.at += usize::from(found);
        found
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Token::Word(own) if own == word);
        self.at += usize::from(found);
        found
    }

    /// `syntax error`, with the text from the token before on.
    pub(super) fn syntax<T>(&self) -> Result<T, Refusal> {
        const ABORTED: &str = "Execution of -e aborted due to compilation errors.\n";
        let line = self.line();
        let Some(here) = self.tokens.get(self.at) else {
            return Err(format!("syntax error at -e line {line}, at EOF\n{ABORTED}"));
        };
        let start = self
            .at
            .checked_sub(1)
            .and_then(|at| self.tokens.get(at))
            .map_or(here.span.0, |token| token.span.0);
        let is_word = matches!(here.token, Token::Word(_));
        let rest =
            self.source[start..].iter().position(|c| *c == '\n').map_or(self.source.len(), |end| start + end);
        let end = if is_word { here.span.1 } else { rest };
        let mut near: String = self.source[start..end].iter().collect();
        let mut head = String::new();
        if is_word {
            let word: String = self.source[here.span.0..here.span.1].iter().collect();
            head = format!(
                "Bareword found where operator expected at -e line {line}, near \"{near}\"\n\t(Missing operator before {word}?)\n"
            );
        } else {
            near.push('\n');
        }
        Err(format!("{head}syntax error at -e line {line}, near \"{near}\"\n{ABORTED}"))
    }

    pub(super) fn lacks<T>(&self, what: &str) -> Result<T, Refusal> {
        Err(format!(
            "perl: this image simulates a subset of Perl: {what} is not part of it (line {})\n",
            self.line()
        ))
    }

    pub(super) fn expect(&mut self, op: &str) -> Result<(), Refusal> {
        if self.take(op) { Ok(()) } else { self.syntax() }
    }

    pub(super) fn emit(&mut self, op: Op) -> usize {
        let line = self.line();
        self.code.ops.push(op);
        self.code.lines.push(line);
        self.code.ops.len() - 1
    }

    pub(super) fn cut(&mut self, from: usize) -> (Vec<Op>, Vec<u32>) {
        (self.code.ops.split_off(from), self.code.lines.split_off(from))
    }

    /// Puts a piece that was cut at `from` behind what came there; `last` and `next` in it move along.
    pub(super) fn paste_moved(&mut self, piece: (Vec<Op>, Vec<u32>), from: usize) {
        let moved = self.code.ops.len() - from;
        for (lasts, nexts) in &mut self.loops {
            lasts.iter_mut().chain(nexts).filter(|jump| **jump >= from).for_each(|jump| *jump += moved);
        }
        self.paste(piece);
    }

    pub(super) fn paste(&mut self, mut piece: (Vec<Op>, Vec<u32>)) {
        self.code.ops.append(&mut piece.0);
        self.code.lines.append(&mut piece.1);
    }

    pub(super) fn patch(&mut self, at: usize) {
        let distance = self.code.ops.len() as isize - at as isize;
        if let Op::Jump(to)
        | Op::JumpIfFalse(to)
        | Op::JumpIfFalseKeep(to)
        | Op::JumpIfTrueKeep(to)
        | Op::Next(to) = &mut self.code.ops[at]
        {
            *to = distance;
        }
    }

    pub(super) fn jump_back(&mut self, to: usize) {
        let distance = to as isize - self.code.ops.len() as isize;
        self.emit(Op::Jump(distance));
    }

    /// A call of one of perl's functions with what lies on the stack.
    pub(super) fn call(&mut self, count: usize) {
        self.emit(Op::Call(count, Vec::new()));
    }

    pub(super) fn callee(&mut self, name: &str) {
        self.emit(Op::Push(Value::Library(format!("perl:{name}").as_str().into())));
    }
}

/// Modules that do nothing here or are simulated.
pub fn is_module(name: &str) -> bool {
    matches!(
        name,
        "strict"
            | "warnings"
            | "utf8"
            | "feature"
            | "bignum"
            | "bigint"
            | "integer"
            | "POSIX"
            | "Time/HiRes"
            | "v5"
            | ""
    )
}

/// Without the place.
pub fn not_located(name: &str) -> String {
    let module = name.replace('/', "::");
    format!(
        "Can't locate {name}.pm in @INC (you may need to install the {module} module) (@INC contains: \
         /usr/local/lib/perl5/site_perl/5.34.0/x86_64-linux-gnu /usr/local/lib/perl5/site_perl/5.34.0 \
         /usr/local/lib/perl5/vendor_perl/5.34.0/x86_64-linux-gnu /usr/local/lib/perl5/vendor_perl/5.34.0 \
         /usr/local/lib/perl5/5.34.0/x86_64-linux-gnu /usr/local/lib/perl5/5.34.0)"
    )
}
