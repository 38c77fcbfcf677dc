//! The learner's desk as signals: what the page knows of the run, kept up to date by the changes that the cluster's
//! module tells.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use leptos::prelude::*;

use super::names::Tab;
use super::screen::Screen;
use crate::base::Time;
use crate::protocol::views::{Bar, ClockView, DecisionView, GoalRow, JobView, PodView, RemarkRow};
use crate::protocol::{Act, Question, Reply};
use crate::web::frames::Next;
use crate::web::workers::{Number, Workers};
use crate::web::{browser, cluster, frames};

/// A command that has been running for so many real milliseconds may go on for ever.
const LONG_MS: f64 = 400.0;

/// A file that a command opens in the editor, with its text.
pub type Opened = (String, String);

/// Handles to the signals; a copy costs nothing. All of it belongs to the page's root.
#[derive(Clone, Copy)]
pub struct Desk {
    pub(super) inner: StoredValue<Rc<RefCell<Inner>>, LocalStorage>,
    /// Whether the cluster's module is there.
    pub ready: RwSignal<bool>,
    pub clock: RwSignal<ClockView>,
    /// How many computations are under way, in words; empty when there are none.
    pub load: RwSignal<String>,
    /// Whole virtual seconds since the epoch: what shows ages and countdowns follows them.
    pub(super) seconds: RwSignal<u64>,
    pub paused: RwSignal<bool>,
    /// Virtual time to real time, in percent.
    pub speed: RwSignal<u64>,
    /// Uids of the Jobs, oldest first.
    pub jobs: RwSignal<Vec<String>>,
    /// Uids of pods without a Job.
    pub lone_pods: RwSignal<Vec<String>>,
    pub left_out: RwSignal<u64>,
    pub bars: RwSignal<Vec<Bar>>,
    pub decisions: RwSignal<Vec<DecisionView>>,
    pub terminal_revision: RwSignal<u64>,
    /// A command runs, or nothing can be run yet.
    pub busy: RwSignal<bool>,
    /// A button's command that must wait for the one that runs, until the learner decides; empty when there is none.
    pub wanted: RwSignal<String>,
    /// What stands before the cursor.
    pub prompt: RwSignal<String>,
    /// Texts by their name.
    pub files: RwSignal<BTreeMap<String, String>>,
    pub opened: RwSignal<Vec<Opened>>,
    /// A file's name and text that were typed and not yet written into the session.
    pub unsaved: RwSignal<Option<(String, String)>>,
    pub goals: RwSignal<Vec<GoalRow>>,
    pub variants: RwSignal<Vec<GoalRow>>,
    pub remarks: RwSignal<Vec<RemarkRow>>,
    /// The name of the object that was chosen in the grid or in the terminal.
    pub chosen: RwSignal<Option<String>>,
    /// Counts runs: a new lesson, a reset, an opened link.
    pub run: RwSignal<u64>,
    /// The part of the workplace that a narrow screen shows.
    pub tab: RwSignal<Tab>,
    /// Whether the pods are shown as a table.
    pub as_table: RwSignal<bool>,
    /// Counts changes of objects.
    pub version: RwSignal<u64>,
}

type Answers = Rc<RefCell<Vec<(Number, Result<String, String>)>>>;

pub(super) struct Inner {
    pub(super) workers: Workers,
    answers: Answers,
    /// In the order of their births, as the jobs and the bars.
    pub(super) pods: Vec<ArcRwSignal<PodView>>,
    pub(super) jobs: Vec<JobSignals>,
    pub(super) bars: Vec<Bar>,
    pub(super) names: BTreeSet<String>,
    pub(super) screen: Screen,
    /// Every line that was entered, oldest first.
    pub(super) history: Vec<String>,
    /// Where the run is stored; `None` for one that is not kept.
    pub(super) key: Option<String>,
    /// What was stored last, and how long ago in real milliseconds.
    pub(super) stored: (u64, f64),
    /// For how many real milliseconds a command has been running.
    busy_ms: f64,
    /// What is done as soon as the module is there.
    waiting: Vec<Box<dyn FnOnce()>>,
}

#[derive(Clone)]
pub struct JobSignals {
    pub view: ArcRwSignal<JobView>,
    pub pods: ArcRwSignal<Vec<String>>,
}

