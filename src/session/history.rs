//! What a command log leads to, as one number: every build of the project must come to the same.

use super::{CommandLog, Session};
use crate::base::Duration;

/// The hash of every change within `span` of the log's beginning. Computations are done in place.
pub fn history_hash(log: &CommandLog, span: Duration) -> u64 {
    let mut session = Session::replay(log);
    session.hash_history();
    session.run_until(log.cluster.start + span);
    session.cluster().history_hash().expect("asked for before the first step")
}
