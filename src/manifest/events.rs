//! The YAML library, wrapped: a text becomes a sequence of events or one error.

use crate::base::lossy_string;
use std::ffi::CStr;
use std::mem::MaybeUninit;

/// A place in the text: line and column count characters from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Mark {
    pub line: usize,
    pub column: usize,
}

#[derive(Clone, Debug)]
pub struct Event {
    pub kind: EventKind,
    pub start: Mark,
    pub end: Mark,
}

#[derive(Clone, Debug)]
pub enum EventKind {
    /// Stream and document starts and the stream's end carry nothing.
    Other,
    DocumentEnd,
    StreamEnd,
    Alias(String),
    Scalar(Scalar),
    SequenceStart {
        anchor: Option<String>,
    },
    SequenceEnd,
    MappingStart {
        anchor: Option<String>,
    },
    MappingEnd,
}

#[derive(Clone, Debug)]
pub struct Scalar {
    pub text: String,
    pub anchor: Option<String>,
    pub tag: Option<String>,
    /// Neither quoted nor a block nor tagged with `!`: its text decides its type.
    pub plain: bool,
}

/// Why a text is not YAML. `message` is go-yaml's, with its line number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventError {
    pub message: String,
    pub at: Mark,
}

pub struct Events<'a> {
    parser: Box<MaybeUninit<unsafe_libyaml::yaml_parser_t>>,
    /// The parser points into this text.
    _text: &'a [u8],
}

impl<'a> Events<'a> {
    pub fn new(text: &'a [u8]) -> Events<'a> {
        let mut parser = Box::new(MaybeUninit::<unsafe_libyaml::yaml_parser_t>::uninit());
        // SAFETY: the parser is initialised before its use, does not move (it is boxed), and the text outlives it.
        unsafe {
            let raw = parser.as_mut_ptr();
            let initialised = unsafe_libyaml::yaml_parser_initialize(raw);
            assert!(initialised.ok, "the YAML parser allocates its buffers");
            unsafe_libyaml::yaml_parser_set_encoding(raw, unsafe_libyaml::YAML_UTF8_ENCODING);
            unsafe_libyaml::yaml_parser_set_input_string(raw, text.as_ptr(), text.len() as u64);
        }
        Events { parser, _text: text }
    }

    /// # Errors
    /// The text is not YAML. Nothing may be asked after an error or the stream's end.
    pub fn next_event(&mut self) -> Result<Event, EventError> {
        let mut raw = MaybeUninit::<unsafe_libyaml::yaml_event_t>::uninit();
        // SAFETY: the parser was initialised by `new`; the event is initialised by a successful call, read while it
        // lives and then deleted.
        unsafe {
            if unsafe_libyaml::yaml_parser_parse(self.parser.as_mut_ptr(), raw.as_mut_ptr()).fail {
                return Err(self.error());
            }
            let event = convert(&*raw.as_ptr());
            unsafe_libyaml::yaml_event_delete(raw.as_mut_ptr());
            Ok(event)
        }
    }

    // Models go-yaml v2 decode.go parser.fail: lines count from 0 except in errors of the scanner.
    unsafe fn error(&self) -> EventError {
        // SAFETY: called after a failed parse, when the error's fields are set; texts are static C strings.
        unsafe {
            let parser = &*self.parser.as_ptr();
            let problem = if parser.problem.is_null() {
                "unknown problem parsing YAML content".to_owned()
            } else {
                CStr::from_ptr(parser.problem.cast()).to_string_lossy().into_owned()
            };
            let (problem_mark, context_mark) = (mark(&parser.problem_mark), mark(&parser.context_mark));
            let is_scanner = parser.error as i32 == unsafe_libyaml::YAML_SCANNER_ERROR as i32;
            let line = match (problem_mark.line, context_mark.line) {
                (0, line) => line,
                (line, _) => line + usize::from(is_scanner),
            };
            let place = if line == 0 { String::new() } else { format!("line {line}: ") };
            EventError { message: format!("yaml: {place}{problem}"), at: problem_mark }
        }
    }
}

impl Drop for Events<'_> {
    fn drop(&mut self) {
        // SAFETY: initialised by `new`, deleted once.
        unsafe { unsafe_libyaml::yaml_parser_delete(self.parser.as_mut_ptr()) }
    }
}

fn mark(raw: &unsafe_libyaml::yaml_mark_t) -> Mark {
    Mark { line: raw.line as usize, column: raw.column as usize }
}

/// # Safety
/// The event is initialised and alive.
unsafe fn convert(raw: &unsafe_libyaml::yaml_event_t) -> Event {
    // SAFETY: each member of the union is read under its own event type.
    let kind = unsafe {
        match raw.type_ {
            unsafe_libyaml::YAML_STREAM_END_EVENT => EventKind::StreamEnd,
            unsafe_libyaml::YAML_DOCUMENT_END_EVENT => EventKind::DocumentEnd,
            unsafe_libyaml::YAML_ALIAS_EVENT => {
                EventKind::Alias(text(raw.data.alias.anchor).unwrap_or_default())
            }
            unsafe_libyaml::YAML_SCALAR_EVENT => EventKind::Scalar(scalar(raw)),
            unsafe_libyaml::YAML_SEQUENCE_START_EVENT => {
                EventKind::SequenceStart { anchor: text(raw.data.sequence_start.anchor) }
            }
            unsafe_libyaml::YAML_SEQUENCE_END_EVENT => EventKind::SequenceEnd,
            unsafe_libyaml::YAML_MAPPING_START_EVENT => {
                EventKind::MappingStart { anchor: text(raw.data.mapping_start.anchor) }
            }
            unsafe_libyaml::YAML_MAPPING_END_EVENT => EventKind::MappingEnd,
            _ => EventKind::Other,
        }
    };
    Event { kind, start: mark(&raw.start_mark), end: mark(&raw.end_mark) }
}

/// # Safety
/// The event is a scalar.
unsafe fn scalar(raw: &unsafe_libyaml::yaml_event_t) -> Scalar {
    // SAFETY: the caller's promise; the value has `length` bytes.
    unsafe {
        let data = &raw.data.scalar;
        let bytes = std::slice::from_raw_parts(data.value, data.length as usize);
        Scalar {
            text: lossy_string(bytes),
            anchor: text(data.anchor),
            tag: text(data.tag),
            plain: data.plain_implicit,
        }
    }
}

/// # Safety
/// Null or a C string.
unsafe fn text(raw: *const u8) -> Option<String> {
    // SAFETY: the caller's promise.
    (!raw.is_null()).then(|| unsafe { CStr::from_ptr(raw.cast()) }.to_string_lossy().into_owned())
}
