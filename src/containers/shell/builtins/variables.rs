//! Builtins around variables, options and parameters.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::containers::kernel::Sys;
use crate::containers::shell::Interpreter;
use crate::containers::shell::frames::Frame;
use crate::containers::shell::report::{declaration, quote, quote_always};
use crate::containers::shell::state::{Content, Dialect, Variable};
use crate::containers::shell::words::is_name;

/// `export`, `readonly`, `local`, `declare`.
pub fn declare(shell: &mut Interpreter, sys: &mut Sys, argv: &[String]) -> i32 {
    let command = argv[0].as_str();
    let (flags, names): (Vec<&String>, Vec<&String>) = argv[1..].iter().partition(|arg| arg.starts_with('-'));
    let has = |letter: char| flags.iter().any(|flag| flag.contains(letter));
    if names.is_empty() {
        return if has('a') || has('A') { 0 } else { list(shell, sys, command) };
    }
    if has('p') && shell.state.is_bash() {
        return print_declarations(shell, sys, command, &names);
    }
    let in_function = shell.frames.iter().any(|frame| matches!(frame, Frame::Call { .. }));
    let local = command == "local" || (matches!(command, "declare" | "typeset") && in_function && !has('g'));
    if local && !in_function {
        let words = if shell.state.is_bash() {
            "local: can only be used in a function"
        } else {
            "local: not in a function"
        };
        shell.report(sys, words);
        return if shell.state.is_bash() { 1 } else { 2 };
    }
    for argument in names {
        if let Err(status) = declare_one(shell, sys, command, &flags, local, argument) {
            return status;
        }
    }
    0
}

/// One `NAME` or `NAME=VALUE`; the status of the whole command where it is refused.
fn declare_one(
    shell: &mut Interpreter,
    sys: &mut Sys,
    command: &str,
    flags: &[&String],
    local: bool,
    argument: &str,
) -> Result<(), i32> {
    let has = |letter: char| flags.iter().any(|flag| flag.contains(letter));
    let (name, value) = match argument.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (argument, None),
    };
    let (name, append) = match name.strip_suffix('+') {
        Some(name) => (name, true),
        None => (name, false),
    };
    if !is_name(name) {
        return Err(bad_name(shell, sys, command, argument, name));
    }
    if local {
        make_local(shell, name, has('a'));
    }
    if has('n') && command != "export" {
        let variable = shell.state.variables.entry(name.to_string()).or_default();
        variable.reference = true;
        if let Some(value) = value {
            variable.content = Content::Scalar(value.to_string());
        }
        return Ok(());
    }
    if has('A') || (has('i') && shell.state.is_bash()) {
        let variable = shell.state.variable_mut(name);
        variable.integer |= has('i');
        if has('A') && !matches!(variable.content, Content::Map(_)) {
            variable.content = Content::Map(BTreeMap::new());
        }
    }
    if let Some(value) = value {
        let value = declared_value(shell, sys, name, value, append);
        if !shell.state.set(name, value) {
            shell.report_readonly(sys, name);
            if !shell.state.is_bash() {
                shell.fatal(2);
            }
            return Err(1);
        }
    }
    if (command == "export" || has('x')) && !has('n') {
        shell.state.export(name);
    }
    if command == "readonly" || has('r') {
        shell.state.variable_mut(name).readonly = true;
    }
    if has('n')
        && let Some(variable) = shell.state.variables.get_mut(name)
    {
        variable.exported = false;
    }
    Ok(())
}

/// What a variable becomes by `NAME=VALUE` or `NAME+=VALUE`: of an integer, the value of the expression.
fn declared_value(shell: &mut Interpreter, sys: &mut Sys, name: &str, value: &str, append: bool) -> String {
    let integer = shell.state.variable(name).is_some_and(|variable| variable.integer);
    let before = if append { shell.state.get(name).unwrap_or("").to_string() } else { String::new() };
    if !integer {
        return before + value;
    }
    let text = if append { format!("{before}+({value})") } else { value.to_string() };
    let number = shell.expand(sys, &[], |expander| expander.number(&text));
    number.map_or_else(|_| value.to_string(), |number| number.to_string())
}

fn bad_name(shell: &mut Interpreter, sys: &mut Sys, command: &str, argument: &str, name: &str) -> i32 {
    let message = match shell.state.dialect {
        Dialect::Bash => format!("{command}: `{argument}': not a valid identifier"),
        _ => format!("{command}: {name}: bad variable name"),
    };
    shell.report(sys, &message);
    if !shell.state.is_bash() {
        shell.fatal(2);
    }
    1
}

/// Hides a variable until the function returns.
fn make_local(shell: &mut Interpreter, name: &str, array: bool) {
    let before = shell.state.variables.get(name).cloned();
    let exported = before.as_ref().is_some_and(|variable| variable.exported);
    let call = shell.frames.iter_mut().rev().find_map(|frame| match frame {
        Frame::Call { locals, .. } => Some(locals),
        _ => None,
    });
    let Some(locals) = call else { return };
    if locals.iter().any(|(local, _)| local == name) {
        return;
    }
    locals.push((name.to_string(), before.clone()));
    let content = match (shell.state.dialect, before) {
        // dash and ash keep the value that the variable had outside.
        (Dialect::Dash | Dialect::Ash, Some(variable)) => variable.content,
        _ if array => Content::Array(Default::default()),
        _ => Content::Unset,
    };
    shell.state.variables.insert(name.to_string(), Variable { content, exported, ..Variable::default() });
}

