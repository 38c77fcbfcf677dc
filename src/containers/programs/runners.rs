//! Programs that run others or go on by themselves: env, timeout, xargs, tee, yes, seq, watch, stress.

use super::args::Args;
use super::simple::seconds;
use super::{Found, Program, find, printf};
use crate::base::{Duration, Time, carried};
use crate::containers::kernel::{Handle, Pid, Read, Signal, Step, Sys, Write};

/// Finds a program for a child; the error is what to say and the exit code.
pub fn lookup(sys: &Sys, argv: &[String]) -> Result<(Program, Vec<String>), (String, i32)> {
    let name = argv.first().cloned().unwrap_or_default();
    match find(sys.kernel, argv, &sys.task().directory, sys.env("PATH")) {
        Found::Program(program, argv) => Ok((program, argv)),
        Found::NotFound => Err((format!("'{name}': No such file or directory"), 127)),
        Found::Denied | Found::IsDirectory => Err((format!("'{name}': Permission denied"), 126)),
    }
}

/// Turns into another program.
fn become_program(sys: &mut Sys, own: &str, argv: &[String]) -> Step {
    match lookup(sys, argv) {
        Ok((program, argv)) => {
            sys.task_mut().argv = argv;
            Step::Become(Box::new(program))
        }
        Err((message, code)) => {
            sys.err(&format!("{own}: {message}\n"));
            Step::Exit(code)
        }
    }
}

pub fn env(sys: &mut Sys) -> Step {
    let argv = sys.task().argv.clone();
    let mut at = 1;
    while let Some(arg) = argv.get(at) {
        match (arg.as_str(), arg.split_once('=')) {
            ("-i" | "-", _) => sys.task_mut().env.clear(),
            ("-u", _) => {
                at += 1;
                if let Some(name) = argv.get(at) {
                    sys.task_mut().env.remove(name);
                }
            }
            (_, Some((name, value))) => drop(sys.task_mut().env.insert(name.to_string(), value.to_string())),
            _ => break,
        }
        at += 1;
    }
    if at < argv.len() {
        return become_program(sys, "env", &argv[at..]);
    }
    let text: String = sys.task().env.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    sys.out(&text);
    Step::Exit(0)
}

/// `nohup`, `nice`, `setsid`, `stdbuf`, `busybox`, `exec`-like wrappers, and the images' own entry points.
pub fn wrapper(sys: &mut Sys) -> Step {
    let argv = sys.task().argv.clone();
    let own = argv[0].rsplit('/').next().unwrap_or("").to_string();
    let is_entry = own.ends_with(".sh");
    let mut rest = &argv[1..];
    if !is_entry {
        while rest.first().is_some_and(|arg| arg.starts_with('-')) {
            let skip = if own == "nice" && rest[0] == "-n" { 2 } else { 1 };
            rest = rest.get(skip..).unwrap_or(&[]);
        }
    }
    if rest.is_empty() {
        return Step::Exit(0);
    }
    // `docker run bash -c ...`: a flag means the image's main program.
    if is_entry && rest[0].starts_with('-') {
        let main = sys.kernel.image.cmd.first().copied().unwrap_or("sh").to_string();
        let argv: Vec<String> = std::iter::once(main).chain(rest.iter().cloned()).collect();
        return become_program(sys, &own, &argv);
    }
    become_program(sys, &own, rest)
}

#[derive(Clone, Debug, Default)]
pub struct Timeout {
    child: Option<(Pid, Time)>,
    signal: Option<Signal>,
    /// `-k`: how long after the signal the child is killed.
    grace: Option<Duration>,
    keeps_status: bool,
    signalled: bool,
}

impl Timeout {
    pub fn step(&mut self, sys: &mut Sys) -> Step {
        let Some((child, deadline)) = self.child else { return self.begin(sys) };
        if let Some(code) = sys.reap(child) {
            let killed = code == 128 + Signal::Kill.number();
            let late = self.signalled && !self.keeps_status && !killed;
            return Step::Exit(if late { 124 } else { code });
        }
        if sys.now() >= deadline && !self.signalled {
            self.signalled = true;
            sys.kernel.signal(child, self.signal.unwrap_or(Signal::Term));
            return Step::Continue;
        }
        match (self.signalled, self.grace) {
            (false, _) => Step::WaitUntil(deadline),
            (true, None) => Step::Wait,
            (true, Some(grace)) if sys.now() >= deadline + grace => {
                self.grace = None;
                sys.kernel.signal(child, Signal::Kill);
                Step::Continue
            }
            (true, Some(grace)) => Step::WaitUntil(deadline + grace),
        }
    }

