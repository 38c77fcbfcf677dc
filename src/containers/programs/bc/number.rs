//! Decimal numbers of any length, with the number of their digits after the point.
// Models POSIX bc, "Operations": the scale of every result follows from the scales of its operands

use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};

/// A number never has more digits after its point.
pub const SCALE_MAX: usize = 10_000;
/// Digits of a line before a backslash continues it on the next.
const LINE_DIGITS: usize = 68;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// The value times ten to the power of the scale.
    pub digits: BigInt,
    pub scale: usize,
}

pub fn power_of_ten(exponent: usize) -> BigInt {
    BigInt::from(10).pow(exponent as u32)
}

impl From<i64> for Number {
    fn from(value: i64) -> Number {
        Number { digits: BigInt::from(value), scale: 0 }
    }
}

impl Number {
    /// A literal: digits with at most one point among them, in a base up to sixteen.
    pub fn parse(text: &str, base: u32) -> Number {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let value = |c: char| BigInt::from(c.to_digit(16).unwrap_or(0).min(base - 1));
        let join = |digits: &str| digits.chars().fold(BigInt::zero(), |sum, c| sum * base + value(c));
        let scale = fraction.len();
        let below = join(fraction) * power_of_ten(scale) / BigInt::from(base).pow(scale as u32);
        Number { digits: join(whole) * power_of_ten(scale) + below, scale }
    }

    pub fn is_zero(&self) -> bool {
        self.digits.is_zero()
    }

    /// The same value with more digits after the point, or cut to fewer.
    pub fn with_scale(&self, scale: usize) -> Number {
        let digits = match scale >= self.scale {
            true => &self.digits * power_of_ten(scale - self.scale),
            false => &self.digits / power_of_ten(self.scale - scale),
        };
        Number { digits, scale }
    }

    pub fn add(&self, other: &Number) -> Number {
        let scale = self.scale.max(other.scale);
        Number { digits: self.with_scale(scale).digits + other.with_scale(scale).digits, scale }
    }

    pub fn negated(&self) -> Number {
        Number { digits: -&self.digits, scale: self.scale }
    }

    pub fn subtract(&self, other: &Number) -> Number {
        self.add(&other.negated())
    }

    pub fn multiply(&self, other: &Number, scale: usize) -> Number {
        let full = Number { digits: &self.digits * &other.digits, scale: self.scale + other.scale };
        let wanted = full.scale.min(scale.max(self.scale).max(other.scale));
        full.with_scale(wanted)
    }

    /// None for a division by zero.
    pub fn divide(&self, other: &Number, scale: usize) -> Option<Number> {
        if other.is_zero() {
            return None;
        }
        let digits =
            &self.digits * power_of_ten(scale + other.scale) / (&other.digits * power_of_ten(self.scale));
        Some(Number { digits, scale })
    }

    pub fn remainder(&self, other: &Number, scale: usize) -> Option<Number> {
        let quotient = self.divide(other, scale)?;
        let wanted = self.scale.max(scale + other.scale);
        let product =
            Number { digits: &quotient.digits * &other.digits, scale: quotient.scale + other.scale };
        Some(self.subtract(&product).with_scale(wanted))
    }

    /// To a whole power; none for a division by zero, or a power that is out of reach.
    pub fn power(&self, exponent: &Number, scale: usize) -> Option<Number> {
        let exponent = exponent.with_scale(0).digits.to_i64()?;
        let times = u32::try_from(exponent.unsigned_abs()).ok().filter(|times| *times <= 100_000)?;
        let full = Number { digits: self.digits.pow(times), scale: self.scale * times as usize };
        match exponent < 0 {
            true => Number::from(1).divide(&full, scale),
            false => {
                let wanted = full.scale.min(scale.max(self.scale));
                Some(full.with_scale(wanted))
            }
        }
    }

    /// None of a negative number.
    pub fn square_root(&self, scale: usize) -> Option<Number> {
        if self.digits.is_negative() {
            return None;
        }
        let scale = scale.max(self.scale);
        Some(Number { digits: self.with_scale(2 * scale).digits.sqrt(), scale })
    }

    pub fn compare(&self, other: &Number) -> std::cmp::Ordering {
        self.subtract(other).digits.cmp(&BigInt::zero())
    }

    /// As `length()` counts: all digits that matter.
    pub fn length(&self) -> i64 {
        if self.is_zero() { self.scale.max(1) as i64 } else { self.digits.abs().to_string().len() as i64 }
    }

    /// As bc prints it: no zero before the point, long numbers on several lines.
    pub fn text(&self, base: u32) -> String {
        let sign = if self.digits.is_negative() { "-" } else { "" };
        let plain = if base == 10 { self.decimal() } else { self.in_base(base) };
        let characters: Vec<char> = format!("{sign}{plain}").chars().collect();
        characters.chunks(LINE_DIGITS).map(String::from_iter).collect::<Vec<_>>().join("\\\n")
    }

    fn decimal(&self) -> String {
        if self.is_zero() {
            return "0".to_owned();
        }
        let digits = format!("{:0>width$}", self.digits.abs().to_string(), width = self.scale);
        let (whole, fraction) = digits.split_at(digits.len() - self.scale);
        if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
    }

    /// Digits of the same precision in another base, up to sixteen.
    fn in_base(&self, base: u32) -> String {
        let unit = power_of_ten(self.scale);
        let absolute = self.digits.abs();
        let whole = &absolute / &unit;
        let mut text = if whole.is_zero() { String::new() } else { whole.to_str_radix(base).to_uppercase() };
        let (mut rest, mut reached) = (absolute % &unit, BigInt::one());
        if self.scale > 0 {
            text.push('.');
        }
        while self.scale > 0 && reached < unit {
            rest *= base;
            let digit = (&rest / &unit).to_u32().unwrap_or(0);
            text.extend(char::from_digit(digit, base).map(|c| c.to_ascii_uppercase()));
            rest %= &unit;
            reached *= base;
        }
        if text.is_empty() { "0".to_owned() } else { text }
    }
}
