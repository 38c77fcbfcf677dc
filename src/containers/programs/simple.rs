//! Programs of a few lines.

use crate::base::Duration;
use crate::containers::compute::{ComputationId, ComputeRequest};
use crate::containers::kernel::{Signal, Step, Sys};

pub type Once = fn(&mut Sys) -> i32;

pub fn echo(sys: &mut Sys) -> i32 {
    let text = format!("{}\n", sys.task().argv[1..].join(" "));
    sys.out(&text);
    0
}

#[derive(Clone, Debug, Default)]
pub struct Sleep {
    started: bool,
}

impl Sleep {
    pub fn step(&mut self, sys: &mut Sys) -> Step {
        if self.started {
            return Step::Exit(0);
        }
        self.started = true;
        let seconds: f64 = sys.task().argv.get(1).and_then(|text| text.parse().ok()).unwrap_or(0.0);
        Step::Sleep(sys.now() + Duration::from_millis((seconds * 1000.0) as i64))
    }
}

/// A server: runs until it is told to stop.
#[derive(Clone, Debug, Default)]
pub struct Server;

impl Server {
    pub fn step(&mut self, sys: &mut Sys) -> Step {
        if !sys.task().signals.is_empty() {
            return Step::Exit(0);
        }
        sys.task_mut().handled = vec![Signal::Term, Signal::Int, Signal::Quit];
        Step::Wait
    }
}

#[derive(Clone, Debug, Default)]
pub struct Bpi {
    id: Option<ComputationId>,
}

impl Bpi {
    pub fn step(&mut self, sys: &mut Sys) -> Step {
        let Some(id) = self.id else {
            let digits = sys
                .task()
                .argv
                .iter()
                .find_map(|arg| arg.split_once("bpi(")?.1.split_once(')')?.0.trim().parse().ok());
            let Some(digits) = digits else {
                sys.err("perl: only bpi(N) is here so far\n");
                return Step::Exit(255);
            };
            self.id = Some(sys.compute(ComputeRequest::Bpi { digits }));
            return Step::Host;
        };
        match sys.computed(id) {
            Some(Ok(text)) => {
                sys.out(&text);
                sys.out("\n");
                Step::Exit(0)
            }
            Some(Err(text)) => {
                sys.err(&text);
                Step::Exit(255)
            }
            None => Step::Host,
        }
    }
}
