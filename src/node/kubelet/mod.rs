//! The kubelet of one node: it runs the pods that are bound there and tells the API server how they fare.

mod container;
mod downward;
mod env;
mod images;
mod logs;
mod run;
mod script;
mod start;
mod status;
mod stop;
#[cfg(test)]
mod tests;
mod volumes;
mod worker;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use logs::{LogError, LogLine, Stream};

use container::State;
use images::{ImageAnswer, ImageTrouble, Images};
use logs::Logs;
use run::Run;
use script::ScriptBook;
use worker::PodWorker;

use crate::api::Object;
use crate::api::core::{Container, Node, Pod};
use crate::apiserver::{ApiServer, Change, ChangeKind, EventRecorder, ObjectKey};
use crate::base::{Duration, Random, Time, ids};

/// What the containers of pods do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Lives {
    /// They run their programs.
    #[default]
    Programs,
    /// They live as the `sim/` annotations of their pods say.
    Annotations,
}

/// What all pods of the node share.
#[derive(Clone, Debug)]
pub struct Host {
    pub now: Time,
    /// The node's own address.
    pub address: String,
    node: String,
    /// The part of pod addresses that all pods of the node share.
    pod_prefix: String,
    lives: Lives,
    recorder: EventRecorder,
    random: Random,
    images: Images,
    scripts: ScriptBook,
    addresses_given: u32,
}

#[derive(Clone, Debug)]
pub struct Kubelet {
    host: Host,
    workers: BTreeMap<u64, PodWorker>,
    ids: BTreeMap<ObjectKey, u64>,
    next_id: u64,
    /// Workers that something changed for, in the order of their pods' arrival.
    changed: BTreeSet<u64>,
    due: BTreeSet<(Time, u64)>,
    /// Pods whose objects vanished while they ran.
    abandoned: Vec<PodWorker>,
}

impl Kubelet {
    /// The kubelet of the node with that name. Its addresses follow from the node's object.
    pub fn new(node: &str, lives: Lives, random: Random) -> Kubelet {
        let host = Host {
            now: Time::default(),
            address: crate::node::create::node_address(0),
            pod_prefix: "10.244.0".to_owned(),
            node: node.to_owned(),
            lives,
            recorder: EventRecorder::on_host("kubelet", node),
            random,
            images: Images::default(),
            scripts: ScriptBook::default(),
            addresses_given: 0,
        };
        Kubelet {
            host,
            workers: BTreeMap::new(),
            ids: BTreeMap::new(),
            next_id: 0,
            changed: BTreeSet::new(),
            due: BTreeSet::new(),
            abandoned: Vec::new(),
        }
    }

    pub fn node(&self) -> &str {
        &self.host.node
    }

    pub fn observe(&mut self, change: &Change, now: Time) {
        self.host.now = now;
        match &change.object {
            Object::Pod(pod) => self.observe_pod(change, pod),
            Object::Node(node) if node.metadata.name == self.host.node => self.host.observe_node(node),
            _ => {}
        }
    }

    fn observe_pod(&mut self, change: &Change, pod: &Arc<Pod>) {
        let now = self.host.now;
        if self.host.lives == Lives::Annotations && change.kind == ChangeKind::Added {
            self.host.scripts.note_pod(pod);
        }
        if pod.spec.node_name != self.host.node {
            return;
        }
        let key = ObjectKey::of(&change.object);
        let known = self.ids.get(&key).copied();
        if change.kind == ChangeKind::Deleted {
            if let Some(id) = known {
                self.forget(&key, id);
            }
            return;
        }
        match known.and_then(|id| self.workers.get_mut(&id).map(|worker| (id, worker))) {
            Some((id, worker)) => {
                let (old, new) = (&worker.pod.metadata, &pod.metadata);
                let urgent = old.deletion_timestamp != new.deletion_timestamp
                    || old.deletion_grace_period_seconds != new.deletion_grace_period_seconds
                    || worker.pod.spec != pod.spec;
                worker.pod = Arc::clone(pod);
                if urgent && !worker.is_finished() {
                    self.changed.insert(id);
                }
            }
            None if pod.is_terminal() => {}
            None => {
                self.next_id += 1;
                self.ids.insert(key, self.next_id);
                self.workers.insert(self.next_id, PodWorker::new(pod, now));
                self.changed.insert(self.next_id);
            }
        }
    }

    fn forget(&mut self, key: &ObjectKey, id: u64) {
        self.ids.remove(key);
        self.changed.remove(&id);
        let Some(worker) = self.workers.remove(&id) else { return };
        if let Some(wake) = worker.wake {
            self.due.remove(&(wake, id));
        }
        if !worker.is_finished() {
            self.abandoned.push(worker);
        }
    }

