//! Bytes of programs as text, for people and on the way through programs.

use std::borrow::Cow;

/// The text that bytes are; what is none becomes U+FFFD. Bytes that are text, as nearly all are, are checked several
/// times faster than `String::from_utf8_lossy` does it.
pub fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

/// The same, as a text of its own.
pub fn lossy_string(bytes: &[u8]) -> String {
    lossy(bytes).into_owned()
}

/// The private character that stands for byte 0; those of the bytes that are no text follow from 0x80 on.
const FIRST_CARRIED: u32 = 0xf700;

/// With this byte, and no other, the characters begin that stand for bytes.
const LEAD: u8 = 0xef;

/// A text that carries bytes: each that is no text becomes a private character, of which `carried_bytes` makes the byte
/// again. So `printf '\377'` is one byte wherever it goes.
pub fn carried(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text += chunk.valid();
        text.extend(
            chunk.invalid().iter().filter_map(|&byte| char::from_u32(FIRST_CARRIED + u32::from(byte))),
        );
    }
    Cow::Owned(text)
}

/// The bytes of such a text.
pub fn carried_bytes(text: &str) -> Cow<'_, [u8]> {
    let byte =
        |c: char| u8::try_from(u32::from(c).checked_sub(FIRST_CARRIED)?).ok().filter(|byte| *byte >= 0x80);
    if !text.as_bytes().contains(&LEAD) {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        match byte(c) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    Cow::Owned(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_back_from_the_text_that_carries_them() {
        let all: Vec<u8> = (0..=u8::MAX).collect();
        for bytes in [&all[..], b"\xff", b"a\xd0", "я\u{fffd}\u{ef00}".as_bytes(), b"\xef\x9e", b""] {
            assert_eq!(carried_bytes(&carried(bytes)), bytes);
        }
        assert_eq!(carried(b"a\xff\xfe").chars().count(), 3);
    }
}
