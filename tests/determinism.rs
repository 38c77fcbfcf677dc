//! The same seed and the same command log give the same history, whatever the step size.

#[allow(dead_code, reason = "shared by several tests; each uses its part")]
mod support;

use support::Desk;
use zadachnik::base::Duration;
use zadachnik::session::{CommandLog, Input, Session, history_hash};

const DEADLINE: &str = include_str!("manifests/deadline.yaml");

/// A busy minute: a Job, a watch, a deletion in the middle, a shell loop.
fn logged_minute() -> CommandLog {
    let mut desk = Desk::new(42, &[("job.yaml", DEADLINE)]);
    desk.session.perform(Input::Line("kubectl apply -f job.yaml".to_owned()));
    desk.session.perform(Input::Line("kubectl get po -w".to_owned()));
    desk.advance(5.3);
    desk.session.perform(Input::Interrupt);
    desk.session.perform(Input::Line("for i in 1 2 3; do kubectl get jobs; sleep 1; done".to_owned()));
    desk.advance(7.7);
    desk.session.perform(Input::Line("kubectl delete job batch-job --wait=false".to_owned()));
    desk.advance(47.0);
    desk.session.log().clone()
}

/// The hash of every change, and everything that the terminal showed.
fn history(log: &CommandLog, step: Duration) -> (u64, String) {
    let mut session = Session::replay(log);
    session.hash_history();
    let end = log.cluster.start + Duration::from_secs(60);
    while session.now() < end {
        let next = (session.now() + step).min(end);
        session.run_until(next);
    }
    let shown = session
        .terminal()
        .blocks
        .iter()
        .map(|block| format!("$ {}\n{}", block.command, block.streams_text()));
    (session.cluster().history_hash().expect("asked for"), shown.collect())
}

#[test]
fn step_size_does_not_change_history() {
    let log = logged_minute();
    let whole = history(&log, Duration::from_secs(60));
    assert_eq!(whole, history(&log, Duration::from_millis(100)));
    assert_eq!(whole, history(&log, Duration::from_millis(7)));
}

#[test]
fn the_hash_that_builds_are_compared_by_is_that_of_any_step_size() {
    let log = logged_minute();
    assert_eq!(history_hash(&log, Duration::from_secs(60)), history(&log, Duration::from_millis(100)).0);
}

#[test]
fn another_seed_is_another_history() {
    let log = logged_minute();
    let mut other = log.clone();
    other.cluster.seed += 1;
    assert_ne!(history(&log, Duration::from_secs(60)).0, history(&other, Duration::from_secs(60)).0);
}

#[test]
fn a_log_read_back_from_its_text_is_the_same_history() {
    let log = logged_minute();
    let read = CommandLog::from_text(&log.to_text()).expect("our own text");
    assert_eq!(history(&log, Duration::from_secs(60)), history(&read, Duration::from_secs(60)));
}
