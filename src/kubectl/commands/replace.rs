//! `kubectl replace` and `kubectl diff`.
// Models staging/src/k8s.io/kubectl/pkg/cmd/replace/replace.go and diff/diff.go

use serde_json::Value;

use super::apply::{self, Orders};
use super::delete::Awaited;
use super::{DryRun, done, prune};
use crate::api::Status;
use crate::api::decode::decode;
use crate::api::status::StatusReason;
use crate::apiserver::apply::{LAST_APPLIED, last_applied, three_way_patch, with_last_applied};
use crate::apiserver::{DeleteOptions, ObjectKey, PatchKind, Propagation, Subresource, WriteOptions};
use crate::base::digest::Digest;
use crate::base::{Duration, line_diff, sorted};
use crate::kubectl::failure::{Failure, error, usage_error};
use crate::kubectl::flags::Args;
use crate::kubectl::manifests::{self, Manifest};
use crate::kubectl::objects::{Info, not_found, stored_kind};
use crate::kubectl::output::yaml::to_yaml;
use crate::kubectl::resources::Resource;
use crate::kubectl::task::{Progress, Task};
use crate::kubectl::{Context, Next, Outcome};

pub fn run(context: &mut Context, args: &Args) -> Outcome {
    if !args.is_set("filename") && !args.is_set("kustomize") {
        return Err(error("must specify one of -f and -k"));
    }
    if !args.words.is_empty() {
        return Err(unexpected("replace", args));
    }
    let orders = Orders::of(context, args)?;
    if orders.force && orders.dry_run != DryRun::No {
        return Err(error("--dry-run can not be used when --force is set"));
    }
    let read = manifests::read(context, args)?;
    if orders.force {
        return force(context, orders, read.objects, read.failures);
    }
    if args.is_set("grace-period") && args.number("grace-period") >= 0 {
        return Err(error("--grace-period must have --force specified"));
    }
    if args.is_set("timeout") && args.duration("timeout") != Duration::ZERO {
        return Err(error("--timeout must have --force specified"));
    }
    let subresource = subresource(args);
    let mut failures = read.failures;
    if read.objects.is_empty() && failures.is_empty() {
        return Err(error("no objects passed to replace"));
    }
    for manifest in &read.objects {
        match replace_one(context, &orders, manifest, subresource) {
            Ok(info) => report(context, &orders, &info)?,
            Err(failure) => failures.push(failure.about("replacing", &manifest.source)),
        }
    }
    Failure::of(failures)?;
    done()
}

fn report(context: &mut Context, orders: &Orders, info: &Info) -> Result<(), Failure> {
    let text = match orders.format.is_table() {
        true => format!("{} replaced{}\n", info.reference(), orders.dry_run.suffix()),
        false => orders.format.print(info)?,
    };
    context.print(text);
    Ok(())
}

/// The part of the objects that is replaced; `None` for one that they do not have.
fn subresource(args: &Args) -> Option<Subresource> {
    match args.text("subresource") {
        "" => Some(Subresource::Main),
        "status" => Some(Subresource::Status),
        _ => None,
    }
}

fn replace_one(
    context: &mut Context,
    orders: &Orders,
    manifest: &Manifest,
    subresource: Option<Subresource>,
) -> Result<Info, Failure> {
    let Some(subresource) = subresource else {
        let message = "the server could not find the requested resource";
        let status = Status { reason: StatusReason::NotFound, ..Status::bad_request(message) };
        return Err(Failure::Api(status));
    };
    let kind = stored_kind(manifest.resource)?;
    let key = key_of(manifest);
    let stored = context.cluster.api().get(kind, &key).cloned()?;
    // What was made by apply stays so.
    let mut value = match last_applied(&stored.to_value()) {
        Some(_) => with_last_applied(&manifest.value),
        None => manifest.value.clone(),
    };
    // Without a version the one that is there is replaced, whichever it is.
    if let Some(Value::Object(metadata)) = value.get_mut("metadata")
        && metadata.get("resourceVersion").and_then(Value::as_str).is_none_or(str::is_empty)
    {
        metadata.remove("resourceVersion");
    }
    if orders.dry_run == DryRun::Client {
        return Ok(Info { resource: manifest.resource, item: crate::kubectl::objects::Item::Value(value) });
    }
    let (object, warnings) = decode(kind, value, orders.validation)?;
    apply::warn(context, &warnings);
    let options = orders.dry_run.options();
    let object = context.cluster.api_mut().update_with(object, subresource, options)?;
    let warnings = context.cluster.api_mut().take_warnings();
    apply::warn(context, &warnings);
    Ok(Info::stored(manifest.resource, object))
}

