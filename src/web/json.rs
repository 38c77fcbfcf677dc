//! JSON by the browser's own parser and printer: serde_json's would be a good part of the page.

use js_sys::{Array, JSON, Object, Reflect};
use serde_json::{Map, Number, Value};
use wasm_bindgen::{JsCast, JsValue};

/// Values nested deeper than this are no files of ours.
const DEPTH_MAX: usize = 64;

/// `None` when the text is no JSON.
pub fn parse(text: &str) -> Option<Value> {
    from_js(&JSON::parse(text).ok()?, DEPTH_MAX)
}

pub fn print(value: &Value) -> String {
    // Plain data can always be printed.
    JSON::stringify(&to_js(value)).map(String::from).unwrap_or_default()
}

fn from_js(value: &JsValue, depth: usize) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    if let Some(text) = value.as_string() {
        return Some(Value::String(text));
    }
    if let Some(number) = value.as_f64() {
        return number_of(number).map(Value::Number);
    }
    if let Some(truth) = value.as_bool() {
        return Some(Value::Bool(truth));
    }
    if value.is_null() {
        return Some(Value::Null);
    }
    if let Some(items) = value.dyn_ref::<Array>() {
        return items.iter().map(|item| from_js(&item, depth)).collect::<Option<Vec<_>>>().map(Value::Array);
    }
    let mut map = Map::new();
    for entry in Object::entries(value.unchecked_ref()).iter() {
        let entry: Array = entry.unchecked_into();
        map.insert(entry.get(0).as_string()?, from_js(&entry.get(1), depth)?);
    }
    Some(Value::Object(map))
}

/// Whole numbers stay whole.
fn number_of(number: f64) -> Option<Number> {
    let whole = number as i64;
    if whole as f64 == number { Some(Number::from(whole)) } else { Number::from_f64(number) }
}

/// The value as JavaScript has it.
pub fn to_js(value: &Value) -> JsValue {
    match value {
        Value::Null => JsValue::NULL,
        Value::Bool(truth) => JsValue::from_bool(*truth),
        Value::Number(number) => JsValue::from_f64(number.as_f64().unwrap_or(f64::NAN)),
        Value::String(text) => JsValue::from_str(text),
        Value::Array(items) => items.iter().map(to_js).collect::<Array>().into(),
        Value::Object(map) => {
            let object = Object::new();
            for (key, item) in map {
                // Setting a property of a plain object cannot fail.
                let _ = Reflect::set(&object, &JsValue::from_str(key), &to_js(item));
            }
            object.into()
        }
    }
}
