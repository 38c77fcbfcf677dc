//! The world: one API server with the components that read and write through it, and the virtual clock.

mod fault;

use crate::apiserver::ApiServer;
use crate::base::{Random, Time};

pub use fault::Fault;

/// A cluster. Same options and same commands at the same virtual instants give the same history, byte for byte.
#[derive(Clone, Debug)]
pub struct Cluster {
    api: ApiServer,
}

#[derive(Clone, Debug, Default)]
pub struct ClusterOptions {
    pub seed: u64,
    /// The virtual instant at which the cluster begins.
    pub start: Time,
}

impl Cluster {
    pub fn new(options: &ClusterOptions) -> Cluster {
        let mut random = Random::new(options.seed);
        Cluster { api: ApiServer::new(options.start, random.fork()) }
    }

    pub fn now(&self) -> Time {
        self.api.now()
    }

    pub fn api(&self) -> &ApiServer {
        &self.api
    }

    /// The API server for writing: what `kubectl` does with it, the components see at the same instant.
    pub fn api_mut(&mut self) -> &mut ApiServer {
        &mut self.api
    }
}
