//! Conditions of checks: statements about the objects as they are and about the history.

use std::collections::BTreeSet;

use serde_json::Value;

use super::matcher::{Matcher, glob, text_of};
use super::mistake::{Checked, Part, Place};
use super::path::Path;
use super::world::{Command, Manifest, World, owned_by, uid_of};

/// Kinds that a condition may ask for.
pub const KINDS: [&str; 8] = ["Job", "Pod", "CronJob", "Event", "Node", "Namespace", "ConfigMap", "Secret"];
/// How deep conditions may nest.
const DEPTH_MAX: usize = 16;

/// Paths with what their values must be.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Where(Vec<(Path, Matcher)>);

#[derive(Clone, PartialEq, Debug)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    /// The Job that the check is about exists and looks so.
    Job(Where),
    /// So many pods of that Job look so.
    Pods {
        wanted: Where,
        count: Matcher,
    },
    /// So many objects of a kind look so, whosever they are.
    Objects {
        kind: String,
        wanted: Where,
        count: Matcher,
    },
    /// So many events of that kind were recorded (of the Job and its pods where the check is about a Job).
    Event {
        wanted: Where,
        count: Matcher,
    },
    /// So many objects of a kind were deleted.
    Deleted {
        kind: String,
        wanted: Where,
        count: Matcher,
    },
    /// A manifest that looks so was sent to the API server. `latest`: only the last one counts.
    Submitted {
        wanted: Where,
        file: Option<String>,
        latest: bool,
    },
    /// A command line of this form was entered.
    Command {
        lines: Vec<String>,
        ok: Option<bool>,
        prints: Option<String>,
        count: Matcher,
    },
}

pub(super) const NAMES: [&str; 10] =
    ["all", "any", "not", "job", "pods", "object", "event", "deleted", "submitted", "command"];

impl Condition {
    /// # Errors
    /// When the data is no condition.
    pub fn parse(part: Part) -> Checked<Condition> {
        parse_at(part, 0)
    }

    /// Whether the condition speaks of one Job, so that every Job is judged on its own.
    pub fn is_about_a_job(&self) -> bool {
        match self {
            Condition::All(parts) | Condition::Any(parts) => parts.iter().any(Condition::is_about_a_job),
            Condition::Not(part) => part.is_about_a_job(),
            Condition::Job(_) | Condition::Pods { .. } => true,
            _ => false,
        }
    }

    /// The kinds of objects that must be fed for this condition.
    pub fn note_kinds(&self, kinds: &mut BTreeSet<String>) {
        match self {
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter().for_each(|part| part.note_kinds(kinds))
            }
            Condition::Not(part) => part.note_kinds(kinds),
            Condition::Job(_) => kinds.extend(["Job".to_owned()]),
            Condition::Pods { .. } => kinds.extend(["Job".to_owned(), "Pod".to_owned()]),
            Condition::Objects { kind, .. } | Condition::Deleted { kind, .. } => kinds.extend([kind.clone()]),
            Condition::Event { .. } => kinds.extend(["Event".to_owned()]),
            Condition::Submitted { .. } | Condition::Command { .. } => {}
        }
    }

    /// `job`: the uid of the Job that the check is about.
    pub fn holds(&self, world: &World, job: Option<&str>) -> bool {
        match self {
            Condition::All(parts) => parts.iter().all(|part| part.holds(world, job)),
            Condition::Any(parts) => parts.iter().any(|part| part.holds(world, job)),
            Condition::Not(part) => !part.holds(world, job),
            Condition::Job(wanted) => job.and_then(|uid| world.job(uid)).is_some_and(|job| wanted.fits(job)),
            Condition::Pods { wanted, count } => {
                let Some(uid) = job else { return false };
                let pods = world.of_kind("Pod").filter(|pod| owned_by(pod, uid) && wanted.fits(pod));
                world.job(uid).is_some() && count.holds_for_number(pods.count() as i64)
            }
            Condition::Objects { kind, wanted, count } => count
                .holds_for_number(world.of_kind(kind).filter(|object| wanted.fits(object)).count() as i64),
            Condition::Event { wanted, count } => {
                let events =
                    world.events.values().filter(|event| wanted.fits(event) && concerns(event, world, job));
                count.holds_for_number(events.map(event_count).sum())
            }
            Condition::Deleted { kind, wanted, count } => {
                let of_kind = |object: &&Value| object["kind"] == kind.as_str() && wanted.fits(object);
                count.holds_for_number(world.deleted.iter().filter(of_kind).count() as i64)
            }
            Condition::Submitted { wanted, file, latest } => {
                let fits = |manifest: &Manifest| {
                    wanted.fits(&manifest.value) && file.as_ref().is_none_or(|file| *file == manifest.file)
                };
                let skipped = if *latest { world.submitted.len().saturating_sub(1) } else { 0 };
                world.submitted.iter().skip(skipped).any(fits)
            }
            Condition::Command { lines, ok, prints, count } => {
                let fits = |command: &&Command| {
                    (lines.is_empty() || lines.iter().any(|pattern| glob(pattern, &command.line)))
                        && ok.is_none_or(|ok| ok == (command.exit_code == 0))
                        && prints
                            .as_ref()
                            .is_none_or(|text| command.output.lines().any(|line| glob(text, line)))
                };
                count.holds_for_number(world.commands.iter().filter(fits).count() as i64)
            }
        }
    }
}

