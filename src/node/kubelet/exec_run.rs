//! A command that the kubelet runs beside a container's first process: of a probe or a hook.

use super::run::Run;
use crate::base::{Duration, Time};
use crate::containers::{Process, StartError, State, compute};

/// What is kept of the output.
// Models pkg/probe/exec/exec.go maxReadLength
const OUTPUT_BYTES: usize = 10 << 10;
/// Calls of one instant after which a busy command waits for the next millisecond.
const CALLS_PER_INSTANT_MAX: usize = 10_000;

#[derive(Clone, Debug)]
pub struct ExecRun {
    process: Process,
    /// Standard output and standard error as they came.
    pub output: String,
    pub stderr: String,
    /// When it can go on by itself.
    pub wake: Option<Time>,
}

impl ExecRun {
    /// `None` where containers live as annotations say.
    ///
    /// # Errors
    /// When the container has no such program.
    pub fn start(run: &Run, argv: &[String], now: Time) -> Option<Result<ExecRun, StartError>> {
        let Run::Program(program) = run else { return None };
        let process = program.process().exec(argv.to_vec(), now);
        let begun =
            |process| ExecRun { process, output: String::new(), stderr: String::new(), wake: Some(now) };
        Some(process.map(begun))
    }

    /// Runs what is due. Answers the exit code when the command has ended.
    pub fn advance(&mut self, now: Time) -> Option<i32> {
        let mut state = self.process.run(now);
        for _ in 0..CALLS_PER_INSTANT_MAX {
            // Only first processes compute outside; beside them it is done here.
            for call in self.process.take_calls() {
                self.process.finish_computation(call.id, compute::run(&call.request));
                state = State::Ready;
            }
            if state != State::Ready {
                break;
            }
            state = self.process.run(now);
        }
        for piece in self.process.take_output() {
            if piece.stream == crate::containers::Stream::Stderr {
                push_within(&mut self.stderr, &piece.text);
            }
            push_within(&mut self.output, &piece.text);
        }
        self.wake = match state {
            State::Exited { code, .. } => return Some(code),
            State::Ready => Some(now + Duration::from_millis(1)),
            State::Sleeping { until } => Some(until),
            State::Blocked => self.process.pending_computation().map(|(_, due)| due),
        };
        None
    }
}

fn push_within(text: &mut String, piece: &str) {
    let mut room = OUTPUT_BYTES.saturating_sub(text.len()).min(piece.len());
    while !piece.is_char_boundary(room) {
        room -= 1;
    }
    text.push_str(&piece[..room]);
}
