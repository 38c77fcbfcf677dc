//! `kubectl create`: from files, and jobs, cronjobs, configuration and namespaces from flags.
// Models staging/src/k8s.io/kubectl/pkg/cmd/create

use serde_json::{Value, json};

use super::apply::{self, Orders};
use super::{DryRun, done, edit};
use crate::api::Kind;
use crate::apiserver::apply::{LAST_APPLIED, with_last_applied};
use crate::kubectl::failure::{Failure, error, usage_error};
use crate::kubectl::flags::Args;
use crate::kubectl::manifests::{self, Manifest, Manifests};
use crate::kubectl::objects::{Info, Item, written};
use crate::kubectl::output::json::to_typed_compact;
use crate::kubectl::{Context, Outcome, resources};

pub fn run(context: &mut Context, args: &Args) -> Outcome {
    if !args.is_set("filename") && !args.is_set("kustomize") {
        return match args.words.is_empty() {
            true => Err(error("must specify one of -f and -k")),
            false => Err(unexpected(args)),
        };
    }
    if !args.words.is_empty() {
        return Err(unexpected(args));
    }
    let orders = Orders::of(context, args)?;
    let read = manifests::chosen(context, args)?;
    let mut failures = Vec::new();
    if read.objects.is_empty() && read.failures.is_empty() {
        return Err(error("no objects passed to create"));
    }
    if args.is("edit") && read.failures.is_empty() {
        return edit::before_create(context, args, orders, read.objects);
    }
    for manifest in &read.objects {
        let value =
            if args.is("save-config") { with_last_applied(&manifest.value) } else { manifest.value.clone() };
        let made = match orders.dry_run {
            DryRun::Client => Ok(Info { resource: manifest.resource, item: Item::Value(value) }),
            _ => apply::create(context, &orders, manifest.resource, value),
        };
        match made {
            Ok(info) => report(context, &orders, &info)?,
            Err(failure) => failures.push(failure.about("creating", &manifest.source)),
        }
    }
    Manifests::failed(read.failures, failures, false)?;
    done()
}

fn unexpected(args: &Args) -> Failure {
    usage_error("create", &format!("Unexpected args: [{}]", args.words.join(" ")))
}

/// Prints the line that an object was made, or the object.
///
/// # Errors
/// When a template does not fit.
pub fn report(context: &mut Context, orders: &Orders, info: &Info) -> Result<(), Failure> {
    let text = match orders.format.is_table() {
        true => created_line(orders, info),
        false => orders.format.print(info)?,
    };
    context.print(text);
    Ok(())
}

fn created_line(orders: &Orders, info: &Info) -> String {
    format!("{} created{}\n", info.reference(), orders.dry_run.suffix())
}

/// The manifest with itself in an annotation, as kubectl writes down what it made from flags.
pub fn with_typed_config(mut value: Value) -> Value {
    let text = to_typed_compact(&value) + "\n";
    value["metadata"]["annotations"][LAST_APPLIED] = Value::from(text);
    value
}

/// The one name that `create TYPE NAME` takes.
///
/// # Errors
/// When there is none, or more than one, before `--`.
// Models create.go NameFromCommandArgs
pub fn exact_name(args: &Args) -> Result<String, Failure> {
    match &args.words[..args.dash_at.unwrap_or(args.words.len())] {
        [name] => Ok(name.clone()),
        words => {
            let text = format!("exactly one NAME is required, got {}", words.len());
            Err(usage_error(args.command, &text))
        }
    }
}

/// Makes an object from what flags said.
///
/// # Errors
/// `wrap` before the server's answer, where the command adds one.
pub fn make(
    context: &mut Context,
    args: &Args,
    kind: Kind,
    value: Value,
    wrap: Option<&str>,
) -> Result<(), Failure> {
    let orders = Orders::of(context, args)?;
    let resource = resources::of_kind(kind);
    let value = if args.is("save-config") { with_typed_config(value) } else { value };
    let value =
        if orders.dry_run == DryRun::Client { value } else { with_namespace(context, args, kind, value) };
    let manifest = Manifest { resource, value: value.clone(), source: String::new() };
    let info = match orders.dry_run {
        DryRun::Client => Info { resource, item: Item::Value(value) },
        _ => apply::create(context, &orders, manifest.resource, value).map_err(|failure| match wrap {
            Some(wrap) => error(format!("{wrap}{}", failure.message())),
            None => failure,
        })?,
    };
    let text = match orders.format.is_table() {
        true => created_line(&orders, &info),
        false => orders.format.print_typed(&info)?,
    };
    context.print(text);
    Ok(())
}

fn with_namespace(context: &Context, args: &Args, kind: Kind, mut value: Value) -> Value {
    if kind.is_namespaced() && value.pointer("/metadata/namespace").is_none() {
        value["metadata"]["namespace"] = Value::from(context.namespace(args));
    }
    value
}

