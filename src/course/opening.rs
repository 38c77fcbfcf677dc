//! How a run begins: its cluster, its files and, in a lesson, what happened before the learner came, as a command log.
//! The page and the author's check begin a lesson from the same log.

use crate::base::Time;
use crate::cluster::{ClusterOptions, NodeOptions};
use crate::session::{CommandLog, Input, LogEntry};

use super::lesson::Lesson;

/// The log of a lesson as the learner finds it, and the instant at which the learner comes.
pub fn log(lesson: &Lesson, seed: u64) -> (CommandLog, Time) {
    let nodes = usize::try_from(lesson.cluster.nodes).unwrap_or(1);
    let cpus = lesson.cluster.cpu.and_then(|cores| u32::try_from(cores).ok());
    let files = lesson.start.iter().map(|file| (file.name.clone(), file.text.clone()));
    fresh(seed, nodes, cpus, files, Some(lesson))
}

/// The log of a run on so many nodes with these files, and with the past of the lesson, if there is one.
pub fn fresh(
    seed: u64,
    nodes: usize,
    cpus: Option<u32>,
    files: impl IntoIterator<Item = (String, String)>,
    lesson: Option<&Lesson>,
) -> (CommandLog, Time) {
    let usual = NodeOptions::default();
    let node = NodeOptions { cpus: cpus.unwrap_or(usual.cpus), ..usual };
    let nodes = (1..=nodes.max(1)).map(|number| (format!("node-{number}"), node.clone())).collect();
    let mut cluster = ClusterOptions { seed, nodes, ..ClusterOptions::default() };
    if let Some(lesson) = lesson {
        cluster.start = lesson.begins.map_or(cluster.start, |begins| begins.to_time());
        cluster.faults.clone_from(&lesson.faults);
    }
    let start = cluster.start;
    let files =
        files.into_iter().map(|(file, text)| LogEntry { at: start, input: Input::Write { file, text } });
    let past = lesson.map(|lesson| lesson.opening.as_slice()).unwrap_or_default();
    let past = past
        .iter()
        .map(|entry| LogEntry { at: start + (entry.at - Time::default()), input: entry.input.clone() });
    let entries = files.chain(past).collect();
    let opens_after = lesson.map(|lesson| lesson.opens_after).unwrap_or_default();
    (CommandLog { cluster, entries }, start + opens_after)
}
