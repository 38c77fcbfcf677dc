//! Runs a program over its records.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use super::ast::{Expr, Pattern, Statement, Target};
use super::functions;
use super::parser::Parsed;
use super::streams::{Streams, Wanted};
use super::value::{Key, Value};
use crate::containers::programs::filter::Out;
use crate::containers::programs::regex::Regex;

/// Steps within one record: an endless loop must end.
const STEPS_MAX: u32 = 2_000_000;
pub(super) const CALLS_MAX: usize = 50;
/// Joins the keys of an element with several.
const SUBSEP: &str = "\u{1c}";

/// Why statements stop before their end.
#[derive(Debug)]
pub enum Halt {
    Break,
    Continue,
    Next,
    Exit,
    Return(Value),
    Error(String),
    /// The work at hand begins again when this is there.
    Need(Wanted),
}

pub(super) type Run<T> = Result<T, Halt>;

#[derive(Clone, Debug, Default)]
pub struct Machine {
    pub(super) program: Arc<Parsed>,
    /// Of each rule with a range whether the record before was inside.
    inside: Vec<bool>,
    variables: BTreeMap<String, Value>,
    pub(super) arrays: BTreeMap<String, BTreeMap<Key, Value>>,
    /// Parameters of the functions that run, innermost last.
    pub(super) frames: Vec<BTreeMap<String, Value>>,
    pub(super) record: String,
    /// `FS` as it was when the record came.
    separator: String,
    /// Split when one is asked for.
    fields: OnceLock<Vec<String>>,
    pub status: i32,
    pub exited: bool,
    /// An error ended the program.
    pub failed: bool,
    steps: u32,
    pub random: u64,
    /// Files that `print >` has begun.
    pub(super) opened: BTreeSet<String>,
    pub(super) streams: Streams,
    pub(super) wanted: Option<Wanted>,
}

pub(super) fn failed<T>(message: impl Into<String>) -> Run<T> {
    Err(Halt::Error(message.into()))
}

impl Machine {
    pub fn new(program: Parsed) -> Machine {
        let inside = vec![false; program.rules.len()];
        let mut machine = Machine { program: Arc::new(program), inside, random: 1, ..Machine::default() };
        for (name, value) in [("FS", " "), ("OFS", " "), ("ORS", "\n"), ("RS", "\n"), ("SUBSEP", SUBSEP)] {
            machine.set(name, Value::Text(value.to_owned()));
        }
        for name in ["NR", "FNR"] {
            machine.set(name, Value::Number(0.0));
        }
        machine
    }

    pub fn set(&mut self, name: &str, value: Value) {
        self.variables.insert(name.to_owned(), value);
    }

    pub fn get(&self, name: &str) -> Value {
        if let Some(value) = self.frames.last().and_then(|frame| frame.get(name)) {
            return value.clone();
        }
        match name {
            "NF" => Value::Number(self.fields().len() as f64),
            _ => self.variables.get(name).cloned().unwrap_or_default(),
        }
    }

    fn assign(&mut self, name: &str, value: Value) {
        if let Some(slot) = self.frames.last_mut().and_then(|frame| frame.get_mut(name)) {
            *slot = value;
        } else if name == "NF" {
            let wanted = (value.number().max(0.0) as usize).min(functions::TEXT_MAX_BYTES);
            self.fields_mut().resize(wanted, String::new());
            self.join_record();
        } else {
            self.set(name, value);
        }
    }

    pub fn set_record(&mut self, record: &str) {
        record.clone_into(&mut self.record);
        self.separator = self.get("FS").text();
        self.fields = OnceLock::new();
    }

    fn fields(&self) -> &Vec<String> {
        self.fields.get_or_init(|| functions::split(&self.record, &self.separator))
    }

    fn fields_mut(&mut self) -> &mut Vec<String> {
        self.fields();
        self.fields.get_mut().expect("just split")
    }

    fn join_record(&mut self) {
        self.record = self.fields().join(&self.get("OFS").text());
    }

    /// Takes the next record of the input.
    pub fn begin_record(&mut self, record: &str) {
        self.count_record();
        self.set_record(record);
    }

