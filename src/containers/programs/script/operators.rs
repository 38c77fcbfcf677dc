//! Operators and texts of values.

use std::cmp::Ordering;

use super::machine::Machine;
use super::numbers::{arithmetic, integer, number};
use super::value::{LONG_TEXT_BYTES, Object, Raised, TEXT_MAX_BYTES, Value, float_text, raise};
use crate::containers::kernel::Sys;
use crate::containers::programs::printf;

impl Machine {
    pub fn truth(&self, value: &Value) -> bool {
        match value {
            Value::None => false,
            Value::Bool(value) => *value,
            Value::Int(value) => *value != 0,
            Value::Float(value) => *value != 0.0,
            Value::Str(text) => !text.is_empty(),
            Value::List(at) | Value::Tuple(at) | Value::Dict(at) => match self.heap.get(*at) {
                Some(Object::List(items)) => !items.is_empty(),
                Some(Object::Dict(map)) => !map.is_empty(),
                None => false,
            },
            Value::Range { next, end, step } => {
                if *step > 0 {
                    next < end
                } else {
                    next > end
                }
            }
            _ => true,
        }
    }

    pub fn str(&self, value: &Value) -> String {
        match value {
            Value::Str(text) => text.to_string(),
            Value::Exception(_, message) => message.to_string(),
            value => self.repr(value),
        }
    }

    pub fn repr(&self, value: &Value) -> String {
        self.repr_at(value, 0)
    }

    fn repr_at(&self, value: &Value, depth: u32) -> String {
        if depth > 20 {
            return "...".to_string();
        }
        let joined = |items: &[Value]| {
            items.iter().map(|item| self.repr_at(item, depth + 1)).collect::<Vec<_>>().join(", ")
        };
        match value {
            Value::None => "None".to_string(),
            Value::Bool(true) => "True".to_string(),
            Value::Bool(false) => "False".to_string(),
            Value::Int(value) => value.to_string(),
            Value::Float(value) => float_text(*value),
            Value::Str(text) => quoted(text),
            Value::List(at) | Value::Tuple(at) => {
                let Some(Object::List(items)) = self.heap.get(*at) else { return "[]".to_string() };
                match (value, items.len()) {
                    (Value::List(_), _) => format!("[{}]", joined(items)),
                    (_, 1) => format!("({},)", joined(items)),
                    _ => format!("({})", joined(items)),
                }
            }
            Value::Dict(at) => {
                let Some(Object::Dict(map)) = self.heap.get(*at) else { return "{}".to_string() };
                let pair = |(key, value): &(Value, Value)| {
                    format!("{}: {}", self.repr_at(key, depth + 1), self.repr_at(value, depth + 1))
                };
                format!("{{{}}}", map.values().map(pair).collect::<Vec<_>>().join(", "))
            }
            Value::Exception(kind, message) => format!("{kind}({})", quoted(message)),
            Value::Library(path) => format!("<module '{path}'>"),
            Value::Range { next, end, .. } => format!("range({next}, {end})"),
            other => format!("<{} object>", other.type_name()),
        }
    }

    /// The items of anything that can be walked through.
    pub fn items(&self, value: &Value) -> Result<Vec<Value>, Raised> {
        Ok(match value {
            Value::Str(text) => text.chars().map(|c| Value::text(c.to_string())).collect(),
            Value::List(at) | Value::Tuple(at) => match self.heap.get(*at) {
                Some(Object::List(items)) => items.clone(),
                _ => Vec::new(),
            },
            Value::Dict(at) => match self.heap.get(*at) {
                Some(Object::Dict(map)) => map.values().map(|pair| pair.0.clone()).collect(),
                _ => Vec::new(),
            },
            Value::Range { next, end, step } => {
                let count = if *step == 0 {
                    0
                } else {
                    ((end - next) as f64 / *step as f64).ceil().max(0.0) as usize
                };
                (0..count.min(1_000_000)).map(|at| Value::Int(next + step * at as i64)).collect()
            }
            other => return raise("TypeError", format!("'{}' object is not iterable", other.type_name())),
        })
    }

