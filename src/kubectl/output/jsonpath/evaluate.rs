//! A template's nodes over a value.
// Models staging/src/k8s.io/client-go/util/jsonpath/jsonpath.go

use std::borrow::Cow;

use serde_json::Value;

use super::MissingKeys;
use super::go_syntax::{go_plain, go_type};
use super::parse::{Bound, Node};

type Values<'a> = Vec<Cow<'a, Value>>;

/// The values that each block finds, in order.
pub fn run<'a>(
    blocks: &[Vec<Node>],
    data: &'a Value,
    missing: MissingKeys,
) -> Result<Vec<Values<'a>>, String> {
    let mut found = Vec::new();
    run_range(blocks, Cow::Borrowed(data), missing, false, &mut found)?;
    Ok(found)
}

/// Runs blocks until the `end` of the range that they are in; answers how many were used, or `None` when there is no
/// such end: then what follows the range is run once more outside of it.
fn run_range<'a>(
    blocks: &[Vec<Node>],
    data: Cow<'a, Value>,
    missing: MissingKeys,
    in_range: bool,
    found: &mut Vec<Values<'a>>,
) -> Result<Option<usize>, String> {
    let mut at = 0;
    while let Some(block) = blocks.get(at) {
        at += 1;
        match block.first() {
            Some(Node::Identifier(name)) if name == "end" => {
                if in_range {
                    return Ok(Some(at));
                }
                return Err("not in range, nothing to end".to_owned());
            }
            Some(Node::Identifier(name)) if name == "range" => {
                let items = walk_all(vec![data.clone()], &block[1..], missing)?;
                let mut used = None;
                if items.is_empty() {
                    used = run_range(&blocks[at..], Cow::Owned(Value::Null), missing, true, &mut Vec::new())?;
                }
                for item in items {
                    used = run_range(&blocks[at..], item, missing, true, found)?;
                }
                at += used.unwrap_or(0);
            }
            _ => found.push(walk_all(vec![data.clone()], block, missing)?),
        }
    }
    Ok(None)
}

fn walk_all<'a>(mut values: Values<'a>, nodes: &[Node], missing: MissingKeys) -> Result<Values<'a>, String> {
    for node in nodes {
        values = walk(values, node, missing)?;
    }
    Ok(values)
}

fn walk<'a>(input: Values<'a>, node: &Node, missing: MissingKeys) -> Result<Values<'a>, String> {
    let constant = |value: Value| Ok(input.iter().map(|_| Cow::Owned(value.clone())).collect());
    match node {
        Node::Text(text) => Ok(vec![Cow::Owned(Value::from(text.as_str()))]),
        Node::Int(number) => constant(Value::from(*number)),
        Node::Float(number) => constant(Value::from(*number)),
        Node::Bool(flag) => constant(Value::from(*flag)),
        Node::Identifier(name) => Err(format!("unrecognized identifier {name}")),
        Node::Field(name) => field(input, name, missing),
        Node::Array(bounds) => {
            let mut found = Vec::new();
            for value in input.into_iter().filter(|value| !value.is_null()) {
                slice(value, *bounds, &mut found)?;
            }
            Ok(found)
        }
        Node::Wildcard => Ok(input.into_iter().flat_map(children).collect()),
        Node::Recursive => Ok(input.into_iter().flat_map(descend).collect()),
        Node::Union(parts) => {
            let parts = parts.iter().map(|part| walk_all(input.clone(), part, missing));
            Ok(parts.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
        }
        Node::Filter { left, right, operator } => filter(input, left, right, operator, missing),
    }
}

fn field<'a>(input: Values<'a>, name: &str, missing: MissingKeys) -> Result<Values<'a>, String> {
    let found: Values<'a> = input
        .into_iter()
        .filter_map(|value| match value {
            Cow::Borrowed(value) => value.as_object()?.get(name).map(Cow::Borrowed),
            Cow::Owned(value) => value.as_object()?.get(name).cloned().map(Cow::Owned),
        })
        .collect();
    if found.is_empty() && missing == MissingKeys::Refused {
        return Err(format!("{name} is not found"));
    }
    Ok(found)
}

