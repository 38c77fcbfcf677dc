//! Transcripts of a real cluster, replayed: every command at its second, its output compared with the record's.
//!
//! Commands whose output is known to differ stand in tests/records/known.txt, each with its reason.

#[path = "records/compare.rs"]
mod compare;
#[path = "records/replay.rs"]
mod replay;
#[path = "records/start.rs"]
mod start;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/records")
}

fn scenarios() -> Vec<String> {
    let entries =
        fs::read_dir(folder()).expect("the project has its records").map(|entry| entry.expect("readable"));
    let with_transcript = entries.filter(|entry| entry.path().join("transcript.txt").is_file());
    let mut names: Vec<String> =
        with_transcript.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// `SCENARIO: COMMAND` of each line before its reason.
fn known() -> BTreeSet<String> {
    let text = fs::read_to_string(folder().join("known.txt")).expect("readable");
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines.map(|line| line.split(" ## ").next().unwrap_or_default().trim_end().to_owned()).collect()
}

/// `RECORDS_SHOW=SCENARIO` prints every difference of one scenario.
#[test]
fn transcripts_replay_as_recorded() {
    let known = known();
    let shown = std::env::var("RECORDS_SHOW").unwrap_or_default();
    let (mut same, mut unexpected, mut met) = (0, Vec::new(), BTreeSet::new());
    for name in scenarios().into_iter().filter(|name| shown.is_empty() || *name == shown) {
        let real = compare::blocks(
            &fs::read_to_string(folder().join(&name).join("transcript.txt")).expect("readable"),
        );
        let ours = replay::replay(&folder().join(&name));
        assert_eq!(ours.len(), real.len(), "{name}: every command is answered");
        for difference in compare::differences(&real, &ours) {
            let line = format!("{name}: {}", difference.command);
            if !shown.is_empty() {
                println!("{line}\n{}", difference.text);
            }
            match known.contains(&line) {
                true => drop(met.insert(line)),
                false => unexpected.push(line),
            }
        }
        same += real.len();
    }
    same -= unexpected.len() + met.len();
    println!("{same} commands as recorded, {} known to differ, {} not known", met.len(), unexpected.len());
    assert!(unexpected.is_empty(), "{}", unexpected.join("\n"));
    // Which of them differ hangs on the order of events within one second: those that agree by now are only told.
    for line in known.iter().filter(|line| shown.is_empty() && !met.contains(*line)) {
        println!("no longer differs: {line}");
    }
}
