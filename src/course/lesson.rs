//! A compiled lesson as its judge and the author's check read it; the page reads its sheet.

use serde_json::Value;

use super::checks::{self, Checks, Variant};
use super::exam::{self, Exam};
use super::mistake::{Checked, Part, Place};
use super::sheet::{Block, ClusterSpec, LessonFile, block, cluster, file};
use crate::api::Kind;
use crate::base::{Duration, Random, Time, Timestamp};
use crate::cluster::{PlannedFault, Since};
use crate::session::LogEntry;

/// What an author reads who named no fault.
pub const FAULTS: &str = "поломки пишутся так: node-lost УЗЕЛ, node-back УЗЕЛ, node-slow УЗЕЛ ПРОЦЕНТ, registry-down, \
registry-back, kill ПРОСТРАНСТВО ПОД КОНТЕЙНЕР, api-conflicts ЧИСЛО, controller-restart";

#[derive(Clone, Debug, Default)]
pub struct Lesson {
    pub id: String,
    pub cluster: ClusterSpec,
    /// The virtual instant at which the cluster begins; `None` is the cluster's own default.
    pub begins: Option<Timestamp>,
    /// Faults that happen by themselves.
    pub faults: Vec<PlannedFault>,
    pub start: Vec<LessonFile>,
    /// What was done on the cluster before the learner came, from the cluster's beginning on.
    pub opening: Vec<LogEntry>,
    /// Virtual time that had passed when the learner came.
    pub opens_after: Duration,
    /// Set where the lesson is an exam: its tasks are the variants.
    pub exam: Option<Exam>,
    pub solution: Vec<LessonFile>,
    /// Lines of solution/commands.txt.
    pub commands: Vec<String>,
    pub body: Vec<Block>,
    pub checks: Checks,
}

/// What stands beside the text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Layout {
    /// Grid, editor and terminal.
    #[default]
    Full,
    /// Grid and terminal.
    Terminal,
    /// The text alone.
    Text,
}

impl Layout {
    pub const NAMES: [(&'static str, Layout); 3] =
        [("full", Layout::Full), ("terminal", Layout::Terminal), ("text", Layout::Text)];

    pub fn parse(name: &str) -> Option<Layout> {
        Layout::NAMES.iter().find(|(known, _)| *known == name).map(|(_, layout)| *layout)
    }

    pub fn name(self) -> &'static str {
        Layout::NAMES.iter().find(|(_, layout)| *layout == self).map_or("full", |(name, _)| name)
    }
}

impl Lesson {
    /// # Errors
    /// When the data is no compiled lesson.
    pub fn read(value: &Value) -> Checked<Lesson> {
        let root = Place::Root;
        let part = Part::new(value, &root);
        let (begins, faults) = part.opt("cluster", beginning)?.unwrap_or_default();
        Ok(Lesson {
            id: part.need_text("id")?,
            cluster: part.opt("cluster", cluster)?.unwrap_or_default(),
            begins,
            faults,
            start: part.list("start", file)?,
            opening: part.list("opening", opening)?,
            opens_after: Duration::from_millis(value["opens_after"].as_i64().unwrap_or(0).max(0)),
            exam: part.opt("exam", exam::exam)?,
            solution: part.list("solution", file)?,
            commands: part.list("commands", |item| item.text().map(str::to_owned))?,
            body: part.list("body", |item| block(item, 0))?,
            checks: part.opt("checks", Checks::parse)?.unwrap_or_default(),
        })
    }
}

impl Lesson {
    /// The variants that the seed draws: all of them, unless the lesson is an exam that takes some.
    pub fn drawn_variants(&self, seed: u64) -> Vec<&Variant> {
        let mut drawn: Vec<&Variant> = self.checks.variants.iter().collect();
        let wanted = self.exam.and_then(|exam| exam.tasks).unwrap_or(drawn.len());
        let mut random = Random::new(seed);
        while drawn.len() > wanted {
            drawn.remove(random.below(drawn.len() as u64) as usize);
        }
        drawn
    }
}

/// How a lesson's cluster begins: at which instant, and which faults are planned.
///
/// # Errors
/// When a field cannot be read.
pub fn beginning(part: Part) -> Checked<(Option<Timestamp>, Vec<PlannedFault>)> {
    let start = part.opt("start", |item| match item.value.as_str().and_then(Timestamp::parse_rfc3339) {
        Some(start) => Ok(start),
        None => item.mistake("здесь нужно время в кавычках, например \"2026-11-23T09:00:00Z\""),
    })?;
    Ok((start, part.list("faults", planned_fault)?))
}

/// `{since: Job, after: 5s, do: node-lost node-2}`.
fn planned_fault(part: Part) -> Checked<PlannedFault> {
    part.fields(&["since", "after", "do"])?;
    let since = part.opt("since", |since| match since.text()?.parse::<Since>() {
        Ok(since) => Ok(since),
        Err(_) => {
            let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
            since.mistake(format!("since бывает start, ВИД или ВИД/ИМЯ, где ВИД — {}", kinds.join(", ")))
        }
    })?;
    let fault = part.opt("do", |fault| match fault.text()?.parse() {
        Ok(fault) => Ok(fault),
        Err(_) => fault.mistake(FAULTS),
    })?;
    let Some(fault) = fault else { return part.mistake("нет поля «do»: что случится") };
    let after = part.opt("after", checks::span)?.unwrap_or_default();
    Ok(PlannedFault { since: since.unwrap_or_default(), after, fault })
}

/// An entry of a command log whose cluster began at the zero of time.
fn opening(part: Part) -> Checked<LogEntry> {
    match LogEntry::from_value(part.value, Time::default()) {
        Some(entry) => Ok(entry),
        None => part.mistake("непонятная запись начала урока"),
    }
}
