//! Random histories of one Job, with checkers that hold Kubernetes' own promises after every step.

#[allow(dead_code, reason = "shared by several tests; each uses its part")]
mod scenarios;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use zadachnik::api::Kind;
use zadachnik::api::batch::JobSpec;
use zadachnik::api::core::Pod;
use zadachnik::api::status::{Status, StatusReason};
use zadachnik::apiserver::{DeleteOptions, ObjectKey, Refusal, Request};
use zadachnik::base::Duration;

use scenarios::checker::Checker;
use scenarios::world::World;

/// One thing that happens from outside. `usize` picks a pod, as far as there are any.
#[derive(Clone, Debug)]
enum Action {
    Pass(i64),
    Start(usize),
    End(usize, i32),
    Disrupt(usize),
    Delete(usize),
    /// The kubelet has stopped a deleted pod.
    Stopped(usize),
    Parallelism(i32),
    Resize(i32),
    Suspend(bool),
    Deadline(i64),
    Refuse(Request, Kind, u32),
    Restart,
}

fn action() -> impl Strategy<Value = Action> {
    let pod = 0..8usize;
    prop_oneof![
        6 => (1..15_000i64).prop_map(Action::Pass),
        4 => pod.clone().prop_map(Action::Start),
        4 => (pod.clone(), prop_oneof![3 => Just(0), 2 => Just(1), 1 => Just(42)]).prop_map(|(p, c)| Action::End(p, c)),
        1 => pod.clone().prop_map(Action::Disrupt),
        2 => pod.clone().prop_map(Action::Delete),
        2 => pod.prop_map(Action::Stopped),
        1 => (0..6i32).prop_map(Action::Parallelism),
        1 => (0..7i32).prop_map(Action::Resize),
        1 => any::<bool>().prop_map(Action::Suspend),
        1 => (20..4000i64).prop_map(Action::Deadline),
        1 => refusal(),
        1 => Just(Action::Restart),
    ]
}

fn refusal() -> impl Strategy<Value = Action> {
    let request = prop_oneof![
        Just((Request::Create, Kind::Pod)),
        Just((Request::Patch, Kind::Pod)),
        Just((Request::Delete, Kind::Pod)),
        Just((Request::UpdateStatus, Kind::Job)),
    ];
    (request, 1..3u32).prop_map(|((request, kind), times)| Action::Refuse(request, kind, times))
}

