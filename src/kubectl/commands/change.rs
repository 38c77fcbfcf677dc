//! `kubectl label`, `annotate`, `scale`.
// Models staging/src/k8s.io/kubectl/pkg/cmd/label/label.go, annotate/annotate.go, scale/scale.go

use serde_json::{Value, json};

use super::{DryRun, done};
use crate::api::Status;
use crate::api::codec::Map;
use crate::api::status::StatusReason;
use crate::api::validation::names::label_value;
use crate::api::view;
use crate::apiserver::patch::apply_patch;
use crate::apiserver::{PatchKind, Subresource};
use crate::kubectl::failure::{Failure, error};
use crate::kubectl::flags::Args;
use crate::kubectl::manifests::{self, Manifest};
use crate::kubectl::objects::{self, Info, Item, stored_kind};
use crate::kubectl::output::format::{self, Formats};
use crate::kubectl::select::{self, Found, Wanted};
use crate::kubectl::{Context, Outcome};

/// The objects that words, selectors or files of a changing command mean.
///
/// # Errors
/// When nothing is named.
pub fn targets(context: &Context, args: &Args, words: &[String]) -> Result<Found, Failure> {
    if args.is_set("filename") && args.is("local") {
        let read = manifests::read(context, args)?;
        let here =
            |manifest: Manifest| Info { resource: manifest.resource, item: Item::Value(manifest.value) };
        let infos = read.objects.into_iter().map(here).collect();
        return Ok(Found { infos, failures: read.failures, ..Found::default() });
    }
    if args.is_set("filename") {
        return manifests::find(context, args, words, objects::look_up);
    }
    if words.is_empty() {
        return Err(select::nothing_named(args));
    }
    for selector in ["selector", "field-selector"] {
        if args.is("all") && args.is_set(selector) {
            return Err(error(format!("cannot set --all and --{selector} at the same time")));
        }
    }
    let query = select::query(context, args, words)?;
    if matches!(query.wanted, Wanted::Types(_)) && query.selectors.is_empty() && !args.is("all") {
        return Err(error("resource(s) were provided, but no name was specified"));
    }
    Ok(query.find(context))
}

/// No server is asked where only files are changed.
pub fn check_local(args: &Args) -> Result<(), Failure> {
    match args.is("local") && DryRun::of(args)? == DryRun::Server {
        true => Err(error("cannot specify --local and --dry-run=server - did you mean --dry-run=client?")),
        false => Ok(()),
    }
}

/// `KEY=VALUE` sets, `KEY-` removes.
pub type Pairs = Vec<(String, Option<String>)>;

/// The words before the first pair, and the pairs.
///
/// # Errors
/// For what is no pair, and for a key that is both set and removed.
pub fn split_pairs(words: &[String], what: &str) -> Result<(Vec<String>, Pairs), Failure> {
    let is_pair =
        |word: &str| (word.contains('=') && !word.starts_with('=')) || (word.ends_with('-') && word != "-");
    let at = words.iter().position(|word| is_pair(word)).unwrap_or(words.len());
    let (named, changes) = words.split_at(at);
    let mut pairs: Pairs = Vec::new();
    for word in changes {
        let pair = match word.split_once('=') {
            Some((_, value)) if what == "label" && value.contains('=') => {
                return Err(error(format!("invalid label spec: {word}")));
            }
            Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
            None => match word.strip_suffix('-') {
                Some(key) => (key.to_owned(), None),
                None => {
                    return Err(error(format!(
                        "all resources must be specified before {what} changes: {word}"
                    )));
                }
            },
        };
        if pairs.iter().any(|(key, value)| *key == pair.0 && value.is_some() != pair.1.is_some()) {
            return Err(error(match what {
                "label" => "can not both modify and remove a label in the same command".to_owned(),
                _ => format!(
                    "can not both modify and remove the following {what}(s) in the same command: {}",
                    pair.0
                ),
            }));
        }
        pairs.push(pair);
    }
    Ok((named.to_vec(), pairs))
}

pub fn label(context: &mut Context, args: &Args) -> Outcome {
    change_metadata(context, args, "labels", "label")
}

