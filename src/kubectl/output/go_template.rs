//! Go templates, as far as `-o go-template` goes: fields, variables, pipelines of the common functions, `range`, `if`,
//! `with`, `else`, `end`, `break`, `continue`, `define`, `template`, `block`.
// Models text/template exec.go

use std::cell::Cell;

use super::go_functions::{call, check_count};
use super::go_lexer::Place;
use super::go_parse::{DEPTH_MAX, Expression, Named, Node, parse};
use super::go_value::{Held, inside, is_true, items_of};
use super::jsonpath::MissingKeys;
use crate::api::go_text::go_text;
use crate::api::view::{View, Viewed, null};

const TEMPLATE_MAX_BYTES: usize = 16 << 10;
/// Templates in templates and ranges in ranges multiply: no page waits for all that they could print.
const STEPS_MAX: u32 = 2_000_000;
const OUTPUT_MAX_BYTES: usize = 128 << 20;

#[derive(Clone, Debug)]
pub struct GoTemplate {
    nodes: Vec<Node>,
    named: Named,
    raw: String,
    missing: MissingKeys,
}

impl GoTemplate {
    /// # Errors
    /// When the template does not parse, or uses what is not simulated.
    pub fn parse(template: &str, missing: MissingKeys) -> Result<GoTemplate, String> {
        if template.len() > TEMPLATE_MAX_BYTES {
            return Err("template is too long".to_owned());
        }
        let (nodes, named) = parse(template)?;
        Ok(GoTemplate { nodes, named, raw: template.to_owned(), missing })
    }

    /// Prints a value as far as the template fits it.
    ///
    /// # Errors
    /// When a field is asked of a value that has none, or a function does not fit its arguments: the error with its
    /// place, as Go tells it.
    pub fn print(&self, value: &dyn Viewed, out: &mut String) -> Result<(), String> {
        let root = Held::Plain(value);
        let variables = vec![("", root.clone())];
        let (steps, node) = (&Cell::new(0), Cell::new(None));
        let mut scope = Scope { variables, template: self, name: "output", depth: 0, steps, node };
        scope.run(&self.nodes, &root, out).map(drop)
    }

    pub fn raw(&self) -> &str {
        &self.raw
    }
}

/// Where a block goes on after its end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Continue,
}

/// The variables that are known at a place; inner ones come last.
struct Scope<'a> {
    variables: Vec<(&'a str, Held<'a>)>,
    template: &'a GoTemplate,
    /// The name of the template that runs.
    name: &'a str,
    /// So many templates stand around this one.
    depth: usize,
    /// That all of them have taken.
    steps: &'a Cell<u32>,
    /// What was looked at last: errors name it.
    node: Cell<Option<(usize, &'a str)>>,
}