/// `declare -p NAME...`: each as a command that would make it.
fn print_declarations(shell: &mut Interpreter, sys: &mut Sys, command: &str, names: &[&String]) -> i32 {
    let mut status = 0;
    for name in names {
        let Some(variable) = shell.state.variables.get(*name) else {
            shell.report(sys, &format!("{command}: {name}: not found"));
            status = 1;
            continue;
        };
        let line = declaration(name, variable) + "\n";
        shell.print(sys, &line);
    }
    status
}

fn list(shell: &mut Interpreter, sys: &mut Sys, command: &str) -> i32 {
    let bash = shell.state.is_bash();
    let mut text = String::new();
    for (name, variable) in &shell.state.variables {
        let shown = match command {
            "export" => variable.exported,
            "readonly" => variable.readonly,
            _ => false,
        };
        if !shown {
            continue;
        }
        let prefix = match (bash, command) {
            (true, "export") => "declare -x",
            (true, _) => "declare -r",
            (false, command) => command,
        };
        match &variable.content {
            Content::Scalar(value) if bash => text.push_str(&format!("{prefix} {name}=\"{value}\"\n")),
            Content::Scalar(value) => text.push_str(&format!("{prefix} {name}='{value}'\n")),
            _ => text.push_str(&format!("{prefix} {name}\n")),
        }
    }
    shell.print(sys, &text)
}

/// `alias` and `unalias`.
pub fn alias(shell: &mut Interpreter, sys: &mut Sys, argv: &[String]) -> i32 {
    let removes = argv[0] == "unalias";
    let mut names: Vec<&str> = argv[1..].iter().map(String::as_str).filter(|name| *name != "-p").collect();
    let all: Vec<String> = shell.state.aliases.keys().cloned().collect();
    if (removes && names == ["-a"]) || (!removes && names.is_empty()) {
        names = all.iter().map(String::as_str).collect();
    }
    let mut status = 0;
    for name in names {
        if let Some((name, text)) = name.split_once('=').filter(|_| !removes) {
            Arc::make_mut(&mut shell.state.aliases).insert(name.to_string(), text.to_string());
            continue;
        }
        let known = shell.state.aliases.get(name).cloned();
        match known {
            Some(_) if removes => drop(Arc::make_mut(&mut shell.state.aliases).remove(name)),
            Some(text) => drop(shell.print(sys, &format!("alias {name}={}\n", quote_always(&text)))),
            None => {
                shell.report(sys, &format!("{}: {name}: not found", argv[0]));
                status = 1;
            }
        }
    }
    status
}

pub fn unset(shell: &mut Interpreter, args: &[String]) -> i32 {
    let has = |flag: &str| args.first().is_some_and(|arg| arg == flag);
    let functions = has("-f");
    let mut status = 0;
    for name in args.iter().filter(|arg| !arg.starts_with('-')) {
        let target = if has("-n") { name.clone() } else { shell.state.target(name).to_string() };
        let name = target.as_str();
        if functions {
            shell.state.functions.remove(name);
        } else if shell.state.variables.get(name).is_some_and(|variable| variable.readonly) {
            status = 1;
        } else if let Some((array, index)) = name.strip_suffix(']').and_then(|name| name.split_once('[')) {
            match &mut shell.state.variable_mut(array).content {
                Content::Map(items) => drop(items.remove(index)),
                Content::Array(items) => {
                    let last = items.keys().next_back().copied().unwrap_or(-1);
                    let index =
                        index.parse().map(|index: i64| if index < 0 { last + 1 + index } else { index });
                    drop(index.map(|index| items.remove(&index)));
                }
                _ => {}
            }
        } else if shell.state.variables.remove(name).is_none() {
            shell.state.functions.remove(name);
        }
    }
    status
}

pub fn set(shell: &mut Interpreter, sys: &mut Sys, args: &[String]) -> i32 {
    if args.is_empty() {
        let mut text = String::new();
        for (name, variable) in &shell.state.variables {
            if let Content::Scalar(value) = &variable.content {
                text.push_str(&format!("{name}={}\n", quote(value)));
            }
        }
        return shell.print(sys, &text);
    }
    let mut rest = args;
    while let Some((arg, others)) = rest.split_first() {
        let on = arg.starts_with('-');
        if arg == "--" {
            shell.state.positional = others.to_vec();
            return 0;
        }
        if arg.len() < 2 || !(on || arg.starts_with('+')) {
            shell.state.positional = rest.to_vec();
            return 0;
        }
        rest = others;
        for letter in arg.chars().skip(1) {
            let named = letter == 'o';
            let name = if named { rest.first().cloned().unwrap_or_default() } else { letter.to_string() };
            if named {
                rest = rest.get(1..).unwrap_or(&[]);
            }
            if !set_option(shell, &name, on) {
                let message = match (shell.state.dialect, named) {
                    (Dialect::Bash, true) => format!("set: {name}: invalid option name"),
                    (Dialect::Bash, false) => format!("set: -{name}: invalid option"),
                    (_, true) => format!("set: Illegal option -o {name}"),
                    (_, false) => format!("set: Illegal option -{name}"),
                };
                shell.report(sys, &message);
                if !shell.state.is_bash() {
                    shell.fatal(2);
                }
                return 2;
            }
        }
    }
    0
}

