//! start/commands.txt: what was done on the cluster before the learner came, compiled to a command log.

use serde_json::Value;

use super::super::script::{self, Step};
use super::author_error::AuthorError;
use super::markdown::Context;
use crate::base::{Duration, Time};
use crate::session::{Input, LogEntry};

/// Virtual time between two lines, as in every script.
const BETWEEN: Duration = Duration::from_secs(1);

/// What `Lesson::read` reads; null where nothing was done.
#[derive(Default)]
pub struct Opening {
    pub entries: Value,
    pub opens_after: Value,
}

/// Every instant is fixed when the lesson is compiled: the page plays the log without a look at any condition.
pub fn compile(file: &str, text: &str, context: &mut Context) -> Opening {
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut at = Time::default();
    let mut entries: Vec<Value> = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let step = script::parse(std::slice::from_ref(line));
        let input = match step.as_ref().map(|steps| steps.first()) {
            Ok(None) => continue,
            Ok(Some((_, Step::Pass(span)))) => {
                at += *span;
                continue;
            }
            Ok(Some((_, Step::Line(line)))) => Input::Line(line.clone()),
            Ok(Some((_, Step::Fault(fault)))) => Input::Fault(fault.clone()),
            Ok(Some(_)) => {
                let message = "до прихода ученика возможны команды, «# wait: 30s» и «# fault: …»";
                context.errors.push(AuthorError::new(file, index + 1, message));
                continue;
            }
            Err((_, message)) => {
                context.errors.push(AuthorError::new(file, index + 1, message.clone()));
                continue;
            }
        };
        entries.push(LogEntry { at, input }.to_value(Time::default()));
        at += BETWEEN;
    }
    if entries.is_empty() && at == Time::default() {
        return Opening::default();
    }
    Opening { entries: entries.into(), opens_after: (at - Time::default()).as_millis().into() }
}
