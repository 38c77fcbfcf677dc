//! Inputs and the passing of time.

use super::run::{Printed, Run, RunState, World};
use super::{Effect, FILE_MAX_BYTES, Input, LineKind, LogEntry, Session, WAITING_LINES_MAX, path_of};
use crate::base::{Duration, Time};
use crate::cluster::{Advance, Effect as ClusterEffect};
use crate::containers::compute::{self, ComputeResult};
use crate::containers::process::Stream;
use crate::kubectl::{DeskRequest, Edited, explain_ru};

/// Rounds in which a command may go on without virtual time passing before the clock is looked at again.
const ROUNDS_PER_VISIT: usize = 1_000;
/// Said to who types on while a command that does not read runs on, such as `kubectl get -w`.
const LINE_WAITS: &str = "Эта команда ещё работает, новая строка ждёт её конца. Прервать команду — Ctrl+C.\n";

impl Session {
    /// Takes an input at this instant and logs it.
    pub fn perform(&mut self, input: Input) {
        self.log.entries.push(LogEntry { at: self.now(), input: input.clone() });
        match input {
            Input::Line(line) => self.enter(line),
            Input::Interrupt => self.interrupt(),
            Input::Write { file, text } => self.write(&file, &text),
            Input::EndOfInput => self.shell.end_input(self.cluster.now()),
            Input::CloseEditor { saved } => self.close_editor(saved),
            Input::Fault(fault) => {
                if let Err(refusal) = self.cluster.cause(&fault) {
                    self.terminal.begin(&fault.to_string(), self.cluster.now());
                    self.terminal.print(LineKind::Stderr, &format!("{refusal}\n"));
                    self.terminal.finish(1);
                }
            }
        }
        self.attend();
    }

    /// The answer of a computation that an effect started.
    pub fn computation_finished(&mut self, id: crate::cluster::ComputationId, result: ComputeResult) {
        self.cluster.computation_finished(id, result);
    }

    fn enter(&mut self, line: String) {
        if let Some(run) = &self.running {
            if run.reads_terminal() {
                // A terminal shows what is typed.
                self.terminal.print(LineKind::Stdout, &format!("{line}\n"));
                self.shell.input(&format!("{line}\n"), self.cluster.now());
            } else if self.waiting.len() < WAITING_LINES_MAX {
                if self.waiting.is_empty() {
                    self.terminal.print(LineKind::Explanation, LINE_WAITS);
                }
                self.waiting.push_back(line);
            }
            return;
        }
        if !line.trim().is_empty() {
            self.history.push(line.clone());
        }
        let text = if self.unfinished.is_empty() { line } else { format!("{}\n{line}", self.unfinished) };
        self.unfinished.clear();
        if text.trim().is_empty() {
            return;
        }
        match self.shell.start_line(&text, self.cluster.now()) {
            Ok(()) => {
                self.terminal.begin(&text, self.cluster.now());
                self.running = Some(Run::default());
            }
            Err(error) if error.is_incomplete() => self.unfinished = text,
            Err(error) => {
                self.terminal.begin(&text, self.cluster.now());
                self.terminal.print(LineKind::Stderr, &format!("{error}\n"));
                self.end_block(2);
            }
        }
    }

    fn interrupt(&mut self) {
        self.unfinished.clear();
        self.waiting.clear();
        // A command that waited for the editor no longer does.
        (self.edited_file, self.desk.edited) = (None, None);
        if self.running.is_some() {
            self.shell.interrupt(self.cluster.now());
        }
    }

    /// Hands the text of a closed editor to the command that waits for it.
    fn close_editor(&mut self, saved: bool) {
        let Some(file) = self.edited_file.take() else { return };
        let text = self.read_file(&file).filter(|_| saved);
        self.desk.edited = Some(text.map_or(Edited::Dropped, Edited::Saved));
    }

    /// Carries out what commands want of the desk.
    fn serve_requests(&mut self) {
        for request in std::mem::take(&mut self.desk.requests) {
            match request {
                DeskRequest::OpenEditor { path, text } => {
                    self.write(&path, &text);
                    self.edited_file = Some(path.clone());
                    self.effects.push(Effect::OpenEditor { file: path });
                }
            }
        }
    }

    fn write(&mut self, file: &str, text: &str) {
        let path = path_of(file);
        let folder = path.rsplit_once('/').map_or("/", |(folder, _)| folder);
        let files = self.shell.files_mut();
        let written = if text.len() > FILE_MAX_BYTES {
            Err("File too large".to_owned())
        } else {
            let made = files.make_directories(folder);
            made.and_then(|()| files.write(&path, text.as_bytes())).map_err(|error| error.to_string())
        };
        if let Err(error) = written {
            self.terminal.begin(&format!("# {file}"), self.cluster.now());
            self.terminal.print(LineKind::Stderr, &format!("{file}: {error}\n"));
            self.end_block(1);
        }
    }