/// Sets an option by letter or name; false when there is none.
pub fn set_option(shell: &mut Interpreter, name: &str, on: bool) -> bool {
    let dash = shell.state.dialect == Dialect::Dash;
    let options = &mut shell.state.options;
    match name {
        "e" | "errexit" => options.errexit = on,
        "u" | "nounset" => options.nounset = on,
        "x" | "xtrace" => options.xtrace = on,
        "f" | "noglob" => options.noglob = on,
        "n" | "noexec" => options.noexec = on,
        "pipefail" if !dash => options.pipefail = on,
        "E" | "errtrace" => options.errtrace = on,
        "a" | "allexport" => options.allexport = on,
        "b" | "h" | "m" | "v" | "C" | "T" | "B" | "H" | "P" | "l" | "i" | "s" | "" => {}
        "verbose" | "noclobber" | "functrace" | "posix" | "monitor" | "vi" | "emacs" => {}
        _ => return false,
    }
    true
}

/// Options that only bash has.
pub fn shopt(shell: &mut Interpreter, args: &[String]) -> i32 {
    let Some((flag, names)) = args.split_first() else { return 0 };
    let on = flag == "-s";
    let options = &mut shell.state.options;
    for name in names.iter().filter(|_| on || flag == "-u") {
        match name.as_str() {
            "nullglob" => options.nullglob = on,
            "extglob" => options.extglob = on,
            _ => {}
        }
    }
    0
}

pub fn shift(shell: &mut Interpreter, sys: &mut Sys, args: &[String]) -> i32 {
    let count = args.first().and_then(|text| text.parse().ok()).unwrap_or(1_usize);
    if count > shell.state.positional.len() {
        if shell.state.dialect == Dialect::Dash {
            shell.report(sys, "shift: can't shift that many");
            shell.fatal(2);
        }
        return 1;
    }
    shell.state.positional.drain(..count);
    0
}

pub fn getopts(shell: &mut Interpreter, sys: &mut Sys, args: &[String]) -> i32 {
    let [options, name, rest @ ..] = args else { return 2 };
    let arguments = if rest.is_empty() { shell.state.positional.clone() } else { rest.to_vec() };
    let mut index: usize = shell.state.get("OPTIND").and_then(|text| text.parse().ok()).unwrap_or(1).max(1);
    let at = shell.state.getopts_at.max(1);
    let current = arguments.get(index - 1).filter(|arg| arg.len() > 1 && arg.starts_with('-'));
    let Some(letter) = current.filter(|arg| *arg != "--").and_then(|arg| arg.chars().nth(at)) else {
        let past = if current.is_some_and(|arg| arg == "--") { index + 1 } else { index };
        shell.state.getopts_at = 1;
        let done = shell.state.set(name, "?".into()) && shell.state.set("OPTIND", past.to_string());
        return i32::from(done).max(1);
    };
    let word = current.cloned().unwrap_or_default();
    let last = word.chars().count() == at + 1;
    let place = options.find(letter).filter(|_| letter != ':');
    let wants_argument = place.is_some_and(|place| options[place + 1..].starts_with(':'));
    let (mut value, mut argument) = (letter.to_string(), None);
    let mut next_at = if last { 1 } else { at + 1 };
    if last {
        index += 1;
    }
    if place.is_none() {
        value = "?".to_string();
        let message = match shell.state.dialect {
            Dialect::Bash => format!("{}: illegal option -- {letter}\n", shell.state.name),
            _ => format!("Illegal option -{letter}\n"),
        };
        match options.starts_with(':') {
            // A silent script is told the letter instead.
            true => argument = Some(letter.to_string()),
            false => drop(sys.err(&message)),
        }
    } else if wants_argument {
        if !last {
            argument = Some(word.chars().skip(at + 1).collect::<String>());
            index += 1;
        } else {
            argument = arguments.get(index - 1).cloned();
            index += 1;
        }
        next_at = 1;
        if argument.is_none() && options.starts_with(':') {
            (value, argument) = (":".to_string(), Some(letter.to_string()));
        } else if argument.is_none() {
            value = "?".to_string();
        }
    }
    shell.state.getopts_at = next_at;
    let mut done = shell.state.set(name, value) && shell.state.set("OPTIND", index.to_string());
    match argument {
        Some(argument) => done &= shell.state.set("OPTARG", argument),
        None if shell.state.dialect == Dialect::Dash && place.is_some() => {
            done &= shell.state.set("OPTARG", String::new())
        }
        None => drop(shell.state.variables.remove("OPTARG")),
    }
    i32::from(!done)
}
