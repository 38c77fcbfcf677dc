//! Parsing of words: quotes, expansions, here-documents.

use super::ast::{Index, Operation, Parameter, Part, Word};
use super::parser::{ParseError, Parser};
use super::pattern::opens_group;

/// Where a word stands decides where it ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// A blank or an operator.
    Blank,
    /// A blank only, in a regular expression of `[[ ]]`.
    Space,
    /// The closing brace of `${...}`.
    Brace,
    /// The same between double quotes, where a single quote is a character like any other.
    QuotedBrace,
    /// A slash or the closing brace, in `${x/a/b}`.
    SlashOrBrace,
    /// A colon or the closing brace, in `${x:a:b}`.
    ColonOrBrace,
    /// The closing bracket of an array index.
    Bracket,
    /// The closing parentheses of `$((...))`.
    Parentheses,
    /// The closing parenthesis of `@(...)`.
    Group,
    /// A semicolon or the closing parentheses, in `for ((...))`.
    SemicolonOrParentheses,
    /// The double quote, or the end of a here-document.
    DoubleQuote,
    End,
}

impl Until {
    /// Whether parentheses inside belong together.
    fn nests(self) -> bool {
        is_arithmetic(self) || self == Until::Group
    }
}

pub fn is_name_start(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_'
}

pub fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

pub fn is_name(text: &str) -> bool {
    text.starts_with(is_name_start) && text.chars().all(is_name_char)
}

/// Builds the parts of a word; neighbouring text grows together.
#[derive(Default)]
struct Builder {
    parts: Vec<Part>,
}

impl Builder {
    fn text(&mut self, c: char) {
        match self.parts.last_mut() {
            Some(Part::Text(text)) => text.push(c),
            _ => self.parts.push(Part::Text(c.to_string())),
        }
    }

    fn quoted(&mut self, c: char) {
        match self.parts.last_mut() {
            Some(Part::Quoted(text)) => text.push(c),
            _ => self.parts.push(Part::Quoted(c.to_string())),
        }
    }
}

