//! `kubectl cordon`, `uncordon`, `drain`.
// Models staging/src/k8s.io/kubectl/pkg/cmd/drain/drain.go and pkg/drain

use serde_json::json;

use super::delete::Awaited;
use super::{DryRun, done};
use crate::api::core::Pod;
use crate::api::{Kind, Object};
use crate::apiserver::selectors::LabelQuery;
use crate::apiserver::{DeleteOptions, ObjectKey, PatchKind, Subresource};
use crate::base::{Duration, Time};
use crate::kubectl::failure::{Failure, error, usage_error};
use crate::kubectl::flags::Args;
use crate::kubectl::objects::{self, Selectors};
use crate::kubectl::task::{Progress, Task};
use crate::kubectl::{Context, Next, Outcome};
use crate::kubectl::{resources, select};

/// Without `--timeout` a drain waits this long.
const FOREVER: Duration = Duration::from_secs(7 * 24 * 3600);

pub fn cordon(context: &mut Context, args: &Args) -> Outcome {
    cordon_nodes(context, args, "cordon", true).map(|_| ())?;
    done()
}

pub fn uncordon(context: &mut Context, args: &Args) -> Outcome {
    cordon_nodes(context, args, "uncordon", false).map(|_| ())?;
    done()
}

fn nodes(context: &Context, args: &Args, command: &str) -> Result<Vec<String>, Failure> {
    if args.words.is_empty() && !args.is_set("selector") {
        return Err(usage_error(command, &format!("USAGE: {command} NODE [flags]")));
    }
    if !args.words.is_empty() && args.is_set("selector") {
        return Err(usage_error(command, "cannot specify both a node name and a --selector option"));
    }
    let resource = resources::of_kind(Kind::Node);
    if args.words.is_empty() {
        let selectors = Selectors { labels: args.text("selector").to_owned(), fields: String::new() };
        let found = selectors.list(context.cluster, resource, None)?;
        return Ok(found.iter().map(|info| info.name().to_owned()).collect());
    }
    let mut names = Vec::new();
    let mut failures = Vec::new();
    for word in &args.words {
        let (named, name) = match word.contains('/') {
            true => select::split_reference(word)?,
            false => (resource, word.clone()),
        };
        if named != resource {
            let shown = select::quoted(&named.group_version_resource());
            return Err(error(format!("expected resource of type node, got {shown}")));
        }
        match objects::get(context.cluster, resource, "", &name) {
            Ok(_) => names.push(name),
            Err(status) => failures.push(Failure::Api(status)),
        }
    }
    Failure::of(failures)?;
    Ok(names)
}

fn cordon_nodes(
    context: &mut Context,
    args: &Args,
    command: &str,
    wanted: bool,
) -> Result<Vec<String>, Failure> {
    let dry_run = DryRun::of(args)?;
    let names = nodes(context, args, command)?;
    for name in &names {
        let key = ObjectKey::new("", name);
        let Some(Object::Node(node)) = context.cluster.api().find(Kind::Node, &key) else { continue };
        let verb = if wanted { "cordoned" } else { "uncordoned" };
        if node.spec.unschedulable == wanted {
            context.print(format!("node/{name} already {verb}{}\n", dry_run.suffix()));
            continue;
        }
        if dry_run != DryRun::Client {
            let value = if wanted { json!(true) } else { json!(null) };
            let patch = json!({"spec": {"unschedulable": value}});
            let change = (PatchKind::Strategic, &patch);
            let options = dry_run.options();
            context.cluster.api_mut().patch_value(Kind::Node, &key, Subresource::Main, change, options)?;
        }
        context.print(format!("node/{name} {verb}{}\n", dry_run.suffix()));
    }
    Ok(names)
}

pub fn drain(context: &mut Context, args: &Args) -> Outcome {
    let selector = LabelQuery::parse(args.text("pod-selector"))
        .map_err(|_| error("--pod-selector=<pod_selector> must be a valid label selector"))?;
    let names = cordon_nodes(context, args, "drain", true)?;
    let dry_run = DryRun::of(args)?;
    let timeout = args.duration("timeout");
    let until = context.now() + if timeout == Duration::ZERO { FOREVER } else { timeout };
    let mut awaited = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let pods: Vec<Pod> = pods_on(context, name, &selector);
        let reasons = refusals(args, &pods);
        if !reasons.is_empty() {
            let pending: String = names[at..].iter().map(|name| format!(" {name}\n")).collect();
            let reason =
                if reasons.len() == 1 { reasons.concat() } else { format!("[{}]", reasons.join(", ")) };
            let each: String = reasons.iter().map(|reason| format!("{reason}\n")).collect();
            context.print_error(format!(
                "error: unable to drain node \"{name}\" due to error: {reason}, continuing command...\nThere are \
                 pending nodes to be drained:\n{pending}{each}"
            ));
            return Err(Failure::Silent(1));
        }
        let alone = names_of(&pods, &is_alone);
        if !alone.is_empty() {
            context.print_error(format!("Warning: deleting Pods that declare no controller: {alone}\n"));
        }
        for pod in pods {
            if let Some(waited) = evict(context, args, &pod, dry_run)? {
                awaited.push(waited);
            }
        }
    }
    let done = if args.is("disable-eviction") { "deleted" } else { "evicted" };
    let drain = Drain { nodes: names, awaited, until, suffix: dry_run.suffix(), done };
    Ok(Next::Wait(Task::Drain(Box::new(drain))))
}

