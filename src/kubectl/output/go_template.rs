//! Go templates, as far as simple ones go: fields, texts, `range`, `if`, `else`, `end`.

use serde_json::Value;

use super::jsonpath::go_plain;

const TEMPLATE_MAX_BYTES: usize = 16 << 10;
/// Blocks nest only so deep.
const DEPTH_MAX: usize = 32;

#[derive(Clone, Debug)]
pub struct GoTemplate {
    nodes: Vec<Node>,
    raw: String,
}

#[derive(Clone, Debug)]
enum Node {
    Text(String),
    Show(Operand),
    Range { over: Operand, body: Vec<Node>, otherwise: Vec<Node> },
    If { test: Operand, body: Vec<Node>, otherwise: Vec<Node> },
}

#[derive(Clone, Debug)]
enum Operand {
    Field { from_root: bool, path: Vec<String> },
    Literal(Value),
    Length(Box<Operand>),
}

impl GoTemplate {
    /// # Errors
    /// When the template does not parse, or uses what is not simulated.
    pub fn parse(template: &str) -> Result<GoTemplate, String> {
        if template.len() > TEMPLATE_MAX_BYTES {
            return Err("template is too long".to_owned());
        }
        let mut pieces = split(template)?.into_iter().peekable();
        let nodes = block(&mut pieces, 0)?.0;
        Ok(GoTemplate { nodes, raw: template.to_owned() })
    }

    /// # Errors
    /// When a field is asked of a value that has none.
    pub fn print(&self, value: &Value) -> Result<String, String> {
        let mut out = String::new();
        run(&self.nodes, value, value, &mut out)?;
        Ok(out)
    }

    pub fn raw(&self) -> &str {
        &self.raw
    }
}

enum Piece {
    Text(String),
    Action(String),
}

fn split(template: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some(open) = rest.find("{{") {
        pieces.push(Piece::Text(rest[..open].to_owned()));
        let after = &rest[open + 2..];
        let close = after.find("}}").ok_or("template: output:1: unclosed action")?;
        let mut action = &after[..close];
        rest = &after[close + 2..];
        if let Some(trimmed) = action.strip_prefix("- ") {
            action = trimmed;
            if let Some(Piece::Text(text)) = pieces.last_mut() {
                text.truncate(text.trim_end().len());
            }
        }
        if let Some(trimmed) = action.strip_suffix(" -") {
            action = trimmed;
            rest = rest.trim_start();
        }
        pieces.push(Piece::Action(action.trim().to_owned()));
    }
    pieces.push(Piece::Text(rest.to_owned()));
    Ok(pieces)
}

type Pieces = std::iter::Peekable<std::vec::IntoIter<Piece>>;

/// The nodes up to `else`, `end` or the end of the template, and which of them it was.
fn block(pieces: &mut Pieces, depth: usize) -> Result<(Vec<Node>, &'static str), String> {
    if depth > DEPTH_MAX {
        return Err("template is nested too deeply".to_owned());
    }
    let mut nodes = Vec::new();
    while let Some(piece) = pieces.next() {
        let action = match piece {
            Piece::Text(text) => {
                nodes.push(Node::Text(text));
                continue;
            }
            Piece::Action(action) => action,
        };
        let (word, argument) = action.split_once(' ').unwrap_or((&action, ""));
        match word {
            "end" => return Ok((nodes, "end")),
            "else" => return Ok((nodes, "else")),
            "range" | "if" => {
                let operand = operand(argument)?;
                let (body, ended) = block(pieces, depth + 1)?;
                let (otherwise, ended) =
                    if ended == "else" { block(pieces, depth + 1)? } else { (Vec::new(), ended) };
                if ended != "end" {
                    return Err("template: output:1: unexpected EOF".to_owned());
                }
                nodes.push(match word {
                    "if" => Node::If { test: operand, body, otherwise },
                    _ => Node::Range { over: operand, body, otherwise },
                });
            }
            _ => nodes.push(Node::Show(operand(&action)?)),
        }
    }
    if depth > 0 { Ok((nodes, "")) } else { Ok((nodes, "end")) }
}

fn operand(text: &str) -> Result<Operand, String> {
    let text = text.trim();
    if let Some(inner) = text.strip_prefix("len ") {
        return Ok(Operand::Length(Box::new(operand(inner)?)));
    }
    if text.starts_with('"') {
        return serde_json::from_str(text).map(Operand::Literal).map_err(|_| format!("bad string {text}"));
    }
    if let Ok(number) = text.parse::<i64>() {
        return Ok(Operand::Literal(Value::from(number)));
    }
    let (from_root, path) = match text.strip_prefix('$') {
        Some(path) => (true, path),
        None => (false, text),
    };
    let plain = path.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-'));
    if (path.is_empty() && from_root) || (path.starts_with('.') && plain) {
        let path = path.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        return Ok(Operand::Field { from_root, path });
    }
    Err(format!("template: output:1: the action {{{{{text}}}}} is not simulated here: use -o jsonpath"))
}

fn evaluate(operand: &Operand, root: &Value, dot: &Value) -> Result<Value, String> {
    match operand {
        Operand::Literal(value) => Ok(value.clone()),
        Operand::Length(inner) => Ok(Value::from(match evaluate(inner, root, dot)? {
            Value::Array(items) => items.len(),
            Value::Object(map) => map.len(),
            Value::String(text) => text.len(),
            _ => 0,
        })),
        Operand::Field { from_root, path } => {
            let mut value = if *from_root { root } else { dot };
            for part in path {
                match value {
                    Value::Object(map) => value = map.get(part).unwrap_or(&Value::Null),
                    Value::Null => return Ok(Value::Null),
                    other => {
                        let found = super::jsonpath::go_type(other);
                        return Err(format!("can't evaluate field {part} in type {found}"));
                    }
                }
            }
            Ok(value.clone())
        }
    }
}

fn run(nodes: &[Node], root: &Value, dot: &Value, out: &mut String) -> Result<(), String> {
    for node in nodes {
        match node {
            Node::Text(text) => out.push_str(text),
            Node::Show(operand) => match evaluate(operand, root, dot)? {
                Value::Null => out.push_str("<no value>"),
                value => out.push_str(&go_plain(&value)),
            },
            Node::If { test, body, otherwise } => {
                let value = evaluate(test, root, dot)?;
                run(if is_true(&value) { body } else { otherwise }, root, dot, out)?;
            }
            Node::Range { over, body, otherwise } => {
                let items: Vec<Value> = match evaluate(over, root, dot)? {
                    Value::Array(items) => items,
                    Value::Object(map) => map.into_iter().map(|(_, item)| item).collect(),
                    _ => Vec::new(),
                };
                if items.is_empty() {
                    run(otherwise, root, dot, out)?;
                }
                for item in items {
                    run(body, root, &item, out)?;
                }
            }
        }
    }
    Ok(())
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
    }
}
