//! `kubectl run`: a pod from flags.
// Models staging/src/k8s.io/kubectl/pkg/cmd/run/run.go

use serde_json::{Value, json};

use super::apply::Orders;
use super::create::with_typed_config;
use super::logs::Follow;
use super::logs_print::{Options, Source};
use super::{DryRun, done};
use crate::api::core::{ContainerStateTerminated, Pod};
use crate::api::decode::{self, decode};
use crate::api::fields::type_of;
use crate::api::validation::names::env_file_name;
use crate::api::{Kind, Object};
use crate::apiserver::patch::apply_patch;
use crate::apiserver::{DeleteOptions, ObjectKey, PatchKind};
use crate::base::Time;
use crate::kubectl::failure::{Failure, error, usage_error};
use crate::kubectl::flags::Args;
use crate::kubectl::objects::{Info, Item, written};
use crate::kubectl::task::{Progress, Task};
use crate::kubectl::{Context, Next, Outcome, manifests, resources, select};
use crate::node::kubelet::parse_reference;

pub fn run(context: &mut Context, args: &Args) -> Outcome {
    if !args.is_set("image") {
        return Err(error("required flag(s) \"image\" not set"));
    }
    let Some((name, words)) = args.words.split_first() else {
        return Err(usage_error("run", "NAME is required for run"));
    };
    let orders = Orders::of(context, args)?;
    let attach = args.is("attach") || args.is("stdin") || args.is("tty");
    check(args, orders.dry_run, attach)?;
    let mut value = pod(args, name, words)?;
    if !args.text("overrides").is_empty() {
        value = overridden(args, &value)?;
    }
    manifests::record(args, &mut value);
    let resource = resources::of_kind(Kind::Pod);
    let info = match orders.dry_run {
        DryRun::Client => Info { resource, item: Item::Value(value) },
        _ => {
            value["metadata"]["namespace"] = Value::from(context.namespace(args));
            if args.is("save-config") {
                value = with_typed_config(value);
            }
            let (object, _) = decode(Kind::Pod, value, orders.validation)?;
            Info::stored(resource, context.cluster.api_mut().create_with(object, orders.dry_run.options())?)
        }
    };
    if attach && orders.dry_run == DryRun::No {
        let until = context.now() + args.duration("pod-running-timeout");
        let task =
            Attach { key: info.key(), container: name.clone(), until, follow: None, remove: args.is("rm") };
        return Ok(Next::Wait(Task::Attach(Box::new(task))));
    }
    let text = match orders.format.is_table() {
        true => format!("{} created{}\n", info.reference(), orders.dry_run.suffix()),
        false => orders.format.print_typed(&info)?,
    };
    context.print(text);
    done()
}

// Models run.go RunOptions.Run
fn check(args: &Args, dry_run: DryRun, attach: bool) -> Result<(), Failure> {
    let image = args.text("image");
    if image.is_empty() {
        return Err(error("--image is required"));
    }
    if parse_reference(image).is_err() {
        return Err(error(format!("Invalid image name {image:?}: invalid reference format")));
    }
    if args.is("expose") {
        return Err(error("--expose is not simulated here: there are no Services here"));
    }
    if args.is("tty") && !args.is("stdin") {
        return Err(usage_error("run", "-i/--stdin is required for containers with -t/--tty=true"));
    }
    if args.is("rm") && !attach {
        return Err(usage_error("run", "--rm should only be used for attached containers"));
    }
    if attach && dry_run != DryRun::No {
        let text = "--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)";
        return Err(usage_error("run", text));
    }
    let restart = args.text("restart");
    if !["", "Always", "OnFailure", "Never"].contains(&restart) {
        return Err(usage_error("run", &format!("invalid restart policy: {restart}")));
    }
    let pull = args.text("image-pull-policy");
    if !["", "Always", "IfNotPresent", "Never"].contains(&pull) {
        return Err(usage_error("run", &format!("invalid image pull policy: {pull}")));
    }
    Ok(())
}

/// The pod with the fields of `--overrides` over it.
// Models staging/src/k8s.io/kubectl/pkg/cmd/run/run.go NewOverrider
fn overridden(args: &Args, value: &Value) -> Result<Value, Failure> {
    let (kind, broken) = match args.text("override-type") {
        "merge" => (PatchKind::JsonMerge, "Invalid JSON Patch"),
        "strategic" => (PatchKind::Strategic, "invalid JSON document"),
        "json" => (PatchKind::Json, "unexpected end of JSON input"),
        other => {
            return Err(error(format!("invalid override type: {other}")));
        }
    };
    let patch: Value = serde_json::from_str(args.text("overrides")).map_err(|_| error(broken))?;
    if kind != PatchKind::Json && !patch.is_object() {
        return Err(error(broken));
    }
    let mut patched = apply_patch(value.clone(), kind, &patch).map_err(|problem| error(problem.locally()))?;
    // What comes out is read as a pod.
    let text = |key: &str| select::quoted(patched[key].as_str().unwrap_or_default());
    let (kind, version) = (text("kind"), text("apiVersion"));
    if (kind.as_str(), version.as_str()) != ("\"Pod\"", "\"v1\"") {
        let scheme = "pkg/scheme/scheme.go:28";
        return Err(error(format!(
            "no kind {kind} is registered for version {version} in scheme \"{scheme}\""
        )));
    }
    let faults = decode::check("Pod", type_of(Kind::Pod), &mut patched);
    if let Some(problem) = faults.fatal.or(faults.wrong_type) {
        return Err(error(problem));
    }
    for list in ["containers", "initContainers"] {
        let containers = patched.pointer_mut(&format!("/spec/{list}")).and_then(Value::as_array_mut);
        for container in containers.into_iter().flatten() {
            if container["resources"].is_null() {
                container["resources"] = json!({});
            }
        }
    }
    Ok(patched)
}