impl Desk {
    /// Must be called in the page's root: the signals live as long as the page.
    pub fn new() -> Desk {
        let answers = Answers::default();
        let inbox = answers.clone();
        let on_answer = Rc::new(move |id, result| {
            inbox.borrow_mut().push((id, result));
            frames::wake();
        });
        let inner = Inner {
            workers: Workers::new(browser::cores(), on_answer),
            answers,
            pods: Vec::new(),
            jobs: Vec::new(),
            bars: Vec::new(),
            names: BTreeSet::new(),
            screen: Screen::default(),
            history: Vec::new(),
            key: None,
            stored: (0, 0.0),
            busy_ms: 0.0,
            waiting: Vec::new(),
        };
        Desk {
            inner: StoredValue::new_local(Rc::new(RefCell::new(inner))),
            ready: RwSignal::new(false),
            clock: RwSignal::new(ClockView::default()),
            load: RwSignal::new(String::new()),
            seconds: RwSignal::new(0),
            paused: RwSignal::new(false),
            speed: RwSignal::new(100),
            jobs: RwSignal::new(Vec::new()),
            lone_pods: RwSignal::new(Vec::new()),
            left_out: RwSignal::new(0),
            bars: RwSignal::new(Vec::new()),
            decisions: RwSignal::new(Vec::new()),
            terminal_revision: RwSignal::new(0),
            busy: RwSignal::new(true),
            wanted: RwSignal::new(String::new()),
            prompt: RwSignal::new("$ ".to_owned()),
            files: RwSignal::new(BTreeMap::new()),
            opened: RwSignal::new(Vec::new()),
            unsaved: RwSignal::new(None),
            goals: RwSignal::new(Vec::new()),
            variants: RwSignal::new(Vec::new()),
            remarks: RwSignal::new(Vec::new()),
            chosen: RwSignal::new(None),
            run: RwSignal::new(0),
            tab: RwSignal::new(Tab::Lesson),
            as_table: RwSignal::new(false),
            version: RwSignal::new(0),
        }
    }

    pub(super) fn with<R>(&self, look: impl FnOnce(&mut Inner) -> R) -> R {
        look(&mut self.shared().borrow_mut())
    }

    // One copy of what finds the value: there are many callers.
    #[inline(never)]
    fn shared(&self) -> Rc<RefCell<Inner>> {
        self.inner.get_value()
    }

    /// Does it now, or as soon as the cluster's module is there.
    pub fn when_ready(&self, task: impl FnOnce() + 'static) {
        if self.ready.get_untracked() {
            task();
        } else {
            self.with(|inner| inner.waiting.push(Box::new(task)));
        }
    }

    /// The module is there: what waited for it is done, in order.
    pub fn begin(&self) {
        self.ready.set(true);
        let waiting = self.with(|inner| std::mem::take(&mut inner.waiting));
        waiting.into_iter().for_each(|task| task());
        frames::wake();
    }

    /// Does something to the run, and shows what came of it.
    pub fn act(&self, act: &Act) {
        self.take_over(cluster::act(act));
        frames::wake();
    }

    /// Writes what was typed in the editor into the session.
    pub fn save(&self) {
        if let Some((file, text)) = self.unsaved.try_update(Option::take).flatten() {
            self.act(&Act::Write { file, text });
        }
    }

    /// Files that commands have opened since the last call.
    pub fn take_opened(&self) -> Vec<Opened> {
        self.opened.try_update_untracked(std::mem::take).unwrap_or_default()
    }

    /// Runs a line of the terminal, as soon as there is a cluster, and shows what comes of it. Commands find the files
    /// as the editor shows them.
    pub fn enter(&self, line: impl Into<String>) {
        let (desk, line) = (*self, line.into());
        self.tab.set(Tab::Terminal);
        self.when_ready(move || {
            desk.save();
            desk.act(&Act::Line(line));
        });
    }

    /// Runs the command of a button. While another one has been running for some time the learner is asked first.
    pub fn press(&self, line: String) {
        if self.with(|inner| inner.busy_ms < LONG_MS) {
            return self.enter(line);
        }
        self.tab.set(Tab::Terminal);
        self.wanted.set(line);
    }

