//! Identifiers in the forms that Kubernetes gives them.

use super::Random;

/// Letters of generated name suffixes: no vowels, no digits that look like letters.
// Models staging/src/k8s.io/apimachinery/pkg/util/rand/rand.go String
const SUFFIX_LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// The five characters that the API server appends to `generateName`.
pub fn name_suffix(random: &mut Random) -> String {
    (0..5).map(|_| SUFFIX_LETTERS[random.below(SUFFIX_LETTERS.len() as u64) as usize] as char).collect()
}

/// A version 4 UUID in lower-case text.
pub fn uid(random: &mut Random) -> String {
    let high = (random.next_u64() & !0xf000) | 0x4000;
    let low = (random.next_u64() & !(0b11 << 62)) | (0b10 << 62);
    let parts = [
        (high >> 32, 8),
        ((high >> 16) & 0xffff, 4),
        (high & 0xffff, 4),
        (low >> 48, 4),
        (low & 0xffff_ffff_ffff, 12),
    ];
    let mut text = String::with_capacity(36);
    for (part, digits) in parts {
        if !text.is_empty() {
            text.push('-');
        }
        push_hex(&mut text, part, digits);
    }
    text
}

/// Sixty-four hexadecimal digits, as container and image ids have.
pub fn hex64(random: &mut Random) -> String {
    let mut text = String::with_capacity(64);
    for _ in 0..4 {
        push_hex(&mut text, random.next_u64(), 16);
    }
    text
}

/// Appends the last `digits` hexadecimal digits of a number. Every object gets some: this spares the formatter.
pub fn push_hex(text: &mut String, number: u64, digits: u32) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for place in (0..digits).rev() {
        text.push(char::from(DIGITS[(number >> (4 * place)) as usize & 0xf]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_digits_are_those_of_the_formatter() {
        for number in [0, 1, 0xabc, u64::MAX, 0x0123_4567_89ab_cdef] {
            let mut text = String::new();
            push_hex(&mut text, number, 16);
            assert_eq!(text, format!("{number:016x}"));
        }
    }

    #[test]
    fn uid_is_a_version_4_uuid() {
        let uid = uid(&mut Random::new(7));
        let parts: Vec<&str> = uid.split('-').collect();
        assert_eq!(parts.iter().map(|p| p.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(parts[2].starts_with('4'), "{uid}");
        assert!(matches!(parts[3].as_bytes()[0], b'8' | b'9' | b'a' | b'b'), "{uid}");
    }
}
