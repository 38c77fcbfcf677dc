//! Conformance vectors: facts about Kubernetes v1.36.2 as data, given to the project's own code.
//!
//! `cargo test --release --test vectors` runs the copies under tests/vectors/data/;
//! `cargo test --release --test vectors -- FILE...` runs any file of the format. One line tells each vector that does
//! not hold, the last line counts: `N passed, N failed, N skipped`. Exit status 1 when any failed.

mod cron_sync;
mod expand;
mod ops_api;
mod ops_controller;
mod ops_cron;
mod ops_kubelet;
mod ops_printing;
mod ops_update;
mod vector;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use vector::{Outcome, Vector};

type Adapter = fn(&str, &Vector) -> Option<Outcome>;

/// The first adapter that knows an operation answers for it.
const ADAPTERS: &[Adapter] =
    &[ops_api::run, ops_update::run, ops_cron::run, ops_controller::run, ops_kubelet::run, ops_printing::run];

fn data_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/data")
}

fn main() -> ExitCode {
    let mut files: Vec<PathBuf> =
        std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).map(PathBuf::from).collect();
    if files.is_empty() {
        files = own_files();
    }
    // A panic of the code under test is one failed vector, told in its line.
    std::panic::set_hook(Box::new(|_| {}));
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for file in &files {
        let vectors = match vector::load(file, &data_folder()) {
            Ok(vectors) => vectors,
            Err(error) => {
                println!("{}: {error}", file.display());
                failed += 1;
                continue;
            }
        };
        for vector in &vectors {
            match judge(vector) {
                Outcome::Holds => passed += 1,
                Outcome::Skipped(gate) => {
                    skipped += 1;
                    println!("{}: skipped: gate {gate} is off", vector.id);
                }
                Outcome::Differs { expected, got } => {
                    failed += 1;
                    println!("{}: expected {expected}, got {got}", vector.id);
                }
            }
        }
    }
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn own_files() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(data_folder()).expect("the project has its vectors");
    let paths = entries.map(|entry| entry.expect("readable entry").path());
    let is_vectors = |path: &PathBuf| {
        path.extension().is_some_and(|e| e == "yaml")
            && path.file_name().is_some_and(|n| n != "fixtures.yaml")
    };
    let mut files: Vec<PathBuf> = paths.filter(is_vectors).collect();
    files.sort();
    files
}

fn judge(vector: &Vector) -> Outcome {
    if let Some(gate) = vector.gate_off() {
        return Outcome::Skipped(gate);
    }
    let answer =
        catch_unwind(AssertUnwindSafe(|| ADAPTERS.iter().find_map(|adapter| adapter(&vector.op, vector))));
    match answer {
        Ok(Some(outcome)) => outcome,
        Ok(None) => Outcome::differs("an adapter", format!("operation {} is not there yet", vector.op)),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Outcome::differs(&vector.then, format!("panic: {}", text.unwrap_or_default()))
        }
    }
}
