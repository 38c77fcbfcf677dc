//! Files of several documents, as `kubectl apply -f` reads them.

use serde_json::Value;

use super::build::{Built, DuplicateKey, build};
use super::events::EventError;
use super::json_syntax::{self, JsonFault, value_end};
use super::scalars;
use super::spans::{Lines, Position, Spans, without_mark};

/// Larger texts are refused: etcd would not take the object, and reading it would hold up the page.
pub const TEXT_BYTES_MAX: usize = 512 * 1024;

/// A text that cannot be read. `message` is what kubectl says after `error: error parsing FILE: `.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct YamlError {
    pub message: String,
    /// In the whole text.
    pub at: Position,
}

/// One document with the places of its fields.
#[derive(Clone, Debug)]
pub struct Document {
    pub value: Value,
    pub spans: Spans,
    pub duplicates: Vec<DuplicateKey>,
    /// A second document that no `---` line separates: kubectl drops it.
    pub dropped_document: Option<Position>,
}

/// A part of the text between separators.
struct Part<'a> {
    text: &'a str,
    first_line: usize,
    offset: usize,
}

/// The documents of a file as kubectl decodes them, without places. Empty documents are left out; nothing comes after
/// an error. A text that starts like JSON is read as JSON as long as it is: what follows the first fault is YAML.
// Models staging/src/k8s.io/apimachinery/pkg/util/yaml/decoder.go YAMLOrJSONDecoder and cli-runtime pkg/resource/visitor.go
pub fn decode_stream(text: &str) -> Vec<Result<Value, YamlError>> {
    if text.len() > TEXT_BYTES_MAX {
        return vec![Err(too_large(text))];
    }
    let text = without_mark(text);
    let decode = |part: &Part| {
        let built = build(part.text.as_bytes(), None).map_err(|error| yaml_error(error, part))?;
        Ok(built.value).map(|value| (!value.is_null()).then_some(value))
    };
    if !text.trim_start().starts_with('{') {
        return collect(split(text), decode);
    }
    let (mut documents, consumed, fault) = decode_json(text);
    let Some(fault) = fault else { return documents };
    let fault = json_error(&fault, documents.len(), text);
    let is_ambiguous = documents.len() <= 1 && !fault.message.starts_with("exceeded");
    if !is_ambiguous {
        documents.push(Err(fault));
        return documents;
    }
    let rest = after_space(text, consumed);
    let mut yaml = collect(split(rest), decode);
    // Where neither reading works, JSON's fault is told.
    if let Some(first @ Err(_)) = yaml.first_mut() {
        *first = Err(fault);
    }
    documents.append(&mut yaml);
    documents
}

/// The documents of a file with the places of their fields, for the editor. JSON is YAML as far as places go.
pub fn parse(text: &str) -> Vec<Result<Document, YamlError>> {
    if text.len() > TEXT_BYTES_MAX {
        return vec![Err(too_large(text))];
    }
    let decode = |part: &Part| {
        let lines = Lines::new(part.text, part.first_line, part.offset);
        let built = build(part.text.as_bytes(), Some(&lines)).map_err(|error| yaml_error(error, part))?;
        let Built { value, spans, duplicates, dropped_document } = built;
        let dropped_document = dropped_document.map(|mark| lines.position(mark.line, mark.column));
        Ok((!value.is_null()).then_some(Document { value, spans, duplicates, dropped_document }))
    };
    collect(split(text), decode)
}

/// The values of a JSON stream, how far they reach, and what is wrong with what follows.
fn decode_json(text: &str) -> (Vec<Result<Value, YamlError>>, usize, Option<JsonFault>) {
    let (mut documents, mut consumed) = (Vec::new(), 0);
    while !text[consumed..].trim().is_empty() {
        let end = match value_end(text, consumed) {
            Ok(end) => end,
            Err(fault) => return (documents, consumed, Some(fault)),
        };
        match serde_json::from_str(&text[consumed..end]) {
            Ok(Value::Null) => {}
            Ok(value) => documents.push(Ok(scalars::as_sent(value))),
            // Lone halves of surrogate pairs: Go puts a replacement character there.
            Err(_) => return (documents, consumed, Some(JsonFault::UnexpectedEnd)),
        }
        consumed = end;
    }
    (documents, consumed, None)
}