    pub(super) fn count_record(&mut self) {
        for name in ["NR", "FNR"] {
            self.set(name, Value::Number(self.get(name).number() + 1.0));
        }
    }

    /// Whether work may have to begin again.
    pub fn asks(&self) -> bool {
        self.program.asks
    }

    /// Runs the rules of one sort; `Always` and conditions for records.
    pub fn run_rules(&mut self, wanted: fn(&Pattern) -> bool, out: &mut Out) {
        self.steps = 0;
        for at in 0..self.program.rules.len() {
            if !wanted(&self.program.rules[at].pattern) {
                continue;
            }
            match self.run_rule(at, out) {
                Ok(()) | Err(Halt::Break | Halt::Continue | Halt::Return(_)) => {}
                Err(Halt::Next) => return,
                Err(Halt::Need(wanted)) => {
                    self.wanted = Some(wanted);
                    return;
                }
                Err(Halt::Exit) => {
                    self.exited = true;
                    return;
                }
                Err(Halt::Error(message)) => {
                    out.errors += &format!("awk: {message}\n");
                    (self.status, self.exited, self.failed) = (2, true, true);
                    return;
                }
            }
        }
    }

    fn run_rule(&mut self, at: usize, out: &mut Out) -> Run<()> {
        let program = Arc::clone(&self.program);
        let rule = &program.rules[at];
        let runs = match &rule.pattern {
            Pattern::Begin | Pattern::End | Pattern::Always => true,
            Pattern::When(test) => self.evaluate(test)?.is_true(),
            Pattern::Range { from, to } => {
                let begins = self.inside[at] || self.evaluate(from)?.is_true();
                self.inside[at] = begins && !self.evaluate(to)?.is_true();
                begins
            }
        };
        if runs { self.run(&rule.body, out) } else { Ok(()) }
    }

    fn count_step(&mut self) -> Run<()> {
        self.steps += 1;
        if self.steps > STEPS_MAX { failed("the program ran for too long") } else { Ok(()) }
    }

    pub(super) fn run(&mut self, statements: &[Statement], out: &mut Out) -> Run<()> {
        statements.iter().try_for_each(|statement| self.statement(statement, out))
    }

    /// Runs a loop's body; answers whether the loop goes on.
    fn turn(&mut self, body: &[Statement], out: &mut Out) -> Run<bool> {
        self.count_step()?;
        match self.run(body, out) {
            Ok(()) | Err(Halt::Continue) => Ok(true),
            Err(Halt::Break) => Ok(false),
            Err(halt) => Err(halt),
        }
    }

    /// What `print` prints.
    fn printed(&mut self, list: &[Expr], out: &mut Out) -> Run<String> {
        let texts = list.iter().map(|item| self.evaluate_in(item, Some(&mut *out)).map(|value| value.text()));
        let texts: Vec<String> = texts.collect::<Run<_>>()?;
        let line = if list.is_empty() { self.record.clone() } else { texts.join(&self.get("OFS").text()) };
        Ok(line + &self.get("ORS").text())
    }

