//! The kubelet of one node: it runs the pods that are bound there and tells the API server how they fare.

mod access;
mod admission;
mod common;
mod computations;
mod container;
pub mod downward;
mod env;
#[cfg(test)]
mod eviction_tests;
mod exec_run;
mod hooks;
mod images;
mod logs;
mod probe;
#[cfg(test)]
mod probe_tests;
mod probing;
mod program;
mod restart_all;
mod run;
mod sandbox;
mod script;
mod server;
mod start;
mod status;
mod stop;
#[cfg(test)]
mod tests;
mod user;
mod volumes;
mod worker;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use access::{ExecError, Usage};
pub use computations::ComputationKey;
pub use images::parse_reference;
pub use logs::{LogError, LogLine, Stream};

use access::FinishedPod;

use common::Common;
use computations::Computations;
use images::{ImageAnswer, ImageFacts, Images};
use run::Run;
use script::ScriptBook;
use worker::PodWorker;

use crate::api::core::{Container, Node, Pod, PodIp};
use crate::api::{Object, Shared};
use crate::apiserver::{ApiServer, Change, ChangeKind, EventRecorder};
use crate::base::{Digest, Duration, Random, Time, ids};
use crate::containers::{self, Volume};
use crate::node::scheduler::NodeInfo;

/// What the containers of pods do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Lives {
    /// They run their programs.
    #[default]
    Programs,
    /// They live as the `sim/` annotations of their pods say.
    Annotations,
}

/// From being bound to the first container's start, where programs run.
const SANDBOX_DELAY: Duration = Duration::from_millis(500);

/// What requests and watches took between the steps of a pod's life where the scripted lives were recorded: with this
/// the recorded commands see most of the states that they saw there.
const SCRIPTED_LAG: Duration = Duration::from_millis(49);

/// How much later each of several pods that arrive together starts, up to so many of them.
const ADMISSION_MS: i64 = 8;
const QUEUED_MAX: i64 = 12;

/// What all pods of the node share.
#[derive(Clone, Debug)]
pub struct Host {
    pub now: Time,
    /// The node's own address.
    pub address: String,
    /// The same as statuses tell it.
    addresses: Shared<Vec<PodIp>>,
    node: String,
    /// The part of pod addresses that all pods of the node share.
    pod_prefix: String,
    lives: Lives,
    /// What the node offers and what its pods take of it.
    info: Option<NodeInfo>,
    recorder: EventRecorder,
    random: Random,
    images: Images,
    common: Common,
    scripts: ScriptBook,
    computations: Computations,
    /// 100: everything takes its usual time; more is slower.
    percent: u32,
    addresses_given: u32,
    /// Directories of the node that pods mount, by their path.
    host_paths: BTreeMap<String, Volume>,
    /// Pods that arrived at the same instant: each waits for those before it.
    arrivals: (Time, i64),
}

#[derive(Clone, Debug)]
pub struct Kubelet {
    host: Host,
    workers: BTreeMap<u64, PodWorker>,
    /// By namespace and name.
    ids: BTreeMap<Digest, u64>,
    next_id: u64,
    /// What is left of pods that are over.
    finished: BTreeMap<u64, FinishedPod>,
    /// Workers that something changed for, in the order of their pods' arrival.
    changed: BTreeSet<u64>,
    due: BTreeSet<(Time, u64)>,
    /// Pods whose objects vanished while they ran.
    abandoned: Vec<PodWorker>,
    /// A lost node's kubelet does nothing.
    answering: bool,
}

fn key_of(namespace: &str, pod: &str) -> Digest {
    Digest::of(&[namespace, pod])
}

