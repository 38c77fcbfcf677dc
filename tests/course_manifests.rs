//! The four manifests of the course behave as its tables say.

#[allow(dead_code, reason = "shared by several tests; each uses its part")]
mod support;

use support::Desk;

const ONE_RUN: &str = include_str!("manifests/one-run.yaml");
const COMPLETIONS: &str = include_str!("manifests/completions.yaml");
const PARALLELISM: &str = include_str!("manifests/parallelism.yaml");
const DEADLINE: &str = include_str!("manifests/deadline.yaml");

fn applied(manifest: &str) -> Desk {
    let mut desk = Desk::new(1, &[("job.yaml", manifest)]);
    assert_eq!(desk.line("kubectl apply -f job.yaml"), "job.batch/batch-job created\n");
    desk
}

/// AGE in seconds; the tables of these tests stay below two minutes.
fn age(row: &[String]) -> i64 {
    row.last()
        .and_then(|age| age.strip_suffix('s'))
        .and_then(|age| age.parse().ok())
        .expect("an age in seconds")
}

#[test]
fn one_run_prints_two_thousand_digits_and_completes() {
    let mut desk = applied(ONE_RUN);
    let mut seen: Vec<String> = Vec::new();
    for _ in 0..150 {
        let rows = desk.rows("kubectl get po");
        let status = rows.first().map(|row| row[2].clone()).unwrap_or_default();
        if seen.last() != Some(&status) {
            seen.push(status);
        }
        desk.advance(0.1);
    }
    assert_eq!(seen, ["ContainerCreating", "Running", "Completed"]);
    let log = desk.line("kubectl logs job/batch-job");
    assert_eq!(log.len(), 2_002, "one digit, the point, 1,999 digits and a newline");
    assert!(log.starts_with("3.14159265358979323846") && log.ends_with("904780275901\n"), "{log}");
    assert_eq!(desk.rows("kubectl get jobs")[0][1..3], ["Complete", "1/1"]);
}

#[test]
fn five_completions_come_one_after_another() {
    let mut desk = applied(COMPLETIONS);
    for _ in 0..60 {
        let running = desk.line("kubectl get po").matches("Running").count();
        assert!(running <= 1, "one at a time");
        desk.advance(1.0);
    }
    let mut ages: Vec<i64> = desk.rows("kubectl get po").iter().map(|row| age(row)).collect();
    ages.sort_unstable();
    assert_eq!(ages.len(), 5);
    for pair in ages.windows(2) {
        assert!((7..=10).contains(&(pair[1] - pair[0])), "about eight seconds apart: {ages:?}");
    }
    assert_eq!(desk.rows("kubectl get jobs")[0][1..3], ["Complete", "5/5"]);
}

#[test]
fn two_at_a_time_leave_the_last_alone() {
    let mut desk = applied(PARALLELISM);
    let mut most = 0;
    let mut last_running = 0;
    for _ in 0..60 {
        let running = desk.line("kubectl get po").matches("Running").count();
        most = most.max(running);
        if running > 0 {
            last_running = running;
        }
        desk.advance(0.5);
    }
    assert_eq!((most, last_running), (2, 1));
    let mut ages: Vec<i64> = desk.rows("kubectl get po").iter().map(|row| age(row)).collect();
    ages.sort_unstable();
    assert_eq!((ages[1], ages[3]), (ages[2], ages[4]), "two pairs and one alone: {ages:?}");
    assert_eq!(desk.rows("kubectl get jobs")[0][1..3], ["Complete", "5/5"]);
}

#[test]
fn the_deadline_leaves_two_completed_and_a_failed_job() {
    let mut desk = applied(DEADLINE);
    assert_eq!(desk.line("kubectl get job batch-job -o jsonpath='{.spec.backoffLimit}'"), "4");
    desk.advance(12.0);
    let statuses =
        |desk: &mut Desk| desk.rows("kubectl get po").iter().map(|row| row[2].clone()).collect::<Vec<_>>();
    let mut early = statuses(&mut desk);
    early.sort();
    assert_eq!(early, ["Completed", "Completed", "Terminating", "Terminating"], "perl ignores SIGTERM");
    desk.advance(30.0);
    assert_eq!(statuses(&mut desk), ["Completed", "Completed"]);
    assert_eq!(desk.rows("kubectl get jobs")[0][1..3], ["Failed", "2/5"]);
    assert!(desk.line("kubectl describe job batch-job").contains("DeadlineExceeded"));
}
