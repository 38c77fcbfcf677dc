//! Manifest texts: YAML or JSON becomes JSON values exactly as kubectl reads them, with the place of every field.
//!
//! kubectl converts YAML to JSON with sigs.k8s.io/yaml (go-yaml v2, YAML 1.1). Its scanner and parser are ports of
//! libyaml, and so is the library behind `events`: the same texts are refused with the same words. Nothing else in
//! the project names that library.

mod build;
mod events;
mod json_syntax;
mod scalars;
mod spans;
mod stream;

pub use build::{DEPTH_MAX, DuplicateKey};
pub use json_syntax::json_problem;
pub use spans::{Entry, Position, Span, Spans};
pub use stream::{Document, TEXT_BYTES_MAX, YamlError, decode_stream, parse};
