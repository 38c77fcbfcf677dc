//! Refused objects as the server's messages show them: JSON of its internal types, which have Go's field names, no
//! omitted fields and an order of their own.

use serde_json::{Map, Value};

use crate::api::fields::{self, Field, Shape, TypeInfo};

/// Names that are not the wire name with a capital letter.
const GO_NAMES: &[(&str, &str)] = &[
    ("awsElasticBlockStore", "AWSElasticBlockStore"),
    ("apiVersion", "APIVersion"),
    ("cephfs", "CephFS"),
    ("csi", "CSI"),
    ("dnsConfig", "DNSConfig"),
    ("dnsPolicy", "DNSPolicy"),
    ("fc", "FC"),
    ("fsGroup", "FSGroup"),
    ("fsGroupChangePolicy", "FSGroupChangePolicy"),
    ("fsType", "FSType"),
    ("gcePersistentDisk", "GCEPersistentDisk"),
    ("grpc", "GRPC"),
    ("httpGet", "HTTPGet"),
    ("httpHeaders", "HTTPHeaders"),
    ("ip", "IP"),
    ("iscsi", "ISCSI"),
    ("nfs", "NFS"),
    ("os", "OS"),
    ("rbd", "RBD"),
    ("seLinuxChangePolicy", "SELinuxChangePolicy"),
    ("seLinuxOptions", "SELinuxOptions"),
    ("storageos", "StorageOS"),
    ("tcpSocket", "TCPSocket"),
    ("tty", "TTY"),
];

/// Types whose internal fields differ from the wire in order or number; the names are those of the wire.
const ORDERS: &[(&str, &str)] = &[
    (
        "PodSpec",
        "volumes initContainers containers ephemeralContainers restartPolicy terminationGracePeriodSeconds \
         activeDeadlineSeconds dnsPolicy nodeSelector serviceAccountName automountServiceAccountToken nodeName \
         securityContext imagePullSecrets hostname subdomain setHostnameAsFQDN affinity schedulerName tolerations \
         hostAliases priorityClassName priority preemptionPolicy dnsConfig readinessGates runtimeClassName overhead \
         enableServiceLinks topologySpreadConstraints os schedulingGates resourceClaims resources hostnameOverride \
         schedulingGroup",
    ),
    (
        "Volume",
        "name hostPath emptyDir gcePersistentDisk awsElasticBlockStore gitRepo secret nfs iscsi glusterfs \
         persistentVolumeClaim rbd quobyte flexVolume cinder cephfs flocker downwardAPI fc azureFile configMap \
         vsphereVolume azureDisk photonPersistentDisk projected portworxVolume scaleIO storageos csi ephemeral image",
    ),
];

/// Fields of the pod spec that internally belong to its security context, in their order there.
const HOST_FIELDS: &[(&str, bool)] = &[
    ("hostNetwork", false),
    ("hostPID", false),
    ("hostIPC", false),
    ("shareProcessNamespace", true),
    ("hostUsers", true),
];

/// Types that have JSON tags internally too: they are shown as on the wire.
const TAGGED: &[&str] = &["LabelSelector", "LabelSelectorRequirement", "ObjectMeta"];

/// The object of a type of the field table as a message shows it.
pub fn shown(type_name: &str, value: &Value) -> String {
    let mut out = String::new();
    if let Some(info) = fields::type_named(type_name) {
        write_struct(info, value, &mut out);
    }
    out
}

