//! Programs that read files or their standard input and write as they read.

use std::fmt;

use super::subshell::{Captured, Subshell};
use crate::base::{carried, carried_bytes};
use crate::containers::files::Kind;
use crate::containers::images::Base;
use crate::containers::kernel::{Handle, Mode, Read, Step, Sys, Write};

/// What a filter writes, gathered over a step.
#[derive(Clone, Debug, Default)]
pub struct Out {
    pub bytes: Vec<u8>,
    /// The line at hand ended with a newline.
    pub newline: bool,
    /// For the standard error.
    pub errors: String,
    /// Texts for files, each with whether the file begins anew.
    pub files: Vec<(String, bool, String)>,
    /// The filter goes on when it has this.
    pub need: Option<Need>,
}

/// What a filter cannot get at itself.
#[derive(Clone, PartialEq, Debug)]
pub enum Need {
    /// The text of a file.
    File(String),
    /// A command line is run, with an input of its own or with the program's; what it prints is wanted or not.
    Command { line: String, input: Option<String>, captured: bool },
}

/// What came of a need: the text, and how the command ended or -1 for a file that is not there.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Answer {
    pub text: String,
    pub status: i32,
}

impl Out {
    pub fn text(&mut self, text: &str) {
        self.bytes.extend_from_slice(&carried_bytes(text));
    }

    /// A line of its own.
    pub fn line(&mut self, text: &str) {
        self.text(text);
        self.bytes.push(b'\n');
    }

    /// A line as it came: without a newline if it had none.
    pub fn echo(&mut self, text: &str) {
        self.text(text);
        if self.newline {
            self.bytes.push(b'\n');
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    On,
    /// The program needs no more input.
    Stop,
}

/// One program's part.
pub trait LineFilter: Send + Sync {
    fn line(&mut self, line: &str, out: &mut Out) -> Flow;

    /// Takes raw bytes instead of lines; none: this filter wants lines.
    fn bytes(&mut self, _bytes: &[u8], _out: &mut Out) -> Option<Flow> {
        None
    }

    /// A file begins; its name is empty for the standard input.
    fn begin_file(&mut self, _name: &str, _out: &mut Out) {}

    fn end_file(&mut self, _out: &mut Out) {}

    /// The exit code. Called again where it left a need.
    fn end(&mut self, out: &mut Out) -> i32;

    /// Takes what the filter asked for and goes on.
    fn answer(&mut self, _answer: Answer, _out: &mut Out) -> Flow {
        Flow::On
    }

    fn clone_box(&self) -> Box<dyn LineFilter>;
}

/// Only that it is one: in the page, what each filter holds would be code that nobody runs.
impl fmt::Debug for dyn LineFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LineFilter")
    }
}

impl Clone for Box<dyn LineFilter> {
    fn clone(&self) -> Self {
        self.clone_box()
    }
}

/// What a program's arguments come to.
pub struct Parsed {
    pub filter: Box<dyn LineFilter>,
    pub files: Vec<String>,
}

/// Builds a filter from the command line; the error is a message and an exit code.
pub type Build = fn(&[String], &mut Sys) -> Result<Parsed, (String, i32)>;

#[derive(Clone, Debug)]
pub struct Filter {
    build: Build,
    state: Option<State>,
}

#[derive(Clone, Debug)]
struct State {
    filter: Box<dyn LineFilter>,
    files: Vec<String>,
    at: usize,
    fd: Option<u32>,
    partial: Vec<u8>,
    status: i32,
    name: String,
    /// No more input is read.
    ends: bool,
    need: Option<Need>,
    command: Option<Subshell>,
}

/// The descriptor of the file at hand.
const FILE_FD: u32 = 9;
/// The descriptor of a file that takes output.
const WRITE_FD: u32 = 8;

/// A line longer than this many bytes counts against the memory of the container.
const LONG_LINE_BYTES: usize = 1 << 20;

/// Bytes a second that an endless line without an end takes up.
const EATEN_BYTES: u64 = 64 << 20;

impl Filter {
    pub fn new(build: Build) -> Filter {
        Filter { build, state: None }
    }

