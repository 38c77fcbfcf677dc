//! bc: arithmetic with as many digits as wanted, as BusyBox has it.
// Models POSIX bc, and what all have beyond it: print, else, logical operators, words as names

mod library;
mod number;
mod syntax;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use num_traits::ToPrimitive;

use super::filter::{Flow, LineFilter, Out, Parsed};
use crate::containers::kernel::Sys;
use number::{Number, SCALE_MAX};
use syntax::{Expression, Function, Parser, Place, Statement};

/// Longer programs are cut off.
const STEPS_MAX: u32 = 2_000_000;
const CALLS_MAX: usize = 200;
/// Longer products are not computed.
const BITS_MAX: u64 = 1 << 22;

pub fn bc(argv: &[String], _: &mut Sys) -> Result<Parsed, (String, i32)> {
    let flags = argv[1..].iter().filter(|arg| arg.starts_with('-') && arg.len() > 1);
    let with_library =
        flags.clone().any(|flag| flag == "--mathlib" || (!flag.starts_with("--") && flag.contains('l')));
    let files = argv[1..].iter().filter(|arg| !arg.starts_with('-')).cloned().collect::<Vec<_>>();
    // What files say is followed by what the standard input says.
    let files = if files.is_empty() { files } else { files.into_iter().chain(["-".to_owned()]).collect() };
    Ok(Parsed { filter: Box::new(Bc { with_library, text: String::new() }), files })
}

#[derive(Clone, Debug)]
struct Bc {
    with_library: bool,
    text: String,
}

impl LineFilter for Bc {
    fn line(&mut self, line: &str, _: &mut Out) -> Flow {
        self.text.push_str(line);
        self.text.push('\n');
        Flow::On
    }

    fn end(&mut self, out: &mut Out) -> i32 {
        let mut machine =
            Machine { out: String::new(), scale: 0, with_library: self.with_library, ..Machine::default() };
        if self.with_library {
            machine.scale = 20;
        }
        let mut parser = Parser::new(&self.text);
        let mut status = 0;
        while let Some(statement) = parser.next() {
            let trouble = match statement {
                Err(syntax::Nonsense) => Some("syntax error".to_owned()),
                Ok(statement) => match machine.run(&statement) {
                    Ok(Next::Quit) => break,
                    Ok(_) => None,
                    Err(trouble) => Some(trouble),
                },
            };
            out.text(&std::mem::take(&mut machine.out));
            if let Some(trouble) = trouble {
                out.errors.push_str(&format!("bc: {trouble}\n"));
                status = 1;
            }
        }
        out.text(&machine.out);
        status
    }

    fn clone_box(&self) -> Box<dyn LineFilter> {
        Box::new(self.clone())
    }
}

/// Where a statement leads.
enum Next {
    On,
    Break,
    Continue,
    Return(Number),
    Quit,
}

#[derive(Default)]
struct Machine {
    variables: BTreeMap<String, Number>,
    /// Elements under `NAME[INDEX]` of each array.
    arrays: BTreeMap<String, BTreeMap<i64, Number>>,
    functions: BTreeMap<String, Arc<Function>>,
    with_library: bool,
    scale: usize,
    bases: Bases,
    calls: usize,
    steps: u32,
    out: String,
}

/// In which base numbers are read and printed.
struct Bases {
    input: u32,
    output: u32,
}

impl Default for Bases {
    fn default() -> Bases {
        Bases { input: 10, output: 10 }
    }
}

impl Machine {
    fn tick(&mut self) -> Result<(), String> {
        self.steps += 1;
        if self.steps > STEPS_MAX {
            Err("the program runs too long for this simulated bc".to_owned())
        } else {
            Ok(())
        }
    }

