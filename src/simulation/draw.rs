//! Draws histories: Jobs of every mode with lives and policies, and what is done to them.

use serde_json::{Map, Value, json};

use super::PROPAGATIONS;
use crate::api::batch::JobSpec;
use crate::apiserver::Propagation;
use crate::base::{Duration, Random};
use crate::cluster::Fault;

const JOBS_MAX: u64 = 3;
const ACTIONS_MAX: u64 = 6;
/// Seconds within which actions happen.
const ACTIONS_WITHIN: u64 = 90;

#[derive(Clone, Debug)]
pub enum Action {
    Create(Value),
    Edit {
        job: String,
        field: &'static str,
        value: i32,
    },
    DeleteJob {
        job: String,
        propagation: Propagation,
    },
    /// The pod at this place of the list, counted around.
    DeletePod {
        nth: usize,
    },
    Fault(Fault),
}

/// Actions in the order of their instants.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub actions: Vec<(Duration, Action)>,
}

pub fn draw(random: &mut Random) -> Scenario {
    let jobs = 1 + random.below(JOBS_MAX);
    let mut actions: Vec<(Duration, Action)> = Vec::new();
    for index in 0..jobs {
        let at = Duration::from_millis(random.below(5_000) as i64);
        actions.push((at, Action::Create(job(random, &format!("job-{index}")))));
    }
    for _ in 0..random.below(ACTIONS_MAX) {
        let at = Duration::from_millis(random.below(ACTIONS_WITHIN * 1000) as i64);
        let name = format!("job-{}", random.below(jobs));
        actions.push((at, action(random, name)));
    }
    actions.sort_by_key(|(at, _)| *at);
    Scenario { actions }
}

fn action(random: &mut Random, job: String) -> Action {
    const FIELDS: [&str; 4] = ["parallelism", "suspend", "activeDeadlineSeconds", "backoffLimit"];
    match random.below(10) {
        0..=3 => {
            let field = FIELDS[random.below(FIELDS.len() as u64) as usize];
            Action::Edit { job, field, value: random.below(5) as i32 }
        }
        4..=6 => Action::DeletePod { nth: random.below(16) as usize },
        7 => Action::DeleteJob { job, propagation: PROPAGATIONS[random.below(3) as usize] },
        8 => Action::Fault(Fault::ApiConflicts { count: 1 + random.below(4) as u32 }),
        _ => Action::Fault(Fault::ControllerRestart),
    }
}

/// Changes one mutable field of a Job's spec.
pub(super) fn edit(spec: &mut JobSpec, field: &str, value: i32) {
    match field {
        "parallelism" => spec.parallelism = Some(value),
        "suspend" => spec.suspend = Some(value % 2 == 1),
        "activeDeadlineSeconds" => spec.active_deadline_seconds = Some(i64::from(value) * 10),
        "backoffLimit" => spec.backoff_limit = Some(value),
        _ => unreachable!("the draw names no other field"),
    }
}

fn chance(random: &mut Random, percent: u64) -> bool {
    random.below(100) < percent
}

fn job(random: &mut Random, name: &str) -> Value {
    let indexed = chance(random, 40);
    let mut spec = Map::new();
    let completions = 1 + random.below(6);
    if indexed || chance(random, 80) {
        spec.insert("completions".to_owned(), json!(completions));
    }
    spec.insert("parallelism".to_owned(), json!(1 + random.below(4)));
    if chance(random, 60) {
        spec.insert("backoffLimit".to_owned(), json!(random.below(4)));
    }
    if chance(random, 20) {
        spec.insert("activeDeadlineSeconds".to_owned(), json!(5 + random.below(60)));
    }
    if chance(random, 10) {
        spec.insert("ttlSecondsAfterFinished".to_owned(), json!(random.below(30)));
    }
    if chance(random, 10) {
        spec.insert("suspend".to_owned(), json!(true));
    }
    let never = chance(random, 70);
    if indexed {
        indexed_fields(random, &mut spec, completions, never);
    }
    if never && chance(random, 25) {
        spec.insert("podFailurePolicy".to_owned(), failure_policy(random, &spec));
    } else if chance(random, 20) {
        spec.insert("podReplacementPolicy".to_owned(), json!("Failed"));
    }
    let restart = if never { "Never" } else { "OnFailure" };
    spec.insert("template".to_owned(), template(random, restart));
    json!({"metadata": {"name": name, "namespace": super::NAMESPACE}, "spec": spec})
}

fn indexed_fields(random: &mut Random, spec: &mut Map<String, Value>, completions: u64, never: bool) {
    spec.insert("completionMode".to_owned(), json!("Indexed"));
    if never && chance(random, 40) {
        spec.insert("backoffLimitPerIndex".to_owned(), json!(random.below(3)));
        spec.remove("backoffLimit");
        if chance(random, 50) {
            spec.insert("maxFailedIndexes".to_owned(), json!(random.below(completions)));
        }
    }
    if chance(random, 20) {
        let rule = json!({"succeededCount": 1 + random.below(completions)});
        spec.insert("successPolicy".to_owned(), json!({"rules": [rule]}));
    }
}

fn failure_policy(random: &mut Random, spec: &Map<String, Value>) -> Value {
    let per_index = spec.contains_key("backoffLimitPerIndex");
    let actions: &[&str] = if per_index {
        &["Count", "Ignore", "FailJob", "FailIndex"]
    } else {
        &["Count", "Ignore", "FailJob"]
    };
    let action = actions[random.below(actions.len() as u64) as usize];
    let values = if chance(random, 50) { json!([1, 2]) } else { json!([3]) };
    json!({"rules": [{"action": action, "onExitCodes": {"operator": "In", "values": values}}]})
}

/// A pod template whose annotated life ends by itself: exit codes vary by pod, the last one is a success more often.
fn template(random: &mut Random, restart: &str) -> Value {
    let runs = 1 + random.below(4);
    let mut exits: Vec<String> = (0..runs).map(|_| random.below(4).to_string()).collect();
    if chance(random, 80) {
        exits.push("0".to_owned());
    }
    let duration = (1 + random.below(120)) as f64 / 10.0;
    let by_order = chance(random, 50);
    let mut annotations = Map::new();
    annotations.insert("sim/duration".to_owned(), json!(duration.to_string()));
    let key = if by_order { "sim/exit-by-order" } else { "sim/exit" };
    annotations.insert(key.to_owned(), json!(exits.join(if by_order { ";" } else { "," })));
    if chance(random, 15) {
        annotations.insert("sim/on-term".to_owned(), json!("ignore"));
    }
    let container = json!({"name": "main", "image": "busybox:1.36"});
    json!({"metadata": {"annotations": annotations}, "spec": {"restartPolicy": restart, "containers": [container]}})
}
