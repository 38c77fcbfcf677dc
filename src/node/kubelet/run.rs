//! One run of a container: a scripted life or a program.

use super::logs::{Logs, Stream};
use super::program::ProgramRun;
use super::script::{OnTerm, ScriptedRun};
use crate::base::Time;
use crate::containers::Signal;

pub const KILLED: i32 = 137;

/// How a run ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exit {
    pub code: i32,
    pub at: Time,
    /// Set where the runtime knows more than the exit code, such as `OOMKilled`.
    pub reason: Option<&'static str>,
    pub message: String,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Progress {
    /// Still going; `wake` is the next instant at which something can change by itself.
    Running {
        wake: Option<Time>,
    },
    Exited(Exit),
}

#[derive(Clone, Debug)]
pub enum Run {
    Scripted(ScriptedRun),
    Program(Box<ProgramRun>),
}

impl Run {
    pub fn advance(&mut self, now: Time, logs: &mut Logs) -> Progress {
        match self {
            Run::Scripted(run) => {
                if !run.log.is_empty() {
                    logs.write(now, Stream::Stdout, &std::mem::take(&mut run.log));
                }
                match run.exit_at.filter(|at| *at <= now) {
                    Some(at) => Progress::Exited(run.exit(at)),
                    None => Progress::Running { wake: run.exit_at },
                }
            }
            Run::Program(run) => run.advance(now, logs),
        }
    }

    /// SIGTERM.
    pub fn terminate(&mut self, now: Time) {
        match self {
            Run::Scripted(run) => {
                let OnTerm::Exit { code, after } = run.on_term else { return };
                if run.exit_at.is_none_or(|at| now + after < at) {
                    run.exit_at = Some(now + after);
                    run.exit_code = code;
                }
            }
            Run::Program(run) => run.signal(Signal::Term, now),
        }
    }

    /// SIGKILL.
    pub fn kill(&mut self, now: Time) {
        match self {
            Run::Scripted(run) => {
                run.exit_at = Some(now);
                run.exit_code = KILLED;
            }
            Run::Program(run) => run.signal(Signal::Kill, now),
        }
    }
}

impl ScriptedRun {
    fn exit(&self, at: Time) -> Exit {
        let message = if self.exit_code == 0 { String::new() } else { self.message.clone() };
        Exit { code: self.exit_code, at, reason: None, message }
    }
}