    /// One animation frame. Answers when the next one is needed.
    pub fn frame(&self, elapsed_ms: f64) -> Next {
        if !self.ready.get_untracked() || self.run.get_untracked() == 0 {
            return Next::Rest;
        }
        for (id, result) in self.with(|inner| std::mem::take(&mut *inner.answers.borrow_mut())) {
            self.take_over(cluster::act(&Act::Computed { id, result }));
        }
        let paused = self.paused.get_untracked() || browser::is_hidden();
        let elapsed_us = (elapsed_ms * 1_000.0) as u32;
        let speed_percent = self.speed.get_untracked() as u32;
        self.take_over(cluster::act(&Act::Frame { elapsed_us, speed_percent, paused }));
        set_if_changed(self.load, load_words(self.with(|inner| inner.workers.load())));
        let waits = self.store_now_and_then(elapsed_ms) | self.count_busy(elapsed_ms);
        self.clock.with_untracked(|clock| match () {
            _ if clock.running_to_goal || clock.replaying => Next::Frame,
            _ if !paused && !clock.quiet => Next::Frame,
            _ if !paused || waits => Next::Soon,
            _ => Next::Rest,
        })
    }

    /// Answers whether a command runs that may yet turn out to be a long one.
    fn count_busy(&self, elapsed_ms: f64) -> bool {
        let runs = self.busy.get_untracked() && !self.clock.with_untracked(|clock| clock.replaying);
        self.with(|inner| {
            inner.busy_ms = if runs { inner.busy_ms + elapsed_ms } else { 0.0 };
            runs && inner.busy_ms < LONG_MS
        })
    }

    /// The virtual instant, in whole seconds; what calls this follows it.
    pub fn now(&self) -> Time {
        Time::from_millis(self.seconds.get() as i64 * 1000)
    }

    /// Forgets the answers of the run before.
    pub(super) fn stop_computing(&self) {
        self.with(|inner| {
            inner.workers.cancel_all();
            inner.answers.borrow_mut().clear();
        });
    }

    /// What a lesson's text shows of the rule with this id, as a sentence.
    pub fn decision_behind(&self, rule: &str) -> Option<String> {
        match cluster::answer(&Question::Why { rule: rule.to_owned() }) {
            Some(Reply::Why(sentence)) => sentence,
            _ => None,
        }
    }

    /// The chosen pod as it is now.
    pub fn find_pod(&self, name: &str) -> Option<PodView> {
        self.all_pods().into_iter().find(|pod| pod.name == name)
    }

    pub fn find_job(&self, name: &str) -> Option<JobView> {
        self.with(|inner| {
            let found = inner.jobs.iter().find(|job| job.view.with_untracked(|job| job.name == name));
            found.map(|job| job.view.get_untracked())
        })
    }

    pub fn all_pods(&self) -> Vec<PodView> {
        self.with(|inner| inner.pods.iter().map(|pod| pod.get_untracked()).collect())
    }

    /// The signals of a pod that the grid has just listed.
    pub fn pod(&self, uid: &str) -> Option<ArcRwSignal<PodView>> {
        self.with(|inner| inner.pod(uid).cloned())
    }

    pub fn job(&self, uid: &str) -> Option<JobSignals> {
        self.with(|inner| inner.job(uid).cloned())
    }

    pub fn with_screen<R>(&self, read: impl FnOnce(&Screen, &BTreeSet<String>) -> R) -> R {
        self.with(|inner| read(&inner.screen, &inner.names))
    }

    pub fn with_history<R>(&self, read: impl FnOnce(&[String]) -> R) -> R {
        self.with(|inner| read(&inner.history))
    }
}

/// Of workers that compute and of computations that wait for one.
fn load_words(load: (usize, usize)) -> String {
    match load {
        (0, 0) => String::new(),
        (running, 0) => format!("вычисляет потоков: {running}"),
        (running, queued) => format!("вычисляет потоков: {running}, ждут: {queued}"),
    }
}

impl Inner {
    pub(super) fn pod(&self, uid: &str) -> Option<&ArcRwSignal<PodView>> {
        self.pods.iter().find(|pod| pod.with_untracked(|pod| pod.uid == uid))
    }

    pub(super) fn job(&self, uid: &str) -> Option<&JobSignals> {
        self.jobs.iter().find(|job| job.view.with_untracked(|job| job.uid == uid))
    }
}

pub(super) fn set_if_changed<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|old| *old != value) {
        signal.set(value);
    }
}
