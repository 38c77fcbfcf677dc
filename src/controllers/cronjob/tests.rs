use serde_json::json;

use super::*;
use crate::api::batch::JobConditionType;
use crate::base::{Random, Timestamp};

struct World {
    api: ApiServer,
    controller: CronJobController,
    decisions: Vec<Decision>,
}

impl World {
    /// A CronJob of every minute, created at 10:00:30.
    fn new(spec: serde_json::Value) -> World {
        let start = Timestamp::parse_rfc3339("2026-11-23T10:00:30Z").expect("valid").to_time();
        let mut world = World {
            api: ApiServer::new(start, Random::new(1)),
            controller: CronJobController::new(),
            decisions: Vec::new(),
        };
        let mut value = json!({
            "metadata": {"name": "tick", "namespace": "default", "uid": "tick-uid",
                "creationTimestamp": "2026-11-23T10:00:30Z"},
            "spec": {"schedule": "* * * * *", "concurrencyPolicy": "Allow", "successfulJobsHistoryLimit": 3,
                "failedJobsHistoryLimit": 1,
                "jobTemplate": {"metadata": {"labels": {"app": "tick"}}, "spec": {"template": {"metadata": {},
                    "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "busybox:1.36"}]}}}}},
        });
        for (field, change) in spec.as_object().expect("fields") {
            value["spec"][field] = change.clone();
        }
        let since = world.api.version();
        world.api.restore(Object::decode(Kind::CronJob, value).expect("a CronJob"));
        world.settle(since);
        world
    }

    fn settle(&mut self, mut since: crate::api::meta::ResourceVersion) {
        loop {
            let changes: Vec<Change> = self.api.changes_since(since).expect("recent").cloned().collect();
            since = self.api.version();
            changes.iter().for_each(|change| self.controller.observe(change, self.api.now()));
            let due = self.controller.next_wake().is_some_and(|at| at <= self.api.now());
            if !due {
                return;
            }
            self.controller.run(&mut self.api, &mut self.decisions);
        }
    }

    fn advance_to(&mut self, time: &str) {
        let end = Timestamp::parse_rfc3339(time).expect("valid").to_time();
        while let Some(at) = self.controller.next_wake().filter(|at| *at <= end) {
            let since = self.api.version();
            self.api.set_now(at.max(self.api.now()));
            self.controller.run(&mut self.api, &mut self.decisions);
            self.settle(since);
        }
        self.api.set_now(end);
    }

    fn finish(&mut self, name: &str, condition: JobConditionType) {
        let since = self.api.version();
        let now = self.api.now().to_timestamp();
        let key = ObjectKey::new("default", name);
        let finish = |object: &mut Object| {
            let Object::Job(job) = object else { return };
            let job = Arc::make_mut(job);
            job.status.start_time = Some(now);
            job.status.completion_time = (condition == JobConditionType::Complete).then_some(now);
            job.status.conditions.push(crate::api::batch::JobCondition {
                condition_type: condition,
                status: crate::api::meta::ConditionStatus::True,
                ..Default::default()
            });
        };
        let Ok(stored) = self.api.get(Kind::Job, &key).cloned() else { panic!("no job {name}") };
        let mut object = stored;
        finish(&mut object);
        self.api.restore(object);
        self.settle(since);
    }

    fn jobs(&self) -> Vec<String> {
        self.api.list(Kind::Job, None).map(|job| job.metadata().name.clone()).collect()
    }

    fn cron_job(&self) -> Arc<CronJob> {
        match self.api.get(Kind::CronJob, &ObjectKey::new("default", "tick")) {
            Ok(Object::CronJob(cron_job)) => Arc::clone(cron_job),
            _ => panic!("the CronJob is there"),
        }
    }

    fn reasons(&self) -> Vec<String> {
        let events = self.api.list(Kind::Event, None);
        events
            .map(|o| if let Object::Event(event) = o { event.reason.clone() } else { String::new() })
            .collect()
    }
}

const MINUTE_1001: &str = "tick-29923801";
const MINUTE_1002: &str = "tick-29923802";

#[test]
fn a_job_is_made_for_each_slot_with_its_name_labels_and_annotation() {
    let mut world = World::new(json!({"timeZone": "Europe/Berlin"}));
    world.advance_to("2026-11-23T10:02:30Z");
    assert_eq!(world.jobs(), [MINUTE_1001, MINUTE_1002]);
    let job = world.api.list(Kind::Job, None).next().expect("made");
    let scheduled = job.metadata().annotations.get(template::SCHEDULED_TIMESTAMP).map(String::as_str);
    assert_eq!(scheduled, Some("2026-11-23T11:01:00+01:00"));
    assert_eq!(job.metadata().labels.get("app").map(String::as_str), Some("tick"));
    let status = &world.cron_job().status;
    assert_eq!(status.active.len(), 2);
    assert_eq!(status.last_schedule_time.map(|t| t.to_string()).as_deref(), Some("2026-11-23T10:02:00Z"));
}

#[test]
fn forbid_waits_for_the_running_job_and_catches_up_once() {
    let mut world = World::new(json!({"concurrencyPolicy": "Forbid"}));
    world.advance_to("2026-11-23T10:03:30Z");
    assert_eq!(world.jobs(), [MINUTE_1001]);
    world.finish(MINUTE_1001, JobConditionType::Complete);
    assert_eq!(world.jobs(), [MINUTE_1001, "tick-29923803"]);
    assert_eq!(
        world.reasons(),
        ["SuccessfulCreate", "JobAlreadyActive", "SawCompletedJob", "SuccessfulCreate"]
    );
}

#[test]
fn replace_deletes_the_running_job_first() {
    let mut world = World::new(json!({"concurrencyPolicy": "Replace"}));
    world.advance_to("2026-11-23T10:02:30Z");
    assert_eq!(world.jobs(), [MINUTE_1002]);
    assert_eq!(world.reasons(), ["SuccessfulCreate", "SuccessfulDelete", "SuccessfulCreate"]);
    assert_eq!(world.cron_job().status.active.len(), 1);
}

#[test]
fn history_keeps_as_many_as_its_limits_say() {
    let mut world = World::new(json!({"successfulJobsHistoryLimit": 1, "failedJobsHistoryLimit": 0}));
    world.advance_to("2026-11-23T10:01:30Z");
    world.finish(MINUTE_1001, JobConditionType::Complete);
    world.advance_to("2026-11-23T10:02:30Z");
    world.finish(MINUTE_1002, JobConditionType::Complete);
    assert_eq!(world.jobs(), [MINUTE_1002]);
    world.advance_to("2026-11-23T10:03:30Z");
    world.finish("tick-29923803", JobConditionType::Failed);
    assert_eq!(world.jobs(), [MINUTE_1002]);
    let successful = world.cron_job().status.last_successful_time.map(|t| t.to_string());
    assert_eq!(successful.as_deref(), Some("2026-11-23T10:02:30Z"));
}

#[test]
fn a_suspended_cron_job_starts_nothing_and_says_so() {
    let mut world = World::new(json!({"suspend": true}));
    world.advance_to("2026-11-23T10:05:00Z");
    assert_eq!(world.jobs(), [""; 0]);
    let last = world.decisions.last().expect("a decision");
    assert_eq!((last.rule.id(), last.next_look), ("cron.suspended", None));
}
