//! Pi to any number of digits: the Chudnovsky series by binary splitting.
//!
//! num-bigint multiplies fast (Toom-3) but divides and prints in quadratic time, so division goes through
//! Newton reciprocals and printing through divide and conquer.

use num_bigint::{BigInt, BigUint, Sign};
use num_traits::{One, ToPrimitive, Zero};

/// More digits than this are refused.
pub const MAX_DIGITS: u32 = 1_000_000;

/// Decimal digits that one term of the series adds, rounded down.
const DIGITS_PER_TERM: u64 = 14;

/// Numbers of at most this many bits go to num-bigint's own division.
const SMALL_BITS: u64 = 4_000;

/// `digits` significant digits of pi, rounded to nearest, as `Math::BigFloat->bpi` prints them.
///
/// Errors: a text for a number of digits outside 1 to `MAX_DIGITS`.
pub fn significant_digits(digits: u32) -> Result<String, String> {
    if digits == 0 || digits > MAX_DIGITS {
        return Err(format!("bpi: {digits} digits are outside 1..{MAX_DIGITS}"));
    }
    let wanted = digits as usize;
    let mut guard = 10;
    loop {
        if let Some(rounded) = round_digits(&truncated_digits(u64::from(digits) + guard), wanted) {
            return Ok(with_point(rounded));
        }
        // The guard digits were all nines or zeros around the half: look further.
        guard *= 4;
    }
}

/// Rounds a digit string to `wanted` digits; none when the digits behind do not decide it.
///
/// The last digits of the string may be off by a few units, so a tail that could carry decides nothing.
fn round_digits(text: &str, wanted: usize) -> Option<String> {
    let (head, tail) = text.split_at(wanted);
    let (first, rest) = tail.split_at(1);
    let rest = &rest[..rest.len() - 2];
    if rest.bytes().all(|b| b == b'9') || rest.bytes().all(|b| b == b'0') {
        return None;
    }
    let mut digits: Vec<u8> = head.bytes().collect();
    if first >= "5" {
        // The leading 3 stops the carry: the digits are never all nines.
        for digit in digits.iter_mut().rev() {
            if *digit != b'9' {
                *digit += 1;
                break;
            }
            *digit = b'0';
        }
    }
    Some(digits.into_iter().map(char::from).collect())
}

fn with_point(digits: String) -> String {
    match digits.len() {
        1 => digits,
        _ => format!("{}.{}", &digits[..1], &digits[1..]),
    }
}

/// The first `count` digits of pi without the point; the last may be off by a unit or two.
fn truncated_digits(count: u64) -> String {
    let decimals = count - 1;
    let terms = count / DIGITS_PER_TERM + 2;
    let (_, q, t) = split(0, terms);
    let root = square_root(&(BigUint::from(10_005_u32) * power_of_ten(2 * decimals)));
    let pi = divide(&(root * q.magnitude() * BigUint::from(426_880_u32)), t.magnitude());
    let mut text = String::with_capacity(count as usize + 1);
    push_decimal(&pi, count as usize, &mut Vec::new(), &mut text);
    text
}

/// Binary splitting of the Chudnovsky series over the terms `from..to`: (P, Q, T).
fn split(from: u64, to: u64) -> (BigInt, BigInt, BigInt) {
    if to - from == 1 {
        return leaf(from);
    }
    let middle = from.midpoint(to);
    let (p1, q1, t1) = split(from, middle);
    let (p2, q2, t2) = split(middle, to);
    let t = &t1 * &q2 + &p1 * t2;
    (p1 * p2, q1 * q2, t)
}

fn leaf(term: u64) -> (BigInt, BigInt, BigInt) {
    /// 640320 cubed over 24.
    const C3_OVER_24: u64 = 10_939_058_860_032_000;
    let (p, q) = if term == 0 {
        (BigInt::one(), BigInt::one())
    } else {
        let p = BigInt::from(6 * term - 5) * BigInt::from(2 * term - 1) * BigInt::from(6 * term - 1);
        let cube = BigInt::from(term) * BigInt::from(term) * BigInt::from(term);
        (p, cube * BigInt::from(C3_OVER_24))
    };
    let linear = BigInt::from(13_591_409_u64) + BigInt::from(545_140_134_u64) * BigInt::from(term);
    let t = &p * linear;
    let t = if term % 2 == 1 { BigInt::from_biguint(Sign::Minus, t.magnitude().clone()) } else { t };
    (p, q, t)
}

fn power_of_ten(exponent: u64) -> BigUint {
    BigUint::from(10_u32).pow(exponent.to_u32().unwrap_or(u32::MAX))
}

