//! The learner's desk: files, terminal, command log, over one cluster.

pub mod log;
pub mod terminal;

pub use log::{CommandLog, Input, LogEntry, LogError};
pub use terminal::{Block, Line, LineKind, Terminal};
