//! Words of an awk program.

use crate::containers::shell::escapes;

#[derive(Clone, PartialEq, Debug)]
pub enum Token {
    Number(f64),
    Text(String),
    Regex(String),
    /// A name; with a bracket right after it, it is called.
    Name(String),
    Called(String),
    Operator(&'static str),
    Newline,
    End,
}

/// Longest first.
const OPERATORS: &[&str] = &[
    "**=", "&&", "||", "++", "--", "+=", "-=", "*=", "/=", "%=", "^=", "**", "==", "<=", ">=", "!=", "!~",
    "{", "}", "(", ")", "[", "]", ";", ",", "+", "-", "*", "/", "%", "^", "!", "<", ">", "|", "?", ":", "~",
    "$", "=",
];

/// # Errors
/// For text that is no word of awk.
pub fn tokens(program: &str) -> Result<Vec<Token>, String> {
    let mut found: Vec<Token> = Vec::new();
    let mut rest = program;
    while let Some(letter) = rest.chars().next() {
        if letter == '\n' {
            found.push(Token::Newline);
            rest = &rest[1..];
        } else if letter.is_whitespace() {
            rest = &rest[letter.len_utf8()..];
        } else if let Some(after) = rest.strip_prefix("\\\n") {
            rest = after;
        } else if letter == '#' {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
        } else if letter == '"' {
            let (text, after) = quoted(&rest[1..], '"').ok_or("unterminated string")?;
            found.push(Token::Text(unescaped(text)));
            rest = after;
        } else if letter == '/' && regex_may_stand(found.last()) {
            let (text, after) = quoted(&rest[1..], '/').ok_or("unterminated regexp")?;
            found.push(Token::Regex(text.replace("\\/", "/")));
            rest = after;
        } else if letter.is_ascii_digit()
            || (letter == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit()))
        {
            let length = number_length(rest);
            found.push(Token::Number(rest[..length].parse().unwrap_or(0.0)));
            rest = &rest[length..];
        } else if letter.is_alphabetic() || letter == '_' {
            let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            let (name, after) = rest.split_at(length);
            found.push(match after.starts_with('(') {
                true => Token::Called(name.to_owned()),
                false => Token::Name(name.to_owned()),
            });
            rest = after;
        } else {
            let operator = OPERATORS.iter().find(|operator| rest.starts_with(**operator));
            let operator = operator.ok_or_else(|| format!("unexpected character '{letter}'"))?;
            found.push(Token::Operator(operator));
            rest = &rest[operator.len()..];
        }
    }
    found.push(Token::Newline);
    found.push(Token::End);
    Ok(found)
}

/// After a value a slash divides.
fn regex_may_stand(last: Option<&Token>) -> bool {
    match last {
        Some(Token::Number(_) | Token::Text(_) | Token::Name(_)) => false,
        Some(Token::Operator(operator)) => !matches!(*operator, ")" | "]" | "$" | "++" | "--"),
        _ => true,
    }
}

/// The text up to the closing mark, and what follows it.
fn quoted(text: &str, mark: char) -> Option<(&str, &str)> {
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\n' => return None,
            letter if letter == mark => return Some((&text[..at], &text[at + 1..])),
            _ => {}
        }
    }
    None
}

pub fn unescaped(text: &str) -> String {
    escapes::ansi(&text.replace("\\/", "/"))
}

/// How much of a text is a number: `12`, `1.5`, `.5`, `1e-3`.
pub fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut length = digits(0);
    if bytes.get(length) == Some(&b'.') {
        length += 1 + digits(length + 1);
    }
    if matches!(bytes.get(length), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
        let exponent = digits((length + 1 + sign).min(bytes.len()));
        if exponent > 0 {
            length += 1 + sign + exponent;
        }
    }
    length
}
