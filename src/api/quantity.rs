//! Resource quantities: `100m`, `1.5Gi`, `2e3`.

use std::fmt;

/// What a number that is not a quantity is told.
pub const FORMAT_WRONG: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX_WRONG: &str = "unable to parse quantity's suffix";

/// A quantity in thousand-millionths of its unit; larger precision is rounded up, as upstream does.
#[derive(Clone, Copy, Debug)]
pub struct Quantity {
    nano: i128,
    format: Format,
}

/// How the quantity was written, and so how it is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Format {
    DecimalExponent,
    BinarySi,
    DecimalSi,
}

const NANO: i128 = 1_000_000_000;
/// Upstream caps quantities here.
const UNITS_MAX: i128 = i64::MAX as i128;
const BINARY: &[&str] = &["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
/// Suffixes for powers of a thousand, from 10^-9.
const DECIMAL: &[&str] = &["n", "u", "m", "", "k", "M", "G", "T", "P", "E"];

impl Quantity {
    pub const ZERO: Quantity = Quantity { nano: 0, format: Format::DecimalSi };

    /// # Errors
    /// The text of upstream's parser.
    // Models staging/src/k8s.io/apimachinery/pkg/api/resource/quantity.go ParseQuantity
    pub fn parse(text: &str) -> Result<Quantity, &'static str> {
        let (negative, rest) = match text.as_bytes().first() {
            Some(b'-') => (true, &text[1..]),
            Some(b'+') => (false, &text[1..]),
            _ => (false, text),
        };
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, suffix) = rest.split_at(number_end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let has_digits = !(whole.is_empty() && fraction.is_empty());
        let suffix_known = suffix.chars().all(|c| "eEinumkKMGTP+-0123456789".contains(c));
        if !has_digits || fraction.contains('.') || !suffix_known {
            return Err(FORMAT_WRONG);
        }
        let (format, base, exponent) = parse_suffix(suffix).ok_or(SUFFIX_WRONG)?;
        let nano = scaled(whole, fraction, base, exponent).min(UNITS_MAX * NANO);
        Ok(Quantity { nano: if negative { -nano } else { nano }, format })
    }

    /// A whole number of units, rounded up.
    pub fn value(self) -> i64 {
        i64::try_from(div_ceil(self.nano, NANO)).unwrap_or(i64::MAX)
    }

    /// Thousandths of the unit, rounded up.
    pub fn milli_value(self) -> i64 {
        i64::try_from(div_ceil(self.nano, NANO / 1_000)).unwrap_or(i64::MAX)
    }

    pub fn is_whole(self) -> bool {
        self.nano % NANO == 0
    }

    pub fn is_negative(self) -> bool {
        self.nano < 0
    }

    pub fn is_zero(self) -> bool {
        self.nano == 0
    }
}

fn div_ceil(value: i128, by: i128) -> i128 {
    value.div_euclid(by) + i128::from(value.rem_euclid(by) != 0)
}

/// The format, base and exponent of a suffix.
fn parse_suffix(suffix: &str) -> Option<(Format, u32, i32)> {
    if let Some(at) = BINARY.iter().position(|known| *known == suffix) {
        return Some((Format::BinarySi, 1024, at as i32 + 1));
    }
    if let Some(at) = DECIMAL.iter().position(|known| *known == suffix) {
        return Some((Format::DecimalSi, 10, at as i32 * 3 - 9));
    }
    let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
    Some((Format::DecimalExponent, 10, exponent))
}

/// `whole.fraction * base^exponent` in thousand-millionths, rounded up and saturated.
fn scaled(whole: &str, fraction: &str, base: u32, exponent: i32) -> i128 {
    // More digits than this are beyond the cap or below the precision.
    const DIGITS_MAX: usize = 30;
    let kept: String =
        whole.trim_start_matches('0').chars().chain(fraction.chars()).take(DIGITS_MAX).collect();
    let dropped = (whole.trim_start_matches('0').len() + fraction.len()).saturating_sub(DIGITS_MAX) as i32;
    let mut nano: i128 = kept.parse().unwrap_or(0);
    let mut power = 9 - fraction.len() as i32 + dropped;
    if base == 10 {
        power = power.saturating_add(exponent);
    } else {
        for _ in 0..exponent {
            nano = nano.saturating_mul(1024);
        }
    }
    while power > 0 && nano != 0 && nano < i128::MAX / 10 {
        nano *= 10;
        power -= 1;
    }
    if power > 0 && nano != 0 {
        return i128::MAX / 10;
    }
    while power < 0 && nano > 1 {
        nano = div_ceil(nano, 10);
        power += 1;
    }
    nano
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Quantity) -> bool {
        self.nano == other.nano
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Quantity) -> Option<std::cmp::Ordering> {
        self.nano.partial_cmp(&other.nano)
    }
}

/// The canonical form, as the server stores it.
// Models staging/src/k8s.io/apimachinery/pkg/api/resource/quantity.go CanonicalizeBytes
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.nano == 0 {
            return f.write_str("0");
        }
        let units = div_ceil(self.nano, NANO);
        if self.format == Format::BinarySi && units.abs() >= 1024 {
            let (mut units, mut power) = (units, 0);
            while units % 1024 == 0 && power < BINARY.len() {
                units /= 1024;
                power += 1;
            }
            let suffix = if power == 0 { "" } else { BINARY[power - 1] };
            return write!(f, "{units}{suffix}");
        }
        let (mut amount, mut power) = (self.nano, 0);
        while amount % 1_000 == 0 && power + 1 < DECIMAL.len() {
            amount /= 1_000;
            power += 1;
        }
        let exponent = power as i32 * 3 - 9;
        match self.format {
            Format::DecimalExponent if exponent == 0 => write!(f, "{amount}"),
            Format::DecimalExponent => write!(f, "{amount}e{exponent}"),
            _ => write!(f, "{amount}{}", DECIMAL[power]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_printed_in_canonical_form() {
        let cases = [
            ("1", "1"),
            ("0.5", "500m"),
            ("1000m", "1"),
            ("1.5Gi", "1536Mi"),
            ("1024Ki", "1Mi"),
            ("128974848", "128974848"),
            ("129e6", "129e6"),
            ("129M", "129M"),
            ("1500", "1500"),
            ("2000", "2k"),
            ("1e3", "1e3"),
            ("0", "0"),
            ("-1", "-1"),
            ("+100m", "100m"),
            ("0.1Ki", "102400m"),
            ("1n", "1n"),
            ("0.1n", "1n"),
            ("1.", "1"),
            (".5", "500m"),
            ("100Ei", "9223372036854775807"),
        ];
        for (text, expect) in cases {
            assert_eq!(Quantity::parse(text).map(|q| q.to_string()), Ok(expect.to_owned()), "{text}");
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "lots", "1 Gi", "1..2", "--1", "true", "1GB?"] {
            assert_eq!(Quantity::parse(text).err(), Some(FORMAT_WRONG), "{text}");
        }
        for text in ["1Kib", "1mm", "1e", "1K"] {
            assert!(Quantity::parse(text).is_err(), "{text}");
        }
    }
}
