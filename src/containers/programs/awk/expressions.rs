//! Expressions, from the loosest operator to the tightest.

use super::ast::{Expr, Source};
use super::lexer::Token;
use super::parser::{Parse, Parser};
use crate::containers::programs::regex::Regex;

impl Parser {
    /// Expressions up to a closing bracket.
    pub(super) fn list(&mut self, end: &str) -> Parse<Vec<Expr>> {
        let mut list = Vec::new();
        self.skip_newlines();
        while !self.takes(end) {
            list.push(self.expression()?);
            self.skip_newlines();
            if !self.takes(",") && !self.is(end) {
                return Err(self.unexpected());
            }
            self.skip_newlines();
        }
        Ok(list)
    }

    pub(super) fn expression(&mut self) -> Parse<Expr> {
        self.nested(Parser::ternary)
    }

    fn ternary(&mut self) -> Parse<Expr> {
        let test = self.or()?;
        if self.takes("?") {
            self.skip_newlines();
            let yes = self.expression()?;
            self.skip_newlines();
            self.expect(":")?;
            self.skip_newlines();
            let no = self.expression()?;
            return Ok(Expr::Conditional(Box::new(test), Box::new(yes), Box::new(no)));
        }
        let target = matches!(test, Expr::Variable(_) | Expr::Field(_) | Expr::Element(..));
        let Some(operator) =
            self.takes_any(&["=", "+=", "-=", "*=", "/=", "%=", "^=", "**="]).filter(|_| target)
        else {
            return Ok(test);
        };
        self.skip_newlines();
        let operator = match operator {
            "=" => None,
            "**=" => Some('^'),
            other => other.chars().next(),
        };
        Ok(Expr::Assign { target: Box::new(test), operator, value: Box::new(self.expression()?) })
    }

