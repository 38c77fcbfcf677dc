//! Texts of URLs.

/// `%2F` as what it stands for; in queries `+` is a space.
pub fn unescaped(text: &str, plus_is_space: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digit = |at: usize| after.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high * 16 + low) as u8);
                rest = &after[2..];
            }
            _ => {
                bytes.push(if *first == b'+' && plus_is_space { b' ' } else { *first });
                rest = after;
            }
        }
    }
    super::lossy_string(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_escape_stays() {
        assert_eq!(unescaped("a%3Db%2Cc+in+%28d%29", true), "a=b,c in (d)");
        assert_eq!(unescaped("/a+b%2", false), "/a+b%2");
        assert_eq!(unescaped("%zz%+1%d0%b9", false), "%zz%+1й");
    }
}
