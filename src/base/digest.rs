//! What stands for texts where only their equality counts: a hash of eight bytes.
//!
//! Two of the ten thousands of texts that are kept at a time meet in 64 bits less often than once in a million years
//! of use. Unlike the texts, their hashes lie side by side in a map: finding one does not wander through memory.

/// FNV-1a: the same on every machine, and nothing here is secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Digest(u64);

const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

impl Default for Digest {
    /// Of nothing.
    fn default() -> Digest {
        Digest(OFFSET_BASIS)
    }
}

impl Digest {
    pub const MIN: Digest = Digest(u64::MIN);
    pub const MAX: Digest = Digest(u64::MAX);

    pub fn of(parts: &[&str]) -> Digest {
        Digest::default().with(parts)
    }

    /// Of places in memory and the like.
    pub fn of_numbers(numbers: &[usize]) -> Digest {
        let mut digest = Digest::default();
        numbers.iter().for_each(|number| digest.add_number(*number as u64));
        digest
    }

    /// The digest of what was digested and some more parts. `ab`, `c` and `a`, `bc` differ.
    pub fn with(mut self, parts: &[&str]) -> Digest {
        for part in parts {
            self.add(part);
            self.add_byte(0xff);
        }
        self
    }

    /// Goes on with a text, as if it belonged to the one before.
    pub fn add(&mut self, text: &str) {
        text.bytes().for_each(|byte| self.add_byte(byte));
    }

    fn add_byte(&mut self, byte: u8) {
        self.add_number(u64::from(byte));
    }

    /// Goes on with a number. Its bytes are not told apart: small differences are at the lower end.
    pub fn add_number(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_mul(PRIME);
    }

    pub fn number(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_hashed_as_everybody_does() {
        let mut digest = Digest::default();
        digest.add("foo");
        digest.add("bar");
        assert_eq!(digest.number(), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn parts_keep_their_borders() {
        assert_ne!(Digest::of(&["ab", "c"]), Digest::of(&["a", "bc"]));
        assert_eq!(Digest::of(&["a"]).with(&["b"]), Digest::of(&["a", "b"]));
    }
}
