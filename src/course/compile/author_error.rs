//! An author's mistake, with the file and line where it stands.

use std::fmt;

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

    pub fn of_yaml(file: &str, lines_before: usize, error: LocatedError) -> AuthorError {
        AuthorError::new(file, lines_before + error.line, error.message)
    }

    pub fn of_mistake(file: &str, lines_before: usize, source: &Located, mistake: Mistake) -> AuthorError {
        AuthorError::new(file, lines_before + source.line(&mistake.at), mistake.message)
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
