//! The programs that images contain, and how a command line finds one.

pub mod pi;
mod simple;

use std::collections::BTreeMap;

use super::files::{Kind, normalize};
use super::images::{Base, Image};
use super::kernel::{Kernel, Step, Sys};
use super::process::{HostCallId, StartError};

/// A program as a step machine.
#[derive(Clone, Debug)]
pub enum Program {
    /// Does all it does in one step.
    Once(simple::Once),
    Sleep(simple::Sleep),
    Server(simple::Server),
    Bpi(simple::Bpi),
}

impl Program {
    pub fn step(&mut self, sys: &mut Sys) -> Step {
        match self {
            Program::Once(run) => Step::Exit(run(sys)),
            Program::Sleep(program) => program.step(sys),
            Program::Server(program) => program.step(sys),
            Program::Bpi(program) => program.step(sys),
        }
    }

    /// The call that the host must drop when the task ends.
    pub fn host_call(&self) -> Option<HostCallId> {
        None
    }
}

/// Finds what the first process of a container runs.
pub fn resolve(
    kernel: &Kernel,
    argv: &[String],
    directory: &str,
    env: &BTreeMap<String, String>,
) -> Result<Program, StartError> {
    let _ = env;
    let Some(name) = argv.first() else { return Err(StartError::NoCommand) };
    let plain = match name.rsplit_once('/') {
        None => name.as_str(),
        Some((parent, plain)) => {
            let path = normalize(directory, name);
            match kernel.files.kind(&path) {
                Some(Kind::Directory) => return Err(StartError::IsDirectory(name.clone())),
                Some(Kind::File) => return Err(StartError::PermissionDenied(name.clone())),
                None if is_program_directory(parent) => plain,
                None => return Err(StartError::NoSuchFile(name.clone())),
            }
        }
    };
    let found = if has_program(kernel.image, plain) { start(plain, argv) } else { None };
    found.ok_or_else(|| match name.contains('/') {
        true => StartError::NoSuchFile(name.clone()),
        false => StartError::NotFound(name.clone()),
    })
}

pub fn is_program_directory(path: &str) -> bool {
    matches!(path, "/bin" | "/usr/bin" | "/usr/local/bin" | "/sbin" | "/usr/sbin" | "/usr/local/sbin" | "")
}

/// Whether an image contains a program of this name.
pub fn has_program(image: &Image, name: &str) -> bool {
    image.programs.contains(&name) || image.base != Base::Scratch
}

/// The program of a name, with its arguments; none when there is no such program.
fn start(name: &str, argv: &[String]) -> Option<Program> {
    let _ = argv;
    Some(match name {
        "true" => Program::Once(|_| 0),
        "false" => Program::Once(|_| 1),
        "echo" => Program::Once(simple::echo),
        "sleep" => Program::Sleep(simple::Sleep::default()),
        "nginx" | "pause" => Program::Server(simple::Server::default()),
        "perl" => Program::Bpi(simple::Bpi::default()),
        _ => return None,
    })
}
