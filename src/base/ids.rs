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
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

/// Sixty-four hexadecimal digits, as container and image ids have.
pub fn hex64(random: &mut Random) -> String {
    (0..4).map(|_| format!("{:016x}", random.next_u64())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uid_is_a_version_4_uuid() {
        let uid = uid(&mut Random::new(7));
        let parts: Vec<&str> = uid.split('-').collect();
        assert_eq!(parts.iter().map(|p| p.len()).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(parts[2].starts_with('4'), "{uid}");
        assert!(matches!(parts[3].as_bytes()[0], b'8' | b'9' | b'a' | b'b'), "{uid}");
    }
}
