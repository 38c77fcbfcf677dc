//! What runs inside containers: an image registry, processes with a virtual clock, a shell and small programs.
//!
//! The same shell serves the learner's terminal. Nothing here knows of Kubernetes.

pub mod compute;
pub mod files;
pub mod images;
mod kernel;
pub mod process;
pub mod programs;
pub mod shell;

pub use compute::{Computation, ComputationId, ComputeRequest};
pub use files::{FileSystem, Volume};
pub use process::{
    ExitReason, HostCall, HostCallId, Output, Process, ProcessSpec, Signal, StartError, State, Stream,
};
pub use programs::watch::CLEAR;
