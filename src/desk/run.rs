//! One run: a session, how fast its clock goes, who judges it, and what the page knows of it.

use std::collections::BTreeMap;

use super::RealClock;
use super::judge::{self, Judge};
use super::objects::Objects;
use super::pace::Pace;
use super::record::Record;
use super::screen::Screen;
use crate::apiserver::ApiServer;
use crate::base::Time;
use crate::cluster::{ComputationId, Effect as ClusterEffect};
use crate::controllers::decisions::{self, Outcome};
use crate::course::{opening, why};
use crate::protocol::views::{ClockView, DecisionView, clock_text};
use crate::protocol::{Act, Change, Completion, Opening, Origin, Source};
use crate::session::{Effect, Input, Session};

/// Decisions that the page keeps, so that no more need be told at once.
const DECISIONS_TOLD_MAX: usize = 60;

pub struct Run {
    session: Session,
    /// The lesson's id; empty for the sandbox.
    lesson: String,
    start: Time,
    pace: Pace,
    judge: Option<Judge>,
    /// What was done before a recorded run had caught up.
    early: Vec<Input>,
    known: Known,
}

/// What the page has been told.
#[derive(Default)]
struct Known {
    clock: Option<ClockView>,
    now: Option<Time>,
    busy: Option<bool>,
    prompt: Option<&'static str>,
    /// Lines of the history.
    entered: usize,
    decisions: usize,
    objects: Objects,
    screen: Screen,
    files: BTreeMap<String, String>,
}

impl Run {
    /// # Errors
    /// With the reason, in Russian, when the record to replay cannot be read.
    pub fn open(opening: Opening) -> Result<(Run, Vec<Change>), String> {
        let read = opening.lesson.as_ref().map(|lesson| judge::read(&lesson.text));
        let (session, lesson, pace) = match opening.source {
            Source::Record(text) => replayed(Record::from_text(&text)?),
            Source::Fresh { origin, seed, kept } => {
                let past = read.as_ref().and_then(|read| read.as_ref().ok());
                let Origin { lesson, files, nodes, cpus } = origin;
                let (log, until) = opening::fresh(seed, nodes, cpus, files, past);
                let fresh = Record { lesson, log, until };
                // A lesson that has changed meanwhile begins anew: its old log may mean something else in it.
                let kept = kept.and_then(|text| Record::from_text(&text).ok());
                replayed(kept.filter(|record| record.goes_on_from(&fresh)).unwrap_or(fresh))
            }
        };
        let judge =
            opening.lesson.as_ref().zip(read.as_ref()).map(|(opening, read)| Judge::of(opening, read));
        let start = session.log().cluster.start;
        let mut run = Run { session, lesson, start, pace, judge, early: Vec::new(), known: Known::default() };
        let mut changes = vec![Change::Began];
        run.tell(&mut changes);
        Ok((run, changes))
    }

    pub fn act(&mut self, act: Act, clock: RealClock<'_>) -> Vec<Change> {
        match act {
            Act::Open(_) => {}
            Act::Frame { elapsed_us, speed_percent, paused } => {
                self.pace.frame(&mut self.session, elapsed_us, speed_percent, paused, clock);
                if !self.pace.is_replaying() {
                    self.early.drain(..).for_each(|input| self.session.perform(input));
                }
            }
            Act::Line(line) => self.perform(Input::Line(line)),
            Act::Interrupt => self.perform(Input::Interrupt),
            Act::EndOfInput => self.perform(Input::EndOfInput),
            Act::Write { file, text } => self.perform(Input::Write { file, text }),
            Act::CloseEditor { saved } => self.perform(Input::CloseEditor { saved }),
            Act::Fault(fault) => self.perform(Input::Fault(fault)),
            Act::RunTo(goal) => self.pace.run_to(&self.session, goal),
            Act::Computed { id, result } => self.session.computation_finished(ComputationId(id), result),
        }
        let mut changes = Vec::new();
        self.tell(&mut changes);
        changes
    }

    /// A run that is done again takes no other inputs than those of its record: what the learner does meanwhile waits.
    fn perform(&mut self, input: Input) {
        if self.pace.is_replaying() {
            self.early.push(input);
        } else {
            self.session.perform(input);
        }
    }

    fn tell(&mut self, changes: &mut Vec<Change>) {
        let effects = self.session.take_effects();
        self.tell_files(changes);
        self.tell_terminal(changes);
        self.known.objects.tell(self.session.cluster().api(), self.session.now(), changes);
        self.tell_decisions(changes);
        if let Some(judge) = &mut self.judge {
            judge.tell(&self.session, changes);
        }
        self.tell_clock(changes);
        changes.extend(effects.into_iter().filter_map(|effect| self.demand(effect)));
    }

