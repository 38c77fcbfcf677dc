//! What the field table knows about a place of a manifest, in the editor's terms.

use super::problems::TEXT_BYTES_MAX;
use crate::api::assist;
use crate::protocol::{Card, Suggestion, Suggestions};

pub fn suggestions(text: &str, offset: usize) -> Suggestions {
    if text.len() > TEXT_BYTES_MAX {
        return Suggestions::default();
    }
    let found = assist::complete(text, offset);
    let suggestions = found.suggestions.into_iter().map(|found| {
        let assist::Suggestion { label, insert, detail, about, required } = found;
        Suggestion { label, insert, detail, about, required }
    });
    Suggestions { from: found.from, suggestions: suggestions.collect() }
}

pub fn card(text: &str, offset: usize) -> Option<Card> {
    if text.len() > TEXT_BYTES_MAX {
        return None;
    }
    let assist::Card { start, end, path, detail, about } = assist::hover(text, offset)?;
    Some(Card { start, end, path, detail, about })
}