    pub fn step(&mut self, sys: &mut Sys) -> Step {
        if let Some(state) = &mut self.state {
            return state.step(sys);
        }
        let argv = sys.task().argv.clone();
        let name = argv[0].rsplit('/').next().unwrap_or("").to_string();
        match (self.build)(&argv, sys) {
            Ok(parsed) => {
                let mut files = parsed.files;
                if files.is_empty() {
                    files.push("-".to_string());
                }
                let filter = parsed.filter;
                self.state = Some(State {
                    filter,
                    files,
                    at: 0,
                    fd: None,
                    partial: Vec::new(),
                    status: 0,
                    name,
                    ends: false,
                    need: None,
                    command: None,
                });
                Step::Continue
            }
            Err((message, code)) => {
                sys.err(&format!("{name}: {message}\n"));
                Step::Exit(code)
            }
        }
    }
}

impl State {
    fn step(&mut self, sys: &mut Sys) -> Step {
        let mut out = Out::default();
        if self.need.is_some() {
            return self.attend(sys, out);
        }
        let Some(fd) = self.fd.filter(|_| !self.ends) else {
            if self.ends || self.at >= self.files.len() {
                return self.finish(sys, out);
            }
            self.open(sys, &mut out);
            return self.flush(sys, out);
        };
        // Lines wait here after a need of the line before.
        let waiting = self.partial.contains(&b'\n');
        match if waiting { Read::Data(Vec::new()) } else { sys.read(fd) } {
            Read::Wait => Step::Read(fd),
            Read::Data(bytes) => {
                self.ends = self.feed(&bytes, &mut out) == Flow::Stop;
                let eats = self.partial.len() > LONG_LINE_BYTES && !self.ends;
                if eats && sys.task().fds.get(&fd) == Some(&Handle::Zero) {
                    self.partial.truncate(LONG_LINE_BYTES);
                    sys.task_mut().memory_bytes += EATEN_BYTES;
                    return Step::Sleep(sys.now() + crate::base::Duration::from_millis(100));
                }
                self.flush(sys, out)
            }
            Read::End | Read::Error(_) if !self.partial.is_empty() => {
                let line = std::mem::take(&mut self.partial);
                out.newline = false;
                self.ends = self.filter.line(&carried(&line), &mut out) == Flow::Stop;
                self.flush(sys, out)
            }
            Read::End | Read::Error(_) => {
                self.filter.end_file(&mut out);
                if fd == FILE_FD {
                    sys.close(FILE_FD);
                }
                self.fd = None;
                self.at += 1;
                self.flush(sys, out)
            }
        }
    }

    /// Gets what the filter needs and gives it to it.
    fn attend(&mut self, sys: &mut Sys, mut out: Out) -> Step {
        let answer = match (&mut self.command, &self.need) {
            (Some(command), _) => match command.poll(sys) {
                Ok(status) => Answer { text: carried(&command.output).into_owned(), status },
                Err(step) => return step,
            },
            (None, Some(Need::Command { line, input, captured })) => {
                let input = input.as_ref().map(|text| sys.kernel.filled_pipe(&carried_bytes(text)));
                let captured = if *captured { Captured::Output } else { Captured::No };
                match Subshell::start(sys, line, input, captured) {
                    Ok(command) => {
                        self.command = Some(command);
                        return Step::Continue;
                    }
                    Err((_, status)) => Answer { text: String::new(), status },
                }
            }
            (None, Some(Need::File(path))) => match sys.read_whole(path) {
                Ok(text) => Answer { text, status: 0 },
                Err(_) => Answer { text: String::new(), status: -1 },
            },
            (None, None) => Answer::default(),
        };
        (self.command, self.need) = (None, None);
        self.ends |= self.filter.answer(answer, &mut out) == Flow::Stop;
        self.flush(sys, out)
    }

    /// Writes what was gathered and notes what the filter needs.
    fn flush(&mut self, sys: &mut Sys, out: Out) -> Step {
        let step = flush(sys, &out);
        self.need = out.need;
        step.unwrap_or(Step::Continue)
    }

