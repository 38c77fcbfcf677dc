//! Running the nodes of the syntax tree.

use std::sync::Arc;

use super::Interpreter;
use super::ast::{Block, Item, Node, Word};
use super::expand::{Expander, Output, ProcessFile, Trouble};
use super::frames::{Frame, Unwind};
use super::plan::Plan;
use super::redirects::PlannedRedirect;
use super::select::Select;
use super::state::{Content, Variable};
use crate::base::carried_bytes;
use crate::base::sorted;
use crate::containers::kernel::{Handle, Pid, Step, Sys};
use crate::containers::programs::{self, Found};

impl Interpreter {
    pub(super) fn run_item(&mut self, sys: &mut Sys, item: &Item) {
        if !item.background {
            return self.run_node(sys, &item.node);
        }
        let frames =
            vec![Frame::Block { block: Arc::new(vec![Item { background: false, ..item.clone() }]), at: 0 }];
        let bind = [(0, Handle::Null)];
        if let Some(pid) = self.fork(sys, frames, true, &bind) {
            self.state.background = Some(pid);
            self.state.jobs.push(pid);
            self.state.status = 0;
        } else {
            self.state.status = 2;
        }
    }

    pub(super) fn run_node(&mut self, sys: &mut Sys, node: &Arc<Node>) {
        match node.as_ref() {
            Node::Pipeline { parts } => self.pipeline(sys, parts),
            Node::Not(inner) => {
                self.frames.push(Frame::Not);
                self.run_node(sys, inner);
            }
            Node::Timed(inner) => {
                self.frames.push(Frame::Timed { began: sys.now() });
                self.run_node(sys, inner);
            }
            Node::AndOr { first, .. } => {
                self.frames.push(Frame::AndOr { node: node.clone(), at: 0 });
                self.run_node(sys, first);
            }
            Node::Function { name, body } => {
                self.state.functions.insert(name.clone(), body.clone());
                self.state.status = 0;
            }
            Node::Group(block) => self.push_block(block),
            Node::Subshell(block) => {
                let frames = vec![Frame::Block { block: block.clone(), at: 0 }];
                match self.fork(sys, frames, true, &[]) {
                    Some(pid) => self.frames.push(Frame::Wait { pids: vec![pid], codes: vec![None] }),
                    None => self.completed(2),
                }
            }
            Node::If { arms, .. } => {
                if let Some((condition, _)) = arms.first() {
                    self.frames.push(Frame::If { node: node.clone(), arm: 0 });
                    self.push_block(condition);
                }
            }
            Node::While { .. } => {
                self.state.status = 0;
                self.frames.push(Frame::While { node: node.clone(), in_condition: false, status: 0 });
            }
            Node::ForArithmetic { .. } => {
                self.frames.push(Frame::ForArithmetic { node: node.clone(), started: false });
            }
            Node::Simple(_)
            | Node::Redirected { .. }
            | Node::For { .. }
            | Node::Case { .. }
            | Node::Arithmetic { .. }
            | Node::Condition { .. } => self.attempt(sys, node.clone(), Vec::new(), self.state.status),
        }
    }

    fn push_block(&mut self, block: &Block) {
        self.frames.push(Frame::Block { block: block.clone(), at: 0 });
    }

    fn pipeline(&mut self, sys: &mut Sys, parts: &[Arc<Node>]) {
        let mut pids: Vec<Pid> = Vec::new();
        let mut input: Option<Handle> = None;
        for (at, part) in parts.iter().enumerate() {
            let mut bind: Vec<(u32, Handle)> = input.take().map(|handle| (0, handle)).into_iter().collect();
            if at + 1 < parts.len() {
                let (read, write) = sys.kernel.make_pipe();
                bind.push((1, write));
                input = Some(read);
            }
            let item = Item { node: part.clone(), background: false };
            let frames = vec![Frame::Block { block: Arc::new(vec![item]), at: 0 }];
            match self.fork(sys, frames, true, &bind) {
                Some(pid) => pids.push(pid),
                None => break,
            }
        }
        let codes = vec![None; pids.len()];
        self.frames.push(Frame::Wait { pids, codes });
    }

