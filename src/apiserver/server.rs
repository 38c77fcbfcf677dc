//! Requests: create, read, update, delete, as the API server's registry carries them out.

use std::collections::VecDeque;

use super::managers::Managers;
use super::merge;
use super::refusals::{Refusal, Refusals, Request};
use super::siblings::Siblings;
use super::store::{Change, ObjectKey, Store};
use crate::api::core::{Event, Namespace, Pod};
use crate::api::defaults::{set_defaults, share_template_labels};
use crate::api::meta::ResourceVersion;
use crate::api::status::StatusReason;
use crate::api::strategy::prepare_create;
use crate::api::validation::{
    create_warnings, refuse, update_warnings, validate_create, validate_metadata_update,
    validate_status_update, validate_update,
};
use crate::api::{Kind, Object, Shared, Status};
use crate::base::{Duration, Random, Time, ids};

/// The base of generated names is cut so that the suffix fits into a DNS label.
// Models staging/src/k8s.io/apiserver/pkg/storage/names/generate.go
const GENERATED_NAME_BASE_MAX: usize = 58;
/// Namespaces that every cluster has from its start.
pub(super) const SYSTEM_NAMESPACES: &[&str] = &["default", "kube-node-lease", "kube-public", "kube-system"];
/// What a write is told whose object somebody else has changed meanwhile.
pub const MODIFIED: &str =
    "the object has been modified; please apply your changes to the latest version and try again";

/// How long before the first instant the cluster itself was made: nobody meets a cluster at its birth, and the ages
/// of nodes and namespaces should say so.
pub const CLUSTER_AGE: Duration = Duration::from_secs(400);

/// Which part of an object a write may change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subresource {
    /// Everything but the status.
    Main,
    /// Only the status.
    Status,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct WriteOptions {
    /// Everything is checked and nothing is stored.
    pub dry_run: bool,
}

/// The API server. Its clock is the cluster's: only `set_now` moves it.
#[derive(Clone, Debug)]
pub struct ApiServer {
    pub(super) now: Time,
    random: Random,
    pub(super) store: Store,
    /// Names to hand out for `generateName`, in order, before random ones: replays of recorded histories use it.
    scripted_names: VecDeque<String>,
    pub(super) refusals: Refusals,
    /// What the last request was answered with beside its outcome (HTTP `Warning` headers).
    pub(super) warnings: Vec<String>,
    /// Who wrote which fields.
    pub(super) managers: Managers,
    pub(super) siblings: Siblings,
}

impl ApiServer {
    pub fn new(now: Time, random: Random) -> ApiServer {
        let mut server = ApiServer {
            now,
            random,
            store: Store::default(),
            scripted_names: VecDeque::new(),
            refusals: Refusals::default(),
            warnings: Vec::new(),
            managers: Managers::default(),
            siblings: Siblings::default(),
        };
        for name in SYSTEM_NAMESPACES {
            let mut namespace = Namespace::default();
            namespace.metadata.name = (*name).to_owned();
            namespace.metadata.labels.insert("kubernetes.io/metadata.name".to_owned(), (*name).to_owned());
            namespace.metadata.uid = ids::uid(&mut server.random);
            let created = now + Duration::from_millis(-CLUSTER_AGE.as_millis());
            namespace.metadata.creation_timestamp = Some(created.to_timestamp());
            namespace.spec = serde_json::json!({"finalizers": ["kubernetes"]});
            namespace.status = serde_json::json!({"phase": "Active"});
            server.store.put(Object::from(namespace), now);
        }
        server
    }

    pub fn now(&self) -> Time {
        self.now
    }

    /// Moves the clock. Time never runs backwards.
    pub fn set_now(&mut self, now: Time) {
        debug_assert!(now >= self.now, "virtual time runs forwards only");
        self.now = now;
    }

    /// Names that generated names take, first match of the `generateName` prefix first.
    pub fn script_names(&mut self, names: impl IntoIterator<Item = String>) {
        self.scripted_names.extend(names);
    }

