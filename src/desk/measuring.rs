//! How fast the cluster is: a Job of many pods that sleep for a second, in slices that leave the page responsive.

use super::RealClock;
use crate::api::Kind;
use crate::api::object::Object;
use crate::base::{Duration, Time};
use crate::cluster::{Advance, ClusterOptions, Effect as ClusterEffect};
use crate::protocol::Throughput;
use crate::session::{Effect, Input, Session, SessionOptions};

/// Real milliseconds of work between two rests of the page.
const SLICE_MS: f64 = 12.0;
/// Virtual time within which the Job must end.
const LIMIT: Duration = Duration::from_secs(24 * 3_600);
/// Pods that run at the same time.
const PARALLELISM_MAX: u32 = 500;

pub struct Measuring {
    session: Session,
    pods: u32,
    start: Time,
    core_ms: f64,
}

impl Measuring {
    pub fn begin(pods: u32) -> Measuring {
        let parallelism = pods.min(PARALLELISM_MAX);
        let manifest = format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: bench\nspec:\n  completions: {pods}\n  parallelism: {parallelism}\n  template:\n    spec:\n      restartPolicy: Never\n      containers:\n      - name: main\n        image: busybox:1.36\n        command: [\"sleep\", \"1\"]\n",
        );
        let nodes = ClusterOptions::large_nodes(4);
        let cluster = ClusterOptions { seed: 1, nodes, ..ClusterOptions::default() };
        let files = [("bench.yaml".to_owned(), manifest)].into();
        let mut session = Session::new(SessionOptions { cluster, files });
        let start = session.now();
        session.perform(Input::Line("kubectl apply -f bench.yaml".to_owned()));
        Measuring { session, pods, start, core_ms: 0.0 }
    }

    /// Works for one slice. `None` while the Job is unfinished.
    ///
    /// # Errors
    /// In Russian, when the Job does not end.
    pub fn go_on(&mut self, clock: RealClock<'_>) -> Option<Result<Throughput, String>> {
        let begun = clock();
        let mut over = false;
        while !over && clock() - begun < SLICE_MS {
            over = !self.step() || self.job_is_over() || self.session.now() - self.start > LIMIT;
        }
        self.core_ms += clock() - begun;
        if !over {
            return None;
        }
        let pods = self.pods;
        if !self.job_is_over() {
            return Some(Err(format!("Job на {pods} подов не закончилась")));
        }
        let virtual_ms = (self.session.now() - self.start).as_millis();
        Some(Ok(Throughput { pods, core_us: (self.core_ms * 1_000.0) as u64, virtual_ms }))
    }

    /// Real microseconds until the line has been run and its output is there.
    pub fn line(&mut self, line: String, clock: RealClock<'_>) -> u64 {
        let begun = clock();
        self.session.perform(Input::Line(line));
        while self.session.is_busy() && self.step() {}
        ((clock() - begun) * 1_000.0) as u64
    }

    /// Answers whether there was anything to do that needs no worker.
    fn step(&mut self) -> bool {
        let Some(next) = self.session.next_event_at() else { return false };
        let held = matches!(self.session.advance_to(next), Advance::Held { .. });
        let asks =
            |effect: &Effect| matches!(effect, Effect::Cluster(ClusterEffect::StartComputation { .. }));
        !held && !self.session.take_effects().iter().any(asks)
    }

    fn job_is_over(&self) -> bool {
        let mut jobs = self.session.cluster().api().list(Kind::Job, None);
        jobs.any(|object| matches!(object, Object::Job(job) if job.is_finished()))
    }
}
