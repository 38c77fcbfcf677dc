//! The learner's desk as signals: what of the session the components show, refreshed once a frame.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::*;

use super::views::{self, Bar, JobView, PodView};
use crate::api::Kind;
use crate::api::core::Pod;
use crate::api::meta::ResourceVersion;
use crate::api::object::Object;
use crate::apiserver::ChangeKind;
use crate::base::Time;
use crate::controllers::decisions::Outcome;
use crate::session::{Input, Session};
use crate::web::engine::{Engine, Goal, Request};
use crate::web::{browser, panic_screen};

/// Above this many pods the grid shows the newest ones and says how many are left out.
const PODS_SHOWN_MAX: usize = 200;
/// Decisions that the "Почему?" panel keeps.
const DECISIONS_SHOWN_MAX: usize = 60;

/// The clock as it is drawn.
#[derive(Clone, PartialEq, Default)]
pub struct ClockView {
    pub text: String,
    pub holding: bool,
    pub running_to_goal: bool,
    pub computing: usize,
    pub queued: usize,
    pub replaying: bool,
}

#[derive(Clone, PartialEq)]
pub struct DecisionView {
    pub number: usize,
    pub at: String,
    pub sentence: String,
    pub upstream: &'static str,
    /// Whether something was done, not only looked at.
    pub fired: bool,
}

/// Handles to the one engine and to its signals; a copy costs nothing. All of it belongs to the page's root.
#[derive(Clone, Copy)]
pub struct Desk {
    pub(super) inner: StoredValue<Inner, LocalStorage>,
    pub clock: RwSignal<ClockView>,
    /// Whole virtual seconds: what shows ages and countdowns follows it.
    pub now: RwSignal<Time>,
    pub paused: RwSignal<bool>,
    pub speed: RwSignal<f64>,
    /// Uids of the Jobs, oldest first.
    pub jobs: RwSignal<Vec<String>>,
    /// Uids of pods without a Job.
    pub lone_pods: RwSignal<Vec<String>>,
    pub left_out: RwSignal<usize>,
    pub bars: RwSignal<Vec<Bar>>,
    pub decisions: RwSignal<Vec<DecisionView>>,
    pub terminal_revision: RwSignal<u64>,
    pub busy: RwSignal<bool>,
    pub requests: RwSignal<Vec<Request>>,
    /// A file's name and text that were typed and not yet written into the session.
    pub unsaved: RwSignal<Option<(String, String)>>,
    /// The name of the object that was chosen in the grid or in the terminal.
    pub chosen: RwSignal<Option<String>>,
    /// Counts runs: a new lesson, a reset, an opened link.
    pub run: RwSignal<u64>,
    /// Whether the pods are shown as a table.
    pub as_table: RwSignal<bool>,
    /// Counts changes of objects, for the goals.
    pub version: RwSignal<u64>,
}

pub(super) struct Inner {
    pub(super) engine: Rc<RefCell<Engine>>,
    pub(super) pods: BTreeMap<String, ArcRwSignal<PodView>>,
    pub(super) jobs: BTreeMap<String, JobSignals>,
    pub(super) history: BTreeMap<String, Bar>,
    pub(super) names: BTreeSet<String>,
    pub(super) start: Time,
    pub(super) seen_version: u64,
    pub(super) seen_decisions: usize,
    /// The lesson's id; empty for the sandbox.
    pub(super) lesson: String,
    /// Where the run is stored; `None` for one that is not kept.
    pub(super) key: Option<String>,
    /// The version that was stored last, and how long ago in real milliseconds.
    pub(super) stored: (u64, f64),
}

#[derive(Clone)]
pub struct JobSignals {
    pub view: ArcRwSignal<JobView>,
    pub pods: ArcRwSignal<Vec<String>>,
}

