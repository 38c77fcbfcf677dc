//! Differences of two texts, line by line, as `diff` finds and writes them.

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

/// The changes in the form without surroundings: `2c2`, `< old`, `---`, `> new`.
pub fn plain(before: &[&str], after: &[&str]) -> String {
    let steps = steps(before, after);
    let (mut out, mut at, mut old, mut new) = (String::new(), 0, 0, 0);
    while at < steps.len() {
        if steps[at] == Step::Same {
            (at, old, new) = (at + 1, old + 1, new + 1);
            continue;
        }
        let length = steps[at..].iter().take_while(|step| **step != Step::Same).count();
        let removed = steps[at..at + length].iter().filter(|step| **step == Step::Removed).count();
        let added = length - removed;
        let place = |from: usize, count: usize| match count {
            0 => from.to_string(),
            1 => (from + 1).to_string(),
            _ => format!("{},{}", from + 1, from + count),
        };
        let letter = match (removed, added) {
            (0, _) => 'a',
            (_, 0) => 'd',
            _ => 'c',
        };
        out += &format!("{}{letter}{}\n", place(old, removed), place(new, added));
        before[old..old + removed].iter().for_each(|line| out += &format!("< {line}\n"));
        out += if letter == 'c' { "---\n" } else { "" };
        after[new..new + added].iter().for_each(|line| out += &format!("> {line}\n"));
        (at, old, new) = (at + length, old + removed, new + added);
    }
    out
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
        assert_eq!(plain(&before, &after), "4c4\n< d\n---\n> D\n");
        assert_eq!(plain(&["a", "b"], &["b", "c"]), "1d0\n< a\n2a2\n> c\n");
    }
}
