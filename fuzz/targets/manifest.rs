//! Any bytes as a manifest: YAML, decoder, defaults, validation, findings.
#![no_main]

#[path = "../../tests/support/judge.rs"]
mod judge;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| judge::judge(&String::from_utf8_lossy(bytes)));
