//! An API server with the Job controller and nobody else: the test plays the kubelet.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use zadachnik::api::batch::{COMPLETION_INDEX, Job};
use zadachnik::api::core::Pod;
use zadachnik::api::meta::ResourceVersion;
use zadachnik::api::{Kind, Object};
use zadachnik::apiserver::{ApiServer, Change, DeleteOptions, ObjectKey, Subresource};
use zadachnik::base::{Duration, Random, Time, Timestamp};
use zadachnik::controllers::decisions::Decision;
use zadachnik::controllers::job::JobController;

const START_SECS: i64 = 1_795_446_000;
/// As long as any back-off lasts, and the batch period.
pub const LONG: i64 = 602;
pub const BLOCKING_FINALIZER: &str = "example.com/hold";

pub struct World {
    pub api: ApiServer,
    pub controller: JobController,
    pub decisions: Vec<Decision>,
    seen: ResourceVersion,
    key: ObjectKey,
    /// Pods that the test lets run, with the instant and the exit code of their end.
    ends: BTreeMap<String, (Time, i32)>,
    /// Changes reach the controller so much later.
    pub lag: Duration,
}

impl World {
    /// A world in which a Job of that spec was just created. Its pods fail or succeed as the test says.
    pub fn with_job(spec: Value) -> World {
        World::with_job_of(spec, "Never", false)
    }

    /// `held`: pods carry one more finalizer, so that deleted ones stay Terminating.
    pub fn with_job_of(mut spec: Value, restart_policy: &str, held: bool) -> World {
        let api = ApiServer::new(Timestamp::from_secs(START_SECS).to_time(), Random::new(7));
        let key = ObjectKey::new("default", "work");
        spec["manualSelector"] = json!(true);
        spec["selector"] = json!({"matchLabels": {"app": "work"}});
        let finalizers: &[&str] = if held { &[BLOCKING_FINALIZER] } else { &[] };
        spec["template"] = json!({
            "metadata": {"labels": {"app": "work"}, "finalizers": finalizers},
            "spec": {"restartPolicy": restart_policy, "containers": [{"name": "main", "image": "busybox:1.36"}]},
        });
        defaulted(&mut spec);
        let metadata = json!({"name": key.name, "namespace": key.namespace});
        let job = Object::decode(Kind::Job, json!({"metadata": metadata, "spec": spec})).expect("a Job");
        let mut world = World {
            seen: api.version(),
            api,
            controller: JobController::new(),
            decisions: Vec::new(),
            key,
            ends: BTreeMap::new(),
            lag: Duration::ZERO,
        };
        world.api.create(job).expect("valid");
        world.settle();
        world
    }

    pub fn now(&self) -> Time {
        self.api.now()
    }

    /// Lets the controller see and do everything that is due at this instant.
    pub fn settle(&mut self) {
        loop {
            let (now, lag) = (self.now(), self.lag);
            let arrived = |change: &&Change| change.at + lag <= now;
            let changes: Vec<Change> =
                self.api.changes_since(self.seen).expect("recent").take_while(arrived).cloned().collect();
            for change in &changes {
                self.seen = change.version;
                self.controller.observe(change, now);
            }
            if self.controller.next_wake().is_none_or(|at| at > now) {
                return;
            }
            self.controller.run(&mut self.api, &mut self.decisions);
        }
    }

    /// When the controller has something to see or to do.
    pub fn next_wake(&self) -> Option<Time> {
        let unseen =
            self.api.changes_since(self.seen).expect("recent").next().map(|change| change.at + self.lag);
        [self.controller.next_wake(), unseen].into_iter().flatten().min()
    }

    pub fn pass_seconds(&mut self, seconds: i64) {
        self.pass(Duration::from_secs(seconds));
    }

    /// Lets time pass, from due event to due event.
    pub fn pass(&mut self, span: Duration) {
        let end = self.now() + span;
        loop {
            self.settle();
            let wakes = [self.next_wake(), self.ends.values().map(|(at, _)| *at).min()];
            let Some(next) = wakes.into_iter().flatten().min().filter(|at| *at <= end) else { break };
            self.api.set_now(next.max(self.now()));
            let due: Vec<String> = self
                .ends
                .iter()
                .filter(|(_, (at, _))| *at <= self.now())
                .map(|(name, _)| name.clone())
                .collect();
            for name in due {
                if let Some((_, code)) = self.ends.remove(&name) {
                    self.end_pod(&name, code);
                }
            }
        }
        self.api.set_now(end);
        self.settle();
    }

