//! `--sort-by`.
// Models staging/src/k8s.io/kubectl/pkg/cmd/get/sorter.go

use std::cmp::Ordering;

use serde_json::Value;

use super::jsonpath::{JsonPath, MissingKeys};
use crate::kubectl::failure::{Failure, error};
use crate::kubectl::objects::Info;
use crate::node::resources::parse_millis;

/// Go sorts so few by insertion.
const INSERTION_MAX: usize = 12;

/// Sorts by the value at a path; objects without it come first. Answers whether any object has it.
///
/// # Errors
/// When the path does not parse or does not fit.
pub fn sort_by(infos: &mut Vec<Info>, field: &str) -> Result<bool, Failure> {
    let path = JsonPath::parse_relaxed(field).map_err(error)?;
    let mut keyed: Vec<(Option<Value>, Info)> = Vec::with_capacity(infos.len());
    for info in infos.drain(..) {
        let found = path.values(&info.item.to_value(), MissingKeys::Allowed).map_err(error)?;
        keyed.push((found.into_iter().next(), info));
    }
    let found = keyed.iter().any(|(value, _)| value.is_some());
    if keyed.len() <= INSERTION_MAX {
        for at in 1..keyed.len() {
            let mut here = at;
            while here > 0 && less(&keyed[here].0, &keyed[here - 1].0) {
                keyed.swap(here, here - 1);
                here -= 1;
            }
        }
    } else {
        keyed.sort_by(|a, b| match (&a.0, &b.0) {
            (Some(a), Some(b)) => compare(a, b),
            (a, b) => a.is_some().cmp(&b.is_some()),
        });
    }
    infos.extend(keyed.into_iter().map(|(_, info)| info));
    Ok(found)
}

fn less(a: &Option<Value>, b: &Option<Value>) -> bool {
    match (a, b) {
        (None, _) => true,
        (_, None) => false,
        (Some(a), Some(b)) => compare(a, b).is_lt(),
    }
}

fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::String(left), Value::String(right)) => match (parse_millis(a), parse_millis(b)) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => natural(left, right),
        },
        _ => Ordering::Equal,
    }
}

/// Texts with their numbers compared as numbers.
// Models github.com/fvbommel/sortorder NaturalLess
fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        let (Some(&left), Some(&right)) = (a.first(), b.first()) else { return a.len().cmp(&b.len()) };
        if !(left.is_ascii_digit() && right.is_ascii_digit()) {
            if left != right {
                return left.cmp(&right);
            }
            (a, b) = (&a[1..], &b[1..]);
            continue;
        }
        let number = |text: &[u8]| text.iter().take_while(|b| b.is_ascii_digit()).count();
        let (left, right) = (&a[..number(a)], &b[..number(b)]);
        let zeros = |text: &[u8]| text.iter().take_while(|&&b| b == b'0').count();
        let (left_value, right_value) = (&left[zeros(left)..], &right[zeros(right)..]);
        let order = left_value.len().cmp(&right_value.len()).then_with(|| left_value.cmp(right_value));
        let order = order.then_with(|| left.len().cmp(&right.len()));
        if order.is_ne() {
            return order;
        }
        (a, b) = (&a[left.len()..], &b[right.len()..]);
    }
}
