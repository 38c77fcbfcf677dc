//! The namespace controller: empties a namespace that is being deleted, then lets it go.
// Models pkg/controller/namespace/deletion/namespaced_resources_deleter.go

use std::collections::{BTreeMap, BTreeSet};

use super::deletion::{DeleteOptions, Propagation};
use super::server::ApiServer;
use super::store::{Change, ChangeKind, ObjectKey};
use crate::api::{Kind, Object};
use crate::base::{Duration, Time};

/// Last-minute creations are waited for.
// Models pkg/controller/namespace/namespace_controller.go namespaceDeletionGracePeriod
const GRACE_PERIOD: Duration = Duration::from_secs(5);
/// How long an object that only finalizers hold is expected to stay.
const FINALIZER_ESTIMATE_SECONDS: i64 = 15;

#[derive(Clone, Debug, Default)]
pub struct NamespaceController {
    due: BTreeSet<(Time, String)>,
    queued: BTreeMap<String, Time>,
}

impl NamespaceController {
    pub fn new() -> NamespaceController {
        NamespaceController::default()
    }

    pub fn observe(&mut self, change: &Change, now: Time) {
        let Object::Namespace(namespace) = &change.object else { return };
        if change.kind != ChangeKind::Deleted && namespace.metadata.is_deleting() {
            self.enqueue(&namespace.metadata.name, now + GRACE_PERIOD);
        }
    }

    fn enqueue(&mut self, name: &str, at: Time) {
        if !self.queued.contains_key(name) {
            self.queued.insert(name.to_owned(), at);
            self.due.insert((at, name.to_owned()));
        }
    }

    pub fn next_wake(&self) -> Option<Time> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Empties what is due.
    pub fn run(&mut self, api: &mut ApiServer) {
        while let Some((at, name)) = self.due.first().cloned().filter(|(at, _)| *at <= api.now()) {
            self.due.remove(&(at, name.clone()));
            self.queued.remove(&name);
            if api.find(Kind::Namespace, &ObjectKey::new("", &name)).is_none() {
                continue;
            }
            match delete_content(api, &name) {
                Some(estimate_seconds) => {
                    let wait = Duration::from_secs(estimate_seconds / 2 + 1);
                    self.enqueue(&name, api.now() + wait);
                }
                None => api.remove_namespace(&name),
            }
        }
    }
}

/// Deletes everything in the namespace. Answers how many seconds what is left is expected to stay.
fn delete_content(api: &mut ApiServer, namespace: &str) -> Option<i64> {
    let options = DeleteOptions { propagation: Some(Propagation::Background), ..DeleteOptions::default() };
    let kinds = || Kind::ALL.iter().copied().filter(|kind| kind.is_namespaced());
    for kind in kinds() {
        let keys: Vec<ObjectKey> = api.list(kind, Some(namespace)).map(ObjectKey::of).collect();
        for key in keys {
            // What goes by itself meanwhile is what was wanted.
            let _ = api.delete(kind, &key, &options);
        }
    }
    let left = kinds().flat_map(|kind| api.list(kind, Some(namespace)));
    let estimate = |object: &Object| match object.metadata().deletion_grace_period_seconds {
        Some(seconds) if seconds > 0 => seconds,
        _ => FINALIZER_ESTIMATE_SECONDS,
    };
    left.map(estimate).max()
}

impl ApiServer {
    /// Removes an empty namespace: its own finalizer goes, and with it the namespace.
    fn remove_namespace(&mut self, name: &str) {
        self.remove(Kind::Namespace, &ObjectKey::new("", name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::core::{ConfigMap, Namespace};
    use crate::base::Random;

    #[test]
    fn a_namespace_goes_with_its_content_after_a_grace_period() {
        let mut api = ApiServer::new(Time::default(), Random::new(1));
        let mut lab = Namespace::default();
        lab.metadata.name = "lab".to_owned();
        api.restore(Object::from(lab));
        let mut map = ConfigMap::default();
        map.metadata.name = "m".to_owned();
        map.metadata.namespace = "lab".to_owned();
        api.create(Object::from(map.clone())).expect("created");
        let since = api.version();
        let key = ObjectKey::new("", "lab");
        api.delete(Kind::Namespace, &key, &DeleteOptions::default()).expect("marked");
        map.metadata.name = "late".to_owned();
        let refusal = api.create(Object::from(map)).expect_err("terminating");
        assert_eq!(
            refusal.message,
            "configmaps \"late\" is forbidden: unable to create new content in namespace lab because it is being terminated"
        );
        let mut controller = NamespaceController::new();
        let changes: Vec<Change> = api.changes_since(since).expect("recent").cloned().collect();
        changes.iter().for_each(|change| controller.observe(change, api.now()));
        assert_eq!(controller.next_wake(), Some(Time::from_millis(5_000)));
        api.set_now(Time::from_millis(5_000));
        controller.run(&mut api);
        assert!(api.find(Kind::Namespace, &key).is_none());
        assert_eq!(api.list(Kind::ConfigMap, Some("lab")).count(), 0);
    }
}
