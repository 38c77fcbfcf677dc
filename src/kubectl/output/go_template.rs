//! Go templates, as far as `-o go-template` goes: fields, variables, pipelines of the common functions, `range`, `if`,
//! `with`, `else`, `end`, `define`, `template`, `block`.
// Models text/template

use serde_json::Value;

use super::go_functions::{FUNCTIONS, call};
use super::go_lexer::{Piece, split, tokens};
use super::go_value::{Held, inside, is_true, items_of};
use crate::api::go_text::go_text;
use crate::api::view::{View, Viewed, null};

const TEMPLATE_MAX_BYTES: usize = 16 << 10;
/// Blocks and brackets nest only so deep.
const DEPTH_MAX: usize = 32;

#[derive(Clone, Debug)]
pub struct GoTemplate {
    nodes: Vec<Node>,
    named: Named,
    raw: String,
}

/// The templates that `define` and `block` name.
type Named = Vec<(String, Vec<Node>)>;

#[derive(Clone, Debug)]
enum Node {
    Text(String),
    Show(Expression),
    Set {
        name: String,
        value: Expression,
    },
    Range {
        names: Vec<String>,
        over: Expression,
        body: Vec<Node>,
        otherwise: Vec<Node>,
    },
    If {
        test: Expression,
        body: Vec<Node>,
        otherwise: Vec<Node>,
    },
    With {
        value: Expression,
        body: Vec<Node>,
        otherwise: Vec<Node>,
    },
    /// Another template, with a dot of its own or none.
    Template {
        name: String,
        dot: Option<Expression>,
    },
}

#[derive(Clone, Debug)]
enum Expression {
    /// A path from the dot, or from a variable; the root is the variable without a name.
    Field {
        variable: Option<String>,
        path: Vec<String>,
    },
    /// Fields of what stands in brackets.
    Inside {
        of: Box<Expression>,
        path: Vec<String>,
    },
    Literal(Value),
    Call {
        function: String,
        arguments: Vec<Expression>,
    },
}

impl GoTemplate {
    /// # Errors
    /// When the template does not parse, or uses what is not simulated.
    pub fn parse(template: &str) -> Result<GoTemplate, String> {
        if template.len() > TEMPLATE_MAX_BYTES {
            return Err("template is too long".to_owned());
        }
        let mut pieces = Pieces { rest: split(template)?.into_iter(), named: Vec::new() };
        let (nodes, ended) = block(&mut pieces, 0)?;
        if !ended.is_empty() {
            return Err(format!("template: output:1: unexpected {{{{{ended}}}}}"));
        }
        Ok(GoTemplate { nodes, named: pieces.named, raw: template.to_owned() })
    }

    /// # Errors
    /// When a field is asked of a value that has none, or a function does not fit its arguments.
    pub fn print(&self, value: &dyn Viewed) -> Result<String, String> {
        let mut out = String::new();
        let root = Held::At(value);
        let mut scope = Scope { variables: vec![("", root.clone())], named: &self.named, depth: 0 };
        scope.run(&self.nodes, &root, &mut out)?;
        Ok(out)
    }

    pub fn raw(&self) -> &str {
        &self.raw
    }
}

struct Pieces {
    rest: std::vec::IntoIter<Piece>,
    named: Named,
}

/// The nodes up to `else`, `end` or the end of the template, and which of them it was: `else` with what follows it.
fn block(pieces: &mut Pieces, depth: usize) -> Result<(Vec<Node>, String), String> {
    if depth > DEPTH_MAX {
        return Err("template is nested too deeply".to_owned());
    }
    let mut nodes = Vec::new();
    while let Some(piece) = pieces.rest.next() {
        let action = match piece {
            Piece::Text(text) => {
                nodes.push(Node::Text(text));
                continue;
            }
            Piece::Action(action) => action,
        };
        let (word, argument) = action.split_once(' ').unwrap_or((&action, ""));
        match word {
            "end" => return Ok((nodes, "end".to_owned())),
            "else" => return Ok((nodes, action)),
            "define" => {
                let (name, _) = name_of(argument)?;
                let body = block(pieces, depth + 1)?.0;
                pieces.named.push((name, body));
            }
            "template" | "block" => {
                let (name, dot) = name_of(argument)?;
                let dot = if dot.is_empty() { None } else { Some(pipeline(dot)?) };
                if word == "block" {
                    let body = block(pieces, depth + 1)?.0;
                    pieces.named.push((name.clone(), body));
                }
                nodes.push(Node::Template { name, dot });
            }
            "range" | "if" | "with" => nodes.push(construct(pieces, word, argument, depth)?),
            _ if action.starts_with("/*") => {}
            _ => nodes.push(match assignment(&action) {
                Some((names, value)) if names.len() == 1 => {
                    Node::Set { name: names[0].clone(), value: pipeline(value)? }
                }
                _ => Node::Show(pipeline(&action)?),
            }),
        }
    }
    if depth > 0 { Err("template: output:1: unexpected EOF".to_owned()) } else { Ok((nodes, String::new())) }
}

