//! The author's guide says what the code does: every name of the format stands in it, and its example is the skeleton.

use super::condition::{self, KINDS};
use super::lesson::Layout;
use super::{matcher, measure, skeleton};
use crate::cluster::Fault;

const GUIDE: &str = include_str!("../../lessons/README.md");

#[test]
fn every_name_of_the_format_stands_in_the_guide() {
    let in_braces = |name: &&str| format!("{{{name}: ");
    let conditions = condition::NAMES.iter().map(in_braces);
    let measures = measure::NAMES.iter().map(in_braces);
    let layouts = Layout::NAMES.iter().map(|(name, _)| format!("`{name}`"));
    let kinds = KINDS.iter().map(|kind| format!("`{kind}`"));
    let operators = matcher::NAMES.iter().filter(|name| **name != "gte" && **name != "lte");
    let directives = [
        "::predict{",
        "::goal{",
        "::quiz{",
        "::why{",
        "::hints",
        "::variant{",
        "::compare{",
        ":::step{after=",
        "::term{",
        "`{run}",
        "`{copy}",
        "# wait: ",
        "# edit: ",
        "# write: ",
        "# fault: ",
    ];
    let fields = [
        "id",
        "title",
        "minutes",
        "needs",
        "teaches",
        "fields",
        "cluster",
        "exam",
        "layout",
        "invalid",
        "nodes",
        "cpu",
        "seed",
        "clock",
        "start",
        "faults",
        "when",
        "eventually",
        "always",
        "never",
        "after",
        "before",
        "within",
        "missing",
        "points",
        "pass",
        "tasks",
    ];
    let wanted = conditions
        .chain(measures)
        .chain(layouts)
        .chain(kinds)
        .chain(operators.map(|name| (*name).to_owned()))
        .chain(directives.map(str::to_owned))
        .chain(fields.map(|name| format!("`{name}`")));
    let missing: Vec<String> = wanted.filter(|name| !GUIDE.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "not in lessons/README.md: {missing:?}");
}

#[test]
fn the_faults_of_the_guide_can_be_planned() {
    let list =
        GUIDE.split_once("Поломки: ").and_then(|(_, rest)| rest.split_once(".\n")).expect("the list").0;
    let names: Vec<&str> = list.split('`').skip(1).step_by(2).collect();
    assert_eq!(names.len(), 8);
    for name in names {
        let text = name.split_whitespace().map(|word| if word.is_ascii() { word } else { "1" });
        let text = text.collect::<Vec<_>>().join(" ");
        assert!(text.parse::<Fault>().is_ok(), "{text}");
    }
}

#[test]
fn the_example_of_the_guide_is_the_skeleton() {
    for (name, text) in skeleton::FILES {
        let text = text.replace("id: ID", "id: primer");
        assert!(GUIDE.contains(text.trim_end()), "lessons/README.md does not show {name} as it is");
    }
}
