//! The laboratory ends quietly when whoever reads its output stops early, as `head` does.

use std::io::Write;
use std::process::{Command, Stdio};

#[test]
fn an_output_that_nobody_reads_is_no_failure() {
    let mut laboratory = Command::new(env!("CARGO_BIN_EXE_sim"))
        .arg("shell")
        .current_dir(env!("CARGO_TARGET_TMPDIR"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the laboratory starts");
    drop(laboratory.stdout.take());
    if let Some(mut input) = laboratory.stdin.take() {
        // It may be over already: its prompt had no reader either.
        let _ = input.write_all(b"echo unread\necho unread\n");
    }
    let end = laboratory.wait_with_output().expect("it ends");
    assert_eq!(String::from_utf8_lossy(&end.stderr), "");
    assert!(end.status.success(), "{}", end.status);
}
