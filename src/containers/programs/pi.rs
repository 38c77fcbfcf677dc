//! Pi to any number of digits: the Chudnovsky series by binary splitting.
//!
//! num-bigint multiplies fast (Toom-3) but divides and prints in quadratic time, so long divisions go through
//! Newton reciprocals and long texts through divide and conquer; nothing is computed beyond the precision.

use num_bigint::{BigInt, BigUint};
use num_traits::{One, ToPrimitive, Zero};

/// More digits than this are refused.
pub const MAX_DIGITS: u32 = 1_000_000;

/// Decimal digits that one term of the series adds, rounded down.
const DIGITS_PER_TERM: u64 = 14;

/// Divisors of at most this many bits go to num-bigint's own division, which is quadratic but has small steps.
const DIVIDED_BITS_MAX: u64 = 200_000;

/// Reciprocals of at most twice this many bits begin with num-bigint's own division.
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
    // A decimal digit is 3.3219... bits. The guard covers what every truncation below loses.
    let bits = count * 33_220 / 10_000 + 64;
    let (q, t) = split_all(count / DIGITS_PER_TERM + 2);
    // pi = 426880 sqrt(10005) q / t, and sqrt(10005) = 10005 / sqrt(10005). Bits of q and t beyond the precision
    // decide nothing.
    let drop = q.bits().min(t.bits()).saturating_sub(bits + 32);
    let root = inverse_root_of_10005(bits);
    let numerator = root * (q >> drop) * BigUint::from(426_880_u64 * 10_005);
    let pi = divide(&numerator, &(t >> drop));
    decimal(pi, bits, count as usize)
}

/// About 2^bits / sqrt(10005), by Newton's iteration: each step doubles the correct bits with two products of half
/// that size.
fn inverse_root_of_10005(bits: u64) -> BigUint {
    const SEED_BITS: u64 = 50;
    if bits <= SEED_BITS {
        return BigUint::from(((1_u64 << bits) as f64 / 10_005_f64.sqrt()) as u64);
    }
    let half = bits / 2 + 8;
    let root = inverse_root_of_10005(half);
    // r + r (1 - 10005 r^2) / 2, where 10005 r^2 is 1 but for about half of its bits.
    let square = &root * &root * BigUint::from(10_005_u32);
    let one = BigUint::one() << (2 * half);
    let (error, is_low) = if square <= one { (one - square, true) } else { (square - one, false) };
    let correction = (&root * error) >> (3 * half + 1 - bits);
    let root = root << (bits - half);
    if is_low { root + correction } else { root - correction }
}

/// Q and T of the first `terms` terms of the Chudnovsky series.
fn split_all(terms: u64) -> (BigUint, BigUint) {
    let middle = terms / 2;
    let (p1, q1, t1) = split(0, middle);
    let (_, q2, t2) = split(middle, terms);
    let q2 = BigInt::from(q2);
    let t = t1 * &q2 + BigInt::from(p1) * t2;
    (q1 * q2.into_parts().1, t.into_parts().1)
}

/// Terms that are added one by one: numbers of a few digits grow in place faster than they are multiplied.
const BLOCK_TERMS: u64 = 8;

/// Binary splitting of the Chudnovsky series over the terms `from..to`: (P, Q, T).
fn split(from: u64, to: u64) -> (BigUint, BigUint, BigInt) {
    if to - from <= BLOCK_TERMS {
        return block(from, to);
    }
    let middle = from.midpoint(to);
    let (p1, q1, t1) = split(from, middle);
    let (p2, q2, t2) = split(middle, to);
    let q2 = BigInt::from(q2);
    let t = t1 * &q2 + BigInt::from(p1.clone()) * t2;
    (p1 * p2, q1 * q2.into_parts().1, t)
}

fn block(from: u64, to: u64) -> (BigUint, BigUint, BigInt) {
    /// Their product is 640320 cubed over 24; each fits a digit of num-bigint, which then multiplies in place.
    const C3_OVER_24: [u32; 2] = [4_270_934_400, 2_561_280];
    let (mut p, mut q, mut t) = (BigUint::one(), BigUint::one(), BigInt::zero());
    for term in from..to {
        if term > 0 {
            p *= (6 * term - 5) * (2 * term - 1);
            p *= 6 * term - 1;
            q *= term * term;
            q *= term;
            t *= term * term;
            t *= term;
            for factor in C3_OVER_24 {
                q *= factor;
                t *= factor;
            }
        }
        let summand = BigInt::from(&p * (13_591_409 + 545_140_134 * term));
        if term % 2 == 1 {
            t -= summand;
        } else {
            t += summand;
        }
    }
    (p, q, t)
}

/// The first `count` decimal digits of `number` / 2^`bits`, which is below 10.
fn decimal(number: BigUint, bits: u64, count: usize) -> String {
    /// Up to here a pass over all bits for each nine digits is faster than splitting the number.
    const CHUNKED_DIGITS_MAX: usize = 6_000;
    let mut text = String::with_capacity(count + 9);
    if count > CHUNKED_DIGITS_MAX {
        let scaled = (number * power_of_ten(count as u64 - 1)) >> bits;
        push_decimal(&scaled, count, &mut Vec::new(), &mut text);
        return text;
    }
    // The point moves to the border of a digit of 32 bits: above it stands the whole part.
    let places = bits.div_ceil(32) as usize;
    let mut digits = (number << (32 * places as u64 - bits)).to_u32_digits();
    digits.resize(places + 1, 0);
    let whole = digits.pop().unwrap_or_default();
    text.push_str(&whole.to_string());
    let mut lowest = 0;
    while text.len() < count {
        let mut carry = 0;
        for digit in &mut digits[lowest..] {
            let product = u64::from(*digit) * 1_000_000_000 + carry;
            *digit = product as u32;
            carry = product >> 32;
        }
        push_nine(carry as u32, &mut text);
        // Each pass uses up 29.9 bits of precision: a lowest digit decides nothing any more, every 15 of 16 times.
        lowest = (text.len() / 9 * 14 / 15).min(digits.len());
    }
    text.truncate(count);
    text
}

fn push_nine(number: u32, text: &mut String) {
    let mut digits = [b'0'; 9];
    let mut rest = number;
    for digit in digits.iter_mut().rev() {
        *digit += (rest % 10) as u8;
        rest /= 10;
    }
    text.extend(digits.map(char::from));
}

fn power_of_ten(exponent: u64) -> BigUint {
    BigUint::from(10_u32).pow(exponent.to_u32().unwrap_or(u32::MAX))
}

/// The quotient, rounded down.
fn divide(number: &BigUint, by: &BigUint) -> BigUint {
    if by.bits() <= DIVIDED_BITS_MAX {
        return number / by;
    }
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
