//! Ten thousand random histories, each under the checkers.

use zadachnik::simulation;

const HISTORIES: u64 = 10_000;

#[test]
fn random_histories_hold_every_invariant() {
    let mut finished = 0;
    for seed in 0..HISTORIES {
        match simulation::run(seed) {
            Ok(summary) => finished += summary.finished_jobs,
            Err(violation) => panic!("seed {seed}: {violation}"),
        }
    }
    // Histories that end nothing would hold anything.
    assert!(finished as u64 > HISTORIES / 2, "only {finished} Jobs ended");
}