    fn run(&mut self, statement: &Statement) -> Result<Next, String> {
        self.tick()?;
        match statement {
            Statement::Expression(expression) => {
                let value = self.value(expression)?;
                if !matches!(expression, Expression::Assign(..)) {
                    self.out.push_str(&value.text(self.bases.output));
                    self.out.push('\n');
                    self.variables.insert("last".to_owned(), value);
                }
            }
            Statement::Text(text) => self.out.push_str(text),
            Statement::Print(items) => {
                for item in items {
                    match item {
                        Err(text) => self.out.push_str(&text.replace("\\n", "\n").replace("\\t", "\t")),
                        Ok(expression) => {
                            let value = self.value(expression)?;
                            self.out.push_str(&value.text(self.bases.output));
                        }
                    }
                }
            }
            Statement::Block(statements) => return self.run_all(statements),
            Statement::If(condition, yes, no) => {
                return match (!self.value(condition)?.is_zero(), no) {
                    (true, _) => self.run(yes),
                    (false, Some(no)) => self.run(no),
                    (false, None) => Ok(Next::On),
                };
            }
            Statement::While(condition, body) => return self.repeat(Some(condition), None, body),
            Statement::For([first, condition, step], body) => {
                if let Some(first) = first {
                    self.value(first)?;
                }
                return self.repeat(condition.as_ref(), step.as_ref(), body);
            }
            Statement::Break => return Ok(Next::Break),
            Statement::Continue => return Ok(Next::Continue),
            Statement::Return(None) => return Ok(Next::Return(Number::from(0))),
            Statement::Return(Some(value)) => return Ok(Next::Return(self.value(value)?)),
            Statement::Quit => return Ok(Next::Quit),
            Statement::Define(name, function) => {
                self.functions.insert(name.clone(), Arc::new(function.clone()));
            }
        }
        Ok(Next::On)
    }

    fn run_all(&mut self, statements: &[Statement]) -> Result<Next, String> {
        for statement in statements {
            match self.run(statement)? {
                Next::On => {}
                other => return Ok(other),
            }
        }
        Ok(Next::On)
    }

    fn repeat(
        &mut self,
        condition: Option<&Expression>,
        step: Option<&Expression>,
        body: &Statement,
    ) -> Result<Next, String> {
        loop {
            if let Some(condition) = condition
                && self.value(condition)?.is_zero()
            {
                return Ok(Next::On);
            }
            match self.run(body)? {
                Next::On | Next::Continue => {}
                Next::Break => return Ok(Next::On),
                other => return Ok(other),
            }
            if let Some(step) = step {
                self.value(step)?;
            }
        }
    }

    fn value(&mut self, expression: &Expression) -> Result<Number, String> {
        self.tick()?;
        Ok(match expression {
            Expression::Number(text) => Number::parse(text, self.bases.input),
            Expression::Place(place) => self.get(place)?,
            Expression::Negated(inner) => self.value(inner)?.negated(),
            Expression::Not(inner) => Number::from(i64::from(self.value(inner)?.is_zero())),
            Expression::Binary(operator, left, right) => {
                let (left, right) = (self.value(left)?, self.value(right)?);
                self.binary(operator, &left, &right)?
            }
            Expression::Assign(place, operator, value) => {
                let mut value = self.value(value)?;
                if let Some(operator) = operator.strip_suffix('=').filter(|operator| !operator.is_empty()) {
                    let before = self.get(place)?;
                    value = self.binary(operator, &before, &value)?;
                }
                self.set(place, value.clone())?;
                value
            }
            Expression::Step(place, by, new) => {
                let before = self.get(place)?;
                let after = before.add(&Number::from(*by));
                self.set(place, after.clone())?;
                if *new { after } else { before }
            }
            Expression::Call(name, arguments) => self.call(name, arguments)?,
        })
    }

    fn binary(&mut self, operator: &str, left: &Number, right: &Number) -> Result<Number, String> {
        let divided = || "divide by zero".to_owned();
        // What would fill the memory is refused before it is computed.
        let bits = match operator {
            "*" => left.digits.bits() + right.digits.bits(),
            "^" => {
                let times = right.with_scale(0).digits.to_i64().unwrap_or(i64::MAX).unsigned_abs();
                left.digits.bits().saturating_mul(times)
            }
            _ => 0,
        };
        if bits > BITS_MAX {
            return Err("the number is too long for this simulated bc".to_owned());
        }
        let truth = |yes: bool| Number::from(i64::from(yes));
        let order = left.compare(right);
        Ok(match operator {
            "+" => left.add(right),
            "-" => left.subtract(right),
            "*" => left.multiply(right, self.scale),
            "/" => left.divide(right, self.scale).ok_or_else(divided)?,
            "%" => left.remainder(right, self.scale).ok_or_else(divided)?,
            "^" if right.scale > 0 && !right.with_scale(0).with_scale(right.scale).eq(right) => {
                return Err("not an integer".to_owned());
            }
            "^" => left.power(right, self.scale).ok_or_else(divided)?,
            "&&" => truth(!left.is_zero() && !right.is_zero()),
            "||" => truth(!left.is_zero() || !right.is_zero()),
            "<" => truth(order == Ordering::Less),
            ">" => truth(order == Ordering::Greater),
            "<=" => truth(order != Ordering::Greater),
            ">=" => truth(order != Ordering::Less),
            "==" => truth(order == Ordering::Equal),
            _ => truth(order != Ordering::Equal),
        })
    }

