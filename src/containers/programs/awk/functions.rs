//! What awk brings along.

use super::value::Value;
use crate::containers::programs::printf;
use crate::containers::programs::regex::Regex;

/// Texts longer than this are refused.
pub const TEXT_MAX_BYTES: usize = 8 << 20;

/// # Errors
/// For functions that are not known, and wrong numbers of arguments.
pub fn call(name: &str, values: &[Value], random: &mut u64) -> Result<Value, String> {
    let number = |at: usize| values.get(at).map_or(0.0, Value::number);
    let text = |at: usize| values.get(at).map(Value::text).unwrap_or_default();
    Ok(match (name, values.len()) {
        ("length", 1) => Value::Number(text(0).chars().count() as f64),
        ("substr", 2 | 3) => {
            let end = if values.len() == 3 { round(number(1)) + round(number(2)) } else { f64::INFINITY };
            Value::Text(part(&text(0), round(number(1)), end))
        }
        ("index", 2) => {
            let (text, wanted) = (text(0), text(1));
            Value::Number(text.find(&wanted).map_or(0.0, |at| text[..at].chars().count() as f64 + 1.0))
        }
        ("toupper", 1) => Value::Text(text(0).to_uppercase()),
        ("tolower", 1) => Value::Text(text(0).to_lowercase()),
        ("sprintf", 1..) => Value::Text(formatted(values)?),
        ("int", 1) => Value::Number(number(0).trunc()),
        ("sqrt", 1) => Value::Number(number(0).sqrt()),
        ("exp", 1) => Value::Number(number(0).exp()),
        ("log", 1) => Value::Number(number(0).ln()),
        ("sin", 1) => Value::Number(number(0).sin()),
        ("cos", 1) => Value::Number(number(0).cos()),
        ("atan2", 2) => Value::Number(number(0).atan2(number(1))),
        ("srand", _) => {
            let before = *random;
            *random = number(0).abs() as u64;
            Value::Number(before as f64)
        }
        ("rand", 0) => {
            *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            Value::Number((*random >> 11) as f64 / (1_u64 << 53) as f64)
        }
        // What is printed is printed at once.
        ("fflush", _) => Value::Number(0.0),
        _ => return Err(format!("calling undefined function {name}")),
    })
}

fn round(number: f64) -> f64 {
    number.round_ties_even()
}

/// The letters from one place up to another, counted from one.
fn part(text: &str, from: f64, end: f64) -> String {
    let inside = |at: usize| {
        let at = at as f64 + 1.0;
        at >= from && at < end
    };
    text.chars().enumerate().filter(|(at, _)| inside(*at)).map(|(_, letter)| letter).collect()
}

/// `printf` with the values as its arguments.
///
/// # Errors
/// Without a format.
pub fn formatted(values: &[Value]) -> Result<String, String> {
    let Some((format, rest)) = values.split_first() else { return Err("printf: no format".to_owned()) };
    let format = format.text();
    let mut out = String::new();
    let mut values = rest.iter();
    let mut text = format.as_str();
    // Each conversion by itself: awk never uses its format again, and its numbers may be no shell's.
    while let Some(at) = text.find('%') {
        out.push_str(&text[..at]);
        let spec = &text[at + 1..];
        let mut end = 0;
        let mut stars = Vec::new();
        for letter in spec.chars() {
            match letter {
                '*' => stars.push(values.next().map_or(0.0, Value::number) as i64),
                '0'..='9' | '-' | '+' | ' ' | '#' | '.' => {}
                _ => break,
            }
            end += letter.len_utf8();
        }
        let mut flags = spec[..end].to_owned();
        for star in stars {
            flags = flags.replacen('*', &star.to_string(), 1);
        }
        let verb = spec[end..].chars().next();
        text = &spec[end + verb.map_or(0, char::len_utf8)..];
        match verb {
            None => out.push('%'),
            Some('%') => out.push('%'),
            Some(_) if values.len() == 0 => return Err("not enough arguments passed to printf".to_owned()),
            Some('c') => match values.next() {
                Some(Value::Number(code)) => out.extend(char::from_u32(*code as u32)),
                other => out.extend(other.map(Value::text).unwrap_or_default().chars().next()),
            },
            Some('s') => {
                let text = values.next().map(Value::text).unwrap_or_default();
                out += &converted(&flags, 's', text);
            }
            Some('d' | 'i') => {
                let number = values.next().map_or(0.0, Value::number).trunc();
                out += &converted(&flags, 'd', format!("{number:.0}"));
            }
            Some(verb) => {
                let number = values.next().map_or(0.0, Value::number);
                let whole = matches!(verb, 'o' | 'x' | 'X' | 'u');
                let shown = if whole { format!("{:.0}", number.trunc()) } else { format!("{number}") };
                out += &converted(&flags, verb, shown);
            }
        }
        if out.len() > TEXT_MAX_BYTES {
            return Err("a text is too long".to_owned());
        }
    }
    Ok(out + text)
}

