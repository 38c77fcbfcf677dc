//! Cron schedules and the CronJob controller.

use std::sync::Arc;

use serde_json::{Value, json};
use zadachnik::api::batch::{CronJob, Job, JobCondition, JobConditionType};
use zadachnik::api::cron_schedule::Schedule;
use zadachnik::api::meta::ConditionStatus;
use zadachnik::api::time_zone::Zone;
use zadachnik::api::{Kind, Object};
use zadachnik::apiserver::Propagation;
use zadachnik::base::{Duration, Time, Timestamp};
use zadachnik::controllers::cronjob::history::sort_by_start;
use zadachnik::controllers::cronjob::schedule::{Missed, ZonedSchedule, most_recent, next_requeue};
use zadachnik::controllers::cronjob::template::{SCHEDULED_TIMESTAMP, job_for};
use zadachnik::controllers::ttl;

use crate::vector::{Outcome, Vector, at};

/// Runs a vector when its operation belongs here.
pub fn run(op: &str, vector: &Vector) -> Option<Outcome> {
    match op {
        "cron_next" => Some(next(vector)),
        "cron_parse_error" => Some(parse_error(vector)),
        "cron_sync" => Some(crate::cron_sync::run(vector)),
        "cron_most_recent" => Some(most_recent_slot(vector)),
        "cron_next_requeue" => Some(requeue(vector)),
        "cron_history_sort" => Some(history_sort(vector)),
        "cronjob_job_name" => Some(name_of_job(vector)),
        "ttl_left" => Some(ttl_left(vector)),
        _ => None,
    }
}

fn next(vector: &Vector) -> Outcome {
    let schedule = vector.given("schedule").as_str().unwrap_or_default();
    let zone = Zone::load(vector.given("timeZone").as_str().unwrap_or_default()).expect("a known zone");
    let after =
        at(&vector.when, "after").as_str().and_then(|text| vector.timestamp(text)).expect("when.after");
    let got = match Schedule::parse(schedule) {
        Ok(schedule) => json!({"next": schedule.next_after(after, &zone).map(|next| next.to_string())}),
        Err(error) => json!({"error": error}),
    };
    Outcome::compare(&vector.then, &got)
}

fn parse_error(vector: &Vector) -> Outcome {
    let text = vector.given("schedule").as_str().unwrap_or_default();
    let error = Schedule::parse(text).err();
    let api_error = error.as_ref().map(|error| format!("spec.schedule: Invalid value: {text:?}: {error}"));
    Outcome::compare(&vector.then, &json!({"error": error.map(Value::from), "apiError": api_error}))
}

/// A CronJob from the flat form that vectors use: fields of spec, status and metadata side by side.
pub fn cron_job(vector: &Vector, given: &Value) -> CronJob {
    let mut spec = given.clone();
    let fields = spec.as_object_mut().expect("a CronJob is a map");
    // The vectors leave the pods out; the server would refuse Jobs without any.
    let pods = json!({"restartPolicy": "OnFailure", "containers": [{"name": "ctr", "image": "image"}]});
    fields.entry("jobTemplate").or_insert_with(|| json!({"spec": {"template": {"spec": pods}}}));
    let mut move_out = |name: &str| vector.with_absolute_times(&fields.remove(name).unwrap_or_default());
    let metadata = json!({
        "name": "mycronjob", "namespace": "default", "uid": "1a2b3c",
        "creationTimestamp": move_out("creationTimestamp"),
    });
    let status = json!({"lastScheduleTime": move_out("lastScheduleTime")});
    let value = json!({"metadata": metadata, "spec": spec, "status": status});
    match Object::decode(Kind::CronJob, value) {
        Ok(Object::CronJob(cron_job)) => Arc::unwrap_or_clone(cron_job),
        Ok(_) => unreachable!("the kind was given"),
        Err(error) => panic!("{error}"),
    }
}

/// `when.now` with its fraction of a second.
pub fn exact_now(vector: &Vector) -> Time {
    let text = at(&vector.when, "now").as_str().unwrap_or_default();
    let fraction = text.split_once('.').map_or("", |(_, rest)| rest.trim_end_matches('Z'));
    let millis: i64 = format!("{fraction:0<3}")[..3].parse().expect("digits");
    vector.now() + Duration::from_millis(millis)
}

/// `3540.1s`.
pub fn seconds_text(span: Duration) -> String {
    format!("{}s", span.as_secs_f64())
}