    pub fn unary(&mut self, operator: &str, value: Value) -> Result<Value, Raised> {
        Ok(match (operator, &value) {
            ("not", value) => Value::Bool(!self.truth(value)),
            ("import", value) => super::library::import(&self.str(value))?,
            ("-", Value::Int(value)) => Value::Int(value.wrapping_neg()),
            ("-", Value::Bool(value)) => Value::Int(-i64::from(*value)),
            ("-", Value::Float(value)) => Value::Float(-value),
            ("+", Value::Int(_) | Value::Float(_)) => value,
            ("~", Value::Int(value)) => Value::Int(!value),
            (operator, value) => {
                return raise(
                    "TypeError",
                    format!("bad operand type for unary {operator}: '{}'", value.type_name()),
                );
            }
        })
    }

    pub fn equal(&self, left: &Value, right: &Value) -> bool {
        match (number(left), number(right)) {
            (Some(left), Some(right)) => left == right,
            _ => left.type_name() == right.type_name() && self.repr(left) == self.repr(right),
        }
    }

    pub fn order(&self, left: &Value, right: &Value) -> Option<Ordering> {
        match (left, right) {
            (Value::Int(left), Value::Int(right)) => Some(left.cmp(right)),
            (Value::Str(left), Value::Str(right)) => Some(left.cmp(right)),
            (Value::List(_), Value::List(_)) | (Value::Tuple(_), Value::Tuple(_)) => {
                let (left, right) = (self.items(left).ok()?, self.items(right).ok()?);
                for (one, other) in left.iter().zip(&right) {
                    match self.order(one, other)? {
                        Ordering::Equal => {}
                        ordering => return Some(ordering),
                    }
                }
                Some(left.len().cmp(&right.len()))
            }
            (left, right) => number(left)?.partial_cmp(&number(right)?),
        }
    }

    pub fn binary(
        &mut self,
        operator: &'static str,
        left: Value,
        right: Value,
        sys: &mut Sys,
    ) -> Result<Value, Raised> {
        match operator {
            "==" => return Ok(Value::Bool(self.equal(&left, &right))),
            "!=" => return Ok(Value::Bool(!self.equal(&left, &right))),
            "is" => return Ok(Value::Bool(self.equal(&left, &right))),
            "is not" => return Ok(Value::Bool(!self.equal(&left, &right))),
            "in" => return Ok(Value::Bool(self.contains(&right, &left, sys)?)),
            "not in" => return Ok(Value::Bool(!self.contains(&right, &left, sys)?)),
            "<" | ">" | "<=" | ">=" => {
                let Some(ordering) = self.order(&left, &right) else {
                    let (left, right) = (left.type_name(), right.type_name());
                    let text =
                        format!("'{operator}' not supported between instances of '{left}' and '{right}'");
                    return raise("TypeError", text);
                };
                return Ok(Value::Bool(match operator {
                    "<" => ordering.is_lt(),
                    ">" => ordering.is_gt(),
                    "<=" => ordering.is_le(),
                    _ => ordering.is_ge(),
                }));
            }
            _ => {}
        }
        match (operator, &left, &right) {
            ("+", Value::Str(left), Value::Str(right)) => {
                let text = format!("{left}{right}");
                Ok(self.long_text(text.len(), text, sys))
            }
            ("%", Value::Str(format), right) => self.percent(format, right),
            ("*", Value::Str(text), count) | ("*", count, Value::Str(text)) if integer(count).is_some() => {
                Ok(self.repeated(text, integer(count).unwrap_or(0).max(0) as usize, sys))
            }
            ("*", list @ (Value::List(_) | Value::Tuple(_)), count) if integer(count).is_some() => {
                let items = self.items(list)?;
                let count = integer(count).unwrap_or(0).max(0) as usize;
                sys.task_mut().memory_bytes += 8 * items.len().saturating_mul(count) as u64;
                let kept = if items.is_empty() { 0 } else { count.min(1_000_000 / items.len() + 1) };
                let length = items.len() * kept;
                self.list(items.iter().cycle().take(length).cloned().collect())
            }
            ("+", Value::List(_), Value::List(_)) | ("+", Value::Tuple(_), Value::Tuple(_)) => {
                let mut items = self.items(&left)?;
                items.extend(self.items(&right)?);
                match left {
                    Value::Tuple(_) => Ok(Value::Tuple(self.allocate(Object::List(items))?)),
                    _ => self.list(items),
                }
            }
            _ => arithmetic(operator, &left, &right),
        }
    }

