//! Objects as commands handle them: found by name, listed, named in output.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Context;
use super::built_in::built_in;
use super::failure::Failure;
use super::resources::Resource;
use crate::api::status::StatusReason;
use crate::api::view::{self, View, Viewed};
use crate::api::{Kind, Object, Status};
use crate::apiserver::selectors::{FieldQuery, LabelQuery};
use crate::apiserver::{Change, ChangeKind, ObjectKey, Shown};
use crate::base::sorted;
use crate::cluster::Cluster;

/// An object of the cluster, or one that only its manifest or the server's own start made.
#[derive(Clone, PartialEq, Debug)]
pub enum Item {
    Stored(Object),
    /// A stored one with its managed fields.
    Shown(Shown),
    Value(Value),
}

/// An object with its resource.
#[derive(Clone, PartialEq, Debug)]
pub struct Info {
    pub resource: &'static Resource,
    pub item: Item,
}

/// A value written as JSON: in the module that learners download, texts are shorter than the calls that build values.
pub fn written(text: &str) -> Value {
    serde_json::from_str(text).expect("the text is JSON")
}

impl Item {
    /// The object of the cluster.
    pub fn object(&self) -> Option<&Object> {
        match self {
            Item::Stored(object) | Item::Shown(Shown { object, .. }) => Some(object),
            Item::Value(_) => None,
        }
    }

    /// The wire form as printed.
    pub fn to_value(&self) -> Value {
        view::to_value(self)
    }
}

impl Viewed for Item {
    fn view(&self) -> View<'_> {
        match self {
            Item::Stored(object) => object.view(),
            Item::Shown(shown) => shown.view(),
            Item::Value(value) => value.view(),
        }
    }
}

impl Viewed for Info {
    fn view(&self) -> View<'_> {
        self.item.view()
    }
}

impl Info {
    pub fn stored(resource: &'static Resource, object: Object) -> Info {
        Info { resource, item: Item::Stored(object) }
    }

    pub fn name(&self) -> &str {
        match &self.item {
            Item::Stored(object) | Item::Shown(Shown { object, .. }) => &object.metadata().name,
            Item::Value(value) => value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default(),
        }
    }

    pub fn namespace(&self) -> &str {
        match &self.item {
            Item::Stored(object) | Item::Shown(Shown { object, .. }) => &object.metadata().namespace,
            Item::Value(value) => {
                value.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default()
            }
        }
    }

    pub fn labels(&self) -> BTreeMap<String, String> {
        match &self.item {
            Item::Stored(object) | Item::Shown(Shown { object, .. }) => {
                BTreeMap::clone(&object.metadata().labels)
            }
            Item::Value(value) => {
                let labels = value.pointer("/metadata/labels").and_then(Value::as_object);
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                sorted::collect(labels.into_iter().flatten().map(|(key, value)| (key.clone(), text(value))))
            }
        }
    }

    /// `job.batch/x`
    pub fn reference(&self) -> String {
        format!("{}/{}", self.resource.qualified(), self.name())
    }

    pub fn key(&self) -> ObjectKey {
        ObjectKey::new(self.namespace(), self.name())
    }
}

/// What a list is narrowed to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Selectors {
    pub labels: String,
    pub fields: String,
}

impl Selectors {
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }

    /// The objects that fit, in the order of namespace and name.
    ///
    /// # Errors
    /// `BadRequest` for a selector that does not parse or names a field that the kind is not selected by.
    pub fn list(
        &self,
        cluster: &Cluster,
        resource: &'static Resource,
        namespace: Option<&str>,
    ) -> Result<Vec<Info>, Status> {
        let enhance = |status: Status| enhance(status, resource, self);
        let labels = LabelQuery::parse(&self.labels).map_err(enhance)?;
        let Some(kind) = resource.stored else {
            allow(resource, "list")?;
            return Ok(built_in(cluster, resource, namespace, self));
        };
        let fields = FieldQuery::parse(kind, &self.fields).map_err(enhance)?;
        let fits = |object: &&Object| labels.matches(&object.metadata().labels) && fields.matches(object);
        let found = cluster.api().list(kind, namespace.filter(|_| resource.namespaced)).filter(fits);
        Ok(found.map(|object| Info::stored(resource, object.clone())).collect())
    }

    /// What a watch that is narrowed so tells of a change: an object that comes to fit is new, one that no longer does
    /// is gone.
    // Models staging/src/k8s.io/apiserver/pkg/storage/cacher/cache_watcher.go convertToWatchEvent
    pub fn watched(&self, change: &Change) -> Option<&'static str> {
        let fits = self.fits(&change.object);
        let fitted = change.previous.as_ref().is_some_and(|object| self.fits(object));
        match (change.kind, fitted, fits) {
            (ChangeKind::Deleted, true, _) | (ChangeKind::Modified, true, false) => Some("DELETED"),
            (ChangeKind::Added, _, true) | (ChangeKind::Modified, false, true) => Some("ADDED"),
            (ChangeKind::Modified, true, true) => Some("MODIFIED"),
            _ => None,
        }
    }

    /// Whether one object fits.
    pub fn fits(&self, object: &Object) -> bool {
        let labels =
            LabelQuery::parse(&self.labels).is_ok_and(|query| query.matches(&object.metadata().labels));
        labels && FieldQuery::parse(object.kind(), &self.fields).is_ok_and(|query| query.matches(object))
    }
}

