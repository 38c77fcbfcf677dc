//! The part of Python's library that scripts in containers use: builtins, os, sys, time, random, math, socket, datetime.

use std::sync::Arc;

use super::machine::{Called, Machine};
use super::modules::module_call;
use super::numbers::{integer, number};
use super::value::{Object, Raised, Value, raise};
use crate::base::{Duration, sorted};
use crate::containers::kernel::Sys;

const BUILTINS: &[&str] = &[
    "print",
    "len",
    "range",
    "int",
    "str",
    "float",
    "bool",
    "list",
    "tuple",
    "dict",
    "repr",
    "abs",
    "min",
    "max",
    "sum",
    "sorted",
    "reversed",
    "enumerate",
    "zip",
    "round",
    "exit",
    "quit",
    "any",
    "all",
    "chr",
    "ord",
    "type",
    "isinstance",
    "bytearray",
    "bytes",
    "divmod",
    "pow",
    "input",
    "hex",
    "bin",
    "map",
    "set",
];

const EXCEPTIONS: &[&str] = &[
    "Exception",
    "BaseException",
    "ValueError",
    "TypeError",
    "KeyError",
    "IndexError",
    "RuntimeError",
    "SystemExit",
    "KeyboardInterrupt",
    "ZeroDivisionError",
    "NameError",
    "OSError",
    "IOError",
    "FileNotFoundError",
    "MemoryError",
    "AssertionError",
    "NotImplementedError",
    "TimeoutError",
    "ConnectionError",
    "ArithmeticError",
    "LookupError",
    "OverflowError",
    "StopIteration",
    "PermissionError",
    "AttributeError",
    "ImportError",
    "RecursionError",
];

const MODULES: &[&str] = &[
    "os",
    "sys",
    "time",
    "random",
    "math",
    "socket",
    "datetime",
    "platform",
    "os.path",
    "signal",
    "traceback",
    "logging",
];

pub fn is_builtin(name: &str) -> bool {
    BUILTINS.contains(&name) || EXCEPTIONS.contains(&name)
}

pub fn import(path: &str) -> Result<Value, Raised> {
    match MODULES.contains(&path) {
        true => Ok(Value::Library(path.into())),
        false => raise("ModuleNotFoundError", format!("No module named '{path}'")),
    }
}

/// Something in a module: a constant's value, or a name to call.
pub fn attribute(machine: &mut Machine, path: &str, name: &str, sys: &mut Sys) -> Result<Value, Raised> {
    let full = format!("{path}.{name}");
    Ok(match full.as_str() {
        "sys.argv" => {
            let arguments = machine.arguments.iter().map(Value::text).collect();
            machine.list(arguments)?
        }
        "sys.version" | "platform.python_version" if full.starts_with("sys") => {
            Value::text("3.13.1 (main) [GCC 12.2.0]")
        }
        "sys.maxsize" => Value::Int(i64::MAX),
        "sys.platform" => Value::text("linux"),
        "os.name" => Value::text("posix"),
        "math.pi" => Value::Float(std::f64::consts::PI),
        "math.e" => Value::Float(std::f64::consts::E),
        "os.EX_OK" => Value::Int(0),
        "os.sep" => Value::text("/"),
        _ => {
            let _ = sys;
            Value::Library(full.as_str().into())
        }
    })
}

pub fn index(machine: &Machine, base: &Value, key: &Value, sys: &Sys) -> Result<Value, Raised> {
    match base {
        Value::Library(path) if path.as_ref() == "os.environ" => match sys.env(&machine.str(key)) {
            Some(value) => Ok(Value::text(value)),
            None => raise("KeyError", machine.repr(key)),
        },
        base => raise("TypeError", format!("'{}' object is not subscriptable", base.type_name())),
    }
}

pub fn argument_error<T>(path: &str) -> Result<T, Raised> {
    raise("TypeError", format!("{path}() got arguments that this subset of Python does not know"))
}

/// Calls a builtin or a function of a module.
pub fn call(
    machine: &mut Machine,
    path: &str,
    arguments: Vec<Value>,
    named: &[(Arc<str>, Value)],
    sys: &mut Sys,
) -> Result<Called, Raised> {
    if EXCEPTIONS.contains(&path) {
        let message = arguments.first().map_or_else(String::new, |value| machine.str(value));
        return Ok(Called::Value(Value::Exception(path.into(), message.as_str().into())));
    }
    let first = arguments.first().cloned().unwrap_or(Value::None);
    match path {
        "exit" | "quit" | "sys.exit" | "os._exit" => return exit(machine, &first, sys),
        "time.sleep" => {
            let Some(seconds) = number(&first) else { return argument_error("sleep") };
            if seconds < 0.0 {
                return raise("ValueError", "sleep length must be non-negative");
            }
            return Ok(Called::Sleep(sys.now() + Duration::from_millis((seconds * 1000.0).min(1e17) as i64)));
        }
        _ => {}
    }
    let value = if path.contains('.') {
        module_call(machine, path, &arguments, sys)?
    } else if path == "print" {
        print(machine, &arguments, named, sys)
    } else {
        builtin(machine, path, &arguments, named, sys)?
    };
    Ok(Called::Value(value))
}

