//! Lists in order. The library's sort is several kilobytes of code for each type that is sorted; these are one sort for
//! all types. They serve where lists are short: a list that grows with the cluster's pods takes the library's.

use std::cmp::Ordering;

/// Inserts behind those that are not after it.
pub fn insert<T>(list: &mut Vec<T>, item: T, is_before: impl Fn(&T, &T) -> bool) {
    let at = list.partition_point(|other| !is_before(&item, other));
    list.insert(at, item);
}

/// What compares equal keeps its order.
pub fn sort_by<T>(list: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    let mut sources: Vec<usize> = (0..list.len()).collect();
    sort_positions(&mut sources, &|a, b| compare(&list[a], &list[b]));
    for at in 0..list.len() {
        // What stood before `at` has been swapped on to where its place's source says.
        let mut source = sources[at];
        while source < at {
            source = sources[source];
        }
        list.swap(at, source);
    }
}

pub fn sort_by_key<T, K: Ord>(list: &mut [T], key: impl Fn(&T) -> K) {
    sort_by(list, |a, b| key(a).cmp(&key(b)));
}

pub fn sort<T: Ord>(list: &mut [T]) {
    sort_by(list, T::cmp);
}

#[inline(never)]
fn sort_positions(positions: &mut [usize], compare: &dyn Fn(usize, usize) -> Ordering) {
    positions.sort_by(|a, b| compare(*a, *b));
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
        }
    }
}
