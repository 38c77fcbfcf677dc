//! A scheduler and a kubelet over a server, without controllers: the lives of single pods.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Kubelet, Lives};
use crate::api::core::Pod;
use crate::api::meta::ResourceVersion;
use crate::api::{Kind, Object};
use crate::apiserver::{ApiServer, Change, ChangeKind, DeleteOptions, ObjectKey};
use crate::base::{Duration, Random, Time};
use crate::containers::compute::{self, ComputeRequest};
use crate::node::{NodeLifecycle, NodeOptions, Scheduler, create_node};

pub struct World {
    pub api: ApiServer,
    pub scheduler: Scheduler,
    pub kubelet: Kubelet,
    pub lifecycle: NodeLifecycle,
    pub cancelled: usize,
    pub answers: bool,
    seen: ResourceVersion,
    /// `0.6 Running main=running` for every change of a pod.
    pub history: Vec<String>,
}

impl World {
    pub fn new(lives: Lives) -> World {
        let mut api = ApiServer::new(Time::default(), Random::new(1));
        create_node(&mut api, "node-1", &NodeOptions::default()).expect("a node");
        let kubelet = Kubelet::new("node-1", lives, Random::new(2));
        let seen = ResourceVersion(0);
        World {
            api,
            scheduler: Scheduler::new(),
            kubelet,
            lifecycle: NodeLifecycle::new(),
            cancelled: 0,
            answers: true,
            seen,
            history: Vec::new(),
        }
    }

    pub fn create(&mut self, kind: Kind, value: Value) {
        let mut object = Object::decode(kind, value).expect("an object");
        object.metadata_mut().namespace = "default".to_owned();
        object.metadata_mut().generation = 1;
        self.api.create(object).expect("created");
    }

    fn deliver(&mut self) -> bool {
        let changes: Vec<Change> = self.api.changes_since(self.seen).expect("recent").cloned().collect();
        for change in &changes {
            self.seen = change.version;
            if let Object::Pod(pod) = &change.object {
                self.history.push(line(change.kind, pod, self.api.now()));
            }
            self.scheduler.observe(change, self.api.now());
            self.kubelet.observe(change, self.api.now());
            self.lifecycle.observe(change, self.api.now());
        }
        !changes.is_empty()
    }

    /// Runs until nothing is due before `seconds`.
    pub fn run_until(&mut self, seconds: f64) {
        let end = Time::from_millis((seconds * 1000.0) as i64);
        loop {
            while self.deliver() {}
            let due = [self.scheduler.next_wake(), self.kubelet.next_wake(), self.lifecycle.next_wake()];
            match due.into_iter().flatten().min().filter(|at| *at <= end) {
                Some(at) => self.api.set_now(at.max(self.api.now())),
                None => break,
            }
            self.scheduler.run(&mut self.api);
            self.kubelet.run(&mut self.api);
            self.lifecycle.run(&mut self.api);
            for (key, request) in self.kubelet.take_computations() {
                if self.answers {
                    self.kubelet.finish_computation(key, compute::run(&request));
                }
            }
            self.cancelled += self.kubelet.cancelled_computations().len();
        }
        self.api.set_now(end);
    }

    pub fn pod(&self, name: &str) -> Option<Arc<Pod>> {
        match self.api.find(Kind::Pod, &ObjectKey::new("default", name)) {
            Some(Object::Pod(pod)) => Some(Arc::clone(pod)),
            _ => None,
        }
    }

    pub fn events(&self) -> Vec<String> {
        let events = self.api.list(Kind::Event, None).filter_map(|object| match object {
            Object::Event(event) => {
                Some(format!("{} {} x{}", event.reason, event.message, event.count.max(1)))
            }
            _ => None,
        });
        events.collect()
    }

    pub fn delete(&mut self, name: &str, grace: Option<i64>) {
        let options = DeleteOptions { grace_period_seconds: grace, ..DeleteOptions::default() };
        let _ = self.api.delete(Kind::Pod, &ObjectKey::new("default", name), &options);
    }
}

fn line(change: ChangeKind, pod: &Pod, now: Time) -> String {
    let statuses = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
    let states: Vec<String> = statuses
        .map(|status| {
            let state = match &status.state {
                state if state.running.is_some() => "running".to_owned(),
                state if state.waiting.is_some() => {
                    state.waiting.as_ref().map(|w| w.reason.clone()).unwrap_or_default()
                }
                state => state
                    .terminated
                    .as_ref()
                    .map(|t| format!("{}:{}", t.reason, t.exit_code))
                    .unwrap_or_default(),
            };
            format!("{}={state}/{}", status.name, status.restart_count)
        })
        .collect();
    let gone = if change == ChangeKind::Deleted { "gone " } else { "" };
    let deleting = if pod.metadata.is_deleting() { "deleting " } else { "" };
    let seconds = Duration::as_secs_f64(now - Time::default());
    format!("{seconds:.1} {gone}{deleting}{} {}", pod.status.phase, states.join(" ")).trim_end().to_owned()
}

