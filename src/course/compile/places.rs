//! The `{path}` places of messages: each shows a value of the Job, so the Job must have such a field.

use serde_json::Value;

use super::super::path::Path;
use super::author_error::AuthorError;
use super::markdown::Context;
use super::source::Located;

/// Looks at every message of goals, wrong tracks and dead ends (rendered: attributes of commands are gone).
pub fn check(checks: &Value, source: &Located, file: &str, context: &mut Context) {
    let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut messages: Vec<(String, Value)> = Vec::new();
    for (index, goal) in items(&checks["goals"]).iter().enumerate() {
        let lines = items(&goal["missing"]);
        let numbered = lines.iter().enumerate();
        messages.extend(
            numbered
                .map(|(line, value)| (format!("/goals/{index}/missing/{line}/say"), value["say"].clone())),
        );
    }
    for list in ["anti", "dead_end"] {
        let remarks = items(&checks[list]);
        let numbered = remarks.iter().enumerate();
        messages
            .extend(numbered.map(|(index, value)| (format!("/{list}/{index}/say"), value["say"].clone())));
    }
    for (pointer, text) in messages {
        for place in unknown(text.as_str().unwrap_or_default()) {
            let message = format!("у Job нет поля «{place}», и показать в тексте нечего");
            context.errors.push(AuthorError::new(file, source.line(&pointer), message));
        }
    }
}

/// Places that look like paths and lead nowhere.
fn unknown(text: &str) -> Vec<&str> {
    text.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(place, _)| place))
        .filter(|place| Path::parse(place).is_ok_and(|path| path.unknown_field("Job").is_some()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_a_job_can_be_shown() {
        assert!(
            unknown("{status.succeeded} из {spec.completions}, срок {spec.activeDeadlineSeconds}").is_empty()
        );
        assert_eq!(unknown("готово {status.suceeded}"), ["status.suceeded"]);
        assert!(unknown("<code>-p '{\"spec\":{\"parallelism\":5}}'</code>").is_empty());
    }
}
