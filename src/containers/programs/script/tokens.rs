//! Tokens of Python, with its indentation.

#[derive(Clone, PartialEq, Debug)]
pub enum Token {
    Name(String),
    Int(i64),
    Float(f64),
    Str(String),
    /// The raw text of an f-string.
    Format(String),
    Op(&'static str),
    Newline,
    Indent,
    Dedent,
    End,
}

const OPERATORS: [&str; 44] = [
    "**=", "//=", ">>=", "<<=", "**", "//", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=", "%=", "->", ":=",
    "|=", "&=", "<<", ">>", "+", "-", "*", "/", "%", "(", ")", "[", "]", "{", "}", ",", ":", ".", "=", "<",
    ">", ";", "@", "&", "|", "^", "~",
];

/// The tokens and their lines; the error is a message and a line.
pub fn tokens(source: &str) -> Result<Vec<(Token, u32)>, (String, u32)> {
    let chars: Vec<char> = source.chars().collect();
    let mut lexer = Lexer { chars: &chars, at: 0, line: 1, depth: 0, indents: vec![0], tokens: Vec::new() };
    lexer.run()?;
    Ok(lexer.tokens)
}

struct Lexer<'a> {
    chars: &'a [char],
    at: usize,
    line: u32,
    depth: u32,
    indents: Vec<usize>,
    tokens: Vec<(Token, u32)>,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn push(&mut self, token: Token) {
        self.tokens.push((token, self.line));
    }

