//! `sim bench kubectl`: how long the learner's lines take over a thousand pods, from the line to its output in the
//! terminal. Figures are for ratios within one run.

#![allow(clippy::disallowed_types, reason = "what this measures is the machine's own time")]

use std::process::ExitCode;
use std::time::Instant;

use zadachnik::api::Kind;
use zadachnik::base::Duration;
use zadachnik::cluster::ClusterOptions;
use zadachnik::protocol::bench::{LINES, runs};
use zadachnik::session::{Input, Session, SessionOptions};

use super::output::outln;

const PODS: usize = 1_000;
/// Virtual time until all pods run, or have ended.
const SETTLED: Duration = Duration::from_secs(600);
/// Documents of the manifest that is applied.
const DOCUMENTS: usize = 100;

/// Lines over the files here, beside those that the page measures too.
const FILE_LINES: &[&str] = &[
    "kubectl apply -f many.yaml --dry-run=server",
    "kubectl apply -f many.yaml",
    "kubectl apply -f many.yaml --server-side",
    "kubectl diff -f many.yaml",
    "kubectl get -f many.yaml -o yaml",
    "kubectl replace -f many.yaml",
];

pub fn main(only: Option<&String>) -> Result<ExitCode, String> {
    let only = only.map_or("", String::as_str);
    let mut running = session("100000")?;
    let mut ended = session("1")?;
    outln!("{PODS} pods {:<64} {:>10} {:>10} {:>9}", "", "running", "ended", "lines");
    for line in FILE_LINES.iter().chain(LINES).filter(|line| line.contains(only)) {
        let (first, _) = best(&mut running, line);
        let (second, printed) = best(&mut ended, line);
        outln!("{line:<74} {first:>7.2} ms {second:>7.2} ms {printed:>9}");
    }
    Ok(ExitCode::SUCCESS)
}

/// A Job whose pods all sleep for so many seconds.
fn session(seconds: &str) -> Result<Session, String> {
    let job = |name: &str, count: usize| {
        format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: {name}\nspec:\n  completions: {count}\n  parallelism: {count}\n  template:\n    spec:\n      restartPolicy: Never\n      containers:\n      - name: main\n        image: busybox:1.36\n        command: [\"sh\", \"-c\", \"echo hello; sleep {seconds}\"]\n"
        )
    };
    let many: Vec<String> = (0..DOCUMENTS).map(|at| job(&format!("none-{at}"), 0)).collect();
    let files = [("bench.yaml", job("bench", PODS)), ("many.yaml", many.join("---\n"))];
    let mut session = Session::new(SessionOptions {
        cluster: ClusterOptions { nodes: ClusterOptions::large_nodes(4), ..ClusterOptions::default() },
        files: files.map(|(name, text)| (name.to_owned(), text)).into(),
    });
    session.run_line("kubectl apply -f bench.yaml", SETTLED);
    session.advance_to(session.now() + SETTLED);
    let count = session.cluster().api().list(Kind::Pod, None).count();
    if count == PODS { Ok(session) } else { Err(format!("{count} pods are there")) }
}

/// The real milliseconds of the fastest run, and the lines that one printed.
fn best(session: &mut Session, line: &str) -> (f64, usize) {
    let (mut best, mut printed) = (f64::INFINITY, 0);
    for run in 0..runs(line) {
        let line = line.replace("{n}", &run.to_string());
        let begin = Instant::now();
        session.perform(Input::Line(line));
        while session.is_busy()
            && let Some(next) = session.next_event_at()
        {
            session.advance_to(next);
        }
        let seconds = begin.elapsed().as_secs_f64();
        let lines = session.terminal().blocks.last().map_or(0, |block| block.lines.len() + block.dropped);
        best = best.min(seconds * 1000.0);
        printed = printed.max(lines);
    }
    (best, printed)
}
