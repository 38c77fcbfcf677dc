//! Cron schedules and the CronJob controller.

use serde_json::{Value, json};
use zadachnik::api::cron_schedule::Schedule;
use zadachnik::api::time_zone::Zone;

use crate::vector::{Outcome, Vector, at};

/// Runs a vector when its operation belongs here.
pub fn run(op: &str, vector: &Vector) -> Option<Outcome> {
    match op {
        "cron_next" => Some(next(vector)),
        "cron_parse_error" => Some(parse_error(vector)),
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