fn children(value: Cow<'_, Value>) -> Values<'_> {
    match value {
        Cow::Borrowed(Value::Array(items)) => items.iter().map(Cow::Borrowed).collect(),
        Cow::Borrowed(Value::Object(map)) => map.values().map(Cow::Borrowed).collect(),
        Cow::Owned(Value::Array(items)) => items.into_iter().map(Cow::Owned).collect(),
        Cow::Owned(Value::Object(map)) => map.into_iter().map(|(_, item)| Cow::Owned(item)).collect(),
        _ => Vec::new(),
    }
}

/// The value and everything below it that has children, parents first.
fn descend(value: Cow<'_, Value>) -> Values<'_> {
    let mut found = Vec::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        let inner = children(value.clone());
        if !inner.is_empty() {
            found.push(value);
            open.extend(inner.into_iter().rev());
        }
    }
    found
}

fn slice<'a>(value: Cow<'a, Value>, bounds: [Bound; 3], found: &mut Values<'a>) -> Result<(), String> {
    let Some(length) = value.as_array().map(|items| items.len() as i64) else {
        return Err(format!("{} is not array or slice", go_type(&value)));
    };
    let mut start = if bounds[0].known { bounds[0].value } else { 0 };
    if start < 0 {
        start += length;
    }
    let mut end = if bounds[1].known { bounds[1].value } else { length };
    if end < 0 || (end == 0 && bounds[1].derived) {
        end += length;
    }
    if start == end {
        return Ok(());
    }
    let out_of_bounds =
        |index: i64| Err(format!("array index out of bounds: index {index}, length {length}"));
    if start >= length || start < 0 {
        return out_of_bounds(start);
    }
    if end > length || end < 0 {
        return out_of_bounds(end - 1);
    }
    if start > end {
        return Err(format!("starting index {start} is greater than ending index {end}"));
    }
    let step = if bounds[2].known { bounds[2].value } else { 1 };
    if step <= 0 {
        return Err("step must be > 0".to_owned());
    }
    let chosen = children(value).into_iter().skip(start as usize).take((end - start) as usize);
    found.extend(chosen.step_by(step as usize));
    Ok(())
}

fn filter<'a>(
    input: Values<'a>,
    left: &[Node],
    right: &[Node],
    operator: &str,
    missing: MissingKeys,
) -> Result<Values<'a>, String> {
    let mut found = Vec::new();
    for value in input {
        if !value.is_array() {
            let shown = go_plain(&value);
            return Err(format!("{shown} is not array or slice and cannot be filtered"));
        }
        for item in children(value) {
            let lefts = walk_all(vec![item.clone()], left, missing);
            if operator == "exists" {
                if lefts.is_ok_and(|lefts| !lefts.is_empty()) {
                    found.push(item);
                }
                continue;
            }
            let (lefts, rights) = (lefts?, walk_all(vec![item.clone()], right, missing)?);
            if lefts.len() > 1 || rights.len() > 1 {
                return Err("can only compare one element at a time".to_owned());
            }
            let (Some(a), Some(b)) = (lefts.first(), rights.first()) else { continue };
            if compare(a, b, operator)? {
                found.push(item);
            }
        }
    }
    Ok(found)
}

fn compare(a: &Value, b: &Value, operator: &str) -> Result<bool, String> {
    let incompatible = || Err("incompatible types for comparison".to_owned());
    let order = match (a, b) {
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        (Value::Number(a), Value::Number(b)) if a.is_f64() == b.is_f64() => {
            a.as_f64().zip(b.as_f64()).and_then(|(a, b)| a.partial_cmp(&b))
        }
        (Value::Bool(a), Value::Bool(b)) if matches!(operator, "==" | "!=") => Some(a.cmp(b)),
        _ => return incompatible(),
    };
    let Some(order) = order else { return incompatible() };
    match operator {
        "==" => Ok(order.is_eq()),
        "!=" => Ok(order.is_ne()),
        "<" => Ok(order.is_lt()),
        "<=" => Ok(order.is_le()),
        ">" => Ok(order.is_gt()),
        ">=" => Ok(order.is_ge()),
        _ => Err(format!("unrecognized filter operator {operator}")),
    }
}

/// How a value is printed: collections as JSON on one line, everything else bare.
pub fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "<nil>".to_owned(),
        Value::Array(_) | Value::Object(_) => crate::kubectl::output::json::to_compact(value),
        other => other.to_string(),
    }
}