/// One conversion, as the shell's `printf` makes it.
fn converted(flags: &str, verb: char, value: String) -> String {
    printf::format(&[format!("%{flags}{verb}"), value]).text
}

/// Fields of a text: by spaces, by one letter, or by a regular expression.
pub fn split(text: &str, separator: &str) -> Vec<String> {
    let owned = |parts: &mut dyn Iterator<Item = &str>| parts.map(str::to_owned).collect();
    let mut letters = separator.chars();
    match (letters.next(), letters.next()) {
        _ if text.is_empty() => Vec::new(),
        (Some(' '), None) => owned(&mut text.split([' ', '\t', '\n']).filter(|part| !part.is_empty())),
        (None, _) => text.chars().map(String::from).collect(),
        (Some(letter), None) => owned(&mut text.split(letter)),
        _ => match Regex::new(separator, true, false) {
            Ok(regex) => split_by(text, &regex),
            Err(_) => owned(&mut text.split(separator)),
        },
    }
}

pub fn split_by(text: &str, regex: &Regex) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    let mut parts = Vec::new();
    let mut begin = 0;
    // An empty match parts nothing.
    for (start, end) in regex.matches(text).filter_map(|found| found[0]).filter(|(start, end)| start < end) {
        parts.push(text[begin..start].to_owned());
        begin = end;
    }
    parts.push(text[begin..].to_owned());
    parts
}

/// The text with matches replaced, and how many there were; `&` stands for the match.
pub fn substitute(regex: &Regex, to: &str, text: &str, every: bool) -> (String, usize) {
    let (mut out, mut count, mut kept) = (String::new(), 0, 0);
    let most = if every { usize::MAX } else { 1 };
    for (start, end) in regex.matches(text).take(most).filter_map(|found| found[0]) {
        out.push_str(&text[kept..start]);
        count += 1;
        let mut escaped = false;
        for letter in to.chars() {
            match letter {
                '&' if !escaped => out.push_str(&text[start..end]),
                '\\' if !escaped => {
                    escaped = true;
                    continue;
                }
                other => {
                    if escaped && other != '&' && other != '\\' {
                        out.push('\\');
                    }
                    out.push(other);
                }
            }
            escaped = false;
        }
        kept = end;
        if out.len() > TEXT_MAX_BYTES {
            break;
        }
    }
    out.push_str(&text[kept..]);
    (out, count)
}

/// Where a match begins, counted from one, and its length; 0 and -1 without one.
pub fn position(regex: &Regex, text: &str) -> (f64, f64) {
    match regex.find(text).and_then(|found| found[0]) {
        Some((start, end)) => {
            let letters = |part: &str| part.chars().count() as f64;
            (letters(&text[..start]) + 1.0, letters(&text[start..end]))
        }
        None => (0.0, -1.0),
    }
}
