//! The command log: everything that came in from outside, with its virtual instant. It is the save file, the share
//! link, the bug report and the test.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::base::{Duration, Time, Timestamp, sorted};
use crate::cluster::{ClusterOptions, Fault, NodeOptions, PlannedFault};

/// Version of the log's form; a reader refuses others.
const FORMAT: u64 = 1;
/// Longest log that is read, in bytes: a hostile link must not fill the memory.
const TEXT_MAX_BYTES: usize = 4 << 20;
/// Nodes of a cluster that a log may ask for.
const NODES_MAX: usize = 100;

/// What the learner (or a script) does.
#[derive(Clone, PartialEq, Debug)]
pub enum Input {
    /// A line of the terminal.
    Line(String),
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-D while a command reads.
    EndOfInput,
    /// A file saved in the editor.
    Write {
        file: String,
        text: String,
    },
    /// The editor that a command opened was closed; `saved` tells whether the text counts.
    CloseEditor {
        saved: bool,
    },
    Fault(Fault),
}

#[derive(Clone, PartialEq, Debug)]
pub struct LogEntry {
    pub at: Time,
    pub input: Input,
}

/// What a history begins with and everything that was done to it.
#[derive(Clone, PartialEq, Debug)]
pub struct CommandLog {
    pub cluster: ClusterOptions,
    pub entries: Vec<LogEntry>,
}

/// Why a text is no command log.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LogError {
    #[error("журнал длиннее {} МБ", TEXT_MAX_BYTES >> 20)]
    TooLong,
    #[error("журнал повреждён: это не JSON")]
    NotJson,
    #[error("журнал записан другой версией ({0}), здесь читается версия {FORMAT}")]
    OtherFormat(u64),
    #[error("журнал повреждён: неверная запись {0}")]
    BadEntry(usize),
    #[error("журнал повреждён: нет поля {0}")]
    Missing(&'static str),
}

impl CommandLog {
    pub fn to_text(&self) -> String {
        let cluster = &self.cluster;
        let entries: Vec<Value> = self.entries.iter().map(|entry| entry.to_value(cluster.start)).collect();
        let start = cluster.start.to_timestamp().to_string();
        let nodes: Vec<Value> = cluster.nodes.iter().map(|(name, size)| node_value(name, size)).collect();
        let mut value = json!({"format": FORMAT, "seed": cluster.seed, "start": start, "nodes": nodes, "entries": entries});
        if !cluster.faults.is_empty() {
            value["faults"] = cluster.faults.iter().map(planned_value).collect();
        }
        value.to_string()
    }

    /// # Errors
    /// When the text is not a log that this version wrote.
    pub fn from_text(text: &str) -> Result<CommandLog, LogError> {
        if text.len() > TEXT_MAX_BYTES {
            return Err(LogError::TooLong);
        }
        let value: Value = serde_json::from_str(text).map_err(|_| LogError::NotJson)?;
        let format = value["format"].as_u64().ok_or(LogError::Missing("format"))?;
        if format != FORMAT {
            return Err(LogError::OtherFormat(format));
        }
        let seed = value["seed"].as_u64().ok_or(LogError::Missing("seed"))?;
        let start =
            value["start"].as_str().and_then(Timestamp::parse_rfc3339).ok_or(LogError::Missing("start"))?;
        let start = start.to_time();
        let nodes = value["nodes"].as_array().ok_or(LogError::Missing("nodes"))?;
        let nodes: Option<Vec<(String, NodeOptions)>> =
            nodes.iter().take(NODES_MAX).map(parse_node).collect();
        let nodes = nodes.ok_or(LogError::Missing("nodes"))?;
        let names: BTreeSet<&str> = sorted::collect(nodes.iter().map(|(name, _)| name.as_str()));
        if names.len() != nodes.len() {
            return Err(LogError::Missing("nodes"));
        }
        let faults = value["faults"].as_array().map(Vec::as_slice).unwrap_or_default();
        let faults: Option<Vec<PlannedFault>> = faults.iter().map(parse_planned).collect();
        let faults = faults.ok_or(LogError::Missing("faults"))?;
        let values = value["entries"].as_array().ok_or(LogError::Missing("entries"))?;
        let mut entries: Vec<LogEntry> = Vec::new();
        for (index, value) in values.iter().enumerate() {
            let entry = LogEntry::from_value(value, start).ok_or(LogError::BadEntry(index))?;
            let earliest = entries.last().map_or(start, |last| last.at);
            if entry.at < earliest {
                return Err(LogError::BadEntry(index));
            }
            entries.push(entry);
        }
        let cluster = ClusterOptions { seed, start, nodes, faults, ..ClusterOptions::default() };
        Ok(CommandLog { cluster, entries })
    }
}

