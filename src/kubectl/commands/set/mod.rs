//! `kubectl set`: single fields of pods and of pod templates.
// Models staging/src/k8s.io/kubectl/pkg/cmd/set

pub mod env;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::change::{check_local, split_pairs, targets};
use super::{DryRun, apply, done};
use crate::api::Object;
use crate::api::core::{Container, PodSpec};
use crate::api::decode::{Validation, decode};
use crate::api::quantity::Quantity;
use crate::apiserver::patch::{DiffOptions, diff_maps};
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
}

/// Changes an object; false: nothing of it is to be sent.
///
/// An error keeps this object as it is.
type Edit<'a> = &'a mut dyn FnMut(&mut Subject) -> Result<bool, String>;

struct Patch {
    object: Object,
    after: Value,
    patch: Value,
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
    let (mut failures, mut patches) = (Vec::new(), Vec::new());
    for info in infos {
        let name = object_name(args, &info);
        match patch_of(context, args, info, edit, &mut failures) {
            Ok(Some(patch)) => patches.push(Ok(patch)),
            Ok(None) => {}
            // The line ends twice.
            Err(problem) => patches.push(Err(error(format!("error: {name} {problem}\n")))),
        }
    }
    for patch in patches {
        match patch {
            Ok(patch) if !words.always && patch.patch.as_object().is_some_and(|it| it.is_empty()) => {}
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
    failures: &mut Vec<Failure>,
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
    if !edit(&mut Subject { context, before: &before, spec, failures })? {
        return Ok(None);
    }
    let (before, mut after) = (before.to_value(), object.to_value());
    // What is not changed stays as the file has it.
    if let Some(mut file) = file {
        file["spec"] = after["spec"].take();
        if file["status"].is_null() {
            file["status"] = json!({});
        }
        after = file;
    }
    manifests::record(args, &mut after);
    let patch = match (&before, &after) {
        (Value::Object(before), Value::Object(after)) => {
            diff_maps(before, after, DiffOptions { changes: true, deletions: true })
        }
        _ => Default::default(),
    };
    Ok(Some(Patch { object, after, patch: Value::Object(patch) }))
}

fn no_template(kind: &str) -> String {
    format!("the object is not a pod or does not have a pod template: *v1.{kind}")
}

// Models polymorphichelpers/updatepodspec.go
fn pod_spec(object: &mut Object) -> Option<&mut PodSpec> {
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
    Patch { object, after, patch }: Patch,
    (words, format): (&Words, &Format),
) -> Result<Option<Failure>, Failure> {
    let dry_run = DryRun::of(args)?;
    let resource = crate::kubectl::resources::of_kind(object.kind());
    let mut info = Info { resource, item: Item::Value(after) };
    if !args.is("local") && dry_run != DryRun::Client {
        let api = context.cluster.api_mut();
        let change = (PatchKind::Strategic, &patch);
        let sent = api.patch_value(object.kind(), &info.key(), Subresource::Main, change, dry_run.options());
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
