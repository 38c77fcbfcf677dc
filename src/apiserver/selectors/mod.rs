//! Selectors of list requests, with the server's own refusals.

mod fields;
mod labels;
mod tokens;

pub use fields::FieldQuery;
pub use labels::LabelQuery;
