//! What the desk tells the page: only what is new, in an order in which it can be taken over one by one.

use super::text::crossing;
use super::views::{Bar, ClockView, DecisionView, GoalRow, JobView, PodView, RemarkRow};
use crate::base::Time;

crossing! {
    pub enum Change {
        /// Another run begins: everything that was told before is void, also what computes.
        Began,
        /// The record to open cannot be read, in Russian; the run stays as it was.
        Refused(String),
        Clock(ClockView),
        /// Whole virtual seconds, for ages and countdowns.
        Now(Time),
        /// Whether a command line runs, or a record is done again.
        Busy(bool),
        /// What stands before the cursor.
        Prompt(String),
        /// New, or changed.
        Job(JobView),
        /// New, or changed.
        Pod(PodView),
        /// The uid of a Job or pod that is gone, or no longer shown.
        Gone(String),
        /// How many older pods are not shown.
        LeftOut(usize),
        /// New, or changed.
        Bar(Bar),
        Decision(DecisionView),
        /// A command line was entered.
        Block {
            id: u64,
            command: String,
        },
        /// What the block printed from its line `from` on (counted from 0 with the lines that are no longer kept). Known
        /// lines from there on are void; where it begins behind the known ones, all of them are.
        Lines {
            block: u64,
            from: usize,
            lines: Vec<Line>,
        },
        /// The block has scrolled away or was cleared.
        BlockGone(u64),
        /// A line that was entered, for the history.
        Entered(String),
        /// The file's text; `None` when it is gone.
        File {
            name: String,
            text: Option<String>,
        },
        /// A command opens the file in the editor.
        OpenEditor {
            file: String,
            text: String,
        },
        /// A worker is to compute this, as `worker::Ask` takes it.
        Start {
            id: u64,
            request: String,
        },
        Cancel {
            id: u64,
        },
        Goals(Vec<GoalRow>),
        Variants(Vec<GoalRow>),
        Remarks(Vec<RemarkRow>),
    }
}

crossing! {
    #[derive(Copy, Eq)]
    pub enum LineKind {
        Stdout,
        Stderr,
        /// One Russian line under an error: what it means and what to do. No part of any stream.
        Explanation,
    }
}

crossing! {
    #[derive(Eq)]
    pub struct Line {
        pub kind: LineKind,
        pub text: String,
    }
}
