//! watch: a command again and again, each output in the place of the last.

use super::runners::span;
use super::simple::seconds;
use super::subshell::{Captured, Subshell};
use crate::base::{Time, lossy_string};
use crate::containers::kernel::{Handle, Step, Sys};

/// Puts the cursor home and empties the screen below it, as terminals understand it.
pub const CLEAR: &str = "\u{1b}[H\u{1b}[J";
const USAGE: &str = "Usage: watch [-n SECONDS] [-t] COMMAND\n";
/// How often the command is repeated, unless told otherwise.
const INTERVAL_SECONDS: f64 = 2.0;
const INTERVAL_SECONDS_MIN: f64 = 0.1;

#[derive(Clone, Debug, Default)]
pub struct Watch {
    plan: Option<Plan>,
    child: Option<Subshell>,
    began: Time,
}

#[derive(Clone, Debug)]
struct Plan {
    command: String,
    seconds: f64,
    titled: bool,
}

impl Watch {
    pub fn step(&mut self, sys: &mut Sys) -> Step {
        let Some(plan) = self.plan.clone() else {
            return match plan(&sys.task().argv[1..]) {
                Ok(plan) => {
                    self.plan = Some(plan);
                    Step::Continue
                }
                Err(message) => {
                    sys.err(&message);
                    Step::Exit(1)
                }
            };
        };
        let Some(child) = &mut self.child else { return self.begin(sys, &plan.command) };
        if let Err(step) = child.poll(sys) {
            return step;
        }
        let text = lossy_string(&child.output);
        self.child = None;
        let date = super::date::format(self.began, "%a %b %e %H:%M:%S %Y");
        let title = match plan.titled {
            true => {
                format!("Every {:.1}s: {}    {}: {date}\n\n", plan.seconds, plan.command, sys.kernel.hostname)
            }
            false => String::new(),
        };
        sys.out(&format!("{CLEAR}{title}{text}"));
        Step::Sleep(sys.now() + span(plan.seconds))
    }

    fn begin(&mut self, sys: &mut Sys, command: &str) -> Step {
        self.began = sys.now();
        match Subshell::start(sys, command, Some(Handle::Null), Captured::OutputAndErrors) {
            Ok(child) => {
                self.child = Some(child);
                Step::Continue
            }
            Err((message, code)) => {
                sys.err(&format!("watch: {message}\n"));
                Step::Exit(code)
            }
        }
    }
}

fn plan(mut rest: &[String]) -> Result<Plan, String> {
    let mut plan = Plan { command: String::new(), seconds: INTERVAL_SECONDS, titled: true };
    while let Some((flag, after)) = rest.split_first().filter(|(flag, _)| flag.starts_with('-')) {
        rest = after;
        let value = match flag.strip_prefix("-n").or_else(|| flag.strip_prefix("--interval=")) {
            Some("") => {
                let (value, after) =
                    rest.split_first().ok_or("watch: option requires an argument -- 'n'\n")?;
                rest = after;
                value
            }
            Some(value) => value,
            None if matches!(flag.as_str(), "-t" | "--no-title") => {
                plan.titled = false;
                continue;
            }
            // How it is drawn and when it beeps is no matter of this screen.
            None if matches!(flag.as_str(), "-d" | "-b" | "-c" | "-x" | "--differences" | "--color") => {
                continue;
            }
            None => return Err(format!("watch: unrecognized option '{flag}'\n{USAGE}")),
        };
        let given = seconds(value).ok_or_else(|| format!("watch: failed to parse argument: '{value}'\n"))?;
        plan.seconds = given.max(INTERVAL_SECONDS_MIN);
    }
    plan.command = rest.join(" ");
    if plan.command.is_empty() { Err(USAGE.to_string()) } else { Ok(plan) }
}
