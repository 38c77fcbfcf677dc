//! Python in containers: a subset that covers what job manifests hold. What is beyond it is refused in plain words.

mod calls;
mod code;
mod library;
mod machine;
mod methods;
mod modules;
mod numbers;
mod operators;
mod perl;
mod perl_blocks;
mod perl_expressions;
mod perl_lexer;
mod perl_library;
mod perl_program;
mod python;
mod python_atoms;
mod python_blocks;
mod python_expressions;
mod python_simple;

mod tokens;
mod value;

use machine::{Machine, Outcome};
pub use perl_program::Perl;

use crate::base::lossy_string;
use crate::containers::kernel::{Signal, Step, Sys};

/// `python3 -c text`, `python3 file`, `python3` with a script on its standard input.
#[derive(Clone, Debug, Default)]
pub struct Python {
    machine: Option<Machine>,
    input: Option<Vec<u8>>,
    file: String,
}

/// What the interpreter itself takes up.
const OWN_BYTES: u64 = 9 << 20;

impl Python {
    pub fn step(&mut self, sys: &mut Sys) -> Step {
        let Some(machine) = &mut self.machine else { return self.begin(sys) };
        if sys.task().signals.contains(&Signal::Int) {
            sys.err("Traceback (most recent call last):\nKeyboardInterrupt\n");
            return Step::Exit(130);
        }
        match machine.run(sys) {
            Outcome::Running => Step::Continue,
            Outcome::Sleep(until) => Step::Sleep(until),
            Outcome::Exit(code) => Step::Exit(code),
            Outcome::Compute(_) => Step::Exit(1),
            Outcome::Uncaught(raised, places) => {
                if raised.kind == "SystemExit" {
                    return Step::Exit(
                        raised.message.parse().unwrap_or(i32::from(!raised.message.is_empty())),
                    );
                }
                let mut text = "Traceback (most recent call last):\n".to_string();
                for (line, name) in places {
                    text.push_str(&format!("  File \"{}\", line {line}, in {name}\n", self.file));
                }
                text.push_str(&raised.kind);
                if !raised.message.is_empty() {
                    text.push_str(&format!(": {}", raised.message));
                }
                sys.err(&format!("{text}\n"));
                Step::Exit(1)
            }
        }
    }

    fn begin(&mut self, sys: &mut Sys) -> Step {
        if self.input.is_some() {
            return self.read_input(sys);
        }
        sys.task_mut().memory_bytes = OWN_BYTES;
        sys.task_mut().handled = vec![Signal::Int];
        let argv = sys.task().argv.clone();
        let mut at = 1;
        while let Some(flag) = argv.get(at).filter(|arg| arg.len() > 1 && arg.starts_with('-')) {
            at += 1;
            match flag.as_str() {
                "-V" | "--version" => {
                    sys.out("Python 3.13.1\n");
                    return Step::Exit(0);
                }
                "-c" => {
                    let Some(text) = argv.get(at) else {
                        sys.err("Argument expected for the -c option\n");
                        return Step::Exit(2);
                    };
                    self.file = "<string>".to_string();
                    let arguments =
                        std::iter::once("-c".to_string()).chain(argv[at + 1..].iter().cloned()).collect();
                    return self.compile(sys, text, arguments);
                }
                "-m" => {
                    let name = argv.get(at).cloned().unwrap_or_default();
                    sys.err(&format!("{}: No module named {name}\n", argv[0]));
                    return Step::Exit(1);
                }
                _ => {}
            }
        }
        let Some(path) = argv.get(at).filter(|path| *path != "-") else {
            self.input = Some(Vec::new());
            return Step::Continue;
        };
        match sys.kernel.files.read_text(&sys.path(path)) {
            Ok(text) => {
                self.file = path.clone();
                self.compile(sys, &text, argv[at..].to_vec())
            }
            Err(error) => {
                let full = sys.path(path);
                sys.err(&format!("{}: can't open file '{full}': [Errno 2] {error}\n", argv[0]));
                Step::Exit(2)
            }
        }
    }

