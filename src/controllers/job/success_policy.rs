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
        !wanted.is_empty() && are_enough(succeeded.common(&wanted), &wanted, rule.succeeded_count)
    })
}

/// All wanted indexes are enough, even where the Job has fewer of them by now than the rule counts.
// Models pkg/controller/job/success_policy.go matchSucceededIndexesRule
fn are_enough(reached: i32, wanted: &Intervals, count: Option<i32>) -> bool {
    reached == wanted.total() || count.is_some_and(|count| reached >= count)
}

pub fn message(rule: usize) -> String {
    format!("Matched rules at index {rule}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::codec::Codec;

    #[test]
    fn a_count_above_the_indexes_that_are_left_asks_for_all_of_them() {
        let rules = serde_json::json!([{"succeededIndexes": "0-9", "succeededCount": 5}]);
        let policy = SuccessPolicy::decode(serde_json::json!({"rules": rules})).expect("a policy");
        // An elastic Job shrank to three completions: its rule can never count five.
        let matched = |succeeded: &str, completions| {
            match_policy(Some(&policy), completions, &Intervals::parse(succeeded, completions))
        };
        assert_eq!(matched("0-1", 3), None);
        assert_eq!(matched("0-2", 3), Some(0));
        assert_eq!(matched("0-3", 10), None);
        assert_eq!(matched("1-5", 10), Some(0));
    }
}
