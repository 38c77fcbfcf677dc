//! Base64 with padding.
// Models RFC 4648, section 4

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits =
            group.iter().fold(0u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize] as char;
            text.push(if place <= group.len() { letter } else { '=' });
        }
    }
    text
}

/// The bytes of a text without white space.
///
/// # Errors
/// The offset of the first byte that does not belong there, and the bytes before it.
pub fn decode(text: &[u8]) -> Result<Vec<u8>, (usize, Vec<u8>)> {
    let padding = text.iter().rev().take(2).take_while(|byte| **byte == b'=').count();
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0);
    for (at, letter) in text[..text.len() - padding].iter().enumerate() {
        let Some(value) = LETTERS.iter().position(|known| known == letter) else { return Err((at, bytes)) };
        bits = (bits << 6 | value as u32) & 0xff_ffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    if text.len().is_multiple_of(4) { Ok(bytes) } else { Err((text.len(), bytes)) }
}

/// The bytes of a value that the server holds: white space is no part of it, and what follows a fault is not read.
pub fn decode_stored(text: &str) -> Vec<u8> {
    let letters: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    decode(&letters).unwrap_or_else(|(_, before)| before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back() {
        for (plain, encoded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(encode(plain.as_bytes()), encoded);
            assert_eq!(decode(encoded.as_bytes()), Ok(plain.as_bytes().to_vec()));
        }
        assert_eq!(decode(b"Zg=!"), Err((2, b"f".to_vec())));
        assert_eq!(decode(b"Zg"), Err((2, b"f".to_vec())));
        assert_eq!(decode_stored("YWJj\n"), b"abc");
        assert_eq!(decode_stored("YW Jj!YWJj"), b"abc");
    }
}
