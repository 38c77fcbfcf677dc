//! date, on virtual time, in UTC.

use super::args::Args;
use crate::base::time::{days_from_civil, days_in_month};
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
        let busybox = sys.kernel.image.base == Base::Busybox;
        // BusyBox knows numbers only.
        let worded = busybox && text.contains(|c: char| c.is_alphabetic() && !"TZUC".contains(c));
        match parse(text, time).filter(|_| !worded) {
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
    } else if args.has(&["rfc-3339"]) {
        "%Y-%m-%d %H:%M:%S+00:00"
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

/// `@seconds`, RFC 3339, dates and times of day, and what GNU date adds: names of days and months, `2 days ago`, `+1 hour`.
fn parse(text: &str, now: Time) -> Option<Time> {
    if let Some(time) = Time::parse_rfc3339(text.trim()) {
        return Some(time);
    }
    let mut when = When::default();
    // A sign may stand apart from its number.
    let text = text.to_lowercase().replace([',', '\t'], " ").replace("+ ", "+").replace("- ", "-");
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let digits = word.trim_start_matches(['+', '-']);
        let length = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let (number, rest) = digits.split_at(length);
        if let Some(seconds) = word.strip_prefix('@') {
            when.instant = Some(seconds.parse::<i64>().ok()?);
        } else if let Some(instant) = Timestamp::parse_rfc3339(&word.to_uppercase()) {
            when.instant = Some(instant.as_secs());
        } else if number.is_empty() {
            when.word(word, words.peek().copied())?;
        } else if rest.contains([':', '-']) || rest.contains('t') && rest.len() > 4 {
            when.stamp(word)?;
        } else {
            let value: i64 = number.parse().ok()?;
            let value = if word.starts_with('-') { -value } else { value };
            let unit = if rest.is_empty() { words.peek().copied().unwrap_or("") } else { rest };
            if when.relative(value, unit) {
                words.next_if(|_| rest.is_empty());
            } else if rest.is_empty() && word == number {
                match number.len() {
                    1 | 2 => when.day = Some(value),
                    4 => when.year = Some(value),
                    _ => return None,
                }
            } else {
                return None;
            }
        }
    }
    when.time(now)
}

/// The parts of a date as they are found.
#[derive(Default, PartialEq)]
struct When {
    /// Seconds since the epoch.
    instant: Option<i64>,
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    /// Seconds of the day.
    clock: Option<i64>,
    weekday: Option<i64>,
    months: i64,
    seconds: i64,
}

const DAY_SECONDS: i64 = 86_400;

impl When {
    fn relative(&mut self, value: i64, unit: &str) -> bool {
        let unit = if unit.len() > 3 { unit.trim_end_matches('s') } else { unit };
        let seconds = match unit {
            "sec" | "second" | "s" => 1,
            "min" | "minute" => 60,
            "hour" => 3600,
            "day" => DAY_SECONDS,
            "week" => 7 * DAY_SECONDS,
            "month" | "year" => {
                let months = if unit == "year" { 12 } else { 1 };
                self.months = self.months.saturating_add(value.saturating_mul(months));
                return true;
            }
            _ => return false,
        };
        self.seconds = self.seconds.saturating_add(value.saturating_mul(seconds));
        true
    }

    fn word(&mut self, word: &str, next: Option<&str>) -> Option<()> {
        let named = |names: &[&str]| {
            let whole = |name: &&str| word.len() >= 3 && name.to_lowercase().starts_with(word);
            names.iter().position(whole).map(|at| at as i64)
        };
        match word {
            "now" | "today" | "utc" | "z" | "gmt" => {}
            "yesterday" => self.seconds -= DAY_SECONDS,
            "tomorrow" => self.seconds += DAY_SECONDS,
            "midnight" => self.clock = Some(0),
            "noon" => self.clock = Some(DAY_SECONDS / 2),
            "ago" => (self.seconds, self.months) = (-self.seconds, -self.months),
            // The unit counts itself: `next week`, and `next monday`, which is the next anyway.
            "next" => drop(self.relative(1, next?)),
            "last" => {
                if !self.relative(-1, next?) {
                    self.seconds -= 7 * DAY_SECONDS;
                }
            }
            "day" | "week" | "month" | "year" | "hour" => {}
            _ => match (named(&DAYS), named(&MONTHS)) {
                (Some(day), _) => self.weekday = Some(day),
                (None, month) => self.month = Some(month? + 1),
            },
        }
        Some(())
    }

