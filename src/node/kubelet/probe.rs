//! One probe of a container: when it is tried, how, and what its results add up to.

use std::collections::BTreeMap;

use serde_json::Value;

use super::env;
use super::exec_run::ExecRun;
use super::run::Run;
use super::server::{self, Target};
use crate::api::core::Container;
use crate::base::{Duration, Time, sorted};
use crate::node::backoff::go_duration;

/// The kubelet sees a new container, and asks whether it is ready, this much after its start.
// Models pkg/kubelet/kubelet.go genericPlegRelistPeriod
const FIRST_LOOK: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Startup,
    Readiness,
    Liveness,
}

impl Kind {
    const ALL: [Kind; 3] = [Kind::Startup, Kind::Readiness, Kind::Liveness];

    const fn field(self) -> &'static str {
        match self {
            Kind::Startup => "startupProbe",
            Kind::Readiness => "readinessProbe",
            Kind::Liveness => "livenessProbe",
        }
    }

    /// As events begin.
    pub const fn title(self) -> &'static str {
        match self {
            Kind::Startup => "Startup",
            Kind::Readiness => "Readiness",
            Kind::Liveness => "Liveness",
        }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Action {
    Exec(Vec<String>),
    Network(Target),
}

/// How one try ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    Success,
    Failure(String),
    /// The try itself went wrong: it says nothing about the container.
    Errored(String),
}

#[derive(Clone, Debug)]
struct Attempt {
    /// `None` for one that only waits for its deadline.
    run: Option<ExecRun>,
    deadline: Time,
    /// What it says when the deadline comes.
    late: String,
}

#[derive(Clone, Debug)]
pub struct Probe {
    pub kind: Kind,
    action: Action,
    initial_delay_secs: i64,
    period: Duration,
    timeout: Duration,
    success_threshold: i64,
    failure_threshold: i64,
    /// Of a kill by this probe; `None`: the pod's own.
    pub grace_seconds: Option<i64>,
    next_at: Time,
    attempt: Option<Box<Attempt>>,
    last: Option<bool>,
    in_a_row: i64,
    /// What the thresholds have settled for this run of the container.
    pub settled: Option<bool>,
    /// Nothing more is tried until the next run of the container.
    on_hold: bool,
}

/// The probes of a run that starts now. The pod began at `pod_start`: from then on the periods count.
// Models pkg/kubelet/prober/prober_manager.go AddPod
pub fn probes_of(container: &Container, pod_start: Time, now: Time) -> Vec<Probe> {
    Kind::ALL.into_iter().filter_map(|kind| Probe::new(kind, container, pod_start, now)).collect()
}

impl Probe {
    fn new(kind: Kind, container: &Container, pod_start: Time, now: Time) -> Option<Probe> {
        let spec = container.rest.get(kind.field()).filter(|spec| spec.is_object())?;
        let number = |name: &str, unset: i64| spec.get(name).and_then(Value::as_i64).unwrap_or(unset);
        let action = match spec.pointer("/exec/command").and_then(Value::as_array) {
            Some(words) => {
                let words: Vec<String> = words.iter().filter_map(Value::as_str).map(str::to_owned).collect();
                Action::Exec(env::expand_all(&words, &given_values(container)))
            }
            None => Action::Network(Target::of(spec, container)?),
        };
        let mut probe = Probe {
            kind,
            action,
            initial_delay_secs: number("initialDelaySeconds", 0),
            period: Duration::from_secs(number("periodSeconds", 10).max(1)),
            timeout: Duration::from_secs(number("timeoutSeconds", 1).max(1)),
            success_threshold: number("successThreshold", 1),
            failure_threshold: number("failureThreshold", 3),
            grace_seconds: spec.get("terminationGracePeriodSeconds").and_then(Value::as_i64),
            // Readiness is asked when the container is first seen, the others at their own pace.
            next_at: if kind == Kind::Readiness { now + FIRST_LOOK } else { pod_start },
            attempt: None,
            last: None,
            in_a_row: 0,
            settled: None,
            on_hold: false,
        };
        let after_delay = now + Duration::from_secs(probe.initial_delay_secs);
        probe.skip_to(after_delay.max(now + Duration::from_millis(1)));
        Some(probe)
    }

    pub fn is_exec(&self) -> bool {
        matches!(self.action, Action::Exec(_))
    }

