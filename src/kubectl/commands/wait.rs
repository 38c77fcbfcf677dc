//! `kubectl wait`.
// Models staging/src/k8s.io/kubectl/pkg/cmd/wait/wait.go

use crate::api::view::{self, View, Viewed};
use crate::api::{Kind, Object};
use crate::apiserver::ObjectKey;
use crate::base::{Duration, Time};
use crate::kubectl::failure::{Failure, error};
use crate::kubectl::flags::Args;
use crate::kubectl::objects::{Info, stored_kind};
use crate::kubectl::output::format::{self, Format, Formats};
use crate::kubectl::output::jsonpath::{JsonPath, MissingKeys, relaxed, write_text};
use crate::kubectl::resources::Resource;
use crate::kubectl::select::{self, Found, Query, Wanted};
use crate::kubectl::task::{Progress, Task};
use crate::kubectl::{Context, Next, Outcome, manifests};

const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

/// What is waited for.
#[derive(Clone, Debug)]
enum Goal {
    Delete,
    Condition {
        name: String,
        status: String,
    },
    /// A value at a path; any value when there is none to compare with.
    Path {
        path: JsonPath,
        value: Option<String>,
    },
}

/// One object that is waited for.
#[derive(Clone, Debug)]
struct Target {
    resource: &'static Resource,
    kind: Kind,
    key: ObjectKey,
    uid: String,
}

/// Waits for the objects one after the other.
#[derive(Debug)]
pub struct WaitFor {
    /// All objects must be there before anything else is looked at.
    create: bool,
    /// What each object must reach, one after the other.
    goals: Vec<Goal>,
    /// How many of them the object at hand has reached.
    reached: usize,
    targets: Vec<Target>,
    at: usize,
    timeout: Duration,
    until: Time,
    failures: Vec<Failure>,
    format: Format,
    /// The time passed while an object was waited for.
    over: bool,
}

pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let (create, goals) = goals(args)?;
    let format = format::format(context, args, Formats::Change)?;
    select::check_named(args, &args.words)?;
    let is_deletion = goals.iter().any(|goal| matches!(goal, Goal::Delete));
    let (targets, mut failures) = if create { expected(context, args)? } else { present(context, args)? };
    if is_deletion {
        // What is not there is deleted already.
        failures.retain(|failure| !failure.is_not_found());
    }
    if targets.is_empty() {
        Failure::of(failures)?;
        return if is_deletion { super::done() } else { Err(error("no matching resources found")) };
    }
    let timeout = timeout(args);
    let until = context.now() + timeout;
    let (reached, at, over) = (0, 0, false);
    let task = WaitFor { create, goals, reached, targets, at, timeout, until, failures, format, over };
    Ok(Next::Wait(Task::WaitFor(Box::new(task))))
}

fn timeout(args: &Args) -> Duration {
    let timeout = args.duration("timeout");
    if timeout < Duration::ZERO { WEEK } else { timeout }
}

fn find(context: &mut Context, args: &Args) -> Result<Found, Failure> {
    if args.is_set("filename") {
        return manifests::find(context, args, &args.words, crate::kubectl::objects::get);
    }
    let query = select::query(context, args, &args.words)?;
    if matches!(query.wanted, Wanted::Types(_)) && query.selectors.is_empty() && !args.is("all") {
        return Err(error("resource(s) were provided, but no name was specified"));
    }
    Ok(query.find(context))
}

type Targets = (Vec<Target>, Vec<Failure>);

/// The objects that are there.
fn present(context: &mut Context, args: &Args) -> Result<Targets, Failure> {
    let found = find(context, args)?;
    let mut targets = Vec::new();
    for info in &found.infos {
        let uid = info.item.object().map_or_else(String::new, |object| object.metadata().uid.clone());
        let kind = stored_kind(info.resource)?;
        targets.push(Target { resource: info.resource, kind, key: info.key(), uid });
    }
    Ok((targets, found.failures))
}

