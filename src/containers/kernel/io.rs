//! Open files, pipes and the ends of the container's own streams.

use super::{Buffer, Kernel, Pid};
use crate::containers::files::{FileError, Kind};
use crate::containers::process::Stream;

/// A pipe holds this many bytes before its writers must wait.
pub const PIPE_BYTES: usize = 64 << 10;

/// Reads of endless devices and of files hand out at most this much at once.
pub const READ_BYTES: usize = 16 << 10;

/// What a descriptor stands for. Copies share offsets and pipes, as after `dup`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Handle {
    Null,
    Zero,
    Random,
    Full,
    /// The stream into the container or the terminal from outside.
    Input,
    Output(Stream),
    PipeRead(u32),
    PipeWrite(u32),
    File(u32),
}

#[derive(Clone, Debug)]
pub struct OpenFile {
    pub path: String,
    offset: usize,
    append: bool,
    readable: bool,
    writable: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    Read,
    Write,
    Append,
    ReadWrite,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Read {
    Data(Vec<u8>),
    End,
    /// Nothing there yet, but there may be.
    Wait,
    Error(&'static str),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Write {
    Done,
    /// The pipe is over its limit; what was written is in it all the same.
    Full,
    /// Nobody will ever read it: the writer gets SIGPIPE.
    Broken,
    Error(&'static str),
}

impl Kernel {
    pub fn open(&mut self, path: &str, mode: Mode) -> Result<Handle, FileError> {
        match path {
            "/dev/null" => return Ok(Handle::Null),
            "/dev/zero" => return Ok(Handle::Zero),
            "/dev/random" | "/dev/urandom" => return Ok(Handle::Random),
            "/dev/full" => return Ok(Handle::Full),
            "/dev/tty" | "/dev/console" => return Ok(Handle::Output(Stream::Stdout)),
            // The stream of PID 1, whoever opens it: that is where container logs come from.
            "/proc/1/fd/1" => return Ok(Handle::Output(Stream::Stdout)),
            "/proc/1/fd/2" => return Ok(Handle::Output(Stream::Stderr)),
            _ => {}
        }
        match (self.files.kind(path), mode) {
            (None, Mode::Read) => return Err(FileError::NotFound),
            (Some(Kind::Directory), Mode::Write | Mode::Append | Mode::ReadWrite) => {
                return Err(FileError::IsDirectory);
            }
            (_, Mode::Write) => self.files.write(path, b"")?,
            (_, Mode::Append | Mode::ReadWrite) => self.files.append(path, b"")?,
            (Some(_), Mode::Read) => {}
        }
        let id = self.next_io();
        let open = OpenFile {
            path: path.to_string(),
            offset: 0,
            append: mode == Mode::Append,
            readable: matches!(mode, Mode::Read | Mode::ReadWrite),
            writable: mode != Mode::Read,
        };
        self.open_files.insert(id, open);
        Ok(Handle::File(id))
    }

    pub fn make_pipe(&mut self) -> (Handle, Handle) {
        let id = self.next_io();
        self.pipes.insert(id, Buffer::default());
        (Handle::PipeRead(id), Handle::PipeWrite(id))
    }

    pub fn is_open(&self, handle: Handle) -> bool {
        self.tasks.values().any(|task| task.fds.values().any(|&open| open == handle))
    }

    /// Forgets pipes and files that no descriptor stands for any more.
    pub fn collect(&mut self, handle: Handle) {
        match handle {
            Handle::File(id) if !self.is_open(handle) => {
                self.open_files.remove(&id);
            }
            Handle::PipeRead(id) | Handle::PipeWrite(id)
                if !self.is_open(Handle::PipeRead(id)) && !self.is_open(Handle::PipeWrite(id)) =>
            {
                self.pipes.remove(&id);
            }
            _ => {}
        }
    }

    pub fn read(&mut self, handle: Handle, limit: usize) -> Read {
        let limit = limit.min(READ_BYTES);
        match handle {
            Handle::Null => Read::End,
            Handle::Zero | Handle::Full => Read::Data(vec![0; limit]),
            Handle::Random => {
                let bytes = (0..limit).map(|_| self.random.next_u64() as u8).collect();
                Read::Data(bytes)
            }
            Handle::Input => match (self.input.len(), self.input_ended) {
                (0, true) => Read::End,
                (0, false) => Read::Wait,
                _ => Read::Data(self.input.take(limit)),
            },
            Handle::Output(_) | Handle::PipeWrite(_) => Read::Error("Bad file descriptor"),
            Handle::PipeRead(id) => {
                let writable = self.is_open(Handle::PipeWrite(id));
                match self.pipes.get_mut(&id) {
                    Some(bytes) if !bytes.is_empty() => Read::Data(bytes.take(limit)),
                    Some(_) if writable => Read::Wait,
                    _ => Read::End,
                }
            }
            Handle::File(id) => self.read_file(id, limit),
        }
    }

    fn read_file(&mut self, id: u32, limit: usize) -> Read {
        let Some(open) = self.open_files.get_mut(&id) else { return Read::End };
        if !open.readable {
            return Read::Error("Bad file descriptor");
        }
        match self.files.read_from(&open.path, open.offset, limit) {
            Ok(bytes) if bytes.is_empty() => Read::End,
            Ok(bytes) => {
                open.offset += bytes.len();
                Read::Data(bytes)
            }
            Err(FileError::IsDirectory) => Read::Error("Is a directory"),
            Err(_) => Read::End,
        }
    }

    /// Gives back bytes that were read too far: the next read hands them out again.
    pub fn unread(&mut self, handle: Handle, bytes: &[u8]) {
        match handle {
            Handle::Input => self.input.give_back(bytes),
            Handle::PipeRead(id) => {
                if let Some(pipe) = self.pipes.get_mut(&id) {
                    pipe.give_back(bytes);
                }
            }
            Handle::File(id) => {
                if let Some(open) = self.open_files.get_mut(&id) {
                    open.offset = open.offset.saturating_sub(bytes.len());
                }
            }
            _ => {}
        }
    }

    pub fn write(&mut self, handle: Handle, bytes: &[u8]) -> Write {
        match handle {
            Handle::Null | Handle::Zero | Handle::Random => Write::Done,
            Handle::Full => Write::Error("No space left on device"),
            Handle::Input | Handle::PipeRead(_) => Write::Error("Bad file descriptor"),
            Handle::Output(stream) => {
                self.emit(stream, bytes);
                Write::Done
            }
            Handle::PipeWrite(id) => {
                if !self.is_open(Handle::PipeRead(id)) {
                    return Write::Broken;
                }
                let pipe = self.pipes.entry(id).or_default();
                pipe.push(bytes);
                if pipe.len() >= PIPE_BYTES { Write::Full } else { Write::Done }
            }
            Handle::File(id) => self.write_file(id, bytes),
        }
    }

    fn write_file(&mut self, id: u32, bytes: &[u8]) -> Write {
        let Some(open) = self.open_files.get_mut(&id) else { return Write::Error("Bad file descriptor") };
        if !open.writable {
            return Write::Error("Bad file descriptor");
        }
        let offset = if open.append { usize::MAX } else { open.offset };
        match self.files.put(&open.path, bytes, offset, false) {
            Ok(end) => {
                open.offset = end;
                Write::Done
            }
            Err(FileError::TooLarge) => Write::Error("No space left on device"),
            Err(_) => Write::Error("Input/output error"),
        }
    }

    /// Whether a task that waits for this descriptor could go on.
    pub fn can_read(&self, pid: Pid, fd: u32) -> bool {
        match self.tasks.get(&pid).and_then(|task| task.fds.get(&fd)) {
            Some(Handle::Input) => !self.input.is_empty() || self.input_ended,
            Some(&Handle::PipeRead(id)) => {
                self.pipes.get(&id).is_none_or(|bytes| !bytes.is_empty())
                    || !self.is_open(Handle::PipeWrite(id))
            }
            _ => true,
        }
    }

    pub fn can_write(&self, pid: Pid, fd: u32) -> bool {
        match self.tasks.get(&pid).and_then(|task| task.fds.get(&fd)) {
            Some(&Handle::PipeWrite(id)) => {
                self.pipes.get(&id).is_none_or(|bytes| bytes.len() < PIPE_BYTES)
                    || !self.is_open(Handle::PipeRead(id))
            }
            _ => true,
        }
    }
}