pub fn annotate(context: &mut Context, args: &Args) -> Outcome {
    change_metadata(context, args, "annotations", "annotation")
}

fn change_metadata(context: &mut Context, args: &Args, field: &str, what: &str) -> Outcome {
    let (named, pairs) = split_pairs(&args.words, what)?;
    check_local(args)?;
    if named.is_empty() && !args.is_set("filename") {
        return Err(error(
            "one or more resources must be specified as <resource> <name> or <resource>/<name>",
        ));
    }
    if pairs.is_empty() && !args.is("list") {
        return Err(error(format!("at least one {what} update is required")));
    }
    if args.is("local") && !args.is_set("filename") {
        let file = if what == "label" {
            "pod.yaml or --filename=pod.json"
        } else {
            "rsrc.yaml or --filename=rsrc.json"
        };
        return Err(error(format!("can only use local files by -f {file} when --local=true is set")));
    }
    let values = pairs.iter().filter_map(|(key, value)| Some((key, value.as_ref()?)));
    for (key, value) in values.filter(|_| what == "label") {
        let problems = label_value(value);
        if !problems.is_empty() {
            let problems = problems.join("; ");
            return Err(error(format!("invalid label value: \"{key}={value}\": {problems}")));
        }
    }
    if args.is("list") && args.is_set("output") {
        return Err(error("--list and --output may not be specified together"));
    }
    let found = targets(context, args, &named)?;
    let mut failures = found.failures;
    let single = match named.as_slice() {
        [reference] => reference.contains('/'),
        named => named.len() == 2 && !named.iter().any(|word| word.contains(['/', ','])),
    };
    if !single && !named.is_empty() && !args.text("resource-version").is_empty() {
        return Err(error("--resource-version may only be used with a single resource"));
    }
    for info in &found.infos {
        if args.is("list") {
            let current = metadata_of(info, field);
            match metadata_patch(context, args, &current, &pairs, (field, what)) {
                Ok(patch) => list(context, info, current, &patch, field, !single),
                Err(failure) => failures.push(failure),
            }
        } else if let Err(failure) = change_one(context, args, info, &pairs, field, what) {
            failures.push(failure);
        }
    }
    Failure::of(failures)?;
    done()
}

/// `--list`: what is there once the patch is applied; with a title for each of several objects.
fn list(context: &mut Context, info: &Info, mut listed: Map, patch: &Value, field: &str, titled: bool) {
    let indent = if titled { " " } else { "" };
    let mut text = String::new();
    if titled {
        let (kind, group) = (info.resource.kind, info.resource.group());
        text += &format!("Listing {field} for {kind}.{group}/{}:\n", info.name());
    }
    for (key, value) in patch["metadata"][field].as_object().into_iter().flatten() {
        match value {
            Value::Null => drop(listed.remove(key)),
            value => drop(listed.insert(key.clone(), value.clone())),
        }
    }
    for (key, value) in listed {
        text += &format!("{indent}{key}={}\n", value.as_str().unwrap_or_default());
    }
    context.print(text);
}

