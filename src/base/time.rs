//! Virtual time. Nothing in the core asks the machine's clock: time is a value that the cluster advances.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

/// An instant of virtual time: milliseconds since the Unix epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Time(i64);

/// A span of virtual time in milliseconds; may be negative.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Duration(i64);

/// An instant as the API writes it (`metav1.Time`): whole seconds since the Unix epoch.
///
/// Upstream truncates on every write, so a controller that reads a time back has lost the fraction;
/// the type keeps that loss visible.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Timestamp(i64);

impl Duration {
    pub const ZERO: Duration = Duration(0);

    pub const fn from_millis(millis: i64) -> Duration {
        Duration(millis)
    }

    pub const fn from_secs(secs: i64) -> Duration {
        Duration(secs * 1000)
    }

    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds, rounded towards zero.
    pub const fn as_secs(self) -> i64 {
        self.0 / 1000
    }

    pub fn as_secs_f64(self) -> f64 {
        self.0 as f64 / 1000.0
    }
}

impl Time {
    pub const fn from_millis(millis: i64) -> Time {
        Time(millis)
    }

    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// The instant as the API stores it: the fraction of the second is dropped.
    pub const fn to_timestamp(self) -> Timestamp {
        Timestamp(self.0.div_euclid(1000))
    }

    /// Parses RFC 3339 (`2026-11-23T15:34:57.25Z`, cut to milliseconds, numeric offsets applied).
    pub fn parse_rfc3339(text: &str) -> Option<Time> {
        let bytes = text.as_bytes();
        let number = |from: usize, to: usize| -> Option<i64> {
            let part = text.get(from..to)?;
            part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())?
        };
        let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
        if !separators.iter().all(|&(at, byte)| bytes.get(at) == Some(&byte)) {
            return None;
        }
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        let in_range = (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day)
            && hour < 24
            && minute < 60
            && second < 60;
        if !in_range {
            return None;
        }
        let (mut rest, mut millis) = (&text[19..], 0);
        if let Some(fraction) = rest.strip_prefix('.') {
            let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 {
                return None;
            }
            millis = format!("{:0<3.3}", &fraction[..digits]).parse().ok()?;
            rest = &fraction[digits..];
        }
        let offset_secs = parse_offset(rest)?;
        let secs = days_from_civil(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second;
        Some(Time((secs - offset_secs) * 1000 + millis))
    }
}

impl Timestamp {
    pub const fn from_secs(secs: i64) -> Timestamp {
        Timestamp(secs)
    }

    pub const fn as_secs(self) -> i64 {
        self.0
    }

    pub const fn to_time(self) -> Time {
        Time(self.0 * 1000)
    }

    /// Parses RFC 3339 (`2026-11-23T15:34:57Z`, fractions dropped, numeric offsets applied).
    pub fn parse_rfc3339(text: &str) -> Option<Timestamp> {
        Time::parse_rfc3339(text).map(Time::to_timestamp)
    }

    /// `Mon, 23 Nov 2026 15:34:58 +0000`, as `kubectl describe` prints times.
    pub fn rfc1123z(self) -> String {
        const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
        const MONTHS: [&str; 12] =
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        let civil = self.civil();
        let weekday = DAYS[self.0.div_euclid(86_400).rem_euclid(7) as usize];
        let month = MONTHS[civil.month as usize - 1];
        format!(
            "{weekday}, {:02} {month} {:04} {:02}:{:02}:{:02} +0000",
            civil.day, civil.year, civil.hour, civil.minute, civil.second
        )
    }

    /// Calendar fields in UTC.
    pub fn civil(self) -> Civil {
        let days = self.0.div_euclid(86_400);
        let secs = self.0.rem_euclid(86_400);
        let (year, month, day) = civil_from_days(days);
        Civil { year, month, day, hour: secs / 3_600, minute: secs / 60 % 60, second: secs % 60 }
    }
}

/// Calendar fields of an instant in UTC. `month` and `day` count from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Civil {
    pub year: i64,
    pub month: i64,
    pub day: i64,
    pub hour: i64,
    pub minute: i64,
    pub second: i64,
}

fn parse_offset(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60))
}

pub fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since the Unix epoch of a date in the proleptic Gregorian calendar. `month` and `day` count from 1.
pub fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    // Years are counted from March so that the leap day is the last of its year.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// RFC 3339 in UTC, as the API writes times.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let c = self.civil();
        if !(0..10_000).contains(&c.year) {
            return write!(
                f,
                "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
                c.year, c.month, c.day, c.hour, c.minute, c.second
            );
        }
        // Thousands of times stand in one listing: the digits are put down without the formatter.
        let mut text = *b"0000-00-00T00:00:00Z";
        let parts =
            [(2, c.year / 100), (4, c.year % 100), (7, c.month), (10, c.day), (13, c.hour), (16, c.minute)];
        for (end, number) in parts.into_iter().chain([(19, c.second)]) {
            text[end - 2] += (number / 10) as u8;
            text[end - 1] += (number % 10) as u8;
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl Add<Duration> for Time {
    type Output = Time;
    fn add(self, span: Duration) -> Time {
        Time(self.0.saturating_add(span.0))
    }
}

impl AddAssign<Duration> for Time {
    fn add_assign(&mut self, span: Duration) {
        *self = *self + span;
    }
}

impl Sub<Duration> for Time {
    type Output = Time;
    fn sub(self, span: Duration) -> Time {
        Time(self.0.saturating_sub(span.0))
    }
}

impl Sub for Time {
    type Output = Duration;
    fn sub(self, earlier: Time) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }
}

impl Sub for Timestamp {
    type Output = Duration;
    fn sub(self, earlier: Timestamp) -> Duration {
        self.to_time() - earlier.to_time()
    }
}

impl Add for Duration {
    type Output = Duration;
    fn add(self, other: Duration) -> Duration {
        Duration(self.0.saturating_add(other.0))
    }
}

impl Sub for Duration {
    type Output = Duration;
    fn sub(self, other: Duration) -> Duration {
        Duration(self.0.saturating_sub(other.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339_round_trips_across_leap_days_and_centuries() {
        for text in
            ["1970-01-01T00:00:00Z", "2024-02-29T23:59:59Z", "2100-03-01T00:00:00Z", "2026-11-23T15:34:57Z"]
        {
            let parsed = Timestamp::parse_rfc3339(text).expect(text);
            assert_eq!(parsed.to_string(), text);
        }
    }

    #[test]
    fn rfc3339_applies_offsets_and_refuses_nonsense() {
        let moscow = Timestamp::parse_rfc3339("2026-01-01T03:00:00.25+03:00");
        assert_eq!(moscow, Timestamp::parse_rfc3339("2026-01-01T00:00:00Z"));
        for text in [
            "",
            "2026-02-30T00:00:00Z",
            "2026-01-01 00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00",
        ] {
            assert_eq!(Timestamp::parse_rfc3339(text), None, "{text}");
        }
    }

    #[test]
    fn rfc1123z_names_the_weekday() {
        let recorded = Timestamp::parse_rfc3339("2026-11-23T15:34:58Z").expect("valid");
        assert_eq!(recorded.rfc1123z(), "Mon, 23 Nov 2026 15:34:58 +0000");
    }
}
