use super::*;
use crate::api::batch::{CronJob, Job};
use crate::api::core::Pod;
use crate::api::meta::ResourceVersion;
use crate::api::status::StatusReason;
use crate::apiserver::{Refusal, Request};
use crate::base::Random;

struct World {
    api: ApiServer,
    collector: GarbageCollector,
    seen: ResourceVersion,
}

impl World {
    fn new() -> World {
        let api = ApiServer::new(Time::from_millis(0), Random::new(3));
        World { seen: api.version(), api, collector: GarbageCollector::new() }
    }

    fn observe(&mut self) {
        let changes: Vec<Change> = self.api.changes_since(self.seen).expect("recent").cloned().collect();
        for change in &changes {
            self.collector.observe(change, self.api.now());
        }
        self.seen = self.api.version();
    }

    fn settle(&mut self) {
        self.observe();
        while let Some(at) = self.collector.next_wake() {
            self.api.set_now(at.max(self.api.now()));
            self.collector.run(&mut self.api);
            self.observe();
        }
    }

    fn create(&mut self, mut object: Object, name: &str, owners: &[(&Object, bool)]) -> Object {
        let meta = object.metadata_mut();
        meta.name = name.to_owned();
        meta.namespace = "default".to_owned();
        for (owner, blocks) in owners {
            meta.owner_references.push(OwnerReference {
                api_version: owner.kind().api_version().to_owned(),
                kind: owner.kind().as_str().to_owned(),
                name: owner.metadata().name.clone(),
                uid: owner.metadata().uid.clone(),
                controller: Some(true),
                block_owner_deletion: Some(*blocks),
                ..OwnerReference::default()
            });
        }
        meta.uid = format!("uid-{name}");
        self.api.store.put(object.clone(), self.api.now);
        object
    }

    fn job_with_pods(&mut self, finalizers: &[&str]) -> Object {
        let job = self.create(Object::from(Job::default()), "job", &[]);
        for name in ["pod-a", "pod-b"] {
            let mut pod = Pod::default();
            pod.metadata.finalizers = finalizers.iter().map(|f| (*f).to_owned()).collect();
            self.create(Object::from(pod), name, &[(&job, true)]);
        }
        self.settle();
        job
    }

    fn delete(&mut self, kind: Kind, name: &str, propagation: Propagation) {
        let options = DeleteOptions { propagation: Some(propagation), ..DeleteOptions::default() };
        self.api.delete(kind, &ObjectKey::new("default", name), &options).expect("deleted");
        self.settle();
    }

    fn names(&self) -> Vec<String> {
        let kinds = [Kind::CronJob, Kind::Job, Kind::Pod];
        kinds.iter().flat_map(|kind| self.api.list(*kind, None)).map(|o| o.metadata().name.clone()).collect()
    }
}

#[test]
fn background_deletion_takes_the_dependents_of_dependents() {
    let mut world = World::new();
    let cron_job = world.create(Object::from(CronJob::default()), "cron", &[]);
    let job = world.create(Object::from(Job::default()), "job", &[(&cron_job, true)]);
    world.create(Object::from(Pod::default()), "pod", &[(&job, true)]);
    world.create(Object::from(Pod::default()), "other", &[]);
    world.delete(Kind::CronJob, "cron", Propagation::Background);
    assert_eq!(world.names(), ["other"]);
}

#[test]
fn foreground_deletion_keeps_the_owner_until_the_last_blocking_dependent_is_gone() {
    let mut world = World::new();
    world.job_with_pods(&["f"]);
    world.delete(Kind::Job, "job", Propagation::Foreground);
    assert_eq!(world.names(), ["job", "pod-a", "pod-b"]);
    for name in ["pod-a", "pod-b"] {
        assert!(world.names().contains(&"job".to_owned()), "before {name} is released");
        remove_finalizer(&mut world.api, &(Kind::Pod, ObjectKey::new("default", name)), "f")
            .expect("released");
        world.settle();
    }
    assert_eq!(world.names(), [""; 0]);
}

#[test]
fn orphans_lose_their_reference_and_stay() {
    let mut world = World::new();
    world.job_with_pods(&[]);
    world.delete(Kind::Job, "job", Propagation::Orphan);
    assert_eq!(world.names(), ["pod-a", "pod-b"]);
    assert!(world.api.list(Kind::Pod, None).all(|pod| pod.metadata().owner_references.is_empty()));
}

#[test]
fn a_second_owner_keeps_a_dependent() {
    let mut world = World::new();
    let first = world.create(Object::from(Job::default()), "first", &[]);
    let second = world.create(Object::from(Job::default()), "second", &[]);
    world.create(Object::from(Pod::default()), "pod", &[(&first, true), (&second, false)]);
    world.delete(Kind::Job, "first", Propagation::Background);
    assert_eq!(world.names(), ["second", "pod"]);
    let pod = world.api.list(Kind::Pod, None).next().expect("kept");
    assert_eq!(pod.metadata().owner_references.len(), 1);
    world.delete(Kind::Job, "second", Propagation::Foreground);
    assert_eq!(world.names(), [""; 0]);
}

#[test]
fn an_object_born_without_its_owner_is_collected() {
    let mut world = World::new();
    let mut ghost = Object::from(Job::default());
    ghost.metadata_mut().name = "ghost".to_owned();
    ghost.metadata_mut().uid = "nowhere".to_owned();
    world.create(Object::from(Pod::default()), "pod", &[(&ghost, true)]);
    world.settle();
    assert_eq!(world.names(), [""; 0]);
}

#[test]
fn a_refused_request_is_tried_again_until_it_passes() {
    let refused = || Status { reason: StatusReason::InternalError, ..Status::bad_request("refused") };
    for (propagation, request, left) in [
        (Propagation::Background, Request::Delete, vec![]),
        (Propagation::Foreground, Request::Delete, vec![]),
        (Propagation::Foreground, Request::Patch, vec![]),
        (Propagation::Orphan, Request::Patch, vec!["pod-a", "pod-b"]),
    ] {
        let mut world = World::new();
        world.job_with_pods(&[]);
        for kind in [Kind::Job, Kind::Pod] {
            // The first deletion is the user's own.
            let after = u32::from(kind == Kind::Job && request == Request::Delete);
            world.api.refuse(Refusal { request, kind, after, times: 3, status: refused() });
        }
        world.delete(Kind::Job, "job", propagation);
        assert_eq!(world.names(), left, "{propagation:?} {request:?}");
    }
}

#[test]
fn an_owner_of_a_group_that_nobody_serves_keeps_its_dependents() {
    let mut world = World::new();
    for (name, api_version) in [("custom", "example.com/v1"), ("built-in", "apps/v1")] {
        let mut pod = Object::from(Pod::default());
        pod.metadata_mut().owner_references.push(OwnerReference {
            api_version: api_version.to_owned(),
            kind: "ReplicaSet".to_owned(),
            name: "gone".to_owned(),
            uid: "nowhere".to_owned(),
            ..OwnerReference::default()
        });
        world.create(pod, name, &[]);
    }
    world.settle();
    assert_eq!(world.names(), ["custom"]);
}

#[test]
fn an_owner_is_known_by_its_name_too() {
    let mut world = World::new();
    let mut job = world.create(Object::from(Job::default()), "job", &[]);
    world.settle();
    "another".clone_into(&mut job.metadata_mut().name);
    world.create(Object::from(Pod::default()), "pod", &[(&job, true)]);
    world.settle();
    assert_eq!(world.names(), ["job"]);
}