impl Desk {
    /// Must be called in the page's root: the signals live as long as the page.
    pub fn new(session: Session) -> Desk {
        let inner = Inner {
            start: session.now(),
            engine: Rc::new(RefCell::new(Engine::new(session))),
            pods: BTreeMap::new(),
            jobs: BTreeMap::new(),
            history: BTreeMap::new(),
            names: BTreeSet::new(),
            seen_version: u64::MAX,
            seen_decisions: 0,
            lesson: String::new(),
            key: None,
            stored: (0, 0.0),
        };
        Desk {
            inner: StoredValue::new_local(inner),
            clock: RwSignal::new(ClockView::default()),
            now: RwSignal::new(Time::default()),
            paused: RwSignal::new(false),
            speed: RwSignal::new(1.0),
            jobs: RwSignal::new(Vec::new()),
            lone_pods: RwSignal::new(Vec::new()),
            left_out: RwSignal::new(0),
            bars: RwSignal::new(Vec::new()),
            decisions: RwSignal::new(Vec::new()),
            terminal_revision: RwSignal::new(0),
            busy: RwSignal::new(false),
            requests: RwSignal::new(Vec::new()),
            unsaved: RwSignal::new(None),
            chosen: RwSignal::new(None),
            run: RwSignal::new(0),
            as_table: RwSignal::new(false),
            version: RwSignal::new(0),
        }
    }

    pub(super) fn engine(&self) -> Rc<RefCell<Engine>> {
        self.inner.with_value(|inner| inner.engine.clone())
    }

    pub fn with_session<R>(&self, read: impl FnOnce(&Session) -> R) -> R {
        read(self.engine().borrow().session())
    }

    /// Writes what was typed in the editor into the session.
    pub fn save(&self) {
        if let Some((file, text)) = self.unsaved.try_update(Option::take).flatten() {
            self.perform(Input::Write { file, text });
        }
    }

    /// What commands have asked of the page since the last call.
    pub fn take_requests(&self) -> Vec<Request> {
        self.requests.try_update_untracked(std::mem::take).unwrap_or_default()
    }

    /// Takes an input from the learner. Commands find the files as the editor shows them.
    pub fn perform(&self, input: Input) {
        if matches!(input, Input::Line(_)) {
            self.save();
        }
        let engine = self.engine();
        if engine.borrow().is_replaying() {
            return;
        }
        engine.borrow_mut().perform(input);
        panic_screen::remember_log(engine.borrow().session().log().to_text());
        self.refresh();
    }

    pub fn run_to(&self, goal: Goal) {
        self.engine().borrow_mut().run_to(goal);
    }

    /// One animation frame.
    pub fn frame(&self, elapsed_ms: f64) {
        let engine = self.engine();
        {
            let mut engine = engine.borrow_mut();
            engine.paused = self.paused.get_untracked() || browser::is_hidden();
            engine.speed = self.speed.get_untracked();
            engine.frame(elapsed_ms);
        }
        self.refresh();
        self.store_now_and_then(elapsed_ms);
    }

    /// What a lesson's text shows of the rule with this id, as a sentence.
    pub fn decision_behind(&self, rule: &str) -> Option<String> {
        self.with_session(|session| {
            let decision = crate::course::why::newest(session.cluster(), rule);
            decision.map(crate::controllers::decisions::sentence)
        })
    }

    /// The chosen pod as it is now.
    pub fn find_pod(&self, name: &str) -> Option<PodView> {
        self.inner.with_value(|inner| {
            let signal = inner.pods.values().find(|pod| pod.with_untracked(|pod| pod.name == name));
            signal.map(|pod| pod.get_untracked())
        })
    }

    pub fn find_job(&self, name: &str) -> Option<JobView> {
        self.inner.with_value(|inner| {
            let found = inner.jobs.values().find(|job| job.view.with_untracked(|job| job.name == name));
            found.map(|job| job.view.get_untracked())
        })
    }

    pub fn all_pods(&self) -> Vec<PodView> {
        self.inner.with_value(|inner| inner.pods.values().map(|pod| pod.get_untracked()).collect())
    }

    /// The signals of a pod that the grid has just listed.
    pub fn pod(&self, uid: &str) -> Option<ArcRwSignal<PodView>> {
        self.inner.with_value(|inner| inner.pods.get(uid).cloned())
    }

    pub fn job(&self, uid: &str) -> Option<JobSignals> {
        self.inner.with_value(|inner| inner.jobs.get(uid).cloned())
    }

    /// Whether the word names a pod or a Job of this run, also one that is gone.
    pub fn is_name(&self, word: &str) -> bool {
        self.inner.with_value(|inner| inner.names.contains(word))
    }

