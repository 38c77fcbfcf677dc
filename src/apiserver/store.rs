//! Objects by kind and key, with a version counter and the log of changes that watches read.

use std::collections::{BTreeMap, VecDeque};

use crate::api::meta::ResourceVersion;
use crate::api::status::StatusReason;
use crate::api::{Kind, Object, Status};
use crate::base::Time;

/// How many changes a watch may lag behind before it must list again. Old changes hold old objects in memory.
const CHANGES_KEPT: usize = 5_000;
/// Changes that the components have not seen yet are kept beyond that, up to here.
const UNSEEN_CHANGES_KEPT: usize = 1_000_000;

/// Namespace and name. Objects without a namespace have an empty one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct ObjectKey {
    pub namespace: String,
    pub name: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChangeKind {
    Added,
    Modified,
    Deleted,
}

/// One event of a watch. `previous` is the object before the change (absent for `Added`).
#[derive(Clone, Debug)]
pub struct Change {
    pub version: ResourceVersion,
    pub at: Time,
    pub kind: ChangeKind,
    pub object: Object,
    pub previous: Option<Object>,
}

#[derive(Clone, Debug, Default)]
pub struct Store {
    version: u64,
    /// By namespace and name: a search compares one text at each step.
    objects: BTreeMap<Kind, BTreeMap<String, BTreeMap<Box<str>, Object>>>,
    changes: VecDeque<Change>,
    /// Every component has seen the changes up to this version.
    seen: ResourceVersion,
}

impl ObjectKey {
    pub fn new(namespace: impl Into<String>, name: impl Into<String>) -> ObjectKey {
        ObjectKey { namespace: namespace.into(), name: name.into() }
    }

    pub fn of(object: &Object) -> ObjectKey {
        ObjectKey::new(&object.metadata().namespace, &object.metadata().name)
    }
}

/// `namespace/name`, as controllers write keys.
impl std::fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.namespace.is_empty() {
            return f.write_str(&self.name);
        }
        write!(f, "{}/{}", self.namespace, self.name)
    }
}

impl Store {
    pub fn version(&self) -> ResourceVersion {
        ResourceVersion(self.version)
    }

    pub fn get(&self, kind: Kind, key: &ObjectKey) -> Option<&Object> {
        self.objects.get(&kind)?.get(&key.namespace)?.get(key.name.as_str())
    }

    /// Objects of a kind in the order of namespace and name; `namespace` `None` is all of them.
    pub fn list<'a>(&'a self, kind: Kind, namespace: Option<&'a str>) -> impl Iterator<Item = &'a Object> {
        let from = std::ops::Bound::Included(namespace.unwrap_or_default());
        let range = self
            .objects
            .get(&kind)
            .map(|objects| objects.range::<str, _>((from, std::ops::Bound::Unbounded)));
        let in_namespace = move |name: &str| namespace.is_none_or(|wanted| name == wanted);
        let chosen = range.into_iter().flatten().take_while(move |(name, _)| in_namespace(name));
        chosen.flat_map(|(_, objects)| objects.values())
    }

    pub fn count(&self, kind: Kind) -> usize {
        self.objects.get(&kind).map_or(0, |objects| objects.values().map(BTreeMap::len).sum())
    }

    /// Writes an object under a new version and logs the change. Answers the object as stored.
    pub fn put(&mut self, mut object: Object, now: Time) -> Object {
        self.version += 1;
        object.metadata_mut().resource_version = self.version();
        let objects = self.objects.entry(object.kind()).or_default();
        let meta = object.metadata();
        let objects = match objects.get_mut(&meta.namespace) {
            Some(objects) => objects,
            None => objects.entry(meta.namespace.clone()).or_default(),
        };
        let previous = match objects.get_mut(meta.name.as_str()) {
            Some(stored) => Some(std::mem::replace(stored, object.clone())),
            None => objects.insert(meta.name.as_str().into(), object.clone()),
        };
        let kind = if previous.is_some() { ChangeKind::Modified } else { ChangeKind::Added };
        self.log(Change { version: self.version(), at: now, kind, object: object.clone(), previous });
        object
    }

