//! What runs inside one container: tasks, their descriptors, pipes, files and a local clock.
//!
//! A task is a program as a step machine. The kernel steps the tasks that can go on, in the order of their pids, and moves
//! its clock to the next sleeper when none can. Nothing here knows real time.

mod buffer;
mod host;
mod io;
mod schedule;
mod sys;

use std::borrow::Cow;
use std::collections::BTreeMap;

use buffer::Buffer;
pub use io::{Handle, Mode, Read, Write};
pub use schedule::Halt;
pub use sys::Sys;

use super::compute::{Computation, ComputationId};
use super::files::FileSystem;
use super::images::Image;
use super::process::{HostCall, HostCallId, Output, Stream};
use super::programs::Program;
use crate::base::{Random, Time, lossy};

pub type Pid = u32;

pub const ROOT_PID: Pid = 1;

/// More tasks than this at once and `fork` fails.
pub const MAX_TASKS: usize = 200;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Signal {
    Int,
    Kill,
    Pipe,
    Term,
    Hangup,
    Quit,
    User1,
    User2,
}

impl Signal {
    pub const ALL: [Signal; 8] = [
        Signal::Hangup,
        Signal::Int,
        Signal::Quit,
        Signal::Kill,
        Signal::User1,
        Signal::User2,
        Signal::Pipe,
        Signal::Term,
    ];

    pub fn number(self) -> i32 {
        match self {
            Signal::Hangup => 1,
            Signal::Int => 2,
            Signal::Quit => 3,
            Signal::Kill => 9,
            Signal::User1 => 10,
            Signal::User2 => 12,
            Signal::Pipe => 13,
            Signal::Term => 15,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Signal::Hangup => "HUP",
            Signal::Int => "INT",
            Signal::Quit => "QUIT",
            Signal::Kill => "KILL",
            Signal::User1 => "USR1",
            Signal::User2 => "USR2",
            Signal::Pipe => "PIPE",
            Signal::Term => "TERM",
        }
    }

    /// `TERM`, `SIGTERM` or `15`.
    pub fn parse(text: &str) -> Option<Signal> {
        let upper = text.to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        Signal::ALL.into_iter().find(|signal| signal.name() == name || signal.number().to_string() == name)
    }
}

/// What a program wants after a step.
#[derive(Clone, Debug)]
pub enum Step {
    Continue,
    Sleep(Time),
    /// Until something can be read from this descriptor.
    Read(u32),
    /// Until this descriptor takes bytes again.
    Write(u32),
    /// Until a child ends or a signal comes.
    Wait,
    /// Until the instant, or a child ends before it.
    WaitUntil(Time),
    /// Until the host says so.
    Host,
    Exit(i32),
    /// Becomes another program under the same pid.
    Become(Box<Program>),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TaskState {
    Ready,
    Sleeping(Time),
    Reading(u32),
    Writing(u32),
    Waiting,
    WaitingUntil(Time),
    Computing { id: ComputationId, due: Time },
    Host,
    Exited(i32),
}

#[derive(Clone, Debug)]
pub struct Task {
    pub parent: Pid,
    /// Absent only while the task takes a step.
    program: Option<Box<Program>>,
    pub fds: BTreeMap<u32, Handle>,
    pub env: BTreeMap<String, String>,
    pub directory: String,
    pub argv: Vec<String>,
    pub(super) state: TaskState,
    /// A child ended or a signal came since the task last looked.
    nudged: bool,
    /// Signals that the program has a handler for and has not yet handled.
    pub signals: Vec<Signal>,
    /// Signals that the program handles or ignores itself.
    pub handled: Vec<Signal>,
    /// Bytes that the program holds in memory.
    pub memory_bytes: u64,
    killed_by: Option<Signal>,
}

/// The result of a computation, or the lack of one.
#[derive(Clone, Debug)]
struct PendingComputation {
    due: Time,
    result: Option<Result<String, String>>,
}

#[derive(Clone, Debug)]
pub struct Kernel {
    pub clock: Time,
    pub files: FileSystem,
    pub random: Random,
    pub hostname: String,
    pub image: &'static Image,
    pub memory_limit_bytes: u64,
    /// The processes that ran in the container when this command was started in it, for `ps`: commands by their PID.
    pub neighbours: BTreeMap<Pid, Vec<String>>,
    /// Programs that only the host has; they win over the kernel's own.
    pub host_programs: Vec<String>,
    /// Processes that may yet start at no cost: a terminal's commands end while the clock stands still, its loops do not.
    pub free_starts: u32,
    pub input: Buffer,
    pub input_ended: bool,
    pub tasks: BTreeMap<Pid, Task>,
    pub out_of_memory: bool,
    pipes: BTreeMap<u32, Buffer>,
    open_files: BTreeMap<u32, io::OpenFile>,
    pending: BTreeMap<ComputationId, PendingComputation>,
    output: Vec<Output>,
    /// The start of a character whose other bytes are still to come, per stream.
    partial: [Vec<u8>; 2],
    calls: Vec<Computation>,
    host_calls: Vec<HostCall>,
    host_ended: Vec<HostCallId>,
    last_pid: Pid,
    last_io: u32,
    last_call: u32,
    busy: schedule::Busy,
}

impl Task {
    pub fn has_exited(&self) -> bool {
        matches!(self.state, TaskState::Exited(_))
    }
}

impl Kernel {
    pub fn new(image: &'static Image, files: FileSystem, seed: u64, now: Time) -> Kernel {
        Kernel {
            clock: now,
            files,
            random: Random::new(seed),
            hostname: String::from("localhost"),
            image,
            memory_limit_bytes: u64::MAX,
            neighbours: BTreeMap::new(),
            host_programs: Vec::new(),
            free_starts: 0,
            input: Buffer::default(),
            input_ended: true,
            tasks: BTreeMap::new(),
            out_of_memory: false,
            pipes: BTreeMap::new(),
            open_files: BTreeMap::new(),
            pending: BTreeMap::new(),
            output: Vec::new(),
            partial: [Vec::new(), Vec::new()],
            calls: Vec::new(),
            host_calls: Vec::new(),
            host_ended: Vec::new(),
            last_pid: 0,
            last_io: 0,
            last_call: 0,
            busy: schedule::Busy::default(),
        }
    }

