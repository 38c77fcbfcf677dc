//! Events become one JSON value. The stack is explicit: depth costs memory, never the machine's stack.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::events::{Event, EventError, EventKind, Events, Mark, Scalar};
use super::scalars;
use super::spans::{Entry, Lines, Span, Spans};

/// Values nested deeper than this are refused.
pub const DEPTH_MAX: usize = 200;
/// Aliases may multiply a text; a document of more values than this is refused.
const VALUES_MAX: usize = 200_000;

/// A mapping names a key twice: kubectl silently takes the last.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DuplicateKey {
    /// Path of the field, and the places of its keys.
    pub path: String,
    pub first: Span,
    pub last: Span,
}

#[derive(Debug, Default)]
pub struct Built {
    pub value: Value,
    pub spans: Spans,
    pub duplicates: Vec<DuplicateKey>,
    /// The text holds another document that no `---` line of its own separates: kubectl drops it.
    pub dropped_document: Option<Mark>,
}

/// An open sequence or mapping.
struct Frame {
    path: String,
    anchor: Option<String>,
    start: Mark,
    kind: FrameKind,
}

enum FrameKind {
    Sequence(Vec<Value>),
    Mapping { fields: Map<String, Value>, keys: BTreeMap<String, Span>, pending: Option<Pending> },
}

/// A key that waits for its value.
enum Pending {
    Key(String, Span),
    Merge,
    /// No text for it: its value is told with it.
    NullKey,
}

/// Faults that go-yaml finds after the whole text has turned out to be YAML, in the order in which it looks for them.
/// Of each sort the first is told.
#[derive(Default)]
struct Faults {
    types: Option<EventError>,
    keys: Option<EventError>,
    numbers: Option<EventError>,
}

/// More words than this are not quoted.
const QUOTED_MAX: usize = 20;

struct Builder<'a> {
    stack: Vec<Frame>,
    anchors: BTreeMap<String, Value>,
    values: usize,
    /// `None` builds the value alone.
    lines: Option<&'a Lines<'a>>,
    built: Built,
    faults: Faults,
}

/// Builds the first document of the text. A byte order mark before it is passed over and counts in no place, as in
/// go-yaml.
///
/// # Errors
/// What go-yaml refuses, in its words; and what is too deep or too large.
pub fn build(text: &[u8], lines: Option<&Lines>) -> Result<Built, EventError> {
    let text = text.strip_prefix("\u{feff}".as_bytes()).unwrap_or(text);
    // kubectl's reader ends every line, the last one as well.
    let mut quoted = text.to_vec();
    if !text.ends_with(b"\n") {
        quoted.push(b'\n');
    }
    let mut built = build_once(&quoted, lines);
    for _ in 0..QUOTED_MAX {
        let Err(error) = &built else { break };
        if !error.message.ends_with("found unexpected ':'") || !quote_before(&mut quoted, error.at) {
            break;
        }
        built = build_once(&quoted, lines);
    }
    built
}

/// In `[a:[b]]` the library refuses the colon, where go-yaml takes it for a part of the word: the word is quoted.
// Models go-yaml v2 scannerc.go yaml_parser_scan_plain_scalar
fn quote_before(text: &mut Vec<u8>, colon: Mark) -> bool {
    let Ok(whole) = std::str::from_utf8(text) else { return false };
    let line_start = whole.split_inclusive('\n').take(colon.line).map(str::len).sum::<usize>();
    let line = whole[line_start..].lines().next().unwrap_or_default();
    let Some((at, ':')) = line.char_indices().nth(colon.column) else { return false };
    let before = &line[..at];
    let opened = before.rfind([',', '[', '{']).map_or(0, |opened| opened + 1);
    let opened = before.rfind(": ").map_or(opened, |value| opened.max(value + 2));
    let word = before[opened..].trim_start();
    if word.is_empty() || word.contains(['"', '\'', '\\', '&', '*', '!']) {
        return false;
    }
    let (start, end) = (line_start + at - word.len(), line_start + at + 1);
    text.insert(end, b'"');
    text.insert(start, b'"');
    true
}

fn build_once(text: &[u8], lines: Option<&Lines>) -> Result<Built, EventError> {
    let mut events = Events::new(text);
    let mut builder = Builder {
        stack: Vec::new(),
        anchors: BTreeMap::new(),
        values: 0,
        lines,
        built: Built::default(),
        faults: Faults::default(),
    };
    loop {
        let event = events.next_event()?;
        match event.kind {
            EventKind::StreamEnd => break,
            EventKind::DocumentEnd => {
                // go-yaml reads one document: what follows is neither parsed nor checked.
                if lines.is_some() {
                    builder.built.dropped_document = following_document(&mut events);
                }
                break;
            }
            _ => builder.take(event)?,
        }
    }
    let Faults { types, keys, numbers } = builder.faults;
    types.or(keys).or(numbers).map_or(Ok(builder.built), Err)
}

