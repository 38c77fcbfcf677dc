//! What the checks see: the API objects as they are now, and the history of what happened.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::base::Time;

use super::path::Path;

/// Output of one command beyond this many bytes is not looked at.
const OUTPUT_MAX_BYTES: usize = 64 << 10;
/// Commands and manifests kept; a runaway loop must not eat the memory.
const HISTORY_MAX: usize = 1_000;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChangeKind {
    Added,
    Modified,
    Deleted,
}

/// One thing that happened, in the order in which it happened.
#[derive(Clone, PartialEq, Debug)]
pub enum Happening {
    /// A change in the API server's store; `object` in wire form.
    Change { kind: ChangeKind, object: Value },
    /// A manifest that the learner sent to the API server, as it was read from `file`.
    Submitted { file: String, value: Value },
    /// A command line of the terminal that has ended, with what it printed (both streams).
    Command { line: String, exit_code: i32, output: String },
}

#[derive(Clone, PartialEq, Debug)]
pub struct Manifest {
    pub file: String,
    pub value: Value,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Command {
    pub line: String,
    pub exit_code: i32,
    pub output: String,
}

/// A Job that exists or existed.
#[derive(Clone, PartialEq, Debug)]
pub struct KnownJob {
    pub uid: String,
    pub born: Time,
    pub alive: bool,
}

#[derive(Clone, Debug, Default)]
pub struct World {
    pub now: Time,
    /// Present objects by kind and uid.
    objects: BTreeMap<String, BTreeMap<String, Value>>,
    /// Events ever seen, in their last state: the API server forgets them, the history does not.
    pub events: BTreeMap<String, Value>,
    /// The last state of objects that were deleted.
    pub deleted: Vec<Value>,
    pub submitted: Vec<Manifest>,
    pub commands: Vec<Command>,
    /// In order of creation.
    pub jobs: Vec<KnownJob>,
}

impl World {
    pub fn take(&mut self, at: Time, happening: Happening) {
        self.now = at;
        match happening {
            Happening::Change { kind, object } => self.change(kind, object),
            Happening::Submitted { file, value } => {
                push_limited(&mut self.submitted, Manifest { file, value })
            }
            Happening::Command { line, exit_code, mut output } => {
                cut(&mut output, OUTPUT_MAX_BYTES);
                push_limited(&mut self.commands, Command { line: normal_line(&line), exit_code, output });
            }
        }
    }

    fn change(&mut self, change: ChangeKind, object: Value) {
        let kind = text_at(&object, "/kind").to_owned();
        let uid = uid_of(&object).to_owned();
        if kind == "Event" && change != ChangeKind::Deleted {
            self.events.insert(uid, object);
            return;
        }
        if kind == "Job" {
            self.note_job(&uid, change);
        }
        if change == ChangeKind::Deleted {
            self.objects.entry(kind).or_default().remove(&uid);
            push_limited(&mut self.deleted, object);
        } else {
            self.objects.entry(kind).or_default().insert(uid, object);
        }
    }

    fn note_job(&mut self, uid: &str, change: ChangeKind) {
        let alive = change != ChangeKind::Deleted;
        match self.jobs.iter_mut().find(|job| job.uid == uid) {
            Some(job) => job.alive = alive,
            None => self.jobs.push(KnownJob { uid: uid.to_owned(), born: self.now, alive }),
        }
    }

    pub fn of_kind<'a>(&'a self, kind: &str) -> impl Iterator<Item = &'a Value> {
        self.objects.get(kind).into_iter().flat_map(BTreeMap::values)
    }

    pub fn job(&self, uid: &str) -> Option<&Value> {
        self.objects.get("Job")?.get(uid)
    }

    /// The uid of the newest Job that still exists.
    pub fn newest_job(&self) -> Option<&str> {
        self.jobs.iter().rev().find(|job| job.alive).map(|job| job.uid.as_str())
    }
}

pub fn uid_of(object: &Value) -> &str {
    text_at(object, "/metadata/uid")
}

pub fn owned_by(object: &Value, uid: &str) -> bool {
    let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    owners.is_some_and(|owners| owners.iter().any(|owner| text_at(owner, "/uid") == uid))
}

pub fn text_at<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// One space between words, and `k` for what it is an alias of.
fn normal_line(line: &str) -> String {
    let words: Vec<&str> =
        line.split_whitespace().map(|word| if word == "k" { "kubectl" } else { word }).collect();
    words.join(" ")
}

fn cut(text: &mut String, max_bytes: usize) {
    let end = (0..=max_bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.truncate(end);
}

fn push_limited<T>(list: &mut Vec<T>, item: T) {
    if list.len() == HISTORY_MAX {
        list.remove(0);
    }
    list.push(item);
}

/// Puts values of a Job into the `{path}` places of a message. A place that cannot be filled shows «—», or 0 in
/// status, where the wire form leaves zeros out.
pub fn fill(message: &str, job: Option<&Value>) -> String {
    let mut filled = String::with_capacity(message.len());
    let mut rest = message;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((inside, tail)) = after.split_once('}') else {
            filled.push('{');
            rest = after;
            continue;
        };
        match Path::parse(inside) {
            Ok(path) => {
                let found =
                    job.and_then(|job| path.find(job).first().map(|value| super::matcher::text_of(value)));
                let missing = if path.in_status { "0" } else { "—" };
                let text = found.unwrap_or_else(|| missing.to_owned());
                filled.push_str(&text.replace('&', "&amp;").replace('<', "&lt;"));
            }
            Err(_) => filled.extend(["{", inside, "}"]),
        }
        rest = tail;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn messages_show_values_of_the_job() {
        let job = json!({"spec": {"completions": 5}, "status": {"succeeded": 2}});
        let check = |message: &str, expected: &str| assert_eq!(fill(message, Some(&job)), expected);
        check("{status.succeeded} из {spec.completions}", "2 из 5");
        check("неудач {status.failed}, срок {spec.activeDeadlineSeconds}", "неудач 0, срок —");
        check("без скобок", "без скобок");
        check("не закрыта {", "не закрыта {");
    }

    #[test]
    fn a_deleted_object_is_history() {
        let mut world = World::default();
        let job = json!({"kind": "Job", "metadata": {"uid": "1", "name": "a"}});
        for kind in [ChangeKind::Added, ChangeKind::Deleted] {
            world.take(Time::default(), Happening::Change { kind, object: job.clone() });
        }
        assert_eq!(world.of_kind("Job").count(), 0);
        assert_eq!(world.deleted, [job]);
        assert_eq!(world.newest_job(), None);
    }
}
