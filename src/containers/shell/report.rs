//! What the shell says on its standard error, in the words of dash, BusyBox ash or bash.

use super::Interpreter;
use super::arithmetic::ArithmeticError;
use super::expand::Trouble;
use super::parser::ParseError;
use super::state::{Content, Dialect, Variable};
use crate::containers::kernel::{Sys, Write};
use crate::containers::programs::Found;

impl Interpreter {
    pub(super) fn report(&mut self, sys: &mut Sys, message: &str) {
        let text = format!("{}{message}\n", self.state.prefix());
        sys.err(&text);
    }

    /// Writes to standard output; a full pipe makes the shell wait after this step.
    pub(super) fn print(&mut self, sys: &mut Sys, text: &str) -> i32 {
        match sys.out(text) {
            Write::Done | Write::Broken => 0,
            Write::Full => {
                self.output_full = true;
                0
            }
            Write::Error(_) => 1,
        }
    }

    pub(super) fn report_readonly(&mut self, sys: &mut Sys, name: &str) {
        match self.state.dialect {
            Dialect::Bash => self.report(sys, &format!("{name}: readonly variable")),
            _ => self.report(sys, &format!("{name}: is read only")),
        }
    }

    /// Reports why an expansion failed and ends the script, as these errors do.
    pub(super) fn report_trouble(&mut self, sys: &mut Sys, trouble: Trouble) {
        let bash = self.state.is_bash();
        let mut status = if bash { 1 } else { 2 };
        // `bash -c` ends with 127, but its subshells, its files and its handler of EXIT see 1.
        let whole = sys.pid == self.state.shell_pid && !self.state.from_file;
        let unset_status = if bash && whole && !self.state.traps.contains_key("EXIT") { 127 } else { status };
        let message = match trouble {
            Trouble::Need(_) => "command substitution is not possible here".to_string(),
            Trouble::Unset(name) if bash => {
                status = unset_status;
                format!("{name}: unbound variable")
            }
            Trouble::Unset(name) => format!("{name}: parameter not set"),
            Trouble::Demanded(name, words) => {
                status = unset_status;
                format!("{name}: {words}")
            }
            Trouble::Arithmetic(error, text) => self.arithmetic_message(&error, &text),
            Trouble::BadSubstitution if bash => "bad substitution".to_string(),
            Trouble::BadSubstitution => "Bad substitution".to_string(),
            Trouble::TooLong => "argument list too long".to_string(),
        };
        self.report(sys, &message);
        self.fatal(status);
    }

    fn arithmetic_message(&self, error: &ArithmeticError, text: &str) -> String {
        match (error, self.state.dialect) {
            (ArithmeticError::DivisionByZero, Dialect::Dash) => {
                format!("arithmetic expression: division by zero: \"{text}\"")
            }
            (ArithmeticError::DivisionByZero, Dialect::Ash) => "divide by zero".to_string(),
            (ArithmeticError::DivisionByZero, Dialect::Bash) => format!("{text}: division by 0"),
            (_, Dialect::Dash) => format!("arithmetic expression: expecting primary: \"{text}\""),
            (_, Dialect::Ash) => "arithmetic syntax error".to_string(),
            (_, Dialect::Bash) => format!("{text}: syntax error: operand expected"),
        }
    }

    /// Reports a command that is no program; its status.
    pub(super) fn report_not_found(&mut self, sys: &mut Sys, name: &str, found: &Found) -> i32 {
        let bash = self.state.is_bash();
        let (message, status) = match found {
            Found::Denied if bash => ("Permission denied", 126),
            Found::Denied => ("Permission denied", 126),
            Found::IsDirectory if bash => ("Is a directory", 126),
            Found::IsDirectory => ("Permission denied", 126),
            _ if bash && name.contains('/') => ("No such file or directory", 127),
            _ if bash => ("command not found", 127),
            _ => ("not found", 127),
        };
        self.report(sys, &format!("{name}: {message}"));
        status
    }

    /// `set -x`.
    pub(super) fn trace(&mut self, sys: &mut Sys, argv: &[String]) {
        if self.state.options.xtrace {
            let words: Vec<String> = argv.iter().map(|word| quote(word)).collect();
            sys.err(&format!("+ {}\n", words.join(" ")));
        }
    }

    pub(super) fn report_parse_error(&mut self, sys: &mut Sys, error: &ParseError, source: &[char]) {
        for line in self.parse_error_lines(error, source) {
            sys.err(&format!("{line}\n"));
        }
    }

    fn parse_error_lines(&self, error: &ParseError, source: &[char]) -> Vec<String> {
        let name = &self.state.name;
        let line = error.line();
        let source_name = if self.state.from_file { name.clone() } else { format!("{name}: -c") };
        match self.state.dialect {
            Dialect::Bash => {
                let prefix =
                    if self.state.interactive { name.clone() } else { format!("{source_name}: line {line}") };
                let text = bash_words(error);
                let mut lines = vec![format!("{prefix}: {text}")];
                if let ParseError::Unexpected { .. } = error {
                    let source: String = source.iter().collect();
                    let quoted = source.lines().nth(line as usize - 1).unwrap_or("");
                    lines.push(format!("{prefix}: `{quoted}'"));
                }
                lines
            }
            Dialect::Dash => vec![format!("{name}: {line}: Syntax error: {}", dash_words(error))],
            Dialect::Ash if self.state.from_file => {
                vec![format!("{name}: line {line}: syntax error: {}", ash_words(error))]
            }
            Dialect::Ash => vec![format!("{name}: syntax error: {}", ash_words(error))],
        }
    }
}

