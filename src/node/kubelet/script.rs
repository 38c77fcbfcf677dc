//! Scripted lives: annotations of the pod say how long each run lasts and how it ends.

use std::collections::BTreeMap;

use crate::api::core::{Container, Pod};
use crate::base::{Duration, Time};

const INDEX: &str = "batch.kubernetes.io/job-completion-index";
const DEFAULT_CREATE_DELAY: Duration = Duration::from_millis(600);
const DEFAULT_TERM_DELAY: Duration = Duration::from_millis(300);
const DEFAULT_RUN: Duration = Duration::from_secs(1);
const TERMINATED: i32 = 143;

/// A container that does nothing but end at its time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScriptedRun {
    /// `None`: it runs until it is killed.
    pub exit_at: Option<Time>,
    pub exit_code: i32,
    pub on_term: OnTerm,
    /// The termination message of a failed run.
    pub message: String,
    /// What the run writes as it starts.
    pub log: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnTerm {
    Exit { code: i32, after: Duration },
    Ignore,
}

/// What `sim/image` says of the pod's images.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImageScript {
    Present,
    Fails,
    Pull(Duration),
}

/// The place of a run in the history of its Job.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RunPlace {
    /// Which run of the container this is, from 0.
    pub run: usize,
    /// How many pods of the Job were created before this one.
    pub order: usize,
    /// How many runs the completion index had before, over all its pods.
    pub index_run: usize,
}

/// Counts what scripts of later pods depend on.
#[derive(Clone, Debug, Default)]
pub struct ScriptBook {
    orders: BTreeMap<String, BTreeMap<String, usize>>,
    index_runs: BTreeMap<(String, String), usize>,
}

impl ScriptBook {
    /// Notes a pod in the order of creation.
    pub fn note_pod(&mut self, pod: &Pod) {
        // Pods of one Job have the same annotations: where none asks for the order, none is kept.
        let asks = |what: &&str| annotation(pod, what).is_some();
        let asked = ["sim/exit-by-order", "sim/duration-by-order"].iter().any(asks);
        let Some(owner) = pod.metadata.controller().filter(|_| asked) else { return };
        let order = self.orders.entry(owner.uid.clone()).or_default();
        let next = order.len();
        order.entry(pod.metadata.uid.clone()).or_insert(next);
    }

    /// The place of the container's next run, which is counted.
    pub fn begin_run(&mut self, pod: &Pod, run: usize) -> RunPlace {
        let Some(owner) = pod.metadata.controller() else {
            return RunPlace { run, order: 0, index_run: run };
        };
        let order = self.orders.get(&owner.uid).and_then(|order| order.get(&pod.metadata.uid));
        let order = order.copied().unwrap_or(0);
        let asks = |what: &&str| annotation(pod, what).is_some();
        if !["sim/exit-by-index", "sim/duration-by-index"].iter().any(asks) {
            return RunPlace { run, order, index_run: 0 };
        }
        let index = pod.metadata.annotations.get(INDEX).cloned().unwrap_or_default();
        let index_runs = self.index_runs.entry((owner.uid.clone(), index)).or_insert(0);
        *index_runs += 1;
        RunPlace { run, order, index_run: *index_runs - 1 }
    }
}

/// Seconds with a fraction.
fn seconds(text: &str) -> Option<Duration> {
    let seconds: f64 = text.trim().parse().ok()?;
    (seconds.is_finite() && (0.0..1e9).contains(&seconds))
        .then(|| Duration::from_millis((seconds * 1000.0).round() as i64))
}

fn annotation<'a>(pod: &'a Pod, name: &str) -> Option<&'a str> {
    pod.metadata.annotations.get(name).map(String::as_str)
}

/// The n-th item of a list; the last one repeats.
fn nth(list: &str, separator: char, n: usize) -> &str {
    let items: Vec<&str> = list.split(separator).collect();
    items[n.min(items.len() - 1)].trim()
}

/// `sim/exit` or `sim/duration` for one run: the most particular annotation wins.
fn value(pod: &Pod, container: &Container, is_init: bool, what: &str, place: RunPlace) -> Option<String> {
    let own = annotation(pod, &format!("sim/{what}.{}", container.name));
    if let Some(list) = own {
        return Some(nth(list, ',', place.run).to_owned());
    }
    if is_init {
        let list = annotation(pod, &format!("sim/init-{what}"))?;
        return Some(nth(list, ',', place.run).to_owned());
    }
    if let Some(lists) = annotation(pod, &format!("sim/{what}-by-order")) {
        return Some(nth(nth(lists, ';', place.order), ',', place.run).to_owned());
    }
    if let Some(text) = annotation(pod, &format!("sim/{what}-by-index")) {
        let table: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
        let index = annotation(pod, INDEX).unwrap_or("*");
        let list = table.get(index).or_else(|| table.get("*"));
        if let Some(list) = list {
            let list = list.as_str().map_or_else(|| list.to_string(), str::to_owned);
            return Some(nth(&list, ',', place.index_run).to_owned());
        }
    }
    annotation(pod, &format!("sim/{what}")).map(|list| nth(list, ',', place.run).to_owned())
}

