//! The real `kubectl` against this API server: `sim serve` answers it over HTTP, and a twin of the same cluster in this
//! process answers our own kubectl. Every line of the tables below must print the same on both, stream by stream.
//!
//! Where the machine has no `kubectl`, nothing is compared, and the test says so. The tables were made with a client of
//! another version than the simulated one: lines that begin with `~` differ between the versions, or print in an order
//! that hangs on chance, or are knowingly not simulated; they are only run.

#[path = "real_kubectl/served.rs"]
mod served;
#[path = "real_kubectl/texts.rs"]
mod texts;

use std::collections::BTreeMap;
use std::process::Command;

use served::Served;
use zadachnik::base::Duration;
use zadachnik::cluster::{ClusterOptions, Lives};
use zadachnik::session::{LineKind, Session, SessionOptions};

/// No command of the tables waits longer, in virtual time.
const COMMAND_MAX: Duration = Duration::from_secs(600);

/// So much virtual time passes while a command works that waits for nothing.
const COMMAND_TAKES: Duration = Duration::from_millis(400);

/// Lines that follow each other at once begin at instants of their own.
const LINES_APART: Duration = Duration::from_millis(1);

/// What a command printed and how it ended.
#[derive(PartialEq, Eq, Debug, Default)]
pub struct Printed {
    pub stdout: String,
    pub stderr: String,
    pub status: i32,
}

fn has_kubectl() -> bool {
    let found = Command::new("kubectl").args(["version", "--client"]).output();
    let found = found.is_ok_and(|output| output.status.success());
    if !found {
        println!("SKIPPED: this machine has no kubectl to compare with");
    }
    found
}

fn files() -> BTreeMap<String, String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real_kubectl/files");
    let entries = std::fs::read_dir(folder).expect("the folder of files");
    let read = |path: std::path::PathBuf| {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).expect("a text"))
    };
    entries.map(|entry| read(entry.expect("readable").path())).collect()
}

/// Both sides at the same virtual instant.
struct Pair {
    real: Served,
    ours: Session,
}

impl Pair {
    fn new() -> Pair {
        let real = Served::start(&files());
        let cluster = ClusterOptions {
            seed: 1,
            start: real.start,
            lives: Lives::Annotations,
            ..ClusterOptions::default()
        };
        Pair { real, ours: Session::new(SessionOptions { cluster, files: files() }) }
    }

    fn advance(&mut self, seconds: f64) {
        self.real.clock(&format!("{{\"advance\": {seconds}}}"));
        self.ours.run_until(self.ours.now() + Duration::from_millis((seconds * 1000.0) as i64));
    }

    /// A command that waited took its time: the other side catches up.
    fn meet(&mut self) {
        let real = self.real.now();
        let ahead = self.ours.now() - real;
        if ahead > Duration::ZERO {
            self.real.clock(&format!("{{\"advance\": {}}}", ahead.as_secs_f64()));
        } else {
            self.ours.run_until(real);
        }
    }

    /// Runs a line on both sides. Ours tells whether it waits: then the other's clock runs from the beginning.
    fn run(&mut self, line: &str) -> (Printed, Printed) {
        let before = self.ours.now();
        let ours = self.ours(line);
        let took = self.ours.now() - before;
        let waits = took > COMMAND_TAKES;
        if took <= LINES_APART {
            self.meet();
        }
        let real = if waits { self.real.run_waiting(line) } else { self.real.run(line) };
        self.meet();
        (real, ours)
    }

    fn ours(&mut self, line: &str) -> Printed {
        self.ours.run_line(line, COMMAND_MAX);
        let block = self.ours.terminal().blocks.last().expect("a block");
        let text = |kind: LineKind| {
            let lines = block.lines.iter().filter(|line| line.kind == kind);
            lines.map(|line| format!("{}\n", line.text)).collect::<String>()
        };
        let status = block.status.unwrap_or(-1);
        Printed { stdout: text(LineKind::Stdout), stderr: text(LineKind::Stderr), status }
    }
}

/// Runs a table on both sides: `+ 2.5` lets time pass, `# text` and empty lines are for readers.
fn compare(table: &str) {
    if !has_kubectl() {
        return;
    }
    let mut pair = Pair::new();
    let (mut compared, mut differences) = (0, Vec::new());
    for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(seconds) = line.strip_prefix("+ ") {
            pair.advance(seconds.parse().expect("seconds"));
            continue;
        }
        let (command, differs) = line.strip_prefix("~ ").map_or((line, false), |command| (command, true));
        let (real, ours) = pair.run(command);
        if differs {
            continue;
        }
        let (real, ours) = (texts::comparable(command, &real), texts::comparable(command, &ours));
        compared += 1;
        if real != ours {
            differences.push(texts::difference(command, &real, &ours));
        }
    }
    let found = differences.len();
    assert!(found == 0, "{found} of {compared} lines differ:\n{}", differences.join("\n"));
}

#[test]
fn reading_prints_what_the_real_kubectl_prints() {
    compare(include_str!("real_kubectl/read.txt"));
}

#[test]
fn changing_prints_what_the_real_kubectl_prints() {
    compare(include_str!("real_kubectl/change.txt"));
}

#[test]
fn wrong_use_is_refused_in_the_words_of_the_real_kubectl() {
    compare(include_str!("real_kubectl/refused.txt"));
}

#[test]
fn apply_keeps_and_prunes_what_the_real_kubectl_does() {
    compare(include_str!("real_kubectl/apply.txt"));
}

