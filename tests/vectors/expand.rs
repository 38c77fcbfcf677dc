//! Named fixtures inside vectors: `<name>`, `<name key=value>`, `{fixture: name, ...}`, and `{$repeat: [TEXT, N]}`.

use serde_json::{Map, Value, json};

/// A copy of the value in which every fixture stands for what it names.
pub fn expand(value: &Value, fixtures: &Value) -> Value {
    match value {
        Value::String(text) => named(text, fixtures).unwrap_or_else(|| value.clone()),
        Value::Array(items) => items.iter().map(|item| expand(item, fixtures)).collect(),
        Value::Object(fields) => object(fields, fixtures),
        _ => value.clone(),
    }
}

fn object(fields: &Map<String, Value>, fixtures: &Value) -> Value {
    if let Some([Value::String(text), times]) =
        fields.get("$repeat").and_then(Value::as_array).map(Vec::as_slice)
    {
        return Value::String(text.repeat(times.as_u64().unwrap_or(0) as usize));
    }
    let expanded = fields.iter().filter(|(key, _)| *key != "fixture");
    let expanded: Map<_, _> = expanded.map(|(key, item)| (key.clone(), expand(item, fixtures))).collect();
    let base = fields.get("fixture").and_then(Value::as_str).and_then(|name| fixture(name, fixtures));
    match base {
        Some(mut base) => {
            expanded.into_iter().for_each(|(key, item)| lay_over(&mut base, &key, item));
            base
        }
        None => Value::Object(expanded),
    }
}

/// `<name>` or `<name key=value ...>`.
fn named(text: &str, fixtures: &Value) -> Option<Value> {
    let inner = text.strip_prefix('<')?.strip_suffix('>')?;
    let mut words = inner.split_whitespace();
    let mut value = fixture(words.next()?, fixtures)?;
    for word in words {
        let (key, item) = word.split_once('=')?;
        lay_over(&mut value, key, Value::from(item));
    }
    Some(value)
}

/// Sets a key; `restartPolicy` of a template belongs to its pod spec.
fn lay_over(value: &mut Value, key: &str, item: Value) {
    let target =
        if key == "restartPolicy" && value.get("spec").is_some() { &mut value["spec"] } else { value };
    target[key] = item;
}

/// What a fixture's name stands for. Those that fixtures.yaml tells in words are built here.
fn fixture(name: &str, fixtures: &Value) -> Option<Value> {
    let template = |labels: Value, mut spec: Value, restart_policy: &str| {
        spec["restartPolicy"] = Value::from(restart_policy);
        json!({"metadata": {"labels": labels}, "spec": spec})
    };
    let generated_labels = || fixtures["generatedSelector"]["matchLabels"].clone();
    let pod_spec = || {
        let mut spec = fixtures["podSpec"].clone();
        spec["restartPolicy"] = Value::from("Always");
        spec
    };
    let with_init = || {
        let mut spec = pod_spec();
        let mut container = spec["containers"][0].clone();
        container["name"] = Value::from("def");
        spec["initContainers"] = json!([container]);
        spec
    };
    Some(match name {
        "podSpec" => pod_spec(),
        "generatedTemplate" => template(generated_labels(), with_init(), "OnFailure"),
        "manualTemplate" | "template" => template(json!({"a": "b"}), pod_spec(), "OnFailure"),
        "hostNetTemplate" => {
            let mut spec = with_init();
            spec["hostNetwork"] = Value::Bool(true);
            spec["containers"][0]["ports"] =
                json!([{"containerPort": 12345, "hostPort": 12345, "protocol": "TCP"}]);
            template(generated_labels(), spec, "OnFailure")
        }
        other => fixtures.get(other)?.clone(),
    })
}