    fn begin(&mut self, sys: &mut Sys) -> Step {
        let argv = sys.task().argv.clone();
        let mut rest = &argv[1..];
        while let Some(arg) = rest.first().filter(|arg| arg.starts_with('-')) {
            let (flag, glued) = arg.split_at(arg.len().min(2));
            let apart = matches!(flag, "-s" | "-k" | "-t") && glued.is_empty();
            let value = if apart { rest.get(1).cloned().unwrap_or_default() } else { glued.to_owned() };
            match flag {
                "-s" => self.signal = Signal::parse(&value),
                "-k" => self.grace = seconds(&value).map(span),
                _ => match arg.split_once('=') {
                    Some(("--signal", name)) => self.signal = Signal::parse(name),
                    Some(("--kill-after", time)) => self.grace = seconds(time).map(span),
                    _ => self.keeps_status |= arg == "--preserve-status",
                },
            }
            rest = rest.get(1 + usize::from(apart)..).unwrap_or(&[]);
        }
        let [limit, command @ ..] = rest else {
            sys.err("timeout: missing operand\nTry 'timeout --help' for more information.\n");
            return Step::Exit(125);
        };
        let Some(limit) = seconds(limit) else {
            sys.err(&format!("timeout: invalid time interval ‘{limit}’\n"));
            return Step::Exit(125);
        };
        let (program, child_argv) = match lookup(sys, command) {
            Ok(found) => found,
            Err((message, code)) => {
                sys.err(&format!("timeout: failed to run command {message}\n"));
                return Step::Exit(code);
            }
        };
        let setting = sys.setting();
        let child = sys.spawn(program, child_argv, setting);
        self.child = Some((child, sys.now() + span(limit)));
        Step::Continue
    }
}

pub fn span(seconds: f64) -> Duration {
    Duration::from_millis((seconds.min(1e12) * 1000.0) as i64)
}

#[derive(Clone, Debug, Default)]
pub struct Xargs {
    input: Vec<u8>,
    /// Command lines still to run, the next one last.
    queue: Option<Vec<Vec<String>>>,
    child: Option<Pid>,
    status: i32,
    /// `find -exec`, which does not mind how its commands end.
    lenient: bool,
}

impl Xargs {
    /// Runs these commands, one after the other.
    pub fn of_commands(mut commands: Vec<Vec<String>>, status: i32) -> Xargs {
        commands.reverse();
        Xargs { queue: Some(commands), status, lenient: true, ..Xargs::default() }
    }

    pub fn step(&mut self, sys: &mut Sys) -> Step {
        if self.queue.is_none() {
            if let Some(step) = super::read_all(sys, 0, &mut self.input) {
                return step;
            }
            self.queue = Some(self.plan(sys));
        }
        if let Some(child) = self.child {
            match sys.reap(child) {
                None => return Step::Wait,
                Some(_) if self.lenient => {}
                Some(0) => {}
                Some(255) => return Step::Exit(124),
                Some(126) => return Step::Exit(126),
                Some(127) => return Step::Exit(127),
                Some(_) => self.status = 123,
            }
            self.child = None;
        }
        let Some(argv) = self.queue.as_mut().and_then(Vec::pop) else { return Step::Exit(self.status) };
        match lookup(sys, &argv) {
            Ok((program, argv)) => {
                let mut setting = sys.setting();
                setting.fds.insert(0, Handle::Null);
                self.child = Some(sys.spawn(program, argv, setting));
                Step::Continue
            }
            Err((message, code)) => {
                sys.err(&format!("xargs: {}\n", message.replace('\'', "")));
                Step::Exit(code)
            }
        }
    }