fn parse_at(part: Part, depth: usize) -> Checked<Condition> {
    if depth > DEPTH_MAX {
        return part.mistake("условия вложены слишком глубоко");
    }
    if part.value.is_array() {
        return part.items(|item| parse_at(item, depth + 1)).map(Condition::All);
    }
    let map = part.fields(&NAMES)?;
    let mut parts = Vec::new();
    for (name, value) in map {
        parts.push(one(name, Part::new(value, &Place::Field(part.place, name)), depth)?);
    }
    match parts.len() {
        0 => part.mistake(format!("пустое условие; можно: {}", NAMES.join(", "))),
        1 => Ok(parts.remove(0)),
        _ => Ok(Condition::All(parts)),
    }
}

fn one(name: &str, part: Part, depth: usize) -> Checked<Condition> {
    let several = || part.items(|item| parse_at(item, depth + 1));
    Ok(match name {
        "all" => Condition::All(several()?),
        "any" => Condition::Any(several()?),
        "not" => Condition::Not(Box::new(parse_at(part, depth + 1)?)),
        "job" => Condition::Job(Where::of("Job", part)?),
        "pods" => {
            part.fields(&["where", "count"])?;
            let (wanted, count) = where_and_count("Pod", part)?;
            Condition::Pods { wanted, count }
        }
        "event" => {
            part.fields(&["reason", "message", "kind", "type", "count"])?;
            Condition::Event { wanted: event_where(part)?, count: count_of(part)? }
        }
        "object" => {
            part.fields(&["kind", "where", "count"])?;
            let kind = kind_of(part)?;
            let (wanted, count) = where_and_count(&kind, part)?;
            Condition::Objects { kind, wanted, count }
        }
        "deleted" => {
            part.fields(&["kind", "where", "count"])?;
            let kind = kind_of(part)?;
            let (wanted, count) = where_and_count(&kind, part)?;
            Condition::Deleted { kind, wanted, count }
        }
        "submitted" => {
            part.fields(&["where", "file", "latest"])?;
            let wanted = part.opt("where", Where::parse)?.unwrap_or_default();
            let latest = part.opt_bool("latest")?.unwrap_or(false);
            Condition::Submitted { wanted, file: part.opt_text("file")?, latest }
        }
        _ => command(part)?,
    })
}

fn command(part: Part) -> Checked<Condition> {
    if !part.value.is_object() {
        return Ok(Condition::Command {
            lines: part.texts()?,
            ok: Some(true),
            prints: None,
            count: Matcher::at_least_one(),
        });
    }
    part.fields(&["line", "ok", "prints", "count"])?;
    let lines = part.opt("line", |lines| lines.texts())?.unwrap_or_default();
    Ok(Condition::Command {
        lines,
        ok: part.opt_bool("ok")?,
        prints: part.opt_text("prints")?,
        count: count_of(part)?,
    })
}

fn count_of(part: Part) -> Checked<Matcher> {
    Ok(part.opt("count", Matcher::parse)?.unwrap_or_else(Matcher::at_least_one))
}

fn where_and_count(kind: &str, part: Part) -> Checked<(Where, Matcher)> {
    Ok((part.opt("where", |wanted| Where::of(kind, wanted))?.unwrap_or_default(), count_of(part)?))
}

pub fn kind_of(part: Part) -> Checked<String> {
    let kind = part.need_text("kind")?;
    if KINDS.contains(&kind.as_str()) {
        return Ok(kind);
    }
    Place::Field(part.place, "kind").mistake(format!("неизвестный вид «{kind}»; можно: {}", KINDS.join(", ")))
}

fn event_where(part: Part) -> Checked<Where> {
    let mut pairs = Vec::new();
    for (field, path) in
        [("reason", "reason"), ("message", "message"), ("type", "type"), ("kind", "involvedObject.kind")]
    {
        if let Some(matcher) = part.opt(field, pattern)? {
            pairs.push((Path::parse(path).expect("a constant path"), matcher));
        }
    }
    Ok(Where(pairs))
}

/// A text with stars, or operators.
fn pattern(part: Part) -> Checked<Matcher> {
    match part.value {
        Value::String(_) => {
            Matcher::parse(Part::new(&serde_json::json!({ "matches": part.value }), part.place))
        }
        _ => Matcher::parse(part),
    }
}

/// Whether the event belongs to the Job or to one of its pods, also one that is gone. Without a Job every event counts.
fn concerns(event: &Value, world: &World, job: Option<&str>) -> bool {
    let Some(job) = job else { return true };
    let about = text_of(&event["involvedObject"]["uid"]);
    let mut pods = world.of_kind("Pod").chain(&world.deleted);
    about == job || pods.any(|pod| uid_of(pod) == about && owned_by(pod, job))
}

fn event_count(event: &Value) -> i64 {
    event["count"].as_i64().unwrap_or(1).max(1)
}

impl Where {
    /// # Errors
    /// When a path or a comparison cannot be read, or objects of the kind have no such field.
    pub fn of(kind: &str, part: Part) -> Checked<Where> {
        let wanted = Where::parse(part)?;
        let keys = part.map()?.keys();
        for (key, (path, _)) in keys.zip(&wanted.0) {
            if let Some(name) = path.unknown_field(kind) {
                let message = format!("у {kind} нет поля «{name}» (путь «{key}»)");
                return Place::Field(part.place, key).mistake(message);
            }
        }
        Ok(wanted)
    }

    /// # Errors
    /// When a path or a comparison cannot be read.
    pub fn parse(part: Part) -> Checked<Where> {
        let mut pairs = Vec::new();
        for (path, value) in part.map()? {
            let place = Place::Field(part.place, path);
            let path = match Path::parse(path) {
                Ok(path) => path,
                Err(message) => return place.mistake(message),
            };
            pairs.push((path, Matcher::parse(Part::new(value, &place))?));
        }
        Ok(Where(pairs))
    }

    pub fn fits(&self, object: &Value) -> bool {
        self.0.iter().all(|(path, matcher)| matcher.holds(&path.find(object), path.in_status))
    }
}
