//! Strict decoding: a JSON value becomes an object, or is refused with the words of the server's decoder.
//!
//! The server decodes with sigs.k8s.io/json (Go's encoding/json with strict errors) from JSON whose keys are sorted,
//! because kubectl sends them so: the first wrong type in that order is the one that is told.

use serde_json::Value;

use super::codec::Map;
use super::fields::{self, Shape, TypeInfo};
use super::object::{Kind, Object};
use super::quantity::Quantity;
use super::status::Status;
use crate::base::Timestamp;

/// What to do with fields that a type does not have (`--validate=`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Validation {
    Strict,
    Warn,
    Ignore,
}

/// Only this many unknown fields are told.
const UNKNOWN_MAX: usize = 100;

/// Decodes an object for a request on a kind's resource; the warnings are unknown fields, in the words of the server.
///
/// # Errors
/// `BadRequest` for a wrong type, an unknown field under `Strict`, another or a missing kind.
// Models staging/src/k8s.io/apiserver/pkg/endpoints/handlers/create.go and rest.go transformDecodeError
pub fn decode(expected: Kind, value: Value, validation: Validation) -> Result<(Object, Vec<String>), Status> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (kind, api_version) = (text("kind"), text("apiVersion"));
    let version = api_version.rsplit('/').next().unwrap_or_default().to_owned();
    let refuse = |cause: &str| {
        let expected = expected.as_str();
        if kind.is_empty() {
            let summary: String = value.to_string().chars().take(30).collect();
            return Status::bad_request(format!(
                "the object provided is unrecognized (must be of type {expected}): {cause} ({summary} ...)"
            ));
        }
        Status::bad_request(format!(
            "{kind} in version {version:?} cannot be handled as a {expected}: {cause}"
        ))
    };
    if kind.is_empty() {
        return Err(refuse("Object 'Kind' is missing"));
    }
    if kind != expected.as_str() || api_version != expected.api_version() {
        let known =
            Kind::ALL.iter().any(|known| known.as_str() == kind && known.api_version() == api_version);
        if !known {
            let scheme = "pkg/api/legacyscheme/scheme.go:30";
            return Err(refuse(&format!(
                "no kind {kind:?} is registered for version {api_version:?} in scheme {scheme:?}"
            )));
        }
        return Err(refuse("the object has another kind"));
    }
    let mut cleaned = value.clone();
    let faults = check(expected.as_str(), fields::type_of(expected), &mut cleaned);
    if let Some(error) = faults.fatal.or(faults.wrong_type) {
        return Err(refuse(&error));
    }
    if validation == Validation::Strict && !faults.unknown.is_empty() {
        return Err(refuse(&format!("strict decoding error: {}", faults.unknown.join(", "))));
    }
    let object = Object::decode(expected, cleaned).map_err(|error| refuse(&error.to_string()))?;
    let warnings = if validation == Validation::Warn { faults.unknown } else { Vec::new() };
    Ok((object, warnings))
}

/// What kubectl itself decodes before it sends anything: the metadata must have its types.
///
/// # Errors
/// The text that kubectl prints after `error: unable to decode "FILE": `.
pub fn check_metadata(value: &Value) -> Result<(), String> {
    let Some(metadata) = value.get("metadata") else { return Ok(()) };
    let mut walk = Walk::default();
    let mut metadata = metadata.clone();
    walk.path.push("metadata");
    walk.value(&Shape::Struct("ObjectMeta"), &mut metadata, "metadataOnlyObject", "metadata");
    walk.faults.fatal.or(walk.faults.wrong_type).map_or(Ok(()), Err)
}

/// Every fault of a value, for the editor as well.
#[derive(Debug, Default)]
pub struct Faults {
    /// An error that ends decoding at once: quantities, times.
    pub fatal: Option<String>,
    /// The first value of a wrong type.
    pub wrong_type: Option<String>,
    /// `unknown field "spec.x"`.
    pub unknown: Vec<String>,
    /// The paths of `fatal`, `wrong_type` and each of `unknown`, in the form `spec.containers[0].image`.
    pub fatal_path: String,
    pub wrong_type_path: String,
    pub unknown_paths: Vec<String>,
}

