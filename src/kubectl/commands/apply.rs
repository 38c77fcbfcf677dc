//! `kubectl apply`.
// Models staging/src/k8s.io/kubectl/pkg/cmd/apply/apply.go and patcher.go

use serde_json::{Value, json};

use super::{DryRun, delete, done, prune};
use crate::api::Object;
use crate::api::decode::{Validation, decode};
use crate::api::status::StatusReason;
use crate::apiserver::apply::{LAST_APPLIED, go_json_line, last_applied, three_way_patch, with_last_applied};
use crate::apiserver::managers::{Apply, SERVER_SIDE};
use crate::apiserver::{DeleteOptions, ObjectKey, PatchKind, Subresource};
use crate::kubectl::failure::{Failure, error, usage_error};
use crate::kubectl::flags::Args;
use crate::kubectl::manifests::{self, Manifest, Manifests};
use crate::kubectl::objects::{Info, Item, stored_kind};
use crate::kubectl::output::format::{self, Format, Formats};
use crate::kubectl::output::yaml::to_yaml;
use crate::kubectl::resources::Resource;
use crate::kubectl::select::path_problems;
use crate::kubectl::{Context, Outcome};

/// What a command line asks of every object.
pub struct Orders {
    pub dry_run: DryRun,
    pub validation: Validation,
    pub format: Format,
    /// Delete and make anew what cannot be changed.
    pub force: bool,
    /// The server merges, and knows who set which field.
    pub server_side: Option<ServerSide>,
}

/// What server-side apply is told.
pub struct ServerSide {
    pub manager: String,
    pub force_conflicts: bool,
}

impl ServerSide {
    fn of(args: &Args) -> Option<ServerSide> {
        let manager = match args.text("field-manager") {
            "" => SERVER_SIDE,
            given => given,
        };
        let force_conflicts = args.is("force-conflicts");
        args.is("server-side").then(|| ServerSide { manager: manager.to_owned(), force_conflicts })
    }
}

impl Orders {
    /// # Errors
    /// For values that the flags do not take.
    pub fn of(context: &Context, args: &Args) -> Result<Orders, Failure> {
        Ok(Orders {
            dry_run: DryRun::of(args)?,
            validation: manifests::validation(args)?,
            format: format::format(context, args, Formats::Change)?,
            force: args.is("force"),
            server_side: ServerSide::of(args),
        })
    }
}

pub fn run(context: &mut Context, args: &Args) -> Outcome {
    if !args.words.is_empty() {
        let text = format!("Unexpected args: [{}]", args.words.join(" "));
        return Err(usage_error("apply", &text));
    }
    if !args.is_set("filename") && !args.is_set("kustomize") {
        return Err(error("must specify one of -f and -k"));
    }
    let orders = Orders::of(context, args)?;
    let pruned = prune::allowed(args)?;
    check(args, orders.dry_run)?;
    let read = manifests::chosen(context, args)?;
    let mut failures = Vec::new();
    if read.objects.is_empty() && read.failures.is_empty() {
        return Err(error("no objects passed to apply"));
    }
    let mut printed = Vec::new();
    for manifest in &read.objects {
        match apply_one(context, &orders, manifest) {
            Ok(Some(info)) => printed.push(info),
            Ok(None) => {}
            Err(failure) => failures.push(failure),
        }
    }
    Manifests::failed(read.failures, failures, true)?;
    match printed.as_slice() {
        [] => {}
        [info] => context.print(orders.format.print(info)?),
        infos => context.print(without_list_version(&orders.format.print_list(infos)?)),
    }
    if args.is("prune") {
        for info in prune::unnamed(context, args, &pruned, &read.objects)? {
            prune_one(context, args, &orders, info)?;
        }
    }
    done()
}

// Models prune.go pruner.prune
fn prune_one(context: &mut Context, args: &Args, orders: &Orders, info: Info) -> Result<(), Failure> {
    if orders.dry_run != DryRun::Client {
        let options = DeleteOptions {
            grace_period_seconds: delete::given_grace(args),
            propagation: Some(delete::propagation(context, args)?),
            dry_run: orders.dry_run == DryRun::Server,
            ..DeleteOptions::default()
        };
        context.cluster.api_mut().delete(stored_kind(info.resource)?, &info.key(), &options)?;
    }
    // Each is printed as if it were the first.
    if let Some(info) = report(context, orders, info, "pruned") {
        let text = match orders.format {
            Format::Yaml { .. } => to_yaml(&info),
            _ => orders.format.print(&info)?,
        };
        context.print(text);
    }
    Ok(())
}

