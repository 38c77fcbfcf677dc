//! The program `perl`: its switches, its script, its end.

use super::machine::{Machine, Outcome};
use super::perl;
use super::value::Value;
use crate::base::lossy_string;
use crate::containers::compute::ComputationId;
use crate::containers::kernel::{Step, Sys};

/// `perl -e text`, `perl file`.
#[derive(Clone, Debug, Default)]
pub struct Perl {
    machine: Option<Box<Machine>>,
    computing: Option<ComputationId>,
    input: Option<Vec<u8>>,
    name: String,
    flags: Flags,
}

#[derive(Clone, Debug, Default)]
struct Flags {
    newline: bool,
    bpi: bool,
    check_only: bool,
}

impl Perl {
    pub fn step(&mut self, sys: &mut Sys) -> Step {
        if let Some(mut bytes) = self.input.take() {
            if let Some(step) = crate::containers::programs::read_all(sys, 0, &mut bytes) {
                self.input = Some(bytes);
                return step;
            }
            return self.compile(sys, &lossy_string(&bytes), Vec::new());
        }
        let Some(machine) = &mut self.machine else { return self.begin(sys) };
        if let Some(id) = self.computing {
            match sys.computed(id) {
                None => return Step::Host,
                Some(Ok(text)) => machine.stack.push(Value::text(text)),
                Some(Err(text)) => {
                    sys.err(&format!("{text}\n"));
                    return Step::Exit(255);
                }
            }
            self.computing = None;
        }
        match machine.run(sys) {
            Outcome::Running => Step::Continue,
            Outcome::Sleep(until) => Step::Sleep(until),
            Outcome::Exit(code) => Step::Exit(code),
            Outcome::Compute(request) => {
                self.computing = Some(sys.compute(request));
                Step::Host
            }
            Outcome::Uncaught(raised, places) => {
                let line = places.last().map_or(1, |(line, _)| *line);
                let place = if raised.message.ends_with('\n') {
                    String::new()
                } else {
                    format!(" at {} line {line}.\n", self.name)
                };
                sys.err(&format!("{}{place}", raised.message));
                Step::Exit(255)
            }
        }
    }

    fn begin(&mut self, sys: &mut Sys) -> Step {
        let argv = sys.task().argv.clone();
        let mut script: Option<String> = None;
        let mut at = 1;
        while let Some(arg) = argv.get(at).filter(|arg| arg.len() > 1 && arg.starts_with('-')) {
            at += 1;
            if arg == "--" {
                break;
            }
            let letters: Vec<char> = arg.chars().skip(1).collect();
            for (place, letter) in letters.iter().enumerate() {
                let rest: String = letters[place + 1..].iter().collect();
                match letter {
                    'e' | 'E' => {
                        let text = if rest.is_empty() { argv.get(at).cloned() } else { Some(rest) };
                        at += usize::from(place + 1 == letters.len());
                        let Some(text) = text else {
                            sys.err("No code specified for -e.\n");
                            return Step::Exit(2);
                        };
                        let before = script.take().map_or(String::new(), |before| before + "\n");
                        script = Some(before + &text);
                        break;
                    }
                    'M' | 'm' => {
                        if let Some(step) = self.module(sys, &rest) {
                            return step;
                        }
                        break;
                    }
                    'l' => {
                        self.flags.newline = true;
                    }
                    'c' => self.flags.check_only = true,
                    'v' => {
                        sys.out("\nThis is perl 5, version 34, subversion 0 (v5.34.0) built for x86_64-linux-gnu\n\n");
                        return Step::Exit(0);
                    }
                    'w' | 'W' | 's' | 't' | 'T' | 'u' | '0' => {}
                    'd' => break,
                    'n' | 'p' | 'i' | 'a' | 'F' => {
                        sys.err(&format!(
                            "perl: this image simulates a subset of Perl: -{letter} is not part of it\n"
                        ));
                        return Step::Exit(2);
                    }
                    letter => {
                        sys.err(&format!(
                            "Unrecognized switch: -{letter}{rest}  (-h will show valid options).\n"
                        ));
                        return Step::Exit(29);
                    }
                }
            }
        }
        self.source(sys, script, argv.get(at..).unwrap_or(&[]))
    }

    /// The script is at hand, or in a file, or on the standard input.
    fn source(&mut self, sys: &mut Sys, script: Option<String>, rest: &[String]) -> Step {
        let name = script.is_none().then(|| rest.first().cloned()).flatten();
        self.name = name.clone().unwrap_or_else(|| "-e".to_string());
        match (script, name) {
            (Some(text), _) => self.compile(sys, &text, rest.to_vec()),
            (None, Some(path)) => match sys.kernel.files.read_text(&sys.path(&path)) {
                Ok(text) => self.compile(sys, &text, rest[1..].to_vec()),
                Err(error) => {
                    sys.err(&format!("Can't open perl script \"{path}\": {error}\n"));
                    Step::Exit(2)
                }
            },
            (None, None) => {
                self.name = "-".to_string();
                self.input = Some(Vec::new());
                Step::Continue
            }
        }
    }

