//! The field table against the official types: every field that it lists is theirs, with its type, and survives the way
//! through them and through the project's own types.

use k8s_openapi::api::{batch::v1 as batch, core::v1 as core};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};
use zadachnik::api::fields::{self, Shape, TypeInfo};
use zadachnik::api::{Kind, Object};

/// Types contain each other (a volume claim has metadata, ...), but never deeper than this.
const DEPTH_MAX: usize = 24;

/// An object in which every field of the table is set.
fn complete(info: &TypeInfo, depth: usize) -> Value {
    assert!(depth < DEPTH_MAX, "{} contains itself", info.name);
    let fields = info.fields.iter().map(|field| (field.name.to_owned(), example(&field.shape, depth)));
    Value::Object(fields.collect::<Map<_, _>>())
}

fn example(shape: &Shape, depth: usize) -> Value {
    match shape {
        Shape::Text(_) => json!("text"),
        Shape::Bool => json!(true),
        Shape::Int32 | Shape::Int64 | Shape::IntOrString => json!(7),
        Shape::Float64 => json!(1.5),
        Shape::Bytes => json!("aGVsbG8="),
        Shape::Quantity => json!("100m"),
        Shape::Time => json!("2026-01-02T03:04:05Z"),
        Shape::MicroTime => json!("2026-01-02T03:04:05.123456Z"),
        Shape::Any => json!({"f:metadata": {}}),
        Shape::Struct(name) => complete(fields::type_named(name).expect("in the table"), depth + 1),
        Shape::List(item) => json!([example(item, depth)]),
        Shape::Map(item) => json!({"key": example(item, depth)}),
    }
}

/// What is left of an object on its way through an official type.
fn through<T: DeserializeOwned + Serialize>(value: &Value) -> Value {
    let typed: T = serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}"));
    serde_json::to_value(typed).expect("JSON")
}

fn through_official(kind: Kind, value: &Value) -> Value {
    match kind {
        Kind::Job => through::<batch::Job>(value),
        Kind::CronJob => through::<batch::CronJob>(value),
        Kind::Pod => through::<core::Pod>(value),
        Kind::ConfigMap => through::<core::ConfigMap>(value),
        Kind::Secret => through::<core::Secret>(value),
        Kind::Namespace => through::<core::Namespace>(value),
        Kind::Node => through::<core::Node>(value),
        Kind::Event => through::<core::Event>(value),
    }
}

fn example_of(kind: Kind) -> Value {
    let mut value = complete(fields::type_of(kind), 0);
    value["apiVersion"] = json!(kind.api_version());
    value["kind"] = json!(kind.as_str());
    value
}

/// Paths at which two values differ.
fn differences(expected: &Value, got: &Value, path: &str, found: &mut Vec<String>) {
    match (expected, got) {
        (Value::Object(expected), Value::Object(got)) => {
            for (key, value) in expected {
                let path = format!("{path}.{key}");
                match got.get(key) {
                    Some(other) => differences(value, other, &path, found),
                    None => found.push(format!("{path} is lost")),
                }
            }
        }
        (Value::Array(expected), Value::Array(got)) if expected.len() == got.len() => {
            expected.iter().zip(got).for_each(|(e, g)| differences(e, g, &format!("{path}[]"), found));
        }
        _ if expected == got => {}
        _ => found.push(format!("{path}: {expected} became {got}")),
    }
}

#[test]
fn every_field_of_the_table_is_an_official_one() {
    let mut found = Vec::new();
    for kind in Kind::ALL {
        let value = example_of(*kind);
        differences(&value, &through_official(*kind, &value), kind.as_str(), &mut found);
    }
    assert_eq!(found, Vec::<String>::new());
}

/// Fields of the official types by the derived Debug form of a default: `Name { field: ..., field: ... }`.
fn official_fields(debug: &str) -> usize {
    let mut depth = 0;
    let mut count = 0;
    for letter in debug.chars() {
        match letter {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => depth -= 1,
            ':' if depth == 1 => count += 1,
            _ => {}
        }
    }
    count
}

#[test]
fn the_table_lists_every_official_field() {
    macro_rules! counts {
        ($($module:ident :: $name:ident,)*) => {
            [$((stringify!($name), format!("{:?}", $module::$name::default())),)*]
        };
    }
    let counts = counts![
        batch::Job,
        batch::JobSpec,
        batch::JobStatus,
        batch::JobCondition,
        batch::PodFailurePolicyRule,
        batch::PodFailurePolicyOnExitCodesRequirement,
        batch::PodFailurePolicyOnPodConditionsPattern,
        batch::SuccessPolicyRule,
        batch::UncountedTerminatedPods,
        batch::CronJobSpec,
        batch::CronJobStatus,
        core::PodSpec,
        core::PodStatus,
        core::Container,
        core::ContainerPort,
        core::EnvVar,
        core::EnvVarSource,
        core::EnvFromSource,
        core::ResourceRequirements,
        core::VolumeMount,
        core::Volume,
        core::Probe,
        core::Lifecycle,
        core::LifecycleHandler,
        core::SecurityContext,
        core::PodSecurityContext,
        core::Affinity,
        core::NodeAffinity,
        core::PodAffinityTerm,
        core::Toleration,
        core::TopologySpreadConstraint,
        core::ContainerStatus,
        core::ContainerStateTerminated,
        core::NodeSpec,
        core::NodeStatus,
        core::ConfigMap,
        core::Secret,
        core::Event,
        core::Taint,
    ];
    for (name, debug) in counts {
        let info = fields::type_named(name).unwrap_or_else(|| panic!("{name} is not in the table"));
        assert_eq!(info.fields.len(), official_fields(&debug), "{name}: {debug}");
    }
}

#[test]
fn every_field_survives_the_projects_own_types() {
    let mut found = Vec::new();
    for kind in Kind::ALL {
        let mut value = example_of(*kind);
        // Closed sets of the project's types do not take any text.
        plain_enumerations(&mut value);
        let object = Object::decode(*kind, value.clone()).unwrap_or_else(|error| panic!("{kind:?}: {error}"));
        differences(&value, &object.to_value(), kind.as_str(), &mut found);
    }
    assert_eq!(found, Vec::<String>::new());
}

/// Statuses and phases of which the project knows every value.
fn plain_enumerations(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let is_condition =
                fields.contains_key("lastTransitionTime") || fields.contains_key("lastProbeTime");
            for (key, value) in fields.iter_mut() {
                match key.as_str() {
                    "status" if is_condition && value.is_string() => *value = json!("True"),
                    "type" if is_condition => *value = json!("Complete"),
                    "phase" => *value = json!("Running"),
                    "resourceVersion" => *value = json!("7"),
                    _ => plain_enumerations(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(plain_enumerations),
        _ => {}
    }
}
