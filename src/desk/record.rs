//! A run as it is kept, exported and shared: where it began and what was done, never a dump of its state.

use serde_json::{Value, json};

use crate::base::{Duration, Time};
use crate::cluster::ClusterOptions;
use crate::session::{CommandLog, LogEntry};

/// Version of the form; a reader refuses others.
const FORMAT: u64 = 1;
/// Virtual time that is replayed at most: a hostile record must not keep the page busy for ever.
const REPLAY_MAX: Duration = Duration::from_secs(30 * 24 * 3_600);

#[derive(Clone, Debug)]
pub struct Record {
    /// The lesson's id; empty for the sandbox.
    pub lesson: String,
    pub log: CommandLog,
    /// How far the clock had come.
    pub until: Time,
}

impl Record {
    /// Whether the record tells of a run that began as the fresh one does, and in which something was done.
    pub fn goes_on_from(&self, fresh: &Record) -> bool {
        let (log, start) = (&self.log, self.log.cluster.start);
        let seed = log.cluster.seed;
        let began = |entry: &LogEntry| {
            let known = log.entries.iter().take(fresh.log.entries.len());
            let after = entry.at - fresh.log.cluster.start;
            known.into_iter().any(|known| known.input == entry.input && known.at - start == after)
        };
        self.lesson == fresh.lesson
            && log.cluster == ClusterOptions { seed, ..fresh.log.cluster.clone() }
            && fresh.log.entries.iter().all(began)
            && log.entries.len() > fresh.log.entries.len()
    }

    pub fn to_text(&self) -> String {
        let until = (self.until - self.log.cluster.start).as_millis();
        json!({"format": FORMAT, "lesson": self.lesson, "until": until, "log": self.log.to_text()})
            .to_string()
    }

    /// # Errors
    /// With the reason, in Russian, when the text is no record of this version.
    pub fn from_text(text: &str) -> Result<Record, String> {
        let value: Value = serde_json::from_str(text).map_err(|_| "это не запись Задачника".to_owned())?;
        if value["format"].as_u64() != Some(FORMAT) {
            return Err("запись сделана другой версией Задачника".to_owned());
        }
        let log = value["log"].as_str().ok_or("в записи нет журнала команд")?;
        let log = CommandLog::from_text(log).map_err(|error| error.to_string())?;
        let lesson = value["lesson"].as_str().unwrap_or_default().to_owned();
        let start = log.cluster.start;
        let last = log.entries.last().map_or(start, |entry| entry.at);
        let until = start + Duration::from_millis(value["until"].as_i64().unwrap_or(0));
        let until = until.max(last).min(start + REPLAY_MAX);
        Ok(Record { lesson, log, until })
    }
}
