//! `printf`, for the shell and as a program.

use crate::base::Time;
use crate::containers::shell::escapes;

pub struct Printed {
    pub text: String,
    /// The time of `%(...)T`, where there is such a directive.
    now: Option<Time>,
    /// Without the program's name.
    pub errors: Vec<String>,
    pub status: i32,
}

/// More output than this is cut: `%999999999s` must not eat the page's memory.
const MAX_WIDTH: usize = 100_000;

/// Formats; the format is used again while arguments are left.
pub fn format(args: &[String]) -> Printed {
    format_at(args, None)
}

/// As bash does, which knows times too.
pub fn format_at(args: &[String], now: Option<Time>) -> Printed {
    let args = if args.first().is_some_and(|arg| arg == "--") { &args[1..] } else { args };
    let Some((format, mut rest)) = args.split_first() else {
        return Printed {
            text: String::new(),
            now,
            errors: vec!["usage: printf format [arguments]".into()],
            status: 2,
        };
    };
    let mut printed = Printed { text: String::new(), now, errors: Vec::new(), status: 0 };
    loop {
        let before = rest.len();
        let stop = once(format, &mut rest, &mut printed);
        if stop || rest.is_empty() || rest.len() == before {
            return printed;
        }
    }
}

/// One pass over the format; true when `\c` ended the output.
fn once(format: &str, rest: &mut &[String], printed: &mut Printed) -> bool {
    let chars: Vec<char> = format.chars().collect();
    let mut at = 0;
    let mut literal = String::new();
    while at < chars.len() {
        if chars[at] == '\\' {
            literal.extend(chars[at..].iter().take(2));
            at += 2;
            continue;
        }
        if chars[at] != '%' {
            literal.push(chars[at]);
            at += 1;
            continue;
        }
        let (text, stop) = escapes::printf(&std::mem::take(&mut literal));
        printed.text.push_str(&text);
        if stop {
            return true;
        }
        at += 1;
        if chars.get(at) == Some(&'%') {
            printed.text.push('%');
            at += 1;
            continue;
        }
        let spec = Spec::parse(&chars, &mut at, rest);
        let end = chars[at..].windows(2).position(|pair| pair == [')', 'T']).map(|length| at + length);
        if let (Some('('), Some(end), Some(now)) = (chars.get(at), end, printed.now) {
            let pattern: String = chars[at + 1..end].iter().collect();
            let seconds = next(rest).and_then(|text| text.parse().ok()).filter(|seconds: &i64| *seconds >= 0);
            let time = seconds.map_or(now, |seconds| Time::from_millis(seconds.saturating_mul(1000)));
            printed.text.push_str(&spec.pad(&super::date::format(time, &pattern)));
            at = end + 2;
            continue;
        }
        if directive(&spec, chars.get(at).copied(), rest, printed) {
            return true;
        }
        at += 1;
    }
    let (text, stop) = escapes::printf(&literal);
    printed.text.push_str(&text);
    stop
}

#[derive(Default)]
struct Spec {
    left: bool,
    zero: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
}

impl Spec {
    fn parse(chars: &[char], at: &mut usize, rest: &mut &[String]) -> Spec {
        let mut spec = Spec::default();
        while let Some(c) = chars.get(*at).filter(|c| "-0+ #'".contains(**c)) {
            match c {
                '-' => spec.left = true,
                '0' => spec.zero = true,
                '+' => spec.plus = true,
                ' ' => spec.space = true,
                '#' => spec.alternate = true,
                _ => {}
            }
            *at += 1;
        }
        let mut number = |at: &mut usize| -> usize {
            if chars.get(*at) == Some(&'*') {
                *at += 1;
                return next(rest).and_then(|text| text.parse().ok()).unwrap_or(0);
            }
            let start = *at;
            while chars.get(*at).is_some_and(char::is_ascii_digit) {
                *at += 1;
            }
            chars[start..*at].iter().collect::<String>().parse().unwrap_or(0)
        };
        spec.width = number(at).min(MAX_WIDTH);
        if chars.get(*at) == Some(&'.') {
            *at += 1;
            spec.precision = Some(number(at).min(MAX_WIDTH));
        }
        while chars.get(*at).is_some_and(|c| "hlLqjzt".contains(*c)) && chars.get(*at) != Some(&'q') {
            *at += 1;
        }
        spec
    }