/// `[name, CPUs, memory in MiB, pods]`. Labels of nodes are not kept: no lesson gives any.
fn node_value(name: &str, size: &NodeOptions) -> Value {
    json!([name, size.cpus, size.memory_mebibytes, size.pods])
}

fn parse_node(value: &Value) -> Option<(String, NodeOptions)> {
    let number = |index: usize| value.get(index)?.as_u64().and_then(|number| u32::try_from(number).ok());
    let name = value.get(0)?.as_str().filter(|name| is_label(name))?;
    let (cpus, memory_mebibytes, pods) = (number(1)?, number(2)?, number(3)?);
    Some((name.to_owned(), NodeOptions { cpus, memory_mebibytes, pods, ..NodeOptions::default() }))
}

/// `[since, milliseconds, fault]`.
fn planned_value(planned: &PlannedFault) -> Value {
    json!([planned.since.to_string(), planned.after.as_millis(), planned.fault.to_string()])
}

fn parse_planned(value: &Value) -> Option<PlannedFault> {
    let text = |index: usize| value.get(index)?.as_str();
    let after = value.get(1)?.as_i64().filter(|after| *after >= 0)?;
    Some(PlannedFault {
        since: text(0)?.parse().ok()?,
        after: Duration::from_millis(after),
        fault: text(2)?.parse().ok()?,
    })
}

fn is_label(name: &str) -> bool {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=63).contains(&name.len())
        && name.chars().all(legal)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

impl LogEntry {
    /// `[milliseconds since the start, what, ...]`.
    pub fn to_value(&self, start: Time) -> Value {
        let at = (self.at - start).as_millis();
        match &self.input {
            Input::Line(line) => json!([at, "line", line]),
            Input::Interrupt => json!([at, "interrupt"]),
            Input::EndOfInput => json!([at, "end-of-input"]),
            Input::Write { file, text } => json!([at, "write", file, text]),
            Input::CloseEditor { saved } => json!([at, "close-editor", saved]),
            Input::Fault(fault) => json!([at, "fault", fault.to_string()]),
        }
    }

    /// What `to_value` made; `None` for anything else.
    pub fn from_value(value: &Value, start: Time) -> Option<LogEntry> {
        let fields = value.as_array()?;
        let at = start + Duration::from_millis(fields.first()?.as_i64()?);
        let text = |index: usize| fields.get(index)?.as_str().map(str::to_owned);
        let input = match fields.get(1)?.as_str()? {
            "line" => Input::Line(text(2)?),
            "interrupt" => Input::Interrupt,
            "end-of-input" => Input::EndOfInput,
            "write" => Input::Write { file: text(2)?, text: text(3)? },
            "close-editor" => Input::CloseEditor { saved: fields.get(2)?.as_bool()? },
            "fault" => Input::Fault(text(2)?.parse().ok()?),
            _ => return None,
        };
        Some(LogEntry { at, input })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Since;

    fn sample() -> CommandLog {
        let start = Timestamp::from_secs(1_700_000_000).to_time();
        let at = |ms| start + Duration::from_millis(ms);
        let fault = Fault::NodeLost { node: "node-1".to_owned() };
        let entries = vec![
            LogEntry {
                at: at(0),
                input: Input::Write { file: "job.yaml".to_owned(), text: "a: «б»\n".to_owned() },
            },
            LogEntry { at: at(5), input: Input::Line("kubectl get po -w".to_owned()) },
            LogEntry { at: at(9_000), input: Input::Interrupt },
            LogEntry { at: at(9_000), input: Input::Fault(fault) },
            LogEntry { at: at(9_001), input: Input::CloseEditor { saved: true } },
        ];
        let since = Since::Created { kind: crate::api::Kind::Job, name: None };
        let planned = PlannedFault { since, after: Duration::from_secs(5), fault: Fault::RegistryDown };
        let cluster = ClusterOptions { seed: 7, start, faults: vec![planned], ..ClusterOptions::default() };
        CommandLog { cluster, entries }
    }

    #[test]
    fn a_log_survives_its_text() {
        assert_eq!(CommandLog::from_text(&sample().to_text()), Ok(sample()));
    }

    #[test]
    fn damaged_logs_are_refused_with_a_reason() {
        let text = sample().to_text();
        let check = |text: &str, expected: LogError| assert_eq!(CommandLog::from_text(text), Err(expected));
        check(&text[..text.len() - 1], LogError::NotJson);
        check(&text.replace("\"format\":1", "\"format\":2"), LogError::OtherFormat(2));
        check(&text.replace("\"interrupt\"", "\"explode\""), LogError::BadEntry(2));
        check(&text.replace("[9001,", "[3,"), LogError::BadEntry(4));
        check(&text.replace("\"seed\":7,", ""), LogError::Missing("seed"));
    }
}