impl ParseError {
    pub fn line(&self) -> u32 {
        match self {
            ParseError::Incomplete { line, .. }
            | ParseError::Unterminated { line, .. }
            | ParseError::Unexpected { line, .. }
            | ParseError::BadSubstitution { line }
            | ParseError::TooDeep { line }
            | ParseError::Background { line }
            | ParseError::NotSimulated { line, .. } => (*line).max(1),
        }
    }
}

/// In bash's words.
pub fn bash_words(error: &ParseError) -> String {
    match error {
        ParseError::Incomplete { .. } => "syntax error: unexpected end of file".to_string(),
        ParseError::Unterminated { what, .. } => {
            let what = if *what == "}" { "}" } else { what };
            format!("unexpected EOF while looking for matching `{what}'")
        }
        ParseError::Unexpected { token, .. } => format!("syntax error near unexpected token `{token}'"),
        ParseError::BadSubstitution { .. } => "bad substitution".to_string(),
        ParseError::TooDeep { .. } => "syntax error: nested too deeply".to_string(),
        ParseError::Background { .. } => "background jobs (&) are not available in this terminal".to_string(),
        ParseError::NotSimulated { what, .. } => format!("{what} is not part of this simulated shell"),
    }
}

fn dash_words(error: &ParseError) -> String {
    match error {
        ParseError::Incomplete { expecting, .. } => format!("end of file unexpected{}", expected(*expecting)),
        ParseError::Unterminated { what: "`", .. } => "EOF in backquote substitution".to_string(),
        ParseError::Unterminated { what: "}", .. } => "Missing '}'".to_string(),
        ParseError::Unterminated { .. } => "Unterminated quoted string".to_string(),
        ParseError::Unexpected { token, expecting, .. } => match token.as_str() {
            "newline" => format!("newline unexpected{}", expected(*expecting)),
            "for loop variable" => "Bad for loop variable".to_string(),
            token => format!("\"{token}\" unexpected{}", expected(*expecting)),
        },
        ParseError::BadSubstitution { .. } => "Bad substitution".to_string(),
        ParseError::TooDeep { .. } => "nested too deeply".to_string(),
        ParseError::Background { .. } => "background jobs are not available".to_string(),
        // Only bash has what is not simulated.
        ParseError::NotSimulated { what, .. } => what.to_string(),
    }
}

fn ash_words(error: &ParseError) -> String {
    match error {
        ParseError::Incomplete { expecting, .. } => format!("unexpected end of file{}", expected(*expecting)),
        ParseError::Unterminated { what: "}", .. } => "missing '}'".to_string(),
        ParseError::Unterminated { .. } => "unterminated quoted string".to_string(),
        ParseError::Unexpected { token, expecting, .. } => match token.as_str() {
            "newline" => format!("unexpected newline{}", expected(*expecting)),
            "for loop variable" => "bad for loop variable".to_string(),
            token => format!("unexpected \"{token}\"{}", expected(*expecting)),
        },
        ParseError::BadSubstitution { .. } => "bad substitution".to_string(),
        ParseError::TooDeep { .. } => "nested too deeply".to_string(),
        ParseError::Background { .. } => "background jobs are not available".to_string(),
        // Only bash has what is not simulated.
        ParseError::NotSimulated { what, .. } => what.to_string(),
    }
}

fn expected(what: Option<&str>) -> String {
    what.map_or_else(String::new, |what| format!(" (expecting \"{what}\")"))
}

/// A word as the shell could read it again.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-+=./:,@%^".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_string();
    }
    quote_always(word)
}

pub fn quote_always(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// A text as the shell writes values down.
pub fn in_double_quotes(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        if matches!(c, '"' | '\\' | '$' | '`') {
            out.push('\\');
        }
        out.push(c);
    }
    out + "\""
}

/// The command that makes a variable, as `declare -p` tells it.
pub fn declaration(name: &str, variable: &Variable) -> String {
    let letters = variable.letters();
    let letters = if letters.is_empty() { "-" } else { letters.as_str() };
    let element = |(key, value): &(String, String)| format!("[{key}]={}", in_double_quotes(value));
    let elements = variable.elements();
    let value = match (&variable.content, elements.first()) {
        (Content::Unset, _) => String::new(),
        (Content::Scalar(_), Some((_, value))) => format!("={}", in_double_quotes(value)),
        // Behind each element by name stands a blank.
        (Content::Map(_), _) => {
            format!("=({})", elements.iter().map(|it| element(it) + " ").collect::<String>())
        }
        _ => format!("=({})", elements.iter().map(element).collect::<Vec<_>>().join(" ")),
    };
    format!("declare -{letters} {name}{value}")
}