    /// Leaves out the tries before that instant.
    fn skip_to(&mut self, at: Time) {
        if self.next_at < at {
            let late = (at - self.next_at).as_millis();
            let period = self.period.as_millis();
            let periods = (late + period - 1) / period;
            self.next_at += Duration::from_millis(periods * period);
        }
    }

    /// The container has started for good: its other probes begin.
    // Models pkg/kubelet/prober/prober_manager.go UpdatePodStatus, which asks for readiness at once
    pub fn container_started(&mut self, container_start: Time, now: Time) {
        if self.kind == Kind::Readiness {
            self.next_at = now;
            self.skip_to(container_start + Duration::from_secs(self.initial_delay_secs));
        } else {
            self.skip_to(now + Duration::from_millis(1));
        }
    }

    /// When there is something to do; `started`: whether the container's start is settled.
    pub fn wake(&self, started: bool) -> Option<Time> {
        if let Some(attempt) = &self.attempt {
            let own = attempt.run.as_ref().and_then(|run| run.wake);
            return Some(own.map_or(attempt.deadline, |wake| wake.min(attempt.deadline)));
        }
        let has_its_turn = (self.kind == Kind::Startup) != started;
        (has_its_turn && !self.on_hold).then_some(self.next_at)
    }

    /// Tries when it is due. Answers when a try has ended.
    // Models pkg/kubelet/prober/worker.go doProbe
    pub fn advance(&mut self, world: &World, started: bool) -> Option<Verdict> {
        let now = world.now;
        if self.attempt.is_none() {
            self.wake(started).filter(|at| *at <= now)?;
            self.skip_to(now + Duration::from_millis(1));
            if let Some(verdict) = self.begin(world) {
                return Some(verdict);
            }
        }
        let attempt = self.attempt.as_mut()?;
        let verdict = match attempt.run.as_mut().and_then(|run| Some((run.advance(now)?, &run.output))) {
            Some((0, _)) => Verdict::Success,
            Some((_, output)) => Verdict::Failure(output.clone()),
            None if attempt.deadline <= now => Verdict::Failure(attempt.late.clone()),
            None => return None,
        };
        self.attempt = None;
        Some(verdict)
    }

    fn begin(&mut self, world: &World) -> Option<Verdict> {
        let deadline = world.now + self.timeout;
        let timeout = go_duration(self.timeout);
        match &self.action {
            Action::Exec(argv) => match ExecRun::start(world.run, argv, world.now)? {
                Ok(run) => {
                    let late = format!("command timed out: \"{}\" timed out after {timeout}", argv.join(" "));
                    self.attempt = Some(Box::new(Attempt { run: Some(run), deadline, late }));
                    None
                }
                Err(error) => Some(Verdict::Errored(format!(
                    "rpc error: code = Unknown desc = failed to exec in container: failed to start exec \"{}\": \
                     OCI runtime exec failed: exec failed: unable to start container process: {error}: unknown",
                    world.exec_id
                ))),
            },
            Action::Network(target) => match target.ask(world.pod_ip, world.container, &timeout) {
                server::Answer::Now(verdict) => Some(verdict),
                server::Answer::AtDeadline(late) => {
                    self.attempt = Some(Box::new(Attempt { run: None, deadline, late }));
                    None
                }
            },
        }
    }

    /// Counts a result. Answers whether it settles something new.
    // Models pkg/kubelet/prober/worker.go doProbe
    pub fn count(&mut self, success: bool) -> bool {
        if self.last == Some(success) {
            self.in_a_row += 1;
        } else {
            (self.last, self.in_a_row) = (Some(success), 1);
        }
        let threshold = if success { self.success_threshold } else { self.failure_threshold };
        if self.in_a_row < threshold {
            return false;
        }
        let changed = self.settled != Some(success);
        self.settled = Some(success);
        if self.kind == Kind::Startup || self.kind == Kind::Liveness && !success {
            self.on_hold = true;
            self.in_a_row = 0;
        }
        changed
    }
}

/// The variables that a probe's command may name: as the spec gives them, those from elsewhere empty.
// Models pkg/kubelet/container/helpers.go ExpandContainerCommandOnlyStatic
fn given_values(container: &Container) -> BTreeMap<String, String> {
    sorted::collect(container.env.iter().map(|variable| (variable.name.clone(), variable.value.clone())))
}

/// What a try meets.
pub struct World<'a> {
    pub now: Time,
    pub run: &'a Run,
    pub container: &'a Container,
    pub pod_ip: &'a str,
    /// The number that the runtime gives a command; it shows where one cannot start.
    pub exec_id: &'a str,
}
