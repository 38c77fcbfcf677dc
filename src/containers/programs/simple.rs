//! Programs of a few lines.

use crate::base::{Duration, Time};
use crate::containers::images::{Base, Image};
use crate::containers::kernel::{Read, Signal, Step, Sys};
use crate::containers::process::HostCallId;
use crate::containers::programs::Program;
use crate::containers::shell::{Dialect, Interpreter, builtin_echo, new_state};

pub type Once = fn(&mut Sys) -> Step;

pub fn echo(sys: &mut Sys) -> Step {
    let text = builtin_echo(&sys.task().argv[1..], Dialect::Bash);
    sys.out(&text);
    Step::Exit(0)
}

/// `sleep 5`, `sleep 1.5m`, `sleep infinity`; several arguments add up.
#[derive(Clone, Debug, Default)]
pub struct Sleep {
    started: bool,
}

/// Beyond any clock.
const FOREVER: Time = Time::from_millis(i64::MAX / 2);

impl Sleep {
    pub fn step(&mut self, sys: &mut Sys) -> Step {
        if self.started {
            return Step::Exit(0);
        }
        self.started = true;
        let busybox = sys.kernel.image.base == Base::Busybox;
        let arguments = sys.task().argv[1..].to_vec();
        if arguments.is_empty() {
            let text = if busybox {
                "BusyBox v1.36.1 multi-call binary.\n\nUsage: sleep [N]...\n\nPause for a time equal to the total of the args given\n"
            } else {
                "sleep: missing operand\nTry 'sleep --help' for more information.\n"
            };
            sys.err(text);
            return Step::Exit(1);
        }
        let mut total = 0_i64;
        for argument in &arguments {
            match seconds(argument) {
                Some(seconds) if seconds.is_infinite() => return Step::Sleep(FOREVER),
                Some(seconds) => total = total.saturating_add((seconds * 1000.0).min(1e17) as i64),
                None => {
                    let text = if busybox {
                        format!("sleep: invalid number '{argument}'\n")
                    } else {
                        format!(
                            "sleep: invalid time interval ‘{argument}’\nTry 'sleep --help' for more information.\n"
                        )
                    };
                    sys.err(&text);
                    return Step::Exit(1);
                }
            }
        }
        Step::Sleep((sys.now() + Duration::from_millis(total)).min(FOREVER))
    }
}

/// `5`, `0.5`, `2m`, `infinity`.
pub fn seconds(text: &str) -> Option<f64> {
    if matches!(text, "infinity" | "inf") {
        return Some(f64::INFINITY);
    }
    let (number, unit) = match text.strip_suffix(['s', 'm', 'h', 'd']) {
        Some(number) => (number, &text[number.len()..]),
        None => (text, "s"),
    };
    let scale = match unit {
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        _ => 1.0,
    };
    let plain = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let value: f64 = plain.then(|| number.parse().ok())??;
    Some(value * scale)
}

/// A server: runs until it is told to stop.
#[derive(Clone, Debug, Default)]
pub struct Server;

pub fn server(_: &Image, _: &[String]) -> Program {
    Program::Server(Server)
}

impl Server {
    pub fn step(&mut self, sys: &mut Sys) -> Step {
        if !sys.task().signals.is_empty() {
            return Step::Exit(0);
        }
        sys.task_mut().handled = vec![Signal::Term, Signal::Int, Signal::Quit];
        Step::Wait
    }
}

/// A program that the host runs.
#[derive(Clone, Debug, Default)]
pub struct Host {
    pub id: Option<HostCallId>,
}

impl Host {
    pub fn step(&mut self, sys: &mut Sys) -> Step {
        if self.id.is_none() {
            let argv = sys.task().argv.clone();
            self.id = Some(sys.call_host(argv));
        }
        Step::Host
    }
}

/// `sh -c text name args`, `sh file args`, `sh` with a script on its standard input.
pub fn shell(image: &Image, argv: &[String]) -> Program {
    let name = argv.first().map_or("sh", String::as_str);
    let plain = name.rsplit('/').next().unwrap_or(name);
    let dialect = match (plain.trim_start_matches('-'), image.base) {
        ("bash", _) => Dialect::Bash,
        (_, Base::Busybox) => Dialect::Ash,
        _ => Dialect::Dash,
    };
    let mut shell = Interpreter::new(new_state(dialect, name));
    shell.start_from(argv);
    Program::Shell(Box::new(shell))
}

/// Reads all of a descriptor; none while more may come.
pub fn read_all(sys: &mut Sys, fd: u32, bytes: &mut Vec<u8>) -> Option<Step> {
    loop {
        match sys.read(fd) {
            Read::Data(data) => bytes.extend_from_slice(&data),
            Read::End | Read::Error(_) => return None,
            Read::Wait => return Some(Step::Read(fd)),
        }
    }
}
