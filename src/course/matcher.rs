//! The operators of checks: a closed set of comparisons on wire values.

use serde_json::Value;

use super::mistake::{Checked, Part, Place};

#[derive(Clone, PartialEq, Debug)]
pub enum Operator {
    Equals(Value),
    In(Vec<Value>),
    /// A text pattern in which `*` stands for any text.
    Matches(Vec<String>),
    Gt(i64),
    Gte(i64),
    Lt(i64),
    Lte(i64),
    Exists,
    Absent,
}

pub(super) const NAMES: [&str; 9] = ["equals", "in", "matches", "gt", "gte", "lt", "lte", "exists", "absent"];

/// All operators of one field must hold.
#[derive(Clone, PartialEq, Debug)]
pub struct Matcher(Vec<Operator>);

impl Matcher {
    /// A plain value stands for `equals`.
    ///
    /// # Errors
    /// When an operator is unknown or its value has the wrong type.
    pub fn parse(part: Part) -> Checked<Matcher> {
        let Value::Object(map) = part.value else {
            return match part.value {
                Value::Array(_) => part.mistake("список значений пишется так: {in: [...]}"),
                value => Ok(Matcher(vec![Operator::Equals(value.clone())])),
            };
        };
        part.fields(&NAMES)?;
        if map.is_empty() {
            return part.mistake("нужно хотя бы одно сравнение");
        }
        let one = |(name, value): (&String, &Value)| {
            operator(name, Part::new(value, &Place::Field(part.place, name)))
        };
        map.iter().map(one).collect::<Checked<Vec<Operator>>>().map(Matcher)
    }

    pub fn at_least_one() -> Matcher {
        Matcher(vec![Operator::Gte(1)])
    }

    pub fn holds_for(&self, value: &Value) -> bool {
        self.holds(&[value], false)
    }

    pub fn holds_for_number(&self, number: i64) -> bool {
        self.holds_for(&Value::from(number))
    }

    /// Whether one of the values that a path reached satisfies every operator. Where zeros are left out on the wire
    /// (`zero_if_missing`) a missing value counts as 0.
    pub fn holds(&self, found: &[&Value], zero_if_missing: bool) -> bool {
        let zero = Value::from(0);
        let hit = |operator: &Operator| match operator {
            Operator::Exists => !found.is_empty(),
            Operator::Absent => found.is_empty(),
            _ if found.is_empty() && zero_if_missing => holds_one(operator, &zero),
            _ => found.iter().any(|value| holds_one(operator, value)),
        };
        self.0.iter().all(hit)
    }
}

fn operator(name: &str, part: Part) -> Checked<Operator> {
    let number = || part.value.as_i64().map_or_else(|| part.mistake("здесь нужно целое число"), Ok);
    let yes = |operator: Operator| match part.value {
        Value::Bool(true) => Ok(operator),
        _ => part.mistake("здесь пишется true"),
    };
    match name {
        "equals" => Ok(Operator::Equals(part.value.clone())),
        "in" => part.items(|item| Ok(item.value.clone())).map(Operator::In),
        "matches" => part.texts().map(Operator::Matches),
        "gt" => number().map(Operator::Gt),
        "gte" => number().map(Operator::Gte),
        "lt" => number().map(Operator::Lt),
        "lte" => number().map(Operator::Lte),
        "exists" => yes(Operator::Exists),
        _ => yes(Operator::Absent),
    }
}

fn holds_one(operator: &Operator, value: &Value) -> bool {
    let number =
        |compare: fn(&i64, &i64) -> bool, limit: &i64| value.as_i64().is_some_and(|n| compare(&n, limit));
    match operator {
        Operator::Equals(wanted) => same(value, wanted),
        Operator::In(wanted) => wanted.iter().any(|wanted| same(value, wanted)),
        Operator::Matches(patterns) => {
            let text = text_of(value);
            patterns.iter().any(|pattern| glob(pattern, &text))
        }
        Operator::Gt(limit) => number(i64::gt, limit),
        Operator::Gte(limit) => number(i64::ge, limit),
        Operator::Lt(limit) => number(i64::lt, limit),
        Operator::Lte(limit) => number(i64::le, limit),
        Operator::Exists => true,
        Operator::Absent => false,
    }
}

/// Equal values; a number and its text are equal, and so are true and "True", so that authors need not think about
/// quotes.
fn same(value: &Value, wanted: &Value) -> bool {
    let scalar = |value: &Value| !value.is_object() && !value.is_array();
    let (left, right) = (text_of(value), text_of(wanted));
    let alike =
        left == right || ((value.is_boolean() || wanted.is_boolean()) && left.eq_ignore_ascii_case(&right));
    value == wanted || (scalar(value) && scalar(wanted) && alike)
}

/// A value as a learner reads it.
pub fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// Whether the whole text fits the pattern, in which `*` stands for any text (also none).
pub fn glob(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut pieces: Vec<&str> = pieces.collect();
    let Some(last) = pieces.pop() else { return rest.is_empty() };
    for piece in pieces {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn stars_stand_for_any_text() {
        let check =
            |pattern: &str, text: &str, fits: bool| assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
        check("kubectl logs *", "kubectl logs job/x", true);
        check("kubectl logs *", "kubectl log x", false);
        check("*", "", true);
        check("a*b*c", "a-b-b-c", true);
        check("a*bc", "abcbc", true);
        check("ab*ba", "aba", false);
        check("точно", "точно", true);
        check("точно", "точнее", false);
    }

    #[test]
    fn operators_compare_wire_values() {
        let check = |spec: Value, found: &[&Value], zero: bool, expected: bool| {
            let matcher = Matcher::parse(Part::new(&spec, &Place::Root)).expect("valid");
            assert_eq!(matcher.holds(found, zero), expected, "{spec} on {found:?}");
        };
        check(json!(5), &[&json!(5)], false, true);
        check(json!("5"), &[&json!(5)], false, true);
        check(json!({"gte": 2, "lt": 4}), &[&json!(3)], false, true);
        check(json!({"gte": 2, "lt": 4}), &[&json!(4)], false, false);
        check(json!({"in": ["Complete", "Failed"]}), &[&json!("Failed")], false, true);
        check(json!(0), &[], true, true);
        check(json!(0), &[], false, false);
        check(json!({"absent": true}), &[], true, true);
        check(json!({"exists": true}), &[&json!(0)], false, true);
    }

    #[test]
    fn unknown_operators_name_their_place() {
        let spec = json!({"greater": 5});
        let mistake = Matcher::parse(Part::new(&spec, &Place::Root)).expect_err("unknown");
        assert_eq!(mistake.at, "/greater");
        assert!(mistake.message.contains("неизвестное поле «greater»"), "{}", mistake.message);
    }
}