#[test]
fn objects_in_every_state_are_told_as_by_the_real_kubectl() {
    compare(include_str!("real_kubectl/states.txt"));
}

#[test]
fn columns_paths_and_templates_print_as_those_of_the_real_kubectl() {
    compare(include_str!("real_kubectl/formats.txt"));
}

#[test]
fn logs_nodes_and_events_are_told_as_by_the_real_kubectl() {
    compare(include_str!("real_kubectl/others.txt"));
}

#[test]
fn rare_words_print_what_the_real_kubectl_prints() {
    compare(include_str!("real_kubectl/corners.txt"));
}

#[test]
fn what_students_type_is_answered_as_by_the_real_kubectl() {
    compare(include_str!("real_kubectl/habits.txt"));
}

#[test]
fn misspelt_words_and_odd_paths_are_answered_as_by_the_real_kubectl() {
    compare(include_str!("real_kubectl/paths.txt"));
}

#[test]
fn selectors_orders_and_waits_are_those_of_the_real_kubectl() {
    compare(include_str!("real_kubectl/selectors.txt"));
}

#[test]
fn patches_and_rollouts_are_answered_as_by_the_real_kubectl() {
    compare(include_str!("real_kubectl/patches.txt"));
}

#[test]
fn mistakes_in_manifests_are_told_as_by_the_real_kubectl() {
    compare(include_str!("real_kubectl/files.txt"));
}

#[test]
fn contexts_and_small_commands_print_what_the_real_kubectl_prints() {
    compare(include_str!("real_kubectl/settings.txt"));
}

#[test]
fn generated_manifests_are_those_of_the_real_kubectl() {
    compare(include_str!("real_kubectl/create.txt"));
}

#[test]
fn set_changes_and_refuses_as_the_real_kubectl() {
    compare(include_str!("real_kubectl/set.txt"));
}

#[test]
fn several_kinds_and_files_print_what_the_real_kubectl_prints() {
    compare(include_str!("real_kubectl/mixed.txt"));
}

#[test]
fn go_templates_and_paths_are_those_of_the_real_kubectl() {
    compare(include_str!("real_kubectl/templates.txt"));
}

#[test]
fn waits_and_deletions_are_told_as_by_the_real_kubectl() {
    compare(include_str!("real_kubectl/waits.txt"));
}

#[test]
fn places_without_pods_are_refused_as_by_the_real_kubectl() {
    compare(include_str!("real_kubectl/places.txt"));
}

#[test]
fn objects_from_flags_and_folders_are_made_as_by_the_real_kubectl() {
    compare(include_str!("real_kubectl/made.txt"));
}

#[test]
fn marks_and_patches_are_put_as_by_the_real_kubectl() {
    compare(include_str!("real_kubectl/marked.txt"));
}

#[test]
fn objects_with_everything_set_are_described_as_by_the_real_kubectl() {
    compare(include_str!("real_kubectl/rich.txt"));
}

#[test]
fn logs_and_events_are_chosen_as_by_the_real_kubectl() {
    compare(include_str!("real_kubectl/told.txt"));
}

/// Commands that wait, against a clock that runs: what they print does not hang on the instant at which they began.
#[test]
fn commands_that_wait_end_as_in_a_real_cluster() {
    if !has_kubectl() {
        return;
    }
    let real = Served::start(&files());
    assert_eq!(real.run("kubectl apply -f things.yaml").status, 0);
    real.clock("{\"speed\": 5}");
    let cases = [
        ("kubectl wait --for=condition=complete job/ok --timeout=60s", "job.batch/ok condition met\n"),
        (
            "kubectl wait --for=jsonpath='{.status.failed}'=1 job/idx --timeout=60s",
            "job.batch/idx condition met\n",
        ),
        ("kubectl logs -f job/ok --pod-running-timeout=30s | cut -c1-14", "hello from ok-\n"),
        ("kubectl create job slow --image=busybox:1.36 -- sleep 1", "job.batch/slow created\n"),
        ("kubectl delete pod lone", "pod \"lone\" deleted\n"),
        ("kubectl delete job bad --cascade=foreground", "job.batch \"bad\" deleted\n"),
        ("kubectl wait --for=delete job/bad --timeout=5s", ""),
    ];
    for (command, expected) in cases {
        let printed = real.run(command);
        assert_eq!((printed.stdout.as_str(), printed.status), (expected, 0), "{command}: {}", printed.stderr);
    }
    // The rows of a watch: what is there, then every change in its order.
    let watch = "timeout 6 kubectl get jobs -w --no-headers & sleep 1; kubectl create job seen --image=busybox:1.36 \
                 -- true > /dev/null; wait";
    let rows = real.run(watch).stdout;
    let seen: Vec<&str> = rows.lines().filter(|row| row.starts_with("seen")).collect();
    let statuses: Vec<&str> = seen.iter().filter_map(|row| row.split_whitespace().nth(1)).collect();
    assert_eq!(statuses.first(), Some(&"Running"), "{rows}");
    assert_eq!(statuses.last(), Some(&"Complete"), "{rows}");
}

/// For work on a command: the lines of the file that `REAL_KUBECTL_LINES` names.
#[test]
#[ignore = "runs the lines that its caller wrote"]
fn lines_of_ones_own() {
    let path = std::env::var_os("REAL_KUBECTL_LINES").expect("REAL_KUBECTL_LINES names a file");
    compare(&std::fs::read_to_string(path).expect("a text"));
}
