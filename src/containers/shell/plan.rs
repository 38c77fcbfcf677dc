//! What a command comes to after expansion: values only, nothing left to evaluate.

use super::ast::{ArmEnd, Assignment, Block, Condition, Node, Part, Simple, Value, Word};
use super::expand::{Expander, Trouble};
use super::pattern::matches;
use super::redirects::{PlannedRedirect, plan_redirects};
use super::state::{Dialect, Key};
use super::words::is_name;

pub enum Plan {
    Simple {
        assignments: Vec<PlannedAssignment>,
        argv: Vec<String>,
        redirects: Vec<PlannedRedirect>,
    },
    Redirected(Vec<PlannedRedirect>),
    For(Vec<String>),
    /// The bodies to run.
    Case(Vec<Block>),
    Truth(bool),
    /// `[[` could not be evaluated; the message.
    BadTest(String),
}

pub struct PlannedAssignment {
    pub name: String,
    pub index: Option<Key>,
    pub append: bool,
    pub value: PlannedValue,
}

pub enum PlannedValue {
    Scalar(String),
    /// The elements, each with its key where it is written.
    Array(Vec<(Option<String>, String)>),
}

impl PlannedValue {
    pub fn scalar(self) -> Option<String> {
        match self {
            PlannedValue::Scalar(value) => Some(value),
            PlannedValue::Array(_) => None,
        }
    }
}

pub fn plan(expander: &mut Expander, node: &Node) -> Result<Plan, Trouble> {
    Ok(match node {
        Node::Simple(simple) => plan_simple(expander, simple)?,
        Node::Redirected { redirects, .. } => Plan::Redirected(plan_redirects(expander, redirects)?),
        Node::For { words, .. } => Plan::For(match words {
            Some(words) => expander.fields(words)?,
            None => expander.state.positional.clone(),
        }),
        Node::Case { word, arms, .. } => {
            let text: Vec<char> = expander.string(word)?.chars().collect();
            let mut bodies: Vec<Block> = Vec::new();
            let mut before = ArmEnd::Again;
            for arm in arms {
                let mut hit = before == ArmEnd::Next;
                for pattern in &arm.patterns {
                    hit = hit || matches(&expander.matching(pattern)?, &text);
                }
                if hit {
                    bodies.push(arm.body.clone());
                    before = arm.end;
                    if before == ArmEnd::Done {
                        break;
                    }
                }
            }
            Plan::Case(bodies)
        }
        Node::Arithmetic { word, .. } => Plan::Truth(expander.arithmetic(word)? != 0),
        Node::Condition { test, .. } => match condition(expander, test)? {
            Ok(truth) => Plan::Truth(truth),
            Err(message) => Plan::BadTest(message),
        },
        _ => Plan::Truth(true),
    })
}

fn plan_simple(expander: &mut Expander, simple: &Simple) -> Result<Plan, Trouble> {
    let argv = if declares(expander, simple) {
        let mut argv = Vec::new();
        for word in &simple.words {
            if is_assignment(word) {
                argv.push(expander.string(word)?);
            } else {
                argv.append(&mut expander.fields(std::slice::from_ref(word))?);
            }
        }
        argv
    } else {
        expander.fields(&simple.words)?
    };
    let mut assignments = Vec::new();
    for assignment in &simple.assignments {
        assignments.push(plan_assignment(expander, assignment, argv.is_empty())?);
    }
    let redirects = plan_redirects(expander, &simple.redirects)?;
    Ok(Plan::Simple { assignments, argv, redirects })
}

/// `export x=$y` does not split the value, except in dash.
fn declares(expander: &Expander, simple: &Simple) -> bool {
    let name = simple.words.first().and_then(Word::literal).unwrap_or("");
    matches!(name, "export" | "local" | "readonly" | "declare" | "typeset")
        && expander.state.dialect != Dialect::Dash
}

fn is_assignment(word: &Word) -> bool {
    match word.parts.first() {
        Some(Part::Text(text)) => {
            text.split_once('=').is_some_and(|(name, _)| is_name(name.trim_end_matches('+')))
        }
        _ => false,
    }
}

