//! The parser: text to syntax tree, one complete command line at a time, as shells read their scripts.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ast::{Block, Item, Node, Redirect, RedirectKind, Word};

/// Deeper nesting is refused: the parser recurses, and the stack of a page is small.
const MAX_DEPTH: u32 = 60;

/// Why a text is no script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ParseError {
    /// The text stops inside a construct: a terminal asks for more lines.
    Incomplete {
        expecting: Option<&'static str>,
        line: u32,
    },
    /// A quote, brace or parenthesis is not closed; also incomplete.
    Unterminated {
        what: &'static str,
        line: u32,
    },
    Unexpected {
        token: String,
        expecting: Option<&'static str>,
        line: u32,
    },
    BadSubstitution {
        line: u32,
    },
    TooDeep {
        line: u32,
    },
    /// The terminal knows no background jobs.
    Background {
        line: u32,
    },
    /// A real shell has it.
    NotSimulated {
        what: &'static str,
        line: u32,
    },
}

impl ParseError {
    /// Whether more lines could make it a script.
    pub fn is_incomplete(&self) -> bool {
        matches!(self, ParseError::Incomplete { .. } | ParseError::Unterminated { .. })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Position {
    at: usize,
    line: u32,
}

pub struct Parser<'a> {
    pub(super) source: &'a [char],
    pub(super) at: usize,
    pub(super) line: u32,
    depth: u32,
    pub bash: bool,
    pub interactive: bool,
    /// `@(a|b)` and its like are parts of words.
    pub extglob: bool,
    pub aliases: Arc<BTreeMap<String, String>>,
    /// Where to go on after the next newline: behind the here-documents of this line.
    pub(super) resume: Option<usize>,
    /// A marker of a here-document was not found.
    pub(super) here_open: bool,
}

const OPERATORS: [&str; 26] = [
    "&>>", "<<<", "<<-", ";;&", "&&", "||", ";;", ";&", "<<", ">>", "<&", ">&", "&>", "<>", ">|", "((", "))",
    "|&", "\n", "&", "|", ";", "<", ">", "(", ")",
];

const RESERVED: [&str; 16] = [
    "if", "then", "else", "elif", "fi", "do", "done", "case", "esac", "while", "until", "for", "{", "}", "!",
    "in",
];

impl<'a> Parser<'a> {
    pub fn new(source: &'a [char], at: usize, line: u32, bash: bool, interactive: bool) -> Parser<'a> {
        let aliases = Arc::default();
        let extglob = false;
        Parser {
            source,
            at,
            line,
            depth: 0,
            bash,
            interactive,
            extglob,
            aliases,
            resume: None,
            here_open: false,
        }
    }

    /// A parser for a text inside this one, as deep as this one.
    pub fn inside<'b>(&self, source: &'b [char]) -> Parser<'b> {
        let mut inner = Parser::new(source, 0, self.line, self.bash, false);
        inner.depth = self.depth;
        inner.aliases = self.aliases.clone();
        inner.extglob = self.extglob;
        inner
    }

    /// The next complete line: a block, or none at the end of the text.
    pub fn next_line(&mut self) -> Result<Option<Block>, ParseError> {
        loop {
            self.blanks();
            match self.peek() {
                None => return Ok(None),
                Some('\n') => self.newline(),
                Some(_) => break,
            }
        }
        let items = self.items(&[], true)?;
        if let Some(c) = self.peek().filter(|&c| c != '\n') {
            return Err(self.unexpected_here(c, None));
        }
        if self.peek().is_some() {
            self.newline();
        }
        if self.here_open && self.interactive {
            return Err(self.unterminated("<<"));
        }
        Ok(Some(Arc::new(items)))
    }

    /// All of the text as one block.
    pub fn whole(&mut self) -> Result<Block, ParseError> {
        let block = self.block(&[])?;
        match self.peek() {
            None => Ok(block),
            Some(c) => Err(self.unexpected_here(c, None)),
        }
    }

    pub fn position(&self) -> Position {
        Position { at: self.at, line: self.line }
    }

    /// Where the next line starts and its number.
    pub fn offset(&self) -> (usize, u32) {
        (self.at, self.line)
    }

    pub fn go_back(&mut self, to: Position) {
        self.at = to.at;
        self.line = to.line;
    }

    pub fn peek(&self) -> Option<char> {
        self.source.get(self.at).copied()
    }

