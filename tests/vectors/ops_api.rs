//! API: defaulting, create validation, strategies.

use crate::vector::{Outcome, Vector};

/// Runs a vector when its operation belongs here.
pub fn run(_op: &str, _vector: &Vector) -> Option<Outcome> {
    None
}
