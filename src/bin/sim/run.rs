//! `sim run`: plays a script and prints the transcript.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use zadachnik::base::{Duration, Time};
use zadachnik::cluster::{ClusterOptions, Lives};
use zadachnik::session::{Session, SessionOptions};

use super::files::read_folder;
use super::output::out;
use super::script::Script;

/// A command that has not ended after this long in virtual time is interrupted, as Ctrl-C does.
const COMMAND_MAX: Duration = Duration::from_secs(3_600);

/// What a command needs, once typed, until its first request reaches the API server: the median of the recordings.
const COMMAND_START: Duration = Duration::from_millis(100);

/// Options that `run` and `shell` share.
#[derive(Default)]
pub struct Options {
    pub script: Option<String>,
    pub seed: u64,
    pub start: Option<Time>,
    pub names: Vec<String>,
    pub lives: Lives,
}

impl Options {
    pub fn parse(args: &[String]) -> Result<Options, String> {
        let mut options = Options::default();
        let mut words = args.iter();
        while let Some(flag) = words.next() {
            let (flag, inline) = match flag.split_once('=') {
                Some((flag, value)) => (flag, Some(value.to_owned())),
                None => (flag.as_str(), None),
            };
            let value = inline.or_else(|| words.next().cloned()).ok_or(format!("{flag} needs a value"))?;
            match flag {
                "--script" => options.script = Some(value),
                "--seed" => {
                    options.seed = value.parse().map_err(|_| format!("--seed: \"{value}\" is no number"))?
                }
                "--start" => {
                    let start = Time::parse_rfc3339(&value);
                    options.start = Some(start.ok_or(format!("--start: \"{value}\" is no RFC 3339 time"))?);
                }
                "--names" => options.names = read(&value)?.lines().map(str::to_owned).collect(),
                "--lives" if value == "annotations" => options.lives = Lives::Annotations,
                "--lives" if value == "programs" => options.lives = Lives::Programs,
                "--lives" => return Err(format!("--lives: \"{value}\": annotations or programs")),
                _ => return Err(format!("unknown flag {flag}")),
            }
        }
        Ok(options)
    }

    pub fn cluster(self) -> ClusterOptions {
        let defaults = ClusterOptions::default();
        let start = self.start.unwrap_or(defaults.start);
        ClusterOptions { seed: self.seed, lives: self.lives, names: self.names, start, ..defaults }
    }

    /// A session on the current folder's files.
    pub fn session(mut self, recorded: Option<Time>) -> Session {
        self.start = self.start.or(recorded);
        Session::new(SessionOptions { cluster: self.cluster(), files: read_folder(Path::new(".")) })
    }
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}

pub fn main(args: &[String]) -> Result<ExitCode, String> {
    let options = Options::parse(args)?;
    let path = options.script.clone().ok_or("--script FILE is missing")?;
    let script = Script::parse(&read(&path)?).map_err(|error| format!("{path}: {error}"))?;
    let mut session = options.session(script.recorded);
    out!("{}", play(&mut session, &script));
    Ok(ExitCode::SUCCESS)
}

/// Runs every step at its instant, or when the step before has ended, and writes the transcript.
fn play(session: &mut Session, script: &Script) -> String {
    let begin = session.now();
    let mut transcript = String::new();
    for step in &script.steps {
        session.run_until(begin + step.at + COMMAND_START);
        let seconds = step.at.as_secs_f64();
        transcript.push_str(&format!("[t={seconds:.1}] $ {}\n", step.command));
        session.run_line(&step.command, COMMAND_MAX);
        let Some(block) = session.terminal().blocks.last() else { continue };
        let output = block.streams_text();
        transcript.push_str(&output);
        if !output.is_empty() && !output.ends_with('\n') {
            transcript.push('\n');
        }
        if let Some(status) = block.status.filter(|status| *status != 0) {
            transcript.push_str(&format!("(exit status {status})\n"));
        }
        transcript.push('\n');
    }
    transcript
}
