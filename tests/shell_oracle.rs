//! The shell against real shells: each script runs natively in dash and bash, where the machine has them, and here; standard
//! output and exit status must be equal.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

use zadachnik::base::Time;
use zadachnik::containers::{FileSystem, Process, ProcessSpec, State, Stream};

/// Scripts for every POSIX shell, separated by lines of `---`.
const POSIX: &str = include_str!("shell_oracle/posix.txt");
/// Scripts for bash alone.
const BASH: &str = include_str!("shell_oracle/bash.txt");
/// Scripts that are more about programs than about the shell.
const PROGRAMS: &str = include_str!("shell_oracle/programs.txt");

/// Scripts for bc, which of the images only those of BusyBox have.
const BC: &str = include_str!("shell_oracle/bc.txt");

fn scripts(text: &str) -> Vec<&str> {
    text.split("\n---\n")
        .map(|script| script.trim_matches('\n'))
        .filter(|script| !script.is_empty())
        .collect()
}

/// Tells the folders of scripts apart: tests run beside each other.
static SCRIPTS_RUN: AtomicUsize = AtomicUsize::new(0);

fn native(shell: &str, script: &str) -> Option<(String, i32)> {
    let number = SCRIPTS_RUN.fetch_add(1, Ordering::Relaxed);
    let directory = std::env::temp_dir().join(format!("shell-oracle-{}-{number}", std::process::id()));
    let _ = std::fs::remove_dir_all(&directory);
    std::fs::create_dir_all(&directory).ok()?;
    let output = Command::new(shell)
        .args(["-c", script])
        .current_dir(&directory)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", "/root")
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let _ = std::fs::remove_dir_all(&directory);
    Some((String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code()?))
}

fn simulated(image: &str, shell: &str, script: &str) -> (String, i32) {
    let spec = ProcessSpec {
        argv: [shell, "-c", script].map(String::from).to_vec(),
        image: image.into(),
        working_dir: "/work".into(),
        files: FileSystem::new(),
        ..ProcessSpec::default()
    };
    let mut now = Time::from_millis(1_700_000_000_000);
    let mut process = Process::start(spec, now).expect("the shell starts");
    let mut text = String::new();
    for _ in 0..100_000 {
        let state = process.run(now);
        let output = process.take_output();
        text.extend(
            output.into_iter().filter(|piece| piece.stream == Stream::Stdout).map(|piece| piece.text),
        );
        match state {
            State::Exited { code, .. } => return (text, code),
            State::Sleeping { until } => now = until,
            State::Ready => {}
            State::Blocked => return (text + "[blocked]", -1),
        }
    }
    (text + "[endless]", -1)
}

fn compare(shell: &str, scripts: &[&str]) {
    compare_in("debian", shell, scripts);
}

fn compare_in(image: &str, shell: &str, scripts: &[&str]) {
    if !["/usr/bin", "/bin"].iter().any(|place| Path::new(place).join(shell).exists()) {
        println!("SKIPPED: this machine has no {shell}; {} scripts were not compared", scripts.len());
        return;
    }
    let mut failures = Vec::new();
    for script in scripts {
        let expect = native(shell, script).expect("the real shell runs");
        // BusyBox has its own shell under the name that all have.
        let found = simulated(image, if image == "busybox" { "sh" } else { shell }, script);
        if found != expect {
            failures.push(format!("--- {shell}:\n{script}\n  real: {expect:?}\n  ours: {found:?}"));
        }
    }
    assert!(failures.is_empty(), "{} of {} differ\n{}", failures.len(), scripts.len(), failures.join("\n"));
}

#[test]
fn scripts_behave_as_in_dash() {
    let posix = scripts(POSIX);
    assert!(posix.len() >= 120, "only {} scripts", posix.len());
    compare("dash", &posix);
}

#[test]
fn scripts_behave_as_in_bash() {
    let all: Vec<&str> = scripts(POSIX).into_iter().chain(scripts(BASH)).collect();
    assert!(all.len() >= 150, "only {} scripts", all.len());
    compare("bash", &all);
}

#[test]
fn programs_behave_as_real_ones() {
    let missing =
        ["awk", "base64", "diff", "xargs"].iter().find(|name| !Path::new("/usr/bin").join(name).exists());
    if let Some(name) = missing {
        println!("SKIPPED: this machine has no {name}");
        return;
    }
    compare("dash", &scripts(PROGRAMS));
}

#[test]
fn bc_computes_as_the_real_one() {
    if !Path::new("/usr/bin/bc").exists() {
        println!("SKIPPED: this machine has no bc");
        return;
    }
    compare_in("busybox", "dash", &scripts(BC));
}

/// For work on the shell: the scripts of the file that `SHELL_ORACLE_SCRIPTS` names, in bash or in `SHELL_ORACLE_SHELL`.
#[test]
#[ignore = "runs the scripts that its caller wrote"]
fn scripts_of_ones_own() {
    let path = std::env::var_os("SHELL_ORACLE_SCRIPTS").expect("SHELL_ORACLE_SCRIPTS names a file");
    let text = std::fs::read_to_string(path).expect("a text");
    compare(std::env::var("SHELL_ORACLE_SHELL").as_deref().unwrap_or("bash"), &scripts(&text));
}
