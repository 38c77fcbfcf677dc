//! Plays scripts on fresh sessions: solutions, predictions, test cases.

use crate::base::{Duration, Time};
use crate::cluster::{ClusterOptions, NodeOptions};
use crate::session::{Input, Session, SessionOptions};

use serde_json::Value;

use super::checker::Checker;
use super::checks::{Checks, Goal, Prediction};
use super::condition::Condition;
use super::feed::Feed;
use super::lesson::Lesson;
use super::measure::Meter;
use super::script::{self, Step};
use super::sheet::LessonFile;

/// Virtual time that a person takes before the next line.
const THINKING: Duration = Duration::from_secs(1);
/// Virtual time after which a wait is given up.
const PATIENCE: Duration = Duration::from_secs(3_600);

/// A session under the eyes of the checks.
pub struct Play {
    session: Session,
    feed: Feed,
    checker: Checker,
    meter: Option<Meter>,
    solution: Vec<LessonFile>,
}

/// The desk as the lesson gives it to the learner.
pub fn session_options(lesson: &Lesson, seed: u64) -> SessionOptions {
    let default = NodeOptions::default();
    let cpus = lesson.cluster.cpu.map_or(default.cpus, |cores| u32::try_from(cores).unwrap_or(default.cpus));
    let node = |number: i64| (format!("node-{number}"), NodeOptions { cpus, ..NodeOptions::default() });
    let nodes = (1..=lesson.cluster.nodes.max(1)).map(node).collect();
    let files = lesson.start.iter().map(|file| (file.name.clone(), file.text.clone())).collect();
    SessionOptions { cluster: ClusterOptions { seed, nodes, ..ClusterOptions::default() }, files }
}

/// Why a script could not be played to its end: the number of the line (from 0) and a Russian message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stuck {
    pub line: usize,
    pub message: String,
}

impl Play {
    /// A fresh session of the lesson, judged by `checks`.
    pub fn new(lesson: &Lesson, checks: Checks, seed: u64) -> Play {
        let mut checker = Checker::new(checks, &[]);
        checker.want_all();
        let mut play = Play {
            session: Session::new(session_options(lesson, seed)),
            feed: Feed::default(),
            checker,
            meter: None,
            solution: lesson.solution.clone(),
        };
        play.look();
        play
    }

    pub fn checker(&self) -> &Checker {
        &self.checker
    }

    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Plays the lines of a script.
    ///
    /// # Errors
    /// When a line cannot be read, a command does not end, or a wait is in vain.
    pub fn play(&mut self, lines: &[String]) -> Result<(), Stuck> {
        let steps = script::parse(lines).map_err(|(line, message)| Stuck { line, message })?;
        for (line, step) in steps.iter().enumerate() {
            self.step(step).map_err(|message| Stuck { line, message })?;
        }
        Ok(())
    }

