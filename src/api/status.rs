//! `metav1.Status`: how the API server says no.

use super::object::Kind;

/// One violated rule of validation: `FIELD: TYPE: VALUE: DETAIL`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldError {
    pub field: String,
    pub kind: FieldErrorKind,
    /// The value as the message shows it (strings in quotes, objects as JSON); empty for kinds that show none.
    pub value: String,
    pub detail: String,
}

// Models staging/src/k8s.io/apimachinery/pkg/util/validation/field/errors.go
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FieldErrorKind {
    Required,
    Invalid,
    NotSupported,
    Duplicate,
    Forbidden,
    TooLong,
    TooMany,
    NotFound,
    TypeInvalid,
    Internal,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StatusReason {
    NotFound,
    AlreadyExists,
    Conflict,
    Invalid,
    BadRequest,
    Forbidden,
    MethodNotAllowed,
    Expired,
    InternalError,
    UnsupportedMediaType,
    /// The server gives no reason; kubectl prints none either.
    Unknown,
}

/// A refusal of the API server. `message` is the text that kubectl prints after `Error from server (REASON): `.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Status {
    pub reason: StatusReason,
    pub message: String,
    pub kind: Option<Kind>,
    pub name: String,
    pub causes: Vec<FieldError>,
}

impl FieldErrorKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            FieldErrorKind::Required => "Required value",
            FieldErrorKind::Invalid | FieldErrorKind::TypeInvalid => "Invalid value",
            FieldErrorKind::NotSupported => "Unsupported value",
            FieldErrorKind::Duplicate => "Duplicate value",
            FieldErrorKind::Forbidden => "Forbidden",
            FieldErrorKind::TooLong => "Too long",
            FieldErrorKind::TooMany => "Too many",
            FieldErrorKind::NotFound => "Not found",
            FieldErrorKind::Internal => "Internal error",
        }
    }
}

impl StatusReason {
    /// The reason as kubectl shows it in brackets.
    pub const fn as_str(self) -> &'static str {
        match self {
            StatusReason::NotFound => "NotFound",
            StatusReason::AlreadyExists => "AlreadyExists",
            StatusReason::Conflict => "Conflict",
            StatusReason::Invalid => "Invalid",
            StatusReason::BadRequest => "BadRequest",
            StatusReason::Forbidden => "Forbidden",
            StatusReason::MethodNotAllowed => "MethodNotAllowed",
            StatusReason::Expired => "Expired",
            StatusReason::InternalError => "InternalError",
            StatusReason::UnsupportedMediaType => "UnsupportedMediaType",
            StatusReason::Unknown => "",
        }
    }

    /// The HTTP status code.
    pub const fn code(self) -> u16 {
        match self {
            StatusReason::NotFound => 404,
            StatusReason::AlreadyExists | StatusReason::Conflict => 409,
            StatusReason::Invalid => 422,
            StatusReason::BadRequest => 400,
            StatusReason::Forbidden => 403,
            StatusReason::MethodNotAllowed => 405,
            StatusReason::Expired => 410,
            StatusReason::InternalError | StatusReason::Unknown => 500,
            StatusReason::UnsupportedMediaType => 415,
        }
    }
}

impl std::fmt::Display for FieldError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.field, self.kind.as_str())?;
        for part in [&self.value, &self.detail] {
            if !part.is_empty() {
                write!(f, ": {part}")?;
            }
        }
        Ok(())
    }
}

impl Status {
    fn about(reason: StatusReason, kind: Kind, name: &str, message: String) -> Status {
        Status { reason, message, kind: Some(kind), name: name.to_owned(), causes: Vec::new() }
    }

    pub fn not_found(kind: Kind, name: &str) -> Status {
        let message = format!("{} \"{name}\" not found", kind.qualified_plural());
        Status::about(StatusReason::NotFound, kind, name, message)
    }

    pub fn already_exists(kind: Kind, name: &str) -> Status {
        let message = format!("{} \"{name}\" already exists", kind.qualified_plural());
        Status::about(StatusReason::AlreadyExists, kind, name, message)
    }

    /// The object changed between a read and this write.
    pub fn conflict(kind: Kind, name: &str, cause: &str) -> Status {
        let message =
            format!("Operation cannot be fulfilled on {} \"{name}\": {cause}", kind.qualified_plural());
        Status::about(StatusReason::Conflict, kind, name, message)
    }

    pub fn forbidden(kind: Kind, name: &str, cause: &str) -> Status {
        let message = format!("{} \"{name}\" is forbidden: {cause}", kind.qualified_plural());
        Status::about(StatusReason::Forbidden, kind, name, message)
    }

    /// Validation found errors; one is told in line, several as a list in brackets.
    // Models staging/src/k8s.io/apimachinery/pkg/api/errors/errors.go NewInvalid
    pub fn invalid(kind: Kind, name: &str, causes: Vec<FieldError>) -> Status {
        let subject = match kind.group() {
            "" => kind.as_str().to_owned(),
            group => format!("{}.{group}", kind.as_str()),
        };
        let texts: Vec<String> = causes.iter().map(FieldError::to_string).collect();
        let list = if texts.len() == 1 { texts.concat() } else { format!("[{}]", texts.join(", ")) };
        let message = format!("{subject} \"{name}\" is invalid: {list}");
        Status { causes, ..Status::about(StatusReason::Invalid, kind, name, message) }
    }

    pub fn bad_request(message: impl Into<String>) -> Status {
        Status {
            reason: StatusReason::BadRequest,
            message: message.into(),
            kind: None,
            name: String::new(),
            causes: Vec::new(),
        }
    }

    pub fn is_not_found(&self) -> bool {
        self.reason == StatusReason::NotFound
    }

    pub fn is_conflict(&self) -> bool {
        self.reason == StatusReason::Conflict
    }
}
