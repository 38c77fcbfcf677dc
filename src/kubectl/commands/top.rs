//! `kubectl top`, from the cost model of the containers.
// Models staging/src/k8s.io/kubectl/pkg/cmd/top

use super::done;
use crate::api::{Kind, Object};
use crate::base::sorted;
use crate::kubectl::failure::{Failure, error, usage_error};
use crate::kubectl::flags::Args;
use crate::kubectl::output::tabs::TabWriter;
use crate::kubectl::{Context, Outcome};
use crate::node::resources::{cpu_millis, whole};

pub fn holder(context: &mut Context, args: &Args) -> Outcome {
    super::holder(context, args, "top")
}

struct Usage {
    namespace: String,
    pod: String,
    container: String,
    cpu_millis: i64,
    memory_bytes: i64,
}

fn mebibytes(bytes: i64) -> String {
    format!("{}Mi", (bytes + (1 << 20) - 1) >> 20)
}

/// At most one name, or a selector.
fn check(args: &Args, command: &str) -> Result<(), Failure> {
    if args.words.len() > 1 {
        return Err(usage_error(&format!("top {command}"), &format!("{command} [NAME | -l label]")));
    }
    if !args.words.is_empty() && args.is_set("selector") {
        return Err(error("only one of NAME or selector can be provided"));
    }
    Ok(())
}

pub fn pods(context: &mut Context, args: &Args) -> Outcome {
    check(args, "pod")?;
    let namespace = context.namespace(args);
    let mut args_query = args.clone();
    args_query.words.insert(0, "pods".to_owned());
    let query = crate::kubectl::select::query(context, args, &args_query.words)?;
    let found = query.find(context);
    Failure::of(found.failures)?;
    let mut usages: Vec<Usage> = Vec::new();
    for info in &found.infos {
        usages.extend(usage_of(context, info.namespace(), info.name(), args.is("containers")));
    }
    if usages.is_empty() {
        let text = match args.is("all-namespaces") {
            true => "No resources found\n".to_owned(),
            false => format!("No resources found in {namespace} namespace.\n"),
        };
        context.print_error(text);
        return done();
    }
    match args.text("sort-by") {
        "" => {}
        "cpu" => sorted::sort_by_key(&mut usages, |usage| -usage.cpu_millis),
        "memory" => sorted::sort_by_key(&mut usages, |usage| -usage.memory_bytes),
        _ => return Err(error("--sort-by accepts only cpu or memory")),
    }
    let mut text = String::new();
    let (with_namespace, with_container) = (args.is("all-namespaces"), args.is("containers"));
    if !args.is("no-headers") {
        text.push_str(if with_namespace { "NAMESPACE\t" } else { "" });
        text.push_str(if with_container { "POD\tNAME\t" } else { "NAME\t" });
        text.push_str("CPU(cores)\tMEMORY(bytes)\n");
    }
    for usage in &usages {
        let namespace = if with_namespace { format!("{}\t", usage.namespace) } else { String::new() };
        let container = if with_container { format!("{}\t", usage.container) } else { String::new() };
        let memory = mebibytes(usage.memory_bytes);
        text += &format!("{namespace}{}\t{container}{}m\t{memory}\n", usage.pod, usage.cpu_millis);
    }
    context.print(TabWriter::table().lay_out(&text));
    done()
}

/// What a pod uses, as a whole or container by container; nothing when it does not run.
fn usage_of(context: &Context, namespace: &str, pod: &str, by_container: bool) -> Vec<Usage> {
    let key = crate::apiserver::ObjectKey::new(namespace, pod);
    let Some(Object::Pod(object)) = context.cluster.api().find(Kind::Pod, &key) else { return Vec::new() };
    let usage = |container: String, cpu_millis: i64, memory_bytes: i64| Usage {
        namespace: namespace.to_owned(),
        pod: pod.to_owned(),
        container,
        cpu_millis,
        memory_bytes,
    };
    let running: Vec<Usage> = object
        .spec
        .containers
        .iter()
        .filter_map(|container| {
            let used = context.cluster.usage(namespace, pod, &container.name)?;
            Some(usage(container.name.clone(), used.cpu_millis, used.memory_bytes))
        })
        .collect();
    if by_container || running.is_empty() {
        return running;
    }
    let cpu = running.iter().map(|usage| usage.cpu_millis).sum();
    let memory = running.iter().map(|usage| usage.memory_bytes).sum();
    vec![usage(String::new(), cpu, memory)]
}

pub fn nodes(context: &mut Context, args: &Args) -> Outcome {
    check(args, "node")?;
    let mut words = args.words.clone();
    words.insert(0, "nodes".to_owned());
    let query = crate::kubectl::select::query(context, args, &words)?;
    let found = query.find(context);
    Failure::of(found.failures)?;
    let mut text = String::new();
    if !args.is("no-headers") {
        text.push_str("NAME\tCPU(cores)\tCPU(%)\tMEMORY(bytes)\tMEMORY(%)\n");
    }
    for info in &found.infos {
        let name = info.name();
        let on_node: Vec<(String, String)> = context
            .cluster
            .api()
            .list(Kind::Pod, None)
            .filter_map(|object| match object {
                Object::Pod(pod) if pod.spec.node_name == name => {
                    Some((pod.metadata.namespace.clone(), pod.metadata.name.clone()))
                }
                _ => None,
            })
            .collect();
        let used: Vec<Usage> =
            on_node.iter().flat_map(|(ns, pod)| usage_of(context, ns, pod, false)).collect();
        let (cpu, memory): (i64, i64) =
            used.iter().fold((0, 0), |(c, m), u| (c + u.cpu_millis, m + u.memory_bytes));
        let key = crate::apiserver::ObjectKey::new("", name);
        let Some(Object::Node(node)) = context.cluster.api().find(Kind::Node, &key) else { continue };
        let size = |name: &str| node.status.allocatable.get(name);
        let cores = size("cpu").map_or(0, cpu_millis).max(1);
        let bytes = size("memory").map_or(0, whole).max(1);
        text += &format!(
            "{name}\t{cpu}m\t{}%\t{}\t{}%\n",
            cpu * 100 / cores,
            mebibytes(memory),
            memory * 100 / bytes
        );
    }
    context.print(TabWriter::table().lay_out(&text));
    done()
}
