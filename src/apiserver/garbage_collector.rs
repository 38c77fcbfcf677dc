//! The garbage collector: deletes what lost its owners, holds owners until their dependents are gone, or cuts the ties.
//!
//! It keeps a graph of owners and dependents from the changes that it observes, and acts a moment later, as upstream's
//! workers do: controllers see a deleted owner first and can release their finalizers.
// Models pkg/controller/garbagecollector/garbagecollector.go

mod graph;

use std::collections::{BTreeMap, BTreeSet};

use graph::Graph;

use super::deletion::{DeleteOptions, FOREGROUND_FINALIZER, ORPHAN_FINALIZER, Preconditions, Propagation};
use super::server::{ApiServer, Subresource};
use super::store::{Change, ChangeKind, ObjectKey};
use crate::api::meta::{ObjectMeta, OwnerReference};
use crate::api::{Kind, Object, Status};
use crate::base::{Duration, Time};

/// How long after a change the collector acts, as measured on a real control plane.
const REACTION: Duration = Duration::from_millis(50);
/// The waits after refused requests.
// Models staging/src/k8s.io/client-go/util/workqueue/default_rate_limiters.go DefaultTypedControllerRateLimiter
const RETRY_BASE_MS: i64 = 5;
const RETRY_MAX_MS: i64 = 1_000_000;

/// An object of the graph.
pub type Node = (Kind, ObjectKey);

#[derive(Clone, Debug, Default)]
pub struct GarbageCollector {
    graph: Graph,
    due: BTreeSet<(Time, Node)>,
    queued: BTreeMap<Node, Time>,
    /// Refusals in a row.
    refused: BTreeMap<Node, u32>,
}

/// What the owners of an object are like now.
#[derive(Default)]
struct Owners {
    solid: usize,
    /// Uids of owners that are gone.
    dangling: Vec<String>,
    /// Uids of owners that wait for their dependents.
    waiting: Vec<String>,
}

impl GarbageCollector {
    pub fn new() -> GarbageCollector {
        GarbageCollector::default()
    }

    /// Takes note of a change; `run` acts on it later.
    pub fn observe(&mut self, change: &Change, now: Time) {
        let object = &change.object;
        if object.kind() == Kind::Event {
            return;
        }
        let node = || (object.kind(), ObjectKey::of(object));
        let meta = object.metadata();
        match change.kind {
            ChangeKind::Deleted => self.observe_deleted(meta, now),
            ChangeKind::Added => {
                self.graph.insert(node(), meta);
                if meta.owner_references.iter().any(|owner| !self.knows_as_named(meta, owner))
                    || meta.is_deleting()
                {
                    self.enqueue(node(), now);
                }
            }
            ChangeKind::Modified => self.observe_modified(object, change.previous.as_ref(), now),
        }
    }

    fn observe_deleted(&mut self, meta: &ObjectMeta, now: Time) {
        self.graph.remove(meta);
        for dependent in self.graph.dependents(&meta.uid) {
            self.enqueue(dependent, now);
        }
        for owner in self.waiting_owners(&meta.owner_references) {
            self.enqueue(owner, now);
        }
    }

    fn observe_modified(&mut self, object: &Object, previous: Option<&Object>, now: Time) {
        let (Some(before), meta) = (previous.map(Object::metadata), object.metadata()) else { return };
        let node = || (object.kind(), ObjectKey::of(object));
        if before.owner_references != meta.owner_references {
            self.graph.remove(before);
            self.graph.insert(node(), meta);
            for owner in self.waiting_owners(&before.owner_references) {
                self.enqueue(owner, now);
            }
            self.enqueue(node(), now);
        }
        let asks = |meta: &ObjectMeta| meta.is_deleting() && propagation_asked(meta).is_some();
        if asks(meta) && !asks(before) {
            let at_once = propagation_asked(meta) == Some(Propagation::Orphan);
            self.enqueue_at(node(), if at_once { now } else { now + REACTION });
        }
    }

