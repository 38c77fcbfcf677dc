//! Operators and functions of Perl.

use super::machine::{Called, Machine};
use super::value::{Object, Raised, Value, raise};
use crate::base::Duration;
use crate::containers::compute::ComputeRequest;
use crate::containers::kernel::Sys;
use crate::containers::programs::{date, pi, printf};

/// A number as perl prints it: 15 significant digits.
fn number_text(value: f64) -> String {
    if value == value.trunc() && value.abs() < 1e15 {
        return format!("{}", value as i64);
    }
    let sign = if value < 0.0 { "-" } else { "" };
    format!("{sign}{}", printf::float(value.abs(), 'g', Some(15)))
}

fn text(machine: &Machine, value: &Value) -> String {
    match value {
        Value::None => String::new(),
        Value::Bool(value) => if *value { "1" } else { "" }.to_string(),
        Value::Float(value) => number_text(*value),
        Value::List(_) => {
            let items = machine.items(value).unwrap_or_default();
            items.iter().map(|item| text(machine, item)).collect::<Vec<_>>().join(" ")
        }
        value => machine.str(value),
    }
}

/// What is longer is no number that a float can hold.
const NUMBER_MAX_BYTES: usize = 400;

/// The number at the start of a text.
fn number(machine: &Machine, value: &Value) -> f64 {
    match value {
        Value::Int(value) => *value as f64,
        Value::Float(value) => *value,
        Value::Bool(value) => f64::from(u8::from(*value)),
        Value::List(_) => machine.items(value).map_or(0.0, |items| items.len() as f64),
        value => {
            let text = text(machine, value);
            let text = text.trim_start();
            let others = |c: char| !c.is_ascii_digit() && !matches!(c, '+' | '-' | '.' | 'e' | 'E');
            let longest = text.find(others).unwrap_or(text.len()).min(NUMBER_MAX_BYTES);
            (0..=longest)
                .rev()
                .find_map(|end| text[..end].parse::<f64>().ok().filter(|value| value.is_finite()))
                .unwrap_or(0.0)
        }
    }
}

fn truth(machine: &Machine, value: &Value) -> bool {
    !matches!(text(machine, value).as_str(), "" | "0")
}

pub fn unary(machine: &mut Machine, operator: &str, value: &Value) -> Result<Value, Raised> {
    Ok(match operator {
        "perl!" => Value::Bool(!truth(machine, value)),
        "perl?" => match truth(machine, value) {
            // A true value stays what it is: `$x || 5`.
            true if machine.truth(value) => value.clone(),
            true => Value::Int(1),
            false => Value::Bool(false),
        },
        "perl-" => whole_or_float(-number(machine, value)),
        "perl\"" => Value::text(text(machine, value)),
        _ => {
            let mut flat = Vec::new();
            for item in machine.items(value)? {
                match item {
                    Value::List(_) | Value::Range { .. } => flat.extend(machine.items(&item)?),
                    item => flat.push(item),
                }
            }
            machine.list(flat)?
        }
    })
}

fn whole_or_float(value: f64) -> Value {
    if value == value.trunc() && value.abs() < 9e15 { Value::Int(value as i64) } else { Value::Float(value) }
}

