//! What the editor says about a manifest: from any text to findings with their places, without ever failing.
//!
//! The layers are those of the way through the cluster: YAML, the schema, the server's validation and warnings, and
//! last what is legal but rarely meant.

mod habits;
mod unknown;

use serde_json::{Value, json};

use super::decode;
use super::defaults::set_defaults;
use super::fields;
use super::object::{Kind, Object};
use super::strategy::prepare_create;
use super::validation;
use crate::manifest::{self, Document, Position, Span, Spans};

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
    let mut found = Vec::new();
    for document in manifest::parse(text) {
        match document {
            Ok(document) => check_document(text, &document, &mut found),
            Err(error) => found.push(syntax(text, &error.message, error.at)),
        }
    }
    found.sort_by_key(|finding| (finding.span.start, finding.severity));
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

fn check_document(text: &str, document: &Document, found: &mut Vec<Diagnostic>) {
    let spans = &document.spans;
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
    for path in &faults.unknown_paths {
        found.push(unknown::unknown_field(kind, document, path));
    }
    habits::wrong_types(text, document, &faults, found);
    habits::habits(kind, document, found);
    if faults.fatal.is_none() && faults.wrong_type.is_none() {
        judge(kind, value, spans, found);
    }
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
    let known = Kind::ALL.iter().find(|known| known.as_str().eq_ignore_ascii_case(kind))?;
    if known.as_str() == kind && known.api_version() == api_version {
        return Some(*known);
    }
    let message = format!("no matches for kind {kind:?} in version {api_version:?}");
    let (path, right) =
        if known.as_str() == kind { ("apiVersion", known.api_version()) } else { ("kind", known.as_str()) };
    let title = format!("Написать {path}: {right}");
    found.push(error(path, message).with_fix(title, value_place(spans, path), right));
    None
}

/// What the server would answer to a create request.
fn judge(kind: Kind, value: Value, spans: &Spans, found: &mut Vec<Diagnostic>) {
    let Ok(mut object) = Object::decode(kind, value) else { return };
    let meta = object.metadata_mut();
    if meta.name.is_empty() && !meta.generate_name.is_empty() {
        meta.name = format!("{}xxxxx", meta.generate_name);
    }
    if kind.is_namespaced() && meta.namespace.is_empty() {
        "default".clone_into(&mut meta.namespace);
    }
    "00000000-0000-4000-8000-000000000000".clone_into(&mut meta.uid);
    set_defaults(&mut object);
    prepare_create(&mut object);
    for violation in validation::validate_create(&object) {
        let span = value_place(spans, &violation.field);
        let mut finding = Diagnostic::new(span, Severity::Error, violation.to_string(), "");
        if violation.field.ends_with("template.spec.restartPolicy") {
            finding = restart_policy(finding, spans, &violation.field);
        }
        found.push(finding);
    }
    for warning in validation::create_warnings(&object) {
        let path = warning.split(": ").next().unwrap_or_default();
        found.push(Diagnostic::new(value_place(spans, path), Severity::Warning, warning.clone(), ""));
    }
}

/// The field that every Job must have: written where it is missing, corrected where it is wrong.
fn restart_policy(finding: Diagnostic, spans: &Spans, path: &str) -> Diagnostic {
    if let Some(entry) = spans.get(path) {
        return finding.with_fix("Поставить Never", entry.value, "Never");
    }
    let around = path.trim_end_matches(".restartPolicy");
    let first = spans.iter().filter(|(inner, _)| {
        inner
            .strip_prefix(around)
            .is_some_and(|rest| rest.starts_with('.') && !rest[1..].contains(['.', '[']))
    });
    let Some(key) = first.filter_map(|(_, entry)| entry.key).min_by_key(|key| key.start) else {
        return finding;
    };
    let at = Span { start: key.start, end: key.start };
    let indent = " ".repeat(key.start.column - 1);
    finding.with_fix("Добавить restartPolicy: Never", at, format!("restartPolicy: Never\n{indent}"))
}

