//! Differences of two texts, as `diff -u` writes them.

/// Unchanged lines around a change.
const AROUND: usize = 3;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Same,
    Removed,
    Added,
}

/// The hunks of a unified diff.
pub fn hunks(before: &[&str], after: &[&str]) -> String {
    let steps = steps(before, after);
    let mut out = String::new();
    let changed: Vec<usize> = (0..steps.len()).filter(|&at| steps[at] != Step::Same).collect();
    let mut next = 0;
    while next < changed.len() {
        let from = changed[next].saturating_sub(AROUND);
        let mut last = changed[next];
        while next < changed.len() && changed[next] <= last + 2 * AROUND + 1 {
            last = changed[next];
            next += 1;
        }
        let to = (last + AROUND + 1).min(steps.len());
        push_hunk(&mut out, &steps, from..to, before, after);
    }
    out
}

fn push_hunk(
    out: &mut String,
    steps: &[Step],
    range: std::ops::Range<usize>,
    before: &[&str],
    after: &[&str],
) {
    let count =
        |range: std::ops::Range<usize>, skipped: Step| steps[range].iter().filter(|s| **s != skipped).count();
    let (mut old, mut new) = (count(0..range.start, Step::Added), count(0..range.start, Step::Removed));
    let (old_length, new_length) = (count(range.clone(), Step::Added), count(range.clone(), Step::Removed));
    let place = |start: usize, length: usize| match length {
        0 => format!("{start},0"),
        1 => (start + 1).to_string(),
        length => format!("{},{length}", start + 1),
    };
    out.push_str(&format!("@@ -{} +{} @@\n", place(old, old_length), place(new, new_length)));
    for step in &steps[range] {
        let (sign, line) = match step {
            Step::Added => ('+', after[new]),
            Step::Removed => ('-', before[old]),
            Step::Same => (' ', before[old]),
        };
        out.push(sign);
        out.push_str(line);
        out.push('\n');
        old += usize::from(*step != Step::Added);
        new += usize::from(*step != Step::Removed);
    }
}

/// The longest common subsequence, walked from the start.
fn steps(before: &[&str], after: &[&str]) -> Vec<Step> {
    let width = after.len() + 1;
    let mut lengths = vec![0u32; (before.len() + 1) * width];
    for old in (0..before.len()).rev() {
        for new in (0..after.len()).rev() {
            lengths[old * width + new] = match before[old] == after[new] {
                true => lengths[(old + 1) * width + new + 1] + 1,
                false => lengths[(old + 1) * width + new].max(lengths[old * width + new + 1]),
            };
        }
    }
    let (mut old, mut new, mut steps) = (0, 0, Vec::new());
    while old < before.len() || new < after.len() {
        if old < before.len() && new < after.len() && before[old] == after[new] {
            steps.push(Step::Same);
            (old, new) = (old + 1, new + 1);
        } else if new == after.len()
            || (old < before.len() && lengths[(old + 1) * width + new] >= lengths[old * width + new + 1])
        {
            steps.push(Step::Removed);
            old += 1;
        } else {
            steps.push(Step::Added);
            new += 1;
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_line_with_its_surroundings() {
        let before = ["a", "b", "c", "d", "e", "f"];
        let after = ["a", "b", "c", "D", "e", "f"];
        assert_eq!(hunks(&before, &after), "@@ -1,6 +1,6 @@\n a\n b\n c\n-d\n+D\n e\n f\n");
        assert_eq!(hunks(&[], &["x"]), "@@ -0,0 +1 @@\n+x\n");
    }
}
