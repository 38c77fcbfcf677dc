//! PATCH requests.

use serde_json::Value;

use super::patch::{PatchError, PatchKind, apply_patch};
use super::refusals::Request;
use super::server::{ApiServer, Subresource, WriteOptions};
use super::store::ObjectKey;
use crate::api::codec::{DecodeError, Map};
use crate::api::decode::check;
use crate::api::fields::type_of;
use crate::api::go_text::go_text;
use crate::api::status::{FieldError, FieldErrorKind, StatusReason};
use crate::api::view::{self, Fields, Viewed};
use crate::api::{Kind, Object, Status};

impl ApiServer {
    /// Applies a patch to the stored object and stores the outcome like an update.
    ///
    /// # Errors
    /// `BadRequest` for what is no patch, `Invalid` for what does not fit, and all that an update may answer.
    // Models staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go patchResource
    pub fn patch_value(
        &mut self,
        kind: Kind,
        key: &ObjectKey,
        subresource: Subresource,
        (patch_kind, patch): (PatchKind, &Value),
        options: WriteOptions,
    ) -> Result<Object, Status> {
        self.refusals.check(Request::Patch, kind)?;
        let stored = self.get(kind, key)?.clone();
        let is_main = subresource == Subresource::Main;
        if let Some((patched, warnings)) =
            self.siblings.patched(&stored, (patch_kind, patch)).filter(|_| is_main)
        {
            self.warnings = warnings;
            return self.replace_stored(stored, patched, subresource, options);
        }
        let touched = Touched::by(patch_kind, patch, &stored);
        let outcome = || {
            let part = touched.as_ref().map_or_else(|| stored.to_value(), |touched| touched.of(&stored));
            apply_patch(part, patch_kind, patch)
        };
        let mut patched = outcome().map_err(refusal)?;
        check_type(kind, &patched)?;
        let faults = check(kind.as_str(), type_of(kind), &mut patched);
        let object = match faults.fatal.or(faults.wrong_type) {
            Some(error) if patch_kind != PatchKind::Strategic => Err(Status::bad_request(error)),
            // A wrong type in a field that is kept but not simulated is told by the other decoder's words.
            wrong_type => decode(&stored, touched.as_ref(), patched)
                .map_err(|error| strategic_type_error(&error, &outcome().unwrap_or_default(), patch))
                .and_then(|object| wrong_type.map_or(Ok(object), |error| Err(Status::bad_request(error)))),
        };
        self.warnings = faults.unknown;
        let object = object?;
        check_name(key, &object)?;
        let replaced = self.replace_stored(stored.clone(), object, subresource, options)?;
        if is_main {
            self.siblings.note_patch(&stored, (patch_kind, patch), &replaced, &self.warnings);
        }
        Ok(replaced)
    }
}

/// The fields that a patch may change; all others stay as they are stored, and need neither be written out nor read
/// again.
struct Touched<'a>(Vec<(&'a str, Part<'a>)>);

enum Part<'a> {
    Whole,
    /// Only these of the fields inside.
    Fields(Vec<&'a str>),
}

