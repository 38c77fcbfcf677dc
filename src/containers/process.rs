//! A container's process tree as its host sees it: started, run up to an instant, signalled, read.

use std::collections::BTreeMap;

use super::compute::{Computation, ComputationId};
use super::files::FileSystem;
use super::images;
pub use super::kernel::Signal;
use super::kernel::{Halt, Handle, Kernel, ROOT_PID, Setting};
use super::programs;
use crate::base::{Time, sorted};

/// What to run. `env` comes on top of the image's own variables, `PATH`, `HOSTNAME` and `HOME`.
#[derive(Clone, Debug, Default)]
pub struct ProcessSpec {
    pub argv: Vec<String>,
    pub env: Vec<(String, String)>,
    /// Empty means the root directory.
    pub working_dir: String,
    pub hostname: String,
    /// The image's reference, which decides which programs there are.
    pub image: String,
    pub files: FileSystem,
    /// Of `$RANDOM`, `shuf`, `rand` and their like.
    pub seed: u64,
    /// Over this the process is killed for lack of memory; none means the node's memory.
    pub memory_limit_bytes: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stream {
    Stdout,
    Stderr,
}

/// A piece of output. Bytes that are not UTF-8 are replaced.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Output {
    pub at: Time,
    pub stream: Stream,
    pub text: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExitReason {
    /// It ended by itself or by a signal.
    Ended,
    OomKilled,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Has more to do now: call `run` again with the same instant.
    Ready,
    Sleeping {
        until: Time,
    },
    /// Waits for input, for the result of a computation that is due, or for the host.
    Blocked,
    Exited {
        code: i32,
        at: Time,
        reason: ExitReason,
    },
}

/// Why nothing was started. The text is runc's, as it ends containerd's message.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StartError {
    #[error("exec: {0:?}: executable file not found in $PATH")]
    NotFound(String),
    #[error("exec: {0:?}: stat {0}: no such file or directory")]
    NoSuchFile(String),
    #[error("exec: {0:?}: permission denied")]
    PermissionDenied(String),
    #[error("exec: {0:?}: is a directory")]
    IsDirectory(String),
    #[error("no command specified")]
    NoCommand,
}

impl StartError {
    /// The message of the container's terminated state; exit code 128, reason StartError.
    pub fn containerd_message(&self) -> String {
        format!(
            "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create \
             failed: unable to start container process: error during container init: {self}"
        )
    }
}

pub type HostCallId = u32;

/// A program that only the host of a terminal has: `kubectl`, an editor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostCall {
    pub id: HostCallId,
    pub argv: Vec<String>,
    pub env: Vec<(String, String)>,
    pub directory: String,
    /// False in a pipe, in a redirection and in `$(...)`.
    pub stdout_is_terminal: bool,
    /// False when something is piped or redirected in: read it with `host_stdin`.
    pub stdin_is_terminal: bool,
}

/// The memory of a node: what a container without a limit may use.
const NODE_MEMORY_BYTES: u64 = 8 << 30;

#[derive(Clone, Debug)]
pub struct Process {
    kernel: Kernel,
    exited: Option<State>,
}

impl Process {
    pub fn start(spec: ProcessSpec, now: Time) -> Result<Process, StartError> {
        let image = images::lookup(&spec.image).unwrap_or_else(images::generic);
        let mut kernel = Kernel::new(image, spec.files, spec.seed, now);
        kernel.memory_limit_bytes =
            spec.memory_limit_bytes.unwrap_or(NODE_MEMORY_BYTES).min(NODE_MEMORY_BYTES);
        kernel.hostname = spec.hostname;
        let host_line = format!("{}\n", kernel.hostname);
        // A read-only root keeps what it has.
        let _ = kernel.files.write("/etc/hostname", host_line.as_bytes());
        let directory = if spec.working_dir.is_empty() { "/".to_string() } else { spec.working_dir };
        let _ = kernel.files.make_directories(&directory);
        let env = environment(image, &kernel.hostname, spec.env);
        let (program, argv) = programs::resolve(&kernel, &spec.argv, &directory, &env)?;
        let fds = sorted::collect([
            (0, Handle::Null),
            (1, Handle::Output(Stream::Stdout)),
            (2, Handle::Output(Stream::Stderr)),
        ]);
        kernel.spawn(0, program, argv, Setting { fds, env, directory });
        Ok(Process { kernel, exited: None })
    }

