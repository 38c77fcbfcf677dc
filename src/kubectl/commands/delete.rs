//! `kubectl delete`.
// Models staging/src/k8s.io/kubectl/pkg/cmd/delete/delete.go

use serde_json::json;

use super::{DryRun, done, raw};
use crate::api::{Kind, Object};
use crate::apiserver::{DeleteOptions, ObjectKey, Propagation};
use crate::base::{Duration, Time};
use crate::kubectl::failure::{Failure, error};
use crate::kubectl::flags::{Args, parse_bool};
use crate::kubectl::objects::{self, Info, Item};
use crate::kubectl::resources::Resource;
use crate::kubectl::select::{self, Found, Wanted};
use crate::kubectl::task::{Progress, Task};
use crate::kubectl::{Context, Next, Outcome, manifests};

/// Without `--timeout` a deletion is waited for this long.
const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let dry_run = DryRun::of(args)?;
    if !["", "name"].contains(&args.text("output")) {
        let output = args.text("output");
        return Err(error(format!("unexpected -o output mode: {output}. We only support '-o name'")));
    }
    let propagation = propagation(context, args)?;
    let grace = grace_period(context, args)?;
    if !args.text("raw").is_empty() {
        return raw::delete(context, args.text("raw"));
    }
    if args.is("interactive") {
        // What is shown is not looked up yet.
        let (shown, _, _) = targets(context, args, DryRun::Client)?;
        if !shown.is_empty() && !is_confirmed(context, &shown)? {
            return done();
        }
    }
    let (targets, mut failures, unread) = targets(context, args, dry_run)?;
    let options = DeleteOptions {
        grace_period_seconds: grace,
        propagation: Some(propagation),
        dry_run: dry_run == DryRun::Server,
        ..DeleteOptions::default()
    };
    let mut gone = Vec::new();
    let mut deleted = 0;
    for (info, source) in targets {
        if dry_run == DryRun::Client {
            deleted += 1;
            report(context, args, &info, dry_run, grace);
            continue;
        }
        let Ok(kind) = objects::stored_kind(info.resource) else {
            failures.push(error(format!("objects of kind {} are not simulated here", info.resource.kind)));
            continue;
        };
        let key = info.key();
        if let Err(status) = context.cluster.api_mut().delete(kind, &key, &options) {
            failures.push(Failure::Api(status).about("deleting", &source));
            continue;
        }
        deleted += 1;
        report(context, args, &info, dry_run, grace);
        if let Item::Stored(object) = &info.item {
            gone.push(Awaited { resource: info.resource, kind, key, uid: object.metadata().uid.clone() });
        }
    }
    if args.is("ignore-not-found") {
        failures.retain(|failure| !failure.is_not_found());
    }
    if deleted == 0 && failures.is_empty() && unread.is_empty() && !args.is("ignore-not-found") {
        context.print("No resources found\n");
    }
    let failure = manifests::Manifests::failed(unread, failures, false).err();
    if dry_run == DryRun::No && args.is("wait") && deleted > 0 && failure.is_none() {
        let timeout = args.duration("timeout");
        let timeout = if timeout == Duration::ZERO { WEEK } else { timeout };
        let until = context.now() + timeout;
        return Ok(Next::Wait(Task::WaitGone(WaitGone { awaited: gone, until })));
    }
    failure.map_or_else(done, Err)
}

/// What `--cascade` asks for.
///
/// # Errors
/// For a word that is none of its values.
pub fn propagation(context: &mut Context, args: &Args) -> Result<Propagation, Failure> {
    let given = args.text("cascade");
    let deprecated = |context: &mut Context, new: &str| {
        context.print_error(format!(
            "warning: --cascade={given} is deprecated (boolean value) and can be replaced with --cascade={new}.\n"
        ));
    };
    match given {
        "background" => Ok(Propagation::Background),
        "orphan" => Ok(Propagation::Orphan),
        "foreground" => Ok(Propagation::Foreground),
        given if parse_bool(given) == Some(true) => {
            deprecated(context, "background");
            Ok(Propagation::Background)
        }
        given if parse_bool(given) == Some(false) => {
            deprecated(context, "orphan");
            Ok(Propagation::Orphan)
        }
        other => Err(error(format!(
            "invalid cascade value ({other}). Must be \"background\", \"foreground\", or \"orphan\""
        ))),
    }
}

/// `--grace-period` in seconds.
pub fn given_grace(args: &Args) -> Option<i64> {
    args.is_set("grace-period").then(|| args.number("grace-period")).filter(|grace| *grace >= 0)
}

fn grace_period(context: &mut Context, args: &Args) -> Result<Option<i64>, Failure> {
    let force = args.is("force");
    let grace = given_grace(args);
    if args.is("now") {
        if grace.is_some() {
            return Err(error("--now and --grace-period cannot be specified together"));
        }
        if force {
            return Err(error("--force and --grace-period greater than 0 cannot be specified together"));
        }
        return Ok(Some(1));
    }
    if force && grace.is_some_and(|grace| grace > 0) {
        return Err(error("--force and --grace-period greater than 0 cannot be specified together"));
    }
    if force {
        context.print_error(
            "Warning: Immediate deletion does not wait for confirmation that the running resource has been \
             terminated. The resource may continue to run on the cluster indefinitely.\n",
        );
        return Ok(Some(0));
    }
    // Zero without --force waits for the kubelet: it becomes one second.
    Ok(grace.map(|grace| grace.max(1)))
}

