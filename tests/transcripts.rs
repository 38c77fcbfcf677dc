//! Recorded sessions of a real cluster, replayed by `sim run`: the same commands print the same.
//!
//! What may differ is put out of the way first: random suffixes and uids go by order of appearance, times, addresses,
//! versions and ids of containers become placeholders; ages may differ by two seconds or 15 %; runs of spaces are one.

mod normal;

use std::path::{Path, PathBuf};
use std::process::Command;

use normal::Names;

/// At least this share of all commands has to print the same.
const SHARE_MIN: f64 = 0.96;

struct Block {
    command: String,
    lines: Vec<String>,
}

/// The commands of a transcript with what each printed.
fn blocks(transcript: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for line in transcript.lines() {
        let command =
            line.strip_prefix("[t=").and_then(|rest| rest.split_once("] $ ")).map(|(_, command)| command);
        match (command, blocks.last_mut()) {
            (Some(command), _) => blocks.push(Block { command: command.to_owned(), lines: Vec::new() }),
            (None, Some(block)) if !line.trim().is_empty() => block.lines.push(line.trim_end().to_owned()),
            _ => {}
        }
    }
    blocks
}

/// Pods born in the same instant have no order of their own, nor have events of one second.
fn is_unordered(command: &str) -> bool {
    let listed = ["po", "pod", "pods", "event", "events", "all"];
    let mut words = command.split_whitespace().skip_while(|word| *word != "get").skip(1);
    let whole = command.contains("-o yaml") || command.contains("-o json");
    !whole && words.any(|word| listed.contains(&word))
}

fn same(command: &str, recorded: &[String], replayed: &[String]) -> bool {
    if recorded.len() != replayed.len() {
        return false;
    }
    if recorded.iter().zip(replayed).all(|(a, b)| normal::same_line(a, b)) {
        return true;
    }
    if !is_unordered(command) {
        return false;
    }
    let mut rest: Vec<String> = replayed.iter().map(|line| normal::without_numbers(line)).collect();
    recorded.iter().all(|line| {
        let line = normal::without_numbers(line);
        let twin = rest.iter().position(|other| normal::same_line(&line, other));
        twin.map(|at| rest.remove(at)).is_some()
    })
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Plays the transcript's commands and answers what the simulator prints.
fn replay(folder: &Path, transcript: &str) -> String {
    let start = transcript.lines().next().and_then(|line| line.rsplit_once("recorded ")).expect("a header").1;
    let mut sim = Command::new(env!("CARGO_BIN_EXE_sim"));
    sim.current_dir(folder).args([
        "run",
        "--script",
        "transcript.txt",
        "--lives",
        "annotations",
        "--start",
        start.trim(),
    ]);
    if folder.join("names.txt").exists() {
        sim.args(["--names", "names.txt"]);
    }
    let output = sim.output().expect("sim runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Commands of a recording that print something else, as `command` lines.
fn differing(folder: &Path) -> (usize, Vec<String>) {
    let transcript = read(&folder.join("transcript.txt"));
    let (recorded, replayed) = (blocks(&transcript), blocks(&replay(folder, &transcript)));
    let (mut names, mut own_names) = (Names::default(), Names::default());
    let mut different = Vec::new();
    for (at, block) in recorded.iter().enumerate() {
        let wanted: Vec<String> = block.lines.iter().map(|line| names.normal(line)).collect();
        let got = replayed.get(at).map(|own| own.lines.iter().map(|line| own_names.normal(line)).collect());
        let got: Vec<String> = got.unwrap_or_default();
        if !same(&block.command, &wanted, &got) {
            different.push(block.command.clone());
        }
    }
    (recorded.len(), different)
}

/// Recordings in which commands print something else for a reason that is not a missing rule.
fn reason(folder: &str) -> Option<&'static str> {
    let table = include_str!("records/exceptions.txt");
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(": ")).find(|(name, _)| *name == folder).map(|(_, reason)| reason)
}

#[test]
fn recorded_sessions_print_the_same() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/records");
    let entries = std::fs::read_dir(root).expect("the recordings are there");
    let mut folders: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    folders.retain(|folder| folder.join("transcript.txt").exists());
    folders.sort();
    let (mut total, mut differ, mut unexplained) = (0, 0, Vec::new());
    for folder in &folders {
        let name = folder.file_name().unwrap_or_default().display().to_string();
        let (commands, different) = differing(folder);
        total += commands;
        differ += different.len();
        for command in different {
            println!("{name}: $ {command}");
            if reason(&name).is_none() {
                unexplained.push(format!("{name}: $ {command}"));
            }
        }
    }
    println!("{} of {total} commands print the same", total - differ);
    assert!(unexplained.is_empty(), "commands without a reason to differ:\n{}", unexplained.join("\n"));
    let share = 1.0 - differ as f64 / total as f64;
    assert!(total > 500 && share >= SHARE_MIN, "only {:.1} % of the commands print the same", share * 100.0);
}
