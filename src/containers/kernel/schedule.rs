//! Which task takes the next step, and what steps cost in virtual time.

use super::{Kernel, Pid, ROOT_PID, Signal, Step, Sys, Task, TaskState};
use crate::base::{Duration, Time};

/// Steps that starting a program costs: about a millisecond for two of them.
pub const SPAWN_STEPS: u64 = 500;

/// A busy container gives the machine back after this many steps.
const SLICE_STEPS: u64 = 1_000;

/// One call of `run` does at most this many steps.
const RUN_STEPS: u64 = 50_000;

/// A step costs a microsecond at first. A container that never rests pays twice as much after every so many steps:
/// an endless loop then reaches any instant in a bounded number of steps.
const PATIENCE_STEPS: u64 = 400_000;

#[derive(Clone, Debug, Default)]
pub struct Busy {
    /// Steps in the current slice.
    slice: u64,
    /// Steps since the container last slept or waited.
    restless: u64,
    /// Virtual microseconds spent and not yet on the clock.
    micros: u64,
}

impl Busy {
    pub fn charge(&mut self, steps: u64) {
        self.slice += steps;
        self.restless += steps;
        self.micros += steps << (self.restless / PATIENCE_STEPS).min(24);
    }
}

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Halt {
    /// More is due now.
    Ready,
    Sleeping(Time),
    Blocked,
    /// The root task is gone.
    Exited(i32),
}

impl Kernel {
    /// Runs what is due up to `now`, within bounds.
    pub fn run(&mut self, now: Time) -> Halt {
        let mut steps = 0;
        loop {
            if let Some(code) = self.root_exit() {
                return Halt::Exited(code);
            }
            if self.clock > now {
                return Halt::Sleeping(self.clock);
            }
            if steps >= RUN_STEPS {
                return Halt::Ready;
            }
            match self.next_ready() {
                Some(pid) => {
                    let before = self.busy.restless;
                    self.step(pid);
                    steps += self.busy.restless - before;
                    if self.busy.slice >= SLICE_STEPS {
                        self.settle();
                    }
                }
                None => {
                    self.busy.restless = 0;
                    match self.next_wake() {
                        Some(wake) if wake <= now => self.clock = self.clock.max(wake),
                        Some(wake) => return Halt::Sleeping(wake),
                        None => return Halt::Blocked,
                    }
                }
            }
        }
    }

    /// Puts the cost of the slice on the clock.
    fn settle(&mut self) {
        self.busy.slice = 0;
        self.clock += Duration::from_millis((self.busy.micros / 1_000) as i64);
        self.busy.micros %= 1_000;
    }

    /// Something came from outside at `now`: the clock follows unless a sleeper is due before.
    pub fn touch(&mut self, now: Time) {
        let bound = self.next_wake().map_or(now, |wake| wake.min(now));
        if self.next_ready().is_none() {
            self.clock = self.clock.max(bound);
        }
    }

    pub fn root_exit(&self) -> Option<i32> {
        match self.tasks.get(&ROOT_PID).map(|task| &task.state) {
            Some(TaskState::Exited(code)) => Some(*code),
            Some(_) => None,
            None => Some(0),
        }
    }

    fn next_ready(&self) -> Option<Pid> {
        self.tasks.iter().find(|(pid, task)| self.is_ready(**pid, task)).map(|(pid, _)| *pid)
    }

    fn is_ready(&self, pid: Pid, task: &Task) -> bool {
        let nudged = task.nudged || task.killed_by.is_some();
        match &task.state {
            TaskState::Ready => true,
            TaskState::Sleeping(until) => *until <= self.clock || task.killed_by.is_some(),
            TaskState::Reading(fd) => nudged || self.can_read(pid, *fd),
            TaskState::Writing(fd) => nudged || self.can_write(pid, *fd),
            TaskState::Waiting => nudged,
            TaskState::WaitingUntil(until) => nudged || *until <= self.clock,
            TaskState::Computing { id, due } => {
                let there = self.pending.get(id).is_none_or(|pending| pending.result.is_some());
                task.killed_by.is_some() || (*due <= self.clock && there)
            }
            TaskState::Host => task.killed_by.is_some(),
            TaskState::Exited(_) => false,
        }
    }

    /// The next instant at which a task that now rests goes on by itself.
    fn next_wake(&self) -> Option<Time> {
        let wakes = self.tasks.values().filter_map(|task| match &task.state {
            TaskState::Sleeping(until) | TaskState::WaitingUntil(until) => Some(*until),
            TaskState::Computing { due, .. } => Some(*due),
            _ => None,
        });
        // A computation that is due and has no result does not wake anybody.
        wakes.filter(|wake| *wake > self.clock).min()
    }