/// Checks a value against a type. Unknown fields are removed, quantities take their canonical form.
pub fn check(name: &'static str, info: &'static TypeInfo, value: &mut Value) -> Faults {
    let mut walk = Walk::default();
    if let Value::Object(map) = value {
        walk.object(name, info, map, "", true);
    } else {
        let found = json_kind(value);
        walk.faults.wrong_type =
            Some(format!("json: cannot unmarshal {found} into Go value of type v1.{name}"));
    }
    walk.faults
}

#[derive(Default)]
struct Walk {
    /// Names of the fields from the outermost in, as Go's decoder keeps them (without indices).
    path: Vec<&'static str>,
    faults: Faults,
}

/// The kind of a JSON value as Go's `encoding/json` names it in its errors.
pub fn json_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

impl Walk {
    fn object(
        &mut self,
        name: &'static str,
        info: &'static TypeInfo,
        map: &mut Map,
        place: &str,
        is_top: bool,
    ) {
        let mut unknown = Vec::new();
        for (key, value) in map.iter_mut() {
            if self.faults.fatal.is_some() {
                return;
            }
            if is_top && (key == "apiVersion" || key == "kind") {
                continue;
            }
            let place = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
            let Some(field) = info.field(key) else {
                unknown.push(key.clone());
                if self.faults.unknown.len() < UNKNOWN_MAX {
                    self.faults.unknown.push(format!("unknown field {place:?}"));
                    self.faults.unknown_paths.push(place);
                }
                continue;
            };
            self.path.push(field.name);
            self.value(&field.shape, value, name, &place);
            self.path.pop();
        }
        map.retain(|key, _| !unknown.contains(key));
    }

    /// Checks one value of a field, item or map entry. `owner` is the struct that has the field.
    fn value(&mut self, shape: &Shape, value: &mut Value, owner: &str, place: &str) {
        if value.is_null() || self.faults.fatal.is_some() {
            return;
        }
        match (shape, &mut *value) {
            (Shape::Struct(name), Value::Object(map)) => {
                if let Some(info) = fields::type_named(name) {
                    self.object(info.name, info, map, place, false);
                }
            }
            (Shape::List(item), Value::Array(items)) => {
                for (index, value) in items.iter_mut().enumerate() {
                    self.value(item, value, owner, &format!("{place}[{index}]"));
                }
            }
            (Shape::Map(item), Value::Object(entries)) => {
                for (key, value) in entries.iter_mut() {
                    self.value(item, value, owner, &format!("{place}.{key}"));
                }
            }
            (Shape::Int32, Value::Number(number)) => {
                let fits = number.as_i64().is_some_and(|number| i32::try_from(number).is_ok());
                self.expect_number(fits, shape, value, owner, place);
            }
            (Shape::Int64, Value::Number(number)) => {
                let fits = number.as_i64().is_some();
                self.expect_number(fits, shape, value, owner, place);
            }
            (Shape::Quantity, _) => self.quantity(value, place),
            (Shape::Time | Shape::MicroTime, _) => self.time(value, owner, place),
            (Shape::IntOrString, Value::String(_)) => {}
            (Shape::IntOrString, _) => {
                if value.as_i64().is_none_or(|number| i32::try_from(number).is_err()) {
                    let error = self.wrong_type(&described(value), owner, "int32");
                    self.fail(error, place);
                }
            }
            (Shape::Bytes, Value::String(text)) => self.bytes(text, place),
            (Shape::Text(_), Value::String(_))
            | (Shape::Bool, Value::Bool(_))
            | (Shape::Float64, Value::Number(_))
            | (Shape::Any, _) => {}
            _ => self.wrong(json_kind(value).to_owned(), shape, owner, place),
        }
    }

    fn expect_number(&mut self, fits: bool, shape: &Shape, value: &Value, owner: &str, place: &str) {
        if !fits {
            self.wrong(described(value), shape, owner, place);
        }
    }

    /// Only the first wrong type is told; decoding goes on to the end all the same.
    fn wrong(&mut self, found: String, shape: &Shape, owner: &str, place: &str) {
        if self.faults.wrong_type.is_none() {
            self.faults.wrong_type = Some(self.wrong_type(&found, owner, &shape.go_type()));
            place.clone_into(&mut self.faults.wrong_type_path);
        }
    }

