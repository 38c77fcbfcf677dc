//! The compiler of a small subset of Perl 5, as found in one-liners.

use super::code::{Code, Op};
use super::value::Value;

/// A message in perl's words, without the place.
pub type Refusal = String;

#[derive(Clone, PartialEq, Debug)]
enum Token {
    /// `$x`, `@x`, `%x`, with the sigil.
    Variable(String),
    Word(String),
    Number(Value0),
    Str(String, bool),
    Op(&'static str),
    End,
}

/// A number as it is written.
#[derive(Clone, PartialEq, Debug)]
enum Value0 {
    Int(i64),
    Float(f64),
}

const OPERATORS: [&str; 50] = [
    "<=>", "**=", "||=", "&&=", "//=", "...", "->", "++", "--", "**", "=~", "!~", "==", "!=", "<=", ">=",
    "&&", "||", "//", "..", "::", "+=", "-=", "*=", "/=", ".=", "%=", "x=", "=>", "+", "-", "*", "/", "%",
    "=", "<", ">", "!", "~", "\\", "?", ":", ".", ",", ";", "(", ")", "[", "]", "{",
];

struct Lexed {
    token: Token,
    line: u32,
    /// Where the token begins and ends in the text.
    span: (usize, usize),
}

pub struct Compiler<'a> {
    source: &'a [char],
    tokens: Vec<Lexed>,
    at: usize,
    depth: u32,
    code: Code,
    /// Functions that are known: `bpi` with `-Mbignum=bpi`.
    pub has_bpi: bool,
    /// `last` and `next` of the loops around.
    loops: Vec<(Vec<usize>, Vec<usize>)>,
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

fn lex(source: &[char]) -> Result<Vec<Lexed>, Refusal> {
    let mut tokens: Vec<Lexed> = Vec::new();
    let (mut at, mut line) = (0, 1);
    while let Some(&c) = source.get(at) {
        let start = at;
        let token = match c {
            '\n' => {
                line += 1;
                at += 1;
                continue;
            }
            c if c.is_whitespace() => {
                at += 1;
                continue;
            }
            '#' => {
                while source.get(at).is_some_and(|c| *c != '\n') {
                    at += 1;
                }
                continue;
            }
            '"' | '\'' => {
                let text = quoted(source, &mut at, c, c, line)?;
                Token::Str(text, c == '"')
            }
            '$' | '@' | '%' if is_variable(source, at, tokens.last()) => {
                at += 1;
                while source.get(at).is_some_and(|c| c.is_alphanumeric() || *c == '_') {
                    at += 1;
                }
                if at == start + 1 {
                    at += 1;
                }
                Token::Variable(source[start..at.min(source.len())].iter().collect())
            }
            c if c.is_ascii_digit() => number(source, &mut at)?,
            c if c.is_alphabetic() || c == '_' => {
                while source.get(at).is_some_and(|c| c.is_alphanumeric() || *c == '_') {
                    at += 1;
                }
                let word: String = source[start..at].iter().collect();
                let open = source.get(at).copied();
                match (word.as_str(), open) {
                    ("q" | "qq", Some(open @ ('(' | '{' | '[' | '/' | '|' | '!'))) => {
                        let close = match open {
                            '(' => ')',
                            '{' => '}',
                            '[' => ']',
                            other => other,
                        };
                        Token::Str(quoted(source, &mut at, open, close, line)?, word == "qq")
                    }
                    _ => Token::Word(word),
                }
            }
            '}' => {
                at += 1;
                Token::Op("}")
            }
            _ => {
                let starts =
                    |op: &&&str| op.chars().enumerate().all(|(ahead, c)| source.get(at + ahead) == Some(&c));
                let Some(op) = OPERATORS.iter().find(starts) else {
                    return Err(format!("Unrecognized character {c} at -e line {line}.\n"));
                };
                at += op.len();
                Token::Op(op)
            }
        };
        tokens.push(Lexed { token, line, span: (start, at) });
    }
    Ok(tokens)
}

/// A sigil, not an operator: behind a value `%` divides.
fn is_variable(source: &[char], at: usize, before: Option<&Lexed>) -> bool {
    let next = source.get(at + 1).copied().unwrap_or(' ');
    if source[at] == '$' {
        return next.is_alphanumeric() || "_|,\\$!@;&0/".contains(next);
    }
    let behind_value = matches!(
        before.map(|lexed| &lexed.token),
        Some(Token::Variable(_) | Token::Number(_) | Token::Str(..) | Token::Op(")" | "]" | "}"))
    );
    !behind_value && (next.is_alphabetic() || next == '_')
}

fn number(source: &[char], at: &mut usize) -> Result<Token, Refusal> {
    let start = *at;
    while let Some(c) = source.get(*at) {
        let range = *c == '.' && source.get(*at + 1) == Some(&'.');
        let sign = matches!(c, '+' | '-') && matches!(source[*at - 1], 'e' | 'E') && *at > start;
        if range || !(c.is_ascii_digit() || matches!(c, '.' | '_' | 'e' | 'E' | 'x') || sign) {
            break;
        }
        *at += 1;
    }
    // `5 x 3` written together is a repetition.
    let text: String = source[start..*at].iter().filter(|c| **c != '_').collect();
    if let Some(hex) = text.strip_prefix("0x") {
        return Ok(Token::Number(Value0::Int(i64::from_str_radix(hex, 16).unwrap_or(0))));
    }
    if let Some(plain) = text.split('x').next().filter(|plain| plain.len() < text.len()) {
        *at = start + plain.len();
        return Ok(Token::Number(Value0::Int(plain.parse().unwrap_or(0))));
    }
    Ok(match text.parse::<i64>() {
        Ok(value) => Token::Number(Value0::Int(value)),
        Err(_) => Token::Number(Value0::Float(text.parse().unwrap_or(0.0))),
    })
}

/// The text between two delimiters, raw.
fn quoted(source: &[char], at: &mut usize, open: char, close: char, line: u32) -> Result<String, Refusal> {
    *at += 1;
    let mut depth = 0;
    let mut text = String::new();
    while let Some(&c) = source.get(*at) {
        *at += 1;
        if c == '\\' {
            text.push(c);
            text.extend(source.get(*at));
            *at += 1;
            continue;
        }
        if c == close && depth == 0 {
            return Ok(text);
        }
        depth += i32::from(c == open && open != close) - i32::from(c == close && open != close);
        text.push(c);
    }
    let mark = if close == '"' { '\'' } else { '"' };
    Err(format!("Can't find string terminator {mark}{close}{mark} anywhere before EOF at -e line {line}.\n"))
}

/// Functions of one argument, which need no parentheses.
const UNARY: &[&str] = &[
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
const LISTS: &[&str] = &[
    "print", "say", "printf", "die", "warn", "join", "sprintf", "substr", "index", "time", "reverse", "push",
];

impl Compiler<'_> {
    fn peek(&self) -> &Token {
        self.tokens.get(self.at).map_or(&Token::End, |lexed| &lexed.token)
    }

    fn line(&self) -> u32 {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(1, |lexed| lexed.line)
    }

    fn advance(&mut self) -> Token {
        let token = self.peek().clone();
        self.at += 1;
        token
    }

    fn take(&mut self, op: &str) -> bool {
        let found = matches!(self.peek(), Token::Op(own) if *own == op);
        self.at += usize::from(found);
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Token::Word(own) if own == word);
        self.at += usize::from(found);
        found
    }