fn json_error(fault: &JsonFault, decoded: usize, text: &str) -> YamlError {
    let (message, offset) = match fault {
        JsonFault::Syntax { message, offset } if decoded > 1 => (message.clone(), *offset),
        JsonFault::Syntax { message, offset } => (format!("json: offset {offset}: {message}"), *offset),
        JsonFault::UnexpectedEnd => ("unexpected EOF".to_owned(), text.len()),
        JsonFault::TooDeep => (format!("exceeded max depth of {}", json_syntax::DEPTH_MAX), 0),
    };
    let before = &text[..text.floor_char_boundary(offset.saturating_sub(1))];
    let line = before.matches('\n').count();
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
    YamlError { message, at: Position { offset: before.len(), line: line + 1, column: column + 1 } }
}

/// The rest of the text from the first character that is no space, or from the next line.
fn after_space(text: &str, from: usize) -> &str {
    let rest = &text[from..];
    let space = rest.find(|c: char| !c.is_whitespace() || c == '\n').unwrap_or(rest.len());
    rest[space..].strip_prefix('\n').unwrap_or(&rest[space..])
}

fn collect<T>(
    parts: Vec<Result<Part, YamlError>>,
    decode: impl Fn(&Part) -> Result<Option<T>, YamlError>,
) -> Vec<Result<T, YamlError>> {
    let mut documents = Vec::new();
    for part in parts {
        match part.and_then(|part| decode(&part)) {
            Ok(Some(document)) => documents.push(Ok(document)),
            Ok(None) => {}
            Err(error) => {
                documents.push(Err(error));
                break;
            }
        }
    }
    documents
}

fn too_large(text: &str) -> YamlError {
    let message = format!("the text has {} bytes, at most {TEXT_BYTES_MAX} are read", text.len());
    YamlError { message, at: Position { offset: 0, line: 1, column: 1 } }
}

fn yaml_error(error: EventError, part: &Part) -> YamlError {
    let at = Lines::new(part.text, part.first_line, part.offset).position(error.at.line, error.at.column);
    YamlError { message: format!("error converting YAML to JSON: {}", error.message), at }
}

