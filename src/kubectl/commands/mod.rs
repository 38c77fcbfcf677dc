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
pub mod last_applied;
pub mod logs;
pub mod logs_print;
pub mod patch;
pub mod prune;
pub mod raw;
pub mod registry;
pub mod replace;
pub mod rollout;
pub mod run;
pub mod set;
pub mod taint;
pub mod top;
pub mod wait;

use super::failure::{Failure, error, usage_error};
use super::flags::{self, Args, FlagSpec};
use super::kubeconfig;
use super::{Context, Next, Outcome};
use crate::apiserver::managers;
use crate::base::{Duration, Time, edit_distance};
pub use registry::{COMMANDS, Command, NOT_SIMULATED};

/// Runs a command line as far as it goes at once.
pub fn run(context: &mut Context, argv: &[String]) -> Outcome {
    let at = next_word(argv, &[]).unwrap_or(argv.len());
    let (leading, words) = argv.split_at(at);
    let Some((first, rest)) = words.split_first() else {
        flags::parse("", &[flags::GLOBAL], leading)?;
        return help::general(context);
    };
    if first == "help" {
        return help::command(context, rest);
    }
    refuse_not_simulated(first, rest)?;
    let mut given = argv.to_vec();
    let Some(command) = find(&mut given, at) else {
        // What is no command may be a plugin, whose name begins the line.
        return match leading.first().filter(|flag| flag.starts_with('-')) {
            Some(flag) => Err(error(format!("flags cannot be placed before plugin name: {flag}"))),
            None => unknown(first),
        };
    };
    let specs: Vec<&[FlagSpec]> = command.flags.iter().copied().chain([flags::GLOBAL]).collect();
    let args = flags::parse(command.name, &specs, &given).map_err(|failure| match command.name {
        "diff" => replace::wrong_flags(context, &failure),
        _ => failure,
    })?;
    if args.is_set("record") {
        context.print_error("Flag --record has been deprecated, --record will be removed in the future\n");
    }
    if args.is("help") {
        return help::of(context, command);
    }
    check_globals(&args)?;
    check_context(context, command, &args)?;
    warn_of_dry_run(context, &args);
    warn_of_short_name(context, &args);
    context.cluster.api_mut().write_as(Some(manager_of(command, &args)));
    let outcome = (command.run)(context, &args);
    context.cluster.api_mut().write_as(None);
    outcome
}

/// In whose name a command writes.
fn manager_of(command: &Command, args: &Args) -> String {
    let verb = command.name.split(' ').next().unwrap_or_default();
    match args.text("field-manager") {
        "" if verb == "apply" => managers::CLIENT_SIDE.to_owned(),
        "" => format!("kubectl-{verb}"),
        given => given.to_owned(),
    }
}

/// Older forms of `--dry-run` are understood still.
// Models staging/src/k8s.io/kubectl/pkg/cmd/util/helpers.go GetDryRunStrategy
fn warn_of_dry_run(context: &mut Context, args: &Args) {
    // What creates one object looks at its name first.
    if args.command.starts_with("create ") && create::exact_name(args).is_err() {
        return;
    }
    let given = args.text("dry-run");
    let (place, old, new) = match (given, flags::parse_bool(given)) {
        ("unchanged", _) => ("helpers.go:702", "--dry-run is deprecated".to_owned(), "client"),
        (_, Some(true)) => {
            ("helpers.go:716", format!("--dry-run={given} is deprecated (boolean value)"), "client")
        }
        (_, Some(false)) => {
            ("helpers.go:719", format!("--dry-run={given} is deprecated (boolean value)"), "none")
        }
        _ => return,
    };
    let text = format!("{old} and can be replaced with --dry-run={new}.");
    let line = context.log_line('W', place, &text);
    context.print_error(line);
}

/// Events are in two groups, and their short name stands for both.
// Models staging/src/k8s.io/client-go/restmapper/shortcut.go expandResourceShortcut
fn warn_of_short_name(context: &mut Context, args: &Args) {
    let looks_up = matches!(
        args.command,
        "get" | "describe" | "delete" | "edit" | "wait" | "label" | "annotate" | "patch"
    );
    let types = args.words.first().map_or("", String::as_str).split('/').next().unwrap_or_default();
    if looks_up && types.split(',').any(|name| name.split('.').next() == Some("ev")) {
        let text = "short name \"ev\" could also match lower priority resource events.events.k8s.io";
        context.print_error(format!("Warning: {text}\n"));
    }
}

/// The context that a command goes by must be there, and have a cluster.
fn check_context(context: &Context, command: &Command, args: &Args) -> Result<(), Failure> {
    let asks_nobody = |name: &&str| command.name.starts_with(name);
    if ["config", "completion"].iter().any(asks_nobody) || (command.name == "version" && args.is("client")) {
        return Ok(());
    }
    let config = &context.desk.kubeconfig;
    let name = config.chosen(args.text("context"));
    match config.find(name) {
        None => Err(Failure::Bare(format!(
            "Error in configuration: context was not found for specified context: {name}"
        ))),
        Some(entry) if entry.cluster.is_empty() && !args.is_set("cluster") => Err(Failure::Bare(
            "The connection to the server localhost:8080 was refused - did you specify the right host or port?"
                .to_owned(),
        )),
        Some(entry) if entry.cluster != kubeconfig::CONTEXT && !args.is_set("cluster") => Err(Failure::Bare(format!(
            "Error in configuration: cluster {:?} does not exist",
            entry.cluster
        ))),
        Some(_) => Ok(()),
    }
}