    fn pad(&self, text: &str) -> String {
        let missing = self.width.saturating_sub(text.chars().count());
        if self.left {
            return text.to_string() + &" ".repeat(missing);
        }
        " ".repeat(missing) + text
    }

    fn pad_number(&self, negative: bool, prefix: &str, digits: &str) -> String {
        let sign = match (negative, self.plus, self.space) {
            (true, ..) => "-",
            (_, true, _) => "+",
            (_, _, true) => " ",
            _ => "",
        };
        let mut digits = digits.to_string();
        if let Some(precision) = self.precision {
            digits = "0".repeat(precision.saturating_sub(digits.len())) + &digits;
        } else if self.zero && !self.left {
            let missing = self.width.saturating_sub(digits.len() + sign.len() + prefix.len());
            digits = "0".repeat(missing) + &digits;
        }
        self.pad(&format!("{sign}{prefix}{digits}"))
    }
}

fn next<'a>(rest: &mut &'a [String]) -> Option<&'a str> {
    let (first, others) = rest.split_first()?;
    *rest = others;
    Some(first)
}

fn directive(spec: &Spec, letter: Option<char>, rest: &mut &[String], printed: &mut Printed) -> bool {
    let Some(letter) = letter else {
        printed.errors.push("%: invalid directive".to_string());
        printed.status = 1;
        return true;
    };
    let cut = |text: &str| -> String {
        let length = spec.precision.unwrap_or(usize::MAX);
        text.chars().take(length).collect()
    };
    match letter {
        's' => {
            let text = cut(next(rest).unwrap_or(""));
            printed.text.push_str(&spec.pad(&text));
        }
        'b' => {
            let (text, stop) = escapes::echo(next(rest).unwrap_or(""));
            printed.text.push_str(&spec.pad(&cut(&text)));
            return stop;
        }
        'q' => {
            let text = next(rest).unwrap_or("");
            printed.text.push_str(&spec.pad(&shell_quoted(text)));
        }
        'c' => {
            let text: String = next(rest).unwrap_or("").chars().take(1).collect();
            printed.text.push_str(&spec.pad(&text));
        }
        'd' | 'i' => {
            let value = integer(next(rest), printed);
            let text = spec.pad_number(value < 0, "", &value.unsigned_abs().to_string());
            printed.text.push_str(&text);
        }
        'u' | 'x' | 'X' | 'o' => {
            let value = integer(next(rest), printed) as u64;
            let (prefix, digits) = match letter {
                'x' => ("0x", format!("{value:x}")),
                'X' => ("0X", format!("{value:X}")),
                'o' => ("0", format!("{value:o}")),
                _ => ("", value.to_string()),
            };
            let prefix = if spec.alternate && value != 0 { prefix } else { "" };
            printed.text.push_str(&spec.pad_number(false, prefix, &digits));
        }
        'f' | 'F' | 'e' | 'E' | 'g' | 'G' => {
            let text = next(rest).unwrap_or("0");
            let value: f64 = text.trim().parse().unwrap_or_else(|_| {
                printed.errors.push(format!("{text}: invalid number"));
                printed.status = 1;
                0.0
            });
            let digits = float(value.abs(), letter, spec.precision);
            // The precision is spent on the digits after the point.
            let spec = Spec { precision: None, ..*spec };
            printed.text.push_str(&spec.pad_number(value < 0.0, "", &digits));
        }
        other => {
            printed.errors.push(format!("%{other}: invalid directive"));
            printed.status = 1;
            return true;
        }
    }
    false
}

