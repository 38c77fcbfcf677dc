//! successPolicy: when some indexes are enough.

use super::intervals::Intervals;
use crate::api::batch::SuccessPolicy;

/// The first rule that the succeeded indexes satisfy, counted from 0.
// Models pkg/controller/job/success_policy.go matchSuccessPolicy
pub fn match_policy(
    policy: Option<&SuccessPolicy>,
    completions: i32,
    succeeded: &Intervals,
) -> Option<usize> {
    if succeeded.is_empty() {
        return None;
    }
    policy?.rules.iter().position(|rule| {
        let Some(wanted) = &rule.succeeded_indexes else {
            return rule.succeeded_count.is_some_and(|count| succeeded.total() >= count);
        };
        let wanted = Intervals::parse(wanted, completions);
        let reached = succeeded.common(&wanted);
        !wanted.is_empty() && reached >= rule.succeeded_count.unwrap_or(wanted.total())
    })
}

pub fn message(rule: usize) -> String {
    format!("Matched rules at index {rule}")
}