    /// What the page must do for the session.
    fn demand(&self, effect: Effect) -> Option<Change> {
        match effect {
            Effect::Cluster(ClusterEffect::StartComputation { id, request }) => {
                Some(Change::Start { id: id.0, request: request.to_string() })
            }
            Effect::Cluster(ClusterEffect::CancelComputation { id }) => Some(Change::Cancel { id: id.0 }),
            Effect::OpenEditor { file } => {
                let text = self.session.read_file(&file).unwrap_or_default();
                Some(Change::OpenEditor { file, text })
            }
            // Files are compared after every act.
            Effect::FilesChanged => None,
        }
    }

    fn tell_clock(&mut self, changes: &mut Vec<Change>) {
        let now = self.session.now();
        let view = ClockView {
            text: clock_text(now - self.start),
            holding: self.pace.is_holding(),
            running_to_goal: self.pace.is_running_to_goal(),
            replaying: self.pace.is_replaying(),
            quiet: self.session.next_event_at().is_none_or(|next| next > now + self.pace.sleep()),
        };
        let known = &mut self.known;
        tell_new(&mut known.clock, view, changes, Change::Clock);
        tell_new(&mut known.now, now.to_timestamp().to_time(), changes, Change::Now);
        tell_new(&mut known.prompt, self.session.prompt(), changes, |text| Change::Prompt(text.to_owned()));
        let busy = self.session.is_busy() || self.pace.is_replaying();
        tell_new(&mut known.busy, busy, changes, Change::Busy);
    }

    fn tell_terminal(&mut self, changes: &mut Vec<Change>) {
        let entered = &self.session.history()[self.known.entered..];
        changes.extend(entered.iter().cloned().map(Change::Entered));
        self.known.entered += entered.len();
        self.known.screen.tell(self.session.terminal(), changes);
    }

    fn tell_files(&mut self, changes: &mut Vec<Change>) {
        let names = self.session.file_names();
        let gone: Vec<String> =
            self.known.files.keys().filter(|name| !names.contains(name)).cloned().collect();
        for name in gone {
            self.known.files.remove(&name);
            changes.push(Change::File { name, text: None });
        }
        for name in names {
            let text = self.session.read_file(&name).unwrap_or_default();
            if self.known.files.get(&name) != Some(&text) {
                self.known.files.insert(name.clone(), text.clone());
                changes.push(Change::File { name, text: Some(text) });
            }
        }
    }

    fn tell_decisions(&mut self, changes: &mut Vec<Change>) {
        let cluster = self.session.cluster();
        let count = cluster.decision_count();
        let from = self.known.decisions.max(count.saturating_sub(DECISIONS_TOLD_MAX));
        self.known.decisions = count;
        let mut newest: Vec<_> = cluster.decisions().rev().zip((from..count).rev()).collect();
        newest.reverse();
        changes.extend(newest.into_iter().map(|(decision, number)| {
            Change::Decision(DecisionView {
                number,
                at: clock_text(decision.at - self.start),
                sentence: decisions::sentence(decision),
                upstream: decision.rule.upstream().to_owned(),
                fired: decision.outcome == Outcome::Fired && !decision.writes.is_empty(),
            })
        }));
    }

    #[cfg(test)]
    pub fn session(&self) -> &Session {
        &self.session
    }

    pub fn api(&self) -> &ApiServer {
        self.session.cluster().api()
    }

    pub fn complete(&self, line: &str, cursor: usize) -> Completion {
        let found = self.session.complete(line, cursor);
        Completion { replace_from: found.replace_from, candidates: found.candidates }
    }

    /// The newest decision by the rule with this id, as a sentence.
    pub fn why(&self, rule: &str) -> Option<String> {
        why::newest(self.session.cluster(), rule).map(decisions::sentence)
    }

    pub fn record_text(&self) -> String {
        let (lesson, log) = (self.lesson.clone(), self.session.log().clone());
        Record { lesson, log, until: self.session.now() }.to_text()
    }

    pub fn transcript(&self) -> String {
        let blocks = self.session.terminal().blocks.iter();
        blocks.map(|block| format!("$ {}\n{}", block.command, block.streams_text())).collect()
    }

    pub fn log_length(&self) -> usize {
        self.session.log().entries.len()
    }

    pub fn log_text(&self) -> String {
        self.session.log().to_text()
    }
}

/// A record that ends where it begins is all there at once.
fn replayed(record: Record) -> (Session, String, Pace) {
    let goes_on = record.until > record.log.cluster.start;
    let pace = if goes_on { Pace::of_replay(record.until) } else { Pace::default() };
    (Session::replay(&record.log), record.lesson, pace)
}

fn tell_new<T: PartialEq + Clone>(
    known: &mut Option<T>,
    value: T,
    changes: &mut Vec<Change>,
    change: impl FnOnce(T) -> Change,
) {
    if known.as_ref() != Some(&value) {
        *known = Some(value.clone());
        changes.push(change(value));
    }
}
