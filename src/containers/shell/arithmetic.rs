//! `$((...))`: the integer expressions of C, on 64 bits.

use super::state::Key;
use crate::base::lossy_string;

/// Deeper nesting is refused.
const MAX_DEPTH: u32 = 50;

/// Where the variables of an expression live.
pub trait Variables {
    fn get(&mut self, name: &str, key: Option<&Key>) -> Option<String>;
    fn set(&mut self, name: &str, key: Option<Key>, value: String);
    /// Whether the elements of this array stand by name: what is between its brackets is no expression then.
    fn is_by_name(&self, name: &str) -> bool;
    /// Whether a variable without a value is an error (`set -u`).
    fn demands_values(&self) -> bool;
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ArithmeticError {
    DivisionByZero,
    Syntax,
    TooDeep,
    Unset(String),
}

/// The value of an expression; an empty one is 0.
pub fn evaluate(text: &str, variables: &mut dyn Variables) -> Result<i64, ArithmeticError> {
    evaluate_at(text, variables, 0)
}

fn evaluate_at(text: &str, variables: &mut dyn Variables, depth: u32) -> Result<i64, ArithmeticError> {
    let mut machine = Machine { text: text.as_bytes(), at: 0, variables, depth, muted: 0 };
    machine.blanks();
    if machine.at == machine.text.len() {
        return Ok(0);
    }
    let value = machine.comma()?;
    machine.blanks();
    if machine.at < machine.text.len() { Err(ArithmeticError::Syntax) } else { Ok(value) }
}

struct Machine<'a> {
    text: &'a [u8],
    at: usize,
    variables: &'a mut dyn Variables,
    depth: u32,
    /// Above zero in the branch of `&&`, `||` and `?:` that is not taken.
    muted: u32,
}

/// A place that can be assigned to.
#[derive(Clone)]
struct Place {
    name: String,
    key: Option<Key>,
}

/// Binary operators by rising precedence, from `||` on.
const LEVELS: [&[&str]; 11] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
    &["**"],
];

const ASSIGNMENTS: [&str; 11] = ["<<=", ">>=", "*=", "/=", "%=", "+=", "-=", "&=", "^=", "|=", "="];