    fn statement(&mut self, statement: &Statement, out: &mut Out) -> Run<()> {
        self.count_step()?;
        match statement {
            Statement::Expr(expression) => self.evaluate_in(expression, Some(out)).map(drop),
            Statement::Print { list, formatted, to } => {
                let text = if *formatted {
                    let values = list.iter().map(|item| self.evaluate(item)).collect::<Run<Vec<Value>>>()?;
                    functions::formatted(&values).map_err(Halt::Error)?
                } else {
                    self.printed(list, out)?
                };
                let Some((target, name)) = to else {
                    out.text(&text);
                    return Ok(());
                };
                let name = self.evaluate(name)?.text();
                match target {
                    Target::Command => self.streams.feed(name, &text),
                    target => {
                        let anew = self.opened.insert(name.clone()) && *target == Target::File;
                        out.files.push((name, anew, text));
                    }
                }
                Ok(())
            }
            Statement::If(test, yes, no) => {
                let chosen = if self.evaluate(test)?.is_true() { yes } else { no };
                self.run(chosen, out)
            }
            Statement::While { test, body, body_first } => {
                if *body_first && !self.turn(body, out)? {
                    return Ok(());
                }
                while self.evaluate(test)?.is_true() && self.turn(body, out)? {}
                Ok(())
            }
            Statement::For { first, test, step, body } => {
                if let Some(first) = first {
                    self.statement(first, out)?;
                }
                while test.as_ref().map_or(Ok(true), |test| self.evaluate(test).map(|v| v.is_true()))? {
                    if !self.turn(body, out)? {
                        break;
                    }
                    if let Some(step) = step {
                        self.statement(step, out)?;
                    }
                }
                Ok(())
            }
            Statement::ForIn { variable, array, body } => {
                let keys: Vec<Key> =
                    self.arrays.get(array).into_iter().flatten().map(|it| it.0.clone()).collect();
                for key in keys {
                    self.assign(variable, Value::Input(key.text));
                    if !self.turn(body, out)? {
                        break;
                    }
                }
                Ok(())
            }
            other => self.leave(other),
        }
    }

