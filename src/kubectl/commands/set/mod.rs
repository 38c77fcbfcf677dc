//! `kubectl set`: single fields of pods and of pod templates.
// Models staging/src/k8s.io/kubectl/pkg/cmd/set

pub mod env;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::change::{check_local, split_pairs, targets};
use super::{DryRun, apply, done};
use crate::api::codec::Map;
use crate::api::core::{Container, PodSpec};
use crate::api::decode::{Validation, decode};
use crate::api::quantity::Quantity;
use crate::api::view::{self, Fields};
use crate::api::{Object, Shared};
use crate::apiserver::patch::{DiffOptions, diff_objects};
use crate::apiserver::{PatchKind, Shown, Subresource};
use crate::kubectl::failure::{Failure, error};
use crate::kubectl::flags::Args;
use crate::kubectl::objects::{Info, Item, stored_kind};
use crate::kubectl::output::format::{self, Format, Formats};
use crate::kubectl::{Context, Outcome, manifests, select};

/// How a command speaks of what it does.
struct Words {
    done: &'static str,
    refused: &'static str,
    /// Even a patch that changes nothing is sent.
    always: bool,
    /// What is said once the server has changed the first object, instead of the rest.
    ends: Option<&'static str>,
}

impl Words {
    const fn new(done: &'static str, refused: &'static str) -> Words {
        Words { done, refused, always: false, ends: None }
    }
}

/// One object under change.
struct Subject<'a, 'c> {
    context: &'a mut Context<'c>,
    /// As it was.
    before: &'a Object,
    spec: &'a mut PodSpec,
    /// What went wrong and does not keep the rest from being changed.
    failures: &'a mut Vec<Failure>,
    /// Something was said of this object that is to be said of each.
    told: bool,
}

/// What was done so far.
#[derive(Default)]
struct Work {
    failures: Vec<Failure>,
    /// What became of the specs that many pods share, by where they lie.
    alike: BTreeMap<usize, Alike>,
}

struct Alike {
    /// Stays where it is.
    _before: Shared<PodSpec>,
    after: Shared<PodSpec>,
    patch: Map,
}

/// Changes an object; false: nothing of it is to be sent.
///
/// An error keeps this object as it is.
type Edit<'a> = &'a mut dyn FnMut(&mut Subject) -> Result<bool, String>;

struct Patch {
    /// As it is to be.
    object: Object,
    /// The same in the words of the file from which it came.
    file: Option<Value>,
    patch: Map,
}

pub fn holder(context: &mut Context, args: &Args) -> Outcome {
    super::holder(context, args, "set")
}

/// What every command looks at first.
fn format_of(context: &Context, args: &Args) -> Result<Format, Failure> {
    DryRun::of(args)?;
    format::format(context, args, Formats::Change)
}

/// The objects that are meant; where no server is asked, words name none.
fn found(context: &Context, args: &Args, words: &[String]) -> Result<Vec<Info>, Failure> {
    let found = targets(context, args, if args.is("local") { &[] } else { words })?;
    Failure::of(found.failures)?;
    Ok(found.infos)
}

/// Changes all objects, then sends what has changed.
fn change(
    context: &mut Context,
    args: &Args,
    infos: Vec<Info>,
    (words, format): (&Words, &Format),
    edit: Edit,
) -> Outcome {
    let (mut work, mut patches) = (Work::default(), Vec::new());
    for info in infos {
        let name = object_name(args, &info);
        match patch_of(context, args, info, edit, &mut work) {
            Ok(Some(patch)) => patches.push(Ok(patch)),
            Ok(None) => {}
            // The line ends twice.
            Err(problem) => patches.push(Err(error(format!("error: {name} {problem}\n")))),
        }
    }
    let mut failures = work.failures;
    for patch in patches {
        match patch {
            Ok(patch) if !words.always && patch.patch.is_empty() => {}
            Ok(patch) => failures.extend(send(context, args, patch, (words, format))?),
            Err(failure) => failures.push(failure),
        }
    }
    Failure::of(failures)?;
    done()
}

// Models staging/src/k8s.io/cli-runtime/pkg/resource/visitor.go Info.ObjectName
fn object_name(args: &Args, info: &Info) -> String {
    match args.is("local") {
        true if info.resource.group().is_empty() => info.reference(),
        true => info.reference() + "\n",
        false => format!("{}/{}", info.resource.plural, info.name()),
    }
}

