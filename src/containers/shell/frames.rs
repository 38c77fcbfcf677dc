//! The interpreter's stack: what is under way and how it goes on.

use std::sync::Arc;

use super::Interpreter;
use super::ast::{Block, Node, Word};
use super::builtins::read::ReadLine;
use super::expand::Output;
use super::parser::{ParseError, Parser};
use super::select::Select;
use super::state::Variable;
use crate::base::{Time, carried};
use crate::containers::kernel::{Pid, Read, Step, Sys};

#[derive(Clone, Debug)]
pub enum Frame {
    /// A text that is parsed line by line as it runs.
    Script {
        source: Arc<[char]>,
        at: usize,
        line: u32,
    },
    Block {
        block: Block,
        at: usize,
    },
    /// A command whose words are being expanded; outputs of command substitutions so far.
    Attempt {
        node: Arc<Node>,
        outputs: Vec<Output>,
        /// `$?` before the command.
        before: i32,
    },
    /// The commands up to `at` have run.
    AndOr {
        node: Arc<Node>,
        at: usize,
    },
    Not,
    /// A pipeline whose time is told when it ends.
    Timed {
        began: Time,
    },
    /// The script ends here: a command failed, and the handler of ERR has had its say.
    Leave,
    /// The condition of this arm runs.
    If {
        node: Arc<Node>,
        arm: usize,
    },
    While {
        node: Arc<Node>,
        in_condition: bool,
        status: i32,
    },
    For {
        name: String,
        items: Arc<Vec<String>>,
        at: usize,
        body: Block,
    },
    ForArithmetic {
        node: Arc<Node>,
        started: bool,
    },
    Select(Select),
    /// Puts descriptors back: the descriptor and where the saved one is.
    Restore(Vec<(u32, Option<u32>)>),
    RestoreVariables(Vec<(String, Option<Variable>)>),
    Call {
        positional: Vec<String>,
        locals: Vec<(String, Option<Variable>)>,
    },
    /// A file that is read in; `return` ends it.
    Source,
    /// Children in the foreground, with their codes as they end.
    Wait {
        pids: Vec<Pid>,
        codes: Vec<Option<i32>>,
    },
    /// The builtin `wait`.
    WaitBuiltin {
        pids: Vec<Pid>,
    },
    /// The output of a command substitution is being read.
    Capture {
        pid: Pid,
        fd: u32,
        bytes: Vec<u8>,
    },
    Read(Box<ReadLine>),
    /// After a trap the status is as before.
    Trap {
        status: i32,
    },
}

