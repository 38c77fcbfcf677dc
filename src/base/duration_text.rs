//! Duration texts of kubectl's tables.

use super::Duration;

/// AGE and DURATION columns: one or two units, fewer the older.
// Models staging/src/k8s.io/apimachinery/pkg/util/duration/duration.go HumanDuration
pub fn human(span: Duration) -> String {
    let seconds = span.as_secs();
    if seconds < -1 {
        return "<invalid>".to_owned();
    }
    if seconds < 0 {
        return "0s".to_owned();
    }
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    let years = days / 365;
    let pair = |big: i64, unit: char, small: i64, small_unit: char| match small {
        0 => format!("{big}{unit}"),
        _ => format!("{big}{unit}{small}{small_unit}"),
    };
    match () {
        _ if seconds < 120 => format!("{seconds}s"),
        _ if minutes < 10 => pair(minutes, 'm', seconds % 60, 's'),
        _ if minutes < 180 => format!("{minutes}m"),
        _ if hours < 8 => pair(hours, 'h', minutes % 60, 'm'),
        _ if hours < 48 => format!("{hours}h"),
        _ if days < 8 => pair(days, 'd', hours % 24, 'h'),
        _ if days < 365 * 2 => format!("{days}d"),
        _ if years < 8 => pair(years, 'y', days % 365, 'd'),
        _ => format!("{years}y"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_thin_out_with_age() {
        let cases = [
            (-2_000, "<invalid>"),
            (-1_000, "0s"),
            (-999, "0s"),
            (119_000, "119s"),
            (120_000, "2m"),
            (125_000, "2m5s"),
            (599_000, "9m59s"),
            (600_000, "10m"),
            (3 * 3_600_000, "3h"),
            (3 * 3_600_000 + 60_000, "3h1m"),
            (47 * 3_600_000, "47h"),
            (7 * 86_400_000 + 3_600_000, "7d1h"),
            (729 * 86_400_000, "729d"),
            (731 * 86_400_000, "2y1d"),
            (9 * 365 * 86_400_000, "9y"),
        ];
        for (millis, text) in cases {
            assert_eq!(human(Duration::from_millis(millis)), text, "{millis} ms");
        }
    }
}
