//! Parsing of compound commands.

use super::ast::{ArmEnd, Block, CaseArm, Node, Word};
use super::parser::{ParseError, Parser};
use super::words::{Until, is_name};

impl Parser<'_> {
    pub(super) fn compound(&mut self) -> Result<Option<Node>, ParseError> {
        let line = self.line;
        match self.operator() {
            Some("((") if self.bash => {
                let start = self.position();
                self.skip("((");
                let word = self.word(Until::Parentheses);
                if let (Ok(word), Some("))")) = (word, self.operator()) {
                    self.skip("))");
                    return Ok(Some(Node::Arithmetic { word, line }));
                }
                self.go_back(start);
                return self.subshell().map(Some);
            }
            Some("(" | "((") => return self.subshell().map(Some),
            Some(operator)
                if !matches!(
                    operator,
                    "<" | ">" | ">>" | "<<" | "<<-" | "<&" | ">&" | "<>" | ">|" | "<<<" | "&>" | "&>>"
                ) =>
            {
                let c = self.peek().unwrap_or(' ');
                return Err(self.unexpected_here(c, None));
            }
            _ => {}
        }
        let Some(word) = self.reserved_ahead() else {
            if self.peek().is_none() {
                return Err(ParseError::Incomplete { expecting: None, line });
            }
            return Ok(None);
        };
        let node = match word.as_str() {
            "{" => {
                self.skip("{");
                let block = self.body(&["}"])?;
                self.expect_reserved("}")?;
                Node::Group(block)
            }
            "if" => self.if_command()?,
            "while" | "until" => {
                self.skip(&word);
                let condition = self.body(&["do"])?;
                Node::While { until: word == "until", condition, body: self.do_group()? }
            }
            "for" | "select" => self.for_command(&word)?,
            "case" => self.case_command()?,
            "[[" => {
                self.skip("[[");
                Node::Condition { test: self.condition()?, line }
            }
            "in" => return Ok(None),
            _ => return Err(self.unexpected(&word, None)),
        };
        Ok(Some(node))
    }

    fn subshell(&mut self) -> Result<Node, ParseError> {
        self.skip("(");
        let block = self.body(&[")"])?;
        self.expect_operator(")")?;
        Ok(Node::Subshell(block))
    }

    fn do_group(&mut self) -> Result<Block, ParseError> {
        self.newlines();
        self.expect_reserved("do")?;
        let body = self.body(&["done"])?;
        self.expect_reserved("done")?;
        Ok(body)
    }

    fn if_command(&mut self) -> Result<Node, ParseError> {
        self.skip("if");
        let mut arms = Vec::new();
        let mut otherwise = None;
        loop {
            let condition = self.body(&["then"])?;
            self.expect_reserved("then")?;
            arms.push((condition, self.body(&["elif", "else", "fi"])?));
            if self.take_reserved("elif") {
                continue;
            }
            if self.take_reserved("else") {
                otherwise = Some(self.body(&["fi"])?);
            }
            self.expect_reserved("fi")?;
            return Ok(Node::If { arms, otherwise });
        }
    }

    /// `for` and `select`.
    fn for_command(&mut self, keyword: &str) -> Result<Node, ParseError> {
        let line = self.line;
        self.skip(keyword);
        self.blanks();
        let asks = keyword == "select";
        if self.bash && !asks && self.operator() == Some("((") {
            self.skip("((");
            return self.for_arithmetic(line);
        }
        let name = self.word(Until::Blank)?;
        let name = match name.literal() {
            Some(name) if is_name(name) => name.to_string(),
            _ if self.peek().is_none() => return Err(self.expected("do")),
            _ => return Err(self.unexpected("for loop variable", None)),
        };
        self.newlines();
        let mut words = None;
        if self.take_reserved("in") {
            words = Some(self.words_of_line()?);
        } else {
            self.take_operator(";");
        }
        Ok(Node::For { name, words, body: self.do_group()?, asks, line })
    }

    fn for_arithmetic(&mut self, line: u32) -> Result<Node, ParseError> {
        let init = self.word(Until::SemicolonOrParentheses)?;
        self.expect_operator(";")?;
        let test = self.word(Until::SemicolonOrParentheses)?;
        self.expect_operator(";")?;
        let step = self.word(Until::Parentheses)?;
        self.expect_operator("))")?;
        self.take_operator(";");
        Ok(Node::ForArithmetic { parts: [init, test, step], body: self.do_group()?, line })
    }

    fn words_of_line(&mut self) -> Result<Vec<Word>, ParseError> {
        let mut words = Vec::new();
        loop {
            self.blanks();
            match self.operator() {
                Some(";") => {
                    self.advance();
                    return Ok(words);
                }
                Some("\n") => return Ok(words),
                Some(operator) => return Err(self.unexpected(operator, None)),
                None if self.peek().is_none() => return Ok(words),
                None => words.push(self.word(Until::Blank)?),
            }
        }
    }

    fn case_command(&mut self) -> Result<Node, ParseError> {
        let line = self.line;
        self.skip("case");
        self.blanks();
        let word = self.word(Until::Blank)?;
        self.newlines();
        self.expect_reserved("in")?;
        let mut arms = Vec::new();
        loop {
            self.newlines();
            if self.take_reserved("esac") {
                return Ok(Node::Case { word, arms, line });
            }
            self.take_operator("(");
            let mut patterns = Vec::new();
            loop {
                self.blanks();
                if self.peek().is_none() {
                    return Err(self.expected("esac"));
                }
                patterns.push(self.word(Until::Blank)?);
                if !self.take_operator("|") {
                    break;
                }
            }
            self.expect_operator(")")?;
            let body = self.block(&[";;", ";&", ";;&", "esac"])?;
            let ends = [(";&", ArmEnd::Next), (";;&", ArmEnd::Again), (";;", ArmEnd::Done)];
            let end = ends.into_iter().find(|(operator, _)| self.take_operator(operator));
            arms.push(CaseArm { patterns, body, end: end.map_or(ArmEnd::Done, |(_, end)| end) });
            if end.is_none() {
                self.newlines();
                self.expect_reserved("esac")?;
                return Ok(Node::Case { word, arms, line });
            }
        }
    }
}
