//! IANA time zones: every name, with the rule that holds today. Past changes of a zone's rule are left out knowingly.

use crate::base::Timestamp;
use crate::base::time::{days_from_civil, days_in_month};

/// A line a rule: a POSIX TZ text, then the names of the zones that follow it.
const TABLE: &str = include_str!("time_zones.txt");
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// A time zone by its current rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Zone {
    /// Seconds east of UTC in standard time.
    standard: i64,
    summer: Option<Summer>,
}

/// Summer time: its offset, and when it starts and ends in local wall time.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Summer {
    offset: i64,
    start: Change,
    end: Change,
}

/// `M3.5.0/2`: the n-th (5: last) weekday (0: Sunday) of a month, and the seconds after midnight.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Change {
    month: i64,
    week: i64,
    weekday: i64,
    seconds: i64,
}

impl Zone {
    pub const UTC: Zone = Zone { standard: 0, summer: None };

    /// # Errors
    /// The text of Go's `time.LoadLocation`.
    // Models Go's time.LoadLocation: the empty name and `Local` of the control plane are UTC.
    pub fn load(name: &str) -> Result<Zone, String> {
        if matches!(name, "" | "UTC" | "Local") {
            return Ok(Zone::UTC);
        }
        if name.contains("..") || name.starts_with(['/', '\\']) {
            return Err("time: invalid location name".to_owned());
        }
        for line in TABLE.lines() {
            let mut words = line.split(' ');
            let rule = words.next().unwrap_or_default();
            if words.any(|word| word == name) {
                return parse_rule(rule).ok_or(format!("malformed time zone rule {rule}"));
            }
        }
        Err(format!("unknown time zone {name}"))
    }

    /// Seconds east of UTC at an instant.
    pub fn offset_at(&self, at: Timestamp) -> i64 {
        let Some(summer) = &self.summer else { return self.standard };
        let year = Timestamp::from_secs(at.as_secs() + self.standard).civil().year;
        let start = summer.start.local_seconds(year) - self.standard;
        let end = summer.end.local_seconds(year) - summer.offset;
        let at = at.as_secs();
        let is_summer = if start < end { (start..end).contains(&at) } else { !(end..start).contains(&at) };
        if is_summer { summer.offset } else { self.standard }
    }

    /// The instant of a local wall time given as seconds since 1970 in local time. A time that a change skips or
    /// repeats is taken in one of the two offsets, as Go's `time.Date` takes it.
    pub fn instant_of_local(&self, local_seconds: i64) -> Timestamp {
        let guess = self.offset_at(Timestamp::from_secs(local_seconds));
        let offset = match guess {
            0 => 0,
            _ => self.offset_at(Timestamp::from_secs(local_seconds - guess)),
        };
        Timestamp::from_secs(local_seconds - offset)
    }

    /// RFC 3339 with the zone's offset: `2016-05-19T10:00:00-04:00`, `Z` for UTC.
    pub fn rfc3339(&self, at: Timestamp) -> String {
        let offset = self.offset_at(at);
        let local = Timestamp::from_secs(at.as_secs() + offset).to_string();
        if offset == 0 {
            return local;
        }
        let sign = if offset < 0 { '-' } else { '+' };
        let minutes = offset.abs() / 60;
        format!("{}{sign}{:02}:{:02}", local.trim_end_matches('Z'), minutes / 60, minutes % 60)
    }
}

impl Change {
    /// When the change happens in a year, as local seconds since 1970.
    fn local_seconds(self, year: i64) -> i64 {
        let first = days_from_civil(year, self.month, 1);
        // 1 January 1970 was a Thursday.
        let first_weekday = (first + 4).rem_euclid(7);
        let mut day = 1 + (self.weekday - first_weekday).rem_euclid(7) + (self.week - 1) * 7;
        if day > days_in_month(year, self.month) {
            day -= 7;
        }
        (first + day - 1) * DAY + self.seconds
    }
}

