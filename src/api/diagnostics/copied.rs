//! Characters that a copied text brings along and that YAML does not take for what they look like.

use super::{Diagnostic, Severity};
use crate::manifest::{Position, Span};

/// Characters that look alike, and what was meant.
struct Lookalikes {
    chars: &'static [char],
    meant: &'static str,
    explanation: &'static str,
    title: &'static str,
}

const SPACES: Lookalikes = Lookalikes {
    chars: &['\u{a0}', '\u{2007}', '\u{202f}'],
    meant: " ",
    explanation: "Здесь неразрывный пробел: такие приходят вместе со скопированным текстом, и YAML пробелом их не считает.",
    title: "Заменить обычными пробелами",
};
const QUOTES: Lookalikes = Lookalikes {
    chars: &['“', '”', '„', '«', '»'],
    meant: "\"",
    explanation: "Это типографские кавычки: YAML их кавычками не считает, они станут частью значения.",
    title: "Заменить прямыми кавычками",
};

/// One finding for each kind of such characters; its fix replaces all of them.
pub fn copied(text: &str, found: &mut Vec<Diagnostic>) {
    for (alike, is_meant) in [(SPACES, outside_comment as fn(&str) -> bool), (QUOTES, opens_value)] {
        let is_one = |(at, _): &(usize, &str)| is_meant(line_before(text, *at));
        let Some((first, _)) = text.match_indices(alike.chars).find(is_one) else { continue };
        let end = text.rfind(alike.chars).map_or(first, |last| text.ceil_char_boundary(last + 1));
        let span = Span { start: position(text, first), end: position(text, end) };
        let mended = text[first..end].replace(alike.chars, alike.meant);
        let place = Span { end: position(text, text.ceil_char_boundary(first + 1)), ..span };
        let finding = Diagnostic::new(place, Severity::Warning, "", alike.explanation);
        found.push(finding.with_fix(alike.title, span, mended));
    }
}

fn outside_comment(before: &str) -> bool {
    !before.contains('#')
}

/// Inside a value such a quote is a letter like any other.
fn opens_value(before: &str) -> bool {
    let is_inside = ['"', '\''].iter().any(|quote| before.matches(*quote).count() % 2 == 1);
    !is_inside && outside_comment(before) && before.trim_end().ends_with([':', '-', '[', ',', '{'])
}

fn line_before(text: &str, at: usize) -> &str {
    text[..at].rsplit('\n').next().unwrap_or_default()
}

fn position(text: &str, offset: usize) -> Position {
    let before = &text[..offset];
    let column = line_before(text, offset).chars().count() + 1;
    Position { offset, line: before.matches('\n').count() + 1, column }
}