pub fn pod(annotations: Value, spec: Value) -> Value {
    let mut value = json!({"metadata": {"name": "p", "annotations": annotations}, "spec": spec});
    if value["spec"]["containers"].is_null() {
        value["spec"]["containers"] = json!([{"name": "main", "image": "busybox:1.36"}]);
    }
    value
}

fn check(annotations: Value, spec: Value, until: f64, expect: &[&str]) {
    let mut world = World::new(Lives::Annotations);
    world.create(Kind::Pod, pod(annotations, spec));
    world.run_until(until);
    assert_eq!(world.history, expect, "{:#?}", world.events());
}

#[test]
fn a_pod_runs_and_succeeds() {
    let expect = [
        "0.0 Pending",
        "0.0 Pending",
        "0.0 Pending main=ContainerCreating/0",
        "0.7 Running main=running/0",
        "3.2 Succeeded main=Completed:0/0",
    ];
    check(json!({"sim/duration": "2"}), json!({"restartPolicy": "Never"}), 100.0, &expect);
}

#[test]
fn restarts_wait_longer_and_longer() {
    let expect = [
        "0.0 Pending",
        "0.0 Pending",
        "0.0 Pending main=ContainerCreating/0",
        "0.7 Running main=running/0",
        "2.2 Running main=Error:1/0",
        "2.6 Running main=running/1",
        "4.1 Running main=Error:1/1",
        "5.1 Running main=CrashLoopBackOff/1",
        "13.6 Running main=running/2",
        "15.1 Succeeded main=Completed:0/2",
    ];
    check(json!({"sim/exit": "1,1,0"}), json!({"restartPolicy": "OnFailure"}), 100.0, &expect);
}

#[test]
fn init_containers_and_sidecars_take_their_turns() {
    let container = |name: &str| json!({"name": name, "image": "busybox:1.36"});
    let mut sidecar = container("side");
    sidecar["restartPolicy"] = json!("Always");
    let spec = json!({
        "restartPolicy": "Never", "initContainers": [container("init"), sidecar], "containers": [container("main")]
    });
    let expect = [
        "0.0 Pending",
        "0.0 Pending",
        "0.0 Pending init=PodInitializing/0 side=PodInitializing/0 main=PodInitializing/0",
        "0.7 Pending init=running/0 side=PodInitializing/0 main=PodInitializing/0",
        "2.2 Running init=Completed:0/0 side=running/0 main=running/0",
        "4.7 Running init=Completed:0/0 side=running/0 main=Completed:0/0",
        "5.5 Succeeded init=Completed:0/0 side=Error:143/0 main=Completed:0/0",
    ];
    check(json!({"sim/duration": "2", "sim/duration.side": "inf"}), spec, 100.0, &expect);
}

#[test]
fn an_image_that_cannot_be_pulled_is_tried_again() {
    let expect = [
        "0.0 Pending",
        "0.0 Pending",
        "0.0 Pending main=ContainerCreating/0",
        "0.7 Pending main=ErrImagePull/0",
        "2.7 Pending main=ImagePullBackOff/0",
        "10.7 Pending main=ErrImagePull/0",
        "12.7 Pending main=ImagePullBackOff/0",
        "30.7 Pending main=ErrImagePull/0",
    ];
    check(json!({"sim/image": "fail"}), json!({"restartPolicy": "Never"}), 32.0, &expect);
}

#[test]
fn a_deleted_pod_gets_its_grace() {
    let cases = [
        (json!({"sim/duration": "inf"}), 2.0, "2.8 deleting Failed main=Error:143/0"),
        (
            json!({"sim/duration": "inf", "sim/on-term": "ignore"}),
            2.0,
            "7.5 deleting Failed main=Error:137/0",
        ),
        (json!({}), 0.3, "0.3 deleting Failed main=ContainerStatusUnknown:137/0"),
    ];
    for (annotations, at, expect) in cases {
        let mut world = World::new(Lives::Annotations);
        world.create(
            Kind::Pod,
            pod(annotations, json!({"restartPolicy": "Never", "terminationGracePeriodSeconds": 5})),
        );
        world.run_until(at);
        world.delete("p", None);
        world.run_until(60.0);
        let from = world.history.len() - 3;
        assert_eq!(world.history[from], expect, "{:#?}", world.history);
        assert!(world.history[from + 2].contains("gone"), "{:#?}", world.history);
        assert!(world.pod("p").is_none());
    }
}

