//! A command typed with the Russian keyboard layout, offered back as it was meant.

const RUSSIAN: &str = "йцукенгшщзхъфывапролджэячсмитьбюёЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮЁ№";
const LATIN: &str = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`QWERTYUIOP{}ASDFGHJKL:\"ZXCVBNM<>~#";
/// First words that make an offer worth while.
const COMMANDS: &[&str] = &[
    "kubectl", "k", "nano", "vim", "vi", "cat", "ls", "echo", "clear", "history", "help", "watch", "grep",
    "sleep", "date",
];

/// The line as the same keys give it with the Latin layout, when its first word becomes a known command by that.
/// A command that is typed rightly may go on in Russian.
pub fn meant(line: &str) -> Option<String> {
    if !line.split_whitespace().next()?.chars().any(|c| RUSSIAN.contains(c)) {
        return None;
    }
    let latin: String = line.chars().map(key_of).collect();
    let first = latin.split_whitespace().next()?;
    COMMANDS.contains(&first).then_some(latin)
}

fn key_of(letter: char) -> char {
    let place = RUSSIAN.chars().position(|russian| russian == letter);
    place.and_then(|place| LATIN.chars().nth(place)).unwrap_or(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_keys_are_found() {
        assert_eq!(meant("лгиусед пуе зщ").as_deref(), Some("kubectl get po"));
        assert_eq!(meant("ды").as_deref(), Some("ls"));
        assert_eq!(meant("kubectl get po"), None);
        assert_eq!(meant("привет мир"), None);
        assert_eq!(meant("echo привет"), None);
        assert_eq!(RUSSIAN.chars().count(), LATIN.chars().count());
    }
}