pub fn binary(
    machine: &mut Machine,
    operator: &str,
    (left, right): (&Value, &Value),
    sys: &mut Sys,
) -> Result<Value, Raised> {
    let (a, b) = (number(machine, left), number(machine, right));
    Ok(match operator {
        "perl+" => whole_or_float(a + b),
        "perl-" => whole_or_float(a - b),
        "perl*" => whole_or_float(a * b),
        "perl/" if b == 0.0 => return raise("perl", "Illegal division by zero"),
        "perl/" => whole_or_float(a / b),
        "perl%" if b.trunc() == 0.0 => return raise("perl", "Illegal modulus zero"),
        "perl%" => whole_or_float((a.trunc() - b.trunc() * (a.trunc() / b.trunc()).floor()).trunc()),
        "perl**" => whole_or_float(a.powf(b)),
        "perl." => {
            let joined = text(machine, left) + &text(machine, right);
            machine.long_text(joined.len(), joined, sys)
        }
        "perlx" => machine.repeated(&text(machine, left), b.max(0.0) as usize, sys),
        "perl==" => Value::Bool(a == b),
        "perl!=" => Value::Bool(a != b),
        "perl<" => Value::Bool(a < b),
        "perl>" => Value::Bool(a > b),
        "perl<=" => Value::Bool(a <= b),
        "perl>=" => Value::Bool(a >= b),
        "perl<=>" => Value::Int(a.partial_cmp(&b).map_or(0, |ordering| ordering as i64)),
        "perleq" => Value::Bool(text(machine, left) == text(machine, right)),
        "perlne" => Value::Bool(text(machine, left) != text(machine, right)),
        "perllt" => Value::Bool(text(machine, left) < text(machine, right)),
        "perlgt" => Value::Bool(text(machine, left) > text(machine, right)),
        "perlcmp" => Value::Int(text(machine, left).cmp(&text(machine, right)) as i64),
        "perl||" => {
            if matches!(left, Value::None) {
                right.clone()
            } else {
                left.clone()
            }
        }
        "perl.." => Value::Range { next: a as i64, end: b as i64 + 1, step: 1 },
        _ => {
            let items = machine.items(left)?;
            let at = if b < 0.0 { items.len() as f64 + b } else { b };
            items.get(at.max(0.0) as usize).cloned().unwrap_or(Value::None)
        }
    })
}

/// The arguments with lists laid out flat.
fn flat(machine: &Machine, arguments: Vec<Value>) -> Vec<Value> {
    let mut all = Vec::new();
    for value in arguments {
        match value {
            Value::List(_) | Value::Range { .. } => all.extend(machine.items(&value).unwrap_or_default()),
            value => all.push(value),
        }
    }
    all
}

pub fn call(
    machine: &mut Machine,
    name: &str,
    arguments: Vec<Value>,
    sys: &mut Sys,
) -> Result<Called, Raised> {
    let mut arguments = flat(machine, arguments);
    if let Some(missing) = name.strip_prefix("undefined ") {
        return raise("perl", format!("Undefined subroutine &main::{missing} called"));
    }
    if let Some(name) = name.strip_suffix(" STDERR") {
        return Ok(Called::Value(print(machine, name, &arguments, true, sys)));
    }
    let default = || machine.globals.get("$_").cloned().unwrap_or(Value::None);
    if arguments.is_empty()
        && matches!(name, "print" | "say" | "length" | "uc" | "lc" | "int" | "sqrt" | "abs" | "ord" | "chr")
    {
        arguments.push(default());
    }
    let first = arguments.first().cloned().unwrap_or(Value::None);
    let value = number(machine, &first);
    let words = || arguments.iter().map(|value| text(machine, value)).collect::<Vec<String>>();
    Ok(Called::Value(match name {
        "print" | "say" | "printf" => print(machine, name, &arguments, false, sys),
        "exit" => return Ok(Called::Exit(value as i64 as i32 & 0xff)),
        "sleep" => {
            return Ok(Called::Sleep(
                sys.now() + Duration::from_millis((value.trunc().clamp(0.0, 1e12) * 1000.0) as i64),
            ));
        }
        "bpi" => return bpi(value),
        "die" | "warn" => {
            let mut message = words().concat();
            if message.is_empty() {
                message = if name == "die" { "Died" } else { "Warning: something's wrong" }.to_string();
            }
            if name == "die" {
                return raise("perl", message);
            }
            let place = if message.ends_with('\n') { "" } else { " at -e line 1.\n" };
            sys.err(&format!("{message}{place}"));
            Value::Int(1)
        }
        name if NUMBERS.contains(&name) => numeric(machine, name, value, &first, sys)?,
        name => textual(machine, name, arguments, sys)?,
    }))
}

const NUMBERS: &[&str] = &["rand", "srand", "int", "abs", "sqrt", "sin", "cos", "exp", "log", "hex", "oct"];

