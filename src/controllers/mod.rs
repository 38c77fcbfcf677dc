//! Controllers: each watches the API server and brings what is there closer to what is wanted.

pub mod cronjob;
pub mod decisions;
pub mod job;
pub mod pod_gc;
pub mod ttl;
pub mod work_queue;
