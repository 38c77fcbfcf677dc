//! What the core says about a manifest, in the editor's terms.

use crate::api::Object;
use crate::api::diagnostics::{self, Diagnostic};
use crate::apiserver::{ApiServer, ObjectKey};
use crate::kubectl::explain_ru;
use crate::manifest::Span;
use crate::protocol::{Fix, Mark, Problem, Severity};

/// More findings than this help nobody.
const PROBLEMS_MAX: usize = 30;
/// Longer texts are judged only when they are applied: checking them at every key would hold up the typing.
pub const TEXT_BYTES_MAX: usize = 64 << 10;

/// Findings about a text; `api` knows what is there already.
pub fn of(text: &str, api: Option<&ApiServer>) -> Vec<Problem> {
    if text.len() > TEXT_BYTES_MAX {
        return Vec::new();
    }
    let is_there = |object: &Object| {
        let own = object.metadata();
        let key = ObjectKey::new(&own.namespace, &own.name);
        let stored = api.and_then(|api| api.get(object.kind(), &key).ok());
        stored.is_some_and(|stored| stored.metadata().uid == own.uid)
    };
    diagnostics::diagnose_beside(text, &is_there).into_iter().take(PROBLEMS_MAX).map(problem_of).collect()
}

fn problem_of(finding: Diagnostic) -> Problem {
    let severity = match finding.severity {
        diagnostics::Severity::Error => Severity::Error,
        diagnostics::Severity::Warning => Severity::Warning,
        diagnostics::Severity::Hint => Severity::Hint,
    };
    let fix = finding.fix.map(|fix| Fix {
        title: fix.title,
        from: fix.span.start.offset,
        to: fix.span.end.offset,
        text: fix.text,
    });
    let russian =
        if finding.explanation.is_empty() { russian_of(&finding.message) } else { finding.explanation };
    Problem { mark: mark_of(finding.span), severity, exact: finding.message, russian, fix }
}

fn mark_of(span: Span) -> Mark {
    let number = |count: usize| u32::try_from(count.max(1)).unwrap_or(u32::MAX);
    Mark {
        line: number(span.start.line),
        column: number(span.start.column),
        to_line: number(span.end.line),
        to_column: number(span.end.column),
    }
}

/// A line for an error of which only Kubernetes' own text is known.
fn russian_of(exact: &str) -> String {
    if let Some(known) = explain_ru::explain(exact) {
        return known;
    }
    let field = exact.split(": ").next().unwrap_or_default();
    let name = field.rsplit('.').next().unwrap_or(field).split('[').next().unwrap_or(field);
    // Upstream's field errors are `path: what is wrong: ...`.
    let what = exact.get(field.len()..).unwrap_or_default().trim_start_matches(": ");
    match () {
        _ if what.starts_with("Required value") => format!("Поле {name} обязательно."),
        _ if what.starts_with("Unsupported value") => format!("Такого значения у поля {name} не бывает."),
        _ if what.starts_with("Duplicate value") => format!("Значение поля {name} повторяется."),
        _ if what.starts_with("Forbidden") => format!("Поле {name} здесь не допускается."),
        _ if what.starts_with("Invalid value") => format!("API-сервер не примет это значение поля {name}."),
        _ if exact.contains("yaml: ") => {
            "Это не читается как YAML: проверьте отступы, двоеточия и скобки.".to_owned()
        }
        _ if exact.ends_with(" not set") => {
            "Нет этого поля: без него непонятно, что это за объект.".to_owned()
        }
        _ if exact.starts_with("no matches for kind") => {
            "Такого вида объектов в этой версии API нет: проверьте kind и apiVersion.".to_owned()
        }
        _ => "API-сервер этого не примет.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JOB: &str = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: a\nspec:\n  template:\n    spec:\n      containers:\n      - name: main\n        image: busybox\n";

    #[test]
    fn every_finding_has_a_russian_line_and_fixes_mend() {
        let problems = of(JOB, None);
        assert_eq!(problems.len(), 1, "{problems:?}");
        let problem = &problems[0];
        assert!(problem.exact.contains("restartPolicy: Required value"), "{problem:?}");
        assert!(!problem.russian.is_empty());
        let mended = problem.fix.as_ref().and_then(|fix| fix.apply(JOB)).expect("a fix");
        assert_eq!(of(&mended, None), []);
        for text in ["a: [1", "kind: Job\n", "kind: Job\napiVersion: v7\n", "- 1\n"] {
            let problems = of(text, None);
            assert!(!problems.is_empty(), "{text}");
            assert!(problems.iter().all(|problem| !problem.russian.is_empty()), "{problems:?}");
        }
    }

    #[test]
    fn a_fix_for_another_text_is_not_applied() {
        let fix = Fix { title: String::new(), from: 5, to: 9, text: "x".to_owned() };
        assert_eq!(fix.apply("abc"), None);
        assert_eq!(fix.apply("абвгде").as_deref(), None);
    }
}
