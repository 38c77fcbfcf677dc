//! A command typed with the Russian layout on: the same keys, read as Latin.

const CYRILLIC: &str = "ёйцукенгшщзхъфывапролджэячсмитьбю.ЁЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮ,";
const LATIN: &str = "`qwertyuiop[]asdfghjkl;'zxcvbnm,./~QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>?";

/// The line as the same keys give it in the Latin layout, when that makes its first word one of `commands`.
pub fn offer(line: &str, commands: &[&str]) -> Option<String> {
    let first = line.split_whitespace().next()?;
    let is_cyrillic = |c: char| ('а'..='я').contains(&c) || ('А'..='Я').contains(&c) || c == 'ё';
    if !first.chars().any(is_cyrillic) {
        return None;
    }
    let latin: String = line.chars().map(to_latin).collect();
    let word = latin.split_whitespace().next()?.to_owned();
    commands.contains(&word.as_str()).then_some(latin)
}

fn to_latin(letter: char) -> char {
    let found = CYRILLIC.chars().position(|known| known == letter);
    // A dot or comma between Latin letters stays: the learner switched layouts in the middle.
    found.and_then(|at| LATIN.chars().nth(at)).unwrap_or(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_keys_are_read_as_latin() {
        let commands = ["kubectl", "ls"];
        assert_eq!(offer("лгиусед пуе зщ", &commands).as_deref(), Some("kubectl get po"));
        assert_eq!(offer("ды", &commands).as_deref(), Some("ls"));
        assert_eq!(offer("привет", &commands), None);
        assert_eq!(offer("kubectl get по", &commands), None);
    }
}
