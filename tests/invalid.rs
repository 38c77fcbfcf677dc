//! Manifests that a real server refused (or accepted against expectation): kubectl must print the recorded texts.
//!
//! `RECORDS=FOLDER` runs the cases of another folder of the same form.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use zadachnik::api::Kind;
use zadachnik::apiserver::ObjectKey;
use zadachnik::base::Duration;
use zadachnik::session::{Session, SessionOptions};

/// A command that takes longer is interrupted.
const COMMAND_MAX: Duration = Duration::from_secs(600);

/// One `.txt`: commands with their output, then the specs that the server stored, by name.
#[derive(Debug, Default)]
struct Record {
    commands: Vec<(String, String)>,
    stored: Vec<(String, Value)>,
}

fn folder() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/records");
    std::env::var_os("RECORDS").map_or(own, PathBuf::from).join("invalid")
}

fn parse(text: &str) -> Record {
    let mut record = Record::default();
    let mut is_stored = false;
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            record.commands.push((command.to_owned(), String::new()));
        } else if line.starts_with("# kubectl v") {
            // Another version's words follow.
            break;
        } else if line.starts_with("# accepted") {
            is_stored = true;
        } else if is_stored {
            if let Some((name, spec)) = line.split_once(": ") {
                record.stored.push((name.to_owned(), serde_json::from_str(spec).expect("a spec")));
            }
        } else if let Some((_, output)) = record.commands.last_mut() {
            output.push_str(line);
            output.push('\n');
        }
    }
    for (_, output) in &mut record.commands {
        // An empty line separates the sections of a record.
        output.truncate(output.trim_end().len());
        output.push('\n');
    }
    record
}

/// Identifiers differ from run to run.
fn without_ids(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_hexdigit()) {
        let length = rest[at..].find(|c: char| !c.is_ascii_hexdigit() && c != '-').unwrap_or(rest.len() - at);
        let word = &rest[at..at + length];
        let parts: Vec<usize> = word.split('-').map(str::len).collect();
        out.push_str(&rest[..at]);
        out.push_str(if parts == [8, 4, 4, 4, 12] { "UID" } else { word });
        rest = &rest[at + length..];
    }
    out + rest
}

/// The suffix of `generateName`, wherever a manifest of the case has one.
fn without_suffix(text: &str, prefix: &str) -> String {
    match text.find(prefix) {
        Some(at) if !prefix.is_empty() => {
            let start = at + prefix.len();
            let end = text[start..]
                .find(|c: char| !c.is_ascii_alphanumeric())
                .map_or(text.len(), |end| start + end);
            let suffix = if end - start == 5 { "XXXXX" } else { &text[start..end] };
            format!("{}{suffix}{}", &text[..start], &text[end..])
        }
        _ => text.to_owned(),
    }
}

fn run(session: &mut Session, command: &str) -> String {
    session.run_line(command, COMMAND_MAX);
    let Some(block) = session.terminal().blocks.last() else { return String::new() };
    let mut output = block.streams_text();
    if !output.is_empty() && !output.ends_with('\n') {
        output.push('\n');
    }
    output + &format!("(exit status {})\n", block.status.unwrap_or(0))
}

fn stored_spec(session: &Session, name: &str) -> Value {
    let api = session.cluster().api();
    let kinds = [Kind::Job, Kind::CronJob, Kind::Pod];
    let found = kinds.into_iter().find_map(|kind| api.find(kind, &ObjectKey::new("default", name)));
    found.map_or(Value::Null, |object| object.to_value()["spec"].clone())
}

/// What differs between a case and its record.
fn differences(path: &Path, files: &BTreeMap<String, String>) -> Vec<String> {
    let text = fs::read_to_string(path).expect("readable");
    let record = parse(&text);
    let mut session = Session::new(SessionOptions { files: files.clone(), ..SessionOptions::default() });
    let manifest = files.get(&format!("{}.yaml", path.file_stem().unwrap_or_default().to_string_lossy()));
    let prefix = manifest.and_then(|text| text.split("generateName: ").nth(1)).unwrap_or_default();
    let prefix = prefix.lines().next().unwrap_or_default();
    let plain = |text: &str| without_suffix(&without_ids(text), &format!("/{prefix}"));
    let mut found = Vec::new();
    for (command, expected) in &record.commands {
        // The exit status is recorded for what the case is about, not for what was applied before it.
        let mut got = run(&mut session, command);
        if !expected.contains("(exit status") {
            got = got.replace("(exit status 0)\n", "");
        }
        if plain(&got) != plain(expected) {
            found.push(format!("$ {command}\n--- expected\n{expected}--- got\n{got}"));
        }
    }
    for (name, expected) in &record.stored {
        let (expected, got) = (expected.to_string(), stored_spec(&session, name).to_string());
        if without_ids(&expected) != without_ids(&got) {
            found.push(format!("stored {name}\n--- expected\n{expected}\n--- got\n{got}\n"));
        }
    }
    found
}

#[test]
fn refusals_are_those_of_a_real_server() {
    let mut files = BTreeMap::new();
    let mut records = Vec::new();
    for entry in fs::read_dir(folder()).expect("the records") {
        let path = entry.expect("readable").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("txt") => records.push(path),
            _ => {
                files.insert(name, fs::read_to_string(&path).expect("a text"));
            }
        }
    }
    records.sort();
    let mut report = String::new();
    let mut failed = 0;
    for path in &records {
        let found = differences(path, &files);
        if !found.is_empty() {
            failed += 1;
            let name = path.file_stem().unwrap_or_default().to_string_lossy();
            report.push_str(&format!("=== {name}\n{}\n", found.join("\n")));
        }
    }
    assert!(failed == 0, "{failed} of {} cases differ:\n{report}", records.len());
}