fn construct(pieces: &mut Pieces, word: &str, argument: &str, depth: usize) -> Result<Node, String> {
    let (names, value) = assignment(argument).unwrap_or((Vec::new(), argument));
    let value = pipeline(value)?;
    let (body, ended) = block(pieces, depth + 1)?;
    let otherwise = match ended.strip_prefix("else") {
        None => Vec::new(),
        Some(rest) => match rest.trim_start().strip_prefix("if ") {
            // `else if` is an `if` of its own that shares the end.
            Some(test) => vec![construct(pieces, "if", test, depth + 1)?],
            None => block(pieces, depth + 1)?.0,
        },
    };
    Ok(match word {
        "if" => Node::If { test: value, body, otherwise },
        "with" => Node::With { value, body, otherwise },
        _ => Node::Range { names, over: value, body, otherwise },
    })
}

/// The name in quotes with which an action begins, and what follows it.
fn name_of(text: &str) -> Result<(String, &str), String> {
    let text = text.trim_start();
    let quoted = text.strip_prefix(['"', '`']).and_then(|rest| rest.split_once(&text[..1]));
    let (name, rest) =
        quoted.ok_or_else(|| format!("template: output:1: unexpected {text:?} in template clause"))?;
    Ok((name.to_owned(), rest.trim()))
}

/// `$a, $b := VALUE` as names without their `$` and the value.
fn assignment(text: &str) -> Option<(Vec<String>, &str)> {
    let (names, value) = text.split_once(":=").or_else(|| text.split_once(" = "))?;
    let names: Option<Vec<String>> =
        names.split(',').map(|name| name.trim().strip_prefix('$').map(str::to_owned)).collect();
    Some((names?, value.trim()))
}

/// `A | f | g x`: each function gets the value before it as its last argument.
fn pipeline(text: &str) -> Result<Expression, String> {
    let mut words = tokens(text)?.into_iter().peekable();
    let expression = commands(&mut words, 0)?;
    match words.next() {
        None => Ok(expression),
        Some(word) => Err(format!("template: output:1: unexpected {word:?} in operand")),
    }
}

type Words = std::iter::Peekable<std::vec::IntoIter<String>>;

fn commands(words: &mut Words, depth: usize) -> Result<Expression, String> {
    if depth > DEPTH_MAX {
        return Err("template is nested too deeply".to_owned());
    }
    let mut value = None;
    loop {
        let mut terms = Vec::new();
        let mut function = None;
        while let Some(word) = words.next_if(|word| word != "|" && !word.starts_with(')')) {
            if word == "(" {
                let inner = commands(words, depth + 1)?;
                let end = words.next().filter(|end| end.starts_with(')'));
                let end = end.ok_or("template: output:1: unclosed left paren")?;
                terms.push(match fields(&end[1..]) {
                    path if path.is_empty() => inner,
                    path => Expression::Inside { of: Box::new(inner), path },
                });
            } else if terms.is_empty() && function.is_none() && word.starts_with(|c: char| c.is_alphabetic())
            {
                match word.as_str() {
                    "true" | "false" => terms.push(Expression::Literal(Value::from(word == "true"))),
                    "nil" => terms.push(Expression::Literal(Value::Null)),
                    name if !FUNCTIONS.contains(&name) => {
                        return Err(format!("template: output:1: function {name:?} not defined"));
                    }
                    _ => function = Some(word),
                }
            } else {
                terms.push(term(&word)?);
            }
        }
        terms.extend(value.take());
        let next = match function {
            Some(function) => Expression::Call { function, arguments: terms },
            None if terms.len() == 1 => terms.remove(0),
            None => return Err("template: output:1: missing value for command".to_owned()),
        };
        if words.next_if(|word| word == "|").is_none() {
            return Ok(next);
        }
        value = Some(next);
    }
}

