//! How commands fail, and what is printed then.
// Models staging/src/k8s.io/kubectl/pkg/cmd/util/helpers.go checkErr, StandardErrorMessage

use crate::api::Status;
use crate::api::status::StatusReason;
use crate::base::go_quoted;

#[derive(Clone, PartialEq, Debug)]
pub enum Failure {
    /// The server refused.
    Api(Status),
    /// Printed after `error: `.
    Text(String),
    /// The same, after something on standard output: that, and the error.
    Printed(String, String),
    /// Printed as it is.
    Bare(String),
    /// Several at once, a line each.
    Many(Vec<Failure>),
    /// Everything is said already; only the exit status is left.
    Silent(i32),
    /// Standard input has not ended yet: the command starts over when it has.
    NeedsInput,
}

impl From<Status> for Failure {
    fn from(status: Status) -> Failure {
        Failure::Api(status)
    }
}

/// An `error: ` with a text.
pub fn error(text: impl Into<String>) -> Failure {
    Failure::Text(text.into())
}

/// A wrong use of a command.
// Models helpers.go UsageErrorf
pub fn usage_error(command: &str, text: &str) -> Failure {
    error(format!("{text}\nSee 'kubectl {command} -h' for help and examples"))
}

impl Failure {
    /// One failure of several, or the only one.
    pub fn of(mut failures: Vec<Failure>) -> Result<(), Failure> {
        match failures.len() {
            0 => Ok(()),
            1 => Err(failures.remove(0)),
            _ => Err(Failure::Many(failures)),
        }
    }

    /// Names the file that the failing object came from.
    // Models helpers.go AddSourceToErr
    pub fn about(self, verb: &str, source: &str) -> Failure {
        if source.is_empty() {
            return self;
        }
        match self {
            Failure::Api(mut status) => {
                status.message = format!("error when {verb} \"{source}\": {}", status.message);
                Failure::Api(status)
            }
            Failure::Text(text) => Failure::Text(format!("error when {verb} \"{source}\": {text}")),
            other => other,
        }
    }

    pub fn is_not_found(&self) -> bool {
        matches!(self, Failure::Api(status) if status.is_not_found())
    }

    pub fn exit_status(&self) -> i32 {
        if let Failure::Silent(status) = self { *status } else { 1 }
    }

    /// The text for standard error, with its newlines; empty when there is none.
    pub fn text(&self) -> String {
        let text = match self {
            Failure::Silent(_) | Failure::NeedsInput => return String::new(),
            Failure::Api(status) if status.reason == StatusReason::Invalid => invalid_text(status),
            Failure::Many(failures) => {
                failures.iter().map(|failure| format!("{}\n", failure.line_of_many())).collect()
            }
            other => other.line(),
        };
        if text.ends_with('\n') { text } else { text + "\n" }
    }

    /// The message alone, as it stands inside of another one.
    pub fn message(&self) -> String {
        match self {
            Failure::Api(status) => status.message.clone(),
            Failure::Text(text) | Failure::Printed(_, text) | Failure::Bare(text) => text.clone(),
            Failure::Many(failures) => {
                format!("[{}]", failures.iter().map(Failure::message).collect::<Vec<_>>().join(", "))
            }
            Failure::Silent(_) | Failure::NeedsInput => String::new(),
        }
    }

    /// One of several: texts stand without their prefix then.
    // Models helpers.go MultipleErrors
    fn line_of_many(&self) -> String {
        match self {
            Failure::Text(text) => text.clone(),
            other => other.line(),
        }
    }

    fn line(&self) -> String {
        match self {
            Failure::Api(status) if status.reason.as_str().is_empty() => {
                format!("Error from server: {}", status.message)
            }
            Failure::Api(status) => {
                format!("Error from server ({}): {}", status.reason.as_str(), status.message)
            }
            Failure::Text(text) if text.starts_with("error: ") => text.clone(),
            Failure::Text(text) | Failure::Printed(_, text) => format!("error: {text}"),
            Failure::Bare(text) => text.clone(),
            Failure::Many(failures) => failures.iter().map(Failure::line).collect::<Vec<_>>().join("\n"),
            Failure::Silent(_) | Failure::NeedsInput => String::new(),
        }
    }
}

/// An object that validation refused, told by its violated rules.
fn invalid_text(status: &Status) -> String {
    let subject = match status.kind {
        Some(kind) => format!("The {} {} is invalid", kind.as_str(), go_quoted(&status.name)),
        None if status.causes.is_empty() => return format!("The request is invalid: {}", status.message),
        None => "The request is invalid".to_owned(),
    };
    let mut causes: Vec<String> = Vec::new();
    for cause in &status.causes {
        let text = cause.to_string();
        if !causes.contains(&text) {
            causes.push(text);
        }
    }
    match causes.as_slice() {
        [] => subject,
        [cause] => format!("{subject}: {cause}"),
        causes => causes.iter().fold(format!("{subject}: \n"), |text, cause| text + "* " + cause + "\n"),
    }
}
