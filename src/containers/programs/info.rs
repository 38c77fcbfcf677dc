//! Programs that tell something: printenv, hostname, id, uname, which, expr, test, ps, free.

use super::{has_program, path_of, printf};
use crate::base::Timestamp;
use crate::containers::images::Base;
use crate::containers::kernel::{Step, Sys};
use crate::containers::programs::regex::Regex;
use crate::containers::shell::test;

pub fn printenv(sys: &mut Sys) -> Step {
    let names = sys.task().argv[1..].to_vec();
    if names.is_empty() {
        let text: String = sys.task().env.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
        sys.out(&text);
        return Step::Exit(0);
    }
    let mut code = 0;
    for name in names {
        match sys.env(&name).map(String::from) {
            Some(value) => drop(sys.out(&format!("{value}\n"))),
            None => code = 1,
        }
    }
    Step::Exit(code)
}

pub fn hostname(sys: &mut Sys) -> Step {
    let text = match sys.task().argv.get(1).map(String::as_str) {
        Some("-i" | "-I") => "127.0.0.1\n".to_string(),
        _ => format!("{}\n", sys.kernel.hostname),
    };
    sys.out(&text);
    Step::Exit(0)
}

pub fn whoami(sys: &mut Sys) -> Step {
    sys.out("root\n");
    Step::Exit(0)
}

pub fn id(sys: &mut Sys) -> Step {
    let text = match sys.task().argv.get(1).map(String::as_str) {
        Some("-u" | "-g") => "0\n",
        Some("-un" | "-gn") => "root\n",
        _ => "uid=0(root) gid=0(root) groups=0(root)\n",
    };
    sys.out(text);
    Step::Exit(0)
}

pub fn pwd(sys: &mut Sys) -> Step {
    let text = format!("{}\n", sys.task().directory);
    sys.out(&text);
    Step::Exit(0)
}

pub fn uname(sys: &mut Sys) -> Step {
    let host = sys.kernel.hostname.clone();
    let mut parts: Vec<&str> = Vec::new();
    let flags = sys.task().argv.get(1).cloned().unwrap_or_else(|| "-s".to_string());
    for (letter, part) in [
        ('s', "Linux"),
        ('n', host.as_str()),
        ('r', "6.12.0"),
        ('v', "#1 SMP"),
        ('m', "x86_64"),
        ('o', "GNU/Linux"),
    ] {
        if flags.contains(letter) || flags.contains('a') {
            parts.push(part);
        }
    }
    sys.out(&format!("{}\n", parts.join(" ")));
    Step::Exit(0)
}

pub fn which(sys: &mut Sys) -> Step {
    let names = sys.task().argv[1..].to_vec();
    let mut code = 0;
    for name in names {
        if has_program(sys.kernel.image, &name) {
            let path = path_of(sys.kernel, &name);
            sys.out(&format!("{path}\n"));
        } else {
            code = 1;
        }
    }
    Step::Exit(code)
}

pub fn nproc(sys: &mut Sys) -> Step {
    sys.out("4\n");
    Step::Exit(0)
}

pub fn printf_program(sys: &mut Sys) -> Step {
    let printed = printf::format(&sys.task().argv[1..]);
    sys.out(&printed.text);
    for error in printed.errors {
        sys.err(&format!("printf: {error}\n"));
    }
    Step::Exit(printed.status)
}

pub fn test_program(sys: &mut Sys) -> Step {
    let argv = sys.task().argv.clone();
    let mut args = &argv[1..];
    if argv[0].ends_with('[') {
        match args.split_last() {
            Some((last, others)) if last == "]" => args = others,
            _ => {
                sys.err("[: missing ']'\n");
                return Step::Exit(2);
            }
        }
    }
    match test::evaluate(args, &sys.kernel.files, &sys.task().directory) {
        Ok(truth) => Step::Exit(i32::from(!truth)),
        Err(message) => {
            sys.err(&format!("test: {message}\n"));
            Step::Exit(2)
        }
    }
}

