//! What the world asks of its nodes: faults, commands in containers, usage, computations.

use super::{Advance, Cluster, Fault};
use crate::api::{Kind, Object};
use crate::apiserver::ObjectKey;
use crate::base::Time;
use crate::containers::compute::{self, ComputeRequest, ComputeResult};
use crate::containers::process::Process;
use crate::node::{ComputationKey, ExecError, Kubelet, Usage};

/// How many bits of a computation's number name its node.
const NODE_BITS: u32 = 10;

/// A number that names a computation in flight. Numbers are never used twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ComputationId(pub u64);

/// What the world outside must do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    StartComputation { id: ComputationId, request: ComputeRequest },
    CancelComputation { id: ComputationId },
}

impl ComputationId {
    fn new(node: usize, key: ComputationKey) -> ComputationId {
        ComputationId((key.0 << NODE_BITS) | node as u64)
    }

    fn parts(self) -> (usize, ComputationKey) {
        ((self.0 & ((1 << NODE_BITS) - 1)) as usize, ComputationKey(self.0 >> NODE_BITS))
    }
}

impl Cluster {
    /// What is to be done outside since the last call.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        for (node, kubelet) in self.kubelets.iter_mut().enumerate() {
            for (key, request) in kubelet.take_computations() {
                effects.push(Effect::StartComputation { id: ComputationId::new(node, key), request });
            }
            for key in kubelet.cancelled_computations() {
                effects.push(Effect::CancelComputation { id: ComputationId::new(node, key) });
            }
        }
        effects
    }

    /// The answer of a computation. One that nobody waits for any more is ignored.
    pub fn computation_finished(&mut self, id: ComputationId, result: ComputeResult) {
        let (node, key) = id.parts();
        if let Some(kubelet) = self.kubelets.get_mut(node) {
            kubelet.finish_computation(key, result);
        }
    }

    /// The computation that is due and has no answer, with the instant at which the clock must stand for it.
    pub(super) fn awaited(&self) -> Option<(ComputationId, Time)> {
        let nodes = self.kubelets.iter().enumerate();
        let awaited = nodes.filter_map(|(node, kubelet)| Some((node, kubelet.held_until()?)));
        let due = awaited.filter(|(_, (_, at))| *at <= self.now());
        let first = due.min_by_key(|(node, (key, at))| (*at, *key, *node));
        first.map(|(node, (key, at))| (ComputationId::new(node, key), at))
    }

    /// Lets time pass and computes here whatever programs ask for: for the command line and tests.
    pub fn advance_computing(&mut self, until: Time) {
        loop {
            let advance = self.advance_to(until);
            let effects = self.take_effects();
            if effects.is_empty() && advance == Advance::Reached {
                return;
            }
            for effect in effects {
                if let Effect::StartComputation { id, request } = effect {
                    self.computation_finished(id, compute::run(&request));
                }
            }
        }
    }

    /// Starts a command in a running container; the caller runs the process.
    ///
    /// # Errors
    /// When the container does not run or the command cannot start.
    pub fn exec(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        argv: Vec<String>,
    ) -> Result<Process, ExecError> {
        let unknown = || ExecError::PodNotFound { pod: pod.to_owned() };
        let kubelet = self.kubelet_of(namespace, pod).ok_or_else(unknown)?;
        kubelet.exec(namespace, pod, container, argv, self.now())
    }

    /// What a running container uses; `None` when it does not run.
    pub fn usage(&self, namespace: &str, pod: &str, container: &str) -> Option<Usage> {
        self.kubelet_of(namespace, pod)?.usage(namespace, pod, container)
    }

    /// The kubelet of the pod's node.
    pub(super) fn kubelet_of(&self, namespace: &str, pod: &str) -> Option<&Kubelet> {
        let Some(Object::Pod(pod)) = self.api.find(Kind::Pod, &ObjectKey::new(namespace, pod)) else {
            return None;
        };
        self.kubelets.iter().find(|kubelet| kubelet.node() == pod.spec.node_name)
    }

    fn kubelet_named(&mut self, node: &str) -> Result<&mut Kubelet, String> {
        let found = self.kubelets.iter_mut().find(|kubelet| kubelet.node() == node);
        found.ok_or_else(|| format!("nodes \"{node}\" not found"))
    }

    /// Causes a fault of a node or of the registry.
    pub(super) fn cause_on_nodes(&mut self, fault: &Fault) -> Result<(), String> {
        let now = self.now();
        match fault {
            Fault::KillContainer { namespace, pod, container } => {
                let mut kubelets = self.kubelets.iter_mut();
                if !kubelets.any(|kubelet| kubelet.kill_container(namespace, pod, container, now)) {
                    return Err(format!("container \"{container}\" in pod \"{pod}\" is not running"));
                }
            }
            Fault::NodeLost { node } => {
                self.kubelet_named(node)?.set_answering(false, now);
                self.node_lifecycle.lose(node, now);
            }
            Fault::NodeBack { node } => {
                self.kubelet_named(node)?.set_answering(true, now);
                self.node_lifecycle.restore(node, now);
            }
            Fault::NodeSlow { node, percent } => self.kubelet_named(node)?.set_pace(*percent, now),
            Fault::RegistryDown | Fault::RegistryBack => {
                let down = *fault == Fault::RegistryDown;
                self.kubelets.iter_mut().for_each(|kubelet| kubelet.set_registry_down(down));
            }
            Fault::ApiConflicts { .. } | Fault::ControllerRestart => {
                return Err(format!("the fault \"{fault}\" is not one of a node"));
            }
        }
        Ok(())
    }
}