    pub fn pass(&mut self, span: Duration) {
        self.advance(self.session.now() + span, |_| false);
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Line(line) => self.line(line),
            Step::Write(name) => {
                let file = self.solution.iter().find(|file| file.name == *name);
                let text =
                    file.map(|file| file.text.clone()).ok_or(format!("в solution/ нет файла «{name}»"))?;
                self.session.perform(Input::Write { file: name.clone(), text });
                self.look();
                Ok(())
            }
            Step::Edit { file, from, to } => {
                let text = self.session.read_file(file).filter(|text| text.contains(from));
                let text = text.ok_or_else(|| format!("в файле «{file}» нет текста «{from}»"))?;
                let text = text.replacen(from, to, 1);
                self.session.perform(Input::Write { file: file.clone(), text });
                self.look();
                Ok(())
            }
            Step::Pass(span) => {
                self.pass(*span);
                Ok(())
            }
            Step::Goal(id) => {
                self.wait(&format!("цели «{id}»"), |checker| checker.met().any(|met| met == id))
            }
            Step::End => self.wait("конца Job", ended),
            Step::Until(condition) => self.wait("условия", |checker| holds(checker, condition)),
        }
    }

    fn line(&mut self, line: &str) -> Result<(), String> {
        self.session.perform(Input::Line(line.to_owned()));
        self.look();
        let limit = self.session.now() + PATIENCE;
        while self.session.is_busy() {
            if self.session.now() >= limit || !self.advance_one(limit) {
                return Err(format!("команда «{line}» не заканчивается"));
            }
        }
        self.pass(THINKING);
        Ok(())
    }

    fn wait(&mut self, what: &str, done: impl Fn(&Checker) -> bool) -> Result<(), String> {
        if done(&self.checker) || self.advance(self.session.now() + PATIENCE, done) {
            return Ok(());
        }
        Err(format!("не дождались {what} за {} с", PATIENCE.as_secs()))
    }

    /// Lets time pass up to `limit`, or until `done`; answers whether that came.
    fn advance(&mut self, limit: Time, done: impl Fn(&Checker) -> bool) -> bool {
        while self.advance_one(limit) {
            if done(&self.checker) {
                return true;
            }
        }
        false
    }

    /// Goes to the next event; answers false once `limit` is reached.
    fn advance_one(&mut self, limit: Time) -> bool {
        let next = self.session.next_event_at().unwrap_or(limit).min(limit);
        self.session.run_until(next);
        self.look();
        next < limit
    }

    fn look(&mut self) {
        for (at, happening) in self.feed.news(&self.session, |kind| self.checker.wants(kind)) {
            self.checker.feed(at, happening);
            if let Some(meter) = &mut self.meter {
                meter.look(self.checker.world());
            }
        }
    }
}

fn holds(checker: &Checker, condition: &Condition) -> bool {
    condition.holds(checker.world(), checker.world().newest_job())
}

fn ended(checker: &Checker) -> bool {
    let finished = |job: &Value| {
        let conditions = job["status"]["conditions"].as_array().map(Vec::as_slice).unwrap_or_default();
        let last = |kind: &str| conditions.iter().any(|c| c["type"] == kind && c["status"] == "True");
        last("Complete") || last("Failed")
    };
    let mut jobs = checker.world().of_kind("Job").peekable();
    jobs.peek().is_some() && jobs.all(finished)
}

/// Runs a prediction's script on a fresh session and measures.
///
/// # Errors
/// When the script cannot be played to its end.
pub fn predict(lesson: &Lesson, prediction: &Prediction, seed: u64) -> Result<Value, Stuck> {
    let mut play = Play::new(lesson, Checks::default(), seed);
    play.meter = Some(Meter::new(prediction.measure.clone()));
    play.play(&prediction.run)?;
    let meter = play.meter.as_ref().expect("set above");
    Ok(meter.result(play.checker.world()))
}

/// Plays the lesson's solution, then the variant's. Answers whether the variant's goal was met before and after.
///
/// # Errors
/// When a script cannot be played to its end.
pub fn vary(lesson: &Lesson, goal: Goal, solution: &[String], seed: u64) -> Result<(bool, bool), Stuck> {
    let mut checks = lesson.checks.clone();
    let id = goal.id.clone();
    checks.goals.push(goal);
    let mut play = Play::new(lesson, checks, seed);
    let is_met = |play: &Play| play.checker.met().any(|met| met == id);
    play.play(&lesson.commands)?;
    let before = is_met(&play);
    play.play(solution)?;
    Ok((before, is_met(&play)))
}

/// Whether the API server accepts a manifest.
///
/// # Errors
/// What kubectl prints when it does not.
pub fn accepts(lesson: &Lesson, file: &LessonFile) -> Result<(), String> {
    let mut play = Play::new(lesson, Checks::default(), lesson.cluster.seed);
    play.session.perform(Input::Write { file: file.name.clone(), text: file.text.clone() });
    let played = play.line(&format!("kubectl apply --dry-run=server -f {}", file.name));
    let Some(block) = play.session.terminal().blocks.last() else { return played };
    if block.status == Some(0) { played } else { Err(block.streams_text()) }
}
