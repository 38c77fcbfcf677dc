//! What a shell remembers: variables, functions, options, traps.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ast::Node;
use crate::base::{Time, sorted};
use crate::containers::kernel::Pid;

/// Whose words and habits the shell has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    Dash,
    Ash,
    Bash,
}

/// A name may refer to a name, but not without end.
const MAX_REFERENCES: usize = 8;

#[derive(Clone, PartialEq, Debug, Default)]
pub enum Content {
    /// Declared (`export x`, `local x`) but without a value.
    #[default]
    Unset,
    Scalar(String),
    Array(BTreeMap<i64, String>),
    /// `declare -A`; the elements stand in the order of their keys.
    Map(BTreeMap<String, String>),
}

/// Where an element stands in an array.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Key {
    At(i64),
    Named(String),
}

#[derive(Clone, PartialEq, Debug, Default)]
pub struct Variable {
    pub content: Content,
    pub exported: bool,
    pub readonly: bool,
    /// `declare -i`: what is assigned is an expression.
    pub integer: bool,
    /// `declare -n`: the name of another variable, which is meant instead.
    pub reference: bool,
}

impl Variable {
    /// The letters of `declare` that make such a variable.
    pub fn letters(&self) -> String {
        let flags = [
            (matches!(self.content, Content::Array(_)), 'a'),
            (matches!(self.content, Content::Map(_)), 'A'),
            (self.integer, 'i'),
            (self.reference, 'n'),
            (self.readonly, 'r'),
            (self.exported, 'x'),
        ];
        flags.iter().filter(|(on, _)| *on).map(|(_, letter)| *letter).collect()
    }

    /// The elements of an array with their keys, or the only value.
    pub fn elements(&self) -> Vec<(String, String)> {
        match &self.content {
            Content::Unset => Vec::new(),
            Content::Scalar(value) => vec![("0".to_string(), value.clone())],
            Content::Array(items) => {
                items.iter().map(|(at, value)| (at.to_string(), value.clone())).collect()
            }
            Content::Map(items) => items.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        }
    }
}

#[derive(Clone, Default, Debug)]
pub struct Options {
    pub errexit: bool,
    pub nounset: bool,
    /// `set -a`: what is assigned goes into the environment of programs.
    pub allexport: bool,
    /// `set -E`: functions and subshells run the handler of ERR too.
    pub errtrace: bool,
    pub xtrace: bool,
    pub pipefail: bool,
    pub noglob: bool,
    pub noexec: bool,
    /// `shopt -s nullglob`
    pub nullglob: bool,
    /// `shopt -s extglob`
    pub extglob: bool,
}

#[derive(Clone, Debug)]
pub struct State {
    pub dialect: Dialect,
    pub interactive: bool,
    /// The terminal's shell or a fork of it: messages tell no line.
    pub in_terminal: bool,
    /// `$0`.
    pub name: String,
    pub positional: Vec<String>,
    pub variables: BTreeMap<String, Variable>,
    pub functions: BTreeMap<String, Arc<Node>>,
    /// What the terminal puts in the place of a command's first word.
    pub aliases: Arc<BTreeMap<String, String>>,
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
    /// `PIPESTATUS`: how the commands of the last pipeline ended.
    pub pipe_status: Vec<i32>,
    /// When the shell first looked at the clock, for `SECONDS`.
    pub began: Option<Time>,
}

