//! sort.

use std::cmp::Ordering;

use super::args::Args;
use super::filter::{Flow, LineFilter, Out, Parsed, unknown};
use super::text::cloned;
use crate::base::sorted;
use crate::containers::kernel::Sys;

#[derive(Clone, Debug, Default)]
struct Order {
    numeric: bool,
    human: bool,
    reverse: bool,
    fold: bool,
    blanks: bool,
    version: bool,
    months: bool,
}

#[derive(Clone, Debug)]
struct Key {
    from: usize,
    to: usize,
    order: Option<Order>,
}

#[derive(Clone, Debug)]
struct Sort {
    order: Order,
    keys: Vec<Key>,
    separator: Option<char>,
    unique: bool,
    stable: bool,
    check: bool,
    output: Option<String>,
    /// Of the last file.
    name: String,
    lines: Vec<String>,
}

impl Order {
    fn letters(text: &str) -> Option<Order> {
        let mut order = Order::default();
        for letter in text.chars() {
            match letter {
                'n' | 'g' => order.numeric = true,
                'h' => order.human = true,
                'r' => order.reverse = true,
                'f' => order.fold = true,
                'b' => order.blanks = true,
                'V' => order.version = true,
                'M' => order.months = true,
                'd' | 'i' | 'R' => {}
                _ => return None,
            }
        }
        Some(order)
    }

    fn compare(&self, left: &str, right: &str) -> Ordering {
        let ordering = if self.numeric {
            number(left).total_cmp(&number(right))
        } else if self.human {
            human(left).total_cmp(&human(right))
        } else if self.version {
            versions(left).cmp(&versions(right))
        } else if self.months {
            month(left).cmp(&month(right))
        } else if self.fold {
            left.to_uppercase().cmp(&right.to_uppercase())
        } else {
            left.cmp(right)
        };
        if self.reverse { ordering.reverse() } else { ordering }
    }
}

/// The number at the start; 0 without one.
fn number(text: &str) -> f64 {
    let text = text.trim_start();
    let length = text
        .char_indices()
        .take_while(|(at, c)| c.is_ascii_digit() || *c == '.' || (*at == 0 && *c == '-'))
        .count();
    text[..length].parse().unwrap_or(0.0)
}

/// The place of the month that the text begins with; 0 without one.
fn month(text: &str) -> usize {
    const MONTHS: &str = "janfebmaraprmayjunjulaugsepoctnovdec";
    let name: String = text.trim_start().chars().take(3).collect();
    let at = MONTHS.find(&name.to_lowercase()).filter(|at| name.len() == 3 && at % 3 == 0);
    at.map_or(0, |at| at / 3 + 1)
}

fn human(text: &str) -> f64 {
    let scale = match text.trim().chars().last() {
        Some('K' | 'k') => 1e3,
        Some('M') => 1e6,
        Some('G') => 1e9,
        _ => 1.0,
    };
    number(text) * scale
}

/// Runs of digits as numbers between the texts around them.
fn versions(text: &str) -> Vec<(String, u64)> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let words = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(words);
        let digits = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
        parts.push((word.to_string(), tail[..digits].parse().unwrap_or(0)));
        rest = &tail[digits..];
    }
    parts
}

pub fn sort(argv: &[String], _: &mut Sys) -> Result<Parsed, (String, i32)> {
    let args = Args::parse(argv, "nrufbghVdiMRscmz", "kto", &["key", "field-separator", "output"]);
    if let Some(option) = &args.unknown {
        let (message, _) = unknown(option);
        return Err((message, 2));
    }
    let mut order = Order::default();
    for (name, _) in args.options() {
        match name.as_str() {
            "n" | "g" | "numeric-sort" => order.numeric = true,
            "h" => order.human = true,
            "r" | "reverse" => order.reverse = true,
            "f" | "ignore-case" => order.fold = true,
            "b" => order.blanks = true,
            "V" | "version-sort" => order.version = true,
            "M" | "month-sort" => order.months = true,
            _ => {}
        }
    }
    let keys = args.values(&["k", "key"]).into_iter().map(key).collect::<Option<Vec<_>>>();
    let keys = keys.ok_or_else(|| ("invalid field specification".to_string(), 2))?;
    let sort = Sort {
        order,
        keys,
        separator: args.value(&["t", "field-separator"]).and_then(|text| text.chars().next()),
        unique: args.has(&["u", "unique"]),
        stable: args.has(&["s"]),
        check: args.has(&["c"]),
        output: args.value(&["o", "output"]).map(String::from),
        name: String::new(),
        lines: Vec::new(),
    };
    Ok(Parsed { filter: Box::new(sort), files: args.operands })
}

