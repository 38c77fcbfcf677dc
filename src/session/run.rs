//! A command line in progress: the shell runs it, the desk runs what only the desk knows.

use super::Effect;
use super::host::{HostCommand, HostState};
use crate::base::Time;
use crate::cluster::Cluster;
use crate::containers::process::{HostCallId, State, Stream};
use crate::containers::shell::TerminalShell;
use crate::kubectl::{Desk, Stdin};

/// What a running line can reach.
pub struct World<'a> {
    pub cluster: &'a mut Cluster,
    pub desk: &'a mut Desk,
    pub shell: &'a mut TerminalShell,
    pub history: &'a [String],
    pub effects: &'a mut Vec<Effect>,
}

/// Something for the terminal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Printed {
    Text(Stream, String),
    /// All earlier lines go away.
    Clear,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RunState {
    Exited(i32),
    /// Has more to do at this instant.
    Ready,
    /// Nothing to do before `wake`, a change in the cluster or an input.
    Waiting,
}

/// Host calls of the line that runs in the shell.
#[derive(Debug, Default)]
pub struct Run {
    calls: Vec<Call>,
    wake: Option<Time>,
    /// The shell waits for input or for the calls.
    blocked: bool,
}

#[derive(Debug)]
struct Call {
    id: HostCallId,
    directory: String,
    command: HostCommand,
    stdin: Stdin,
    reads_terminal: bool,
}

impl Run {
    /// Whether what is typed now is input of the running line.
    pub fn reads_terminal(&self) -> bool {
        self.blocked && self.calls.iter().all(|call| call.reads_terminal)
    }

    /// When the line wants to go on by itself.
    pub fn wake(&self) -> Option<Time> {
        self.wake
    }

    /// Lets the line do what it can at this instant.
    pub fn poll(&mut self, world: &mut World<'_>, printed: &mut Vec<Printed>) -> RunState {
        let state = world.shell.run(world.cluster.now());
        for output in world.shell.take_output() {
            printed.push(Printed::Text(output.stream, output.text));
        }
        for id in world.shell.take_ended_calls() {
            self.calls.retain(|call| call.id != id);
        }
        let mut moved = false;
        for call in world.shell.take_host_calls() {
            let command = HostCommand::start(&call, world.cluster.now());
            // Only `-f -` and its like read; anything else leaves what is typed for the next line.
            let reads = call.stdin_is_terminal && call.argv.iter().any(|argument| argument == "-");
            let (id, directory) = (call.id, call.directory);
            self.calls.push(Call { id, directory, command, stdin: Stdin::default(), reads_terminal: reads });
            moved = true;
        }
        self.wake = None;
        self.blocked = state == State::Blocked;
        let mut ended = Vec::new();
        for call in &mut self.calls {
            match call.poll(world, printed) {
                HostState::Exited(status) => {
                    world.shell.host_exit(call.id, status, world.cluster.now());
                    ended.push(call.id);
                    moved = true;
                }
                HostState::Waiting { until } => {
                    self.wake = [self.wake, until].into_iter().flatten().min();
                }
            }
        }
        self.calls.retain(|call| !ended.contains(&call.id));
        match state {
            State::Exited { code, .. } => RunState::Exited(code),
            _ if moved => RunState::Ready,
            State::Ready => RunState::Ready,
            State::Sleeping { until } => {
                self.wake = Some(self.wake.map_or(until, |wake| wake.min(until)));
                RunState::Waiting
            }
            State::Blocked => RunState::Waiting,
        }
    }
}

impl Call {
    fn poll(&mut self, world: &mut World<'_>, printed: &mut Vec<Printed>) -> HostState {
        let (text, ended) = world.shell.host_stdin(self.id);
        self.stdin.text.push_str(&text);
        self.stdin.ended |= ended;
        let mut out = Vec::new();
        // The command works on the shell's files, in the folder where it was called.
        std::mem::swap(&mut world.desk.files, world.shell.files_mut());
        world.desk.cwd.clone_from(&self.directory);
        let state = self.command.poll(world, &mut self.stdin, &mut out, printed);
        std::mem::swap(&mut world.desk.files, world.shell.files_mut());
        for (stream, text) in out {
            if !world.shell.host_output(self.id, stream, text, world.cluster.now()) {
                // Nobody reads any more: the command dies of SIGPIPE.
                return HostState::Exited(141);
            }
        }
        state
    }
}
