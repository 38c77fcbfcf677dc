//! What the parts of a lesson say of each other: ids are unique, references find what they name, nothing is left unused.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::checks::{Checks, HINTS};
use super::super::mistake::{Checked, Mistake, Part, Place};
use super::super::script::{self, Step};
use super::super::sheet::{LessonFile, file_named};
use super::author_error::AuthorError;
use super::markdown::Context;
use super::page::{Reference, Referred};
use super::tests_section::TestCase;

pub const BAD_ID: &str = "id состоит из строчных латинских букв, цифр и дефисов";

/// Whether the text may be an id of a lesson or of a part of one.
pub fn is_id(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !text.is_empty() && !text.starts_with('-') && text.chars().all(plain)
}

/// Ids are unique, and what refers to an id finds it.
pub fn consistent(checks: &Checks, value: &Value) -> Checked<()> {
    let mut seen = BTreeSet::new();
    for list in ["goals", "anti", "dead_end", "predictions", "quizzes", "variants"] {
        let items = value[list].as_array().map(Vec::as_slice).unwrap_or_default();
        for (index, item) in items.iter().enumerate() {
            let id = item["id"].as_str().unwrap_or_default();
            let message = match (is_id(id), seen.insert(id.to_owned())) {
                (false, _) => BAD_ID.to_owned(),
                (true, false) => format!("id «{id}» уже занят"),
                (true, true) => continue,
            };
            return Err(Mistake { at: format!("/{list}/{index}/id"), message });
        }
    }
    for (index, goal) in checks.goals.iter().enumerate() {
        if let Some(need) = goal.needs.iter().find(|need| checks.goal(need).is_none() || **need == goal.id) {
            return Err(Mistake {
                at: format!("/goals/{index}/needs"),
                message: format!("нет цели «{need}»"),
            });
        }
    }
    let at = |at: &str, message: String| Err(Mistake { at: at.to_owned(), message });
    if checks.goals.is_empty() && checks.variants.is_empty() {
        return at("", "уроку нужна хотя бы одна цель".to_owned());
    }
    match checks.hints.len() {
        0 => Ok(()),
        HINTS if checks.variants.is_empty() => at(
            "/hints",
            "третья подсказка открывает решение, поэтому за ней нужен вариант (variants)".to_owned(),
        ),
        HINTS => Ok(()),
        count => at("/hints", format!("подсказок должно быть три (или ни одной), а их {count}")),
    }
}

/// Every script of checks.yaml can be read, and what it names exists.
pub fn scripts(checks: &Checks, tests: &[TestCase], context: &Context) -> Checked<()> {
    let predictions = checks.predictions.iter().enumerate();
    let runs = predictions.map(|(index, prediction)| (format!("/predictions/{index}/run"), &prediction.run));
    let variants = checks.variants.iter().enumerate();
    let solutions =
        variants.map(|(index, variant)| (format!("/variants/{index}/solution"), &variant.solution));
    let cases = tests.iter().map(|test| (format!("{}/run", test.at), &test.run));
    for (at, lines) in runs.chain(solutions).chain(cases) {
        let fault = script_fault(lines, checks, &context.solution);
        if let Some((line, message)) = fault {
            return Err(Mistake { at: format!("{at}/{line}"), message });
        }
    }
    Ok(())
}

/// The lines of solution/commands.txt can be read, and what they name exists.
pub fn check_solution(file: &str, text: &str, checks: &Value, context: &mut Context) {
    let place = Place::Root;
    let Ok(parsed) = Checks::parse(Part::new(checks, &place)) else { return };
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if let Some((line, message)) = script_fault(&lines, &parsed, &context.solution) {
        context.errors.push(AuthorError::new(file, line + 1, message));
    }
}

/// The first fault of a script: number of the line (from 0) and what is wrong.
fn script_fault(lines: &[String], checks: &Checks, solution: &[LessonFile]) -> Option<(usize, String)> {
    if let Err(fault) = script::parse(lines) {
        return Some(fault);
    }
    for (index, line) in lines.iter().enumerate() {
        match script::parse(std::slice::from_ref(line)).ok()?.first() {
            Some((_, Step::Goal(id))) if checks.goal(id).is_none() => {
                return Some((index, format!("нет цели «{id}»")));
            }
            Some((_, Step::Write(name))) if !solution.iter().any(|file| file.name == *name) => {
                return Some((index, format!("в solution/ нет файла «{name}»")));
            }
            _ => {}
        }
    }
    None
}

/// Everything that the text refers to exists, and everything that checks.yaml offers is used.
pub fn resolve(references: &[Reference], checks: &Value, file: &str, context: &mut Context) {
    let lists: BTreeMap<&str, (Referred, &str)> = BTreeMap::from([
        ("predictions", (Referred::Prediction, "предсказания")),
        ("goals", (Referred::Goal, "цели")),
        ("quizzes", (Referred::Quiz, "вопроса")),
        ("variants", (Referred::Variant, "варианта")),
    ]);
    let ids = |list: &str| -> Vec<String> {
        let items = checks[list].as_array().map(Vec::as_slice).unwrap_or_default();
        items.iter().map(|item| item["id"].as_str().unwrap_or_default().to_owned()).collect()
    };
    for reference in references {
        let id = &reference.id;
        let missing = match lists.iter().find(|(_, (what, _))| *what == reference.what) {
            Some((list, (_, word))) => {
                (!ids(list).contains(id)).then(|| format!("в checks.yaml нет {word} «{id}»"))
            }
            None if reference.what == Referred::Hints => {
                checks.get("hints").is_none().then(|| "в checks.yaml нет подсказок (hints)".to_owned())
            }
            None => file_named(&context.start, &context.solution, id)
                .is_none()
                .then(|| format!("в уроке нет файла «{id}»")),
        };
        context.errors.extend(missing.map(|message| AuthorError::new(file, reference.line, message)));
    }
    let has_hints = checks["hints"].as_array().is_some_and(|hints| !hints.is_empty());
    if has_hints && !references.iter().any(|reference| reference.what == Referred::Hints) {
        let message = "в тексте нет строки ::hints, а подсказки в checks.yaml есть";
        context.errors.push(AuthorError::new(file, 0, message));
    }
    for (list, (what, word)) in &lists {
        for id in ids(list) {
            if !references.iter().any(|reference| reference.what == *what && reference.id == id) {
                context.errors.push(AuthorError::new(
                    file,
                    0,
                    format!("в тексте нет {word} «{id}» из checks.yaml"),
                ));
            }
        }
    }
}
