//! Commands of the terminal that only the desk has: kubectl, the editor, the screen.

use super::run::{Printed, World};
use super::{Effect, HOME};
use crate::base::{Duration, Time};
use crate::containers::process::{HostCall, Stream};
use crate::kubectl::{Invocation, Poll, Stdin};

/// Names that the shell asks the desk for.
pub const PROGRAMS: &[&str] =
    &["kubectl", "k", "nano", "vim", "vi", "edit", "clear", "history", "help", "watch"];
/// How often `watch` repeats its command, unless told otherwise.
const WATCH_INTERVAL: Duration = Duration::from_secs(2);
const WATCH_INTERVAL_MIN_MILLIS: i64 = 100;

const HELP: &str = "\
kubectl (k)          команды кластера; kubectl --help показывает список
nano ФАЙЛ            открыть файл в редакторе (также vim, vi)
watch КОМАНДА        повторять kubectl-команду каждые две секунды
cat, ls, echo, grep, sed, awk, head, tail, wc, sort, cut, tr, xargs, diff, seq, sleep, date
                     и другие команды оболочки: каналы, циклы, переменные
history, clear       прошлые команды, чистый экран
Tab дополняет, стрелки вверх и вниз листают прошлые команды, Ctrl-C прерывает.
";

#[derive(Debug)]
pub enum HostCommand {
    Kubectl(Box<Invocation>),
    Watch(Watch),
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

/// `watch kubectl ...`: the command again and again, each output in the place of the last.
#[derive(Debug)]
pub struct Watch {
    argv: Vec<String>,
    interval: Duration,
    current: Option<Box<Invocation>>,
    screen: String,
    next: Time,
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
            "watch" => Watch::parse(arguments, now)
                .map_or_else(|refusal| HostCommand::Simple(Simple::Refuse(refusal)), HostCommand::Watch),
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
            HostCommand::Watch(watch) => watch.poll(world, printed),
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

impl Watch {
    fn parse(arguments: &[String], now: Time) -> Result<Watch, String> {
        let mut interval = WATCH_INTERVAL;
        let mut rest = arguments;
        while let Some((flag, after)) = rest.split_first().filter(|(flag, _)| flag.starts_with('-')) {
            let (value, after) = match flag.strip_prefix("-n").or_else(|| flag.strip_prefix("--interval=")) {
                Some("") => after.split_first().map(|(value, after)| (value.as_str(), after)),
                Some(value) => Some((value, after)),
                None => return Err(format!("watch: unrecognized option '{flag}'\n")),
            }
            .ok_or("watch: option requires an argument -- 'n'\n")?;
            let seconds: f64 =
                value.parse().map_err(|_| format!("watch: failed to parse argument: '{value}'\n"))?;
            let millis = (seconds * 1000.0) as i64;
            interval = Duration::from_millis(millis.max(WATCH_INTERVAL_MIN_MILLIS));
            rest = after;
        }
        let words: Vec<String> =
            rest.iter().flat_map(|word| word.split_whitespace()).map(str::to_owned).collect();
        match words.split_first() {
            Some((program, argv)) if program == "kubectl" || program == "k" => {
                Ok(Watch { argv: argv.to_vec(), interval, current: None, screen: String::new(), next: now })
            }
            Some((program, _)) => Err(format!("watch: only kubectl can be watched here, not '{program}'\n")),
            None => Err("usage: watch [-n SECONDS] kubectl ...\n".to_owned()),
        }
    }

    fn poll(&mut self, world: &mut World<'_>, printed: &mut Vec<Printed>) -> HostState {
        let now = world.cluster.now();
        if self.current.is_none() {
            if self.next > now {
                return HostState::Waiting { until: Some(self.next) };
            }
            self.current = Some(Box::new(Invocation::start(&self.argv, now)));
            self.screen = format!(
                "Every {:.1}s: kubectl {}    {}\n\n",
                self.interval.as_secs_f64(),
                self.argv.join(" "),
                now.to_timestamp()
            );
        }
        let mut out = Vec::new();
        let mut stdin = Stdin::empty();
        let Some(invocation) = &mut self.current else {
            return HostState::Waiting { until: Some(self.next) };
        };
        let polled = invocation.poll(world.cluster, world.desk, &mut stdin, &mut out);
        self.screen.extend(out.into_iter().map(|(_, text)| text));
        match polled {
            Poll::Exited(_) => {
                self.current = None;
                self.next = now + self.interval;
                printed.push(Printed::Redraw);
                printed.push(Printed::Text(Stream::Stdout, self.screen.clone()));
                HostState::Waiting { until: Some(self.next) }
            }
            Poll::Waiting { until } => HostState::Waiting { until },
        }
    }
}
