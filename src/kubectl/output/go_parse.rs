//! Go templates become nodes.
// Models text/template/parse parse.go

use serde_json::Value;

use super::go_functions::FUNCTIONS;
use super::go_lexer::{Piece, Place, split, tokens};

/// Blocks and brackets nest only so deep.
pub const DEPTH_MAX: usize = 32;

/// The templates that `define` and `block` name.
pub type Named = Vec<(String, Vec<Node>)>;

#[derive(Clone, Debug)]
pub enum Node {
    Text(String),
    Show(Expression),
    Set {
        name: String,
        value: Expression,
        /// Or the variable is there already.
        declares: bool,
    },
    Range {
        names: Vec<String>,
        over: Expression,
        body: Vec<Node>,
        otherwise: Vec<Node>,
    },
    /// `if`, or `with`, which moves the dot.
    If {
        name: Option<String>,
        test: Expression,
        moves_dot: bool,
        body: Vec<Node>,
        otherwise: Vec<Node>,
    },
    /// Another template, with a dot of its own or none.
    Template {
        name: String,
        dot: Option<Expression>,
        /// Where its name stands, and the action.
        at: usize,
        text: String,
    },
    Break,
    Continue,
}

#[derive(Clone, Debug)]
pub enum Expression {
    /// A path from the dot, or from a variable; the root is the variable without a name.
    Field {
        variable: Option<String>,
        path: Vec<String>,
        place: Place,
        /// Which byte errors name.
        told_at: usize,
    },
    /// Fields of what stands in brackets.
    Inside {
        of: Box<Expression>,
        path: Vec<String>,
    },
    Literal(Value, Place),
    Call {
        function: String,
        arguments: Vec<Expression>,
        place: Place,
    },
}

/// # Errors
/// When the template does not parse, or uses what is not simulated.
pub fn parse(template: &str) -> Result<(Vec<Node>, Named), String> {
    let rest = split(template)?.into_iter();
    let mut parser = Parser { template, rest, named: Vec::new(), variables: vec![""], loops: 0 };
    let (nodes, ended) = parser.block(0)?;
    if let Some(ended) = ended {
        return Err(wrong(&format!("unexpected {{{{{}}}}}", ended.text(template))));
    }
    Ok((nodes, parser.named))
}

fn wrong(problem: &str) -> String {
    format!("template: output:1: {problem}")
}

struct Parser<'a> {
    template: &'a str,
    rest: std::vec::IntoIter<Piece>,
    named: Named,
    /// Those that are known, inner ones last.
    variables: Vec<&'a str>,
    /// How many ranges stand around.
    loops: usize,
}

/// A part of an action and where it begins in the template.
type Part<'a> = (&'a str, usize);

impl<'a> Parser<'a> {
    /// The nodes up to `else`, `end` or the end of the template, and which of them it was: `else` with what follows it.
    fn block(&mut self, depth: usize) -> Result<(Vec<Node>, Option<Place>), String> {
        if depth > DEPTH_MAX {
            return Err("template is nested too deeply".to_owned());
        }
        let known = self.variables.len();
        let mut nodes = Vec::new();
        while let Some(piece) = self.rest.next() {
            let place = match piece {
                Piece::Text(text) => {
                    nodes.push(Node::Text(text));
                    continue;
                }
                Piece::Action(place) => place,
            };
            let action = place.text(self.template);
            let word = action.split(char::is_whitespace).next().unwrap_or_default();
            if matches!(word, "end" | "else") {
                self.variables.truncate(known);
                return Ok((nodes, Some(place)));
            }
            if !action.starts_with("/*") {
                nodes.extend(self.node(word, (action, place.at), depth)?);
            }
        }
        self.variables.truncate(known);
        if depth > 0 { Err(wrong("unexpected EOF")) } else { Ok((nodes, None)) }
    }

