//! `sim history`: what a command log leads to, as one number.

use std::process::ExitCode;

use zadachnik::base::Duration;
use zadachnik::session::{CommandLog, history_hash};

use super::output::outln;

pub fn main(args: &[String]) -> Result<ExitCode, String> {
    let (path, seconds) = match args {
        [path] => (path, 60),
        [path, flag, value] if flag == "--seconds" => {
            (path, value.parse().map_err(|_| format!("--seconds: \"{value}\" is no number"))?)
        }
        _ => return Err("history takes FILE [--seconds N]".to_owned()),
    };
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let log = CommandLog::from_text(&text).map_err(|error| format!("{path}: {error}"))?;
    outln!("{:016x}", history_hash(&log, Duration::from_secs(seconds)));
    Ok(ExitCode::SUCCESS)
}