    /// `syntax error`, with the text from the token before on.
    fn syntax<T>(&self) -> Result<T, Refusal> {
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

    fn lacks<T>(&self, what: &str) -> Result<T, Refusal> {
        Err(format!(
            "perl: this image simulates a subset of Perl: {what} is not part of it (line {})\n",
            self.line()
        ))
    }

    fn expect(&mut self, op: &str) -> Result<(), Refusal> {
        if self.take(op) { Ok(()) } else { self.syntax() }
    }

    fn emit(&mut self, op: Op) -> usize {
        let line = self.line();
        self.code.ops.push(op);
        self.code.lines.push(line);
        self.code.ops.len() - 1
    }

    fn cut(&mut self, from: usize) -> (Vec<Op>, Vec<u32>) {
        (self.code.ops.split_off(from), self.code.lines.split_off(from))
    }

    /// Puts a piece that was cut at `from` behind what came there; `last` and `next` in it move along.
    fn paste_moved(&mut self, piece: (Vec<Op>, Vec<u32>), from: usize) {
        let moved = self.code.ops.len() - from;
        for (lasts, nexts) in &mut self.loops {
            lasts.iter_mut().chain(nexts).filter(|jump| **jump >= from).for_each(|jump| *jump += moved);
        }
        self.paste(piece);
    }

    fn paste(&mut self, mut piece: (Vec<Op>, Vec<u32>)) {
        self.code.ops.append(&mut piece.0);
        self.code.lines.append(&mut piece.1);
    }

    fn patch(&mut self, at: usize) {
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

    fn jump_back(&mut self, to: usize) {
        let distance = to as isize - self.code.ops.len() as isize;
        self.emit(Op::Jump(distance));
    }

    /// A call of one of perl's functions with what lies on the stack.
    fn call(&mut self, count: usize) {
        self.emit(Op::Call(count, Vec::new()));
    }

    fn callee(&mut self, name: &str) {
        self.emit(Op::Push(Value::Library(format!("perl:{name}").as_str().into())));
    }

    fn block(&mut self) -> Result<(), Refusal> {
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

    fn statement(&mut self) -> Result<(), Refusal> {
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

    fn use_statement(&mut self) -> Result<(), Refusal> {
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

    fn simple(&mut self) -> Result<(), Refusal> {
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
    fn modifier(&mut self, start: usize) -> Result<(), Refusal> {
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

    fn condition(&mut self, negated: bool) -> Result<(), Refusal> {
        self.low_or()?;
        self.emit(Op::Unary(if negated { "perl!" } else { "perl?" }));
        Ok(())
    }

    fn if_statement(&mut self, unless: bool) -> Result<(), Refusal> {
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

    fn while_statement(&mut self, until: bool) -> Result<(), Refusal> {
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

    fn for_statement(&mut self) -> Result<(), Refusal> {
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
    fn counting_for(&mut self, count: usize) -> Result<(), Refusal> {
        (0..count).for_each(|_| drop(self.emit(Op::Pop)));
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
    fn items(&mut self, end: &str) -> Result<usize, Refusal> {
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

    fn list(&mut self) -> Result<(), Refusal> {
        let parentheses = self.take("(");
        let count = self.items(")")?;
        if parentheses {
            self.expect(")")?;
        }
        self.emit(Op::List(count));
        self.emit(Op::Unary("perl@"));
        Ok(())
    }

    fn low_or(&mut self) -> Result<(), Refusal> {
        self.low_and()?;
        while self.take_word("or") {
            self.emit(Op::Unary("perl?"));
            let end = self.emit(Op::JumpIfTrueKeep(0));
            self.low_and()?;
            self.patch(end);
        }
        Ok(())
    }

    fn low_and(&mut self) -> Result<(), Refusal> {
        self.low_not()?;
        while self.take_word("and") {
            self.emit(Op::Unary("perl?"));
            let end = self.emit(Op::JumpIfFalseKeep(0));
            self.low_not()?;
            self.patch(end);
        }
        Ok(())
    }

    fn low_not(&mut self) -> Result<(), Refusal> {
        if self.take_word("not") {
            self.low_not()?;
            self.emit(Op::Unary("perl!"));
            return Ok(());
        }
        self.assignment()
    }

    fn assignment(&mut self) -> Result<(), Refusal> {
        self.depth += 1;
        if self.depth > 50 {
            return Err("Too deeply nested expression\n".into());
        }
        let start = self.code.ops.len();
        self.ternary()?;
        let operator = match self.peek() {
            Token::Op(
                op @ ("=" | "+=" | "-=" | "*=" | "/=" | ".=" | "%=" | "**=" | "x=" | "||=" | "//="),
            ) => *op,
            _ => {
                self.depth -= 1;
                return Ok(());
            }
        };
        self.at += 1;
        let target = self.cut(start);
        let Some(Op::Load(name)) = target.0.last().filter(|_| target.0.len() == 1) else {
            return Err(format!(
                "Can't modify non-lvalue in scalar assignment at -e line {}, near the end\n",
                self.line()
            ));
        };
        let name = name.clone();
        if operator == "=" {
            if name.starts_with('@') {
                self.list()?;
            } else {
                self.assignment()?;
            }
        } else {
            self.emit(Op::Load(name.clone()));
            self.assignment()?;
            self.emit(Op::Binary(match operator {
                "+=" => "perl+",
                "-=" => "perl-",
                "*=" => "perl*",
                "/=" => "perl/",
                ".=" => "perl.",
                "%=" => "perl%",
                "**=" => "perl**",
                "x=" => "perlx",
                _ => "perl||",
            }));
        }
        self.emit(Op::Dup);
        self.emit(Op::Store(name));
        self.depth -= 1;
        Ok(())
    }

    fn ternary(&mut self) -> Result<(), Refusal> {
        self.binary(0)?;
        if self.take("?") {
            self.emit(Op::Unary("perl?"));
            let no = self.emit(Op::JumpIfFalse(0));
            self.assignment()?;
            let end = self.emit(Op::Jump(0));
            self.patch(no);
            self.expect(":")?;
            self.assignment()?;
            self.patch(end);
        }
        Ok(())
    }

    fn binary(&mut self, level: usize) -> Result<(), Refusal> {
        const LEVELS: [&[(&str, &str)]; 8] = [
            &[("..", "perl..")],
            &[("||", "or"), ("//", "perl||")],
            &[("&&", "and")],
            &[
                ("==", "perl=="),
                ("!=", "perl!="),
                ("eq", "perleq"),
                ("ne", "perlne"),
                ("<=>", "perl<=>"),
                ("cmp", "perlcmp"),
            ],
            &[
                ("<=", "perl<="),
                (">=", "perl>="),
                ("<", "perl<"),
                (">", "perl>"),
                ("lt", "perllt"),
                ("gt", "perlgt"),
            ],
            &[("+", "perl+"), ("-", "perl-"), (".", "perl.")],
            &[("*", "perl*"), ("/", "perl/"), ("%", "perl%"), ("x", "perlx")],
            &[("=~", "=~"), ("!~", "=~")],
        ];
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        self.binary(level + 1)?;
        loop {
            let own = match self.peek() {
                Token::Op(op) => op.to_string(),
                Token::Word(word) => word.clone(),
                _ => return Ok(()),
            };
            let Some((_, operator)) = operators.iter().find(|(text, _)| *text == own) else { return Ok(()) };
            self.at += 1;
            match *operator {
                "=~" => return self.lacks("a regular expression"),
                "or" | "and" => {
                    self.emit(Op::Unary("perl?"));
                    let or = *operator == "or";
                    let end = self.emit(if or { Op::JumpIfTrueKeep(0) } else { Op::JumpIfFalseKeep(0) });
                    self.binary(level + 1)?;
                    self.patch(end);
                }
                operator => {
                    self.binary(level + 1)?;
                    self.emit(Op::Binary(operator));
                }
            }
        }
    }

    fn unary(&mut self) -> Result<(), Refusal> {
        self.depth += 1;
        if self.depth > 60 {
            return Err("Too deeply nested expression\n".into());
        }
        for (text, operator) in [("!", "perl!"), ("-", "perl-"), ("+", "")] {
            if self.take(text) {
                self.unary()?;
                if !operator.is_empty() {
                    self.emit(Op::Unary(operator));
                }
                self.depth -= 1;
                return Ok(());
            }
        }
        for (text, step) in [("++", 1), ("--", -1)] {
            if self.take(text) {
                let Token::Variable(name) = self.advance() else { return self.syntax() };
                self.emit(Op::Load(name.as_str().into()));
                self.emit(Op::Push(Value::Int(step)));
                self.emit(Op::Binary("perl+"));
                self.emit(Op::Dup);
                self.emit(Op::Store(name.as_str().into()));
            }
        }
        self.primary()?;
        if self.take("**") {
            self.unary()?;
            self.emit(Op::Binary("perl**"));
        }
        self.depth -= 1;
        Ok(())
    }

    fn primary(&mut self) -> Result<(), Refusal> {
        match self.advance() {
            Token::Number(Value0::Int(value)) => drop(self.emit(Op::Push(Value::Int(value)))),
            Token::Number(Value0::Float(value)) => drop(self.emit(Op::Push(Value::Float(value)))),
            Token::Str(text, true) => self.interpolated(&text)?,
            Token::Str(text, false) => {
                let text = text.replace("\\'", "'").replace("\\\\", "\\");
                self.emit(Op::Push(Value::text(text)));
            }
            Token::Variable(name) => self.variable(&name)?,
            Token::Op("(") => {
                let count = self.items(")")?;
                self.expect(")")?;
                if count != 1 {
                    self.emit(Op::List(count));
                    self.emit(Op::Unary("perl@"));
                }
            }
            Token::Word(word) => self.word(&word)?,
            _ => {
                self.at -= 1;
                return self.syntax();
            }
        }
        Ok(())
    }

    fn variable(&mut self, name: &str) -> Result<(), Refusal> {
        if name == "$ENV" && self.take("{") {
            self.callee("env");
            match self.advance() {
                Token::Word(key) | Token::Str(key, _) => drop(self.emit(Op::Push(Value::text(key)))),
                Token::Variable(name) => drop(self.emit(Op::Load(name.as_str().into()))),
                _ => return self.syntax(),
            }
            self.expect("}")?;
            self.call(1);
            return Ok(());
        }
        if matches!(self.peek(), Token::Op("{")) && name.starts_with('$') {
            return self.lacks("a hash other than %ENV");
        }
        if name.starts_with('$') && self.take("[") {
            self.emit(Op::Load(format!("@{}", &name[1..]).as_str().into()));
            self.assignment()?;
            self.expect("]")?;
            self.emit(Op::Binary("perl[]"));
            return Ok(());
        }
        self.emit(Op::Load(name.into()));
        for (text, step) in [("++", 1), ("--", -1)] {
            if self.take(text) {
                self.emit(Op::Load(name.into()));
                self.emit(Op::Push(Value::Int(step)));
                self.emit(Op::Binary("perl+"));
                self.emit(Op::Store(name.into()));
            }
        }
        Ok(())
    }

    fn word(&mut self, word: &str) -> Result<(), Refusal> {
        match word {
            "my" | "our" => {
                let Token::Variable(name) = self.advance() else { return self.lacks("a list of variables") };
                self.emit(Op::Load(name.as_str().into()));
                return Ok(());
            }
            "STDERR" | "STDOUT" => return self.lacks("a file handle here"),
            "system" | "exec" | "open" | "eval" | "map" | "grep" | "sort" | "split" | "do" | "local" => {
                return self.lacks(&format!("'{word}'"));
            }
            _ => {}
        }
        let known = (UNARY.contains(&word) && (word != "bpi" || self.has_bpi)) || LISTS.contains(&word);
        let parentheses = matches!(self.peek(), Token::Op("("));
        if !known && !parentheses {
            if matches!(self.peek(), Token::Str(..) | Token::Number(_) | Token::Variable(_) | Token::Word(_))
            {
                return self.syntax();
            }
            self.emit(Op::Push(Value::text(word)));
            return Ok(());
        }
        let mut name = if known { word.to_string() } else { format!("undefined {word}") };
        if matches!(word, "print" | "printf" | "say") && (self.take_word("STDERR")) {
            name = format!("{word} STDERR");
        } else if matches!(word, "print" | "printf" | "say") {
            self.take_word("STDOUT");
        }
        self.callee(&name);
        let count = if self.take("(") {
            let count = self.items(")")?;
            self.expect(")")?;
            count
        } else if UNARY.contains(&word) {
            let starts = !matches!(
                self.peek(),
                Token::End
                    | Token::Op(";" | ")" | "}" | "," | "?" | ":" | "=>" | "==" | "<" | ">" | "*" | ".")
            ) && !matches!(self.peek(), Token::Word(word) if matches!(word.as_str(), "if" | "unless" | "for" | "foreach" | "while" | "or" | "and" | "x"));
            if starts {
                self.binary(5)?;
            }
            usize::from(starts)
        } else {
            self.items(";")?
        };
        self.call(count);
        Ok(())
    }

    /// The text of a double-quoted string.
    fn interpolated(&mut self, raw: &str) -> Result<(), Refusal> {
        let chars: Vec<char> = raw.chars().collect();
        let (mut at, mut count) = (0, 0);
        let mut plain = String::new();
        while at < chars.len() {
            let c = chars[at];
            let next = chars.get(at + 1).copied().unwrap_or(' ');
            if c == '\\' {
                plain.push(c);
                plain.push(next);
                at += 2;
                continue;
            }
            let is_name = next.is_alphabetic() || next == '_' || (c == '$' && (next == '{' || next == '$'));
            if !(matches!(c, '$' | '@') && is_name) {
                plain.push(c);
                at += 1;
                continue;
            }
            let (name, end) = embedded(&chars, at);
            self.emit(Op::Push(Value::text(unescape(&std::mem::take(&mut plain)))));
            at = end;
            if name == "$ENV" && chars.get(at) == Some(&'{') {
                let close =
                    chars[at..].iter().position(|c| *c == '}').map_or(chars.len(), |length| at + length);
                let key: String = chars[at + 1..close].iter().filter(|c| !matches!(c, '\'' | '"')).collect();
                at = (close + 1).min(chars.len());
                self.callee("env");
                self.emit(Op::Push(Value::text(key)));
                self.call(1);
            } else {
                self.emit(Op::Load(name.as_str().into()));
            }
            self.emit(Op::Unary("perl\""));
            count += 2;
        }
        self.emit(Op::Push(Value::text(unescape(&plain))));
        self.emit(Op::Join(count + 1));
        Ok(())
    }
}

/// A variable inside a string: its name and where it ends.
fn embedded(chars: &[char], at: usize) -> (String, usize) {
    let braces = chars.get(at + 1) == Some(&'{');
    let start = at + 1 + usize::from(braces);
    let mut end = start;
    while chars.get(end).is_some_and(|c| c.is_alphanumeric() || *c == '_') {
        end += 1;
    }
    if end == start {
        end += 1;
    }
    let name: String = chars[start.min(chars.len())..end.min(chars.len())].iter().collect();
    (format!("{}{name}", chars[at]), (end + usize::from(braces)).min(chars.len()))
}

fn unescape(text: &str) -> String {
    let text = text.replace("\\$", "$").replace("\\@", "@");
    crate::containers::shell::escapes::ansi(&text)
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