/// Flags that other clusters would need.
fn check_globals(args: &Args) -> Result<(), Failure> {
    let unknown = |name: &str, known: &str| Some(args.text(name)).filter(|it| !it.is_empty() && *it != known);
    if let Some(cluster) = unknown("cluster", kubeconfig::CONTEXT) {
        return Err(error(format!("no server found for cluster {cluster:?}")));
    }
    if let Some(user) = unknown("user", kubeconfig::USER) {
        return Err(error(format!("auth info {user:?} does not exist")));
    }
    let timeout = args.text("request-timeout");
    if timeout.parse::<u64>().is_err() && flags::parse_duration(timeout).is_err() {
        return Err(error(
            "Invalid timeout value. Timeout must be a single integer in seconds, or an integer followed by a \
             corresponding time unit (e.g. 1s | 2m | 3h)",
        ));
    }
    for name in ["kubeconfig", "server", "token", "as"] {
        if args.is_set(name) {
            return Err(error(format!(
                "--{name} is not simulated: there is one cluster here, with one user"
            )));
        }
    }
    Ok(())
}

/// When a request that goes on ends by itself.
pub fn request_end(context: &Context, args: &Args) -> Option<Time> {
    let given = args.text("request-timeout");
    let seconds = given.parse().map(Duration::from_secs);
    let timeout = seconds.or_else(|_| flags::parse_duration(given)).unwrap_or_default();
    (timeout > Duration::ZERO).then(|| context.now() + timeout)
}

/// Where the next word stands that is neither a flag nor a flag's value.
// Models github.com/spf13/cobra stripFlags
fn next_word(words: &[String], own: &[&[FlagSpec]]) -> Option<usize> {
    let mut at = 0;
    while let Some(word) = words.get(at).filter(|word| *word != "--") {
        at += 1;
        if word.is_empty() {
            continue;
        }
        if !word.starts_with('-') || word == "-" {
            return Some(at - 1);
        }
        let name = word.trim_start_matches('-');
        let is_long = word.starts_with("--");
        let mut specs = own.iter().copied().chain([flags::GLOBAL]).flatten();
        let spec = specs.find(|spec| match is_long {
            true => spec.name == name,
            false => name.len() == 1 && spec.short.is_some_and(|short| name.starts_with(short)),
        });
        // What the program itself does not know is taken to have a value.
        let alone = word.contains('=') || (!is_long && name.len() > 1);
        if !alone && spec.is_none_or(|spec| spec.needs_value()) {
            at += 1;
        }
    }
    None
}

/// The command that a line names, whose first word stands at `at`; its words are taken out, and flags stay that stand
/// between them.
// Models github.com/spf13/cobra Command.Find
fn find(line: &mut Vec<String>, at: usize) -> Option<&'static Command> {
    let named = |name: &str| COMMANDS.iter().find(|it| it.name == name || it.aliases.contains(&name));
    let mut command = named(&line.remove(at))?;
    while let Some(next) = next_word(&line[at..], command.flags) {
        let Some(inner) = named(&format!("{} {}", command.name, line[at + next])) else { break };
        line.remove(at + next);
        command = inner;
    }
    Some(command)
}

fn refuse_not_simulated(first: &str, rest: &[String]) -> Result<(), Failure> {
    let words = || std::iter::once(first).chain(rest.iter().map(String::as_str));
    let begins = |name: &str| {
        let mut given = words();
        name.split(' ').all(|part| given.next().is_some_and(|word| part.split('|').any(|name| name == word)))
    };
    let Some((name, what)) = NOT_SIMULATED.iter().find(|(name, _)| begins(name)) else { return Ok(()) };
    let typed: Vec<&str> = words().take(name.split(' ').count()).collect();
    Err(error(format!("\"kubectl {}\" is not simulated here: {what}", typed.join(" "))))
}

fn unknown(name: &str) -> Outcome {
    let mut text = format!("unknown command \"{name}\" for \"kubectl\"");
    let near = nearest(name);
    if !near.is_empty() {
        text += "\n\nDid you mean this?\n";
        for name in near {
            text += &format!("\t{name}\n");
        }
        text.push('\n');
    }
    Err(error(text))
}

/// Words of other programs for the same.
// Models the SuggestFor of kubectl's commands
const OTHER_WORDS: &[(&str, &str)] =
    &[("list", "get"), ("ps", "get"), ("rm", "delete"), ("list", "wait"), ("ps", "wait")];

/// Commands that a mistyped word may have meant.
// Models cobra Command.SuggestionsFor
pub fn nearest(name: &str) -> Vec<&'static str> {
    let lower = name.to_lowercase();
    let known = help::TOP_LEVEL.iter().copied();
    let meant = |known: &str| OTHER_WORDS.iter().any(|(word, command)| *word == lower && *command == known);
    known
        .filter(|known| edit_distance(&lower, known) <= 2 || known.starts_with(&lower) || meant(known))
        .collect()
}

/// Commands that only hold others: they print what they hold, or refuse a word that is none of it.
pub fn holder(context: &mut Context, args: &Args, name: &str) -> Outcome {
    match args.words.first() {
        Some(_) => {
            let words = super::select::quoted(&args.words.join(" "));
            Err(usage_error(name, &format!("unknown command {words}")))
        }
        None => {
            // Help that nobody asked for is an error.
            let before = context.out.len();
            help::holder(context, name)?;
            for (stream, _) in &mut context.out[before..] {
                *stream = super::Stream::Stderr;
            }
            Err(Failure::Silent(1))
        }
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
        // Commands without the flag write.
        let given = if args.has("dry-run") { args.text("dry-run") } else { "none" };
        match given {
            "none" => Ok(DryRun::No),
            "client" | "unchanged" => Ok(DryRun::Client),
            "server" => Ok(DryRun::Server),
            other if flags::parse_bool(other).is_some() => {
                Ok(if flags::parse_bool(other) == Some(true) { DryRun::Client } else { DryRun::No })
            }
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
