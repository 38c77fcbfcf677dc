//! `test` and `[`.

use crate::containers::files::{FileSystem, Kind, normalize};

/// The truth of an expression; the error is a message without the program's name.
pub fn evaluate(args: &[String], files: &FileSystem, directory: &str) -> Result<bool, String> {
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        [] => return Ok(false),
        [single] => return Ok(!single.is_empty()),
        ["!", single] => return Ok(single.is_empty()),
        [left, operator, right] if is_binary(operator) => return compare(left, operator, right),
        _ => {}
    }
    let mut parser = Parser { args: &args, at: 0, files, directory, depth: 0 };
    let truth = parser.any_of()?;
    match args.get(parser.at) {
        Some(extra) => Err(format!("{extra}: unexpected operator")),
        None => Ok(truth),
    }
}

struct Parser<'a> {
    args: &'a [&'a str],
    at: usize,
    files: &'a FileSystem,
    directory: &'a str,
    depth: u32,
}

impl Parser<'_> {
    fn take(&mut self, word: &str) -> bool {
        let found = self.args.get(self.at) == Some(&word);
        self.at += usize::from(found);
        found
    }

    fn any_of(&mut self) -> Result<bool, String> {
        let mut truth = self.all_of()?;
        while self.take("-o") {
            truth |= self.all_of()?;
        }
        Ok(truth)
    }

    fn all_of(&mut self) -> Result<bool, String> {
        let mut truth = self.single()?;
        while self.take("-a") {
            truth &= self.single()?;
        }
        Ok(truth)
    }

    fn single(&mut self) -> Result<bool, String> {
        self.depth += 1;
        if self.depth > 100 {
            return Err("too many arguments".to_string());
        }
        let rest = &self.args[self.at.min(self.args.len())..];
        match rest {
            [] => Err("argument expected".to_string()),
            [left, operator, right, ..] if is_binary(operator) => {
                self.at += 3;
                compare(left, operator, right)
            }
            ["!", ..] => {
                self.at += 1;
                Ok(!self.single()?)
            }
            ["(", ..] => {
                self.at += 1;
                let truth = self.any_of()?;
                if self.take(")") { Ok(truth) } else { Err("closing paren expected".to_string()) }
            }
            [operator, operand, ..] if operator.len() == 2 && operator.starts_with('-') => {
                self.at += 2;
                unary(operator, operand, self.files, self.directory)
            }
            [single, ..] => {
                self.at += 1;
                Ok(!single.is_empty())
            }
        }
    }
}

fn is_binary(operator: &str) -> bool {
    matches!(
        operator,
        "=" | "==" | "!=" | "<" | ">" | "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" | "-nt" | "-ot" | "-ef"
    )
}

pub fn compare(left: &str, operator: &str, right: &str) -> Result<bool, String> {
    let text = match operator {
        "=" | "==" => Some(left == right),
        "!=" => Some(left != right),
        "<" => Some(left < right),
        ">" => Some(left > right),
        // Files have no times.
        "-nt" | "-ot" | "-ef" => Some(false),
        _ => None,
    };
    if let Some(truth) = text {
        return Ok(truth);
    }
    let number = |text: &str| text.trim().parse::<i64>().map_err(|_| format!("Illegal number: {text}"));
    let (left, right) = (number(left)?, number(right)?);
    Ok(match operator {
        "-eq" => left == right,
        "-ne" => left != right,
        "-lt" => left < right,
        "-le" => left <= right,
        "-gt" => left > right,
        _ => left >= right,
    })
}

pub fn unary(operator: &str, operand: &str, files: &FileSystem, directory: &str) -> Result<bool, String> {
    let path = normalize(directory, operand);
    let kind = || files.kind(&path);
    Ok(match operator {
        "-n" => !operand.is_empty(),
        "-z" => operand.is_empty(),
        "-e" | "-a" | "-r" | "-w" => kind().is_some() || is_device(&path),
        "-x" => kind().is_some() || crate::containers::programs::is_program_path(&path),
        "-f" => kind() == Some(Kind::File),
        "-d" => kind() == Some(Kind::Directory),
        "-s" => files.size(&path).is_some_and(|size| size > 0),
        "-c" => is_device(&path),
        "-t" | "-L" | "-h" | "-p" | "-S" | "-b" | "-u" | "-g" | "-k" => false,
        "-O" | "-G" => kind().is_some(),
        operator => return Err(format!("{operator}: unexpected operator")),
    })
}

fn is_device(path: &str) -> bool {
    matches!(path, "/dev/null" | "/dev/zero" | "/dev/random" | "/dev/urandom" | "/dev/full")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Option<bool>) {
        let args: Vec<String> = text.split(' ').filter(|arg| !arg.is_empty()).map(String::from).collect();
        assert_eq!(evaluate(&args, &FileSystem::new(), "/").ok(), expect, "{text}");
    }

    #[test]
    fn expressions_are_true_or_false_or_wrong() {
        check("", Some(false));
        check("x", Some(true));
        check("! x", Some(false));
        check("1 -lt 2", Some(true));
        check("a = a -a b != b", Some(false));
        check("a = b -o -d /tmp", Some(true));
        check("! ( a = b )", Some(true));
        check("a -eq 1", None);
        check("-n = -n", Some(true));
        check("1 -lt", None);
    }
}