/// A JSON text in one line, for fixes.
fn inline_list(items: &[&str]) -> String {
    json!(items).to_string().replace("\",\"", "\", \"")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: hello\n";

    fn apply(text: &str, fix: &Fix) -> String {
        format!("{}{}{}", &text[..fix.span.start.offset], fix.text, &text[fix.span.end.offset..])
    }

    /// The first finding, and the text after its fix.
    fn first(text: &str) -> (Diagnostic, Option<String>) {
        let finding = diagnose(text).into_iter().next().unwrap_or_else(|| panic!("no finding: {text}"));
        let mended = finding.fix.as_ref().map(|fix| apply(text, fix));
        (finding, mended)
    }

    fn job(spec: &str, pod: &str) -> String {
        format!(
            "{HEAD}spec:\n{spec}  template:\n    spec:\n{pod}      containers:\n      - name: main\n        image: busybox\n"
        )
    }

    #[test]
    fn a_good_manifest_has_no_findings() {
        let text = job("  backoffLimit: 2\n", "      restartPolicy: Never\n");
        assert_eq!(diagnose(&text), []);
    }

    #[test]
    fn a_missing_restart_policy_can_be_written() {
        let (finding, mended) = first(&job("", ""));
        assert!(finding.message.contains("restartPolicy: Required value"), "{finding:?}");
        assert_eq!(diagnose(&mended.expect("a fix")), []);
    }

    #[test]
    fn misplaced_and_mistyped_fields_are_recognised() {
        let text = job("", "      backoffLimit: 3\n      restartPolicy: Never\n");
        let (finding, _) = first(&text);
        assert_eq!(finding.message, "unknown field \"spec.template.spec.backoffLimit\"");
        assert!(finding.explanation.contains("стоит в spec.template.spec, нужен в spec"), "{finding:?}");
        let text = job("  backofflimit: 3\n", "      restartPolicy: Never\n");
        let (finding, mended) = first(&text);
        assert!(finding.explanation.contains("backoffLimit"), "{finding:?}");
        assert_eq!(diagnose(&mended.expect("a fix")), []);
    }

    #[test]
    fn a_command_in_one_text_becomes_a_list() {
        let text = job("", "      restartPolicy: Never\n") + "        command: echo hello\n";
        let (finding, mended) = first(&text);
        assert!(
            finding.message.contains("cannot unmarshal string into Go struct field Container"),
            "{finding:?}"
        );
        assert_eq!(diagnose(&mended.expect("a fix")), []);
    }

    #[test]
    fn tabs_duplicates_and_versions_are_told() {
        let (finding, mended) = first("kind: Job\nmetadata:\n\tname: hello\n");
        assert!(finding.message.ends_with("yaml: line 3: found character that cannot start any token"));
        assert_eq!(mended.expect("a fix"), "kind: Job\nmetadata:\n  name: hello\n");
        let text = job("  backoffLimit: 2\n  backoffLimit: 3\n", "      restartPolicy: Never\n");
        let (finding, _) = first(&text);
        assert_eq!((finding.severity, finding.span.start.line), (Severity::Warning, 7));
        let text = job("", "      restartPolicy: Never\n").replace("batch/v1", "batch/v1beta1");
        let (finding, mended) = first(&text);
        assert_eq!(finding.message, "no matches for kind \"Job\" in version \"batch/v1beta1\"");
        assert_eq!(diagnose(&mended.expect("a fix")), []);
    }

    #[test]
    fn a_deadline_of_the_pod_is_told_apart_from_the_jobs() {
        let text = job("", "      activeDeadlineSeconds: 5\n      restartPolicy: Never\n");
        let (finding, _) = first(&text);
        assert_eq!(finding.severity, Severity::Hint);
        assert!(finding.explanation.contains("каждый под"), "{finding:?}");
    }
}
