//! A template's nodes over a value.
// Models staging/src/k8s.io/client-go/util/jsonpath/jsonpath.go

use super::MissingKeys;
use super::go_syntax::go_type;
use super::parse::{Bound, Node};
use crate::api::go_text::go_text;
use crate::api::view::{Entries, View, Viewed, items, null};
use crate::kubectl::output::json;

type Values<'a> = Vec<&'a dyn Viewed>;

/// The values that each block finds, in order.
pub fn run<'a>(
    blocks: &'a [Vec<Node>],
    data: &'a dyn Viewed,
    missing: MissingKeys,
) -> Result<Vec<Values<'a>>, String> {
    let mut found = Vec::new();
    run_range(blocks, data, missing, false, &mut found)?;
    Ok(found)
}

/// Runs blocks until the `end` of the range that they are in; answers how many were used, or `None` when there is no
/// such end: then what follows the range is run once more outside of it.
fn run_range<'a>(
    blocks: &'a [Vec<Node>],
    data: &'a dyn Viewed,
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
                let items = walk_all(vec![data], &block[1..], missing)?;
                let mut used = None;
                if items.is_empty() {
                    used = run_range(&blocks[at..], null(), missing, true, &mut Vec::new())?;
                }
                for item in items {
                    used = run_range(&blocks[at..], item, missing, true, found)?;
                }
                at += used.unwrap_or(0);
            }
            _ => found.push(walk_all(vec![data], block, missing)?),
        }
    }
    Ok(None)
}

fn walk_all<'a>(
    mut values: Values<'a>,
    nodes: &'a [Node],
    missing: MissingKeys,
) -> Result<Values<'a>, String> {
    for node in nodes {
        values = walk(values, node, missing)?;
    }
    Ok(values)
}

/// Whether nodes find anything in a value. Where one of them fails, what it looked at counts as found.
// Models jsonpath.go evalFilter, which looks only at what evalList returns beside its error
fn finds_any<'a>(value: &'a dyn Viewed, nodes: &'a [Node], missing: MissingKeys) -> bool {
    let mut values: Values<'a> = vec![value];
    for node in nodes {
        let before = values.len();
        match walk(values, node, missing) {
            Ok(found) => values = found,
            // A field that is not there is nothing.
            Err(_) => return before > 0 && !matches!(node, Node::Field(_)),
        }
    }
    !values.is_empty()
}

fn walk<'a>(input: Values<'a>, node: &'a Node, missing: MissingKeys) -> Result<Values<'a>, String> {
    match node {
        Node::Text(text) => Ok(vec![text]),
        Node::Constant(value) => Ok(input.iter().map(|_| value as &dyn Viewed).collect()),
        Node::Identifier(name) => Err(format!("unrecognized identifier {name}")),
        Node::Field(name) => field(input, name, missing),
        Node::Array(bounds) => {
            let mut found = Vec::new();
            for value in input.into_iter().filter(|value| !matches!(value.view(), View::Null)) {
                slice(value, *bounds, &mut found)?;
            }
            Ok(found)
        }
        Node::Wildcard => {
            let (mut found, mut entries) = (Vec::new(), Vec::new());
            input.into_iter().for_each(|value| add_children(value, &mut found, &mut entries));
            Ok(found)
        }
        Node::Recursive => Ok(descend(input)),
        Node::Union(parts) => {
            let parts = parts.iter().map(|part| walk_all(input.clone(), part, missing));
            Ok(parts.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
        }
        Node::Filter { left, right, operator } => filter(input, left, right, operator, missing),
    }
}

fn field<'a>(input: Values<'a>, name: &str, missing: MissingKeys) -> Result<Values<'a>, String> {
    let get = |value: &'a dyn Viewed| match value.view() {
        View::Object(fields) => fields.get(name),
        _ => None,
    };
    let found: Values<'a> = input.into_iter().filter_map(get).collect();
    if found.is_empty() && missing == MissingKeys::Refused {
        return Err(format!("{name} is not found"));
    }
    Ok(found)
}

/// `entries` is empty before and after: only the allocation is kept.
fn add_children<'a>(value: &'a dyn Viewed, found: &mut Values<'a>, entries: &mut Entries<'a>) {
    match value.view() {
        View::List(list) => found.extend(items(list)),
        View::Object(fields) => {
            fields.add_to(entries);
            found.extend(entries.drain(..).map(|(_, value)| value));
        }
        _ => {}
    }
}

/// The values and everything below them that has children, parents first.
fn descend(mut open: Values) -> Values {
    open.reverse();
    let (mut found, mut entries) = (Vec::new(), Vec::new());
    while let Some(value) = open.pop() {
        let inner = open.len();
        add_children(value, &mut open, &mut entries);
        if open.len() > inner {
            found.push(value);
            open[inner..].reverse();
        }
    }
    found
}

fn slice<'a>(value: &'a dyn Viewed, bounds: [Bound; 3], found: &mut Values<'a>) -> Result<(), String> {
    let list = match value.view() {
        View::List(list) => list,
        other => return Err(format!("{} is not array or slice", go_type(&other))),
    };
    let length = list.len() as i64;
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
    let chosen = items(list).skip(start as usize).take((end - start) as usize);
    found.extend(chosen.step_by(step as usize));
    Ok(())
}

fn filter<'a>(
    input: Values<'a>,
    left: &'a [Node],
    right: &'a [Node],
    operator: &str,
    missing: MissingKeys,
) -> Result<Values<'a>, String> {
    let mut found = Vec::new();
    for value in input {
        let View::List(list) = value.view() else {
            return Err(format!("{} is not array or slice and cannot be filtered", go_text(value)));
        };
        for item in items(list) {
            if operator == "exists" {
                if finds_any(item, left, missing) {
                    found.push(item);
                }
                continue;
            }
            let (lefts, rights) =
                (walk_all(vec![item], left, missing)?, walk_all(vec![item], right, missing)?);
            if lefts.len() > 1 || rights.len() > 1 {
                return Err("can only compare one element at a time".to_owned());
            }
            let (Some(a), Some(b)) = (lefts.first(), rights.first()) else { continue };
            if compare(&a.view(), &b.view(), operator)? {
                found.push(item);
            }
        }
    }
    Ok(found)
}

fn compare(a: &View, b: &View, operator: &str) -> Result<bool, String> {
    let incompatible = || Err("incompatible types for comparison".to_owned());
    let order = match (a, b) {
        (View::Text(a), View::Text(b)) => Some(a.cmp(b)),
        (View::Number(a), View::Number(b)) if a.is_f64() == b.is_f64() => {
            a.as_f64().zip(b.as_f64()).and_then(|(a, b)| a.partial_cmp(&b))
        }
        (View::Bool(a), View::Bool(b)) if matches!(operator, "==" | "!=") => Some(a.cmp(b)),
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
pub fn write_text(out: &mut String, value: &dyn Viewed) {
    match value.view() {
        View::Text(text) => out.push_str(&text),
        View::Null => out.push_str("<nil>"),
        View::List(_) | View::Object(_) => json::write_compact(out, value),
        // Go's `%v` of a whole number has no fraction.
        View::Number(number) if number.is_f64() => {
            number.as_f64().into_iter().for_each(|number| out.push_str(&number.to_string()));
        }
        other => json::scalar(out, &other),
    }
}