    /// Counts work that takes the time of so many steps.
    pub fn work(&mut self, steps: u64) {
        self.busy.charge(steps);
    }

    fn step(&mut self, pid: Pid) {
        self.busy.charge(1);
        let Some(task) = self.tasks.get_mut(&pid) else { return };
        if let Some(signal) = task.killed_by {
            self.end(pid, 128 + signal.number());
            return;
        }
        task.nudged = false;
        task.state = TaskState::Ready;
        let Some(mut program) = task.program.take() else { return };
        let step = program.step(&mut Sys::new(self, pid));
        let Some(task) = self.tasks.get_mut(&pid) else { return };
        task.program = Some(program);
        match step {
            Step::Continue => {}
            Step::Sleep(until) => task.state = TaskState::Sleeping(until),
            Step::Read(fd) => task.state = TaskState::Reading(fd),
            Step::Write(fd) => task.state = TaskState::Writing(fd),
            Step::Wait => task.state = TaskState::Waiting,
            Step::WaitUntil(until) => task.state = TaskState::WaitingUntil(until),
            // Computing tasks and host calls have put themselves to rest.
            Step::Host => {
                if task.state == TaskState::Ready {
                    task.state = TaskState::Host;
                }
            }
            Step::Become(next) => {
                task.program = Some(next);
                task.handled.clear();
            }
            Step::Exit(code) => {
                // What it held last counts, though it gives it back now.
                self.check_memory();
                if !self.out_of_memory {
                    self.end(pid, code & 0xff);
                }
            }
        }
        self.check_memory();
    }

    /// Ends a task: closes its descriptors, tells its parent, gives its children to PID 1.
    pub fn end(&mut self, pid: Pid, code: i32) {
        let Some(task) = self.tasks.get_mut(&pid) else { return };
        task.state = TaskState::Exited(code);
        task.memory_bytes = 0;
        let program = task.program.take();
        let parent = task.parent;
        let fds = std::mem::take(&mut task.fds);
        for handle in fds.into_values() {
            self.collect(handle);
        }
        if let Some(id) = program.and_then(|program| program.host_call()) {
            self.host_ended.push(id);
        }
        let orphans: Vec<Pid> =
            self.tasks.iter().filter(|(_, task)| task.parent == pid).map(|(child, _)| *child).collect();
        for child in orphans {
            if let Some(task) = self.tasks.get_mut(&child) {
                task.parent = ROOT_PID;
                if matches!(task.state, TaskState::Exited(_)) {
                    self.tasks.remove(&child);
                }
            }
        }
        match self.tasks.get_mut(&parent) {
            Some(parent) => parent.nudged = true,
            None if pid != ROOT_PID => {
                self.tasks.remove(&pid);
            }
            None => {}
        }
    }

    /// Delivers a signal. PID 1 ignores what it has no handler for, as the first process of a container does.
    pub fn signal(&mut self, pid: Pid, signal: Signal) {
        let Some(task) = self.tasks.get_mut(&pid) else { return };
        if matches!(task.state, TaskState::Exited(_)) {
            return;
        }
        if task.handled.contains(&signal) && signal != Signal::Kill {
            if !task.signals.contains(&signal) {
                task.signals.push(signal);
            }
            task.nudged = true;
        } else if pid != ROOT_PID {
            task.killed_by = Some(signal);
        }
    }

    /// Ends everything at once, as SIGKILL from outside does.
    pub fn kill_all(&mut self, code: i32) {
        let pids: Vec<Pid> = self.tasks.keys().rev().copied().collect();
        for pid in pids {
            if !matches!(self.tasks.get(&pid).map(|task| &task.state), Some(TaskState::Exited(_))) {
                self.end(pid, code);
            }
        }
    }

    fn check_memory(&mut self) {
        let total: u64 = self.tasks.values().map(|task| task.memory_bytes).sum();
        if total > self.memory_limit_bytes {
            self.out_of_memory = true;
            self.kill_all(128 + Signal::Kill.number());
        }
    }

    pub fn write_to(&mut self, pid: Pid, fd: u32, bytes: &[u8]) -> super::Write {
        let Some(&handle) = self.tasks.get(&pid).and_then(|task| task.fds.get(&fd)) else {
            return super::Write::Error("Bad file descriptor");
        };
        let written = self.write(handle, bytes);
        if written == super::Write::Broken {
            self.signal(pid, Signal::Pipe);
        }
        written
    }
}