fn plan_assignment(
    expander: &mut Expander,
    assignment: &Assignment,
    lasting: bool,
) -> Result<PlannedAssignment, Trouble> {
    let name = &assignment.name;
    let index = assignment.index.as_ref().map(|word| expander.key(name, word)).transpose()?;
    let integer = expander.state.variable(name).is_some_and(|variable| variable.integer);
    let value = match &assignment.value {
        Value::Word(word) => {
            let mut value = expander.string(word)?;
            if integer {
                value = expander.number(&value)?.to_string();
            }
            if assignment.append {
                let before = match &index {
                    Some(key) => expander.element(name, key),
                    None => expander.lookup(name),
                };
                let before = before.unwrap_or_default();
                match integer {
                    true => value = expander.number(&format!("{before}+{value}"))?.to_string(),
                    false => value.insert_str(0, &before),
                }
            }
            if lasting {
                // Later words of the same command see it: `a=1 b=$a`.
                expander.assignments.push((name.clone(), index.clone(), value.clone()));
            }
            PlannedValue::Scalar(value)
        }
        Value::Array(elements) => {
            let mut values = Vec::new();
            for (key, word) in elements {
                match key {
                    Some(key) => values.push((Some(expander.string(key)?), expander.string(word)?)),
                    None => {
                        let fields = expander.fields(std::slice::from_ref(word))?;
                        values.extend(fields.into_iter().map(|field| (None, field)));
                    }
                }
            }
            PlannedValue::Array(values)
        }
    };
    Ok(PlannedAssignment { name: name.clone(), index, append: assignment.append, value })
}

/// The truth of `[[ ]]`; the inner error is a message.
fn condition(expander: &mut Expander, test: &Condition) -> Result<Result<bool, String>, Trouble> {
    Ok(match test {
        Condition::Not(inner) => condition(expander, inner)?.map(|truth| !truth),
        Condition::And(left, right) => match condition(expander, left)? {
            Ok(true) => condition(expander, right)?,
            other => other,
        },
        Condition::Or(left, right) => match condition(expander, left)? {
            Ok(false) => condition(expander, right)?,
            other => other,
        },
        Condition::Plain(word) => Ok(!expander.string(word)?.is_empty()),
        Condition::Unary(operator, word) => {
            let operand = expander.string(word)?;
            if operator == "-v" {
                let found = match operand.strip_suffix(']').and_then(|operand| operand.split_once('[')) {
                    Some((name, key)) => expander
                        .key(name, &Word::text(key))
                        .map(|key| expander.element(name, &key).is_some())?,
                    None => expander.lookup(&operand).is_some(),
                };
                return Ok(Ok(found));
            }
            super::test::unary(operator, &operand, expander.files, expander.directory)
        }
        Condition::Binary(left, operator, right) => binary(expander, left, operator, right)?,
    })
}

fn binary(
    expander: &mut Expander,
    left: &Word,
    operator: &str,
    right: &Word,
) -> Result<Result<bool, String>, Trouble> {
    let text = expander.string(left)?;
    Ok(match operator {
        "=" | "==" | "!=" => {
            let pattern = expander.pattern(right)?;
            let chars: Vec<char> = text.chars().collect();
            Ok(matches(&pattern, &chars) == (operator != "!="))
        }
        "=~" => {
            let pattern: String = expander
                .pattern(right)?
                .into_iter()
                .map(
                    |(c, quoted)| {
                        if quoted && !c.is_alphanumeric() { format!("\\{c}") } else { c.to_string() }
                    },
                )
                .collect();
            match crate::containers::programs::regex::Regex::new(&pattern, true, false) {
                Ok(regex) => {
                    let found = regex.find(&text);
                    for (at, group) in found.iter().flatten().enumerate() {
                        let part = group.map_or("", |(from, to)| &text[from..to]).to_string();
                        let key = Some(Key::At(at as i64));
                        expander.assignments.push(("BASH_REMATCH".to_string(), key, part));
                    }
                    Ok(found.is_some())
                }
                Err(_) => Err(format!("[[: invalid regular expression: {pattern}")),
            }
        }
        operator if operator.starts_with('-') && operator != "-nt" => {
            // Inside `[[ ]]` both sides are arithmetic.
            let right = expander.string(right)?;
            let (left, right) = (expander.number(&text)?, expander.number(&right)?);
            super::test::compare(&left.to_string(), operator, &right.to_string())
        }
        operator => {
            let right = expander.string(right)?;
            super::test::compare(&text, operator, &right)
        }
    })
}