    fn open(&mut self, sys: &mut Sys, out: &mut Out) {
        let path = self.files[self.at].clone();
        if path == "-" {
            self.fd = Some(0);
            self.filter.begin_file("", out);
            return;
        }
        let busybox = sys.kernel.image.base == Base::Busybox;
        let directory = sys.kernel.files.kind(&sys.path(&path)) == Some(Kind::Directory);
        let opened = sys.open(&path, Mode::Read);
        let message = match opened {
            Ok(_) if directory => "Is a directory".to_string(),
            Ok(handle) => {
                sys.bind(FILE_FD, handle);
                self.fd = Some(FILE_FD);
                self.filter.begin_file(&path, out);
                return;
            }
            Err(error) => error.to_string(),
        };
        let name = &self.name;
        let text = match name.as_str() {
            "head" | "tail" if !busybox => format!("{name}: cannot open '{path}' for reading: {message}\n"),
            "sed" if !busybox => format!("sed: can't read {path}: {message}\n"),
            "sort" if !busybox => format!("sort: cannot read: {path}: {message}\n"),
            "rev" if !busybox => format!("rev: cannot open {path}: {message}\n"),
            _ if busybox && name != "grep" && !directory => {
                format!("{name}: can't open '{path}': {message}\n")
            }
            _ => format!("{name}: {path}: {message}\n"),
        };
        sys.err(&text);
        self.status = match name.as_str() {
            "grep" | "sort" | "awk" | "sed" => 2,
            _ => 1,
        };
        self.at += 1;
    }

    fn feed(&mut self, bytes: &[u8], out: &mut Out) -> Flow {
        if let Some(flow) = self.filter.bytes(bytes, out) {
            return flow;
        }
        self.partial.extend_from_slice(bytes);
        let Some(end) = self.partial.iter().rposition(|byte| *byte == b'\n') else { return Flow::On };
        let rest = self.partial.split_off(end + 1);
        let lines = std::mem::replace(&mut self.partial, rest);
        out.newline = true;
        let text = carried(&lines);
        let mut left = &*text;
        while let Some((line, after)) = left.split_once('\n') {
            left = after;
            if self.filter.line(line, out) == Flow::Stop {
                self.partial.clear();
                return Flow::Stop;
            }
            if out.need.is_some() {
                self.partial.splice(..0, carried_bytes(left).iter().copied());
                break;
            }
        }
        Flow::On
    }

    fn finish(&mut self, sys: &mut Sys, mut out: Out) -> Step {
        let code = self.filter.end(&mut out);
        let broken = flush(sys, &out);
        self.ends = true;
        self.need = out.need;
        match broken {
            Some(Step::Exit(code)) => Step::Exit(code),
            _ if self.need.is_some() => Step::Continue,
            _ if code == 0 || (code == 1 && self.status > 1) => Step::Exit(self.status.max(code)),
            _ => Step::Exit(code),
        }
    }
}

/// Writes what was gathered; a step if the task must wait or end.
fn flush(sys: &mut Sys, out: &Out) -> Option<Step> {
    if !out.errors.is_empty() {
        sys.err(&out.errors);
    }
    for (path, anew, text) in &out.files {
        let mode = if *anew { Mode::Write } else { Mode::Append };
        match sys.open(path, mode) {
            Ok(handle) => {
                sys.bind(WRITE_FD, handle);
                sys.write(WRITE_FD, &carried_bytes(text));
                sys.close(WRITE_FD);
            }
            Err(error) => drop(sys.err(&format!("{path}: {error}\n"))),
        }
    }
    match sys.write(1, &out.bytes) {
        Write::Full => Some(Step::Write(1)),
        Write::Error(message) => {
            let name = sys.task().argv[0].clone();
            sys.err(&format!("{name}: write error: {message}\n"));
            Some(Step::Exit(1))
        }
        Write::Done | Write::Broken => None,
    }
}

/// A message about an option that a program does not know.
pub fn unknown(option: &str) -> (String, i32) {
    (format!("invalid option -- '{option}'"), 1)
}