/// Flags that do not fit together.
// Models apply.go ApplyOptions.Validate
fn check(args: &Args, dry_run: DryRun) -> Result<(), Failure> {
    let server_side = args.is("server-side");
    let refused = if args.is_set("subresource") && !server_side {
        "--subresource can only be specified for --server-side"
    } else if args.is("force-conflicts") && !server_side {
        "--force-conflicts only works with --server-side"
    } else if dry_run == DryRun::Client && server_side {
        "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)"
    } else if args.is("force") && server_side {
        "--force cannot be used with --server-side"
    } else if args.is("force") && dry_run == DryRun::Server {
        "--dry-run=server cannot be used with --force"
    } else if args.is("all") && args.is_set("selector") {
        "cannot set --all and --selector at the same time"
    } else if args.is("prune") && !args.is("all") && !args.is_set("selector") {
        "all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all \
         flag. If you did not mean to prune all resources, specify a label selector"
    } else if args.is("prune") && server_side {
        "--prune is in alpha and doesn't currently work on objects created by server-side apply"
    } else {
        return Ok(());
    };
    Err(error(refused))
}

/// A list that the client made has no version to tell, nor a place for one.
fn without_list_version(text: &str) -> String {
    let yaml = text
        .strip_suffix("metadata:\n  resourceVersion: \"\"\n")
        .map(|head| format!("{head}metadata: {{}}\n"));
    let items = text.strip_prefix("{\n    \"apiVersion\": \"v1\",\n").and_then(|rest| {
        let tail =
            ",\n    \"kind\": \"List\",\n    \"metadata\": {\n        \"resourceVersion\": \"\"\n    }\n}\n";
        rest.strip_suffix(tail)
    });
    let head = "{\n    \"kind\": \"List\",\n    \"apiVersion\": \"v1\",\n    \"metadata\": {},\n";
    let json = items.map(|items| format!("{head}{items}\n}}\n"));
    yaml.or(json).unwrap_or_else(|| text.to_owned())
}

/// Tells what was done, or hands the object back when it is to be printed whole.
fn report(context: &mut Context, orders: &Orders, info: Info, what: &str) -> Option<Info> {
    if !orders.format.is_table() {
        return Some(info);
    }
    let line = format!("{} {what}{}\n", info.reference(), orders.dry_run.suffix());
    context.print(line);
    None
}

fn apply_one(context: &mut Context, orders: &Orders, manifest: &Manifest) -> Result<Option<Info>, Failure> {
    let kind = stored_kind(manifest.resource)?;
    let base = manifest.value.pointer("/metadata/generateName").and_then(Value::as_str);
    if let Some(base) = base.filter(|_| manifest.name().is_empty()) {
        return Err(error(format!("from {base}: cannot use generate name with apply")));
    }
    if let Some(problem) = request_problem(manifest) {
        if orders.server_side.is_some() {
            return Err(error(problem));
        }
        return Err(error(format!(
            "error when retrieving current configuration of:\n{}\nfrom server for: \"{}\": {problem}",
            about(manifest),
            manifest.source
        )));
    }
    if let Some(server_side) = &orders.server_side {
        return apply_on_server(context, orders, manifest, server_side);
    }
    let sent = with_last_applied(&manifest.value);
    let key =
        ObjectKey::new(if manifest.resource.namespaced { manifest.namespace() } else { "" }, manifest.name());
    let Some(stored) = context.cluster.api().find(kind, &key).cloned() else {
        let mut sent = sent;
        prune_nulls(&mut sent);
        if orders.dry_run == DryRun::Client {
            let info = Info { resource: manifest.resource, item: Item::Value(sent) };
            return Ok(report(context, orders, info, "created"));
        }
        let created = create(context, orders, manifest.resource, sent);
        let info = created.map_err(|failure| failure.about("creating", &manifest.source))?;
        return Ok(report(context, orders, info, "created"));
    };
    patch(context, orders, manifest, &stored, &sent)
}

