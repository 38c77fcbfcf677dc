//! One type for any object of the cluster.

use std::sync::Arc;

use serde_json::Value;

use super::batch::{CronJob, Job};
use super::codec::{Codec, DecodeError, Map};
use super::core::{ConfigMap, Event, Namespace, Node, Pod, Secret};
use super::meta::ObjectMeta;
use super::view::{self, Entries, Fields, View, Viewed};

/// Declares the kinds that the cluster stores: kind, group/version, plural, short names, namespaced.
macro_rules! kinds {
    ($($kind:ident, $api_version:literal, $plural:literal, $short:expr, $namespaced:literal;)*) => {
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Kind { $($kind,)* }

        /// An object behind a shared pointer: clones are cheap, changes copy.
        #[derive(Clone, PartialEq, Debug)]
        pub enum Object { $($kind(Arc<$kind>),)* }

        impl Kind {
            pub const ALL: &[Kind] = &[$(Kind::$kind,)*];

            /// `Job`, as in manifests.
            pub const fn as_str(self) -> &'static str {
                match self { $(Kind::$kind => stringify!($kind),)* }
            }

            /// `batch/v1`, as in manifests.
            pub const fn api_version(self) -> &'static str {
                match self { $(Kind::$kind => $api_version,)* }
            }

            /// `jobs`, as in paths and on the command line.
            pub const fn plural(self) -> &'static str {
                match self { $(Kind::$kind => $plural,)* }
            }

            pub const fn short_names(self) -> &'static [&'static str] {
                match self { $(Kind::$kind => $short,)* }
            }

            pub const fn is_namespaced(self) -> bool {
                match self { $(Kind::$kind => $namespaced,)* }
            }
        }

        impl Object {
            pub fn kind(&self) -> Kind {
                match self { $(Object::$kind(_) => Kind::$kind,)* }
            }

            pub fn metadata(&self) -> &ObjectMeta {
                match self { $(Object::$kind(object) => &object.metadata,)* }
            }

            /// Whether both are the same memory: nothing was changed.
            pub fn is_same(&self, other: &Object) -> bool {
                match (self, other) {
                    $((Object::$kind(one), Object::$kind(other)) => Arc::ptr_eq(one, other),)*
                    _ => false,
                }
            }

            /// The metadata for writing; copies the object when it is shared.
            pub fn metadata_mut(&mut self) -> &mut ObjectMeta {
                match self { $(Object::$kind(object) => &mut Arc::make_mut(object).metadata,)* }
            }

            /// Decodes an object of a known kind; `apiVersion` and `kind` of the value are dropped.
            ///
            /// # Errors
            /// When a field has a wrong type.
            pub fn decode(kind: Kind, mut value: Value) -> Result<Object, DecodeError> {
                if let Value::Object(fields) = &mut value {
                    fields.remove("apiVersion");
                    fields.remove("kind");
                }
                match kind { $(Kind::$kind => <$kind as Codec>::decode(value).map(|o| Object::$kind(Arc::new(o))),)* }
            }

            /// The object with the named fields taken from a value; all others stay.
            ///
            /// # Errors
            /// When a field has a wrong type.
            pub fn with_fields(&self, names: &[&str], value: Value) -> Result<Object, DecodeError> {
                let mut fields = Map::decode(value)?;
                fields.retain(|name, _| names.contains(&name.as_str()));
                let mut changed = self.clone();
                match &mut changed { $(Object::$kind(object) => Arc::make_mut(object).take_fields(names, fields),)* }?;
                Ok(changed)
            }

            /// The wire form with `apiVersion` and `kind`.
            pub fn to_value(&self) -> Value {
                view::to_value(self)
            }

            /// The fields without `apiVersion` and `kind`.
            fn fields(&self) -> &dyn Fields {
                match self { $(Object::$kind(object) => object.as_ref(),)* }
            }

            fn type_texts(&self) -> (&'static &'static str, &'static &'static str) {
                match self { $(Object::$kind(_) => (&$api_version, &stringify!($kind)),)* }
            }
        }

        $(
            impl From<$kind> for Object {
                fn from(object: $kind) -> Object {
                    Object::$kind(Arc::new(object))
                }
            }

            impl From<Arc<$kind>> for Object {
                fn from(object: Arc<$kind>) -> Object {
                    Object::$kind(object)
                }
            }
        )*
    };
}

impl Object {
    /// Takes the fields with these names of a part that `has_declared` from a value; all others stay.
    ///
    /// # Errors
    /// When one has a wrong type.
    pub fn take_inside(&mut self, part: &str, names: &[&str], fields: Map) -> Result<(), DecodeError> {
        let taken = match (part, self) {
            ("metadata", object) => object.metadata_mut().take_fields(names, fields),
            ("spec", Object::Pod(pod)) => Arc::make_mut(pod).spec.take_fields(names, fields),
            _ => Ok(()),
        };
        taken.map_err(|error| error.inside(part))
    }

    /// Whether the fields of the part can be taken one by one: the metadata's, and the spec's of pods, which come in
    /// thousands.
    pub fn has_declared(&self, part: &str) -> bool {
        part == "metadata" || part == "spec" && matches!(self, Object::Pod(_))
    }
}

impl Viewed for Object {
    fn view(&self) -> View<'_> {
        View::Object(self)
    }
}

impl Fields for Object {
    fn get(&self, name: &str) -> Option<&dyn Viewed> {
        let (api_version, kind) = self.type_texts();
        match name {
            "apiVersion" => Some(api_version),
            "kind" => Some(kind),
            _ => self.fields().get(name),
        }
    }
    fn are_declared(&self) -> bool {
        self.fields().are_declared()
    }
    fn add_to<'a>(&'a self, entries: &mut Entries<'a>) {
        let from = entries.len();
        let (api_version, kind) = self.type_texts();
        self.fields().add_to(entries);
        view::add_in_order(entries, from, "apiVersion", api_version);
        view::add_in_order(entries, from, "kind", kind);
    }
}

kinds! {
    ConfigMap, "v1", "configmaps", &["cm"], true;
    CronJob, "batch/v1", "cronjobs", &["cj"], true;
    Event, "v1", "events", &["ev"], true;
    Job, "batch/v1", "jobs", &[], true;
    Namespace, "v1", "namespaces", &["ns"], false;
    Node, "v1", "nodes", &["no"], false;
    Pod, "v1", "pods", &["po"], true;
    Secret, "v1", "secrets", &[], true;
}

impl Kind {
    /// `batch` or, for the core group, the empty text.
    pub fn group(self) -> &'static str {
        self.api_version().split_once('/').map_or("", |(group, _)| group)
    }

    /// `job`, as in `kubectl explain job`.
    pub fn singular(self) -> String {
        self.as_str().to_lowercase()
    }

    /// `job.batch` or `pod`: how kubectl names what it changed.
    pub fn qualified(self) -> String {
        match self.group() {
            "" => self.singular(),
            group => format!("{}.{group}", self.singular()),
        }
    }

    /// `jobs.batch` or `pods`: how the server names resources in its errors.
    pub fn qualified_plural(self) -> String {
        match self.group() {
            "" => self.plural().to_owned(),
            group => format!("{}.{group}", self.plural()),
        }
    }
}