    /// When a name of that base is handed out among the scripted ones: a replay's record of an order that chance made.
    pub fn scripted_rank(&self, base: &str) -> Option<usize> {
        self.scripted_names.iter().position(|name| name.starts_with(base))
    }

    /// The warnings of the last request, as kubectl prints them after `Warning: `.
    pub fn take_warnings(&mut self) -> Vec<String> {
        std::mem::take(&mut self.warnings)
    }

    /// Orders that requests be refused.
    pub fn refuse(&mut self, refusal: Refusal) {
        self.refusals.push(refusal);
    }

    /// From now on updates are stored unvalidated: for tests of one component against states that no server would keep.
    pub fn trust_writers(&mut self) {
        self.refusals.trusting = true;
    }

    /// Withdraws all orders to refuse.
    pub fn stop_refusing(&mut self) {
        self.refusals.clear();
    }

    /// How many requests of that sort were refused on order.
    pub fn refused(&self, request: Request, kind: Kind) -> usize {
        self.refusals.count(request, kind)
    }

    /// Stores an object as it stands, past naming, defaulting and validation: for saved states and tests.
    pub fn restore(&mut self, object: Object) -> Object {
        self.store.put(object, self.now)
    }

    pub fn version(&self) -> ResourceVersion {
        self.store.version()
    }

    /// The changes after a version, oldest first.
    ///
    /// # Errors
    /// `Expired` when the version is too old to continue from.
    pub fn changes_since(&self, version: ResourceVersion) -> Result<impl Iterator<Item = &Change>, Status> {
        self.store.changes_since(version)
    }

    /// Tells that every component has seen the changes up to a version: older ones may be dropped.
    pub fn seen_up_to(&mut self, version: ResourceVersion) {
        self.store.seen_up_to(version);
    }

    pub fn find(&self, kind: Kind, key: &ObjectKey) -> Option<&Object> {
        self.store.get(kind, key)
    }

    /// # Errors
    /// `NotFound`.
    pub fn get(&self, kind: Kind, key: &ObjectKey) -> Result<&Object, Status> {
        self.store.get(kind, key).ok_or_else(|| Status::not_found(kind, &key.name))
    }

    /// Objects of a kind ordered by namespace and name; `namespace` `None` is all of them.
    pub fn list<'a>(&'a self, kind: Kind, namespace: Option<&'a str>) -> impl Iterator<Item = &'a Object> {
        self.store.list(kind, namespace)
    }

    /// Stores a new object: names it, stamps it and gives it a version.
    ///
    /// # Errors
    /// `Invalid` with every violated rule, `AlreadyExists`, `NotFound` for a missing namespace.
    // Models staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go Create
    pub fn create(&mut self, object: Object) -> Result<Object, Status> {
        self.create_with(object, WriteOptions::default())
    }

    /// `create`, or everything of it but the storing.
    ///
    /// # Errors
    /// As `create`.
    pub fn create_with(&mut self, mut object: Object, options: WriteOptions) -> Result<Object, Status> {
        let kind = object.kind();
        self.refusals.check(Request::Create, kind)?;
        self.warnings.clear();
        if object.metadata().resource_version.0 != 0 {
            let message = "resourceVersion should not be set on objects to be created";
            return Err(Status { reason: StatusReason::Unknown, ..Status::bad_request(message) });
        }
        let known = self.siblings.made(&object).filter(|_| !self.managers.is_following());
        let asked = match &object {
            Object::Pod(pod) if known.is_none() => Some(Pod::clone(pod)),
            _ => None,
        };
        let uid = ids::uid(&mut self.random);
        let created = self.now.to_timestamp();
        let meta = object.metadata_mut();
        if meta.name.is_empty() && !meta.generate_name.is_empty() {
            meta.name = self.generate_name(&meta.generate_name);
        }
        meta.uid = uid;
        meta.creation_timestamp = Some(created);
        meta.deletion_timestamp = None;
        meta.deletion_grace_period_seconds = None;
        meta.managed_fields = Shared::default();
        let sent = match known {
            Some(made) => {
                self.check_namespace(&object)?;
                self.warnings = made.give(&mut object);
                None
            }
            None => self.complete(&mut object)?,
        };
        if let (Some(asked), Object::Pod(pod)) = (asked, &object) {
            self.siblings.note(asked, pod, &self.warnings);
        }
        let key = ObjectKey::of(&object);
        if self.store.get(kind, &key).is_some() {
            return Err(Status::already_exists(kind, &key.name));
        }
        if options.dry_run {
            return Ok(object);
        }
        if let Some(sent) = sent {
            self.managers.note_creation(sent, &object.metadata().uid, created);
        }
        Ok(self.store.put(object, self.now))
    }