/// `%q`: so that a shell reads it back.
fn shell_quoted(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-+=./:,@%".contains(c);
    if text.is_empty() {
        return "''".to_string();
    }
    text.chars().map(|c| if plain(c) { c.to_string() } else { format!("\\{c}") }).collect()
}

/// The digits of a float without its sign, as C prints them.
pub fn float(value: f64, letter: char, precision: Option<usize>) -> String {
    let precision = precision.unwrap_or(6).min(300);
    match letter {
        'e' | 'E' => exponent(value, precision, letter),
        'g' | 'G' => {
            let precision = precision.max(1);
            let scale = if value == 0.0 { 0 } else { exponent_of(value, precision) };
            let text = if scale < -4 || scale >= precision as i32 {
                exponent(value, precision - 1, if letter == 'g' { 'e' } else { 'E' })
            } else {
                format!("{value:.*}", (precision as i32 - 1 - scale).max(0) as usize)
            };
            match text.split_once(['e', 'E']) {
                Some((mantissa, power)) => {
                    format!("{}{}{power}", without_zeros(mantissa), if letter == 'g' { 'e' } else { 'E' })
                }
                None => without_zeros(&text).to_string(),
            }
        }
        _ => format!("{value:.precision$}"),
    }
}

fn without_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// The decimal exponent after rounding to so many digits.
fn exponent_of(value: f64, digits: usize) -> i32 {
    let text = format!("{value:.*e}", digits - 1);
    text.split_once('e').and_then(|(_, power)| power.parse().ok()).unwrap_or(0)
}

fn exponent(value: f64, precision: usize, letter: char) -> String {
    let text = format!("{value:.precision$e}");
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    let sign = if power < 0 { '-' } else { '+' };
    format!("{mantissa}{letter}{sign}{:02}", power.abs())
}

fn integer(text: Option<&str>, printed: &mut Printed) -> i64 {
    let Some(text) = text else { return 0 };
    let trimmed = text.trim();
    if let Some(c) = trimmed.strip_prefix(['\'', '"']).and_then(|rest| rest.chars().next()) {
        return i64::from(u32::from(c));
    }
    let (negative, digits) = match trimmed.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    let parsed = if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        i64::from_str_radix(hex, 16)
    } else if digits.len() > 1 && digits.starts_with('0') {
        i64::from_str_radix(digits, 8)
    } else {
        digits.parse()
    };
    match parsed {
        Ok(value) => {
            if negative {
                -value
            } else {
                value
            }
        }
        Err(_) if digits.is_empty() && trimmed.is_empty() => 0,
        Err(_) => {
            printed.errors.push(format!("{text}: invalid number"));
            printed.status = 1;
            let length = digits.bytes().take_while(u8::is_ascii_digit).count();
            let value: i64 = digits[..length].parse().unwrap_or(0);
            if negative { -value } else { value }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(args: &[&str], expect: &str) {
        let args: Vec<String> = args.iter().map(|arg| arg.to_string()).collect();
        assert_eq!(format(&args).text, expect, "{args:?}");
    }

    #[test]
    fn directives_are_those_of_c() {
        check(&["%s-%5s|%-5s|\\n", "a", "b", "c"], "a-    b|c    |\n");
        check(&["%d %05d %+d %x %o", "7", "-42", "3", "255", "8"], "7 -0042 +3 ff 10");
        check(&["%.2f %e %g %g", "3.14159", "12345.678", "0.0001", "1e10"], "3.14 1.234568e+04 0.0001 1e+10");
        check(&["%s\\n", "a", "b"], "a\nb\n");
        check(&["%%%c%b", "xyz", "1\\t2"], "%x1\t2");
        check(&["no args\\n"], "no args\n");
        check(&["%s %s|", "1"], "1 |");
    }
}