/// Models cli-runtime resource.EnhanceListError
fn enhance(status: Status, resource: &Resource, selectors: &Selectors) -> Status {
    let message = format!(
        "Unable to find {:?} that match label selector {:?}, field selector {:?}: {}",
        resource.group_version_resource(),
        selectors.labels,
        selectors.fields,
        status.message
    );
    Status { message, ..status }
}

/// How one object is asked for.
pub type Look = fn(&Cluster, &'static Resource, &str, &str) -> Result<Info, Status>;

/// One object by its name.
///
/// # Errors
/// `NotFound`.
pub fn get(
    cluster: &Cluster,
    resource: &'static Resource,
    namespace: &str,
    name: &str,
) -> Result<Info, Status> {
    let namespace = if resource.namespaced { namespace } else { "" };
    match resource.stored {
        Some(kind) => cluster
            .api()
            .get(kind, &ObjectKey::new(namespace, name))
            .map(|o| Info::stored(resource, o.clone())),
        None => {
            allow(resource, "get")?;
            let found = built_in(cluster, resource, Some(namespace), &Selectors::default());
            found.into_iter().find(|info| info.name() == name).ok_or_else(|| not_found(resource, name))
        }
    }
}

/// Some resources are only created: nothing of them is stored.
///
/// # Errors
/// `MethodNotAllowed`.
fn allow(resource: &Resource, verb: &str) -> Result<(), Status> {
    if resource.verbs.contains(&verb) {
        return Ok(());
    }
    let message = "the server does not allow this method on the requested resource";
    Err(Status { reason: StatusReason::MethodNotAllowed, ..Status::bad_request(message) })
}

/// One object by its name, as the builder gets it: where it is not found, a namespace that is not there is told first.
///
/// # Errors
/// `NotFound`, of the object or of its namespace.
// Models staging/src/k8s.io/cli-runtime/pkg/resource/visitor.go Info.Get
pub fn look_up(
    cluster: &Cluster,
    resource: &'static Resource,
    namespace: &str,
    name: &str,
) -> Result<Info, Status> {
    get(cluster, resource, namespace, name).map_err(|status| {
        let key = ObjectKey::new("", namespace);
        let placed = !resource.namespaced || cluster.api().find(Kind::Namespace, &key).is_some();
        if placed { status } else { Status::not_found(Kind::Namespace, namespace) }
    })
}

pub fn not_found(resource: &Resource, name: &str) -> Status {
    let message = format!("{} \"{name}\" not found", resource.qualified_plural());
    Status { reason: StatusReason::NotFound, name: name.to_owned(), ..Status::bad_request(message) }
}

/// The kind of a resource that the cluster stores.
///
/// # Errors
/// For the others, which are known by name only.
pub fn stored_kind(resource: &Resource) -> Result<Kind, Failure> {
    resource.stored.ok_or_else(|| {
        super::failure::error(format!("objects of kind {} are not simulated here", resource.kind))
    })
}

impl Context<'_> {
    /// The namespace that the command works in.
    pub fn namespace(&self, args: &super::flags::Args) -> String {
        match args.text("namespace") {
            "" => self.desk.kubeconfig.namespace(args.text("context")).to_owned(),
            given => given.to_owned(),
        }
    }
}