    /// Virtual time since the beginning of the run.
    pub fn clock_at(&self, instant: Time) -> String {
        views::clock_text(instant - self.inner.with_value(|inner| inner.start))
    }

    /// Brings the signals up to date; those that say the same as before wake nobody.
    pub(super) fn refresh(&self) {
        let engine = self.engine();
        let requests = engine.borrow_mut().take_requests();
        if !requests.is_empty() {
            self.requests.update(|waiting| waiting.extend(requests));
        }
        let engine = engine.borrow();
        let session = engine.session();
        self.refresh_clock(&engine);
        set_if_changed(self.busy, session.is_busy() || engine.is_replaying());
        set_if_changed(self.terminal_revision, session.terminal().revision);
        let version = session.cluster().api().version().0;
        let seen = self.inner.with_value(|inner| inner.seen_version);
        if seen != version {
            let born = born_since(session, seen);
            // A new pod is drawn as it was born; the next frame draws what became of it meanwhile.
            let next_seen = if born.is_empty() { version } else { BORN_DRAWN };
            self.inner.update_value(|inner| inner.seen_version = next_seen);
            self.refresh_objects(session, &born);
            self.version.set(version);
        }
        self.refresh_decisions(session);
    }

    fn refresh_clock(&self, engine: &Engine) {
        let now = engine.session().now();
        let (computing, queued) = engine.load();
        let view = ClockView {
            text: self.clock_at(now),
            holding: engine.is_holding(),
            running_to_goal: engine.is_running_to_goal(),
            computing,
            queued,
            replaying: engine.is_replaying(),
        };
        set_if_changed(self.clock, view);
        set_if_changed(self.now, now.to_timestamp().to_time());
    }

    fn refresh_decisions(&self, session: &Session) {
        let count = session.cluster().decision_count();
        let seen = self.inner.with_value(|inner| inner.seen_decisions);
        if count == seen {
            return;
        }
        self.inner.update_value(|inner| inner.seen_decisions = count);
        let from = seen.max(count.saturating_sub(DECISIONS_SHOWN_MAX));
        let newest = session.cluster().decisions().rev().zip((from..count).rev());
        let fresh = newest.map(|(decision, number)| DecisionView {
            number,
            at: self.clock_at(decision.at),
            sentence: crate::controllers::decisions::sentence(decision),
            upstream: decision.rule.upstream(),
            fired: decision.outcome == Outcome::Fired && !decision.writes.is_empty(),
        });
        let mut fresh: Vec<DecisionView> = fresh.collect();
        fresh.reverse();
        self.decisions.update(|shown| {
            shown.extend(fresh);
            let surplus = shown.len().saturating_sub(DECISIONS_SHOWN_MAX);
            shown.drain(..surplus);
        });
    }

    fn refresh_objects(&self, session: &Session, born: &[Arc<Pod>]) {
        let api = session.cluster().api();
        let jobs = api.list(Kind::Job, None).filter_map(|object| match object {
            Object::Job(job) => Some(views::job_view(job)),
            _ => None,
        });
        let pods = api.list(Kind::Pod, None).filter_map(|object| match object {
            Object::Pod(pod) => {
                let pod = born.iter().find(|first| first.metadata.uid == pod.metadata.uid).unwrap_or(pod);
                let view = views::pod_view(pod);
                let bar = views::bar(pod, view.look, view.short_name.clone());
                Some((view, bar))
            }
            _ => None,
        });
        let mut jobs: Vec<JobView> = jobs.collect();
        jobs.sort_by(|a, b| (a.created, &a.name).cmp(&(b.created, &b.name)));
        let mut pods: Vec<(PodView, Bar)> = pods.collect();
        pods.sort_by(|(a, _), (b, _)| (a.created, &a.name).cmp(&(b.created, &b.name)));
        let now = session.now();
        self.refresh_bars(&pods, now);
        let left_out = pods.len().saturating_sub(PODS_SHOWN_MAX);
        let pods: Vec<PodView> = pods.drain(left_out..).map(|(view, _)| view).collect();
        set_if_changed(self.left_out, left_out);
        self.set_objects(jobs, pods);
    }

