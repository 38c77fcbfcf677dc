//! `-l`: label selectors as text.
// Models staging/src/k8s.io/apimachinery/pkg/labels/selector.go

use std::collections::{BTreeMap, BTreeSet};

use super::tokens::{Token, tokens};
use crate::api::Status;
use crate::api::validation::names;
use crate::base::sorted;

const BINARY_OPERATORS: &str = "in, notin, =, ==, !=, gt, lt";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Operator {
    In,
    NotIn,
    Equals,
    NotEquals,
    Exists,
    DoesNotExist,
    GreaterThan,
    LessThan,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Requirement {
    key: String,
    operator: Operator,
    values: BTreeSet<String>,
}

/// A parsed label selector; the empty one matches everything.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LabelQuery {
    requirements: Vec<Requirement>,
}

impl LabelQuery {
    /// # Errors
    /// `BadRequest` that says what was found and what was expected.
    pub fn parse(text: &str) -> Result<LabelQuery, Status> {
        let mut parser = Parser { tokens: tokens(text), at: 0 };
        parser.parse().map(|requirements| LabelQuery { requirements }).map_err(Status::bad_request)
    }

    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.requirements.iter().all(|requirement| requirement.matches(labels))
    }
}

impl Requirement {
    fn new(key: String, operator: Operator, values: BTreeSet<String>) -> Result<Requirement, String> {
        match operator {
            Operator::In | Operator::NotIn if values.is_empty() => {
                return Err("for 'in', 'notin' operators, values set can't be empty".to_owned());
            }
            Operator::GreaterThan | Operator::LessThan
                if values.iter().any(|value| value.parse::<i64>().is_err()) =>
            {
                return Err("for 'Gt', 'Lt' operators, the value must be an integer".to_owned());
            }
            _ => {}
        }
        for (index, value) in values.iter().enumerate() {
            let problems = names::label_value(value);
            if !problems.is_empty() {
                let problems = problems.join("; ");
                return Err(format!("values[{index}][{key}]: Invalid value: {value:?}: {problems}"));
            }
        }
        Ok(Requirement { key, operator, values })
    }

    fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        let value = labels.get(&self.key);
        let listed = value.is_some_and(|value| self.values.contains(value));
        let number = |text: &str| text.parse::<i64>().ok();
        let compared = || {
            let found = number(value?)?;
            let wanted = number(self.values.first()?)?;
            Some(found.cmp(&wanted))
        };
        match self.operator {
            Operator::In | Operator::Equals => listed,
            Operator::NotIn | Operator::NotEquals => !listed,
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::GreaterThan => compared().is_some_and(std::cmp::Ordering::is_gt),
            Operator::LessThan => compared().is_some_and(std::cmp::Ordering::is_lt),
        }
    }
}

struct Parser {
    tokens: Vec<(Token, String)>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> (Token, &str) {
        self.tokens.get(self.at).map_or((Token::End, ""), |(token, text)| (*token, text))
    }

    /// The next token where values are read: there, `in` and `notin` are words like others.
    fn peek_value(&self) -> Token {
        match self.peek().0 {
            Token::In | Token::NotIn => Token::Identifier,
            other => other,
        }
    }

    fn next(&mut self) -> (Token, String) {
        let (token, text) = self.peek();
        let found = (token, text.to_owned());
        self.at += 1;
        found
    }

    fn next_value(&mut self) -> (Token, String) {
        let token = self.peek_value();
        (token, self.next().1)
    }

    fn parse(&mut self) -> Result<Vec<Requirement>, String> {
        let mut requirements = Vec::new();
        loop {
            match self.peek_value() {
                Token::Identifier | Token::Not => {}
                Token::End => return Ok(requirements),
                _ => {
                    let found = self.peek().1;
                    return Err(format!("found '{found}', expected: !, identifier, or 'end of string'"));
                }
            }
            let requirement = self.requirement();
            requirements.push(requirement.map_err(|error| format!("unable to parse requirement: {error}"))?);
            let (token, found) = self.next_value();
            match token {
                Token::End => return Ok(requirements),
                Token::Comma if matches!(self.peek_value(), Token::Identifier | Token::Not) => {}
                Token::Comma => {
                    return Err(format!("found '{}', expected: identifier after ','", self.peek().1));
                }
                _ => return Err(format!("found '{found}', expected: ',' or 'end of string'")),
            }
        }
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let (mut token, mut key) = self.next_value();
        let absent = token == Token::Not;
        if absent {
            (token, key) = self.next_value();
        }
        if token != Token::Identifier {
            return Err(format!("found '{key}', expected: identifier"));
        }
        let problems = names::qualified_name(&key);
        if !problems.is_empty() {
            // Upstream prints the path that it was not given.
            return Err(format!("<nil>: Invalid value: {key:?}: {}", problems.join("; ")));
        }
        if absent {
            return Requirement::new(key, Operator::DoesNotExist, BTreeSet::new());
        }
        if matches!(self.peek_value(), Token::End | Token::Comma) {
            return Requirement::new(key, Operator::Exists, BTreeSet::new());
        }
        let operator = self.operator()?;
        let values = match operator {
            Operator::In | Operator::NotIn => self.values()?,
            _ => self.exact_value()?,
        };
        Requirement::new(key, operator, values)
    }