impl<'a> Scope<'a> {
    /// A value, known by its own type.
    fn value(&self, expression: &'a Expression, dot: &Held<'a>) -> Result<Held<'a>, String> {
        self.evaluate(expression, dot).map(Held::plain).map_err(|problem| self.located(&problem))
    }

    /// An error with the place where it happened.
    // Models text/template exec.go errorf and parse.go ErrorContext
    fn located(&self, problem: &str) -> String {
        let Some((at, text)) = self.node.get() else { return problem.to_owned() };
        let before = self.template.raw.get(..at).unwrap_or_default();
        let (line, column) =
            (1 + before.matches('\n').count(), at - before.rfind('\n').map_or(0, |at| at + 1));
        format!("template: output:{line}:{column}: executing {:?} at <{text}>: {problem}", self.name)
    }

    fn at(&self, at: usize, place: Place) {
        self.node.set(Some((at, place.text(&self.template.raw))));
    }

    fn evaluate(&self, expression: &'a Expression, dot: &Held<'a>) -> Result<Held<'a>, String> {
        let strict = self.template.missing == MissingKeys::Refused;
        match expression {
            Expression::Literal(value, place) => {
                self.at(place.at, *place);
                Ok(Held::Made(value.clone()))
            }
            Expression::Inside { of, path } => {
                let value = self.evaluate(of, dot)?.plain();
                path.iter().try_fold(value, |value, part| inside(&value, part, strict))
            }
            Expression::Call { function, arguments, place } => {
                self.node.set(Some((place.at, function)));
                check_count(function, arguments.len())?;
                if matches!(function.as_str(), "and" | "or") {
                    return self.first_deciding(function, arguments, dot);
                }
                let mut values = Vec::new();
                for argument in arguments {
                    values.push(self.evaluate(argument, dot)?);
                }
                call(function, &values).map_err(|problem| {
                    // An argument of another type is told at its own place.
                    if problem.contains("expected string") {
                        return problem;
                    }
                    self.at(place.at, *place);
                    format!("error calling {function}: {problem}")
                })
            }
            Expression::Field { variable, path, place, told_at } => {
                let mut value = match variable {
                    None => dot,
                    Some(name) => {
                        let found = self.variables.iter().rev().find(|(known, _)| known == name);
                        &found.ok_or_else(|| format!("undefined variable: ${name}"))?.1
                    }
                }
                .clone();
                self.at(*told_at, *place);
                for part in path {
                    value = inside(&value, part, strict)?;
                }
                Ok(value)
            }
        }
    }

    /// `and` and `or`: arguments after the one that decides are not looked at.
    fn first_deciding(
        &self,
        function: &str,
        arguments: &'a [Expression],
        dot: &Held<'a>,
    ) -> Result<Held<'a>, String> {
        let mut value = Held::At(null());
        for argument in arguments {
            value = self.evaluate(argument, dot)?;
            if is_true(&value) == (function == "or") {
                break;
            }
        }
        Ok(value)
    }

    /// Runs another template.
    fn another(
        &self,
        name: &str,
        given: Option<&'a Expression>,
        dot: &Held<'a>,
        out: &mut String,
    ) -> Result<(), String> {
        let template = self.template;
        // Of two with the same name the later one counts.
        let Some((name, nodes)) = template.named.iter().rev().find(|(known, _)| known == name) else {
            return Err(self.located(&format!("template {name:?} not defined")));
        };
        let dot = match given {
            Some(given) => self.value(given, dot)?,
            None => Held::At(null()),
        };
        if self.depth >= DEPTH_MAX {
            return Err("exceeded maximum template depth".to_owned());
        }
        let (variables, node) = (vec![("", dot.clone())], Cell::new(None));
        let (depth, steps) = (self.depth + 1, self.steps);
        Scope { variables, template, name, depth, steps, node }.run(nodes, &dot, out).map(drop)
    }

    /// Runs nodes; what they define is forgotten at their end.
    fn run(&mut self, nodes: &'a [Node], dot: &Held<'a>, out: &mut String) -> Result<Flow, String> {
        let known = self.variables.len();
        let mut flow = Flow::On;
        for node in nodes {
            flow = self.step(node, dot, out)?;
            if flow != Flow::On {
                break;
            }
        }
        self.variables.truncate(known);
        Ok(flow)
    }

    fn step(&mut self, node: &'a Node, dot: &Held<'a>, out: &mut String) -> Result<Flow, String> {
        self.steps.update(|steps| steps + 1);
        if self.steps.get() > STEPS_MAX || out.len() > OUTPUT_MAX_BYTES {
            return Err("the template runs for too long".to_owned());
        }
        match node {
            Node::Text(text) => out.push_str(text),
            Node::Show(expression) => {
                let value = self.value(expression, dot)?;
                match value.view() {
                    View::Null => out.push_str("<no value>"),
                    _ => out.push_str(&go_text(&value)),
                }
            }
            Node::Set { name, value, declares } => {
                let value = self.value(value, dot)?;
                match self.variables.iter_mut().rev().find(|(known, _)| known == name) {
                    Some((_, known)) if !declares => *known = value,
                    None if !declares => return Err(self.located(&format!("undefined variable: ${name}"))),
                    _ => self.variables.push((name, value)),
                }
            }
            Node::If { name, test, moves_dot, body, otherwise } => {
                let value = self.value(test, dot)?;
                let known = self.variables.len();
                self.variables.extend(name.as_deref().map(|name| (name, value.clone())));
                let flow = match is_true(&value) {
                    true => self.run(body, if *moves_dot { &value } else { dot }, out)?,
                    false => self.run(otherwise, dot, out)?,
                };
                self.variables.truncate(known);
                return Ok(flow);
            }
            Node::Template { name, dot: given, at, text } => {
                self.node.set(Some((*at, text)));
                self.another(name, given.as_ref(), dot, out)?;
            }
            Node::Range { names, over, body, otherwise } => {
                let items = items_of(&self.value(over, dot)?).map_err(|problem| self.located(&problem))?;
                if items.is_empty() {
                    return self.run(otherwise, dot, out);
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
                    let flow = self.run(body, &item, out)?;
                    self.variables.truncate(known);
                    if flow == Flow::Break {
                        break;
                    }
                }
            }
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
        }
        Ok(Flow::On)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_multiplies_without_end_is_stopped() {
        let items: Vec<u32> = (0..300).collect();
        let value = json!({"items": items});
        let nested = "{{range $.items}}".repeat(5) + &"{{end}}".repeat(5);
        let define = |at: u32| {
            format!(
                "{{{{define \"{at}\"}}}}{}{{{{end}}}}",
                format!("{{{{template \"{}\"}}}}", at - 1).repeat(9)
            )
        };
        let doubled = format!(
            "{{{{define \"0\"}}}}x{{{{end}}}}{}{{{{template \"20\"}}}}",
            (1..=20).map(define).collect::<String>()
        );
        for template in [nested, doubled] {
            let parsed = GoTemplate::parse(&template, MissingKeys::Allowed).expect("it parses");
            let problem = parsed.print(&value, &mut String::new()).expect_err("it never ends");
            assert_eq!(problem, "the template runs for too long");
        }
    }

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
            ("{{.items.n}}", Err("<.items.n>: can't evaluate field n in type interface {}")),
            ("{{nope 1}}", Err("template: output:1: function \"nope\" not defined")),
            ("{{(index .items 1).n}}{{(.nope).n}}", Ok("b<no value>")),
            (
                "{{range .items}}{{if or (eq .n \"a\") (gt .nope 1)}}{{.n}}{{end}}{{end}}",
                Err("<gt .nope 1>: error calling gt: invalid type for comparison"),
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
            ("{{slice .items 3}}", Err("<slice .items 3>: error calling slice: index out of range: 3")),
            (
                "{{html \"<a&'b'>\"}} {{urlquery \"a b&c\"}} {{js `it's \"<`}}",
                Ok("&lt;a&amp;&#39;b&#39;&gt; a+b%26c it\\'s \\\"\\u003C"),
            ),
            ("{{.items}}{{end}}", Err("template: output:1: unexpected {{end}}")),
        ];
        for (template, expected) in cases {
            let mut out = String::new();
            let printed = GoTemplate::parse(template, MissingKeys::Allowed)
                .and_then(|parsed| parsed.print(&value, &mut out));
            let got = printed.map(|()| out.as_str()).map_err(|problem| {
                let text = problem.rsplit("output\" at ").next().unwrap_or_default();
                text.to_owned()
            });
            assert_eq!(got, expected.map_err(str::to_owned), "{template}");
        }
    }
}