/// Splits at lines of three dashes, which only a comment may follow. A separator before any content stays with the
/// document that it opens; a document that ends at a wrong separator is lost. The file may begin with a byte order mark.
// Models staging/src/k8s.io/apimachinery/pkg/util/yaml/decoder.go YAMLReader.Read
fn split(text: &str) -> Vec<Result<Part<'_>, YamlError>> {
    let mut parts = Vec::new();
    let (mut start, mut first_line, mut offset) = (0, 0, 0);
    for (line_number, line) in text.split_inclusive('\n').enumerate() {
        let unmarked = if offset == 0 { without_mark(line) } else { line };
        if let Some(after) = unmarked.strip_prefix("---") {
            let after = after.trim();
            if !after.is_empty() && !after.starts_with('#') {
                let message = format!("invalid Yaml document separator: {after}");
                let at = Position { offset, line: line_number + 1, column: 1 };
                parts.push(Err(YamlError { message, at }));
                return parts;
            }
            if offset > start {
                parts.push(Ok(Part { text: &text[start..offset], first_line, offset: start }));
                start = offset + line.len();
                first_line = line_number + 1;
            }
        }
        offset += line.len();
    }
    if start < text.len() {
        parts.push(Ok(Part { text: &text[start..], first_line, offset: start }));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn decode(text: &str) -> Vec<Result<Value, String>> {
        decode_stream(text).into_iter().map(|document| document.map_err(|error| error.message)).collect()
    }

    #[test]
    fn streams_split_at_lines_of_dashes() {
        let cases = [
            ("a: 1\n---\nb: 2\n", vec![json!({"a": 1}), json!({"b": 2})]),
            ("---\na: 1\n---\n---\n# nothing\n---\nb: 2", vec![json!({"a": 1}), json!({"b": 2})]),
            ("--- # first\na: 1\n", vec![json!({"a": 1})]),
            ("", vec![]),
            ("# only a comment\n", vec![]),
            ("{\"a\": 1}\n{\"b\": [2]}", vec![json!({"a": 1}), json!({"b": [2]})]),
            ("{\"a\": 1,}", vec![json!({"a": 1})]),
            ("a: 1\na: 2\n", vec![json!({"a": 2})]),
            ("x: &n {p: 1}\nz:\n  <<: *n\n  q: 2\n", vec![json!({"x": {"p": 1}, "z": {"p": 1, "q": 2}})]),
            ("y: 1\n1: 2\n", vec![json!({"true": 1, "1": 2})]),
            ("s: '5'\nt: |\n  yes\n", vec![json!({"s": "5", "t": "yes\n"})]),
            ("a: 1\n--- # second\nb: 2\n", vec![json!({"a": 1}), json!({"b": 2})]),
            ("\u{feff}a: 1\nb: 2\n", vec![json!({"a": 1, "b": 2})]),
            ("\u{feff}---\na: 1\n---\n\u{feff}b: 2\nc: 3\n", vec![json!({"a": 1}), json!({"b": 2, "c": 3})]),
            ("a: 1\r\nb: |\r\n  x\r\n---\r\nc: 2\r\n", vec![json!({"a": 1, "b": "x\n"}), json!({"c": 2})]),
            ("{\"a\": 5.0, \"b\": 1e20}", vec![json!({"a": 5, "b": 1e20})]),
            ("{\"a\": 1}\n---\nb: 2\n", vec![json!({"a": 1}), json!({"b": 2})]),
            ("{a: 1}\n", vec![json!({"a": 1})]),
            ("! 5: ! yes\n", vec![json!({"5": "yes"})]),
            ("a: !!str 5\nb: !!int \"5\"\nc: !x 5\n", vec![json!({"a": "5", "b": 5, "c": "5"})]),
            ("a: &x\n  b: 1\nc: *x\n", vec![json!({"a": {"b": 1}, "c": {"b": 1}})]),
            ("x: &n {p: 1}\nz:\n  p: 2\n  <<: *n\n", vec![json!({"x": {"p": 1}, "z": {"p": 1}})]),
        ];
        for (text, expect) in cases {
            let got: Vec<Value> = decode(text).into_iter().map(|document| document.expect(text)).collect();
            assert_eq!(got, expect, "{text}");
        }
    }

    #[test]
    fn the_editor_reads_a_byte_order_mark_as_kubectl_does() {
        let text = "\u{feff}kind: Job\nspec: 1\n---\n\u{feff}kind: Pod\nspec: 2\n";
        let documents: Vec<Document> =
            parse(text).into_iter().map(|document| document.expect("valid")).collect();
        let values: Vec<Value> = documents.iter().map(|document| document.value.clone()).collect();
        let read: Vec<Value> = decode(text).into_iter().map(|document| document.expect("valid")).collect();
        assert_eq!(values, read);
        assert_eq!(values, [json!({"kind": "Job", "spec": 1}), json!({"kind": "Pod", "spec": 2})]);
        for (document, line) in documents.iter().zip([1, 4]) {
            let kind = document.spans.get("kind").and_then(|entry| entry.key).expect("a key");
            assert_eq!(&text[kind.start.offset..kind.end.offset], "kind");
            // The mark is a character of its line.
            assert_eq!((kind.start.line, kind.start.column), (line, 2));
            let spec = document.spans.get("spec").and_then(|entry| entry.key).expect("a key");
            assert_eq!((spec.start.line, spec.start.column), (line + 1, 1));
        }
        let [separated] = &parse("\u{feff}---\nkind: Job\n")[..] else { panic!("one document") };
        assert_eq!(separated.as_ref().expect("valid").value, json!({"kind": "Job"}));
    }

    #[test]
    fn faults_have_the_words_and_lines_of_go_yaml() {
        let cases = [
            ("a:\n\tb: 1\n", "yaml: line 2: found character that cannot start any token"),
            ("a: 1\nb: \"x\n  c: [\"d\"]\n", "yaml: line 2: did not find expected key"),
            ("a: *x\n", "yaml: unknown anchor 'x' referenced"),
            ("a: */1 * * * *\n", "yaml: did not find expected alphabetic or numeric character"),
            ("a: 1\n\nb: */1 *\n", "yaml: line 3: did not find expected alphabetic or numeric character"),
            ("a: b: c\n", "yaml: mapping values are not allowed in this context"),
            ("a: 1\n b: 2\n", "yaml: line 2: mapping values are not allowed in this context"),
            ("- a\nb: 1\n", "yaml: line 1: did not find expected '-' indicator"),
            ("a: [1, 2\n", "yaml: line 1: did not find expected ',' or ']'"),
            ("a: &x [*x]\n", "yaml: anchor 'x' value contains itself"),
            ("a: \u{1}\n", "yaml: control characters are not allowed"),
            (
                "a: {{ .Values.x }}\n",
                "yaml: invalid map key: map[interface {}]interface {}{\".Values.x\":interface {}(nil)}",
            ),
            ("[1, x]: 2\n", "yaml: invalid map key: []interface {}{1, \"x\"}"),
            ("a: {{ x }}\nb:\n\tc: 1\n", "yaml: line 3: found character that cannot start any token"),
            ("~: x\n", "unsupported map key of type: %!s(<nil>), key: <nil>, value: \"x\""),
            ("a: .nan\n", "json: unsupported value: NaN"),
            ("a: -.inf\n", "json: unsupported value: -Inf"),
            ("a: !!int x\n", "yaml: cannot decode !!str `x` as a !!int"),
            ("a: !!binary \"?\"\n", "yaml: !!binary value contains invalid base64 data"),
            ("a: !!binary aGk\n", "yaml: !!binary value contains invalid base64 data"),
            ("a:\n- {b: 1, c:[1]}\n", "yaml: line 1: did not find expected ',' or '}'"),
            ("a:\n\n- [b, c d:{}]\n", "yaml: line 2: did not find expected ',' or ']'"),
            ("a: 'b", "yaml: line 2: found unexpected end of stream"),
            ("<<: 5\n", "yaml: map merge requires map or sequence of maps as the value"),
        ];
        for (text, expect) in cases {
            let got = decode(text).pop().expect("a document").expect_err(text);
            assert_eq!(got, format!("error converting YAML to JSON: {expect}"), "{text}");
        }
    }

    #[test]
    fn separators_and_json_have_faults_of_their_own() {
        let cases = [
            ("a: 1\n---b: 2\n", 1, "invalid Yaml document separator: b: 2"),
            ("-----\na: 1\n", 1, "invalid Yaml document separator: --"),
            ("{\"a\": [1 2}", 1, "json: offset 10: invalid character '2' after array element"),
            ("{\"a\": 1", 1, "unexpected EOF"),
            ("{\"a\": 1}{\"b\": 1}{", 3, "unexpected EOF"),
            ("{\"a\": 1}{\"b\": 1}{]", 3, "invalid character ']' looking for beginning of object key string"),
            ("{\"a\": 1}\n---\nb: [\n", 2, "json: offset 11: invalid character '-' in numeric literal"),
        ];
        for (text, count, expect) in cases {
            let mut got = decode(text);
            assert_eq!(got.len(), count, "{text}");
            assert_eq!(got.pop().expect("a document").expect_err(text), expect, "{text}");
        }
    }

    #[test]
    fn a_fault_ends_the_stream_and_lines_count_within_the_document() {
        let documents = decode_stream("a: 1\n---\nb: 2\nc:\n\td: 1\n---\ne: 1\n");
        assert_eq!(documents.len(), 2);
        let error = documents[1].as_ref().expect_err("a tab");
        assert!(error.message.contains("line 3: found character"), "{error}");
        assert_eq!(error.at.line, 5);
    }

    #[test]
    fn depth_size_and_aliases_are_limited() {
        let deep = "[".repeat(1_000) + &"]".repeat(1_000);
        let error = decode(&deep).pop().expect("an answer").expect_err("too deep");
        assert_eq!(error, "error converting YAML to JSON: yaml: exceeded max depth of 200");
        let deep = "{\"a\":".repeat(1_000) + "1" + &"}".repeat(1_000);
        let error = decode(&deep).pop().expect("an answer").expect_err("too deep");
        assert_eq!(error, "exceeded max depth of 100");
        let large = "a: ".to_owned() + &"x".repeat(1_000_000);
        let error = decode(&large).pop().expect("an answer").expect_err("too large");
        assert_eq!(error, "the text has 1000003 bytes, at most 524288 are read");
        let mut bomb = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n".to_owned();
        for level in 1..9 {
            let previous = format!("*a{}, ", level - 1).repeat(9);
            bomb += &format!("a{level}: &a{level} [{}]\n", previous.trim_end_matches(", "));
        }
        let error = decode(&bomb).pop().expect("an answer").expect_err("a bomb");
        assert!(error.contains("excessive aliasing"), "{error}");
    }

    #[test]
    fn places_are_known_by_path() {
        let text = "---\nkind: Job\nspec:\n  задача:\n  - имя: \"да\"\n    b: 1\n    b: 2\n";
        let documents = parse(text);
        let document = documents[0].as_ref().expect("valid");
        let entry = document.spans.get("spec.задача[0].имя").expect("known");
        let key = entry.key.expect("a key");
        assert_eq!(&text[key.start.offset..key.end.offset], "имя");
        assert_eq!(&text[entry.value.start.offset..entry.value.end.offset], "\"да\"");
        assert_eq!((entry.value.start.line, entry.value.start.column), (5, 10));
        assert_eq!(document.duplicates[0].path, "spec.задача[0].b");
        assert_eq!(document.spans.path_at(entry.value.start.offset), Some("spec.задача[0].имя"));
        assert_eq!(document.spans.nearest("spec.задача[0].x.y"), document.spans.get("spec.задача[0]"));
    }
}
