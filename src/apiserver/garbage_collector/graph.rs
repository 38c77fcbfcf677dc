//! Who owns whom, by uid.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Node;
use crate::api::meta::ObjectMeta;

/// Nodes are shared between the maps: a finished pod costs few bytes here.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: BTreeMap<String, Arc<Node>>,
    dependents: BTreeMap<String, BTreeSet<Arc<Node>>>,
}

impl Graph {
    pub fn insert(&mut self, node: &Node, meta: &ObjectMeta) {
        let node = Arc::new(node.clone());
        for owner in &meta.owner_references {
            self.dependents.entry(owner.uid.clone()).or_default().insert(Arc::clone(&node));
        }
        self.nodes.insert(meta.uid.clone(), node);
    }

    pub fn remove(&mut self, node: &Node, meta: &ObjectMeta) {
        for owner in &meta.owner_references {
            if let Some(dependents) = self.dependents.get_mut(&owner.uid) {
                dependents.remove(node);
                if dependents.is_empty() {
                    self.dependents.remove(&owner.uid);
                }
            }
        }
        self.nodes.remove(&meta.uid);
    }

    pub fn node(&self, uid: &str) -> Option<Node> {
        self.nodes.get(uid).map(|node| (**node).clone())
    }

    /// In the order of kind, namespace and name.
    pub fn dependents(&self, uid: &str) -> Vec<Node> {
        let dependents = self.dependents.get(uid);
        dependents.into_iter().flatten().map(|node| (**node).clone()).collect()
    }
}
