//! What a program may ask of the kernel while it takes a step.

use super::io::READ_BYTES;
use super::{
    Handle, Kernel, MAX_TASKS, Mode, PendingComputation, Pid, Read, Setting, Task, TaskState, Write,
};
use crate::base::{Duration, Time, carried, carried_bytes, sorted};
use crate::containers::compute::{self, Computation, ComputationId, ComputeRequest};
use crate::containers::files::{FileError, normalize};
use crate::containers::process::{HostCall, HostCallId};
use crate::containers::programs::Program;

/// One task's view of the kernel.
pub struct Sys<'a> {
    pub kernel: &'a mut Kernel,
    pub pid: Pid,
}

/// What a program started by a shell gets of its descriptors: not those that the shell keeps for itself, but those of
/// `<(...)`, which stand at the end of the sixty-four.
fn is_inherited(fd: u32) -> bool {
    fd < 10 || (48..64).contains(&fd)
}

impl<'a> Sys<'a> {
    pub fn new(kernel: &'a mut Kernel, pid: Pid) -> Sys<'a> {
        Sys { kernel, pid }
    }

    pub fn now(&self) -> Time {
        self.kernel.clock
    }

    pub fn task(&self) -> &Task {
        self.kernel.tasks.get(&self.pid).expect("a task that takes a step is there")
    }

    pub fn task_mut(&mut self) -> &mut Task {
        self.kernel.tasks.get_mut(&self.pid).expect("a task that takes a step is there")
    }

    pub fn env(&self, name: &str) -> Option<&str> {
        self.task().env.get(name).map(String::as_str)
    }

    /// An absolute path, seen from the task's directory.
    pub fn path(&self, path: &str) -> String {
        let resolved = normalize(&self.task().directory, path);
        match resolved.strip_prefix("/proc/self/") {
            Some(rest) => format!("/proc/{}/{rest}", self.pid),
            None => resolved,
        }
    }

    pub fn out(&mut self, text: &str) -> Write {
        self.write(1, &carried_bytes(text))
    }

    pub fn err(&mut self, text: &str) -> Write {
        self.write(2, &carried_bytes(text))
    }

    /// A broken pipe kills the task after this step unless it handles SIGPIPE.
    pub fn write(&mut self, fd: u32, bytes: &[u8]) -> Write {
        if bytes.is_empty() {
            return Write::Done;
        }
        self.kernel.write_to(self.pid, fd, bytes)
    }

    pub fn read(&mut self, fd: u32) -> Read {
        self.read_some(fd, READ_BYTES)
    }

    pub fn read_some(&mut self, fd: u32, limit: usize) -> Read {
        match self.task().fds.get(&fd) {
            Some(&handle) => self.kernel.read(handle, limit),
            None => Read::Error("Bad file descriptor"),
        }
    }

    pub fn unread(&mut self, fd: u32, bytes: &[u8]) {
        if let Some(&handle) = self.task().fds.get(&fd) {
            self.kernel.unread(handle, bytes);
        }
    }

    pub fn open(&mut self, path: &str, mode: Mode) -> Result<Handle, FileError> {
        let path = self.path(path);
        let fd = match path.as_str() {
            "/dev/stdin" => Some(0),
            "/dev/stdout" => Some(1),
            "/dev/stderr" => Some(2),
            path => path
                .strip_prefix("/dev/fd/")
                .map(String::from)
                .or_else(|| path.strip_prefix(&format!("/proc/{}/fd/", self.pid)).map(String::from))
                .and_then(|fd| fd.parse().ok()),
        };
        match fd {
            Some(fd) => self.task().fds.get(&fd).copied().ok_or(FileError::NotFound),
            None => self.kernel.open(&path, mode),
        }
    }

    /// The text of a file; of a descriptor, what is there to be read.
    ///
    /// # Errors
    /// When there is no such file, or it is a directory.
    pub fn read_whole(&mut self, path: &str) -> Result<String, FileError> {
        let absolute = self.path(path);
        if !absolute.starts_with("/dev/") {
            return self.kernel.files.read_text(&absolute);
        }
        let handle = self.open(path, Mode::Read)?;
        let mut bytes = Vec::new();
        while let Read::Data(data) = self.kernel.read(handle, READ_BYTES) {
            bytes.extend(data);
        }
        Ok(carried(&bytes).into_owned())
    }

    /// Binds a descriptor; what it stood for before is closed.
    pub fn bind(&mut self, fd: u32, handle: Handle) {
        if let Some(before) = self.task_mut().fds.insert(fd, handle) {
            self.kernel.collect(before);
        }
    }

    pub fn close(&mut self, fd: u32) {
        if let Some(before) = self.task_mut().fds.remove(&fd) {
            self.kernel.collect(before);
        }
    }

    /// The setting that a child inherits: descriptors from 10 on are the shell's own.
    pub fn setting(&self) -> Setting {
        let task = self.task();
        let inherited = task.fds.iter().filter(|(fd, _)| is_inherited(**fd));
        Setting {
            fds: sorted::collect(inherited.map(|(fd, handle)| (*fd, *handle))),
            env: task.env.clone(),
            directory: task.directory.clone(),
        }
    }

    pub fn can_fork(&self) -> bool {
        self.kernel.tasks.len() < MAX_TASKS
    }

    pub fn spawn(&mut self, program: Program, argv: Vec<String>, setting: Setting) -> Pid {
        self.kernel.spawn(self.pid, program, argv, setting)
    }

    /// The exit code of a child that has ended; the child is then forgotten.
    pub fn reap(&mut self, child: Pid) -> Option<i32> {
        let code = match self.kernel.tasks.get(&child) {
            Some(task) => match task.state {
                TaskState::Exited(code) => code,
                _ => return None,
            },
            None => 127,
        };
        self.kernel.tasks.remove(&child);
        Some(code)
    }

    /// Starts a heavy computation; the task rests until it is due and its result is there.
    pub fn compute(&mut self, request: ComputeRequest) -> ComputationId {
        let id = self.kernel.next_call();
        let due = self.now() + compute::virtual_duration(&request).max(Duration::from_millis(1));
        self.kernel.pending.insert(id, PendingComputation { due, result: None });
        self.kernel.calls.push(Computation { id, request });
        self.task_mut().state = TaskState::Computing { id, due };
        id
    }

    /// The result of a computation, once.
    pub fn computed(&mut self, id: ComputationId) -> Option<Result<String, String>> {
        self.kernel.pending.get(&id)?.result.as_ref()?;
        self.kernel.pending.remove(&id)?.result
    }

    pub fn call_host(&mut self, argv: Vec<String>) -> HostCallId {
        let id = self.kernel.next_call();
        let task = self.task();
        let call = HostCall {
            id,
            argv,
            env: task.env.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            directory: task.directory.clone(),
            stdout_is_terminal: matches!(task.fds.get(&1), Some(Handle::Output(_))),
            stdin_is_terminal: matches!(task.fds.get(&0), Some(Handle::Input)),
        };
        self.kernel.host_calls.push(call);
        id
    }
}
