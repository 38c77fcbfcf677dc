//! Forms of names, labels and keys, with the messages about texts that do not have them.

const LABEL_BYTES_MAX: usize = 63;
const SUBDOMAIN_BYTES_MAX: usize = 253;
const LABEL_FORMAT: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const SUBDOMAIN_MESSAGE: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const LABEL_MESSAGE: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const QUALIFIED_FORMAT: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const QUALIFIED_MESSAGE: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const CONFIG_KEY_MESSAGE: &str =
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
const ENV_NAME_MESSAGE: &str =
    "a valid environment variable name must consist only of printable ASCII characters other than '='";

// Models staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go RegexError
fn regex_error(message: &str, format: &str, examples: &[&str]) -> String {
    let examples: Vec<String> = examples.iter().map(|example| format!("'{example}', ")).collect();
    let examples = match examples.len() {
        0 => String::new(),
        1 => format!("e.g. {}", examples[0]),
        _ => format!("e.g. {}", examples.join(" or ")),
    };
    format!("{message} ({examples}regex used for validation is '{format}')")
}

fn too_long(bytes_max: usize) -> String {
    format!("must be no more than {bytes_max} bytes")
}

fn is_lower_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// Letters and digits at both ends, those or one of `inner` between; lower case where `is_end` says so.
fn has_form(text: &str, inner: &[u8], is_end: fn(u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    let (Some(first), Some(last)) = (bytes.first(), bytes.last()) else { return false };
    is_end(*first) && is_end(*last) && bytes.iter().all(|byte| is_end(*byte) || inner.contains(byte))
}

fn is_alphanumeric(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
}

pub fn dns_label(text: &str) -> Vec<String> {
    let mut messages = Vec::new();
    if text.len() > LABEL_BYTES_MAX {
        messages.push(too_long(LABEL_BYTES_MAX));
    }
    if !has_form(text, b"-", is_lower_alphanumeric) {
        messages.push(regex_error(LABEL_MESSAGE, LABEL_FORMAT, &["my-name", "123-abc"]));
    }
    messages
}

pub fn dns_subdomain(text: &str) -> Vec<String> {
    let mut messages = Vec::new();
    if text.len() > SUBDOMAIN_BYTES_MAX {
        messages.push(too_long(SUBDOMAIN_BYTES_MAX));
    }
    if !text.split('.').all(|part| has_form(part, b"-", is_lower_alphanumeric)) {
        let format = format!("{LABEL_FORMAT}(\\.{LABEL_FORMAT})*");
        messages.push(regex_error(SUBDOMAIN_MESSAGE, &format, &["example.com"]));
    }
    messages
}

/// Search paths of resolvers may have underscores.
pub fn dns_subdomain_with_underscores(text: &str) -> Vec<String> {
    let mut messages = Vec::new();
    if text.len() > SUBDOMAIN_BYTES_MAX {
        messages.push(too_long(SUBDOMAIN_BYTES_MAX));
    }
    let is_end = |byte: u8| is_lower_alphanumeric(byte) || byte == b'_';
    if !text.split('.').all(|part| has_form(part, b"-", is_end)) {
        let part = "[a-z0-9_]([-a-z0-9_]*[a-z0-9_])?";
        let message = SUBDOMAIN_MESSAGE.replace("characters, '-'", "characters, '_', '-'");
        messages.push(regex_error(&message, &format!("{part}(\\.{part})*"), &["example.com"]));
    }
    messages
}

/// `name` or `prefix/name`: keys of labels and annotations, finalizers, condition types.
pub fn qualified_name(text: &str) -> Vec<String> {
    let mut messages = Vec::new();
    let (prefix, name) = match text.split_once('/') {
        None => (None, text),
        Some((prefix, name)) => (Some(prefix), name),
    };
    if name.contains('/') {
        let message = regex_error(QUALIFIED_MESSAGE, QUALIFIED_FORMAT, &["MyName", "my.name", "123-abc"]);
        return vec![format!(
            "a qualified name {message} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        )];
    }
    match prefix {
        None => {}
        Some("") => messages.push("prefix part must be non-empty".to_owned()),
        Some(prefix) => {
            messages
                .extend(dns_subdomain(prefix).into_iter().map(|message| format!("prefix part {message}")));
        }
    }
    if name.is_empty() {
        messages.push("name part must be non-empty".to_owned());
    } else if name.len() > LABEL_BYTES_MAX {
        messages.push(format!("name part {}", too_long(LABEL_BYTES_MAX)));
    }
    if !has_form(name, b"-_.", is_alphanumeric) {
        let message = regex_error(QUALIFIED_MESSAGE, QUALIFIED_FORMAT, &["MyName", "my.name", "123-abc"]);
        messages.push(format!("name part {message}"));
    }
    messages
}

pub fn label_value(text: &str) -> Vec<String> {
    let mut messages = Vec::new();
    if text.len() > LABEL_BYTES_MAX {
        messages.push(too_long(LABEL_BYTES_MAX));
    }
    if !text.is_empty() && !has_form(text, b"-_.", is_alphanumeric) {
        let message =
            format!("a valid label must be an empty string or {}", &QUALIFIED_MESSAGE["must ".len()..]);
        let format = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?";
        messages.push(regex_error(&message, format, &["MyValue", "my_value", "12345"]));
    }
    messages
}

/// Keys of ConfigMaps and Secrets.
pub fn config_key(text: &str) -> Vec<String> {
    let mut messages = Vec::new();
    if text.len() > SUBDOMAIN_BYTES_MAX {
        messages.push(too_long(SUBDOMAIN_BYTES_MAX));
    }
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if text.is_empty() || !text.bytes().all(inner) {
        messages.push(regex_error(
            CONFIG_KEY_MESSAGE,
            "[-._a-zA-Z0-9]+",
            &["key.name", "KEY_NAME", "key-name"],
        ));
    }
    messages.extend(changes_directory(text));
    messages
}

/// Names that would lead out of a folder.
// Models staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go hasChDirPrefix
fn changes_directory(text: &str) -> Option<String> {
    match text {
        "." | ".." => Some(format!("must not be '{text}'")),
        _ if text.starts_with("..") => Some("must not start with '..'".to_owned()),
        _ => None,
    }
}

/// Names in files of variables, which kubectl reads more strictly than the server reads those of containers.
// Models staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go IsEnvVarName
pub fn env_file_name(text: &str) -> Vec<String> {
    let mut messages = Vec::new();
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    if text.is_empty() || text.starts_with(|c: char| c.is_ascii_digit()) || !text.bytes().all(legal) {
        messages.push(regex_error(
            "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and \
             must not start with a digit",
            "[-._a-zA-Z][-._a-zA-Z0-9]*",
            &["my.env-name", "MY_ENV.NAME", "MyEnvName1"],
        ));
    }
    messages.extend(changes_directory(text));
    messages
}

// Models staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go IsRelaxedEnvVarName
pub fn env_name(text: &str) -> Vec<String> {
    let legal = |c: char| (' '..='~').contains(&c) && c != '=';
    if text.chars().all(legal) { Vec::new() } else { vec![ENV_NAME_MESSAGE.to_owned()] }
}

// Models staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go IsHTTPHeaderName
pub fn http_header(text: &str) -> Vec<String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Vec::new();
    }
    let message = "a valid HTTP header must consist of alphanumeric characters or '-'";
    vec![regex_error(message, "[-A-Za-z0-9]+", &["X-Header-Name"])]
}

/// Names of container ports.
pub fn port_name(text: &str) -> Vec<String> {
    let mut messages = Vec::new();
    if text.len() > 15 {
        messages.push(too_long(15));
    }
    if text.is_empty() || !text.bytes().all(|byte| is_lower_alphanumeric(byte) || byte == b'-') {
        messages.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".to_owned());
    }
    if !text.bytes().any(|byte| byte.is_ascii_lowercase()) {
        messages.push("must contain at least one letter (a-z)".to_owned());
    }
    if text.contains("--") {
        messages.push("must not contain consecutive hyphens".to_owned());
    }
    if text.starts_with('-') || text.ends_with('-') {
        messages.push("must not begin or end with a hyphen".to_owned());
    }
    messages
}

pub fn port_number(port: i64) -> Option<&'static str> {
    (!(1..=65_535).contains(&port)).then_some("must be between 1 and 65535, inclusive")
}

