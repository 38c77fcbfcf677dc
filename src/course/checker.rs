//! The engine of checks: fed with everything that happens, it turns goals green and says what is still missing.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::Time;

use super::checks::{Checks, Goal, Remark};
use super::condition::{Condition, KINDS};
use super::world::{Happening, World, fill};

#[derive(Clone, Debug)]
pub struct Checker {
    checks: Checks,
    world: World,
    goals: Vec<GoalTrack>,
    /// Ids of wrong tracks and dead ends that were ever entered.
    entered: BTreeSet<String>,
    kinds: BTreeSet<String>,
}

/// How far one goal has come.
#[derive(Clone, Debug, Default)]
struct GoalTrack {
    met: bool,
    /// Its own conditions were met; it turns green when the goals that it needs are.
    reached: bool,
    /// By the uid of the Job that is judged; an empty uid where the goal is about no Job.
    subjects: BTreeMap<String, Subject>,
}

#[derive(Clone, Debug, Default)]
struct Subject {
    /// When the goal's conditions began to count.
    begun: Option<Time>,
    /// Which parts of `eventually` have held.
    seen: Vec<bool>,
    /// `always` or `never` was broken, or `before` has passed.
    lost: bool,
}

/// What the page shows of a goal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GoalView<'a> {
    pub id: &'a str,
    /// HTML.
    pub text: &'a str,
    pub met: bool,
    /// HTML: what is still missing.
    pub missing: Option<String>,
}

/// A word to the learner: HTML with its id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RemarkView<'a> {
    pub id: &'a str,
    pub say: String,
}

impl Checker {
    /// `met`: ids of goals that were met before; they stay green.
    pub fn new(checks: Checks, met: &[String]) -> Checker {
        let track = |goal: &Goal| {
            let met = met.contains(&goal.id);
            GoalTrack { met, reached: met, subjects: BTreeMap::new() }
        };
        let goals = checks.goals.iter().map(track).collect();
        let kinds = kinds_of(&checks);
        Checker { checks, world: World::default(), goals, entered: BTreeSet::new(), kinds }
    }

    /// Whether changes of this kind matter; others need not be converted and fed.
    pub fn wants(&self, kind: &str) -> bool {
        self.kinds.contains(kind)
    }

    /// Asks for every kind: measurements and waits of scripts may need what no goal looks at.
    pub fn want_all(&mut self) {
        self.kinds.extend(KINDS.map(str::to_owned));
    }

    pub fn world(&self) -> &World {
        &self.world
    }

    pub fn checks(&self) -> &Checks {
        &self.checks
    }

    /// The learner began anew on an empty cluster: goals stay green, everything else is forgotten.
    pub fn restart(&mut self) {
        self.world = World::default();
        for track in &mut self.goals {
            track.subjects.clear();
            track.reached = track.met;
        }
    }

    /// Takes what happened next. Answers whether a goal turned green.
    pub fn feed(&mut self, at: Time, happening: Happening) -> bool {
        self.world.take(at, happening);
        for (goal, track) in self.checks.goals.iter().zip(&mut self.goals) {
            if !track.reached {
                track.reached = look(goal, track, &self.world);
            }
        }
        for remark in self.checks.anti.iter().chain(&self.checks.dead_ends) {
            if !self.entered.contains(&remark.id) && holds_now(remark, &self.world) {
                self.entered.insert(remark.id.clone());
            }
        }
        self.turn_green()
    }

    fn turn_green(&mut self) -> bool {
        let mut turned = false;
        loop {
            let ready =
                |(goal, track): &(&Goal, &GoalTrack)| track.reached && !track.met && self.has_its_turn(goal);
            let pairs = self.checks.goals.iter().zip(&self.goals);
            let Some(index) = pairs.enumerate().find(|(_, pair)| ready(pair)).map(|(index, _)| index) else {
                return turned;
            };
            self.goals[index].met = true;
            turned = true;
        }
    }

    /// Ids of the green goals.
    pub fn met(&self) -> impl Iterator<Item = &str> {
        let pairs = self.checks.goals.iter().zip(&self.goals);
        pairs.filter(|(_, track)| track.met).map(|(goal, _)| goal.id.as_str())
    }

    /// Whether the goals that it needs are green.
    fn has_its_turn(&self, goal: &Goal) -> bool {
        goal.needs.iter().all(|need| self.met().any(|met| met == need))
    }

    pub fn is_done(&self) -> bool {
        self.goals.iter().all(|track| track.met)
    }