fn most_recent_slot(vector: &Vector) -> Outcome {
    let cron_job = cron_job(vector, vector.given("cronJob"));
    let schedule = ZonedSchedule::of(&cron_job).expect("a schedule");
    let with_deadline = vector.given("applyStartingDeadline") == &json!(true);
    let got = match most_recent(&cron_job, exact_now(vector), &schedule, with_deadline) {
        Err(_) => json!({"error": true}),
        Ok(recent) => {
            let missed = match recent.missed {
                Missed::None => "none",
                Missed::Few => "few",
                Missed::Many => "many",
            };
            json!({
                "earliest": recent.earliest.to_timestamp().to_string(),
                "mostRecent": recent.slot.map(|slot| slot.to_string()),
                "missed": missed,
            })
        }
    };
    Outcome::compare(&vector.then, &got)
}

fn requeue(vector: &Vector) -> Outcome {
    let cron_job = cron_job(vector, vector.given("cronJob"));
    let schedule = ZonedSchedule::of(&cron_job).expect("a schedule");
    let wait = next_requeue(&cron_job, exact_now(vector), &schedule);
    Outcome::compare(&vector.then, &json!({"requeueAfter": seconds_text(wait)}))
}

fn history_sort(vector: &Vector) -> Outcome {
    let given = vector.given("jobs").as_array().cloned().unwrap_or_default();
    let job = |given: &Value| {
        let mut job = Job::default();
        job.metadata.name = at(given, "name").as_str().unwrap_or_default().to_owned();
        job.status.start_time = at(given, "startTime").as_str().and_then(|text| vector.timestamp(text));
        Arc::new(job)
    };
    let mut jobs: Vec<Arc<Job>> = given.iter().map(job).collect();
    sort_by_start(&mut jobs);
    let order: Vec<&String> = jobs.iter().map(|job| &job.metadata.name).collect();
    Outcome::compare(&vector.then, &json!({"order": order}))
}

fn name_of_job(vector: &Vector) -> Outcome {
    let mut cron_job = CronJob::default();
    cron_job.metadata.name = vector.given("cronJob").as_str().unwrap_or_default().to_owned();
    cron_job.spec.time_zone = vector.given("timeZone").as_str().map(str::to_owned);
    let slot = vector.given("scheduledTime").as_str().and_then(|text| vector.timestamp(text));
    let job = job_for(&cron_job, slot.expect("a time"));
    let annotation = json!({SCHEDULED_TIMESTAMP: job.metadata.annotations.get(SCHEDULED_TIMESTAMP)});
    Outcome::compare(&vector.then, &json!({"jobName": job.metadata.name, "annotation": annotation}))
}

fn ttl_left(vector: &Vector) -> Outcome {
    let mut job = Job::default();
    let ttl = vector.given("ttlSecondsAfterFinished").as_i64();
    job.spec.ttl_seconds_after_finished = ttl.map(|ttl| ttl as i32);
    for (member, condition) in
        [("completedAt", JobConditionType::Complete), ("failedAt", JobConditionType::Failed)]
    {
        if let Some(finished) = vector.given(member).as_str().and_then(|text| vector.timestamp(text)) {
            job.status.conditions.push(finished_condition(condition, finished));
        }
    }
    let got = match ttl::time_left(&job, vector.now()) {
        Err(error) => json!({"error": error.to_string()}),
        Ok(time) => {
            let options = ttl::delete_options(&job);
            let foreground = options.propagation == Some(Propagation::Foreground);
            json!({
                "timeLeft": seconds_text(time.left),
                "expireAt": time.expires_at.to_timestamp().to_string(),
                "delete": {
                    "propagationPolicy": if foreground { "Foreground" } else { "" },
                    "precondition": if options.preconditions.uid.is_some() { "uid" } else { "" },
                },
            })
        }
    };
    if let Some(part) = vector.then("error").as_str() {
        let error = got["error"].as_str().unwrap_or_default();
        return Outcome::holds_when(error.contains(part), part, &got);
    }
    Outcome::compare(&vector.with_absolute_times(&vector.then), &got)
}

pub fn finished_condition(condition: JobConditionType, at: Timestamp) -> JobCondition {
    JobCondition {
        condition_type: condition,
        status: ConditionStatus::True,
        last_transition_time: Some(at),
        ..JobCondition::default()
    }
}
