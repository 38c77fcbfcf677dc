//! The shell of the learner's terminal: it remembers from line to line and asks its host for programs that only the host has.

use std::collections::BTreeMap;
use std::fmt;

use super::Interpreter;
use super::parser::{ParseError, Parser};
use super::report::bash_words;
use super::state::{Dialect, State as ShellState};
use crate::base::{Time, sorted};
use crate::containers::files::FileSystem;
use crate::containers::images;
use crate::containers::kernel::{Halt, Handle, Kernel, ROOT_PID, Setting, Sys};
use crate::containers::process::{ExitReason, HostCall, HostCallId, Output, State, Stream};
use crate::containers::programs::Program;

/// Processes that a line starts at no cost; those of a longer loop take their time.
const FREE_STARTS: u32 = 50;

#[derive(Clone, Debug, Default)]
pub struct ShellOptions {
    /// Programs that the host runs: `kubectl`, `nano`. They win over the shell's own.
    pub host_programs: Vec<String>,
    pub files: FileSystem,
    pub env: Vec<(String, String)>,
    pub hostname: String,
    /// Where it starts; empty means `/root`.
    pub directory: String,
    pub seed: u64,
}

#[derive(Clone, Debug)]
pub struct Shell {
    kernel: Kernel,
    running: bool,
}

impl Shell {
    pub fn new(options: ShellOptions) -> Shell {
        let mut kernel = Kernel::new(images::terminal(), options.files, options.seed, Time::default());
        kernel.host_programs = options.host_programs;
        kernel.hostname = options.hostname;
        kernel.input_ended = false;
        let directory = if options.directory.is_empty() { "/root".to_string() } else { options.directory };
        // A directory that cannot be made is still where the shell stands.
        let _ = kernel.files.make_directories(&directory);
        let mut env: BTreeMap<String, String> = sorted::collect([
            ("PATH".to_string(), images::DEFAULT_PATH.to_string()),
            ("HOME".to_string(), directory.clone()),
            ("HOSTNAME".to_string(), kernel.hostname.clone()),
            ("PWD".to_string(), directory.clone()),
        ]);
        env.extend(options.env);
        let mut state = ShellState::new(Dialect::Bash, "bash", ROOT_PID, &env);
        (state.interactive, state.in_terminal) = (true, true);
        let fds = sorted::collect([
            (0, Handle::Input),
            (1, Handle::Output(Stream::Stdout)),
            (2, Handle::Output(Stream::Stderr)),
        ]);
        let program = Program::Shell(Box::new(Interpreter::new(state)));
        kernel.spawn(0, program, vec!["bash".to_string()], Setting { fds, env, directory });
        Shell { kernel, running: false }
    }

    /// Starts a line (or several). An incomplete one (`ParseError::is_incomplete`) may be tried again with more lines.
    pub fn start_line(&mut self, text: &str, now: Time) -> Result<(), ParseError> {
        let source: Vec<char> = text.chars().collect();
        let mut parser = Parser::new(&source, 0, 1, true, true);
        // A line before may switch it on.
        parser.extglob = true;
        if let Some(shell) = self.interpreter() {
            parser.aliases = shell.state.aliases.clone();
        }
        while parser.next_line()?.is_some() {}
        // At the prompt nothing is under way: the line begins now.
        self.kernel.clock = self.kernel.clock.max(now);
        self.kernel.free_starts = FREE_STARTS;
        self.kernel.input_ended = false;
        if let Some(shell) = self.interpreter() {
            shell.push_script(text);
        }
        self.kernel.nudge(ROOT_PID);
        self.running = true;
        Ok(())
    }

    fn interpreter(&mut self) -> Option<&mut Interpreter> {
        match self.kernel.program_mut(ROOT_PID) {
            Some(Program::Shell(shell)) => Some(shell),
            _ => None,
        }
    }