#[test]
fn the_deadline_of_the_pod_ends_it() {
    let mut world = World::new(Lives::Annotations);
    let spec = json!({"restartPolicy": "Never", "activeDeadlineSeconds": 3});
    world.create(Kind::Pod, pod(json!({"sim/duration": "inf"}), spec));
    world.run_until(60.0);
    let pod = world.pod("p").expect("it stays");
    assert_eq!(pod.status.reason, "DeadlineExceeded");
    assert_eq!(world.history.last().map(String::as_str), Some("3.8 Failed main=Error:143/0"));
}

/// A world that answers computations at once.
fn programs(spec: Value, until: f64) -> World {
    let mut world = World::new(Lives::Programs);
    world.create(Kind::Pod, pod(json!({}), spec));
    world.run_until(until);
    world
}

fn logs(world: &World) -> Vec<String> {
    let lines = world.kubelet.logs("default", "p", "main", false).expect("a log");
    lines.iter().map(|line| line.text.clone()).collect()
}

#[test]
fn pi_is_computed_at_its_rhythm() {
    let container = json!({
        "name": "main", "image": "perl:5.34.0", "command": ["perl", "-Mbignum=bpi", "-wle", "print bpi(2000)"]
    });
    let mut world = World::new(Lives::Programs);
    world.kubelet.preload_image("perl:5.34.0");
    world.create(Kind::Pod, pod(json!({}), json!({"restartPolicy": "OnFailure", "containers": [container]})));
    world.run_until(60.0);
    let took = compute::virtual_duration(&ComputeRequest::Bpi { digits: 2_000 }).as_secs_f64();
    assert_eq!(world.history[3], "0.5 Running main=running/0");
    assert_eq!(world.history[4], format!("{:.1} Succeeded main=Completed:0/0", 0.5 + took + 0.5));
    assert_eq!(logs(&world)[0].len(), 2_001);
    assert_eq!(world.kubelet.held_until(), None);
}

#[test]
fn a_missing_program_is_a_start_error() {
    let container = json!({"name": "main", "image": "busybox:1.36", "command": ["nosuch"], "imagePullPolicy": "IfNotPresent"});
    let world = programs(json!({"restartPolicy": "Never", "containers": [container]}), 60.0);
    let pod = world.pod("p").expect("it stays");
    let ended = pod.status.container_statuses[0].state.terminated.clone().expect("it ended");
    assert_eq!((ended.exit_code, ended.reason.as_str()), (128, "StartError"));
    assert!(
        ended.message.contains("exec: \"nosuch\": executable file not found in $PATH"),
        "{}",
        ended.message
    );
    assert_eq!(pod.status.phase.as_str(), "Failed");
    let sandbox = pod.condition("PodReadyToStartContainers").map(|condition| condition.status.as_str());
    assert_eq!(sandbox, Some("False"), "nothing of the pod is left");
}

#[test]
fn an_ignored_sigterm_takes_the_whole_grace_period() {
    let container = json!({"name": "main", "image": "perl:5.34.0", "command": ["perl", "-Mbignum=bpi", "-wle", "print bpi(5000)"]});
    let mut world = World::new(Lives::Programs);
    world.answers = false;
    world.kubelet.preload_image("perl:5.34.0");
    world.create(Kind::Pod, pod(json!({}), json!({"restartPolicy": "OnFailure", "containers": [container]})));
    world.run_until(2.0);
    world.delete("p", None);
    world.run_until(60.0);
    let from = world.history.len() - 3;
    assert_eq!(world.history[from], "32.5 deleting Failed main=Error:137/0", "{:#?}", world.history);
    assert_eq!(world.cancelled, 1);
}

#[test]
fn a_missing_config_map_is_waited_for() {
    let mut world = World::new(Lives::Programs);
    world.kubelet.preload_image("perl:5.34");
    let spec = json!({"restartPolicy": "Never", "containers": [{
        "name": "main", "image": "perl:5.34", "command": ["perl", "-Mbignum=bpi", "-wle", "print bpi(10)"],
        "env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "level"}}}]
    }]});
    world.create(Kind::Pod, pod(json!({}), spec));
    world.run_until(5.0);
    assert_eq!(
        world.history.last().map(String::as_str),
        Some("0.5 Pending main=CreateContainerConfigError/0")
    );
    assert!(world.events().contains(&"Failed Error: configmap \"settings\" not found x1".to_owned()));
    world.create(Kind::ConfigMap, json!({"metadata": {"name": "settings"}, "data": {"level": "3"}}));
    world.run_until(60.0);
    assert!(world.history.last().is_some_and(|line| line.contains("Succeeded")), "{:#?}", world.history);
}

