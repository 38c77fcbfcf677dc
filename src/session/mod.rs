//! The learner's desk: files, terminal, command log, over one cluster.
//!
//! A line typed in the terminal is run by the shell; what only the desk knows (`kubectl`, an editor) the shell asks
//! for as host calls. Everything that comes in from outside goes through `perform` and into the log.

mod complete;
mod history;
mod host;
pub mod log;
mod run;
mod step;
pub mod terminal;

use std::collections::{BTreeMap, VecDeque};

pub use history::history_hash;
pub use log::{CommandLog, Input, LogEntry, LogError};
pub use terminal::{Block, Line, LineKind, Terminal};

use crate::base::{Random, Time};
use crate::cluster::{Cluster, ClusterOptions, Effect as ClusterEffect};
use crate::containers::files::FileSystem;
use crate::containers::shell::{ShellOptions, TerminalShell};
use crate::kubectl::Desk;
use run::Run;

/// Where the learner's files are.
pub const HOME: &str = "/home/student";
/// Lines of pasted input that may wait for the running one to end.
const WAITING_LINES_MAX: usize = 200;
/// Largest file that the editor may save, in bytes: as much as the API server takes in one request.
const FILE_MAX_BYTES: usize = 3 << 20;

#[derive(Clone, Debug, Default)]
pub struct SessionOptions {
    pub cluster: ClusterOptions,
    /// Texts by their name relative to the learner's folder.
    pub files: BTreeMap<String, String>,
}

/// What the world outside must do for the session.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    Cluster(ClusterEffect),
    /// Show this file in the editor and bring it to the front.
    OpenEditor {
        file: String,
    },
    /// A command changed files: show them anew.
    FilesChanged,
}

#[derive(Debug)]
pub struct Session {
    cluster: Cluster,
    desk: Desk,
    shell: TerminalShell,
    running: Option<Run>,
    /// Lines typed while another was running.
    waiting: VecDeque<String>,
    /// The beginning of a command that needs more lines.
    unfinished: String,
    terminal: Terminal,
    history: Vec<String>,
    log: CommandLog,
    /// The file of the editor that a command opened and waits for.
    edited_file: Option<String>,
    /// Inputs of a replayed log that are still to come.
    scheduled: VecDeque<LogEntry>,
    effects: Vec<Effect>,
}

impl Session {
    pub fn new(options: SessionOptions) -> Session {
        let mut session = Session::empty(&options.cluster);
        for (file, text) in options.files {
            session.perform(Input::Write { file, text });
        }
        session
    }

    /// A session that will do what the log says, each entry at its instant, as its clock is moved on.
    pub fn replay(log: &CommandLog) -> Session {
        let mut session = Session::empty(&log.cluster);
        session.scheduled = log.entries.iter().cloned().collect();
        session.perform_scheduled();
        session
    }

    fn empty(options: &ClusterOptions) -> Session {
        let mut files = FileSystem::new();
        files.make_directories(HOME).expect("an empty file system has room");
        let seed = Random::new(options.seed).next_u64();
        let host_programs = host::PROGRAMS.iter().map(|name| (*name).to_owned()).collect();
        let shell = TerminalShell::new(ShellOptions {
            host_programs,
            files,
            hostname: "zadachnik".to_owned(),
            directory: HOME.to_owned(),
            seed,
            ..ShellOptions::default()
        });
        Session {
            cluster: Cluster::new(options),
            desk: Desk::default(),
            shell,
            running: None,
            waiting: VecDeque::new(),
            unfinished: String::new(),
            terminal: Terminal::default(),
            history: Vec::new(),
            log: CommandLog { cluster: options.clone(), entries: Vec::new() },
            edited_file: None,
            scheduled: VecDeque::new(),
            effects: Vec::new(),
        }
    }

    pub fn now(&self) -> Time {
        self.cluster.now()
    }

    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    pub fn terminal(&self) -> &Terminal {
        &self.terminal
    }

    /// Every line that was entered, oldest first.
    pub fn history(&self) -> &[String] {
        &self.history
    }

    pub fn log(&self) -> &CommandLog {
        &self.log
    }

    /// Whether a command line is running.
    pub fn is_busy(&self) -> bool {
        self.running.is_some()
    }

    /// What stands before the cursor.
    pub fn prompt(&self) -> &'static str {
        if self.unfinished.is_empty() { "$ " } else { "> " }
    }

    /// Names of the files in the learner's folder, folders left out.
    pub fn file_names(&self) -> Vec<String> {
        let files = self.shell.files();
        let names = files.list(HOME).unwrap_or_default();
        names.into_iter().filter(|name| files.read(&format!("{HOME}/{name}")).is_ok()).collect()
    }

    /// The text of a file, by its name relative to the learner's folder.
    pub fn read_file(&self, name: &str) -> Option<String> {
        self.shell.files().read_text(&path_of(name)).ok()
    }

    /// Begins to hash the cluster's history: for tests and benchmarks.
    pub fn hash_history(&mut self) {
        self.cluster.hash_history();
    }

    pub fn take_effects(&mut self) -> Vec<Effect> {
        let mut effects: Vec<Effect> = self.cluster.take_effects().into_iter().map(Effect::Cluster).collect();
        effects.append(&mut self.effects);
        effects
    }
}

/// The absolute path of a name in the learner's folder.
fn path_of(name: &str) -> String {
    if name.starts_with('/') { name.to_owned() } else { format!("{HOME}/{name}") }
}