/// The labels or the annotations of an object.
fn metadata_of(info: &Info, field: &str) -> Map {
    match view::at(info, &["metadata", field]).map(view::to_value) {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

fn change_one(
    context: &mut Context,
    args: &Args,
    info: &Info,
    pairs: &Pairs,
    field: &str,
    what: &str,
) -> Result<(), Failure> {
    let current = metadata_of(info, field);
    let patch = metadata_patch(context, args, &current, pairs, (field, what))?;
    let wanted = patch["metadata"][field].as_object().into_iter().flatten();
    let changed = wanted.into_iter().any(|(key, wanted)| current.get(key).unwrap_or(&Value::Null) != wanted);
    let all_removed = pairs.iter().all(|(_, wanted)| wanted.is_none());
    let operation = match (what, changed) {
        ("label", false) => "not labeled",
        ("label", true) if all_removed => "unlabeled",
        ("label", true) => "labeled",
        _ => "annotated",
    };
    send(context, args, info, (PatchKind::JsonMerge, patch), operation)
}

/// The patch that makes the changes, where they may be made.
fn metadata_patch(
    context: &mut Context,
    args: &Args,
    current: &Map,
    pairs: &Pairs,
    (field, what): (&str, &str),
) -> Result<Value, Failure> {
    let mut changes = Map::new();
    let mut clashes = Vec::new();
    for (key, wanted) in pairs {
        let before = current.get(key).and_then(Value::as_str);
        match (before, wanted) {
            (Some(before), Some(wanted)) if before != wanted && !args.is("overwrite") => {
                clashes.push(format!("'{key}' already has a value ({before})"));
            }
            (None, None) if what == "label" && !args.is("list") => {
                context.print(format!("{what} \"{key}\" not found.\n"))
            }
            _ => {}
        }
        changes.insert(key.clone(), wanted.as_deref().map_or(Value::Null, Value::from));
    }
    if !clashes.is_empty() {
        let clashes = clashes.join("; ");
        return Err(error(match what {
            "label" => format!("{clashes}, and --overwrite is false"),
            _ => format!("--overwrite is false but found the following declared annotation(s): {clashes}"),
        }));
    }
    let mut patch = json!({"metadata": {field: changes}});
    if !args.text("resource-version").is_empty() {
        patch["metadata"]["resourceVersion"] = Value::from(args.text("resource-version"));
    }
    Ok(patch)
}

/// Sends a patch and tells what was done.
///
/// # Errors
/// What the server answers.
pub fn send(
    context: &mut Context,
    args: &Args,
    info: &Info,
    patch: (PatchKind, Value),
    operation: &str,
) -> Result<(), Failure> {
    let suffix = DryRun::of(args)?.suffix();
    send_as(context, args, info, patch, &format!("{operation}{suffix}"))
}

/// The same, where the command's words for what was done say nothing of a dry run.
///
/// # Errors
/// What the server answers.
pub fn send_as(
    context: &mut Context,
    args: &Args,
    info: &Info,
    (kind, mut patch): (PatchKind, Value),
    done: &str,
) -> Result<(), Failure> {
    let format = format::format(context, args, Formats::Change)?;
    manifests::record(args, &mut patch);
    let patch = (kind, &patch);
    let info = match args.is("local") {
        true => changed_here(info, patch)?,
        false => {
            let (kind, options) = (stored_kind(info.resource)?, DryRun::of(args)?.options());
            let api = context.cluster.api_mut();
            Info::stored(
                info.resource,
                api.patch_value(kind, &info.key(), Subresource::Main, patch, options)?,
            )
        }
    };
    let text = match format.is_table() {
        true => format!("{} {done}\n", info.reference()),
        false => format.print(&info)?,
    };
    context.print(text);
    Ok(())
}

/// `--local`: the server is not asked.
///
/// # Errors
/// When the patch does not fit.
pub fn changed_here(info: &Info, (kind, patch): (PatchKind, &Value)) -> Result<Info, Failure> {
    let value = apply_patch(info.item.to_value(), kind, patch).map_err(|problem| error(problem.locally()))?;
    Ok(Info { resource: info.resource, item: Item::Value(value) })
}

/// Jobs have no scale: the server does not know the request.
pub fn scale(context: &mut Context, args: &Args) -> Outcome {
    if !args.is_set("replicas") {
        return Err(error("required flag(s) \"replicas\" not set"));
    }
    if args.number("replicas") < 0 {
        return Err(error(
            "The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0",
        ));
    }
    // What files name is not looked up before.
    let (named, failures) = if args.is_set("filename") && args.words.is_empty() {
        let read = manifests::chosen(context, args)?;
        (read.objects.first().map(|manifest| manifest.resource), read.failures)
    } else {
        let found = targets(context, args, &args.words)?;
        (found.infos.first().map(|info| info.resource), found.failures)
    };
    if named.is_none() && !failures.is_empty() {
        let causes: Vec<String> = failures.iter().map(Failure::message).collect();
        return Err(error(format!("no objects passed to scale {}", causes.join(", "))));
    }
    // The first refusal is the last.
    let Some(resource) = named else { return Err(error("no objects passed to scale")) };
    stored_kind(resource)?;
    let message = "the server could not find the requested resource";
    Err(Failure::Api(Status { reason: StatusReason::NotFound, ..Status::bad_request(message) }))
}
