//! Validation: every rule of the API server for the kinds of this cluster, with its messages to the letter.

mod containers;
mod cron_job;
mod env;
mod errors;
mod indexes;
mod internal;
mod job;
mod meta;
mod names;
mod pod_template;
mod probes;
mod resources;
mod scheduling;
mod security;
mod volumes;

pub use cron_job::schedule_format;
pub use errors::Errors;
pub use indexes::{validate_indexes, validate_no_overlap};
pub use internal::{go_json, shown};
pub use job::JobOptions;

use super::batch::Job;
use super::object::Object;
use super::status::{FieldError, Status};

/// The rules that a new object violates; its name, uid and defaults are already set.
pub fn validate_create(object: &Object) -> Vec<FieldError> {
    let mut errors = Errors::default();
    match object {
        Object::Job(new) => job::job(new, JobOptions::CREATE, &mut errors),
        Object::CronJob(new) => cron_job::cron_job(new, &mut errors),
        Object::Pod(new) => {
            meta::object_meta(&new.metadata, true, names::dns_subdomain, "metadata", &mut errors);
            pod_template::pod_spec(&new.spec, "spec", &mut errors);
        }
        Object::Namespace(new) => {
            meta::object_meta(&new.metadata, false, names::dns_label, "metadata", &mut errors);
        }
        Object::Node(new) => {
            meta::object_meta(&new.metadata, false, names::dns_subdomain, "metadata", &mut errors);
        }
        Object::ConfigMap(_) | Object::Secret(_) | Object::Event(_) => {
            meta::object_meta(object.metadata(), true, names::dns_subdomain, "metadata", &mut errors);
        }
    }
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