    /// Expands what a command needs and runs it; or runs a command substitution first.
    pub(super) fn attempt(&mut self, sys: &mut Sys, node: Arc<Node>, outputs: Vec<Output>, before: i32) {
        self.state.status = before;
        if let Some(line) = node.line() {
            self.state.line = line;
        }
        let result = self.expand(sys, &outputs, |expander| super::plan::plan(expander, &node));
        match result {
            Ok(plan) => {
                self.bind_processes(sys);
                self.perform(sys, &node, plan, outputs.last().map(|output| output.status));
            }
            Err(Trouble::Need(block)) => {
                if let Some(last) = outputs.last().filter(|_| self.state.is_bash()) {
                    self.state.status = last.status;
                }
                self.frames.push(Frame::Attempt { node, outputs, before });
                let ahead = std::mem::take(&mut self.ahead);
                if ahead.is_empty() {
                    return self.start_capture(sys, block);
                }
                // The command sees what the words before it assign: `IFS=, x=$(...)`.
                let before = self.state.variables.clone();
                for (name, key, value) in ahead {
                    let _ = self.state.set_at(&name, key, value);
                }
                self.start_capture(sys, block);
                self.state.variables = before;
            }
            Err(trouble) => self.report_trouble(sys, trouble),
        }
    }

    /// The files of `<(...)` and `>(...)` are there until the command has ended.
    fn bind_processes(&mut self, sys: &mut Sys) {
        let files = std::mem::take(&mut self.processes);
        if files.is_empty() {
            return;
        }
        let mut bound = Vec::new();
        for (at, file) in files.into_iter().enumerate() {
            let fd = super::expand::process_descriptor(at);
            let handle = match file {
                ProcessFile::Text(text) => sys.kernel.filled_pipe(&carried_bytes(&text)),
                ProcessFile::Takes(block) => {
                    let (read, write) = sys.kernel.make_pipe();
                    // Where no process can be made, nobody reads: the writer learns it.
                    self.fork(sys, vec![Frame::Block { block, at: 0 }], true, &[(0, read)]);
                    write
                }
            };
            sys.bind(fd, handle);
            bound.push((fd, None));
        }
        self.frames.push(Frame::Restore(bound));
    }

    /// Expands with this shell's state and keeps the effects.
    pub(super) fn expand<T>(
        &mut self,
        sys: &mut Sys,
        outputs: &[Output],
        make: impl FnOnce(&mut Expander) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let kernel = &sys.kernel;
        let directory = kernel.tasks.get(&sys.pid).map_or("/", |task| task.directory.as_str());
        let (random, now) = (kernel.random.clone(), sys.now());
        self.state.began.get_or_insert(now);
        let mut expander = Expander::new(&self.state, &kernel.files, directory, outputs, random, now);
        let result = make(&mut expander);
        let (assignments, random) = (std::mem::take(&mut expander.assignments), expander.random.clone());
        let processes = std::mem::take(&mut expander.processes);
        let result = match result {
            Ok(result) => result,
            Err(trouble) => {
                self.ahead = assignments;
                return Err(trouble);
            }
        };
        self.processes = processes;
        sys.kernel.random = random;
        for (name, index, value) in assignments {
            if !self.state.set_at(&name, index, value) {
                self.report_readonly(sys, &name);
                self.fatal(2);
            }
        }
        Ok(result)
    }

    /// The value of an expression that may not hold command substitutions; none after an error.
    pub(super) fn arithmetic_now(&mut self, sys: &mut Sys, word: &Word) -> Option<i64> {
        match self.expand(sys, &[], |expander| expander.arithmetic(word)) {
            Ok(value) => Some(value),
            Err(trouble) => {
                self.report_trouble(sys, trouble);
                None
            }
        }
    }

    fn start_capture(&mut self, sys: &mut Sys, block: Block) {
        let (read, write) = sys.kernel.make_pipe();
        let fd = self.free_descriptor(sys);
        sys.bind(fd, read);
        let frames = vec![Frame::Block { block, at: 0 }];
        match self.fork(sys, frames, true, &[(1, write)]) {
            Some(pid) => self.frames.push(Frame::Capture { pid, fd, bytes: Vec::new() }),
            None => {
                sys.close(fd);
                self.fatal(2);
            }
        }
    }