fn key_of(manifest: &Manifest) -> ObjectKey {
    ObjectKey::new(if manifest.resource.namespaced { manifest.namespace() } else { "" }, manifest.name())
}

/// `--force`: everything is deleted, and made anew when it is gone.
pub struct ForceReplace {
    orders: Orders,
    manifests: Vec<Manifest>,
    awaited: Vec<Awaited>,
    failures: Vec<Failure>,
}

impl std::fmt::Debug for ForceReplace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ForceReplace").field("awaited", &self.awaited).finish_non_exhaustive()
    }
}

fn force(context: &mut Context, orders: Orders, manifests: Vec<Manifest>, failures: Vec<Failure>) -> Outcome {
    let mut awaited = Vec::new();
    let options = DeleteOptions { propagation: Some(Propagation::Background), ..DeleteOptions::default() };
    for manifest in &manifests {
        let kind = stored_kind(manifest.resource)?;
        let key = key_of(manifest);
        let Some(stored) = context.cluster.api().find(kind, &key) else { continue };
        let uid = stored.metadata().uid.clone();
        context.cluster.api_mut().delete(kind, &key, &options)?;
        let place = match manifest.resource.namespaced {
            true => format!(" from {} namespace", key.namespace),
            false => String::new(),
        };
        context.print(format!("{} \"{}\" deleted{place}\n", manifest.resource.qualified(), key.name));
        awaited.push(Awaited { resource: manifest.resource, kind, key, uid });
    }
    Ok(Next::Wait(Task::Replace(Box::new(ForceReplace { orders, manifests, awaited, failures }))))
}

impl ForceReplace {
    /// # Errors
    /// What the server answers when the objects are made anew.
    pub fn poll(&mut self, context: &mut Context) -> Result<Progress, Failure> {
        if !self.awaited.iter().all(|awaited| awaited.is_gone(context)) {
            return Ok(Progress::Waiting { until: None });
        }
        for manifest in &self.manifests {
            match apply::create(context, &self.orders, manifest.resource, manifest.value.clone()) {
                Ok(info) => report(context, &self.orders, &info)?,
                Err(failure) => self.failures.push(failure),
            }
        }
        Failure::of(std::mem::take(&mut self.failures))?;
        Ok(Progress::Done(0))
    }
}

fn unexpected(command: &str, args: &Args) -> Failure {
    usage_error(command, &format!("Unexpected args: [{}]", args.words.join(" ")))
}

/// What `kubectl diff` makes of flags that it does not take: 1 says that there are differences.
// Models diff.go NewCmdDiff SetFlagErrorFunc
pub fn wrong_flags(context: &mut Context, failure: &Failure) -> Failure {
    let text = failure.message();
    let text = text.split('\n').next().unwrap_or_default();
    context.print_error(usage_error("diff", text).text());
    Failure::Silent(2)
}

/// `kubectl diff`: exit status 1 says that there are differences, a higher one that it went wrong.
pub fn diff(context: &mut Context, args: &Args) -> Outcome {
    differences(context, args).map_err(|failure| match failure {
        Failure::NeedsInput => failure,
        failure => {
            context.print_error(failure.text());
            Failure::Silent(2)
        }
    })
}

