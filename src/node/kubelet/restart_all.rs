//! One container's end starts the whole pod anew: the others are killed, all are removed, and in the same sandbox init
//! containers run again first.
// Models pkg/kubelet/kuberuntime/kuberuntime_manager.go getContainersToReset

use super::Host;
use super::container::{Ended, Next};
use super::worker::PodWorker;
use crate::apiserver::ApiServer;
use crate::node::phase::RESTARTING_ALL;

const REMOVED: &str = "The container is removed because RestartAllContainers in place";
const KILLED: i32 = 137;

impl PodWorker {
    /// Kills the others, without their hooks.
    pub fn begin_restart_all(&mut self, host: &mut Host, api: &mut ApiServer) {
        self.restarting_all = true;
        self.dirty = true;
        for index in 0..self.containers.len() {
            self.stop_container(index, host, api, "killing", Some(0));
        }
    }

    /// When nothing runs any more, everything begins again. Answers whether it does.
    pub fn continue_restart_all(&mut self) -> bool {
        if self.containers.iter().any(|container| container.run.is_some()) {
            return false;
        }
        for container in &mut self.containers {
            let killed = container.stop.take().is_some();
            if let Some(exit) = container.exit.take() {
                container.end(&exit);
            }
            if killed {
                // What is removed leaves no record of its own.
                container.last = Some(Ended {
                    exit_code: KILLED,
                    reason: RESTARTING_ALL.to_owned(),
                    message: REMOVED.to_owned(),
                    ..Ended::default()
                });
            }
            if container.last.is_some() {
                container.wait(RESTARTING_ALL, REMOVED.to_owned());
            }
            container.next = Next::Idle;
            container.starts_anew = true;
        }
        self.restarting_all = false;
        self.dirty = true;
        true
    }
}
