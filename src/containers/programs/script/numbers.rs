//! Arithmetic of Python.

use super::value::{Raised, Value, raise};

pub fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        Value::Int(value) => Some(*value as f64),
        Value::Float(value) => Some(*value),
        _ => None,
    }
}

pub fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Bool(value) => Some(i64::from(*value)),
        Value::Int(value) => Some(*value),
        _ => None,
    }
}

pub fn arithmetic(operator: &str, left: &Value, right: &Value) -> Result<Value, Raised> {
    if let (Some(left), Some(right)) = (integer(left), integer(right)) {
        return whole(operator, left, right);
    }
    let (Some(a), Some(b)) = (number(left), number(right)) else {
        let (left, right) = (left.type_name(), right.type_name());
        if operator == "+" && left == "str" {
            return raise("TypeError", format!("can only concatenate str (not \"{right}\") to str"));
        }
        return raise(
            "TypeError",
            format!("unsupported operand type(s) for {operator}: '{left}' and '{right}'"),
        );
    };
    if b == 0.0 && matches!(operator, "/" | "//" | "%") {
        return raise(
            "ZeroDivisionError",
            if operator == "/" { "float division by zero" } else { "float modulo" },
        );
    }
    Ok(Value::Float(match operator {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" => a / b,
        "//" => (a / b).floor(),
        "%" => a - b * (a / b).floor(),
        "**" => a.powf(b),
        _ => {
            return raise(
                "TypeError",
                format!("unsupported operand type(s) for {operator}: 'float' and 'float'"),
            );
        }
    }))
}

fn whole(operator: &str, left: i64, right: i64) -> Result<Value, Raised> {
    if right == 0 && matches!(operator, "/" | "//" | "%") {
        let text = match operator {
            "/" => "division by zero",
            "//" => "integer division or modulo by zero",
            _ => "integer modulo by zero",
        };
        return raise("ZeroDivisionError", text);
    }
    let result = match operator {
        "+" => left.checked_add(right),
        "-" => left.checked_sub(right),
        "*" => left.checked_mul(right),
        "/" => return Ok(Value::Float(left as f64 / right as f64)),
        "//" => left
            .checked_div(right)
            .map(|quotient| quotient - i64::from(left % right != 0 && (left < 0) != (right < 0))),
        "%" => left
            .checked_rem(right)
            .map(|rest| if rest != 0 && (rest < 0) != (right < 0) { rest + right } else { rest }),
        "**" if right < 0 => return Ok(Value::Float((left as f64).powf(right as f64))),
        "**" => u32::try_from(right).ok().and_then(|right| left.checked_pow(right)),
        "&" => Some(left & right),
        "|" => Some(left | right),
        "^" => Some(left ^ right),
        "<<" => u32::try_from(right).ok().and_then(|right| left.checked_shl(right)),
        ">>" => Some(left >> right.clamp(0, 63)),
        _ => None,
    };
    match result {
        Some(value) => Ok(Value::Int(value)),
        None => raise("OverflowError", "this simulated Python has integers of 64 bits"),
    }
}
