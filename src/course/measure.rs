//! What a prediction asks the engine: a closed set of measurements over a run.

use serde_json::Value;

use crate::base::Time;

use super::condition::{Condition, Where, kind_of};
use super::mistake::{Checked, Part, Place};
use super::path::Path;
use super::world::{World, uid_of};

#[derive(Clone, PartialEq, Debug)]
pub enum Measure {
    /// A value of the newest Job at the end.
    Job(Path),
    /// A value of the first such object at the end.
    Value { kind: String, wanted: Where, path: Path },
    /// How many objects of the kind exist at the end.
    Count { kind: String, wanted: Where },
    /// How many objects of the kind were ever created.
    Created { kind: String, wanted: Where },
    /// The largest number of such objects at one instant.
    Peak { kind: String, wanted: Where },
    /// Whole seconds between two instants, rounded to the nearest; from the first Job's creation where `from` is absent.
    Seconds { from: Option<Condition>, to: Condition },
    /// Whether a condition holds at the end.
    Holds(Condition),
}

pub(super) const NAMES: [&str; 7] = ["job", "value", "count", "created", "peak", "seconds", "holds"];

impl Measure {
    /// # Errors
    /// When the data is no measurement.
    pub fn parse(part: Part) -> Checked<Measure> {
        let map = part.fields(&NAMES)?;
        let (Some((name, value)), 1) = (map.iter().next(), map.len()) else {
            return part.mistake(format!("нужно ровно одно измерение из: {}", NAMES.join(", ")));
        };
        let place = Place::Field(part.place, name);
        let inner = Part::new(value, &place);
        let objects = || -> Checked<(String, Where)> {
            inner.fields(&["kind", "where"])?;
            let kind = kind_of(inner)?;
            let wanted = inner.opt("where", |wanted| Where::of(&kind, wanted))?;
            Ok((kind, wanted.unwrap_or_default()))
        };
        Ok(match name.as_str() {
            "job" => Measure::Job(path_of("Job", inner)?),
            "value" => {
                inner.fields(&["kind", "where", "path"])?;
                let kind = kind_of(inner)?;
                let wanted = inner.opt("where", |wanted| Where::of(&kind, wanted))?.unwrap_or_default();
                match inner.opt("path", |path| path_of(&kind, path))? {
                    Some(path) => Measure::Value { kind, wanted, path },
                    None => return inner.mistake("нет поля «path»"),
                }
            }
            "count" => objects().map(|(kind, wanted)| Measure::Count { kind, wanted })?,
            "created" => objects().map(|(kind, wanted)| Measure::Created { kind, wanted })?,
            "peak" => objects().map(|(kind, wanted)| Measure::Peak { kind, wanted })?,
            "seconds" => {
                inner.fields(&["from", "to"])?;
                let Some(to) = inner.opt("to", Condition::parse)? else {
                    return inner.mistake("нет поля «to»");
                };
                Measure::Seconds { from: inner.opt("from", Condition::parse)?, to }
            }
            _ => Measure::Holds(Condition::parse(inner)?),
        })
    }
}

fn path_of(kind: &str, part: Part) -> Checked<Path> {
    match Path::parse(part.text()?) {
        Ok(path) => match path.unknown_field(kind) {
            Some(name) => part.mistake(format!("у {kind} нет поля «{name}»")),
            None => Ok(path),
        },
        Err(message) => part.mistake(message),
    }
}

/// A measurement under way: looks at the world after every happening.
#[derive(Clone, Debug)]
pub struct Meter {
    measure: Measure,
    seen: Vec<String>,
    peak: usize,
    from: Option<Time>,
    to: Option<Time>,
}

impl Meter {
    pub fn new(measure: Measure) -> Meter {
        Meter { measure, seen: Vec::new(), peak: 0, from: None, to: None }
    }

    pub fn look(&mut self, world: &World) {
        let job = world.newest_job();
        match &self.measure {
            Measure::Created { kind, wanted } => {
                for object in world.of_kind(kind).filter(|object| wanted.fits(object)) {
                    let uid = uid_of(object);
                    if !self.seen.iter().any(|seen| seen == uid) {
                        self.seen.push(uid.to_owned());
                    }
                }
            }
            Measure::Peak { kind, wanted } => {
                self.peak = self.peak.max(world.of_kind(kind).filter(|object| wanted.fits(object)).count());
            }
            Measure::Seconds { from, to } => {
                let begun = from.as_ref().map_or(job.is_some(), |from| from.holds(world, job));
                self.from = self.from.or(begun.then_some(world.now));
                if self.from.is_some() && to.holds(world, job) {
                    self.to = self.to.or(Some(world.now));
                }
            }
            Measure::Job(_) | Measure::Value { .. } | Measure::Count { .. } | Measure::Holds(_) => {}
        }
    }

    /// The result; `Null` when there is nothing to measure.
    pub fn result(&self, world: &World) -> Value {
        let job = world.newest_job();
        match &self.measure {
            Measure::Job(path) => value_at(path, job.and_then(|uid| world.job(uid))),
            Measure::Value { kind, wanted, path } => {
                value_at(path, world.of_kind(kind).find(|object| wanted.fits(object)))
            }
            Measure::Count { kind, wanted } => {
                Value::from(world.of_kind(kind).filter(|object| wanted.fits(object)).count())
            }
            Measure::Created { .. } => Value::from(self.seen.len()),
            Measure::Peak { .. } => Value::from(self.peak),
            Measure::Seconds { .. } => match (self.from, self.to) {
                (Some(from), Some(to)) => Value::from(((to - from).as_millis() + 500).div_euclid(1_000)),
                _ => Value::Null,
            },
            Measure::Holds(condition) => Value::Bool(condition.holds(world, job)),
        }
    }
}

/// Null where there is nothing; 0 in status, where the wire form leaves zeros out.
fn value_at(path: &Path, object: Option<&Value>) -> Value {
    let found = object.and_then(|object| path.find(object).first().map(|value| (*value).clone()));
    found.unwrap_or(if path.in_status { Value::from(0) } else { Value::Null })
}