    /// Removes an object and logs its last state under a new version.
    pub fn remove(&mut self, kind: Kind, key: &ObjectKey, now: Time) -> Option<Object> {
        let mut object = self.objects.get_mut(&kind)?.get_mut(&key.namespace)?.remove(key.name.as_str())?;
        self.version += 1;
        let previous = Some(object.clone());
        // Nobody reads the version of a removed event, and there are many: the copy is saved.
        if kind != Kind::Event {
            object.metadata_mut().resource_version = self.version();
        }
        let change = ChangeKind::Deleted;
        self.log(Change { version: self.version(), at: now, kind: change, object: object.clone(), previous });
        Some(object)
    }

    /// Tells that every component has seen the changes up to a version: older ones may be dropped.
    pub fn seen_up_to(&mut self, version: ResourceVersion) {
        self.seen = self.seen.max(version);
    }

    fn log(&mut self, change: Change) {
        self.changes.push_back(change);
        while self.changes.len() > CHANGES_KEPT {
            let oldest = self.changes.front().map(|change| change.version);
            if oldest > Some(self.seen) && self.changes.len() <= UNSEEN_CHANGES_KEPT {
                return;
            }
            self.changes.pop_front();
        }
    }

    /// The changes after a version, oldest first.
    ///
    /// # Errors
    /// `Expired` when changes after that version were already dropped: the watcher must list again.
    pub fn changes_since(&self, version: ResourceVersion) -> Result<impl Iterator<Item = &Change>, Status> {
        let oldest_known = self.changes.front().map_or(self.version, |first| first.version.0 - 1);
        if version.0 < oldest_known {
            let message = format!("too old resource version: {} ({oldest_known})", version.0);
            return Err(Status { reason: StatusReason::Expired, ..Status::bad_request(message) });
        }
        // Every version has exactly one change, so the position follows from the version.
        Ok(self.changes.iter().skip((version.0 - oldest_known) as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::core::Pod;

    fn pod(name: &str) -> Object {
        let mut pod = Pod::default();
        pod.metadata.name = name.to_owned();
        pod.metadata.namespace = "default".to_owned();
        Object::from(pod)
    }

    #[test]
    fn a_watch_sees_every_change_after_its_version_once() {
        let mut store = Store::default();
        let first = store.put(pod("a"), Time::default());
        store.put(pod("a"), Time::default());
        store.remove(Kind::Pod, &ObjectKey::new("default", "a"), Time::default());
        let since = first.metadata().resource_version;
        let kinds: Vec<ChangeKind> = store.changes_since(since).expect("recent").map(|c| c.kind).collect();
        assert_eq!(kinds, [ChangeKind::Modified, ChangeKind::Deleted]);
        assert_eq!(store.changes_since(store.version()).expect("recent").count(), 0);
    }

    #[test]
    fn a_watch_that_lags_too_far_must_list_again() {
        let mut store = Store::default();
        for _ in 0..CHANGES_KEPT + 2 {
            store.put(pod("a"), Time::default());
        }
        assert_eq!(
            store.changes_since(ResourceVersion(0)).map(Iterator::count),
            Ok(CHANGES_KEPT + 2),
            "unseen"
        );
        store.seen_up_to(store.version());
        store.put(pod("a"), Time::default());
        let refusal = store.changes_since(ResourceVersion(1)).err().expect("expired");
        assert_eq!(refusal.reason, StatusReason::Expired);
    }

    #[test]
    fn a_list_stays_in_its_namespace() {
        let mut store = Store::default();
        let mut other = pod("b");
        other.metadata_mut().namespace = "lab".to_owned();
        store.put(other, Time::default());
        store.put(pod("a"), Time::default());
        let names = |namespace| {
            store.list(Kind::Pod, namespace).map(|o| o.metadata().name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(names(Some("default")), ["a"]);
        assert_eq!(names(None), ["a", "b"]);
    }
}