    /// Statements that end others, and `delete`.
    fn leave(&mut self, statement: &Statement) -> Run<()> {
        match statement {
            Statement::Break => Err(Halt::Break),
            Statement::Continue => Err(Halt::Continue),
            Statement::Next => Err(Halt::Next),
            Statement::Exit(status) => {
                if let Some(status) = status {
                    self.status = self.evaluate(status)?.number() as i32 & 0xff;
                }
                Err(Halt::Exit)
            }
            Statement::Return(value) => {
                let value = value.as_ref().map_or(Ok(Value::Unset), |value| self.evaluate(value))?;
                Err(Halt::Return(value))
            }
            Statement::Delete(array, keys) => {
                match keys {
                    None => drop(self.arrays.remove(array)),
                    Some(keys) => {
                        let key = self.key(keys)?;
                        if let Some(elements) = self.arrays.get_mut(array) {
                            elements.remove(&key);
                        }
                    }
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn key(&mut self, keys: &[Expr]) -> Run<Key> {
        let texts = keys.iter().map(|key| self.evaluate(key).map(|value| value.text()));
        let texts: Vec<String> = texts.collect::<Run<_>>()?;
        Ok(Key::new(texts.join(&self.get("SUBSEP").text())))
    }

    fn field(&self, at: f64) -> Value {
        match at as i64 {
            0 => Value::Input(self.record.clone()),
            at => usize::try_from(at - 1)
                .ok()
                .and_then(|at| self.fields().get(at))
                .map_or(Value::Unset, |field| Value::Input(field.clone())),
        }
    }

    pub(super) fn store(&mut self, target: &Expr, value: Value) -> Run<()> {
        match target {
            Expr::Variable(name) => self.assign(name, value),
            Expr::Field(at) => {
                let at = self.evaluate(at)?.number();
                if !(0.0..1_000_000.0).contains(&at) {
                    return failed(format!("attempt to access field {at}"));
                }
                if at == 0.0 {
                    self.set_record(&value.text());
                } else {
                    let at = at as usize;
                    let fields = self.fields_mut();
                    fields.resize(fields.len().max(at), String::new());
                    fields[at - 1] = value.text();
                    self.join_record();
                }
            }
            Expr::Element(array, keys) => {
                let key = self.key(keys)?;
                self.arrays.entry(array.clone()).or_default().insert(key, value);
            }
            _ => return failed("that cannot be assigned to"),
        }
        Ok(())
    }

    pub fn evaluate(&mut self, expression: &Expr) -> Run<Value> {
        self.evaluate_in(expression, None)
    }

    fn evaluate_in(&mut self, expression: &Expr, out: Option<&mut Out>) -> Run<Value> {
        self.count_step()?;
        let flag = |it: bool| Value::Number(f64::from(u8::from(it)));
        Ok(match expression {
            Expr::Number(number) => Value::Number(*number),
            Expr::Text(text) => Value::Text(text.clone()),
            Expr::Regex(regex) => flag(regex.find(&self.record).is_some()),
            Expr::Variable(name) => self.get(name),
            Expr::Field(at) => {
                let at = self.evaluate(at)?.number();
                self.field(at)
            }
            Expr::Element(array, keys) => {
                let key = self.key(keys)?;
                // Looking at an element makes it.
                self.arrays.entry(array.clone()).or_default().entry(key).or_default().clone()
            }
            Expr::In(keys, array) => {
                let key = self.key(keys)?;
                flag(self.arrays.get(array).is_some_and(|elements| elements.contains_key(&key)))
            }
            Expr::Assign { .. } | Expr::Step { .. } => self.change(expression, out)?,
            Expr::Unary('!', inner) => flag(!self.evaluate(inner)?.is_true()),
            Expr::Unary(sign, inner) => {
                let number = self.evaluate(inner)?.number();
                Value::Number(if *sign == '-' { -number } else { number })
            }
            Expr::Arithmetic(operator, left, right) => {
                let (left, right) = (self.evaluate(left)?.number(), self.evaluate(right)?.number());
                Value::Number(arithmetic(*operator, left, right)?)
            }
            Expr::Compare(operator, left, right) => {
                let order = self.evaluate(left)?.compare(&self.evaluate(right)?);
                flag(order.is_some_and(|order| match *operator {
                    "<" => order.is_lt(),
                    "<=" => order.is_le(),
                    "==" => order.is_eq(),
                    "!=" => order.is_ne(),
                    ">" => order.is_gt(),
                    _ => order.is_ge(),
                }))
            }
            Expr::Match { text, pattern, negated } => {
                let text = self.evaluate(text)?.text();
                flag(self.regex(pattern)?.find(&text).is_some() != *negated)
            }
            Expr::Concat(left, right) => {
                let text = self.evaluate(left)?.text() + &self.evaluate(right)?.text();
                if text.len() > functions::TEXT_MAX_BYTES {
                    return failed("a text is too long");
                }
                Value::Text(text)
            }
            Expr::And(left, right) => flag(self.evaluate(left)?.is_true() && self.evaluate(right)?.is_true()),
            Expr::Or(left, right) => flag(self.evaluate(left)?.is_true() || self.evaluate(right)?.is_true()),
            Expr::Conditional(test, yes, no) => {
                let chosen = if self.evaluate(test)?.is_true() { yes } else { no };
                self.evaluate_in(chosen, out)?
            }
            Expr::Call(name, arguments) => self.call(name, arguments, out)?,
            Expr::Getline { from, into } => self.getline(from, into.as_deref())?,
        })
    }

    /// Assignments, `++` and `--`.
    fn change(&mut self, expression: &Expr, out: Option<&mut Out>) -> Run<Value> {
        match expression {
            Expr::Assign { target, operator, value } => {
                let value = self.evaluate_in(value, out)?;
                let value = match operator {
                    None => value,
                    Some(operator) => {
                        let before = self.evaluate(target)?.number();
                        Value::Number(arithmetic(*operator, before, value.number())?)
                    }
                };
                self.store(target, value.clone())?;
                Ok(value)
            }
            Expr::Step { target, by, old } => {
                let before = self.evaluate(target)?.number();
                self.store(target, Value::Number(before + by))?;
                Ok(Value::Number(if *old { before } else { before + by }))
            }
            _ => self.evaluate_in(expression, out),
        }
    }

    /// A regular expression as it stands, or a text that is one.
    pub fn regex<'e>(&mut self, pattern: &'e Expr) -> Run<Cow<'e, Regex>> {
        if let Expr::Regex(regex) = pattern {
            return Ok(Cow::Borrowed(regex));
        }
        let text = self.evaluate(pattern)?.text();
        Regex::new(&text, true, false).map(Cow::Owned).map_err(Halt::Error)
    }
}

fn arithmetic(operator: char, left: f64, right: f64) -> Run<f64> {
    Ok(match operator {
        '+' => left + right,
        '-' => left - right,
        '*' => left * right,
        '/' | '%' if right == 0.0 => return failed("division by zero"),
        '/' => left / right,
        '%' => left % right,
        _ => left.powf(right),
    })
}
