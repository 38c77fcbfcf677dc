//! A lesson that is open: its goals over the running session, its remarks, its answers.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::*;

use super::names::key_log;
use super::progress::ProgressStore;
use super::record::Origin;
use super::work::Work;
use crate::course::checker::Checker;
use crate::course::checks::{Checks, Goal};
use crate::course::feed::Feed;
use crate::course::lesson::Lesson;
use crate::web::browser;

#[derive(Clone, PartialEq, Debug)]
pub struct GoalRow {
    pub id: String,
    /// HTML.
    pub text: String,
    pub met: bool,
    /// HTML: what is still missing.
    pub missing: Option<String>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct RemarkRow {
    pub id: String,
    /// HTML.
    pub say: String,
    pub dead_end: bool,
}

#[derive(Clone, Copy)]
pub struct LessonState {
    pub work: Work,
    pub progress: ProgressStore,
    lesson: StoredValue<Rc<Lesson>, LocalStorage>,
    judge: StoredValue<Rc<RefCell<Judge>>, LocalStorage>,
    pub goals: RwSignal<Vec<GoalRow>>,
    pub remarks: RwSignal<Vec<RemarkRow>>,
    pub done: RwSignal<bool>,
    /// Draws the numbers of variants.
    seed: u64,
}

struct Judge {
    checker: Checker,
    feed: Feed,
    /// The same history judged by the goals of variants.
    variants: Vec<(Checker, Feed, RwSignal<bool>)>,
}

impl LessonState {
    /// Opens a lesson: a fresh session with its files, goals as far as they were met before.
    pub fn open(lesson: Lesson, work: Work, progress: ProgressStore) -> LessonState {
        let saved = progress.lesson_untracked(&lesson.id);
        progress.opened(&lesson.id);
        let checker = Checker::new(lesson.checks.clone(), &saved.goals.iter().cloned().collect::<Vec<_>>());
        let done = checker.is_done();
        let state = LessonState {
            work,
            progress,
            lesson: StoredValue::new_local(Rc::new(lesson)),
            judge: StoredValue::new_local(Rc::new(RefCell::new(Judge {
                checker,
                feed: Feed::default(),
                variants: Vec::new(),
            }))),
            goals: RwSignal::new(Vec::new()),
            remarks: RwSignal::new(Vec::new()),
            done: RwSignal::new(done),
            seed: browser::fresh_seed(),
        };
        state.begin();
        Effect::new(move |_| {
            work.desk.version.track();
            work.desk.terminal_revision.track();
            state.look();
        });
        state
    }

    pub fn lesson(&self) -> Rc<Lesson> {
        self.lesson.get_value()
    }

    /// Starts the lesson's cluster anew; met goals stay met.
    pub fn restart(&self) {
        self.judge.with_value(|judge| {
            let mut judge = judge.borrow_mut();
            judge.checker.restart();
            judge.feed = Feed::default();
            for (checker, feed, _) in &mut judge.variants {
                checker.restart();
                *feed = Feed::default();
            }
        });
        self.work.desk.forget();
        self.begin();
    }

    fn begin(&self) {
        let lesson = self.lesson();
        self.work.desk.open_or_restore(origin_of(&lesson), &key_log(&lesson.id));
        let clock = lesson.cluster.clock;
        self.work.desk.paused.set(clock == 0);
        self.work.desk.speed.set(clock.max(1) as f64);
    }

    /// Feeds what happened since the last look, and shows what came of it.
    fn look(&self) {
        let judge = self.judge.get_value();
        let mut judge = judge.borrow_mut();
        let Judge { checker, feed, variants } = &mut *judge;
        for (checker, feed, met) in variants {
            if self.work.desk.with_session(|session| feed.pass_on(session, checker)) && checker.is_done() {
                met.set(true);
            }
        }
        let turned = self.work.desk.with_session(|session| feed.pass_on(session, checker));
        if turned {
            let met: Vec<String> = checker.met().map(str::to_owned).collect();
            let done = checker.is_done();
            self.progress.change(&self.lesson().id, |saved| {
                saved.goals.extend(met);
            });
            if done {
                self.done.set(true);
            }
        }
        let goals = checker.goals().into_iter().map(|goal| GoalRow {
            id: goal.id.to_owned(),
            text: goal.text.to_owned(),
            met: goal.met,
            missing: goal.missing,
        });
        set_if_changed(self.goals, goals.collect());
        let anti = checker.anti().into_iter().map(|remark| (remark, false));
        let remarks = anti.chain(checker.dead_ends().into_iter().map(|remark| (remark, true)));
        let remarks = remarks.map(|(remark, dead_end)| RemarkRow {
            id: remark.id.to_owned(),
            say: remark.say,
            dead_end,
        });
        set_if_changed(self.remarks, remarks.collect());
    }

    pub fn is_met(&self, goal: &str) -> bool {
        self.goals.with(|goals| goals.iter().any(|row| row.id == goal && row.met))
    }

    /// The first answer to a prediction counts: it cannot be unsaid once the reply is known.
    pub fn answer(&self, prediction: &str) -> Option<usize> {
        self.progress.lesson(&self.lesson().id).predictions.get(prediction).copied()
    }

    pub fn set_answer(&self, prediction: &str, option: usize) {
        self.progress.change(&self.lesson().id, |saved| {
            saved.predictions.insert(prediction.to_owned(), option);
        });
    }

    pub fn quiz_answer(&self, quiz: &str) -> Option<usize> {
        self.progress.lesson(&self.lesson().id).quizzes.get(quiz).copied()
    }

    /// A quiz may be answered again.
    pub fn set_quiz_answer(&self, quiz: &str, option: usize) {
        self.progress.change(&self.lesson().id, |saved| {
            saved.quizzes.insert(quiz.to_owned(), option);
        });
    }

    /// The goal of a variant with numbers drawn for this learner.
    pub fn variant_goal(&self, id: &str) -> Option<Goal> {
        let lesson = self.lesson();
        let variant = lesson.checks.variants.iter().find(|variant| variant.id == id)?;
        variant.drawn(self.seed).ok().map(|drawn| drawn.goal)
    }

    /// Judges the running history by one more goal, from now on.
    pub fn watch_variant(&self, goal: Goal) -> RwSignal<bool> {
        let met = RwSignal::new(false);
        let checker = Checker::new(Checks { goals: vec![goal], ..Checks::default() }, &[]);
        self.judge.with_value(|judge| judge.borrow_mut().variants.push((checker, Feed::default(), met)));
        met
    }

    pub fn is_known(&self) -> bool {
        self.progress.lesson(&self.lesson().id).known
    }
}

fn set_if_changed<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|old| *old != value) {
        signal.set(value);
    }
}

fn origin_of(lesson: &Lesson) -> Origin {
    Origin {
        lesson: lesson.id.clone(),
        files: lesson.start.iter().map(|file| (file.name.clone(), file.text.clone())).collect(),
        nodes: lesson.cluster.nodes.max(1) as usize,
        cpus: lesson.cluster.cpu.map(|cores| cores as u32),
    }
}