impl Kubelet {
    /// The kubelet of the node with that name. Its addresses follow from the node's object.
    pub fn new(node: &str, lives: Lives, random: Random) -> Kubelet {
        let mut host = Host {
            now: Time::default(),
            address: String::new(),
            addresses: Shared::default(),
            pod_prefix: "10.244.0".to_owned(),
            node: node.to_owned(),
            lives,
            info: None,
            recorder: EventRecorder::on_host("kubelet", node),
            random,
            images: Images::default(),
            common: Common::default(),
            scripts: ScriptBook::default(),
            computations: Computations::default(),
            percent: 100,
            addresses_given: 0,
            host_paths: BTreeMap::new(),
            arrivals: (Time::default(), 0),
        };
        host.set_address(&crate::node::create::node_address(0));
        Kubelet {
            host,
            workers: BTreeMap::new(),
            finished: BTreeMap::new(),
            ids: BTreeMap::new(),
            next_id: 0,
            changed: BTreeSet::new(),
            due: BTreeSet::new(),
            abandoned: Vec::new(),
            answering: true,
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
        let key = key_of(&pod.metadata.namespace, &pod.metadata.name);
        let known = self.ids.get(&key).copied();
        if change.kind == ChangeKind::Deleted {
            if let Some(id) = known {
                self.forget(key, id);
            }
            return;
        }
        match known.and_then(|id| self.workers.get_mut(&id).map(|worker| (id, worker))) {
            Some((id, worker)) => {
                let (old, new) = (&worker.pod.metadata, &pod.metadata);
                let urgent = old.deletion_timestamp != new.deletion_timestamp
                    || old.deletion_grace_period_seconds != new.deletion_grace_period_seconds
                    || worker.pod.spec != pod.spec;
                worker.replace_pod(pod);
                if urgent && !worker.is_finished() {
                    self.changed.insert(id);
                }
            }
            None if pod.is_terminal() || known.is_some() => {}
            None => {
                self.next_id += 1;
                self.ids.insert(key, self.next_id);
                self.workers.insert(self.next_id, PodWorker::new(self.next_id, pod, now));
                self.changed.insert(self.next_id);
            }
        }
    }

    fn forget(&mut self, key: Digest, id: u64) {
        self.ids.remove(&key);
        self.changed.remove(&id);
        self.finished.remove(&id);
        let Some(worker) = self.workers.remove(&id) else { return };
        if let Some(wake) = worker.wake {
            self.due.remove(&(wake, id));
        }
        if !worker.is_finished() {
            self.abandoned.push(worker);
        }
    }

    pub fn next_wake(&self) -> Option<Time> {
        if !self.answering {
            return None;
        }
        if !self.changed.is_empty() || !self.abandoned.is_empty() {
            return Some(self.host.now);
        }
        self.due.first().map(|(at, _)| *at)
    }

    /// Does everything that is due.
    pub fn run(&mut self, api: &mut ApiServer) {
        self.host.now = api.now();
        if !self.answering {
            return;
        }
        for mut worker in std::mem::take(&mut self.abandoned) {
            worker.abandon(&mut self.host, api);
            if worker.admitted {
                self.host.release(&worker.pod);
            }
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
            } else if worker.is_finished() {
                self.retire(id);
            }
        }
    }

    /// A pod that is over leaves only its logs.
    fn retire(&mut self, id: u64) {
        let Some(worker) = self.workers.remove(&id) else { return };
        if worker.admitted {
            self.host.release(&worker.pod);
        }
        self.host.recorder.forget(&Object::Pod(Arc::clone(&worker.pod)));
        self.finished.insert(id, FinishedPod::new(worker));
    }
}

impl Host {
    fn observe_node(&mut self, node: &Arc<Node>) {
        let info = self.info.get_or_insert_with(|| NodeInfo::new(Arc::clone(node)));
        info.node = Arc::clone(node);
        info.refresh();
        if let Some(address) = node.status.addresses[0]["address"].as_str() {
            self.set_address(address);
        }
        if let Some((prefix, _)) = node.spec.pod_cidr.rsplit_once('.') {
            prefix.clone_into(&mut self.pod_prefix);
        }
    }

    fn set_address(&mut self, address: &str) {
        address.clone_into(&mut self.address);
        self.addresses = vec![PodIp { ip: address.to_owned(), ..PodIp::default() }].into();
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

    /// Spans of the node's own work, longer on a slow node.
    fn span(&self, usual: Duration) -> Duration {
        Duration::from_millis(usual.as_millis().saturating_mul(i64::from(self.percent)) / 100)
    }

    fn create_delay(&mut self, pod: &Pod) -> Duration {
        let (at, before) = self.arrivals;
        let before = if at == self.now { before + 1 } else { 0 };
        self.arrivals = (self.now, before);
        let queued = Duration::from_millis(before.min(QUEUED_MAX) * ADMISSION_MS);
        let usual =
            if self.runs_programs() { SANDBOX_DELAY } else { script::create_delay(pod) + SCRIPTED_LAG };
        self.span(usual + queued)
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

    /// The address that was just given is free again.
    fn return_ip(&mut self) {
        self.addresses_given -= 1;
    }

    fn request_image(&mut self, pod: &Pod, spec: &Container) -> ImageAnswer {
        if !self.runs_programs() {
            return self.images.request_scripted(&spec.image, script::image_script(pod), self.now);
        }
        let facts = containers::images::lookup(&spec.image).map(|image| ImageFacts {
            size_bytes: image.size_bytes,
            pull: self.span(Duration::from_millis(image.pull_millis as i64)),
        });
        self.images.request(&spec.image, &spec.image_pull_policy, facts, self.now)
    }

    fn next_seed(&mut self) -> u64 {
        self.random.next_u64()
    }

    fn scripted_run(&mut self, pod: &Pod, spec: &Container, is_init: bool, earlier_runs: usize) -> Run {
        let place = self.scripts.begin_run(pod, earlier_runs);
        let mut run = script::scripted_run(pod, spec, is_init, place, self.now);
        run.exit_at = run.exit_at.map(|at| self.now + self.span(at - self.now));
        Run::Scripted(run)
    }
}