impl Parser<'_> {
    pub fn word(&mut self, until: Until) -> Result<Word, ParseError> {
        self.enter()?;
        let word = self.word_inner(until);
        self.leave();
        word
    }

    fn word_inner(&mut self, until: Until) -> Result<Word, ParseError> {
        let mut builder = Builder::default();
        let mut nesting = 0;
        let quoting = matches!(until, Until::DoubleQuote | Until::End);
        while let Some(c) = self.peek() {
            if until == Until::Blank && self.is_process() {
                self.advance();
                if let Part::Command(block) = self.command_substitution()? {
                    builder.parts.push(Part::Process { block, takes: c == '>' });
                }
                continue;
            }
            if self.extglob && until == Until::Blank && opens_group(c) && self.peek_at(1) == Some('(') {
                self.group(&mut builder)?;
                continue;
            }
            if self.word_ends(until, c, nesting) {
                return Ok(Word { parts: builder.parts });
            }
            match c {
                '(' if until.nests() => nesting += 1,
                ')' if until.nests() => nesting -= 1,
                _ => {}
            }
            match c {
                '\\' => self.backslash(&mut builder, until)?,
                '\'' if !quoting && !is_arithmetic(until) && until != Until::QuotedBrace => {
                    self.advance();
                    builder.parts.push(Part::Quoted(self.single_quoted()?));
                }
                '"' if until != Until::End => {
                    self.advance();
                    let inner = self.word(Until::DoubleQuote)?;
                    self.expect_quote('"')?;
                    builder.parts.push(Part::Double(inner.parts));
                }
                '$' => self.dollar(&mut builder, quoting)?,
                '`' => {
                    self.advance();
                    builder.parts.push(self.backquoted(quoting)?);
                }
                '~' if builder.parts.is_empty() && until == Until::Blank => self.tilde(&mut builder),
                c => {
                    self.advance();
                    if quoting { builder.quoted(c) } else { builder.text(c) }
                }
            }
        }
        match until {
            Until::Blank | Until::Space | Until::End => Ok(Word { parts: builder.parts }),
            Until::DoubleQuote => Err(self.unterminated("\"")),
            _ => Err(self.unterminated("}")),
        }
    }

    /// `@(a|b)` and its like, in which blanks and bars are text.
    fn group(&mut self, builder: &mut Builder) -> Result<(), ParseError> {
        for _ in 0..2 {
            builder.text(self.peek().unwrap_or('('));
            self.advance();
        }
        builder.parts.extend(self.word(Until::Group)?.parts);
        if self.peek().is_none() {
            return Err(self.unterminated(")"));
        }
        self.advance();
        builder.parts.push(Part::Text(")".to_string()));
        Ok(())
    }

    /// `<(` and `>(` in bash.
    pub(super) fn is_process(&self) -> bool {
        self.bash && matches!(self.peek(), Some('<' | '>')) && self.peek_at(1) == Some('(')
    }

    fn word_ends(&self, until: Until, c: char, nesting: i32) -> bool {
        match until {
            Until::Blank => matches!(c, ' ' | '\t' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')'),
            Until::Space => c.is_whitespace(),
            Until::Brace | Until::QuotedBrace => c == '}',
            Until::SlashOrBrace => c == '}' || c == '/',
            Until::ColonOrBrace => c == '}' || c == ':',
            Until::Bracket => c == ']',
            Until::Parentheses | Until::Group => c == ')' && nesting == 0,
            Until::SemicolonOrParentheses => (c == ')' || c == ';') && nesting == 0,
            Until::DoubleQuote => c == '"',
            Until::End => false,
        }
    }

    fn backslash(&mut self, builder: &mut Builder, until: Until) -> Result<(), ParseError> {
        self.advance();
        let Some(c) = self.peek() else {
            if self.interactive {
                return Err(self.unterminated("\\"));
            }
            builder.quoted('\\');
            return Ok(());
        };
        self.advance();
        let quoting = matches!(until, Until::DoubleQuote | Until::End);
        let escapes = matches!(c, '$' | '`' | '\\') || (c == '"' && until == Until::DoubleQuote);
        match c {
            '\n' => {}
            c if quoting && !escapes => {
                builder.quoted('\\');
                builder.quoted(c);
            }
            c => builder.quoted(c),
        }
        Ok(())
    }

    fn single_quoted(&mut self) -> Result<String, ParseError> {
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.advance();
            if c == '\'' {
                return Ok(text);
            }
            text.push(c);
        }
        Err(self.unterminated("'"))
    }

    fn expect_quote(&mut self, quote: char) -> Result<(), ParseError> {
        if self.peek() != Some(quote) {
            return Err(self.unterminated("\""));
        }
        self.advance();
        Ok(())
    }

    fn tilde(&mut self, builder: &mut Builder) {
        self.advance();
        let mut user = String::new();
        while let Some(c) = self.peek().filter(|&c| is_name_char(c)) {
            user.push(c);
            self.advance();
        }
        builder.parts.push(Part::Tilde(user));
    }

    fn dollar(&mut self, builder: &mut Builder, quoting: bool) -> Result<(), ParseError> {
        self.advance();
        match self.peek() {
            Some('(') if self.peek_at(1) == Some('(') => builder.parts.push(self.arithmetic_or_command()?),
            Some('(') => builder.parts.push(self.command_substitution()?),
            Some('{') => {
                self.advance();
                builder.parts.push(self.braced(quoting)?);
            }
            Some('\'') if self.bash && !quoting => {
                self.advance();
                builder.parts.push(Part::Quoted(self.ansi_quoted()?));
            }
            Some('"') if self.bash && !quoting => {}
            Some(c) if is_name_start(c) => {
                let name = self.name();
                builder.parts.push(plain(name));
            }
            Some(c) if c.is_ascii_digit() || "@*#?-$!".contains(c) => {
                self.advance();
                builder.parts.push(plain(c.to_string()));
            }
            _ if quoting => builder.quoted('$'),
            _ => builder.text('$'),
        }
        Ok(())
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(c) = self.peek().filter(|&c| is_name_char(c)) {
            name.push(c);
            self.advance();
        }
        name
    }

    fn arithmetic_or_command(&mut self) -> Result<Part, ParseError> {
        let start = self.position();
        self.advance();
        self.advance();
        let word = self.word(Until::Parentheses);
        if let Ok(word) = word
            && self.peek() == Some(')')
            && self.peek_at(1) == Some(')')
        {
            self.advance();
            self.advance();
            return Ok(Part::Arithmetic(word));
        }
        // `$((a) | b)`: a subshell inside a command substitution.
        self.go_back(start);
        self.command_substitution()
    }

    fn command_substitution(&mut self) -> Result<Part, ParseError> {
        self.enter()?;
        self.advance();
        let block = self.block(&[")"])?;
        self.expect_operator(")")?;
        self.leave();
        Ok(Part::Command(block))
    }

    /// The text between backquotes is a script of its own, after its backslashes are taken away.
    fn backquoted(&mut self, quoting: bool) -> Result<Part, ParseError> {
        let mut text = String::new();
        loop {
            let Some(c) = self.peek() else { return Err(self.unterminated("`")) };
            self.advance();
            match c {
                '`' => break,
                '\\' => match self.peek() {
                    Some(c) if matches!(c, '$' | '`' | '\\') || (quoting && c == '"') => {
                        text.push(c);
                        self.advance();
                    }
                    _ => text.push('\\'),
                },
                c => text.push(c),
            }
        }
        self.enter()?;
        let source: Vec<char> = text.chars().collect();
        let mut inner = self.inside(&source);
        let block = inner.whole()?;
        self.leave();
        Ok(Part::Command(block))
    }

    /// `$'...'` with the escapes of C.
    fn ansi_quoted(&mut self) -> Result<String, ParseError> {
        let mut raw = String::new();
        loop {
            let Some(c) = self.peek() else { return Err(self.unterminated("'")) };
            self.advance();
            match c {
                '\'' => break,
                '\\' => {
                    raw.push('\\');
                    if let Some(next) = self.peek() {
                        raw.push(next);
                        self.advance();
                    }
                }
                c => raw.push(c),
            }
        }
        Ok(super::escapes::ansi(&raw))
    }

    /// `${...}` behind the brace.
    fn braced(&mut self, quoting: bool) -> Result<Part, ParseError> {
        let mut operation = Operation::Plain;
        if self.peek() == Some('#') && self.peek_at(1).is_some_and(|c| c != '}') {
            self.advance();
            operation = Operation::Length;
        } else if self.bash && self.peek() == Some('!') && self.peek_at(1).is_some_and(is_name_start) {
            self.advance();
            operation = Operation::Indirect;
        }
        let name = match self.peek() {
            Some(c) if is_name_start(c) => self.name(),
            Some(c) if c.is_ascii_digit() => {
                let mut digits = String::new();
                while let Some(c) = self.peek().filter(char::is_ascii_digit) {
                    digits.push(c);
                    self.advance();
                }
                digits
            }
            Some(c) if "@*#?-$!".contains(c) => {
                self.advance();
                c.to_string()
            }
            Some(_) => return Err(self.bad_substitution()),
            None => return Err(self.unterminated("}")),
        };
        let mut index = self.index()?;
        if operation == Operation::Indirect && index.is_none() && matches!(self.peek(), Some('*' | '@')) {
            index = Some(if self.peek() == Some('*') { Index::Star } else { Index::At });
            operation = Operation::Names;
            self.advance();
        }
        if operation == Operation::Plain && self.peek() != Some('}') {
            operation = self.operation(quoting)?;
        }
        match self.peek() {
            Some('}') => self.advance(),
            Some(_) => return Err(self.bad_substitution()),
            None => return Err(self.unterminated("}")),
        }
        Ok(Part::Parameter(Box::new(Parameter { name, index, operation })))
    }

    pub fn index(&mut self) -> Result<Option<Index>, ParseError> {
        if !self.bash || self.peek() != Some('[') {
            return Ok(None);
        }
        self.advance();
        let index = match (self.peek(), self.peek_at(1)) {
            (Some('@'), Some(']')) => {
                self.advance();
                Index::At
            }
            (Some('*'), Some(']')) => {
                self.advance();
                Index::Star
            }
            _ => Index::Word(self.word(Until::Bracket)?),
        };
        self.advance();
        Ok(Some(index))
    }

    fn operation(&mut self, quoting: bool) -> Result<Operation, ParseError> {
        let colon = self.peek() == Some(':');
        if colon {
            self.advance();
        }
        let Some(mark) = self.peek() else { return Err(self.unterminated("}")) };
        if colon && !"-=?+".contains(mark) {
            return if self.bash { self.slice() } else { Err(self.bad_substitution()) };
        }
        self.advance();
        match mark {
            '-' | '=' | '?' | '+' => {
                let until = if quoting { Until::QuotedBrace } else { Until::Brace };
                Ok(Operation::Default { mark, colon, word: self.word(until)? })
            }
            '#' | '%' => {
                let longest = self.peek() == Some(mark);
                if longest {
                    self.advance();
                }
                let word = self.word(Until::Brace)?;
                Ok(Operation::Trim { suffix: mark == '%', longest, word })
            }
            '/' if self.bash => self.replace(),
            '^' | ',' if self.bash => {
                let all = self.peek() == Some(mark);
                if all {
                    self.advance();
                }
                Ok(Operation::Case { upper: mark == '^', all })
            }
            '@' if self.bash => match self.peek() {
                Some(letter @ ('Q' | 'U' | 'u' | 'L' | 'E' | 'A' | 'a' | 'K' | 'k')) => {
                    self.advance();
                    Ok(Operation::Transform(letter))
                }
                Some('P') => Err(self.not_simulated("${...@P}")),
                _ => Err(self.bad_substitution()),
            },
            _ => Err(self.bad_substitution()),
        }
    }

    fn slice(&mut self) -> Result<Operation, ParseError> {
        let offset = self.word(Until::ColonOrBrace)?;
        let mut length = None;
        if self.peek() == Some(':') {
            self.advance();
            length = Some(self.word(Until::Brace)?);
        }
        Ok(Operation::Slice { offset, length })
    }

    fn replace(&mut self) -> Result<Operation, ParseError> {
        let all = self.peek() == Some('/');
        let anchor = self.peek().filter(|c| matches!(c, '#' | '%'));
        if all || anchor.is_some() {
            self.advance();
        }
        let from = self.word(Until::SlashOrBrace)?;
        let mut to = Word::default();
        if self.peek() == Some('/') {
            self.advance();
            to = self.word(Until::Brace)?;
        }
        Ok(Operation::Replace { all, anchor, from, to })
    }
}

fn is_arithmetic(until: Until) -> bool {
    matches!(until, Until::Parentheses | Until::SemicolonOrParentheses)
}

fn plain(name: String) -> Part {
    Part::Parameter(Box::new(Parameter { name, index: None, operation: Operation::Plain }))
}
