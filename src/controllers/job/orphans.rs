//! Pods that hold the finalizer though no sync will count them: their Job is gone, finished or not theirs.

use super::JobController;
use super::manage::remove_finalizer;
use crate::api::batch::JOB_CONTROLLER_NAME;
use crate::api::core::Pod;
use crate::api::{Kind, Status};
use crate::apiserver::ApiServer;
use crate::controllers::decisions::{Decision, Outcome, Rule, Subject};

impl JobController {
    // Models pkg/controller/job/job_controller.go syncOrphanPod
    pub(super) fn sync_orphan(
        &mut self,
        api: &mut ApiServer,
        uid: &str,
        decisions: &mut Vec<Decision>,
    ) -> Result<(), Status> {
        let Some(entry) = self.cache.pod(uid).cloned() else { return Ok(()) };
        if !entry.tracked || !self.may_free(&entry.pod) {
            return Ok(());
        }
        match remove_finalizer(api, &entry) {
            Err(status) if !status.is_not_found() => return Err(status),
            _ => {}
        }
        let meta = &entry.pod.metadata;
        decisions.push(Decision {
            at: api.now(),
            controller: super::CONTROLLER,
            object: Subject {
                kind: Kind::Pod,
                namespace: meta.namespace.clone(),
                name: meta.name.clone(),
                uid: meta.uid.clone(),
            },
            rule: Rule::JobOrphanFinalizer,
            inputs: Vec::new(),
            outcome: Outcome::Fired,
            writes: vec![format!("patch pod/{}", meta.name)],
            next_look: None,
        });
        Ok(())
    }

    /// Pods of other kinds of owners, of Jobs managed elsewhere and of unfinished Jobs keep their finalizer.
    fn may_free(&self, pod: &Pod) -> bool {
        let Some(owner) = pod.metadata.controller() else { return true };
        if owner.kind != Kind::Job.as_str() || owner.api_version != Kind::Job.api_version() {
            return false;
        }
        self.resolve_owner(&pod.metadata.namespace, owner).is_none_or(|(_, job)| {
            let elsewhere = job.spec.managed_by.as_deref().is_some_and(|name| name != JOB_CONTROLLER_NAME);
            job.is_finished() && !elsewhere
        })
    }
}
