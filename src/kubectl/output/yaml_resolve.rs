//! What a plain scalar of YAML 1.1 would be read as.
// Models goyaml.v2 resolve.go

/// Texts that are truth values, null or no numbers, by their first byte.
fn words_from(first: u8) -> &'static [&'static str] {
    match first {
        b'y' | b'Y' => &["y", "Y", "yes", "Yes", "YES"],
        b'n' | b'N' => &["n", "N", "no", "No", "NO", "null", "Null", "NULL"],
        b't' | b'T' => &["true", "True", "TRUE"],
        b'f' | b'F' => &["false", "False", "FALSE"],
        b'o' | b'O' => &["on", "On", "ON", "off", "Off", "OFF"],
        b'~' => &["~"],
        b'.' => &[".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF"],
        b'+' => &["+.inf", "+.Inf", "+.INF"],
        b'-' => &["-.inf", "-.Inf", "-.INF"],
        _ => &[],
    }
}

/// Bytes of the longest word.
const WORD_MAX: usize = 5;

/// Whether the text, written without quotes, is read back as the same string.
pub fn reads_as_string(text: &str) -> bool {
    let Some(&first) = text.as_bytes().first() else { return false };
    if text.len() <= WORD_MAX && words_from(first).contains(&text) {
        return false;
    }
    match first {
        b'+' | b'-' | b'0'..=b'9' if text.contains('_') => {
            let plain = text.replace('_', "");
            !(is_timestamp(text) || is_integer(&plain) || is_float(&plain) || is_base60(text))
        }
        // No number has two dashes inside: a uid, an image's digest.
        b'+' | b'-' | b'0'..=b'9' if text.bytes().skip(1).filter(|byte| *byte == b'-').nth(1).is_some() => {
            !is_timestamp(text)
        }
        b'+' | b'-' | b'0'..=b'9' => {
            !(is_timestamp(text) || is_integer(text) || is_float(text) || is_base60(text))
        }
        b'.' => !is_float(text),
        _ => true,
    }
}

fn all(text: &str, accepted: fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(accepted)
}

fn digits(text: &str) -> bool {
    all(text, |b| b.is_ascii_digit())
}

/// What Go's `ParseInt` accepts with base 0, within 64 bits.
fn is_integer(text: &str) -> bool {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (body, base) = match body.as_bytes() {
        [b'0', b'x' | b'X', ..] => (&body[2..], 16),
        [b'0', b'b' | b'B', ..] => (&body[2..], 2),
        [b'0', b'o' | b'O', ..] => (&body[2..], 8),
        [b'0', _, ..] => (&body[1..], 8),
        _ => (body, 10),
    };
    !body.starts_with(['+', '-']) && u64::from_str_radix(body, base).is_ok()
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match body.bytes().position(|byte| matches!(byte, b'e' | b'E')) {
        Some(at) => (&body[..at], Some(&body[at + 1..])),
        None => (body, None),
    };
    let exponent_fits = exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)));
    let mantissa_fits = match mantissa.split_once('.') {
        None => digits(mantissa),
        Some(("", fraction)) => digits(fraction),
        Some((whole, fraction)) => digits(whole) && (fraction.is_empty() || digits(fraction)),
    };
    exponent_fits && mantissa_fits
}

/// `[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?`
fn is_base60(text: &str) -> bool {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (head, fraction) = body.split_once('.').unwrap_or((body, ""));
    let mut parts = head.split(':');
    let lead = parts.next().unwrap_or_default();
    let lead_fits =
        lead.starts_with(|c: char| c.is_ascii_digit()) && all(lead, |b| b.is_ascii_digit() || b == b'_');
    let mut sixties = parts.peekable();
    let sixty = |part: &str| match part.as_bytes() {
        [one] => one.is_ascii_digit(),
        [tens, ones] => (b'0'..=b'5').contains(tens) && ones.is_ascii_digit(),
        _ => false,
    };
    lead_fits
        && sixties.peek().is_some()
        && sixties.all(sixty)
        && (fraction.is_empty() || all(fraction, |b| b.is_ascii_digit() || b == b'_'))
}

/// Dates, alone or with a time of day.
fn is_timestamp(text: &str) -> bool {
    if is_api_time(text.as_bytes()) {
        return true;
    }
    let Some((date, time)) = split_date(text) else { return false };
    if time.is_empty() {
        return date;
    }
    let zoned = time.starts_with(['T', 't']);
    if !date || !(zoned || time.starts_with(' ')) {
        return false;
    }
    let time = &time[1..];
    let clock_end = time.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(time.len());
    let (clock, zone) = time.split_at(clock_end);
    let (whole, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let parts: Vec<&str> = whole.split(':').collect();
    let clock_fits = parts.len() == 3 && parts.iter().all(|p| digits(p) && p.len() <= 2) && digits(fraction);
    let zone_fits = match zone {
        "" => !zoned,
        "Z" => zoned,
        _ => {
            zoned
                && zone.len() == 6
                && zone.starts_with(['+', '-'])
                && digits(&zone[1..3])
                && zone.as_bytes()[3] == b':'
                && digits(&zone[4..6])
        }
    };
    clock_fits && zone_fits
}

/// The form in which the API writes times: nearly all that are printed.
pub fn is_api_time(text: &[u8]) -> bool {
    const FORM: &[u8] = b"dddd-dd-ddTdd:dd:ddZ";
    let fits = |(byte, form): (&u8, &u8)| if *form == b'd' { byte.is_ascii_digit() } else { byte == form };
    let two = |at: usize| (text[at] - b'0') * 10 + text[at + 1] - b'0';
    text.len() == FORM.len()
        && text.iter().zip(FORM).all(fits)
        && (1..=12).contains(&two(5))
        && (1..=31).contains(&two(8))
}

/// Whether the text begins with `YYYY-M-D`, and what follows.
fn split_date(text: &str) -> Option<(bool, &str)> {
    if text.len() < 8 || !text.is_ascii() || !digits(&text[..4]) || text.as_bytes()[4] != b'-' {
        return None;
    }
    let (month, rest) = text[5..].split_once('-')?;
    let day_end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (day, rest) = rest.split_at(day_end);
    let in_range =
        |part: &str, last: u32| part.len() <= 2 && part.parse().is_ok_and(|n: u32| (1..=last).contains(&n));
    Some((in_range(month, 12) && in_range(day, 31), rest))
}
