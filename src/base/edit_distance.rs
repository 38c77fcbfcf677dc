//! How far a mistyped word is from what may have been meant.

/// Letters beyond these are not looked at: the work grows with the product of both lengths.
const LETTERS_MAX: usize = 64;

/// How many letters must be inserted, removed or replaced to come from one word to the other (Levenshtein).
pub fn edit_distance(from: &str, to: &str) -> usize {
    distance(from, to, false)
}

/// The same where two neighbours that changed places count as one mistake.
pub fn typing_distance(from: &str, to: &str) -> usize {
    distance(from, to, true)
}

fn distance(from: &str, to: &str, with_swaps: bool) -> usize {
    let letters = |word: &str| word.chars().take(LETTERS_MAX).collect::<Vec<char>>();
    let (from, to) = (letters(from), letters(to));
    // The rows of the two letters before, and of the present one.
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (at, letter) in from.iter().enumerate() {
        let mut row = vec![at + 1];
        for (column, other) in to.iter().enumerate() {
            let replaced = last[column] + usize::from(letter != other);
            let mut best = replaced.min(last[column + 1] + 1).min(row[column] + 1);
            let swapped = at > 0 && column > 0 && *letter == to[column - 1] && from[at - 1] == *other;
            if with_swaps && swapped {
                best = best.min(before[column - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_is_one_mistake_of_typing_and_two_edits() {
        for (from, to, edits, typing) in [
            ("", "abc", 3, 3),
            ("get", "get", 0, 0),
            ("gte", "get", 2, 1),
            ("kitten", "sitting", 3, 3),
            ("под", "поды", 1, 1),
        ] {
            assert_eq!((edit_distance(from, to), typing_distance(from, to)), (edits, typing), "{from} {to}");
        }
    }
}
