//! `kubectl logs`.
// Models staging/src/k8s.io/kubectl/pkg/cmd/logs/logs.go and pkg/polymorphichelpers/logsforobject.go

use std::cmp::Ordering;
use std::sync::Arc;

use super::logs_print::{Options, Source, print_source};
use super::{done, request_end};
use crate::api::core::{Pod, PodPhase, pod_condition, selector_matches};
use crate::api::{Kind, Object};
use crate::apiserver::ObjectKey;
use crate::base::{Duration, Time, sorted};
use crate::kubectl::failure::{Failure, error, usage_error};
use crate::kubectl::flags::Args;
use crate::kubectl::objects::{self, Info, Item, Selectors};
use crate::kubectl::task::{Progress, Task};
use crate::kubectl::{Context, Next, Outcome, resources, select};

/// Running programs write without any change of the API: so often they are looked at.
const FOLLOW_EVERY: Duration = Duration::from_millis(250);
/// A selector shows only the end of each log.
const SELECTOR_TAIL: i64 = 10;

pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let (pods, options) = match read(context, args)? {
        Chosen::Pods(pods, options) => (pods, options),
        Chosen::NoneYet => {
            // The command looks for a pod for a while before it gives up.
            let until = context.started + args.duration("pod-running-timeout");
            let failure = error("timed out waiting for the condition");
            return Ok(Next::Wait(Task::FailAt(until, failure)));
        }
    };
    let mut sources = Vec::new();
    for pod in &pods {
        sources.extend(sources_of(context, args, &options, pod)?);
    }
    let most = args.number("max-log-requests").max(1) as usize;
    if options.follow && sources.len() > most {
        return Err(error(format!(
            "you are attempting to follow {} log streams, but maximum allowed concurrency is {most}, use \
             --max-log-requests to increase the limit",
            sources.len()
        )));
    }
    for source in &mut sources {
        if let Err(status) = print_source(context, &options, source) {
            if !args.is("ignore-errors") {
                return Err(Failure::Api(status));
            }
            context.print(format!("error: {}\n", status.message));
        }
    }
    if options.follow {
        let until = request_end(context, args);
        return Ok(Next::Wait(Task::Follow(Box::new(Follow { sources, options, until }))));
    }
    done()
}

enum Chosen {
    Pods(Vec<Arc<Pod>>, Options),
    NoneYet,
}

fn read(context: &mut Context, args: &Args) -> Result<Chosen, Failure> {
    let mut options = Options::of(args, context.now())?;
    if args.duration("pod-running-timeout") <= Duration::ZERO {
        return Err(error("--pod-running-timeout must be higher than zero"));
    }
    let namespace = context.namespace(args);
    let usage = "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command";
    if args.is_set("selector") {
        if !args.words.is_empty() {
            return Err(usage_error("logs", "only a selector (-l) or a POD name is allowed"));
        }
        let selectors = Selectors { labels: args.text("selector").to_owned(), fields: String::new() };
        let found = selectors.list(context.cluster, resources::of_kind(Kind::Pod), Some(&namespace))?;
        let pod = |info: Info| match info.item {
            Item::Stored(Object::Pod(pod)) => Some(pod),
            _ => None,
        };
        let pods: Vec<Arc<Pod>> = found.into_iter().filter_map(pod).collect();
        if pods.is_empty() {
            context.print_error(format!("No resources found in {namespace} namespace.\n"));
        }
        if !args.is_set("tail") {
            options.tail = Some(SELECTOR_TAIL);
        }
        return Ok(Chosen::Pods(pods, options));
    }
    let target = match args.words.as_slice() {
        [] => return Err(usage_error("logs", usage)),
        [target] => target,
        [_, _] if args.is_set("container") => {
            return Err(error("only one of -c or an inline [CONTAINER] arg is allowed"));
        }
        [target, container] => {
            options.container = Some(container.clone());
            target
        }
        _ => return Err(usage_error("logs", usage)),
    };
    let (resource, name) = match target.contains('/') {
        true => select::split_reference(target)?,
        false => (resources::of_kind(Kind::Pod), target.clone()),
    };
    let info = objects::look_up(context.cluster, resource, &namespace, &name).map_err(|status| {
        error(format!("error from server (NotFound): {} in namespace {namespace:?}", status.message))
    })?;
    choose(context, args, info, options)
}

fn choose(context: &mut Context, args: &Args, info: Info, mut options: Options) -> Result<Chosen, Failure> {
    let job = match &info.item {
        Item::Stored(Object::Pod(pod)) => return Ok(Chosen::Pods(vec![pod.clone()], options)),
        Item::Stored(Object::Job(job)) => job,
        _ => return Err(no_pods_of(&info, "get the logs from")),
    };
    let selector = job.spec.selector.clone().unwrap_or_default();
    let mut found =
        pods(context, &job.metadata.namespace, |pod| selector_matches(&selector, &pod.metadata.labels));
    if found.is_empty() {
        return Ok(Chosen::NoneYet);
    }
    if args.is("all-pods") {
        options.prefix = true;
        return Ok(Chosen::Pods(found, options));
    }
    sorted::sort_by(&mut found, |a, b| logging_order(a, b));
    let count = found.len();
    let first = found.swap_remove(0);
    if count > 1 {
        context.print_error(format!("Found {count} pods, using pod/{}\n", first.metadata.name));
    }
    Ok(Chosen::Pods(vec![first], options))
}