    pub fn job(&self) -> Arc<Job> {
        match self.api.get(Kind::Job, &self.key) {
            Ok(Object::Job(job)) => job.clone(),
            other => panic!("no Job: {other:?}"),
        }
    }

    pub fn pods(&self) -> Vec<Arc<Pod>> {
        let pods = self.api.list(Kind::Pod, Some("default"));
        pods.filter_map(|object| match object {
            Object::Pod(pod) => Some(pod.clone()),
            _ => None,
        })
        .collect()
    }

    pub fn active(&self) -> Vec<Arc<Pod>> {
        let pods = self.pods();
        pods.into_iter().filter(|pod| !pod.is_terminal() && !pod.metadata.is_deleting()).collect()
    }

    pub fn active_indexes(&self) -> Vec<i32> {
        let mut indexes: Vec<i32> = self.active().iter().filter_map(|pod| index(pod)).collect();
        indexes.sort_unstable();
        indexes
    }

    pub fn key(&self) -> ObjectKey {
        self.key.clone()
    }

    /// The new process lists everything: it has seen all that there is.
    pub fn restart_controller(&mut self) {
        self.controller.restart(&self.api);
        self.seen = self.api.version();
    }

    /// Changes the Job's spec unless the server refuses.
    pub fn try_edit(&mut self, change: impl FnOnce(&mut zadachnik::api::batch::JobSpec)) {
        let key = self.key.clone();
        let _ = self.api.patch(Kind::Job, &key, Subresource::Main, |object| {
            if let Object::Job(job) = object {
                change(&mut Arc::make_mut(job).spec);
            }
        });
        self.settle();
    }

    /// The scheduler binds the pod and its container runs.
    pub fn start_pod(&mut self, name: &str) {
        let key = ObjectKey::new("default", name);
        let bound = self.api.patch(Kind::Pod, &key, Subresource::Main, |object| {
            if let Object::Pod(pod) = object {
                Arc::make_mut(pod).spec.node_name = "node-1".to_owned();
            }
        });
        if bound.is_ok() {
            self.try_change_pod(name, |pod| pod.status.phase = zadachnik::api::core::PodPhase::Running);
        }
    }

    /// A deleted pod has stopped: its end is reported, then the object goes.
    pub fn stop_pod(&mut self, name: &str) {
        let terminal = |pod: &Pod| pod.is_terminal();
        if self.pods().iter().any(|pod| pod.metadata.name == name && !terminal(pod)) {
            self.end_pod(name, 143);
        }
        let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
        let _ = self.api.delete(Kind::Pod, &ObjectKey::new("default", name), &options);
        self.settle();
    }

    /// Changes the Job's spec as a user would.
    pub fn edit(&mut self, change: impl FnOnce(&mut zadachnik::api::batch::JobSpec)) {
        let edited = self.api.patch(Kind::Job, &self.key.clone(), Subresource::Main, |object| {
            if let Object::Job(job) = object {
                change(&mut Arc::make_mut(job).spec);
            }
        });
        edited.expect("a legal edit");
        self.settle();
    }

    pub fn change_pod(&mut self, name: &str, change: impl FnOnce(&mut Pod)) {
        self.try_change_pod(name, change).expect("the pod is there");
    }

    fn try_change_pod(&mut self, name: &str, change: impl FnOnce(&mut Pod)) -> Option<Object> {
        let key = ObjectKey::new("default", name);
        let changed = self.api.patch(Kind::Pod, &key, Subresource::Status, |object| {
            if let Object::Pod(pod) = object {
                change(Arc::make_mut(pod));
            }
        });
        changed.ok()
    }

    /// The only container ends with that exit code, and the pod with it.
    pub fn end_pod(&mut self, name: &str, code: i32) {
        let phase = if code == 0 { "Succeeded" } else { "Failed" };
        self.end_pod_as(name, phase, code, &[]);
    }

    pub fn end_pod_as(&mut self, name: &str, phase: &str, code: i32, conditions: &[&str]) {
        let at = self.now().to_timestamp().to_string();
        let conditions: Vec<Value> =
            conditions.iter().map(|kind| json!({"type": kind, "status": "True"})).collect();
        let status = json!({
            "phase": phase,
            "conditions": conditions,
            "containerStatuses": [{"name": "main", "image": "busybox:1.36", "state": {"terminated": {"exitCode": code, "finishedAt": at}}}],
        });
        let key = ObjectKey::new("default", name);
        if self.api.find(Kind::Pod, &key).is_none() {
            return;
        }
        let status = zadachnik::api::codec::Codec::decode(status).expect("a pod status");
        // An order to refuse patches may meet this one.
        let _ = self.try_change_pod(name, |pod| pod.status = status);
    }