    /// Whether an object of that uid was seen, with the kind and the name that the reference gives.
    // Models pkg/controller/garbagecollector/graph_builder.go addDependentToOwners
    fn knows_as_named(&self, dependent: &ObjectMeta, owner: &OwnerReference) -> bool {
        self.graph.node(&owner.uid).is_some_and(|(kind, key)| {
            let reachable = key.namespace.is_empty() || key.namespace == dependent.namespace;
            kind.as_str() == owner.kind && key.name == owner.name && reachable
        })
    }

    /// The known owners among the references: each may wait for the object that names it.
    fn waiting_owners(&self, references: &[OwnerReference]) -> Vec<Node> {
        references.iter().filter_map(|reference| self.graph.node(&reference.uid)).cloned().collect()
    }

    fn enqueue(&mut self, node: Node, now: Time) {
        self.enqueue_at(node, now + REACTION);
    }

    fn enqueue_at(&mut self, node: Node, at: Time) {
        if !self.queued.contains_key(&node) {
            self.queued.insert(node.clone(), at);
            self.due.insert((at, node));
        }
    }

    /// When `run` has something to do next.
    pub fn next_wake(&self) -> Option<Time> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Does what is due.
    pub fn run(&mut self, api: &mut ApiServer) {
        while let Some((at, node)) = self.due.first().cloned() {
            if at > api.now() {
                return;
            }
            self.due.remove(&(at, node.clone()));
            self.queued.remove(&node);
            let Some(object) = api.find(node.0, &node.1).cloned() else {
                self.refused.remove(&node);
                continue;
            };
            let result =
                match propagation_asked(object.metadata()).filter(|_| object.metadata().is_deleting()) {
                    Some(Propagation::Orphan) => self.orphan_dependents(api, &node, &object),
                    Some(_) => self.hold_for_dependents(api, &node, &object),
                    None => self.judge(api, &node, &object),
                };
            self.settle(node, result, api.now());
        }
    }

    /// An object that a request was refused for comes again, later with every refusal in a row.
    fn settle(&mut self, node: Node, result: Result<(), Status>, now: Time) {
        if result.is_ok() {
            self.refused.remove(&node);
            return;
        }
        let refusals = self.refused.entry(node.clone()).or_insert(0);
        let wait = RETRY_MAX_MS.min(RETRY_BASE_MS << (*refusals).min(20));
        *refusals += 1;
        self.enqueue_at(node, now + Duration::from_millis(wait));
    }

    /// Cuts the ties of all dependents; when none is left, lets the owner go.
    // Models pkg/controller/garbagecollector/garbagecollector.go orphanDependents
    fn orphan_dependents(&mut self, api: &mut ApiServer, node: &Node, owner: &Object) -> Result<(), Status> {
        let uid = &owner.metadata().uid;
        let dependents = self.graph.dependents(uid);
        if dependents.is_empty() {
            return remove_finalizer(api, node, ORPHAN_FINALIZER);
        }
        let mut result = Ok(());
        for dependent in dependents {
            result = result.and(drop_references(api, &dependent, std::slice::from_ref(uid)));
        }
        if result.is_ok() {
            self.enqueue(node.clone(), api.now());
        }
        result
    }

    /// The owner goes when no dependent that blocks it is left; those that are left are deleted.
    // Models pkg/controller/garbagecollector/garbagecollector.go processDeletingDependentsItem
    fn hold_for_dependents(
        &mut self,
        api: &mut ApiServer,
        node: &Node,
        owner: &Object,
    ) -> Result<(), Status> {
        let uid = &owner.metadata().uid;
        let mut blocked = false;
        for dependent in self.graph.dependents(uid) {
            let Some(object) = api.find(dependent.0, &dependent.1).cloned() else { continue };
            let blocks = |reference: &OwnerReference| {
                reference.uid == *uid && reference.block_owner_deletion == Some(true)
            };
            blocked |= object.metadata().owner_references.iter().any(blocks);
            if !object.metadata().is_deleting() {
                let result = self.judge(api, &dependent, &object);
                self.settle(dependent, result, api.now());
            }
        }
        if blocked { Ok(()) } else { remove_finalizer(api, node, FOREGROUND_FINALIZER) }
    }

