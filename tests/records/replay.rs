//! Plays a transcript's commands as anyone would: `sim run` in a folder that holds the manifest.

use std::path::Path;
use std::process::Command;

use crate::compare::{self, Block};
use crate::start;

/// Output and, where it is not 0, exit status of every command of the transcript.
pub fn replay(folder: &Path) -> Vec<Block> {
    let begin = start::instant(folder);
    let fraction = begin.as_millis().rem_euclid(1000);
    let second = begin.to_timestamp().to_string();
    let start = format!("{}.{fraction:03}Z", second.trim_end_matches('Z'));
    let output = Command::new(env!("CARGO_BIN_EXE_sim"))
        .current_dir(folder)
        .args(["run", "--script", "transcript.txt", "--names", "names.txt", "--lives", "annotations"])
        .args(["--start", &start])
        .output()
        .expect("sim runs");
    assert!(output.status.success(), "{}: {}", folder.display(), String::from_utf8_lossy(&output.stderr));
    compare::blocks(&String::from_utf8_lossy(&output.stdout))
}