fn differences(context: &mut Context, args: &Args) -> Outcome {
    let pruned = prune::allowed(args)?;
    if !args.words.is_empty() {
        return Err(unexpected("diff", args));
    }
    if !args.is_set("filename") && !args.is_set("kustomize") {
        return Err(error("must specify one of -f and -k"));
    }
    let orders = Orders::of(context, args)?;
    let read = manifests::chosen(context, args)?;
    // It stops at the first file that cannot be read.
    let mut failures: Vec<Failure> = read.failures.into_iter().take(1).collect();
    let mut differences = Vec::new();
    for manifest in &read.objects {
        match versions(context, &orders, manifest) {
            Ok((before, after)) if before == after => {}
            Ok((before, after)) => {
                let file = file_of(manifest.resource, manifest.namespace(), manifest.name());
                differences.push(unified(context, file, &before, Some(&after)));
            }
            Err(failure) => failures.push(failure),
        }
    }
    Failure::of(failures)?;
    if args.is("prune") {
        for info in prune::unnamed(context, args, &pruned, &read.objects)? {
            let file = file_of(info.resource, info.namespace(), info.name());
            differences.push(unified(context, file, &to_yaml(&info), None));
        }
    }
    // The folders of both versions are compared file by file.
    sorted::sort(&mut differences);
    let differs = !differences.is_empty();
    differences.into_iter().for_each(|(_, text)| context.print(text));
    Ok(Next::Done(i32::from(differs)))
}

/// The file that stands for an object.
fn file_of(resource: &Resource, namespace: &str, name: &str) -> String {
    format!("{}.{}.{namespace}.{name}", resource.api_version.replace('/', "."), resource.kind)
}

/// The object as it is, and as apply would leave it, as YAML.
fn versions(
    context: &mut Context,
    orders: &Orders,
    manifest: &Manifest,
) -> Result<(String, String), Failure> {
    let kind = stored_kind(manifest.resource)?;
    let key = key_of(manifest);
    if manifest.name().is_empty() {
        return Err(Failure::Api(not_found(manifest.resource, "")));
    }
    // What the manifest would leave, but for the annotation that repeats it.
    let mut modified = with_last_applied(&manifest.value);
    if let Some(Value::Object(annotations)) = modified.pointer_mut("/metadata/annotations") {
        annotations.remove(LAST_APPLIED);
    }
    let options = WriteOptions { dry_run: true };
    let Some(stored) = context.cluster.api().find(kind, &key).cloned() else {
        let (object, _) = decode(kind, modified, orders.validation)?;
        let object = context.cluster.api_mut().create_with(object, options)?;
        return Ok((String::new(), to_yaml(&object.to_value())));
    };
    let live = stored.to_value();
    let patch = three_way_patch(last_applied(&live).as_ref(), &modified, &live)
        .map_err(|problem| error(problem.to_string()))?;
    let change = (PatchKind::Strategic, &patch);
    let after = context.cluster.api_mut().patch_value(kind, &key, Subresource::Main, change, options)?;
    Ok((to_yaml(&live), to_yaml(&after.to_value())))
}

/// A file with what differs in it, as `diff -u -N` tells it of two folders whose names end by chance.
fn unified(context: &Context, file: String, before: &str, after: Option<&str>) -> (String, String) {
    let now = context.now();
    let fraction = format!(".{:03}000000 +0000", now.as_millis().rem_euclid(1000));
    let written = now.to_timestamp().to_string().replace('T', " ").replace('Z', &fraction);
    let place = |what: &str| {
        let chance = Digest::of(&[what, &written]).number() as u32;
        format!("/tmp/{what}-{chance}/{file}")
    };
    let (live, merged) = (place("LIVE"), place("MERGED"));
    let merged_at = if after.is_some() { &written } else { "1970-01-01 00:00:00.000000000 +0000" };
    let mut text = format!("diff -u -N {live} {merged}\n--- {live}\t{written}\n+++ {merged}\t{merged_at}\n");
    let before: Vec<&str> = before.lines().collect();
    let after: Vec<&str> = after.unwrap_or_default().lines().collect();
    text += &line_diff::hunks(&before, &after);
    (file, text)
}
