//! Brace expansion of bash: `{a,b}` and `{1..5}`.

use super::ast::{Part, Word};

/// More words than this and the braces stay as they are.
const MAX_WORDS: usize = 10_000;

pub fn has_braces(word: &Word) -> bool {
    word.parts.iter().any(|part| matches!(part, Part::Text(text) if text.contains('{')))
}

/// A character of the script or a part that braces do not look into.
#[derive(Clone)]
enum Piece {
    Char(char),
    Part(Part),
}

impl Piece {
    fn is(&self, c: char) -> bool {
        matches!(self, Piece::Char(own) if *own == c)
    }
}

/// The words that a word with braces stands for.
pub fn expand(word: &Word) -> Vec<Word> {
    let mut pieces = Vec::new();
    for part in &word.parts {
        match part {
            Part::Text(text) => pieces.extend(text.chars().map(Piece::Char)),
            part => pieces.push(Piece::Part(part.clone())),
        }
    }
    let mut done: Vec<Vec<Piece>> = Vec::new();
    let mut open = vec![pieces];
    while let Some(pieces) = open.pop() {
        if done.len() + open.len() > MAX_WORDS {
            return vec![word.clone()];
        }
        match expand_first(&pieces) {
            Some(mut words) => {
                words.reverse();
                open.append(&mut words);
            }
            None => done.push(pieces),
        }
    }
    done.into_iter().map(to_word).collect()
}

fn to_word(pieces: Vec<Piece>) -> Word {
    let mut parts: Vec<Part> = Vec::new();
    for piece in pieces {
        match (piece, parts.last_mut()) {
            (Piece::Char(c), Some(Part::Text(text))) => text.push(c),
            (Piece::Char(c), _) => parts.push(Part::Text(c.to_string())),
            (Piece::Part(part), _) => parts.push(part),
        }
    }
    Word { parts }
}

/// Expands the first braces that mean something; none when there are none.
fn expand_first(pieces: &[Piece]) -> Option<Vec<Vec<Piece>>> {
    for start in (0..pieces.len()).filter(|&at| pieces[at].is('{')) {
        let Some((commas, end)) = closing(pieces, start) else { continue };
        let inner = &pieces[start + 1..end];
        let alternatives = if commas.is_empty() {
            let Some(sequence) = sequence(inner) else { continue };
            sequence
        } else {
            let mut from = start + 1;
            let mut list = Vec::new();
            for comma in commas.into_iter().chain([end]) {
                list.push(pieces[from..comma].to_vec());
                from = comma + 1;
            }
            list
        };
        let whole = |middle: Vec<Piece>| [&pieces[..start], &middle, &pieces[end + 1..]].concat();
        return Some(alternatives.into_iter().map(whole).collect());
    }
    None
}

/// The commas at the top level of the braces and where they close.
fn closing(pieces: &[Piece], start: usize) -> Option<(Vec<usize>, usize)> {
    let mut depth = 0;
    let mut commas = Vec::new();
    for (at, piece) in pieces.iter().enumerate().skip(start + 1) {
        if piece.is('{') {
            depth += 1;
        } else if piece.is('}') && depth == 0 {
            return Some((commas, at));
        } else if piece.is('}') {
            depth -= 1;
        } else if piece.is(',') && depth == 0 {
            commas.push(at);
        }
    }
    None
}

/// `1..5`, `1..10..2`, `a..e`.
fn sequence(inner: &[Piece]) -> Option<Vec<Vec<Piece>>> {
    let text: Option<String> = inner
        .iter()
        .map(|piece| match piece {
            Piece::Char(c) => Some(*c),
            Piece::Part(_) => None,
        })
        .collect();
    let text = text?;
    let parts: Vec<&str> = text.split("..").collect();
    let (from, to) = (parts.first()?, parts.get(1)?);
    let step: i64 = parts.get(2).map_or(Some(1), |step| step.parse().ok())?;
    if parts.len() > 3 {
        return None;
    }
    let letter = |text: &str| {
        let mut chars = text.chars();
        chars.next().filter(|c| c.is_ascii_alphabetic() && chars.next().is_none())
    };
    let (from_number, to_number, letters) = match (from.parse::<i64>(), to.parse::<i64>()) {
        (Ok(from), Ok(to)) => (from, to, false),
        _ => (i64::from(u32::from(letter(from)?)), i64::from(u32::from(letter(to)?)), true),
    };
    let step = step.abs().max(1);
    let count = from_number.abs_diff(to_number) / step.unsigned_abs() + 1;
    if count > MAX_WORDS as u64 {
        return None;
    }
    let padded =
        |text: &str| text.trim_start_matches('-').starts_with('0') && text.trim_start_matches('-').len() > 1;
    let width = if padded(from) || padded(to) { from.len().max(to.len()) } else { 0 };
    let item = |at: u64| {
        let way = if from_number <= to_number { step } else { -step };
        let value = from_number + way * at as i64;
        let text = match letters {
            true => char::from_u32(value as u32).unwrap_or('?').to_string(),
            false => format!("{value:0width$}"),
        };
        text.chars().map(Piece::Char).collect()
    };
    Some((0..count).map(item).collect())
}
