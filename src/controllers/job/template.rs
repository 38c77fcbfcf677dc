//! The pod that the controller asks for.

use super::claim::controller_reference;
use super::index_failures::counts_of_replacement;
use crate::api::Shared;
use crate::api::batch::{
    COMPLETION_INDEX, INDEX_FAILURE_COUNT, INDEX_IGNORED_FAILURE_COUNT, JOB_TRACKING_FINALIZER, Job,
};
use crate::api::core::{Container, EnvVar, EnvVarSource, ObjectFieldSelector, Pod, PodSpec};
use crate::api::meta::OwnerReference;

const INDEX_ENV_NAME: &str = "JOB_COMPLETION_INDEX";
/// Longer bases of generated names are cut.
const GENERATED_NAME_BASE_MAX: usize = 58;

/// What all pods of one sync share.
pub struct PodTemplate<'a> {
    job: &'a Job,
    spec: Shared<PodSpec>,
    owners: Shared<Vec<OwnerReference>>,
    finalizers: Shared<Vec<String>>,
}

impl<'a> PodTemplate<'a> {
    pub fn new(job: &'a Job) -> PodTemplate<'a> {
        let mut spec = job.spec.template.spec.clone();
        if job.spec.is_indexed() {
            spec.init_containers.iter_mut().for_each(add_index_variable);
            spec.containers.iter_mut().for_each(add_index_variable);
        }
        let mut finalizers = job.spec.template.metadata.finalizers.clone();
        if !finalizers.iter().any(|finalizer| finalizer == JOB_TRACKING_FINALIZER) {
            finalizers.push(JOB_TRACKING_FINALIZER.to_owned());
        }
        let owners = vec![controller_reference(job)].into();
        PodTemplate { job, spec, owners, finalizers }
    }

    /// `index` and `replaces`, the failed pod whose counts go on, are for Indexed Jobs.
    // Models pkg/controller/controller_utils.go GetPodFromTemplate
    pub fn pod(&self, index: Option<i32>, replaces: Option<&Pod>) -> Pod {
        let template = &self.job.spec.template.metadata;
        let mut pod = Pod { spec: self.spec.clone(), ..Pod::default() };
        let meta = &mut pod.metadata;
        meta.namespace.clone_from(&self.job.metadata.namespace);
        meta.labels.clone_from(&template.labels);
        meta.annotations.clone_from(&template.annotations);
        meta.finalizers.clone_from(&self.finalizers);
        meta.owner_references = self.owners.clone();
        let name = &self.job.metadata.name;
        meta.generate_name = match index {
            Some(index) => indexed_generate_name(name, index),
            None => format!("{name}-"),
        };
        let Some(index) = index else { return pod };
        meta.annotations.insert(COMPLETION_INDEX.to_owned(), index.to_string());
        meta.labels.insert(COMPLETION_INDEX.to_owned(), index.to_string());
        if self.job.spec.backoff_limit_per_index.is_some() {
            let (counted, ignored) = counts_of_replacement(&self.job.spec, replaces);
            meta.annotations.insert(INDEX_FAILURE_COUNT.to_owned(), counted.to_string());
            if ignored > 0 {
                meta.annotations.insert(INDEX_IGNORED_FAILURE_COUNT.to_owned(), ignored.to_string());
            }
        }
        pod.spec.hostname = format!("{name}-{index}");
        pod
    }
}

/// `JOB-INDEX-`, the Job's part cut so that the whole fits.
// Models pkg/controller/job/indexed_job_utils.go podGenerateNameWithIndex
pub fn indexed_generate_name(job: &str, index: i32) -> String {
    let suffix = format!("-{index}-");
    let kept: String = job.chars().take(GENERATED_NAME_BASE_MAX - suffix.len()).collect();
    kept + &suffix
}

// Models pkg/controller/job/indexed_job_utils.go addCompletionIndexEnvVariable
fn add_index_variable(container: &mut Container) {
    if container.env.iter().any(|variable| variable.name == INDEX_ENV_NAME) {
        return;
    }
    let field_path = format!("metadata.labels['{COMPLETION_INDEX}']");
    let field_ref = Some(ObjectFieldSelector { field_path, ..ObjectFieldSelector::default() });
    let value_from = Some(EnvVarSource { field_ref, ..EnvVarSource::default() });
    let variable = EnvVar { name: INDEX_ENV_NAME.to_owned(), value_from, ..EnvVar::default() };
    container.env.push(variable);
}
