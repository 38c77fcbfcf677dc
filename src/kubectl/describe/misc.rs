//! Configuration, namespaces and whatever has no description of its own.

use serde_json::Value;

use super::Surroundings;
use super::events::describe_events;
use super::writer::Writer;
use crate::api::core::{ConfigMap, Namespace, Secret};
use crate::api::meta::ObjectMeta;
use crate::base::sorted;
use crate::kubectl::built_in::ADDRESS;

fn head(w: &mut Writer, metadata: &ObjectMeta) {
    w.field(0, "Name", &metadata.name);
    if !metadata.namespace.is_empty() {
        w.field(0, "Namespace", &metadata.namespace);
    }
    w.labels("Labels", &metadata.labels);
    w.annotations("Annotations", &metadata.annotations);
}

/// The number of bytes that a base64 text stands for.
fn decoded_length(text: &str) -> usize {
    let digits = text.bytes().filter(|b| !b.is_ascii_whitespace() && *b != b'=').count();
    digits * 3 / 4
}

// Models describe.go ConfigMapDescriber
pub fn describe_configmap(map: &ConfigMap, around: &Surroundings) -> String {
    let mut w = Writer::default();
    head(&mut w, &map.metadata);
    ["", "Data", "===="].iter().for_each(|line| w.line(0, line));
    for (key, value) in &map.data {
        w.line(0, &format!("{key}:\n----\n{value}\n"));
    }
    ["", "BinaryData", "===="].iter().for_each(|line| w.line(0, line));
    for (key, value) in &map.binary_data {
        w.line(0, &format!("{key}: {} bytes", decoded_length(value)));
    }
    w.line(0, "");
    describe_events(&mut w, around);
    w.finish()
}

// Models describe.go SecretDescriber
pub fn describe_secret(secret: &Secret) -> String {
    let mut w = Writer::default();
    head(&mut w, &secret.metadata);
    w.line(0, "");
    w.field(0, "Type", &secret.secret_type);
    ["", "Data", "===="].iter().for_each(|line| w.line(0, line));
    for (key, value) in &secret.data {
        w.field(0, key, format!("{} bytes", decoded_length(value)));
    }
    w.finish()
}

// Models describe.go NamespaceDescriber
pub fn describe_namespace(namespace: &Namespace) -> String {
    let mut w = Writer::default();
    head(&mut w, &namespace.metadata);
    w.field(0, "Status", namespace.status.get("phase").and_then(Value::as_str).unwrap_or_default());
    ["", "No resource quota.", "", "No LimitRange resource."].iter().for_each(|line| w.line(0, line));
    w.finish()
}

// Models describe.go ServiceDescriber
fn describe_service(w: &mut Writer, service: &Value) {
    let spec = &service["spec"];
    let text = |key: &str| spec[key].as_str().unwrap_or_default();
    let joined = |key: &str| {
        let items = spec[key].as_array().into_iter().flatten().filter_map(Value::as_str);
        items.collect::<Vec<_>>().join(",")
    };
    w.field(0, "Selector", "<none>");
    w.field(0, "Type", text("type"));
    w.field(0, "IP Family Policy", text("ipFamilyPolicy"));
    w.field(0, "IP Families", joined("ipFamilies"));
    w.field(0, "IP", text("clusterIP"));
    w.field(0, "IPs", joined("clusterIPs"));
    for port in spec["ports"].as_array().into_iter().flatten() {
        let part = |key: &str| port[key].as_str().unwrap_or_default();
        w.field(0, "Port", format!("{}\t{}/{}", part("name"), port["port"], part("protocol")));
        w.field(0, "TargetPort", format!("{}/{}", port["targetPort"], part("protocol")));
        w.field(0, "Endpoints", ADDRESS);
    }
    w.field(0, "Session Affinity", text("sessionAffinity"));
    w.field(0, "Internal Traffic Policy", text("internalTrafficPolicy"));
}

/// Fields by their names, as kubectl describes kinds that it does not know.
// Models describe.go genericDescriber
pub fn describe_value(object: &Value, around: &Surroundings) -> String {
    let mut w = Writer::default();
    let meta =
        |key: &str| object.pointer(&format!("/metadata/{key}")).and_then(Value::as_str).unwrap_or_default();
    let map = |key: &str| {
        let entries = object.pointer(&format!("/metadata/{key}")).and_then(Value::as_object);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        sorted::collect(entries.into_iter().flatten().map(|(key, value)| (key.clone(), text(value))))
    };
    w.field(0, "Name", meta("name"));
    w.field(0, "Namespace", meta("namespace"));
    w.labels("Labels", &map("labels"));
    w.annotations("Annotations", &map("annotations"));
    let told = ["metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations"];
    match object["kind"].as_str() {
        Some("Service") => describe_service(&mut w, object),
        _ => fields(&mut w, object, 0, &told, ""),
    }
    describe_events(&mut w, around);
    w.finish()
}

fn fields(w: &mut Writer, value: &Value, level: usize, skip: &[&str], path: &str) {
    let Some(map) = value.as_object() else { return };
    for (name, item) in map {
        let here = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        if skip.contains(&here.as_str()) || here == "metadata.managedFields" {
            continue;
        }
        let title = title_of(name);
        match item {
            Value::Object(_) => {
                w.line(level, &format!("{title}:"));
                fields(w, item, level + 1, skip, &here);
            }
            Value::Array(items) => {
                w.line(level, &format!("{title}:"));
                for item in items {
                    match item {
                        Value::Object(_) => fields(w, item, level + 1, skip, &here),
                        other => w.line(level + 1, &plain(other)),
                    }
                }
            }
            other => w.field(level, &title, plain(other)),
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "<nil>".to_owned(),
        other => other.to_string(),
    }
}

/// `creationTimestamp` becomes `Creation Timestamp`, `apiVersion` `API Version`.
// Models describe.go smartLabelFor
fn title_of(field: &str) -> String {
    let mut words: Vec<String> = vec![String::new()];
    for c in field.chars() {
        if c.is_uppercase() && words.last().is_some_and(|word| word.chars().any(char::is_lowercase)) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    let title = |word: &String| match word.to_uppercase().as_str() {
        short @ ("API" | "URL" | "UID" | "OSB" | "GUID") => short.to_owned(),
        _ => word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)).collect(),
    };
    words.iter().filter(|word| !word.is_empty()).map(title).collect::<Vec<_>>().join(" ")
}