/// Objects that may be still to come.
fn expected(context: &mut Context, args: &Args) -> Result<Targets, Failure> {
    // What files name is not waited for.
    if args.is_set("filename") {
        let (targets, failures) = present(context, args)?;
        Failure::of(failures)?;
        return Ok((targets, Vec::new()));
    }
    let query: Query = select::query(context, args, &args.words)?;
    let Wanted::Names(names) = &query.wanted else { return present(context, args) };
    let mut targets = Vec::new();
    for (resource, name) in names {
        let namespace = if resource.namespaced { query.namespace.as_str() } else { "" };
        let key = ObjectKey::new(namespace, name);
        targets.push(Target { resource, kind: stored_kind(resource)?, key, uid: String::new() });
    }
    Ok((targets, Vec::new()))
}

/// Whether objects are waited for that are still to come, and what is waited for then.
// Since v1.36 there may be several conditions, and all of them must be met.
fn goals(args: &Args) -> Result<(bool, Vec<Goal>), Failure> {
    let given = args.all("for");
    if given.is_empty() {
        return Err(error("unrecognized condition: []"));
    }
    let (mut create, mut goals) = (false, Vec::new());
    for wanted in given {
        match wanted.eq_ignore_ascii_case("create") {
            true => create = true,
            false => goals.push(goal(wanted)?),
        }
    }
    Ok((create, goals))
}

fn goal(wanted: &str) -> Result<Goal, Failure> {
    if wanted.eq_ignore_ascii_case("delete") {
        return Ok(Goal::Delete);
    }
    if let Some(condition) = wanted.strip_prefix("condition=") {
        let (name, status) = condition.split_once('=').unwrap_or((condition, "true"));
        return Ok(Goal::Condition { name: name.to_owned(), status: status.to_owned() });
    }
    if let Some(expression) = wanted.strip_prefix("jsonpath=") {
        return path_goal(expression);
    }
    Err(error(format!("unrecognized condition: {}", select::quoted(wanted))))
}

// Models wait.go processJSONPathInput
fn path_goal(expression: &str) -> Result<Goal, Failure> {
    let parts = split_at_single_equals(expression);
    let (path, value) = match parts.as_slice() {
        [path] => (path, None),
        [path, value] => (path, Some(value.trim_matches(['\'', '"']).to_owned())),
        _ => {
            return Err(error(
                "jsonpath wait format must be --for=jsonpath='{.status.readyReplicas}'=3 or \
                 --for=jsonpath='{.status.readyReplicas}'",
            ));
        }
    };
    let path = relaxed(path).map_err(error)?;
    if value.as_deref() == Some("") {
        return Err(error(
            "jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3",
        ));
    }
    if path.is_empty() {
        return Err(error("jsonpath expression cannot be empty"));
    }
    let path = JsonPath::parse(&path).map_err(error)?;
    Ok(Goal::Path { path, value })
}

/// Two equals signs in a row belong to the text, as in a filter.
// Models wait.go splitJSONPathInput
fn split_at_single_equals(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '=' && rest.next_if_eq(&'=').is_none() {
            parts.push(String::new());
            continue;
        }
        if let Some(part) = parts.last_mut() {
            part.push_str(if c == '=' { "=" } else { "" });
            part.push(c);
        }
    }
    parts
}

