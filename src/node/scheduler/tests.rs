//! Where pods go on account of other pods, and what they are told when nowhere.

use serde_json::{Value, json};

use super::Scheduler;
use crate::api::meta::ResourceVersion;
use crate::api::{Kind, Object};
use crate::apiserver::{ApiServer, ObjectKey, Subresource};
use crate::base::{Duration, Random, Time};
use crate::node::{NodeOptions, create_node};

struct World {
    api: ApiServer,
    scheduler: Scheduler,
    seen: ResourceVersion,
}

impl World {
    fn new(nodes: &[&str]) -> World {
        let mut api = ApiServer::new(Time::default(), Random::new(1));
        for name in nodes {
            create_node(&mut api, name, &NodeOptions::default()).expect("a node");
        }
        World { api, scheduler: Scheduler::new(), seen: ResourceVersion(0) }
    }

    fn pod(&mut self, name: &str, app: &str, spec: &Value) {
        let mut value = json!({
            "metadata": {"name": name, "namespace": "default", "labels": {"app": app}},
            "spec": {"containers": [{"name": "c", "image": "busybox"}]},
        });
        let own = spec.as_object().expect("fields").clone();
        value["spec"].as_object_mut().expect("fields").extend(own);
        self.api.create(Object::decode(Kind::Pod, value).expect("a pod")).expect("created");
        self.run(1.0);
    }

    fn run(&mut self, seconds: f64) {
        let end = self.api.now() + Duration::from_millis((seconds * 1000.0) as i64);
        loop {
            let changes: Vec<_> = self.api.changes_since(self.seen).expect("recent").cloned().collect();
            for change in &changes {
                self.seen = change.version;
                self.scheduler.observe(change, self.api.now());
            }
            match self.scheduler.next_wake().filter(|at| *at <= end) {
                Some(at) => self.api.set_now(at.max(self.api.now())),
                None if changes.is_empty() => break,
                None => continue,
            }
            self.scheduler.run(&mut self.api);
        }
        self.api.set_now(end);
    }

    /// The node of a pod, or what the pod is told instead.
    fn place(&self, name: &str) -> String {
        let found = self.api.find(Kind::Pod, &ObjectKey::new("default", name));
        let Some(Object::Pod(pod)) = found else { panic!("no pod {name}") };
        match pod.condition("PodScheduled") {
            _ if !pod.spec.node_name.is_empty() => pod.spec.node_name.clone(),
            Some(condition) => format!("{}: {}", condition.reason, condition.message),
            None => "untold".to_owned(),
        }
    }

    fn finish(&mut self, name: &str) {
        let key = ObjectKey::new("default", name);
        let done = self.api.patch(Kind::Pod, &key, Subresource::Status, |object| {
            if let Object::Pod(pod) = object {
                std::sync::Arc::make_mut(pod).status.phase = crate::api::core::PodPhase::Succeeded;
            }
        });
        done.expect("patched");
    }
}

fn affinity(kind: &str, app: &str) -> Value {
    let term =
        json!({"labelSelector": {"matchLabels": {"app": app}}, "topologyKey": "kubernetes.io/hostname"});
    json!({"affinity": {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}})
}

fn unfit(reasons: &str, preemption: &str) -> String {
    format!(
        "Unschedulable: 0/2 nodes are available: {reasons}. no new claims to deallocate, preemption: 0/2 nodes \
         are available: {preemption}."
    )
}

#[test]
fn pods_that_avoid_each_other_take_a_node_each_and_the_next_when_one_is_done() {
    let mut world = World::new(&["node-1", "node-2"]);
    for name in ["a", "b", "c"] {
        world.pod(name, "solo", &affinity("podAntiAffinity", "solo"));
    }
    assert_eq!([world.place("a"), world.place("b")], ["node-1", "node-2"]);
    let told = unfit(
        "2 node(s) didn't match pod anti-affinity rules",
        "2 No preemption victims found for incoming pod",
    );
    assert_eq!(world.place("c"), told);
    // Those that run keep others of the kind away too.
    world.pod("d", "solo", &json!({}));
    assert!(world.place("d").contains("2 node(s) didn't satisfy existing pods anti-affinity rules."));
    world.pod("e", "other", &json!({}));
    assert_eq!(world.place("e"), "node-1");
    world.finish("b");
    world.run(20.0);
    assert_eq!(world.place("c"), "node-2");
}

