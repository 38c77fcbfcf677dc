//! Faults that a lesson plans: so long after the beginning, or after an object was first created.

use std::fmt;
use std::str::FromStr;

use crate::api::Kind;
use crate::apiserver::{Change, ChangeKind};
use crate::base::{Duration, Time};
use crate::base::{Fault, UnknownFault};

/// From when on a planned fault's delay counts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Since {
    /// The cluster's beginning.
    #[default]
    Start,
    /// The creation of the first object of the kind, with this name where there is one.
    Created { kind: Kind, name: Option<String> },
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlannedFault {
    pub since: Since,
    pub after: Duration,
    pub fault: Fault,
}

impl fmt::Display for Since {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Since::Start => f.write_str("start"),
            Since::Created { kind, name: None } => f.write_str(kind.as_str()),
            Since::Created { kind, name: Some(name) } => write!(f, "{}/{name}", kind.as_str()),
        }
    }
}

impl FromStr for Since {
    type Err = UnknownFault;

    /// `start`, `Job` or `Job/batch-job`.
    fn from_str(text: &str) -> Result<Since, UnknownFault> {
        if text == "start" {
            return Ok(Since::Start);
        }
        let (kind, name) = text.split_once('/').map_or((text, None), |(kind, name)| (kind, Some(name)));
        let kind = Kind::ALL.iter().find(|known| known.as_str() == kind).ok_or(UnknownFault)?;
        let name = name.filter(|name| !name.is_empty()).map(str::to_owned);
        Ok(Since::Created { kind: *kind, name })
    }
}

/// The faults still to come.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    waiting: Vec<PlannedFault>,
    /// Those whose instant is known.
    due: Vec<(Time, Fault)>,
}

impl Plan {
    pub(super) fn new(faults: &[PlannedFault], start: Time) -> Plan {
        let (at_start, waiting): (Vec<_>, Vec<_>) =
            faults.iter().cloned().partition(|planned| planned.since == Since::Start);
        let due = at_start.into_iter().map(|planned| (start + planned.after, planned.fault)).collect();
        Plan { waiting, due }
    }

    pub(super) fn observe(&mut self, change: &Change) {
        if self.waiting.is_empty() || change.kind != ChangeKind::Added {
            return;
        }
        let object = &change.object;
        let begins = |since: &Since| match since {
            Since::Start => false,
            Since::Created { kind, name } => {
                *kind == object.kind() && name.as_ref().is_none_or(|name| *name == object.metadata().name)
            }
        };
        let (begun, waiting) =
            std::mem::take(&mut self.waiting).into_iter().partition(|planned| begins(&planned.since));
        self.waiting = waiting;
        let begun: Vec<PlannedFault> = begun;
        self.due.extend(begun.into_iter().map(|planned| (change.at + planned.after, planned.fault)));
    }

    pub(super) fn next_wake(&self) -> Option<Time> {
        self.due.iter().map(|(at, _)| *at).min()
    }

    /// The faults of this instant, in the order of the plan.
    pub(super) fn take_due(&mut self, now: Time) -> Vec<Fault> {
        let (due, later) = std::mem::take(&mut self.due).into_iter().partition(|(at, _)| *at <= now);
        self.due = later;
        let due: Vec<(Time, Fault)> = due;
        due.into_iter().map(|(_, fault)| fault).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_a_delay_survives_its_text() {
        for text in ["start", "Job", "Job/batch-job", "CronJob/nightly"] {
            assert_eq!(text.parse::<Since>().map(|since| since.to_string()), Ok(text.to_owned()));
        }
        assert_eq!("Jobs".parse::<Since>(), Err(UnknownFault));
    }
}
