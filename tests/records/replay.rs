//! Runs a transcript's commands on a cluster of its own.

use std::fs;
use std::path::Path;

use zadachnik::base::{Duration, Time, Timestamp};
use zadachnik::cluster::{Cluster, ClusterOptions, Lives};
use zadachnik::containers::FileSystem;
use zadachnik::kubectl::{Desk, Invocation, Poll, Stdin, Stream};

use crate::compare::Block;

/// Output and, where it is not 0, exit status of every block's command.
pub fn replay(folder: &Path, blocks: &[Block]) -> Vec<Block> {
    let transcript = fs::read_to_string(folder.join("transcript.txt")).expect("readable");
    let start = recorded_at(&transcript);
    let names = fs::read_to_string(folder.join("names.txt")).expect("readable");
    let options = ClusterOptions {
        seed: 1,
        start,
        lives: Lives::Annotations,
        names: names.lines().map(str::to_owned).collect(),
        ..ClusterOptions::default()
    };
    let mut cluster = Cluster::new(&options);
    let mut files = FileSystem::new();
    let manifest = fs::read(folder.join("manifest.yaml")).expect("readable");
    files.write("/manifest.yaml", &manifest).expect("the root is writable");
    let mut desk = Desk { files, ..Desk::default() };
    let mut done = Vec::new();
    for block in blocks {
        let at = start + Duration::from_millis((block.at * 1000.0).round() as i64);
        if at > cluster.now() {
            cluster.advance_to(at);
        }
        let text = run_line(&block.command, &mut cluster, &mut desk);
        let lines = text.lines().map(str::to_owned).collect();
        done.push(Block { at: block.at, command: block.command.clone(), lines });
    }
    done
}

fn recorded_at(transcript: &str) -> Time {
    let stamp = transcript.lines().next().and_then(|line| line.rsplit(' ').next()).expect("a header");
    Timestamp::parse_rfc3339(stamp).expect("the time of the record").to_time()
}

/// A line of the transcript: commands in a row, each perhaps through filters.
fn run_line(line: &str, cluster: &mut Cluster, desk: &mut Desk) -> String {
    let mut out = String::new();
    for command in line
        .split("; ")
        .filter(|_| line.starts_with("date "))
        .chain((!line.starts_with("date ")).then_some(line))
    {
        let (head, filters) = pipeline(command);
        let (stdout, stderr, status) = run(&head, cluster, desk);
        let mut text = stdout;
        let merged = head.last().is_some_and(|word| word == "2>&1");
        if merged {
            text.push_str(&stderr);
        }
        let mut status = status;
        for filter in &filters {
            text = apply_filter(filter, &text);
            status = 0;
        }
        if !merged {
            text.push_str(&stderr);
        }
        out.push_str(&text);
        if !out.is_empty() && !out.ends_with('\n') {
            out.push('\n');
        }
        if status != 0 {
            out.push_str(&format!("(exit status {status})\n"));
        }
    }
    out
}

/// Words of the first command, and of the filters behind it.
fn pipeline(line: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut commands = vec![Vec::new()];
    let (mut word, mut open, mut quote) = (String::new(), false, None);
    for c in line.chars().chain([' ']) {
        match (quote, c) {
            (Some(end), c) if c == end => quote = None,
            (Some(_), c) => word.push(c),
            (None, '\'' | '"') => (quote, open) = (Some(c), true),
            (None, ' ') => {
                if open || !word.is_empty() {
                    let word = std::mem::take(&mut word);
                    match word == "|" && !open {
                        true => commands.push(Vec::new()),
                        false => commands.last_mut().expect("never empty").push(word),
                    }
                }
                open = false;
            }
            (None, c) => word.push(c),
        }
    }
    let rest = commands.split_off(1);
    (commands.remove(0), rest)
}

fn run(words: &[String], cluster: &mut Cluster, desk: &mut Desk) -> (String, String, i32) {
    if words[0] == "date" {
        let text = cluster.now().to_timestamp().to_string();
        return (format!("{}\n", &text[11..19]), String::new(), 0);
    }
    let argv: Vec<String> = words[1..].iter().filter(|word| *word != "2>&1").cloned().collect();
    let mut invocation = Invocation::start(&argv, cluster.now());
    let (mut out, mut stdin) = (Vec::new(), Stdin::empty());
    // Nothing in the records runs for longer than two minutes.
    let limit = cluster.now() + Duration::from_secs(120);
    let status = loop {
        match invocation.poll(cluster, desk, &mut stdin, &mut out) {
            Poll::Exited(status) => break status,
            Poll::Waiting { until } => {
                let now = cluster.now();
                let wake = cluster.next_event_at().into_iter().chain(until).min().unwrap_or(limit);
                if wake > limit {
                    break 124;
                }
                let step = if wake <= now { now + Duration::from_millis(1) } else { wake };
                cluster.advance_to(step);
            }
        }
    };
    let text = |wanted: Stream| {
        out.iter().filter(|(stream, _)| *stream == wanted).map(|(_, text)| text.as_str()).collect::<String>()
    };
    (text(Stream::Stdout), text(Stream::Stderr), status)
}

fn apply_filter(words: &[String], text: &str) -> String {
    let number =
        |word: &str| word.trim_start_matches(|c: char| !c.is_ascii_digit()).parse::<usize>().unwrap_or(0);
    match words[0].as_str() {
        "wc" => format!("{}\n", text.lines().count()),
        "head" => text.lines().take(number(&words[1])).map(|line| format!("{line}\n")).collect(),
        "grep" => format!("{}\n", text.lines().filter(|line| line.contains(&words[2])).count()),
        "cut" => {
            let to = number(words[1].rsplit('-').next().unwrap_or_default());
            text.lines().map(|line| format!("{}\n", line.chars().take(to).collect::<String>())).collect()
        }
        other => panic!("the records have no filter {other}"),
    }
}