/// Floor of the square root, give or take one: half the digits first, then one Newton step.
fn square_root(number: &BigUint) -> BigUint {
    let bits = number.bits();
    if bits <= SMALL_BITS {
        return number.sqrt();
    }
    let shift = bits / 4;
    let guess = (square_root(&(number >> (2 * shift))) + 1_u32) << shift;
    (divide(number, &guess) + guess) >> 1
}

/// The quotient, rounded down.
fn divide(number: &BigUint, by: &BigUint) -> BigUint {
    divide_with(number, by, &reciprocal_for(number, by)).0
}

/// A scaled reciprocal: `value` is about 2^`bits` / divisor.
#[derive(Clone)]
struct Reciprocal {
    value: BigUint,
    bits: u64,
}

fn reciprocal_for(number: &BigUint, by: &BigUint) -> Reciprocal {
    // One more bit of quotient than can be: the estimate is then off by a few units at most.
    let bits = number.bits().max(by.bits()) + 1;
    Reciprocal { value: reciprocal(by, bits), bits }
}

/// About 2^bits / divisor, by Newton's iteration on half the precision.
fn reciprocal(divisor: &BigUint, bits: u64) -> BigUint {
    let size = divisor.bits();
    let quotient_bits = bits.saturating_sub(size) + 1;
    if quotient_bits <= SMALL_BITS / 2 {
        // Bits of the divisor far below the precision of the quotient decide nothing.
        let drop = size.saturating_sub(quotient_bits + 64);
        return (BigUint::one() << (bits - drop)) / (divisor >> drop);
    }
    let drop = size.saturating_sub(quotient_bits + 64);
    let divisor = divisor >> drop;
    let bits = bits - drop;
    let half = quotient_bits / 2 + 32;
    let lost = quotient_bits - half;
    let guess = reciprocal(&divisor, bits - lost);
    // r = 2 r0 2^lost - d r0^2 2^(2 lost) / 2^bits
    let square = &guess * &guess;
    let correction = (square * &divisor) >> (bits - 2 * lost);
    (guess << (lost + 1)) - correction
}

/// Quotient and remainder with a reciprocal that was made for numbers of this size.
fn divide_with(number: &BigUint, by: &BigUint, reciprocal: &Reciprocal) -> (BigUint, BigUint) {
    let mut quotient = (number * &reciprocal.value) >> reciprocal.bits;
    let mut product = &quotient * by;
    while &product > number {
        quotient -= 1_u32;
        product -= by;
    }
    let mut rest = number - product;
    while &rest >= by {
        quotient += 1_u32;
        rest -= by;
    }
    (quotient, rest)
}

/// A power of ten that halves a number of up to `2 * digits` digits.
struct Halver {
    digits: usize,
    power: BigUint,
    reciprocal: Reciprocal,
}

/// Appends `number` in decimal, padded with zeros to `width` digits.
fn push_decimal(number: &BigUint, width: usize, halvers: &mut Vec<Halver>, text: &mut String) {
    const SMALL_DIGITS: usize = 600;
    if width <= SMALL_DIGITS {
        let digits = if number.is_zero() { String::new() } else { number.to_str_radix(10) };
        text.extend(std::iter::repeat_n('0', width.saturating_sub(digits.len())));
        text.push_str(&digits);
        return;
    }
    let low = width / 2;
    let at = match halvers.iter().position(|halver| halver.digits == low) {
        Some(at) => at,
        None => {
            let power = power_of_ten(low as u64);
            let bits = 2 * power.bits() + 8;
            let reciprocal = Reciprocal { value: reciprocal(&power, bits), bits };
            halvers.push(Halver { digits: low, power, reciprocal });
            halvers.len() - 1
        }
    };
    let (high, rest) = divide_with(number, &halvers[at].power, &halvers[at].reciprocal);
    push_decimal(&high, width - low, halvers, text);
    push_decimal(&rest, low, halvers, text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(digits: u32, expect: &str) {
        assert_eq!(significant_digits(digits).as_deref(), Ok(expect));
    }

    #[test]
    fn few_digits_are_rounded_to_nearest() {
        check(1, "3");
        check(2, "3.1");
        check(4, "3.142");
        check(5, "3.1416");
        check(10, "3.141592654");
        check(33, "3.14159265358979323846264338327950");
    }

    #[test]
    fn the_number_of_digits_is_limited() {
        assert!(significant_digits(0).is_err());
        assert!(significant_digits(MAX_DIGITS + 1).is_err());
    }

    #[test]
    fn two_thousand_digits_end_as_perl_prints_them() {
        let text = significant_digits(2_000).expect("in range");
        assert_eq!(text.len(), 2_001);
        assert!(text.ends_with("904780275901"), "{}", &text[1_980..]);
    }
}