/// The time from being bound to running.
pub fn create_delay(pod: &Pod) -> Duration {
    annotation(pod, "sim/create-delay").and_then(seconds).unwrap_or(DEFAULT_CREATE_DELAY)
}

pub fn image_script(pod: &Pod) -> ImageScript {
    match annotation(pod, "sim/image") {
        Some("fail") => ImageScript::Fails,
        Some(text) => {
            let pull = text.strip_prefix("pull:").and_then(seconds);
            pull.map_or(ImageScript::Present, ImageScript::Pull)
        }
        None => ImageScript::Present,
    }
}

fn on_term(pod: &Pod) -> OnTerm {
    match annotation(pod, "sim/on-term") {
        Some("ignore") => OnTerm::Ignore,
        Some(text) => {
            let (code, after) = text.split_once(':').unwrap_or((text, ""));
            OnTerm::Exit {
                code: code.trim().parse().unwrap_or(TERMINATED),
                after: seconds(after).unwrap_or(DEFAULT_TERM_DELAY),
            }
        }
        None => OnTerm::Exit { code: TERMINATED, after: DEFAULT_TERM_DELAY },
    }
}

/// The life of one run that starts at `now`.
pub fn scripted_run(
    pod: &Pod,
    container: &Container,
    is_init: bool,
    place: RunPlace,
    now: Time,
) -> ScriptedRun {
    let duration = value(pod, container, is_init, "duration", place);
    let endless = duration.as_deref() == Some("inf");
    let length = duration.as_deref().and_then(seconds).unwrap_or(DEFAULT_RUN);
    let exit_code = value(pod, container, is_init, "exit", place);
    let index = annotation(pod, INDEX).unwrap_or_default();
    let log = annotation(pod, "sim/log").map(|log| {
        let run = (place.run + 1).to_string();
        let text = log.replace("{n}", &run).replace("{pod}", &pod.metadata.name).replace("{index}", index);
        format!("{}\n", text.replace("\\n", "\n"))
    });
    ScriptedRun {
        exit_at: (!endless).then(|| now + length),
        exit_code: exit_code.and_then(|code| code.parse().ok()).unwrap_or(0),
        on_term: on_term(pod),
        message: annotation(pod, "sim/message").unwrap_or_default().to_owned(),
        log: log.unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pod(annotations: serde_json::Value) -> Pod {
        let value = json!({
            "metadata": {"name": "p-1", "annotations": annotations},
            "spec": {"containers": [{"name": "main"}]}
        });
        crate::api::codec::Codec::decode(value).expect("a pod")
    }

    fn check(annotations: serde_json::Value, place: RunPlace, expect: (Option<i64>, i32)) {
        let pod = pod(annotations);
        let run = scripted_run(&pod, &pod.spec.containers[0], false, place, Time::default());
        assert_eq!(
            (run.exit_at.map(Time::as_millis), run.exit_code),
            expect,
            "{:?}",
            pod.metadata.annotations
        );
    }

    #[test]
    fn the_most_particular_annotation_wins_and_the_last_value_repeats() {
        let place = |run, order, index_run| RunPlace { run, order, index_run };
        check(json!({}), place(0, 0, 0), (Some(1000), 0));
        check(json!({"sim/duration": "2,3.5", "sim/exit": "1,0"}), place(1, 0, 1), (Some(3500), 0));
        check(json!({"sim/duration": "inf"}), place(0, 0, 0), (None, 0));
        let by_order =
            json!({"sim/duration": "9", "sim/exit-by-order": "0;1,42;7", "sim/duration-by-order": "1;2"});
        check(by_order.clone(), place(1, 1, 1), (Some(2000), 42));
        check(by_order, place(0, 8, 0), (Some(2000), 7));
        let by_index = json!({
            "batch.kubernetes.io/job-completion-index": "3", "sim/exit-by-index": "{\"3\":\"1,0\",\"*\":\"5\"}"
        });
        check(by_index.clone(), place(0, 0, 1), (Some(1000), 0));
        check(by_index, place(0, 0, 0), (Some(1000), 1));
    }
}