/// The metadata of an object that flags describe: with a namespace only where one was given.
pub fn metadata(args: &Args, name: &str) -> Value {
    match args.text("namespace") {
        "" => json!({"name": name}),
        namespace => json!({"name": name, "namespace": namespace}),
    }
}

/// `kubectl create job NAME --image=IMAGE [-- COMMAND]` or `--from=cronjob/NAME`.
// Models create_job.go
pub fn job(context: &mut Context, args: &Args) -> Outcome {
    let name = exact_name(args)?;
    let command = &args.words[1..];
    let (image, from) = (args.text("image"), args.text("from"));
    if image.is_empty() == from.is_empty() {
        return Err(error("either --image or --from must be specified"));
    }
    if !from.is_empty() && !command.is_empty() {
        return Err(error("cannot specify --from and command"));
    }
    let value = match from {
        "" => {
            let mut job = written(
                r#"{"apiVersion": "batch/v1", "kind": "Job", "spec": {"template": {"metadata": {}}}, "status": {}}"#,
            );
            job["metadata"] = metadata(args, &name);
            job["spec"]["template"]["spec"] = pod_spec(&name, image, command, "Never");
            job
        }
        from => job_from(context, args, &name, from)?,
    };
    make(context, args, Kind::Job, value, Some("failed to create job: "))?;
    done()
}

fn pod_spec(name: &str, image: &str, command: &[String], restart: &str) -> Value {
    let mut spec = written(r#"{"containers": [{"resources": {}}]}"#);
    spec["restartPolicy"] = Value::from(restart);
    let container = &mut spec["containers"][0];
    container["image"] = Value::from(image);
    container["name"] = Value::from(name);
    if !command.is_empty() {
        container["command"] = json!(command);
    }
    spec
}

/// A Job from a CronJob's template, owned by it.
fn job_from(context: &Context, args: &Args, name: &str, from: &str) -> Result<Value, Failure> {
    let (resource, source) = match from.contains('/') {
        true => crate::kubectl::select::split_reference(from)?,
        false => {
            crate::kubectl::select::resource_named(from)?;
            return Err(error("from must be an existing cronjob"));
        }
    };
    let namespace = context.namespace(args);
    let info = crate::kubectl::objects::get(context.cluster, resource, &namespace, &source)?;
    let Item::Stored(crate::api::Object::CronJob(cronjob)) = &info.item else {
        return Err(error(format!("unknown object type *v1.{}", resource.kind)));
    };
    let wire = info.item.to_value();
    let template = &wire["spec"]["jobTemplate"];
    let mut job = written(
        r#"{"apiVersion": "batch/v1", "kind": "Job", "metadata": {"ownerReferences": [{"apiVersion": "batch/v1", "controller": true,
        "kind": "CronJob"}]}, "status": {}}"#,
    );
    let metadata = &mut job["metadata"];
    metadata["name"] = Value::from(name);
    for field in ["annotations", "labels"] {
        if let Some(entries) = template.pointer(&format!("/metadata/{field}")) {
            metadata[field] = entries.clone();
        }
    }
    metadata["annotations"]["cronjob.kubernetes.io/instantiate"] = Value::from("manual");
    let owner = &mut metadata["ownerReferences"][0];
    owner["name"] = Value::from(cronjob.metadata.name.as_str());
    owner["uid"] = Value::from(cronjob.metadata.uid.as_str());
    job["spec"] = template["spec"].clone();
    Ok(job)
}

/// `kubectl create cronjob NAME --image=IMAGE --schedule=SCHEDULE [-- COMMAND]`.
// Models create_cronjob.go
pub fn cronjob(context: &mut Context, args: &Args) -> Outcome {
    let missing: Vec<&str> = ["image", "schedule"].into_iter().filter(|name| !args.is_set(name)).collect();
    if !missing.is_empty() {
        return Err(error(format!("required flag(s) \"{}\" not set", missing.join("\", \""))));
    }
    let name = &exact_name(args)?;
    let command = &args.words[1..];
    let restart = match args.text("restart") {
        "" => "OnFailure",
        given => given,
    };
    let mut value = written(
        r#"{"apiVersion": "batch/v1", "kind": "CronJob", "spec": {"jobTemplate": {"metadata": {}, "spec": {"template": {"metadata":
        {}}}}}, "status": {}}"#,
    );
    value["metadata"] = metadata(args, name);
    value["spec"]["schedule"] = Value::from(args.text("schedule"));
    let template = &mut value["spec"]["jobTemplate"];
    template["metadata"]["name"] = Value::from(name.as_str());
    template["spec"]["template"]["spec"] = pod_spec(name, args.text("image"), command, restart);
    make(context, args, Kind::CronJob, value, Some("failed to create cronjob: "))?;
    done()
}