impl Machine<'_> {
    fn blanks(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    fn looking_at(&self, operator: &str) -> bool {
        self.text[self.at..].starts_with(operator.as_bytes())
    }

    fn take(&mut self, operator: &str) -> bool {
        self.blanks();
        let found = self.looking_at(operator);
        if found {
            self.at += operator.len();
        }
        found
    }

    fn comma(&mut self) -> Result<i64, ArithmeticError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(ArithmeticError::TooDeep);
        }
        let mut value = self.assignment()?;
        while self.take(",") {
            value = self.assignment()?;
        }
        self.depth -= 1;
        Ok(value)
    }

    fn assignment(&mut self) -> Result<i64, ArithmeticError> {
        let start = self.at;
        if let Some(place) = self.place()? {
            self.blanks();
            let operator = ASSIGNMENTS.iter().find(|operator| self.looking_at(operator));
            if let Some(operator) = operator.filter(|_| !self.looking_at("==")) {
                self.at += operator.len();
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return Err(ArithmeticError::TooDeep);
                }
                let right = self.assignment()?;
                self.depth -= 1;
                let value = match operator.strip_suffix('=') {
                    Some("") | None => right,
                    Some(operation) => {
                        let before = self.value(&place)?;
                        self.apply(operation, before, right)?
                    }
                };
                self.store(&place, value);
                return Ok(value);
            }
        }
        self.at = start;
        self.ternary()
    }

    fn ternary(&mut self) -> Result<i64, ArithmeticError> {
        let test = self.binary(0)?;
        if !self.take("?") {
            return Ok(test);
        }
        let yes = self.unless(test == 0, Machine::comma)?;
        if !self.take(":") {
            return Err(ArithmeticError::Syntax);
        }
        let no = self.unless(test != 0, Machine::assignment)?;
        Ok(if test != 0 { yes } else { no })
    }

    fn unless(
        &mut self,
        muted: bool,
        part: impl FnOnce(&mut Self) -> Result<i64, ArithmeticError>,
    ) -> Result<i64, ArithmeticError> {
        self.muted += u32::from(muted);
        let value = part(self);
        self.muted -= u32::from(muted);
        value
    }

    fn binary(&mut self, level: usize) -> Result<i64, ArithmeticError> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = self.operator(operators) {
            self.at += operator.len();
            left = match operator {
                "||" => {
                    let right = self.unless(left != 0, |machine| machine.binary(level + 1))?;
                    i64::from(left != 0 || right != 0)
                }
                "&&" => {
                    let right = self.unless(left == 0, |machine| machine.binary(level + 1))?;
                    i64::from(left != 0 && right != 0)
                }
                "**" => {
                    let right = self.binary(level)?;
                    self.apply("**", left, right)?
                }
                operator => {
                    let right = self.binary(level + 1)?;
                    self.apply(operator, left, right)?
                }
            };
        }
        Ok(left)
    }

    /// An operator of this level, not the beginning of a longer one.
    fn operator(&mut self, operators: &[&'static str]) -> Option<&'static str> {
        self.blanks();
        let operator = operators.iter().find(|operator| self.looking_at(operator))?;
        let next = self.text.get(self.at + operator.len()).copied().unwrap_or(b' ');
        let longer = match *operator {
            "|" | "&" => next == operator.as_bytes()[0] || next == b'=',
            "<" | ">" => next == operator.as_bytes()[0],
            "*" => next == b'*' || next == b'=',
            "+" | "-" | "/" | "%" | "^" | "<<" | ">>" => next == b'=',
            _ => false,
        };
        (!longer).then_some(*operator)
    }

    fn unary(&mut self) -> Result<i64, ArithmeticError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(ArithmeticError::TooDeep);
        }
        let value = self.unary_inner();
        self.depth -= 1;
        value
    }

    fn unary_inner(&mut self) -> Result<i64, ArithmeticError> {
        for (operator, change) in [("++", 1), ("--", -1)] {
            let start = self.at;
            if self.take(operator) {
                if let Some(place) = self.place()? {
                    let value = self.value(&place)?.wrapping_add(change);
                    self.store(&place, value);
                    return Ok(value);
                }
                // `--5` is twice a minus.
                self.at = start;
            }
        }
        if self.take("+") {
            return self.unary();
        }
        if self.take("-") {
            return Ok(self.unary()?.wrapping_neg());
        }
        if self.take("!") {
            return Ok(i64::from(self.unary()? == 0));
        }
        if self.take("~") {
            return Ok(!self.unary()?);
        }
        self.primary()
    }

    fn primary(&mut self) -> Result<i64, ArithmeticError> {
        if self.take("(") {
            let value = self.comma()?;
            return if self.take(")") { Ok(value) } else { Err(ArithmeticError::Syntax) };
        }
        if let Some(place) = self.place()? {
            let value = self.value(&place)?;
            for (operator, change) in [("++", 1), ("--", -1)] {
                if self.take(operator) {
                    self.store(&place, value.wrapping_add(change));
                    break;
                }
            }
            return Ok(value);
        }
        let start = self.at;
        while self.text.get(self.at).is_some_and(|&b| b.is_ascii_alphanumeric() || b == b'#') {
            self.at += 1;
        }
        let digits = std::str::from_utf8(&self.text[start..self.at]).map_err(|_| ArithmeticError::Syntax)?;
        number(digits).ok_or(ArithmeticError::Syntax)
    }

    fn place(&mut self) -> Result<Option<Place>, ArithmeticError> {
        self.blanks();
        let start = self.at;
        let is_start = |b: &u8| b.is_ascii_alphabetic() || *b == b'_';
        if !self.text.get(start).is_some_and(is_start) {
            return Ok(None);
        }
        while self.text.get(self.at).is_some_and(|b| is_start(b) || b.is_ascii_digit()) {
            self.at += 1;
        }
        let name = lossy_string(&self.text[start..self.at]);
        let mut key = None;
        if self.text.get(self.at) == Some(&b'[') {
            self.at += 1;
            key = Some(match self.variables.is_by_name(&name) {
                true => {
                    let from = self.at;
                    self.at += self.text[from..].iter().take_while(|byte| **byte != b']').count();
                    Key::Named(lossy_string(&self.text[from..self.at]))
                }
                false => Key::At(self.comma()?),
            });
            if !self.take("]") {
                return Err(ArithmeticError::Syntax);
            }
        }
        Ok(Some(Place { name, key }))
    }

    fn value(&mut self, place: &Place) -> Result<i64, ArithmeticError> {
        let text = match self.variables.get(&place.name, place.key.as_ref()) {
            Some(text) => text,
            None if self.variables.demands_values() && self.muted == 0 => {
                return Err(ArithmeticError::Unset(place.name.clone()));
            }
            None => return Ok(0),
        };
        match number(text.trim()) {
            Some(value) => Ok(value),
            // A variable may hold an expression.
            None if self.depth < MAX_DEPTH => evaluate_at(&text, self.variables, self.depth + 5),
            None => Err(ArithmeticError::TooDeep),
        }
    }

    fn store(&mut self, place: &Place, value: i64) {
        if self.muted == 0 {
            self.variables.set(&place.name, place.key.clone(), value.to_string());
        }
    }

    fn apply(&self, operator: &str, left: i64, right: i64) -> Result<i64, ArithmeticError> {
        if matches!(operator, "/" | "%") && right == 0 {
            return if self.muted > 0 { Ok(0) } else { Err(ArithmeticError::DivisionByZero) };
        }
        Ok(match operator {
            "|" => left | right,
            "^" => left ^ right,
            "&" => left & right,
            "==" => i64::from(left == right),
            "!=" => i64::from(left != right),
            "<=" => i64::from(left <= right),
            ">=" => i64::from(left >= right),
            "<" => i64::from(left < right),
            ">" => i64::from(left > right),
            "<<" => left.wrapping_shl(right as u32),
            ">>" => left.wrapping_shr(right as u32),
            "+" => left.wrapping_add(right),
            "-" => left.wrapping_sub(right),
            "*" => left.wrapping_mul(right),
            "/" => left.wrapping_div(right),
            "%" => left.wrapping_rem(right),
            "**" if right >= 0 => left.wrapping_pow(right.min(i64::from(u32::MAX)) as u32),
            _ => return Err(ArithmeticError::Syntax),
        })
    }
}