// Models set/helper.go CalculatePatch
fn patch_of(
    context: &mut Context,
    args: &Args,
    info: Info,
    edit: Edit,
    Work { failures, alike }: &mut Work,
) -> Result<Option<Patch>, String> {
    let mut file = None;
    let before = match info.item {
        Item::Stored(object) | Item::Shown(Shown { object, .. }) => object,
        Item::Value(value) if args.is("local") => {
            let kind = stored_kind(info.resource).map_err(|failure| failure.message())?;
            let read = decode(kind, value.clone(), Validation::Ignore);
            file = Some(value);
            read.map_err(|status| status.message)?.0
        }
        Item::Value(_) => return Err(no_template(info.resource.kind)),
    };
    let mut object = before.clone();
    let spec = pod_spec(&mut object).ok_or_else(|| no_template(info.resource.kind))?;
    let kept = spec.clone();
    if let Some(Alike { after, patch, .. }) = alike.get(&kept.address()) {
        *spec = after.clone();
        return Ok(Some(Patch { object, file, patch: patch.clone() }));
    }
    let known_failures = failures.len();
    let mut subject = Subject { context, before: &before, spec, failures, told: args.is("record") };
    if !edit(&mut subject)? {
        return Ok(None);
    }
    let alone = subject.told || failures.len() > known_failures || file.is_some();
    let after = spec.clone();
    if let Some(line) = args.recorded() {
        object.metadata_mut().annotations.insert(manifests::CHANGE_CAUSE.to_owned(), line);
    }
    // What is not changed stays as the file has it.
    if let Some(file) = &mut file {
        file["spec"] = object.get("spec").map(view::to_value).unwrap_or_default();
        if file["status"].is_null() {
            file["status"] = json!({});
        }
        manifests::record(args, file);
    }
    let patch = diff_objects(&before, &object, DiffOptions { changes: true, deletions: true });
    if !alone {
        alike.insert(kept.address(), Alike { _before: kept, after, patch: patch.clone() });
    }
    Ok(Some(Patch { object, file, patch }))
}

fn no_template(kind: &str) -> String {
    format!("the object is not a pod or does not have a pod template: *v1.{kind}")
}

// Models polymorphichelpers/updatepodspec.go
fn pod_spec(object: &mut Object) -> Option<&mut Shared<PodSpec>> {
    match object {
        Object::Pod(pod) => Some(&mut Arc::make_mut(pod).spec),
        Object::Job(job) => Some(&mut Arc::make_mut(job).spec.template.spec),
        Object::CronJob(cron_job) => Some(&mut Arc::make_mut(cron_job).spec.job_template.spec.template.spec),
        _ => None,
    }
}

/// Sends a patch and tells what was done; the answer is what the server refused.
///
/// # Errors
/// What ends the command.
fn send(
    context: &mut Context,
    args: &Args,
    Patch { object, file, patch }: Patch,
    (words, format): (&Words, &Format),
) -> Result<Option<Failure>, Failure> {
    let dry_run = DryRun::of(args)?;
    let kind = object.kind();
    let resource = crate::kubectl::resources::of_kind(kind);
    let item = file.map_or(Item::Stored(object), Item::Value);
    let mut info = Info { resource, item };
    if !args.is("local") && dry_run != DryRun::Client {
        let api = context.cluster.api_mut();
        let patch = Value::Object(patch);
        let change = (PatchKind::Strategic, &patch);
        let sent = api.patch_value(kind, &info.key(), Subresource::Main, change, dry_run.options());
        let warnings = api.take_warnings();
        apply::warn(context, &warnings);
        info = match sent {
            Ok(object) => Info::stored(resource, object),
            Err(status) => return Ok(Some(error(format!("{} {}", words.refused, status.message)))),
        };
        if let Some(text) = words.ends {
            return Err(error(text));
        }
    }
    let text = match format.is_table() {
        true => format!("{} {}{}\n", info.reference(), words.done, dry_run.suffix()),
        false => format.print_typed(&info)?,
    };
    context.print(text);
    Ok(None)
}

