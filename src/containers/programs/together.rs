//! Filters that set lines of several files side by side: paste, comm, column.

use super::args::Args;
use super::filter::{Flow, LineFilter, Out};
use super::text::{Built, built, cloned};
use crate::containers::kernel::Sys;
use crate::containers::shell::escapes;

/// What is made of all lines of all files.
#[derive(Clone, Debug)]
enum Form {
    Paste {
        delimiters: Vec<char>,
        serial: bool,
    },
    /// Which of the three columns are shown.
    Comm([bool; 3]),
    Table {
        separator: Option<String>,
        gap: String,
    },
}

/// All lines, file by file.
#[derive(Clone, Debug)]
struct Together {
    form: Form,
    files: Vec<Vec<String>>,
    /// Which files are the standard input: several of them take its lines in turn.
    inputs: Vec<usize>,
}

fn together(form: Form, files: Vec<String>) -> Built {
    let inputs = (0..files.len()).filter(|at| files[*at] == "-").collect();
    built(Together { form, files: Vec::new(), inputs }, files)
}

pub fn paste(argv: &[String], _: &mut Sys) -> Built {
    let args = Args::parse(argv, "s", "d", &["delimiters"]);
    let delimiters = escapes::printf(args.value(&["d", "delimiters"]).unwrap_or("\t")).0.chars().collect();
    together(Form::Paste { delimiters, serial: args.has(&["s", "serial"]) }, args.operands)
}

pub fn comm(argv: &[String], _: &mut Sys) -> Built {
    let args = Args::parse(argv, "123", "", &[]);
    if args.operands.len() != 2 {
        return Err(("missing operand\nTry 'comm --help' for more information.".to_string(), 1));
    }
    together(Form::Comm(["1", "2", "3"].map(|column| !args.has(&[column]))), args.operands)
}

pub fn column(argv: &[String], _: &mut Sys) -> Built {
    let args = Args::parse(argv, "t", "so", &["separator", "output-separator"]);
    if !args.has(&["t", "table"]) {
        return Err(("only tables (-t) are part of this simulated column".to_string(), 1));
    }
    let gap = args.value(&["o", "output-separator"]).unwrap_or("  ").to_string();
    together(Form::Table { separator: args.value(&["s", "separator"]).map(String::from), gap }, args.operands)
}

/// Joins with delimiters that come round again.
fn joined(parts: &[&str], delimiters: &[char]) -> String {
    let mut text = String::new();
    for (at, part) in parts.iter().enumerate() {
        if at > 0 && !delimiters.is_empty() {
            text.push(delimiters[(at - 1) % delimiters.len()]);
        }
        text.push_str(part);
    }
    text
}

fn pasted(files: &[Vec<String>], delimiters: &[char], out: &mut Out) {
    let rows = files.iter().map(Vec::len).max().unwrap_or(0);
    for row in 0..rows {
        let parts: Vec<&str> = files.iter().map(|file| file.get(row).map_or("", String::as_str)).collect();
        out.line(&joined(&parts, delimiters));
    }
}

/// Lines of the first file only, of the second only, of both, in sorted files.
fn compared(first: &[String], second: &[String], shown: [bool; 3], out: &mut Out) {
    let (mut first, mut second) = (first.iter().peekable(), second.iter().peekable());
    loop {
        let (column, line) = match (first.peek(), second.peek()) {
            (None, None) => return,
            (Some(one), Some(other)) if one == other => (2, *one),
            (Some(one), Some(other)) if one < other => (0, *one),
            (Some(one), None) => (0, *one),
            (_, Some(other)) => (1, *other),
        };
        if column != 1 {
            first.next();
        }
        if column != 0 {
            second.next();
        }
        if shown[column] {
            let tabs = shown[..column].iter().filter(|shown| **shown).count();
            out.line(&format!("{}{line}", "\t".repeat(tabs)));
        }
    }
}

fn table(lines: &[String], separator: Option<&str>, gap: &str, out: &mut Out) {
    let rows = lines.iter().map(|line| match separator {
        Some(separator) => line.split(|c| separator.contains(c)).collect::<Vec<&str>>(),
        None => line.split_whitespace().collect(),
    });
    let rows: Vec<Vec<&str>> = rows.filter(|row| !row.is_empty()).collect();
    let mut widths: Vec<usize> = Vec::new();
    for row in &rows {
        widths.resize(widths.len().max(row.len()), 0);
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for row in rows {
        let last = row.len() - 1;
        let cells = row.iter().zip(&widths).enumerate().map(|(at, (cell, width))| match at == last {
            true => cell.to_string(),
            false => format!("{cell:<width$}{gap}"),
        });
        out.line(&cells.collect::<String>());
    }
}

impl LineFilter for Together {
    fn line(&mut self, line: &str, _: &mut Out) -> Flow {
        if let Some(file) = self.files.last_mut() {
            file.push(line.to_string());
        }
        Flow::On
    }

    fn begin_file(&mut self, _: &str, _: &mut Out) {
        self.files.push(Vec::new());
    }

    fn end(&mut self, out: &mut Out) -> i32 {
        let mut files = std::mem::take(&mut self.files);
        if let (Form::Paste { serial: false, .. }, [first, _, ..]) = (&self.form, self.inputs.as_slice()) {
            let lines = files.get_mut(*first).map(std::mem::take).unwrap_or_default();
            for (input, line) in self.inputs.iter().cycle().zip(lines) {
                files[*input].push(line);
            }
        }
        match &self.form {
            Form::Paste { delimiters, serial: true } => {
                for file in &files {
                    let lines: Vec<&str> = file.iter().map(String::as_str).collect();
                    out.line(&joined(&lines, delimiters));
                }
            }
            Form::Paste { delimiters, .. } => pasted(&files, delimiters, out),
            Form::Comm(shown) => {
                let second = files.pop().unwrap_or_default();
                compared(&files.pop().unwrap_or_default(), &second, *shown, out);
            }
            Form::Table { separator, gap } => table(&files.concat(), separator.as_deref(), gap, out),
        }
        0
    }

    cloned!();
}
