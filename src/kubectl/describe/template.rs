//! Pod templates, volumes, tolerations.

use serde_json::Value;

use super::containers::describe_containers;
use super::writer::Writer;
use crate::api::codec::Codec;
use crate::api::core::{PodSpec, PodTemplateSpec, Toleration, Volume};
use crate::api::meta::LabelSelector;
use crate::base::sorted;
use crate::kubectl::printers::selector_text;

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
    topology(w, spec, "  ");
    if let Some(class) =
        spec.rest.get("priorityClassName").and_then(Value::as_str).filter(|it| !it.is_empty())
    {
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

/// What is told of a volume: the field of its source, the type in words, and the titles of the source's own fields; of
/// those with a question mark it is told whether they are true.
type Told = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const VOLUMES: &[Told] = &[
    (
        "emptyDir",
        "EmptyDir (a temporary directory that shares a pod's lifetime)",
        &[("Medium", "medium"), ("SizeLimit", "sizeLimit")],
    ),
    ("hostPath", "HostPath (bare host directory volume)", &[("Path", "path"), ("HostPathType", "type")]),
    (
        "configMap",
        "ConfigMap (a volume populated by a ConfigMap)",
        &[("Name", "name"), ("Optional", "optional?")],
    ),
    (
        "secret",
        "Secret (a volume populated by a Secret)",
        &[("SecretName", "secretName"), ("Optional", "optional?")],
    ),
    (
        "persistentVolumeClaim",
        "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
        &[("ClaimName", "claimName"), ("ReadOnly", "readOnly?")],
    ),
    (
        "nfs",
        "NFS (an NFS mount that lasts the lifetime of a pod)",
        &[("Server", "server"), ("Path", "path"), ("ReadOnly", "readOnly?")],
    ),
    (
        "csi",
        "CSI (a Container Storage Interface (CSI) volume source)",
        &[("Driver", "driver"), ("FSType", "fsType"), ("ReadOnly", "readOnly?")],
    ),
    (
        "image",
        "Image (a container image or OCI artifact)",
        &[("Reference", "reference"), ("PullPolicy", "pullPolicy")],
    ),
];

fn describe_volume(w: &mut Writer, volume: &Volume) {
    let Some((kind, source)) = volume.rest.iter().next() else { return w.line(2, "<unknown>") };
    match kind.as_str() {
        "downwardAPI" => return describe_downward(w, source),
        "projected" => return describe_projected(w, source),
        _ => {}
    }
    let Some((_, about, fields)) = VOLUMES.iter().find(|(known, ..)| known == kind) else {
        return w.line(2, "<unknown>");
    };
    w.field(2, "Type", about);
    for (title, field) in *fields {
        let text = match field.strip_suffix('?') {
            Some(flag) if source[flag] == true => "true",
            Some(_) => "false",
            None => source[*field].as_str().unwrap_or(if *title == "SizeLimit" { "<unset>" } else { "" }),
        };
        w.field(2, title, text);
    }
    if kind == "csi" {
        attributes(w, source);
    }
}

/// What a driver is told: every line is indented once more than it is meant to be.
// Models describe.go printCSIPersistentVolumeAttributesMultilineIndent
fn attributes(w: &mut Writer, source: &Value) {
    let given = source.get("volumeAttributes").and_then(Value::as_object);
    let mut title = "VolumeAttributes:";
    for (key, value) in given.into_iter().flatten() {
        w.line(2, &format!("{title}\t    {key}={}", value.as_str().unwrap_or_default()));
        title = "    ";
    }
    if title.ends_with(':') {
        w.field(2, "VolumeAttributes", "<none>");
    }
}

/// Nothing is said where there are none.
// Models describe.go describeTopologySpreadConstraints
pub fn topology(w: &mut Writer, spec: &PodSpec, space: &str) {
    let Some(Value::Array(given)) = spec.rest.get("topologySpreadConstraints") else { return };
    let mut lines: Vec<String> = Vec::new();
    for constraint in given {
        let text = |key: &str| constraint[key].as_str().unwrap_or_default();
        let (key, otherwise) = (text("topologyKey"), text("whenUnsatisfiable"));
        let mut line = format!("{key}:{otherwise} when max skew {} is exceeded", constraint["maxSkew"]);
        if let Ok(Some(selector)) = Option::<LabelSelector>::decode(constraint["labelSelector"].clone()) {
            line += " for selector ";
            line += &selector_text(Some(&selector));
        }
        lines.push(line);
    }
    if !lines.is_empty() {
        sorted::sort(&mut lines);
        w.list(&format!("{space}Topology Spread Constraints"), &lines);
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