/// The containers, then the init containers, whose names fit.
fn containers<'a>(spec: &'a mut PodSpec, pattern: &str) -> Vec<&'a mut Container> {
    let all = spec.containers.iter_mut().chain(&mut spec.init_containers);
    all.filter(|container| fits(&container.name, pattern)).collect()
}

/// Whether a name fits a pattern with stars, as loosely as the program compares them.
// Models set/helper.go selectString
fn fits(name: &str, pattern: &str) -> bool {
    if pattern == "*" || !pattern.contains('*') {
        return pattern == "*" || name == pattern;
    }
    let parts: Vec<&str> = pattern.split('*').collect();
    let mut at = 0;
    for (index, part) in parts.iter().enumerate().filter(|(_, part)| !part.is_empty()) {
        let Some(next) = name.get(at..).and_then(|rest| rest.find(part)) else { return false };
        if next < at || (index + 1 == parts.len() && name.len() != part.len() + next) {
            return false;
        }
        at = next;
    }
    true
}

pub fn image(context: &mut Context, args: &Args) -> Outcome {
    let format = format_of(context, args)?;
    let (named, pairs) = split_pairs(&args.words, "image")?;
    check_local(args)?;
    select::check_named(args, &named)?;
    let infos = found(context, args, &named)?;
    if pairs.is_empty() {
        return Err(error("at least one image update is required"));
    }
    if pairs.len() > 1 && pairs.iter().any(|(name, _)| name == "*") {
        return Err(error(
            "all containers are already specified by *, but saw more than one container_name=container_image pairs",
        ));
    }
    let words = Words::new("image updated", "failed to patch image update to pod template:");
    change(context, args, infos, (&words, &format), &mut |subject| {
        for (name, image) in &pairs {
            let all = subject.spec.init_containers.iter_mut().chain(&mut subject.spec.containers);
            let mut found = false;
            for container in all.filter(|container| name == "*" || container.name == *name) {
                container.image = image.clone().unwrap_or_default();
                found = true;
            }
            if !found {
                let name = select::quoted(name);
                subject.failures.push(error(format!("error: unable to find container named {name}")));
            }
        }
        Ok(true)
    })
}

pub fn service_account(context: &mut Context, args: &Args) -> Outcome {
    let format = format_of(context, args)?;
    let Some((name, named)) = args.words.split_last() else {
        return Err(error("serviceaccount is required"));
    };
    let infos = found(context, args, named)?;
    let words = Words::new("serviceaccount updated", "failed to patch ServiceAccountName");
    let words = Words { always: true, ..words };
    change(context, args, infos, (&words, &format), &mut |subject| {
        subject.spec.service_account_name = name.clone();
        Ok(true)
    })
}

pub fn resources(context: &mut Context, args: &Args) -> Outcome {
    let format = format_of(context, args)?;
    select::check_named(args, &args.words)?;
    let infos = found(context, args, &args.words)?;
    check_local(args)?;
    if args.text("limits").is_empty() && args.text("requests").is_empty() {
        return Err(error(
            "you must specify an update to requests or limits (in the form of --requests/--limits)",
        ));
    }
    let (limits, requests) = (amounts(args.text("limits"))?, amounts(args.text("requests"))?);
    let refused = "failed to patch resources update to pod template";
    let words = Words::new("resource requirements updated", refused);
    change(context, args, infos, (&words, &format), &mut |subject| {
        let name = args.text("containers");
        let found = containers(subject.spec, name);
        let is_there = !found.is_empty();
        if !is_there {
            subject.failures.push(error(format!("error: unable to find container named {name}")));
        }
        for container in found {
            container.resources.limits.extend(limits.clone());
            container.resources.requests.extend(requests.clone());
        }
        Ok(is_there)
    })
}

/// `cpu=1,memory=1Gi`
// Models pkg/generate/versioned/run.go populateResourceListV1
fn amounts(text: &str) -> Result<BTreeMap<String, Value>, Failure> {
    let mut amounts = BTreeMap::new();
    for statement in text.split(',').filter(|_| !text.is_empty()) {
        let Some((name, amount)) = statement.split_once('=').filter(|(_, amount)| !amount.contains('='))
        else {
            return Err(error(format!("Invalid argument syntax {statement}, expected <resource>=<value>")));
        };
        amounts.insert(name.to_owned(), Value::from(Quantity::parse(amount).map_err(error)?.to_string()));
    }
    Ok(amounts)
}
