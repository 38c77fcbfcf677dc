//! Words become a program.

use super::ast::{Expr, Function, Pattern, Rule, Statement, Target};
use super::lexer::{Token, tokens};

/// Expressions and blocks nest only so deep.
const DEPTH_MAX: usize = 100;

#[derive(Clone, Debug, Default)]
pub struct Parsed {
    pub rules: Vec<Rule>,
    pub functions: Vec<Function>,
    /// It may ask for what only its surroundings have, so that its work may have to begin again: `getline`, commands.
    pub asks: bool,
    /// It reads its input where no rule would.
    pub reads: bool,
}

pub(super) struct Parser {
    pub(super) tokens: Vec<Token>,
    pub(super) at: usize,
    depth: usize,
    /// `>` is no comparison in the list of a `print`.
    pub(super) no_greater: bool,
    pub(super) asks: bool,
    pub(super) reads: bool,
}

pub(super) type Parse<T> = Result<T, String>;

/// # Errors
/// When the program is none, or uses what is not simulated.
pub fn parse(program: &str) -> Parse<Parsed> {
    let mut parser =
        Parser { tokens: tokens(program)?, at: 0, depth: 0, no_greater: false, asks: false, reads: false };
    let mut parsed = Parsed::default();
    loop {
        while parser.takes(";") || parser.takes_newline() {}
        match parser.peek() {
            Token::End => return Ok(Parsed { asks: parser.asks, reads: parser.reads, ..parsed }),
            Token::Name(name) if name == "function" || name == "func" => {
                parser.at += 1;
                parsed.functions.push(parser.function()?);
            }
            _ => parsed.rules.push(parser.rule()?),
        }
    }
}

impl Parser {
    pub(super) fn peek(&self) -> &Token {
        self.tokens.get(self.at).unwrap_or(&Token::End)
    }

    pub(super) fn is(&self, operator: &str) -> bool {
        matches!(self.peek(), Token::Operator(found) if *found == operator)
    }

    pub(super) fn takes(&mut self, operator: &str) -> bool {
        let taken = self.is(operator);
        self.at += usize::from(taken);
        taken
    }

