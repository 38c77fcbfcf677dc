//! Programs that only the host has: the kernel's side of a call.

use super::{Handle, Kernel, Pid, Read, Write};
use crate::base::lossy_string;
use crate::containers::process::{HostCallId, Stream};

impl Kernel {
    pub fn is_host_program(&self, name: &str) -> bool {
        self.host_programs.iter().any(|program| program == name)
    }

    fn host_task(&self, id: HostCallId) -> Option<Pid> {
        let calls = |task: &super::Task| task.program.as_ref().and_then(|program| program.host_call());
        self.tasks.iter().find(|(_, task)| calls(task) == Some(id)).map(|(pid, _)| *pid)
    }

    /// Output of a host program goes where its descriptors point. False: nobody reads it any more.
    pub fn host_output(&mut self, id: HostCallId, stream: Stream, text: String) -> bool {
        let Some(pid) = self.host_task(id) else { return false };
        let fd = if stream == Stream::Stdout { 1 } else { 2 };
        if let Some(Handle::Output(stream)) = self.tasks.get(&pid).and_then(|task| task.fds.get(&fd)) {
            self.emit_text(*stream, text);
            return true;
        }
        self.write_to(pid, fd, text.as_bytes()) != Write::Broken
    }

    pub fn host_exit(&mut self, id: HostCallId, code: i32) {
        if let Some(pid) = self.host_task(id) {
            self.end(pid, code);
            self.host_ended.retain(|ended| *ended != id);
        }
    }

    /// What has come in on a host program's standard input since the last call, and whether it has ended.
    pub fn host_stdin(&mut self, id: HostCallId) -> (String, bool) {
        let mut bytes = Vec::new();
        let handle = self.host_task(id).and_then(|pid| self.tasks.get(&pid)?.fds.get(&0).copied());
        let Some(handle) = handle else { return (String::new(), true) };
        loop {
            match self.read(handle, usize::MAX) {
                Read::Data(data) if bytes.len() < (8 << 20) => bytes.extend_from_slice(&data),
                Read::Data(_) | Read::End | Read::Error(_) => {
                    return (lossy_string(&bytes), true);
                }
                Read::Wait => return (lossy_string(&bytes), false),
            }
        }
    }

    /// A pipe with this content and nobody who writes more.
    pub fn filled_pipe(&mut self, bytes: &[u8]) -> super::Handle {
        let id = self.next_io();
        self.pipes.entry(id).or_default().push(bytes);
        super::Handle::PipeRead(id)
    }

    /// The program of a task, to look into or to change between steps.
    pub fn program_mut(&mut self, pid: Pid) -> Option<&mut super::Program> {
        self.tasks.get_mut(&pid)?.program.as_deref_mut()
    }

    pub fn take_program(&mut self, pid: Pid) -> Option<Box<super::Program>> {
        self.tasks.get_mut(&pid)?.program.take()
    }

    pub fn give_program(&mut self, pid: Pid, program: Box<super::Program>) {
        if let Some(task) = self.tasks.get_mut(&pid) {
            task.program = Some(program);
        }
    }

    pub fn is_running(&self, pid: Pid) -> bool {
        self.tasks.get(&pid).is_some_and(|task| !matches!(task.state, super::TaskState::Exited(_)))
    }

    /// Lets a task that rests take a step.
    pub fn nudge(&mut self, pid: Pid) {
        if let Some(task) = self.tasks.get_mut(&pid) {
            task.nudged = true;
        }
    }
}
