//! What a kubelet refuses although it is bound to its node.

use std::sync::Arc;

use super::Host;
use super::worker::{PodWorker, Stage};
use crate::api::Object;
use crate::api::core::{Pod, PodPhase, PodStatus};
use crate::apiserver::ApiServer;
use crate::apiserver::events::event_type;
use crate::node::scheduler::Rejection;

impl Host {
    /// Takes the pod in, or says why the node has no place for it.
    // Models pkg/kubelet/lifecycle/predicate.go Admit
    pub fn admit(&mut self, pod: &Pod) -> Result<(), Rejection> {
        let Some(info) = &mut self.info else { return Ok(()) };
        match info.rejection(&pod.spec) {
            Some(rejection) => Err(rejection),
            None => {
                info.add_pod(&pod.spec);
                Ok(())
            }
        }
    }

    /// The pod takes no room any more.
    pub fn release(&mut self, pod: &Pod) {
        if let Some(info) = &mut self.info {
            info.remove_pod(&pod.spec);
        }
    }
}

impl PodWorker {
    // Models pkg/kubelet/kubelet.go rejectPod
    pub fn reject(&mut self, host: &mut Host, api: &mut ApiServer, rejection: &Rejection) {
        let pod = Arc::clone(&self.pod);
        let regarding = Object::Pod(Arc::clone(&pod));
        host.recorder.event(api, &regarding, event_type::WARNING, &rejection.reason, &rejection.message);
        let mut status = PodStatus::clone(&pod.status);
        status.phase = PodPhase::Failed;
        status.reason.clone_from(&rejection.reason);
        status.message = format!("Pod was rejected: {}", rejection.message);
        status.observed_generation = pod.metadata.generation;
        self.stage = Stage::Finished;
        self.admitted = false;
        self.wake = None;
        // Refused, it is not sent again: the pod is none of this node's.
        let _ = self.write_status(api, status);
    }
}
