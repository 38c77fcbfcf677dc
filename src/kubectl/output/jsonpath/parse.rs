//! From a template's text to its nodes.
// Models staging/src/k8s.io/client-go/util/jsonpath/parser.go

use serde_json::Value;

/// Filters and unions nest only so deep.
const DEPTH_MAX: usize = 32;

#[derive(Clone, PartialEq, Debug)]
pub enum Node {
    /// A text stands for itself, whatever is there.
    Text(Value),
    /// A number or a truth value, as often as there are values.
    Constant(Value),
    Field(String),
    Array([Bound; 3]),
    Filter {
        left: Vec<Node>,
        right: Vec<Node>,
        operator: String,
    },
    Wildcard,
    Recursive,
    Union(Vec<Vec<Node>>),
    Identifier(String),
}

/// One of start, end and step of `[start:end:step]`.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Bound {
    pub value: i64,
    pub known: bool,
    /// The end follows from the start: a single element.
    pub derived: bool,
}

/// Blocks in order: text between braces is a block with one text node.
pub fn parse(template: &str) -> Result<Vec<Vec<Node>>, String> {
    parse_at_depth(template, 0)
}

fn parse_at_depth(template: &str, depth: usize) -> Result<Vec<Vec<Node>>, String> {
    if depth > DEPTH_MAX {
        return Err("template is nested too deeply".to_owned());
    }
    let mut parser = Parser { input: template.chars().collect(), at: 0, start: 0, depth };
    let mut blocks = Vec::new();
    loop {
        while parser.peek().is_some_and(|c| c != '{') {
            parser.at += 1;
        }
        let text = parser.take();
        if !text.is_empty() {
            blocks.push(vec![Node::Text(Value::from(text))]);
        }
        if parser.next().is_none() {
            return Ok(blocks);
        }
        parser.take();
        blocks.push(parser.action()?);
    }
}

struct Parser {
    input: Vec<char>,
    at: usize,
    /// Where the token that is being read began.
    start: usize,
    depth: usize,
}

fn is_terminator(c: Option<char>) -> bool {
    let Some(c) = c else { return true };
    c.is_whitespace() || matches!(c, '.' | ',' | '[' | ']' | '$' | '@' | '{' | '}')
}