#[test]
fn a_container_that_must_not_be_root_does_not_start_as_root() {
    let container = |user: Value| json!({"name": "main", "image": "busybox:1.36", "imagePullPolicy": "IfNotPresent", "command": ["true"], "securityContext": user});
    let spec = |user: Value| json!({"restartPolicy": "Never", "securityContext": {"runAsNonRoot": true}, "containers": [container(user)]});
    let world = programs(spec(json!({})), 60.0);
    let uid = world.pod("p").expect("stays").metadata.uid.clone();
    let text = format!(
        "Failed Error: container has runAsNonRoot and image will run as root (pod: \"p_default({uid})\", container: main) x"
    );
    let events = world.events().join("\n");
    assert!(events.contains(&text), "{events}");
    let last = world.history.last().map(String::as_str).unwrap_or_default();
    assert!(last.ends_with("Pending main=CreateContainerConfigError/0"), "{last}");
    for user in [json!({"runAsUser": 1000}), json!({"runAsNonRoot": false})] {
        let world = programs(spec(user), 60.0);
        assert!(world.history.last().is_some_and(|line| line.contains("Succeeded")), "{:#?}", world.history);
    }
}

#[test]
fn a_first_pull_takes_its_time() {
    let container = json!({"name": "main", "image": "busybox:1.36", "imagePullPolicy": "IfNotPresent", "command": ["true"]});
    let world = programs(json!({"restartPolicy": "Never", "containers": [container]}), 60.0);
    let events = world.events().join("\n");
    assert!(events.contains("Successfully pulled image \"busybox:1.36\" in "), "{events}");
}

#[test]
fn a_pod_that_was_put_on_a_full_node_by_hand_is_rejected() {
    let mut world = World::new(Lives::Annotations);
    let container =
        json!({"name": "main", "image": "busybox:1.36", "resources": {"requests": {"cpu": "1000"}}});
    let spec = json!({"restartPolicy": "Never", "nodeName": "node-1", "containers": [container]});
    world.create(Kind::Pod, pod(json!({}), spec));
    world.run_until(10.0);
    let pod = world.pod("p").expect("it stays");
    assert_eq!(pod.status.reason, "OutOfcpu");
    let expect = "Pod was rejected: Node didn't have enough resource: cpu, requested: 1000000, used: 0, capacity: 4000";
    assert_eq!(pod.status.message, expect);
}

#[test]
fn a_force_deletion_cancels_what_the_pod_computed() {
    let container = json!({
        "name": "main", "image": "perl:5.34.0", "command": ["perl", "-Mbignum=bpi", "-wle", "print bpi(5000)"]
    });
    let mut world = World::new(Lives::Programs);
    world.answers = false;
    world.kubelet.preload_image("perl:5.34.0");
    world.create(Kind::Pod, pod(json!({}), json!({"restartPolicy": "OnFailure", "containers": [container]})));
    world.run_until(2.0);
    world.delete("p", Some(0));
    world.run_until(3.0);
    assert!(world.pod("p").is_none());
    assert_eq!((world.cancelled, world.kubelet.held_until()), (1, None));
}
#[test]
fn containers_share_volumes_and_read_their_environment() {
    let mut world = World::new(Lives::Programs);
    world.kubelet.preload_image("busybox:1.36");
    world.create(Kind::ConfigMap, json!({"metadata": {"name": "settings"}, "data": {"level": "3"}}));
    let env = json!([
        {"name": "LEVEL", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "level"}}},
        {"name": "ME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "BOTH", "value": "$(ME)-$(LEVEL)"},
    ]);
    let mounts = json!([{"name": "work", "mountPath": "/work"}, {"name": "conf", "mountPath": "/conf"}]);
    let spec = json!({
        "restartPolicy": "Never",
        "volumes": [{"name": "work", "emptyDir": {}}, {"name": "conf", "configMap": {"name": "settings"}}],
        "initContainers": [{
            "name": "init", "image": "busybox:1.36", "imagePullPolicy": "IfNotPresent", "volumeMounts": mounts,
            "command": ["sh", "-c", "echo made > /work/file"]
        }],
        "containers": [{
            "name": "main", "image": "busybox:1.36", "imagePullPolicy": "IfNotPresent", "volumeMounts": mounts, "env": env,
            "command": ["sh", "-c", "echo $BOTH $(BOTH); read a < /work/file; read b < /conf/level || true; echo $a; echo $b; echo done > /dev/termination-log"]
        }]
    });
    world.create(Kind::Pod, pod(json!({}), spec));
    world.run_until(60.0);
    assert_eq!(logs(&world), ["p-3 p-3", "made", "3"], "{:#?}", world.history);
    let pod = world.pod("p").expect("it stays");
    let ended = pod.status.container_statuses[0].state.terminated.clone().expect("it ended");
    assert_eq!(ended.message, "done\n");
}