fn term(word: &str) -> Result<Expression, String> {
    if word.starts_with('"') {
        let literal = serde_json::from_str(word).map(Expression::Literal);
        return literal.map_err(|_| format!("template: output:1: bad string {word}"));
    }
    if let Some(raw) = word.strip_prefix('`') {
        return Ok(Expression::Literal(Value::from(raw.trim_end_matches('`'))));
    }
    if let Ok(number) = word.parse::<i64>() {
        return Ok(Expression::Literal(Value::from(number)));
    }
    if let Ok(number) = word.parse::<f64>() {
        return Ok(Expression::Literal(Value::from(number)));
    }
    if let Some(rest) = word.strip_prefix('$') {
        let (name, path) = rest.split_once('.').unwrap_or((rest, ""));
        return Ok(Expression::Field { variable: Some(name.to_owned()), path: fields(path) });
    }
    match word.strip_prefix('.') {
        Some(path) => Ok(Expression::Field { variable: None, path: fields(path) }),
        None => match word {
            "true" | "false" => Ok(Expression::Literal(Value::from(word == "true"))),
            _ => Err(format!("template: output:1: function {word:?} not defined")),
        },
    }
}

/// `.a.b` as the names of fields.
fn fields(path: &str) -> Vec<String> {
    path.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// The variables that are known at a place; inner ones come last.
struct Scope<'a> {
    variables: Vec<(&'a str, Held<'a>)>,
    named: &'a Named,
    /// So many templates stand around this one.
    depth: usize,
}

