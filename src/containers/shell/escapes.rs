//! Backslash escapes: of `$'...'`, of `echo` and of `printf`.

use crate::base::carried;

/// The text between the quotes of `$'...'`.
pub fn ansi(raw: &str) -> String {
    unescape(raw, Style::Ansi).0
}

/// `echo -e` and dash's `echo`: the text, and whether `\c` ended the output.
pub fn echo(raw: &str) -> (String, bool) {
    unescape(raw, Style::Echo)
}

/// The format of `printf` outside its directives.
pub fn printf(raw: &str) -> (String, bool) {
    unescape(raw, Style::Printf)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Ansi,
    Echo,
    Printf,
}

fn unescape(raw: &str, style: Style) -> (String, bool) {
    let chars: Vec<char> = raw.chars().collect();
    let mut bytes: Vec<u8> = Vec::with_capacity(raw.len());
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        at += 1;
        if c != '\\' || at == chars.len() {
            push(&mut bytes, c);
            continue;
        }
        let escape = chars[at];
        at += 1;
        match escape {
            'a' => bytes.push(7),
            'b' => bytes.push(8),
            'e' | 'E' => bytes.push(27),
            'f' => bytes.push(12),
            'n' => bytes.push(b'\n'),
            'r' => bytes.push(b'\r'),
            't' => bytes.push(b'\t'),
            'v' => bytes.push(11),
            '\\' => bytes.push(b'\\'),
            '\'' | '"' if style != Style::Echo => push(&mut bytes, escape),
            'c' if style != Style::Ansi => return (text(bytes), true),
            'x' => number(&chars, &mut at, 16, 2, &mut bytes, escape),
            'u' | 'U' => {
                let most = if escape == 'u' { 4 } else { 8 };
                let code = digits(&chars, &mut at, 16, most).and_then(char::from_u32);
                push(&mut bytes, code.unwrap_or('\u{fffd}'));
            }
            '0' if style == Style::Echo => number(&chars, &mut at, 8, 3, &mut bytes, '\0'),
            '0'..='7' if style != Style::Echo => {
                at -= 1;
                number(&chars, &mut at, 8, 3, &mut bytes, escape);
            }
            other => {
                bytes.push(b'\\');
                push(&mut bytes, other);
            }
        }
    }
    (text(bytes), false)
}

fn text(bytes: Vec<u8>) -> String {
    carried(&bytes).into_owned()
}

fn push(bytes: &mut Vec<u8>, c: char) {
    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

fn digits(chars: &[char], at: &mut usize, radix: u32, most: usize) -> Option<u32> {
    let start = *at;
    let mut value = 0_u32;
    while *at < chars.len() && *at - start < most {
        let Some(digit) = chars[*at].to_digit(radix) else { break };
        value = value.wrapping_mul(radix).wrapping_add(digit);
        *at += 1;
    }
    (*at > start).then_some(value)
}

/// A byte by its number; without digits the escape stays as it is.
fn number(chars: &[char], at: &mut usize, radix: u32, most: usize, bytes: &mut Vec<u8>, escape: char) {
    match digits(chars, at, radix, most) {
        Some(value) => bytes.push(value as u8),
        None if escape == '\0' => bytes.push(0),
        None => {
            bytes.push(b'\\');
            push(bytes, escape);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_style_has_its_own_octals() {
        assert_eq!(ansi("a\\tb\\x41\\101\\u044f"), "a\tbAAя");
        assert_eq!(echo("a\\n\\0101\\q\\cz"), ("a\nA\\q".to_string(), true));
        assert_eq!(printf("\\101\\\"\\n"), ("A\"\n".to_string(), false));
    }
}