/// The prefix of generated names may end with a dash: a name follows it.
pub fn mask_trailing_dash(prefix: &str) -> String {
    match prefix.strip_suffix('-') {
        Some(rest) if !rest.is_empty() => {
            let cut = rest.char_indices().next_back().map_or(0, |(at, _)| at);
            format!("{}a", &rest[..cut])
        }
        _ => prefix.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_have_their_messages() {
        assert_eq!(dns_subdomain("hello.world-1"), Vec::<String>::new());
        assert_eq!(
            dns_subdomain("Hello"),
            [
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and \
                 must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
                 '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
            ]
        );
        assert_eq!(label_value(&"a".repeat(64)), ["must be no more than 63 bytes"]);
        assert_eq!(
            qualified_name("")[..],
            [
                "name part must be non-empty".to_owned(),
                format!(
                    "name part {}",
                    regex_error(QUALIFIED_MESSAGE, QUALIFIED_FORMAT, &["MyName", "my.name", "123-abc"])
                )
            ]
        );
        assert_eq!(qualified_name("example.com/x"), Vec::<String>::new());
        assert_eq!(mask_trailing_dash("hello-"), "hella");
        assert_eq!(env_name("A B"), Vec::<String>::new());
        assert_eq!(env_name("A=B"), [ENV_NAME_MESSAGE]);
    }
}
