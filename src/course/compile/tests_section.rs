//! The `tests` section of checks.yaml: for every message a way to reach it.

use super::super::checks::Checks;
use super::super::mistake::{Checked, Part};

/// A script and what the checks must say after it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TestCase {
    pub run: Vec<String>,
    pub expect: Expectation,
    /// JSON pointer of the case in checks.yaml.
    pub at: String,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Expectation {
    /// The line of that number (from 1) is what is missing for the goal.
    Missing(String, usize),
    Anti(String),
    DeadEnd(String),
    /// The goal is green: another way to it.
    Goal(String),
    /// Nothing was said of wrong tracks and dead ends, not even in passing.
    Quiet,
}

impl std::fmt::Display for Expectation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Expectation::Missing(goal, number) => write!(f, "missing {goal}/{number}"),
            Expectation::Anti(id) => write!(f, "anti {id}"),
            Expectation::DeadEnd(id) => write!(f, "dead_end {id}"),
            Expectation::Goal(id) => write!(f, "goal {id}"),
            Expectation::Quiet => f.write_str("quiet"),
        }
    }
}

/// Reads the section and checks that every message has a case.
///
/// # Errors
/// When a case is malformed, expects what does not exist, or a message has no case.
pub fn read(root: Part, checks: &Checks) -> Checked<Vec<TestCase>> {
    let tests = root.list("tests", |part| {
        part.fields(&["expect", "run"])?;
        let expect = expectation(&part.need_text("expect")?, checks);
        let Some(expect) = expect else {
            return part.mistake(
                "expect бывает «missing ЦЕЛЬ/НОМЕР», «anti ИД», «dead_end ИД», «goal ИД» или quiet",
            );
        };
        let run = part.opt("run", |run| run.texts())?.unwrap_or_default();
        let run = run.iter().flat_map(|text| text.lines()).map(str::to_owned).collect();
        Ok(TestCase { run, expect, at: part.place.pointer() })
    })?;
    let all = messages(checks);
    let untested = all.iter().find(|message| !tests.iter().any(|test| test.expect == **message));
    match untested {
        Some(message) => root.mistake(format!("в tests нет случая для «{message}»")),
        None => Ok(tests),
    }
}

fn messages(checks: &Checks) -> Vec<Expectation> {
    let mut all = Vec::new();
    for goal in &checks.goals {
        all.extend((1..=goal.missing.len()).map(|number| Expectation::Missing(goal.id.clone(), number)));
    }
    all.extend(checks.anti.iter().map(|remark| Expectation::Anti(remark.id.clone())));
    all.extend(checks.dead_ends.iter().map(|remark| Expectation::DeadEnd(remark.id.clone())));
    all
}

fn expectation(text: &str, checks: &Checks) -> Option<Expectation> {
    if text == "quiet" {
        return Some(Expectation::Quiet);
    }
    let (kind, id) = text.split_once(' ')?;
    let expectation = match kind {
        "missing" => {
            let (goal, number) = id.split_once('/')?;
            Expectation::Missing(goal.to_owned(), number.parse().ok()?)
        }
        "anti" => Expectation::Anti(id.to_owned()),
        "dead_end" => Expectation::DeadEnd(id.to_owned()),
        "goal" => return checks.goal(id).map(|_| Expectation::Goal(id.to_owned())),
        _ => return None,
    };
    messages(checks).contains(&expectation).then_some(expectation)
}