impl<'a> Scope<'a> {
    fn evaluate(&self, expression: &'a Expression, dot: &Held<'a>) -> Result<Held<'a>, String> {
        match expression {
            Expression::Literal(value) => Ok(Held::At(value)),
            Expression::Inside { of, path } => {
                path.iter().try_fold(self.evaluate(of, dot)?, |value, part| inside(&value, part))
            }
            // Arguments after the one that decides are not looked at.
            Expression::Call { function, arguments } if matches!(function.as_str(), "and" | "or") => {
                let mut value =
                    Err(format!("error calling {function}: wrong number of args for {function}: got 0"));
                for argument in arguments {
                    let found = self.evaluate(argument, dot)?;
                    let decides = is_true(&found) == (function == "or");
                    value = Ok(found);
                    if decides {
                        break;
                    }
                }
                value
            }
            Expression::Call { function, arguments } => {
                let values: Result<Vec<Held>, String> =
                    arguments.iter().map(|argument| self.evaluate(argument, dot)).collect();
                call(function, &values?)
            }
            Expression::Field { variable, path } => {
                let mut value = match variable {
                    None => dot,
                    Some(name) => {
                        let found = self.variables.iter().rev().find(|(known, _)| known == name);
                        &found.ok_or_else(|| format!("undefined variable \"${name}\""))?.1
                    }
                }
                .clone();
                for part in path {
                    value = inside(&value, part)?;
                }
                Ok(value)
            }
        }
    }

    /// Runs nodes; what they define is forgotten at their end.
    fn run(&mut self, nodes: &'a [Node], dot: &Held<'a>, out: &mut String) -> Result<(), String> {
        let known = self.variables.len();
        for node in nodes {
            self.step(node, dot, out)?;
        }
        self.variables.truncate(known);
        Ok(())
    }

    fn step(&mut self, node: &'a Node, dot: &Held<'a>, out: &mut String) -> Result<(), String> {
        match node {
            Node::Text(text) => out.push_str(text),
            Node::Show(expression) => {
                let value = self.evaluate(expression, dot)?;
                match value.view() {
                    View::Null => out.push_str("<no value>"),
                    _ => out.push_str(&go_text(&value)),
                }
            }
            Node::Set { name, value } => {
                let value = self.evaluate(value, dot)?;
                self.variables.push((name, value));
            }
            Node::If { test, body, otherwise } => {
                let value = self.evaluate(test, dot)?;
                self.run(if is_true(&value) { body } else { otherwise }, dot, out)?;
            }
            Node::With { value, body, otherwise } => match self.evaluate(value, dot)? {
                value if is_true(&value) => self.run(body, &value, out)?,
                _ => self.run(otherwise, dot, out)?,
            },
            Node::Template { name, dot: given } => {
                let dot = match given {
                    Some(given) => self.evaluate(given, dot)?,
                    None => Held::At(null()),
                };
                // Of two with the same name the later one counts.
                let found = self.named.iter().rev().find(|(known, _)| known == name);
                let (_, nodes) = found.ok_or_else(|| format!("template {name:?} not defined"))?;
                if self.depth >= DEPTH_MAX {
                    return Err("exceeded maximum template depth".to_owned());
                }
                let variables = vec![("", dot.clone())];
                Scope { variables, named: self.named, depth: self.depth + 1 }.run(nodes, &dot, out)?;
            }
            Node::Range { names, over, body, otherwise } => {
                let items = items_of(&self.evaluate(over, dot)?);
                if items.is_empty() {
                    self.run(otherwise, dot, out)?;
                }
                for (key, item) in items {
                    let known = self.variables.len();
                    match names.as_slice() {
                        [value] => self.variables.push((value, item.clone())),
                        [index, value, ..] => {
                            self.variables.push((index, Held::Made(key)));
                            self.variables.push((value, item.clone()));
                        }
                        [] => {}
                    }
                    self.run(body, &item, out)?;
                    self.variables.truncate(known);
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn templates_print_values() {
        let value = json!({"items": [{"n": "a", "c": 1}, {"n": "b", "c": 2}], "data": {"k": "aGk="}, "l": {"x.y/z": "q"}});
        let cases = [
            ("{{range .items}}{{.n}} {{end}}", Ok("a b ")),
            ("{{range $i, $e := .items}}{{$i}}={{$e.n}} {{end}}", Ok("0=a 1=b ")),
            ("{{range .items}}{{if eq .n \"b\"}}{{.c}}{{else if gt .c 0}}-{{end}}{{end}}", Ok("-2")),
            ("{{index .l \"x.y/z\"}}{{index .items 1 \"n\"}}", Ok("qb")),
            ("{{.data.k | base64decode}}", Ok("hi")),
            ("{{printf \"%s-%v-%d|%5s|%-3s|\" \"a\" 1 (len .items) \"x\" \"y\"}}", Ok("a-1-2|    x|y  |")),
            ("{{$x := len .items}}{{with .nope}}no{{else}}{{$x}}{{end}}", Ok("2")),
            ("{{if and .items (not .nope)}}yes{{end}}", Ok("yes")),
            ("{{.items.n}}", Err("can't evaluate field n in type []interface {}")),
            ("{{nope 1}}", Err("template: output:1: function \"nope\" not defined")),
            ("{{(index .items 1).n}}{{(.nope).n}}", Ok("b<no value>")),
            (
                "{{range .items}}{{if or (eq .n \"a\") (gt .nope 1)}}{{.n}}{{end}}{{end}}",
                Err("error calling lt: incompatible types for comparison"),
            ),
            ("{{range .items}}{{if and .nope (gt .nope 1)}}{{.n}}{{end}}{{end}}-", Ok("-")),
            ("{{define \"row\"}}{{.n}};{{end}}{{range .items}}{{template \"row\" .}}{{end}}", Ok("a;b;")),
            ("{{block \"x\" .data}}{{.k}}{{end}}{{template `x`}}", Ok("aGk=<no value>")),
            (
                "{{define \"x\"}}{{template \"x\"}}{{end}}{{template \"x\"}}",
                Err("exceeded maximum template depth"),
            ),
            (
                "{{slice .data.k 1 3}}{{range slice .items 1}}{{.n}}{{end}}{{len (slice .items 0 1)}}",
                Ok("Gkb1"),
            ),
            ("{{(index (slice .items 1) 0).n}}", Ok("b")),
            ("{{slice .items 3}}", Err("error calling slice: index out of range: 3")),
            (
                "{{html \"<a&'b'>\"}} {{urlquery \"a b&c\"}} {{js `it's \"<`}}",
                Ok("&lt;a&amp;&#39;b&#39;&gt; a+b%26c it\\'s \\\"\\u003C"),
            ),
            ("{{.items}}{{end}}", Err("template: output:1: unexpected {{end}}")),
        ];
        for (template, expected) in cases {
            let got = GoTemplate::parse(template).and_then(|parsed| parsed.print(&value));
            assert_eq!(got, expected.map(str::to_owned).map_err(str::to_owned), "{template}");
        }
    }
}
