//! What the editor says about a manifest: from any text to findings with their places, without ever failing.
//!
//! The layers are those of the way through the cluster: YAML, the schema, the server's validation and warnings, and
//! last what is legal but rarely meant.

mod commands;
mod copied;
mod habits;
mod mend;
mod types;
mod unknown;
mod values;

use serde_json::{Value, json};

use super::decode;
use super::defaults::set_defaults;
use super::fields;
use super::object::{Kind, Object};
use super::strategy::prepare_create;
use super::validation;
use crate::base::{sorted, typing_distance};
use crate::manifest::{self, Document, Position, Span, Spans};

/// More unknown fields than this are not looked into.
const UNKNOWN_MAX: usize = 30;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// The cluster refuses it.
    Error,
    /// The cluster takes it, but not as it looks.
    Warning,
    /// Legal, and rarely meant.
    Hint,
}

/// A change of the text that mends the finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fix {
    /// In Russian, as a button says it.
    pub title: String,
    /// What to replace, with what.
    pub span: Span,
    pub text: String,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    pub span: Span,
    pub severity: Severity,
    /// Upstream's exact text; empty where the cluster says nothing.
    pub message: String,
    /// In Russian; empty where only the message is known.
    pub explanation: String,
    pub fix: Option<Fix>,
}

impl Diagnostic {
    fn new(
        span: Span,
        severity: Severity,
        message: impl Into<String>,
        explanation: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic { span, severity, message: message.into(), explanation: explanation.into(), fix: None }
    }

    fn with_fix(mut self, title: impl Into<String>, span: Span, text: impl Into<String>) -> Diagnostic {
        self.fix = Some(Fix { title: title.into(), span, text: text.into() });
        self
    }
}

/// The findings about a text, in the order of their places.
pub fn diagnose(text: &str) -> Vec<Diagnostic> {
    diagnose_beside(text, &|_| false)
}

/// The same where some objects are there already: in their texts stands what the server generated for their uids.
pub fn diagnose_beside(text: &str, is_there: &dyn Fn(&Object) -> bool) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    copied::copied(text, &mut found);
    for document in manifest::parse(text) {
        match document {
            Ok(document) => check_document(text, &document, is_there, &mut found),
            Err(error) => found.push(syntax(text, &error.message, error.at)),
        }
    }
    sorted::sort_by_key(&mut found, |finding| (finding.span.start, finding.severity));
    found
}

/// The place of a path's key, else of its value, else of what is around it.
fn place(spans: &Spans, path: &str) -> Span {
    let entry = spans.nearest(path).or_else(|| spans.get(""));
    entry.map_or_else(Span::default, |entry| entry.key.unwrap_or(entry.value))
}

fn value_place(spans: &Spans, path: &str) -> Span {
    spans.get(path).map_or_else(|| place(spans, path), |entry| entry.value)
}