    fn plan(&self, sys: &Sys) -> Vec<Vec<String>> {
        let argv = sys.task().argv.clone();
        // The options end where the command begins.
        let mut split = 1;
        while let Some(arg) = argv.get(split).filter(|arg| arg.starts_with('-')) {
            split += if matches!(arg.as_str(), "-n" | "-I" | "-L" | "-P" | "-d" | "-s") { 2 } else { 1 };
        }
        let split = split.min(argv.len());
        let args = Args::parse(&argv[..split], "0rtpx", "nILPds", &[]);
        let mut command = argv[split..].to_vec();
        if command.is_empty() {
            command.push("echo".to_string());
        }
        let text = carried(&self.input);
        let by_line = args.value(&["I"]).is_some() || args.value(&["L"]).is_some();
        let items: Vec<String> = match (args.has(&["0"]), args.value(&["d"])) {
            (true, _) => text.split('\0').filter(|item| !item.is_empty()).map(String::from).collect(),
            (_, Some(delimiter)) => {
                let delimiter = crate::containers::shell::escapes::printf(delimiter).0;
                text.split(delimiter.as_str()).filter(|item| !item.is_empty()).map(String::from).collect()
            }
            _ if by_line => {
                text.lines().map(|line| line.trim().to_string()).filter(|line| !line.is_empty()).collect()
            }
            _ => quoted_words(&text),
        };
        let mut lines: Vec<Vec<String>> = Vec::new();
        if let Some(mark) = args.value(&["I"]) {
            for item in &items {
                lines.push(command.iter().map(|word| word.replace(mark, item)).collect());
            }
        } else if !items.is_empty() || !args.has(&["r"]) {
            let size =
                args.value(&["n", "L"]).and_then(|text| text.parse().ok()).unwrap_or(5_000_usize).max(1);
            if items.is_empty() {
                lines.push(command.clone());
            }
            lines.extend(items.chunks(size).map(|chunk| [command.as_slice(), chunk].concat()));
        }
        lines.reverse();
        lines
    }
}

/// Words at blanks; quotes and backslashes protect.
fn quoted_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            (c, Some(_)) => word.get_or_insert_default().push(c),
            ('\'' | '"', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            ('\\', None) => word.get_or_insert_default().extend(chars.next()),
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, None) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[derive(Clone, Debug, Default)]
pub struct Tee {
    targets: Option<Vec<Handle>>,
}

impl Tee {
    pub fn step(&mut self, sys: &mut Sys) -> Step {
        let Some(targets) = &self.targets else {
            let argv = sys.task().argv.clone();
            match super::text::open_tee(sys, &argv) {
                Ok(handles) => {
                    for (at, handle) in handles.iter().enumerate() {
                        sys.bind(20 + at as u32, *handle);
                    }
                    self.targets = Some(handles);
                    return Step::Continue;
                }
                Err(message) => {
                    sys.err(&message);
                    return Step::Exit(1);
                }
            }
        };
        match sys.read(0) {
            Read::Wait => Step::Read(0),
            Read::End | Read::Error(_) => Step::Exit(0),
            Read::Data(bytes) => {
                for at in 0..targets.len() {
                    sys.write(20 + at as u32, &bytes);
                }
                if sys.write(1, &bytes) == Write::Full { Step::Write(1) } else { Step::Continue }
            }
        }
    }
}

/// `yes` and `seq`: as much as anyone reads.
#[derive(Clone, Debug, Default)]
pub struct Generate {
    plan: Option<Series>,
}

#[derive(Clone, Debug)]
enum Series {
    Same(String),
    Numbers {
        next: i64,
        step: i64,
        last: i64,
        width: usize,
        separator: String,
        first: bool,
    },
    /// Formats with `printf`'s directives: `seq -f`.
    Floats {
        from: f64,
        step: f64,
        count: u64,
        at: u64,
        digits: usize,
        format: Option<String>,
    },
}

/// Lines per step.
const BATCH: usize = 500;

impl Generate {
    pub fn step(&mut self, sys: &mut Sys) -> Step {
        let Some(series) = &mut self.plan else {
            return match plan(&sys.task().argv) {
                Ok(series) => {
                    self.plan = Some(series);
                    Step::Continue
                }
                Err(message) => {
                    sys.err(&message);
                    Step::Exit(1)
                }
            };
        };
        let mut text = String::new();
        let mut done = false;
        for _ in 0..BATCH {
            match series {
                Series::Same(line) => text.push_str(line),
                Series::Numbers { next, step, last, width, separator, first } => {
                    if (*step > 0 && *next > *last) || (*step < 0 && *next < *last) {
                        done = true;
                        break;
                    }
                    if !std::mem::take(first) {
                        text.push_str(separator);
                    }
                    text.push_str(&format!("{next:0width$}", width = *width));
                    match next.checked_add(*step) {
                        Some(number) => *next = number,
                        None => done = true,
                    }
                }
                Series::Floats { from, step, count, at, digits, format } => {
                    if at >= count {
                        done = true;
                        break;
                    }
                    let number = format!("{:.*}", *digits, *from + *step * *at as f64);
                    let shown =
                        format.as_ref().map(|format| printf::format(&[format.clone(), number.clone()]).text);
                    text.push_str(&(shown.unwrap_or(number) + "\n"));
                    *at += 1;
                }
            }
        }
        if let (true, Series::Numbers { first: false, .. }) = (done, &*series) {
            text.push('\n');
        }
        match sys.out(&text) {
            Write::Full => Step::Write(1),
            _ if done => Step::Exit(0),
            _ => Step::Continue,
        }
    }
}

