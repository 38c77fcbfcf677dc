//! One session, its pace and its workers: the page asks it for time to pass, it keeps within a frame's budget.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use super::browser::real_ms;
use super::workers::{Number, Workers};
use crate::api::Kind;
use crate::api::object::Object;
use crate::base::{Duration, Time};
use crate::cluster::{Advance, ComputationId, Effect as ClusterEffect};
use crate::session::{Effect, Input, Session};

/// Real milliseconds that one frame may spend on the cluster: the rest of the 16 belongs to the browser.
const FRAME_BUDGET_MS: f64 = 8.0;
/// A frame that comes late does not make the cluster run ahead.
const ELAPSED_MAX_MS: f64 = 100.0;
/// Speeds that the learner can choose, virtual seconds to a real one.
pub const SPEEDS: &[f64] = &[0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 100.0, 1000.0];

/// What the learner asked to run to, faster than the clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Goal {
    /// Until an object changes.
    NextEvent,
    /// Until a controller decides something.
    NextDecision,
    /// Until no Job is unfinished.
    JobsEnd,
}

/// What only the page can do for a command.
#[derive(Clone, PartialEq, Debug)]
pub enum Request {
    OpenEditor {
        file: String,
    },
    /// Files have changed.
    ShowFiles,
}

type Answers = Rc<RefCell<Vec<(Number, Result<String, String>)>>>;

pub struct Engine {
    session: Session,
    workers: Workers,
    answers: Answers,
    requests: VecDeque<Request>,
    pub speed: f64,
    pub paused: bool,
    goal: Option<(Goal, u64)>,
    /// Virtual milliseconds below a whole one, carried to the next frame.
    surplus_ms: f64,
    holding: bool,
    /// The instant at which a recorded run ends, while it is being done again.
    replay_until: Option<Time>,
}

impl Engine {
    pub fn new(session: Session) -> Engine {
        let answers = Answers::default();
        let inbox = answers.clone();
        let on_answer = Rc::new(move |id, result| inbox.borrow_mut().push((id, result)));
        let workers = Workers::new(super::browser::cores(), on_answer);
        Engine {
            session,
            workers,
            answers,
            requests: VecDeque::new(),
            speed: 1.0,
            paused: false,
            goal: None,
            surplus_ms: 0.0,
            holding: false,
            replay_until: None,
        }
    }

    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Another run: what the old one was computing is terminated.
    pub fn replace(&mut self, session: Session) {
        self.workers.cancel_all();
        self.answers.borrow_mut().clear();
        self.requests.clear();
        self.session = session;
        self.goal = None;
        self.surplus_ms = 0.0;
        self.holding = false;
        self.replay_until = None;
        self.collect_effects();
    }

    /// The session does again what its record says: its clock runs to the record's end as fast as frames allow.
    pub fn replay_until(&mut self, until: Time) {
        self.replay_until = Some(until);
    }

    pub fn is_replaying(&self) -> bool {
        self.replay_until.is_some()
    }

    pub fn perform(&mut self, input: Input) {
        self.session.perform(input);
        self.collect_effects();
    }

    pub fn run_to(&mut self, goal: Goal) {
        self.goal = Some((goal, self.measure(goal)));
    }

    pub fn is_running_to_goal(&self) -> bool {
        self.goal.is_some()
    }

    /// Whether the clock waits for a computation.
    pub fn is_holding(&self) -> bool {
        self.holding
    }

    /// Workers that compute, and computations that wait for one.
    pub fn load(&self) -> (usize, usize) {
        self.workers.load()
    }

    pub fn take_requests(&mut self) -> Vec<Request> {
        self.requests.drain(..).collect()
    }

    /// Lets virtual time pass for a frame of `elapsed_ms` real milliseconds.
    pub fn frame(&mut self, elapsed_ms: f64) {
        self.deliver_answers();
        if self.replay_until.is_some() {
            self.go_on_replaying();
        } else if self.goal.is_some() {
            self.run_towards_goal();
        } else if !self.paused {
            self.surplus_ms += elapsed_ms.clamp(0.0, ELAPSED_MAX_MS) * self.speed;
            let whole = self.surplus_ms.floor();
            self.surplus_ms -= whole;
            let target = self.session.now() + Duration::from_millis(whole as i64);
            self.advance_within_budget(target);
        }
    }

    fn deliver_answers(&mut self) {
        let answers = std::mem::take(&mut *self.answers.borrow_mut());
        for (id, result) in answers {
            self.session.computation_finished(ComputationId(id), result);
        }
        self.collect_effects();
    }

    /// Event by event, so that a busy cluster gives the frame back in time; what is left over is dropped.
    fn advance_within_budget(&mut self, target: Time) {
        let deadline = real_ms() + FRAME_BUDGET_MS;
        loop {
            let step = self.session.next_event_at().map_or(target, |next| next.min(target));
            if !self.step_to(step) || step >= target || real_ms() >= deadline {
                return;
            }
        }
    }

    /// Answers whether the clock could go there.
    fn step_to(&mut self, instant: Time) -> bool {
        let advance = self.session.advance_to(instant);
        self.collect_effects();
        self.holding = !matches!(advance, Advance::Reached);
        !self.holding
    }

    fn run_towards_goal(&mut self) {
        let deadline = real_ms() + FRAME_BUDGET_MS;
        while let Some((goal, before)) = self.goal {
            let Some(next) = self.session.next_event_at() else {
                self.goal = None;
                return;
            };
            if !self.step_to(next) {
                return;
            }
            let reached = match goal {
                Goal::NextEvent | Goal::NextDecision => self.measure(goal) != before,
                Goal::JobsEnd => self.measure(goal) == 0,
            };
            if reached {
                self.goal = None;
                return;
            }
            if real_ms() >= deadline {
                return;
            }
        }
    }

    fn go_on_replaying(&mut self) {
        let deadline = real_ms() + FRAME_BUDGET_MS;
        while let Some(until) = self.replay_until {
            let step = self.session.next_event_at().map_or(until, |next| next.min(until));
            if !self.step_to(step) {
                return;
            }
            if step >= until {
                self.replay_until = None;
            } else if real_ms() >= deadline {
                return;
            }
        }
    }

    /// A number that changes (or, for `JobsEnd`, falls to 0) when the goal is reached.
    fn measure(&self, goal: Goal) -> u64 {
        let cluster = self.session.cluster();
        match goal {
            Goal::NextEvent => cluster.api().version().0,
            Goal::NextDecision => cluster.decision_count() as u64,
            Goal::JobsEnd => {
                let unfinished = |object: &&Object| match object {
                    Object::Job(job) => !job.is_finished() && !job.spec.is_suspended(),
                    _ => false,
                };
                cluster.api().list(Kind::Job, None).filter(unfinished).count() as u64
            }
        }
    }

    fn collect_effects(&mut self) {
        for effect in self.session.take_effects() {
            match effect {
                Effect::Cluster(ClusterEffect::StartComputation { id, request }) => {
                    self.workers.start(id.0, request)
                }
                Effect::Cluster(ClusterEffect::CancelComputation { id }) => self.workers.cancel(id.0),
                Effect::OpenEditor { file } => self.requests.push_back(Request::OpenEditor { file }),
                Effect::FilesChanged => self.requests.push_back(Request::ShowFiles),
            }
        }
    }
}