    fn operator(&mut self) -> Result<Operator, String> {
        let (token, found) = self.next();
        Ok(match token {
            Token::In => Operator::In,
            Token::NotIn => Operator::NotIn,
            Token::Equals | Token::DoubleEquals => Operator::Equals,
            Token::NotEquals => Operator::NotEquals,
            Token::GreaterThan => Operator::GreaterThan,
            Token::LessThan => Operator::LessThan,
            _ => return Err(format!("found '{found}', expected: {BINARY_OPERATORS}")),
        })
    }

    fn exact_value(&mut self) -> Result<BTreeSet<String>, String> {
        if matches!(self.peek_value(), Token::End | Token::Comma) {
            return Ok(sorted::collect([String::new()]));
        }
        match self.next_value() {
            (Token::Identifier, value) => Ok(sorted::collect([value])),
            (_, found) => Err(format!("found '{found}', expected: identifier")),
        }
    }

    fn values(&mut self) -> Result<BTreeSet<String>, String> {
        let (token, found) = self.next_value();
        if token != Token::OpenPar {
            return Err(format!("found '{found}' expected: '('"));
        }
        match self.peek_value() {
            Token::Identifier | Token::Comma => {
                let first = self.peek().1.to_owned();
                let values = self.value_list()?;
                match self.next_value().0 {
                    Token::ClosePar => Ok(values),
                    _ => Err(format!("found '{first}', expected: ')'")),
                }
            }
            Token::ClosePar => {
                self.next();
                Ok(BTreeSet::new())
            }
            _ => Err(format!("found '{}', expected: ',', ')' or identifier", self.peek().1)),
        }
    }

    fn value_list(&mut self) -> Result<BTreeSet<String>, String> {
        let mut values = BTreeSet::new();
        loop {
            match self.next_value() {
                (Token::Identifier, value) => {
                    values.insert(value);
                    match self.peek_value() {
                        Token::Comma => {}
                        Token::ClosePar => return Ok(values),
                        _ => return Err(format!("found '{}', expected: ',' or ')'", self.peek().1)),
                    }
                }
                (Token::Comma, _) => {
                    if values.is_empty() {
                        values.insert(String::new());
                    }
                    match self.peek_value() {
                        Token::ClosePar => {
                            values.insert(String::new());
                            return Ok(values);
                        }
                        Token::Comma => {
                            self.next();
                            values.insert(String::new());
                        }
                        _ => {}
                    }
                }
                (_, found) => return Err(format!("found '{found}', expected: ',', or identifier")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels() -> BTreeMap<String, String> {
        let pairs = [("tier", "demo"), ("size", "5")];
        pairs.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
    }

    #[test]
    fn every_operator_selects() {
        let cases = [
            ("", true),
            ("tier", true),
            ("!tier", false),
            ("nope", false),
            ("!nope", true),
            ("tier=demo", true),
            ("tier == demo", true),
            ("tier!=demo", false),
            ("nope!=demo", true),
            ("tier=", false),
            ("tier in (demo, prod)", true),
            ("tier notin (demo,prod)", false),
            ("nope notin (x)", true),
            ("tier in (,)", false),
            ("size>4", true),
            ("size<5", false),
            ("tier=demo,size=5", true),
            ("tier=demo,!size", false),
            ("in=demo", false),
        ];
        for (text, expected) in cases {
            let query = LabelQuery::parse(text).expect(text);
            assert_eq!(query.matches(&labels()), expected, "{text}");
        }
    }

    #[test]
    fn refusals_say_what_was_found() {
        let cases = [
            (
                "bad selector!",
                "unable to parse requirement: found 'selector', expected: in, notin, =, ==, !=, gt, lt",
            ),
            (",", "found ',', expected: !, identifier, or 'end of string'"),
            ("a,", "found '', expected: identifier after ','"),
            ("a=b c", "found 'c', expected: ',' or 'end of string'"),
            ("a in b", "unable to parse requirement: found 'b' expected: '('"),
            (
                "a in ()",
                "unable to parse requirement: for 'in', 'notin' operators, values set can't be empty",
            ),
            ("a in (b", "unable to parse requirement: found '', expected: ',' or ')'"),
            ("a>x", "unable to parse requirement: for 'Gt', 'Lt' operators, the value must be an integer"),
            (
                "a=-b",
                "unable to parse requirement: values[0][a]: Invalid value: \"-b\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
            ),
            (
                "-a=b",
                "unable to parse requirement: <nil>: Invalid value: \"-a\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
            ),
            ("!", "unable to parse requirement: found '', expected: identifier"),
        ];
        for (text, expected) in cases {
            assert_eq!(LabelQuery::parse(text).expect_err(text).message, expected);
        }
    }
}
