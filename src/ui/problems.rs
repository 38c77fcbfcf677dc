//! What the core says about a manifest, live, in the editor's terms: syntax, double keys, unknown fields and wrong
//! types, the API server's own validation.

use serde_json::Value;

use super::files::Problem;
use crate::api::decode::{self, Faults};
use crate::api::status::{FieldError, FieldErrorKind};
use crate::api::{Kind, Object, defaults, fields, strategy, validation};
use crate::kubectl::explain_ru;
use crate::manifest::{self, Document, DuplicateKey, Entry, Position, Span};
use crate::web::code_editor::Mark;

/// More findings than this help nobody.
const PROBLEMS_MAX: usize = 30;

/// Longer texts are judged only when they are applied: checking them at every key would hold up the typing.
const TEXT_BYTES_MAX: usize = 64 << 10;

pub fn of(text: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    if text.len() > TEXT_BYTES_MAX {
        return problems;
    }
    for parsed in manifest::parse(text) {
        match parsed {
            Ok(document) => of_document(&document, &mut problems),
            Err(error) => {
                let russian = "Это не читается как YAML: проверьте отступы, двоеточия и скобки.";
                problems.push(problem(point(error.at), "error", &error.message, russian.to_owned()));
            }
        }
    }
    problems.truncate(PROBLEMS_MAX);
    problems
}

fn of_document(document: &Document, problems: &mut Vec<Problem>) {
    problems.extend(document.duplicates.iter().map(duplicate));
    if let Some(at) = document.dropped_document {
        let russian = "Разделитель --- должен стоять на строке один: иначе kubectl теряет этот документ.";
        problems.push(problem(point(at), "warning", "", russian.to_owned()));
    }
    let text = |key: &str| document.value.get(key).and_then(Value::as_str).unwrap_or_default();
    let (kind, api_version) = (text("kind"), text("apiVersion"));
    if kind.is_empty() || api_version.is_empty() {
        let missing = if kind.is_empty() { "kind" } else { "apiVersion" };
        let russian = format!("Нет поля {missing}: без него непонятно, что это за объект.");
        problems.push(problem(place(document, ""), "error", &format!("{missing} not set"), russian));
        return;
    }
    let known = Kind::ALL.iter().find(|known| known.as_str() == kind && known.api_version() == api_version);
    let Some(known) = known else {
        let exact = format!("no matches for kind {kind:?} in version {api_version:?}");
        let russian = "Такого вида объектов в этой версии API нет: проверьте kind и apiVersion.";
        problems.push(problem(place(document, "kind"), "error", &exact, russian.to_owned()));
        return;
    };
    let mut value = document.value.clone();
    let faults = decode::check(known.as_str(), fields::type_of(*known), &mut value);
    let sound = faults.fatal.is_none() && faults.wrong_type.is_none() && faults.unknown.is_empty();
    of_faults(document, &faults, problems);
    if sound && let Ok(object) = Object::decode(*known, value) {
        of_validation(document, object, problems);
    }
}

fn of_faults(document: &Document, faults: &Faults, problems: &mut Vec<Problem>) {
    let wrong = [(&faults.fatal, &faults.fatal_path), (&faults.wrong_type, &faults.wrong_type_path)];
    for (message, path) in wrong {
        if let Some(message) = message {
            let russian = format!("У поля {} значение не того типа.", last_name(path));
            problems.push(problem(place(document, path), "error", message, russian));
        }
    }
    for (message, path) in faults.unknown.iter().zip(&faults.unknown_paths) {
        problems.push(problem(place(document, path), "error", message, misplaced(path)));
    }
}

/// Where an unknown field would be known, if that is one of the usual places.
fn misplaced(path: &str) -> String {
    let name = last_name(path);
    let places = [("JobSpec", "spec"), ("PodSpec", "spec.template.spec"), ("Container", "containers[]")];
    let right = places
        .iter()
        .find(|(type_name, _)| fields::type_named(type_name).is_some_and(|info| info.field(name).is_some()));
    match right {
        Some((_, place)) => format!("Поле {name} стоит не на месте: ему место в {place}."),
        None => format!("Поля {name} здесь нет: проверьте, как оно пишется и с каким отступом."),
    }
}

fn of_validation(document: &Document, mut object: Object, problems: &mut Vec<Problem>) {
    let metadata = object.metadata();
    if metadata.name.is_empty() && metadata.generate_name.is_empty() {
        let russian = "У объекта нет имени: нужно metadata.name.";
        problems.push(problem(
            place(document, "metadata"),
            "error",
            "resource name may not be empty",
            russian.to_owned(),
        ));
        return;
    }
    if object.kind().is_namespaced() && metadata.namespace.is_empty() {
        object.metadata_mut().namespace = "default".to_owned();
    }
    defaults::set_defaults(&mut object);
    strategy::prepare_create(&mut object);
    for violation in validation::validate_create(&object) {
        // What the server itself fills in, the learner cannot have got wrong.
        if violation.field != "metadata.uid" {
            let exact = violation.to_string();
            problems.push(problem(
                place(document, &violation.field),
                "error",
                &exact,
                russian_of(&violation, &exact),
            ));
        }
    }
}

fn russian_of(violation: &FieldError, exact: &str) -> String {
    if let Some(known) = explain_ru::explain(exact) {
        return known;
    }
    let name = last_name(&violation.field);
    match violation.kind {
        FieldErrorKind::Required => format!("Поле {name} обязательно."),
        FieldErrorKind::NotSupported => format!("Такого значения у поля {name} не бывает."),
        FieldErrorKind::Duplicate => format!("Значение поля {name} повторяется."),
        FieldErrorKind::Forbidden => format!("Поле {name} здесь не допускается."),
        _ => format!("API-сервер не примет это значение поля {name}."),
    }
}

fn duplicate(key: &DuplicateKey) -> Problem {
    let name = last_name(&key.path);
    let russian = format!(
        "Поле {name} дано дважды, впервые на строке {}: kubectl молча возьмёт последнее значение.",
        key.first.start.line
    );
    problem(key.last, "warning", "", russian)
}

fn last_name(path: &str) -> &str {
    let name = path.rsplit('.').next().unwrap_or(path);
    name.split('[').next().unwrap_or(name)
}

/// The field's key where it has one, else its value; a missing field is shown at the nearest one around it.
fn place(document: &Document, path: &str) -> Span {
    let of_entry = |entry: &Entry| entry.key.unwrap_or(entry.value);
    let first =
        || document.spans.iter().map(|(_, entry)| of_entry(entry)).min_by_key(|span| span.start.offset);
    document.spans.nearest(path).map(of_entry).or_else(first).unwrap_or_default()
}

fn point(at: Position) -> Span {
    Span { start: at, end: at }
}

fn problem(span: Span, severity: &'static str, exact: &str, russian: String) -> Problem {
    let number = |count: usize| u32::try_from(count.max(1)).unwrap_or(u32::MAX);
    let message = if exact.is_empty() { russian.clone() } else { format!("{russian}\n{exact}") };
    let mark = Mark {
        line: number(span.start.line),
        column: number(span.start.column),
        to_line: number(span.end.line),
        to_column: number(span.end.column),
        severity,
        message,
    };
    Problem { mark, exact: exact.to_owned(), russian }
}