    fn perform(&mut self, sys: &mut Sys, node: &Arc<Node>, plan: Plan, status: Option<i32>) {
        match plan {
            Plan::Simple { assignments, argv, redirects } if argv.is_empty() => {
                let saved = self.redirect(sys, &redirects);
                let failed = saved.is_none() || !self.assign(sys, assignments);
                if let Some(saved) = saved {
                    self.restore(sys, saved);
                }
                // An error that ends the script has set its status already.
                if self.unwind.is_none() {
                    self.completed(if failed { 1 } else { status.unwrap_or(0) });
                }
            }
            Plan::Simple { assignments, argv, redirects } => {
                self.trace(sys, &argv);
                if self.state.is_bash() && !self.state.traps.is_empty() && !self.in_trap() {
                    let _ = self.state.set("BASH_COMMAND", argv.join(" "));
                }
                self.command(sys, assignments, argv, &redirects);
            }
            Plan::Redirected(redirects) => match (self.redirect(sys, &redirects), node.as_ref()) {
                (Some(saved), Node::Redirected { inner, .. }) => {
                    self.frames.push(Frame::Restore(saved));
                    self.run_node(sys, inner);
                }
                _ => self.completed(1),
            },
            Plan::For(items) => {
                self.state.status = 0;
                if let Node::For { name, body, asks, .. } = node.as_ref() {
                    let (name, items, body) = (name.clone(), Arc::new(items), body.clone());
                    self.frames.push(match asks {
                        true => Frame::Select(Select::new(name, items, body)),
                        false => Frame::For { name, items, at: 0, body },
                    });
                }
            }
            Plan::Case(blocks) => {
                self.state.status = 0;
                for block in blocks.iter().rev() {
                    self.push_block(block);
                }
            }
            Plan::Truth(value) => self.completed(i32::from(!value)),
            Plan::BadTest(message) => {
                self.report(sys, &message);
                self.completed(2);
            }
        }
    }

    fn command(
        &mut self,
        sys: &mut Sys,
        assignments: Vec<super::plan::PlannedAssignment>,
        argv: Vec<String>,
        redirects: &[PlannedRedirect],
    ) {
        let name = argv[0].clone();
        let function = self.state.functions.get(&name).cloned();
        if name == "exec" && argv.len() > 1 && self.state.in_terminal && function.is_none() {
            // The learner's terminal has no window to close: its shell stays.
            return self.external(sys, assignments, argv[1..].to_vec(), redirects);
        }
        let is_builtin =
            super::builtins::is_builtin(&self.state, &name) && !sys.kernel.is_host_program(&name);
        if function.is_none() && !is_builtin {
            return self.external(sys, assignments, argv, redirects);
        }
        let Some(saved) = self.redirect(sys, redirects) else {
            return self.completed(self.redirect_status());
        };
        // The redirections of `exec` stay.
        let is_exec = name == "exec" && function.is_none();
        if is_exec {
            for (_, copy) in saved {
                if let Some(copy) = copy {
                    sys.close(copy);
                }
            }
        } else if !saved.is_empty() {
            self.frames.push(Frame::Restore(saved));
        }
        if super::builtins::keeps_assignments(&self.state, &name) && function.is_none() {
            return self.declaration(sys, assignments, argv);
        }
        if !assignments.is_empty() {
            let before = assignments
                .iter()
                .map(|one| (one.name.clone(), self.state.variables.get(&one.name).cloned()));
            let before: Vec<_> = before.collect();
            let names: Vec<String> = before.iter().map(|(name, _)| name.clone()).collect();
            self.frames.push(Frame::RestoreVariables(before));
            if !self.assign(sys, assignments) {
                return self.completed(1);
            }
            names.iter().for_each(|name| self.state.export(name));
        }
        match function {
            Some(body) => {
                let positional = std::mem::replace(&mut self.state.positional, argv[1..].to_vec());
                let locals = if self.state.is_bash() { vec![self.call_named(&name)] } else { Vec::new() };
                self.frames.push(Frame::Call { positional, locals });
                self.run_node(sys, &body);
            }
            None => {
                if let Some(status) = super::builtins::run(self, sys, &argv) {
                    self.completed(status);
                }
            }
        }
    }

    /// `FUNCNAME`: the function that begins, before those around it. What it was until then.
    fn call_named(&mut self, name: &str) -> (String, Option<Variable>) {
        let before = self.state.variables.remove("FUNCNAME");
        let around = match before.as_ref().map(|variable| &variable.content) {
            Some(Content::Array(names)) => names.values().cloned().collect(),
            _ => Vec::new(),
        };
        let names = std::iter::once(name.to_string()).chain(around);
        let content = Content::Array(sorted::collect((0..).zip(names)));
        self.state.variables.insert("FUNCNAME".to_string(), Variable { content, ..Variable::default() });
        ("FUNCNAME".to_string(), before)
    }

