//! How the server says no, as JSON.

use serde_json::{Value, json};
use zadachnik::api::Status;
use zadachnik::api::status::{FieldError, FieldErrorKind, StatusReason};

use super::http::{Answer, Request};

pub fn refusal(status: &Status) -> Answer {
    let code = status.reason.code();
    Answer::json(code, value(status))
}

/// `metav1.Status`
pub fn value(status: &Status) -> Value {
    let reason = status.reason.as_str();
    let mut answer = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": status.message, "reason": reason, "code": status.reason.code(),
    });
    let causes: Vec<Value> = status.causes.iter().map(cause).collect();
    if let Some(kind) = status.kind {
        let named = if status.reason == StatusReason::Invalid { kind.as_str() } else { kind.plural() };
        answer["details"] =
            json!({"name": status.name, "group": kind.group(), "kind": named, "causes": causes});
    } else if !causes.is_empty() {
        answer["details"] = json!({"causes": causes});
    }
    answer
}

fn cause(error: &FieldError) -> Value {
    let parts = [error.kind.as_str(), &error.value, &error.detail];
    let message = parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(": ");
    json!({"reason": reason(error.kind), "message": message, "field": error.field})
}

fn reason(kind: FieldErrorKind) -> &'static str {
    match kind {
        FieldErrorKind::Required => "FieldValueRequired",
        FieldErrorKind::Invalid => "FieldValueInvalid",
        FieldErrorKind::TypeInvalid => "FieldValueTypeInvalid",
        FieldErrorKind::NotSupported => "FieldValueNotSupported",
        FieldErrorKind::Duplicate => "FieldValueDuplicate",
        FieldErrorKind::Forbidden => "FieldValueForbidden",
        FieldErrorKind::TooLong => "FieldValueTooLong",
        FieldErrorKind::TooMany => "FieldValueTooMany",
        FieldErrorKind::NotFound => "FieldValueNotFound",
        FieldErrorKind::Internal => "InternalError",
    }
}

pub fn method_not_allowed() -> Answer {
    let message = "the server does not allow this method on the requested resource";
    refusal(&Status { reason: StatusReason::MethodNotAllowed, ..Status::bad_request(message) })
}

/// A part that objects of the resource do not have.
pub fn no_such_resource() -> Answer {
    let message = "the server could not find the requested resource";
    refusal(&Status { reason: StatusReason::NotFound, ..Status::bad_request(message) })
}

pub fn no_such_path(_request: &Request) -> Answer {
    Answer::Text { code: 404, text: "404 page not found\n".to_owned() }
}
