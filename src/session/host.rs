//! Commands of the terminal that only the desk has: kubectl, the editor, the screen.

use super::run::{Printed, World};
use super::{Effect, HOME};
use crate::base::Time;
use crate::containers::process::{HostCall, Stream};
use crate::kubectl::{Invocation, Poll, Stdin};

/// Names that the shell asks the desk for.
pub const PROGRAMS: &[&str] = &["kubectl", "k", "nano", "vim", "vi", "edit", "clear", "history", "help"];

const HELP: &str = "\
kubectl (k)          команды кластера; kubectl --help показывает список
nano ФАЙЛ            открыть файл в редакторе (также vim, vi)
watch КОМАНДА        повторять команду каждые две секунды
cat, ls, echo, grep, sed, awk, head, tail, wc, sort, cut, tr, xargs, diff, seq, sleep, date
                     и другие команды оболочки: каналы, циклы, переменные
history, clear       прошлые команды, чистый экран
Tab дополняет, стрелки вверх и вниз листают прошлые команды, Ctrl-C прерывает.
";

#[derive(Debug)]
pub enum HostCommand {
    Kubectl(Box<Invocation>),
    /// Done as soon as it is looked at.
    Simple(Simple),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Simple {
    Edit {
        files: Vec<String>,
    },
    Clear,
    History,
    Help,
    /// Prints to the error stream and fails.
    Refuse(String),
}

pub enum HostState {
    Exited(i32),
    Waiting { until: Option<Time> },
}

impl HostCommand {
    pub fn start(call: &HostCall, now: Time) -> HostCommand {
        let arguments = call.argv.get(1..).unwrap_or_default();
        match call.argv.first().map_or("", String::as_str) {
            "kubectl" | "k" => HostCommand::Kubectl(Box::new(Invocation::start(arguments, now))),
            "nano" | "vim" | "vi" | "edit" => {
                let files =
                    arguments.iter().filter(|argument| !argument.starts_with(['-', '+'])).cloned().collect();
                HostCommand::Simple(Simple::Edit { files })
            }
            "clear" => HostCommand::Simple(Simple::Clear),
            "history" => HostCommand::Simple(Simple::History),
            "help" => HostCommand::Simple(Simple::Help),
            other => HostCommand::Simple(Simple::Refuse(format!("{other}: command not found\n"))),
        }
    }

    pub fn poll(
        &mut self,
        world: &mut World<'_>,
        stdin: &mut Stdin,
        out: &mut Vec<(Stream, String)>,
        printed: &mut Vec<Printed>,
    ) -> HostState {
        match self {
            HostCommand::Kubectl(invocation) => {
                match invocation.poll(world.cluster, world.desk, stdin, out) {
                    Poll::Exited(status) => HostState::Exited(status),
                    Poll::Waiting { until } => HostState::Waiting { until },
                }
            }
            HostCommand::Simple(simple) => HostState::Exited(simple.run(world, out, printed)),
        }
    }
}

impl Simple {
    fn run(&self, world: &mut World<'_>, out: &mut Vec<(Stream, String)>, printed: &mut Vec<Printed>) -> i32 {
        match self {
            Simple::Edit { files } => {
                let Some(file) = files.first() else {
                    out.push((Stream::Stderr, "usage: nano FILE\n".to_owned()));
                    return 1;
                };
                let path = crate::containers::files::normalize(&world.desk.cwd, file);
                if world.desk.files.read(&path).is_err()
                    && let Err(error) = world.desk.files.write(&path, b"")
                {
                    out.push((Stream::Stderr, format!("{file}: {error}\n")));
                    return 1;
                }
                let home = format!("{HOME}/");
                let file = path.strip_prefix(&home).unwrap_or(&path).to_owned();
                world.effects.push(Effect::OpenEditor { file });
            }
            Simple::Clear => printed.push(Printed::Clear),
            Simple::History => {
                let numbered = world.history.iter().enumerate();
                let text: String = numbered.map(|(at, line)| format!("{:>5}  {line}\n", at + 1)).collect();
                out.push((Stream::Stdout, text));
            }
            Simple::Help => out.push((Stream::Stdout, HELP.to_owned())),
            Simple::Refuse(refusal) => {
                out.push((Stream::Stderr, refusal.clone()));
                return 1;
            }
        }
        0
    }
}