/// Why an object stands for no pods.
// Models polymorphichelpers/helpers.go SelectorsForObject
pub fn no_pods_of(info: &Info, verb: &str) -> Failure {
    let kind = info.resource.kind;
    let reason = match kind {
        "Service" => format!("invalid service '{}': Service is defined without a selector", info.name()),
        _ => format!("selector for *v1.{kind} not implemented"),
    };
    error(format!("cannot {verb} *v1.{kind}: {reason}"))
}

pub fn pods(context: &Context, namespace: &str, fits: impl Fn(&Pod) -> bool) -> Vec<Arc<Pod>> {
    let all = context.cluster.api().list(Kind::Pod, Some(namespace)).filter_map(|object| match object {
        Object::Pod(pod) => Some(pod),
        _ => None,
    });
    all.filter(|pod| fits(pod)).cloned().collect()
}

/// Which pod of several a log is most likely wanted of.
// Models staging/src/k8s.io/kubectl/pkg/util/podutils/podutils.go ByLogging
pub fn logging_order(a: &Pod, b: &Pod) -> Ordering {
    let unscheduled = |pod: &Pod| pod.spec.node_name.is_empty();
    let phase = |pod: &Pod| match pod.status.phase {
        PodPhase::Unknown => 1,
        PodPhase::Pending => 2,
        _ => 0,
    };
    let ready_since = |pod: &Pod| pod.condition(pod_condition::READY).and_then(|c| c.last_transition_time);
    let restarts =
        |pod: &Pod| pod.status.container_statuses.iter().map(|s| s.restart_count).max().unwrap_or(0);
    let both_ready = match a.is_ready() && b.is_ready() {
        true => ready_since(a).cmp(&ready_since(b)),
        false => Ordering::Equal,
    };
    unscheduled(a)
        .cmp(&unscheduled(b))
        .then_with(|| phase(a).cmp(&phase(b)))
        .then_with(|| b.is_ready().cmp(&a.is_ready()))
        .then(both_ready)
        .then_with(|| restarts(b).cmp(&restarts(a)))
        .then_with(|| a.metadata.creation_timestamp.cmp(&b.metadata.creation_timestamp))
}

/// The containers of a pod whose logs are wanted.
fn sources_of(
    context: &mut Context,
    args: &Args,
    options: &Options,
    pod: &Pod,
) -> Result<Vec<Source>, Failure> {
    let key = ObjectKey::new(&pod.metadata.namespace, &pod.metadata.name);
    let source = |name: &str| Source::new(key.clone(), name);
    if args.is("all-containers") {
        let all = pod.spec.init_containers.iter().chain(&pod.spec.containers);
        return Ok(all.map(|container| source(&container.name)).collect());
    }
    let name = match &options.container {
        Some(name) => name.clone(),
        None => default_container(context, pod),
    };
    let known = pod.spec.init_containers.iter().chain(&pod.spec.containers).any(|c| c.name == name);
    if !known {
        return Err(error(format!(
            "container {name} is not valid for pod {} out of: {}",
            pod.metadata.name,
            container_list(pod)
        )));
    }
    Ok(vec![source(&name)])
}

/// `a, b, setup (init)`
pub fn container_list(pod: &Pod) -> String {
    let regular = pod.spec.containers.iter().map(|container| container.name.clone());
    let init = pod.spec.init_containers.iter().map(|container| format!("{} (init)", container.name));
    regular.chain(init).collect::<Vec<_>>().join(", ")
}

/// The container that is meant when none is named.
pub fn default_container(context: &mut Context, pod: &Pod) -> String {
    let annotated = pod.metadata.annotations.get("kubectl.kubernetes.io/default-container");
    let first = pod.spec.containers.first().map(|container| container.name.clone()).unwrap_or_default();
    if let Some(name) = annotated.filter(|name| pod.spec.containers.iter().any(|c| c.name == **name)) {
        return name.clone();
    }
    if pod.spec.containers.len() + pod.spec.init_containers.len() > 1 {
        context.print_error(format!("Defaulted container \"{first}\" out of: {}\n", container_list(pod)));
    }
    first
}

/// `kubectl logs -f`
#[derive(Debug)]
pub struct Follow {
    pub sources: Vec<Source>,
    pub options: Options,
    /// When the request ends by itself.
    pub until: Option<Time>,
}

impl Follow {
    /// # Errors
    /// When the time that the request may take is over. A log that is gone has ended.
    pub fn poll(&mut self, context: &mut Context) -> Result<Progress, Failure> {
        for source in self.sources.iter_mut().filter(|source| !source.ended) {
            source.ended = source.has_ended(context);
            if print_source(context, &self.options, source).is_err() {
                source.ended = true;
            }
        }
        if self.sources.iter().all(|source| source.ended) {
            return Ok(Progress::Done(0));
        }
        if self.until.is_some_and(|until| context.now() >= until) {
            // Models net/http/client.go cancelTimerBody.Read
            let cause = "Client.Timeout or context cancellation while reading body";
            return Err(error(format!("context deadline exceeded ({cause})")));
        }
        let next = context.now() + FOLLOW_EVERY;
        Ok(Progress::Waiting { until: Some(self.until.map_or(next, |until| until.min(next))) })
    }
}
