//! Cron schedules: the parser and the arithmetic of the library that Kubernetes uses (robfig/cron v3).

use super::time_zone::Zone;
use crate::base::time::{Civil, days_from_civil};
use crate::base::{Timestamp, go_duration};

/// Set beside the bits of a field that was `*` or `?`: then both day fields must match.
const STAR: u64 = 1 << 63;
/// A schedule that does not fire within this many years never fires.
const YEARS_AHEAD: i64 = 5;

/// A parsed schedule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Schedule {
    /// The zone of a `TZ=` or `CRON_TZ=` prefix.
    zone: Option<Zone>,
    when: When,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum When {
    Fields(Fields),
    /// `@every`: seconds, at least 1.
    Every(i64),
}

/// One bit a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Fields {
    minute: u64,
    hour: u64,
    day_of_month: u64,
    month: u64,
    day_of_week: u64,
}

/// The legal values of a field.
struct Bounds {
    min: u64,
    max: u64,
    names: &'static [&'static str],
}

const MINUTE: Bounds = Bounds { min: 0, max: 59, names: &[] };
const HOUR: Bounds = Bounds { min: 0, max: 23, names: &[] };
const DAY_OF_MONTH: Bounds = Bounds { min: 1, max: 31, names: &[] };
const MONTH: Bounds = Bounds {
    min: 1,
    max: 12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
const DAY_OF_WEEK: Bounds =
    Bounds { min: 0, max: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] };

impl Bounds {
    fn all(&self) -> u64 {
        bits(self.min, self.max, 1) | STAR
    }

    fn named(&self, word: &str) -> Option<u64> {
        let at = self.names.iter().position(|name| name.eq_ignore_ascii_case(word))?;
        Some(self.min + at as u64)
    }
}

fn bits(first: u64, last: u64, step: u64) -> u64 {
    // No field is as wide as that: a longer step leaves the first value only, on machines of any word size.
    let step = step.min(64) as usize;
    (first..=last).step_by(step).fold(0, |set, value| set | 1 << value)
}

impl Schedule {
    /// # Errors
    /// The parser's own message, as it stands in the API server's refusal.
    // Models github.com/robfig/cron/v3 parser.go ParseStandard
    pub fn parse(text: &str) -> Result<Schedule, String> {
        if text.is_empty() {
            return Err("empty spec string".to_owned());
        }
        let (zone, rest) = match text.strip_prefix("TZ=").or_else(|| text.strip_prefix("CRON_TZ=")) {
            None => (None, text),
            Some(after) => {
                // The library slices up to the first space; without one Go panics and the server reports that.
                let (name, rest) = after.split_once(' ').ok_or(
                    "invalid schedule format: runtime error: slice bounds out of range [:-1]".to_owned(),
                )?;
                let zone =
                    Zone::load(name).map_err(|error| format!("provided bad location {name}: {error}"))?;
                (Some(zone), rest.trim())
            }
        };
        let when = if rest.starts_with('@') { parse_descriptor(rest)? } else { parse_fields(rest)? };
        Ok(Schedule { zone, when })
    }

    /// The first instant after `after` at which the schedule fires; `None` when there is none within five years.
    /// `zone` is that of the CronJob; a `TZ=` prefix of the schedule wins over it.
    // Models github.com/robfig/cron/v3 spec.go Next and constantdelay.go Next
    pub fn next_after(&self, after: Timestamp, zone: &Zone) -> Option<Timestamp> {
        match &self.when {
            When::Every(seconds) => Some(Timestamp::from_secs(after.as_secs().checked_add(*seconds)?)),
            When::Fields(fields) => next_match(fields, after, self.zone.as_ref().unwrap_or(zone)),
        }
    }
}

fn parse_descriptor(text: &str) -> Result<When, String> {
    let fields = |minute, hour, day_of_month, month, day_of_week| {
        Ok(When::Fields(Fields { minute, hour, day_of_month, month, day_of_week }))
    };
    let (any_day, any_month, any_weekday) = (DAY_OF_MONTH.all(), MONTH.all(), DAY_OF_WEEK.all());
    match text {
        "@yearly" | "@annually" => fields(1, 1, 1 << 1, 1 << 1, any_weekday),
        "@monthly" => fields(1, 1, 1 << 1, any_month, any_weekday),
        "@weekly" => fields(1, 1, any_day, any_month, 1),
        "@daily" | "@midnight" => fields(1, 1, any_day, any_month, any_weekday),
        "@hourly" => fields(1, HOUR.all(), any_day, any_month, any_weekday),
        _ => {
            let Some(duration) = text.strip_prefix("@every ") else {
                return Err(format!("unrecognized descriptor: {text}"));
            };
            let nanos = go_duration::parse_nanos(duration)
                .map_err(|error| format!("failed to parse duration {text}: {error}"))?;
            Ok(When::Every((nanos / 1_000_000_000).max(1)))
        }
    }
}

