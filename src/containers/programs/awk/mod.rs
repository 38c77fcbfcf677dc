//! awk: patterns, actions, fields, arrays, functions. Left out: `getline`, `system`, output to programs.

mod ast;
mod expressions;
mod functions;
mod lexer;
mod machine;
mod parser;
mod value;

use super::args::Args;
use super::filter::{Flow, LineFilter, Out, Parsed};
use super::text::cloned;
use crate::containers::kernel::Sys;
use crate::containers::shell::is_name;
use ast::Pattern;
use machine::Machine;
use value::Value;

/// Nothing is read from here.
const NOTHING: &str = "/dev/null";

#[derive(Clone, Debug)]
struct Awk {
    machine: Machine,
    begun: bool,
    records: f64,
    /// Records of the file at hand.
    in_file: f64,
    /// What has been read of a record that is more than a line.
    partial: String,
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
    let reads = parsed.rules.iter().any(|rule| !matches!(rule.pattern, Pattern::Begin));
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
    let awk = Awk { machine, begun: false, records: 0.0, in_file: 0.0, partial: String::new() };
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
            Some('\n') => self.record(line, out),
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
                    if self.record(&record, out) == Flow::Stop {
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
        self.in_file = 0.0;
        self.machine.set("FILENAME", Value::Text(name.to_owned()));
    }

    fn end(&mut self, out: &mut Out) -> i32 {
        self.begin(out);
        // An error ends everything; `exit` still comes to the end's rules.
        if !self.machine.failed {
            self.machine.exited = false;
            self.machine.run_rules(|pattern| matches!(pattern, Pattern::End), out);
        }
        self.machine.status
    }

    cloned!();
}

impl Awk {
    fn begin(&mut self, out: &mut Out) {
        if !std::mem::replace(&mut self.begun, true) {
            self.machine.run_rules(|pattern| matches!(pattern, Pattern::Begin), out);
        }
    }

    /// The record that is not yet done, if there is any text of it.
    fn finish_record(&mut self, out: &mut Out) -> Flow {
        let record = std::mem::take(&mut self.partial);
        match record.strip_suffix('\n').unwrap_or(&record) {
            "" => Flow::On,
            record => self.record(record, out),
        }
    }

    fn record(&mut self, record: &str, out: &mut Out) -> Flow {
        self.records += 1.0;
        self.in_file += 1.0;
        self.machine.set("NR", Value::Number(self.records));
        self.machine.set("FNR", Value::Number(self.in_file));
        self.machine.set_record(record);
        self.machine.run_rules(|pattern| !matches!(pattern, Pattern::Begin | Pattern::End), out);
        if self.machine.exited { Flow::Stop } else { Flow::On }
    }
}