    /// A text so many times, of which no more is made than is kept.
    pub fn repeated(&self, text: &str, count: usize, sys: &mut Sys) -> Value {
        let kept = count.min(TEXT_MAX_BYTES / text.len().max(1) + 1);
        self.long_text(text.len().saturating_mul(count), text.repeat(kept), sys)
    }

    /// A text whose real length counts as memory, however much of it is kept.
    pub fn long_text(&self, length: usize, text: String, sys: &mut Sys) -> Value {
        if length > LONG_TEXT_BYTES {
            sys.task_mut().memory_bytes = sys.task_mut().memory_bytes.saturating_add(length as u64);
        }
        Value::text(text)
    }

    fn contains(&self, container: &Value, item: &Value, sys: &Sys) -> Result<bool, Raised> {
        match (container, item) {
            (Value::Str(text), Value::Str(part)) => Ok(text.contains(part.as_ref())),
            (Value::Dict(at), item) => match self.heap.get(*at) {
                Some(Object::Dict(map)) => Ok(map.contains_key(&self.repr(item))),
                _ => Ok(false),
            },
            (Value::Library(path), item) if path.as_ref() == "os.environ" => {
                Ok(sys.env(&self.str(item)).is_some())
            }
            (container, item) => Ok(self.items(container)?.iter().any(|own| self.equal(own, item))),
        }
    }

    pub fn index(&self, base: &Value, key: &Value) -> Result<Value, Raised> {
        match base {
            Value::Dict(at) => match self.heap.get(*at) {
                Some(Object::Dict(map)) => match map.get(&self.repr(key)) {
                    Some((_, value)) => Ok(value.clone()),
                    None => raise("KeyError", self.repr(key)),
                },
                _ => raise("KeyError", self.repr(key)),
            },
            Value::Str(_) | Value::List(_) | Value::Tuple(_) | Value::Range { .. } => {
                let items = self.items(base)?;
                let Some(index) = integer(key) else {
                    let text = format!(
                        "{} indices must be integers or slices, not {}",
                        base.type_name(),
                        key.type_name()
                    );
                    return raise("TypeError", text);
                };
                let at = if index < 0 { items.len() as i64 + index } else { index };
                match usize::try_from(at).ok().and_then(|at| items.get(at)) {
                    Some(item) => Ok(item.clone()),
                    None => raise("IndexError", format!("{} index out of range", base.type_name())),
                }
            }
            other => raise("TypeError", format!("'{}' object is not subscriptable", other.type_name())),
        }
    }

    pub fn store_index(&mut self, base: &Value, key: &Value, value: Value) -> Result<(), Raised> {
        let name = self.repr(key);
        match base {
            Value::Dict(at) => {
                if let Some(Object::Dict(map)) = self.heap.get_mut(*at) {
                    map.insert(name, (key.clone(), value));
                }
                Ok(())
            }
            Value::List(at) => {
                let Some(Object::List(items)) = self.heap.get_mut(*at) else { return Ok(()) };
                let index = integer(key).unwrap_or(i64::MAX);
                let place = if index < 0 { items.len() as i64 + index } else { index };
                match usize::try_from(place).ok().and_then(|place| items.get_mut(place)) {
                    Some(item) => {
                        *item = value;
                        Ok(())
                    }
                    None => raise("IndexError", "list assignment index out of range"),
                }
            }
            other => {
                raise("TypeError", format!("'{}' object does not support item assignment", other.type_name()))
            }
        }
    }

    pub fn slice(&mut self, base: &Value, start: &Value, end: &Value, step: &Value) -> Result<Value, Raised> {
        let items = self.items(base)?;
        let count = items.len() as i64;
        let step = integer(step).unwrap_or(1);
        if step == 0 {
            return raise("ValueError", "slice step cannot be zero");
        }
        let bound = |value: &Value, default: i64, low: i64, high: i64| match integer(value) {
            None => default,
            Some(index) => (if index < 0 { index + count } else { index }).clamp(low, high),
        };
        let (from, to) = match step > 0 {
            true => (bound(start, 0, 0, count), bound(end, count, 0, count)),
            false => (bound(start, count - 1, -1, count - 1), bound(end, -1, -1, count - 1)),
        };
        let mut picked = Vec::new();
        let mut at = from;
        while (step > 0 && at < to) || (step < 0 && at > to) {
            picked.extend(items.get(at as usize).cloned());
            at += step;
        }
        Ok(match base {
            Value::Str(_) => Value::text(picked.iter().map(|item| self.str(item)).collect::<String>()),
            Value::Tuple(_) => Value::Tuple(self.allocate(Object::List(picked))?),
            _ => self.list(picked)?,
        })
    }