    fn run(&mut self) -> Result<(), (String, u32)> {
        self.indentation()?;
        while let Some(c) = self.peek(0) {
            match c {
                '\n' => {
                    if self.depth == 0 && !matches!(self.tokens.last(), None | Some((Token::Newline, _))) {
                        self.push(Token::Newline);
                    }
                    self.line += 1;
                    self.at += 1;
                    if self.depth == 0 {
                        self.indentation()?;
                    }
                }
                ' ' | '\t' | '\r' => self.at += 1,
                '\\' if self.peek(1) == Some('\n') => {
                    self.line += 1;
                    self.at += 2;
                }
                '#' => {
                    while self.peek(0).is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                c if c.is_ascii_digit() || (c == '.' && self.peek(1).is_some_and(|c| c.is_ascii_digit())) => {
                    self.number()?;
                }
                c if c.is_alphabetic() || c == '_' => self.name_or_string()?,
                '"' | '\'' => self.string("")?,
                _ => self.operator()?,
            }
        }
        if !matches!(self.tokens.last(), None | Some((Token::Newline, _))) {
            self.push(Token::Newline);
        }
        for _ in 1..self.indents.len() {
            self.push(Token::Dedent);
        }
        self.push(Token::End);
        Ok(())
    }

    fn indentation(&mut self) -> Result<(), (String, u32)> {
        loop {
            let start = self.at;
            let mut width = 0;
            while let Some(c) = self.peek(0).filter(|c| matches!(c, ' ' | '\t')) {
                width += if c == '\t' { 8 - width % 8 } else { 1 };
                self.at += 1;
            }
            match self.peek(0) {
                Some('\n') => {
                    self.line += 1;
                    self.at += 1;
                }
                Some('#') => {
                    while self.peek(0).is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                None => return Ok(()),
                Some(_) => {
                    let _ = start;
                    let current = self.indents.last().copied().unwrap_or(0);
                    if width > current {
                        if self.indents.len() > 50 {
                            return Err((
                                "IndentationError: too many levels of indentation".into(),
                                self.line,
                            ));
                        }
                        self.indents.push(width);
                        self.push(Token::Indent);
                    }
                    while self.indents.last().is_some_and(|open| width < *open) {
                        self.indents.pop();
                        self.push(Token::Dedent);
                    }
                    if self.indents.last() != Some(&width) {
                        let text = "IndentationError: unindent does not match any outer indentation level";
                        return Err((text.into(), self.line));
                    }
                    return Ok(());
                }
            }
        }
    }

    fn number(&mut self) -> Result<(), (String, u32)> {
        let start = self.at;
        while let Some(c) = self.peek(0) {
            let exponent_sign = matches!(c, '+' | '-')
                && matches!(self.chars[self.at - 1], 'e' | 'E')
                && self.at > start
                && !self.chars[start..self.at].starts_with(&['0', 'x']);
            if !(c.is_ascii_alphanumeric() || c == '.' || c == '_' || exponent_sign) {
                break;
            }
            self.at += 1;
        }
        let text: String = self.chars[start..self.at].iter().filter(|c| **c != '_').collect();
        let parsed = if let Some(hex) = text.strip_prefix("0x") {
            i64::from_str_radix(hex, 16).ok().map(Token::Int)
        } else if let Some(bits) = text.strip_prefix("0b") {
            i64::from_str_radix(bits, 2).ok().map(Token::Int)
        } else {
            text.parse().ok().map(Token::Int).or_else(|| text.parse().ok().map(Token::Float))
        };
        match parsed {
            Some(token) => self.push(token),
            None => return Err(("SyntaxError: invalid decimal literal".into(), self.line)),
        }
        Ok(())
    }

    fn name_or_string(&mut self) -> Result<(), (String, u32)> {
        let start = self.at;
        while self.peek(0).is_some_and(|c| c.is_alphanumeric() || c == '_') {
            self.at += 1;
        }
        let name: String = self.chars[start..self.at].iter().collect();
        let prefix = name.to_ascii_lowercase();
        if matches!(prefix.as_str(), "f" | "r" | "b" | "fr" | "rf" | "rb" | "u")
            && matches!(self.peek(0), Some('"' | '\''))
        {
            return self.string(&prefix);
        }
        self.push(Token::Name(name));
        Ok(())
    }

    fn string(&mut self, prefix: &str) -> Result<(), (String, u32)> {
        let quote = self.peek(0).unwrap_or('"');
        let triple = self.peek(1) == Some(quote) && self.peek(2) == Some(quote);
        let line = self.line;
        self.at += if triple { 3 } else { 1 };
        let mut raw = String::new();
        loop {
            let Some(c) = self.peek(0) else {
                return Err(("SyntaxError: unterminated string literal".into(), line));
            };
            let ends = if triple { (0..3).all(|ahead| self.peek(ahead) == Some(quote)) } else { c == quote };
            if ends {
                self.at += if triple { 3 } else { 1 };
                break;
            }
            if c == '\n' {
                if !triple {
                    return Err((
                        format!("SyntaxError: unterminated string literal (detected at line {line})"),
                        line,
                    ));
                }
                self.line += 1;
            }
            self.at += 1;
            if c == '\\' && !prefix.contains('r') {
                let next = self.peek(0).unwrap_or('\\');
                self.at += 1;
                match next {
                    '\n' => self.line += 1,
                    '\'' | '"' => raw.push(next),
                    next => {
                        raw.push('\\');
                        raw.push(next);
                    }
                }
                continue;
            }
            raw.push(c);
        }
        let text = if prefix.contains('r') { raw } else { crate::containers::shell::escapes::ansi(&raw) };
        self.push(if prefix.contains('f') { Token::Format(text) } else { Token::Str(text) });
        Ok(())
    }

    fn operator(&mut self) -> Result<(), (String, u32)> {
        let starts =
            |operator: &&&str| operator.chars().enumerate().all(|(ahead, c)| self.peek(ahead) == Some(c));
        let Some(operator) = OPERATORS.iter().find(starts) else {
            return Err(("SyntaxError: invalid syntax".into(), self.line));
        };
        match *operator {
            "(" | "[" | "{" => self.depth += 1,
            ")" | "]" | "}" => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.at += operator.len();
        self.push(Token::Op(operator));
        Ok(())
    }
}
