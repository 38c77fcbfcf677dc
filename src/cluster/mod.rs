//! The world: one API server with the components that read and write through it, and the virtual clock.

mod history;
mod nodes;
mod plan;
mod step;

use std::collections::VecDeque;

use crate::api::meta::ResourceVersion;
use crate::api::{Kind, Status};
use crate::apiserver::{
    ApiServer, Change, EventLeases, GarbageCollector, MODIFIED, NamespaceController, Refusal, Request,
};
use crate::base::{Digest, Random, Time, Timestamp};
use crate::controllers::cronjob::CronJobController;
use crate::controllers::decisions::Decision;
use crate::controllers::job::JobController;
use crate::controllers::pod_gc::PodGc;
use crate::controllers::ttl::TtlController;
use crate::node::{Kubelet, LogError, LogLine, NodeLifecycle, Scheduler, create_node};

pub use crate::base::Fault;
pub use crate::node::{Lives, NodeOptions};
pub use nodes::{ComputationId, Effect};
pub use plan::{PlannedFault, Since};

/// Decisions kept for the "why" panel and the checks of lessons; older ones are dropped.
const DECISIONS_KEPT: usize = 20_000;
/// Rounds of delivering and running within one instant. Components that keep waking each other without any
/// progress of time would hang the page: it is a defect, and this says where it was seen.
const ROUNDS_PER_INSTANT_MAX: usize = 1_000_000;
/// 23 November 2026, 09:00 UTC: learners without a clock of their own begin here, so that pictures stay the same.
const DEFAULT_START: Timestamp = Timestamp::from_secs(1_795_424_400);
/// The images of the course were used on these nodes before, as on the author's own cluster: with a pull of ten
/// seconds first, a Job with a deadline of ten seconds would end with nothing done.
const IMAGES_PRESENT: [&str; 2] = ["perl:5.34.0", "busybox:1.36"];

#[derive(Clone, PartialEq, Debug)]
pub struct ClusterOptions {
    pub seed: u64,
    /// The virtual instant at which the cluster begins.
    pub start: Time,
    /// Name and size of each node.
    pub nodes: Vec<(String, NodeOptions)>,
    pub lives: Lives,
    /// Images that every node has from the beginning, so that they are not pulled.
    pub images: Vec<String>,
    /// Generated names to hand out in order, before random ones.
    pub names: Vec<String>,
    /// Faults that happen by themselves. One that finds nothing to happen to does nothing.
    pub faults: Vec<PlannedFault>,
}

/// How far an advance came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Advance {
    Reached,
    /// The clock stands at `at`: the answer of this computation is due there and has not come.
    Held {
        at: Time,
        computation: ComputationId,
    },
}

/// A cluster. Same options and same commands at the same virtual instants give the same history, byte for byte.
#[derive(Debug)]
pub struct Cluster {
    api: ApiServer,
    /// The components have seen every change up to this version.
    seen: ResourceVersion,
    /// The changes of one delivery. Empty in between: only the allocation is kept.
    delivery: Vec<Change>,
    garbage_collector: GarbageCollector,
    namespaces: NamespaceController,
    event_leases: EventLeases,
    job: JobController,
    cron_job: CronJobController,
    ttl: TtlController,
    pod_gc: PodGc,
    scheduler: Scheduler,
    node_lifecycle: NodeLifecycle,
    kubelets: Vec<Kubelet>,
    plan: plan::Plan,
    decisions: VecDeque<Decision>,
    /// Decisions dropped from the front.
    decisions_dropped: usize,
    /// The running hash of every change, once it is asked for.
    history: Option<Digest>,
}

impl Default for ClusterOptions {
    fn default() -> ClusterOptions {
        ClusterOptions {
            seed: 1,
            start: DEFAULT_START.to_time(),
            nodes: vec![("node-1".to_owned(), NodeOptions::default())],
            lives: Lives::default(),
            images: IMAGES_PRESENT.map(str::to_owned).to_vec(),
            names: Vec::new(),
            faults: Vec::new(),
        }
    }
}

impl ClusterOptions {
    /// Nodes for benchmarks: enough room for a thousand pods each.
    pub fn large_nodes(count: usize) -> Vec<(String, NodeOptions)> {
        let size = NodeOptions { cpus: 64, memory_mebibytes: 262_144, pods: 1_000, ..NodeOptions::default() };
        (1..=count).map(|number| (format!("node-{number}"), size.clone())).collect()
    }
}

impl Cluster {
    pub fn new(options: &ClusterOptions) -> Cluster {
        let mut random = Random::new(options.seed);
        let mut api = ApiServer::new(options.start, random.fork());
        api.script_names(options.names.iter().cloned());
        let mut kubelets = Vec::new();
        for (name, size) in &options.nodes {
            create_node(&mut api, name, size).expect("a node's name is a DNS name and unique");
            let mut kubelet = Kubelet::new(name, options.lives, random.fork());
            options.images.iter().for_each(|image| kubelet.preload_image(image));
            kubelets.push(kubelet);
        }
        let mut cluster = Cluster {
            api,
            seen: ResourceVersion::default(),
            delivery: Vec::new(),
            garbage_collector: GarbageCollector::new(),
            namespaces: NamespaceController::new(),
            event_leases: EventLeases::new(),
            job: JobController::new(),
            cron_job: CronJobController::new(),
            ttl: TtlController::new(),
            pod_gc: PodGc::new(),
            scheduler: Scheduler::new(),
            node_lifecycle: NodeLifecycle::new(),
            kubelets,
            plan: plan::Plan::new(&options.faults, options.start),
            decisions: VecDeque::new(),
            decisions_dropped: 0,
            history: None,
        };
        cluster.settle();
        cluster
    }

    pub fn now(&self) -> Time {
        self.api.now()
    }

    pub fn api(&self) -> &ApiServer {
        &self.api
    }

    /// The API server for writing: what `kubectl` does with it, the components see at the same instant, as soon
    /// as the clock is asked to go on.
    pub fn api_mut(&mut self) -> &mut ApiServer {
        &mut self.api
    }

    /// The newest decisions of the controllers, oldest first.
    pub fn decisions(&self) -> impl DoubleEndedIterator<Item = &Decision> {
        self.decisions.iter()
    }

    /// How many decisions there were since the beginning, also those that are no longer kept.
    pub fn decision_count(&self) -> usize {
        self.decisions_dropped + self.decisions.len()
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
        let unknown = || LogError::PodNotFound { pod: pod.to_owned() };
        self.kubelet_of(namespace, pod).ok_or_else(unknown)?.logs(namespace, pod, container, previous)
    }

    fn keep_decisions(&mut self, new: Vec<Decision>) {
        self.decisions.extend(new);
        let surplus = self.decisions.len().saturating_sub(DECISIONS_KEPT);
        self.decisions.drain(..surplus);
        self.decisions_dropped += surplus;
    }

    /// Causes a fault.
    ///
    /// # Errors
    /// One English line when there is nothing to cause it on.
    pub fn cause(&mut self, fault: &Fault) -> Result<(), String> {
        match fault {
            Fault::ControllerRestart => {
                self.job.restart(&self.api);
                self.cron_job.restart(&self.api);
                self.ttl.restart(&self.api);
                self.pod_gc.restart(&self.api);
                self.node_lifecycle.restart(&self.api);
            }
            Fault::ApiConflicts { count } => {
                let status = Status::conflict(Kind::Job, "", MODIFIED);
                let request = Request::UpdateStatus;
                self.api.refuse(Refusal { request, kind: Kind::Job, after: 0, times: *count, status });
            }
            other => return self.cause_on_nodes(other),
        }
        Ok(())
    }
}
