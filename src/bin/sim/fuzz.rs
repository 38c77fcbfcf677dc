//! `sim fuzz`: random histories until the time is over, each under the checkers of `simulation`.

#![allow(clippy::disallowed_types, reason = "what this measures is the machine's own time")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use zadachnik::simulation;

use super::output::outln;

pub fn main(args: &[String]) -> Result<ExitCode, String> {
    let (minutes, first_seed) = parse(args)?;
    let end = Instant::now() + Duration::from_secs_f64(minutes * 60.0);
    let (mut seed, mut changes) = (first_seed, 0);
    while Instant::now() < end {
        match simulation::run(seed) {
            Ok(summary) => changes += summary.changes,
            Err(violation) => {
                outln!("seed {seed}: {violation}");
                outln!("again with: sim fuzz --minutes 0.001 --seed {seed}");
                return Ok(ExitCode::FAILURE);
            }
        }
        seed += 1;
    }
    outln!("{} histories, {changes} changes, every invariant held", seed - first_seed);
    Ok(ExitCode::SUCCESS)
}

fn parse(args: &[String]) -> Result<(f64, u64), String> {
    let (mut minutes, mut seed) = (1.0, 0);
    for pair in args.chunks(2) {
        let [flag, value] = pair else { return Err(format!("{} needs a value", pair[0])) };
        match flag.as_str() {
            "--minutes" => {
                minutes = value.parse().map_err(|_| format!("--minutes: \"{value}\" is no number"))?
            }
            "--seed" => seed = value.parse().map_err(|_| format!("--seed: \"{value}\" is no number"))?,
            _ => return Err(format!("unknown flag {flag}")),
        }
    }
    if !(0.0..=1_000_000.0).contains(&minutes) {
        return Err(format!("--minutes: {minutes} is out of range"));
    }
    Ok((minutes, seed))
}
