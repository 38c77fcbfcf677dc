//! Sets of completion indexes as ordered intervals, and their text form (`0-2,5`).

use std::fmt;

/// Ordered, disjoint, non-adjacent intervals; both ends are included.
// Models pkg/controller/job/indexed_job_utils.go orderedIntervals
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Intervals(pub Vec<(i32, i32)>);

impl Intervals {
    /// Reads the text form. Broken parts are skipped, what lies beyond `completions` is cut off.
    // Models pkg/controller/job/indexed_job_utils.go parseIndexesFromString
    pub fn parse(text: &str, completions: i32) -> Intervals {
        let mut result: Vec<(i32, i32)> = Vec::new();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let mut limits = part.split('-').map(str::parse::<i64>);
            let Some(Ok(first)) = limits.next() else { continue };
            if first >= i64::from(completions) {
                break;
            }
            let last = match limits.next() {
                None => first,
                Some(Ok(last)) => last.min(i64::from(completions) - 1),
                Some(Err(_)) => continue,
            };
            // Both lie below completions; only a negative text could leave the range, and no index is negative.
            let (first, last) = (first as i32, last as i32);
            match result.last_mut() {
                Some(previous) if previous.1 == first - 1 => previous.1 = last,
                _ => result.push((first, last)),
            }
        }
        Intervals(result)
    }

    /// How many indexes the set holds.
    pub fn total(&self) -> i32 {
        self.0.iter().map(|(first, last)| last - first + 1).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    // Models pkg/controller/job/indexed_job_utils.go orderedIntervals.has
    pub fn contains(&self, index: i32) -> bool {
        let after = self.0.partition_point(|(first, _)| *first <= index);
        after > 0 && index <= self.0[after - 1].1
    }

    /// The set with more indexes, which are sorted ascending.
    pub fn with_indexes(&self, sorted: impl IntoIterator<Item = i32>) -> Intervals {
        let mut singles = Intervals::default();
        for index in sorted {
            push_or_merge(&mut singles.0, (index, index));
        }
        self.merge(&singles)
    }

    // Models pkg/controller/job/indexed_job_utils.go orderedIntervals.merge
    pub fn merge(&self, other: &Intervals) -> Intervals {
        if other.is_empty() {
            return self.clone();
        }
        let mut result = Vec::with_capacity(self.0.len() + other.0.len());
        let (mut left, mut right) = (self.0.iter().peekable(), other.0.iter().peekable());
        loop {
            let take_left = match (left.peek(), right.peek()) {
                (Some(a), Some(b)) => a.0 < b.0,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => return Intervals(result),
            };
            let next = if take_left { left.next() } else { right.next() };
            if let Some(interval) = next {
                push_or_merge(&mut result, *interval);
            }
        }
    }

    /// How many indexes lie in both sets.
    pub fn common(&self, other: &Intervals) -> i32 {
        let (mut a, mut b, mut count) = (0, 0, 0);
        while let (Some(left), Some(right)) = (self.0.get(a), other.0.get(b)) {
            count += (left.1.min(right.1) - left.0.max(right.0) + 1).max(0);
            if left.1 < right.1 {
                a += 1;
            } else {
                b += 1;
            }
        }
        count
    }

    /// The first `count` indexes below `completions` that are not in the set.
    pub fn first_missing(&self, count: usize, completions: i32) -> Vec<i32> {
        let mut missing = Vec::with_capacity(count.min(completions.max(0) as usize));
        let mut candidate = 0;
        let ends = self.0.iter().copied().chain(std::iter::once((completions, completions)));
        for (first, last) in ends {
            while candidate < completions.min(first) && missing.len() < count {
                missing.push(candidate);
                candidate += 1;
            }
            candidate = candidate.max(last.saturating_add(1));
        }
        missing
    }
}

fn push_or_merge(intervals: &mut Vec<(i32, i32)>, next: (i32, i32)) {
    match intervals.last_mut() {
        Some(last) if last.1 >= next.0 - 1 => last.1 = last.1.max(next.1),
        _ => intervals.push(next),
    }
}

/// Three or more consecutive indexes as `a-b`, two as `a,b`.
// Models pkg/controller/job/indexed_job_utils.go orderedIntervals.String
impl fmt::Display for Intervals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (first, last)) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str(",")?;
            }
            write!(f, "{first}")?;
            if last > first {
                let separator = if *last == first + 1 { ',' } else { '-' };
                write!(f, "{separator}{last}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_round_trip_and_broken_parts_are_skipped() {
        let cases = [
            ("0,1,2,5", 9, "0-2,5"),
            ("1,x,3-y,4-6", 9, "1,4-6"),
            ("0-8,9", 5, "0-4"),
            ("3,4", 9, "3,4"),
            ("", 3, ""),
        ];
        for (text, completions, expect) in cases {
            assert_eq!(Intervals::parse(text, completions).to_string(), expect, "{text}");
        }
    }

    #[test]
    fn sets_merge_intersect_and_list_their_gaps() {
        let set = Intervals(vec![(1, 2), (5, 7)]);
        assert_eq!(set.with_indexes([0, 3, 9]).0, [(0, 3), (5, 7), (9, 9)]);
        assert_eq!(set.common(&Intervals(vec![(2, 5), (7, 9)])), 3);
        assert_eq!(set.first_missing(4, 10), [0, 3, 4, 8]);
        assert_eq!(set.first_missing(9, 6), [0, 3, 4]);
        assert_eq!(
            (set.contains(0), set.contains(2), set.contains(6), set.contains(8)),
            (false, true, true, false)
        );
    }
}