    /// `-Mname=imports`; a step when it does not exist.
    fn module(&mut self, sys: &mut Sys, text: &str) -> Option<Step> {
        let (name, imports) = text.split_once('=').unwrap_or((text, ""));
        if !perl::is_module(&name.replace("::", "/")) {
            let text = perl::not_located(&name.replace("::", "/"));
            sys.err(&format!("{text}.\nBEGIN failed--compilation aborted.\n"));
            return Some(Step::Exit(2));
        }
        for import in imports.split(',').filter(|import| !import.is_empty()) {
            match (name, import) {
                ("bignum", "bpi") => self.flags.bpi = true,
                ("bignum" | "bigint", "PI" | "e" | "bexp" | "hex" | "oct") => {}
                ("bignum" | "bigint", other) => {
                    sys.err(&format!(
                        "Unknown option '{other}' at -e line 0.\nBEGIN failed--compilation aborted.\n"
                    ));
                    return Some(Step::Exit(255));
                }
                _ => {}
            }
        }
        None
    }

    fn compile(&mut self, sys: &mut Sys, text: &str, arguments: Vec<String>) -> Step {
        match perl::compile(text, self.flags.bpi) {
            Ok(_) if self.flags.check_only => {
                sys.err(&format!("{} syntax OK\n", self.name));
                Step::Exit(0)
            }
            Ok(code) => {
                let mut machine = Machine::new(code, arguments.clone());
                machine.is_perl = true;
                if self.flags.newline {
                    machine.globals.insert("-l".to_string(), Value::Int(1));
                }
                let arguments = arguments.iter().map(Value::text).collect();
                if let Ok(list) = machine.list(arguments) {
                    machine.globals.insert("@ARGV".to_string(), list);
                }
                machine.globals.insert("$$".to_string(), Value::Int(i64::from(sys.pid)));
                machine.globals.insert("$0".to_string(), Value::text(&self.name));
                self.machine = Some(Box::new(machine));
                Step::Continue
            }
            Err(message) => {
                sys.err(
                    &message
                        .replace(" -e line", &format!(" {} line", self.name))
                        .replace("of -e aborted", &format!("of {} aborted", self.name)),
                );
                Step::Exit(if message.contains("BEGIN failed") { 2 } else { 255 })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::containers::process::tests::run_to_end;

    fn check(arguments: &[&str], expect: &str, stderr: &str, code: i32) {
        let argv: Vec<&str> = std::iter::once("perl").chain(arguments.iter().copied()).collect();
        let (out, err, exit) = run_to_end("perl:5.34.0", &argv);
        assert_eq!((out.as_str(), err.as_str(), exit), (expect, stderr, code), "{arguments:?}");
    }

    #[test]
    fn one_liners_run() {
        check(&["-Mbignum=bpi", "-wle", "print bpi(5)"], "3.1416\n", "", 0);
        check(&["-Mbignum=bpi", "-wle", "for my $i (1..3) { print bpi($i) }"], "3\n3.1\n3.14\n", "", 0);
        check(&["-le", "print 6*7"], "42\n", "", 0);
        check(&["-e", "exit 3"], "", "", 3);
        check(
            &["-e", "print \"a $ENV{HOME} b\\n\"; sleep 2; print 1/4, \"\\n\""],
            "a /root b\n0.25\n",
            "",
            0,
        );
        check(
            &[
                "-e",
                "my $x = 0; while ($x < 3) { $x++; next if $x == 2; print \"$x,\" } print $x > 2 ? 'y' : 'n'",
            ],
            "1,3,y",
            "",
            0,
        );
        check(
            &["-le", "for (my $i=0; $i<2; $i++) { print $i . 'x' x 2 } print join('-', 1..3)"],
            "0xx\n1xx\n1-2-3\n",
            "",
            0,
        );
        check(&["-e", "print 'ok' if 1 and not 0; exit(int(rand(1)))"], "ok", "", 0);
    }

    #[test]
    fn broken_programs_fail_in_perls_words() {
        const ABORTED: &str = "Execution of -e aborted due to compilation errors.\n";
        let eof = format!("syntax error at -e line 1, at EOF\n{ABORTED}");
        check(&["-e", "print bpi(20"], "", &eof, 255);
        check(&["-e", "foo("], "", &eof, 255);
        check(
            &["-e", "print bpi(20))"],
            "",
            &format!("syntax error at -e line 1, near \"))\n\"\n{ABORTED}"),
            255,
        );
        check(&["-e", "print foo(3)"], "", "Undefined subroutine &main::foo called at -e line 1.\n", 255);
        check(&["-le", "print bpi(3)"], "", "Undefined subroutine &main::bpi called at -e line 1.\n", 255);
        check(&["-e", "die \"x\""], "", "x at -e line 1.\n", 255);
        check(
            &["-e", "print \"abc"],
            "",
            "Can't find string terminator '\"' anywhere before EOF at -e line 1.\n",
            255,
        );
        check(&["foo.pl"], "", "Can't open perl script \"foo.pl\": No such file or directory\n", 2);
        check(&["-e"], "", "No code specified for -e.\n", 2);
    }
}
