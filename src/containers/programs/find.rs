//! find: tests with `-o`, `!` and parentheses; `-exec` hands its commands to what runs them one after the other.

use super::Program;
use super::runners::Xargs;
use crate::containers::files::Kind;
use crate::containers::kernel::{Step, Sys};
use crate::containers::shell::pattern::{self, PatternChar};

enum Test {
    /// The last part of the path; without regard to case.
    Name(Vec<PatternChar>, bool),
    Path(Vec<PatternChar>),
    Kind(String),
    Empty,
    /// In blocks of 512 bytes, `k`, `M` or bytes (`c`): the sign, the number, the unit.
    Size(char, u64, u64),
    Print(char),
    Delete,
    /// The command; whether all paths go to one.
    Exec(Vec<String>, bool),
    Not(Box<Test>),
    /// Any of these lists, of which every test must hold.
    Any(Vec<Vec<Test>>),
}

struct Parser<'a> {
    words: std::slice::Iter<'a, String>,
    depth: (usize, usize),
    acts: bool,
    nesting: u32,
}

impl Parser<'_> {
    fn any(&mut self) -> Result<Test, String> {
        let mut lists = vec![Vec::new()];
        while let Some(word) = self.words.clone().next() {
            if word == ")" {
                break;
            }
            self.words.next();
            match word.as_str() {
                "-o" | "-or" => lists.push(Vec::new()),
                "-a" | "-and" => {}
                word => {
                    let test = self.test(word)?;
                    lists.last_mut().expect("begun with a list").extend(test);
                }
            }
        }
        Ok(Test::Any(lists))
    }

    /// One test; none for an option, which always holds.
    fn test(&mut self, word: &str) -> Result<Option<Test>, String> {
        let missing = || format!("missing argument to `{word}'");
        Ok(Some(match word {
            "!" | "-not" => {
                let next = self.words.next().ok_or("expected an expression after `!'")?;
                self.enter()?;
                match self.test(next)? {
                    Some(test) => Test::Not(Box::new(test)),
                    None => return Ok(None),
                }
            }
            "(" => {
                self.enter()?;
                let inner = self.any()?;
                self.words.next().ok_or("invalid expression; expected to find a ')'")?;
                inner
            }
            "-print" | "-print0" => {
                self.acts = true;
                Test::Print(if word == "-print" { '\n' } else { '\0' })
            }
            "-delete" => {
                self.acts = true;
                Test::Delete
            }
            "-empty" => Test::Empty,
            "-exec" => {
                self.acts = true;
                let mut command = Vec::new();
                loop {
                    let next = self.words.next().ok_or_else(missing)?;
                    let batch = next == "+" && command.last().is_some_and(|last| last == "{}");
                    if next == ";" || batch {
                        return Ok(Some(Test::Exec(command, batch)));
                    }
                    command.push(next.clone());
                }
            }
            "-name" | "-iname" | "-path" | "-wholename" | "-type" | "-maxdepth" | "-mindepth" | "-size" => {
                let value = self.words.next().ok_or_else(missing)?;
                return self.valued(word, value);
            }
            "-follow" | "-xdev" | "-depth" => return Ok(None),
            "-mtime" | "-mmin" | "-newer" | "-user" | "-perm" | "-prune" | "-regex" => {
                return Err(format!("{word} is not part of this simulated find"));
            }
            other => return Err(format!("unknown predicate `{other}'")),
        }))
    }

    fn valued(&mut self, word: &str, value: &str) -> Result<Option<Test>, String> {
        let number = || {
            value.parse().map_err(|_| {
                format!("Expected a positive decimal integer argument to {word}, but got ‘{value}’")
            })
        };
        Ok(Some(match word {
            "-name" => Test::Name(pattern::plain(value), false),
            "-iname" => Test::Name(pattern::plain(&value.to_lowercase()), true),
            "-type" => Test::Kind(value.to_string()),
            "-maxdepth" => {
                self.depth.1 = number()?;
                return Ok(None);
            }
            "-mindepth" => {
                self.depth.0 = number()?;
                return Ok(None);
            }
            "-size" => {
                let sign = value.chars().next().filter(|c| "+-".contains(*c)).unwrap_or('=');
                let digits = value.trim_start_matches(['+', '-']);
                let length = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
                let unit = match &digits[length..] {
                    "c" => 1,
                    "k" => 1 << 10,
                    "M" => 1 << 20,
                    _ => 512,
                };
                let count = digits[..length].parse();
                Test::Size(sign, count.map_err(|_| format!("invalid argument `{value}' to `-size'"))?, unit)
            }
            _ => Test::Path(pattern::plain(value)),
        }))
    }

    fn enter(&mut self) -> Result<(), String> {
        self.nesting += 1;
        if self.nesting > 50 { Err("the expression is too long".to_string()) } else { Ok(()) }
    }
}

