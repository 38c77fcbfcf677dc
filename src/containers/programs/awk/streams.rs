//! What awk reads and writes beside its records: `getline` in all its forms, commands, `close`.
//!
//! The machine cannot wait. Where it lacks something its work halts, and begins again from the same state once that is
//! there: then everything up to that place goes as before.

use std::collections::BTreeMap;

use super::ast::{Expr, Source};
use super::machine::{Halt, Machine, Run};
use super::value::Value;
use crate::containers::programs::filter::{Answer, Need};

/// Why work halts.
#[derive(Clone, PartialEq, Debug)]
pub enum Wanted {
    /// Another record of the input.
    Record,
    Answer(Need),
}

#[derive(Clone, Debug, Default)]
pub struct Streams {
    /// Records that have come and whose turn has not.
    pub ahead: Vec<String>,
    /// No more records come.
    pub ended: bool,
    /// What came of the needs of the work at hand, and how many of them it has used.
    pub answers: Vec<Answer>,
    pub used: usize,
    /// What is left of files and of commands' output, by name; none where there is no such file.
    open: BTreeMap<String, Option<String>>,
    /// What commands are to read once they are closed, in the order of their beginning.
    pub fed: Vec<(String, String)>,
}

impl Streams {
    /// `print | command`.
    pub fn feed(&mut self, command: String, text: &str) {
        match self.fed.iter_mut().find(|(known, _)| *known == command) {
            Some((_, input)) => *input += text,
            None => self.fed.push((command, text.to_owned())),
        }
    }

    fn answer(&mut self, need: impl FnOnce() -> Need) -> Run<Answer> {
        let answer = self.answers.get(self.used).cloned();
        self.used += 1;
        answer.ok_or_else(|| Halt::Need(Wanted::Answer(need())))
    }
}

/// A command that is given what was printed for it.
pub fn fed((line, input): (String, String)) -> Need {
    Need::Command { line, input: Some(input), captured: false }
}

impl Machine {
    /// `getline`: 1 for a line, 0 at the end, -1 without such a file.
    pub(super) fn getline(&mut self, from: &Source, into: Option<&Expr>) -> Run<Value> {
        let line = match from {
            Source::Input => {
                if self.streams.ahead.is_empty() && !self.streams.ended {
                    return Err(Halt::Need(Wanted::Record));
                }
                let next = self.streams.ahead.is_empty();
                if next { None } else { Some(self.streams.ahead.remove(0)) }
            }
            Source::File(name) | Source::Command(name) => {
                let name = self.evaluate(name)?.text();
                let is_command = matches!(from, Source::Command(_));
                if !self.streams.open.contains_key(&name) {
                    let answer = self.streams.answer(|| match is_command {
                        true => Need::Command { line: name.clone(), input: None, captured: true },
                        false => Need::File(name.clone()),
                    })?;
                    let there = is_command || answer.status >= 0;
                    self.streams.open.insert(name.clone(), there.then_some(answer.text));
                }
                let Some(Some(rest)) = self.streams.open.get_mut(&name) else {
                    return Ok(Value::Number(-1.0));
                };
                let length = rest.find('\n').map_or(rest.len(), |at| at + 1);
                let line: String = rest.drain(..length).collect();
                (length > 0).then(|| line.trim_end_matches('\n').to_owned())
            }
        };
        let Some(line) = line else { return Ok(Value::Number(0.0)) };
        if matches!(from, Source::Input) {
            self.count_record();
        }
        match into {
            Some(target) => self.store(target, Value::Input(line))?,
            None => self.set_record(&line),
        }
        Ok(Value::Number(1.0))
    }

    /// `system`: how the command ended.
    pub(super) fn system(&mut self, command: &Expr) -> Run<Value> {
        let line = self.evaluate(command)?.text();
        let answer = self.streams.answer(|| Need::Command { line, input: None, captured: false })?;
        Ok(Value::Number(f64::from(answer.status)))
    }

    /// `close`: a command that was printed for runs now.
    pub(super) fn close(&mut self, name: &Expr) -> Run<Value> {
        let name = self.evaluate(name)?.text();
        if let Some(at) = self.streams.fed.iter().position(|(command, _)| *command == name) {
            let command = self.streams.fed.remove(at);
            let answer = self.streams.answer(|| fed(command))?;
            return Ok(Value::Number(f64::from(answer.status)));
        }
        let known = self.streams.open.remove(&name).is_some() || self.opened.remove(&name);
        Ok(Value::Number(if known { 0.0 } else { -1.0 }))
    }
}
