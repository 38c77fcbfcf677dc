//! Values of a wrong type, with a remedy where it is plain.

use serde_json::Value;

use super::{Diagnostic, Fix, Severity, at, inline_list, mend, value_place};
use crate::api::decode::Faults;
use crate::manifest::{Document, Span};

/// The server's words about the first value of a wrong type.
pub fn wrong_types(text: &str, document: &Document, faults: &Faults, found: &mut Vec<Diagnostic>) {
    let (message, path) = match (&faults.fatal, &faults.wrong_type) {
        (Some(message), _) => (message, &faults.fatal_path),
        (None, Some(message)) => (message, &faults.wrong_type_path),
        (None, None) => return,
    };
    let span = value_place(&document.spans, path);
    let mut finding = Diagnostic::new(span, Severity::Error, message.clone(), "");
    let Some(value) = at(&document.value, path) else {
        found.push(finding);
        return;
    };
    let wanted = message.rsplit("of type ").next().unwrap_or_default();
    if let Some(explanation) = explanation(value, wanted, path) {
        finding.explanation = explanation;
    }
    finding.fix = fix(text, span, value, wanted, path);
    found.push(finding);
}

fn explanation(value: &Value, wanted: &str, path: &str) -> Option<String> {
    let name = path.rsplit('.').next()?;
    match value {
        Value::Object(_) if wanted == "[]v1.EnvVar" => Some(
            "env — это список пар: в каждом элементе name и value. Словарь «ИМЯ: значение» здесь не годится."
                .to_owned(),
        ),
        Value::Object(_) if wanted.starts_with("[]") => {
            Some(format!("{name} — это список, даже из одного элемента: каждый начинается с «- »."))
        }
        Value::Array(_) if wanted.starts_with("v1.") || wanted.starts_with("map[") => {
            Some(format!("{name} — не список: уберите «- » и запишите поля под ним."))
        }
        Value::String(_) if wanted == "bool" => Some(format!("{name} — это true или false, без кавычек.")),
        Value::Number(number) if wanted.starts_with("int") && number.as_i64().is_none() => {
            Some(format!("{name} — целое число: дробных и больше чем 2 147 483 647 здесь не бывает."))
        }
        _ => None,
    }
}

fn fix(text: &str, span: Span, value: &Value, wanted: &str, path: &str) -> Option<Fix> {
    let written = mend::written(text, span);
    let fix = |title: String, text: String| Some(Fix { title, span, text });
    match value {
        Value::String(command) if wanted == "[]string" => {
            let list = if path.ends_with(".command") {
                inline_list(&["sh", "-c", command])
            } else {
                inline_list(&[command])
            };
            fix(format!("Написать списком: {list}"), list)
        }
        Value::String(number) if wanted.starts_with("int") && number.parse::<i64>().is_ok() => {
            fix("Убрать кавычки".to_owned(), number.clone())
        }
        Value::String(word) if wanted == "bool" => match word.to_lowercase().as_str() {
            "true" | "yes" | "on" => fix("Написать true".to_owned(), "true".to_owned()),
            "false" | "no" | "off" => fix("Написать false".to_owned(), "false".to_owned()),
            _ => None,
        },
        Value::Number(_) | Value::Bool(_) if wanted == "string" => {
            fix("Взять в кавычки".to_owned(), format!("\"{written}\""))
        }
        Value::Object(pairs) if wanted == "[]v1.EnvVar" && !pairs.contains_key("name") => {
            let scalar = |value: &Value| match value {
                Value::Object(_) | Value::Array(_) => None,
                Value::String(text) => Some(Value::from(text.as_str()).to_string()),
                other => Some(Value::from(other.to_string()).to_string()),
            };
            let pairs: Option<Vec<_>> =
                pairs.iter().map(|(name, value)| Some((name.clone(), scalar(value)?))).collect();
            mend::as_pairs(text, span, &pairs?)
        }
        Value::Object(_) if wanted.starts_with("[]v1.") => mend::as_list(text, span),
        _ => None,
    }
}
