//! An author's mistake, with the file and line where it stands.

use std::{fmt, io};

use super::super::mistake::Mistake;
use super::source::{Located, LocatedError};

/// Shown as `lessons/02-pervaya-job/lesson.md:14: ...`. `line` counts from 1; 0 stands for the file as a whole.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct AuthorError {
    pub file: String,
    pub line: usize,
    pub message: String,
}

impl AuthorError {
    pub fn new(file: &str, line: usize, message: impl Into<String>) -> AuthorError {
        AuthorError { file: file.to_owned(), line, message: message.into() }
    }

    pub fn of_io(file: &str, error: &io::Error) -> AuthorError {
        let message = match error.kind() {
            io::ErrorKind::NotFound => "такого файла нет".to_owned(),
            io::ErrorKind::InvalidData => "это не текст в UTF-8".to_owned(),
            _ => format!("не читается: {error}"),
        };
        AuthorError::new(file, 0, message)
    }

    pub fn of_yaml(file: &str, lines_before: usize, error: LocatedError) -> AuthorError {
        AuthorError::new(file, lines_before + error.line, yaml_ru(&error.message))
    }

    pub fn of_mistake(file: &str, lines_before: usize, source: &Located, mistake: Mistake) -> AuthorError {
        AuthorError::new(file, lines_before + source.line(&mistake.at), mistake.message)
    }
}

/// What the YAML reader says, for an author: without its own line number, and with the usual cause.
fn yaml_ru(message: &str) -> String {
    const CAUSES: [(&str, &str); 6] = [
        (
            "mapping values are not allowed",
            "двоеточие с пробелом внутри строки: возьмите всю строку в кавычки",
        ),
        ("did not find expected key", "отступ не тот, что у соседних полей, или не закрыта кавычка"),
        ("did not find expected '-'", "отступ элемента списка не тот, что у соседних"),
        ("cannot start any token", "строка начинается со служебного знака: возьмите её в кавычки"),
        ("found a tab", "отступы в YAML делают пробелами, а не табуляцией"),
        ("unexpected end of stream", "не закрыта кавычка или скобка"),
    ];
    if !message.is_ascii() {
        return message.to_owned();
    }
    let said = message.rsplit_once("yaml: ").map_or(message, |(_, said)| said);
    let said =
        said.strip_prefix("line ").and_then(|rest| rest.split_once(": ")).map_or(said, |(_, said)| said);
    match CAUSES.iter().find(|(part, _)| said.contains(part)) {
        Some((_, cause)) => format!("не читается как YAML: {cause} ({said})"),
        None => format!("не читается как YAML: {said}"),
    }
}

impl fmt::Display for AuthorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.message),
            line => write!(f, "{}:{line}: {}", self.file, self.message),
        }
    }
}
