//! Command lines that programs have the shell run for them.

use super::runners::lookup;
use crate::containers::kernel::{Handle, Pid, Read, Step, Sys};

/// Where the command's output is read.
const OUTPUT_FD: u32 = 7;

/// A command under way and what it has printed.
#[derive(Clone, Debug)]
pub struct Subshell {
    child: Pid,
    pub output: Vec<u8>,
}

/// What a command prints is read, or goes where the program's own output goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Captured {
    No,
    Output,
    OutputAndErrors,
}

impl Subshell {
    /// Starts a command line; without an input of its own the command reads what the program would.
    ///
    /// # Errors
    /// When there is no shell: a message and an exit code.
    pub fn start(
        sys: &mut Sys,
        command: &str,
        input: Option<Handle>,
        captured: Captured,
    ) -> Result<Subshell, (String, i32)> {
        let argv = ["sh", "-c", command].map(String::from);
        let (program, argv) = lookup(sys, &argv)?;
        let mut setting = sys.setting();
        // The program's own files are no business of the command.
        setting.fds.retain(|fd, _| *fd < OUTPUT_FD);
        setting.fds.extend(input.map(|handle| (0, handle)));
        let mut output = None;
        if captured != Captured::No {
            let (read, write) = sys.kernel.make_pipe();
            output = Some(read);
            setting.fds.insert(1, write);
            if captured == Captured::OutputAndErrors {
                setting.fds.insert(2, write);
            }
        }
        let child = sys.spawn(program, argv, setting);
        if let Some(read) = output {
            sys.bind(OUTPUT_FD, read);
        }
        Ok(Subshell { child, output: Vec::new() })
    }

    /// The exit code once the command has ended, or what the program has to wait for.
    pub fn poll(&mut self, sys: &mut Sys) -> Result<i32, Step> {
        if sys.task().fds.contains_key(&OUTPUT_FD) {
            match sys.read(OUTPUT_FD) {
                Read::Wait => return Err(Step::Read(OUTPUT_FD)),
                Read::Data(bytes) => self.output.extend(bytes),
                Read::End | Read::Error(_) => sys.close(OUTPUT_FD),
            }
            return Err(Step::Continue);
        }
        sys.reap(self.child).ok_or(Step::Wait)
    }
}
