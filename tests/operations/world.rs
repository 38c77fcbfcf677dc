//! A cluster with one node whose pods live as their annotations say, and a log of what watches saw.

use serde::Deserialize;
use zadachnik::api::batch::Job;
use zadachnik::api::decode::{Validation, decode};
use zadachnik::api::meta::{OwnerReference, ResourceVersion};
use zadachnik::api::{Kind, Object};
use zadachnik::apiserver::{Change, ChangeKind, DeleteOptions, ObjectKey, Propagation};
use zadachnik::base::{Duration, Timestamp};
use zadachnik::cluster::{Cluster, ClusterOptions, Lives};

pub struct World {
    pub cluster: Cluster,
    seen: ResourceVersion,
    /// `ADDED Pod pi-abcde Pending [FINALIZERS] GRACE`, one line a change, since the last deletion by the test.
    pub log: Vec<String>,
}

impl World {
    pub fn new() -> World {
        let start = Timestamp::parse_rfc3339("2026-11-23T15:20:10Z").expect("valid").to_time();
        let options = ClusterOptions { start, lives: Lives::Annotations, ..ClusterOptions::default() };
        let cluster = Cluster::new(&options);
        World { seen: cluster.api().version(), cluster, log: Vec::new() }
    }

    pub fn create(&mut self, manifests: &str) {
        for document in serde_yaml::Deserializer::from_str(manifests) {
            let document = serde_json::Value::deserialize(document).expect("YAML");
            let kind = Kind::ALL.iter().find(|kind| document["kind"] == kind.as_str()).expect("a known kind");
            let (mut object, _) = decode(*kind, document, Validation::Strict).expect("decodes");
            object.metadata_mut().namespace = "default".to_owned();
            self.cluster.api_mut().create(object).expect("created");
        }
        self.note();
    }

    /// What `kubectl create job NAME --from=cronjob/CRON_JOB` sends.
    pub fn create_from_cron_job(&mut self, cron_job: &str, name: &str) {
        let key = ObjectKey::new("default", cron_job);
        let Ok(Object::CronJob(owner)) = self.cluster.api().get(Kind::CronJob, &key).cloned() else {
            panic!("no CronJob {cron_job}");
        };
        let mut job = Job { spec: owner.spec.job_template.spec.clone(), ..Job::default() };
        job.metadata.name = name.to_owned();
        job.metadata.namespace = "default".to_owned();
        job.metadata.owner_references.push(OwnerReference {
            api_version: "batch/v1".to_owned(),
            kind: "CronJob".to_owned(),
            name: cron_job.to_owned(),
            uid: owner.metadata.uid.clone(),
            controller: Some(true),
            ..OwnerReference::default()
        });
        self.cluster.api_mut().create(Object::from(job)).expect("created");
    }

    /// Deletes an object and begins a new log.
    pub fn delete(&mut self, kind: Kind, name: &str, propagation: Propagation) {
        self.note();
        self.log.clear();
        let options = DeleteOptions { propagation: Some(propagation), ..DeleteOptions::default() };
        self.cluster.api_mut().delete(kind, &ObjectKey::new("default", name), &options).expect("deleted");
        self.note();
    }

    pub fn advance(&mut self, seconds: f64) {
        let end = self.cluster.now() + Duration::from_millis((seconds * 1000.0) as i64);
        while self.cluster.now() < end {
            let next = self.cluster.next_event_at().unwrap_or(end).min(end);
            self.cluster.advance_to(next);
            self.note();
        }
    }

    fn note(&mut self) {
        let changes = self.cluster.api().changes_since(self.seen).expect("recent");
        self.log.extend(changes.filter_map(line));
        self.seen = self.cluster.api().version();
    }

    /// What the log has of the object of that name, without kind and name.
    pub fn seen_of(&self, name: &str) -> Vec<String> {
        let of = |line: &String| {
            let mut words = line.splitn(4, ' ');
            let (change, _, found) = (words.next()?, words.next()?, words.next()?);
            (found == name).then(|| format!("{change} {}", words.next().unwrap_or_default()))
        };
        self.log.iter().filter_map(of).collect()
    }

    pub fn seen_of_first_pod(&self, prefix: &str) -> Vec<String> {
        let name = self.log.iter().find_map(|line| line.split(' ').find(|word| word.starts_with(prefix)));
        self.seen_of(name.expect("a pod of that prefix"))
    }

    pub fn names(&self, kind: Kind) -> Vec<String> {
        self.cluster.api().list(kind, None).map(|object| object.metadata().name.clone()).collect()
    }

    /// `REASON xCOUNT MESSAGE` in the order in which the events began.
    pub fn events_of(&self, kind: &str, name: &str) -> Vec<String> {
        let events = self.cluster.api().list(Kind::Event, None);
        let told = events.filter_map(|object| match object {
            Object::Event(event)
                if event.involved_object.kind == kind && event.involved_object.name == name =>
            {
                Some(format!("{} x{} {}", event.reason, event.count, event.message))
            }
            _ => None,
        });
        told.collect()
    }
}

fn line(change: &Change) -> Option<String> {
    let object = &change.object;
    let meta = object.metadata();
    let kind = match change.kind {
        ChangeKind::Added => "ADDED",
        ChangeKind::Modified => "MODIFIED",
        ChangeKind::Deleted => "DELETED",
    };
    let state = match object {
        Object::Pod(pod) => pod.status.phase.to_string(),
        Object::Job(job) => format!("active={}", job.status.active),
        _ => return None,
    };
    let grace = match object {
        Object::Pod(_) => {
            meta.deletion_grace_period_seconds.map_or(String::new(), |grace| format!(" {grace}"))
        }
        _ => String::new(),
    };
    let finalizers = meta.finalizers.join(",");
    Some(format!("{kind} {} {} {state} [{finalizers}]{grace}", object.kind().as_str(), meta.name))
}
