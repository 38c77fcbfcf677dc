//! How far the clock runs in a frame: the learner's speed, a goal, or a recorded run that is done again.

use crate::api::Kind;
use crate::api::object::Object;
use crate::base::{Duration, Time};
use crate::cluster::Advance;
use crate::protocol::Goal;
use crate::session::Session;

use super::RealClock;

/// Real milliseconds that one frame may spend on the cluster: the rest of the 16 belongs to the browser.
const FRAME_BUDGET_MS: f64 = 8.0;
/// Real milliseconds that a page without news may miss.
const SLEEP_MS_MAX: i64 = 150;
/// A frame that comes late does not make the cluster run ahead.
const ELAPSED_MAX_US: u32 = 100_000;
/// Real microseconds times percent of speed that make a virtual millisecond.
const PARTS_OF_MS: i64 = 1_000 * 100;

#[derive(Clone, Debug, Default)]
pub struct Pace {
    goal: Option<(Goal, u64)>,
    /// What is left of virtual time below a whole millisecond, carried to the next frame, in parts of one.
    surplus: i64,
    holding: bool,
    /// Of the last frame.
    speed_percent: u32,
    /// The instant at which a recorded run ends, while it is being done again.
    replay_until: Option<Time>,
}

impl Pace {
    /// A recorded run's clock runs to the record's end as fast as frames allow.
    pub fn of_replay(until: Time) -> Pace {
        Pace { replay_until: Some(until), ..Pace::default() }
    }

    pub fn is_replaying(&self) -> bool {
        self.replay_until.is_some()
    }

    pub fn is_running_to_goal(&self) -> bool {
        self.goal.is_some()
    }

    /// Whether the clock waits for a computation.
    pub fn is_holding(&self) -> bool {
        self.holding
    }

    pub fn run_to(&mut self, session: &Session, goal: Goal) {
        self.goal = Some((goal, measure(session, goal)));
    }

    /// The virtual time that passes while the page looks away, with something to spare.
    pub fn sleep(&self) -> Duration {
        Duration::from_millis(SLEEP_MS_MAX * i64::from(self.speed_percent) / 100)
    }

    /// Lets virtual time pass for a frame of `elapsed_us` real microseconds.
    pub fn frame(
        &mut self,
        session: &mut Session,
        elapsed_us: u32,
        speed_percent: u32,
        paused: bool,
        clock: RealClock<'_>,
    ) {
        self.speed_percent = speed_percent;
        let deadline = clock() + FRAME_BUDGET_MS;
        let is_late = || clock() >= deadline;
        if let Some(until) = self.replay_until {
            if self.advance(session, until, &is_late) {
                self.replay_until = None;
            }
        } else if self.goal.is_some() {
            self.run_towards_goal(session, &is_late);
        } else if !paused {
            self.surplus += i64::from(elapsed_us.min(ELAPSED_MAX_US)) * i64::from(speed_percent);
            let whole = self.surplus / PARTS_OF_MS;
            self.surplus %= PARTS_OF_MS;
            // What the budget does not allow is dropped.
            self.advance(session, session.now() + Duration::from_millis(whole), &is_late);
        }
    }

    /// Event by event, so that a busy cluster gives the frame back in time. Answers whether the target was reached.
    fn advance(&mut self, session: &mut Session, target: Time, is_late: &dyn Fn() -> bool) -> bool {
        loop {
            let step = session.next_event_at().map_or(target, |next| next.min(target));
            if !self.step_to(session, step) {
                return false;
            }
            if step >= target {
                return true;
            }
            if is_late() {
                return false;
            }
        }
    }

    /// Answers whether the clock could go there.
    fn step_to(&mut self, session: &mut Session, instant: Time) -> bool {
        self.holding = session.advance_to(instant) != Advance::Reached;
        !self.holding
    }

    fn run_towards_goal(&mut self, session: &mut Session, is_late: &dyn Fn() -> bool) {
        while let Some((goal, before)) = self.goal {
            let Some(next) = session.next_event_at() else {
                self.goal = None;
                return;
            };
            if !self.step_to(session, next) {
                return;
            }
            let reached = match goal {
                Goal::NextEvent | Goal::NextDecision => measure(session, goal) != before,
                Goal::JobsEnd => measure(session, goal) == 0,
            };
            if reached {
                self.goal = None;
            }
            if reached || is_late() {
                return;
            }
        }
    }
}

/// A number that changes (or, for `JobsEnd`, falls to 0) when the goal is reached.
fn measure(session: &Session, goal: Goal) -> u64 {
    let cluster = session.cluster();
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