/// Why no request can be made of the names.
// Models staging/src/k8s.io/client-go/rest/request.go
fn request_problem(manifest: &Manifest) -> Option<String> {
    let (name, namespace) = (manifest.name(), manifest.namespace());
    if manifest.resource.namespaced && !path_problems(namespace).is_empty() {
        return Some(format!("invalid namespace {namespace:?}: [{}]", path_problems(namespace)));
    }
    if name.is_empty() {
        return Some("resource name may not be empty".to_owned());
    }
    let problems = path_problems(name);
    (!problems.is_empty()).then(|| format!("invalid resource name {name:?}: [{problems}]"))
}

/// Fields without a value are not sent with a new object, as they would not be with an update.
// Models apply.go pruneNullsFromMap
fn prune_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, value| !value.is_null());
            map.values_mut().for_each(prune_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(prune_nulls),
        _ => {}
    }
}

/// Sends a manifest as a new object.
///
/// # Errors
/// What the server answers.
pub fn create(
    context: &mut Context,
    orders: &Orders,
    resource: &'static Resource,
    mut value: Value,
) -> Result<Info, Failure> {
    let kind = stored_kind(resource)?;
    if let Some(version) =
        value.pointer_mut("/metadata/resourceVersion").filter(|version| version.is_string())
    {
        *version = Value::Null;
    }
    let (object, warnings) = decode(kind, value, orders.validation)?;
    warn(context, &warnings);
    let created = context.cluster.api_mut().create_with(object, orders.dry_run.options())?;
    let warnings = context.cluster.api_mut().take_warnings();
    warn(context, &warnings);
    Ok(Info::stored(resource, created))
}

pub fn warn(context: &mut Context, warnings: &[String]) {
    for warning in warnings {
        context.print_error(format!("Warning: {warning}\n"));
    }
}

// Models apply.go WarnIfDeleting
fn warn_if_deleting(context: &mut Context, object: &Object) {
    let metadata = object.metadata();
    if metadata.deletion_timestamp.is_some() {
        let text =
            format!("Detected changes to resource {} which is currently being deleted.", metadata.name);
        warn(context, &[text]);
    }
}

fn about(manifest: &Manifest) -> String {
    let resource = manifest.resource;
    format!(
        "Resource: \"{}\", GroupVersionKind: \"{}\"\nName: \"{}\", Namespace: \"{}\"",
        resource.group_version_resource(),
        resource.group_version_kind(),
        manifest.name(),
        manifest.namespace()
    )
}

fn patch(
    context: &mut Context,
    orders: &Orders,
    manifest: &Manifest,
    stored: &Object,
    modified: &Value,
) -> Result<Option<Info>, Failure> {
    let live = stored.to_value();
    let info = Info::stored(manifest.resource, stored.clone());
    if orders.dry_run == DryRun::Client {
        return Ok(report(context, orders, info, "configured"));
    }
    if !stored.metadata().annotations.contains_key(LAST_APPLIED) {
        context.print_error(format!(
            "Warning: resource {}/{} is missing the {LAST_APPLIED} annotation which is required by kubectl apply. \
             kubectl apply should only be used on resources created declaratively by either kubectl create \
             --save-config or kubectl apply. The missing annotation will be patched automatically.\n",
            manifest.resource.plural,
            manifest.name()
        ));
    }
    let patch = three_way_patch(last_applied(&live).as_ref(), modified, &live)
        .map_err(|problem| error(problem.to_string()))?;
    if patch == json!({}) {
        warn_if_deleting(context, stored);
        return Ok(report(context, orders, info, "unchanged"));
    }
    let key = info.key();
    let kind = stored.kind();
    let line = go_json_line(&patch);
    let wrap = |failure: Failure| {
        let verb = format!("applying patch:\n{}\nto:\n{}\nfor:", line.trim_end(), about(manifest));
        failure.about("patching", &manifest.source).about(&verb, &manifest.source)
    };
    // The server decodes strictly what the patch leaves behind.
    check_patched(orders, kind, &live, &patch, context).map_err(wrap)?;
    let change = (PatchKind::Strategic, &patch);
    let options = orders.dry_run.options();
    let answer = context.cluster.api_mut().patch_value(kind, &key, Subresource::Main, change, options);
    match answer {
        Ok(object) => {
            let mut warnings = context.cluster.api_mut().take_warnings();
            // Of unknown fields, what validation wants told is told.
            warnings.retain(|warning| !warning.starts_with("unknown field"));
            warn(context, &warnings);
            warn_if_deleting(context, &object);
            let info = Info::stored(manifest.resource, object);
            Ok(report(context, orders, info, "configured"))
        }
        Err(status) if orders.force => recreate(context, orders, manifest, &key, modified, status),
        Err(status) => Err(wrap(Failure::Api(status))),
    }
}

