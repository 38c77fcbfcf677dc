//! `metav1`: what every object carries.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use super::codec::{Codec, DecodeError, api_enum, api_object};
use super::field_set::FieldSet;
use super::shared::{Shared, SharedText, shared};
use super::view::{View, Viewed};
use crate::base::Timestamp;

/// The store's version counter; 0 stands for "not set". On the wire it is a string of digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct ResourceVersion(pub u64);

impl Codec for ResourceVersion {
    fn decode(value: Value) -> Result<Self, DecodeError> {
        let text = value.as_str().ok_or(DecodeError::expected("string"))?;
        if text.is_empty() {
            return Ok(ResourceVersion(0));
        }
        text.parse().map(ResourceVersion).map_err(|_| DecodeError::expected("resourceVersion"))
    }
}

impl Viewed for ResourceVersion {
    fn view(&self) -> View<'_> {
        View::Text(if self.0 == 0 { Cow::Borrowed("") } else { Cow::Owned(self.0.to_string()) })
    }
    fn is_omitted(&self) -> bool {
        self.0 == 0
    }
}

api_enum! {
    /// `metav1.ConditionStatus`.
    pub enum ConditionStatus { Unknown, True, False, }
}

api_object! {
    pub struct ObjectMeta {
        "name" => name: String,
        "generateName" => generate_name: String,
        "namespace" => namespace: String,
        "uid" => uid: String,
        "resourceVersion" => resource_version: ResourceVersion,
        "generation" => generation: i64,
        "creationTimestamp" => creation_timestamp: Option<Timestamp>,
        "deletionTimestamp" => deletion_timestamp: Option<Timestamp>,
        "deletionGracePeriodSeconds" => deletion_grace_period_seconds: Option<i64>,
        "labels" => labels: Shared<BTreeMap<String, String>>,
        "annotations" => annotations: Shared<BTreeMap<String, String>>,
        "ownerReferences" => owner_references: Shared<Vec<OwnerReference>>,
        "finalizers" => finalizers: Shared<Vec<String>>,
        /// Of what clients send; the server does not keep them.
        "managedFields" => managed_fields: Shared<Vec<Shared<ManagedFieldsEntry>>>,
    }

    pub struct ManagedFieldsEntry {
        "manager" => manager: SharedText,
        "operation" => operation: SharedText,
        "apiVersion" => api_version: SharedText,
        "time" => time: Option<Timestamp>,
        "fieldsType" => fields_type: SharedText,
        "fieldsV1" => fields_v1: FieldSet,
        "subresource" => subresource: SharedText,
    }

    pub struct OwnerReference {
        "apiVersion" => api_version: String,
        "kind" => kind: String,
        "name" => name: String,
        "uid" => uid: String,
        "controller" => controller: Option<bool>,
        "blockOwnerDeletion" => block_owner_deletion: Option<bool>,
    }

    pub struct LabelSelector {
        "matchLabels" => match_labels: BTreeMap<String, String>,
        "matchExpressions" => match_expressions: Vec<LabelSelectorRequirement>,
    }

    pub struct LabelSelectorRequirement {
        "key" => key: String,
        "operator" => operator: String,
        "values" => values: Vec<String>,
    }
}

shared!(ManagedFieldsEntry);

impl ObjectMeta {
    /// The reference of the controller that owns this object, if any.
    // Models staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/controller_ref.go GetControllerOf
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.owner_references.iter().find(|owner| owner.controller == Some(true))
    }

    pub fn is_deleting(&self) -> bool {
        self.deletion_timestamp.is_some()
    }

    pub fn has_finalizer(&self, name: &str) -> bool {
        self.finalizers.iter().any(|finalizer| finalizer == name)
    }
}