    fn refresh_bars(&self, pods: &[(PodView, Bar)], now: Time) {
        let bars = self.inner.try_update_value(|inner| {
            for bar in inner.history.values_mut() {
                if bar.removed.is_none() && !pods.iter().any(|(_, present)| present.uid == bar.uid) {
                    bar.removed = Some(now);
                }
            }
            for (_, bar) in pods {
                inner.history.insert(bar.uid.clone(), bar.clone());
            }
            let mut bars: Vec<Bar> = inner.history.values().cloned().collect();
            bars.sort_by(|a, b| (a.created, &a.short_name).cmp(&(b.created, &b.short_name)));
            bars
        });
        set_if_changed(self.bars, bars.unwrap_or_default());
    }

    fn set_objects(&self, jobs: Vec<JobView>, pods: Vec<PodView>) {
        let job_ids: Vec<String> = jobs.iter().map(|job| job.uid.clone()).collect();
        let of_owner = |owner: Option<&str>| -> Vec<String> {
            let owned = |pod: &&PodView| match owner {
                Some(uid) => pod.owner == uid,
                None => !job_ids.contains(&pod.owner),
            };
            pods.iter().filter(owned).map(|pod| pod.uid.clone()).collect()
        };
        let lists: Vec<Vec<String>> = job_ids.iter().map(|uid| of_owner(Some(uid))).collect();
        let lone = of_owner(None);
        // Signals are collected first and set outside the borrow: setting may run code that reads the desk.
        let (pod_signals, job_signals) =
            self.inner.try_update_value(|inner| inner.take_in(jobs, pods, lists)).unwrap_or_default();
        for (signal, view) in pod_signals {
            set_arc_if_changed(&signal, view);
        }
        for (signals, view, list) in job_signals {
            set_arc_if_changed(&signals.view, view);
            set_arc_if_changed(&signals.pods, list);
        }
        set_if_changed(self.jobs, job_ids);
        set_if_changed(self.lone_pods, lone);
    }
}

/// Stands for a version of which only the births have been drawn.
const BORN_DRAWN: u64 = u64::MAX;

/// The pods created after the version, as they were created.
fn born_since(session: &Session, version: u64) -> Vec<Arc<Pod>> {
    if version == BORN_DRAWN {
        return Vec::new();
    }
    // A version that the store no longer knows is long ago: then all is drawn as it is.
    let changes = session.cluster().api().changes_since(ResourceVersion(version));
    let born = changes.into_iter().flatten().filter_map(|change| match (&change.object, change.kind) {
        (Object::Pod(pod), ChangeKind::Added) => Some(pod.clone()),
        _ => None,
    });
    born.collect()
}

type Updates = (Vec<(ArcRwSignal<PodView>, PodView)>, Vec<(JobSignals, JobView, Vec<String>)>);

impl Inner {
    /// Makes signals for new objects, forgets those of objects that are gone, and answers what is to be set.
    fn take_in(&mut self, jobs: Vec<JobView>, pods: Vec<PodView>, lists: Vec<Vec<String>>) -> Updates {
        self.pods.retain(|uid, _| pods.iter().any(|pod| pod.uid == *uid));
        self.jobs.retain(|uid, _| jobs.iter().any(|job| job.uid == *uid));
        self.names.extend(pods.iter().map(|pod| pod.name.clone()));
        self.names.extend(jobs.iter().map(|job| job.name.clone()));
        let pod_updates = pods.into_iter().map(|view| {
            let signal = self.pods.entry(view.uid.clone()).or_insert_with(|| ArcRwSignal::new(view.clone()));
            (signal.clone(), view)
        });
        let pod_updates = pod_updates.collect();
        let job_updates = jobs.into_iter().zip(lists).map(|(view, list)| {
            let signals = self.jobs.entry(view.uid.clone()).or_insert_with(|| JobSignals {
                view: ArcRwSignal::new(view.clone()),
                pods: ArcRwSignal::new(list.clone()),
            });
            (signals.clone(), view, list)
        });
        (pod_updates, job_updates.collect())
    }
}

fn set_if_changed<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.with_untracked(|old| *old != value) {
        signal.set(value);
    }
}

fn set_arc_if_changed<T: PartialEq + Send + Sync + 'static>(signal: &ArcRwSignal<T>, value: T) {
    if signal.with_untracked(|old| *old != value) {
        signal.set(value);
    }
}
