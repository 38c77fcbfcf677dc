//! Bytes on their way through a pipe.

/// What is read is dropped only when it is more than what is left: listings of megabytes pass in small pieces.
#[derive(Clone, Debug, Default)]
pub struct Buffer {
    bytes: Vec<u8>,
    /// So many have been read.
    read: usize,
}

impl Buffer {
    pub fn len(&self) -> usize {
        self.bytes.len() - self.read
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn clear(&mut self) {
        *self = Buffer::default();
    }

    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Takes the first bytes, as many as there are up to `limit`.
    pub fn take(&mut self, limit: usize) -> Vec<u8> {
        let taken = self.bytes[self.read..][..limit.min(self.len())].to_vec();
        self.read += taken.len();
        if self.read > self.bytes.len() / 2 {
            self.bytes.drain(..self.read);
            self.read = 0;
        }
        taken
    }

    /// Puts bytes before all others.
    pub fn give_back(&mut self, bytes: &[u8]) {
        if let Some(from) = self.read.checked_sub(bytes.len()) {
            self.bytes[from..self.read].copy_from_slice(bytes);
            self.read = from;
            return;
        }
        self.bytes.splice(..self.read, bytes.iter().copied());
        self.read = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_come_in_the_order_in_which_they_went() {
        let mut buffer = Buffer::default();
        let mut expected: Vec<u8> = Vec::new();
        for round in 0..50_u8 {
            let pushed: Vec<u8> = (0..round % 7).map(|at| round.wrapping_mul(5) + at).collect();
            buffer.push(&pushed);
            expected.extend(&pushed);
            let taken = buffer.take(usize::from(round % 5));
            assert_eq!(taken, expected.drain(..taken.len()).collect::<Vec<u8>>());
            if round % 3 == 0 {
                buffer.give_back(&taken);
                expected.splice(..0, taken);
            }
            assert_eq!(buffer.len(), expected.len());
        }
        assert_eq!(buffer.take(usize::MAX), expected);
        assert!(buffer.is_empty());
    }
}
