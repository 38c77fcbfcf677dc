//! What one sync of a CronJob works with.

use crate::api::batch::CronJob;
use crate::api::{Kind, Object};
use crate::apiserver::events::{EventRecorder, event_type};
use crate::apiserver::{ApiServer, DeleteOptions, ObjectKey, Propagation};
use crate::base::Time;
use crate::controllers::decisions::{Decision, Outcome, Rule, Subject};

use super::CONTROLLER;

/// One sync. `cron_job` is a copy that collects the changes of its status.
pub struct Sync<'a> {
    pub api: &'a mut ApiServer,
    pub recorder: &'a mut EventRecorder,
    pub decisions: &'a mut Vec<Decision>,
    pub cron_job: CronJob,
    /// The CronJob as events name it.
    pub regarding: Object,
    pub now: Time,
}

impl Sync<'_> {
    pub fn normal(&mut self, reason: &str, message: &str) {
        self.recorder.event(self.api, &self.regarding, event_type::NORMAL, reason, message);
    }

    pub fn warning(&mut self, reason: &str, message: &str) {
        self.recorder.event(self.api, &self.regarding, event_type::WARNING, reason, message);
    }

    pub fn fired(&mut self, rule: Rule, inputs: Vec<(&'static str, String)>, writes: Vec<String>) {
        self.note(rule, Outcome::Fired, inputs, writes);
    }

    pub fn held(&mut self, rule: Rule, inputs: Vec<(&'static str, String)>) {
        self.note(rule, Outcome::Held, inputs, Vec::new());
    }

    fn note(
        &mut self,
        rule: Rule,
        outcome: Outcome,
        inputs: Vec<(&'static str, String)>,
        writes: Vec<String>,
    ) {
        let meta = &self.cron_job.metadata;
        let object = Subject {
            kind: Kind::CronJob,
            namespace: meta.namespace.clone(),
            name: meta.name.clone(),
            uid: meta.uid.clone(),
        };
        self.decisions.push(Decision {
            at: self.now,
            controller: CONTROLLER,
            object,
            rule,
            inputs,
            outcome,
            writes,
            next_look: None,
        });
    }

    pub fn is_active(&self, uid: &str) -> bool {
        self.cron_job.status.active.iter().any(|active| active.uid == uid)
    }

    pub fn forget_active(&mut self, uid: &str) {
        self.cron_job.status.active.retain(|active| active.uid != uid);
    }

    /// Deletes a Job in the background and takes it off the active list. Answers whether that went well.
    // Models pkg/controller/cronjob/cronjob_controllerv2.go deleteJob
    pub fn delete_job(&mut self, name: &str, uid: &str) -> bool {
        let key = ObjectKey::new(&self.cron_job.metadata.namespace, name);
        let options =
            DeleteOptions { propagation: Some(Propagation::Background), ..DeleteOptions::default() };
        if let Err(error) = self.api.delete(Kind::Job, &key, &options) {
            self.warning("FailedDelete", &format!("Deleted job: {error}"));
            return false;
        }
        self.forget_active(uid);
        self.normal("SuccessfulDelete", &format!("Deleted job {name}"));
        true
    }
}
