//! Conformance scenarios of the Job controller: each vector that tells steps in words is a test of its own.

#[allow(dead_code, reason = "shared by several tests; each uses its part")]
mod scenarios;

#[test]
fn every_scenario_holds() {
    let mut failures = Vec::new();
    for (id, play) in scenarios::all() {
        if let Err(panic) = std::panic::catch_unwind(play) {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            failures.push(format!("{id}: {}", text.unwrap_or_default()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_vector_has_its_scenario() {
    let text =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/data/scenarios.yaml"));
    let text = text.expect("the project has its vectors");
    let ids: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("- id: \"")?.strip_suffix('"')).collect();
    let known: Vec<&str> = scenarios::all().map(|(id, _)| id).collect();
    let missing: Vec<&&str> = ids.iter().filter(|id| !known.contains(id)).collect();
    assert!(missing.is_empty() && !ids.is_empty(), "{missing:?}");
}