    /// Runs what is due up to `now`; bounded work per call.
    pub fn run(&mut self, now: Time) -> State {
        if let Some(exited) = self.exited {
            return exited;
        }
        match self.kernel.run(now) {
            Halt::Ready => State::Ready,
            Halt::Sleeping(until) => State::Sleeping { until },
            Halt::Blocked => State::Blocked,
            Halt::Exited(code) => self.exit(code, self.kernel.clock),
        }
    }

    fn exit(&mut self, code: i32, at: Time) -> State {
        let oom = self.kernel.out_of_memory;
        let reason = if oom { ExitReason::OomKilled } else { ExitReason::Ended };
        let exited = State::Exited { code, at, reason };
        // What is left running dies with PID 1.
        self.kernel.kill_all(128 + Signal::Kill.number());
        self.exited = Some(exited);
        exited
    }

    /// Delivers a signal to the first process. Kill ends everything at `now` with code 137.
    pub fn signal(&mut self, signal: Signal, now: Time) {
        if self.exited.is_some() {
            return;
        }
        self.kernel.touch(now);
        if signal == Signal::Kill {
            let code = 128 + Signal::Kill.number();
            self.kernel.kill_all(code);
            self.exit(code, now);
        } else {
            self.kernel.signal(ROOT_PID, signal);
        }
    }

    /// Output since the last call, in order.
    pub fn take_output(&mut self) -> Vec<Output> {
        self.kernel.take_output()
    }

    /// Computations to start outside since the last call.
    pub fn take_calls(&mut self) -> Vec<Computation> {
        self.kernel.take_calls()
    }

    /// The result of a computation; its output appears at the instant when it is due, not before.
    pub fn finish_computation(&mut self, id: ComputationId, result: Result<String, String>) {
        self.kernel.finish_computation(id, result);
    }

    /// The computation without a result that is due first: the host must not pass that instant.
    pub fn pending_computation(&self) -> Option<(ComputationId, Time)> {
        if self.exited.is_some() {
            return None;
        }
        self.kernel.pending_computation()
    }

    /// All that the first process will ever read from its standard input.
    pub fn give_input(&mut self, bytes: &[u8]) {
        self.kernel.input.clear();
        self.kernel.input.push(bytes);
        if let Some(task) = self.kernel.tasks.get_mut(&ROOT_PID) {
            task.fds.insert(0, Handle::Input);
        }
    }

    pub fn files(&self) -> &FileSystem {
        &self.kernel.files
    }

    pub fn files_mut(&mut self) -> &mut FileSystem {
        &mut self.kernel.files
    }

    /// Runs another command in the same container, with the same image, volumes and files (`FileSystem` says whether
    /// a clone of them is a copy).
    pub fn exec(&self, argv: Vec<String>, now: Time) -> Result<Process, StartError> {
        let kernel = &self.kernel;
        let root = kernel.tasks.get(&ROOT_PID).ok_or(StartError::NoCommand)?;
        let spec = ProcessSpec {
            argv,
            env: root.env.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
            working_dir: root.directory.clone(),
            hostname: kernel.hostname.clone(),
            image: kernel.image.name.to_string(),
            files: kernel.files.clone(),
            seed: kernel.random.clone().next_u64(),
            memory_limit_bytes: Some(kernel.memory_limit_bytes),
        };
        let mut process = Process::start(spec, now)?;
        let running = kernel.tasks.iter().filter(|(_, task)| !task.has_exited());
        process.kernel.neighbours = sorted::collect(running.map(|(pid, task)| (*pid, task.argv.clone())));
        Ok(process)
    }
}