/// Succeeds without doing anything: chmod, chown, sync, mount and the like.
pub fn nothing(_: &mut Sys) -> Step {
    Step::Exit(0)
}

pub fn ps(sys: &mut Sys) -> Step {
    let busybox = sys.kernel.image.base == Base::Busybox;
    let mut text = if busybox { "PID   USER     TIME  COMMAND\n" } else { "    PID TTY          TIME CMD\n" }
        .to_string();
    let before = sys.kernel.neighbours.keys().next_back().copied().unwrap_or(0);
    let own = sys.kernel.tasks.iter().map(|(pid, task)| (before + pid, &task.argv));
    for (pid, argv) in sys.kernel.neighbours.iter().map(|(pid, argv)| (*pid, argv)).chain(own) {
        match busybox {
            true => text.push_str(&format!("{pid:>5} root      0:00 {}\n", argv.join(" "))),
            false => text.push_str(&format!("{pid:>7} ?        00:00:00 {}\n", argv[0])),
        }
    }
    sys.out(&text);
    Step::Exit(0)
}

pub fn free(sys: &mut Sys) -> Step {
    let limit = (sys.kernel.memory_limit_bytes >> 10).min(8 << 20);
    let used: u64 = sys.kernel.tasks.values().map(|task| task.memory_bytes >> 10).sum();
    let rest = limit.saturating_sub(used);
    sys.out(&format!(
        "              total        used        free      shared  buff/cache   available\n\
         Mem:     {limit:>10}  {used:>10}  {rest:>10}           0           0  {rest:>10}\n"
    ));
    Step::Exit(0)
}

pub fn uptime(sys: &mut Sys) -> Step {
    let stamp: Timestamp = sys.now().to_timestamp();
    let civil = stamp.civil();
    sys.out(&format!(
        " {:02}:{:02}:{:02} up 1 day,  0 users,  load average: 0.08, 0.03, 0.01\n",
        civil.hour, civil.minute, civil.second
    ));
    Step::Exit(0)
}

/// A program that the image has but this simulation has not.
pub fn absent(sys: &mut Sys) -> Step {
    let name = sys.task().argv[0].clone();
    sys.err(&format!("{name}: this program is not part of the simulated image\n"));
    Step::Exit(1)
}

pub fn hello(sys: &mut Sys) -> Step {
    sys.out(
        "\nHello from Docker!\n\
         This message shows that your installation appears to be working correctly.\n\n",
    );
    Step::Exit(0)
}

/// `expr`: values, then operators by precedence.
pub fn expr(sys: &mut Sys) -> Step {
    let argv = sys.task().argv.clone();
    let mut parser = Expr { words: &argv[1..], at: 0, depth: 0 };
    let value = parser.any_of();
    match value {
        Ok(value) if parser.at == parser.words.len() => {
            sys.out(&format!("{value}\n"));
            Step::Exit(i32::from(value.is_empty() || value == "0"))
        }
        Ok(_) => {
            sys.err("expr: syntax error\n");
            Step::Exit(2)
        }
        Err(message) => {
            sys.err(&format!("expr: {message}\n"));
            Step::Exit(2)
        }
    }
}

struct Expr<'a> {
    words: &'a [String],
    at: usize,
    depth: u32,
}

const LEVELS: [&[&str]; 3] = [&["<", "<=", "=", "==", "!=", ">=", ">"], &["+", "-"], &["*", "/", "%"]];