fn parse_fields(text: &str) -> Result<When, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [minute, hour, day_of_month, month, day_of_week] = words[..] else {
        return Err(format!("expected exactly 5 fields, found {}: [{}]", words.len(), words.join(" ")));
    };
    Ok(When::Fields(Fields {
        minute: parse_field(minute, &MINUTE)?,
        hour: parse_field(hour, &HOUR)?,
        day_of_month: parse_field(day_of_month, &DAY_OF_MONTH)?,
        month: parse_field(month, &MONTH)?,
        day_of_week: parse_field(day_of_week, &DAY_OF_WEEK)?,
    }))
}

fn parse_field(text: &str, bounds: &Bounds) -> Result<u64, String> {
    let ranges = text.split(',').filter(|range| !range.is_empty());
    ranges.map(|range| parse_range(range, bounds)).try_fold(0, |set, range| Ok(set | range?))
}

/// `N`, `N-M`, `*`, each with an optional `/STEP`.
// Models github.com/robfig/cron/v3 parser.go getRange
fn parse_range(text: &str, bounds: &Bounds) -> Result<u64, String> {
    let range_and_step: Vec<&str> = text.split('/').collect();
    let low_and_high: Vec<&str> = range_and_step[0].split('-').collect();
    let is_star = matches!(low_and_high[0], "*" | "?");
    let mut star = if is_star { STAR } else { 0 };
    let (first, mut last) = match low_and_high[..] {
        _ if is_star => (bounds.min, bounds.max),
        [only] => {
            let value = parse_value(only, bounds)?;
            (value, value)
        }
        [low, high] => (parse_value(low, bounds)?, parse_value(high, bounds)?),
        _ => {
            parse_value(low_and_high[0], bounds)?;
            return Err(format!("too many hyphens: {text}"));
        }
    };
    let step = match range_and_step[..] {
        [_] => 1,
        [_, step] => {
            let step = parse_int(step)?;
            if low_and_high.len() == 1 {
                last = bounds.max;
            }
            if step > 1 {
                star = 0;
            }
            step
        }
        _ => return Err(format!("too many slashes: {text}")),
    };
    if first < bounds.min {
        return Err(format!("beginning of range ({first}) below minimum ({}): {text}", bounds.min));
    }
    if last > bounds.max {
        return Err(format!("end of range ({last}) above maximum ({}): {text}", bounds.max));
    }
    if first > last {
        return Err(format!("beginning of range ({first}) beyond end of range ({last}): {text}"));
    }
    if step == 0 {
        return Err(format!("step of range should be a positive number: {text}"));
    }
    Ok(bits(first, last, step) | star)
}

fn parse_value(text: &str, bounds: &Bounds) -> Result<u64, String> {
    bounds.named(text).map_or_else(|| parse_int(text), Ok)
}

fn parse_int(text: &str) -> Result<u64, String> {
    let fault =
        |what: &str| format!("failed to parse int from {text}: strconv.Atoi: parsing {text:?}: {what}");
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(fault("invalid syntax"));
    }
    let number: i64 = text.parse().map_err(|_| fault("value out of range"))?;
    u64::try_from(number).map_err(|_| format!("negative number ({number}) not allowed: {text}"))
}

/// A moving instant and its calendar fields in a zone.
struct Cursor<'a> {
    at: Timestamp,
    zone: &'a Zone,
    local: Civil,
}

impl Cursor<'_> {
    fn go_to(&mut self, at: Timestamp) {
        self.at = at;
        self.local = Timestamp::from_secs(at.as_secs() + self.zone.offset_at(at)).civil();
    }

    fn add(&mut self, seconds: i64) {
        self.go_to(Timestamp::from_secs(self.at.as_secs() + seconds));
    }

    /// Goes to a local date (months and days may overflow) at a local time of day.
    fn go_to_local(&mut self, year: i64, month: i64, day: i64, seconds_of_day: i64) {
        let (year, month) = (year + (month - 1).div_euclid(12), (month - 1).rem_euclid(12) + 1);
        let local = (days_from_civil(year, month, 1) + day - 1) * 86_400 + seconds_of_day;
        self.go_to(self.zone.instant_of_local(local));
    }

    fn seconds_of_day(&self) -> i64 {
        self.local.hour * 3_600 + self.local.minute * 60 + self.local.second
    }

    /// Sunday is 0.
    fn weekday(&self) -> i64 {
        (days_from_civil(self.local.year, self.local.month, self.local.day) + 4).rem_euclid(7)
    }
}

fn has(set: u64, value: i64) -> bool {
    set & (1 << value) != 0
}

fn day_matches(fields: &Fields, cursor: &Cursor) -> bool {
    let by_month = has(fields.day_of_month, cursor.local.day);
    let by_week = has(fields.day_of_week, cursor.weekday());
    if (fields.day_of_month | fields.day_of_week) & STAR != 0 {
        by_month && by_week
    } else {
        by_month || by_week
    }
}

/// Each unit is moved on until it matches; a unit that wraps starts the search again from the largest.
fn next_match(fields: &Fields, after: Timestamp, zone: &Zone) -> Option<Timestamp> {
    let mut cursor = Cursor { at: after, zone, local: after.civil() };
    cursor.add(1);
    let last_year = cursor.local.year + YEARS_AHEAD;
    // Whether the smaller units were set to their start already.
    let mut started = false;
    while cursor.local.year <= last_year {
        if next_month(fields, &mut cursor, &mut started)
            && next_day(fields, &mut cursor, &mut started)
            && next_hour(fields, &mut cursor, &mut started)
            && next_minute(fields, &mut cursor, &mut started)
        {
            return Some(cursor.at);
        }
    }
    None
}