    /// Lets the running line do what it can at this instant, then the lines that wait.
    fn attend(&mut self) {
        for _ in 0..ROUNDS_PER_VISIT {
            let Some(mut run) = self.running.take() else {
                let Some(line) = self.waiting.pop_front() else { return };
                self.enter(line);
                continue;
            };
            let mut printed = Vec::new();
            let state = run.poll(
                &mut World {
                    cluster: &mut self.cluster,
                    desk: &mut self.desk,
                    shell: &mut self.shell,
                    history: &self.history,
                    effects: &mut self.effects,
                },
                &mut printed,
            );
            self.print(printed);
            self.serve_requests();
            // What a command changed reaches the components before the next one asks.
            self.cluster.settle();
            match state {
                RunState::Exited(status) => self.end_block(status),
                RunState::Ready => self.running = Some(run),
                RunState::Waiting => {
                    self.running = Some(run);
                    return;
                }
            }
        }
    }

    fn print(&mut self, printed: Vec<Printed>) {
        for piece in printed {
            match piece {
                Printed::Text(Stream::Stdout, text) => self.terminal.print(LineKind::Stdout, &text),
                Printed::Text(Stream::Stderr, text) => self.terminal.print(LineKind::Stderr, &text),
                Printed::Clear => self.terminal.clear(),
            }
        }
    }

    /// Ends the newest block; an error gets its line of explanation.
    fn end_block(&mut self, status: i32) {
        if let Some(block) = self.terminal.blocks.last()
            && status != 0
        {
            let errors = block.lines.iter().filter(|line| line.kind == LineKind::Stderr);
            let text: String = errors.map(|line| format!("{}\n", line.text)).collect();
            if let Some(explanation) = explain_ru::explain(&text) {
                self.terminal.print(LineKind::Explanation, &format!("{explanation}\n"));
            }
        }
        self.terminal.finish(status);
        self.effects.push(Effect::FilesChanged);
    }

    /// The next instant at which something happens: in the cluster, to the running line, in a replayed log.
    pub fn next_event_at(&self) -> Option<Time> {
        let run = self.running.as_ref().and_then(|run| run.wake());
        let scheduled = self.scheduled.front().map(|entry| entry.at);
        let next = [self.cluster.next_event_at(), run, scheduled].into_iter().flatten().min();
        next.map(|next| next.max(self.now()))
    }

    /// Lets time pass up to `until`. Stops where an answer is due that has not come.
    pub fn advance_to(&mut self, until: Time) -> Advance {
        loop {
            self.perform_scheduled();
            self.attend();
            let scheduled = self.scheduled.front().map(|entry| entry.at);
            // A running line may print or act at any event; without one the cluster can go on by itself.
            let next = if self.running.is_some() { self.next_event_at() } else { scheduled };
            let next = next.filter(|next| *next <= until);
            let advance = self.cluster.advance_to(next.unwrap_or(until));
            if advance != Advance::Reached {
                return advance;
            }
            if next.is_none() {
                self.attend();
                return Advance::Reached;
            }
        }
    }

    pub(super) fn perform_scheduled(&mut self) {
        while let Some(entry) = self.scheduled.front().filter(|entry| entry.at <= self.now()) {
            let input = entry.input.clone();
            self.scheduled.pop_front();
            self.perform(input);
        }
    }

    /// Enters a line and lets time pass until it has ended; once it has taken longer than `patience` in virtual time it
    /// is interrupted, as Ctrl-C does. For the command line and tests.
    pub fn run_line(&mut self, line: &str, patience: Duration) {
        self.perform(Input::Line(line.to_owned()));
        let limit = self.now() + patience;
        while self.is_busy() {
            match self.next_event_at().filter(|next| *next <= limit) {
                Some(next) => self.run_until(next),
                None => self.perform(Input::Interrupt),
            }
        }
    }

    /// Lets time pass and computes here what containers ask for: for the command line and tests.
    pub fn run_until(&mut self, until: Time) {
        loop {
            let advance = self.advance_to(until);
            let effects = self.cluster.take_effects();
            if effects.is_empty() && advance == Advance::Reached {
                return;
            }
            for effect in effects {
                if let ClusterEffect::StartComputation { id, request } = effect {
                    self.cluster.computation_finished(id, compute::run(&request));
                }
            }
        }
    }
}