impl<'a> Touched<'a> {
    /// `None` when it cannot be told from the patch.
    fn by(kind: PatchKind, patch: &'a Value, stored: &Object) -> Option<Touched<'a>> {
        let names = plain_names(patch).filter(|_| kind != PatchKind::Json)?;
        let part = |name| {
            let inside = patch.get(name).filter(|_| stored.has_declared(name)).and_then(plain_names);
            (name, inside.map_or(Part::Whole, Part::Fields))
        };
        Some(Touched(names.into_iter().map(part).collect()))
    }

    /// The wire form of an object with only these of its fields.
    fn of(&self, object: &Object) -> Value {
        let mut fields = Map::new();
        let types = ["apiVersion", "kind"].iter().map(|name| (*name, &Part::Whole));
        for (name, part) in types.chain(self.0.iter().map(|(name, part)| (*name, part))) {
            if let Some(field) = object.get(name) {
                let value = match part {
                    Part::Whole => view::to_value(field),
                    Part::Fields(names) => only(field, names),
                };
                fields.insert(name.to_owned(), value);
            }
        }
        Value::Object(fields)
    }
}

/// The fields that are named; `None` where a directive speaks of the whole.
fn plain_names(patch: &Value) -> Option<Vec<&str>> {
    let plain = |name: &String| !name.starts_with('$') && name != "apiVersion" && name != "kind";
    patch.as_object()?.keys().map(|name| plain(name).then_some(name.as_str())).collect()
}

fn only(value: &dyn Viewed, names: &[&str]) -> Value {
    let mut fields = Map::new();
    for name in names {
        if let Some(field) = view::at(value, &[name]) {
            fields.insert((*name).to_owned(), view::to_value(field));
        }
    }
    Value::Object(fields)
}

fn refusal(error: PatchError) -> Status {
    let reason = match error {
        PatchError::Malformed(_) => StatusReason::BadRequest,
        PatchError::DoesNotFit(_) => StatusReason::Invalid,
        PatchError::Failed(_) => StatusReason::Unknown,
    };
    Status { reason, ..Status::bad_request(error.to_string()) }
}

/// A patch must leave `apiVersion` and `kind` alone.
fn check_type(kind: Kind, patched: &Value) -> Result<(), Status> {
    let found = |field: &str| patched.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (version, name) = (found("apiVersion"), found("kind"));
    if version == kind.api_version() && name == kind.as_str() {
        return Ok(());
    }
    let (group, bare) = version.split_once('/').unwrap_or(("", &version));
    let expected = kind.api_version().rsplit('/').next().unwrap_or_default();
    Err(Status::bad_request(format!(
        "the API version in the data ({group}/{bare}, Kind={name}) does not match the expected API version ({}/{expected}, Kind={})",
        kind.group(),
        kind.as_str()
    )))
}

fn check_name(key: &ObjectKey, object: &Object) -> Result<(), Status> {
    let meta = object.metadata();
    if meta.name != key.name {
        return Err(Status::bad_request(format!(
            "the name of the object ({}) does not match the name on the URL ({})",
            meta.name, key.name
        )));
    }
    if meta.namespace != key.namespace {
        let message = "the namespace of the provided object does not match the namespace sent on the request";
        return Err(Status::bad_request(message));
    }
    Ok(())
}

fn decode(stored: &Object, touched: Option<&Touched>, mut patched: Value) -> Result<Object, DecodeError> {
    let Some(touched) = touched else { return Object::decode(stored.kind(), patched) };
    let mut whole = Vec::new();
    let mut inside = Vec::new();
    for (name, part) in &touched.0 {
        match (part, patched.get_mut(*name)) {
            (Part::Fields(names), Some(Value::Object(fields))) => {
                inside.push((name, names, std::mem::take(fields)));
            }
            _ => whole.push(*name),
        }
    }
    let mut object = stored.with_fields(&whole, patched)?;
    for (name, names, fields) in inside {
        object.take_inside(name, names, fields)?;
    }
    Ok(object)
}

/// A strategic merge patch's decoder has its own words for a wrong type in the outcome.
// Models staging/src/k8s.io/apimachinery/pkg/runtime/converter.go fromUnstructured
fn strategic_type_error(error: &DecodeError, patched: &Value, patch: &Value) -> Status {
    let kind = match at_path(patched, &error.path).unwrap_or(&Value::Null) {
        Value::Bool(_) => "bool",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "slice",
        Value::Null | Value::Object(_) => "map",
    };
    let detail = match error.expected {
        "list" => format!("cannot restore slice from {kind}"),
        "map" => format!("cannot restore map from {kind}"),
        scalar @ ("string" | "bool" | "int32" | "int64") => format!("unrecognized type: {scalar}"),
        _ => format!("cannot restore struct from: {kind}"),
    };
    let cause = FieldError {
        field: "patch".to_owned(),
        kind: FieldErrorKind::Invalid,
        value: format!("\"{}\"", go_text(patch)),
        detail,
    };
    // The server names no object here: kubectl prints only the message.
    let message = format!(" \"\" is invalid: {cause}");
    Status { reason: StatusReason::Invalid, causes: vec![cause], ..Status::bad_request(message) }
}

/// A member by the dotted path of a decoding error (`spec.template.spec.containers.[0].image`).
fn at_path<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, part| {
        match part.strip_prefix('[').and_then(|part| part.strip_suffix(']')) {
            Some(index) => value.get(index.parse::<usize>().ok()?),
            None => value.get(part),
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::batch::Job;
    use crate::base::{Random, Time};

    fn server() -> (ApiServer, ObjectKey) {
        let mut api = ApiServer::new(Time::default(), Random::new(1));
        let pod = json!({"restartPolicy": "Never", "containers": [{"name": "main", "image": "busybox"}]});
        let job = json!({
            "metadata": {"name": "j", "namespace": "default"},
            "spec": {"parallelism": 1, "template": {"spec": pod}},
        });
        let job = Object::decode(Kind::Job, job).expect("a Job");
        let stored = api.create(job).expect("valid");
        (api, ObjectKey::of(&stored))
    }

    fn patch(api: &mut ApiServer, key: &ObjectKey, kind: PatchKind, patch: Value) -> Result<i32, String> {
        let options = WriteOptions::default();
        let answer = api.patch_value(Kind::Job, key, Subresource::Main, (kind, &patch), options);
        let parallelism = |job: &Job| job.spec.parallelism.unwrap_or_default();
        match answer {
            Ok(Object::Job(job)) => Ok(parallelism(&job)),
            Ok(_) => Err("another kind".to_owned()),
            Err(status) => Err(format!("{}: {}", status.reason.as_str(), status.message)),
        }
    }

    #[test]
    fn each_kind_of_patch_changes_the_stored_object() {
        let (mut api, key) = server();
        let cases = [
            (PatchKind::JsonMerge, json!({"spec": {"parallelism": 2}}), 2),
            (PatchKind::Strategic, json!({"spec": {"parallelism": 3}}), 3),
            (PatchKind::Json, json!([{"op": "replace", "path": "/spec/parallelism", "value": 4}]), 4),
        ];
        for (kind, change, expected) in cases {
            assert_eq!(patch(&mut api, &key, kind, change), Ok(expected));
        }
        let generation = api.get(Kind::Job, &key).expect("stored").metadata().generation;
        assert_eq!(generation, 4);
    }

    #[test]
    fn refusals_have_the_servers_words() {
        let (mut api, key) = server();
        let cases = [
            (
                PatchKind::Json,
                json!([{"op": "remove", "path": "/spec/nope"}]),
                "Invalid: the server rejected our request due to an error in our request",
            ),
            (
                PatchKind::Strategic,
                json!({"spec": {"parallelism": "two"}}),
                "Invalid:  \"\" is invalid: patch: Invalid value: \"map[spec:map[parallelism:two]]\": unrecognized type: int32",
            ),
            (
                PatchKind::JsonMerge,
                json!({"spec": {"parallelism": "two"}}),
                "BadRequest: json: cannot unmarshal string into Go struct field JobSpec.spec.parallelism of type int32",
            ),
            (
                PatchKind::JsonMerge,
                json!({"metadata": {"name": "k"}}),
                "BadRequest: the name of the object (k) does not match the name on the URL (j)",
            ),
            (
                PatchKind::JsonMerge,
                json!({"metadata": {"resourceVersion": "1"}}),
                "Conflict: Operation cannot be fulfilled on jobs.batch \"j\": the object has been modified; please apply your changes to the latest version and try again",
            ),
        ];
        for (kind, change, expected) in cases {
            assert_eq!(patch(&mut api, &key, kind, change), Err(expected.to_owned()));
        }
    }

    #[test]
    fn an_unknown_field_is_dropped_with_a_warning() {
        let (mut api, key) = server();
        assert_eq!(patch(&mut api, &key, PatchKind::JsonMerge, json!({"spec": {"paralelism": 2}})), Ok(1));
        assert_eq!(api.take_warnings(), ["unknown field \"spec.paralelism\""]);
    }

    #[test]
    fn a_dry_run_stores_nothing() {
        let (mut api, key) = server();
        let before = api.version();
        let change = json!({"spec": {"parallelism": 9}});
        let options = WriteOptions { dry_run: true };
        let answer =
            api.patch_value(Kind::Job, &key, Subresource::Main, (PatchKind::JsonMerge, &change), options);
        assert!(matches!(answer, Ok(Object::Job(job)) if job.spec.parallelism == Some(9)));
        assert_eq!(api.version(), before);
    }
}
