//! Help, in our own words.

use super::done;
use super::registry::{COMMANDS, Command};
use crate::base::sorted;
use crate::kubectl::failure::error;
use crate::kubectl::flags::{Args, FlagSpec, GLOBAL, Takes};
use crate::kubectl::{Context, Outcome};

/// Commands in kubectl's order: suggestions for mistyped words follow it.
pub const TOP_LEVEL: &[&str] = &[
    "create",
    "expose",
    "run",
    "set",
    "explain",
    "get",
    "edit",
    "delete",
    "rollout",
    "scale",
    "autoscale",
    "certificate",
    "cluster-info",
    "top",
    "cordon",
    "uncordon",
    "drain",
    "taint",
    "describe",
    "logs",
    "attach",
    "exec",
    "port-forward",
    "proxy",
    "cp",
    "auth",
    "debug",
    "events",
    "diff",
    "apply",
    "patch",
    "replace",
    "wait",
    "kustomize",
    "label",
    "annotate",
    "completion",
    "config",
    "kuberc",
    "plugin",
    "version",
    "api-versions",
    "api-resources",
    "options",
];

/// `kubectl` alone.
pub fn general(context: &mut Context) -> Outcome {
    let mut text = "kubectl управляет кластером Kubernetes.\n\nКоманды:\n".to_owned();
    for command in COMMANDS.iter().filter(|command| !command.name.contains(' ')) {
        text += &format!("  {:<15} {}\n", command.name, command.about);
    }
    text += "\nПодробнее о команде: kubectl <command> --help. Общие флаги: kubectl options.\n";
    context.print(text);
    done()
}

/// `kubectl help COMMAND`
pub fn command(context: &mut Context, words: &[String]) -> Outcome {
    let mut line = words.to_vec();
    match super::next_word(words, &[]) {
        None => general(context),
        Some(at) => match super::find(&mut line, at) {
            Some(command) => of(context, command),
            None => Err(error(format!("Unknown help topic [{}]", words.join(" ")))),
        },
    }
}

/// `kubectl COMMAND --help`
pub fn of(context: &mut Context, command: &Command) -> Outcome {
    let mut text =
        format!("{}\n\nUsage:\n  kubectl {} {} [options]\n", command.about, command.name, command.usage);
    let prefix = format!("{} ", command.name);
    let inner: Vec<&Command> = COMMANDS.iter().filter(|inner| inner.name.starts_with(&prefix)).collect();
    if !inner.is_empty() {
        text += "\nAvailable Commands:\n";
        for inner in inner {
            text += &format!("  {:<15} {}\n", inner.name[prefix.len()..].trim(), inner.about);
        }
    }
    if !command.flags.is_empty() {
        text += "\nOptions:\n";
        let mut flags: Vec<&FlagSpec> = command.flags.iter().flat_map(|flags| flags.iter()).collect();
        sorted::sort_by_key(&mut flags, |flag| flag.name);
        flags.iter().for_each(|flag| text += &flag_line(flag));
    }
    text += "\nОбщие флаги всех команд: kubectl options.\n";
    context.print(text);
    done()
}

fn flag_line(flag: &FlagSpec) -> String {
    let short = flag.short.map_or_else(|| "    ".to_owned(), |letter| format!("-{letter}, "));
    let default = match flag.takes {
        Takes::Text | Takes::OptionalText(_) => format!("'{}'", flag.default),
        Takes::List | Takes::Texts => "[]".to_owned(),
        _ => flag.default.to_owned(),
    };
    format!("    {short}--{}={default}\n", flag.name)
}

pub fn holder(context: &mut Context, name: &str) -> Outcome {
    match COMMANDS.iter().find(|command| command.name == name) {
        Some(command) => of(context, command),
        None => general(context),
    }
}

/// `kubectl options`
pub fn options(context: &mut Context, _args: &Args) -> Outcome {
    let mut text = "Флаги, которые есть у каждой команды:\n\n".to_owned();
    GLOBAL.iter().for_each(|flag| text += &flag_line(flag));
    context.print(text);
    done()
}
