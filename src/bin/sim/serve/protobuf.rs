//! Bodies in Kubernetes' protobuf form: newer clients create objects so. Only the messages that kubectl creates are known.

use serde_json::{Map, Value, json};
use zadachnik::base::Timestamp;
use zadachnik::base::base64;

/// `Message: NUMBER NAME TYPE, ...`. `*` is a list, `{}` a map; `?` marks what is sent only when it is set; the fields of
/// a message named `-` stand in the one around it.
// Models staging/src/k8s.io/api/core/v1/generated.proto and its siblings
const FIELDS: &str = include_str!("protobuf_fields.txt");
const MAGIC: &[u8] = b"k8s\0";

struct Field {
    number: u64,
    name: &'static str,
    kind: &'static str,
}

/// The object of a body.
///
/// # Errors
/// One line about what is not known or not protobuf.
pub fn object(body: &[u8]) -> Result<Value, String> {
    let envelope = body.strip_prefix(MAGIC).ok_or("no protobuf of Kubernetes")?;
    let mut raw: &[u8] = &[];
    let mut about = Map::new();
    for (number, value) in pairs(envelope)? {
        match (number, value) {
            (1, Wire::Bytes(bytes)) => about = message("TypeMeta", bytes)?,
            (2, Wire::Bytes(bytes)) => raw = bytes,
            _ => {}
        }
    }
    let kind = about.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    let mut fields = message(&kind, raw)?;
    fields.append(&mut about);
    Ok(Value::Object(fields))
}

fn fields_of(name: &str) -> Result<Vec<Field>, String> {
    let line = FIELDS.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    let line = line.ok_or_else(|| format!("protobuf: the message {name} is not known here"))?;
    let field = |text: &'static str| {
        let mut words = text.split(' ');
        Some(Field { number: words.next()?.parse().ok()?, name: words.next()?, kind: words.next()? })
    };
    line.split(", ").map(|text| field(text).ok_or_else(|| format!("protobuf: bad table at {text}"))).collect()
}

enum Wire<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields of a message in their order.
fn pairs(mut bytes: &[u8]) -> Result<Vec<(u64, Wire<'_>)>, String> {
    let mut pairs = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes)?;
        let value = match tag & 7 {
            0 => Wire::Number(varint(&mut bytes)?),
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).map_err(|error| error.to_string())?;
                let (value, rest) = bytes.split_at_checked(length).ok_or("protobuf: it ends too early")?;
                bytes = rest;
                Wire::Bytes(value)
            }
            other => return Err(format!("protobuf: wire type {other} is not known here")),
        };
        pairs.push((tag >> 3, value));
    }
    Ok(pairs)
}

fn varint(bytes: &mut &[u8]) -> Result<u64, String> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first().ok_or("protobuf: it ends too early")?;
        *bytes = rest;
        number |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err("protobuf: a number is too long".to_owned())
}

fn message(name: &str, bytes: &[u8]) -> Result<Map<String, Value>, String> {
    if name == "Empty" {
        return Ok(Map::new());
    }
    let fields = fields_of(name)?;
    let mut object = Map::new();
    for (number, wire) in pairs(bytes)? {
        let field = fields.iter().find(|field| field.number == number);
        let field = field.ok_or_else(|| format!("protobuf: field {number} of {name} is not known here"))?;
        put(&mut object, field, &wire)?;
    }
    Ok(object)
}

fn put(object: &mut Map<String, Value>, field: &Field, wire: &Wire) -> Result<(), String> {
    if let Some(kind) = field.kind.strip_prefix('*') {
        if let Value::Array(list) = object.entry(field.name).or_insert_with(|| json!([])) {
            list.push(value(kind, wire)?);
        }
    } else if let Some(kind) = field.kind.strip_prefix('{').and_then(|kind| kind.strip_suffix('}')) {
        let Wire::Bytes(entry) = wire else { return Err("protobuf: a map's entry is no message".to_owned()) };
        let (mut key, mut content) = (Value::from(""), value(kind, &Wire::Bytes(&[]))?);
        for (number, wire) in pairs(entry)? {
            match number {
                1 => key = value("text", &wire)?,
                _ => content = value(kind, &wire)?,
            }
        }
        if let Value::Object(map) = object.entry(field.name).or_insert_with(|| json!({})) {
            map.insert(key.as_str().unwrap_or_default().to_owned(), content);
        }
    } else if field.name == "-" {
        if let Value::Object(mut inner) = value(field.kind, wire)? {
            object.append(&mut inner);
        }
    } else {
        let found = value(field.kind.trim_end_matches('?'), wire)?;
        if field.kind.ends_with('?') || !is_zero(&found) {
            object.insert(field.name.to_owned(), found);
        }
    }
    Ok(())
}

fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(set) => !set,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
    }
}

fn value(kind: &str, wire: &Wire) -> Result<Value, String> {
    Ok(match (kind, wire) {
        ("int", Wire::Number(number)) => Value::from(*number as i64),
        ("bool", Wire::Number(number)) => Value::from(*number != 0),
        ("text", Wire::Bytes(bytes)) => Value::from(zadachnik::base::lossy_string(bytes)),
        ("bytes", Wire::Bytes(bytes)) => Value::from(base64::encode(bytes)),
        (name, Wire::Bytes(bytes)) => shaped(name, message(name, bytes)?),
        (name, Wire::Number(_)) => return Err(format!("protobuf: {name} is no number")),
    })
}

/// Messages that JSON writes as plain values.
fn shaped(name: &str, fields: Map<String, Value>) -> Value {
    let field = |key: &str| fields.get(key).cloned().unwrap_or_default();
    match name {
        "Time" => {
            field("seconds").as_i64().map_or(Value::Null, |at| Timestamp::from_secs(at).to_string().into())
        }
        "Quantity" => field("string"),
        "IntOrString" if field("type") == 1 => field("strVal"),
        "IntOrString" => field("intVal").as_i64().unwrap_or(0).into(),
        _ => Value::Object(fields),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_read_from_its_envelope() {
        let raw = b"\x0a\x09\x0a\x01a\x12\x00\x1a\x00\x42\x00\x12\x08\x0a\x01k\x12\x03two";
        let mut body = b"k8s\0\x0a\x0f\x0a\x02v1\x12\x09ConfigMap\x12".to_vec();
        body.push(raw.len() as u8);
        body.extend_from_slice(raw);
        let expected =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "two"}});
        assert_eq!(object(&body), Ok(expected));
        assert!(object(b"{}").is_err());
    }

    #[test]
    fn every_type_of_the_table_is_in_the_table() {
        for line in FIELDS.lines() {
            let name = line.split(':').next().unwrap_or_default();
            for field in fields_of(name).expect("a line") {
                let kind = field.kind.trim_matches(['*', '?', '{', '}']);
                let plain = ["text", "int", "bool", "bytes", "Empty"].contains(&kind);
                assert!(plain || fields_of(kind).is_ok(), "{name}.{}: {kind}", field.name);
            }
        }
    }
}