    /// The node of an action whose first word is looked at.
    fn node(&mut self, word: &str, action: Part<'a>, depth: usize) -> Result<Option<Node>, String> {
        let argument = (&action.0[word.len()..], action.1 + word.len());
        Ok(Some(match word {
            "define" => {
                let (name, ..) = name_of(argument, word)?;
                self.define(name, depth)?;
                return Ok(None);
            }
            "template" | "block" => {
                let (name, dot, at) = name_of(argument, "template")?;
                let (name, text) = (name.to_owned(), format!("{{{{{}}}}}", action.0));
                let dot = if dot.0.is_empty() { None } else { Some(self.pipeline(dot, "command")?) };
                if word == "block" {
                    self.define(&name, depth)?;
                }
                Node::Template { name, dot, at, text }
            }
            "range" | "if" | "with" => self.construct(word, argument, depth)?,
            "break" | "continue" if self.loops == 0 => {
                return Err(wrong(&format!("{{{{{word}}}}} outside {{{{range}}}}")));
            }
            "break" => Node::Break,
            "continue" => Node::Continue,
            _ => match assignment(action) {
                Some((names, value, declares)) if names.len() == 1 => {
                    let value = self.pipeline(value, "command")?;
                    if declares {
                        self.variables.push(names[0]);
                    }
                    Node::Set { name: names[0].to_owned(), value, declares }
                }
                _ => Node::Show(self.pipeline(action, "command")?),
            },
        }))
    }

    /// A template of its own knows nothing of the variables around.
    fn define(&mut self, name: &str, depth: usize) -> Result<(), String> {
        let variables = std::mem::replace(&mut self.variables, vec![""]);
        let body = self.block(depth + 1)?.0;
        self.variables = variables;
        self.named.push((name.to_owned(), body));
        Ok(())
    }

    fn construct(&mut self, word: &str, argument: Part<'a>, depth: usize) -> Result<Node, String> {
        let (names, value, _) = assignment(argument).unwrap_or((Vec::new(), argument, false));
        if names.len() > 2 {
            return Err(wrong("too many declarations in range"));
        }
        let value = self.pipeline(value, word)?;
        let known = self.variables.len();
        self.variables.extend(&names);
        self.loops += usize::from(word == "range");
        let (body, ended) = self.block(depth + 1)?;
        self.loops -= usize::from(word == "range");
        let mut otherwise = Vec::new();
        if let Some(ended) = ended
            && let Some(rest) = ended.text(self.template).strip_prefix("else")
        {
            match rest.split_whitespace().next() {
                // `else if` is an `if` of its own that shares the end.
                Some(inner @ ("if" | "with")) => {
                    let test = rest.trim_start().strip_prefix(inner).unwrap_or_default();
                    otherwise.push(self.construct(inner, (test, ended.end - test.len()), depth + 1)?);
                }
                _ => {
                    let (nodes, ended) = self.block(depth + 1)?;
                    if ended.is_some_and(|ended| ended.text(self.template).starts_with("else")) {
                        return Err(wrong("expected end; found {{else}}"));
                    }
                    otherwise = nodes;
                }
            }
        }
        self.variables.truncate(known);
        let mut names = names.into_iter().map(str::to_owned);
        Ok(match word {
            "range" => Node::Range { names: names.collect(), over: value, body, otherwise },
            _ => Node::If { name: names.next(), test: value, moves_dot: word == "with", body, otherwise },
        })
    }

    /// `A | f | g x`: each function gets the value before it as its last argument.
    fn pipeline(&self, (text, at): Part<'a>, what: &str) -> Result<Expression, String> {
        let mut words = tokens(text, at)?.into_iter().peekable();
        let expression = self.commands(&mut words, what, 0)?;
        match words.next().map(|word| word.text(self.template)) {
            None => Ok(expression),
            Some(word) if word.starts_with(')') => Err(wrong("unexpected right paren")),
            Some(word) => Err(wrong(&format!("unexpected {word:?} in operand"))),
        }
    }

    fn commands(&self, words: &mut Words, what: &str, depth: usize) -> Result<Expression, String> {
        if depth > DEPTH_MAX {
            return Err("template is nested too deeply".to_owned());
        }
        let mut value = None;
        loop {
            let mut terms = Vec::new();
            let mut function = None;
            let mut end = 0;
            while let Some(word) = words.peek().copied() {
                let text = word.text(self.template);
                if text == "|" || text.starts_with(')') {
                    break;
                }
                words.next();
                end = word.end;
                if text == "(" {
                    let inner = self.commands(words, "parenthesized pipeline", depth + 1)?;
                    let close = words.next().ok_or_else(|| wrong("unclosed left paren"))?;
                    end = close.end;
                    let path = fields(close.text(self.template).get(1..).unwrap_or_default());
                    terms.push(Expression::Inside { of: Box::new(inner), path });
                } else if terms.is_empty() && function.is_none() && is_function(text)? {
                    function = Some(word);
                } else {
                    terms.push(self.term(word)?);
                }
            }
            terms.extend(value.take());
            let next = match function {
                Some(word) => {
                    let (function, place) = (word.text(self.template).to_owned(), Place { at: word.at, end });
                    Expression::Call { function, arguments: terms, place }
                }
                None if terms.len() == 1 => terms.remove(0),
                None => return Err(wrong(&format!("missing value for {what}"))),
            };
            if words.next_if(|word| word.text(self.template) == "|").is_none() {
                return Ok(next);
            }
            value = Some(next);
        }
    }

