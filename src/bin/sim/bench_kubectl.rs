//! `sim bench kubectl`: how long a command takes over a thousand pods. Figures are for ratios within one run.

#![allow(clippy::disallowed_types, reason = "what this measures is the machine's own time")]

use std::process::ExitCode;
use std::time::Instant;

use serde_json::json;
use zadachnik::api::{Kind, Object};
use zadachnik::base::{Duration, Time};
use zadachnik::cluster::{Cluster, ClusterOptions, Lives};
use zadachnik::kubectl::{Desk, Invocation, Poll, Stdin};

use super::output::outln;

const PODS: i32 = 1_000;
/// The best of so many runs counts.
const RUNS: u32 = 5;
/// Virtual time until all pods run.
const SETTLED: Duration = Duration::from_secs(120);

/// Everything of the learner's commands that looks at many objects.
const COMMANDS: &[&str] = &[
    "get pods",
    "get pods -o wide --show-labels",
    "get pods -o name",
    "get pods -o yaml",
    "get pods -o json",
    "get pods -o jsonpath={.items[*].metadata.name}",
    "get pods -o jsonpath={..image}",
    "get pods -o custom-columns=NAME:.metadata.name,PHASE:.status.phase",
    "get pods --sort-by=.status.startTime",
    "get pods -l job-name=bench --field-selector status.phase=Running",
    "get all",
    "get events",
    "events",
    "describe job bench",
    "describe pods",
    "describe node node-1",
    "logs -l job-name=bench --max-log-requests=1000",
    "logs job/bench",
    "top pods",
    "delete pods --all --dry-run=client",
    "label pods --all a=b --dry-run=client",
];

pub fn main() -> Result<ExitCode, String> {
    let mut cluster = cluster()?;
    outln!("{PODS} pods run:");
    for line in COMMANDS {
        let argv: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let (mut best, mut bytes) = (f64::INFINITY, 0);
        for _ in 0..RUNS {
            let (seconds, length) = run(&mut cluster, &argv)?;
            (best, bytes) = (best.min(seconds), length);
        }
        outln!("{:<74} {:>8.2} ms {:>9} bytes", format!("  kubectl {line}"), best * 1000.0, bytes);
    }
    watch(&mut cluster)?;
    Ok(ExitCode::SUCCESS)
}

fn cluster() -> Result<Cluster, String> {
    let mut cluster = Cluster::new(&ClusterOptions {
        lives: Lives::Annotations,
        nodes: ClusterOptions::large_nodes(2),
        ..ClusterOptions::default()
    });
    let job = json!({
        "metadata": {"name": "bench", "namespace": "default"},
        "spec": {"completions": PODS, "parallelism": PODS, "template": {
            "metadata": {"annotations": {"sim/duration": "inf", "sim/log": "hello from {pod}"}},
            "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "busybox:1.36"}]},
        }},
    });
    let object = Object::decode(Kind::Job, job).map_err(|error| error.to_string())?;
    cluster.api_mut().create(object).map_err(|status| status.message)?;
    cluster.advance_to(cluster.now() + SETTLED);
    let count = cluster.api().list(Kind::Pod, None).count();
    if count != PODS as usize {
        return Err(format!("only {count} pods are there"));
    }
    Ok(cluster)
}

/// Runs a command to its end; answers the real seconds, and how much it printed.
fn run(cluster: &mut Cluster, argv: &[String]) -> Result<(f64, usize), String> {
    let (mut desk, mut stdin, mut out) = (Desk::default(), Stdin::empty(), Vec::new());
    let begin = Instant::now();
    let polled = Invocation::start(argv, cluster.now()).poll(cluster, &mut desk, &mut stdin, &mut out);
    let seconds = begin.elapsed().as_secs_f64();
    let length = out.iter().map(|(_, text)| text.len()).sum();
    match polled {
        Poll::Exited(0) => Ok((seconds, length)),
        _ => {
            let text: String = out.into_iter().map(|(_, text)| text).collect();
            Err(format!("kubectl {}: {text}", argv.join(" ")))
        }
    }
}

/// What a watch costs for each change: every pod goes, and is told twice.
fn watch(cluster: &mut Cluster) -> Result<(), String> {
    let argv = ["get", "pods", "-w"].map(str::to_owned);
    let (mut desk, mut stdin, mut out) = (Desk::default(), Stdin::empty(), Vec::new());
    let mut invocation = Invocation::start(&argv, cluster.now());
    invocation.poll(cluster, &mut desk, &mut stdin, &mut out);
    out.clear();
    let delete = ["delete", "job", "bench", "--wait=false"].map(str::to_owned);
    run(cluster, &delete)?;
    let until: Time = cluster.now() + Duration::from_secs(60);
    cluster.advance_to(until);
    let begin = Instant::now();
    invocation.poll(cluster, &mut desk, &mut stdin, &mut out);
    let seconds = begin.elapsed().as_secs_f64();
    let rows = out.len().max(1);
    outln!(
        "{:<74} {:>8.2} ms {:>9} rows, {:.1} us each",
        "  kubectl get pods -w, the next batch",
        seconds * 1000.0,
        rows,
        seconds * 1e6 / rows as f64
    );
    Ok(())
}
