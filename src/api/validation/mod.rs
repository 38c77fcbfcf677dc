//! Validation: every rule of the API server for the kinds of this cluster, with its messages to the letter.

mod containers;
mod cron_job;
mod env;
mod errors;
mod indexes;
mod internal;
mod job;
mod job_status;
mod job_update;
mod meta;
mod mounts;
pub mod names;
mod pod_template;
mod probes;
mod resources;
mod scheduling;
mod security;
mod small_objects;
mod volumes;
mod warnings;

pub use cron_job::schedule_format;
pub use errors::Errors;
pub use indexes::{validate_indexes, validate_no_overlap};
pub use internal::{go_json, shown};
pub use job::JobOptions;
pub use job_update::JobUpdateOptions;
pub use warnings::{create_warnings, update_warnings};

use super::batch::Job;
use super::object::Object;
use super::status::{FieldError, Status};

/// The rules that a new object violates; its name, uid and defaults are already set.
pub fn validate_create(object: &Object) -> Vec<FieldError> {
    let mut errors = Errors::default();
    match object {
        Object::Job(new) => job::job(new, JobOptions::CREATE, &mut errors),
        Object::CronJob(new) => cron_job::cron_job(new, &mut errors),
        Object::Pod(new) => pod_template::pod(new, &mut errors),
        Object::Namespace(new) => {
            meta::object_meta(&new.metadata, false, names::dns_label, "metadata", &mut errors);
        }
        Object::Node(new) => {
            meta::object_meta(&new.metadata, false, names::dns_subdomain, "metadata", &mut errors);
        }
        Object::ConfigMap(new) => small_objects::config_map(new, &mut errors),
        Object::Secret(new) => small_objects::secret(new, &mut errors),
        Object::Event(_) => {
            meta::object_meta(object.metadata(), true, names::dns_subdomain, "metadata", &mut errors);
        }
    }
    errors.into_list()
}

/// The rules that a change of anything but the status violates. Both objects are of one kind.
pub fn validate_update(new: &Object, old: &Object) -> Vec<FieldError> {
    if has_equal_spec(new, old) {
        // The stored spec was judged when it came: most writes change finalizers and labels alone.
        return validate_metadata_update(new, old);
    }
    let mut errors = Errors::default();
    match (new, old) {
        (Object::Job(new), Object::Job(old)) => job_update::job_update_request(new, old, &mut errors),
        (Object::CronJob(new), Object::CronJob(old)) => cron_job::cron_job_update(new, old, &mut errors),
        (Object::Pod(new), Object::Pod(old)) => small_objects::pod_update(new, old, &mut errors),
        (Object::ConfigMap(new), Object::ConfigMap(old)) => {
            small_objects::config_map_update(new, old, &mut errors);
        }
        (Object::Secret(new), Object::Secret(old)) => small_objects::secret_update(new, old, &mut errors),
        _ => meta::object_meta_update(new.metadata(), old.metadata(), "metadata", &mut errors),
    }
    without_repetitions(errors.into_list())
}

/// The rules for the metadata that an update violates.
pub fn validate_metadata_update(new: &Object, old: &Object) -> Vec<FieldError> {
    let mut errors = Errors::default();
    meta::object_meta_update(new.metadata(), old.metadata(), "metadata", &mut errors);
    errors.into_list()
}

fn has_equal_spec(new: &Object, old: &Object) -> bool {
    match (new, old) {
        (Object::Job(new), Object::Job(old)) => new.spec == old.spec,
        (Object::Pod(new), Object::Pod(old)) => new.spec == old.spec,
        (Object::CronJob(new), Object::CronJob(old)) => new.spec == old.spec,
        _ => false,
    }
}

/// The rules that a change of the status violates. Both objects are of one kind.
pub fn validate_status_update(new: &Object, old: &Object) -> Vec<FieldError> {
    let mut errors = Errors::default();
    if let (Object::Job(new), Object::Job(old)) = (new, old) {
        job_status::job_status_update(new, old, &mut errors);
    }
    without_repetitions(errors.into_list())
}

/// Several checks find the same violation; each is told once.
// Models staging/src/k8s.io/apimachinery/pkg/util/validation/field/errors.go ToAggregate
fn without_repetitions(list: Vec<FieldError>) -> Vec<FieldError> {
    let mut told: Vec<FieldError> = Vec::new();
    for error in list {
        if !told.contains(&error) {
            told.push(error);
        }
    }
    told
}

/// A change of a Job under given rules.
pub fn validate_job_update(new: &Job, old: &Job, options: JobUpdateOptions) -> Vec<FieldError> {
    let mut errors = Errors::default();
    job_update::job_update(new, old, options, &mut errors);
    errors.into_list()
}

/// A change of a Job's status under given rules.
pub fn validate_job_status(new: &Job, old: &Job, start_time_is_fixed: bool) -> Vec<FieldError> {
    let mut errors = Errors::default();
    job_status::job_status_basics(new, old, start_time_is_fixed, &mut errors);
    errors.into_list()
}

/// A new Job under rules that may be older than the current ones.
pub fn validate_job(new: &Job, options: JobOptions) -> Vec<FieldError> {
    let mut errors = Errors::default();
    job::job(new, options, &mut errors);
    errors.into_list()
}

/// Violations as the answer to a request; nothing when there are none.
///
/// # Errors
/// `Invalid` with every violated rule.
pub fn refuse(object: &Object, violations: Vec<FieldError>) -> Result<(), Status> {
    if violations.is_empty() {
        return Ok(());
    }
    Err(Status::invalid(object.kind(), &object.metadata().name, violations))
}
