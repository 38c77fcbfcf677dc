//! Programs that want the network. A container has none here: they fail as they do offline, with their own words and codes.

use super::args::Args;
use crate::base::{Duration, Time};
use crate::containers::images::Base;
use crate::containers::kernel::{Step, Sys};

/// A name server that does not answer is given up after this time.
const LOOKUP: Duration = Duration::from_millis(5_000);

#[derive(Clone, Debug, Default)]
pub struct Offline {
    until: Option<Time>,
}

impl Offline {
    pub fn step(&mut self, sys: &mut Sys) -> Step {
        match self.until {
            None => {
                // Local names are refused at once, others only after the lookup.
                let wait = if local(&target(sys)) { Duration::from_millis(1) } else { LOOKUP };
                let until = sys.now() + wait;
                self.until = Some(until);
                Step::Sleep(until)
            }
            Some(_) => fail(sys),
        }
    }
}

fn name(sys: &Sys) -> String {
    sys.task().argv[0].rsplit('/').next().unwrap_or("").to_string()
}

/// The host that the command line names.
fn target(sys: &Sys) -> String {
    let argv = &sys.task().argv;
    let valued = "XHdomuwTcpWiAFeQ";
    let args = Args::parse(
        argv,
        "sSfLkvqOzn46",
        valued,
        &["request", "header", "data", "retry", "output", "max-time", "timeout"],
    );
    let operand = args.operands.first().cloned().unwrap_or_default();
    let rest = operand.split_once("://").map_or(operand.as_str(), |(_, rest)| rest);
    rest.split(['/', ':']).next().unwrap_or("").to_string()
}

fn local(host: &str) -> bool {
    matches!(host, "" | "localhost" | "127.0.0.1" | "::1" | "0.0.0.0")
}

fn fail(sys: &mut Sys) -> Step {
    let host = target(sys);
    let busybox = sys.kernel.image.base == Base::Busybox;
    let is_local = local(&host);
    let (text, code) = match (name(sys).as_str(), host.is_empty()) {
        ("curl", true) => (
            "curl: no URL specified!\ncurl: try 'curl --help' or 'curl --manual' for more information\n"
                .to_string(),
            2,
        ),
        ("curl", _) => {
            let silent =
                sys.task().argv.iter().any(|arg| arg.starts_with("-s") || arg == "--silent" || arg == "-fsS");
            let shows = sys.task().argv.iter().any(|arg| arg.contains('S') && arg.starts_with('-'));
            let (text, code) = match is_local {
                true => (
                    format!(
                        "curl: (7) Failed to connect to {host} port 80 after 0 ms: Couldn't connect to server\n"
                    ),
                    7,
                ),
                false => (format!("curl: (6) Could not resolve host: {host}\n"), 6),
            };
            (if silent && !shows { String::new() } else { text }, code)
        }
        ("wget", true) => ("wget: missing URL\n".to_string(), 1),
        ("wget", _) if busybox && is_local => {
            (format!("wget: can't connect to remote host ({host}): Connection refused\n"), 1)
        }
        ("wget", _) if busybox => (format!("wget: bad address '{host}'\n"), 1),
        ("wget", _) => (format!("wget: unable to resolve host address ‘{host}’\n"), 4),
        ("ping", _) if is_local => return ping_self(sys),
        ("ping", _) if busybox => (format!("ping: bad address '{host}'\n"), 1),
        ("ping", _) => (format!("ping: {host}: Temporary failure in name resolution\n"), 2),
        ("nslookup", _) => (";; connection timed out; no servers could be reached\n\n".to_string(), 1),
        ("getent", _) => (String::new(), 2),
        ("nc", _) if is_local => (String::new(), 1),
        ("nc", _) => (format!("nc: bad address '{host}'\n"), 1),
        (other, _) => (format!("{other}: there is no network in this simulation\n"), 1),
    };
    sys.err(&text);
    Step::Exit(code)
}

fn ping_self(sys: &mut Sys) -> Step {
    sys.out(
        "PING localhost (127.0.0.1): 56 data bytes\n64 bytes from 127.0.0.1: seq=0 ttl=64 time=0.045 ms\n",
    );
    Step::Exit(0)
}
