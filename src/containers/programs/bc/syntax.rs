//! What a bc program says: statements and expressions.

/// Deeper nesting is refused.
const DEPTH_MAX: u32 = 100;

#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    Variable(String),
    Element(String, Box<Expression>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// As written: what it means hangs on `ibase`.
    Number(String),
    Place(Place),
    Negated(Box<Expression>),
    Not(Box<Expression>),
    Binary(&'static str, Box<Expression>, Box<Expression>),
    /// `x = 1`, or `x += 1` with the operator before the equals sign.
    Assign(Place, &'static str, Box<Expression>),
    /// `++x`, `x--`: by how much, and whether the new value counts.
    Step(Place, i64, bool),
    Call(String, Vec<Expression>),
}

#[derive(Clone, Debug, PartialEq)]
pub enum Statement {
    Expression(Expression),
    Text(String),
    Print(Vec<Result<Expression, String>>),
    Block(Vec<Statement>),
    If(Expression, Box<Statement>, Option<Box<Statement>>),
    While(Expression, Box<Statement>),
    For([Option<Expression>; 3], Box<Statement>),
    Break,
    Continue,
    Return(Option<Expression>),
    Quit,
    Define(String, Function),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    pub parameters: Vec<String>,
    pub locals: Vec<String>,
    pub body: Vec<Statement>,
}

/// By rising precedence.
const LEVELS: [&[&str]; 5] =
    [&["||"], &["&&"], &["<=", ">=", "==", "!=", "<", ">"], &["+", "-"], &["*", "/", "%"]];
const ASSIGNMENTS: [&str; 7] = ["+=", "-=", "*=", "/=", "%=", "^=", "="];

pub struct Parser {
    text: Vec<char>,
    at: usize,
    depth: u32,
}

/// The text makes no sense here.
#[derive(Debug)]
pub struct Nonsense;

impl Parser {
    pub fn new(text: &str) -> Parser {
        Parser { text: text.chars().collect(), at: 0, depth: 0 }
    }

    /// The next statement of the program; none at its end.
    pub fn next(&mut self) -> Option<Result<Statement, Nonsense>> {
        self.separators();
        if self.at >= self.text.len() {
            return None;
        }
        let statement = self.statement().and_then(|statement| match self.ends() {
            true => Ok(statement),
            false => Err(Nonsense),
        });
        if statement.is_err() {
            // The rest of the line goes with it.
            while self.peek().is_some_and(|c| c != '\n') {
                self.at += 1;
            }
            self.depth = 0;
        }
        Some(statement)
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    /// Skips blanks, comments and joined lines.
    fn blanks(&mut self) {
        loop {
            match (self.peek(), self.text.get(self.at + 1)) {
                (Some(' ' | '\t' | '\r'), _) => self.at += 1,
                (Some('\\'), Some('\n')) => self.at += 2,
                (Some('#'), _) => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.at += 1;
                    }
                }
                (Some('/'), Some('*')) => {
                    self.at += 2;
                    while self.at < self.text.len() && !self.text[self.at..].starts_with(&['*', '/']) {
                        self.at += 1;
                    }
                    self.at = (self.at + 2).min(self.text.len());
                }
                _ => return,
            }
        }
    }

    fn separators(&mut self) {
        self.blanks();
        while matches!(self.peek(), Some('\n' | ';')) {
            self.at += 1;
            self.blanks();
        }
    }

    fn newlines(&mut self) {
        self.blanks();
        while self.peek() == Some('\n') {
            self.at += 1;
            self.blanks();
        }
    }

    fn ends(&mut self) -> bool {
        self.blanks();
        matches!(self.peek(), None | Some('\n' | ';' | '}'))
    }

    fn ahead(&mut self, token: &str) -> bool {
        self.blanks();
        token.chars().enumerate().all(|(ahead, c)| self.text.get(self.at + ahead) == Some(&c))
    }

    fn take(&mut self, token: &str) -> bool {
        let there = self.ahead(token);
        if there {
            self.at += token.chars().count();
        }
        there
    }

    fn expect(&mut self, token: &str) -> Result<(), Nonsense> {
        if self.take(token) { Ok(()) } else { Err(Nonsense) }
    }

    fn word(&mut self) -> Option<String> {
        self.blanks();
        let is_letter = |c: &char| c.is_ascii_lowercase();
        self.text.get(self.at).filter(|c| is_letter(c))?;
        let inner = |c: &&char| is_letter(c) || c.is_ascii_digit() || **c == '_';
        let word: String = self.text[self.at..].iter().take_while(inner).collect();
        self.at += word.len();
        Some(word)
    }

    fn quoted(&mut self) -> Result<String, Nonsense> {
        self.expect("\"")?;
        let text: String = self.text[self.at..].iter().take_while(|c| **c != '"').collect();
        self.at += text.chars().count();
        self.expect("\"")?;
        Ok(text)
    }

    /// Reads what may hold others of its kind, up to a depth.
    fn nested<T>(&mut self, read: fn(&mut Self) -> Result<T, Nonsense>) -> Result<T, Nonsense> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Nonsense);
        }
        let found = read(self);
        self.depth -= 1;
        found
    }

    fn statement(&mut self) -> Result<Statement, Nonsense> {
        self.nested(Self::any_statement)
    }

    fn any_statement(&mut self) -> Result<Statement, Nonsense> {
        if self.ahead("{") {
            return Ok(Statement::Block(self.block()?));
        }
        if self.ahead("\"") {
            return Ok(Statement::Text(self.quoted()?));
        }
        let start = self.at;
        let Some(word) = self.word() else { return Ok(Statement::Expression(self.expression()?)) };
        Ok(match word.as_str() {
            "if" => self.conditional()?,
            "while" => {
                let condition = self.parenthesized()?;
                Statement::While(condition, Box::new(self.body()?))
            }
            "for" => self.counted()?,
            "break" => Statement::Break,
            "continue" => Statement::Continue,
            "quit" | "halt" => Statement::Quit,
            "return" if self.ends() => Statement::Return(None),
            "return" => Statement::Return(Some(self.expression()?)),
            "print" => self.print()?,
            "define" => self.define()?,
            _ => {
                self.at = start;
                Statement::Expression(self.expression()?)
            }
        })
    }

    fn block(&mut self) -> Result<Vec<Statement>, Nonsense> {
        self.expect("{")?;
        let mut statements = Vec::new();
        loop {
            self.separators();
            if self.take("}") {
                return Ok(statements);
            }
            statements.push(self.statement()?);
            if !self.ends() {
                return Err(Nonsense);
            }
        }
    }

    fn body(&mut self) -> Result<Statement, Nonsense> {
        self.newlines();
        self.statement()
    }

    fn parenthesized(&mut self) -> Result<Expression, Nonsense> {
        self.expect("(")?;
        let inner = self.expression()?;
        self.expect(")")?;
        Ok(inner)
    }

    fn conditional(&mut self) -> Result<Statement, Nonsense> {
        let condition = self.parenthesized()?;
        let yes = Box::new(self.body()?);
        let before = self.at;
        self.separators();
        if self.word().as_deref() == Some("else") {
            return Ok(Statement::If(condition, yes, Some(Box::new(self.body()?))));
        }
        self.at = before;
        Ok(Statement::If(condition, yes, None))
    }

    fn counted(&mut self) -> Result<Statement, Nonsense> {
        self.expect("(")?;
        let mut parts = [None, None, None];
        for (part, end) in parts.iter_mut().zip([";", ";", ")"]) {
            if !self.ahead(end) {
                *part = Some(self.expression()?);
            }
            self.expect(end)?;
        }
        Ok(Statement::For(parts, Box::new(self.body()?)))
    }

    fn print(&mut self) -> Result<Statement, Nonsense> {
        let mut items = Vec::new();
        loop {
            items.push(if self.ahead("\"") { Err(self.quoted()?) } else { Ok(self.expression()?) });
            if !self.take(",") {
                return Ok(Statement::Print(items));
            }
        }
    }

    fn names(&mut self) -> Vec<String> {
        let mut names = Vec::new();
        while let Some(name) = self.word() {
            // Arrays are passed by their names, with empty brackets.
            let name = if self.take("[]") { name + "[]" } else { name };
            names.push(name);
            if !self.take(",") {
                break;
            }
        }
        names
    }

    fn define(&mut self) -> Result<Statement, Nonsense> {
        let name = self.word().ok_or(Nonsense)?;
        self.expect("(")?;
        let parameters = self.names();
        self.expect(")")?;
        self.newlines();
        self.expect("{")?;
        self.separators();
        let before = self.at;
        let locals = if self.word().as_deref() == Some("auto") { self.names() } else { Vec::new() };
        if locals.is_empty() {
            self.at = before;
        }
        // The rest is a block whose brace is open already.
        let mut body = Vec::new();
        loop {
            self.separators();
            if self.take("}") {
                return Ok(Statement::Define(name, Function { parameters, locals, body }));
            }
            body.push(self.statement()?);
            if !self.ends() {
                return Err(Nonsense);
            }
        }
    }

    pub fn expression(&mut self) -> Result<Expression, Nonsense> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Nonsense);
        }
        let expression = self.level(0);
        self.depth -= 1;
        expression
    }

    fn level(&mut self, level: usize) -> Result<Expression, Nonsense> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.level(level + 1)?;
        loop {
            let found = operators.iter().find(|operator| self.ahead(operator));
            let Some(operator) = found.filter(|_| !ASSIGNMENTS[..6].iter().any(|it| self.ahead(it))) else {
                return Ok(left);
            };
            self.take(operator);
            left = Expression::Binary(operator, Box::new(left), Box::new(self.level(level + 1)?));
        }
    }

    fn unary(&mut self) -> Result<Expression, Nonsense> {
        self.nested(Self::any_unary)
    }

    fn any_unary(&mut self) -> Result<Expression, Nonsense> {
        if !self.ahead("!=") && self.take("!") {
            return Ok(Expression::Not(Box::new(self.unary()?)));
        }
        let mut minuses = 0;
        while !self.ahead("--") && self.take("-") {
            minuses += 1;
        }
        let mut base = self.stepped()?;
        if minuses % 2 == 1 {
            base = Expression::Negated(Box::new(base));
        }
        // The sign belongs to what is raised: -2^2 is 4.
        if !self.ahead("^=") && self.take("^") {
            return Ok(Expression::Binary("^", Box::new(base), Box::new(self.unary()?)));
        }
        Ok(base)
    }

    /// A value, or a place with what changes it.
    fn stepped(&mut self) -> Result<Expression, Nonsense> {
        for (token, by) in [("++", 1), ("--", -1)] {
            if self.take(token) {
                let Expression::Place(place) = self.primary()? else { return Err(Nonsense) };
                return Ok(Expression::Step(place, by, true));
            }
        }
        let value = self.primary()?;
        let Expression::Place(place) = &value else { return Ok(value) };
        if !self.ahead("==")
            && let Some(operator) = ASSIGNMENTS.into_iter().find(|it| self.ahead(it))
        {
            self.take(operator);
            return Ok(Expression::Assign(place.clone(), operator, Box::new(self.expression()?)));
        }
        for (token, by) in [("++", 1), ("--", -1)] {
            if self.take(token) {
                return Ok(Expression::Step(place.clone(), by, false));
            }
        }
        Ok(value)
    }

    fn primary(&mut self) -> Result<Expression, Nonsense> {
        if self.ahead("(") {
            return self.parenthesized();
        }
        let digit = |c: &char| c.is_ascii_digit() || ('A'..='F').contains(c) || *c == '.';
        let number: String = self.text[self.at..].iter().take_while(|c| digit(c)).collect();
        if number == "." {
            self.at += 1;
            return Ok(Expression::Place(Place::Variable("last".to_owned())));
        }
        if !number.is_empty() {
            self.at += number.len();
            return if number.matches('.').count() > 1 {
                Err(Nonsense)
            } else {
                Ok(Expression::Number(number))
            };
        }
        let name = self.word().ok_or(Nonsense)?;
        if self.take("(") {
            let mut arguments = Vec::new();
            while !self.take(")") {
                arguments.push(self.expression()?);
                if !self.take(",") && !self.ahead(")") {
                    return Err(Nonsense);
                }
            }
            return Ok(Expression::Call(name, arguments));
        }
        if self.take("[") {
            let index = self.expression()?;
            self.expect("]")?;
            return Ok(Expression::Place(Place::Element(name, Box::new(index))));
        }
        Ok(Expression::Place(Place::Variable(name)))
    }
}
