//! Commands that the shell runs itself.

mod control;
pub mod read;
mod variables;

pub use variables::set_option;

use super::Interpreter;
use super::state::{Dialect, State};
use crate::containers::files::{Kind, normalize};
use crate::containers::kernel::Sys;
use crate::containers::programs::{self, Found, printf};

const EVERYWHERE: &[&str] = &[
    ":", ".", "[", "alias", "bg", "break", "cd", "command", "continue", "echo", "eval", "exec", "exit",
    "export", "false", "fg", "getopts", "hash", "jobs", "kill", "local", "printf", "pwd", "read", "readonly",
    "return", "set", "shift", "test", "times", "trap", "true", "type", "ulimit", "umask", "unalias", "unset",
    "wait",
];

/// Beyond dash's own.
const BASH_ONLY: &[&str] =
    &["source", "declare", "typeset", "let", "shopt", "builtin", "mapfile", "readarray"];

pub fn is_builtin(state: &State, name: &str) -> bool {
    EVERYWHERE.contains(&name)
        || (state.is_bash() && BASH_ONLY.contains(&name))
        || (state.dialect == Dialect::Ash && matches!(name, "source" | "let"))
}

/// Builtins that assignments before them outlive.
pub fn keeps_assignments(state: &State, name: &str) -> bool {
    match state.is_bash() {
        true => matches!(name, "local" | "declare" | "typeset" | "export" | "readonly"),
        false => matches!(
            name,
            ":" | "."
                | "eval"
                | "export"
                | "readonly"
                | "set"
                | "shift"
                | "trap"
                | "unset"
                | "times"
                | "return"
        ),
    }
}

/// Runs a builtin: its status, or none when it goes on in frames of its own or unwinds.
pub fn run(shell: &mut Interpreter, sys: &mut Sys, argv: &[String]) -> Option<i32> {
    let args = &argv[1..];
    Some(match argv[0].as_str() {
        "alias" | "unalias" => variables::alias(shell, sys, argv),
        ":" | "true" | "hash" | "times" | "ulimit" | "bg" | "fg" | "jobs" => 0,
        "false" => 1,
        "echo" => {
            let text = echo_text(args, shell.state.dialect);
            shell.print(sys, &text)
        }
        "printf" if args.first().is_some_and(|arg| arg == "-v") && shell.state.is_bash() => {
            let Some(name) = args.get(1) else {
                shell.report(sys, "printf: -v: option requires an argument");
                return Some(2);
            };
            let text = printf::format_at(args.get(2..).unwrap_or(&[]), Some(sys.now())).text;
            i32::from(!shell.state.set(name, text))
        }
        "printf" => {
            let result = printf::format_at(args, shell.state.is_bash().then(|| sys.now()));
            let errors: Vec<String> = result.errors;
            errors.iter().for_each(|error| shell.report(sys, &format!("printf: {error}")));
            let written = shell.print(sys, &result.text);
            if errors.is_empty() { written } else { result.status }
        }
        "test" | "[" => return Some(test(shell, sys, argv)),
        "pwd" => {
            let directory = format!("{}\n", sys.task().directory);
            shell.print(sys, &directory)
        }
        "cd" => change_directory(shell, sys, args),
        "umask" if args.is_empty() => shell.print(sys, "0022\n"),
        "umask" => 0,
        "type" => type_of(shell, sys, args),
        "command" | "builtin" => return command(shell, sys, args),
        "let" => {
            let mut value = 0;
            for text in args {
                let text = text.clone();
                match shell.expand(sys, &[], |expander| expander.number(&text)) {
                    Ok(number) => value = number,
                    Err(trouble) => {
                        shell.report_trouble(sys, trouble);
                        return None;
                    }
                }
            }
            i32::from(value == 0)
        }
        "export" | "readonly" | "local" | "declare" | "typeset" => variables::declare(shell, sys, argv),
        "unset" => variables::unset(shell, args),
        "set" => variables::set(shell, sys, args),
        "shift" => variables::shift(shell, sys, args),
        "getopts" => variables::getopts(shell, sys, args),
        "read" => return read::start(shell, sys, args),
        "mapfile" | "readarray" => return read::start_lines(shell, args),
        "shopt" => variables::shopt(shell, args),
        _ => return control::run(shell, sys, argv),
    })
}

/// What `echo` writes: dash always understands escapes, the others with `-e`.
pub fn echo_text(args: &[String], dialect: Dialect) -> String {
    let mut newline = true;
    let mut escapes = dialect == Dialect::Dash;
    let mut rest = args;
    while let Some((flag, others)) = rest.split_first() {
        let letters = flag.strip_prefix('-').unwrap_or("");
        let known = match dialect {
            Dialect::Dash => letters == "n",
            _ => !letters.is_empty() && letters.chars().all(|c| "neE".contains(c)),
        };
        if !known {
            break;
        }
        for letter in letters.chars() {
            match letter {
                'n' => newline = false,
                'e' => escapes = true,
                _ => escapes = false,
            }
        }
        rest = others;
    }
    let mut text = rest.join(" ");
    if escapes {
        let (unescaped, stop) = super::escapes::echo(&text);
        text = unescaped;
        newline &= !stop;
    }
    if newline {
        text.push('\n');
    }
    text
}

fn test(shell: &mut Interpreter, sys: &mut Sys, argv: &[String]) -> i32 {
    let mut args = &argv[1..];
    if argv[0] == "[" {
        match args.split_last() {
            Some((last, others)) if last == "]" => args = others,
            _ => {
                shell.report(sys, if shell.state.is_bash() { "[: missing `]'" } else { "[: missing ]" });
                return 2;
            }
        }
    }
    match super::test::evaluate(args, &sys.kernel.files, &sys.task().directory) {
        Ok(truth) => i32::from(!truth),
        Err(message) => {
            let message = dialect_words(shell.state.dialect, &message);
            shell.report(sys, &format!("{}: {message}", argv[0]));
            2
        }
    }
}

