//! Texts in quotation marks, as Go's `%q` writes them.

use std::fmt::Write as _;

pub fn go_quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for letter in text.chars() {
        let code = u32::from(letter);
        let _ = match letter {
            '"' | '\\' => write!(quoted, "\\{letter}"),
            '\n' => write!(quoted, "\\n"),
            '\r' => write!(quoted, "\\r"),
            '\t' => write!(quoted, "\\t"),
            '\u{7}' => write!(quoted, "\\a"),
            '\u{8}' => write!(quoted, "\\b"),
            '\u{b}' => write!(quoted, "\\v"),
            '\u{c}' => write!(quoted, "\\f"),
            '\'' => write!(quoted, "'"),
            '\0'..='\u{7f}' if letter.is_control() => write!(quoted, "\\x{code:02x}"),
            // Rust hides what cannot be printed as well.
            _ if letter.escape_debug().len() > 1 || letter.is_control() => {
                if code > 0xffff {
                    write!(quoted, "\\U{code:08x}")
                } else {
                    write!(quoted, "\\u{code:04x}")
                }
            }
            _ => write!(quoted, "{letter}"),
        };
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_printed_is_written_as_go_does() {
        let cases = [
            ("a 'b' \"c\" \\", r#""a 'b' \"c\" \\""#),
            ("a\n\t\u{1}\u{7f}", r#""a\n\t\x01\x7f""#),
            ("жи\u{a0}🦀\u{feff}", r#""жи\u00a0🦀\ufeff""#),
        ];
        for (text, expected) in cases {
            assert_eq!(go_quoted(text), expected);
        }
    }
}
