//! Which pods belong to a Job: adoption of orphans that match its selector, release of pods that no longer do.

use std::sync::Arc;

use super::pods::JobPod;
use super::{JobController, SyncError};
use crate::api::batch::{JOB_TRACKING_FINALIZER, Job};
use crate::api::core::selector_matches;
use crate::api::meta::{LabelSelector, OwnerReference};
use crate::api::{Kind, Object};
use crate::apiserver::{ApiServer, ObjectKey, Subresource};

/// The reference that makes the Job a pod's controller.
// Models staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/controller_ref.go NewControllerRef
pub fn controller_reference(job: &Job) -> OwnerReference {
    OwnerReference {
        api_version: Kind::Job.api_version().to_owned(),
        kind: Kind::Job.as_str().to_owned(),
        name: job.metadata.name.clone(),
        uid: job.metadata.uid.clone(),
        controller: Some(true),
        block_owner_deletion: Some(true),
        ..OwnerReference::default()
    }
}

/// Pods claimed for a Job, and the names of those that changed hands on the way.
#[derive(Default)]
pub struct Claimed {
    pub pods: Vec<JobPod>,
    pub adopted: Vec<String>,
    pub released: Vec<String>,
}

impl JobController {
    /// The Job's pods, after adoptions and releases.
    ///
    /// # Errors
    /// When an adoption or a release was refused.
    // Models pkg/controller/job/job_controller.go getPodsForJob
    pub fn pods_for_job(&mut self, api: &mut ApiServer, job: &Job) -> Result<Claimed, SyncError> {
        let Some(selector) = &job.spec.selector else {
            return Err(SyncError("couldn't convert Job selector: no selector".to_owned()));
        };
        let mut claimed = Claimed::default();
        let mut errors: Vec<String> = Vec::new();
        for entry in self.cache.live_pods(&job.metadata.uid) {
            if selector_matches(selector, &entry.pod.metadata.labels) {
                claimed.pods.push(entry);
            } else if !job.metadata.is_deleting() {
                match release(api, job, &entry) {
                    Ok(()) => claimed.released.push(entry.pod.metadata.name.clone()),
                    Err(error) => errors.push(error),
                }
            }
        }
        if !job.metadata.is_deleting() {
            self.adopt_orphans(api, job, selector, &mut claimed, &mut errors);
        }
        if !errors.is_empty() {
            return Err(SyncError(errors.join(", ")));
        }
        self.cache.settle(&job.metadata.uid);
        Ok(claimed)
    }

    // Models pkg/controller/controller_ref_manager.go ClaimObject
    fn adopt_orphans(
        &mut self,
        api: &mut ApiServer,
        job: &Job,
        selector: &LabelSelector,
        claimed: &mut Claimed,
        errors: &mut Vec<String>,
    ) {
        for entry in self.cache.orphans_in(&job.metadata.namespace) {
            let meta = &entry.pod.metadata;
            if meta.is_deleting() || !selector_matches(selector, &meta.labels) {
                continue;
            }
            match adopt(api, job, &entry) {
                Ok(true) => {
                    claimed.adopted.push(meta.name.clone());
                    claimed.pods.push(with_finalizer(entry));
                }
                Ok(false) => {}
                Err(error) => errors.push(error),
            }
        }
    }
}

/// The cache does not show the finalizer yet that adoption set.
fn with_finalizer(entry: JobPod) -> JobPod {
    if entry.tracked {
        return entry;
    }
    let mut pod = entry.pod;
    Arc::make_mut(&mut pod).metadata.finalizers.push(JOB_TRACKING_FINALIZER.to_owned());
    JobPod::new(pod)
}

/// Makes the Job the pod's controller, after a fresh look that the Job is not being deleted.
// Models pkg/controller/controller_ref_manager.go AdoptPod
fn adopt(api: &mut ApiServer, job: &Job, entry: &JobPod) -> Result<bool, String> {
    let key = ObjectKey::new(&job.metadata.namespace, &job.metadata.name);
    let pod = &entry.pod.metadata;
    let refusal =
        |cause: String| Err(format!("can't adopt Pod {}/{} ({}): {cause}", pod.namespace, pod.name, pod.uid));
    let fresh = match api.get(Kind::Job, &key) {
        Ok(fresh) => fresh.metadata(),
        Err(status) => return refusal(status.message),
    };
    if fresh.uid != job.metadata.uid {
        return refusal(format!(
            "original Job {key} is gone: got uid {}, wanted {}",
            fresh.uid, job.metadata.uid
        ));
    }
    if let Some(deletion) = fresh.deletion_timestamp {
        return refusal(format!("{key} has just been deleted at {deletion}"));
    }
    let uid = pod.uid.clone();
    let result =
        api.patch(Kind::Pod, &ObjectKey::new(&pod.namespace, &pod.name), Subresource::Main, |object| {
            let meta = object.metadata_mut();
            if meta.uid == uid {
                meta.owner_references.push(controller_reference(job));
                if !meta.has_finalizer(JOB_TRACKING_FINALIZER) {
                    meta.finalizers.push(JOB_TRACKING_FINALIZER.to_owned());
                }
            }
        });
    match result {
        Ok(_) => Ok(true),
        Err(status) if status.is_not_found() => Ok(false),
        Err(status) => Err(status.message),
    }
}

/// Takes the owner reference and the finalizer off a pod that no longer matches.
// Models pkg/controller/controller_ref_manager.go ReleasePod
fn release(api: &mut ApiServer, job: &Job, entry: &JobPod) -> Result<(), String> {
    let pod = &entry.pod.metadata;
    let key = ObjectKey::new(&pod.namespace, &pod.name);
    let result = api.patch(Kind::Pod, &key, Subresource::Main, |object: &mut Object| {
        let meta = object.metadata_mut();
        meta.owner_references.retain(|owner| owner.uid != job.metadata.uid);
        meta.finalizers.retain(|finalizer| finalizer != JOB_TRACKING_FINALIZER);
    });
    match result {
        Ok(_) => Ok(()),
        Err(status) if status.is_not_found() => Ok(()),
        Err(status) => Err(status.message),
    }
}
