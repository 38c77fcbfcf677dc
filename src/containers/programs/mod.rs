//! The programs that images contain, and how a command line finds one.

mod args;
mod awk;
mod bc;
mod columns;
mod date;
mod diff;
mod encode;
mod files;
mod filter;
mod find;
mod grep;
mod info;
mod network;
pub mod pi;
pub mod printf;
pub mod regex;
mod runners;
mod script;
mod sed;
mod simple;
mod sort;
mod subshell;
mod table;
mod tail;
mod text;
mod together;
pub mod watch;

pub use simple::read_all;
pub use table::names;
use table::{Place, TABLE};

use std::collections::BTreeMap;

use super::files::{Kind, normalize};
use super::images::{Base, DEFAULT_PATH, Image};
use super::kernel::{Kernel, Step, Sys};
use super::process::{HostCallId, StartError};
use super::shell::Interpreter;

/// A program as a step machine.
#[derive(Clone, Debug)]
pub enum Program {
    Shell(Box<Interpreter>),
    /// Does all it does in one step.
    Once(simple::Once),
    Filter(Box<filter::Filter>),
    Sleep(simple::Sleep),
    Server(simple::Server),
    Host(simple::Host),
    Perl(Box<script::Perl>),
    Tail(Box<tail::Tail>),
    Tee(runners::Tee),
    Generate(Box<runners::Generate>),
    Timeout(runners::Timeout),
    Xargs(Box<runners::Xargs>),
    Offline(network::Offline),
    Stress(runners::Stress),
    Python(Box<script::Python>),
    Watch(Box<watch::Watch>),
}

impl Program {
    pub fn step(&mut self, sys: &mut Sys) -> Step {
        match self {
            Program::Shell(program) => program.step(sys),
            Program::Once(run) => run(sys),
            Program::Sleep(program) => program.step(sys),
            Program::Server(program) => program.step(sys),
            Program::Host(program) => program.step(sys),
            Program::Perl(program) => program.step(sys),
            Program::Filter(program) => program.step(sys),
            Program::Tail(program) => program.step(sys),
            Program::Tee(program) => program.step(sys),
            Program::Generate(program) => program.step(sys),
            Program::Timeout(program) => program.step(sys),
            Program::Xargs(program) => program.step(sys),
            Program::Offline(program) => program.step(sys),
            Program::Stress(program) => program.step(sys),
            Program::Python(program) => program.step(sys),
            Program::Watch(program) => program.step(sys),
        }
    }

    /// The call that the host must drop when the task ends.
    pub fn host_call(&self) -> Option<HostCallId> {
        match self {
            Program::Host(program) => program.id,
            _ => None,
        }
    }
}

/// What a command line names.
#[derive(Clone, Debug)]
pub enum Found {
    /// The program and its arguments, which an interpreter line may have changed.
    Program(Program, Vec<String>),
    NotFound,
    /// A file that is no program.
    Denied,
    IsDirectory,
}

/// Finds what the first process of a container runs.
pub fn resolve(
    kernel: &Kernel,
    argv: &[String],
    directory: &str,
    env: &BTreeMap<String, String>,
) -> Result<(Program, Vec<String>), StartError> {
    let Some(name) = argv.first() else { return Err(StartError::NoCommand) };
    let path = env.get("PATH").map(String::as_str);
    match find(kernel, argv, directory, path) {
        Found::Program(program, argv) => Ok((program, argv)),
        Found::NotFound if name.contains('/') => Err(StartError::NoSuchFile(name.clone())),
        Found::NotFound => Err(StartError::NotFound(name.clone())),
        Found::Denied => Err(StartError::PermissionDenied(name.clone())),
        Found::IsDirectory => Err(StartError::IsDirectory(name.clone())),
    }
}

/// Finds a program by name or path.
pub fn find(kernel: &Kernel, argv: &[String], directory: &str, path: Option<&str>) -> Found {
    find_at(kernel, argv, directory, path, 0)
}

