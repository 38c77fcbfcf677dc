//! What the page and the cluster's module say to each other, as plain data: acts go in, changes come out, questions
//! are answered. The page links this folder and nothing of what stands behind it.
//!
//! Everything crosses as text, so that the two modules share no memory and each side can be tested alone.

mod act;
pub mod bench;
mod change;
mod question;
pub mod text;
pub mod views;
pub mod worker;

pub use act::{Act, Goal, LessonOpening, Opening, Origin, SPEEDS, Source};
pub use change::{Change, Line, LineKind};
pub use question::{
    Card, Completion, Fix, Mark, Problem, Question, Reply, Severity, Suggestion, Suggestions, Throughput,
};

/// The same in the page, in the cluster's module and in the worker of one build.
pub const BUILD: &str = env!("ZADACHNIK_BUILD");
