//! Builtins that steer the script: jumps, traps, jobs, other scripts.

use crate::containers::files::FileError;
use crate::containers::kernel::{Pid, Signal, Step, Sys};
use crate::containers::programs::{self, Found};
use crate::containers::shell::Interpreter;
use crate::containers::shell::frames::{Frame, Unwind};
use crate::containers::shell::report::quote;
use crate::containers::shell::state::Dialect;

/// Deeper `eval` in `eval` or file in file is refused.
const MAX_SCRIPTS: usize = 100;

pub fn run(shell: &mut Interpreter, sys: &mut Sys, argv: &[String]) -> Option<i32> {
    let args = &argv[1..];
    match argv[0].as_str() {
        "exit" => exit(shell, sys, args),
        "return" => {
            shell.state.status = number(args).unwrap_or(shell.state.status) & 0xff;
            let inside = shell.frames.iter().any(|frame| matches!(frame, Frame::Call { .. } | Frame::Source));
            if !inside && shell.state.is_bash() {
                shell.report(sys, "return: can only `return' from a function or sourced script");
                return Some(2);
            }
            shell.unwind = Some(if inside { Unwind::Return } else { Unwind::Exit });
            None
        }
        "break" | "continue" => {
            let count = number(args).unwrap_or(1).max(1) as u32;
            shell.state.status = 0;
            let leave = argv[0] == "break";
            shell.unwind = Some(if leave { Unwind::Break(count) } else { Unwind::Continue(count) });
            if !shell.frames.iter().any(Frame::is_loop) {
                shell.unwind = None;
            }
            None
        }
        "eval" => {
            if too_deep(shell, sys) {
                return Some(2);
            }
            shell.state.status = 0;
            shell.push_script(&args.join(" "));
            None
        }
        "." | "source" => source(shell, sys, args),
        "exec" => exec(shell, sys, args),
        "trap" => Some(trap(shell, sys, args)),
        "wait" => wait(shell, args),
        "kill" => Some(kill(shell, sys, args)),
        _ => Some(127),
    }
}

fn number(args: &[String]) -> Option<i32> {
    args.first()?.parse().ok()
}

fn too_deep(shell: &mut Interpreter, sys: &mut Sys) -> bool {
    let scripts =
        shell.frames.iter().filter(|frame| matches!(frame, Frame::Script { .. } | Frame::Source)).count();
    let deep = scripts > MAX_SCRIPTS;
    if deep {
        shell.report(sys, "maximum nesting of scripts exceeded");
    }
    deep
}

fn exit(shell: &mut Interpreter, sys: &mut Sys, args: &[String]) -> Option<i32> {
    let status = match args.first() {
        None => shell.frames.iter().rev().find_map(|frame| match frame {
            Frame::Trap { status } => Some(*status),
            _ => None,
        }),
        Some(text) => match text.parse::<i64>() {
            Ok(code) => Some((code & 0xff) as i32),
            Err(_) if shell.state.is_bash() => {
                shell.report(sys, &format!("exit: {text}: numeric argument required"));
                Some(2)
            }
            Err(_) => {
                let words =
                    if shell.state.dialect == Dialect::Dash { "Illegal number" } else { "illegal number" };
                shell.report(sys, &format!("exit: {words}: {text}"));
                Some(2)
            }
        },
    };
    shell.state.status = status.unwrap_or(shell.state.status);
    shell.unwind = Some(Unwind::Exit);
    None
}

fn source(shell: &mut Interpreter, sys: &mut Sys, args: &[String]) -> Option<i32> {
    let Some(name) = args.first() else { return Some(2) };
    if too_deep(shell, sys) {
        return Some(2);
    }
    let path = sys.path(name);
    let text = match path.as_str() {
        "/dev/null" => Ok(String::new()),
        path => sys.kernel.files.read_text(path),
    };
    match text {
        Ok(text) => {
            shell.frames.push(Frame::Source);
            shell.push_script(&text);
            None
        }
        Err(error) => {
            let message = match (shell.state.dialect, error) {
                (Dialect::Bash, error) => format!("{name}: {error}"),
                (Dialect::Dash, FileError::NotFound) => format!(".: cannot open {name}: No such file"),
                (_, error) => format!(".: can't open '{name}': {error}"),
            };
            shell.report(sys, &message);
            if !shell.state.is_bash() {
                shell.fatal(2);
                return None;
            }
            Some(1)
        }
    }
}

fn exec(shell: &mut Interpreter, sys: &mut Sys, args: &[String]) -> Option<i32> {
    let args: Vec<String> = args.iter().skip_while(|arg| *arg == "--").cloned().collect();
    if args.is_empty() {
        return Some(0);
    }
    let directory = sys.task().directory.clone();
    let path = shell.state.get("PATH").map(String::from);
    match programs::find(sys.kernel, &args, &directory, path.as_deref()) {
        Found::Program(program, argv) => {
            let env = shell.state.environment();
            let task = sys.task_mut();
            task.env = env;
            task.argv = argv;
            shell.next_step = Some(Step::Become(Box::new(program)));
            None
        }
        found => {
            let name = match shell.state.dialect {
                Dialect::Bash | Dialect::Dash => format!("exec: {}", args[0]),
                Dialect::Ash => format!("exec: {}", args[0]),
            };
            let status = shell.report_not_found(sys, &name, &found);
            shell.fatal(status);
            None
        }
    }
}