fn next_month(fields: &Fields, cursor: &mut Cursor, started: &mut bool) -> bool {
    while !has(fields.month, cursor.local.month) {
        if !std::mem::replace(started, true) {
            cursor.go_to_local(cursor.local.year, cursor.local.month, 1, 0);
        }
        let seconds = cursor.seconds_of_day();
        cursor.go_to_local(cursor.local.year, cursor.local.month + 1, cursor.local.day, seconds);
        if cursor.local.month == 1 {
            return false;
        }
    }
    true
}

fn next_day(fields: &Fields, cursor: &mut Cursor, started: &mut bool) -> bool {
    while !day_matches(fields, cursor) {
        if !std::mem::replace(started, true) {
            cursor.go_to_local(cursor.local.year, cursor.local.month, cursor.local.day, 0);
        }
        let seconds = cursor.seconds_of_day();
        cursor.go_to_local(cursor.local.year, cursor.local.month, cursor.local.day + 1, seconds);
        // A change of summer time at midnight leaves another hour than 0.
        match cursor.local.hour {
            0 => {}
            hour if hour > 12 => cursor.add((24 - hour) * 3_600),
            hour => cursor.add(-hour * 3_600),
        }
        if cursor.local.day == 1 {
            return false;
        }
    }
    true
}

fn next_hour(fields: &Fields, cursor: &mut Cursor, started: &mut bool) -> bool {
    while !has(fields.hour, cursor.local.hour) {
        if !std::mem::replace(started, true) {
            let hour = cursor.local.hour * 3_600;
            cursor.go_to_local(cursor.local.year, cursor.local.month, cursor.local.day, hour);
        }
        cursor.add(3_600);
        if cursor.local.hour == 0 {
            return false;
        }
    }
    true
}

/// The minute, and second 0 of it.
fn next_minute(fields: &Fields, cursor: &mut Cursor, started: &mut bool) -> bool {
    while !has(fields.minute, cursor.local.minute) {
        if !std::mem::replace(started, true) {
            cursor.add(-cursor.local.second);
        }
        cursor.add(60);
        if cursor.local.minute == 0 {
            return false;
        }
    }
    if cursor.local.second != 0 {
        *started = true;
        cursor.add(60 - cursor.local.second);
        return false;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(schedule: &str, zone: &str, after: &str) -> Option<String> {
        let schedule = Schedule::parse(schedule).expect(schedule);
        let after = Timestamp::parse_rfc3339(after).expect(after);
        schedule.next_after(after, &Zone::load(zone).expect(zone)).map(|next| next.to_string())
    }

    #[test]
    fn the_next_instant_follows_the_zone() {
        let cases = [
            ("0 9 * * *", "Europe/Moscow", "2026-01-01T00:00:00Z", Some("2026-01-01T06:00:00Z")),
            ("0 9 * * *", "America/New_York", "2026-07-01T00:00:00Z", Some("2026-07-01T13:00:00Z")),
            // 02:30 does not exist on the day when summer time starts.
            ("30 2 * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", Some("2026-03-30T00:30:00Z")),
            ("TZ=Europe/Moscow 0 9 * * *", "UTC", "2026-01-01T00:00:00Z", Some("2026-01-01T06:00:00Z")),
            ("0 0 29 2 *", "UTC", "2025-01-01T00:00:00Z", Some("2028-02-29T00:00:00Z")),
            ("0 0 31 2 *", "UTC", "2025-01-01T00:00:00Z", None),
            ("59 23 31 12 *", "UTC", "2026-12-31T23:59:00Z", Some("2027-12-31T23:59:00Z")),
            ("* * * * *", "Asia/Kathmandu", "2026-01-01T00:00:30Z", Some("2026-01-01T00:01:00Z")),
        ];
        for (schedule, zone, after, expect) in cases {
            assert_eq!(next(schedule, zone, after).as_deref(), expect, "{schedule} {zone} {after}");
        }
    }

    #[test]
    fn faults_have_the_messages_of_the_library() {
        let cases = [
            ("", "empty spec string"),
            ("* * * * 7", "end of range (7) above maximum (6): 7"),
            ("* * 0 * *", "beginning of range (0) below minimum (1): 0"),
            ("*/0 * * * *", "step of range should be a positive number: */0"),
            ("-1 * * * *", "failed to parse int from : strconv.Atoi: parsing \"\": invalid syntax"),
            ("@every 5", "failed to parse duration @every 5: time: missing unit in duration \"5\""),
            ("TZ=Mars/Base * * * * *", "provided bad location Mars/Base: unknown time zone Mars/Base"),
            ("TZ=UTC", "invalid schedule format: runtime error: slice bounds out of range [:-1]"),
        ];
        for (text, error) in cases {
            assert_eq!(Schedule::parse(text), Err(error.to_owned()), "{text}");
        }
    }
}