fn syntax(text: &str, message: &str, at: Position) -> Diagnostic {
    let line_start = text[..at.offset.min(text.len())].rfind('\n').map_or(0, |before| before + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    let end = Position { offset: line_start + line.len(), line: at.line, column: line.chars().count() + 1 };
    let span = Span { start: at, end: end.max(at) };
    if line.starts_with('\t') || line.trim_start_matches(' ').starts_with('\t') {
        let indent: String = line.chars().take_while(|c| c.is_whitespace()).collect();
        let start = Position { offset: line_start, line: at.line, column: 1 };
        let stop =
            Position { offset: line_start + indent.len(), line: at.line, column: indent.chars().count() + 1 };
        let explanation = "В YAML отступы делают пробелами: табуляция здесь запрещена.";
        return Diagnostic::new(span, Severity::Error, message, explanation).with_fix(
            "Заменить табуляцию пробелами",
            Span { start, end: stop },
            indent.replace('\t', "  "),
        );
    }
    Diagnostic::new(span, Severity::Error, message, "")
}

fn check_document(
    text: &str,
    document: &Document,
    is_there: &dyn Fn(&Object) -> bool,
    found: &mut Vec<Diagnostic>,
) {
    for duplicate in &document.duplicates {
        let name = duplicate.path.rsplit('.').next().unwrap_or_default();
        let explanation = format!(
            "Ключ «{name}» уже был в строке {}: kubectl молча возьмёт последнее значение.",
            duplicate.first.start.line
        );
        found.push(Diagnostic::new(duplicate.last, Severity::Warning, "", explanation));
    }
    if let Some(at) = document.dropped_document {
        let explanation = "Разделитель --- должен стоять в строке один: этот документ kubectl не увидит.";
        found.push(Diagnostic::new(Span { start: at, end: at }, Severity::Warning, "", explanation));
    }
    let Some(kind) = kind_of(document, found) else { return };
    let mut value = document.value.clone();
    let faults = decode::check(kind.as_str(), fields::type_of(kind), &mut value);
    for path in faults.unknown_paths.iter().take(UNKNOWN_MAX) {
        found.push(unknown::unknown_field(kind, text, document, path));
    }
    types::wrong_types(text, document, &faults, found);
    habits::habits(kind, text, document, found);
    commands::habits(kind, document, found);
    if faults.fatal.is_none() && faults.wrong_type.is_none() {
        judge(kind, value, text, document, is_there, found);
    }
}

/// The kind that a document's own is compared with: the same in other letters, or one of few kinds of its group.
fn meant_kind(api_version: &str, kind: &str) -> Option<Kind> {
    let same = Kind::ALL.iter().find(|known| known.as_str().eq_ignore_ascii_case(kind));
    let near = || {
        let own = Kind::ALL.iter().filter(|known| known.api_version() == api_version);
        own.filter(|_| api_version == Kind::Job.api_version())
            .min_by_key(|known| typing_distance(&kind.to_lowercase(), &known.as_str().to_lowercase()))
    };
    same.or_else(near).copied()
}

/// The kind of the document, when the cluster has it.
fn kind_of(document: &Document, found: &mut Vec<Diagnostic>) -> Option<Kind> {
    let spans = &document.spans;
    let error =
        |path: &str, message: String| Diagnostic::new(value_place(spans, path), Severity::Error, message, "");
    if !document.value.is_object() {
        found.push(error("", "error validating data: invalid object to validate".to_owned()));
        return None;
    }
    let text = |key: &str| document.value.get(key).and_then(Value::as_str).unwrap_or_default();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    for key in ["apiVersion", "kind"] {
        if text(key).is_empty() {
            found.push(error("", format!("error validating data: {key} not set")));
        }
    }
    if api_version.is_empty() || kind.is_empty() {
        return None;
    }
    let known = meant_kind(api_version, kind)?;
    if known.as_str() == kind && known.api_version() == api_version {
        return Some(known);
    }
    let message = format!("no matches for kind {kind:?} in version {api_version:?}");
    let (path, right) =
        if known.as_str() == kind { ("apiVersion", known.api_version()) } else { ("kind", known.as_str()) };
    let title = format!("Написать {path}: {right}");
    found.push(error(path, message).with_fix(title, value_place(spans, path), right));
    None
}

/// What the server would answer to a create request.
fn judge(
    kind: Kind,
    value: Value,
    text: &str,
    document: &Document,
    is_there: &dyn Fn(&Object) -> bool,
    found: &mut Vec<Diagnostic>,
) {
    let Ok(mut object) = Object::decode(kind, value) else { return };
    let meta = object.metadata_mut();
    if meta.name.is_empty() && !meta.generate_name.is_empty() {
        meta.name = format!("{}xxxxx", meta.generate_name);
    }
    if kind.is_namespaced() && meta.namespace.is_empty() {
        "default".clone_into(&mut meta.namespace);
    }
    if !is_there(&object) {
        "00000000-0000-4000-8000-000000000000".clone_into(&mut object.metadata_mut().uid);
    }
    set_defaults(&mut object);
    prepare_create(&mut object);
    for violation in validation::validate_create(&object) {
        found.push(values::violation(text, document, &violation));
    }
    for warning in validation::create_warnings(&object) {
        found.push(values::warning(document, &warning));
    }
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

/// A JSON text in one line, for fixes.
fn inline_list(items: &[&str]) -> String {
    json!(items).to_string().replace("\",\"", "\", \"")
}

#[cfg(test)]
mod tests;