/// JSON with the escapes of Go's encoder.
pub fn go_json(value: &Value) -> String {
    let text = value.to_string();
    if !text.contains(['<', '>', '&']) {
        return text;
    }
    text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

fn go_name(wire: &str) -> String {
    if let Some((_, name)) = GO_NAMES.iter().find(|(known, _)| *known == wire) {
        return (*name).to_owned();
    }
    let mut letters = wire.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn write_struct(info: &TypeInfo, value: &Value, out: &mut String) {
    if TAGGED.contains(&info.name) {
        let in_order = tagged_in_order(info, value);
        out.push_str(&format!("{{{in_order}}}"));
        return;
    }
    let mut separator = "{";
    if info.name == "PodTemplateSpec" {
        // The metadata is embedded, with its JSON tags.
        let metadata = value.get("metadata").unwrap_or(&Value::Null);
        let inline =
            fields::type_named("ObjectMeta").map_or_else(String::new, |meta| tagged_in_order(meta, metadata));
        if !inline.is_empty() {
            out.push('{');
            out.push_str(&inline);
            separator = ",";
        }
    }
    let order = ORDERS.iter().find(|(name, _)| *name == info.name);
    let ordered: Vec<&Field> = match order {
        Some((_, names)) => names.split_whitespace().filter_map(|name| info.field(name)).collect(),
        None => info.fields.iter().filter(|field| field.name != "metadata").collect(),
    };
    for field in ordered {
        out.push_str(separator);
        separator = ",";
        out.push_str(&format!("\"{}\":", go_name(field.name)));
        if info.name == "PodSpec" && field.name == "securityContext" {
            write_pod_security(value, out);
        } else {
            write_field(field, value.get(field.name).unwrap_or(&Value::Null), out);
        }
    }
    out.push('}');
}

fn write_pod_security(pod_spec: &Value, out: &mut String) {
    let mut separator = "{";
    for (name, pointer) in HOST_FIELDS {
        let zero = if *pointer { Value::Null } else { Value::Bool(false) };
        let value = pod_spec.get(name).cloned().unwrap_or(zero);
        out.push_str(&format!("{separator}\"{}\":{value}", go_name(name)));
        separator = ",";
    }
    let security = pod_spec.get("securityContext").unwrap_or(&Value::Null);
    let Some(info) = fields::type_named("PodSecurityContext") else { return };
    for field in &info.fields {
        out.push_str(&format!(",\"{}\":", go_name(field.name)));
        write_field(field, security.get(field.name).unwrap_or(&Value::Null), out);
    }
    out.push('}');
}

fn write_field(field: &Field, value: &Value, out: &mut String) {
    if value.is_null() && field.pointer {
        out.push_str("null");
        return;
    }
    write_value(&field.shape, value, out);
}

fn write_value(shape: &Shape, value: &Value, out: &mut String) {
    match (shape, value) {
        (Shape::Struct(name), _) => match fields::type_named(name) {
            Some(info) => write_struct(info, value, out),
            None => out.push_str("null"),
        },
        (Shape::List(item), Value::Array(items)) => {
            out.push('[');
            for (index, value) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_value(item, value, out);
            }
            out.push(']');
        }
        (Shape::Map(item), Value::Object(entries)) => {
            out.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&go_json(&Value::from(key.as_str())));
                out.push(':');
                write_value(item, value, out);
            }
            out.push('}');
        }
        (_, Value::Null) => out.push_str(zero(shape)),
        _ => out.push_str(&go_json(value)),
    }
}

/// What an absent value is in Go.
fn zero(shape: &Shape) -> &'static str {
    match shape {
        Shape::Text(_) => "\"\"",
        Shape::Bool => "false",
        Shape::Int32 | Shape::Int64 | Shape::Float64 | Shape::IntOrString => "0",
        Shape::Quantity => "\"0\"",
        _ => "null",
    }
}

/// The fields that are set, under their wire names, in the order of the Go struct.
fn tagged_in_order(info: &TypeInfo, value: &Value) -> String {
    let empty = Map::new();
    let map = value.as_object().unwrap_or(&empty);
    let present = info.fields.iter().filter_map(|field| {
        let value = map.get(field.name)?;
        let mut shown = String::new();
        write_value(&field.shape, value, &mut shown);
        Some(format!("\"{}\":{shown}", field.name))
    });
    present.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn policies_are_shown_with_go_names_and_absent_fields() {
        let policy =
            json!({"rules": [{"action": "FailJob", "onExitCodes": {"operator": "In", "values": [1]}}]});
        assert_eq!(
            shown("PodFailurePolicy", &policy),
            r#"{"Rules":[{"Action":"FailJob","OnExitCodes":{"ContainerName":null,"Operator":"In","Values":[1]},"OnPodConditions":null}]}"#
        );
        let policy = json!({"rules": [{"succeededCount": 1}]});
        assert_eq!(
            shown("SuccessPolicy", &policy),
            r#"{"Rules":[{"SucceededIndexes":null,"SucceededCount":1}]}"#
        );
    }

    #[test]
    fn texts_have_the_escapes_of_go() {
        assert_eq!(go_json(&json!("a && b > c")), r#""a \u0026\u0026 b \u003e c""#);
    }
}