    /// Gives a named object what the server adds, and judges it. Answers how it was sent, if its fields are followed.
    fn complete(&mut self, object: &mut Object) -> Result<Option<Object>, Status> {
        let unlabelled = object.metadata().labels.is_empty();
        set_defaults(object);
        let sent = self.managers.is_following().then(|| object.clone());
        prepare_create(object);
        self.check_namespace(object)?;
        refuse(object, validate_create(object))?;
        self.warnings = create_warnings(object);
        // Reading gives a Job without labels those of its template, so they are stored only after validation.
        if let Object::Job(job) = object
            && unlabelled
        {
            share_template_labels(std::sync::Arc::make_mut(job));
        }
        Ok(sent)
    }

    /// Stores an event of a recorder. Recorders name them uniquely and fill in every field: the checks of requests,
    /// which find nothing there, are left out because a pod alone makes five events.
    pub(super) fn create_event(&mut self, mut event: Event) {
        if self.refusals.check(Request::Create, Kind::Event).is_err() {
            return;
        }
        event.metadata.uid = ids::uid(&mut self.random);
        event.metadata.creation_timestamp = Some(self.now.to_timestamp());
        self.store.put(Object::from(event), self.now);
    }

    // Models staging/src/k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle/admission.go
    fn check_namespace(&self, object: &Object) -> Result<(), Status> {
        if !object.kind().is_namespaced() {
            return Ok(());
        }
        let meta = object.metadata();
        let namespace = self.get(Kind::Namespace, &ObjectKey::new("", &meta.namespace))?;
        // Events may still tell what becomes of a namespace that goes.
        if namespace.metadata().is_deleting() && object.kind() != Kind::Event {
            let cause = format!(
                "unable to create new content in namespace {} because it is being terminated",
                meta.namespace
            );
            return Err(Status::forbidden(object.kind(), &meta.name, &cause));
        }
        Ok(())
    }

    fn generate_name(&mut self, base: &str) -> String {
        if let Some(at) = self.scripted_names.iter().position(|name| name.starts_with(base)) {
            return self.scripted_names.remove(at).unwrap_or_default();
        }
        let cut: String = base.chars().take(GENERATED_NAME_BASE_MAX).collect();
        format!("{cut}{}", ids::name_suffix(&mut self.random))
    }

    /// Replaces the stored object, or its status. A `resourceVersion` of 0 means "whatever is there".
    ///
    /// # Errors
    /// `NotFound`, `Conflict` when the stored version is another one, `Invalid`.
    // Models staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go Update
    pub fn update(&mut self, object: Object, subresource: Subresource) -> Result<Object, Status> {
        self.update_with(object, subresource, WriteOptions::default())
    }

    /// `update`, or everything of it but the storing.
    ///
    /// # Errors
    /// As `update`.
    pub fn update_with(
        &mut self,
        object: Object,
        subresource: Subresource,
        options: WriteOptions,
    ) -> Result<Object, Status> {
        let request = match subresource {
            Subresource::Main => Request::Update,
            Subresource::Status => Request::UpdateStatus,
        };
        self.refusals.check(request, object.kind())?;
        self.warnings.clear();
        self.replace(object, subresource, options)
    }

