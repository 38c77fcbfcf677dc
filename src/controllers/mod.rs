//! Controllers: each watches the API server and brings what is there closer to what is wanted.

pub mod decisions;
pub mod job;
pub mod work_queue;
