//! The words of label selectors.
// Models staging/src/k8s.io/apimachinery/pkg/labels/selector.go Lexer

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Token {
    End,
    Error,
    ClosePar,
    OpenPar,
    Comma,
    Not,
    Equals,
    DoubleEquals,
    NotEquals,
    GreaterThan,
    LessThan,
    In,
    NotIn,
    Identifier,
}

const SPECIAL: &[char] = &['=', '!', '(', ')', ',', '>', '<'];

/// All words of the text with their kinds; the last one is the end.
pub fn tokens(text: &str) -> Vec<(Token, String)> {
    let mut found = Vec::new();
    let mut rest = text.trim_start_matches(is_space);
    while let Some(first) = rest.chars().next() {
        let (token, length) = if SPECIAL.contains(&first) { special(rest) } else { word(rest) };
        found.push((token, rest[..length].to_owned()));
        rest = rest[length..].trim_start_matches(is_space);
    }
    found.push((Token::End, String::new()));
    found
}

fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

fn word(rest: &str) -> (Token, usize) {
    let length = rest.find(|c| SPECIAL.contains(&c) || is_space(c)).unwrap_or(rest.len());
    let token = match &rest[..length] {
        "in" => Token::In,
        "notin" => Token::NotIn,
        _ => Token::Identifier,
    };
    (token, length)
}

fn special(rest: &str) -> (Token, usize) {
    for (text, token) in [("==", Token::DoubleEquals), ("!=", Token::NotEquals)] {
        if rest.starts_with(text) {
            return (token, text.len());
        }
    }
    let token = match rest.as_bytes().first() {
        Some(b'=') => Token::Equals,
        Some(b'!') => Token::Not,
        Some(b'(') => Token::OpenPar,
        Some(b')') => Token::ClosePar,
        Some(b',') => Token::Comma,
        Some(b'>') => Token::GreaterThan,
        Some(b'<') => Token::LessThan,
        _ => Token::Error,
    };
    (token, 1)
}