fn exit(machine: &Machine, code: &Value, sys: &mut Sys) -> Result<Called, Raised> {
    Ok(Called::Exit(match code {
        Value::None => 0,
        value => match integer(value) {
            Some(code) => (code & 0xff) as i32,
            None => {
                let text = machine.str(value);
                sys.err(&format!("{text}\n"));
                1
            }
        },
    }))
}

fn print(machine: &Machine, arguments: &[Value], named: &[(Arc<str>, Value)], sys: &mut Sys) -> Value {
    let option = |name: &str| named.iter().find(|(own, _)| own.as_ref() == name).map(|(_, value)| value);
    let text = |name: &str, default: &str| match option(name) {
        Some(Value::None) | None => default.to_string(),
        Some(value) => machine.str(value),
    };
    let words: Vec<String> = arguments.iter().map(|value| machine.str(value)).collect();
    let line = format!("{}{}", words.join(&text("sep", " ")), text("end", "\n"));
    match option("file") {
        Some(Value::Library(path)) if path.as_ref() == "sys.stderr" => sys.err(&line),
        _ => sys.out(&line),
    };
    Value::None
}

fn builtin(
    machine: &mut Machine,
    path: &str,
    arguments: &[Value],
    named: &[(Arc<str>, Value)],
    sys: &mut Sys,
) -> Result<Value, Raised> {
    let first = arguments.first().cloned().unwrap_or(Value::None);
    Ok(match (path, arguments.len()) {
        ("len", 1) => match &first {
            Value::Str(text) => Value::Int(text.chars().count() as i64),
            value => Value::Int(machine.items(value)?.len() as i64),
        },
        ("range", 1..=3) => range(arguments)?,
        ("int", 0) => Value::Int(0),
        ("int", 1..=2) => to_int(machine, &first, arguments.get(1))?,
        ("float", 1) => match number(&first) {
            Some(value) => Value::Float(value),
            None => match machine.str(&first).trim().parse() {
                Ok(value) => Value::Float(value),
                Err(_) => {
                    return raise(
                        "ValueError",
                        format!("could not convert string to float: {}", machine.repr(&first)),
                    );
                }
            },
        },
        ("str", 0) => Value::text(""),
        ("str", 1) => Value::text(machine.str(&first)),
        ("repr", 1) => Value::text(machine.repr(&first)),
        ("bool", _) => Value::Bool(machine.truth(&first)),
        ("list" | "tuple", 0) => machine.list(Vec::new())?,
        ("list", 1) => {
            let items = machine.items(&first)?;
            machine.list(items)?
        }
        ("tuple", 1) => {
            let items = machine.items(&first)?;
            Value::Tuple(machine.allocate(Object::List(items))?)
        }
        ("dict", 0) => Value::Dict(machine.allocate(Object::Dict(Default::default()))?),
        ("abs", 1) => match first {
            Value::Float(value) => Value::Float(value.abs()),
            value => Value::Int(integer(&value).unwrap_or(0).wrapping_abs()),
        },
        _ => return builtin_of_sequences(machine, path, arguments, named, sys),
    })
}

fn builtin_of_sequences(
    machine: &mut Machine,
    path: &str,
    arguments: &[Value],
    named: &[(Arc<str>, Value)],
    sys: &mut Sys,
) -> Result<Value, Raised> {
    let first = arguments.first().cloned().unwrap_or(Value::None);
    Ok(match (path, arguments.len()) {
        ("min" | "max", _) => extreme(machine, path, arguments)?,
        ("sum", 1..=2) => {
            let mut total = arguments.get(1).cloned().unwrap_or(Value::Int(0));
            for item in machine.items(&first)? {
                total = machine.binary("+", total, item, sys)?;
            }
            total
        }
        ("sorted" | "reversed", 1) => {
            let mut items = machine.items(&first)?;
            if path == "sorted" {
                sorted::sort_by(&mut items, |left, right| {
                    machine.order(left, right).unwrap_or(std::cmp::Ordering::Equal)
                });
            }
            let reverse =
                named.iter().any(|(name, value)| name.as_ref() == "reverse" && machine.truth(value));
            if path == "reversed" || reverse {
                items.reverse();
            }
            machine.list(items)?
        }
        ("enumerate", 1..=2) => {
            let start =
                arguments.get(1).or(named.first().map(|(_, value)| value)).and_then(integer).unwrap_or(0);
            let items = machine.items(&first)?;
            let mut pairs = Vec::new();
            for (at, item) in items.into_iter().enumerate() {
                pairs.push(Value::Tuple(
                    machine.allocate(Object::List(vec![Value::Int(start + at as i64), item]))?,
                ));
            }
            machine.list(pairs)?
        }
        ("zip", 2) => {
            let (left, right) = (machine.items(&first)?, machine.items(&arguments[1])?);
            let mut pairs = Vec::new();
            for (left, right) in left.into_iter().zip(right) {
                pairs.push(Value::Tuple(machine.allocate(Object::List(vec![left, right]))?));
            }
            machine.list(pairs)?
        }
        ("round", 1) => Value::Int(number(&first).unwrap_or(0.0).round_ties_even() as i64),
        ("round", 2) => {
            let digits = integer(&arguments[1]).unwrap_or(0).clamp(0, 15) as usize;
            Value::Float(format!("{:.digits$}", number(&first).unwrap_or(0.0)).parse().unwrap_or(0.0))
        }
        _ => return builtin_of_numbers(machine, path, arguments, sys),
    })
}