/// `2`, `2,2n`, `1.3,2`: characters inside a field are not told apart.
fn key(text: &str) -> Option<Key> {
    let (from, to) = text.split_once(',').unwrap_or((text, ""));
    let part = |text: &str| -> Option<(usize, Option<Order>)> {
        let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let rest = text[digits..].trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
        let order = Order::letters(rest)?;
        Some((text[..digits].parse().ok()?, (!rest.is_empty()).then_some(order)))
    };
    let (from, first) = part(from)?;
    let (to, second) = if to.is_empty() { (usize::MAX, None) } else { part(to)? };
    (from > 0).then_some(Key { from, to, order: first.or(second) })
}

impl Sort {
    fn field<'a>(&self, line: &'a str, key: &Key) -> &'a str {
        let bounds: Vec<(usize, usize)> = match self.separator {
            Some(separator) => {
                let mut at = 0;
                let cut = |part: &str| {
                    let from = at;
                    at += part.len() + separator.len_utf8();
                    (from, from + part.len())
                };
                line.split(separator).map(cut).collect()
            }
            None => blank_fields(line),
        };
        let from = bounds.get(key.from - 1).map_or(line.len(), |bound| bound.0);
        let to = bounds.get(key.to.saturating_sub(1)).map_or(line.len(), |bound| bound.1);
        &line[from..to.max(from)]
    }

    fn compare(&self, left: &str, right: &str) -> Ordering {
        for key in &self.keys {
            let order = key.order.as_ref().unwrap_or(&self.order);
            let (mut one, mut other) = (self.field(left, key), self.field(right, key));
            if order.blanks || self.order.blanks {
                (one, other) = (one.trim_start(), other.trim_start());
            }
            let ordering = order.compare(one, other);
            if ordering != Ordering::Equal {
                return ordering;
            }
        }
        if self.keys.is_empty() { self.order.compare(left, right) } else { Ordering::Equal }
    }

    /// Equal lines fall back to a comparison of their bytes.
    fn last_resort(&self, left: &str, right: &str) -> Ordering {
        if self.stable || self.unique {
            return Ordering::Equal;
        }
        if self.order.reverse { right.cmp(left) } else { left.cmp(right) }
    }
}

/// Fields begin with the blanks before them.
fn blank_fields(line: &str) -> Vec<(usize, usize)> {
    let mut fields = Vec::new();
    let mut start = 0;
    let mut in_word = false;
    for (at, c) in line.char_indices() {
        let blank = c == ' ' || c == '\t';
        if blank && in_word {
            fields.push((start, at));
            start = at;
        }
        in_word = !blank;
    }
    fields.push((start, line.len()));
    fields
}

impl LineFilter for Sort {
    fn line(&mut self, line: &str, _: &mut Out) -> Flow {
        self.lines.push(line.to_string());
        Flow::On
    }

    fn begin_file(&mut self, name: &str, _: &mut Out) {
        self.name = if name.is_empty() { "-" } else { name }.to_string();
    }

    fn end(&mut self, out: &mut Out) -> i32 {
        let mut lines = std::mem::take(&mut self.lines);
        if self.check {
            let wrong = lines.windows(2).position(|pair| match self.compare(&pair[0], &pair[1]) {
                Ordering::Greater => true,
                Ordering::Equal => self.unique || self.last_resort(&pair[0], &pair[1]) == Ordering::Greater,
                Ordering::Less => false,
            });
            if let Some(at) = wrong {
                out.errors += &format!("sort: {}:{}: disorder: {}\n", self.name, at + 2, lines[at + 1]);
            }
            return i32::from(wrong.is_some());
        }
        sorted::sort_by(&mut lines, |left, right| {
            self.compare(left, right).then_with(|| self.last_resort(left, right))
        });
        if self.unique {
            lines.dedup_by(|left, right| self.compare(left, right) == Ordering::Equal);
        }
        match &self.output {
            None => lines.iter().for_each(|line| out.line(line)),
            Some(path) => {
                let text = lines.iter().map(|line| format!("{line}\n")).collect();
                out.files.push((path.clone(), true, text));
            }
        }
        0
    }

    cloned!();
}