/// What the tests have found to do.
#[derive(Default)]
struct Found {
    text: String,
    doomed: Vec<String>,
    commands: Vec<Vec<String>>,
    /// Commands that get all paths, by their place in the expression.
    batch: Option<Vec<String>>,
}

fn holds(test: &Test, sys: &Sys, path: &str, found: &mut Found) -> bool {
    let full = || sys.path(path);
    let files = &sys.kernel.files;
    let chars = |text: &str| text.chars().collect::<Vec<char>>();
    match test {
        Test::Name(pattern, lower) => {
            let name = path.rsplit('/').next().unwrap_or("");
            let name = if *lower { name.to_lowercase() } else { name.to_string() };
            pattern::matches(pattern, &chars(&name))
        }
        Test::Path(pattern) => pattern::matches(pattern, &chars(path)),
        Test::Kind(kind) => (kind == "d") == (files.kind(&full()) == Some(Kind::Directory)),
        Test::Empty => match files.kind(&full()) {
            Some(Kind::Directory) => files.list(&full()).is_ok_and(|names| names.is_empty()),
            _ => files.size(&full()) == Some(0),
        },
        Test::Size(sign, count, unit) => {
            let size = files.size(&full()).unwrap_or(4096) as u64;
            let blocks = size.div_ceil(*unit);
            match sign {
                '+' => blocks > *count,
                '-' => blocks < *count,
                _ => blocks == *count,
            }
        }
        Test::Print(end) => {
            found.text.push_str(path);
            found.text.push(*end);
            true
        }
        Test::Delete => {
            found.doomed.push(path.to_string());
            true
        }
        Test::Exec(command, true) => {
            let batch = found.batch.get_or_insert_with(|| command[..command.len() - 1].to_vec());
            batch.push(path.to_string());
            true
        }
        Test::Exec(command, false) => {
            found.commands.push(command.iter().map(|word| word.replace("{}", path)).collect());
            true
        }
        Test::Not(inner) => !holds(inner, sys, path, found),
        Test::Any(lists) => lists.iter().any(|list| list.iter().all(|test| holds(test, sys, path, found))),
    }
}

pub fn find(sys: &mut Sys) -> Step {
    let argv = sys.task().argv.clone();
    let begins = |arg: &String| arg.starts_with(['-', '(', '!']);
    let split = argv.iter().skip(1).position(begins).map_or(argv.len(), |at| at + 1);
    let mut roots = argv[1..split].to_vec();
    if roots.is_empty() {
        roots.push(".".to_string());
    }
    let mut parser = Parser { words: argv[split..].iter(), depth: (0, usize::MAX), acts: false, nesting: 0 };
    let mut test = match parser.any() {
        Ok(test) if parser.words.next().is_none() => test,
        other => {
            let error =
                other.err().unwrap_or_else(|| "invalid expression; you have too many ')'".to_string());
            sys.err(&format!("find: {error}\n"));
            return Step::Exit(1);
        }
    };
    if !parser.acts {
        test = Test::Any(vec![vec![test, Test::Print('\n')]]);
    }
    let (depth_min, depth_max) = parser.depth;
    let mut code = 0;
    let mut found = Found::default();
    for root in roots {
        if sys.kernel.files.kind(&sys.path(&root)).is_none() {
            sys.err(&format!("find: ‘{root}’: No such file or directory\n"));
            code = 1;
            continue;
        }
        let mut open = vec![(root, 0)];
        while let Some((path, level)) = open.pop() {
            if level >= depth_min {
                holds(&test, sys, &path, &mut found);
            }
            if level < depth_max {
                let names = sys.kernel.files.list(&sys.path(&path)).unwrap_or_default();
                let join = |name: &String| (format!("{}/{name}", path.trim_end_matches('/')), level + 1);
                open.extend(names.iter().rev().map(join));
            }
        }
    }
    for path in found.doomed.iter().rev() {
        let full = sys.path(path);
        // What cannot be removed stays, as its listing shows.
        let _ = sys.kernel.files.remove(&full);
    }
    sys.out(&found.text);
    found.commands.extend(found.batch);
    if found.commands.is_empty() {
        return Step::Exit(code);
    }
    Step::Become(Box::new(Program::Xargs(Box::new(Xargs::of_commands(found.commands, code)))))
}
