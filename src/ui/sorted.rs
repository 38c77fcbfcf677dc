//! Short lists in order. The library's sort is several kilobytes of code for each type that is sorted.

/// Inserts behind those that are not after it.
pub fn insert<T>(list: &mut Vec<T>, item: T, is_before: impl Fn(&T, &T) -> bool) {
    let at = list.partition_point(|other| !is_before(&item, other));
    list.insert(at, item);
}
