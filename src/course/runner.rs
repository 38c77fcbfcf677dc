//! Plays scripts on fresh sessions: solutions, predictions, test cases.

use std::collections::BTreeMap;

use crate::base::{Duration, Time};
use crate::session::{Input, Session};

use serde_json::Value;

use super::checker::Checker;
use super::checks::{Checks, Goal, Prediction};
use super::condition::Condition;
use super::feed::Feed;
use super::lesson::Lesson;
use super::measure::Meter;
use super::opening;
use super::script::{self, Step};
use super::sheet::LessonFile;

/// Virtual time that a person takes before the next line.
const THINKING: Duration = Duration::from_secs(1);
/// Virtual time after which a wait is given up: a schedule may run once a day.
const PATIENCE: Duration = Duration::from_secs(26 * 3_600);

/// A session under the eyes of the checks.
pub struct Play {
    session: Session,
    feed: Feed,
    checker: Checker,
    meter: Option<Meter>,
    solution: Vec<LessonFile>,
}

/// Why a script could not be played to its end: the number of the line (from 0) and a Russian message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stuck {
    pub line: usize,
    pub message: String,
}

impl Play {
    /// A fresh session of the lesson as the learner finds it, judged by `checks`.
    pub fn new(lesson: &Lesson, checks: Checks, seed: u64) -> Play {
        Play::begin(lesson, checks, seed, |_| ())
    }

    /// The same, and every change is hashed from the beginning.
    pub fn hashed(lesson: &Lesson, seed: u64) -> Play {
        Play::begin(lesson, lesson.checks.clone(), seed, Session::hash_history)
    }

    fn begin(lesson: &Lesson, checks: Checks, seed: u64, prepare: impl FnOnce(&mut Session)) -> Play {
        let mut checker = Checker::new(checks, &[]);
        checker.want_all();
        let (log, opens_at) = opening::log(lesson, seed);
        let mut play = Play {
            session: Session::replay(&log),
            feed: Feed::default(),
            checker,
            meter: None,
            solution: lesson.solution.clone(),
        };
        prepare(&mut play.session);
        play.look();
        play.advance(opens_at, |_| false);
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
        for (line, step) in steps {
            self.step(&step).map_err(|message| Stuck { line, message })?;
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
            Step::Fault(fault) => {
                self.session.perform(Input::Fault(fault.clone()));
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
        Err(format!("не дождались {what} за {} ч", PATIENCE.as_secs() / 3_600))
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

/// The history of the lesson's solution on its own seed, in one line that stands in golden.txt.
///
/// # Errors
/// When the solution cannot be played to its end.
pub fn history(lesson: &Lesson) -> Result<String, Stuck> {
    let mut play = Play::hashed(lesson, lesson.cluster.seed);
    let begun = play.session.now();
    play.play(&lesson.commands)?;
    if lesson.exam.is_some() {
        for variant in lesson.drawn_variants(lesson.cluster.seed) {
            play.play(&variant.filled(lesson.cluster.seed).1)?;
        }
    }
    let cluster = play.session.cluster();
    let hash = cluster.history_hash().unwrap_or_default();
    let seconds = (play.session.now() - begun).as_secs_f64();
    Ok(format!(
        "seed {}: {hash:016x}, {} changes, {seconds:.3} s",
        lesson.cluster.seed,
        cluster.api().version().0
    ))
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

/// Sits the exam: plays the solutions of the drawn tasks one after another. Answers the virtual
/// seconds until each task was met.
///
/// # Errors
/// When a solution cannot be played to its end.
pub fn sit(lesson: &Lesson, seed: u64) -> Result<BTreeMap<String, i64>, Stuck> {
    let mut checks = lesson.checks.clone();
    let mut solutions = Vec::new();
    for variant in lesson.drawn_variants(seed) {
        let drawn = variant.drawn(seed).map_err(|mistake| Stuck { line: 0, message: mistake.message })?;
        checks.goals.push(Goal { id: variant.id.clone(), ..drawn.goal });
        solutions.push((variant.id.clone(), drawn.solution));
    }
    let mut play = Play::new(lesson, checks, seed);
    let begun = play.session.now();
    play.play(&lesson.commands)?;
    let mut met = BTreeMap::new();
    for (id, solution) in solutions {
        play.play(&solution)?;
        if play.checker.met().any(|green| green == id) {
            met.insert(id, (play.session.now() - begun).as_secs());
        }
    }
    Ok(met)
}

/// Enters a command of the text on a fresh cluster and interrupts it if it goes on. Answers what was printed when the
/// terminal does not know such a command.
pub fn is_unknown(lesson: &Lesson, command: &str) -> Option<String> {
    const UNKNOWN: [&str; 4] = ["unknown command", "unknown flag", "unknown shorthand flag", "not found"];
    let mut play = Play::new(lesson, Checks::default(), lesson.cluster.seed);
    play.session.perform(Input::Line(command.to_owned()));
    play.pass(THINKING);
    play.session.perform(Input::Interrupt);
    let block = play.session.terminal().blocks.last()?;
    let text = block.streams_text();
    // «not found» of an object is an answer; of a program it is not.
    let unknown = |said: &&str| text.contains(*said) && (*said != "not found" || block.status == Some(127));
    let first_line = || text.lines().next().unwrap_or_default().to_owned();
    UNKNOWN.iter().any(unknown).then(first_line)
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