    /// Runs what is due. `Exited` means that the line is done; the shell itself stays.
    pub fn run(&mut self, now: Time) -> State {
        let halt = self.kernel.run(now);
        let idle = self.interpreter().is_none_or(|shell| shell.is_idle());
        match halt {
            Halt::Ready => State::Ready,
            Halt::Sleeping(until) if !idle => State::Sleeping { until },
            Halt::Blocked if !idle => State::Blocked,
            _ => {
                self.running = false;
                State::Exited { code: self.status(), at: self.kernel.clock, reason: ExitReason::Ended }
            }
        }
    }

    /// Whether a line is under way.
    pub fn is_running(&self) -> bool {
        self.running
    }

    /// `$?`.
    pub fn status(&mut self) -> i32 {
        self.interpreter().map_or(0, |shell| shell.state.status)
    }

    /// Ctrl-C: what runs in the foreground ends, the shell keeps what it remembers; `$?` is 130.
    pub fn interrupt(&mut self, now: Time) {
        self.kernel.touch(now);
        let pids: Vec<u32> = self.kernel.tasks.keys().copied().filter(|pid| *pid != ROOT_PID).collect();
        for pid in pids {
            self.kernel.end(pid, 130);
        }
        self.kernel.tasks.retain(|pid, _| *pid == ROOT_PID);
        self.kernel.input.clear();
        let Some(taken) = self.kernel.take_program(ROOT_PID) else { return };
        let mut program = taken;
        if let Program::Shell(shell) = program.as_mut() {
            shell.interrupt(&mut Sys::new(&mut self.kernel, ROOT_PID));
        }
        self.kernel.give_program(ROOT_PID, program);
        self.kernel.nudge(ROOT_PID);
    }

    pub fn take_output(&mut self) -> Vec<Output> {
        self.kernel.take_output()
    }

    /// Programs that the host should start now.
    pub fn take_host_calls(&mut self) -> Vec<HostCall> {
        self.kernel.take_host_calls()
    }

    /// Calls that the host should drop: interrupted, or nobody reads their output any more (`| head`).
    pub fn take_ended_calls(&mut self) -> Vec<HostCallId> {
        self.kernel.take_host_ended()
    }

    /// Output of a host program; false: nobody will read it.
    pub fn host_output(&mut self, id: HostCallId, stream: Stream, text: String, now: Time) -> bool {
        self.kernel.touch(now);
        self.kernel.host_output(id, stream, text)
    }

    /// A host program has ended.
    pub fn host_exit(&mut self, id: HostCallId, code: i32, now: Time) {
        self.kernel.touch(now);
        self.kernel.host_exit(id, code);
    }

    /// What has come in on a host program's standard input, and whether that was all.
    pub fn host_stdin(&mut self, id: HostCallId) -> (String, bool) {
        self.kernel.host_stdin(id)
    }

    /// Text typed while a program runs.
    pub fn input(&mut self, text: &str, now: Time) {
        self.kernel.touch(now);
        self.kernel.input.push(text.as_bytes());
    }

    /// Ctrl-D while a program runs: the end of its input. The next line may read again.
    pub fn end_input(&mut self, now: Time) {
        self.kernel.touch(now);
        self.kernel.input_ended = true;
    }

    pub fn files(&self) -> &FileSystem {
        &self.kernel.files
    }

    pub fn files_mut(&mut self) -> &mut FileSystem {
        &mut self.kernel.files
    }

    /// The current directory, for the prompt.
    pub fn directory(&self) -> &str {
        self.kernel.tasks.get(&ROOT_PID).map_or("/", |task| task.directory.as_str())
    }

    /// The value of a shell variable.
    pub fn variable(&mut self, name: &str) -> Option<String> {
        self.interpreter()?.state.get(name).map(String::from)
    }

    /// Names of variables, for completion.
    pub fn variable_names(&mut self) -> Vec<String> {
        self.interpreter().map_or_else(Vec::new, |shell| shell.state.variables.keys().cloned().collect())
    }

    /// Names of commands other than the host's, for completion.
    pub fn command_names(&self) -> Vec<&'static str> {
        crate::containers::programs::names(images::terminal())
    }
}

/// As bash reports it in a terminal.
impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "bash: {}", bash_words(self))
    }
}