impl WaitFor {
    /// # Errors
    /// When the time of an object is over, or it is gone.
    pub fn poll(&mut self, context: &mut Context) -> Result<Progress, Failure> {
        let missing = if self.create { self.missing(context) } else { Vec::new() };
        match missing.len() {
            0 => {}
            1 if context.now() < self.until => return Ok(Progress::Waiting { until: Some(self.until) }),
            1 => return Err(error("timed out waiting for the condition")),
            // Of several that are not there none is waited for: together they are no longer told from another error.
            _ => return Err(Failure::Many(missing)),
        }
        self.create = false;
        while let Some(target) = self.targets.get(self.at) {
            let Some(goal) = self.goals.get(self.reached) else {
                let text = self.told(context, target)?;
                context.print(text);
                (self.at, self.reached) = (self.at + 1, 0);
                continue;
            };
            // The time is that of the whole command: when it is over, only what is gone is still seen.
            let looks = !self.over || matches!(goal, Goal::Delete);
            if looks && is_met(context, goal, target)? {
                self.reached += 1;
            } else if context.now() < self.until {
                return Ok(Progress::Waiting { until: Some(self.until) });
            } else {
                self.failures.push(self.unmet(target));
                self.over = self.timeout > Duration::ZERO;
                (self.at, self.reached) = (self.at + 1, 0);
            }
        }
        Failure::of(std::mem::take(&mut self.failures))?;
        Ok(Progress::Done(0))
    }

    /// What has not come yet; what has is meant from then on.
    fn missing(&mut self, context: &Context) -> Vec<Failure> {
        let mut missing = Vec::new();
        for target in &mut self.targets {
            match context.cluster.api().get(target.kind, &target.key) {
                Ok(object) => target.uid.clone_from(&object.metadata().uid),
                Err(status) => missing.push(Failure::Api(status)),
            }
        }
        missing
    }

    /// The line that a condition is met, or the object where `-o` asks for it.
    fn told(&self, context: &Context, target: &Target) -> Result<String, Failure> {
        let object = context.cluster.api().find(target.kind, &target.key);
        match (object, self.format.is_table()) {
            (Some(object), false) => self.format.print(&Info::stored(target.resource, object.clone())),
            _ => Ok(format!("{}/{} condition met\n", target.resource.qualified(), target.key.name)),
        }
    }

    /// A wait without patience only looks.
    fn unmet(&self, target: &Target) -> Failure {
        let place = format!("{}/{}", target.resource.plural, target.key.name);
        match self.timeout == Duration::ZERO {
            false => error(format!("timed out waiting for the condition on {place}")),
            true => error(format!("condition not met for {place}")),
        }
    }
}

fn is_met(context: &Context, goal: &Goal, target: &Target) -> Result<bool, Failure> {
    let object = context.cluster.api().find(target.kind, &target.key);
    match (goal, object) {
        (Goal::Delete, object) => Ok(object.is_none_or(|object| object.metadata().uid != target.uid)),
        (_, None) => Err(Failure::Api(crate::api::Status::not_found(target.kind, &target.key.name))),
        (Goal::Condition { name, status }, Some(object)) => Ok(has_condition(object, name, status)),
        (Goal::Path { path, value }, Some(object)) => {
            let found = path.values(object, MissingKeys::Allowed).map_err(error)?;
            match (found.as_slice(), value) {
                ([], _) => Ok(false),
                ([_], None) => Ok(true),
                ([found], Some(_)) if matches!(found.view(), View::Object(_) | View::List(_)) => {
                    Err(error("jsonpath leads to a nested object or list which is not supported"))
                }
                ([found], Some(value)) => {
                    let mut text = String::new();
                    write_text(&mut text, *found);
                    Ok(text == *value)
                }
                _ => Err(error("given jsonpath expression matches more than one value")),
            }
        }
    }
}

/// Names and statuses of conditions compare in any case.
fn has_condition(object: &Object, name: &str, status: &str) -> bool {
    let Some(conditions) = view::at(object, &["status", "conditions"]) else { return false };
    let View::List(conditions) = conditions.view() else { return false };
    let says = |condition: &dyn Viewed, field: &str, wanted: &str| {
        let found = view::at(condition, &[field]).map(Viewed::view);
        matches!(found, Some(View::Text(text)) if text.eq_ignore_ascii_case(wanted))
    };
    view::items(conditions)
        .any(|condition| says(condition, "type", name) && says(condition, "status", status))
}
