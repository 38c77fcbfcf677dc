//! Who owns whom, by uid.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Node;
use crate::api::meta::ObjectMeta;
use crate::base::{Digest, sorted};

/// Nodes are shared between the maps: a finished pod costs few bytes here.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: BTreeMap<Digest, Arc<Node>>,
    /// By the owner and by themselves.
    dependents: BTreeMap<Digest, BTreeMap<Digest, Arc<Node>>>,
}

fn digest(uid: &str) -> Digest {
    Digest::of(&[uid])
}

impl Graph {
    pub fn insert(&mut self, node: Node, meta: &ObjectMeta) {
        let (uid, node) = (digest(&meta.uid), Arc::new(node));
        for owner in &meta.owner_references {
            self.dependents.entry(digest(&owner.uid)).or_default().insert(uid, Arc::clone(&node));
        }
        self.nodes.insert(uid, node);
    }

    pub fn remove(&mut self, meta: &ObjectMeta) {
        let uid = digest(&meta.uid);
        for owner in meta.owner_references.iter().map(|owner| digest(&owner.uid)) {
            if let Some(dependents) = self.dependents.get_mut(&owner) {
                dependents.remove(&uid);
                if dependents.is_empty() {
                    self.dependents.remove(&owner);
                }
            }
        }
        self.nodes.remove(&uid);
    }

    pub fn node(&self, uid: &str) -> Option<&Node> {
        self.nodes.get(&digest(uid)).map(|node| &**node)
    }

    pub fn has_dependents(&self, uid: &str) -> bool {
        self.dependents.contains_key(&digest(uid))
    }

    /// In the order of kind, namespace and name.
    pub fn dependents(&self, uid: &str) -> Vec<Node> {
        let dependents = self.dependents.get(&digest(uid)).into_iter().flat_map(BTreeMap::values);
        let mut dependents: Vec<Node> = dependents.map(|node| (**node).clone()).collect();
        sorted::sort(&mut dependents);
        dependents
    }
}