    fn wrong_type(&self, found: &str, owner: &str, go_type: &str) -> String {
        let path = self.path.join(".");
        format!("json: cannot unmarshal {found} into Go struct field {owner}.{path} of type {go_type}")
    }

    fn fail(&mut self, error: String, place: &str) {
        self.faults.fatal = Some(error);
        place.clone_into(&mut self.faults.fatal_path);
    }

    fn quantity(&mut self, value: &mut Value, place: &str) {
        let text = match &*value {
            Value::String(text) => text.trim().to_owned(),
            other => other.to_string(),
        };
        match Quantity::parse(&text) {
            Ok(quantity) => *value = Value::String(quantity.to_string()),
            Err(error) => self.fail(error.to_owned(), place),
        }
    }

    fn time(&mut self, value: &Value, owner: &str, place: &str) {
        let Value::String(text) = value else {
            let error = self.wrong_type(json_kind(value), owner, "string");
            return self.fail(error, place);
        };
        if Timestamp::parse_rfc3339(text).is_none() {
            let layout = "2006-01-02T15:04:05Z07:00";
            let digits = text.bytes().take_while(u8::is_ascii_digit).count();
            let (rest, part) = match digits {
                4.. => (&text[4..], "-"),
                _ => (text.as_str(), "2006"),
            };
            let error = format!("parsing time {text:?} as {layout:?}: cannot parse {rest:?} as {part:?}");
            self.fail(error, place);
        }
    }

    fn bytes(&mut self, text: &str, place: &str) {
        if let Some(at) = base64_fault(text)
            && self.faults.wrong_type.is_none()
        {
            self.faults.wrong_type = Some(format!("illegal base64 data at input byte {at}"));
            place.clone_into(&mut self.faults.wrong_type_path);
        }
    }
}

/// Numbers are told with their digits where a number was expected.
fn described(value: &Value) -> String {
    match value {
        Value::Number(number) => format!("number {}", go_number(number)),
        other => json_kind(other).to_owned(),
    }
}

/// A number as Go's JSON encoder writes it: without an exponent unless it is very large or very small.
fn go_number(number: &serde_json::Number) -> String {
    // What no int64 holds went through a float on its way.
    let Some(float) = number.as_f64().filter(|_| number.as_i64().is_none()) else {
        return number.to_string();
    };
    if float == 0.0 || (1e-6..1e21).contains(&float.abs()) {
        return format!("{float}");
    }
    let text = format!("{float:e}");
    if text.contains("e-") { text } else { text.replace('e', "e+") }
}

