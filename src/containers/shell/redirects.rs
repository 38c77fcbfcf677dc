//! Redirections: planned with the words, done before the command, undone after it.

use std::collections::BTreeMap;

use super::Interpreter;
use super::ast::{Redirect, RedirectKind};
use super::expand::{Expander, Trouble};
use super::plan::{PlannedAssignment, PlannedValue};
use super::state::{Content, Dialect};
use crate::base::{carried_bytes, sorted};
use crate::containers::files::FileError;
use crate::containers::kernel::{Handle, Mode, Sys};

#[derive(Clone, PartialEq, Debug)]
pub struct PlannedRedirect {
    pub fd: u32,
    pub kind: RedirectKind,
    pub text: String,
}

pub fn plan_redirects(
    expander: &mut Expander,
    redirects: &[Redirect],
) -> Result<Vec<PlannedRedirect>, Trouble> {
    let mut planned = Vec::with_capacity(redirects.len());
    for Redirect { fd, kind, target } in redirects {
        let mut text = expander.string(target)?;
        if *kind == RedirectKind::HereString {
            text.push('\n');
        }
        planned.push(PlannedRedirect { fd: *fd, kind: *kind, text });
    }
    Ok(planned)
}

impl Interpreter {
    /// Does redirections; what to undo, or none after an error that has been reported.
    pub(super) fn redirect(
        &mut self,
        sys: &mut Sys,
        redirects: &[PlannedRedirect],
    ) -> Option<Vec<(u32, Option<u32>)>> {
        let mut saved = Vec::new();
        for redirect in redirects {
            let mut fds = vec![redirect.fd];
            let done = match redirect.kind {
                RedirectKind::Both { append } => {
                    fds = vec![1, 2];
                    let mode = if append { Mode::Append } else { Mode::Write };
                    self.open(sys, &redirect.text, mode).map(Some)
                }
                RedirectKind::Read => self.open(sys, &redirect.text, Mode::Read).map(Some),
                RedirectKind::Write => self.open(sys, &redirect.text, Mode::Write).map(Some),
                RedirectKind::Append => self.open(sys, &redirect.text, Mode::Append).map(Some),
                RedirectKind::ReadWrite => self.open(sys, &redirect.text, Mode::ReadWrite).map(Some),
                RedirectKind::Here | RedirectKind::HereString => {
                    Ok(Some(sys.kernel.filled_pipe(&carried_bytes(&redirect.text))))
                }
                RedirectKind::Duplicate => self.duplicate(sys, redirect, &mut fds),
            };
            match done {
                Ok(handle) => {
                    for fd in fds {
                        saved.push((fd, self.save(sys, fd)));
                        match handle {
                            Some(handle) => sys.bind(fd, handle),
                            None => sys.close(fd),
                        }
                    }
                }
                Err(message) => {
                    self.report(sys, &message);
                    self.restore(sys, saved);
                    return None;
                }
            }
        }
        Some(saved)
    }

    /// `>&2`, `2>&-`; in bash `>&file` too.
    fn duplicate(
        &mut self,
        sys: &mut Sys,
        redirect: &PlannedRedirect,
        fds: &mut Vec<u32>,
    ) -> Result<Option<Handle>, String> {
        if redirect.text == "-" {
            return Ok(None);
        }
        match redirect.text.parse::<u32>() {
            Ok(from) => match sys.task().fds.get(&from) {
                Some(handle) => Ok(Some(*handle)),
                None => Err(format!("{from}: Bad file descriptor")),
            },
            Err(_) if redirect.fd == 1 && self.state.is_bash() => {
                *fds = vec![1, 2];
                self.open(sys, &redirect.text, Mode::Write).map(Some)
            }
            Err(_) => Err(format!("{}: bad fd number", redirect.text)),
        }
    }

    fn open(&self, sys: &mut Sys, path: &str, mode: Mode) -> Result<Handle, String> {
        sys.open(path, mode).map_err(|error| {
            let reading = mode == Mode::Read;
            match self.state.dialect {
                Dialect::Bash => format!("{path}: {error}"),
                Dialect::Dash => match (error, reading) {
                    (FileError::NotFound, true) => format!("cannot open {path}: No such file"),
                    (FileError::NotFound, false) => format!("cannot create {path}: Directory nonexistent"),
                    (error, true) => format!("cannot open {path}: {error}"),
                    (error, false) => format!("cannot create {path}: {error}"),
                },
                Dialect::Ash => match (error, reading) {
                    (FileError::NotFound, true) => format!("can't open {path}: no such file"),
                    (FileError::NotFound, false) => format!("can't create {path}: nonexistent directory"),
                    (error, true) => format!("can't open {path}: {error}"),
                    (error, false) => format!("can't create {path}: {error}"),
                },
            }
        })
    }

    /// The status of a command whose redirection failed.
    pub(super) fn redirect_status(&self) -> i32 {
        if self.state.dialect == Dialect::Dash { 2 } else { 1 }
    }

    pub(super) fn free_descriptor(&self, sys: &Sys) -> u32 {
        (10..).find(|fd| !sys.task().fds.contains_key(fd)).unwrap_or(u32::MAX)
    }

    fn save(&self, sys: &mut Sys, fd: u32) -> Option<u32> {
        let handle = sys.task().fds.get(&fd).copied()?;
        let copy = self.free_descriptor(sys);
        sys.bind(copy, handle);
        Some(copy)
    }

    pub(super) fn restore(&mut self, sys: &mut Sys, saved: Vec<(u32, Option<u32>)>) {
        for (fd, copy) in saved.into_iter().rev() {
            match copy.and_then(|copy| sys.task().fds.get(&copy).copied().map(|handle| (copy, handle))) {
                Some((copy, handle)) => {
                    sys.bind(fd, handle);
                    sys.close(copy);
                }
                None => sys.close(fd),
            }
        }
    }

    /// Makes assignments; false after an error that has been reported.
    pub(super) fn assign(&mut self, sys: &mut Sys, assignments: Vec<PlannedAssignment>) -> bool {
        for PlannedAssignment { name, index, append, value } in assignments {
            let done = match value {
                PlannedValue::Scalar(value) => self.state.set_at(&name, index, value),
                PlannedValue::Array(values) => self.assign_array(&name, append, values),
            };
            if !done {
                self.report_readonly(sys, &name);
                self.fatal(if self.state.is_bash() { 1 } else { 2 });
                return false;
            }
        }
        true
    }

    fn assign_array(&mut self, name: &str, append: bool, values: Vec<(Option<String>, String)>) -> bool {
        let variable = self.state.variable_mut(name);
        if variable.readonly {
            return false;
        }
        let mut items: BTreeMap<i64, String> =
            match (append, std::mem::replace(&mut variable.content, Content::Unset)) {
                (append, Content::Map(items)) => {
                    let mut items = if append { items } else { BTreeMap::new() };
                    items.extend(values.into_iter().filter_map(|(key, value)| Some((key?, value))));
                    variable.content = Content::Map(items);
                    return true;
                }
                (true, Content::Array(items)) => items,
                (true, Content::Scalar(first)) => sorted::collect([(0, first)]),
                _ => BTreeMap::new(),
            };
        let mut next = items.keys().next_back().map_or(0, |last| last + 1);
        for (key, value) in values {
            let at = key.and_then(|key| key.trim().parse().ok()).unwrap_or(next);
            items.insert(at, value);
            next = at + 1;
        }
        variable.content = Content::Array(items);
        true
    }
}