fn check_patched(
    orders: &Orders,
    kind: crate::api::Kind,
    live: &Value,
    patch: &Value,
    context: &mut Context,
) -> Result<(), Failure> {
    let Ok(patched) = crate::apiserver::patch::apply_patch(live.clone(), PatchKind::Strategic, patch) else {
        return Ok(());
    };
    let mut checked = patched;
    let info = crate::api::fields::type_of(kind);
    let faults = crate::api::decode::check(kind.as_str(), info, &mut checked);
    if faults.unknown.is_empty() {
        return Ok(());
    }
    if orders.validation == Validation::Warn {
        warn(context, &faults.unknown);
    }
    if orders.validation != Validation::Strict {
        return Ok(());
    }
    Err(Failure::Api(crate::api::Status::bad_request(format!(
        "strict decoding error: {}",
        faults.unknown.join(", ")
    ))))
}

/// `--force`: the object is deleted and made anew.
fn recreate(
    context: &mut Context,
    orders: &Orders,
    manifest: &Manifest,
    key: &ObjectKey,
    modified: &Value,
    status: crate::api::Status,
) -> Result<Option<Info>, Failure> {
    use crate::api::status::StatusReason::{Conflict, Invalid};
    if !matches!(status.reason, Conflict | Invalid) {
        return Err(Failure::Api(status));
    }
    let kind = stored_kind(manifest.resource)?;
    let options = crate::apiserver::DeleteOptions {
        propagation: Some(crate::apiserver::Propagation::Background),
        ..Default::default()
    };
    context.cluster.api_mut().delete(kind, key, &options)?;
    let info = create(context, orders, manifest.resource, modified.clone())
        .map_err(|failure| failure.about("creating", &manifest.source))?;
    Ok(report(context, orders, info, "configured"))
}

/// Server-side apply. An object of client-side apply changes over to it.
fn apply_on_server(
    context: &mut Context,
    orders: &Orders,
    manifest: &Manifest,
    server_side: &ServerSide,
) -> Result<Option<Info>, Failure> {
    let kind = stored_kind(manifest.resource)?;
    let options = orders.dry_run.options();
    let mut order = Apply { manager: &server_side.manager, force: server_side.force_conflicts, options };
    let mut config = manifest.value.clone();
    if manifest.resource.namespaced {
        config["metadata"]["namespace"] = json!(manifest.namespace());
    }
    let api = context.cluster.api_mut();
    let mut object = api.apply_on_server(kind, &config, order).map_err(conflict)?;
    let warnings = api.take_warnings();
    let is_changing_over = server_side.manager == SERVER_SIDE
        && object.metadata().annotations.contains_key(LAST_APPLIED)
        && !options.dry_run;
    if is_changing_over {
        let sent = with_last_applied(&manifest.value);
        let key = ObjectKey::of(&object);
        let annotation = sent["metadata"]["annotations"][LAST_APPLIED].clone();
        let patch = json!({"metadata": {"annotations": {LAST_APPLIED: annotation}}});
        let change = (PatchKind::JsonMerge, &patch);
        object = api.patch_value(kind, &key, Subresource::Main, change, options)?;
        order.force = true;
        if api.upgrade_client_side(kind, &config, order)? {
            object = api.get(kind, &key)?.clone();
        }
    }
    warn(context, &warnings);
    warn_if_deleting(context, &object);
    Ok(report(context, orders, Info::stored(manifest.resource, object), "serverside-applied"))
}

/// What kubectl adds to a conflict.
fn conflict(status: crate::api::Status) -> Failure {
    if status.reason != StatusReason::Conflict {
        return Failure::Api(status);
    }
    error(format!(
        "{}
Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the `--force-conflicts` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts",
        status.message
    ))
}