fn environment(
    image: &images::Image,
    hostname: &str,
    given: Vec<(String, String)>,
) -> BTreeMap<String, String> {
    let mut env: BTreeMap<String, String> = sorted::collect([
        ("PATH".to_string(), images::DEFAULT_PATH.to_string()),
        ("HOSTNAME".to_string(), hostname.to_string()),
        ("HOME".to_string(), "/root".to_string()),
    ]);
    env.extend(image.env.iter().map(|(name, value)| (name.to_string(), value.to_string())));
    env.extend(given);
    env
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::containers::compute;

    fn start(argv: &[&str], image: &str) -> Result<Process, StartError> {
        let argv = argv.iter().map(|arg| arg.to_string()).collect();
        let spec =
            ProcessSpec { argv, image: image.into(), files: FileSystem::new(), ..ProcessSpec::default() };
        Process::start(spec, Time::from_millis(1_000))
    }

    /// Standard output, standard error and exit code of a process that is left alone.
    pub fn run_to_end(image: &str, argv: &[&str]) -> (String, String, i32) {
        let mut process = start(argv, image).expect("starts");
        let mut now = Time::from_millis(1_000);
        let (mut stdout, mut stderr) = (String::new(), String::new());
        for _ in 0..2_000 {
            let state = process.run(now);
            for call in process.take_calls() {
                process.finish_computation(call.id, compute::run(&call.request));
            }
            for piece in process.take_output() {
                match piece.stream {
                    Stream::Stdout => stdout.push_str(&piece.text),
                    Stream::Stderr => stderr.push_str(&piece.text),
                }
            }
            match state {
                State::Exited { code, .. } => return (stdout, stderr, code),
                State::Sleeping { until } => now = until,
                State::Ready => {}
                State::Blocked => panic!("{argv:?} is blocked"),
            }
        }
        panic!("{argv:?} does not end");
    }

    #[test]
    fn pi_appears_at_the_instant_when_it_is_due() {
        let argv = ["perl", "-Mbignum=bpi", "-wle", "print bpi(2000)"];
        let mut process = start(&argv, "perl:5.34.0").expect("starts");
        let now = Time::from_millis(1_000);
        let asleep = process.run(now);
        let calls = process.take_calls();
        let (id, due) = process.pending_computation().expect("it computes");
        assert_eq!(calls[0].id, id);
        assert_eq!(asleep, State::Sleeping { until: due });
        assert_eq!(process.run(due), State::Blocked);
        process.finish_computation(id, compute::run(&calls[0].request));
        assert_eq!(process.run(due), State::Exited { code: 0, at: due, reason: ExitReason::Ended });
        let output = process.take_output();
        assert_eq!((output.len(), output[0].at), (1, due));
        assert!(output[0].text.ends_with("904780275901\n"));
    }

    #[test]
    fn the_first_process_ignores_term_but_not_kill() {
        let mut process = start(&["sleep", "100"], "busybox").expect("starts");
        let now = Time::from_millis(5_000);
        process.run(now);
        process.signal(Signal::Term, now);
        assert!(matches!(process.run(now), State::Sleeping { .. }));
        process.signal(Signal::Kill, now);
        assert_eq!(process.run(now), State::Exited { code: 137, at: now, reason: ExitReason::Ended });
    }

    #[test]
    fn memory_that_is_taken_at_the_very_end_counts_too() {
        let spec = ProcessSpec {
            argv: ["python3", "-c", "x = 'a' * 200000000"].map(String::from).to_vec(),
            image: "python:3.12".into(),
            files: FileSystem::new(),
            memory_limit_bytes: Some(50 << 20),
            ..ProcessSpec::default()
        };
        let now = Time::from_millis(1_000);
        let mut process = Process::start(spec, now).expect("starts");
        let mut state = process.run(now);
        while let State::Sleeping { until } = state {
            state = process.run(until);
        }
        let State::Exited { code, reason, .. } = state else { panic!("{state:?}") };
        assert_eq!((code, reason), (137, ExitReason::OomKilled));
    }

    #[test]
    fn a_command_in_a_container_sees_what_runs_there() {
        let mut process = start(&["sleep", "100"], "busybox").expect("starts");
        let now = Time::from_millis(5_000);
        process.run(now);
        let mut inside = process.exec(vec!["ps".to_owned()], now).expect("starts");
        assert!(matches!(inside.run(now), State::Exited { code: 0, .. }));
        let text: String = inside.take_output().into_iter().map(|piece| piece.text).collect();
        let rows: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(rows, ["    1 root      0:00 sleep 100", "    2 root      0:00 ps"]);
    }

    #[test]
    fn what_is_no_program_does_not_start() {
        let error = start(&["exit 1"], "busybox").expect_err("no such program");
        assert_eq!(error.to_string(), "exec: \"exit 1\": executable file not found in $PATH");
        let error = start(&["/app/run"], "busybox").expect_err("no such file");
        assert_eq!(error.to_string(), "exec: \"/app/run\": stat /app/run: no such file or directory");
    }
}
