//! Faults of JSON texts, in the words of Go's decoder.
// Models Go's encoding/json scanner.go

/// Values nested deeper than this are refused: the fields of the API are far from it.
pub const DEPTH_MAX: usize = 100;

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum JsonFault {
    /// A character that may not stand there. `offset` counts the bytes up to and with it.
    Syntax {
        message: String,
        offset: usize,
    },
    /// The text ends in the middle of a value.
    UnexpectedEnd,
    TooDeep,
}

/// What the innermost open list or object expects next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// After `{`.
    FirstKey,
    /// After `,` in an object.
    NextKey,
    AfterKey,
    AfterMember,
    /// After `[`.
    FirstElement,
    AfterElement,
}

struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    open: Vec<State>,
}

/// Where the value that starts at `start` (or after the space there) ends.
///
/// # Errors
/// The first fault of the text.
pub fn value_end(text: &str, start: usize) -> Result<usize, JsonFault> {
    let mut scanner = Scanner { text: text.as_bytes(), at: start, open: Vec::new() };
    scanner.begin_value()?;
    while let Some(state) = scanner.open.pop() {
        scanner.step(state)?;
    }
    Ok(scanner.at)
}

/// Why a text is not a single value of JSON; `None` when it is.
// Models encoding/json checkValid
pub fn json_problem(text: &str) -> Option<String> {
    let mut scanner = match value_end(text, 0) {
        Ok(at) => Scanner { text: text.as_bytes(), at, open: Vec::new() },
        Err(JsonFault::Syntax { message, .. }) => return Some(message),
        Err(JsonFault::UnexpectedEnd) => return Some("unexpected EOF".to_owned()),
        Err(JsonFault::TooDeep) => return Some("exceeded max depth".to_owned()),
    };
    let after = scanner.skip_space().ok()?;
    Some(format!("invalid character {} after top-level value", quoted(after)))
}

