//! tail, also following a file as it grows.

use super::args::Args;
use super::text::{count, old_count};
use crate::base::Duration;
use crate::containers::files::FileError;
use crate::containers::images::Base;
use crate::containers::kernel::{Handle, Read, Step, Sys};

/// How often a followed file is looked at.
const POLL: Duration = Duration::from_millis(1_000);

/// What an endless file without newlines takes up in a tenth of a second.
const EATEN_BYTES: u64 = 64 << 20;

#[derive(Clone, Debug, Default)]
pub struct Tail {
    plan: Option<Plan>,
    files: Vec<Followed>,
    input: Vec<u8>,
}

#[derive(Clone, Debug)]
struct Plan {
    bytes: bool,
    from_start: bool,
    limit: usize,
    follow: bool,
    retry: bool,
    headers: bool,
    status: i32,
}

#[derive(Clone, Debug)]
struct Followed {
    path: String,
    /// Bytes already shown; none while the file is not there.
    shown: Option<usize>,
}

impl Tail {
    pub fn step(&mut self, sys: &mut Sys) -> Step {
        let Some(plan) = self.plan.clone() else { return self.begin(sys) };
        if self.files.is_empty() {
            return self.read_input(sys, &plan);
        }
        if !plan.follow {
            return Step::Exit(plan.status);
        }
        for at in 0..self.files.len() {
            self.poll(sys, at, &plan);
        }
        Step::Sleep(sys.now() + POLL)
    }

    fn begin(&mut self, sys: &mut Sys) -> Step {
        let argv = old_count(&sys.task().argv);
        let args = Args::parse(&argv, "fFqv", "ncs", &["lines", "bytes", "pid", "sleep-interval"]);
        let bytes = args.value(&["c", "bytes"]);
        let text = bytes.or(args.value(&["n", "lines"])).unwrap_or("10");
        let from_start = text.starts_with('+');
        let Some(limit) = count(text.trim_start_matches(['+', '-'])) else {
            sys.err(&format!("tail: invalid number of lines: '{text}'\n"));
            return Step::Exit(1);
        };
        let mut plan = Plan {
            bytes: bytes.is_some(),
            from_start,
            limit: limit.max(0) as usize,
            follow: args.has(&["f", "F", "follow"]),
            retry: args.has(&["F", "retry"]),
            headers: args.operands.len() > 1 && !args.has(&["q"]),
            status: 0,
        };
        let files: Vec<String> = args.operands.iter().filter(|path| *path != "-").cloned().collect();
        for (at, path) in files.into_iter().enumerate() {
            if sys.path(&path) == "/dev/zero" {
                self.files.clear();
                if let Ok(handle) = sys.open(&path, crate::containers::kernel::Mode::Read) {
                    sys.bind(0, handle);
                }
                break;
            }
            let shown = self.show_first(sys, &path, at, &mut plan);
            if shown.is_some() || plan.retry {
                self.files.push(Followed { path, shown });
            }
        }
        let none_left = self.files.is_empty() && !args.operands.is_empty();
        let status = plan.status;
        self.plan = Some(plan);
        if none_left && status != 0 { Step::Exit(status) } else { Step::Continue }
    }

    fn show_first(&self, sys: &mut Sys, path: &str, at: usize, plan: &mut Plan) -> Option<usize> {
        match sys.kernel.files.read(&sys.path(path)) {
            Ok(content) => {
                if plan.headers {
                    let gap = if at > 0 { "\n" } else { "" };
                    sys.out(&format!("{gap}==> {path} <==\n"));
                }
                let part = last_part(&content, plan).to_vec();
                sys.write(1, &part);
                Some(content.len())
            }
            Err(error) => {
                plan.status = 1;
                let text = match (sys.kernel.image.base, error) {
                    (Base::Busybox, error) => format!("tail: can't open '{path}': {error}\n"),
                    (_, FileError::IsDirectory) => format!("tail: error reading '{path}': Is a directory\n"),
                    (_, error) => format!("tail: cannot open '{path}' for reading: {error}\n"),
                };
                sys.err(&text);
                None
            }
        }
    }

    fn poll(&mut self, sys: &mut Sys, at: usize, plan: &Plan) {
        let followed = &mut self.files[at];
        let path = sys.path(&followed.path);
        let Some(size) = sys.kernel.files.size(&path) else {
            if plan.retry {
                followed.shown = None;
            }
            return;
        };
        let busybox = sys.kernel.image.base == Base::Busybox;
        let from = match followed.shown {
            Some(shown) if shown <= size => shown,
            Some(_) => {
                sys.err(&format!("tail: {}: file truncated\n", followed.path));
                0
            }
            None => {
                if !busybox {
                    sys.err(&format!("tail: '{}' has appeared;  following new file\n", followed.path));
                }
                0
            }
        };
        followed.shown = Some(size);
        if let Ok(bytes) = sys.kernel.files.read_from(&path, from, usize::MAX) {
            sys.write(1, &bytes);
        }
    }

    fn read_input(&mut self, sys: &mut Sys, plan: &Plan) -> Step {
        match sys.read(0) {
            Read::Wait => Step::Read(0),
            Read::Data(_) if sys.task().fds.get(&0) == Some(&Handle::Zero) => {
                // No newline ever comes: all of it has to be kept.
                sys.task_mut().memory_bytes += EATEN_BYTES;
                Step::Sleep(sys.now() + Duration::from_millis(100))
            }
            Read::Data(bytes) => {
                self.input.extend_from_slice(&bytes);
                Step::Continue
            }
            Read::End | Read::Error(_) => {
                let part = last_part(&self.input, plan).to_vec();
                sys.write(1, &part);
                Step::Exit(plan.status)
            }
        }
    }
}

fn last_part<'a>(content: &'a [u8], plan: &Plan) -> &'a [u8] {
    let length = content.len();
    if plan.bytes {
        let from =
            if plan.from_start { plan.limit.saturating_sub(1) } else { length.saturating_sub(plan.limit) };
        return &content[from.min(length)..];
    }
    let mut starts: Vec<usize> = vec![0];
    starts.extend(content.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at + 1));
    starts.retain(|start| *start < length);
    let at =
        if plan.from_start { plan.limit.saturating_sub(1) } else { starts.len().saturating_sub(plan.limit) };
    &content[starts.get(at).copied().unwrap_or(length)..]
}
