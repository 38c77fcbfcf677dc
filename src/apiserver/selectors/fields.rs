//! `--field-selector`: selectors on the few fields that each kind offers.
// Models staging/src/k8s.io/apimachinery/pkg/fields/selector.go

use crate::api::{Kind, Object, Status};

#[derive(Clone, PartialEq, Eq, Debug)]
struct Term {
    field: String,
    value: String,
    equal: bool,
}

/// A parsed field selector of one kind; the empty one matches everything.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FieldQuery {
    terms: Vec<Term>,
}

impl FieldQuery {
    /// # Errors
    /// `BadRequest` for text that is no selector and for fields that the kind does not offer.
    pub fn parse(kind: Kind, text: &str) -> Result<FieldQuery, Status> {
        let mut terms = Vec::new();
        for part in split_terms(text).into_iter().filter(|part| !part.is_empty()) {
            let mut term = parse_term(text, &part).map_err(Status::bad_request)?;
            term.field = offered(kind, &term.field).map_err(Status::bad_request)?;
            terms.push(term);
        }
        Ok(FieldQuery { terms })
    }

    pub fn matches(&self, object: &Object) -> bool {
        self.terms.iter().all(|term| (field_of(object, &term.field) == term.value) == term.equal)
    }
}

/// Splits at commas that no backslash escapes.
fn split_terms(text: &str) -> Vec<String> {
    let (mut terms, mut term, mut escaped) = (Vec::new(), String::new(), false);
    for character in text.chars() {
        if character == ',' && !escaped {
            terms.push(std::mem::take(&mut term));
            continue;
        }
        escaped = character == '\\' && !escaped;
        term.push(character);
    }
    terms.push(term);
    terms
}

fn parse_term(selector: &str, term: &str) -> Result<Term, String> {
    for (at, _) in term.char_indices() {
        for (operator, equal) in [("!=", false), ("==", true), ("=", true)] {
            if let Some(value) = term[at..].strip_prefix(operator) {
                return Ok(Term { field: term[..at].to_owned(), value: unescape(value)?, equal });
            }
        }
    }
    Err(format!("invalid selector: '{selector}'; can't understand '{term}'"))
}

fn unescape(value: &str) -> Result<String, String> {
    let mut plain = String::new();
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some(escaped @ ('\\' | ',' | '=')) => plain.push(escaped),
                Some(other) => {
                    return Err(format!("invalid field selector: invalid escape sequence: \\{other}"));
                }
                None => return Err("invalid field selector: invalid escape sequence: \\".to_owned()),
            },
            ',' | '=' => {
                return Err(format!("invalid field selector: unescaped character in value: {character}"));
            }
            plain_character => plain.push(plain_character),
        }
    }
    Ok(plain)
}

/// The field's name as the kind has it, or the refusal.
// Models pkg/apis/core/v1/conversion.go AddFieldLabelConversionsForPod and its siblings
fn offered(kind: Kind, field: &str) -> Result<String, String> {
    let own: &[&str] = match kind {
        Kind::Pod => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
        Kind::Job => &["status.successful"],
        Kind::Event => &[
            "involvedObject.kind",
            "involvedObject.namespace",
            "involvedObject.name",
            "involvedObject.uid",
            "involvedObject.apiVersion",
            "involvedObject.resourceVersion",
            "involvedObject.fieldPath",
            "reason",
            "reportingComponent",
            "source",
            "type",
        ],
        Kind::Namespace => &["status.phase", "name"],
        Kind::Node => &["spec.unschedulable"],
        Kind::Secret => &["type"],
        Kind::ConfigMap | Kind::CronJob => &[],
    };
    let meta = field == "metadata.name" || (field == "metadata.namespace" && kind.is_namespaced());
    if meta || own.contains(&field) {
        return Ok(field.to_owned());
    }
    match (kind, field) {
        (Kind::Pod, "spec.host") => Ok("spec.nodeName".to_owned()),
        (Kind::Job, _) => Err(format!("field label \"{field}\" not supported for Job")),
        (Kind::CronJob | Kind::ConfigMap, _) => Err(format!(
            "\"{field}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
        )),
        _ => Err(format!("field label not supported: {field}")),
    }
}

fn field_of(object: &Object, field: &str) -> String {
    let meta = object.metadata();
    match field {
        "metadata.name" | "name" => return meta.name.clone(),
        "metadata.namespace" => return meta.namespace.clone(),
        _ => {}
    }
    match object {
        Object::Pod(pod) => match field {
            "spec.nodeName" => pod.spec.node_name.clone(),
            "spec.restartPolicy" => pod.spec.restart_policy.clone(),
            "spec.schedulerName" => pod.spec.scheduler_name.clone(),
            "spec.serviceAccountName" => pod.spec.service_account_name.clone(),
            "spec.hostNetwork" => pod.spec.host_network.to_string(),
            "status.phase" => pod.status.phase.to_string(),
            "status.podIP" | "status.podIPs" => pod.status.pod_ip.clone(),
            _ => String::new(),
        },
        Object::Job(job) => job.status.succeeded.to_string(),
        Object::Event(event) => event_field(event, field),
        Object::Namespace(namespace) => {
            namespace.status.get("phase").and_then(|phase| phase.as_str()).unwrap_or_default().to_owned()
        }
        Object::Node(node) => node.spec.unschedulable.to_string(),
        Object::Secret(secret) => secret.secret_type.clone(),
        Object::ConfigMap(_) | Object::CronJob(_) => String::new(),
    }
}

fn event_field(event: &crate::api::core::Event, field: &str) -> String {
    let object = &event.involved_object;
    let text = match field {
        "involvedObject.kind" => &object.kind,
        "involvedObject.namespace" => &object.namespace,
        "involvedObject.name" => &object.name,
        "involvedObject.uid" => &object.uid,
        "involvedObject.apiVersion" => &object.api_version,
        "involvedObject.resourceVersion" => &object.resource_version,
        "involvedObject.fieldPath" => &object.field_path,
        "reason" => &event.reason,
        "reportingComponent" => &event.reporting_component,
        "source" if event.source.component.is_empty() => &event.reporting_component,
        "source" => &event.source.component,
        _ => &event.event_type,
    };
    text.clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::batch::Job;

    #[test]
    fn terms_select_on_offered_fields() {
        let mut job = Job::default();
        job.metadata.name = "ok".to_owned();
        job.status.succeeded = 2;
        let job = Object::from(job);
        let cases = [
            ("", true),
            ("metadata.name=ok", true),
            ("metadata.name!=ok", false),
            ("status.successful=2", true),
            ("status.successful==1", false),
            ("metadata.name=ok,status.successful!=3", true),
        ];
        for (text, expected) in cases {
            assert_eq!(FieldQuery::parse(Kind::Job, text).expect(text).matches(&job), expected, "{text}");
        }
    }

    #[test]
    fn refusals_name_the_field() {
        let cases = [
            (Kind::Job, "spec.nope=1", "field label \"spec.nope\" not supported for Job"),
            (Kind::Pod, "spec.nope=1", "field label not supported: spec.nope"),
            (
                Kind::CronJob,
                "spec.suspend=true",
                "\"spec.suspend\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
            ),
            (Kind::Pod, "foo", "invalid selector: 'foo'; can't understand 'foo'"),
            (Kind::Pod, "status.phase=a=b", "invalid field selector: unescaped character in value: ="),
        ];
        for (kind, text, expected) in cases {
            assert_eq!(FieldQuery::parse(kind, text).expect_err(text).message, expected);
        }
    }
}