/// What is to be deleted, each with the file that named it, what was not found, and what could not be read.
type Targets = (Vec<(Info, String)>, Vec<Failure>, Vec<Failure>);

fn targets(context: &mut Context, args: &Args, dry_run: DryRun) -> Result<Targets, Failure> {
    if args.is_set("filename") || args.is_set("kustomize") {
        if !args.words.is_empty() {
            return Err(select::beside_files(&args.words));
        }
        let read = manifests::chosen(context, args)?;
        let mut failures = Vec::new();
        let mut found = Vec::new();
        for manifest in read.objects {
            let written = Info { resource: manifest.resource, item: Item::Value(manifest.value.clone()) };
            if dry_run == DryRun::Client {
                found.push((written, manifest.source));
                continue;
            }
            if manifest.name().is_empty() {
                failures.push(error("resource name may not be empty").about("deleting", &manifest.source));
                continue;
            }
            match objects::get(context.cluster, manifest.resource, manifest.namespace(), manifest.name()) {
                Ok(info) => found.push((info, manifest.source)),
                Err(status) => failures.push(Failure::Api(status).about("deleting", &manifest.source)),
            }
        }
        return Ok((found, failures, read.failures));
    }
    if args.words.is_empty() {
        return Err(error(match args.is("all") || args.is_set("selector") {
            true => "at least one resource must be specified to use a selector",
            false => select::NOTHING_NAMED,
        }));
    }
    let query = select::query(context, args, &args.words)?;
    if let Wanted::Types(_) = &query.wanted {
        if query.selectors.is_empty() && !args.is("all") {
            return Err(error("resource(s) were provided, but no name was specified"));
        }
        if !query.selectors.is_empty() && args.is("all") {
            return Err(error("setting 'all' parameter but found a non empty selector. "));
        }
    } else if args.is("all") {
        return Err(select::names_beside_selector(&args.words));
    }
    let found = match &query.wanted {
        Wanted::Names(names) => by_name(context, names, &query.namespace, dry_run),
        Wanted::Types(_) => query.find(context),
    };
    Ok((found.infos.into_iter().map(|info| (info, String::new())).collect(), found.failures, Vec::new()))
}

/// Named objects. A dry run of the client takes them at their word.
fn by_name(
    context: &Context,
    names: &[(&'static Resource, String)],
    namespace: &str,
    dry_run: DryRun,
) -> Found {
    let mut found = Found::default();
    for (resource, name) in names {
        let info = match dry_run {
            DryRun::Client => {
                let value = json!({"metadata": {"name": name, "namespace": namespace}});
                Ok(Info { resource, item: Item::Value(value) })
            }
            _ => objects::get(context.cluster, resource, namespace, name),
        };
        match info {
            Ok(info) => found.infos.push(info),
            Err(status) => found.failures.push(Failure::Api(status)),
        }
    }
    found
}

/// `--interactive`: what is to be deleted is shown, and only a yes deletes it.
fn is_confirmed(context: &mut Context, targets: &[(Info, String)]) -> Result<bool, Failure> {
    if !context.stdin.ended {
        return Err(Failure::NeedsInput);
    }
    let names: String = targets.iter().map(|(info, _)| format!("{}\n", info.reference())).collect();
    context.print(format!(
        "You are about to delete the following {} resource(s):\n{names}Do you want to continue? (y/n): ",
        targets.len()
    ));
    let yes = context.stdin.text.lines().next().is_some_and(|line| line.trim().eq_ignore_ascii_case("y"));
    if !yes {
        context.print("deletion is cancelled\n");
    }
    Ok(yes)
}

fn report(context: &mut Context, args: &Args, info: &Info, dry_run: DryRun, grace: Option<i64>) {
    let line = match args.text("output") {
        "name" => info.reference(),
        _ => {
            let operation = if grace == Some(0) { "force deleted" } else { "deleted" };
            let place = match info.resource.namespaced {
                true => format!(" from {} namespace", info.namespace()),
                false => String::new(),
            };
            let (kind, name) = (info.resource.qualified(), info.name());
            format!("{kind} \"{name}\" {operation}{place}{}", dry_run.suffix())
        }
    };
    context.print(line + "\n");
}

/// An object that must be gone.
#[derive(Clone, Debug)]
pub struct Awaited {
    pub resource: &'static Resource,
    pub kind: Kind,
    pub key: ObjectKey,
    pub uid: String,
}

impl Awaited {
    pub fn is_gone(&self, context: &Context) -> bool {
        let found = context.cluster.api().find(self.kind, &self.key).map(Object::metadata);
        found.is_none_or(|meta| meta.uid != self.uid)
    }
}

/// Waits until deleted objects are gone.
#[derive(Debug)]
pub struct WaitGone {
    pub awaited: Vec<Awaited>,
    pub until: Time,
}

impl WaitGone {
    /// # Errors
    /// When the time is over.
    pub fn poll(&mut self, context: &mut Context) -> Result<Progress, Failure> {
        let left = self.awaited.iter().find(|awaited| !awaited.is_gone(context));
        let Some(left) = left else { return Ok(Progress::Done(0)) };
        if context.now() >= self.until {
            let (plural, name) = (left.resource.plural, &left.key.name);
            return Err(error(format!("timed out waiting for the condition on {plural}/{name}")));
        }
        Ok(Progress::Waiting { until: Some(self.until) })
    }
}