impl Frame {
    pub fn is_loop(&self) -> bool {
        matches!(
            self,
            Frame::While { .. } | Frame::For { .. } | Frame::ForArithmetic { .. } | Frame::Select(_)
        )
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unwind {
    Break(u32),
    Continue(u32),
    Return,
    Exit,
}

/// A command substitution with more output than this is cut off.
const MAX_CAPTURE_BYTES: usize = 4 << 20;

impl Interpreter {
    pub(super) fn run_frame(&mut self, sys: &mut Sys, frame: Frame) -> Step {
        match frame {
            Frame::Script { source, at, line } => self.next_line(sys, source, at, line),
            Frame::Block { block, at } => {
                if let Some(item) = block.get(at) {
                    let item = item.clone();
                    if at + 1 < block.len() {
                        self.frames.push(Frame::Block { block, at: at + 1 });
                    }
                    self.run_item(sys, &item);
                }
            }
            Frame::Attempt { node, outputs, before } => self.attempt(sys, node, outputs, before),
            Frame::AndOr { node, at } => self.and_or(sys, node, at),
            Frame::Timed { began } => self.tell_time(sys, began),
            Frame::Leave => self.unwind = Some(Unwind::Exit),
            Frame::Not => self.state.status = i32::from(self.state.status == 0),
            Frame::If { node, arm } => self.if_arm(node, arm),
            Frame::While { node, in_condition, status } => self.while_turn(node, in_condition, status),
            Frame::For { name, items, at, body } => self.for_turn(sys, name, items, at, body),
            Frame::ForArithmetic { node, started } => self.for_arithmetic_turn(sys, node, started),
            Frame::Select(select) => self.select_turn(sys, select),
            Frame::Wait { pids, codes } => return self.wait_foreground(sys, pids, codes),
            Frame::WaitBuiltin { pids } => return self.wait_builtin(sys, pids),
            Frame::Capture { pid, fd, bytes } => return self.capture(sys, pid, fd, bytes),
            Frame::Read(read) => return self.read_on(sys, read),
            frame => self.drop_frame(sys, frame),
        }
        Step::Continue
    }

    /// Undoes what a frame stands for, whether its work is done or given up.
    pub(super) fn drop_frame(&mut self, sys: &mut Sys, frame: Frame) {
        match frame {
            Frame::Restore(saved) => self.restore(sys, saved),
            Frame::RestoreVariables(saved) => self.restore_variables(saved),
            Frame::Call { positional, locals } => {
                self.state.positional = positional;
                self.restore_variables(locals);
            }
            Frame::Trap { status } => self.state.status = status,
            Frame::Capture { fd, .. } => sys.close(fd),
            _ => {}
        }
    }

    pub(super) fn restore_variables(&mut self, saved: Vec<(String, Option<Variable>)>) {
        for (name, variable) in saved.into_iter().rev() {
            match variable {
                Some(variable) => self.state.variables.insert(name, variable),
                None => self.state.variables.remove(&name),
            };
        }
    }

    pub(super) fn unwind_one(&mut self, sys: &mut Sys, unwind: Unwind) {
        let Some(frame) = self.frames.pop() else {
            // `break` outside a loop means nothing.
            return;
        };
        let is_loop = frame.is_loop();
        let is_call = matches!(frame, Frame::Call { .. } | Frame::Source);
        match unwind {
            Unwind::Break(1) if is_loop => {}
            Unwind::Continue(1) if is_loop => self.frames.push(frame),
            Unwind::Break(count) if is_loop => self.unwind = Some(Unwind::Break(count - 1)),
            Unwind::Continue(count) if is_loop => self.unwind = Some(Unwind::Continue(count - 1)),
            Unwind::Break(_) | Unwind::Continue(_) | Unwind::Return if is_call => {
                self.drop_frame(sys, frame);
            }
            // The status of `exit` in a trap is the one that counts.
            Unwind::Exit if matches!(frame, Frame::Trap { .. }) => self.unwind = Some(unwind),
            unwind => {
                self.drop_frame(sys, frame);
                self.unwind = Some(unwind);
            }
        }
    }

    fn next_line(&mut self, sys: &mut Sys, source: Arc<[char]>, at: usize, line: u32) {
        let mut parser = Parser::new(&source, at, line, self.state.is_bash(), self.state.interactive);
        parser.aliases = self.state.aliases.clone();
        parser.extglob = self.state.options.extglob;
        match parser.next_line() {
            Ok(None) => {}
            Ok(Some(block)) => {
                let (at, line) = parser.offset();
                if source[at.min(source.len())..].iter().any(|c| !c.is_whitespace()) {
                    self.frames.push(Frame::Script { source, at, line });
                }
                self.frames.push(Frame::Block { block, at: 0 });
            }
            Err(error) => {
                self.report_parse_error(sys, &error, &source);
                let mild = self.state.is_bash() && matches!(error, ParseError::BadSubstitution { .. });
                self.fatal(if mild { 1 } else { 2 });
            }
        }
    }

    fn and_or(&mut self, sys: &mut Sys, node: Arc<Node>, at: usize) {
        let Node::AndOr { rest, .. } = node.as_ref() else { return };
        for (next, (is_and, command)) in rest.iter().enumerate().skip(at) {
            if *is_and == (self.state.status == 0) {
                let command = command.clone();
                self.frames.push(Frame::AndOr { node: node.clone(), at: next + 1 });
                self.run_node(sys, &command);
                return;
            }
        }
    }

    fn if_arm(&mut self, node: Arc<Node>, arm: usize) {
        let Node::If { arms, otherwise } = node.as_ref() else { return };
        let next = if self.state.status == 0 {
            arms.get(arm).map(|(_, body)| body.clone())
        } else if let Some((condition, _)) = arms.get(arm + 1) {
            let condition = condition.clone();
            self.frames.push(Frame::If { node, arm: arm + 1 });
            Some(condition)
        } else {
            self.state.status = 0;
            otherwise.clone()
        };
        if let Some(block) = next {
            self.frames.push(Frame::Block { block, at: 0 });
        }
    }

    fn while_turn(&mut self, node: Arc<Node>, in_condition: bool, status: i32) {
        let Node::While { until, condition, body } = node.as_ref() else { return };
        if in_condition && (self.state.status == 0) == *until {
            self.state.status = status;
            return;
        }
        let block = if in_condition { body } else { condition }.clone();
        // The status of the last body is the loop's own.
        let status = if in_condition { status } else { self.state.status };
        self.frames.push(Frame::While { node, in_condition: !in_condition, status });
        self.frames.push(Frame::Block { block, at: 0 });
    }

    fn for_turn(&mut self, sys: &mut Sys, name: String, items: Arc<Vec<String>>, at: usize, body: Block) {
        let Some(item) = items.get(at) else { return };
        if !self.state.set(&name, item.clone()) {
            self.report_readonly(sys, &name);
            return self.fatal(2);
        }
        let block = body.clone();
        self.frames.push(Frame::For { name, items, at: at + 1, body });
        self.frames.push(Frame::Block { block, at: 0 });
    }

    fn for_arithmetic_turn(&mut self, sys: &mut Sys, node: Arc<Node>, started: bool) {
        let Node::ForArithmetic { parts: [init, test, step], body, line } = node.as_ref() else { return };
        self.state.line = *line;
        let evaluate = |shell: &mut Interpreter, sys: &mut Sys, word: &Word| {
            if word.parts.is_empty() { Some(1) } else { shell.arithmetic_now(sys, word) }
        };
        if evaluate(self, sys, if started { step } else { init }).is_none() {
            return;
        }
        if evaluate(self, sys, test).is_some_and(|value| value != 0) {
            let block = body.clone();
            self.frames.push(Frame::ForArithmetic { node, started: true });
            self.frames.push(Frame::Block { block, at: 0 });
        } else if self.unwind.is_none() && !started {
            self.state.status = 0;
        }
    }

    /// In virtual time, of which nothing is spent on the processor.
    fn tell_time(&mut self, sys: &mut Sys, began: Time) {
        let millis = (sys.now() - began).as_millis();
        let (minutes, rest) = (millis / 60_000, millis % 60_000);
        let real = format!("{minutes}m{}.{:03}s", rest / 1000, rest % 1000);
        sys.err(&format!("\nreal\t{real}\nuser\t0m0.000s\nsys\t0m0.000s\n"));
    }

    fn wait_foreground(&mut self, sys: &mut Sys, pids: Vec<Pid>, mut codes: Vec<Option<i32>>) -> Step {
        for (pid, code) in pids.iter().zip(codes.iter_mut()) {
            if code.is_none() {
                *code = sys.reap(*pid);
            }
        }
        if codes.iter().any(Option::is_none) {
            self.frames.push(Frame::Wait { pids, codes });
            return Step::Wait;
        }
        let mut status = codes.last().copied().flatten().unwrap_or(0);
        if self.state.options.pipefail {
            status = codes.iter().rev().filter_map(|code| *code).find(|code| *code != 0).unwrap_or(0);
        }
        self.completed(status);
        self.state.pipe_status = codes.into_iter().flatten().collect();
        Step::Continue
    }

    fn wait_builtin(&mut self, sys: &mut Sys, mut pids: Vec<Pid>) -> Step {
        while let Some(&pid) = pids.first() {
            match sys.reap(pid) {
                Some(code) => {
                    pids.remove(0);
                    self.state.jobs.retain(|job| *job != pid);
                    self.state.status = code;
                }
                None => {
                    self.frames.push(Frame::WaitBuiltin { pids });
                    return Step::Wait;
                }
            }
        }
        Step::Continue
    }

    fn capture(&mut self, sys: &mut Sys, pid: Pid, fd: u32, mut bytes: Vec<u8>) -> Step {
        if sys.task().fds.contains_key(&fd) {
            match sys.read(fd) {
                Read::Data(data) => {
                    if bytes.len() < MAX_CAPTURE_BYTES {
                        bytes.extend_from_slice(&data);
                    }
                    self.frames.push(Frame::Capture { pid, fd, bytes });
                    return Step::Continue;
                }
                Read::Wait => {
                    self.frames.push(Frame::Capture { pid, fd, bytes });
                    return Step::Read(fd);
                }
                Read::End | Read::Error(_) => sys.close(fd),
            }
        }
        let Some(code) = sys.reap(pid) else {
            self.frames.push(Frame::Capture { pid, fd, bytes });
            return Step::Wait;
        };
        bytes.retain(|&byte| byte != 0);
        if let Some(Frame::Attempt { outputs, .. }) = self.frames.last_mut() {
            outputs.push(Output { text: carried(&bytes).into_owned(), status: code });
        }
        Step::Continue
    }
}
