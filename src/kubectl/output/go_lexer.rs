//! Pieces of Go templates, and the words of their actions.
// Models text/template/parse lex.go

pub enum Piece {
    Text(String),
    Action(String),
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
        pieces.push(Piece::Action(action.trim().to_owned()));
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

/// Words, texts in quotes, brackets and bars.
///
/// # Errors
/// For a text that does not end.
pub fn tokens(text: &str) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' | '\t' | '\n' => {}
            // What stands in brackets may have fields: they stay with the bracket.
            '(' | ')' | '|' if letter != ')' || letters.peek() != Some(&'.') => {
                found.push(letter.to_string())
            }
            '"' | '`' => {
                let mut word = letter.to_string();
                loop {
                    let next = letters.next().ok_or("template: output:1: unterminated quoted string")?;
                    word.push(next);
                    if next == '\\' && letter == '"' {
                        word.extend(letters.next());
                    } else if next == letter {
                        break;
                    }
                }
                found.push(word);
            }
            _ => {
                let mut word = letter.to_string();
                while let Some(next) = letters.next_if(|c| !" \t\n()|".contains(*c)) {
                    word.push(next);
                }
                found.push(word);
            }
        }
    }
    Ok(found)
}