impl Expr<'_> {
    fn take(&mut self, words: &[&str]) -> Option<String> {
        let word = self.words.get(self.at).filter(|word| words.contains(&word.as_str()))?.clone();
        self.at += 1;
        Some(word)
    }

    fn any_of(&mut self) -> Result<String, String> {
        self.depth += 1;
        if self.depth > 50 {
            return Err("syntax error".to_string());
        }
        let truth = |value: &str| !value.is_empty() && value != "0";
        let mut left = self.binary(0)?;
        while let Some(operator) = self.take(&["|", "&"]) {
            let right = self.binary(0)?;
            left = match (operator.as_str(), truth(&left), truth(&right)) {
                ("|", true, _) | ("&", true, true) => left,
                ("|", false, true) => right,
                _ => "0".to_string(),
            };
        }
        self.depth -= 1;
        Ok(left)
    }

    fn binary(&mut self, level: usize) -> Result<String, String> {
        let Some(operators) = LEVELS.get(level) else { return self.matching() };
        let mut left = self.binary(level + 1)?;
        while let Some(operator) = self.take(operators) {
            let right = self.binary(level + 1)?;
            left = apply(&left, &operator, &right)?;
        }
        Ok(left)
    }

    fn matching(&mut self) -> Result<String, String> {
        let left = self.primary()?;
        match self.take(&[":"]) {
            None => Ok(left),
            Some(_) => {
                let pattern = self.primary()?;
                matched(&left, &pattern)
            }
        }
    }

    fn primary(&mut self) -> Result<String, String> {
        let Some(word) = self.words.get(self.at) else {
            return Err(if self.words.is_empty() {
                "missing operand"
            } else {
                "syntax error: missing argument"
            }
            .to_string());
        };
        self.at += 1;
        match word.as_str() {
            "(" => {
                let value = self.any_of()?;
                self.take(&[")"]).ok_or("syntax error: expecting ')'")?;
                Ok(value)
            }
            "length" if self.at < self.words.len() => Ok(self.primary()?.chars().count().to_string()),
            "substr" if self.at + 2 < self.words.len() => {
                let text = self.primary()?;
                let (from, count) = (self.primary()?, self.primary()?);
                let number = |text: &str| text.parse::<usize>().unwrap_or(0);
                Ok(text.chars().skip(number(&from).saturating_sub(1)).take(number(&count)).collect())
            }
            "index" if self.at + 1 < self.words.len() => {
                let (text, wanted) = (self.primary()?, self.primary()?);
                let at = text.chars().position(|c| wanted.contains(c));
                Ok(at.map_or(0, |at| at + 1).to_string())
            }
            "match" if self.at + 1 < self.words.len() => {
                let text = self.primary()?;
                let pattern = self.primary()?;
                matched(&text, &pattern)
            }
            word => Ok(word.to_string()),
        }
    }
}

/// The first group, or the length of the match at the start.
fn matched(text: &str, pattern: &str) -> Result<String, String> {
    let regex = Regex::new(&format!("^{}", pattern.trim_start_matches('^')), false, false)?;
    let captures = regex.find(text);
    let whole = captures.as_ref().and_then(|captures| captures[0]);
    Ok(match captures.as_ref().and_then(|captures| captures.get(1)) {
        Some(Some((from, to))) => text[*from..*to].to_string(),
        Some(None) => String::new(),
        None if pattern.contains("\\(") => String::new(),
        None => whole.map_or(0, |(from, to)| text[from..to].chars().count()).to_string(),
    })
}

fn apply(left: &str, operator: &str, right: &str) -> Result<String, String> {
    let numbers = left.parse::<i64>().ok().zip(right.parse::<i64>().ok());
    let ordering = match numbers {
        Some((left, right)) => left.cmp(&right),
        None => left.cmp(right),
    };
    let truth = match operator {
        "<" => ordering.is_lt(),
        "<=" => ordering.is_le(),
        "=" | "==" => ordering.is_eq(),
        "!=" => ordering.is_ne(),
        ">=" => ordering.is_ge(),
        ">" => ordering.is_gt(),
        operator => {
            let (left, right) = numbers.ok_or("non-integer argument")?;
            if right == 0 && matches!(operator, "/" | "%") {
                return Err("division by zero".to_string());
            }
            return Ok(match operator {
                "+" => left.wrapping_add(right),
                "-" => left.wrapping_sub(right),
                "*" => left.wrapping_mul(right),
                "/" => left.wrapping_div(right),
                _ => left.wrapping_rem(right),
            }
            .to_string());
        }
    };
    Ok(i32::from(truth).to_string())
}