fn find_at(kernel: &Kernel, argv: &[String], directory: &str, path: Option<&str>, depth: u32) -> Found {
    let Some(name) = argv.first().filter(|name| !name.is_empty()) else { return Found::NotFound };
    if kernel.is_host_program(name) {
        return Found::Program(Program::Host(simple::Host::default()), argv.to_vec());
    }
    if let Some((_, plain)) = name.rsplit_once('/') {
        let full = normalize(directory, name);
        return match kernel.files.kind(&full) {
            Some(Kind::Directory) => Found::IsDirectory,
            Some(Kind::File) => script(kernel, &full, argv, directory, path, depth),
            None if is_program_path(&full) || image_names(kernel.image, &full) => {
                program(kernel.image, plain, argv)
            }
            None => Found::NotFound,
        };
    }
    for place in path.unwrap_or(DEFAULT_PATH).split(':') {
        let full = normalize(place, name);
        if kernel.files.kind(&full) == Some(Kind::File) {
            return script(kernel, &full, argv, directory, path, depth);
        }
    }
    if path.unwrap_or(DEFAULT_PATH).split(':').any(is_program_directory) {
        return program(kernel.image, name, argv);
    }
    Found::NotFound
}

/// A file is a program when it begins with an interpreter line.
fn script(
    kernel: &Kernel,
    full: &str,
    argv: &[String],
    directory: &str,
    path: Option<&str>,
    depth: u32,
) -> Found {
    let text = kernel.files.read_text(full).unwrap_or_default();
    let Some(line) = text.lines().next().and_then(|line| line.strip_prefix("#!")) else {
        return Found::Denied;
    };
    if depth > 3 {
        return Found::Denied;
    }
    let mut words: Vec<String> = line.trim().splitn(2, ' ').map(|word| word.trim().to_string()).collect();
    if words.first().is_some_and(|word| word.ends_with("/env")) {
        words.remove(0);
    }
    words.push(full.to_string());
    words.extend_from_slice(&argv[1..]);
    find_at(kernel, &words, directory, path, depth + 1)
}

fn program(image: &Image, name: &str, argv: &[String]) -> Found {
    match has_program(image, name).then(|| start(image, name, argv)).flatten() {
        Some(program) => Found::Program(program, argv.to_vec()),
        None => Found::NotFound,
    }
}

fn is_program_directory(path: &str) -> bool {
    matches!(path, "/bin" | "/usr/bin" | "/usr/local/bin" | "/sbin" | "/usr/sbin" | "/usr/local/sbin")
}

/// A path at which the images keep their programs.
pub fn is_program_path(path: &str) -> bool {
    path.rsplit_once('/').is_some_and(|(directory, name)| is_program_directory(directory) && is_known(name))
}

/// `/hello`, `/docker-entrypoint.sh`: what the image starts by a path of its own, by that path or its last part.
fn image_names(image: &Image, name: &str) -> bool {
    let first = image.entrypoint.first().or(image.cmd.first());
    first.is_some_and(|first| *first == name || first.rsplit('/').next() == Some(name))
}

/// Where `which` finds a program.
pub fn path_of(kernel: &Kernel, name: &str) -> String {
    let directory = match kernel.image.base {
        Base::Busybox if kernel.image.programs.contains(&name) => "/usr/local/bin",
        Base::Busybox => "/bin",
        _ => "/usr/bin",
    };
    format!("{directory}/{name}")
}

fn is_known(name: &str) -> bool {
    TABLE.iter().any(|entry| entry.0 == name)
}

/// Whether an image contains a program of this name.
pub fn has_program(image: &Image, name: &str) -> bool {
    if image.programs.contains(&name) || image_names(image, name) {
        return true;
    }
    let Some((_, place, _)) = TABLE.iter().find(|entry| entry.0 == name) else { return false };
    match (place, image.base) {
        (_, Base::Scratch) => false,
        (Place::Everywhere, _) | (Place::Busybox, Base::Busybox) | (Place::Debian, Base::Debian) => true,
        _ => false,
    }
}

/// The program of a name, with its arguments; none when there is no such program.
fn start(image: &Image, name: &str, argv: &[String]) -> Option<Program> {
    TABLE.iter().find(|entry| entry.0 == name).map(|entry| entry.2.make(image, argv))
}
