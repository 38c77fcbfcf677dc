//! `--sort-by`.
// Models staging/src/k8s.io/kubectl/pkg/cmd/get/sorter.go

use std::cmp::Ordering;

use serde_json::Value;

use super::jsonpath::{JsonPath, MissingKeys, relaxed};
use crate::api::view::to_value;
use crate::base::sorted;
use crate::kubectl::Context;
use crate::kubectl::failure::{Failure, error};
use crate::kubectl::objects::Info;
use crate::node::resources::parse_millis;

/// Go sorts so few by insertion.
const INSERTION_MAX: usize = 12;

/// What is sorted: the rows of a table from the server, or objects one by one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sorted {
    Rows,
    Objects,
}

/// Sorts by the value at a path; objects without it come first. Answers whether any object has it.
///
/// # Errors
/// When the path does not parse or does not fit, or its values have no order.
pub fn sort_by(
    context: &Context,
    infos: &mut Vec<Info>,
    field: &str,
    sorted: Sorted,
) -> Result<bool, Failure> {
    let path = match sorted {
        Sorted::Rows => table_path(field)?,
        Sorted::Objects => JsonPath::parse_relaxed(field).map_err(error)?,
    };
    let mut keyed: Vec<(Option<Value>, Info)> = Vec::with_capacity(infos.len());
    for info in infos.drain(..) {
        let found = path.values(&info.item, MissingKeys::Allowed).map_err(error)?;
        let first = found.first().map(|value| to_value(*value));
        keyed.push((first, info));
    }
    let found = keyed.iter().any(|(value, _)| value.is_some());
    if let Some(kind) = without_order(keyed.iter().filter_map(|(value, _)| value.as_ref())) {
        return Err(unsortable(context, &path, sorted, kind));
    }
    if keyed.len() <= INSERTION_MAX {
        for at in 1..keyed.len() {
            let mut here = at;
            while here > 0 && less(&keyed[here].0, &keyed[here - 1].0) {
                keyed.swap(here, here - 1);
                here -= 1;
            }
        }
    } else {
        sort_many(&mut keyed);
    }
    infos.extend(keyed.into_iter().map(|(_, info)| info));
    Ok(found)
}

/// The path that rows of tables are sorted by: what has not the form of an expression is a template.
///
/// # Errors
/// When that does not parse.
// Models get.go NewRuntimeSorter and sorter.go NewTableSorter
pub fn table_path(field: &str) -> Result<JsonPath, Failure> {
    let template = relaxed(field).unwrap_or_else(|_| field.to_owned());
    JsonPath::parse(&template).map_err(|problem| error(format!("sorting error: {problem}")))
}

/// The kind of the first of several values that has no order.
// Models sorter.go isLess
fn without_order<'a>(values: impl Iterator<Item = &'a Value>) -> Option<&'static str> {
    let values: Vec<&Value> = values.filter(|value| !value.is_null()).collect();
    if values.len() < 2 {
        return None;
    }
    values.into_iter().find_map(|value| match value {
        Value::Bool(_) => Some("bool"),
        Value::Array(_) => Some("[]interface {}"),
        Value::Object(_) => Some("map[string]interface {}"),
        _ => None,
    })
}

/// The program's last words: it ends in the middle of sorting.
// Models sorter.go Less
fn unsortable(context: &Context, path: &JsonPath, sorted: Sorted, kind: &str) -> Failure {
    let (place, of) = match sorted {
        Sorted::Rows => ("sorter.go:375", "[][][]reflect.Value"),
        Sorted::Objects => ("sorter.go:329", "*unstructured.Unstructured"),
    };
    let field = path.raw();
    Failure::Bare(context.log_line(
        'F',
        place,
        &format!("Field {field} in {of} is an unsortable type: interface, err: unsortable type: {kind}"),
    ))
}

/// Sorts by a total order. That of upstream is none where only some texts are quantities: here such texts are all
/// compared as texts.
fn sort_many<T>(keyed: &mut [(Option<Value>, T)]) {
    let texts = || keyed.iter().filter_map(|(value, _)| value.as_ref()?.as_str());
    let quantities = texts().all(|text| parse_millis(&Value::from(text)).is_some());
    sorted::sort_by(keyed, |(a, _), (b, _)| match (a, b) {
        (Some(Value::String(a)), Some(Value::String(b))) if !quantities => a.cmp(b),
        (Some(a), Some(b)) => kind_rank(a).cmp(&kind_rank(b)).then_with(|| compare(a, b)),
        (a, b) => a.is_some().cmp(&b.is_some()),
    });
}

/// Values of different kinds have no order upstream; here kinds come one after the other.
fn kind_rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
    }
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
        (Value::Null, _) | (_, Value::Null) => b.is_null().cmp(&a.is_null()),
        (Value::Number(a), Value::Number(b)) => {
            a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::String(left), Value::String(right)) => match (parse_millis(a), parse_millis(b)) {
            (Some(a), Some(b)) => a.cmp(&b),
            // Since v1.31 numbers inside of texts count no more.
            _ => left.cmp(right),
        },
        _ => Ordering::Equal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_of_all_kinds_sort_without_a_contradiction() {
        let kinds = [json!(null), json!("2"), json!("1k"), json!("1x"), json!(3), json!("b"), json!(true)];
        let values = (0..70).map(|at| (Some(kinds[at * 5 % 7].clone()), at)).chain([(None, 70)]);
        let mut keyed: Vec<(Option<Value>, usize)> = values.collect();
        sort_many(&mut keyed);
        let mut sorted: Vec<Option<Value>> = keyed.into_iter().map(|(value, _)| value).collect();
        sorted.dedup();
        let wanted = [json!(null), json!(true), json!(3), json!("1k"), json!("1x"), json!("2"), json!("b")];
        assert_eq!(sorted[0], None);
        assert_eq!(sorted[1..], wanted.map(Some));
    }

    #[test]
    fn quantities_sort_by_their_amount_and_null_comes_first() {
        let texts = ["1k", "5", "900m", "2Ki"];
        let values =
            (0..40).map(|at| (Some(if at % 5 == 4 { json!(null) } else { json!(texts[at % 4]) }), ()));
        let mut keyed: Vec<(Option<Value>, ())> = values.collect();
        sort_many(&mut keyed);
        let mut sorted: Vec<Value> = keyed.into_iter().filter_map(|(value, ())| value).collect();
        sorted.dedup();
        assert_eq!(sorted, [json!(null), json!("900m"), json!("5"), json!("1k"), json!("2Ki")]);
    }
}
