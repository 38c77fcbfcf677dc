//! The conformance vectors that tell several steps, each as a function of its own under the vector's id.

mod backoff;
pub mod checker;
mod indexed;
mod policies;
mod suspend;
pub mod world;

/// One scenario: the vector's id and what plays it; it panics where something does not hold.
pub type Scenario = (&'static str, fn());

pub fn all() -> impl Iterator<Item = Scenario> {
    [suspend::SCENARIOS, indexed::SCENARIOS, policies::SCENARIOS, backoff::SCENARIOS]
        .into_iter()
        .flatten()
        .copied()
}
