//! Pod templates, volumes, tolerations.

use serde_json::Value;

use super::containers::describe_containers;
use super::writer::Writer;
use crate::api::core::{PodTemplateSpec, Toleration, Volume};
use crate::base::sorted;

// Models describe.go DescribePodTemplate
pub fn describe_template(w: &mut Writer, template: &PodTemplateSpec) {
    w.line(0, "Pod Template:");
    w.labels("  Labels", &template.metadata.labels);
    if !template.metadata.annotations.is_empty() {
        w.annotations("  Annotations", &template.metadata.annotations);
    }
    let spec = &template.spec;
    if !spec.service_account_name.is_empty() {
        w.field(1, "Service Account", &spec.service_account_name);
    }
    if !spec.init_containers.is_empty() {
        describe_containers(w, "Init Containers", &spec.init_containers, None, "  ");
    }
    describe_containers(w, "Containers", &spec.containers, None, "  ");
    describe_volumes(w, &spec.volumes, "  ");
    if let Some(class) = spec.rest.get("priorityClassName").and_then(Value::as_str) {
        w.field(1, "Priority Class Name", class);
    }
    w.labels("  Node-Selectors", &spec.node_selector);
    w.list("  Tolerations", &toleration_lines(&spec.tolerations));
}

// Models describe.go printTolerationsMultilineWithIndent
pub fn toleration_lines(tolerations: &[Toleration]) -> Vec<String> {
    let mut sorted: Vec<&Toleration> = tolerations.iter().collect();
    sorted::sort_by(&mut sorted, |a, b| a.key.cmp(&b.key));
    let line = |toleration: &&Toleration| {
        let mut line = toleration.key.clone();
        if !toleration.value.is_empty() {
            line += &format!("={}", toleration.value);
        }
        if !toleration.effect.is_empty() {
            line += &format!(":{}", toleration.effect);
        }
        if toleration.operator == "Exists" && toleration.value.is_empty() {
            line += if line.is_empty() { "op=Exists" } else { " op=Exists" };
        }
        if let Some(seconds) = toleration.toleration_seconds {
            line += &format!(" for {seconds}s");
        }
        line
    };
    sorted.iter().map(line).collect()
}

// Models describe.go describeVolumes
pub fn describe_volumes(w: &mut Writer, volumes: &[Volume], space: &str) {
    if volumes.is_empty() {
        return w.field(0, &format!("{space}Volumes"), "<none>");
    }
    w.line(0, &format!("{space}Volumes:"));
    let indent = if space.is_empty() { "" } else { " " };
    for volume in volumes {
        w.line(1, &format!("{indent}{}:", volume.name));
        describe_volume(w, volume);
    }
}

fn describe_volume(w: &mut Writer, volume: &Volume) {
    let Some((kind, source)) = volume.rest.iter().next() else { return w.line(2, "<unknown>") };
    let text = |key: &str| source.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let flag = |key: &str| source.get(key).and_then(Value::as_bool).unwrap_or(false);
    match kind.as_str() {
        "emptyDir" => {
            w.field(2, "Type", "EmptyDir (a temporary directory that shares a pod's lifetime)");
            w.field(2, "Medium", text("medium"));
            let limit = text("sizeLimit");
            w.field(2, "SizeLimit", if limit.is_empty() { "<unset>" } else { &limit });
        }
        "hostPath" => {
            w.field(2, "Type", "HostPath (bare host directory volume)");
            w.field(2, "Path", text("path"));
            w.field(2, "HostPathType", text("type"));
        }
        "configMap" => {
            w.field(2, "Type", "ConfigMap (a volume populated by a ConfigMap)");
            w.field(2, "Name", text("name"));
            w.field(2, "Optional", flag("optional"));
        }
        "secret" => {
            w.field(2, "Type", "Secret (a volume populated by a Secret)");
            w.field(2, "SecretName", text("secretName"));
            w.field(2, "Optional", flag("optional"));
        }
        "persistentVolumeClaim" => {
            let about =
                "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)";
            w.field(2, "Type", about);
            w.field(2, "ClaimName", text("claimName"));
            w.field(2, "ReadOnly", flag("readOnly"));
        }
        "downwardAPI" => describe_downward(w, source),
        "projected" => describe_projected(w, source),
        _ => w.line(2, "<unknown>"),
    }
}

fn describe_downward(w: &mut Writer, source: &Value) {
    w.field(2, "Type", "DownwardAPI (a volume populated by information about the pod)");
    w.line(2, "Items:");
    for item in source.get("items").and_then(Value::as_array).into_iter().flatten() {
        let path = item["path"].as_str().unwrap_or_default();
        if let Some(field) = item.pointer("/fieldRef/fieldPath").and_then(Value::as_str) {
            w.line(3, &format!("{field} -> {path}"));
        }
        if let Some(resource) = item.pointer("/resourceFieldRef/resource").and_then(Value::as_str) {
            w.line(3, &format!("{resource} -> {path}"));
        }
    }
}

fn describe_projected(w: &mut Writer, source: &Value) {
    w.field(2, "Type", "Projected (a volume that contains injected data from multiple sources)");
    for part in source.get("sources").and_then(Value::as_array).into_iter().flatten() {
        let name = |kind: &str| part.get(kind)?.get("name")?.as_str().map(str::to_owned);
        let optional = |kind: &str| part[kind]["optional"].as_bool().unwrap_or(false);
        if let Some(name) = name("secret") {
            w.field(2, "SecretName", name);
            w.field(2, "Optional", optional("secret"));
        } else if let Some(name) = name("configMap") {
            w.field(2, "ConfigMapName", name);
            w.field(2, "Optional", optional("configMap"));
        } else if part.get("downwardAPI").is_some() {
            w.field(2, "DownwardAPI", true);
        } else if let Some(token) = part.get("serviceAccountToken") {
            w.field(2, "TokenExpirationSeconds", token["expirationSeconds"].as_i64().unwrap_or(3600));
        }
    }
}