fn pods_on(context: &Context, node: &str, selector: &LabelQuery) -> Vec<Pod> {
    let all = context.cluster.api().list(Kind::Pod, None).filter_map(|object| match object {
        Object::Pod(pod) => Some(pod),
        _ => None,
    });
    all.filter(|pod| pod.spec.node_name == node && selector.matches(&pod.metadata.labels))
        .map(|pod| (**pod).clone())
        .collect()
}

/// `default/a, default/b`
fn names_of(pods: &[Pod], fits: &dyn Fn(&Pod) -> bool) -> String {
    let fitting = pods.iter().filter(|pod| fits(pod));
    let names = fitting.map(|pod| format!("{}/{}", pod.metadata.namespace, pod.metadata.name));
    names.collect::<Vec<_>>().join(", ")
}

/// Nothing would make such a pod anew.
// Models staging/src/k8s.io/kubectl/pkg/drain/filters.go unreplicatedFilter
fn is_alone(pod: &Pod) -> bool {
    !pod.is_terminal() && pod.metadata.controller().is_none()
}

/// Why the pods may not be evicted.
fn refusals(args: &Args, pods: &[Pod]) -> Vec<String> {
    let uses_empty_dir = |pod: &Pod| {
        !pod.is_terminal() && pod.spec.volumes.iter().any(|volume| volume.rest.contains_key("emptyDir"))
    };
    let mut reasons = Vec::new();
    let local = names_of(pods, &uses_empty_dir);
    if !local.is_empty() && !args.is("delete-emptydir-data") {
        reasons.push(format!(
            "cannot delete Pods with local storage (use --delete-emptydir-data to override): {local}"
        ));
    }
    let alone = names_of(pods, &is_alone);
    if !alone.is_empty() && !args.is("force") {
        reasons.push(format!(
            "cannot delete cannot delete Pods that declare no controller (use --force to override): {alone}"
        ));
    }
    reasons
}

fn evict(context: &mut Context, args: &Args, pod: &Pod, dry_run: DryRun) -> Result<Option<Awaited>, Failure> {
    let key = ObjectKey::new(&pod.metadata.namespace, &pod.metadata.name);
    if dry_run != DryRun::No || !args.is("disable-eviction") {
        context.print(format!("evicting pod {key}{}\n", dry_run.suffix()));
    }
    if dry_run != DryRun::No {
        return Ok(None);
    }
    let grace = Some(args.number("grace-period")).filter(|grace| *grace >= 0);
    let options = DeleteOptions { grace_period_seconds: grace, ..DeleteOptions::default() };
    match args.is("disable-eviction") {
        true => context.cluster.api_mut().delete(Kind::Pod, &key, &options)?,
        false => context.cluster.api_mut().evict(&key, &options)?,
    };
    let resource = resources::of_kind(Kind::Pod);
    Ok(Some(Awaited { resource, kind: Kind::Pod, key, uid: pod.metadata.uid.clone() }))
}

/// Waits until the evicted pods are gone.
#[derive(Debug)]
pub struct Drain {
    nodes: Vec<String>,
    awaited: Vec<Awaited>,
    until: Time,
    suffix: &'static str,
    /// What became of the pods.
    done: &'static str,
}

impl Drain {
    /// # Errors
    /// When the time is over.
    pub fn poll(&mut self, context: &mut Context) -> Result<Progress, Failure> {
        let (gone, left): (Vec<Awaited>, Vec<Awaited>) =
            std::mem::take(&mut self.awaited).into_iter().partition(|awaited| awaited.is_gone(context));
        for awaited in gone {
            context.print(format!("pod/{} {}\n", awaited.key.name, self.done));
        }
        self.awaited = left;
        if self.awaited.is_empty() {
            for node in &self.nodes {
                context.print(format!("node/{node} drained{}\n", self.suffix));
            }
            return Ok(Progress::Done(0));
        }
        if context.now() >= self.until {
            return Err(error("drain did not complete within the timeout"));
        }
        Ok(Progress::Waiting { until: Some(self.until) })
    }
}