fn dialect_words(dialect: Dialect, message: &str) -> String {
    let number = message.strip_prefix("Illegal number: ");
    match (dialect, number) {
        (Dialect::Bash, Some(text)) => format!("{text}: integer expression expected"),
        (Dialect::Ash, Some(text)) => format!("bad number '{text}'").replace("bad number", "bad number"),
        _ => message.to_string(),
    }
}

fn change_directory(shell: &mut Interpreter, sys: &mut Sys, args: &[String]) -> i32 {
    let target = match args.iter().find(|arg| !matches!(arg.as_str(), "-L" | "-P" | "--")) {
        None => shell.state.get("HOME").unwrap_or("/").to_string(),
        Some(dash) if dash == "-" => shell.state.get("OLDPWD").unwrap_or("/").to_string(),
        Some(target) => target.clone(),
    };
    let path = normalize(&sys.task().directory, &target);
    match sys.kernel.files.kind(&path) {
        Some(Kind::Directory) => {
            let before = std::mem::replace(&mut sys.task_mut().directory, path.clone());
            // Read-only or not, the directory has changed.
            let _ = shell.state.set("OLDPWD", before);
            let _ = shell.state.set("PWD", path.clone());
            if args.first().is_some_and(|arg| arg == "-") {
                shell.print(sys, &format!("{path}\n"))
            } else {
                0
            }
        }
        kind => {
            let why = if kind.is_some() { "Not a directory" } else { "No such file or directory" };
            let message = match shell.state.dialect {
                Dialect::Bash => format!("cd: {target}: {why}"),
                Dialect::Dash => format!("cd: can't cd to {target}"),
                Dialect::Ash => format!("cd: can't cd to {target}: {why}"),
            };
            shell.report(sys, &message);
            if shell.state.dialect == Dialect::Dash { 2 } else { 1 }
        }
    }
}

/// What a name stands for; none when it is nothing.
enum Kindred {
    Function,
    Builtin,
    Keyword,
    Program(String),
}

fn kindred(shell: &Interpreter, sys: &Sys, name: &str) -> Option<Kindred> {
    const KEYWORDS: &[&str] = &[
        "if", "then", "else", "elif", "fi", "do", "done", "case", "esac", "while", "until", "for", "{", "}",
        "!", "in",
    ];
    if KEYWORDS.contains(&name) {
        return Some(Kindred::Keyword);
    }
    if shell.state.functions.contains_key(name) {
        return Some(Kindred::Function);
    }
    if is_builtin(&shell.state, name) {
        return Some(Kindred::Builtin);
    }
    let found =
        programs::find(sys.kernel, &[name.to_string()], &sys.task().directory, shell.state.get("PATH"));
    match found {
        Found::Program(..) if name.contains('/') => Some(Kindred::Program(name.to_string())),
        Found::Program(..) => Some(Kindred::Program(programs::path_of(sys.kernel, name))),
        _ => None,
    }
}

fn type_of(shell: &mut Interpreter, sys: &mut Sys, names: &[String]) -> i32 {
    let mut status = 0;
    if let Some((_, names)) = names.split_first().filter(|(flag, _)| *flag == "-t" && shell.state.is_bash()) {
        for name in names {
            let text = match kindred(shell, sys, name) {
                Some(Kindred::Function) => "function\n",
                Some(Kindred::Keyword) => "keyword\n",
                Some(Kindred::Builtin) => "builtin\n",
                Some(Kindred::Program(_)) => "file\n",
                None => {
                    status = 1;
                    ""
                }
            };
            shell.print(sys, text);
        }
        return status;
    }
    for name in names {
        let bash = shell.state.is_bash();
        let text = match kindred(shell, sys, name) {
            Some(Kindred::Function) if bash => format!("{name} is a function\n"),
            Some(Kindred::Function) => format!("{name} is a shell function\n"),
            Some(Kindred::Keyword) => format!("{name} is a shell keyword\n"),
            Some(Kindred::Builtin) => format!("{name} is a shell builtin\n"),
            Some(Kindred::Program(path)) => format!("{name} is {path}\n"),
            None => {
                status = if bash { 1 } else { 127 };
                match bash {
                    true => shell.report(sys, &format!("type: {name}: not found")),
                    false => drop(shell.print(sys, &format!("{name}: not found\n"))),
                }
                continue;
            }
        };
        shell.print(sys, &text);
    }
    status
}

/// `command name args` and `command -v name`.
fn command(shell: &mut Interpreter, sys: &mut Sys, args: &[String]) -> Option<i32> {
    match args.first().map(String::as_str) {
        None => Some(0),
        Some("-v" | "-V") => {
            let mut status = 0;
            for name in &args[1..] {
                match kindred(shell, sys, name) {
                    Some(Kindred::Program(path)) => drop(shell.print(sys, &format!("{path}\n"))),
                    Some(_) => drop(shell.print(sys, &format!("{name}\n"))),
                    None => status = if shell.state.is_bash() { 1 } else { 127 },
                }
            }
            Some(status)
        }
        Some("-p" | "--") => command(shell, sys, &args[1..]),
        Some(name) if is_builtin(&shell.state, name) => run(shell, sys, args),
        Some(_) => {
            shell.external(sys, Vec::new(), args.to_vec(), &[]);
            None
        }
    }
}