fn is_alphanumeric(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

impl Parser {
    fn peek(&self) -> Option<char> {
        self.input.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek();
        self.at += usize::from(c.is_some());
        c
    }

    /// The characters since the last token.
    fn take(&mut self) -> String {
        let text = self.input[self.start..self.at].iter().collect();
        self.start = self.at;
        text
    }

    fn sees(&self, prefix: &str) -> bool {
        prefix.chars().enumerate().all(|(offset, c)| self.input.get(self.at + offset) == Some(&c))
    }

    fn skip(&mut self, count: usize) {
        self.at += count;
        self.start = self.at;
    }

    /// Everything up to the closing brace.
    fn action(&mut self) -> Result<Vec<Node>, String> {
        let mut nodes = Vec::new();
        loop {
            if self.sees("}") {
                self.skip(1);
                return Ok(nodes);
            }
            if self.sees("[?(") {
                self.skip(3);
                nodes.push(self.filter()?);
                continue;
            }
            if self.sees("..") {
                if nodes.last() == Some(&Node::Recursive) {
                    return Err("invalid multiple recursive descent".to_owned());
                }
                self.skip(2);
                nodes.push(Node::Recursive);
                if self.peek().is_some_and(is_alphanumeric) {
                    nodes.push(self.field());
                }
                continue;
            }
            match self.next() {
                None | Some('\n' | '\r') => return Err("unclosed action".to_owned()),
                Some(' ' | '@' | '$') => drop(self.take()),
                Some('[') => self.array(&mut nodes)?,
                Some(quote @ ('"' | '\'')) => nodes.push(self.quoted(quote)?),
                Some('.') => {
                    self.take();
                    nodes.push(self.field());
                }
                Some(c) if c == '+' || c == '-' || c.is_ascii_digit() => nodes.push(self.number()?),
                Some(c) if is_alphanumeric(c) => nodes.push(self.identifier()),
                Some(c) => return Err(format!("unrecognized character in action: U+{:04X} '{c}'", c as u32)),
            }
        }
    }

    fn field(&mut self) -> Node {
        loop {
            match self.peek() {
                Some('\\') => {
                    self.at += 1;
                    self.next();
                }
                c if is_terminator(c) => break,
                _ => self.at += 1,
            }
        }
        match self.take() {
            star if star == "*" => Node::Wildcard,
            name => Node::Field(name.replace('\\', "")),
        }
    }

    fn identifier(&mut self) -> Node {
        while !is_terminator(self.peek()) {
            self.at += 1;
        }
        match self.take().as_str() {
            flag @ ("true" | "false") => Node::Constant(Value::from(flag == "true")),
            name => Node::Identifier(name.to_owned()),
        }
    }

    fn number(&mut self) -> Result<Node, String> {
        while self.peek().is_some_and(|c| c == '.' || c.is_ascii_digit()) {
            self.at += 1;
        }
        let text = self.take();
        if let Ok(number) = text.parse::<i64>() {
            return Ok(Node::Constant(Value::from(number)));
        }
        let constant = |number: f64| Node::Constant(Value::from(number));
        text.parse().map(constant).map_err(|_| format!("cannot parse number {text}"))
    }

    fn quoted(&mut self, quote: char) -> Result<Node, String> {
        loop {
            match self.next() {
                None | Some('\n') => return Err("unterminated quoted string".to_owned()),
                Some(c) if c == quote && self.input[self.at - 2] != '\\' => break,
                _ => {}
            }
        }
        let text = self.take();
        unquote(&text, quote)
            .map(|text| Node::Text(Value::from(text)))
            .ok_or_else(|| format!("unquote string {text} error invalid syntax"))
    }

    fn array(&mut self, nodes: &mut Vec<Node>) -> Result<(), String> {
        loop {
            match self.next() {
                None | Some('\n') => return Err("unterminated array".to_owned()),
                Some(']') => break,
                _ => {}
            }
        }
        let text = self.take();
        let inner = &text[1..text.len() - 1];
        let inner = if inner == "*" { ":" } else { inner };
        if inner.contains(',') {
            let parts = inner.split(',').map(|part| self.nested(&format!("[{}]", part.trim_matches(' '))));
            nodes.push(Node::Union(parts.collect::<Result<_, _>>()?));
            return Ok(());
        }
        let quoted = inner.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
        if let Some(key) = quoted.filter(|key| !key.contains('\'')) {
            nodes.extend(self.nested(&format!(".{key}"))?);
            return Ok(());
        }
        nodes.push(Node::Array(bounds(inner)?));
        Ok(())
    }

    fn nested(&self, text: &str) -> Result<Vec<Node>, String> {
        let blocks = parse_at_depth(&format!("{{{text}}}"), self.depth + 1)?;
        Ok(blocks.into_iter().next().unwrap_or_default())
    }

    fn filter(&mut self) -> Result<Node, String> {
        let mut quote = None;
        let mut closed = false;
        loop {
            match self.next() {
                None | Some('\n') => return Err("unterminated filter".to_owned()),
                Some(c @ ('"' | '\'')) => match quote {
                    None => quote = Some(c),
                    Some(open) if open == c && self.input[self.at - 2] != '\\' => closed = true,
                    _ => {}
                },
                Some(')') if quote.is_some() == closed => break,
                _ => {}
            }
        }
        if self.next() != Some(']') {
            return Err("unclosed array expect ]".to_owned());
        }
        let text = self.take();
        let text = text.strip_suffix(")]").unwrap_or(&text);
        let is_operator = |c: char| matches!(c, '!' | '<' | '>' | '=');
        let split = text.find(is_operator).filter(|&at| at > 0).and_then(|at| {
            let right = text[at..].find(|c| !is_operator(c))?;
            Some((&text[..at], &text[at..at + right], &text[at + right..]))
        });
        let Some((left, operator, right)) = split else {
            return Ok(Node::Filter {
                left: self.nested(text)?,
                right: Vec::new(),
                operator: "exists".to_owned(),
            });
        };
        Ok(Node::Filter {
            left: self.nested(left)?,
            right: self.nested(right)?,
            operator: operator.to_owned(),
        })
    }
}

/// `^(-?[0-9]*)(:-?[0-9]*)?(:-?[0-9]*)?$`
fn bounds(text: &str) -> Result<[Bound; 3], String> {
    let parts: Vec<&str> = text.split(':').collect();
    let digits = |part: &str| part.strip_prefix('-').unwrap_or(part).bytes().all(|b| b.is_ascii_digit());
    if parts.len() > 3 || !parts.iter().all(|part| digits(part)) {
        return Err(format!("invalid array index {text}"));
    }
    let mut bounds = [Bound::default(); 3];
    for (at, bound) in bounds.iter_mut().enumerate() {
        match parts.get(at) {
            Some(part) if !part.is_empty() => {
                let value = part.parse().map_err(|_| format!("array index {part} is not a number"))?;
                *bound = Bound { value, known: true, derived: false };
            }
            _ => {}
        }
    }
    if parts.len() == 1 {
        bounds[1] = Bound { value: bounds[0].value.saturating_add(1), known: true, derived: true };
    }
    Ok(bounds)
}

/// The text between quotes with Go's escapes.
fn unquote(text: &str, quote: char) -> Option<String> {
    let mut rest = text.strip_prefix(quote)?.strip_suffix(quote)?.chars();
    let mut out = String::new();
    while let Some(c) = rest.next() {
        if c == quote {
            return None;
        }
        if c != '\\' {
            out.push(c);
            continue;
        }
        let length = match rest.next()? {
            'a' => Err('\u{7}'),
            'b' => Err('\u{8}'),
            'f' => Err('\u{c}'),
            'n' => Err('\n'),
            'r' => Err('\r'),
            't' => Err('\t'),
            'v' => Err('\u{b}'),
            'x' => Ok(2),
            'u' => Ok(4),
            'U' => Ok(8),
            same if same == '\\' || same == quote => Err(same),
            _ => return None,
        };
        out.push(match length {
            Err(character) => character,
            Ok(length) => {
                let digits: String = rest.by_ref().take(length).collect();
                let code = u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == length)?;
                char::from_u32(code)?
            }
        });
    }
    Some(out)
}