/// Reads a POSIX TZ text: `MSK-3`, `<+05>-5`, `CET-1CEST,M3.5.0,M10.5.0/3`.
fn parse_rule(text: &str) -> Option<Zone> {
    let mut parts = text.split(',');
    let names_and_offsets = parts.next()?;
    let rest = skip_name(names_and_offsets)?;
    let (standard, rest) = posix_offset(rest)?;
    if rest.is_empty() {
        return Some(Zone { standard, summer: None });
    }
    let rest = skip_name(rest)?;
    let offset = if rest.is_empty() { standard + HOUR } else { posix_offset(rest)?.0 };
    let start = parse_change(parts.next()?)?;
    let end = parse_change(parts.next()?)?;
    Some(Zone { standard, summer: Some(Summer { offset, start, end }) })
}

fn skip_name(text: &str) -> Option<&str> {
    match text.strip_prefix('<') {
        Some(quoted) => quoted.split_once('>').map(|(_, rest)| rest),
        None => Some(text.trim_start_matches(|c: char| c.is_ascii_alphabetic())),
    }
}

/// POSIX counts offsets west of UTC; the answer is east, with what follows the number.
fn posix_offset(text: &str) -> Option<(i64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && !"+-:".contains(c)).unwrap_or(text.len());
    clock_seconds(&text[..end]).map(|west| (-west, &text[end..]))
}

/// `-1:30` as seconds.
fn clock_seconds(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.trim_start_matches('+')),
    };
    let mut seconds = 0;
    for (part, scale) in digits.split(':').zip([HOUR, 60, 1]) {
        seconds += part.parse::<i64>().ok()? * scale;
    }
    Some(sign * seconds)
}

fn parse_change(text: &str) -> Option<Change> {
    let (date, clock) = text.split_once('/').unwrap_or((text, "2"));
    let mut numbers = date.strip_prefix('M')?.split('.').map(|part| part.parse::<i64>().ok());
    let (month, week, weekday) = (numbers.next()??, numbers.next()??, numbers.next()??);
    Some(Change { month, week, weekday, seconds: clock_seconds(clock)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).expect(text)
    }

    #[test]
    fn every_rule_of_the_table_is_read() {
        for line in TABLE.lines() {
            let rule = line.split(' ').next().expect("a rule");
            assert!(parse_rule(rule).is_some(), "{rule}");
        }
    }

    #[test]
    fn offsets_follow_summer_time() {
        let cases = [
            ("Europe/Moscow", "2026-07-01T00:00:00Z", 3 * HOUR),
            ("Asia/Kolkata", "2026-07-01T00:00:00Z", 19_800),
            ("Europe/Berlin", "2026-03-29T00:59:59Z", HOUR),
            ("Europe/Berlin", "2026-03-29T01:00:00Z", 2 * HOUR),
            ("Europe/Berlin", "2026-10-25T00:59:59Z", 2 * HOUR),
            ("Europe/Berlin", "2026-10-25T01:00:00Z", HOUR),
            ("America/New_York", "2016-05-19T14:00:00Z", -4 * HOUR),
            ("America/New_York", "2026-12-01T00:00:00Z", -5 * HOUR),
            ("Australia/Sydney", "2026-01-01T00:00:00Z", 11 * HOUR),
            ("Australia/Sydney", "2026-07-01T00:00:00Z", 10 * HOUR),
            ("Europe/Dublin", "2026-01-01T00:00:00Z", 0),
            ("Europe/Dublin", "2026-07-01T00:00:00Z", HOUR),
            ("Etc/GMT-5", "2026-07-01T00:00:00Z", 5 * HOUR),
        ];
        for (name, instant, offset) in cases {
            assert_eq!(Zone::load(name).expect(name).offset_at(at(instant)), offset, "{name} {instant}");
        }
    }

    #[test]
    fn unknown_names_are_refused_with_the_text_of_go() {
        assert_eq!(Zone::load("Mars/Base"), Err("unknown time zone Mars/Base".to_owned()));
        assert_eq!(Zone::load("../x"), Err("time: invalid location name".to_owned()));
        assert_eq!(Zone::load(""), Ok(Zone::UTC));
    }

    #[test]
    fn local_times_have_their_offset() {
        let berlin = Zone::load("Europe/Berlin").expect("known");
        assert_eq!(berlin.rfc3339(at("2026-07-01T00:00:00Z")), "2026-07-01T02:00:00+02:00");
        let noon = at("2026-07-01T12:00:00Z").as_secs();
        assert_eq!(berlin.instant_of_local(noon), at("2026-07-01T10:00:00Z"));
    }
}
