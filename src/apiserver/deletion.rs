//! Deletion: grace periods, finalizers and what becomes of dependents.

use super::server::ApiServer;
use super::store::ObjectKey;
use crate::api::meta::{ObjectMeta, ResourceVersion};
use crate::api::{Kind, Object, Status};
use crate::base::{Duration, Time, Timestamp};

/// Holds an owner until its dependents are gone.
pub const FOREGROUND_FINALIZER: &str = "foregroundDeletion";
/// Holds an owner until its dependents no longer name it.
pub const ORPHAN_FINALIZER: &str = "orphan";
const DEFAULT_GRACE_SECONDS: i64 = 30;

/// What happens to the objects that the deleted one owns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Propagation {
    Background,
    Foreground,
    Orphan,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Preconditions {
    pub uid: Option<String>,
    pub resource_version: Option<ResourceVersion>,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DeleteOptions {
    /// `None`: the object's own default (pods: their terminationGracePeriodSeconds; everything else: at once).
    pub grace_period_seconds: Option<i64>,
    /// `None`: the resource's own default.
    pub propagation: Option<Propagation>,
    pub preconditions: Preconditions,
    /// Everything is checked and nothing is stored.
    pub dry_run: bool,
}

/// What a deletion does to the stored object first.
enum Graceful {
    /// The resource knows no grace period, or the object is past it.
    No,
    /// The object was marked with a grace period of that many seconds.
    Marked(i64),
    /// An earlier deletion with a grace period that is not longer is still running.
    Pending,
}

impl ApiServer {
    /// Deletes an object: at once, or by marking it while finalizers or a grace period hold it.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` when a precondition fails.
    // Models staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go Delete
    pub fn delete(&mut self, kind: Kind, key: &ObjectKey, options: &DeleteOptions) -> Result<Object, Status> {
        self.refusals.check(super::refusals::Request::Delete, kind)?;
        let stored = self.get(kind, key)?.clone();
        check_preconditions(&stored, &options.preconditions)?;
        if options.dry_run {
            return Ok(stored);
        }
        if kind == Kind::Namespace {
            return self.delete_namespace(stored);
        }
        let mut object = stored.clone();
        let graceful = mark_graceful(&mut object, options.grace_period_seconds, self.now);
        if matches!(graceful, Graceful::Pending) {
            return Ok(stored);
        }
        let finalizers = finalizers_of(kind, stored.metadata(), options.propagation);
        let held = !finalizers.is_empty();
        object.metadata_mut().finalizers = finalizers.into();
        if held && matches!(graceful, Graceful::No) {
            mark_as_deleting(object.metadata_mut(), self.now);
        }
        let changed = object != stored;
        // A pod that is deleted at once is still seen once with its deletion timestamp.
        let marked = matches!(graceful, Graceful::Marked(_));
        let object = if changed && (held || marked) { self.store.put(object, self.now) } else { object };
        if held || matches!(graceful, Graceful::Marked(1..)) {
            return Ok(object);
        }
        self.remove(kind, key).ok_or_else(|| Status::not_found(kind, &key.name))
    }

    /// A namespace turns to Terminating; it goes when its content is gone.
    // Models pkg/registry/core/namespace/storage/storage.go Delete
    fn delete_namespace(&mut self, mut stored: Object) -> Result<Object, Status> {
        let name = stored.metadata().name.clone();
        if super::server::SYSTEM_NAMESPACES.contains(&name.as_str()) && name != "kube-node-lease" {
            return Err(Status::forbidden(Kind::Namespace, &name, "this namespace may not be deleted"));
        }
        if stored.metadata().is_deleting() {
            return Ok(stored);
        }
        let meta = stored.metadata_mut();
        meta.deletion_timestamp = Some(self.now.to_timestamp());
        if let Object::Namespace(namespace) = &mut stored {
            std::sync::Arc::make_mut(namespace).status = serde_json::json!({"phase": "Terminating"});
        }
        Ok(self.store.put(stored, self.now))
    }
}

fn check_preconditions(stored: &Object, wanted: &Preconditions) -> Result<(), Status> {
    let meta = stored.metadata();
    if let Some(uid) = wanted.uid.as_ref().filter(|uid| **uid != meta.uid) {
        let cause =
            format!("Precondition failed: UID in precondition: {uid}, UID in object meta: {}", meta.uid);
        return Err(Status::conflict(stored.kind(), &meta.name, &cause));
    }
    if let Some(version) = wanted.resource_version.filter(|version| *version != meta.resource_version) {
        let cause = format!(
            "Precondition failed: ResourceVersion in precondition: {}, ResourceVersion in object meta: {}",
            version.0, meta.resource_version.0
        );
        return Err(Status::conflict(stored.kind(), &meta.name, &cause));
    }
    Ok(())
}

/// Marks a pod that terminates gracefully. Other kinds know no grace period.
// Models staging/src/k8s.io/apiserver/pkg/registry/rest/delete.go BeforeDelete
fn mark_graceful(object: &mut Object, requested: Option<i64>, now: Time) -> Graceful {
    let Some(seconds) = grace_seconds(object, requested) else { return Graceful::No };
    let meta = object.metadata_mut();
    let end = (now + Duration::from_secs(seconds)).to_timestamp();
    if let Some(before) = meta.deletion_timestamp {
        return shorten_grace(meta, before, requested, end);
    }
    meta.deletion_timestamp = Some(end);
    meta.deletion_grace_period_seconds = Some(seconds);
    raise_generation(meta);
    Graceful::Marked(seconds)
}

/// A further deletion may only shorten the grace period.
fn shorten_grace(
    meta: &mut ObjectMeta,
    before: Timestamp,
    requested: Option<i64>,
    end: Timestamp,
) -> Graceful {
    let running = meta.deletion_grace_period_seconds.unwrap_or(0);
    match requested.map(|seconds| seconds.max(0)) {
        _ if running == 0 => Graceful::No,
        Some(seconds) if seconds < running => {
            meta.deletion_timestamp = Some(before.min(end));
            meta.deletion_grace_period_seconds = Some(seconds);
            Graceful::Marked(seconds)
        }
        _ => Graceful::Pending,
    }
}

/// Seconds for which a pod's deletion waits: only pods that run on a node get any.
// Models pkg/registry/core/pod/strategy.go CheckGracefulDelete
fn grace_seconds(object: &Object, requested: Option<i64>) -> Option<i64> {
    let Object::Pod(pod) = object else { return None };
    if pod.spec.node_name.is_empty() || pod.is_terminal() {
        return Some(0);
    }
    let own = pod.spec.termination_grace_period_seconds.unwrap_or(DEFAULT_GRACE_SECONDS);
    let seconds = requested.unwrap_or(own);
    Some(if seconds < 0 { 1 } else { seconds })
}

/// Marks an object that only finalizers hold.
// Models staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go markAsDeleting
fn mark_as_deleting(meta: &mut ObjectMeta, now: Time) {
    if meta.deletion_timestamp.is_none() {
        raise_generation(meta);
    }
    let now = now.to_timestamp();
    meta.deletion_timestamp = Some(meta.deletion_timestamp.map_or(now, |before| before.min(now)));
    meta.deletion_grace_period_seconds = Some(0);
}

fn raise_generation(meta: &mut ObjectMeta) {
    if meta.generation > 0 {
        meta.generation += 1;
    }
}

/// The finalizers that the object keeps or gets. A policy that is asked for replaces an earlier one.
// Models staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go deletionFinalizersForGarbageCollection
fn finalizers_of(kind: Kind, meta: &ObjectMeta, asked: Option<Propagation>) -> Vec<String> {
    let earlier = || {
        if meta.has_finalizer(ORPHAN_FINALIZER) {
            Some(Propagation::Orphan)
        } else {
            meta.has_finalizer(FOREGROUND_FINALIZER).then_some(Propagation::Foreground)
        }
    };
    let policy = asked.or_else(earlier).unwrap_or(default_propagation(kind));
    let ours = [ORPHAN_FINALIZER, FOREGROUND_FINALIZER];
    let mut finalizers: Vec<String> =
        meta.finalizers.iter().filter(|f| !ours.contains(&f.as_str())).cloned().collect();
    match policy {
        Propagation::Background => {}
        Propagation::Foreground => finalizers.push(FOREGROUND_FINALIZER.to_owned()),
        Propagation::Orphan => finalizers.push(ORPHAN_FINALIZER.to_owned()),
    }
    finalizers
}

/// Jobs orphan their pods when no policy is asked for; kubectl always asks for one.
// Models pkg/registry/batch/job/strategy.go DefaultGarbageCollectionPolicy
fn default_propagation(kind: Kind) -> Propagation {
    if kind == Kind::Job { Propagation::Orphan } else { Propagation::Background }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::batch::Job;
    use crate::api::core::{Pod, PodPhase};
    use crate::apiserver::store::ChangeKind;
    use crate::base::Random;

    fn server() -> ApiServer {
        ApiServer::new(Time::from_millis(1_000_000), Random::new(1))
    }

    fn key(name: &str) -> ObjectKey {
        ObjectKey::new("default", name)
    }

    fn running_pod(api: &mut ApiServer, finalizers: &[&str]) {
        let mut pod = Pod::default();
        pod.metadata.name = "p".to_owned();
        pod.metadata.namespace = "default".to_owned();
        pod.metadata.finalizers = finalizers.iter().map(|f| (*f).to_owned()).collect();
        pod.spec.node_name = "node-1".to_owned();
        pod.status.phase = PodPhase::Running;
        api.store.put(Object::from(pod), api.now);
    }

    /// The changes of pods from a version on: kind, grace period.
    fn seen(api: &ApiServer, since: ResourceVersion) -> Vec<(ChangeKind, Option<i64>)> {
        let changes = api.changes_since(since).expect("recent");
        changes.map(|c| (c.kind, c.object.metadata().deletion_grace_period_seconds)).collect()
    }

    #[test]
    fn a_running_pod_gets_its_grace_period_and_goes_when_the_kubelet_ends_it() {
        let mut api = server();
        running_pod(&mut api, &[]);
        let since = api.version();
        let pod = api.delete(Kind::Pod, &key("p"), &DeleteOptions::default()).expect("deleted");
        assert_eq!(pod.metadata().deletion_timestamp, Some(Timestamp::from_secs(1030)));
        api.delete(Kind::Pod, &key("p"), &DeleteOptions::default()).expect("again");
        let now = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
        api.set_now(api.now() + Duration::from_secs(2));
        api.delete(Kind::Pod, &key("p"), &now).expect("ended");
        let expected = [
            (ChangeKind::Modified, Some(30)),
            (ChangeKind::Modified, Some(0)),
            (ChangeKind::Deleted, Some(0)),
        ];
        assert_eq!(seen(&api, since), expected);
        assert!(api.find(Kind::Pod, &key("p")).is_none());
    }

    #[test]
    fn a_finalizer_holds_a_pod_past_its_grace_period() {
        let mut api = server();
        running_pod(&mut api, &["f"]);
        let now = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
        api.delete(Kind::Pod, &key("p"), &now).expect("marked");
        assert!(api.find(Kind::Pod, &key("p")).is_some());
        let since = api.version();
        api.patch(Kind::Pod, &key("p"), crate::apiserver::Subresource::Main, |pod| {
            pod.metadata_mut().finalizers.clear();
        })
        .expect("released");
        assert_eq!(seen(&api, since), [(ChangeKind::Deleted, Some(0))]);
    }

    #[test]
    fn a_jobs_own_default_is_to_orphan() {
        let cases = [
            (None, vec!["orphan"]),
            (Some(Propagation::Foreground), vec!["foregroundDeletion"]),
            (Some(Propagation::Background), vec![]),
        ];
        for (propagation, finalizers) in cases {
            let mut api = server();
            let mut job = Job::default();
            job.metadata.name = "j".to_owned();
            job.metadata.namespace = "default".to_owned();
            api.store.put(Object::from(job), api.now);
            let options = DeleteOptions { propagation, ..DeleteOptions::default() };
            api.delete(Kind::Job, &key("j"), &options).expect("deleted");
            let left = api.find(Kind::Job, &key("j")).map(|job| job.metadata().finalizers.clone());
            let expected = if finalizers.is_empty() { None } else { Some(finalizers) };
            assert_eq!(
                left,
                expected.map(|all| all.into_iter().map(str::to_owned).collect()),
                "{propagation:?}"
            );
        }
    }

    #[test]
    fn a_precondition_on_the_uid_guards_against_a_namesake() {
        let mut api = server();
        running_pod(&mut api, &[]);
        let preconditions = Preconditions { uid: Some("other".to_owned()), resource_version: None };
        let options = DeleteOptions { preconditions, ..DeleteOptions::default() };
        let refusal = api.delete(Kind::Pod, &key("p"), &options).expect_err("another uid");
        assert_eq!(
            refusal.message,
            "Operation cannot be fulfilled on pods \"p\": Precondition failed: UID in precondition: other, UID in object meta: "
        );
    }
}
