//! A run that is a program: a process of the container runtime, at the pace of its node.

use std::collections::BTreeMap;

use super::logs::{Logs, Stream};
use super::run::{Exit, Progress};
use crate::base::{Duration, Time};
use crate::containers::{self, ComputationId, ComputeRequest, ExitReason, Process, Signal, State};

/// Calls of one instant after which a busy process has to wait for the next millisecond.
const CALLS_PER_INSTANT_MAX: usize = 100_000;
/// Bytes and lines of the log that stand in for a termination message.
const FALLBACK_BYTES: usize = 2_048;
const FALLBACK_LINES: usize = 80;
const MESSAGE_BYTES: usize = 4_096;

#[derive(Clone, Debug)]
pub struct ProgramRun {
    process: Process,
    pace: Pace,
    message_path: String,
    message_from_logs: bool,
}

/// How the process's own clock follows the cluster's.
#[derive(Clone, Copy, Debug)]
struct Pace {
    since: Time,
    own_since: Time,
    /// 100: as fast as usual; 200: everything takes twice as long.
    percent: u32,
}

impl Pace {
    fn to_own(self, now: Time) -> Time {
        if self.percent == 100 {
            return self.own_since + (now - self.since);
        }
        let span = (now - self.since).as_millis().saturating_mul(100) / i64::from(self.percent.max(1));
        self.own_since + Duration::from_millis(span)
    }

    /// The first instant at which the own clock has reached `own`.
    fn to_cluster(self, own: Time) -> Time {
        if self.percent == 100 {
            return self.since + (own - self.own_since);
        }
        let span = (own - self.own_since).as_millis().saturating_mul(i64::from(self.percent.max(1)));
        self.since + Duration::from_millis((span + 99).div_euclid(100))
    }
}

impl ProgramRun {
    pub fn new(process: Process, now: Time, percent: u32, message_path: &str, from_logs: bool) -> ProgramRun {
        ProgramRun {
            process,
            pace: Pace { since: now, own_since: now, percent },
            message_path: message_path.to_owned(),
            message_from_logs: from_logs,
        }
    }

    pub fn advance(&mut self, now: Time, logs: &mut Logs) -> Progress {
        let own_now = self.pace.to_own(now);
        let mut state = self.process.run(own_now);
        for _ in 0..CALLS_PER_INSTANT_MAX {
            if state != State::Ready {
                break;
            }
            state = self.process.run(own_now);
        }
        for output in self.process.take_output() {
            let stream = match output.stream {
                containers::Stream::Stdout => Stream::Stdout,
                containers::Stream::Stderr => Stream::Stderr,
            };
            logs.write(self.pace.to_cluster(output.at), stream, &output.text);
        }
        match state {
            State::Ready => Progress::Running { wake: Some(now + Duration::from_millis(1)) },
            State::Sleeping { until } => Progress::Running { wake: Some(self.pace.to_cluster(until)) },
            State::Blocked => Progress::Running { wake: None },
            State::Exited { code, at, reason } => Progress::Exited(Exit {
                code,
                at: self.pace.to_cluster(at).min(now),
                reason: (reason == ExitReason::OomKilled).then_some("OOMKilled"),
                message: self.termination_message(code, logs),
            }),
        }
    }

    // Models pkg/kubelet/kuberuntime/kuberuntime_container.go getTerminationMessage
    fn termination_message(&self, code: i32, logs: &Logs) -> String {
        let written = self.process.files().read_text(&self.message_path).unwrap_or_default();
        if !written.is_empty() || code == 0 || !self.message_from_logs {
            return head(&written, MESSAGE_BYTES).to_owned();
        }
        let from = logs.current.len().saturating_sub(FALLBACK_LINES);
        let tail: String = logs.current[from..].iter().map(|line| format!("{}\n", line.text)).collect();
        let mut cut = tail.len().saturating_sub(FALLBACK_BYTES);
        while !tail.is_char_boundary(cut) {
            cut += 1;
        }
        tail[cut..].to_owned()
    }

    pub fn signal(&mut self, signal: Signal, now: Time) {
        self.process.signal(signal, self.pace.to_own(now));
    }

    pub fn set_percent(&mut self, percent: u32, now: Time) {
        self.pace = Pace { since: now, own_since: self.pace.to_own(now), percent };
    }

    pub fn take_calls(&mut self) -> Vec<(ComputationId, ComputeRequest)> {
        self.process.take_calls().into_iter().map(|call| (call.id, call.request)).collect()
    }

    pub fn awaited(&self) -> Option<(ComputationId, Time)> {
        self.process.pending_computation().map(|(id, due)| (id, self.pace.to_cluster(due)))
    }

    pub fn finish(&mut self, id: ComputationId, result: Result<String, String>) {
        self.process.finish_computation(id, result);
    }

    pub fn process(&self) -> &Process {
        &self.process
    }
}

fn head(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The words to run: those of the container, else those of the image.
pub fn command_line(
    command: &[String],
    args: &[String],
    image: Option<&containers::images::Image>,
    env: &BTreeMap<String, String>,
) -> Vec<String> {
    let mut argv = super::env::expand_all(command, env);
    let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    if argv.is_empty() {
        argv = image.map(|image| own(image.entrypoint)).unwrap_or_default();
        if args.is_empty() {
            argv.extend(image.map(|image| own(image.cmd)).unwrap_or_default());
        }
    }
    argv.extend(super::env::expand_all(args, env));
    argv
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_node_stretches_time() {
        let at = Time::from_millis;
        let pace = Pace { since: at(1_000), own_since: at(500), percent: 250 };
        assert_eq!(pace.to_own(at(3_500)), at(1_500));
        assert_eq!(pace.to_cluster(at(1_500)), at(3_500));
        assert_eq!(pace.to_own(pace.to_cluster(at(777))), at(777), "never too early");
    }
}