    /// Deletes an object whose owners are all gone or going; cuts its ties to those when another owner stays.
    // Models pkg/controller/garbagecollector/garbagecollector.go attemptToDeleteItem
    fn judge(&self, api: &mut ApiServer, node: &Node, object: &Object) -> Result<(), Status> {
        let meta = object.metadata();
        if meta.is_deleting() || meta.owner_references.is_empty() {
            return Ok(());
        }
        // Upstream asks for ever what an owner of a group without resources may be; the object stays all that time.
        let Some(owners) = classify(api, meta) else { return Ok(()) };
        if owners.solid > 0 {
            let gone: Vec<String> = owners.dangling.into_iter().chain(owners.waiting).collect();
            return if gone.is_empty() { Ok(()) } else { drop_references(api, node, &gone) };
        }
        let has_dependents = self.graph.has_dependents(&meta.uid);
        let propagation = match propagation_asked(meta) {
            Some(asked) => asked,
            None if !owners.waiting.is_empty() && has_dependents => Propagation::Foreground,
            None => Propagation::Background,
        };
        let options = DeleteOptions {
            propagation: Some(propagation),
            preconditions: Preconditions { uid: Some(meta.uid.clone()), resource_version: None },
            ..DeleteOptions::default()
        };
        unless_gone(api.delete(node.0, &node.1, &options))
    }
}

/// Another writer may have been faster: then there is nothing left to do.
fn unless_gone(result: Result<Object, Status>) -> Result<(), Status> {
    match result {
        Err(status) if !status.is_not_found() => Err(status),
        _ => Ok(()),
    }
}

/// The policy that an earlier deletion asked for.
fn propagation_asked(meta: &ObjectMeta) -> Option<Propagation> {
    if meta.has_finalizer(ORPHAN_FINALIZER) {
        return Some(Propagation::Orphan);
    }
    meta.has_finalizer(FOREGROUND_FINALIZER).then_some(Propagation::Foreground)
}

/// `None` when the server has no resource of an owner's kind.
// Models pkg/controller/garbagecollector/garbagecollector.go classifyReferences
fn classify(api: &ApiServer, meta: &ObjectMeta) -> Option<Owners> {
    let mut owners = Owners::default();
    for reference in &meta.owner_references {
        if !is_built_in(&reference.api_version) {
            return None;
        }
        match find_owner(api, &meta.namespace, reference) {
            None => owners.dangling.push(reference.uid.clone()),
            Some(owner) if owner.is_deleting() && owner.has_finalizer(FOREGROUND_FINALIZER) => {
                owners.waiting.push(reference.uid.clone());
            }
            Some(_) => owners.solid += 1,
        }
    }
    Some(owners)
}

/// Whether the group is one of Kubernetes itself; here are no custom resources.
fn is_built_in(api_version: &str) -> bool {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    group.ends_with(".k8s.io") || !group.contains('.')
}

fn find_owner<'a>(api: &'a ApiServer, namespace: &str, reference: &OwnerReference) -> Option<&'a ObjectMeta> {
    let named = |kind: &&Kind| kind.as_str() == reference.kind && kind.api_version() == reference.api_version;
    let kind = *Kind::ALL.iter().find(named)?;
    let namespace = if kind.is_namespaced() { namespace } else { "" };
    let owner = api.find(kind, &ObjectKey::new(namespace, &reference.name))?.metadata();
    (owner.uid == reference.uid).then_some(owner)
}

fn drop_references(api: &mut ApiServer, node: &Node, uids: &[String]) -> Result<(), Status> {
    let cut = |object: &mut Object| {
        object.metadata_mut().owner_references.retain(|reference| !uids.contains(&reference.uid));
    };
    unless_gone(api.patch(node.0, &node.1, Subresource::Main, cut))
}

fn remove_finalizer(api: &mut ApiServer, node: &Node, finalizer: &str) -> Result<(), Status> {
    let release = |object: &mut Object| object.metadata_mut().finalizers.retain(|held| held != finalizer);
    unless_gone(api.patch(node.0, &node.1, Subresource::Main, release))
}

#[cfg(test)]
mod tests;
