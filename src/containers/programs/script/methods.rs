//! Methods of strings, lists and dictionaries.

use std::sync::Arc;

use super::machine::Machine;
use super::numbers::integer;
use super::value::{Object, Raised, Value, raise};
use crate::base::sorted;
use crate::containers::kernel::Sys;

pub fn call(
    machine: &mut Machine,
    base: Value,
    name: &str,
    arguments: Vec<Value>,
    named: &[(Arc<str>, Value)],
    sys: &mut Sys,
) -> Result<Value, Raised> {
    match &base {
        Value::Str(text) => string_method(machine, text, name, &arguments, named),
        Value::List(at) => list_method(machine, *at, name, arguments, sys),
        Value::Dict(at) => dict_method(machine, *at, name, &arguments),
        other => missing(other, name),
    }
}

fn missing<T>(base: &Value, name: &str) -> Result<T, Raised> {
    raise("AttributeError", format!("'{}' object has no attribute '{name}'", base.type_name()))
}

fn string_method(
    machine: &mut Machine,
    text: &str,
    name: &str,
    arguments: &[Value],
    named: &[(Arc<str>, Value)],
) -> Result<Value, Raised> {
    let argument = |at: usize| arguments.get(at).map(|value| machine.str(value));
    let first = argument(0);
    Ok(match name {
        "upper" => Value::text(text.to_uppercase()),
        "lower" => Value::text(text.to_lowercase()),
        "title" | "capitalize" => {
            let mut chars = text.chars();
            let head: String = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
            Value::text(head + &chars.as_str().to_lowercase())
        }
        "strip" | "lstrip" | "rstrip" => {
            let cut = |c: char| first.as_ref().map_or(c.is_whitespace(), |set| set.contains(c));
            Value::text(match name {
                "lstrip" => text.trim_start_matches(cut),
                "rstrip" => text.trim_end_matches(cut),
                _ => text.trim_matches(cut),
            })
        }
        "split" | "splitlines" => {
            let limit = arguments.get(1).and_then(integer).map_or(usize::MAX, |limit| limit as usize + 1);
            let parts: Vec<Value> = match first.filter(|_| name == "split") {
                Some(separator) if !separator.is_empty() => {
                    text.splitn(limit, separator.as_str()).map(Value::text).collect()
                }
                Some(_) => return raise("ValueError", "empty separator"),
                None if name == "splitlines" => text.lines().map(Value::text).collect(),
                None => text.split_whitespace().map(Value::text).collect(),
            };
            machine.list(parts)?
        }
        "join" => {
            let items = machine.items(arguments.first().unwrap_or(&Value::None))?;
            if let Some(bad) = items.iter().find(|item| !matches!(item, Value::Str(_))) {
                return raise(
                    "TypeError",
                    format!("sequence item 0: expected str instance, {} found", bad.type_name()),
                );
            }
            let parts: Vec<String> = items.iter().map(|item| machine.str(item)).collect();
            Value::text(parts.join(text))
        }
        "replace" => Value::text(text.replace(&first.unwrap_or_default(), &argument(1).unwrap_or_default())),
        "encode" | "decode" => Value::text(text),
        "format" => Value::text(format(machine, text, arguments, named)?),
        _ => return string_test(machine, text, name, arguments),
    })
}

/// Methods that look for something in a string, or bring it to a width.
fn string_test(machine: &Machine, text: &str, name: &str, arguments: &[Value]) -> Result<Value, Raised> {
    let argument = |at: usize| arguments.get(at).map(|value| machine.str(value));
    let first = argument(0);
    Ok(match name {
        "startswith" => Value::Bool(text.starts_with(&first.unwrap_or_default())),
        "endswith" => Value::Bool(text.ends_with(&first.unwrap_or_default())),
        "isdigit" => Value::Bool(!text.is_empty() && text.chars().all(|c| c.is_ascii_digit())),
        "find" => {
            let at = text.find(&first.unwrap_or_default()).map(|at| text[..at].chars().count() as i64);
            Value::Int(at.unwrap_or(-1))
        }
        "count" => Value::Int(text.matches(first.unwrap_or_default().as_str()).count() as i64),
        "zfill" | "rjust" | "ljust" | "center" => {
            let width = arguments.first().and_then(integer).unwrap_or(0).clamp(0, 10_000);
            let (fill, align) = match name {
                "zfill" => ("0", "="),
                "rjust" => (" ", ">"),
                "ljust" => (" ", "<"),
                _ => (" ", "^"),
            };
            let fill = argument(1).unwrap_or_else(|| fill.to_string());
            Value::text(machine.format(&Value::text(text), &format!("{fill}{align}{width}"))?)
        }
        _ => return missing(&Value::text(""), name),
    })
}