fn trap(shell: &mut Interpreter, sys: &mut Sys, args: &[String]) -> i32 {
    let args: Vec<&String> = args.iter().skip_while(|arg| *arg == "--").collect();
    let Some((command, names)) = args.split_first() else {
        return list_traps(shell, sys);
    };
    if command.as_str() == "-p" {
        return list_traps(shell, sys);
    }
    // With a lone signal the default comes back.
    let (command, names): (&str, &[&String]) =
        if names.is_empty() { ("-", &args) } else { (command.as_str(), names) };
    let mut status = 0;
    for name in names {
        let key = match name.to_ascii_uppercase().as_str() {
            "0" | "EXIT" => "EXIT",
            "ERR" if shell.state.is_bash() => "ERR",
            name @ ("DEBUG" | "RETURN") if shell.state.is_bash() => {
                shell.report(sys, &format!("trap: {name} is not part of this simulated shell"));
                status = 1;
                continue;
            }
            _ => match Signal::parse(name) {
                Some(signal) => signal.name(),
                None => {
                    let message = match shell.state.dialect {
                        Dialect::Bash => format!("trap: {name}: invalid signal specification"),
                        Dialect::Dash => format!("trap: {name}: bad trap"),
                        Dialect::Ash => format!("trap: {name}: invalid signal specification"),
                    };
                    shell.report(sys, &message);
                    status = 1;
                    continue;
                }
            },
        };
        match command {
            "-" => drop(shell.state.traps.remove(key)),
            command => drop(shell.state.traps.insert(key.to_string(), command.to_string())),
        }
        if let Some(signal) = Signal::parse(key) {
            let handled = &mut sys.task_mut().handled;
            handled.retain(|other| *other != signal);
            if command != "-" {
                handled.push(signal);
            }
        }
    }
    status
}

fn list_traps(shell: &mut Interpreter, sys: &mut Sys) -> i32 {
    let bash = shell.state.is_bash();
    let mut text = String::new();
    for (name, command) in &shell.state.traps {
        let prefix = if bash && name != "EXIT" && name != "ERR" { "SIG" } else { "" };
        let command = format!("'{}'", command.replace('\'', "'\\''"));
        let command = if bash || command.contains(' ') { command } else { quote(command.trim_matches('\'')) };
        text.push_str(&format!("trap -- {command} {prefix}{name}\n"));
    }
    shell.print(sys, &text)
}

fn job(shell: &Interpreter, text: &str) -> Option<Pid> {
    match text.strip_prefix('%') {
        Some("%" | "+" | "") => shell.state.jobs.last().copied(),
        Some(number) => shell.state.jobs.get(number.parse::<usize>().ok()?.checked_sub(1)?).copied(),
        None => text.parse().ok(),
    }
}

fn wait(shell: &mut Interpreter, args: &[String]) -> Option<i32> {
    let pids: Vec<Pid> = match args.iter().any(|arg| !arg.starts_with('-')) {
        false => shell.state.jobs.clone(),
        true => args.iter().filter_map(|arg| job(shell, arg)).collect(),
    };
    if pids.iter().any(|pid| !shell.state.jobs.contains(pid)) {
        return Some(127);
    }
    if args.first().is_some_and(|arg| arg == "-n") {
        let first = pids.first().copied();
        shell.state.status = 0;
        shell.frames.push(Frame::WaitBuiltin { pids: first.into_iter().collect() });
        return None;
    }
    let all = args.is_empty();
    shell.state.status = 0;
    if all {
        // Without arguments the status is 0, whatever the jobs did.
        shell.frames.push(Frame::Trap { status: 0 });
    }
    shell.frames.push(Frame::WaitBuiltin { pids });
    None
}

fn kill(shell: &mut Interpreter, sys: &mut Sys, args: &[String]) -> i32 {
    let mut signal = Signal::Term;
    let mut targets = Vec::new();
    let mut probe = false;
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        let name = match arg.strip_prefix('-') {
            Some("l") => {
                let names: Vec<&str> = Signal::ALL.iter().map(|signal| signal.name()).collect();
                return shell.print(sys, &format!("{}\n", names.join(" ")));
            }
            Some("s" | "n") => rest.next().map(String::as_str),
            Some(name) if targets.is_empty() && !name.is_empty() => Some(name),
            _ => {
                targets.push(arg);
                continue;
            }
        };
        probe = name == Some("0");
        match name.and_then(Signal::parse) {
            Some(named) => signal = named,
            None if probe => {}
            None => {
                let name = name.unwrap_or("");
                shell.report(sys, &format!("kill: {name}: invalid signal specification"));
                return 1;
            }
        }
    }
    let mut status = 0;
    for target in targets {
        let pid = job(shell, target).filter(|pid| sys.kernel.is_running(*pid));
        match pid {
            Some(pid) if !probe => sys.kernel.signal(pid, signal),
            Some(_) => {}
            None => {
                let message = match shell.state.dialect {
                    Dialect::Bash => format!("kill: ({target}) - No such process"),
                    Dialect::Dash => "kill: No such process".to_string(),
                    Dialect::Ash => format!("can't kill pid {target}: No such process"),
                };
                shell.report(sys, &message);
                status = 1;
            }
        }
    }
    status
}
