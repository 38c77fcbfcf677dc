//! date, on virtual time, in UTC.

use super::args::Args;
use crate::base::time::days_from_civil;
use crate::base::{Time, Timestamp};
use crate::containers::images::Base;
use crate::containers::kernel::{Step, Sys};

const DAYS: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub fn date(sys: &mut Sys) -> Step {
    let args = Args::parse(&sys.task().argv, "uR", "dsrI", &["date", "rfc-3339", "iso-8601"]);
    let mut time = sys.now();
    if let Some(text) = args.value(&["d", "date"]) {
        match parse(text, time) {
            Some(parsed) => time = parsed,
            None => {
                let text = match sys.kernel.image.base {
                    Base::Busybox => format!("date: invalid date '{text}'\n"),
                    _ => format!("date: invalid date ‘{text}’\n"),
                };
                sys.err(&text);
                return Step::Exit(1);
            }
        }
    }
    let default = if args.has(&["R"]) {
        "%a, %d %b %Y %H:%M:%S +0000"
    } else if args.has(&["I", "iso-8601"]) {
        match args.value(&["I", "iso-8601"]) {
            Some("seconds" | "s") => "%Y-%m-%dT%H:%M:%S+00:00",
            _ => "%Y-%m-%d",
        }
    } else {
        "%a %b %e %H:%M:%S UTC %Y"
    };
    let wanted = args.operands.iter().find_map(|operand| operand.strip_prefix('+'));
    let text = format(time, wanted.unwrap_or(default));
    sys.out(&format!("{text}\n"));
    Step::Exit(0)
}

/// `@seconds`, `now`, `yesterday`, RFC 3339, `2026-01-02 03:04:05`.
fn parse(text: &str, now: Time) -> Option<Time> {
    let day = 86_400_000;
    match text.trim() {
        "now" | "" => return Some(now),
        "yesterday" => return Some(Time::from_millis(now.as_millis() - day)),
        "tomorrow" => return Some(Time::from_millis(now.as_millis() + day)),
        _ => {}
    }
    if let Some(seconds) = text.strip_prefix('@') {
        return Some(Time::from_millis(seconds.parse::<i64>().ok()?.checked_mul(1000)?));
    }
    let text = text.trim().replacen(' ', "T", 1);
    let full = match text.len() {
        10 => format!("{text}T00:00:00Z"),
        16 => format!("{text}:00Z"),
        19 => format!("{text}Z"),
        _ => text,
    };
    Timestamp::parse_rfc3339(&full).map(Timestamp::to_time)
}

/// `strftime`.
pub fn format(time: Time, pattern: &str) -> String {
    let stamp = time.to_timestamp();
    let civil = stamp.civil();
    let weekday = stamp.as_secs().div_euclid(86_400).rem_euclid(7) as usize;
    let month = MONTHS[civil.month as usize - 1];
    let year_day =
        days_from_civil(civil.year, civil.month, civil.day) - days_from_civil(civil.year, 1, 1) + 1;
    let hour12 = (civil.hour + 11) % 12 + 1;
    let mut text = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        let mut letter = chars.next().unwrap_or('%');
        let digits = letter.to_digit(10);
        let unpadded = letter == '-';
        if digits.is_some() || unpadded {
            letter = chars.next().unwrap_or('%');
        }
        let two = |value: i64| if unpadded { value.to_string() } else { format!("{value:02}") };
        let piece = match letter {
            'Y' => civil.year.to_string(),
            'y' => two(civil.year.rem_euclid(100)),
            'C' => two(civil.year.div_euclid(100)),
            'm' => two(civil.month),
            'd' => two(civil.day),
            'e' => format!("{:>2}", civil.day),
            'H' => two(civil.hour),
            'I' => two(hour12),
            'M' => two(civil.minute),
            'S' => two(civil.second),
            'p' => if civil.hour < 12 { "AM" } else { "PM" }.to_string(),
            'j' => format!("{year_day:03}"),
            's' => stamp.as_secs().to_string(),
            'N' => {
                let nanos = format!("{:03}000000", time.as_millis().rem_euclid(1000));
                nanos[..digits.map_or(9, |digits| (digits as usize).clamp(1, 9))].to_string()
            }
            'a' => DAYS[weekday][..3].to_string(),
            'A' => DAYS[weekday].to_string(),
            'b' | 'h' => month[..3].to_string(),
            'B' => month.to_string(),
            'u' => ((weekday + 3) % 7 + 1).to_string(),
            'w' => ((weekday + 4) % 7).to_string(),
            'F' => format(time, "%Y-%m-%d"),
            'T' | 'X' => format(time, "%H:%M:%S"),
            'R' => format(time, "%H:%M"),
            'r' => format(time, "%I:%M:%S %p"),
            'D' | 'x' => format(time, "%m/%d/%y"),
            'c' => format(time, "%a %b %e %H:%M:%S %Y"),
            'Z' => "UTC".to_string(),
            'z' => "+0000".to_string(),
            'n' => "\n".to_string(),
            't' => "\t".to_string(),
            '%' => "%".to_string(),
            other => format!("%{other}"),
        };
        text.push_str(&piece);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_those_of_strftime() {
        let time = Time::from_millis(1_764_000_305_042);
        assert_eq!(
            format(time, "%F %T.%3N %j %u %w %a %A %b %-d|%e"),
            "2025-11-24 16:05:05.042 328 1 1 Mon Monday Nov 24|24"
        );
        assert_eq!(format(Time::from_millis(0), "%c %I %p %s %%"), "Thu Jan  1 00:00:00 1970 12 AM 0 %");
    }

    #[test]
    fn dates_are_read_in_several_forms() {
        let now = Time::from_millis(0);
        assert_eq!(parse("@86400", now), Some(Time::from_millis(86_400_000)));
        assert_eq!(parse("1970-01-02 00:00:01", now), Some(Time::from_millis(86_401_000)));
        assert_eq!(parse("soon", now), None);
    }
}
