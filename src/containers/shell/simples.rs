//! Parsing of simple commands: assignments, words, redirections, function definitions.

use std::sync::Arc;

use super::ast::{Assignment, Node, Redirect, RedirectKind, Simple, Value, Word};
use super::parser::{ParseError, Parser};
use super::words::{Until, is_name, is_name_char, is_name_start};

impl Parser<'_> {
    pub(super) fn simple(&mut self) -> Result<Arc<Node>, ParseError> {
        let mut simple = Simple { line: self.line, ..Simple::default() };
        loop {
            self.blanks();
            if let Some(mut redirects) = self.redirect()? {
                simple.redirects.append(&mut redirects);
                continue;
            }
            if self.peek().is_none() || (self.operator().is_some() && !self.is_process()) {
                break;
            }
            if simple.words.is_empty()
                && let Some(assignment) = self.assignment()?
            {
                simple.assignments.push(assignment);
                continue;
            }
            let start = self.position();
            let word = self.word(Until::Blank)?;
            if self.position() == start {
                break;
            }
            if simple.words.is_empty()
                && let Some(Simple { mut words, assignments, mut redirects, .. }) = self.alias(&word)?
            {
                simple.words.append(&mut words);
                simple.assignments.extend(assignments);
                simple.redirects.append(&mut redirects);
                continue;
            }
            simple.words.push(word);
            if simple.words.len() == 1
                && simple.assignments.is_empty()
                && let Some(function) = self.function(&simple.words[0])?
            {
                return Ok(Arc::new(function));
            }
            self.declaration_arrays(&mut simple)?;
        }
        if simple.words.is_empty() && simple.assignments.is_empty() && simple.redirects.is_empty() {
            return Err(match self.peek() {
                Some(c) => self.unexpected_here(c, None),
                None => ParseError::Incomplete { expecting: None, line: self.line },
            });
        }
        Ok(Arc::new(Node::Simple(simple)))
    }

    /// What an alias stands for. Its text is a command of its own here, which the words behind it go on.
    fn alias(&self, word: &Word) -> Result<Option<Simple>, ParseError> {
        let name = word.literal().unwrap_or("");
        let Some(text) = self.aliases.get(name) else { return Ok(None) };
        let source: Vec<char> = text.chars().collect();
        let mut inner = self.inside(&source);
        // An alias may name the command that it hides.
        Arc::make_mut(&mut inner.aliases).remove(name);
        inner.enter()?;
        let node = inner.simple()?;
        match (node.as_ref(), inner.peek()) {
            (Node::Simple(simple), None) => Ok(Some(simple.clone())),
            _ => Err(self.not_simulated("an alias of more than one command")),
        }
    }

    /// `declare -a x=(...)`: the array becomes an assignment of its own.
    fn declaration_arrays(&mut self, simple: &mut Simple) -> Result<(), ParseError> {
        let declares = |word: &Word| {
            matches!(word.literal(), Some("local" | "declare" | "export" | "readonly" | "typeset"))
        };
        if self.bash && self.peek() == Some('(') && simple.words.len() > 1 && declares(&simple.words[0]) {
            let last = simple.words.last().and_then(Word::literal).and_then(|text| text.strip_suffix('='));
            if let Some(name) = last.filter(|name| is_name(name)).map(String::from) {
                simple.words.pop();
                let value = Value::Array(self.array()?);
                simple.assignments.push(Assignment { name, index: None, append: false, value });
            }
        }
        Ok(())
    }

    fn function(&mut self, name: &Word) -> Result<Option<Node>, ParseError> {
        let mut name = name.literal().unwrap_or("").to_string();
        let keyword = self.bash && name == "function";
        if keyword {
            self.blanks();
            name = self.word(Until::Blank)?.literal().unwrap_or("").to_string();
        }
        self.blanks();
        let parentheses = self.peek() == Some('(');
        if name.is_empty() || !(keyword || parentheses) {
            return Ok(None);
        }
        if parentheses {
            self.skip("(");
            self.expect_operator(")")?;
        }
        self.newlines();
        if self.peek().is_none() {
            return Err(ParseError::Incomplete { expecting: Some("{"), line: self.line });
        }
        Ok(Some(Node::Function { name, body: self.command()? }))
    }

    fn assignment(&mut self) -> Result<Option<Assignment>, ParseError> {
        let start = self.position();
        if !self.peek().is_some_and(is_name_start) {
            return Ok(None);
        }
        let mut name = String::new();
        while let Some(c) = self.peek().filter(|&c| is_name_char(c)) {
            name.push(c);
            self.advance();
        }
        let mut index = None;
        if self.bash && self.peek() == Some('[') {
            self.advance();
            index = self.word(Until::Bracket).ok();
            self.advance();
        }
        let append = self.bash && self.peek() == Some('+') && self.peek_at(1) == Some('=');
        if append {
            self.advance();
        }
        if self.peek() != Some('=') {
            self.go_back(start);
            return Ok(None);
        }
        self.advance();
        let value = match self.peek() {
            Some('(') if self.bash => Value::Array(self.array()?),
            _ => Value::Word(self.word(Until::Blank)?),
        };
        Ok(Some(Assignment { name, index, append, value }))
    }

    fn array(&mut self) -> Result<Vec<(Option<Word>, Word)>, ParseError> {
        self.skip("(");
        let mut words = Vec::new();
        loop {
            self.newlines();
            match self.peek() {
                None => return Err(self.unterminated(")")),
                Some(')') => {
                    self.advance();
                    return Ok(words);
                }
                Some(c) if self.operator().is_some() && !self.is_process() => {
                    return Err(self.unexpected_here(c, None));
                }
                Some(_) => {
                    let key = self.element_key();
                    words.push((key, self.word(Until::Blank)?));
                }
            }
        }
    }

    /// `[x]=` before an element of an array.
    fn element_key(&mut self) -> Option<Word> {
        let start = self.position();
        if self.peek() == Some('[') {
            self.advance();
            let key = self.word(Until::Bracket).ok();
            if self.peek() == Some(']') && self.peek_at(1) == Some('=') {
                self.skip("]=");
                return key;
            }
        }
        self.go_back(start);
        None
    }

    pub(super) fn redirect(&mut self) -> Result<Option<Vec<Redirect>>, ParseError> {
        self.blanks();
        let start = self.position();
        let mut fd = None;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            fd = Some(fd.unwrap_or(0_u32).saturating_mul(10).saturating_add(digit));
            self.advance();
        }
        let kind = match self.operator().filter(|_| !self.is_process()) {
            Some("<") => RedirectKind::Read,
            Some(">" | ">|") => RedirectKind::Write,
            Some(">>") => RedirectKind::Append,
            Some("<>") => RedirectKind::ReadWrite,
            Some("<&" | ">&") => RedirectKind::Duplicate,
            Some("<<" | "<<-") => RedirectKind::Here,
            Some("<<<") => RedirectKind::HereString,
            Some("&>") if fd.is_none() => RedirectKind::Both { append: false },
            Some("&>>") if fd.is_none() => RedirectKind::Both { append: true },
            _ => {
                self.go_back(start);
                return Ok(None);
            }
        };
        let operator = self.operator().unwrap_or("");
        self.skip(operator);
        self.blanks();
        if self.peek().is_none() || (self.operator().is_some() && !self.is_process()) {
            let c = self.peek().unwrap_or('\n');
            return Err(if self.peek().is_none() {
                self.unexpected("newline", None)
            } else {
                self.unexpected_here(c, None)
            });
        }
        let mut target = self.word(Until::Blank)?;
        if kind == RedirectKind::Here {
            target = self.here_document(&target, operator == "<<-")?;
        }
        let fd = fd.unwrap_or(if operator.starts_with('<') { 0 } else { 1 });
        Ok(Some(vec![Redirect { fd, kind, target }]))
    }
}