/// `"{} {0} {name:>5}".format(...)`.
fn format(
    machine: &Machine,
    text: &str,
    arguments: &[Value],
    named: &[(Arc<str>, Value)],
) -> Result<String, Raised> {
    let mut result = String::new();
    let mut rest = text;
    let mut next = 0;
    while let Some(at) = rest.find(['{', '}']) {
        result.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if rest.starts_with(brace) {
            result.push_str(brace);
            rest = &rest[1..];
            continue;
        }
        let Some((field, tail)) = rest.split_once('}').filter(|_| brace == "{") else {
            return raise("ValueError", "Single '}' encountered in format string");
        };
        rest = tail;
        let (name, spec) = field.split_once(':').unwrap_or((field, ""));
        let value = match name.parse::<usize>() {
            Ok(index) => arguments.get(index),
            Err(_) if name.is_empty() => {
                next += 1;
                arguments.get(next - 1)
            }
            Err(_) => named.iter().find(|(own, _)| own.as_ref() == name).map(|(_, value)| value),
        };
        match value {
            Some(value) => result.push_str(&machine.format(value, spec)?),
            None => return raise("IndexError", "Replacement index out of range for positional args tuple"),
        }
    }
    result.push_str(rest);
    Ok(result)
}

fn list_method(
    machine: &mut Machine,
    at: usize,
    name: &str,
    arguments: Vec<Value>,
    sys: &mut Sys,
) -> Result<Value, Raised> {
    let first = arguments.first().cloned().unwrap_or(Value::None);
    if matches!(name, "append" | "extend" | "insert") {
        sys.task_mut().memory_bytes += 64;
    }
    let found = match name {
        "index" | "remove" | "count" => {
            let items = machine.items(&Value::List(at))?;
            let places: Vec<usize> =
                (0..items.len()).filter(|place| machine.equal(&items[*place], &first)).collect();
            if places.is_empty() && name != "count" {
                return raise("ValueError", format!("{} is not in list", machine.repr(&first)));
            }
            places
        }
        _ => Vec::new(),
    };
    let more = if name == "extend" { machine.items(&first)? } else { Vec::new() };
    if name == "sort" {
        let mut items = machine.items(&Value::List(at))?;
        sorted::sort_by(&mut items, |left, right| {
            machine.order(left, right).unwrap_or(std::cmp::Ordering::Equal)
        });
        if let Some(object) = machine.heap.get_mut(at) {
            *object = Object::List(items);
        }
        return Ok(Value::None);
    }
    let Some(Object::List(items)) = machine.heap.get_mut(at) else { return Ok(Value::None) };
    match name {
        "append" => items.push(first),
        "extend" => items.extend(more),
        "insert" => {
            let place = integer(&first).unwrap_or(0).clamp(0, items.len() as i64) as usize;
            items.insert(place, arguments.get(1).cloned().unwrap_or(Value::None));
        }
        "pop" => {
            let index = integer(&first).unwrap_or(-1);
            let place = if index < 0 { items.len() as i64 + index } else { index };
            let there = usize::try_from(place).ok().filter(|place| *place < items.len());
            return match there {
                Some(place) => Ok(items.remove(place)),
                None => raise("IndexError", "pop from empty list"),
            };
        }
        "clear" => items.clear(),
        "reverse" => items.reverse(),
        "index" => return Ok(Value::Int(found[0] as i64)),
        "remove" => drop(items.remove(found[0])),
        "count" => return Ok(Value::Int(found.len() as i64)),
        _ => return missing(&Value::List(at), name),
    }
    Ok(Value::None)
}

fn dict_method(machine: &mut Machine, at: usize, name: &str, arguments: &[Value]) -> Result<Value, Raised> {
    let key = arguments.first().map_or_else(String::new, |key| machine.repr(key));
    let default = arguments.get(1).cloned().unwrap_or(Value::None);
    let Some(Object::Dict(map)) = machine.heap.get_mut(at) else { return Ok(Value::None) };
    let pairs: Vec<(Value, Value)> = map.values().cloned().collect();
    match name {
        "get" => Ok(map.get(&key).map_or(default, |(_, value)| value.clone())),
        "pop" => match map.remove(&key) {
            Some((_, value)) => Ok(value),
            None if arguments.len() > 1 => Ok(default),
            None => raise("KeyError", key),
        },
        "keys" => machine.list(pairs.into_iter().map(|pair| pair.0).collect()),
        "values" => machine.list(pairs.into_iter().map(|pair| pair.1).collect()),
        "items" => {
            let mut list = Vec::new();
            for (key, value) in pairs {
                list.push(Value::Tuple(machine.allocate(Object::List(vec![key, value]))?));
            }
            machine.list(list)
        }
        _ => missing(&Value::Dict(at), name),
    }
}