/// The first byte that is not base64. Line breaks are skipped, as Go does.
fn base64_fault(text: &str) -> Option<usize> {
    let bytes: Vec<(usize, u8)> =
        text.bytes().enumerate().filter(|(_, byte)| !b"\r\n".contains(byte)).collect();
    let body =
        bytes.iter().take_while(|(_, byte)| byte.is_ascii_alphanumeric() || b"+/".contains(byte)).count();
    let padding = bytes[body..].iter().take_while(|(_, byte)| *byte == b'=').count();
    let expected_padding = (4 - body % 4) % 4;
    if body % 4 == 1 || padding != expected_padding {
        let at = if padding > expected_padding { body + expected_padding } else { body + padding };
        return Some(bytes.get(at).map_or(text.len(), |(at, _)| *at));
    }
    bytes.get(body + padding).map(|(at, _)| *at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(spec: Value) -> String {
        let value = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "a"}, "spec": spec});
        let status = decode(Kind::Job, value, Validation::Strict).expect_err("refused");
        status.message.replace("Job in version \"v1\" cannot be handled as a Job: ", "")
    }

    fn container(fields: Value) -> Value {
        json!({"template": {"spec": {"containers": [fields]}}})
    }

    #[test]
    fn wrong_types_and_unknown_fields_have_the_words_of_the_server() {
        let cases = [
            (
                json!({"completions": "3"}),
                "json: cannot unmarshal string into Go struct field JobSpec.spec.completions of type int32",
            ),
            (
                json!({"completions": 2.5}),
                "json: cannot unmarshal number 2.5 into Go struct field JobSpec.spec.completions of type int32",
            ),
            (
                json!({"template": []}),
                "json: cannot unmarshal array into Go struct field JobSpec.spec.template of type v1.PodTemplateSpec",
            ),
            (
                container(json!({"command": "sh"})),
                "json: cannot unmarshal string into Go struct field \
                 Container.spec.template.spec.containers.command of type []string",
            ),
            (
                container(json!({"command": ["sleep", 5]})),
                "json: cannot unmarshal number into Go struct field \
                 Container.spec.template.spec.containers.command of type string",
            ),
            (
                container(json!({"imagePullPolicy": 5})),
                "json: cannot unmarshal number into Go struct field \
                 Container.spec.template.spec.containers.imagePullPolicy of type v1.PullPolicy",
            ),
            (
                container(json!({"resources": {"limits": {"cpu": "lots"}}})),
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
            ),
            (
                json!({"retries": 1, "template": {"spec": {"containers": [{"imge": "x"}]}}}),
                "strict decoding error: unknown field \"spec.retries\", \
                 unknown field \"spec.template.spec.containers[0].imge\"",
            ),
            (json!("text"), "json: cannot unmarshal string into Go struct field Job.spec of type v1.JobSpec"),
            (
                json!({"completions": 1e20}),
                "json: cannot unmarshal number 100000000000000000000 into Go struct field \
                 JobSpec.spec.completions of type int32",
            ),
            (
                json!({"completions": 1e-7}),
                "json: cannot unmarshal number 1e-7 into Go struct field JobSpec.spec.completions of type int32",
            ),
            (
                container(json!({"livenessProbe": {"httpGet": {"port": true}}})),
                "json: cannot unmarshal bool into Go struct field \
                 HTTPGetAction.spec.template.spec.containers.livenessProbe.httpGet.port of type int32",
            ),
            (
                json!({"template": {"metadata": {"creationTimestamp": 5}}}),
                "json: cannot unmarshal number into Go struct field \
                 ObjectMeta.spec.template.metadata.creationTimestamp of type string",
            ),
            (
                json!({"template": {"spec": {"containers": ["sh"]}}}),
                "json: cannot unmarshal string into Go struct field \
                 PodSpec.spec.template.spec.containers of type v1.Container",
            ),
        ];
        for (spec, expect) in cases {
            assert_eq!(refused(spec), expect);
        }
    }

    #[test]
    fn unknown_fields_are_dropped_with_a_warning_when_asked() {
        let value = json!({"apiVersion": "batch/v1", "kind": "Job", "spec": {"retries": 1, "suspend": true}});
        let (object, warnings) = decode(Kind::Job, value, Validation::Warn).expect("accepted");
        assert_eq!(warnings, ["unknown field \"spec.retries\""]);
        assert_eq!(object.to_value()["spec"].get("retries"), None);
        assert_eq!(object.to_value()["spec"]["suspend"], json!(true));
    }

    #[test]
    fn quantities_take_their_canonical_form() {
        let spec = container(json!({"resources": {"limits": {"cpu": 0.5, "memory": "1024Mi"}}}));
        let value = json!({"apiVersion": "batch/v1", "kind": "Job", "spec": spec});
        let (object, _) = decode(Kind::Job, value, Validation::Strict).expect("accepted");
        let limits = &object.to_value()["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"];
        assert_eq!(limits, &json!({"cpu": "500m", "memory": "1Gi"}));
    }

    #[test]
    fn base64_faults_are_found() {
        let cases = [
            ("aGVsbG8=", None),
            ("", None),
            ("aGVsbG8", Some(7)),
            ("a", Some(1)),
            ("aGV?bG8=", Some(3)),
            ("aa==a", Some(4)),
        ];
        for (text, expect) in cases {
            assert_eq!(base64_fault(text), expect, "{text}");
        }
    }

    #[test]
    fn metadata_is_checked_before_anything_is_sent() {
        let cases = [
            (
                json!({"metadata": "name:hello"}),
                "json: cannot unmarshal string into Go struct field metadataOnlyObject.metadata of type v1.ObjectMeta",
            ),
            (
                json!({"metadata": {"labels": {"app": true}}}),
                "json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string",
            ),
        ];
        for (value, expect) in cases {
            assert_eq!(check_metadata(&value), Err(expect.to_owned()));
        }
        assert_eq!(check_metadata(&json!({"metadata": {"title": 1}})), Ok(()));
    }
}