    fn or(&mut self) -> Parse<Expr> {
        let mut left = self.and()?;
        while self.takes("||") {
            self.skip_newlines();
            left = Expr::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Parse<Expr> {
        let mut left = self.membership()?;
        while self.takes("&&") {
            self.skip_newlines();
            left = Expr::And(Box::new(left), Box::new(self.membership()?));
        }
        Ok(left)
    }

    fn membership(&mut self) -> Parse<Expr> {
        let mut left = self.matching()?;
        while self.takes_word("in") {
            left = Expr::In(vec![left], self.name()?);
        }
        Ok(left)
    }

    fn matching(&mut self) -> Parse<Expr> {
        let mut left = self.comparison()?;
        while let Some(operator) = self.takes_any(&["~", "!~"]) {
            let pattern = Box::new(self.comparison()?);
            left = Expr::Match { text: Box::new(left), pattern, negated: operator == "!~" };
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Parse<Expr> {
        let mut left = self.concatenation()?;
        while self.is("|")
            && matches!(self.tokens.get(self.at + 1), Some(Token::Name(name)) if name == "getline")
        {
            self.at += 2;
            left = self.getline(Source::Command(Box::new(left)))?;
        }
        let operators: &[&'static str] = match self.no_greater {
            true => &["<=", "==", "!=", "<", ">="],
            false => &["<=", "==", "!=", "<", ">=", ">"],
        };
        match self.takes_any(operators) {
            Some(operator) => Ok(Expr::Compare(operator, Box::new(left), Box::new(self.concatenation()?))),
            None => Ok(left),
        }
    }

    pub(super) fn concatenation(&mut self) -> Parse<Expr> {
        let mut left = self.additive()?;
        while self.begins_operand() {
            left = Expr::Concat(Box::new(left), Box::new(self.additive()?));
        }
        Ok(left)
    }

    fn begins_operand(&self) -> bool {
        match self.peek() {
            Token::Number(_) | Token::Text(_) => true,
            Token::Name(name) => name != "in",
            Token::Called(_) => true,
            Token::Operator(operator) => matches!(*operator, "$" | "(" | "++" | "--"),
            Token::Regex(_) | Token::Newline | Token::End => false,
        }
    }

    fn additive(&mut self) -> Parse<Expr> {
        let mut left = self.multiplicative()?;
        while let Some(operator) = self.takes_any(&["+", "-"]) {
            let letter = if operator == "+" { '+' } else { '-' };
            left = Expr::Arithmetic(letter, Box::new(left), Box::new(self.multiplicative()?));
        }
        Ok(left)
    }

    fn multiplicative(&mut self) -> Parse<Expr> {
        let mut left = self.unary()?;
        while let Some(operator) = self.takes_any(&["*", "/", "%"]) {
            let letter = operator.chars().next().unwrap_or('*');
            left = Expr::Arithmetic(letter, Box::new(left), Box::new(self.unary()?));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parse<Expr> {
        match self.takes_any(&["!", "-", "+"]) {
            Some(operator) => {
                let letter = operator.chars().next().unwrap_or('+');
                Ok(Expr::Unary(letter, Box::new(self.nested(Parser::unary)?)))
            }
            None => self.power(),
        }
    }

    fn power(&mut self) -> Parse<Expr> {
        let base = self.stepped()?;
        match self.takes_any(&["^", "**"]) {
            Some(_) => Ok(Expr::Arithmetic('^', Box::new(base), Box::new(self.nested(Parser::unary)?))),
            None => Ok(base),
        }
    }

    fn stepped(&mut self) -> Parse<Expr> {
        let by = |operator: &str| if operator == "++" { 1.0 } else { -1.0 };
        if let Some(operator) = self.takes_any(&["++", "--"]) {
            let target = Box::new(self.nested(Parser::primary)?);
            return Ok(Expr::Step { target, by: by(operator), old: false });
        }
        let target = self.nested(Parser::primary)?;
        if !matches!(target, Expr::Variable(_) | Expr::Field(_) | Expr::Element(..)) {
            return Ok(target);
        }
        match self.takes_any(&["++", "--"]) {
            Some(operator) => Ok(Expr::Step { target: Box::new(target), by: by(operator), old: true }),
            None => Ok(target),
        }
    }

    fn primary(&mut self) -> Parse<Expr> {
        let token = self.peek().clone();
        self.at += 1;
        match token {
            Token::Number(number) => Ok(Expr::Number(number)),
            Token::Text(text) => Ok(Expr::Text(text)),
            Token::Regex(text) => Regex::new(&text, true, false).map(Expr::Regex),
            Token::Operator("$") => match self.takes_any(&["++", "--", "-"]) {
                Some("-") => {
                    Ok(Expr::Field(Box::new(Expr::Unary('-', Box::new(self.nested(Parser::primary)?)))))
                }
                Some(operator) => {
                    let by = if operator == "++" { 1.0 } else { -1.0 };
                    let target = Box::new(self.nested(Parser::primary)?);
                    Ok(Expr::Field(Box::new(Expr::Step { target, by, old: false })))
                }
                None => Ok(Expr::Field(Box::new(self.nested(Parser::primary)?))),
            },
            Token::Operator("(") => self.brackets(),
            Token::Name(name) if name == "getline" => self.getline(Source::Input),
            Token::Name(name) if name == "length" => Ok(Expr::Call(name, Vec::new())),
            Token::Name(name) if self.takes("[") => Ok(Expr::Element(name, self.list("]")?)),
            Token::Name(name) => Ok(Expr::Variable(name)),
            Token::Called(name) => {
                self.at += 1;
                let outer = std::mem::replace(&mut self.no_greater, false);
                let arguments = self.list(")")?;
                self.no_greater = outer;
                self.asks |= matches!(name.as_str(), "system" | "close");
                Ok(Expr::Call(name, arguments))
            }
            _ => {
                self.at -= 1;
                Err(self.unexpected())
            }
        }
    }

    /// What stands behind the word `getline`.
    fn getline(&mut self, mut from: Source) -> Parse<Expr> {
        let begins = match self.peek() {
            Token::Name(name) => name != "in",
            Token::Operator(operator) => *operator == "$",
            _ => false,
        };
        let into = if begins { Some(Box::new(self.nested(Parser::primary)?)) } else { None };
        if matches!(from, Source::Input) && self.takes("<") {
            from = Source::File(Box::new(self.nested(Parser::primary)?));
        }
        self.asks = true;
        self.reads |= matches!(from, Source::Input);
        Ok(Expr::Getline { from, into })
    }

    /// `(a)`, or `(a, b) in c`.
    fn brackets(&mut self) -> Parse<Expr> {
        let outer = std::mem::replace(&mut self.no_greater, false);
        let mut list = self.list(")")?;
        self.no_greater = outer;
        if list.len() > 1 && self.takes_word("in") {
            return Ok(Expr::In(list, self.name()?));
        }
        match list.pop() {
            // Brackets keep an assignment or a regular expression together.
            Some(only) if list.is_empty() => Ok(Expr::Conditional(
                Box::new(Expr::Number(1.0)),
                Box::new(only),
                Box::new(Expr::Number(0.0)),
            )),
            _ => Err(self.unexpected()),
        }
    }
}
