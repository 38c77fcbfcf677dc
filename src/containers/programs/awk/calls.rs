//! Calls of functions: the program's own, and those that look at the machine.

use std::sync::Arc;

use super::ast::Expr;
use super::functions;
use super::machine::{CALLS_MAX, Halt, Machine, Run, failed};
use super::value::{Key, Value};
use crate::base::sorted;
use crate::containers::programs::filter::Out;

impl Machine {
    pub(super) fn call(&mut self, name: &str, arguments: &[Expr], out: Option<&mut Out>) -> Run<Value> {
        let program = Arc::clone(&self.program);
        if let Some(function) = program.functions.iter().find(|function| function.name == name) {
            if self.frames.len() >= CALLS_MAX {
                return failed("function calls are nested too deeply");
            }
            let values =
                arguments.iter().map(|argument| self.evaluate(argument)).collect::<Run<Vec<Value>>>()?;
            let mut values = values.into_iter();
            let bind = |name: &String| (name.clone(), values.next().unwrap_or_default());
            self.frames.push(sorted::collect(function.parameters.iter().map(bind)));
            let mut silent = Out::default();
            let ended = self.run(&function.body, out.unwrap_or(&mut silent));
            self.frames.pop();
            return match ended {
                Ok(()) => Ok(Value::Unset),
                Err(Halt::Return(value)) => Ok(value),
                Err(halt) => Err(halt),
            };
        }
        match (name, arguments) {
            ("length", [Expr::Variable(array)]) if self.arrays.contains_key(array) => {
                Ok(Value::Number(self.arrays[array].len() as f64))
            }
            ("length", []) => Ok(Value::Number(self.record.chars().count() as f64)),
            ("split", [text, Expr::Variable(array), rest @ ..]) => self.split(text, array, rest),
            ("sub" | "gsub", [pattern, to, rest @ ..]) => {
                let record = Expr::Field(Box::new(Expr::Number(0.0)));
                let target = rest.first().unwrap_or(&record);
                let (regex, to) = (self.regex(pattern)?, self.evaluate(to)?.text());
                let text = self.evaluate(target)?.text();
                let (text, count) = functions::substitute(&regex, &to, &text, name == "gsub");
                if count > 0 {
                    self.store(target, Value::Text(text))?;
                }
                Ok(Value::Number(count as f64))
            }
            ("system", [command]) => self.system(command),
            ("close", [name, ..]) => self.close(name),
            ("match", [text, pattern]) => {
                let (text, regex) = (self.evaluate(text)?.text(), self.regex(pattern)?);
                let (start, length) = functions::position(&regex, &text);
                self.set("RSTART", Value::Number(start));
                self.set("RLENGTH", Value::Number(length));
                Ok(Value::Number(start))
            }
            _ => {
                let values =
                    arguments.iter().map(|argument| self.evaluate(argument)).collect::<Run<Vec<Value>>>()?;
                functions::call(name, &values, &mut self.random).map_err(Halt::Error)
            }
        }
    }

    fn split(&mut self, text: &Expr, array: &str, rest: &[Expr]) -> Run<Value> {
        let text = self.evaluate(text)?.text();
        let separator = match rest.first() {
            Some(Expr::Regex(regex)) => return Ok(self.fill(array, functions::split_by(&text, regex))),
            Some(separator) => self.evaluate(separator)?.text(),
            None => self.get("FS").text(),
        };
        Ok(self.fill(array, functions::split(&text, &separator)))
    }

    fn fill(&mut self, array: &str, parts: Vec<String>) -> Value {
        let count = parts.len();
        let number = |(at, part): (usize, String)| (Key::new((at + 1).to_string()), Value::Input(part));
        let elements = sorted::collect(parts.into_iter().enumerate().map(number));
        self.arrays.insert(array.to_owned(), elements);
        Value::Number(count as f64)
    }
}
