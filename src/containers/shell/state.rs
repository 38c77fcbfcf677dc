//! What a shell remembers: variables, functions, options, traps.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ast::Node;
use crate::containers::kernel::Pid;

/// Whose words and habits the shell has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    Dash,
    Ash,
    Bash,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Content {
    /// Declared (`export x`, `local x`) but without a value.
    Unset,
    Scalar(String),
    Array(BTreeMap<i64, String>),
}

#[derive(Clone, PartialEq, Debug)]
pub struct Variable {
    pub content: Content,
    pub exported: bool,
    pub readonly: bool,
}

#[derive(Clone, Default, Debug)]
pub struct Options {
    pub errexit: bool,
    pub nounset: bool,
    pub xtrace: bool,
    pub pipefail: bool,
    pub noglob: bool,
    pub noexec: bool,
}

#[derive(Clone, Debug)]
pub struct State {
    pub dialect: Dialect,
    pub interactive: bool,
    /// `$0`.
    pub name: String,
    pub positional: Vec<String>,
    pub variables: BTreeMap<String, Variable>,
    pub functions: BTreeMap<String, Arc<Node>>,
    pub options: Options,
    /// Commands by signal name; `EXIT` among them. An empty command ignores the signal.
    pub traps: BTreeMap<String, String>,
    pub status: i32,
    /// `$!`.
    pub background: Option<Pid>,
    pub jobs: Vec<Pid>,
    /// `$$`: of the shell that the script started in.
    pub shell_pid: Pid,
    pub line: u32,
    /// The script comes from a file: messages then tell its line.
    pub from_file: bool,
    /// Where the next letter of a cluster stands, for `getopts`.
    pub getopts_at: usize,
}

impl State {
    pub fn new(dialect: Dialect, name: &str, shell_pid: Pid, env: &BTreeMap<String, String>) -> State {
        let variable = |value: &String| Variable {
            content: Content::Scalar(value.clone()),
            exported: true,
            readonly: false,
        };
        let variables =
            env.iter().filter(|(name, _)| super::words::is_name(name)).map(|(k, v)| (k.clone(), variable(v)));
        State {
            dialect,
            interactive: false,
            name: name.to_string(),
            positional: Vec::new(),
            variables: variables.collect(),
            functions: BTreeMap::new(),
            options: Options::default(),
            traps: BTreeMap::new(),
            status: 0,
            background: None,
            jobs: Vec::new(),
            shell_pid,
            line: 1,
            from_file: false,
            getopts_at: 0,
        }
    }

    pub fn is_bash(&self) -> bool {
        self.dialect == Dialect::Bash
    }

    /// The value of a plain variable; the first element of an array.
    pub fn get(&self, name: &str) -> Option<&str> {
        match &self.variables.get(name)?.content {
            Content::Scalar(value) => Some(value),
            Content::Array(items) => items.get(&0).map(String::as_str),
            Content::Unset => None,
        }
    }

    /// False when the variable is read-only.
    #[must_use]
    pub fn set(&mut self, name: &str, value: String) -> bool {
        self.set_at(name, None, value)
    }

    #[must_use]
    pub fn set_at(&mut self, name: &str, index: Option<i64>, value: String) -> bool {
        let fresh = Variable { content: Content::Unset, exported: false, readonly: false };
        let variable = self.variables.entry(name.to_string()).or_insert(fresh);
        if variable.readonly {
            return false;
        }
        match (&mut variable.content, index) {
            (Content::Array(items), index) => {
                items.insert(index.unwrap_or(0), value);
            }
            (content, None) => *content = Content::Scalar(value),
            (content, Some(index)) => {
                let mut items = BTreeMap::new();
                if let Content::Scalar(first) = content {
                    items.insert(0, std::mem::take(first));
                }
                items.insert(index, value);
                *content = Content::Array(items);
            }
        }
        true
    }

    pub fn export(&mut self, name: &str) {
        let fresh = Variable { content: Content::Unset, exported: true, readonly: false };
        self.variables.entry(name.to_string()).or_insert(fresh).exported = true;
    }

    /// What a program started now finds in its environment.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let exported = self.variables.iter().filter(|(_, variable)| variable.exported);
        exported
            .filter_map(|(name, variable)| match &variable.content {
                Content::Scalar(value) => Some((name.clone(), value.clone())),
                _ => None,
            })
            .collect()
    }

    /// The beginning of an error message, in the dialect's form.
    pub fn prefix(&self) -> String {
        match self.dialect {
            Dialect::Dash if self.interactive => String::new(),
            Dialect::Dash => format!("{}: {}: ", self.name, self.line),
            Dialect::Ash if self.from_file => format!("{}: line {}: ", self.name, self.line),
            Dialect::Ash => format!("{}: ", self.name),
            Dialect::Bash if self.interactive => format!("{}: ", self.name),
            Dialect::Bash => format!("{}: line {}: ", self.name, self.line),
        }
    }
}
