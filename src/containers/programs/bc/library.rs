//! The functions of `bc -l`, with digits to spare that are cut off at the end.

use num_bigint::BigInt;
use num_traits::{One, Signed, ToPrimitive, Zero};

use super::number::{Number, power_of_ten};

/// Digits beyond those that are asked for.
const SPARE: usize = 12;

/// Numbers with a fixed number of bits after the point, as plain integers.
struct Fixed {
    one: BigInt,
    bits: u64,
}

impl Fixed {
    /// With at least so many decimal digits after the point.
    fn new(digits: usize) -> Fixed {
        let bits = digits as u64 * 10 / 3 + 1;
        Fixed { one: BigInt::one() << bits, bits }
    }

    fn of(&self, number: &Number) -> BigInt {
        (&number.digits << self.bits) / power_of_ten(number.scale)
    }

    fn number(&self, value: BigInt, scale: usize) -> Number {
        Number { digits: self.cut(value * power_of_ten(scale)), scale }
    }

    /// Without the bits after the point, towards zero: what shrinks gets there.
    fn cut(&self, value: BigInt) -> BigInt {
        if value.is_negative() { -(-value >> self.bits) } else { value >> self.bits }
    }

    fn multiply(&self, a: &BigInt, b: &BigInt) -> BigInt {
        self.cut(a * b)
    }

    fn divide(&self, a: &BigInt, b: &BigInt) -> BigInt {
        (a << self.bits) / b
    }

    fn root(&self, a: &BigInt) -> BigInt {
        (a << self.bits).sqrt()
    }

    /// x - x³/3 + x⁵/5 ..., or the same with pluses.
    fn odd_series(&self, x: &BigInt, alternates: bool) -> BigInt {
        let square = self.multiply(x, x);
        let (mut term, mut sum, mut count) = (x.clone(), x.clone(), 1_i64);
        while !term.is_zero() {
            term = self.multiply(&term, &square);
            if alternates {
                term = -term;
            }
            count += 2;
            sum += &term / count;
        }
        sum
    }

    fn arctangent(&self, x: &BigInt) -> BigInt {
        let (mut x, mut halvings) = (x.clone(), 0_u32);
        let small = &self.one / 100;
        while x.abs() > small {
            // atan x = 2 atan (x / (1 + sqrt(1 + x²)))
            let root = self.root(&(&self.one + self.multiply(&x, &x)));
            x = self.divide(&x, &(&self.one + root));
            halvings += 1;
        }
        self.odd_series(&x, true) << halvings
    }

    fn exponential(&self, x: &BigInt) -> BigInt {
        let (mut x, mut halvings) = (x.clone(), 0_u32);
        while x.abs() > &self.one / 100 {
            x /= 2;
            halvings += 1;
        }
        let (mut term, mut sum, mut count) = (self.one.clone(), self.one.clone(), 0_i64);
        while !term.is_zero() {
            count += 1;
            term = self.multiply(&term, &x) / count;
            sum += &term;
        }
        (0..halvings).fold(sum, |sum, _| self.multiply(&sum, &sum))
    }

    fn logarithm(&self, x: &BigInt) -> BigInt {
        let (mut x, mut roots) = (x.clone(), 0_u32);
        while (&x - &self.one).abs() > &self.one / 100 {
            x = self.root(&x);
            roots += 1;
        }
        let ratio = self.divide(&(&x - &self.one), &(&x + &self.one));
        self.odd_series(&ratio, false) << (roots + 1)
    }

    fn sine(&self, x: &BigInt) -> BigInt {
        let turn: BigInt = self.arctangent(&self.one) * 8;
        let x = x % turn;
        let square = self.multiply(&x, &x);
        let (mut term, mut sum, mut count) = (x.clone(), x, 1_i64);
        while !term.is_zero() {
            term = -self.multiply(&term, &square) / ((count + 1) * (count + 2));
            count += 2;
            sum += &term;
        }
        sum
    }
}

/// `s`, `c`, `a`, `l` or `e` of a number; none where there is no such function.
pub fn call(name: &str, x: &Number, scale: usize) -> Option<Number> {
    let whole = x.with_scale(0).digits.abs().to_f64().unwrap_or(f64::MAX);
    // What grows by squaring, and small numbers under a logarithm, need more digits on the way.
    let extra = match name {
        "e" => (whole.min(20_000.0) * 0.45) as usize + 4,
        "l" => x.scale,
        _ => 0,
    };
    let fixed = Fixed::new(scale + SPARE + extra + x.digits.bits() as usize / 16);
    let value = fixed.of(x);
    let result = match name {
        "s" => fixed.sine(&value),
        "c" => fixed.sine(&(value + fixed.arctangent(&fixed.one) * 2)),
        "a" => fixed.arctangent(&value),
        "e" => fixed.exponential(&value),
        // Of what has no logarithm bc makes the lowest number that it can.
        "l" if value <= BigInt::zero() => {
            return Some(Number { digits: BigInt::from(1) - power_of_ten(scale), scale: 0 });
        }
        "l" => fixed.logarithm(&value),
        _ => return None,
    };
    Some(fixed.number(result, scale))
}
