//! awk: patterns, actions, fields, arrays, functions, `getline`, commands.

mod ast;
mod calls;
mod expressions;
mod functions;
mod lexer;
mod machine;
mod parser;
mod streams;
mod value;

use super::args::Args;
use super::filter::{Answer, Flow, LineFilter, Out, Parsed};
use super::text::cloned;
use crate::containers::kernel::Sys;
use crate::containers::shell::is_name;
use ast::Pattern;
use machine::Machine;
use streams::Wanted;
use value::Value;

/// Nothing is read from here.
const NOTHING: &str = "/dev/null";

#[derive(Clone, Debug)]
struct Awk {
    machine: Machine,
    begun: bool,
    /// The rules for the end have run, or are not to.
    ended: bool,
    /// What has been read of a record that is more than a line.
    partial: String,
    /// Work that lacks something, and how much of its output has been handed over.
    halted: Option<(Work, Out)>,
    /// It begins again when so many records are there: one more each time would be tried too often.
    records_wanted: usize,
}

/// What rules run for.
#[derive(Clone, Debug)]
enum Work {
    Begin,
    Record(String),
    End,
}

pub fn awk(argv: &[String], sys: &mut Sys) -> Result<Parsed, (String, i32)> {
    let args = Args::parse(argv, "", "Fvf", &[]);
    if let Some(option) = &args.unknown {
        return Err((format!("not an option: -{option}"), 2));
    }
    let mut operands = args.operands.clone();
    let program = match args.values(&["f"]).as_slice() {
        [] if operands.is_empty() => {
            return Err(("usage: awk [-F fs][-v var=value][prog | -f progfile][file ...]".to_owned(), 2));
        }
        [] => operands.remove(0),
        files => {
            let read = |file: &&str| {
                let text = sys.kernel.files.read_text(&sys.path(file));
                text.map_err(|_| (format!("couldn't open file {file}"), 2))
            };
            files.iter().map(read).collect::<Result<Vec<_>, _>>()?.join("\n")
        }
    };
    let parsed = parser::parse(&program).map_err(|error| (error, 2))?;
    let reads = parsed.reads || parsed.rules.iter().any(|rule| !matches!(rule.pattern, Pattern::Begin));
    let mut machine = Machine::new(parsed);
    if let Some(separator) = args.value(&["F"]) {
        let separator = if separator == "t" { "\t".to_owned() } else { lexer::unescaped(separator) };
        machine.set("FS", Value::Text(separator));
    }
    for pair in args.values(&["v"]) {
        if !assigned(&mut machine, pair) {
            return Err((format!("improper assignment: -v {pair}"), 2));
        }
    }
    // Assignments may stand among the files; those after the first file are made early here.
    operands.retain(|operand| operand.contains('/') || !assigned(&mut machine, operand));
    let awk =
        Awk { machine, begun: false, ended: false, partial: String::new(), halted: None, records_wanted: 0 };
    let files = if reads { operands } else { vec![NOTHING.to_owned()] };
    Ok(Parsed { filter: Box::new(awk), files })
}

/// Makes the assignment `name=value`, if it is one.
fn assigned(machine: &mut Machine, pair: &str) -> bool {
    let Some((name, value)) = pair.split_once('=').filter(|(name, _)| is_name(name)) else { return false };
    machine.set(name, Value::Input(lexer::unescaped(value)));
    true
}

impl LineFilter for Awk {
    fn line(&mut self, line: &str, out: &mut Out) -> Flow {
        self.begin(out);
        if self.machine.exited {
            return Flow::Stop;
        }
        let separator = self.machine.get("RS").text();
        match separator.chars().next() {
            Some('\n') => self.record(line.to_owned(), out),
            // Empty lines stand between records.
            None if line.is_empty() => self.finish_record(out),
            None => {
                self.partial.push_str(line);
                self.partial.push('\n');
                Flow::On
            }
            Some(separator) => {
                self.partial.push_str(line);
                if out.newline {
                    self.partial.push('\n');
                }
                while let Some((record, rest)) = self.partial.split_once(separator) {
                    let (record, rest) = (record.to_owned(), rest.to_owned());
                    self.partial = rest;
                    if self.record(record, out) == Flow::Stop {
                        return Flow::Stop;
                    }
                }
                Flow::On
            }
        }
    }

