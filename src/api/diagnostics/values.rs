//! What the server's validation and warnings say, with a fix where one is plain.

use serde_json::Value;

use super::{Diagnostic, Fix, Severity, mend, value_place};
use crate::api::status::{FieldError, FieldErrorKind};
use crate::base::edit_distance;
use crate::manifest::{Document, Span, Spans};

const LABEL_MAX: usize = 63;

/// The finding about a violated rule.
pub fn violation(text: &str, document: &Document, violation: &FieldError) -> Diagnostic {
    let spans = &document.spans;
    let span = value_place(spans, &violation.field);
    let mut finding = Diagnostic::new(span, Severity::Error, violation.to_string(), "");
    let is_written = spans.get(&violation.field).is_some();
    finding.fix = if violation.field.ends_with("template.spec.restartPolicy") {
        restart_policy(text, spans, violation)
    } else if !is_written {
        None
    } else if violation.kind == FieldErrorKind::NotSupported {
        nearest_value(violation, span)
    } else if violation.field.ends_with("name") && violation.detail.contains("RFC 1123") {
        spelled_name(violation, span)
    } else {
        None
    };
    if violation.field.ends_with("template.spec.restartPolicy") && !is_written {
        finding.explanation = "Умолчания нет: restartPolicy задачи пишут всегда. OnFailure перезапускает контейнер в том же поде, Never создаёт новый под.".to_owned();
    }
    finding
}

/// The field that every Job must have: written where it is missing, corrected where it is wrong.
fn restart_policy(text: &str, spans: &Spans, violation: &FieldError) -> Option<Fix> {
    let path = &violation.field;
    if let Some(entry) = spans.get(path) {
        let near = nearest_value(violation, entry.value).filter(|near| near.text != "Always");
        let never =
            || Fix {
                title: "Поставить Never".to_owned(), span: entry.value, text: "Never".to_owned()
            };
        return Some(near.unwrap_or_else(never));
    }
    mend::add_field(text, spans, path.trim_end_matches(".restartPolicy"), "restartPolicy: Never")
}

/// One of the values that a field takes, when what is written is nearly it.
fn nearest_value(violation: &FieldError, span: Span) -> Option<Fix> {
    let written = violation.value.trim_matches('"').to_lowercase();
    let listed = violation.detail.split_once("supported values: ")?.1;
    let near = listed.split(", ").map(|value| value.trim_matches('"'));
    let near = near.map(|value| (edit_distance(&written, &value.to_lowercase()), value)).min()?;
    let close = near.0 <= 2 && near.0 < written.len();
    close.then(|| Fix { title: format!("Заменить на {}", near.1), span, text: near.1.to_owned() })
}

/// The name with small letters and hyphens only.
fn spelled_name(violation: &FieldError, span: Span) -> Option<Fix> {
    let written: String = serde_json::from_str(&violation.value).ok()?;
    let letter = |letter: char| match letter {
        'a'..='z' | '0'..='9' | '.' => letter,
        'A'..='Z' => letter.to_ascii_lowercase(),
        _ => '-',
    };
    if !written.is_ascii() || written.len() > LABEL_MAX {
        return None;
    }
    let spelled: String = written.chars().map(letter).collect();
    let spelled = spelled.trim_matches(['-', '.']);
    let differs = !spelled.is_empty() && spelled != written;
    differs.then(|| Fix { title: format!("Написать {spelled}"), span, text: spelled.to_owned() })
}

/// The finding about a warning of the server: `path: what is wrong`.
pub fn warning(document: &Document, warning: &str) -> Diagnostic {
    let path = warning.split(": ").next().unwrap_or_default();
    let span = value_place(&document.spans, &dotted(path));
    let mut finding = Diagnostic::new(span, Severity::Warning, warning, "");
    if warning.contains("fractional byte value") {
        finding.explanation =
            "Буква m — тысячная доля: меньше одного байта не бывает. Мебибайты пишут с Mi.".to_owned();
        let value = super::at(&document.value, &dotted(path)).and_then(Value::as_str);
        if let Some(number) = value.and_then(|value| value.strip_suffix('m')) {
            let text = format!("{number}Mi");
            finding.fix = Some(Fix { title: format!("Написать {text}"), span, text });
        }
    }
    finding
}

/// `limits[memory]` as `limits.memory`: positions are kept by names of fields.
fn dotted(path: &str) -> String {
    let mut dotted = String::new();
    let mut parts = path.split('[');
    dotted.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let is_index = part.starts_with(|letter: char| letter.is_ascii_digit());
        if is_index {
            dotted.push('[');
            dotted.push_str(part);
        } else {
            dotted.push('.');
            dotted.push_str(&part.replacen(']', "", 1));
        }
    }
    dotted
}
