//! podFailurePolicy: what one failed pod means for its Job.

use crate::api::batch::{
    PodFailurePolicy, PodFailurePolicyOnExitCodes, PodFailurePolicyOnPodCondition, PodFailurePolicyRule,
};
use crate::api::core::{ContainerStatus, Pod, PodCondition};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    FailJob,
    FailIndex,
    Ignore,
    Count,
}

/// What the policy says about a failed pod.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Match {
    /// The message of the Job's failure; only for `FailJob`.
    pub message: Option<String>,
    pub counts: bool,
    pub action: Option<Action>,
    /// Which rule, counted from 0.
    pub rule: Option<usize>,
}

impl Action {
    fn parse(text: &str) -> Option<Action> {
        match text {
            "FailJob" => Some(Action::FailJob),
            "FailIndex" => Some(Action::FailIndex),
            "Ignore" => Some(Action::Ignore),
            "Count" => Some(Action::Count),
            _ => None,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Action::FailJob => "FailJob",
            Action::FailIndex => "FailIndex",
            Action::Ignore => "Ignore",
            Action::Count => "Count",
        }
    }
}

/// The first rule that matches decides; without one the failure counts.
// Models pkg/controller/job/pod_failure_policy.go matchPodFailurePolicy
pub fn match_policy(policy: Option<&PodFailurePolicy>, pod: &Pod) -> Match {
    for (index, rule) in policy.iter().flat_map(|policy| &policy.rules).enumerate() {
        let Some(cause) = matching_cause(rule, pod) else { continue };
        let Some(action) = Action::parse(&rule.action) else { continue };
        let message = (action == Action::FailJob).then(|| {
            let subject = format!("{}/{}", pod.metadata.namespace, pod.metadata.name);
            let rule = format!("matching {} rule at index {index}", rule.action);
            match cause {
                Cause::ExitCode(container, code) => {
                    format!("Container {container} for pod {subject} failed with exit code {code} {rule}")
                }
                Cause::Condition(condition) => {
                    format!("Pod {subject} has condition {} {rule}", condition.condition_type)
                }
            }
        });
        let counts = action != Action::Ignore;
        return Match { message, counts, action: Some(action), rule: Some(index) };
    }
    Match { message: None, counts: true, action: None, rule: None }
}

enum Cause<'a> {
    ExitCode(&'a str, i32),
    Condition(&'a PodCondition),
}

fn matching_cause<'a>(rule: &PodFailurePolicyRule, pod: &'a Pod) -> Option<Cause<'a>> {
    match &rule.on_exit_codes {
        Some(wanted) => {
            let in_list = |statuses: &'a [ContainerStatus]| {
                statuses.iter().find_map(|status| {
                    let code = matching_exit_code(status, wanted)?;
                    Some(Cause::ExitCode(&status.name, code))
                })
            };
            in_list(&pod.status.container_statuses).or_else(|| in_list(&pod.status.init_container_statuses))
        }
        None => matching_condition(&rule.on_pod_conditions, pod).map(Cause::Condition),
    }
}

/// Exit code 0 never matches, whatever the operator.
// Models pkg/controller/job/pod_failure_policy.go getMatchingContainerFromList
fn matching_exit_code(status: &ContainerStatus, wanted: &PodFailurePolicyOnExitCodes) -> Option<i32> {
    let code = status.state.terminated.as_ref()?.exit_code;
    if code == 0 || wanted.container_name.as_ref().is_some_and(|name| *name != status.name) {
        return None;
    }
    let listed = wanted.values.contains(&code);
    let matches = match wanted.operator.as_str() {
        "In" => listed,
        "NotIn" => !listed,
        _ => false,
    };
    matches.then_some(code)
}

fn matching_condition<'a>(
    patterns: &[PodFailurePolicyOnPodCondition],
    pod: &'a Pod,
) -> Option<&'a PodCondition> {
    pod.status.conditions.iter().find(|condition| {
        let equal = |pattern: &PodFailurePolicyOnPodCondition| {
            pattern.condition_type == condition.condition_type && pattern.status == condition.status.as_str()
        };
        patterns.iter().any(equal)
    })
}
