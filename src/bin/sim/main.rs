//! `sim`, the headless laboratory: scripts, an interactive terminal, lessons, benchmarks on the command line.

mod bench;
mod bench_kubectl;
mod files;
mod fuzz;
mod history;
mod memory;
mod output;
mod run;
mod script;
mod serve;
mod shell;

use std::process::ExitCode;

use output::out;

#[global_allocator]
static ALLOCATOR: memory::Counting = memory::Counting;

const USAGE: &str = "\
sim: the laboratory of Задачник, without a browser

  sim run --script FILE [--seed N] [--start TIME] [--names FILE] [--lives annotations]
        plays lines '[t=4.2] $ kubectl get jobs' at those virtual seconds and prints the transcript;
        --start TIME (RFC 3339) is the virtual clock at t=0; --names FILE gives generated names in order;
        --lives annotations plays the lives that the pods' sim/ annotations describe instead of their programs
  sim shell [--seed N] [--start TIME] [--lives annotations]
        an interactive terminal on standard input; ':advance SECONDS' moves the virtual clock
  sim serve [--port N] [--speed X] [--seed N] [--start TIME] [--names FILE] [--lives annotations]
        this API server over HTTP on loopback, for the real kubectl: kubectl --server http://127.0.0.1:8001 get pods;
        the virtual clock begins at the machine's own time and runs X times as fast (port 0 takes a free one)
  sim bench [kubectl [TEXT]]
        how fast the core is on this machine; with a word more: the learner's lines over a thousand pods, all or
        those with TEXT in them
  sim fuzz [--minutes N] [--seed N]
        random histories under checkers until the time is over
  sim history FILE [--seconds N]
        the hash of what a command log leads to: in the browser it is the same
  sim lesson check|build|golden|new ...
        the lesson author's tool

Relative file names are those of the current folder.
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let rest = args.get(1..).unwrap_or_default();
    let result = match args.first().map(String::as_str) {
        Some("run") => run::main(rest),
        Some("shell") => shell::main(rest),
        Some("serve") => serve::main(rest),
        Some("bench") if rest.first().is_some_and(|what| what == "kubectl") => {
            bench_kubectl::main(rest.get(1))
        }
        Some("bench") => bench::main(rest),
        Some("history") => history::main(rest),
        Some("fuzz") => fuzz::main(rest),
        Some("lesson") => Ok(lesson(rest)),
        Some("help" | "--help" | "-h") => {
            out!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        Some(other) => Err(format!("unknown command \"{other}\"\n\n{USAGE}")),
        None => Err(USAGE.to_owned()),
    };
    result.unwrap_or_else(|message| {
        eprintln!("sim: {message}");
        ExitCode::from(2)
    })
}

fn lesson(args: &[String]) -> ExitCode {
    let mut out = String::new();
    let code = zadachnik::course::tool::main(args, &mut out);
    out!("{out}");
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
