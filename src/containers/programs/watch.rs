//! watch: a command again and again, each output in the place of the last.

use super::runners::{lookup, span};
use super::simple::seconds;
use crate::base::Time;
use crate::containers::kernel::{Handle, Pid, Read, Step, Sys};

/// Puts the cursor home and empties the screen below it, as terminals understand it.
pub const CLEAR: &str = "\u{1b}[H\u{1b}[J";
const USAGE: &str = "Usage: watch [-n SECONDS] [-t] COMMAND\n";
/// How often the command is repeated, unless told otherwise.
const INTERVAL_SECONDS: f64 = 2.0;
const INTERVAL_SECONDS_MIN: f64 = 0.1;
/// Where the command's output is read.
const OUTPUT_FD: u32 = 8;

#[derive(Clone, Debug, Default)]
pub struct Watch {
    plan: Option<Plan>,
    child: Option<Pid>,
    began: Time,
    output: Vec<u8>,
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
        let Some(child) = self.child else { return self.begin(sys, &plan.command) };
        if sys.task().fds.contains_key(&OUTPUT_FD) {
            match sys.read(OUTPUT_FD) {
                Read::Wait => return Step::Read(OUTPUT_FD),
                Read::Data(bytes) => self.output.extend(bytes),
                Read::End | Read::Error(_) => sys.close(OUTPUT_FD),
            }
            return Step::Continue;
        }
        if sys.reap(child).is_none() {
            return Step::Wait;
        }
        self.child = None;
        let text = String::from_utf8_lossy(&std::mem::take(&mut self.output)).into_owned();
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
        let argv = ["sh", "-c", command].map(String::from).to_vec();
        let (program, argv) = match lookup(sys, &argv) {
            Ok(found) => found,
            Err((message, code)) => {
                sys.err(&format!("watch: {message}\n"));
                return Step::Exit(code);
            }
        };
        let (read, write) = sys.kernel.make_pipe();
        let mut setting = sys.setting();
        setting.fds.extend([(0, Handle::Null), (1, write), (2, write)]);
        self.child = Some(sys.spawn(program, argv, setting));
        self.began = sys.now();
        sys.bind(OUTPUT_FD, read);
        Step::Continue
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