    fn read_input(&mut self, sys: &mut Sys) -> Step {
        let mut bytes = self.input.take().unwrap_or_default();
        if let Some(step) = super::read_all(sys, 0, &mut bytes) {
            self.input = Some(bytes);
            return step;
        }
        self.file = "<stdin>".to_string();
        let text = lossy_string(&bytes);
        self.compile(sys, &text, vec![String::new()])
    }

    fn compile(&mut self, sys: &mut Sys, text: &str, arguments: Vec<String>) -> Step {
        match python::compile(text) {
            Ok(code) => {
                self.machine = Some(Machine::new(code, arguments));
                Step::Continue
            }
            Err((message, line)) => {
                let head = if message.starts_with("this image") {
                    format!(
                        "{}: line {line}: {message}\n",
                        sys.task().argv[0].rsplit('/').next().unwrap_or("python3")
                    )
                } else {
                    let source = text.lines().nth(line.saturating_sub(1) as usize).unwrap_or("").trim();
                    format!("  File \"{}\", line {line}\n    {source}\n{message}\n", self.file)
                };
                sys.err(&head);
                Step::Exit(1)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::containers::process::tests::run_to_end;

    fn check(script: &str, expect: &str, code: i32) {
        let (stdout, stderr, exit) = run_to_end("python", &["python3", "-c", script]);
        assert_eq!((stdout.as_str(), exit), (expect, code), "{script}\n{stderr}");
    }

    #[test]
    fn job_scripts_run() {
        check(
            "import os, sys\nprint('Hello world')\nif int(os.environ.get('I', '2')) % 2 == 0:\n  sys.exit(1)\n",
            "Hello world\n",
            1,
        );
        check(
            "import os,sys\nx = 3 # c\nif x == 1:\n  sys.exit(1)\nelif x == 3:\n  sys.exit(42)\nelse:\n  sys.exit(0)",
            "",
            42,
        );
        check(
            "import time; print(f'{1+1:>4}|{\"a\"!r}'); time.sleep(5); print('end', 1.5, [1, 'x'], {'k': None})",
            "   2|'a'\nend 1.5 [1, 'x'] {'k': None}\n",
            0,
        );
        check("for i in range(3):\n    if i == 1: continue\n    print(i, end=' ')\nprint()", "0 2 \n", 0);
        check("def f(n, k=1):\n    return n if n < 2 else f(n-1) + f(n-2)\nprint(f(10))", "55\n", 0);
        check(
            "print([x*x for x in range(5) if x % 2], 'a,b'.split(','), 7//2, 7/2, 2**10)",
            "[1, 9] ['a', 'b'] 3 3.5 1024\n",
            0,
        );
        check(
            "a, b = 1, 2\na, b = b, a\nd = {}\nd['x'] = a\nd['x'] += 5\nprint(a, b, d['x'], 'x' in d, not d)",
            "2 1 7 True False\n",
            0,
        );
        check(
            "try:\n  int('z')\nexcept ValueError as e:\n  print('bad', e)\nprint('%s-%03d' % ('a', 7), '{:.2f} {n}'.format(3.14159, n=1))",
            "bad invalid literal for int() with base 10: 'z'\na-007 3.14 1\n",
            0,
        );
        check(
            "i = 0\nwhile True:\n  i += 1\n  if i > 3: break\nprint(i, 1 < i <= 4, 'y' if i else 'n', \"a\" 'b')",
            "4 True y ab\n",
            0,
        );
    }

    #[test]
    fn failures_end_as_in_python() {
        check("raise Exception('boom')", "", 1);
        check("print(1/0)", "", 1);
        check("import sys; sys.exit('message')", "", 1);
        check("print(", "", 1);
        let (_, stderr, _) =
            run_to_end("python", &["python3", "-c", "def f():\n  raise ValueError('x')\nf()"]);
        let expect = "Traceback (most recent call last):\n  File \"<string>\", line 3, in <module>\n  File \"<string>\", line 2, in f\nValueError: x\n";
        assert_eq!(stderr, expect);
    }
}