    fn end_file(&mut self, out: &mut Out) {
        self.finish_record(out);
    }

    fn begin_file(&mut self, name: &str, out: &mut Out) {
        self.begin(out);
        self.machine.set("FNR", Value::Number(0.0));
        self.machine.set("FILENAME", Value::Text(name.to_owned()));
    }

    fn end(&mut self, out: &mut Out) -> i32 {
        self.begin(out);
        self.machine.streams.ended = true;
        self.go_on(out);
        // An error ends everything; `exit` still comes to the end's rules.
        let is_free = self.halted.is_none() && !self.machine.failed;
        if is_free && !std::mem::replace(&mut self.ended, true) {
            self.machine.exited = false;
            self.run(Work::End, out);
        }
        if self.halted.is_none() && !self.machine.streams.fed.is_empty() {
            out.need = Some(streams::fed(self.machine.streams.fed.remove(0)));
        }
        self.machine.status
    }

    fn answer(&mut self, answer: Answer, out: &mut Out) -> Flow {
        if self.halted.is_some() {
            self.machine.streams.answers.push(answer);
        }
        self.go_on(out)
    }

    cloned!();
}

impl Awk {
    fn begin(&mut self, out: &mut Out) {
        if !std::mem::replace(&mut self.begun, true) {
            self.run(Work::Begin, out);
        }
    }

    /// The record that is not yet done, if there is any text of it.
    fn finish_record(&mut self, out: &mut Out) -> Flow {
        let record = std::mem::take(&mut self.partial);
        match record.strip_suffix('\n').unwrap_or(&record) {
            "" => Flow::On,
            record => self.record(record.to_owned(), out),
        }
    }

    fn record(&mut self, record: String, out: &mut Out) -> Flow {
        self.machine.streams.ahead.push(record);
        if self.machine.streams.ahead.len() < self.records_wanted {
            return Flow::On;
        }
        self.go_on(out)
    }

    /// Does the work that is there, as far as it goes.
    fn go_on(&mut self, out: &mut Out) -> Flow {
        if let Some((work, told)) = self.halted.take_if(|_| out.need.is_none()) {
            self.attempt(work, told, out);
        }
        while self.halted.is_none() && !self.machine.exited && !self.machine.streams.ahead.is_empty() {
            let record = self.machine.streams.ahead.remove(0);
            self.run(Work::Record(record), out);
        }
        if self.machine.exited { Flow::Stop } else { Flow::On }
    }

    fn run(&mut self, work: Work, out: &mut Out) {
        self.attempt(work, Out::default(), out);
    }

    /// Does one piece of work, of whose output `told` has been handed over before.
    fn attempt(&mut self, work: Work, told: Out, out: &mut Out) {
        if !self.machine.asks() {
            return self.run_rules(&work, out);
        }
        let before = self.machine.clone();
        let mut own = Out::default();
        self.run_rules(&work, &mut own);
        out.bytes.extend(&own.bytes[told.bytes.len()..]);
        out.errors.push_str(&own.errors[told.errors.len()..]);
        out.files.extend(own.files[told.files.len()..].iter().cloned());
        self.records_wanted = 0;
        match self.machine.wanted.take() {
            None => {
                self.machine.streams.answers.clear();
                self.machine.streams.used = 0;
                return;
            }
            Some(Wanted::Record) => self.records_wanted = 2 * before.streams.ahead.len() + 1,
            Some(Wanted::Answer(need)) => out.need = Some(need),
        }
        self.machine = before;
        self.halted = Some((work, own));
    }

    fn run_rules(&mut self, work: &Work, out: &mut Out) {
        let wanted: fn(&Pattern) -> bool = match work {
            Work::Begin => |pattern| matches!(pattern, Pattern::Begin),
            Work::End => |pattern| matches!(pattern, Pattern::End),
            Work::Record(record) => {
                self.machine.begin_record(record);
                |pattern| !matches!(pattern, Pattern::Begin | Pattern::End)
            }
        };
        self.machine.run_rules(wanted, out);
    }
}
