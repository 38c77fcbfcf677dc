//! YAML of the course's own data files: values with the line of every part. Manifests are read elsewhere, as kubectl
//! reads them; this reader is stricter (no anchors, no duplicate keys) because its files are written for the project.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

/// How deep collections may nest.
const DEPTH_MAX: usize = 40;

/// A document with the lines of its parts.
#[derive(Clone, Debug, Default)]
pub struct Located {
    pub value: Value,
    /// JSON pointer -> line, counted from 1.
    lines: BTreeMap<String, usize>,
}

/// Why the text could not be read. `line` counts from 1.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{line}: {message}")]
pub struct LocatedError {
    pub line: usize,
    pub message: String,
}

impl Located {
    /// The line of the part at a JSON pointer, or of the nearest part around it.
    pub fn line(&self, pointer: &str) -> usize {
        let mut pointer = pointer;
        loop {
            if let Some(line) = self.lines.get(pointer) {
                return *line;
            }
            match pointer.rfind('/') {
                Some(end) => pointer = &pointer[..end],
                None => return 1,
            }
        }
    }
}

/// A collection that is still being read.
struct Open {
    value: Value,
    pointer: String,
    key: Option<String>,
}

/// # Errors
/// When the text is no YAML, or uses what these files must not use.
pub fn parse(text: &str) -> Result<Located, LocatedError> {
    let mut reader = Reader::default();
    for item in Parser::new_from_str(text) {
        let (event, span) = item.map_err(|error| LocatedError {
            line: error.marker().line(),
            message: format!("это не YAML: {}", error.info()),
        })?;
        reader.take(event, span.start.line())?;
    }
    Ok(reader.done)
}

#[derive(Default)]
struct Reader {
    open: Vec<Open>,
    done: Located,
    documents: usize,
}

impl Reader {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), LocatedError> {
        let refuse = |message: &str| Err(LocatedError { line, message: message.to_owned() });
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return refuse("в файле должен быть один документ");
                }
            }
            Event::Alias(_) => return refuse("якоря и ссылки здесь не допускаются"),
            Event::Scalar(text, style, ..) => {
                if self.takes_key() {
                    return self.key(text.into_owned(), line);
                }
                let value =
                    if style == ScalarStyle::Plain { plain(&text) } else { Value::String(text.into_owned()) };
                let pointer = self.next_pointer();
                self.done.lines.entry(pointer).or_insert(line);
                self.add(value);
            }
            Event::SequenceStart(..) => self.begin(Value::Array(Vec::new()), line)?,
            Event::MappingStart(..) => self.begin(Value::Object(Map::new()), line)?,
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    self.add(open.value);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Whether the next scalar is a key of the innermost mapping.
    fn takes_key(&self) -> bool {
        self.open.last().is_some_and(|open| open.value.is_object() && open.key.is_none())
    }

    fn key(&mut self, key: String, line: usize) -> Result<(), LocatedError> {
        let Some(open) = self.open.last_mut() else { return Ok(()) };
        if open.value.get(&key).is_some() {
            return Err(LocatedError { line, message: format!("поле «{key}» дано дважды") });
        }
        self.done.lines.insert(format!("{}/{key}", open.pointer), line);
        open.key = Some(key);
        Ok(())
    }

    fn next_pointer(&self) -> String {
        match self.open.last() {
            None => String::new(),
            Some(Open { value: Value::Array(items), pointer, .. }) => format!("{pointer}/{}", items.len()),
            Some(Open { pointer, key, .. }) => format!("{pointer}/{}", key.as_deref().unwrap_or_default()),
        }
    }

    fn begin(&mut self, value: Value, line: usize) -> Result<(), LocatedError> {
        if self.open.len() >= DEPTH_MAX {
            return Err(LocatedError {
                line, message: "вложено слишком глубоко".to_owned()
            });
        }
        if self.takes_key() {
            return Err(LocatedError {
                line, message: "имя поля должно быть текстом".to_owned()
            });
        }
        let pointer = self.next_pointer();
        self.done.lines.entry(pointer.clone()).or_insert(line);
        self.open.push(Open { value, pointer, key: None });
        Ok(())
    }

    fn add(&mut self, value: Value) {
        match self.open.last_mut() {
            None => self.done.value = value,
            Some(Open { value: Value::Array(items), .. }) => items.push(value),
            Some(Open { value: Value::Object(map), key, .. }) => {
                if let Some(key) = key.take() {
                    map.insert(key, value);
                }
            }
            Some(_) => {}
        }
    }
}

/// Only null, true, false and whole numbers are not text: `True` in a condition's status stays text.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => text.parse::<i64>().map_or_else(|_| Value::String(text.to_owned()), Value::from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn parts_know_their_lines() {
        let located =
            parse("goals:\n- id: a\n  when:\n    x: 5\n- {id: b, ok: true, status: True}\n").expect("valid");
        let second = json!({"id": "b", "ok": true, "status": "True"});
        assert_eq!(located.value, json!({"goals": [{"id": "a", "when": {"x": 5}}, second]}));
        for (pointer, line) in
            [("/goals", 1), ("/goals/0/id", 2), ("/goals/0/when/x", 4), ("/goals/1/none/at", 5)]
        {
            assert_eq!(located.line(pointer), line, "{pointer}");
        }
    }

    #[test]
    fn what_the_files_must_not_use_is_refused_with_its_line() {
        let check = |text: &str, line: usize| assert_eq!(parse(text).expect_err(text).line, line, "{text}");
        check("a: 1\nb: 2\na: 3\n", 3);
        check("a: &x 1\nb: *x\n", 2);
        check("a: 1\n---\nb: 1\n", 2);
        check("a: [1\n", 2);
    }
}