    pub fn goals(&self) -> Vec<GoalView<'_>> {
        let pairs = self.checks.goals.iter().zip(&self.goals);
        pairs.map(|(goal, track)| self.view(goal, track.met)).collect()
    }

    fn view<'a>(&'a self, goal: &'a Goal, met: bool) -> GoalView<'a> {
        // Of a goal whose turn has not come, nothing is missing yet.
        let lacks = !met && self.has_its_turn(goal);
        let missing = if lacks { self.missing(goal).map(|(_, say)| say) } else { None };
        GoalView { id: &goal.id, text: &goal.text, met, missing }
    }

    /// The first fitting line of a goal: its number (from 1) and what it says.
    pub fn missing(&self, goal: &Goal) -> Option<(usize, String)> {
        let job = self.world.newest_job();
        let fits =
            |condition: &Option<Condition>| condition.as_ref().is_none_or(|c| c.holds(&self.world, job));
        let index = goal.missing.iter().position(|line| fits(&line.condition))?;
        Some((index + 1, self.filled(&goal.missing[index].say)))
    }

    /// Wrong tracks that the learner is on now.
    pub fn anti(&self) -> Vec<RemarkView<'_>> {
        self.remarks(&self.checks.anti)
    }

    /// Dead ends that the learner is in now, while goals are still open.
    pub fn dead_ends(&self) -> Vec<RemarkView<'_>> {
        if self.is_done() { Vec::new() } else { self.remarks(&self.checks.dead_ends) }
    }

    /// Whether a wrong track or dead end was ever entered.
    pub fn has_entered(&self, id: &str) -> bool {
        self.entered.contains(id)
    }

    pub fn entered(&self) -> impl Iterator<Item = &str> {
        self.entered.iter().map(String::as_str)
    }

    fn remarks<'a>(&'a self, remarks: &'a [Remark]) -> Vec<RemarkView<'a>> {
        let now = remarks.iter().filter(|remark| holds_now(remark, &self.world));
        now.map(|remark| RemarkView { id: &remark.id, say: self.filled(&remark.say) }).collect()
    }

    fn filled(&self, say: &str) -> String {
        fill(say, self.world.newest_job().and_then(|uid| self.world.job(uid)))
    }
}

fn holds_now(remark: &Remark, world: &World) -> bool {
    remark.condition.holds(world, world.newest_job())
}

fn kinds_of(checks: &Checks) -> BTreeSet<String> {
    let mut kinds = BTreeSet::new();
    for goal in &checks.goals {
        goal.conditions().for_each(|condition| condition.note_kinds(&mut kinds));
        let lines = goal.missing.iter().filter_map(|line| line.condition.as_ref());
        lines.for_each(|condition| condition.note_kinds(&mut kinds));
    }
    for remark in checks.anti.iter().chain(&checks.dead_ends) {
        remark.condition.note_kinds(&mut kinds);
    }
    // Messages may show values of the Job whatever the conditions look at.
    kinds.insert("Job".to_owned());
    kinds
}

/// Judges every Job (or the world as a whole) by a goal that is not yet reached.
fn look(goal: &Goal, track: &mut GoalTrack, world: &World) -> bool {
    if !goal.conditions().any(Condition::is_about_a_job) {
        let subject = track.subjects.entry(String::new()).or_default();
        return judge(goal, subject, world, None, Time::default());
    }
    world.jobs.iter().any(|job| {
        let subject = track.subjects.entry(job.uid.clone()).or_default();
        judge(goal, subject, world, Some(&job.uid), job.born)
    })
}

fn judge(goal: &Goal, subject: &mut Subject, world: &World, job: Option<&str>, born: Time) -> bool {
    let holds = |condition: &Condition| condition.holds(world, job);
    if subject.lost {
        return false;
    }
    if subject.begun.is_none() {
        match &goal.after {
            None => subject.begun = Some(if job.is_some() { born } else { world.now }),
            Some(after) if holds(after) => subject.begun = Some(world.now),
            Some(_) => return false,
        }
    }
    subject.lost = goal.before.as_ref().is_some_and(holds)
        || goal.never.as_ref().is_some_and(holds)
        || !goal.always.as_ref().is_none_or(holds)
        || goal.within.zip(subject.begun).is_some_and(|(within, begun)| world.now - begun > within);
    if subject.lost {
        return false;
    }
    subject.seen.resize(goal.eventually.len(), false);
    for (seen, part) in subject.seen.iter_mut().zip(&goal.eventually) {
        *seen = *seen || holds(part);
    }
    subject.seen.iter().all(|seen| *seen) && goal.when.as_ref().is_none_or(holds)
}
