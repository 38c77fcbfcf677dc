//! Tokens of Perl.

use super::perl::Refusal;

#[derive(Clone, PartialEq, Debug)]
pub enum Token {
    /// `$x`, `@x`, `%x`, with the sigil.
    Variable(String),
    Word(String),
    Number(Value0),
    Str(String, bool),
    Op(&'static str),
    End,
}

/// A number as it is written.
#[derive(Clone, PartialEq, Debug)]
pub enum Value0 {
    Int(i64),
    Float(f64),
}

const OPERATORS: [&str; 50] = [
    "<=>", "**=", "||=", "&&=", "//=", "...", "->", "++", "--", "**", "=~", "!~", "==", "!=", "<=", ">=",
    "&&", "||", "//", "..", "::", "+=", "-=", "*=", "/=", ".=", "%=", "x=", "=>", "+", "-", "*", "/", "%",
    "=", "<", ">", "!", "~", "\\", "?", ":", ".", ",", ";", "(", ")", "[", "]", "{",
];

pub struct Lexed {
    pub token: Token,
    pub line: u32,
    /// Where the token begins and ends in the text.
    pub span: (usize, usize),
}

pub fn lex(source: &[char]) -> Result<Vec<Lexed>, Refusal> {
    let mut tokens: Vec<Lexed> = Vec::new();
    let (mut at, mut line) = (0, 1);
    while let Some(&c) = source.get(at) {
        let start = at;
        let token = match c {
            '\n' => {
                line += 1;
                at += 1;
                continue;
            }
            c if c.is_whitespace() => {
                at += 1;
                continue;
            }
            '#' => {
                while source.get(at).is_some_and(|c| *c != '\n') {
                    at += 1;
                }
                continue;
            }
            '"' | '\'' => {
                let text = quoted(source, &mut at, c, c, line)?;
                Token::Str(text, c == '"')
            }
            '$' | '@' | '%' if is_variable(source, at, tokens.last()) => {
                at += 1;
                while source.get(at).is_some_and(|c| c.is_alphanumeric() || *c == '_') {
                    at += 1;
                }
                if at == start + 1 {
                    at += 1;
                }
                Token::Variable(source[start..at.min(source.len())].iter().collect())
            }
            c if c.is_ascii_digit() => number(source, &mut at)?,
            c if c.is_alphabetic() || c == '_' => word(source, &mut at, line)?,
            '}' => {
                at += 1;
                Token::Op("}")
            }
            _ => {
                let starts =
                    |op: &&&str| op.chars().enumerate().all(|(ahead, c)| source.get(at + ahead) == Some(&c));
                let Some(op) = OPERATORS.iter().find(starts) else {
                    return Err(format!("Unrecognized character {c} at -e line {line}.\n"));
                };
                at += op.len();
                Token::Op(op)
            }
        };
        tokens.push(Lexed { token, line, span: (start, at) });
    }
    Ok(tokens)
}

/// A sigil, not an operator: behind a value `%` divides.
fn is_variable(source: &[char], at: usize, before: Option<&Lexed>) -> bool {
    let next = source.get(at + 1).copied().unwrap_or(' ');
    if source[at] == '$' {
        return next.is_alphanumeric() || "_|,\\$!@;&0/".contains(next);
    }
    let behind_value = matches!(
        before.map(|lexed| &lexed.token),
        Some(Token::Variable(_) | Token::Number(_) | Token::Str(..) | Token::Op(")" | "]" | "}"))
    );
    !behind_value && (next.is_alphabetic() || next == '_')
}

fn number(source: &[char], at: &mut usize) -> Result<Token, Refusal> {
    let start = *at;
    while let Some(c) = source.get(*at) {
        let range = *c == '.' && source.get(*at + 1) == Some(&'.');
        let sign = matches!(c, '+' | '-') && matches!(source[*at - 1], 'e' | 'E') && *at > start;
        if range || !(c.is_ascii_digit() || matches!(c, '.' | '_' | 'e' | 'E' | 'x') || sign) {
            break;
        }
        *at += 1;
    }
    // `5 x 3` written together is a repetition.
    let text: String = source[start..*at].iter().filter(|c| **c != '_').collect();
    if let Some(hex) = text.strip_prefix("0x") {
        return Ok(Token::Number(Value0::Int(i64::from_str_radix(hex, 16).unwrap_or(0))));
    }
    if let Some(plain) = text.split('x').next().filter(|plain| plain.len() < text.len()) {
        *at = start + plain.len();
        return Ok(Token::Number(Value0::Int(plain.parse().unwrap_or(0))));
    }
    Ok(match text.parse::<i64>() {
        Ok(value) => Token::Number(Value0::Int(value)),
        Err(_) => Token::Number(Value0::Float(text.parse().unwrap_or(0.0))),
    })
}

/// The text between two delimiters, raw.
fn quoted(source: &[char], at: &mut usize, open: char, close: char, line: u32) -> Result<String, Refusal> {
    *at += 1;
    let mut depth = 0;
    let mut text = String::new();
    while let Some(&c) = source.get(*at) {
        *at += 1;
        if c == '\\' {
            text.push(c);
            text.extend(source.get(*at));
            *at += 1;
            continue;
        }
        if c == close && depth == 0 {
            return Ok(text);
        }
        depth += i32::from(c == open && open != close) - i32::from(c == close && open != close);
        text.push(c);
    }
    let mark = if close == '"' { '\'' } else { '"' };
    Err(format!("Can't find string terminator {mark}{close}{mark} anywhere before EOF at -e line {line}.\n"))
}

/// A name, or a string in `q()` or `qq()`.
fn word(source: &[char], at: &mut usize, line: u32) -> Result<Token, Refusal> {
    let start = *at;
    while source.get(*at).is_some_and(|c| c.is_alphanumeric() || *c == '_') {
        *at += 1;
    }
    let word: String = source[start..*at].iter().collect();
    let open = source.get(*at).copied();
    match (word.as_str(), open) {
        ("q" | "qq", Some(open @ ('(' | '{' | '[' | '/' | '|' | '!'))) => {
            let close = match open {
                '(' => ')',
                '{' => '}',
                '[' => ']',
                other => other,
            };
            Ok(Token::Str(quoted(source, at, open, close, line)?, word == "qq"))
        }
        _ => Ok(Token::Word(word)),
    }
}
