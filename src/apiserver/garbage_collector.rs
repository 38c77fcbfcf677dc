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
use crate::api::{Kind, Object};
use crate::base::{Duration, Time};

/// How long after a change the collector acts, as measured on a real control plane.
const REACTION: Duration = Duration::from_millis(50);

/// An object of the graph.
pub type Node = (Kind, ObjectKey);

#[derive(Clone, Debug, Default)]
pub struct GarbageCollector {
    graph: Graph,
    due: BTreeSet<(Time, Node)>,
    queued: BTreeMap<Node, Time>,
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
            ChangeKind::Deleted => self.observe_deleted(&node(), meta, now),
            ChangeKind::Added => {
                let node = node();
                self.graph.insert(&node, meta);
                if meta.owner_references.iter().any(|owner| !self.graph.knows(&owner.uid))
                    || meta.is_deleting()
                {
                    self.enqueue(node, now);
                }
            }
            ChangeKind::Modified => self.observe_modified(object, change.previous.as_ref(), now),
        }
    }

    fn observe_deleted(&mut self, node: &Node, meta: &ObjectMeta, now: Time) {
        self.graph.remove(node, meta);
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
            self.graph.remove(&node(), before);
            self.graph.insert(&node(), meta);
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

    /// The known owners among the references: each may wait for the object that names it.
    fn waiting_owners(&self, references: &[OwnerReference]) -> Vec<Node> {
        references.iter().filter_map(|reference| self.graph.node(&reference.uid)).collect()
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
            let Some(object) = api.find(node.0, &node.1).cloned() else { continue };
            match propagation_asked(object.metadata()).filter(|_| object.metadata().is_deleting()) {
                Some(Propagation::Orphan) => self.orphan_dependents(api, &node, &object),
                Some(_) => self.hold_for_dependents(api, &node, &object),
                None => self.judge(api, &node, &object),
            }
        }
    }

    /// Cuts the ties of all dependents; when none is left, lets the owner go.
    // Models pkg/controller/garbagecollector/garbagecollector.go orphanDependents
    fn orphan_dependents(&mut self, api: &mut ApiServer, node: &Node, owner: &Object) {
        let uid = &owner.metadata().uid;
        let dependents = self.graph.dependents(uid);
        if dependents.is_empty() {
            remove_finalizer(api, node, ORPHAN_FINALIZER);
            return;
        }
        for dependent in dependents {
            drop_references(api, &dependent, std::slice::from_ref(uid));
        }
        self.enqueue(node.clone(), api.now());
    }

    /// The owner goes when no dependent that blocks it is left; those that are left are deleted.
    // Models pkg/controller/garbagecollector/garbagecollector.go processDeletingDependentsItem
    fn hold_for_dependents(&mut self, api: &mut ApiServer, node: &Node, owner: &Object) {
        let uid = &owner.metadata().uid;
        let mut blocked = false;
        for dependent in self.graph.dependents(uid) {
            let Some(object) = api.find(dependent.0, &dependent.1).cloned() else { continue };
            let blocks = |reference: &OwnerReference| {
                reference.uid == *uid && reference.block_owner_deletion == Some(true)
            };
            blocked |= object.metadata().owner_references.iter().any(blocks);
            if !object.metadata().is_deleting() {
                self.judge(api, &dependent, &object);
            }
        }
        if !blocked {
            remove_finalizer(api, node, FOREGROUND_FINALIZER);
        }
    }

    /// Deletes an object whose owners are all gone or going; cuts its ties to those when another owner stays.
    // Models pkg/controller/garbagecollector/garbagecollector.go attemptToDeleteItem
    fn judge(&self, api: &mut ApiServer, node: &Node, object: &Object) {
        let meta = object.metadata();
        if meta.is_deleting() || meta.owner_references.is_empty() {
            return;
        }
        let owners = classify(api, meta);
        if owners.solid > 0 {
            let gone: Vec<String> = owners.dangling.into_iter().chain(owners.waiting).collect();
            if !gone.is_empty() {
                drop_references(api, node, &gone);
            }
            return;
        }
        let has_dependents = !self.graph.dependents(&meta.uid).is_empty();
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
        // Another writer may have been faster: then there is nothing left to do.
        let _ = api.delete(node.0, &node.1, &options);
    }
}

/// The policy that an earlier deletion asked for.
fn propagation_asked(meta: &ObjectMeta) -> Option<Propagation> {
    if meta.has_finalizer(ORPHAN_FINALIZER) {
        return Some(Propagation::Orphan);
    }
    meta.has_finalizer(FOREGROUND_FINALIZER).then_some(Propagation::Foreground)
}

// Models pkg/controller/garbagecollector/garbagecollector.go classifyReferences
fn classify(api: &ApiServer, meta: &ObjectMeta) -> Owners {
    let mut owners = Owners::default();
    for reference in &meta.owner_references {
        match find_owner(api, &meta.namespace, reference) {
            None => owners.dangling.push(reference.uid.clone()),
            Some(owner) if owner.is_deleting() && owner.has_finalizer(FOREGROUND_FINALIZER) => {
                owners.waiting.push(reference.uid.clone());
            }
            Some(_) => owners.solid += 1,
        }
    }
    owners
}

fn find_owner<'a>(api: &'a ApiServer, namespace: &str, reference: &OwnerReference) -> Option<&'a ObjectMeta> {
    let named = |kind: &&Kind| kind.as_str() == reference.kind && kind.api_version() == reference.api_version;
    let kind = *Kind::ALL.iter().find(named)?;
    let namespace = if kind.is_namespaced() { namespace } else { "" };
    let owner = api.find(kind, &ObjectKey::new(namespace, &reference.name))?.metadata();
    (owner.uid == reference.uid).then_some(owner)
}

fn drop_references(api: &mut ApiServer, node: &Node, uids: &[String]) {
    let cut = |object: &mut Object| {
        object.metadata_mut().owner_references.retain(|reference| !uids.contains(&reference.uid));
    };
    // The dependent may be gone by now: then there is no tie left to cut.
    let _ = api.patch(node.0, &node.1, Subresource::Main, cut);
}

fn remove_finalizer(api: &mut ApiServer, node: &Node, finalizer: &str) {
    let release = |object: &mut Object| object.metadata_mut().finalizers.retain(|held| held != finalizer);
    // The owner may be gone by now: then nothing holds it.
    let _ = api.patch(node.0, &node.1, Subresource::Main, release);
}

#[cfg(test)]
mod tests;
