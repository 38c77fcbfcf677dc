//! What the page does to the desk.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Speeds that the learner can choose, virtual seconds to a real one.
pub const SPEEDS: &[f64] = &[0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 100.0, 1000.0];

/// Answered with the changes that the page does not know yet.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Act {
    /// Another run: the old one, its computations and its lesson are gone.
    Open(Opening),
    /// An animation frame, `elapsed_ms` real milliseconds after the one before.
    Frame {
        elapsed_ms: f64,
        speed: f64,
        paused: bool,
    },
    /// A line of the terminal.
    Line(String),
    /// Ctrl-C.
    Interrupt,
    /// A file saved in the editor.
    Write {
        file: String,
        text: String,
    },
    /// The editor that a command opened was closed; `saved` tells whether the text counts.
    CloseEditor {
        saved: bool,
    },
    Fault(Fault),
    RunTo(Goal),
    /// The answer of a computation that a change has started.
    Computed {
        id: u64,
        result: Result<String, String>,
    },
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Opening {
    pub source: Source,
    /// What judges the run.
    pub lesson: Option<LessonOpening>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Source {
    /// The run that was kept as a record, if it tells of this origin; else a fresh one.
    Fresh { origin: Origin, seed: u64, kept: Option<String> },
    /// A recorded run is done again, whatever it began with.
    Record(String),
}

/// What a run begins with, beside its seed.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Origin {
    /// The lesson's id; empty for the sandbox.
    pub lesson: String,
    pub files: BTreeMap<String, String>,
    pub nodes: usize,
    /// Cores of each node, if not the usual number.
    pub cpus: Option<u32>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LessonOpening {
    /// The compiled lesson's file.
    pub text: String,
    /// Ids of goals and variants that were met before: they stay green.
    pub met: Vec<String>,
    /// Draws the numbers of variants.
    pub seed: u64,
}

/// What the learner asked to run to, faster than the clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Goal {
    /// Until an object changes.
    NextEvent,
    /// Until a controller decides something.
    NextDecision,
    /// Until no Job is unfinished.
    JobsEnd,
}

/// What the learner can break, and mend.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Fault {
    /// The container's first process gets SIGKILL from outside.
    KillContainer {
        namespace: String,
        pod: String,
        container: String,
    },
    NodeLost {
        node: String,
    },
    NodeBack {
        node: String,
    },
    RegistryDown,
    RegistryBack,
    ControllerRestart,
}
