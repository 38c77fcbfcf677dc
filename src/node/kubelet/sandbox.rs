//! What a pod needs before its first container: volumes and an address.

use super::Host;
use super::env::Place;
use super::volumes::{self, Volumes};
use super::worker::{PodWorker, Sandbox};
use crate::apiserver::ApiServer;
use crate::apiserver::events::event_type;
use crate::base::Duration;

/// Waits between tries to mount: 0.5 s doubling to 2 min 2 s.
// Models pkg/util/goroutinemap/exponentialbackoff/exponential_backoff.go
const MOUNT_RETRY_MS: i64 = 500;
const MOUNT_RETRY_MAX_MS: i64 = 122_000;

impl PodWorker {
    /// Makes the sandbox ready. Answers false when a volume cannot be mounted yet.
    pub fn prepare_sandbox(&mut self, host: &mut Host, api: &mut ApiServer) -> bool {
        let ip = match self.ip.as_str() {
            _ if self.pod.spec.host_network => host.address.clone(),
            "" => host.next_ip(),
            ip => ip.to_owned(),
        };
        if host.runs_programs() {
            let place = Place { host_ip: &host.address, pod_ip: &ip };
            match volumes::contents(api, &self.pod, &place) {
                Ok(contents) => self.volumes = Volumes::new(contents, &mut host.host_paths),
                Err(error) => {
                    if !self.pod.spec.host_network {
                        host.return_ip();
                    }
                    host.event(api, &self.pod, "", event_type::WARNING, "FailedMount", &error);
                    let wait = (MOUNT_RETRY_MS << self.volumes.failures.min(10)).min(MOUNT_RETRY_MAX_MS);
                    self.volumes.failures += 1;
                    self.sandbox = Sandbox::Creating { ready_at: host.now + Duration::from_millis(wait) };
                    return false;
                }
            }
        }
        self.ip = ip;
        self.sandbox = Sandbox::Ready;
        self.dirty = true;
        true
    }
}