fn builtin_of_numbers(
    machine: &mut Machine,
    path: &str,
    arguments: &[Value],
    sys: &mut Sys,
) -> Result<Value, Raised> {
    let first = arguments.first().cloned().unwrap_or(Value::None);
    Ok(match (path, arguments.len()) {
        ("any", 1) => Value::Bool(machine.items(&first)?.iter().any(|item| machine.truth(item))),
        ("all", 1) => Value::Bool(machine.items(&first)?.iter().all(|item| machine.truth(item))),
        ("chr", 1) => {
            let code = integer(&first).and_then(|code| u32::try_from(code).ok()).and_then(char::from_u32);
            Value::text(code.unwrap_or('\u{fffd}').to_string())
        }
        ("ord", 1) => Value::Int(machine.str(&first).chars().next().map_or(0, |c| i64::from(u32::from(c)))),
        ("hex", 1) => Value::text(format!("{:#x}", integer(&first).unwrap_or(0))),
        ("bin", 1) => Value::text(format!("{:#b}", integer(&first).unwrap_or(0))),
        ("pow", 2) => machine.binary("**", first, arguments[1].clone(), sys)?,
        ("bytearray" | "bytes", 1) => {
            let length = integer(&first).unwrap_or(0).max(0) as usize;
            machine.long_text(length, "\0".repeat(length.min(1 << 20)), sys)
        }
        ("input", _) => return raise("EOFError", "EOF when reading a line"),
        _ => return argument_error(path),
    })
}

fn range(arguments: &[Value]) -> Result<Value, Raised> {
    let numbers: Option<Vec<i64>> = arguments.iter().map(integer).collect();
    let Some(numbers) = numbers else {
        let kind =
            arguments.iter().find(|value| integer(value).is_none()).map_or("", |value| value.type_name());
        return raise("TypeError", format!("'{kind}' object cannot be interpreted as an integer"));
    };
    let (next, end, step) = match numbers[..] {
        [end] => (0, end, 1),
        [next, end] => (next, end, 1),
        _ => (numbers[0], numbers[1], numbers[2]),
    };
    if step == 0 {
        return raise("ValueError", "range() arg 3 must not be zero");
    }
    Ok(Value::Range { next, end, step })
}

fn to_int(machine: &Machine, value: &Value, base: Option<&Value>) -> Result<Value, Raised> {
    if let Some(whole) = integer(value) {
        return Ok(Value::Int(whole));
    }
    if let Value::Float(value) = value {
        return Ok(Value::Int(*value as i64));
    }
    if !matches!(value, Value::Str(_)) {
        let text = "int() argument must be a string, a bytes-like object or a real number, not";
        return raise("TypeError", format!("{text} '{}'", value.type_name()));
    }
    let radix = base.and_then(integer).unwrap_or(10).clamp(2, 36) as u32;
    match i64::from_str_radix(machine.str(value).trim(), radix) {
        Ok(value) => Ok(Value::Int(value)),
        Err(_) => {
            let text = machine.repr(value);
            raise("ValueError", format!("invalid literal for int() with base {radix}: {text}"))
        }
    }
}

fn extreme(machine: &mut Machine, path: &str, arguments: &[Value]) -> Result<Value, Raised> {
    let items = if arguments.len() == 1 { machine.items(&arguments[0])? } else { arguments.to_vec() };
    let wanted = if path == "min" { std::cmp::Ordering::Less } else { std::cmp::Ordering::Greater };
    let mut best: Option<Value> = None;
    for item in items {
        let better = best.as_ref().is_none_or(|best| machine.order(&item, best) == Some(wanted));
        if better {
            best = Some(item);
        }
    }
    match best {
        Some(value) => Ok(value),
        None => raise("ValueError", format!("{path}() iterable argument is empty")),
    }
}