    fn next_io(&mut self) -> u32 {
        self.last_io += 1;
        self.last_io
    }

    pub fn next_call(&mut self) -> u32 {
        self.last_call += 1;
        self.last_call
    }

    /// Adds a task; its descriptors, environment and directory are given.
    pub fn spawn(&mut self, parent: Pid, program: Program, argv: Vec<String>, setting: Setting) -> Pid {
        self.last_pid += 1;
        match self.free_starts.checked_sub(1) {
            Some(left) => self.free_starts = left,
            None => self.busy.charge(schedule::SPAWN_STEPS),
        }
        let task = Task {
            parent,
            program: Some(Box::new(program)),
            fds: setting.fds,
            env: setting.env,
            directory: setting.directory,
            argv,
            state: TaskState::Ready,
            nudged: false,
            signals: Vec::new(),
            handled: Vec::new(),
            memory_bytes: 1 << 20,
            killed_by: None,
        };
        self.tasks.insert(self.last_pid, task);
        self.last_pid
    }

    /// Appends to the container's own output; bytes that are no text become U+FFFD.
    fn emit(&mut self, stream: Stream, bytes: &[u8]) {
        let partial = &mut self.partial[stream as usize];
        let mut joined = std::mem::take(partial);
        // What is left of a character is rare: nothing else is copied twice.
        let bytes = match joined.is_empty() {
            true => bytes,
            false => {
                joined.extend_from_slice(bytes);
                &joined
            }
        };
        let (bytes, rest) = bytes.split_at(whole_characters(bytes));
        *partial = rest.to_vec();
        self.emit_whole(stream, lossy(bytes));
    }

    /// The same for a text that is there already.
    fn emit_text(&mut self, stream: Stream, text: String) {
        match self.partial[stream as usize].is_empty() {
            true => self.emit_whole(stream, Cow::Owned(text)),
            false => self.emit(stream, text.as_bytes()),
        }
    }

    fn emit_whole(&mut self, stream: Stream, text: Cow<str>) {
        match self.output.last_mut() {
            _ if text.is_empty() => {}
            Some(last) if last.at == self.clock && last.stream == stream => last.text.push_str(&text),
            _ => self.output.push(Output { at: self.clock, stream, text: text.into_owned() }),
        }
    }

    pub fn take_output(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.output)
    }

    pub fn take_calls(&mut self) -> Vec<Computation> {
        std::mem::take(&mut self.calls)
    }

    pub fn take_host_calls(&mut self) -> Vec<HostCall> {
        std::mem::take(&mut self.host_calls)
    }

    pub fn take_host_ended(&mut self) -> Vec<HostCallId> {
        std::mem::take(&mut self.host_ended)
    }

    /// The computation that is due first and has no result yet.
    pub fn pending_computation(&self) -> Option<(ComputationId, Time)> {
        let open = self.pending.iter().filter(|(_, pending)| pending.result.is_none());
        open.map(|(&id, pending)| (id, pending.due)).min_by_key(|&(id, due)| (due, id))
    }

    pub fn finish_computation(&mut self, id: ComputationId, result: Result<String, String>) {
        if let Some(pending) = self.pending.get_mut(&id) {
            pending.result = Some(result);
        }
    }
}

/// Where and with what a new task runs.
#[derive(Clone, Debug)]
pub struct Setting {
    pub fds: BTreeMap<u32, Handle>,
    pub env: BTreeMap<String, String>,
    pub directory: String,
}

/// The length of the prefix that does not end inside a character.
fn whole_characters(bytes: &[u8]) -> usize {
    let tail = bytes.len().saturating_sub(3);
    for (at, &byte) in bytes.iter().enumerate().skip(tail).rev() {
        let length = match byte {
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf7 => 4,
            0x80..=0xbf => continue,
            _ => 1,
        };
        return if at + length > bytes.len() { at } else { bytes.len() };
    }
    bytes.len()
}
