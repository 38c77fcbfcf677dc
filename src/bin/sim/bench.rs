//! `sim bench`: how fast the core is on this machine, and how much it remembers. Times are those that the processor
//! worked for this thread, where the system tells them: what else the machine does counts less then.

#![allow(clippy::disallowed_types, reason = "what this measures is the machine's own time")]

use std::process::ExitCode;
use std::time::Instant;

use serde_json::json;
use zadachnik::api::decode::{Validation, decode};
use zadachnik::api::defaults::set_defaults;
use zadachnik::api::strategy::prepare_create;
use zadachnik::api::validation::{refuse, validate_create};
use zadachnik::api::{Kind, Object};
use zadachnik::base::Duration;
use zadachnik::cluster::{Cluster, ClusterOptions, Lives};
use zadachnik::manifest::decode_stream;

use super::memory::live_bytes;
use super::output::outln;

const MANIFEST: &str = "apiVersion: batch/v1
kind: Job
metadata:
  name: pi
spec:
  backoffLimit: 4
  template:
    spec:
      containers:
      - name: pi
        image: perl:5.34.0
        command: [\"perl\", \"-Mbignum=bpi\", \"-wle\", \"print bpi(2000)\"]
      restartPolicy: Never
";

/// Virtual time within which every benchmarked Job must end.
const VIRTUAL_MAX: Duration = Duration::from_secs(24 * 3_600);

/// What Jobs cost.
struct Measured {
    seconds: f64,
    /// Memory that the cluster holds at the end beside the objects in its store.
    beside_objects: i64,
}

pub fn main(args: &[String]) -> Result<ExitCode, String> {
    if let Some(unknown) = args.first() {
        return Err(format!("bench takes no argument, got \"{unknown}\""));
    }
    let small = jobs("1,000 completions at parallelism 500", 1, 1_000, 500)?;
    let large = jobs("10,000 completions at parallelism 500", 1, 10_000, 500)?;
    outln!("{:<44} {:>9.1} x", "  ten times the pods cost", large.seconds / small.seconds);
    // What does not grow with the pods, such as the log of changes, is in both.
    let remembered = (large.beside_objects - small.beside_objects) / (10_000 - 1_000);
    outln!("{:<44} {remembered:>9} B", "  remembered of each pod beside its objects");
    jobs("100 Jobs of 100 completions, parallelism 10", 100, 100, 10)?;
    manifests()?;
    Ok(ExitCode::SUCCESS)
}

/// From text to verdict: a usual manifest, and two that are refused.
fn manifests() -> Result<(), String> {
    const TIMES: u32 = 1_000;
    let (refused, seconds) = timed(|| (0..TIMES).filter(|_| judge(MANIFEST).is_err()).count());
    if refused > 0 {
        return Err(format!("a valid manifest is refused: {:?}", judge(MANIFEST)));
    }
    outln!("{:<44} {:>9.1} us", "decode, default and validate a Job", seconds * 1e6 / f64::from(TIMES));
    let large = format!("a: {}", "x".repeat(1_000_000));
    let deep = "[".repeat(1_000) + &"]".repeat(1_000);
    for (what, text) in [("refuse a manifest of 1 MB", large), ("refuse a manifest nested 1,000 deep", deep)]
    {
        let (verdict, seconds) = timed(|| judge(&text));
        if verdict.is_ok() {
            return Err(format!("{what}: it was accepted"));
        }
        report(what, seconds);
    }
    Ok(())
}

fn judge(text: &str) -> Result<(), String> {
    let mut documents = decode_stream(text);
    let value = documents.pop().ok_or("no document")?.map_err(|error| error.message)?;
    let decoded = decode(Kind::Job, value, Validation::Strict).map_err(|status| status.message)?;
    let (mut object, _) = decoded;
    let meta = object.metadata_mut();
    meta.namespace = "default".to_owned();
    meta.uid = "1a2b3c".to_owned();
    set_defaults(&mut object);
    prepare_create(&mut object);
    refuse(&object, validate_create(&object)).map_err(|status| status.message)
}

fn report(what: &str, seconds: f64) {
    outln!("{what:<44} {:>9.1} ms", seconds * 1000.0);
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let (begin, worked_before) = (Instant::now(), worked_seconds());
    let result = work();
    let worked = worked_before.zip(worked_seconds()).map(|(before, after)| after - before);
    (result, worked.unwrap_or_else(|| begin.elapsed().as_secs_f64()))
}

/// Seconds that the processor worked for this thread; `None` where Linux does not tell.
fn worked_seconds() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(text.split(' ').next()?.parse::<f64>().ok()? / 1e9)
}

/// What the cluster holds beside the objects in its store: what goes with it while they stay.
fn bytes_beside_objects(cluster: Cluster) -> i64 {
    let kinds = Kind::ALL.iter().flat_map(|kind| cluster.api().list(*kind, None));
    let objects: Vec<Object> = kinds.cloned().collect();
    let before = live_bytes();
    drop(cluster);
    let bytes = before - live_bytes();
    drop(objects);
    bytes
}

/// Runs Jobs to Complete.
fn jobs(what: &str, count: usize, completions: i32, parallelism: i32) -> Result<Measured, String> {
    let mut cluster = Cluster::new(&ClusterOptions {
        lives: Lives::Annotations,
        nodes: ClusterOptions::large_nodes(10),
        ..ClusterOptions::default()
    });
    for index in 0..count {
        let job = json!({
            "metadata": {"name": format!("bench-{index}"), "namespace": "default"},
            "spec": {"completions": completions, "parallelism": parallelism, "template": {
                "metadata": {"annotations": {"sim/duration": "1"}},
                "spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "busybox:1.36"}]},
            }},
        });
        let object = Object::decode(Kind::Job, job).map_err(|error| error.to_string())?;
        cluster.api_mut().create(object).map_err(|status| status.message)?;
    }
    let end = cluster.now() + VIRTUAL_MAX;
    // Until nothing more is to happen: that their events expire an hour later is no part of the Jobs.
    let (_, seconds) = timed(|| {
        while let Some(next) = cluster.next_event_at().filter(|next| *next <= end) {
            cluster.advance_to(next);
        }
    });
    let finished = |object: &&Object| matches!(object, Object::Job(job) if job.is_finished());
    let done = cluster.api().list(Kind::Job, None).filter(finished).count();
    if done != count {
        return Err(format!("{what}: only {done} of {count} Jobs ended"));
    }
    report(what, seconds);
    Ok(Measured { seconds, beside_objects: bytes_beside_objects(cluster) })
}
