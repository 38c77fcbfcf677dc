//! Bytes of programs as text.

use std::borrow::Cow;

/// The text that bytes are; what is none becomes U+FFFD. Bytes that are text, as nearly all are, are checked several
/// times faster than `String::from_utf8_lossy` does it.
pub fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}
