//! The decision that a lesson's text shows.

use crate::cluster::Cluster;
use crate::controllers::decisions::{Decision, Outcome};

/// The newest decision in which the rule with this id changed something; where it never did, the newest in which it
/// held something back.
pub fn newest<'a>(cluster: &'a Cluster, rule: &str) -> Option<&'a Decision> {
    let by_rule = |decision: &&Decision| decision.rule.id() == rule;
    let fired = cluster.decisions().rev().filter(by_rule).find(|decision| decision.outcome == Outcome::Fired);
    fired.or_else(|| cluster.decisions().rev().find(by_rule))
}
