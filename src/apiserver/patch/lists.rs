//! The order of merged lists.
// Models staging/src/k8s.io/apimachinery/pkg/util/strategicpatch/patch.go normalizeElementOrder

use serde_json::Value;

use super::directives::identity;
use crate::base::sorted;

/// Where an element with the same identity stands in the list.
pub fn position(list: &[Value], item: &Value, key: Option<&str>) -> Option<usize> {
    list.iter().position(|other| identity(other, key) == identity(item, key))
}

/// Sorts items by their places in `order`; those that it does not name come first, as they were.
pub fn sort_by_order(mut items: Vec<Value>, order: &[Value], key: Option<&str>) -> Vec<Value> {
    sorted::sort_by_key(&mut items, |item| position(order, item, key));
    items
}

/// Orders a merged list: what `wanted` names follows its order, the rest is woven in by its order on the server.
pub fn order_merged(
    merged: Vec<Value>,
    wanted: &[Value],
    on_server: &[Value],
    key: Option<&str>,
) -> Vec<Value> {
    let named = |item: &Value| position(wanted, item, key).is_some();
    let (named, others): (Vec<Value>, Vec<Value>) = merged.into_iter().partition(named);
    let named = sort_by_order(named, wanted, key);
    let others = sort_by_order(others, on_server, key);
    weave(others, named, on_server, key)
}

/// Merges two lists whose own orders are kept: an element of `left` goes before the first element of `right` that
/// the server has after it.
fn weave(left: Vec<Value>, right: Vec<Value>, on_server: &[Value], key: Option<&str>) -> Vec<Value> {
    let mut woven = Vec::with_capacity(left.len() + right.len());
    let mut left = left.into_iter().peekable();
    for item in right {
        let right_place = position(on_server, &item, key);
        while let Some(candidate) = left.peek() {
            let left_place = position(on_server, candidate, key);
            let before = matches!((left_place, right_place), (Some(l), Some(r)) if l < r);
            if !before {
                break;
            }
            woven.extend(left.next());
        }
        woven.push(item);
    }
    woven.extend(left);
    woven
}