fn numeric(machine: &Machine, name: &str, value: f64, first: &Value, sys: &mut Sys) -> Result<Value, Raised> {
    Ok(match name {
        "rand" => {
            let unit = (sys.kernel.random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
            Value::Float(unit * if value == 0.0 { 1.0 } else { value })
        }
        "srand" => Value::Int(0),
        "int" => whole_or_float(value.trunc()),
        "abs" => whole_or_float(value.abs()),
        "sqrt" if value < 0.0 => return raise("perl", format!("Can't take sqrt of {}", number_text(value))),
        "sqrt" => whole_or_float(value.sqrt()),
        "sin" => Value::Float(value.sin()),
        "cos" => Value::Float(value.cos()),
        "exp" => Value::Float(value.exp()),
        "log" if value <= 0.0 => return raise("perl", format!("Can't take log of {}", number_text(value))),
        "log" => Value::Float(value.ln()),
        "hex" => {
            Value::Int(i64::from_str_radix(text(machine, first).trim_start_matches("0x"), 16).unwrap_or(0))
        }
        "oct" => Value::Int(i64::from_str_radix(&text(machine, first), 8).unwrap_or(0)),
        _ => Value::None,
    })
}

fn textual(
    machine: &mut Machine,
    name: &str,
    mut arguments: Vec<Value>,
    sys: &mut Sys,
) -> Result<Value, Raised> {
    let first = arguments.first().cloned().unwrap_or(Value::None);
    let value = number(machine, &first);
    let words: Vec<String> = arguments.iter().map(|value| text(machine, value)).collect();
    let words = || words.clone();
    Ok(match name {
        "length" => Value::Int(text(machine, &first).chars().count() as i64),
        "uc" => Value::text(text(machine, &first).to_uppercase()),
        "lc" => Value::text(text(machine, &first).to_lowercase()),
        "ucfirst" => {
            let word = text(machine, &first);
            let head: String = word.chars().take(1).flat_map(char::to_uppercase).collect();
            Value::text(head + &word.chars().skip(1).collect::<String>())
        }
        "chr" => Value::text(char::from_u32(value as u32).unwrap_or('\u{fffd}').to_string()),
        "ord" => Value::Int(text(machine, &first).chars().next().map_or(0, |c| i64::from(u32::from(c)))),
        "defined" => Value::Bool(!matches!(first, Value::None)),
        "time" => Value::Int(sys.now().to_timestamp().as_secs()),
        "localtime" | "gmtime" => Value::text(date::format(sys.now(), "%a %b %e %H:%M:%S %Y")),
        "join" => Value::text(words().get(1..).unwrap_or(&[]).join(&text(machine, &first))),
        "sprintf" => Value::text(printf::format(&words()).text),
        "substr" => {
            let chars: Vec<char> = text(machine, &first).chars().collect();
            let from = arguments.get(1).map_or(0.0, |value| number(machine, value));
            let from = (if from < 0.0 { chars.len() as f64 + from } else { from }).max(0.0) as usize;
            let length =
                arguments.get(2).map_or(usize::MAX, |value| number(machine, value).max(0.0) as usize);
            Value::text(chars.iter().skip(from).take(length).collect::<String>())
        }
        "index" => {
            let place = text(machine, &first).find(&words().get(1).cloned().unwrap_or_default());
            Value::Int(place.map_or(-1, |place| place as i64))
        }
        "reverse" => {
            arguments.reverse();
            Value::List(machine.allocate(Object::List(arguments))?)
        }
        "env" => sys.env(&text(machine, &first)).map_or(Value::None, Value::text),
        other => return raise("perl", format!("perl: '{other}' is not part of this simulated Perl")),
    })
}

fn bpi(digits: f64) -> Result<Called, Raised> {
    match digits as i64 {
        // Without an accuracy bignum's default of 40 digits counts.
        0 => Ok(Called::Compute(ComputeRequest::Bpi { digits: 40 })),
        digits if digits < 0 => raise("perl", "Argument to accuracy must be greater than zero"),
        digits if digits > i64::from(pi::MAX_DIGITS) => raise(
            "perl",
            format!("bpi({digits}): this simulated Perl computes at most {} digits", pi::MAX_DIGITS),
        ),
        digits => Ok(Called::Compute(ComputeRequest::Bpi { digits: digits as u32 })),
    }
}

fn print(machine: &Machine, name: &str, arguments: &[Value], to_errors: bool, sys: &mut Sys) -> Value {
    let words: Vec<String> = arguments.iter().map(|value| text(machine, value)).collect();
    let mut line = match name {
        "printf" => printf::format(&words).text,
        _ => words.concat(),
    };
    if name == "say" || (name == "print" && machine.globals.contains_key("-l")) {
        line.push('\n');
    }
    if to_errors {
        sys.err(&line);
    } else {
        sys.out(&line);
    }
    Value::Int(1)
}
