//! Functions of Python's modules.

use super::library::argument_error;
use super::machine::Machine;
use super::numbers::{integer, number};
use super::value::{Raised, Value, raise};
use crate::containers::files::Kind;
use crate::containers::kernel::Sys;
use crate::containers::programs::date;

pub fn module_call(
    machine: &mut Machine,
    path: &str,
    arguments: &[Value],
    sys: &mut Sys,
) -> Result<Value, Raised> {
    let text =
        |machine: &Machine, at: usize| arguments.get(at).map_or_else(String::new, |value| machine.str(value));
    Ok(match path {
        "os.environ.get" | "os.getenv" => match sys.env(&text(machine, 0)) {
            Some(value) => Value::text(value),
            None => arguments.get(1).cloned().unwrap_or(Value::None),
        },
        "os.getpid" => Value::Int(i64::from(sys.pid)),
        "os.getcwd" => Value::text(&sys.task().directory),
        "os.path.exists" | "os.path.isfile" | "os.path.isdir" => {
            let kind = sys.kernel.files.kind(&sys.path(&text(machine, 0)));
            Value::Bool(match path {
                "os.path.isfile" => kind == Some(Kind::File),
                "os.path.isdir" => kind == Some(Kind::Directory),
                _ => kind.is_some(),
            })
        }
        "os.listdir" => {
            let names = sys.kernel.files.list(&sys.path(&text(machine, 0))).unwrap_or_default();
            machine.list(names.iter().map(Value::text).collect())?
        }
        "time.time" | "time.monotonic" | "time.perf_counter" => {
            Value::Float(sys.now().as_millis() as f64 / 1000.0)
        }
        "time.strftime" => Value::text(date::format(sys.now(), &text(machine, 0))),
        "time.ctime" => Value::text(date::format(sys.now(), "%c")),
        "datetime.datetime.now" | "datetime.datetime.utcnow" | "datetime.now" | "datetime.utcnow" => {
            Value::text(date::format(sys.now(), "%Y-%m-%d %H:%M:%S.%6N"))
        }
        path if path.starts_with("random.") => return random(machine, path, arguments, sys),
        path if path.starts_with("sys.") || path.starts_with("socket.") || path.starts_with("platform.") => {
            return system(machine, path, arguments, sys);
        }
        path if path.starts_with("math.") => return math(path, arguments),
        path if path.starts_with("logging.") => {
            let level = path.rsplit('.').next().unwrap_or("").to_uppercase();
            let line = text(machine, 0);
            if !matches!(level.as_str(), "DEBUG" | "INFO") {
                sys.err(&format!("{level}:root:{line}\n"));
            }
            Value::None
        }
        path => return no_attribute(path),
    })
}

fn no_attribute<T>(path: &str) -> Result<T, Raised> {
    let (module, name) = path.rsplit_once('.').unwrap_or(("", path));
    raise(
        "AttributeError",
        format!(
            "module '{module}' has no attribute '{name}' in this image, which simulates a subset of Python"
        ),
    )
}

fn system(machine: &Machine, path: &str, arguments: &[Value], sys: &mut Sys) -> Result<Value, Raised> {
    let text =
        |machine: &Machine, at: usize| arguments.get(at).map_or_else(String::new, |value| machine.str(value));
    Ok(match path {
        "sys.stdout.flush" | "sys.stderr.flush" => Value::None,
        "socket.gethostname" | "platform.node" => Value::text(&sys.kernel.hostname),
        "platform.python_version" => Value::text("3.13.1"),
        "sys.stdout.write" => {
            let line = text(machine, 0);
            sys.out(&line);
            Value::Int(line.chars().count() as i64)
        }
        "sys.stderr.write" => {
            let line = text(machine, 0);
            sys.err(&line);
            Value::Int(line.chars().count() as i64)
        }
        "signal.signal" | "logging.basicConfig" => Value::None,
        path => return no_attribute(path),
    })
}

fn random(machine: &Machine, path: &str, arguments: &[Value], sys: &mut Sys) -> Result<Value, Raised> {
    let first = arguments.first().cloned().unwrap_or(Value::None);
    Ok(match path {
        "random.seed" => Value::None,
        "random.random" => Value::Float(draw(sys)),
        "random.uniform" => {
            let (low, high) =
                (number(&first).unwrap_or(0.0), arguments.get(1).and_then(number).unwrap_or(1.0));
            Value::Float(low + (high - low) * draw(sys))
        }
        "random.randint" | "random.randrange" => {
            let (low, high) = match (integer(&first), arguments.get(1).and_then(integer)) {
                (Some(low), Some(high)) if path == "random.randint" => (low, high),
                (Some(low), Some(high)) => (low, high - 1),
                (Some(end), None) => (0, end - 1),
                _ => return argument_error(path),
            };
            if high < low {
                return raise("ValueError", format!("empty range in randrange({low}, {})", high + 1));
            }
            Value::Int(low + (sys.kernel.random.next_u64() % (high.abs_diff(low) + 1).max(1)) as i64)
        }
        "random.choice" => {
            let items = machine.items(&first)?;
            if items.is_empty() {
                return raise("IndexError", "Cannot choose from an empty sequence");
            }
            items[sys.kernel.random.below(items.len() as u64) as usize].clone()
        }
        _ => return argument_error(path),
    })
}

fn math(path: &str, arguments: &[Value]) -> Result<Value, Raised> {
    let Some(value) = arguments.first().and_then(number) else { return argument_error(path) };
    Ok(match path {
        "math.sqrt" if value < 0.0 => return raise("ValueError", "math domain error"),
        "math.sqrt" => Value::Float(value.sqrt()),
        "math.floor" => Value::Int(value.floor() as i64),
        "math.ceil" => Value::Int(value.ceil() as i64),
        "math.factorial" => {
            let product = (1..=value as i64).try_fold(1_i64, |product, factor| product.checked_mul(factor));
            match product {
                Some(product) => Value::Int(product),
                None => return raise("OverflowError", "this simulated Python has integers of 64 bits"),
            }
        }
        "math.sin" => Value::Float(value.sin()),
        "math.cos" => Value::Float(value.cos()),
        "math.log" => Value::Float(value.ln()),
        "math.exp" => Value::Float(value.exp()),
        "math.pow" => Value::Float(value.powf(arguments.get(1).and_then(number).unwrap_or(1.0))),
        _ => return argument_error(path),
    })
}

/// A number from 0 to below 1.
fn draw(sys: &mut Sys) -> f64 {
    (sys.kernel.random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}