fn plan(argv: &[String]) -> Result<Series, String> {
    if argv[0].ends_with("yes") {
        let line = if argv.len() > 1 { argv[1..].join(" ") } else { "y".to_string() };
        return Ok(Series::Same(line + "\n"));
    }
    let mut separator = "\n".to_string();
    let (mut wide, mut format) = (false, None);
    let mut numbers: Vec<&String> = Vec::new();
    let mut rest = argv[1..].iter();
    while let Some(arg) = rest.next() {
        match arg.as_str() {
            "-w" => wide = true,
            "-s" => separator = rest.next().cloned().unwrap_or_default(),
            "-f" => format = rest.next().cloned(),
            arg if arg.starts_with("-s") => separator = arg[2..].to_string(),
            _ => numbers.push(arg),
        }
    }
    let texts: [&str; 3] = match numbers.as_slice() {
        [last] => ["1", "1", last],
        [first, last] => [first, "1", last],
        [first, step, last] => [first, step, last],
        _ => return Err("seq: missing operand\nTry 'seq --help' for more information.\n".to_string()),
    };
    let bad = |text: &str| {
        format!("seq: invalid floating point argument: ‘{text}’\nTry 'seq --help' for more information.\n")
    };
    let whole: Vec<i64> = texts.iter().filter_map(|text| text.parse().ok()).collect();
    if let ([first, step, last], None) = (&whole[..], &format) {
        let (first, step, last) = (*first, *step, *last);
        if step == 0 {
            return Err("seq: invalid Zero increment value: ‘0’\n".to_string());
        }
        let width = if wide { first.to_string().len().max(last.to_string().len()) } else { 0 };
        return Ok(Series::Numbers { next: first, step, last, width, separator, first: true });
    }
    let mut values = [0.0_f64; 3];
    for (value, text) in values.iter_mut().zip(texts) {
        *value = text.parse().map_err(|_| bad(text))?;
    }
    let [from, step, to] = values;
    let count = if step == 0.0 { 0.0 } else { ((to - from) / step + 1e-9).floor() + 1.0 };
    let digits = texts[..2].iter().map(|text| text.split_once('.').map_or(0, |(_, part)| part.len())).max();
    let (count, digits) = (count.clamp(0.0, 1e9) as u64, digits.unwrap_or(0));
    Ok(Series::Floats { from, step, count, at: 0, digits, format })
}

/// `stress`: takes memory or time.
#[derive(Clone, Debug, Default)]
pub struct Stress {
    end: Option<Time>,
    bytes: u64,
}

impl Stress {
    pub fn step(&mut self, sys: &mut Sys) -> Step {
        if let Some(end) = self.end {
            if sys.now() >= end {
                sys.out("stress: info: [1] successful run completed\n");
                return Step::Exit(0);
            }
            sys.task_mut().memory_bytes = self.bytes;
            return Step::Sleep(end);
        }
        let argv = sys.task().argv.clone();
        let args = Args::parse(
            &argv,
            "vq",
            "cimdt",
            &[
                "cpu",
                "vm",
                "vm-bytes",
                "vm-hang",
                "timeout",
                "io",
                "hdd",
                "mem-total",
                "mem-alloc-size",
                "mem-alloc-sleep",
                "cpus",
            ],
        );
        let size = |text: &str| {
            super::text::count(text.trim_end_matches("i").trim_end_matches("Mi")).unwrap_or(0).max(0) as u64
        };
        let workers: u64 = args.value(&["m", "vm"]).and_then(|text| text.parse().ok()).unwrap_or(0);
        let each = args.value(&["vm-bytes"]).map_or(256 << 20, size);
        self.bytes = (workers * each).max(args.value(&["mem-total", "mem-alloc-size"]).map_or(0, size));
        sys.out("stress: info: [1] dispatching hogs\n");
        let limit = args.value(&["t", "timeout"]).and_then(seconds).unwrap_or(1e9);
        self.end = Some(sys.now() + Duration::from_millis((limit * 1000.0) as i64));
        // The memory fills within a second.
        Step::Sleep(sys.now() + Duration::from_millis(500))
    }
}
