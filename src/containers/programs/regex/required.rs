//! Texts of which every match has one: most lines have none, and that is found out without the machine.

/// The letters of English texts, the most frequent first; all other bytes are rarer.
const FREQUENT: &[u8] = b" etaoinsrhldcumfpgwybvkxjqz:-";

#[derive(Clone, Debug)]
pub struct Required {
    parts: Vec<Part>,
    /// Whether a byte is the rarest of some part.
    is_rare: Box<[bool; 256]>,
}

#[derive(Clone, Debug)]
struct Part {
    text: String,
    /// Where its rarest byte stands.
    rare_at: usize,
}

impl Required {
    pub fn of(texts: Vec<String>) -> Required {
        let mut is_rare = Box::new([false; 256]);
        let part = |text: String| {
            let frequency =
                |byte: &u8| FREQUENT.iter().rev().position(|known| known == byte).map_or(0, |at| at + 1);
            let rarest = text.bytes().enumerate().min_by_key(|(_, byte)| frequency(byte));
            Part { rare_at: rarest.map_or(0, |(at, _)| at), text }
        };
        let parts: Vec<Part> = texts.into_iter().map(part).collect();
        for part in &parts {
            if let Some(byte) = part.text.as_bytes().get(part.rare_at) {
                is_rare[usize::from(*byte)] = true;
            }
        }
        Required { parts, is_rare }
    }

    /// The text, if it is a single one.
    pub fn single(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [part] => Some(&part.text),
            _ => None,
        }
    }

    /// Where one of them stands; of a single one, the first place.
    pub fn find(&self, text: &str, from: usize) -> Option<usize> {
        // Without a text nothing is required.
        if self.parts.iter().any(|part| part.text.is_empty()) {
            return (from <= text.len()).then_some(from);
        }
        let bytes = text.as_bytes();
        let mut at = from;
        while let Some(next) = bytes.get(at..)?.iter().position(|byte| self.is_rare[usize::from(*byte)]) {
            at += next;
            let begins = |part: &Part| at.checked_sub(part.rare_at).filter(|start| *start >= from);
            let stands =
                |part: &Part| begins(part).filter(|start| bytes[*start..].starts_with(part.text.as_bytes()));
            if let Some(start) = self.parts.iter().find_map(stands) {
                return Some(start);
            }
            at += 1;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_where_it_stands_first() {
        let lines = ["", "a", "aab", "xaabaab", "яab", "no", &("no ".repeat(100) + "aab")];
        for line in lines {
            for part in ["", "a", "aab", "я", "o", "zaab"] {
                for from in (0..=line.len()).filter(|from| line.is_char_boundary(*from)) {
                    let expected = line[from..].find(part).map(|at| from + at);
                    assert_eq!(
                        Required::of(vec![part.to_owned()]).find(line, from),
                        expected,
                        "{part:?} in {line:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn any_of_several_is_found() {
        let parts = |texts: &[&str]| Required::of(texts.iter().map(|text| (*text).to_owned()).collect());
        assert_eq!(parts(&["image: ", "phase"]).find("  phase: Failed", 0), Some(2));
        assert_eq!(parts(&["image: ", "phase"]).find("  image: busybox", 3), None);
        assert_eq!(parts(&["image: ", ""]).find("x", 0), Some(0));
        assert_eq!(parts(&[]).find("x", 0), None);
    }
}
