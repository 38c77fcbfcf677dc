//! The words of strategic merge patches, and how lists of the API are merged.

use serde_json::Value;

pub const PATCH: &str = "$patch";
pub const DELETE: &str = "delete";
pub const REPLACE: &str = "replace";
pub const RETAIN_KEYS: &str = "$retainKeys";
pub const DELETE_FROM_LIST: &str = "$deleteFromPrimitiveList/";
pub const SET_ELEMENT_ORDER: &str = "$setElementOrder/";

/// How a list of the API is patched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ListStrategy {
    /// The list of the patch replaces the other.
    Atomic,
    /// A set of scalars.
    Set,
    /// Elements are told apart by that field.
    ByKey { key: &'static str, retain_keys: bool },
}

/// The strategy of a list by the name of its field. The names mean the same in every kind that is stored here.
// Models the patchStrategy and patchMergeKey tags of staging/src/k8s.io/api
pub fn list_strategy(field: &str) -> ListStrategy {
    let (key, retain_keys) = match field {
        "finalizers" | "podCIDRs" => return ListStrategy::Set,
        "containers"
        | "initContainers"
        | "ephemeralContainers"
        | "env"
        | "imagePullSecrets"
        | "schedulingGates" => ("name", false),
        "volumes" | "resourceClaims" => ("name", true),
        "ports" => ("containerPort", false),
        "volumeMounts" => ("mountPath", false),
        "volumeDevices" => ("devicePath", false),
        "hostAliases" | "podIPs" | "hostIPs" => ("ip", false),
        "topologySpreadConstraints" => ("topologyKey", false),
        "conditions" | "addresses" => ("type", false),
        "ownerReferences" => ("uid", false),
        _ => return ListStrategy::Atomic,
    };
    ListStrategy::ByKey { key, retain_keys }
}

/// The key by which elements are told apart; scalars have none.
pub fn merge_key(strategy: ListStrategy) -> Option<&'static str> {
    match strategy {
        ListStrategy::ByKey { key, .. } => Some(key),
        ListStrategy::Atomic | ListStrategy::Set => None,
    }
}

/// What an element of a list is told apart by: its merge key's value, or the scalar itself.
pub fn identity<'a>(item: &'a Value, key: Option<&str>) -> &'a Value {
    match key {
        Some(key) => item.get(key).unwrap_or(&Value::Null),
        None => item,
    }
}