    fn term(&self, place: Place) -> Result<Expression, String> {
        let word = place.text(self.template);
        let literal = match word.as_bytes()[0] {
            b'"' => {
                let value = serde_json::from_str(word);
                value.map_err(|_| wrong(&format!("bad string {word}")))?
            }
            b'`' => Value::from(word.trim_matches('`')),
            b'$' | b'.' => {
                check_chain(word)?;
                let (variable, path) = word.split_at(word.find('.').unwrap_or(word.len()));
                let (variable, path) = (variable.strip_prefix('$'), fields(path));
                if let Some(name) = variable.filter(|name| !self.variables.contains(name)) {
                    return Err(wrong(&format!("undefined variable \"${name}\"")));
                }
                // Of a chain the second link is told.
                let first = match variable {
                    Some(name) if !path.is_empty() => 1 + name.len(),
                    None if path.len() > 1 => 1 + path[0].len(),
                    _ => 0,
                };
                let variable = variable.map(str::to_owned);
                return Ok(Expression::Field { variable, path, place, told_at: place.at + first });
            }
            _ if word == "true" || word == "false" => Value::from(word == "true"),
            _ if word == "nil" => Value::Null,
            _ => match (word.parse::<i64>(), word.parse::<f64>()) {
                (Ok(number), _) => Value::from(number),
                (_, Ok(number)) => Value::from(number),
                _ => return Err(wrong(&format!("function {word:?} not defined"))),
            },
        };
        Ok(Expression::Literal(literal, place))
    }
}

/// What stands between the dots are names.
// Models text/template/parse lex.go lexFieldOrVariable
fn check_chain(word: &str) -> Result<(), String> {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '$');
    if let Some(bad) = word.chars().find(|c| !is_name(*c)) {
        return Err(wrong(&format!("bad character U+{:04X} '{bad}'", u32::from(bad))));
    }
    match word.len() > 1 && (word.ends_with('.') || word.contains("..")) {
        true => Err(wrong("unexpected <.> in operand")),
        false => Ok(()),
    }
}

type Words = std::iter::Peekable<std::vec::IntoIter<Place>>;

/// Whether a word at the head of a command is a function.
fn is_function(word: &str) -> Result<bool, String> {
    if !word.starts_with(char::is_alphabetic) || matches!(word, "true" | "false" | "nil") {
        return Ok(false);
    }
    match FUNCTIONS.iter().any(|(name, ..)| *name == word) {
        true => Ok(true),
        false => Err(wrong(&format!("function {word:?} not defined"))),
    }
}

/// The name in quotes with which an argument begins, what follows it, and where the name begins.
fn name_of<'a>((text, at): Part<'a>, what: &str) -> Result<(&'a str, Part<'a>, usize), String> {
    let name = text.trim_start();
    let at = at + text.len() - name.len();
    let quoted = name.strip_prefix(['"', '`']).and_then(|rest| rest.split_once(&name[..1]));
    let (found, rest) = quoted.ok_or_else(|| {
        let shown = if name.is_empty() { "}}" } else { name };
        wrong(&format!("unexpected {shown:?} in {what} clause"))
    })?;
    Ok((found, (rest.trim_start(), at + name.len() - rest.trim_start().len()), at))
}

/// Names without their `$`, the value with where it begins, and whether the names are new.
type Assignment<'a> = (Vec<&'a str>, Part<'a>, bool);

/// `$a, $b := VALUE` or `$a = VALUE`.
fn assignment((text, at): Part<'_>) -> Option<Assignment<'_>> {
    let new = text.split_once(":=");
    let declares = new.is_some();
    let (names, value) = new.or_else(|| text.split_once(" = "))?;
    let names: Option<Vec<&str>> = names.split(',').map(|name| name.trim().strip_prefix('$')).collect();
    Some((names?, (value, at + text.len() - value.len()), declares))
}

/// `.a.b` as the names of fields.
fn fields(path: &str) -> Vec<String> {
    path.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect()
}
