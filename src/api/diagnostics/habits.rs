//! Wrong types with a known remedy, and what is legal but rarely meant.

use serde_json::Value;

use super::{Diagnostic, Severity, inline_list, value_place};
use crate::api::decode::Faults;
use crate::api::object::Kind;
use crate::manifest::Document;

/// The server's words about the first value of a wrong type, with a fix where the remedy is plain.
pub fn wrong_types(text: &str, document: &Document, faults: &Faults, found: &mut Vec<Diagnostic>) {
    let (message, path) = match (&faults.fatal, &faults.wrong_type) {
        (Some(message), _) => (message, &faults.fatal_path),
        (None, Some(message)) => (message, &faults.wrong_type_path),
        (None, None) => return,
    };
    let span = value_place(&document.spans, path);
    let finding = Diagnostic::new(span, Severity::Error, message.clone(), "");
    let written = text.get(span.start.offset..span.end.offset).unwrap_or_default();
    let value = at(&document.value, path);
    let finding = match value {
        Some(Value::String(command)) if message.ends_with("of type []string") => {
            let list = inline_list(&["sh", "-c", command]);
            let is_command = path.ends_with(".command");
            let list = if is_command { list } else { inline_list(&[command]) };
            finding.with_fix(format!("Написать списком: {list}"), span, list)
        }
        Some(Value::String(number)) if message.contains(" of type int") && number.parse::<i64>().is_ok() => {
            finding.with_fix("Убрать кавычки", span, number.as_str())
        }
        Some(Value::Number(_) | Value::Bool(_)) if message.ends_with("of type string") => {
            finding.with_fix("Взять в кавычки", span, format!("\"{written}\""))
        }
        _ => finding,
    };
    found.push(finding);
}

/// The value at a path like `spec.containers[0].image`.
fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    let mut value = value;
    for step in path.split('.') {
        let mut parts = step.split('[');
        value = value.get(parts.next().unwrap_or_default())?;
        for index in parts {
            value = value.get(index.trim_end_matches(']').parse::<usize>().ok()?)?;
        }
    }
    Some(value)
}

/// Where the Job's spec stands in a document of the kind.
fn job_path(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Job => Some("spec"),
        Kind::CronJob => Some("spec.jobTemplate.spec"),
        _ => None,
    }
}

/// Legal texts that do not do what they look like.
pub fn habits(kind: Kind, document: &Document, found: &mut Vec<Diagnostic>) {
    let Some(job) = job_path(kind) else { return };
    let value = &document.value;
    let mut hint = |path: String, explanation: &str| {
        found.push(Diagnostic::new(value_place(&document.spans, &path), Severity::Hint, "", explanation));
    };
    let pod = format!("{job}.template.spec");
    let pod_deadline = format!("{pod}.activeDeadlineSeconds");
    let job_deadline = format!("{job}.activeDeadlineSeconds");
    if at(value, &pod_deadline).is_some() && at(value, &job_deadline).is_none() {
        let explanation = "Этот activeDeadlineSeconds ограничивает каждый под отдельно; срок всей задачи пишут в spec задачи, рядом с backoffLimit.";
        hint(pod_deadline, explanation);
    }
    let containers = at(value, &format!("{pod}.containers")).and_then(Value::as_array);
    for (index, container) in containers.into_iter().flatten().enumerate() {
        let path = format!("{pod}.containers[{index}]");
        let command = container.get("command").and_then(Value::as_array);
        if let Some([Value::String(only)]) = command.map(Vec::as_slice)
            && only.contains(' ')
            && container.get("args").is_none()
        {
            let explanation = "Список из одного слова с пробелами — это имя одной программы: такой программы в образе нет. Каждое слово пишут отдельным элементом или через [\"sh\", \"-c\", \"...\"].";
            hint(format!("{path}.command"), explanation);
        }
        if container.get("restartPolicy").is_some() && at(value, &format!("{pod}.restartPolicy")).is_none() {
            let explanation = "restartPolicy пода стоит рядом с containers, а не внутри контейнера.";
            hint(format!("{path}.restartPolicy"), explanation);
        }
    }
    if containers.is_some_and(|containers| containers.len() > 1) {
        let explanation = "Под завершится, когда завершатся все его контейнеры. Спутник, который работает бесконечно, ставят в initContainers с restartPolicy: Always.";
        hint(format!("{pod}.containers[1]"), explanation);
    }
}
