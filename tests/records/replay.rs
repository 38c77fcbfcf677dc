//! Runs a transcript's commands in a session of its own, as `sim run` does.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use zadachnik::base::{Duration, Time, Timestamp};
use zadachnik::cluster::{ClusterOptions, Lives};
use zadachnik::session::{Input, Session, SessionOptions};

use crate::compare::Block;

/// No command of the records runs for longer.
const COMMAND_MAX: Duration = Duration::from_secs(120);

/// Output and, where it is not 0, exit status of every block's command.
pub fn replay(folder: &Path, blocks: &[Block]) -> Vec<Block> {
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("readable");
    let start = recorded_at(&read("transcript.txt"));
    let cluster = ClusterOptions {
        seed: 1,
        start,
        lives: Lives::Annotations,
        names: read("names.txt").lines().map(str::to_owned).collect(),
        ..ClusterOptions::default()
    };
    let files = BTreeMap::from([("manifest.yaml".to_owned(), read("manifest.yaml"))]);
    let mut session = Session::new(SessionOptions { cluster, files });
    let mut done = Vec::new();
    for block in blocks {
        let at = start + Duration::from_millis((block.at * 1000.0).round() as i64);
        if at > session.now() {
            session.run_until(at);
        }
        let lines = run_line(&mut session, &block.command);
        done.push(Block { at: block.at, command: block.command.clone(), lines });
    }
    done
}

fn recorded_at(transcript: &str) -> Time {
    let stamp = transcript.lines().next().and_then(|line| line.rsplit(' ').next()).expect("a header");
    Timestamp::parse_rfc3339(stamp).expect("the time of the record").to_time()
}

fn run_line(session: &mut Session, command: &str) -> Vec<String> {
    session.perform(Input::Line(command.to_owned()));
    let limit = session.now() + COMMAND_MAX;
    while session.is_busy() {
        match session.next_event_at().filter(|next| *next <= limit) {
            Some(next) => session.run_until(next),
            None => session.perform(Input::Interrupt),
        }
    }
    let Some(block) = session.terminal().blocks.last() else { return Vec::new() };
    let mut lines: Vec<String> = block.streams_text().lines().map(str::to_owned).collect();
    if let Some(status) = block.status.filter(|status| *status != 0) {
        lines.push(format!("(exit status {status})"));
    }
    lines
}