/// Decimal, `0x1f`, `017` and `base#digits`.
fn number(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (radix, digits) = if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        (16, hex)
    } else if let Some((base, digits)) = digits.split_once('#') {
        (base.parse().ok().filter(|base| (2..=36).contains(base))?, digits)
    } else if digits.len() > 1 && digits.starts_with('0') {
        (8, &digits[1..])
    } else {
        (10, digits)
    };
    if digits.is_empty() {
        return None;
    }
    let mut value: i64 = 0;
    for digit in digits.chars() {
        value = value.wrapping_mul(i64::from(radix)).wrapping_add(i64::from(digit.to_digit(radix)?));
    }
    Some(if negative { value.wrapping_neg() } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    impl Variables for BTreeMap<String, String> {
        fn get(&mut self, name: &str, _: Option<&Key>) -> Option<String> {
            BTreeMap::get(self, name).cloned()
        }
        fn set(&mut self, name: &str, _: Option<Key>, value: String) {
            self.insert(name.to_string(), value);
        }
        fn is_by_name(&self, _: &str) -> bool {
            false
        }
        fn demands_values(&self) -> bool {
            false
        }
    }

    fn check(text: &str, expect: Result<i64, ArithmeticError>) {
        let mut variables = BTreeMap::from([("x".to_string(), "7".to_string())]);
        assert_eq!(evaluate(text, &mut variables), expect, "{text}");
    }

    #[test]
    fn expressions_have_the_precedence_of_c() {
        check("1 + 2 * 3 - 4 / 2", Ok(5));
        check("2 ** 3 ** 2", Ok(512));
        check("-2 * -(3 + x)", Ok(20));
        check("1 << 3 | 1 && 0 || 2", Ok(1));
        check("x > 5 ? x++ + 1 : 0", Ok(8));
        check("x += 3, x * 2", Ok(20));
        check("0x1f + 010 + 2#101", Ok(44));
        check("0 && 1 / 0", Ok(0));
        check("!0 + ~0", Ok(0));
        check("", Ok(0));
        check("9223372036854775807 + 1", Ok(i64::MIN));
    }

    #[test]
    fn nonsense_is_an_error() {
        check("1 / 0", Err(ArithmeticError::DivisionByZero));
        check("1 +", Err(ArithmeticError::Syntax));
        check("(1", Err(ArithmeticError::Syntax));
        check("1 2", Err(ArithmeticError::Syntax));
        check(&"(".repeat(1000), Err(ArithmeticError::TooDeep));
        check(&"-".repeat(1001), Err(ArithmeticError::TooDeep));
    }
}