fn spec() -> impl Strategy<Value = (Value, &'static str)> {
    let shape = (1..5i32, 1..7i32, any::<bool>(), any::<bool>(), 0..5i32);
    let policies = (0..4u8, 0..3u8, any::<bool>(), any::<bool>());
    (shape, policies).prop_map(|((parallelism, completions, indexed, queue, limit), (failure, success, late, on_failure))| {
        let mut spec = json!({"parallelism": parallelism, "backoffLimit": limit});
        let indexed = indexed || success == 1;
        if indexed || !queue {
            spec["completions"] = json!(completions);
        }
        if indexed {
            spec["completionMode"] = json!("Indexed");
        }
        let mut restart_policy = if on_failure { "OnFailure" } else { "Never" };
        if failure > 1 {
            restart_policy = "Never";
            let mut rules = vec![
                json!({"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}),
                json!({"action": "FailJob", "onExitCodes": {"operator": "In", "values": [42]}}),
            ];
            if failure == 3 {
                rules.pop();
            }
            spec["podFailurePolicy"] = json!({"rules": rules});
        } else if late {
            spec["podReplacementPolicy"] = json!("Failed");
        }
        if indexed && failure == 1 {
            restart_policy = "Never";
            spec["backoffLimitPerIndex"] = json!(limit.min(2));
            spec["backoffLimit"] = json!(i32::MAX);
        }
        if success == 1 {
            spec["successPolicy"] = json!({"rules": [{"succeededCount": 1 + completions / 2}]});
        }
        (spec, restart_policy)
    })
}

struct Run {
    world: World,
    checker: Checker,
    problems: Vec<String>,
}

impl Run {
    fn new(spec: Value, restart_policy: &str, lag_ms: i64) -> Run {
        let mut world = World::with_job_of(spec, restart_policy, false);
        world.lag = Duration::from_millis(lag_ms);
        let mut run = Run { checker: Checker::new(&world), world, problems: Vec::new() };
        run.check();
        run
    }

    fn check(&mut self) {
        self.checker.check(&self.world, &mut self.problems);
    }

    /// The n-th pod that satisfies the condition, counted round.
    fn pick(&self, number: usize, holds: impl Fn(&Pod) -> bool) -> Option<String> {
        let pods: Vec<_> = self.world.pods().into_iter().filter(|pod| holds(pod)).collect();
        pods.get(number % pods.len().max(1)).map(|pod| pod.metadata.name.clone())
    }

    fn act(&mut self, action: &Action) {
        let live = |pod: &Pod| !pod.is_terminal() && !pod.metadata.is_deleting();
        match action {
            Action::Pass(millis) => self.pass(*millis),
            Action::Start(number) => {
                if let Some(name) = self.pick(*number, |pod| live(pod) && pod.spec.node_name.is_empty()) {
                    self.world.start_pod(&name);
                }
            }
            Action::End(number, code) => {
                if let Some(name) = self.pick(*number, live) {
                    self.world.end_pod(&name, *code);
                }
            }
            Action::Disrupt(number) => {
                if let Some(name) = self.pick(*number, live) {
                    self.world.end_pod_as(&name, "Failed", 137, &["DisruptionTarget"]);
                }
            }
            Action::Delete(number) => {
                if let Some(name) = self.pick(*number, |_| true) {
                    // An order to refuse deletions may meet this one.
                    let _ = self.world.api.delete(
                        Kind::Pod,
                        &ObjectKey::new("default", &name),
                        &DeleteOptions::default(),
                    );
                }
            }
            Action::Stopped(number) => {
                if let Some(name) = self.pick(*number, |pod| pod.metadata.is_deleting() && !pod.is_terminal())
                {
                    self.world.stop_pod(&name);
                }
            }
            Action::Parallelism(count) => self.edit(|spec| spec.parallelism = Some(*count)),
            Action::Resize(size) => self.edit(|spec| {
                if spec.is_indexed()
                    && spec.success_policy.is_none()
                    && spec.backoff_limit_per_index.is_none()
                {
                    (spec.parallelism, spec.completions) = (Some(*size), Some(*size));
                }
            }),
            Action::Suspend(suspend) => self.edit(|spec| spec.suspend = Some(*suspend)),
            Action::Deadline(seconds) => self.edit(|spec| spec.active_deadline_seconds = Some(*seconds)),
            Action::Refuse(request, kind, times) => {
                let status = Status { reason: StatusReason::InternalError, ..Status::bad_request("refused") };
                self.world.api.refuse(Refusal {
                    request: *request,
                    kind: *kind,
                    after: 0,
                    times: *times,
                    status,
                });
            }
            Action::Restart => {
                self.world.restart_controller();
            }
        }
        self.world.settle();
        self.check();
    }

    /// Time passes from wake-up to wake-up, so that every step is checked.
    fn pass(&mut self, millis: i64) {
        let end = self.world.now() + Duration::from_millis(millis);
        while let Some(next) = self.world.next_wake().filter(|at| *at <= end) {
            let span = next.max(self.world.now()) - self.world.now();
            self.world.pass(span);
            self.check();
        }
        self.world.pass(end - self.world.now());
    }

    /// Refused patches may meet the user too.
    fn edit(&mut self, change: impl FnOnce(&mut JobSpec)) {
        self.world.try_edit(change);
    }

    /// From here on everything goes well: the Job must come to an end, and no pod may stay held.
    fn finish(&mut self) {
        self.world.api.stop_refusing();
        self.edit(|spec| {
            spec.suspend = Some(false);
            // An elastic Job stays one: while the two numbers differ, the server lets no success be forgotten.
            spec.parallelism = match spec.is_indexed() {
                true => spec.completions,
                false => spec.parallelism.map(|count| count.max(1)),
            };
        });
        for _ in 0..80 {
            for pod in self.world.pods() {
                let name = &pod.metadata.name;
                match (pod.metadata.is_deleting(), pod.is_terminal()) {
                    (true, _) => self.world.stop_pod(name),
                    (false, false) => self.world.end_pod(name, 0),
                    (false, true) => {}
                }
            }
            self.pass(60_000);
            self.check();
            if self.world.job().is_finished()
                && self.world.pods().iter().all(|pod| !pod.metadata.is_deleting())
            {
                break;
            }
        }
        if !self.world.job().is_finished() {
            self.problems.push(format!("the Job never ends: {:?}", self.world.job().status));
        }
        for pod in self.world.pods() {
            if !pod.metadata.finalizers.is_empty() {
                self.problems
                    .push(format!("{} is still held: {:?}", pod.metadata.name, pod.metadata.finalizers));
            }
        }
    }
}

#[test]
fn promises_hold_in_random_histories() {
    let cases = if cfg!(debug_assertions) { 300 } else { 3_000 };
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    // A watch that lags shows the controller its own writes late.
    let lag_ms = prop_oneof![3 => Just(0), 1 => 1..4_000i64];
    let histories = (spec(), proptest::collection::vec(action(), 0..60), lag_ms);
    let result = runner.run(&histories, |((spec, restart_policy), actions, lag_ms)| {
        let mut run = Run::new(spec, restart_policy, lag_ms);
        actions.iter().for_each(|action| run.act(action));
        run.finish();
        prop_assert!(run.problems.is_empty(), "{}", run.problems.join("\n"));
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
}
