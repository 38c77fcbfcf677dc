//! What the page does to the desk.

use super::text::crossing;
use crate::base::Fault;

/// Speeds that the learner can choose, virtual seconds to a real one: as they are named, and in percent.
pub const SPEEDS: &[(&str, u32)] = &[
    ("0.25", 25),
    ("0.5", 50),
    ("1", 100),
    ("2", 200),
    ("5", 500),
    ("10", 1_000),
    ("100", 10_000),
    ("1000", 100_000),
];

crossing! {
    /// Answered with the changes that the page does not know yet.
    pub enum Act {
        /// Another run: the old one, its computations and its lesson are gone.
        Open(Opening),
        /// An animation frame, `elapsed_us` real microseconds after the one before.
        Frame {
            elapsed_us: u32,
            speed_percent: u32,
            paused: bool,
        },
        /// A line of the terminal.
        Line(String),
        /// Ctrl-C.
        Interrupt,
        /// Ctrl-D.
        EndOfInput,
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
}

crossing! {
    pub struct Opening {
        pub source: Source,
        /// What judges the run.
        pub lesson: Option<LessonOpening>,
    }
}

crossing! {
    pub enum Source {
        /// The run that was kept as a record, if it tells of this origin; else a fresh one.
        Fresh { origin: Origin, seed: u64, kept: Option<String> },
        /// A recorded run is done again, whatever it began with.
        Record(String),
    }
}

crossing! {
    /// What a run begins with, beside its seed.
    #[derive(Default)]
    pub struct Origin {
        /// The lesson's id; empty for the sandbox.
        pub lesson: String,
        pub files: Vec<(String, String)>,
        pub nodes: usize,
        /// Cores of each node, if not the usual number.
        pub cpus: Option<u32>,
    }
}

crossing! {
    pub struct LessonOpening {
        /// The compiled lesson's file.
        pub text: String,
        /// Ids of goals and variants that were met before: they stay green.
        pub met: Vec<String>,
        /// Draws the numbers of variants.
        pub seed: u64,
    }
}

crossing! {
    /// What the learner asked to run to, faster than the clock.
    #[derive(Copy, Eq)]
    pub enum Goal {
        /// Until an object changes.
        NextEvent,
        /// Until a controller decides something.
        NextDecision,
        /// Until no Job is unfinished.
        JobsEnd,
    }
}
