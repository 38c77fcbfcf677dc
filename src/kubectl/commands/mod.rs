//! The commands: which there are, which flags each takes, and how a command line finds its own.
// Models staging/src/k8s.io/kubectl/pkg/cmd/cmd.go and github.com/spf13/cobra

pub mod apply;
pub mod change;
pub mod config;
pub mod create;
pub mod create_parts;
pub mod delete;
pub mod describe;
pub mod discovery;
pub mod drain;
pub mod edit;
pub mod events;
pub mod exec;
pub mod explain;
pub mod get;
pub mod help;
pub mod logs;
pub mod logs_print;
pub mod patch;
pub mod registry;
pub mod replace;
pub mod run;
pub mod top;
pub mod wait;

use super::failure::{Failure, error, usage_error};
use super::flags::{self, Args, FlagSpec};
use super::{Context, Next, Outcome};
pub use registry::{COMMANDS, Command, NOT_SIMULATED};

/// Runs a command line as far as it goes at once.
pub fn run(context: &mut Context, argv: &[String]) -> Outcome {
    let (words, leading) = split_global(argv);
    let Some((first, rest)) = words.split_first() else {
        if leading.iter().any(|word| word.starts_with("--") && is_unknown_global(word)) {
            flags::parse("", &[flags::GLOBAL], &leading)?;
        }
        return help::general(context);
    };
    if first == "help" {
        return help::command(context, rest);
    }
    let Some(command) = find(first, rest) else { return unknown(first) };
    let own = command.name.split(' ').count() - 1;
    let mut given = leading;
    given.extend(rest.iter().skip(own).cloned());
    let specs: Vec<&[FlagSpec]> = command.flags.iter().copied().chain([flags::GLOBAL]).collect();
    let args = flags::parse(command.name, &specs, &given)?;
    if args.is("help") {
        return help::of(context, command);
    }
    check_globals(&args)?;
    (command.run)(context, &args)
}

fn is_unknown_global(word: &str) -> bool {
    let name = word.trim_start_matches('-').split('=').next().unwrap_or_default();
    !flags::GLOBAL.iter().any(|spec| spec.name == name)
}

/// Flags that other clusters would need.
fn check_globals(args: &Args) -> Result<(), Failure> {
    let context = args.text("context");
    if !context.is_empty() && context != config::CONTEXT {
        return Err(error(format!("context \"{context}\" does not exist")));
    }
    for name in ["kubeconfig", "server", "token", "as", "cluster", "user"] {
        let known = (name == "cluster" && args.text(name) == config::CONTEXT)
            || (name == "user" && args.text(name) == config::USER);
        if args.is_set(name) && !known {
            return Err(error(format!(
                "--{name} is not simulated: there is one cluster here, with one user"
            )));
        }
    }
    Ok(())
}

/// The words from the command on, and the flags that stand before it.
fn split_global(argv: &[String]) -> (Vec<String>, Vec<String>) {
    let mut at = 0;
    while let Some(word) = argv.get(at) {
        if !word.starts_with('-') || word == "-" {
            break;
        }
        at += 1;
        let name = word.trim_start_matches('-');
        let spec = flags::GLOBAL.iter().find(|spec| match word.starts_with("--") {
            true => spec.name == name,
            false => name.len() == 1 && spec.short.is_some_and(|short| name.starts_with(short)),
        });
        if spec.is_some_and(|spec| spec.takes != flags::Takes::Bool) {
            at += 1;
        }
    }
    let at = at.min(argv.len());
    (argv[at..].to_vec(), argv[..at].to_vec())
}

/// The command of these words; one with a second word is found before its parent.
fn find(first: &str, rest: &[String]) -> Option<&'static Command> {
    let second = rest.iter().find(|word| !word.starts_with('-')).filter(|word| rest.first() == Some(word));
    let named = |command: &&Command, name: &str| command.name == name || command.aliases.contains(&name);
    if let Some(second) = second {
        let both = format!("{first} {second}");
        if let Some(command) = COMMANDS.iter().find(|command| named(command, &both)) {
            return Some(command);
        }
    }
    COMMANDS.iter().find(|command| named(command, first))
}

fn unknown(name: &str) -> Outcome {
    if let Some((_, what)) = NOT_SIMULATED.iter().find(|(command, _)| *command == name) {
        return Err(error(format!("\"kubectl {name}\" is not simulated here: {what}")));
    }
    let mut text = format!("unknown command \"{name}\" for \"kubectl\"");
    let near = nearest(name);
    if !near.is_empty() {
        text += "\n\nDid you mean this?\n";
        for name in near {
            text += &format!("\t{name}\n");
        }
    }
    Err(error(text))
}

/// Commands that a mistyped word may have meant.
// Models cobra Command.SuggestionsFor
pub fn nearest(name: &str) -> Vec<&'static str> {
    let lower = name.to_lowercase();
    let known = help::TOP_LEVEL.iter().copied();
    known.filter(|known| distance(&lower, known) <= 2 || known.starts_with(&lower)).collect()
}

/// How many letters must be inserted, removed or replaced to come from one word to the other.
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at, letter) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, other) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[b.len()]
}

/// Commands that only hold others: they print what they hold, or refuse a word that is none of it.
pub fn holder(context: &mut Context, args: &Args, name: &str) -> Outcome {
    match args.words.first() {
        Some(word) => Err(usage_error(name, &format!("unknown command {}", super::select::quoted(word)))),
        None => help::holder(context, name),
    }
}

pub fn done() -> Outcome {
    Ok(Next::Done(0))
}

/// What `--dry-run` asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DryRun {
    No,
    Client,
    Server,
}

impl DryRun {
    /// # Errors
    /// For a value that is none of the three.
    pub fn of(args: &Args) -> Result<DryRun, Failure> {
        match args.text("dry-run") {
            "" | "none" | "false" => Ok(DryRun::No),
            "client" | "unchanged" | "true" => Ok(DryRun::Client),
            "server" => Ok(DryRun::Server),
            other => Err(error(format!(
                "Invalid dry-run value ({other}). Must be \"none\", \"server\", or \"client\"."
            ))),
        }
    }

    /// What is added to the line that tells what was done.
    pub fn suffix(self) -> &'static str {
        match self {
            DryRun::No => "",
            DryRun::Client => " (dry run)",
            DryRun::Server => " (server dry run)",
        }
    }

    pub fn options(self) -> crate::apiserver::WriteOptions {
        crate::apiserver::WriteOptions { dry_run: self != DryRun::No }
    }
}
