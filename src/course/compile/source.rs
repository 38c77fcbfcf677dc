//! The course's own YAML files: values with the line of every part. Stricter than a manifest: one document, no
//! duplicate keys.

use serde_json::Value;

use crate::manifest::{self, Spans};

/// A document with the lines of its parts.
#[derive(Clone, Debug, Default)]
pub struct Located {
    pub value: Value,
    spans: Spans,
}

/// Why the text could not be read. `line` counts from 1.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LocatedError {
    pub line: usize,
    pub message: String,
}

impl Located {
    /// The line of the part at a JSON pointer, or of the nearest part around it.
    pub fn line(&self, pointer: &str) -> usize {
        let mut path = String::new();
        for step in pointer.split('/').skip(1) {
            match step.parse::<usize>() {
                Ok(index) => path.push_str(&format!("[{index}]")),
                Err(_) if path.is_empty() => path.push_str(step),
                Err(_) => path.extend([".", step]),
            }
        }
        let entry = self.spans.nearest(&path);
        entry.map_or(1, |entry| entry.key.map_or(entry.value.start.line, |key| key.start.line))
    }
}

/// # Errors
/// When the text is no YAML, or is not one document, or gives a key twice.
pub fn parse(text: &str) -> Result<Located, LocatedError> {
    let mut documents = manifest::parse(text).into_iter();
    let document = match documents.next() {
        None => return Ok(Located::default()),
        Some(Err(error)) => return Err(LocatedError { line: error.at.line, message: error.message }),
        Some(Ok(document)) => document,
    };
    if let Some(twice) = document.duplicates.first() {
        let message = format!("поле «{}» дано дважды", twice.path);
        return Err(LocatedError { line: twice.last.start.line, message });
    }
    if let Some(place) = document.dropped_document {
        return Err(LocatedError {
            line: place.line,
            message: "в файле должен быть один документ".to_owned(),
        });
    }
    match documents.next() {
        None => Ok(Located { value: document.value, spans: document.spans }),
        Some(_) => Err(LocatedError {
            line: 1, message: "в файле должен быть один документ".to_owned()
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_know_their_lines() {
        let located = parse("goals:\n- id: a\n  when:\n    x.y: 5\n- {id: b, ok: true}\n").expect("valid");
        for (pointer, line) in
            [("/goals", 1), ("/goals/0/id", 2), ("/goals/0/when/x.y", 4), ("/goals/1/none/at", 5)]
        {
            assert_eq!(located.line(pointer), line, "{pointer}");
        }
    }

    #[test]
    fn what_the_files_must_not_have_is_refused_with_its_line() {
        let check = |text: &str, line: usize| assert_eq!(parse(text).expect_err(text).line, line, "{text}");
        check("a: 1\nb: 2\na: 3\n", 3);
        check("a: [1\nb: 2\n", 2);
        check("a: 1\n---\nb: 1\n", 1);
    }
}
