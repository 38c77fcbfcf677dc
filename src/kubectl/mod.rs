//! kubectl v1.36: arguments, commands, printers, over the cluster's API server.

pub mod built_in;
pub mod commands;
pub mod completion;
pub mod describe;
pub mod explain_ru;
pub mod failure;
pub mod flags;
pub mod kubeconfig;
pub mod layout;
pub mod manifests;
pub mod objects;
pub mod output;
pub mod printers;
pub mod resources;
pub mod select;
pub mod table;
pub mod task;

use crate::base::Time;
use crate::cluster::Cluster;
use crate::containers::FileSystem;

pub use crate::containers::Stream;
use failure::Failure;
use kubeconfig::Kubeconfig;
use task::Task;

/// The learner's desk as commands see it.
#[derive(Clone, Debug)]
pub struct Desk {
    pub files: FileSystem,
    /// Absolute; relative paths begin here.
    pub cwd: String,
    pub kubeconfig: Kubeconfig,
    /// What commands want of the desk; the desk takes them out.
    pub requests: Vec<DeskRequest>,
    /// How the editor that a command opened was closed; the command takes it out.
    pub edited: Option<Edited>,
}

/// Something that only the desk can do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DeskRequest {
    /// Open the editor with a text; its outcome goes to `Desk::edited`.
    OpenEditor { path: String, text: String },
}

/// How an editor was closed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Edited {
    Saved(String),
    Dropped,
}

impl Default for Desk {
    fn default() -> Desk {
        Desk {
            files: FileSystem::default(),
            cwd: "/".to_owned(),
            kubeconfig: Kubeconfig::default(),
            requests: Vec::new(),
            edited: None,
        }
    }
}

/// Standard input: the text so far, and whether more may come.
#[derive(Clone, Debug, Default)]
pub struct Stdin {
    pub text: String,
    pub ended: bool,
}

impl Stdin {
    /// Nothing is piped in.
    pub fn empty() -> Stdin {
        Stdin { text: String::new(), ended: true }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Poll {
    Exited(i32),
    /// To be polled again after any change of the API, new input, or at the instant.
    Waiting {
        until: Option<Time>,
    },
}

/// One running command: a machine that goes on when it is polled.
#[derive(Debug)]
pub struct Invocation {
    argv: Vec<String>,
    started: Time,
    state: State,
}

#[derive(Debug)]
enum State {
    Fresh,
    Running(Task),
    Exited(i32),
}

/// What a command works with.
pub struct Context<'a> {
    pub cluster: &'a mut Cluster,
    pub desk: &'a mut Desk,
    pub stdin: &'a mut Stdin,
    pub out: &'a mut Vec<(Stream, String)>,
    /// When the command was started.
    pub started: Time,
}

/// What a command does after its first step.
#[derive(Debug)]
pub enum Next {
    Done(i32),
    Wait(Task),
}

pub type Outcome = Result<Next, Failure>;

impl Context<'_> {
    pub fn now(&self) -> Time {
        self.cluster.now()
    }

    pub fn print(&mut self, text: impl Into<String>) {
        self.out.push((Stream::Stdout, text.into()));
    }

    pub fn print_error(&mut self, text: impl Into<String>) {
        self.out.push((Stream::Stderr, text.into()));
    }

    /// A line of the program's own log: `W` for a warning, `F` for the last words; then the instant, the process and the
    /// place in the source.
    // Models k8s.io/klog/v2 formatHeader
    pub fn log_line(&self, severity: char, place: &str, text: &str) -> String {
        let now = self.now();
        let c = now.to_timestamp().civil();
        let (date, clock) =
            (format!("{:02}{:02}", c.month, c.day), format!("{:02}:{:02}:{:02}", c.hour, c.minute, c.second));
        let millis = now.as_millis().rem_euclid(1000);
        format!("{severity}{date} {clock}.{millis:03}000 {:7} {place}] {text}\n", 1)
    }
}

impl Invocation {
    /// A command from its arguments, without `kubectl` itself.
    pub fn start(argv: &[String], now: Time) -> Invocation {
        Invocation { argv: argv.to_vec(), started: now, state: State::Fresh }
    }

    /// Goes on as far as it can at this instant.
    pub fn poll(
        &mut self,
        cluster: &mut Cluster,
        desk: &mut Desk,
        stdin: &mut Stdin,
        out: &mut Vec<(Stream, String)>,
    ) -> Poll {
        let mut context = Context { cluster, desk, stdin, out, started: self.started };
        let outcome = match &mut self.state {
            State::Exited(code) => return Poll::Exited(*code),
            State::Fresh => commands::run(&mut context, &self.argv),
            State::Running(task) => match task.poll(&mut context) {
                Ok(task::Progress::Waiting { until }) => return Poll::Waiting { until },
                Ok(task::Progress::Done(code)) => Ok(Next::Done(code)),
                Ok(task::Progress::Then(next)) => Ok(Next::Wait(next)),
                Err(failure) => Err(failure),
            },
        };
        match outcome {
            Ok(Next::Done(code)) => self.state = State::Exited(code),
            Ok(Next::Wait(task)) => {
                self.state = State::Running(task);
                return self.poll(cluster, desk, stdin, out);
            }
            Err(Failure::NeedsInput) => return Poll::Waiting { until: None },
            Err(failure) => {
                if let Failure::Printed(text, _) = &failure {
                    context.print(text.as_str());
                }
                let text = failure.text();
                if !text.is_empty() {
                    context.print_error(text);
                }
                self.state = State::Exited(failure.exit_status());
            }
        }
        match self.state {
            State::Exited(code) => Poll::Exited(code),
            _ => Poll::Waiting { until: None },
        }
    }
}
