//! Characters that a copied text brings along and that YAML does not take for what they look like.

use super::mend::{line_start, span};
use super::{Diagnostic, Severity};

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
        let is_one = |(at, _): &(usize, &str)| is_meant(&text[line_start(text, *at)..*at]);
        let Some((first, _)) = text.match_indices(alike.chars).find(is_one) else { continue };
        let end = text.rfind(alike.chars).map_or(first, |last| text.ceil_char_boundary(last + 1));
        let place = span(text, first, text.ceil_char_boundary(first + 1));
        let mended = text[first..end].replace(alike.chars, alike.meant);
        let finding = Diagnostic::new(place, Severity::Warning, "", alike.explanation);
        found.push(finding.with_fix(alike.title, span(text, first, end), mended));
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