    pub(super) fn replace(
        &mut self,
        object: Object,
        subresource: Subresource,
        options: WriteOptions,
    ) -> Result<Object, Status> {
        let (kind, key) = (object.kind(), ObjectKey::of(&object));
        let stored = self.get(kind, &key)?.clone();
        self.replace_stored(stored, object, subresource, options)
    }

    pub(super) fn replace_stored(
        &mut self,
        stored: Object,
        object: Object,
        subresource: Subresource,
        options: WriteOptions,
    ) -> Result<Object, Status> {
        check_identity(&stored, &object)?;
        if stored.is_same(&object) {
            return Ok(stored);
        }
        let is_judged = merge::shares_spec(&stored, &object) || self.siblings.have_had(&stored, &object);
        let mut merged = match subresource {
            Subresource::Main => {
                let mut object = object;
                if !is_judged {
                    set_defaults(&mut object);
                }
                if let Object::Secret(_) = object {
                    // Plain texts of an update become data as well.
                    prepare_create(&mut object);
                }
                merge::main_update(&stored, object)
            }
            Subresource::Status => merge::status_update(&stored, object),
        };
        merged.metadata_mut().resource_version = stored.metadata().resource_version;
        if stored == merged {
            return Ok(merged);
        }
        if !self.refusals.trusting {
            let violations = match subresource {
                Subresource::Main if is_judged => validate_metadata_update(&merged, &stored),
                Subresource::Main => validate_update(&merged, &stored),
                Subresource::Status => validate_status_update(&merged, &stored),
            };
            refuse(&merged, violations)?;
            if subresource == Subresource::Main && !is_judged {
                self.warnings.extend(update_warnings(&merged));
            }
        }
        if options.dry_run {
            return Ok(merged);
        }
        if subresource == Subresource::Main {
            self.siblings.share(&mut merged);
            self.managers.note_change(&stored, &merged, self.now.to_timestamp());
        }
        Ok(self.write(merged))
    }

    /// Changes the stored object in place, as a PATCH without preconditions does: it never conflicts.
    ///
    /// # Errors
    /// `NotFound`, `Invalid`.
    pub fn patch(
        &mut self,
        kind: Kind,
        key: &ObjectKey,
        subresource: Subresource,
        change: impl FnOnce(&mut Object),
    ) -> Result<Object, Status> {
        self.refusals.check(Request::Patch, kind)?;
        let stored = self.get(kind, key)?.clone();
        let mut object = stored.clone();
        change(&mut object);
        self.replace_stored(stored, object, subresource, WriteOptions::default())
    }

    /// Stores a changed object; the last finalizer's removal completes a deletion.
    fn write(&mut self, object: Object) -> Object {
        let meta = object.metadata();
        let grace_over = meta.deletion_grace_period_seconds.unwrap_or(0) == 0;
        if meta.deletion_timestamp.is_some() && meta.finalizers.is_empty() && grace_over {
            // The write itself is never stored: watches see the removal of the state before it.
            self.remove(object.kind(), &ObjectKey::of(&object));
            return object;
        }
        self.store.put(object, self.now)
    }

    /// Takes an object out of the store, as it was there.
    pub(super) fn remove(&mut self, kind: Kind, key: &ObjectKey) -> Option<Object> {
        let removed = self.store.remove(kind, key, self.now)?;
        self.managers.forget(&removed);
        Some(removed)
    }
}

/// The version and the uid that a request names must be the stored ones.
fn check_identity(stored: &Object, object: &Object) -> Result<(), Status> {
    let (wanted, found) = (object.metadata(), stored.metadata());
    let conflict = |cause: &str| Err(Status::conflict(object.kind(), &found.name, cause));
    if wanted.resource_version.0 != 0 && wanted.resource_version != found.resource_version {
        return conflict(MODIFIED);
    }
    if !wanted.uid.is_empty() && wanted.uid != found.uid {
        return conflict(&format!(
            "Precondition failed: UID in precondition: {}, UID in object meta: {}",
            wanted.uid, found.uid
        ));
    }
    Ok(())
}
