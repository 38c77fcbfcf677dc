//! What an update takes from the request and what it keeps of the stored object.
//!
//! These run for every write of every component: nothing is copied or compared that is the same memory.

use std::sync::Arc;

use crate::api::{Object, Shared};

/// Whether the spec is the stored one itself, which has its defaults: most writes of controllers leave it alone.
pub fn shares_spec(stored: &Object, object: &Object) -> bool {
    match (stored, object) {
        (Object::Job(old), Object::Job(new)) => old.spec.is_same(&new.spec),
        (Object::Pod(old), Object::Pod(new)) => old.spec.is_same(&new.spec),
        _ => false,
    }
}

/// The stored object with everything but its status and identity taken from the request.
// Models staging/src/k8s.io/apiserver/pkg/registry/rest/update.go BeforeUpdate
pub fn main_update(stored: &Object, mut object: Object) -> Object {
    let spec_changed = match (&mut object, stored) {
        (Object::Job(new), Object::Job(old)) => {
            let changed = new.spec != old.spec;
            if new.status != old.status {
                Arc::make_mut(new).status = old.status.clone();
            }
            changed
        }
        (Object::Pod(new), Object::Pod(old)) => {
            let changed = new.spec != old.spec;
            if new.status != old.status {
                Arc::make_mut(new).status = old.status.clone();
            }
            changed
        }
        (Object::CronJob(new), Object::CronJob(old)) => {
            let changed = new.spec != old.spec;
            Arc::make_mut(new).status = old.status.clone();
            changed
        }
        (Object::Node(new), Object::Node(old)) => {
            Arc::make_mut(new).status = old.status.clone();
            false
        }
        (Object::Namespace(new), Object::Namespace(old)) => {
            Arc::make_mut(new).status = old.status.clone();
            false
        }
        _ => false,
    };
    keep_identity(stored, &mut object, spec_changed);
    object
}

/// The stored object with only its status taken from the request.
pub fn status_update(stored: &Object, object: Object) -> Object {
    let mut merged = stored.clone();
    match (&mut merged, object) {
        (Object::Job(old), Object::Job(new)) => {
            if old.spec.is_same(&new.spec) && old.metadata == new.metadata {
                return Object::Job(new);
            }
            Arc::make_mut(old).status = Arc::unwrap_or_clone(new).status;
        }
        (Object::Pod(old), Object::Pod(new)) => {
            if old.spec.is_same(&new.spec) && old.metadata == new.metadata {
                return Object::Pod(new);
            }
            Arc::make_mut(old).status = Arc::unwrap_or_clone(new).status;
        }
        (Object::CronJob(old), Object::CronJob(new)) => Arc::make_mut(old).status = new.status.clone(),
        (Object::Node(old), Object::Node(new)) => Arc::make_mut(old).status = new.status.clone(),
        (Object::Namespace(old), Object::Namespace(new)) => Arc::make_mut(old).status = new.status.clone(),
        _ => {}
    }
    merged
}

/// Fields of the metadata that only the server writes.
fn keep_identity(stored: &Object, object: &mut Object, spec_changed: bool) {
    let old = stored.metadata();
    let new = object.metadata_mut();
    new.uid.clone_from(&old.uid);
    new.generation = old.generation + i64::from(spec_changed);
    new.creation_timestamp = old.creation_timestamp;
    new.deletion_timestamp = old.deletion_timestamp;
    new.deletion_grace_period_seconds = old.deletion_grace_period_seconds;
    new.generate_name.clone_from(&old.generate_name);
    // The server tells them itself, when it is asked.
    new.managed_fields = Shared::default();
}