#[test]
fn a_pod_that_seeks_company_waits_for_it_and_the_first_of_its_kind_needs_none() {
    let mut world = World::new(&["node-1", "node-2"]);
    world.pod("guest", "guest", &affinity("podAffinity", "host"));
    let told =
        unfit("2 node(s) didn't match pod affinity rules", "2 Preemption is not helpful for scheduling");
    assert_eq!(world.place("guest"), told);
    world.pod("host", "host", &json!({"nodeSelector": {"kubernetes.io/hostname": "node-2"}}));
    world.run(20.0);
    assert_eq!(world.place("guest"), "node-2");
    world.pod("first", "herd", &affinity("podAffinity", "herd"));
    world.pod("second", "herd", &affinity("podAffinity", "herd"));
    assert_eq!(world.place("first"), "node-1");
    assert_eq!(world.place("second"), "node-1");
}

#[test]
fn spreading_counts_a_cordoned_node_as_an_empty_place() {
    let rule = |key: &str, action: &str| {
        let selector = json!({"matchLabels": {"app": "wide"}});
        json!({"topologySpreadConstraints": [
            {"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": action, "labelSelector": selector},
        ]})
    };
    let mut world = World::new(&["node-1", "node-2"]);
    world
        .api
        .patch(Kind::Node, &ObjectKey::new("", "node-2"), Subresource::Main, |object| {
            if let Object::Node(node) = object {
                std::sync::Arc::make_mut(node).spec.unschedulable = true;
            }
        })
        .expect("cordoned");
    let even = rule("kubernetes.io/hostname", "DoNotSchedule");
    world.pod("a", "wide", &even);
    world.pod("b", "wide", &even);
    assert_eq!(world.place("a"), "node-1");
    let told = unfit(
        "1 node(s) didn't match pod topology spread constraints, 1 node(s) were unschedulable",
        "1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling",
    );
    assert_eq!(world.place("b"), told);
    world.pod("c", "wide", &rule("zone", "DoNotSchedule"));
    assert!(
        world
            .place("c")
            .contains("1 node(s) didn't match pod topology spread constraints (missing required label)")
    );
    world.pod("d", "wide", &rule("zone", "ScheduleAnyway"));
    assert_eq!(world.place("d"), "node-1");
}

#[test]
fn preferences_weigh_more_than_room() {
    let mut world = World::new(&["node-1", "node-2", "node-3"]);
    let term = json!({"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": ["node-3"]}]});
    let wish = json!([{"weight": 1, "preference": term}]);
    let spec =
        json!({"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": wish}}});
    for name in ["a", "b", "c"] {
        world.pod(name, "fond", &spec);
        assert_eq!(world.place(name), "node-3");
    }
}

#[test]
fn a_gated_pod_says_so_and_goes_when_its_gates_do() {
    let mut world = World::new(&["node-1"]);
    world.pod("a", "gated", &json!({"schedulingGates": [{"name": "example.com/quota"}]}));
    let told = "SchedulingGated: Scheduling is blocked due to non-empty scheduling gates";
    assert_eq!(world.place("a"), told);
    let key = ObjectKey::new("default", "a");
    world
        .api
        .patch(Kind::Pod, &key, Subresource::Main, |object| {
            if let Object::Pod(pod) = object {
                let pod = std::sync::Arc::make_mut(pod);
                pod.spec.scheduling_gates = Value::Null;
            }
        })
        .expect("opened");
    world.run(1.0);
    assert_eq!(world.place("a"), "node-1");
}

#[test]
fn whoever_lacks_room_tries_again_when_any_pod_leaves() {
    let mut world = World::new(&["node-1"]);
    let wants = |cpu: &str| json!({"containers": [{"name": "c", "image": "busybox", "resources": {"requests": {"cpu": cpu}}}]});
    world.pod("small", "x", &wants("1"));
    world.pod("huge", "x", &wants("1000"));
    let elsewhere = json!({"nodeSelector": {"disk": "ssd"}});
    world.pod("elsewhere", "x", &elsewhere);
    world.finish("small");
    world.run(20.0);
    let count = |name: &str| {
        let events = world.api.list(Kind::Event, None).filter_map(|object| match object {
            Object::Event(event) if event.involved_object.name == name => Some(event),
            _ => None,
        });
        let refused = events.filter(|event| event.reason == "FailedScheduling");
        refused
            .map(|event| event.rest.get("series").map_or(1, |series| series["count"].as_i64().unwrap_or(0)))
            .sum::<i64>()
    };
    assert_eq!([count("huge"), count("elsewhere")], [2, 1]);
}