impl Scanner<'_> {
    fn peek(&self) -> Result<u8, JsonFault> {
        self.text.get(self.at).copied().ok_or(JsonFault::UnexpectedEnd)
    }

    fn skip_space(&mut self) -> Result<u8, JsonFault> {
        while matches!(self.peek()?, b' ' | b'\t' | b'\r' | b'\n') {
            self.at += 1;
        }
        self.peek()
    }

    fn refuse<T>(&self, found: u8, place: &str) -> Result<T, JsonFault> {
        let message = format!("invalid character {} {place}", quoted(found));
        Err(JsonFault::Syntax { message, offset: self.at + 1 })
    }

    fn push(&mut self, state: State) -> Result<(), JsonFault> {
        if self.open.len() >= DEPTH_MAX {
            return Err(JsonFault::TooDeep);
        }
        self.at += 1;
        self.open.push(state);
        Ok(())
    }

    fn begin_value(&mut self) -> Result<(), JsonFault> {
        match self.skip_space()? {
            b'{' => self.push(State::FirstKey),
            b'[' => self.push(State::FirstElement),
            b'"' => self.string(),
            b't' => self.literal("true"),
            b'f' => self.literal("false"),
            b'n' => self.literal("null"),
            b'-' | b'0'..=b'9' => self.number(),
            other => self.refuse(other, "looking for beginning of value"),
        }
    }

    /// One step inside the innermost list or object; it is open again afterwards unless it ended.
    fn step(&mut self, state: State) -> Result<(), JsonFault> {
        let next = self.skip_space()?;
        match (state, next) {
            (State::FirstKey | State::AfterMember, b'}')
            | (State::FirstElement | State::AfterElement, b']') => {
                self.at += 1;
                Ok(())
            }
            (State::FirstKey | State::NextKey, b'"') => {
                self.open.push(State::AfterKey);
                self.string()
            }
            (State::FirstKey | State::NextKey, other) => {
                self.refuse(other, "looking for beginning of object key string")
            }
            (State::AfterKey, b':') => {
                self.at += 1;
                self.open.push(State::AfterMember);
                self.begin_value()
            }
            (State::AfterKey, other) => self.refuse(other, "after object key"),
            (State::AfterMember, b',') => self.push(State::NextKey),
            (State::AfterMember, other) => self.refuse(other, "after object key:value pair"),
            (State::FirstElement, _) => {
                self.open.push(State::AfterElement);
                self.begin_value()
            }
            (State::AfterElement, b',') => {
                self.at += 1;
                self.open.push(State::AfterElement);
                self.begin_value()
            }
            (State::AfterElement, other) => self.refuse(other, "after array element"),
        }
    }

    fn string(&mut self) -> Result<(), JsonFault> {
        self.at += 1;
        loop {
            match self.peek()? {
                b'"' => {
                    self.at += 1;
                    return Ok(());
                }
                b'\\' => self.escape()?,
                control @ 0..0x20 => return self.refuse(control, "in string literal"),
                _ => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<(), JsonFault> {
        self.at += 1;
        match self.peek()? {
            b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"' => self.at += 1,
            b'u' => {
                for _ in 0..4 {
                    self.at += 1;
                    let digit = self.peek()?;
                    if !digit.is_ascii_hexdigit() {
                        return self.refuse(digit, "in \\u hexadecimal character escape");
                    }
                }
                self.at += 1;
            }
            other => return self.refuse(other, "in string escape code"),
        }
        Ok(())
    }

    fn literal(&mut self, word: &str) -> Result<(), JsonFault> {
        for expected in word.bytes() {
            let found = self.peek()?;
            if found != expected {
                let place = format!("in literal {word} (expecting '{}')", char::from(expected));
                return self.refuse(found, &place);
            }
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), JsonFault> {
        if self.peek()? == b'-' {
            self.at += 1;
        }
        match self.peek()? {
            b'0' => self.at += 1,
            _ => self.digits("in numeric literal")?,
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.text.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek()?, b'+' | b'-') {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        Ok(())
    }

    fn digits(&mut self, place: &str) -> Result<(), JsonFault> {
        let first = self.peek()?;
        if !first.is_ascii_digit() {
            return self.refuse(first, place);
        }
        while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        Ok(())
    }
}

/// A byte as Go shows it: those beyond ASCII as the Latin letter of that number.
// Models encoding/json scanner.go quoteChar
fn quoted(byte: u8) -> String {
    match byte {
        b'\'' => "'\\''".to_owned(),
        b'"' => "'\"'".to_owned(),
        b'\n' => "'\\n'".to_owned(),
        b'\t' => "'\\t'".to_owned(),
        b'\r' => "'\\r'".to_owned(),
        b'\\' => "'\\\\'".to_owned(),
        0..0x20 | 0x7f => format!("'\\x{byte:02x}'"),
        0x80..=0xa0 | 0xad => format!("'\\u{byte:04x}'"),
        _ => format!("'{}'", char::from(byte)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_have_the_words_and_offsets_of_go() {
        let cases = [
            ("{\"a\":1,}", "invalid character '}' looking for beginning of object key string", 8),
            ("{a: 1}", "invalid character 'a' looking for beginning of object key string", 2),
            ("{\"a\" 1}", "invalid character '1' after object key", 6),
            ("{\"a\":1 \"b\"}", "invalid character '\"' after object key:value pair", 8),
            ("{\"a\":[1 2]}", "invalid character '2' after array element", 9),
            ("{\"a\":[1,]}", "invalid character ']' looking for beginning of value", 9),
            ("{\"a\":'x'}", "invalid character '\\'' looking for beginning of value", 6),
            ("{\"a\":tru}", "invalid character '}' in literal true (expecting 'e')", 9),
            ("{\"a\":-x}", "invalid character 'x' in numeric literal", 7),
            ("{\"a\":1.}", "invalid character '}' after decimal point in numeric literal", 8),
            ("{\"a\":1e}", "invalid character '}' in exponent of numeric literal", 8),
            ("{\"a\":\"x\ny\"}", "invalid character '\\n' in string literal", 8),
            ("{\"a\":\"\\q\"}", "invalid character 'q' in string escape code", 8),
            ("{\"a\":\"\\u12x4\"}", "invalid character 'x' in \\u hexadecimal character escape", 11),
            ("{\"a\":ж}", "invalid character 'Ð' looking for beginning of value", 6),
            ("{\"a\":01}", "invalid character '1' after object key:value pair", 7),
        ];
        for (text, message, offset) in cases {
            let expected = JsonFault::Syntax { message: message.to_owned(), offset };
            assert_eq!(value_end(text, 0), Err(expected), "{text}");
        }
        assert_eq!(value_end("{\"a\": [1, {}", 0), Err(JsonFault::UnexpectedEnd));
        assert_eq!(value_end(&"[".repeat(200), 0), Err(JsonFault::TooDeep));
    }

    #[test]
    fn values_end_where_they_end() {
        let text = " {\"a\": [1, -2.5e+3, \"x\\\"}\", null, {}]}\n{\"b\": true}";
        let end = value_end(text, 0).expect("sound");
        assert_eq!(&text[..end], " {\"a\": [1, -2.5e+3, \"x\\\"}\", null, {}]}");
        assert_eq!(value_end(text, end), Ok(text.len()));
    }
}
