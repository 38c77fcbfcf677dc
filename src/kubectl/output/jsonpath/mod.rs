//! JSONPath templates in kubectl's dialect.
// Models staging/src/k8s.io/client-go/util/jsonpath

mod evaluate;
mod go_syntax;
mod parse;

pub use evaluate::write_text;
pub use go_syntax::{go_type, write_syntax};
use parse::Node;

use crate::api::view::{List, View, Viewed};

/// Longest template, in bytes: real ones have some hundred.
const TEMPLATE_MAX_BYTES: usize = 16 << 10;

/// A parsed template.
#[derive(Clone, Debug)]
pub struct JsonPath {
    blocks: Vec<Vec<Node>>,
    raw: String,
}

/// Whether a field that is not there is an error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MissingKeys {
    Allowed,
    Refused,
}

impl JsonPath {
    /// # Errors
    /// The parser's own text, as kubectl quotes it.
    pub fn parse(template: &str) -> Result<JsonPath, String> {
        if template.len() > TEMPLATE_MAX_BYTES {
            return Err("template is too long".to_owned());
        }
        Ok(JsonPath { blocks: parse::parse(template)?, raw: template.to_owned() })
    }

    /// A single expression as flags take it: braces and the leading dot may be missing.
    ///
    /// # Errors
    /// When the expression has another form, or does not parse.
    // Models staging/src/k8s.io/kubectl/pkg/cmd/get/customcolumn.go RelaxedJSONPathExpression
    pub fn parse_relaxed(expression: &str) -> Result<JsonPath, String> {
        JsonPath::parse(&relaxed(expression)?)
    }

    /// What the template prints for an object.
    ///
    /// # Errors
    /// The evaluation's own text.
    pub fn print(&self, object: &dyn Viewed, missing: MissingKeys) -> Result<String, String> {
        let mut out = String::new();
        for values in evaluate::run(&self.blocks, object, missing)? {
            for (at, value) in values.into_iter().enumerate() {
                out.push_str(if at > 0 { " " } else { "" });
                write_text(&mut out, value);
            }
        }
        Ok(out)
    }

    /// What the template prints for an object as `-o jsonpath-as-json`.
    ///
    /// # Errors
    /// The evaluation's own text.
    pub fn print_as_json(&self, object: &dyn Viewed, missing: MissingKeys) -> Result<String, String> {
        let blocks = evaluate::run(&self.blocks, object, missing)?;
        Ok(blocks.into_iter().map(|values| super::json::to_json(&Found(values))).collect())
    }

    /// The values of a single expression.
    ///
    /// # Errors
    /// The evaluation's own text.
    pub fn values<'a>(
        &'a self,
        object: &'a dyn Viewed,
        missing: MissingKeys,
    ) -> Result<Vec<&'a dyn Viewed>, String> {
        let blocks = evaluate::run(&self.blocks, object, missing)?;
        Ok(blocks.into_iter().flatten().collect())
    }

    pub fn raw(&self) -> &str {
        &self.raw
    }
}

/// What a block finds, as one list.
struct Found<'a>(Vec<&'a dyn Viewed>);

impl Viewed for Found<'_> {
    fn view(&self) -> View<'_> {
        View::List(self)
    }
}

impl List for Found<'_> {
    fn len(&self) -> usize {
        self.0.len()
    }
    fn item(&self, at: usize) -> Option<&dyn Viewed> {
        self.0.get(at).copied()
    }
}

/// The full form of a single expression: `{.x}` from `x`, `.x`, `{x}` or `{.x}`.
///
/// # Errors
/// When the braces do not match.
pub fn relaxed(expression: &str) -> Result<String, String> {
    if expression.is_empty() {
        return Ok(String::new());
    }
    let refused = || {
        "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'"
            .to_owned()
    };
    let opened = expression.strip_prefix('{');
    let body = match (opened, expression.ends_with('}')) {
        (Some(body), true) => &body[..body.len() - 1],
        (None, false) => expression,
        _ => return Err(refused()),
    };
    let body = body.strip_prefix('.').filter(|rest| !rest.is_empty()).unwrap_or(body);
    if body.is_empty() || body.contains(['{', '}']) {
        return Err(refused());
    }
    Ok(format!("{{.{body}}}"))
}

#[cfg(test)]
mod tests;