    /// `format % values`.
    fn percent(&self, format: &str, values: &Value) -> Result<Value, Raised> {
        let values = match values {
            Value::Tuple(_) => self.items(values)?,
            value => vec![value.clone()],
        };
        let mut arguments = vec![format.replace('\\', "\\\\").replace("%r", "%s")];
        arguments.extend(values.iter().map(|value| match value {
            Value::Bool(value) => i32::from(*value).to_string(),
            value => self.str(value),
        }));
        Ok(Value::text(printf::format(&arguments).text))
    }

    /// `{value:spec}`.
    pub fn format(&self, value: &Value, spec: &str) -> Result<String, Raised> {
        if let Some(rest) = spec.strip_prefix("!r") {
            return self.format(&Value::text(self.repr(value)), rest);
        }
        let Some(letter) = spec.chars().last() else { return Ok(self.str(value)) };
        let mut chars: Vec<char> = spec.chars().collect();
        let (mut fill, mut align) = (' ', None);
        if chars.len() > 1 && "<>^=".contains(chars[1]) {
            (fill, align) = (chars[0], Some(chars[1]));
            chars.drain(..2);
        } else if "<>^=".contains(chars[0]) {
            align = Some(chars.remove(0));
        }
        if chars.first() == Some(&'0') {
            fill = '0';
            align = align.or(Some('='));
        }
        let rest: String = chars.iter().filter(|c| **c != ',').collect();
        let rest = rest.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%');
        let (width, precision) = rest.split_once('.').unwrap_or((rest, ""));
        let width: usize = width.trim_start_matches('+').parse().unwrap_or(0).min(10_000);
        let precision: Option<usize> = precision.parse().ok();
        let mut text = match (letter, number(value)) {
            ('f' | 'F', Some(number)) => printf::float(number, 'f', precision),
            ('e' | 'g', Some(number)) => printf::float(number, letter, precision),
            ('%', Some(number)) => format!("{}%", printf::float(number * 100.0, 'f', precision)),
            ('x', _) => format!("{:x}", integer(value).unwrap_or(0)),
            ('b', _) => format!("{:b}", integer(value).unwrap_or(0)),
            (_, Some(number)) if precision.is_some() && matches!(value, Value::Float(_)) => {
                printf::float(number, 'g', precision)
            }
            (_, None) if precision.is_some() => {
                self.str(value).chars().take(precision.unwrap_or(0)).collect()
            }
            _ => self.str(value),
        };
        if spec.contains(',') {
            text = with_commas(&text);
        }
        let missing = width.saturating_sub(text.chars().count());
        let pad = |count: usize| fill.to_string().repeat(count);
        Ok(match align.unwrap_or(if number(value).is_some() { '>' } else { '<' }) {
            '<' => text + &pad(missing),
            '^' => pad(missing / 2) + &text + &pad(missing - missing / 2),
            '=' if text.starts_with('-') => format!("-{}{}", pad(missing), &text[1..]),
            _ => pad(missing) + &text,
        })
    }
}

fn with_commas(text: &str) -> String {
    let (whole, rest) = text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    let digits: Vec<char> = whole.chars().collect();
    let mut result = String::new();
    for (at, c) in digits.iter().enumerate() {
        let left = digits.len() - at;
        if at > 0 && left.is_multiple_of(3) && digits[at - 1].is_ascii_digit() {
            result.push(',');
        }
        result.push(*c);
    }
    if let Some(rest) = rest {
        result.push('.');
        result.push_str(rest);
    }
    result
}

fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut result = String::from(quote);
    for c in text.chars() {
        match c {
            '\n' => result.push_str("\\n"),
            '\t' => result.push_str("\\t"),
            '\r' => result.push_str("\\r"),
            '\\' => result.push_str("\\\\"),
            c if c == quote => {
                result.push('\\');
                result.push(c);
            }
            c => result.push(c),
        }
    }
    result.push(quote);
    result
}
