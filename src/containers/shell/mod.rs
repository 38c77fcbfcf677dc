//! One POSIX shell for containers and for the learner's terminal.
//!
//! The interpreter is a step machine over an explicit stack of frames: it can rest at a sleep, be killed, be cloned (that is
//! how it forks) and never recurses deeper than the syntax tree, whose depth the parser limits.

mod arithmetic;
mod ast;
mod braces;
mod builtins;
mod compounds;
mod conditions;
pub mod escapes;
mod expand;
mod fields;
mod frames;
mod here_documents;
mod parameters;
mod parser;
pub mod pattern;
mod plan;
mod redirects;
mod report;
mod run;
mod select;
mod session;
mod simples;
mod start;
mod state;
pub mod test;
mod words;

use std::sync::Arc;

pub use parser::ParseError;
pub use session::{Shell as TerminalShell, ShellOptions};
pub use state::Dialect;

pub use builtins::echo_text as builtin_echo;
pub use words::is_name;

use super::kernel::{Pid, Signal, Step, Sys};
use expand::ProcessFile;
use frames::{Frame, Unwind};
use state::{Key, State};

/// Deeper stacks are refused: endless recursion of functions.
const MAX_FRAMES: usize = 4_000;

#[derive(Clone, Debug)]
pub struct Interpreter {
    pub state: State,
    frames: Vec<Frame>,
    unwind: Option<Unwind>,
    /// Nobody needs the shell after its last command: it may turn into that command.
    may_become: bool,
    /// `set -e` is without effect here, by where the fork stands.
    guarded: bool,
    /// A program that the shell turns into after this step.
    next_step: Option<Step>,
    /// The standard output must take bytes again before the shell goes on.
    output_full: bool,
    start: Option<Box<start::Start>>,
    /// Assignments of words before a command substitution that has to run first.
    ahead: Vec<(String, Option<Key>, String)>,
    /// The files of `<(...)` and `>(...)` of the command.
    processes: Vec<ProcessFile>,
}

/// The state of a shell that has not yet seen its environment.
pub fn new_state(dialect: Dialect, name: &str) -> State {
    State::new(dialect, name, 1, &std::collections::BTreeMap::new())
}

impl Interpreter {
    pub fn new(state: State) -> Interpreter {
        Interpreter {
            state,
            frames: Vec::new(),
            unwind: None,
            may_become: false,
            guarded: false,
            next_step: None,
            output_full: false,
            start: None,
            ahead: Vec::new(),
            processes: Vec::new(),
        }
    }

    /// Runs a text as if it stood here.
    pub fn push_script(&mut self, text: &str) {
        self.push_script_at(text, 1);
    }

    fn push_script_at(&mut self, text: &str, line: u32) {
        let source: Arc<[char]> = text.chars().collect();
        self.frames.push(Frame::Script { source, at: 0, line });
    }

    /// Nothing left to run: the terminal shows its prompt.
    pub fn is_idle(&self) -> bool {
        self.frames.is_empty() && self.unwind.is_none()
    }

    /// Drops what runs and keeps what is remembered.
    pub fn interrupt(&mut self, sys: &mut Sys) {
        while let Some(frame) = self.frames.pop() {
            self.drop_frame(sys, frame);
        }
        self.unwind = None;
        self.output_full = false;
        self.state.status = 128 + Signal::Int.number();
    }

    pub fn step(&mut self, sys: &mut Sys) -> Step {
        if std::mem::take(&mut self.output_full) {
            return Step::Write(1);
        }
        if self.frames.len() > MAX_FRAMES {
            self.report(sys, "maximum function recursion depth exceeded");
            self.frames.truncate(MAX_FRAMES / 2);
            self.fatal(2);
        }
        if let Some(start) = self.start.take() {
            return self.begin(sys, *start);
        }
        self.take_signals(sys);
        if let Some(unwind) = self.unwind.take() {
            self.unwind_one(sys, unwind);
            return Step::Continue;
        }
        let step = match self.frames.pop() {
            Some(frame) => self.run_frame(sys, frame),
            None => self.finish(),
        };
        self.next_step.take().unwrap_or(step)
    }

    fn finish(&mut self) -> Step {
        if self.state.interactive {
            return Step::Wait;
        }
        match self.state.traps.remove("EXIT") {
            Some(command) if !command.is_empty() => {
                self.frames.push(Frame::Trap { status: self.state.status });
                self.push_script(&command);
                Step::Continue
            }
            _ => Step::Exit(self.state.status),
        }
    }

    /// Traps wait until the foreground command has ended, as in every shell.
    fn take_signals(&mut self, sys: &mut Sys) {
        if sys.task().signals.is_empty() {
            return;
        }
        if matches!(self.frames.last(), Some(Frame::Wait { .. } | Frame::Capture { .. })) {
            return;
        }
        let signal = sys.task_mut().signals.remove(0);
        if let Some(Frame::WaitBuiltin { .. }) = self.frames.last() {
            self.frames.pop();
            self.state.status = 128 + signal.number();
        }
        if let Some(command) = self.state.traps.get(signal.name()).cloned() {
            self.frames.push(Frame::Trap { status: self.state.status });
            self.push_script(&command);
        }
    }

    /// A copy of this shell as another task; it runs the given frames and ends.
    fn fork(
        &mut self,
        sys: &mut Sys,
        frames: Vec<Frame>,
        may_become: bool,
        bind: &[(u32, super::kernel::Handle)],
    ) -> Option<Pid> {
        if !sys.can_fork() {
            self.report(sys, "Cannot fork");
            return None;
        }
        let mut child = Interpreter::new(self.state.clone());
        child.frames = frames;
        child.may_become = may_become;
        child.guarded = self.is_guarded();
        child.state.interactive = false;
        // Handlers end with the fork; what is ignored stays so.
        let errtrace = child.state.options.errtrace;
        child.state.traps.retain(|name, command| command.is_empty() || (errtrace && name == "ERR"));
        child.state.jobs.clear();
        let ignored: Vec<Signal> = child.state.traps.keys().filter_map(|name| Signal::parse(name)).collect();
        let mut setting = sys.setting();
        setting.fds.extend(bind.iter().copied());
        let argv = sys.task().argv.clone();
        let pid = sys.spawn(super::programs::Program::Shell(Box::new(child)), argv, setting);
        if let Some(task) = sys.kernel.tasks.get_mut(&pid) {
            task.handled = ignored;
        }
        Some(pid)
    }

    /// Ends the script, or in the terminal the line.
    fn fatal(&mut self, status: i32) {
        self.state.status = status;
        self.unwind = Some(Unwind::Exit);
    }
}
