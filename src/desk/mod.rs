//! The learner's desk behind the page: one run with its pace and its judge. The page acts and asks in the words of
//! `protocol`; what the desk answers is only what the page does not know yet.
//!
//! Nothing here names the browser: real time comes in as an argument, computations go out as changes.

mod assist;
mod judge;
mod measuring;
mod objects;
mod pace;
mod problems;
mod record;
mod run;
mod screen;
mod views;

#[cfg(test)]
mod tests;

use crate::kubectl::layout;
use crate::protocol::{Act, Change, Question, Reply};
use measuring::Measuring;
use run::Run;

/// Real milliseconds since any fixed instant; only for budgets, never for the cluster.
pub type RealClock<'a> = &'a dyn Fn() -> f64;

/// Empty until the first run is opened.
#[derive(Default)]
pub struct Desk {
    run: Option<Run>,
    measuring: Option<Measuring>,
}

impl Desk {
    /// Does what the page says. Answers what is new; nothing in a frame in which nothing has changed.
    pub fn act(&mut self, act: Act, clock: RealClock<'_>) -> Vec<Change> {
        if let Act::Open(opening) = act {
            return match Run::open(opening) {
                Ok((run, changes)) => {
                    self.run = Some(run);
                    changes
                }
                Err(reason) => vec![Change::Refused(reason)],
            };
        }
        self.run.as_mut().map(|run| run.act(act, clock)).unwrap_or_default()
    }

    pub fn answer(&mut self, question: Question, clock: RealClock<'_>) -> Reply {
        let run = self.run.as_ref();
        match question {
            Question::Complete { line, cursor } => {
                Reply::Completion(run.map(|run| run.complete(&line, cursor)).unwrap_or_default())
            }
            Question::Meant { line } => Reply::Meant(layout::meant(&line)),
            Question::Problems { text } => Reply::Problems(problems::of(&text, run.map(Run::api))),
            Question::Suggest { text, offset } => Reply::Suggestions(assist::suggestions(&text, offset)),
            Question::Explain { text, offset } => Reply::Card(assist::card(&text, offset)),
            Question::Why { rule } => Reply::Why(run.and_then(|run| run.why(&rule))),
            Question::Record => Reply::Record(run.map(Run::record_text).unwrap_or_default()),
            Question::Transcript => Reply::Transcript(run.map(Run::transcript).unwrap_or_default()),
            Question::MeasureBegin { pods } => {
                self.measuring = Some(Measuring::begin(pods));
                Reply::MeasureBegun
            }
            Question::MeasureLine { line } => {
                Reply::MeasuredLine(self.measuring.as_mut().map(|measuring| measuring.line(line, clock)))
            }
            Question::MeasureOn => Reply::Measured(self.measuring.as_mut().and_then(|it| it.go_on(clock))),
        }
    }

    /// How many entries the run's command log has.
    pub fn log_length(&self) -> usize {
        self.run.as_ref().map_or(0, Run::log_length)
    }

    /// Everything that was done in the run, for a report of a failure.
    pub fn log_text(&self) -> String {
        self.run.as_ref().map(Run::log_text).unwrap_or_default()
    }
}