    /// A builtin whose assignments stay: `local -a x=(1 2)`, and in POSIX shells `x=1 :`.
    fn declaration(
        &mut self,
        sys: &mut Sys,
        assignments: Vec<super::plan::PlannedAssignment>,
        mut argv: Vec<String>,
    ) {
        let is_declaration = !assignments.is_empty() && self.state.is_bash();
        if is_declaration {
            argv.extend(assignments.iter().map(|one| one.name.clone()));
        } else if !self.assign(sys, assignments) {
            return self.completed(1);
        } else {
            if let Some(status) = super::builtins::run(self, sys, &argv) {
                self.completed(status);
            }
            return;
        }
        let status = super::builtins::run(self, sys, &argv).unwrap_or(0);
        let assigned = self.assign(sys, assignments);
        self.completed(if assigned { status } else { 1 });
    }

    /// A program: found, started, waited for.
    pub(super) fn external(
        &mut self,
        sys: &mut Sys,
        assignments: Vec<super::plan::PlannedAssignment>,
        argv: Vec<String>,
        redirects: &[PlannedRedirect],
    ) {
        let Some(saved) = self.redirect(sys, redirects) else {
            return self.completed(self.redirect_status());
        };
        let mut env = self.state.environment();
        env.extend(assignments.into_iter().filter_map(|one| Some((one.name, one.value.scalar()?))));
        let path = env.get("PATH").cloned();
        let directory = sys.task().directory.clone();
        let (program, argv) = match programs::find(sys.kernel, &argv, &directory, path.as_deref()) {
            Found::Program(program, argv) => (program, argv),
            found => {
                // The message goes where the command's own errors would.
                let status = self.report_not_found(sys, &argv[0], &found);
                self.restore(sys, saved);
                return self.completed(status);
            }
        };
        let last = self.may_become && self.frames.is_empty() && self.state.traps.is_empty();
        if last {
            saved.into_iter().filter_map(|(_, copy)| copy).for_each(|copy| sys.close(copy));
            let task = sys.task_mut();
            task.env = env;
            task.argv = argv;
            self.next_step = Some(Step::Become(Box::new(program)));
            return;
        }
        if !sys.can_fork() {
            self.report(sys, "Cannot fork");
            self.restore(sys, saved);
            return self.completed(2);
        }
        let mut setting = sys.setting();
        setting.env = env;
        let pid = sys.spawn(program, argv, setting);
        self.restore(sys, saved);
        self.frames.push(Frame::Wait { pids: vec![pid], codes: vec![None] });
    }

    /// A command has ended with this status.
    pub(super) fn completed(&mut self, status: i32) {
        self.state.status = status;
        self.state.pipe_status.clear();
        self.state.pipe_status.push(status);
        if status == 0 || self.unwind.is_some() || self.is_guarded() {
            return;
        }
        let handled = self.handle_failure(status);
        match (self.state.options.errexit, handled) {
            (true, false) => self.unwind = Some(Unwind::Exit),
            (true, true) => {
                let handler = self.frames.len() - 2;
                self.frames.insert(handler, Frame::Leave);
            }
            (false, _) => {}
        }
    }

    fn in_trap(&self) -> bool {
        self.frames.iter().any(|frame| matches!(frame, Frame::Trap { .. }))
    }

    /// Runs the handler of ERR, two frames; false where there is none for this place.
    fn handle_failure(&mut self, status: i32) -> bool {
        let Some(command) = self.state.traps.get("ERR").filter(|command| !command.is_empty()).cloned() else {
            return false;
        };
        let called = self.frames.iter().any(|frame| matches!(frame, Frame::Call { .. }));
        if self.in_trap() || (called && !self.state.options.errtrace) {
            return false;
        }
        self.frames.push(Frame::Trap { status });
        self.push_script_at(&command, self.state.line);
        true
    }

    /// Whether a failure here is tested by what stands around it.
    pub(super) fn is_guarded(&self) -> bool {
        let guards = |frame: &Frame| match frame {
            Frame::Not | Frame::If { .. } => true,
            Frame::Select(select) => select.asked,
            Frame::While { in_condition, .. } => *in_condition,
            Frame::AndOr { node, at } => match node.as_ref() {
                Node::AndOr { rest, .. } => *at < rest.len(),
                _ => false,
            },
            _ => false,
        };
        self.guarded || self.frames.iter().any(guards)
    }
}

impl Node {
    fn line(&self) -> Option<u32> {
        match self {
            Node::Simple(simple) => Some(simple.line),
            Node::Redirected { line, .. }
            | Node::For { line, .. }
            | Node::Case { line, .. }
            | Node::Arithmetic { line, .. }
            | Node::Condition { line, .. } => Some(*line),
            _ => None,
        }
    }
}
