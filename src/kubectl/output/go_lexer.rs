//! Pieces of Go templates, and the words of their actions.
// Models text/template/parse lex.go

/// A part of the template, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub at: usize,
    pub end: usize,
}

impl Place {
    pub fn text(self, template: &str) -> &str {
        template.get(self.at..self.end).unwrap_or_default()
    }
}

pub enum Piece {
    Text(String),
    Action(Place),
}

/// Texts and actions, with the white space trimmed that actions ask for.
///
/// # Errors
/// For an action that does not end.
pub fn split(template: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some(open) = rest.find("{{") {
        pieces.push(Piece::Text(rest[..open].to_owned()));
        let after = &rest[open + 2..];
        let close = after.find("}}").ok_or_else(|| unclosed(after))?;
        let mut action = &after[..close];
        rest = &after[close + 2..];
        if let Some(trimmed) = action.strip_prefix("- ") {
            action = trimmed;
            if let Some(Piece::Text(text)) = pieces.last_mut() {
                text.truncate(text.trim_end().len());
            }
        }
        if let Some(trimmed) = action.strip_suffix(" -") {
            action = trimmed;
            rest = rest.trim_start();
        }
        let action = action.trim();
        // It is a part of the template.
        let at = action.as_ptr() as usize - template.as_ptr() as usize;
        pieces.push(Piece::Action(Place { at, end: at + action.len() }));
    }
    pieces.push(Piece::Text(rest.to_owned()));
    Ok(pieces)
}

/// What is wrong with an action that does not end: a brace alone is no end.
// Models text/template/parse lex.go lexFieldOrVariable and parse.go operand
fn unclosed(action: &str) -> String {
    let problem = match action.split_once('}') {
        None => "unclosed action",
        Some((before, _)) if before.ends_with(|c: char| c.is_alphanumeric() || c == '_') => {
            "bad character U+007D '}'"
        }
        Some(_) => "unexpected \"}\" in operand",
    };
    format!("template: output:1: {problem}")
}

/// Words, texts in quotes, brackets and bars, as places of the template; `at` is where the action begins in it.
///
/// # Errors
/// For a text that does not end.
pub fn tokens(action: &str, at: usize) -> Result<Vec<Place>, String> {
    let mut found = Vec::new();
    let mut letters = action.char_indices().peekable();
    while let Some((begin, letter)) = letters.next() {
        match letter {
            ' ' | '\t' | '\n' => continue,
            // What stands in brackets may have fields: they stay with the bracket.
            '(' | '|' => {}
            ')' if !matches!(letters.peek(), Some((_, '.'))) => {}
            '"' | '`' => loop {
                let (_, next) = letters.next().ok_or("template: output:1: unterminated quoted string")?;
                if next == '\\' && letter == '"' {
                    letters.next();
                } else if next == letter {
                    break;
                }
            },
            _ => while letters.next_if(|(_, c)| !" \t\n()|".contains(*c)).is_some() {},
        }
        let end = letters.peek().map_or(action.len(), |(end, _)| *end);
        found.push(Place { at: at + begin, end: at + end });
    }
    Ok(found)
}
