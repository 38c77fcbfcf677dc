//! One type for any object of the cluster.

use std::sync::Arc;

use serde_json::Value;

use super::batch::{CronJob, Job};
use super::codec::{Codec, DecodeError, Part};
use super::core::{ConfigMap, Event, Namespace, Node, Pod, Secret};
use super::meta::ObjectMeta;

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

            /// The wire form with `apiVersion` and `kind`.
            pub fn to_value(&self) -> Value {
                self.to_partial_value(&Part::Whole)
            }

            /// At least that part of the wire form which is read.
            pub fn to_partial_value(&self, part: &Part) -> Value {
                let encoded = match self { $(Object::$kind(object) => object.encode_part(part),)* };
                let mut value = encoded.unwrap_or_default();
                show_probe_times(self, &mut value);
                if let Value::Object(fields) = &mut value {
                    fields.insert("apiVersion".to_owned(), Value::from(self.kind().api_version()));
                    fields.insert("kind".to_owned(), Value::from(self.kind().as_str()));
                }
                value
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

/// Conditions of pods show when they were probed, which is never; those of nodes know no such time.
fn show_probe_times(object: &Object, value: &mut Value) {
    let Object::Pod(_) = object else { return };
    let Some(Value::Array(conditions)) = value.pointer_mut("/status/conditions") else { return };
    for condition in conditions.iter_mut().filter_map(Value::as_object_mut) {
        condition.entry("lastProbeTime").or_insert(Value::Null);
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
