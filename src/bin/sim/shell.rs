//! `sim shell`: the learner's terminal on standard input.

use std::io::{BufRead, stdin};
use std::process::ExitCode;

use zadachnik::base::Duration;
use zadachnik::session::Session;

use super::output::{out, outln};
use super::run::Options;

/// Virtual time that a line may take before the prompt comes back and the command goes on with the clock.
const PATIENCE: Duration = Duration::from_secs(600);

pub fn main(args: &[String]) -> Result<ExitCode, String> {
    let mut session = Options::parse(args)?.session(None);
    let mut line = String::new();
    loop {
        out!("[{}] {}", session.now().to_timestamp(), session.prompt());
        line.clear();
        if stdin().lock().read_line(&mut line).map_err(|error| error.to_string())? == 0 {
            outln!("");
            return Ok(ExitCode::SUCCESS);
        }
        let text = line.trim_end_matches(['\n', '\r']);
        match text.strip_prefix(":advance") {
            Some(seconds) => advance(&mut session, seconds),
            None if text == "exit" => return Ok(ExitCode::SUCCESS),
            None => run_line(&mut session, text),
        }
    }
}

fn advance(session: &mut Session, seconds: &str) {
    match seconds.trim().parse::<f64>() {
        Ok(seconds) if seconds.is_finite() && seconds >= 0.0 => {
            let until = session.now() + Duration::from_millis((seconds * 1000.0) as i64);
            session.run_until(until);
        }
        _ => eprintln!("usage: :advance SECONDS"),
    }
}

fn run_line(session: &mut Session, text: &str) {
    let before = session.terminal().blocks.last().map(|block| block.id);
    session.run_line(text, PATIENCE);
    // The beginning of a command that needs more lines prints nothing.
    let block = session.terminal().blocks.last().filter(|block| Some(block.id) != before);
    if let Some(block) = block {
        for line in &block.lines {
            outln!("{}", line.text);
        }
    }
}
