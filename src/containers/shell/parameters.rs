//! `${...}` in all its forms.

use super::arithmetic::Variables;
use super::ast::{Index, Operation, Parameter, Word};
use super::escapes;
use super::expand::{Expander, Trouble};
use super::fields::Fields;
use super::pattern;
use super::report::{declaration, in_double_quotes, quote_always};
use super::state::{Content, Key, Variable};

impl Expander<'_> {
    /// Whether the parameter is a list: `$@`, `$*`, `${a[@]}`.
    pub fn is_list(&self, parameter: &Parameter) -> bool {
        match &parameter.index {
            None => matches!(parameter.name.as_str(), "@" | "*"),
            Some(index) => matches!(index, Index::At | Index::Star),
        }
    }

    pub fn list(&self, parameter: &Parameter) -> Vec<String> {
        if parameter.index.is_none() {
            return self.state.positional.clone();
        }
        if parameter.operation == Operation::Names {
            let names = self.state.variables.keys().filter(|name| name.starts_with(&parameter.name));
            return names.cloned().collect();
        }
        if parameter.name == "PIPESTATUS" && self.state.is_bash() {
            return self.state.pipe_status.iter().map(i32::to_string).collect();
        }
        let elements = self.state.variable(&parameter.name).map(Variable::elements).unwrap_or_default();
        match parameter.operation {
            Operation::Indirect => elements.into_iter().map(|(key, _)| key).collect(),
            _ => elements.into_iter().map(|(_, value)| value).collect(),
        }
    }

    /// The place that an index names: in arrays by name the text itself.
    pub fn key(&mut self, name: &str, index: &Word) -> Result<Key, Trouble> {
        match self.is_by_name(name) {
            true => Ok(Key::Named(self.string(index)?)),
            false => Ok(Key::At(self.arithmetic(index)?)),
        }
    }

    pub fn element(&self, name: &str, key: &Key) -> Option<String> {
        let assigned =
            self.assignments.iter().rev().find(|(set, at, _)| set == name && at.as_ref() == Some(key));
        if let Some((_, _, value)) = assigned {
            return Some(value.clone());
        }
        let index = match key {
            Key::At(index) => *index,
            Key::Named(_) => 0,
        };
        if name == "PIPESTATUS" && self.state.is_bash() {
            return self.state.pipe_status.get(usize::try_from(index).ok()?).map(i32::to_string);
        }
        match &self.state.variable(name)?.content {
            Content::Map(items) => match key {
                Key::Named(name) => items.get(name).cloned(),
                Key::At(index) => items.get(&index.to_string()).cloned(),
            },
            Content::Array(items) => {
                let last = items.keys().next_back().copied().unwrap_or(-1);
                items.get(&if index < 0 { last + 1 + index } else { index }).cloned()
            }
            Content::Scalar(value) => (index == 0 || index == -1).then(|| value.clone()),
            Content::Unset => None,
        }
    }

    pub fn parameter(
        &mut self,
        parameter: &Parameter,
        quoted: bool,
        fields: &mut Fields,
    ) -> Result<(), Trouble> {
        if self.is_list(parameter) {
            return self.list_parameter(parameter, quoted, fields);
        }
        if let (Operation::Indirect, Some(reference)) =
            (&parameter.operation, self.state.variables.get(&parameter.name).filter(|it| it.reference))
        {
            let target = reference.elements().pop().map(|(_, target)| target).unwrap_or_default();
            self.insert(&target, quoted, fields);
            return Ok(());
        }
        let value = self.value(parameter)?;
        match &parameter.operation {
            Operation::Transform(letter @ ('A' | 'a')) => {
                let text = self.attributes(&parameter.name, *letter, value);
                self.insert(&text, quoted, fields);
            }
            Operation::Plain if value.is_none() => {
                self.demand(&parameter.name)?;
                self.insert("", quoted, fields);
            }
            Operation::Default { mark, colon, word } => {
                let there = value.as_ref().is_some_and(|value| !(*colon && value.is_empty()));
                match (mark, there) {
                    ('+', true) | ('-', false) => self.default_word(word, quoted, fields)?,
                    ('+', false) => self.insert("", quoted, fields),
                    ('=', false) => {
                        let value = self.string(word)?;
                        self.assignments.push((parameter.name.clone(), None, value.clone()));
                        self.insert(&value, quoted, fields);
                    }
                    ('?', false) => return Err(self.demanded(parameter, *colon, word)?),
                    _ => self.insert(&value.unwrap_or_default(), quoted, fields),
                }
            }
            operation => {
                if value.is_none() && !matches!(operation, Operation::Indirect) {
                    self.demand(&parameter.name)?;
                }
                let text = match (operation, value) {
                    (Operation::Transform(_), None) => String::new(),
                    (operation, value) => self.apply(operation, value.unwrap_or_default())?,
                };
                self.insert(&text, quoted, fields);
            }
        }
        Ok(())
    }

    fn default_word(&mut self, word: &Word, quoted: bool, fields: &mut Fields) -> Result<(), Trouble> {
        let before = std::mem::replace(&mut self.splits_text, !quoted);
        let done = self.parts(&word.parts, quoted, fields);
        self.splits_text = before;
        done
    }

    fn demanded(&mut self, parameter: &Parameter, colon: bool, word: &Word) -> Result<Trouble, Trouble> {
        let mut words = self.string(word)?;
        if word.parts.is_empty() {
            words = match (self.state.is_bash(), colon) {
                (true, true) => "parameter null or not set",
                (true, false) => "parameter not set",
                (false, true) => "parameter not set or null",
                (false, false) => "parameter not set",
            }
            .to_string();
        }
        Ok(Trouble::Demanded(parameter.name.clone(), words))
    }

    fn demand(&self, name: &str) -> Result<(), Trouble> {
        match self.state.options.nounset {
            true => Err(Trouble::Unset(name.to_string())),
            false => Ok(()),
        }
    }

    fn value(&mut self, parameter: &Parameter) -> Result<Option<String>, Trouble> {
        if let Some(Index::Word(word)) = &parameter.index {
            let key = self.key(&parameter.name, word)?;
            return Ok(self.element(&parameter.name, &key));
        }
        Ok(self.draw(&parameter.name).or_else(|| self.lookup(&parameter.name)))
    }

    fn apply(&mut self, operation: &Operation, value: String) -> Result<String, Trouble> {
        Ok(match operation {
            Operation::Plain | Operation::Default { .. } | Operation::Names => value,
            Operation::Length => value.chars().count().to_string(),
            Operation::Indirect => self.lookup(&value).unwrap_or_default(),
            Operation::Trim { suffix, longest, word } => {
                let pattern = self.matching(word)?;
                pattern::trim(&value, &pattern, *suffix, *longest)
            }
            Operation::Replace { all, anchor, from, to } => {
                let (from, to) = (self.matching(from)?, self.string(to)?);
                pattern::replace(&value, &from, &to, *all, *anchor)
            }
            Operation::Slice { offset, length } => {
                let chars: Vec<char> = value.chars().collect();
                let offset = self.arithmetic(offset)?;
                let length = length.as_ref().map(|length| self.arithmetic(length)).transpose()?;
                let Some((from, to)) = slice_bounds(chars.len(), offset, length) else {
                    return Err(Trouble::BadSubstitution);
                };
                chars[from..to].iter().collect()
            }
            Operation::Case { upper, all } => change_case(&value, *upper, *all),
            Operation::Transform('Q' | 'K' | 'k') => quote_always(&value),
            Operation::Transform('E') => escapes::ansi(&value),
            Operation::Transform(letter) => change_case(&value, *letter != 'L', *letter != 'u'),
        })
    }

    /// `@a`: the letters of a variable. `@A`: the command that makes it, with one value of an array where one is named.
    fn attributes(&self, name: &str, letter: char, value: Option<String>) -> String {
        let letters = self.state.variable(name).map(Variable::letters).unwrap_or_default();
        let value = value.map(|value| format!("={}", quote_always(&value)));
        match (letter, letters.as_str(), value) {
            ('a', ..) => letters,
            (_, "", None) => String::new(),
            (_, "", Some(value)) => format!("{name}{value}"),
            (_, letters, value) => format!("declare -{letters} {name}{}", value.unwrap_or_default()),
        }
    }

    /// What `@a`, `@A`, `@K` and `@k` make of all of an array.
    fn list_attributes(&self, name: &str, letter: char) -> Vec<String> {
        let Some(variable) = self.state.variable(name) else { return Vec::new() };
        let elements = variable.elements().into_iter();
        match letter {
            'a' => elements.map(|_| variable.letters()).collect(),
            'A' => vec![declaration(self.state.target(name), variable)],
            'k' => elements.flat_map(|(key, value)| [key, value]).collect(),
            _ => {
                let pairs = elements.map(|(key, value)| format!("{key} {}", in_double_quotes(&value)));
                vec![pairs.collect::<Vec<_>>().join(" ")]
            }
        }
    }

    fn list_parameter(
        &mut self,
        parameter: &Parameter,
        quoted: bool,
        fields: &mut Fields,
    ) -> Result<(), Trouble> {
        let mut items = self.list(parameter);
        match &parameter.operation {
            Operation::Plain | Operation::Indirect | Operation::Names => {}
            Operation::Transform(letter @ ('A' | 'a' | 'K' | 'k')) if parameter.index.is_some() => {
                items = self.list_attributes(&parameter.name, *letter);
            }
            Operation::Length => {
                self.insert(&items.len().to_string(), quoted, fields);
                return Ok(());
            }
            Operation::Default { mark, colon, word } => {
                let missing = items.is_empty() || (*colon && items.iter().all(String::is_empty));
                let there = !missing;
                match (mark, there) {
                    ('-', false) | ('+', true) => return self.default_word(word, quoted, fields),
                    ('+', false) => return Ok(()),
                    _ => {}
                }
            }
            Operation::Slice { offset, length } => {
                let offset = self.arithmetic(offset)?;
                let length = length.as_ref().map(|length| self.arithmetic(length)).transpose()?;
                if parameter.index.is_none() {
                    items.insert(0, self.state.name.clone());
                }
                let (from, to) = slice_bounds(items.len(), offset, length).ok_or(Trouble::BadSubstitution)?;
                items = items[from..to].to_vec();
            }
            operation => {
                for item in &mut items {
                    *item = self.apply(operation, std::mem::take(item))?;
                }
            }
        }
        let star = parameter.name == "*" || parameter.index == Some(Index::Star);
        if quoted && star {
            let ifs = self.lookup("IFS").unwrap_or_else(|| " ".to_string());
            let separator: String = ifs.chars().take(1).collect();
            fields.quoted(&items.join(&separator));
            return Ok(());
        }
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                fields.finish();
            }
            self.insert(item, quoted, fields);
        }
        Ok(())
    }
}

/// Start and end of `${x:offset:length}`; none when the end lies before the start.
fn slice_bounds(count: usize, offset: i64, length: Option<i64>) -> Option<(usize, usize)> {
    let count = count as i64;
    let from = if offset < 0 { count + offset } else { offset.min(count) };
    if from < 0 {
        return Some((0, 0));
    }
    let to = match length {
        None => count,
        Some(length) if length < 0 => count + length,
        Some(length) => from.saturating_add(length).min(count),
    };
    (to >= from).then_some((from as usize, to as usize))
}

fn change_case(value: &str, upper: bool, all: bool) -> String {
    let change = |c: char| if upper { c.to_uppercase().to_string() } else { c.to_lowercase().to_string() };
    value.chars().enumerate().map(|(at, c)| if all || at == 0 { change(c) } else { c.to_string() }).collect()
}
