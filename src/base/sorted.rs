//! Lists in order. The library's sort is several kilobytes of code for each type that is sorted; these are one sort for
//! all types. What is sorted ten thousand times a second takes the library's.

use std::cmp::Ordering;

/// What is collected into a map or a set, item by item: the library's `collect` and `from` sort all items first.
pub fn collect<C: Default + Extend<T>, T>(items: impl IntoIterator<Item = T>) -> C {
    let mut collected = C::default();
    items.into_iter().for_each(|item| collected.extend([item]));
    collected
}

/// Inserts behind those that are not after it.
pub fn insert<T>(list: &mut Vec<T>, item: T, is_before: impl Fn(&T, &T) -> bool) {
    let at = list.partition_point(|other| !is_before(&item, other));
    list.insert(at, item);
}

/// What compares equal keeps its order.
pub fn sort_by<T>(list: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    let sources = sorted_positions(list.len(), &|a, b| compare(&list[a], &list[b]));
    place(sources, |a, b| list.swap(a, b));
}

/// Asks for each key once.
pub fn sort_by_cached_key<T, K: Ord>(list: &mut [T], key: impl FnMut(&T) -> K) {
    let keys: Vec<K> = list.iter().map(key).collect();
    let sources = sorted_positions(list.len(), &|a, b| keys[a].cmp(&keys[b]));
    place(sources, |a, b| list.swap(a, b));
}

/// Swaps each item to its place: `sources[at]` says where that of `at` stands.
fn place(mut sources: Vec<usize>, mut swap: impl FnMut(usize, usize)) {
    for start in 0..sources.len() {
        let mut at = start;
        while sources[at] != start {
            let source = std::mem::replace(&mut sources[at], at);
            swap(at, source);
            at = source;
        }
        sources[at] = at;
    }
}

pub fn sort_by_key<T, K: Ord>(list: &mut [T], key: impl Fn(&T) -> K) {
    sort_by(list, |a, b| key(a).cmp(&key(b)));
}

pub fn sort<T: Ord>(list: &mut [T]) {
    sort_by(list, T::cmp);
}

#[inline(never)]
fn sorted_positions(length: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut positions: Vec<usize> = (0..length).collect();
    positions.sort_by(|a, b| compare(*a, *b));
    positions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Random;

    #[test]
    fn lists_come_out_as_from_the_librarys_stable_sort() {
        let mut random = Random::new(7);
        for length in 0..200 {
            let list: Vec<(u64, usize)> = (0..length).map(|at| (random.below(20), at)).collect();
            let (mut ours, mut theirs) = (list.clone(), list);
            sort_by_key(&mut ours, |item| item.0);
            theirs.sort_by_key(|item| item.0);
            assert_eq!(ours, theirs);
            sort_by(&mut ours, |a, b| b.cmp(a));
            theirs.sort_by(|a, b| b.cmp(a));
            assert_eq!(ours, theirs);
            sort(&mut ours);
            theirs.sort();
            assert_eq!(ours, theirs);
            sort_by_cached_key(&mut ours, |item| std::cmp::Reverse(item.0));
            theirs.sort_by_key(|item| std::cmp::Reverse(item.0));
            assert_eq!(ours, theirs);
        }
    }
}