fn pod(args: &Args, name: &str, words: &[String]) -> Result<Value, Failure> {
    let restart = if args.text("restart").is_empty() { "Always" } else { args.text("restart") };
    let mut container = written(r#"{"resources": {}}"#);
    container["image"] = Value::from(args.text("image"));
    container["name"] = Value::from(name);
    if !words.is_empty() {
        container[if args.is("command") { "command" } else { "args" }] = json!(words);
    }
    if args.is("stdin") {
        container["stdin"] = json!(true);
        container["stdinOnce"] = json!(!args.is("leave-stdin-open"));
    }
    if args.is("tty") {
        container["tty"] = json!(true);
    }
    if !args.text("image-pull-policy").is_empty() {
        container["imagePullPolicy"] = json!(args.text("image-pull-policy"));
    }
    if !args.text("port").is_empty() {
        let port: i64 = args
            .text("port")
            .parse()
            .map_err(|_| error(format!("strconv.Atoi: parsing {:?}: invalid syntax", args.text("port"))))?;
        container["ports"] = json!([{"containerPort": port}]);
    }
    if args.is("privileged") {
        container["securityContext"] = written(r#"{"privileged": true}"#);
    }
    let mut env = Vec::new();
    for pair in args.all("env") {
        let Some((key, value)) = pair.split_once('=').filter(|(key, _)| env_file_name(key).is_empty()) else {
            return Err(error(format!("invalid env: {pair}")));
        };
        env.push(if value.is_empty() { json!({"name": key}) } else { json!({"name": key, "value": value}) });
    }
    if !env.is_empty() {
        container["env"] = json!(env);
    }
    let mut labels = json!({"run": name});
    if !args.text("labels").is_empty() {
        labels = json!({});
        for pair in args.text("labels").split(',') {
            let Some((key, value)) = pair.split_once('=').filter(|(_, value)| !value.contains('=')) else {
                return Err(error(format!("unexpected label spec: {pair}")));
            };
            if key.is_empty() {
                return Err(error("unexpected empty label key"));
            }
            labels[key] = Value::from(value);
        }
    }
    let mut metadata = super::create::metadata(args, name);
    metadata["labels"] = labels;
    for pair in args.all("annotations") {
        let Some((key, value)) = pair.split_once('=') else {
            return Err(error(format!("invalid annotations format: {pair}")));
        };
        metadata["annotations"][key] = Value::from(value);
    }
    let mut pod = written(
        r#"{"apiVersion": "v1", "kind": "Pod", "spec": {"dnsPolicy": "ClusterFirst"}, "status": {}}"#,
    );
    pod["metadata"] = metadata;
    pod["spec"]["containers"] = Value::Array(vec![container]);
    pod["spec"]["restartPolicy"] = Value::from(restart);
    Ok(pod)
}

/// Shows what the pod's container writes until it ends.
#[derive(Debug)]
pub struct Attach {
    key: ObjectKey,
    container: String,
    /// The pod must run by then.
    until: Time,
    follow: Option<Follow>,
    /// Delete the pod in the end.
    remove: bool,
}

impl Attach {
    /// # Errors
    /// When the pod does not start in time, or its container fails.
    pub fn poll(&mut self, context: &mut Context) -> Result<Progress, Failure> {
        let Some(pod) = self.pod(context) else {
            return Err(Failure::Api(crate::api::Status::not_found(Kind::Pod, &self.key.name)));
        };
        let status = pod.status.container_statuses.first();
        let began = status.is_some_and(|s| s.state.running.is_some() || s.state.terminated.is_some());
        if !began && context.now() >= self.until {
            return Err(error("timed out waiting for the condition"));
        }
        if !began {
            return Ok(Progress::Waiting { until: Some(self.until) });
        }
        let follow = self.follow.get_or_insert_with(|| Follow {
            sources: vec![Source::new(self.key.clone(), &self.container)],
            options: Options { follow: true, ..Options::default() },
            until: None,
        });
        if let Progress::Waiting { until } = follow.poll(context)? {
            return Ok(Progress::Waiting { until });
        }
        let ended = self.pod(context).and_then(|pod| {
            pod.status.container_statuses.first().and_then(|status| status.state.terminated.clone())
        });
        self.finish(context, ended)
    }

    fn pod<'a>(&self, context: &'a Context) -> Option<&'a Pod> {
        match context.cluster.api().find(Kind::Pod, &self.key) {
            Some(Object::Pod(pod)) => Some(pod),
            _ => None,
        }
    }

    fn finish(
        &self,
        context: &mut Context,
        ended: Option<ContainerStateTerminated>,
    ) -> Result<Progress, Failure> {
        if self.remove {
            context.cluster.api_mut().delete(Kind::Pod, &self.key, &DeleteOptions::default())?;
            let (name, namespace) = (&self.key.name, &self.key.namespace);
            context.print(format!("pod \"{name}\" deleted from {namespace} namespace\n"));
        }
        match ended.map(|ended| ended.exit_code) {
            Some(code) if code != 0 => {
                let (namespace, name) = (&self.key.namespace, &self.key.name);
                context.print_error(format!("pod {namespace}/{name} terminated (Error)\n"));
                Ok(Progress::Done(code))
            }
            _ => Ok(Progress::Done(0)),
        }
    }
}