fn following_document(events: &mut Events) -> Option<Mark> {
    loop {
        let event = events.next_event().ok()?;
        match event.kind {
            EventKind::StreamEnd => return None,
            EventKind::Other => {}
            _ => return Some(event.start),
        }
    }
}

impl Builder<'_> {
    fn take(&mut self, event: Event) -> Result<(), EventError> {
        let Event { kind, start, end } = event;
        match kind {
            EventKind::Other | EventKind::StreamEnd | EventKind::DocumentEnd => Ok(()),
            EventKind::Scalar(scalar) => self.scalar(scalar, start, end),
            EventKind::Alias(name) => self.alias(&name, start, end),
            EventKind::SequenceStart { anchor } => self.open(anchor, start, FrameKind::Sequence(Vec::new())),
            EventKind::MappingStart { anchor } => {
                let kind = FrameKind::Mapping { fields: Map::new(), keys: BTreeMap::new(), pending: None };
                self.open(anchor, start, kind)
            }
            EventKind::SequenceEnd | EventKind::MappingEnd => self.close(end),
        }
    }

    fn types_fault(&mut self, at: Mark, message: String) {
        self.faults.types.get_or_insert(EventError { message, at });
    }

    fn fail<T>(at: Mark, message: &str) -> Result<T, EventError> {
        Err(EventError { message: format!("yaml: {message}"), at })
    }

    fn scalar(&mut self, scalar: Scalar, start: Mark, end: Mark) -> Result<(), EventError> {
        let Scalar { text, anchor, tag, plain } = scalar;
        if self.expects_key() && plain && tag.is_none() && text == "<<" {
            self.set_pending(Pending::Merge);
            return Ok(());
        }
        let value = match &tag {
            Some(tag) => scalars::tagged(tag, &text).unwrap_or_else(|problem| {
                self.types_fault(start, format!("yaml: {problem}"));
                Value::Null
            }),
            None if plain => {
                if let Some(name) = scalars::not_finite(&text) {
                    let message = format!("json: unsupported value: {name}");
                    self.faults.numbers.get_or_insert(EventError { message, at: start });
                }
                scalars::resolve(&text)
            }
            None => Value::String(text),
        };
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor, value.clone());
        }
        self.put(value, start, end)
    }

    fn alias(&mut self, name: &str, start: Mark, end: Mark) -> Result<(), EventError> {
        if self.stack.iter().any(|frame| frame.anchor.as_deref() == Some(name)) {
            self.types_fault(start, format!("yaml: anchor '{name}' value contains itself"));
            return self.put(Value::Null, start, end);
        }
        let Some(value) = self.anchors.get(name).cloned() else {
            return Self::fail(start, &format!("unknown anchor '{name}' referenced"));
        };
        self.values += count(&value);
        if self.stack.len() + depth(&value) > DEPTH_MAX {
            return Self::fail(start, &format!("exceeded max depth of {DEPTH_MAX}"));
        }
        self.put(value, start, end)
    }

    fn open(&mut self, anchor: Option<String>, start: Mark, kind: FrameKind) -> Result<(), EventError> {
        if self.stack.len() >= DEPTH_MAX {
            return Self::fail(start, &format!("exceeded max depth of {DEPTH_MAX}"));
        }
        let path = self.next_path();
        self.stack.push(Frame { path, anchor, start, kind });
        Ok(())
    }

    fn close(&mut self, end: Mark) -> Result<(), EventError> {
        let Some(frame) = self.stack.pop() else { return Ok(()) };
        let value = match frame.kind {
            FrameKind::Sequence(items) => Value::Array(items),
            FrameKind::Mapping { fields, .. } => Value::Object(fields),
        };
        if let Some(anchor) = frame.anchor {
            self.anchors.insert(anchor, value.clone());
        }
        self.put(value, frame.start, end)
    }

    /// Whether the next value is a key of the innermost mapping.
    fn expects_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame { kind: FrameKind::Mapping { pending: None, .. }, .. }))
    }

    /// Keys of JSON objects are texts.
    // Models go-yaml v2 decode.go mapping and sigs.k8s.io/yaml convertToJSONableObject
    fn key(&mut self, value: Value, start: Mark, span: Span) -> Pending {
        match value {
            Value::String(text) => Pending::Key(text, span),
            Value::Bool(flag) => Pending::Key(flag.to_string(), span),
            Value::Number(number) => Pending::Key(number.to_string(), span),
            Value::Null => Pending::NullKey,
            list_or_map => {
                let message = format!("yaml: invalid map key: {}", go_syntax(&list_or_map, true));
                self.types_fault(start, message);
                Pending::Key(String::new(), span)
            }
        }
    }

    fn set_pending(&mut self, key: Pending) {
        if let Some(Frame { kind: FrameKind::Mapping { pending, .. }, .. }) = self.stack.last_mut() {
            *pending = Some(key);
        }
    }

    fn span(&self, start: Mark, end: Mark) -> Span {
        self.lines.map_or_else(Span::default, |lines| Span {
            start: lines.position(start.line, start.column),
            end: lines.position(end.line, end.column),
        })
    }

    /// The path of the value that comes next; empty when places are not wanted.
    fn next_path(&self) -> String {
        let (Some(_), Some(frame)) = (self.lines, self.stack.last()) else { return String::new() };
        match &frame.kind {
            FrameKind::Sequence(items) => format!("{}[{}]", frame.path, items.len()),
            FrameKind::Mapping { pending: Some(Pending::Key(key, _)), .. } => join(&frame.path, key),
            FrameKind::Mapping { .. } => frame.path.clone(),
        }
    }

    /// Puts a finished value where it belongs: as key, value, item or the document itself.
    fn put(&mut self, value: Value, start: Mark, end: Mark) -> Result<(), EventError> {
        self.values += 1;
        if self.values > VALUES_MAX {
            return Self::fail(start, "document contains excessive aliasing");
        }
        let span = self.span(start, end);
        if self.expects_key() {
            let key = self.key(value, start, span);
            self.set_pending(key);
            return Ok(());
        }
        let path = self.next_path();
        let places = self.lines.is_some();
        let Some(frame) = self.stack.last_mut() else {
            self.built.value = value;
            self.built.spans.insert(String::new(), Entry { key: None, value: span });
            return Ok(());
        };
        let mut key_span = None;
        match &mut frame.kind {
            FrameKind::Sequence(items) => items.push(value),
            FrameKind::Mapping { fields, keys, pending } => match pending.take() {
                Some(Pending::Key(key, at)) => {
                    key_span = Some(at);
                    if let (true, Some(first)) = (places, keys.insert(key.clone(), at)) {
                        let path = join(&frame.path, &key);
                        self.built.duplicates.push(DuplicateKey { path, first, last: at });
                    }
                    fields.insert(key, value);
                }
                Some(Pending::Merge) => {
                    if let Err(problem) = merge(fields, value) {
                        self.types_fault(start, problem);
                    }
                    return Ok(());
                }
                Some(Pending::NullKey) => {
                    let message = format!(
                        "unsupported map key of type: %!s(<nil>), key: <nil>, value: {}",
                        go_syntax(&value, true)
                    );
                    self.faults.keys.get_or_insert(EventError { message, at: start });
                    return Ok(());
                }
                None => {}
            },
        }
        if places {
            self.built.spans.insert(path, Entry { key: key_span, value: span });
        }
        Ok(())
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// `<<`: the fields of one mapping or of several, in the order of the text.
// Models go-yaml v2 decode.go merge
fn merge(fields: &mut Map<String, Value>, value: Value) -> Result<(), String> {
    let sources = match value {
        Value::Array(items) => items.into_iter().rev().collect(),
        other => vec![other],
    };
    for source in sources {
        let Value::Object(source) = source else {
            return Err("yaml: map merge requires map or sequence of maps as the value".to_owned());
        };
        fields.extend(source);
    }
    Ok(())
}

/// A value as Go's `%#v` shows it. `is_top`: not inside of another one.
fn go_syntax(value: &Value, is_top: bool) -> String {
    match value {
        Value::Null if is_top => "<nil>".to_owned(),
        Value::Null => "interface {}(nil)".to_owned(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| go_syntax(item, false)).collect();
            format!("[]interface {{}}{{{}}}", items.join(", "))
        }
        Value::Object(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(name, value)| format!("{name:?}:{}", go_syntax(value, false))).collect();
            format!("map[interface {{}}]interface {{}}{{{}}}", fields.join(", "))
        }
        scalar => scalar.to_string(),
    }
}

fn count(value: &Value) -> usize {
    let (mut total, mut open) = (0, vec![value]);
    while let Some(value) = open.pop() {
        total += 1;
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(fields) => open.extend(fields.values()),
            _ => {}
        }
    }
    total
}

fn depth(value: &Value) -> usize {
    let (mut deepest, mut open) = (0, vec![(value, 1)]);
    while let Some((value, level)) = open.pop() {
        deepest = deepest.max(level);
        match value {
            Value::Array(items) => open.extend(items.iter().map(|item| (item, level + 1))),
            Value::Object(fields) => open.extend(fields.values().map(|item| (item, level + 1))),
            _ => {}
        }
    }
    deepest
}