    /// The first of several operators that stands here.
    pub(super) fn takes_any(&mut self, operators: &[&'static str]) -> Option<&'static str> {
        operators.iter().copied().find(|operator| self.takes(operator))
    }

    pub(super) fn takes_word(&mut self, word: &str) -> bool {
        let taken = matches!(self.peek(), Token::Name(name) | Token::Called(name) if name == word);
        self.at += usize::from(taken);
        taken
    }

    fn takes_newline(&mut self) -> bool {
        let taken = *self.peek() == Token::Newline;
        self.at += usize::from(taken);
        taken
    }

    pub(super) fn skip_newlines(&mut self) {
        while self.takes_newline() {}
    }

    pub(super) fn expect(&mut self, operator: &str) -> Parse<()> {
        match self.takes(operator) {
            true => Ok(()),
            false => Err(self.unexpected()),
        }
    }

    pub(super) fn unexpected(&self) -> String {
        match self.peek() {
            Token::Operator(operator) => format!("syntax error at or near {operator}"),
            Token::Name(name) | Token::Called(name) => format!("syntax error at or near {name}"),
            Token::Newline => "syntax error: unexpected newline".to_owned(),
            Token::End => "syntax error: unexpected end of program".to_owned(),
            Token::Number(number) => format!("syntax error at or near {number}"),
            Token::Text(text) => format!("syntax error at or near \"{text}\""),
            Token::Regex(text) => format!("syntax error at or near /{text}/"),
        }
    }

    pub(super) fn nested<T>(&mut self, parse: impl FnOnce(&mut Parser) -> Parse<T>) -> Parse<T> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err("the program is nested too deeply".to_owned());
        }
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    pub(super) fn name(&mut self) -> Parse<String> {
        match self.peek().clone() {
            Token::Name(name) | Token::Called(name) => {
                self.at += 1;
                Ok(name)
            }
            _ => Err(self.unexpected()),
        }
    }

    fn function(&mut self) -> Parse<Function> {
        let name = self.name()?;
        self.expect("(")?;
        let mut parameters = Vec::new();
        while !self.takes(")") {
            parameters.push(self.name()?);
            self.takes(",");
        }
        self.skip_newlines();
        Ok(Function { name, parameters, body: self.block()? })
    }

    fn rule(&mut self) -> Parse<Rule> {
        let pattern = if self.takes_word("BEGIN") {
            Pattern::Begin
        } else if self.takes_word("END") {
            Pattern::End
        } else if self.is("{") {
            Pattern::Always
        } else {
            let from = self.expression()?;
            match self.takes(",") {
                true => {
                    self.skip_newlines();
                    Pattern::Range { from, to: self.expression()? }
                }
                false => Pattern::When(from),
            }
        };
        let body = match self.is("{") {
            true => self.block()?,
            false if matches!(pattern, Pattern::Begin | Pattern::End) => return Err(self.unexpected()),
            false => vec![Statement::Print { list: Vec::new(), formatted: false, to: None }],
        };
        Ok(Rule { pattern, body })
    }

    fn block(&mut self) -> Parse<Vec<Statement>> {
        self.expect("{")?;
        let mut statements = Vec::new();
        loop {
            while self.takes(";") || self.takes_newline() {}
            if self.takes("}") {
                return Ok(statements);
            }
            statements.push(self.nested(Parser::statement)?);
        }
    }

    /// A block, or a single statement.
    fn body(&mut self) -> Parse<Vec<Statement>> {
        self.skip_newlines();
        if self.is("{") {
            return self.nested(Parser::block);
        }
        if self.takes(";") {
            return Ok(Vec::new());
        }
        Ok(vec![self.nested(Parser::statement)?])
    }

    fn ends_statement(&self) -> bool {
        self.is(";") || self.is("}") || matches!(self.peek(), Token::Newline | Token::End)
    }

    fn statement(&mut self) -> Parse<Statement> {
        let word = match self.peek() {
            Token::Name(name) | Token::Called(name) => name.clone(),
            _ => String::new(),
        };
        match word.as_str() {
            "if" => self.conditional(),
            "while" => {
                self.at += 1;
                let test = self.bracketed()?;
                Ok(Statement::While { test, body: self.body()?, body_first: false })
            }
            "do" => {
                self.at += 1;
                let body = self.body()?;
                while self.takes(";") || self.takes_newline() {}
                if !self.takes_word("while") {
                    return Err(self.unexpected());
                }
                Ok(Statement::While { test: self.bracketed()?, body, body_first: true })
            }
            "for" => self.for_loop(),
            _ => {
                let statement = self.simple()?;
                match self.ends_statement() {
                    true => Ok(statement),
                    false => Err(self.unexpected()),
                }
            }
        }
    }

    fn bracketed(&mut self) -> Parse<Expr> {
        self.expect("(")?;
        let expression = self.expression()?;
        self.expect(")")?;
        Ok(expression)
    }

    fn conditional(&mut self) -> Parse<Statement> {
        self.at += 1;
        let test = self.bracketed()?;
        let yes = self.body()?;
        let before = self.at;
        while self.takes(";") || self.takes_newline() {}
        if self.takes_word("else") {
            return Ok(Statement::If(test, yes, self.body()?));
        }
        self.at = before;
        Ok(Statement::If(test, yes, Vec::new()))
    }

    fn for_loop(&mut self) -> Parse<Statement> {
        self.at += 1;
        self.expect("(")?;
        if let [Token::Name(variable), Token::Name(word), Token::Name(array), Token::Operator(")"), ..] =
            &self.tokens[self.at.min(self.tokens.len())..]
            && word == "in"
        {
            let (variable, array) = (variable.clone(), array.clone());
            self.at += 4;
            return Ok(Statement::ForIn { variable, array, body: self.body()? });
        }
        let first = if self.is(";") { None } else { Some(Box::new(self.simple()?)) };
        self.expect(";")?;
        self.skip_newlines();
        let test = if self.is(";") { None } else { Some(self.expression()?) };
        self.expect(";")?;
        self.skip_newlines();
        let step = if self.is(")") { None } else { Some(Box::new(self.simple()?)) };
        self.expect(")")?;
        Ok(Statement::For { first, test, step, body: self.body()? })
    }

    fn simple(&mut self) -> Parse<Statement> {
        let word = match self.peek() {
            Token::Name(name) | Token::Called(name) => name.clone(),
            _ => String::new(),
        };
        let optional = |parser: &mut Parser| match parser.ends_statement() {
            true => Ok(None),
            false => parser.expression().map(Some),
        };
        match word.as_str() {
            "print" | "printf" => {
                self.at += 1;
                let list = self.print_list()?;
                let target = match self.takes_any(&["|", ">"]) {
                    Some("|") => Some(Target::Command),
                    // The lexer knows no `>>`.
                    Some(_) => Some(if self.takes(">") { Target::Append } else { Target::File }),
                    None => None,
                };
                self.asks |= target == Some(Target::Command);
                let to = match target {
                    Some(target) => Some((target, self.nested(Parser::concatenation)?)),
                    None => None,
                };
                Ok(Statement::Print { list, formatted: word == "printf", to })
            }
            "break" | "continue" | "next" => {
                self.at += 1;
                Ok(match word.as_str() {
                    "break" => Statement::Break,
                    "continue" => Statement::Continue,
                    _ => Statement::Next,
                })
            }
            "exit" => {
                self.at += 1;
                Ok(Statement::Exit(optional(self)?))
            }
            "return" => {
                self.at += 1;
                Ok(Statement::Return(optional(self)?))
            }
            "delete" => {
                self.at += 1;
                let array = self.name()?;
                let keys = if self.takes("[") { Some(self.list("]")?) } else { None };
                Ok(Statement::Delete(array, keys))
            }
            _ => Ok(Statement::Expr(self.expression()?)),
        }
    }

    /// What `print` prints, perhaps in brackets of its own.
    fn print_list(&mut self) -> Parse<Vec<Expr>> {
        let outer = std::mem::replace(&mut self.no_greater, true);
        let begin = self.at;
        let mut list = Vec::new();
        if self.takes("(") {
            self.no_greater = false;
            list = self.list(")")?;
            self.no_greater = true;
            // The bracket was only the beginning of the first expression.
            if !(self.ends_statement() || self.is(">") || self.is("|")) {
                self.at = begin;
                list.clear();
            }
        }
        if list.is_empty() && !(self.ends_statement() || self.is(">") || self.is("|")) {
            loop {
                list.push(self.expression()?);
                if !self.takes(",") {
                    break;
                }
                self.skip_newlines();
            }
        }
        self.no_greater = outer;
        Ok(list)
    }
}
