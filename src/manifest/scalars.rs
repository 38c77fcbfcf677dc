//! Types of plain scalars: YAML 1.1 as go-yaml v2 reads it.

use serde_json::{Number, Value};

use crate::base::{base64, lossy_string, sorted};

/// The value of a scalar that stands for itself (plain and without a tag).
// Models go-yaml v2 resolve.go resolve
pub fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Value::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Value::Bool(false)
        }
        _ => number(text).unwrap_or_else(|| Value::String(text.to_owned())),
    }
}

/// Numbers that JSON cannot write are left to the caller as text.
fn number(text: &str) -> Option<Value> {
    let first = *text.as_bytes().first()?;
    if first == b'.' {
        return go_float(text).and_then(float_value);
    }
    if !first.is_ascii_digit() && first != b'+' && first != b'-' {
        return None;
    }
    let plain: String = text.chars().filter(|c| *c != '_').collect();
    if let Some(integer) = go_integer(&plain) {
        return Some(integer);
    }
    is_float(&plain).then(|| plain.parse().ok()).flatten().and_then(float_value)
}

/// Go's `strconv.ParseInt(text, 0, 64)`, then `ParseUint`.
fn go_integer(text: &str) -> Option<Value> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = if let Some(rest) = lower.strip_prefix("0x") {
        (16, rest)
    } else if let Some(rest) = lower.strip_prefix("0b") {
        (2, rest)
    } else if let Some(rest) = lower.strip_prefix("0o") {
        (8, rest)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (8, &lower[1..])
    } else {
        (10, lower.as_str())
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if !negative {
        return Some(Value::from(magnitude));
    }
    0i64.checked_sub_unsigned(magnitude).map(Value::from)
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_holds = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && digits(fraction),
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => !mantissa.is_empty() && digits(mantissa),
    };
    let exponent_holds = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    mantissa_holds && exponent_holds
}

/// A text that starts with a dot: a float without its leading zero.
fn go_float(text: &str) -> Option<f64> {
    is_float(text).then(|| text.parse().ok()).flatten()
}

/// A float as it arrives after the way through JSON: whole ones are integers there.
fn float_value(float: f64) -> Option<Value> {
    // What is larger does not fit into an integer of the API anyway.
    const WHOLE_MAX: f64 = 9.2e18;
    if float.fract() == 0.0 && float.abs() < WHOLE_MAX {
        // Go writes the fewest digits that tell the number apart, and so does this.
        return format!("{float}").parse::<i64>().ok().map(Value::from);
    }
    Number::from_f64(float).map(Value::Number)
}

/// Numbers that JSON has no form for, with their names in Go.
pub fn not_finite(text: &str) -> Option<&'static str> {
    match text {
        ".nan" | ".NaN" | ".NAN" => Some("NaN"),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Some("+Inf"),
        "-.inf" | "-.Inf" | "-.INF" => Some("-Inf"),
        _ => None,
    }
}

/// A value of a JSON file as it arrives at the server: whole numbers are integers.
pub fn as_sent(value: Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => {
            number.as_f64().and_then(float_value).unwrap_or(Value::Number(number))
        }
        Value::Array(items) => items.into_iter().map(as_sent).collect(),
        Value::Object(fields) => {
            Value::Object(sorted::collect(fields.into_iter().map(|(name, value)| (name, as_sent(value)))))
        }
        other => other,
    }
}

/// The value of a scalar with an explicit tag.
///
/// # Errors
/// The text has another type than the tag says.
// Models go-yaml v2 resolve.go resolve
pub fn tagged(tag: &str, text: &str) -> Result<Value, String> {
    let Some(kind) = tag.strip_prefix("tag:yaml.org,2002:") else {
        return Ok(Value::String(text.to_owned()));
    };
    if kind == "binary" {
        return decode_base64(text)
            .map(Value::String)
            .ok_or_else(|| "!!binary value contains invalid base64 data".to_owned());
    }
    if !["int", "float", "bool", "null", "timestamp"].contains(&kind) {
        return Ok(Value::String(text.to_owned()));
    }
    let value = resolve(text);
    let found = match &value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) if text.contains(['.', 'e', 'E']) && !text.contains(['x', 'X']) => "float",
        Value::Number(_) => "int",
        _ => "str",
    };
    let fits =
        found == kind || (kind == "float" && found == "int") || (kind == "timestamp" && found == "str");
    if fits { Ok(value) } else { Err(format!("cannot decode !!{found} `{text}` as a !!{kind}")) }
}

/// Bytes that are not UTF-8 are replaced; nothing when the text is not base64.
fn decode_base64(text: &str) -> Option<String> {
    let letters: Vec<u8> = text.bytes().filter(|byte| !b"\r\n".contains(byte)).collect();
    let bytes = base64::decode(&letters).ok()?;
    Some(lossy_string(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn plain_scalars_have_the_types_of_yaml_1_1() {
        let cases = [
            ("y", json!(true)),
            ("No", json!(false)),
            ("on", json!(true)),
            ("~", json!(null)),
            ("010", json!(8)),
            ("08", json!(8)),
            ("0x1F", json!(31)),
            ("0b101", json!(5)),
            ("0o17", json!(15)),
            ("1_000", json!(1000)),
            ("1e1", json!(10)),
            ("1E+2", json!(100)),
            ("5.0", json!(5)),
            ("2.5", json!(2.5)),
            (".5", json!(0.5)),
            ("-7", json!(-7)),
            ("+7", json!(7)),
            ("1e", json!("1e")),
            ("10s", json!("10s")),
            ("1.36.2", json!("1.36.2")),
            ("12:30:00", json!("12:30:00")),
            ("2026-01-01", json!("2026-01-01")),
            ("99999999999", json!(99_999_999_999u64)),
            ("-", json!("-")),
            ("0x", json!("0x")),
            ("yEs", json!("yEs")),
        ];
        for (text, expect) in cases {
            assert_eq!(resolve(text), expect, "{text}");
        }
    }

    #[test]
    fn tags_win_over_the_look_of_a_scalar() {
        assert_eq!(tagged("tag:yaml.org,2002:str", "5"), Ok(json!("5")));
        assert_eq!(tagged("tag:yaml.org,2002:int", "5"), Ok(json!(5)));
        assert_eq!(tagged("tag:yaml.org,2002:float", "5"), Ok(json!(5)));
        assert_eq!(tagged("tag:yaml.org,2002:binary", "aGVsbG8="), Ok(json!("hello")));
        assert_eq!(tagged("!custom", "5"), Ok(json!("5")));
        let refused = "cannot decode !!float `5.5` as a !!int".to_owned();
        assert_eq!(tagged("tag:yaml.org,2002:int", "5.5"), Err(refused));
    }
}