    /// The active pod of an index ends.
    pub fn end_index(&mut self, wanted: i32, code: i32) {
        let pod = self.active().into_iter().find(|pod| index(pod) == Some(wanted)).expect("an active pod");
        self.end_pod(&pod.metadata.name, code);
    }

    pub fn delete_pod(&mut self, name: &str) {
        let options = DeleteOptions::default();
        self.api.delete(Kind::Pod, &ObjectKey::new("default", name), &options).expect("the pod is there");
    }

    /// Takes the holding finalizer off every pod that is being deleted, as the end of its node's work would.
    pub fn release_deleted(&mut self) {
        for pod in self.pods().iter().filter(|pod| pod.metadata.is_deleting()) {
            let key = ObjectKey::new("default", &pod.metadata.name);
            let freed = self.api.patch(Kind::Pod, &key, Subresource::Main, |object| {
                object.metadata_mut().finalizers.retain(|finalizer| finalizer != BLOCKING_FINALIZER);
            });
            freed.expect("the pod is there");
        }
    }

    /// Lets every new pod run so long and end so, until the Job is finished or `limit_seconds` have passed.
    pub fn run_pods(&mut self, limit_seconds: i64, life: impl Fn(&Pod) -> (Duration, i32)) {
        let end = self.now() + Duration::from_secs(limit_seconds);
        while self.now() < end && !self.job().is_finished() {
            self.settle();
            for pod in self.active() {
                let (lasts, code) = life(&pod);
                let at = self.now() + lasts;
                self.ends.entry(pod.metadata.name.clone()).or_insert((at, code));
            }
            let wakes = [self.next_wake(), self.ends.values().map(|(at, _)| *at).min()];
            let next = wakes.into_iter().flatten().min().unwrap_or(end).max(self.now());
            self.pass(next - self.now());
        }
    }

    /// `Reason: message` of the Job's events, in the order in which they were created.
    pub fn events(&self) -> Vec<String> {
        let mut events: Vec<_> = self
            .api
            .list(Kind::Event, Some("default"))
            .filter_map(|object| match object {
                Object::Event(event) if event.involved_object.kind == "Job" => Some(event.clone()),
                _ => None,
            })
            .collect();
        events.sort_by_key(|event| event.metadata.resource_version);
        events
            .iter()
            .map(|event| format!("{} {}: {}", event.event_type, event.reason, event.message))
            .collect()
    }

    /// `Type/Reason` of the conditions that are True.
    pub fn conditions(&self) -> Vec<String> {
        let job = self.job();
        let holds = job.status.conditions.iter().filter(|c| c.status.as_str() == "True");
        holds.map(|c| format!("{}/{}", c.condition_type, c.reason)).collect()
    }

    /// Fails unless every named field of the status has that value; null stands for absent.
    #[track_caller]
    pub fn expect_status(&self, expected: Value) {
        let status = &self.job().status;
        let got = json!({
            "active": status.active,
            "succeeded": status.succeeded,
            "failed": status.failed,
            "ready": status.ready,
            "terminating": status.terminating,
            "completedIndexes": status.completed_indexes,
            "failedIndexes": status.failed_indexes,
            "startTimeSet": status.start_time.is_some(),
        });
        for (key, value) in expected.as_object().into_iter().flatten() {
            assert_eq!(got.get(key), Some(value), "{key} in {got}");
        }
    }

    #[track_caller]
    pub fn expect_finished(&self, condition: &str, reason: &str) {
        let wanted = format!("{condition}/{reason}");
        assert_eq!(self.conditions().last(), Some(&wanted), "{:?}", self.conditions());
    }
}

fn defaulted(spec: &mut Value) {
    let work_queue = spec.get("parallelism").is_some() && spec.get("completions").is_none();
    if !work_queue && spec.get("completions").is_none() {
        spec["completions"] = json!(1);
    }
    let per_index = spec.get("backoffLimitPerIndex").is_some();
    for (key, value) in [
        ("parallelism", json!(1)),
        ("backoffLimit", json!(if per_index { i32::MAX } else { 6 })),
        ("completionMode", json!("NonIndexed")),
        ("suspend", json!(false)),
    ] {
        if spec.get(key).is_none() {
            spec[key] = value;
        }
    }
}

pub fn index(pod: &Pod) -> Option<i32> {
    pod.metadata.annotations.get(COMPLETION_INDEX)?.parse().ok()
}