    fn index(&mut self, index: &Expression) -> Result<i64, String> {
        let index = self.value(index)?.with_scale(0).digits.to_i64();
        index.filter(|index| *index >= 0).ok_or_else(|| "array index is out of range".to_owned())
    }

    fn get(&mut self, place: &Place) -> Result<Number, String> {
        let found = match place {
            Place::Variable(name) if name == "scale" => Some(Number::from(self.scale as i64)),
            Place::Variable(name) if name == "ibase" => Some(Number::from(i64::from(self.bases.input))),
            Place::Variable(name) if name == "obase" => Some(Number::from(i64::from(self.bases.output))),
            Place::Variable(name) => self.variables.get(name).cloned(),
            Place::Element(name, index) => {
                let index = self.index(index)?;
                self.arrays.get(name).and_then(|items| items.get(&index)).cloned()
            }
        };
        Ok(found.unwrap_or_else(|| Number::from(0)))
    }

    fn set(&mut self, place: &Place, value: Number) -> Result<(), String> {
        let small =
            |most: i64| value.with_scale(0).digits.to_i64().filter(|value| (0..=most).contains(value));
        match place {
            Place::Variable(name) if name == "scale" => {
                let scale = small(SCALE_MAX as i64).ok_or("scale is out of range")?;
                self.scale = scale as usize;
            }
            Place::Variable(name) if matches!(name.as_str(), "ibase" | "obase") => {
                let base = small(16).filter(|base| *base >= 2);
                let base = base.ok_or_else(|| format!("{name} must be in 2..16"))? as u32;
                if name == "ibase" { self.bases.input = base } else { self.bases.output = base }
            }
            Place::Variable(name) => {
                self.variables.insert(name.clone(), value);
            }
            Place::Element(name, index) => {
                let index = self.index(index)?;
                self.arrays.entry(name.clone()).or_default().insert(index, value);
            }
        }
        Ok(())
    }

    fn call(&mut self, name: &str, arguments: &[Expression]) -> Result<Number, String> {
        let values: Result<Vec<Number>, String> =
            arguments.iter().map(|argument| self.value(argument)).collect();
        let values = values?;
        if let Some(function) = self.functions.get(name).cloned() {
            return self.call_own(&function, values);
        }
        let [value] = values.as_slice() else { return Err("bad function call".to_owned()) };
        match name {
            "sqrt" => value.square_root(self.scale).ok_or_else(|| "negative number".to_owned()),
            "length" => Ok(Number::from(value.length())),
            "scale" => Ok(Number::from(value.scale as i64)),
            _ => {
                let found = self.with_library.then(|| library::call(name, value, self.scale)).flatten();
                found.ok_or_else(|| format!("undefined function: {name}()"))
            }
        }
    }

    fn call_own(&mut self, function: &Function, values: Vec<Number>) -> Result<Number, String> {
        if values.len() != function.parameters.len() {
            return Err("bad function call: wrong number of arguments".to_owned());
        }
        self.calls += 1;
        if self.calls > CALLS_MAX {
            return Err("functions call each other too deep for this simulated bc".to_owned());
        }
        let names = function.parameters.iter().chain(&function.locals);
        let before: Vec<(String, Option<Number>)> =
            names.map(|name| (name.clone(), self.variables.remove(name))).collect();
        self.variables.extend(function.parameters.iter().cloned().zip(values));
        let outcome = self.run_all(&function.body);
        for (name, value) in before {
            match value {
                Some(value) => drop(self.variables.insert(name, value)),
                None => drop(self.variables.remove(&name)),
            }
        }
        self.calls -= 1;
        match outcome? {
            Next::Return(value) => Ok(value),
            _ => Ok(Number::from(0)),
        }
    }
}