    /// `2026-11-26`, `10:30`, `10:30:15`, `2026-11-26t10:30`.
    fn stamp(&mut self, word: &str) -> Option<()> {
        if let Some((date, clock)) = word.split_once('t') {
            self.stamp(date)?;
            return self.stamp(clock.trim_end_matches('z'));
        }
        let parts = |mark: char| word.split(mark).map(|part| part.parse().ok()).collect::<Option<Vec<i64>>>();
        match (parts('-').as_deref(), parts(':').as_deref()) {
            (Some(&[year, month, day]), _) => {
                (self.year, self.month, self.day) = (Some(year), Some(month), Some(day));
            }
            (_, Some(&[hour, minute])) if hour < 24 && minute < 60 => {
                self.clock = Some(hour * 3600 + minute * 60);
            }
            (_, Some(&[hour, minute, second])) if hour < 24 && minute < 60 && second < 60 => {
                self.clock = Some(hour * 3600 + minute * 60 + second);
            }
            _ => return None,
        }
        Some(())
    }

    fn time(&self, now: Time) -> Option<Time> {
        let base = self.instant.unwrap_or_else(|| now.to_timestamp().as_secs());
        let civil = Timestamp::from_secs(base).civil();
        let dated = self.month.is_some() || self.day.is_some() || self.weekday.is_some();
        let clock = match (self.clock, dated) {
            (Some(clock), _) => clock,
            (None, true) => 0,
            (None, false) => base.rem_euclid(DAY_SECONDS),
        };
        let (year, month) = (self.year.unwrap_or(civil.year), self.month.unwrap_or(civil.month));
        let day = self.day.unwrap_or(civil.day);
        let real = (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
        if !real || !(0..=9999).contains(&year) {
            return None;
        }
        let months =
            (year * 12 + month - 1).checked_add(self.months).filter(|months| months.abs() < 120_000)?;
        let mut days = days_from_civil(months.div_euclid(12), months.rem_euclid(12) + 1, day);
        if let Some(weekday) = self.weekday {
            days += (weekday - days).rem_euclid(7);
        }
        let seconds = (days * DAY_SECONDS + clock).checked_add(self.seconds)?;
        let millis = if *self == Self::default() { now.as_millis().rem_euclid(1000) } else { 0 };
        Some(Time::from_millis(seconds.checked_mul(1000)? + millis))
    }
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
            'k' => format!("{:>2}", civil.hour),
            'l' => format!("{hour12:>2}"),
            'U' => two((year_day + 6 - (weekday as i64 + 4) % 7) / 7),
            'W' => two((year_day + 6 - (weekday as i64 + 3) % 7) / 7),
            'V' | 'G' => iso_week(civil.year, year_day, (weekday as i64 + 3) % 7, letter),
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

/// The week of ISO 8601 (`V`) or the year that it belongs to (`G`); the weekday counts from Monday.
fn iso_week(year: i64, year_day: i64, weekday: i64, letter: char) -> String {
    let thursday = year_day - weekday + 3;
    let length = |year| days_from_civil(year + 1, 1, 1) - days_from_civil(year, 1, 1);
    let (year, thursday) = match thursday {
        early if early < 1 => (year - 1, early + length(year - 1)),
        late if late > length(year) => (year + 1, late - length(year)),
        own => (year, own),
    };
    if letter == 'G' { year.to_string() } else { format!("{:02}", (thursday - 1) / 7 + 1) }
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
