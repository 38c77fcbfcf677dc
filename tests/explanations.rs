//! Every refusal of kubectl has its Russian line, and nearly every one a line of its own.

use std::collections::BTreeMap;
use std::fs;

use zadachnik::base::Duration;
use zadachnik::session::log::Input;
use zadachnik::session::terminal::{Block, LineKind};
use zadachnik::session::{Session, SessionOptions};

/// Explanations that fit any refusal may stand under so many of a hundred.
const GENERAL_PERCENT_MAX: usize = 5;

fn run<'a>(session: &'a mut Session, line: &str) -> &'a Block {
    session.perform(Input::Line(line.to_owned()));
    let limit = session.now() + Duration::from_secs(30);
    while session.is_busy() {
        match session.next_event_at().filter(|next| *next <= limit) {
            Some(next) => session.run_until(next),
            None => session.perform(Input::Interrupt),
        }
    }
    session.terminal().blocks.last().expect("the line was entered")
}

fn lines_of(block: &Block, kind: LineKind) -> Vec<&str> {
    block.lines.iter().filter(|line| line.kind == kind).map(|line| line.text.as_str()).collect()
}

#[test]
fn every_refusal_is_explained() {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir("tests/real_kubectl/files").expect("the files of the comparison") {
        let path = entry.expect("readable").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if let Ok(text) = fs::read_to_string(&path) {
            files.insert(name, text);
        }
    }
    let mut session = Session::new(SessionOptions { files, ..SessionOptions::default() });
    let (mut refusals, mut general, mut unexplained) = (0, Vec::new(), Vec::new());
    for part in [
        "read",
        "refused",
        "create",
        "change",
        "corners",
        "habits",
        "set",
        "made",
        "marked",
        "waits",
        "templates",
    ] {
        let text = fs::read_to_string(format!("tests/real_kubectl/{part}.txt")).expect("lines to compare");
        let lines = text.lines().map(|line| line.trim_start_matches("~ "));
        for line in lines.filter(|line| line.starts_with("kubectl ")) {
            let block = run(&mut session, line);
            let errors = lines_of(block, LineKind::Stderr);
            let first = errors.first().copied().unwrap_or_default();
            if block.status == Some(0) || !(first.starts_with("error: ") || first.starts_with("Error from")) {
                continue;
            }
            refusals += 1;
            match lines_of(block, LineKind::Explanation).as_slice() {
                [] => unexplained.push(format!("{line}: {first}")),
                [explanation] if explanation.contains("kubectl КОМАНДА --help.") => {
                    general.push(format!("{line}: {first}"));
                }
                _ => {}
            }
        }
    }
    assert!(unexplained.is_empty(), "without a word:\n{}", unexplained.join("\n"));
    assert!(refusals > 300, "only {refusals} lines were refused");
    assert!(
        general.len() * 100 <= refusals * GENERAL_PERCENT_MAX,
        "{} of {refusals} in general words:\n{}",
        general.len(),
        general.join("\n")
    );
}
