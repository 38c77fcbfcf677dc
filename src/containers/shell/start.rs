//! How a shell begins as a program: its arguments and where its script comes from.

use super::Interpreter;
use super::builtins;
use super::state::{Dialect, State};
use crate::base::carried;
use crate::containers::kernel::{Step, Sys};
use crate::containers::programs::read_all;

/// A script that is longer is cut off.
const MAX_SCRIPT_BYTES: usize = 4 << 20;

/// What is left to do before the first command.
#[derive(Clone, Debug)]
pub enum Start {
    /// The environment is not yet read, the arguments not yet understood.
    Arguments(Vec<String>),
    /// The script comes on standard input.
    Input(Vec<u8>),
}

impl Interpreter {
    /// The arguments are read at the first step, when the environment is known.
    pub fn start_from(&mut self, argv: &[String]) {
        self.start = Some(Box::new(Start::Arguments(argv.to_vec())));
    }

    pub(super) fn begin(&mut self, sys: &mut Sys, start: Start) -> Step {
        match start {
            Start::Arguments(argv) => self.arguments(sys, &argv),
            Start::Input(mut bytes) => {
                let wait = if bytes.len() < MAX_SCRIPT_BYTES { read_all(sys, 0, &mut bytes) } else { None };
                if let Some(step) = wait {
                    self.start = Some(Box::new(Start::Input(bytes)));
                    return step;
                }
                let text = carried(&bytes).into_owned();
                self.state.from_file = self.state.dialect == Dialect::Bash;
                self.push_script(&text);
                Step::Continue
            }
        }
    }

    fn arguments(&mut self, sys: &mut Sys, argv: &[String]) -> Step {
        let pid = sys.pid;
        let fresh = State::new(self.state.dialect, &self.state.name, pid, &sys.task().env);
        self.state.variables = fresh.variables;
        self.state.shell_pid = pid;
        let directory = sys.task().directory.clone();
        let _ = self.state.set("PWD", directory);
        let parent = sys.task().parent.to_string();
        let _ = self.state.set("PPID", parent);
        if self.state.get("OPTIND").is_none() {
            let _ = self.state.set("OPTIND", "1".to_string());
        }
        let mut rest = &argv[argv.len().min(1)..];
        let (mut command, mut from_input) = (false, false);
        while let Some((arg, others)) = rest.split_first() {
            let sign = arg.chars().next().unwrap_or(' ');
            if arg.len() < 2 || !matches!(sign, '-' | '+') {
                break;
            }
            rest = others;
            if arg == "--" {
                break;
            }
            if arg == "--version" && self.state.is_bash() {
                let version = self.state.get("BASH_VERSION").unwrap_or("").to_string();
                sys.out(&format!("GNU bash, version {version} (x86_64-pc-linux-gnu)\n"));
                return Step::Exit(0);
            }
            if arg.starts_with("--") {
                continue;
            }
            for letter in arg.chars().skip(1) {
                match letter {
                    'c' => command = true,
                    's' => from_input = true,
                    'o' => {
                        let name = rest.first().cloned().unwrap_or_default();
                        rest = rest.get(1..).unwrap_or(&[]);
                        builtins::set_option(self, &name, sign == '-');
                    }
                    letter => {
                        if !builtins::set_option(self, &letter.to_string(), sign == '-') {
                            let text = format!("{}: 0: Illegal option -{letter}\n", self.state.name);
                            sys.err(&text);
                            return Step::Exit(2);
                        }
                    }
                }
            }
        }
        if command {
            return self.command_argument(sys, rest);
        }
        if from_input {
            self.state.positional = rest.to_vec();
            rest = &[];
        }
        match rest.split_first() {
            None => {
                self.start = Some(Box::new(Start::Input(Vec::new())));
                Step::Continue
            }
            Some((path, others)) => self.file_argument(sys, path, others),
        }
    }

    fn command_argument(&mut self, sys: &mut Sys, rest: &[String]) -> Step {
        let Some((text, others)) = rest.split_first() else {
            let text = match self.state.dialect {
                Dialect::Bash => format!("{}: -c: option requires an argument\n", self.state.name),
                Dialect::Dash => format!("{}: 0: -c requires an argument\n", self.state.name),
                Dialect::Ash => format!("{}: -c requires an argument\n", self.state.name),
            };
            sys.err(&text);
            return Step::Exit(2);
        };
        if let Some((name, parameters)) = others.split_first() {
            self.state.name = name.clone();
            self.state.positional = parameters.to_vec();
        }
        self.may_become = true;
        self.push_script(text);
        Step::Continue
    }

    fn file_argument(&mut self, sys: &mut Sys, path: &str, others: &[String]) -> Step {
        match sys.kernel.files.read_text(&sys.path(path)) {
            Ok(text) => {
                self.state.name = path.to_string();
                self.state.positional = others.to_vec();
                self.state.from_file = true;
                self.push_script(&text);
                Step::Continue
            }
            Err(error) => {
                let (text, status) = match self.state.dialect {
                    Dialect::Bash => (format!("{}: {path}: {error}\n", self.state.name), 127),
                    Dialect::Dash => {
                        (format!("{}: 0: cannot open {path}: No such file\n", self.state.name), 2)
                    }
                    Dialect::Ash => (format!("{}: can't open '{path}': {error}\n", self.state.name), 2),
                };
                sys.err(&text);
                Step::Exit(status)
            }
        }
    }
}