    pub fn peek_at(&self, ahead: usize) -> Option<char> {
        self.source.get(self.at + ahead).copied()
    }

    pub fn advance(&mut self) {
        if self.peek() == Some('\n') {
            self.line += 1;
        }
        self.at += 1;
    }

    pub fn enter(&mut self) -> Result<(), ParseError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(ParseError::TooDeep { line: self.line }) } else { Ok(()) }
    }

    pub fn leave(&mut self) {
        self.depth -= 1;
    }

    pub fn unterminated(&self, what: &'static str) -> ParseError {
        ParseError::Unterminated { what, line: self.line }
    }

    pub fn bad_substitution(&self) -> ParseError {
        ParseError::BadSubstitution { line: self.line }
    }

    pub(super) fn not_simulated(&self, what: &'static str) -> ParseError {
        ParseError::NotSimulated { what, line: self.line }
    }

    pub(super) fn unexpected(&self, token: &str, expecting: Option<&'static str>) -> ParseError {
        ParseError::Unexpected { token: token.to_string(), expecting, line: self.line }
    }

    pub(super) fn unexpected_here(&self, c: char, expecting: Option<&'static str>) -> ParseError {
        match self.operator() {
            Some("\n") => self.unexpected("newline", expecting),
            Some(operator) => self.unexpected(operator, expecting),
            None => match self.reserved_ahead() {
                Some(word) => self.unexpected(&word, expecting),
                None => self.unexpected(&c.to_string(), expecting),
            },
        }
    }

    pub(super) fn expected(&self, what: &'static str) -> ParseError {
        match self.peek() {
            None => ParseError::Incomplete { expecting: Some(what), line: self.line },
            Some(c) => self.unexpected_here(c, Some(what)),
        }
    }

    /// Skips blanks, joined lines and a comment.
    pub(super) fn blanks(&mut self) {
        loop {
            match (self.peek(), self.peek_at(1)) {
                (Some(' ' | '\t' | '\r'), _) => self.advance(),
                (Some('\\'), Some('\n')) => {
                    self.advance();
                    self.advance();
                }
                (Some('#'), _) => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.advance();
                    }
                }
                _ => return,
            }
        }
    }

    fn newline(&mut self) {
        self.advance();
        if let Some(to) = self.resume.take() {
            self.line += self.source[self.at..to].iter().filter(|&&c| c == '\n').count() as u32;
            self.at = to;
        }
    }

    pub(super) fn newlines(&mut self) {
        loop {
            self.blanks();
            if self.peek() != Some('\n') {
                return;
            }
            self.newline();
        }
    }

    pub(super) fn operator(&self) -> Option<&'static str> {
        let starts =
            |operator: &&&str| operator.chars().enumerate().all(|(ahead, c)| self.peek_at(ahead) == Some(c));
        let bash_only = ["&>>", "<<<", "&>", "|&", ";;&", ";&"];
        let mut known = OPERATORS.iter().filter(|operator| self.bash || !bash_only.contains(operator));
        known.find(starts).copied()
    }

    pub(super) fn skip(&mut self, operator: &str) {
        self.at += operator.chars().count();
    }

    pub(super) fn take_operator(&mut self, operator: &str) -> bool {
        self.blanks();
        let found = self.operator() == Some(operator);
        if found {
            self.skip(operator);
        }
        found
    }

    pub fn expect_operator(&mut self, operator: &'static str) -> Result<(), ParseError> {
        self.blanks();
        let there = operator.chars().enumerate().all(|(ahead, c)| self.peek_at(ahead) == Some(c));
        if !there {
            return Err(self.expected(operator));
        }
        self.skip(operator);
        Ok(())
    }

    /// A reserved word at this place, if a blank or an operator follows it.
    pub(super) fn reserved_ahead(&self) -> Option<String> {
        let rest = &self.source[self.at.min(self.source.len())..];
        let end = rest.iter().position(|&c| " \t\r\n;&|<>()".contains(c)).unwrap_or(rest.len());
        let word: String = rest[..end.min(16)].iter().collect();
        let bash_only = matches!(word.as_str(), "[[" | "select" | "time");
        (RESERVED.contains(&word.as_str()) || (self.bash && bash_only)).then_some(word)
    }

    pub(super) fn take_reserved(&mut self, word: &str) -> bool {
        self.blanks();
        let found = self.reserved_ahead().is_some_and(|ahead| ahead == word);
        if found {
            self.skip(word);
        }
        found
    }

    pub(super) fn expect_reserved(&mut self, word: &'static str) -> Result<(), ParseError> {
        if self.take_reserved(word) { Ok(()) } else { Err(self.expected(word)) }
    }

    /// Commands up to one of the closing words.
    pub fn block(&mut self, closing: &[&'static str]) -> Result<Block, ParseError> {
        self.enter()?;
        self.newlines();
        let items = self.items(closing, false)?;
        self.leave();
        Ok(Arc::new(items))
    }

    /// A block that must not be empty.
    pub(super) fn body(&mut self, closing: &[&'static str]) -> Result<Block, ParseError> {
        let block = self.block(closing)?;
        match (block.is_empty(), self.peek()) {
            (true, Some(c)) => Err(self.unexpected_here(c, None)),
            (true, None) => {
                Err(ParseError::Incomplete { expecting: closing.first().copied(), line: self.line })
            }
            _ => Ok(block),
        }
    }

    fn closes(&self, closing: &[&'static str]) -> bool {
        match self.operator() {
            Some(operator) => closing.contains(&operator) || (operator == "))" && closing.contains(&")")),
            None => self.reserved_ahead().is_some_and(|word| closing.contains(&word.as_str())),
        }
    }

    fn items(&mut self, closing: &[&'static str], one_line: bool) -> Result<Vec<Item>, ParseError> {
        let mut items = Vec::new();
        loop {
            self.blanks();
            if self.peek().is_none() || self.closes(closing) || (one_line && self.peek() == Some('\n')) {
                return Ok(items);
            }
            let node = self.and_or()?;
            self.blanks();
            let operator = self.operator();
            let background = operator == Some("&");
            if background && self.interactive {
                return Err(ParseError::Background { line: self.line });
            }
            items.push(Item { node, background });
            match operator {
                Some("&" | ";") => self.at += 1,
                Some("\n") if one_line => return Ok(items),
                Some("\n") => {}
                _ => return Ok(items),
            }
            if !one_line {
                self.newlines();
            }
        }
    }

    fn and_or(&mut self) -> Result<Arc<Node>, ParseError> {
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        loop {
            let is_and = self.take_operator("&&");
            if !is_and && !self.take_operator("||") {
                break;
            }
            self.newlines();
            rest.push((is_and, self.pipeline()?));
        }
        Ok(if rest.is_empty() { first } else { Arc::new(Node::AndOr { first, rest }) })
    }

    fn pipeline(&mut self) -> Result<Arc<Node>, ParseError> {
        if self.take_reserved("time") {
            self.blanks();
            let alone = self.peek().is_none() || matches!(self.operator(), Some("\n" | ";"));
            let timed = if alone { Arc::new(Node::Group(Block::default())) } else { self.pipeline()? };
            return Ok(Arc::new(Node::Timed(timed)));
        }
        let mut negated = false;
        while self.take_reserved("!") {
            negated = !negated;
        }
        let mut parts = vec![self.command()?];
        loop {
            if self.take_operator("|&") {
                let last = parts.pop().expect("a pipeline has a first part");
                parts.push(with_stderr(last, self.line));
            } else if !self.take_operator("|") {
                break;
            }
            self.newlines();
            parts.push(self.command()?);
        }
        let single = parts.len() == 1;
        let node = if single { parts.remove(0) } else { Arc::new(Node::Pipeline { parts }) };
        Ok(if negated { Arc::new(Node::Not(node)) } else { node })
    }

    pub(super) fn command(&mut self) -> Result<Arc<Node>, ParseError> {
        self.enter()?;
        self.blanks();
        let line = self.line;
        let Some(node) = self.compound()? else {
            let node = self.simple()?;
            self.leave();
            return Ok(node);
        };
        let inner = Arc::new(node);
        let mut redirects = Vec::new();
        while let Some(mut more) = self.redirect()? {
            redirects.append(&mut more);
        }
        self.leave();
        Ok(if redirects.is_empty() { inner } else { Arc::new(Node::Redirected { inner, redirects, line }) })
    }
}

/// `a |& b`: the errors of `a` go into the pipe too.
fn with_stderr(node: Arc<Node>, line: u32) -> Arc<Node> {
    let redirect = Redirect { fd: 2, kind: RedirectKind::Duplicate, target: Word::text("1") };
    Arc::new(Node::Redirected { inner: node, redirects: vec![redirect], line })
}
