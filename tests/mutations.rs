//! No text makes the way from YAML to a verdict panic, and none holds it up: valid manifests, damaged at random.

#[path = "support/judge.rs"]
mod judge;

use judge::judge;
use proptest::prelude::*;
use zadachnik::api::diagnostics::diagnose;

const JOB: &str = include_str!("manifests/mutated-job.yaml");
const CRON_JOB: &str = include_str!("manifests/mutated-cronjob.yaml");

/// Pieces that YAML, the decoder or validation treat in a way of their own.
const PIECES: &[&str] = &[
    ":",
    ": ",
    "- ",
    "\n",
    "\t",
    "  ",
    "\"",
    "'",
    "{",
    "}",
    "[",
    "]",
    "&a ",
    "*a",
    "<<: *a",
    "|\n",
    ">\n",
    "#",
    "---\n",
    "null",
    "~",
    "-1",
    "99999999999",
    "1e400",
    ".inf",
    "0x",
    "yes",
    "2.5",
    "y",
    "\u{0}",
    "\u{feff}",
    "ж",
    "🦀",
    "!!binary x",
    "!!str ",
    "%YAML 1.1\n",
    "TZ=",
    "@every 9999999999h",
    "*/0 * * * *",
    "1Ei",
    "9999999999999999999999999999999999999999",
    "",
];

/// Replaces the characters from `at` on by a piece; positions wrap around.
fn mutate(text: &str, edits: &[(usize, usize, usize)]) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    for (at, removed, piece) in edits {
        let at = at % (letters.len() + 1);
        let end = (at + removed).min(letters.len());
        letters.splice(at..end, PIECES[piece % PIECES.len()].chars());
    }
    letters.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_manifests_are_judged_without_a_panic(
        is_cron in any::<bool>(),
        edits in prop::collection::vec((any::<usize>(), 0usize..12, any::<usize>()), 1..6),
    ) {
        judge(&mutate(if is_cron { CRON_JOB } else { JOB }, &edits));
    }
}

#[test]
fn the_manifests_themselves_are_valid() {
    for text in [JOB, CRON_JOB] {
        let errors: Vec<_> =
            diagnose(text).into_iter().filter(|finding| !finding.message.is_empty()).collect();
        assert_eq!(errors, []);
    }
}
