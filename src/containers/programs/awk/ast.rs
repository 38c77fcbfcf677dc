//! What an awk program consists of.

use crate::containers::programs::regex::Regex;

#[derive(Clone, Debug)]
pub struct Rule {
    pub pattern: Pattern,
    pub body: Vec<Statement>,
}

#[derive(Clone, Debug)]
pub enum Pattern {
    Begin,
    End,
    Always,
    When(Expr),
    /// From a record that fits the first to one that fits the second.
    Range {
        from: Expr,
        to: Expr,
    },
}

#[derive(Clone, Debug)]
pub struct Function {
    pub name: String,
    pub parameters: Vec<String>,
    pub body: Vec<Statement>,
}

/// Where `print` prints: `>`, `>>`, `|`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    File,
    Append,
    Command,
}

/// Where `getline` reads.
#[derive(Clone, Debug)]
pub enum Source {
    /// The program's own input.
    Input,
    File(Box<Expr>),
    Command(Box<Expr>),
}

#[derive(Clone, Debug)]
pub enum Statement {
    Expr(Expr),
    /// `print` and `printf`; `print` without expressions prints the record.
    Print {
        list: Vec<Expr>,
        formatted: bool,
        to: Option<(Target, Expr)>,
    },
    If(Expr, Vec<Statement>, Vec<Statement>),
    /// Condition and body; whether the body runs once before.
    While {
        test: Expr,
        body: Vec<Statement>,
        body_first: bool,
    },
    For {
        first: Option<Box<Statement>>,
        test: Option<Expr>,
        step: Option<Box<Statement>>,
        body: Vec<Statement>,
    },
    ForIn {
        variable: String,
        array: String,
        body: Vec<Statement>,
    },
    Break,
    Continue,
    Next,
    Exit(Option<Expr>),
    Return(Option<Expr>),
    Delete(String, Option<Vec<Expr>>),
}

#[derive(Clone, Debug)]
pub enum Expr {
    Number(f64),
    Text(String),
    /// Alone it is matched against the record.
    Regex(Regex),
    Variable(String),
    Field(Box<Expr>),
    Element(String, Vec<Expr>),
    In(Vec<Expr>, String),
    /// Without an operator it is a plain assignment.
    Assign {
        target: Box<Expr>,
        operator: Option<char>,
        value: Box<Expr>,
    },
    /// `++x`, `x++` and their counterparts: the change, and whether the old value counts.
    Step {
        target: Box<Expr>,
        by: f64,
        old: bool,
    },
    Unary(char, Box<Expr>),
    Arithmetic(char, Box<Expr>, Box<Expr>),
    Compare(&'static str, Box<Expr>, Box<Expr>),
    Match {
        text: Box<Expr>,
        pattern: Box<Expr>,
        negated: bool,
    },
    Concat(Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Conditional(Box<Expr>, Box<Expr>, Box<Expr>),
    Call(String, Vec<Expr>),
    /// Without a variable the record is read.
    Getline {
        from: Source,
        into: Option<Box<Expr>>,
    },
}
