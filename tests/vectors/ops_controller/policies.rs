//! Policies and conditions.

use serde_json::{Value, json};
use zadachnik::api::batch::{JobCondition, JobConditionType};
use zadachnik::api::codec::Codec;
use zadachnik::controllers::job::{conditions, pod_failure_policy, success_policy};

use super::indexes::intervals;
use super::objects::{job, pod};
use crate::vector::{Outcome, Vector};

pub fn pod_failure_policy_match(vector: &Vector) -> Outcome {
    let mut spec = json!({});
    if vector.given("podFailurePolicy").is_object() {
        spec["podFailurePolicy"] = vector.given("podFailurePolicy").clone();
    }
    let job = job(vector, &json!({"spec": spec}));
    let pod = pod(vector, &job, vector.given("pod"), false, 0);
    let got = pod_failure_policy::match_policy(job.spec.pod_failure_policy.as_ref(), &pod);
    let got = json!({
        "message": got.message,
        "countTowardsBackoff": got.counts,
        "action": got.action.map(pod_failure_policy::Action::as_str),
    });
    Outcome::compare(&vector.then, &got)
}

pub fn success_policy_match(vector: &Vector) -> Outcome {
    let mut spec = json!({});
    if vector.given("successPolicy").is_object() {
        spec["successPolicy"] = vector.given("successPolicy").clone();
    }
    let job = job(vector, &json!({"spec": spec}));
    let completions = vector.given("completions").as_i64().unwrap_or(0) as i32;
    let succeeded = intervals(vector.given("succeededIntervals"));
    let rule = success_policy::match_policy(job.spec.success_policy.as_ref(), completions, &succeeded);
    let message = rule.map(success_policy::message).unwrap_or_default();
    Outcome::compare(&vector.then, &json!({"matched": rule.is_some(), "message": message}))
}

fn condition_list(value: &Value) -> Vec<JobCondition> {
    let items = value.as_array().cloned().unwrap_or_default();
    items.into_iter().map(|item| JobCondition::decode(item).expect("a condition")).collect()
}

pub fn ensure_condition(vector: &Vector) -> Outcome {
    let mut list = condition_list(&vector.with_absolute_times(vector.given("conditions")));
    let set = JobCondition::decode(vector.with_absolute_times(vector.given("set"))).expect("a condition");
    let wanted = conditions::new_condition(
        set.condition_type,
        set.status,
        &set.reason,
        &set.message,
        vector.now().to_timestamp(),
    );
    let changed = conditions::ensure_condition(&mut list, wanted);
    let shown: Vec<Value> = list.iter().filter_map(JobCondition::encode).collect();
    let expected = vector.with_absolute_times(&vector.then);
    Outcome::compare(&expected, &json!({"conditions": shown, "changed": changed}))
}

pub fn job_finished(vector: &Vector) -> Outcome {
    let job = job(vector, &json!({"status": {"conditions": vector.given("conditions")}}));
    let ends = [JobConditionType::Complete, JobConditionType::Failed];
    let end = ends.into_iter().find(|end| job.has_condition(*end)).map(JobConditionType::as_str);
    Outcome::compare(&vector.then, &json!({"finished": job.is_finished(), "type": end}))
}