impl State {
    pub fn new(dialect: Dialect, name: &str, shell_pid: Pid, env: &BTreeMap<String, String>) -> State {
        let variable = |value: &String| Variable {
            content: Content::Scalar(value.clone()),
            exported: true,
            ..Variable::default()
        };
        let environment =
            env.iter().filter(|(name, _)| super::words::is_name(name)).map(|(k, v)| (k.clone(), variable(v)));
        let mut variables: BTreeMap<String, Variable> = sorted::collect(environment);
        if dialect == Dialect::Bash {
            let own = [("BASH", "/bin/bash"), ("BASH_VERSION", "5.2.37(1)-release")];
            let plain =
                |text: &str| Variable { content: Content::Scalar(text.to_string()), ..Variable::default() };
            variables.extend(own.map(|(name, text)| (name.to_string(), plain(text))));
            let parts = ["5", "2", "37", "1", "release", "x86_64-pc-linux-gnu"].map(String::from);
            let parts = Content::Array(sorted::collect((0..).zip(parts)));
            variables.insert("BASH_VERSINFO".to_string(), Variable { content: parts, ..Variable::default() });
            // So many shells stand around this one.
            let level = variables.get("SHLVL").and_then(|it| it.elements().pop()?.1.parse::<u32>().ok());
            let level = plain(&(level.unwrap_or(0) + 1).to_string());
            variables.insert("SHLVL".to_string(), Variable { exported: true, ..level });
        }
        State {
            dialect,
            interactive: false,
            in_terminal: false,
            name: name.to_string(),
            positional: Vec::new(),
            variables,
            functions: BTreeMap::new(),
            aliases: Arc::default(),
            options: Options::default(),
            traps: BTreeMap::new(),
            status: 0,
            background: None,
            jobs: Vec::new(),
            shell_pid,
            line: 1,
            from_file: false,
            getopts_at: 0,
            pipe_status: Vec::new(),
            began: None,
        }
    }

    pub fn is_bash(&self) -> bool {
        self.dialect == Dialect::Bash
    }

    /// The name that a name stands for: references are followed.
    pub fn target<'a>(&'a self, mut name: &'a str) -> &'a str {
        for _ in 0..MAX_REFERENCES {
            match self.variables.get(name) {
                Some(Variable { reference: true, content: Content::Scalar(target), .. }) => name = target,
                _ => break,
            }
        }
        name
    }

    pub fn variable(&self, name: &str) -> Option<&Variable> {
        self.variables.get(self.target(name))
    }

    /// The variable of a name, which is made if there is none.
    pub fn variable_mut(&mut self, name: &str) -> &mut Variable {
        let name = self.target(name).to_string();
        self.variables.entry(name).or_default()
    }

    /// The value of a plain variable; the first element of an array.
    pub fn get(&self, name: &str) -> Option<&str> {
        match &self.variable(name)?.content {
            Content::Scalar(value) => Some(value),
            Content::Array(items) => items.get(&0).map(String::as_str),
            Content::Map(items) => items.get("0").map(String::as_str),
            Content::Unset => None,
        }
    }

    /// False when the variable is read-only.
    #[must_use]
    pub fn set(&mut self, name: &str, value: String) -> bool {
        self.set_at(name, None, value)
    }

    #[must_use]
    pub fn set_at(&mut self, name: &str, key: Option<Key>, value: String) -> bool {
        let allexport = self.options.allexport;
        let variable = self.variable_mut(name);
        if variable.readonly {
            return false;
        }
        variable.exported |= allexport;
        let key = key.map(|key| match key {
            Key::At(index) => (index, index.to_string()),
            Key::Named(name) => (name.parse().unwrap_or(0), name),
        });
        match (&mut variable.content, key) {
            (Content::Map(items), key) => {
                items.insert(key.map_or_else(|| "0".to_string(), |(_, name)| name), value);
            }
            (Content::Array(items), key) => {
                items.insert(key.map_or(0, |(index, _)| index), value);
            }
            (content, None) => *content = Content::Scalar(value),
            (content, Some((index, _))) => {
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
        self.variable_mut(name).exported = true;
    }

    /// What a program started now finds in its environment.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let exported = self.variables.iter().filter(|(_, variable)| variable.exported);
        sorted::collect(exported.filter_map(|(name, variable)| match &variable.content {
            Content::Scalar(value) => Some((name.clone(), value.clone())),
            _ => None,
        }))
    }

    /// The beginning of an error message, in the dialect's form.
    pub fn prefix(&self) -> String {
        match self.dialect {
            Dialect::Dash if self.interactive => String::new(),
            Dialect::Dash => format!("{}: {}: ", self.name, self.line),
            Dialect::Ash if self.from_file => format!("{}: line {}: ", self.name, self.line),
            Dialect::Ash => format!("{}: ", self.name),
            Dialect::Bash if self.in_terminal => format!("{}: ", self.name),
            Dialect::Bash => format!("{}: line {}: ", self.name, self.line),
        }
    }
}