    pub fn next_wake(&self) -> Option<Time> {
        if !self.changed.is_empty() || !self.abandoned.is_empty() {
            return Some(self.host.now);
        }
        self.due.first().map(|(at, _)| *at)
    }

    /// Does everything that is due.
    pub fn run(&mut self, api: &mut ApiServer) {
        self.host.now = api.now();
        for mut worker in std::mem::take(&mut self.abandoned) {
            worker.abandon(&mut self.host, api);
        }
        let mut ready = std::mem::take(&mut self.changed);
        while let Some(&(at, id)) = self.due.first().filter(|(at, _)| *at <= self.host.now) {
            self.due.remove(&(at, id));
            ready.insert(id);
        }
        for id in ready {
            let Some(worker) = self.workers.get_mut(&id) else { continue };
            if let Some(wake) = worker.wake.take() {
                self.due.remove(&(wake, id));
            }
            worker.step(&mut self.host, api);
            if let Some(wake) = worker.wake {
                self.due.insert((wake, id));
            }
        }
    }

    /// The log of a container's present or last run, or of the run before.
    ///
    /// # Errors
    /// When there is no such pod, container or run.
    pub fn logs(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        previous: bool,
    ) -> Result<&[LogLine], LogError> {
        let names = || (pod.to_owned(), container.to_owned());
        let key = ObjectKey::new(namespace, pod);
        let worker = self.ids.get(&key).and_then(|id| self.workers.get(id));
        let worker = worker.ok_or_else(|| LogError::PodNotFound { pod: pod.to_owned() })?;
        let found = worker.containers.iter().find(|c| c.name == container);
        let found = found.ok_or_else(|| {
            let (pod, container) = names();
            LogError::ContainerNotFound { pod, container }
        })?;
        let Logs { current, previous: before, .. } = &found.logs;
        if previous {
            return before.as_deref().ok_or_else(|| {
                let (pod, container) = names();
                LogError::NoPrevious { pod, container }
            });
        }
        match &found.state {
            State::Waiting { reason, .. } if found.last.is_none() => {
                let (pod, container) = names();
                let trouble = matches!(reason.as_str(), "ErrImagePull" | "ImagePullBackOff");
                let reason = if trouble { "trying and failing to pull image" } else { reason };
                Err(LogError::WaitingToStart { pod, container, reason: reason.to_owned() })
            }
            State::Ended(ended) if ended.container_id.is_empty() => {
                let (pod, container) = names();
                Err(LogError::NeverRan { pod, container })
            }
            _ => Ok(current),
        }
    }
}

impl Host {
    fn observe_node(&mut self, node: &Node) {
        if let Some(address) = node.status.addresses[0]["address"].as_str() {
            address.clone_into(&mut self.address);
        }
        if let Some((prefix, _)) = node.spec.pod_cidr.rsplit_once('.') {
            prefix.clone_into(&mut self.pod_prefix);
        }
    }

    fn event(
        &mut self,
        api: &mut ApiServer,
        pod: &Arc<Pod>,
        field_path: &str,
        event_type: &str,
        reason: &str,
        message: &str,
    ) {
        let regarding = Object::Pod(Arc::clone(pod));
        self.recorder.field_event(api, &regarding, field_path, event_type, reason, message);
    }

    fn runs_programs(&self) -> bool {
        self.lives == Lives::Programs
    }

    fn create_delay(&self, pod: &Pod) -> Duration {
        script::create_delay(pod)
    }

    fn next_ip(&mut self) -> String {
        self.addresses_given += 1;
        // The first two addresses of the range are the network's and the bridge's.
        let host_part = 2 + (self.addresses_given - 1) % 253;
        format!("{}.{host_part}", self.pod_prefix)
    }

    fn next_container_id(&mut self) -> String {
        format!("containerd://{}", ids::hex64(&mut self.random))
    }

    fn request_image(&mut self, pod: &Pod, spec: &Container) -> ImageAnswer {
        self.images.request_scripted(&spec.image, script::image_script(pod), self.now)
    }

    fn make_run(
        &mut self,
        _api: &ApiServer,
        pod: &Pod,
        spec: &Container,
        is_init: bool,
        earlier_runs: usize,
    ) -> Result<Run, ImageTrouble> {
        let place = self.scripts.begin_run(pod, earlier_runs);
        Ok(Run::Scripted(script::scripted_run(pod, spec, is_init, place, self.now)))
    }
}
