//! The environment of a container: variables, references to fields and to other objects, `$(VAR)`.

use std::collections::BTreeMap;

use super::downward;
use crate::api::core::{ConfigMap, Container, EnvVar, Pod, Secret};
use crate::api::{Kind, Object};
use crate::apiserver::{ApiServer, ObjectKey};
use crate::base::{base64, lossy_string, sorted};

/// What is known of the pod only on its node.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    pub host_ip: &'a str,
    pub pod_ip: &'a str,
}

/// Variables of the one service that every cluster has.
const SERVICE: &[(&str, &str)] = &[
    ("KUBERNETES_PORT", "tcp://10.96.0.1:443"),
    ("KUBERNETES_PORT_443_TCP", "tcp://10.96.0.1:443"),
    ("KUBERNETES_PORT_443_TCP_ADDR", "10.96.0.1"),
    ("KUBERNETES_PORT_443_TCP_PORT", "443"),
    ("KUBERNETES_PORT_443_TCP_PROTO", "tcp"),
    ("KUBERNETES_SERVICE_HOST", "10.96.0.1"),
    ("KUBERNETES_SERVICE_PORT", "443"),
    ("KUBERNETES_SERVICE_PORT_HTTPS", "443"),
];

/// Replaces `$(NAME)` of known variables; `$$` stands for a dollar sign; everything else stays.
// Models third_party/forked/golang/expansion/expand.go Expand
pub fn expand(text: &str, known: &BTreeMap<String, String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some(tail) = after.strip_prefix('$') {
            out.push('$');
            rest = tail;
        } else if let Some((name, tail)) = after.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            match known.get(name) {
                Some(value) => out.push_str(value),
                None => out.push_str(&format!("$({name})")),
            }
            rest = tail;
        } else {
            out.push('$');
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

/// The command line of a container: its own words, or `None` for the image's.
pub fn expand_all(words: &[String], known: &BTreeMap<String, String>) -> Vec<String> {
    words.iter().map(|word| expand(word, known)).collect()
}

/// All variables of a container.
///
/// # Errors
/// The message of `CreateContainerConfigError`.
// Models pkg/kubelet/kubelet_pods.go makeEnvironmentVariables
pub fn environment(
    api: &ApiServer,
    pod: &Pod,
    container: &Container,
    place: &Place,
) -> Result<BTreeMap<String, String>, String> {
    let mut result: BTreeMap<String, String> =
        sorted::collect(SERVICE.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let namespace = &pod.metadata.namespace;
    for source in &container.env_from {
        if let Some(reference) = &source.config_map_ref {
            match config_map(api, namespace, &reference.name) {
                Ok(map) => {
                    let data = map.data.iter();
                    result
                        .extend(data.map(|(key, value)| (format!("{}{key}", source.prefix), value.clone())));
                }
                Err(_) if reference.optional == Some(true) => {}
                Err(error) => return Err(error),
            }
        }
        if let Some(reference) = &source.secret_ref {
            match secret(api, namespace, &reference.name) {
                Ok(secret) => {
                    for (key, value) in &secret.data {
                        let text = lossy_string(&base64::decode_stored(value));
                        result.insert(format!("{}{key}", source.prefix), text);
                    }
                }
                Err(_) if reference.optional == Some(true) => {}
                Err(error) => return Err(error),
            }
        }
    }
    for variable in &container.env {
        if let Some(value) = variable_value(api, pod, container, place, variable, &result)? {
            result.insert(variable.name.clone(), value);
        }
    }
    Ok(result)
}

/// `None`: an optional reference leads nowhere and the variable is left out.
fn variable_value(
    api: &ApiServer,
    pod: &Pod,
    container: &Container,
    place: &Place,
    variable: &EnvVar,
    known: &BTreeMap<String, String>,
) -> Result<Option<String>, String> {
    let namespace = &pod.metadata.namespace;
    let Some(source) = &variable.value_from else { return Ok(Some(expand(&variable.value, known))) };
    if let Some(reference) = &source.field_ref {
        return downward::field(pod, &reference.field_path, place).map(Some);
    }
    if let Some(reference) = &source.resource_field_ref {
        return downward::resource(api, pod, reference, Some(container)).map(Some);
    }
    if let Some(reference) = &source.config_map_key_ref {
        let optional = reference.optional == Some(true);
        let map = match config_map(api, namespace, &reference.name) {
            Ok(map) => map,
            Err(_) if optional => return Ok(None),
            Err(error) => return Err(error),
        };
        return match map.data.get(&reference.key) {
            Some(value) => Ok(Some(value.clone())),
            None if optional => Ok(None),
            None => Err(format!(
                "couldn't find key {} in ConfigMap {namespace}/{}",
                reference.key, reference.name
            )),
        };
    }
    if let Some(reference) = &source.secret_key_ref {
        let optional = reference.optional == Some(true);
        let secret = match secret(api, namespace, &reference.name) {
            Ok(secret) => secret,
            Err(_) if optional => return Ok(None),
            Err(error) => return Err(error),
        };
        return match secret.data.get(&reference.key) {
            Some(value) => Ok(Some(lossy_string(&base64::decode_stored(value)))),
            None if optional => Ok(None),
            None => {
                Err(format!("couldn't find key {} in Secret {namespace}/{}", reference.key, reference.name))
            }
        };
    }
    Ok(Some(String::new()))
}

pub fn config_map<'a>(api: &'a ApiServer, namespace: &str, name: &str) -> Result<&'a ConfigMap, String> {
    match api.find(Kind::ConfigMap, &ObjectKey::new(namespace, name)) {
        Some(Object::ConfigMap(map)) => Ok(map),
        _ => Err(format!("configmap \"{name}\" not found")),
    }
}

pub fn secret<'a>(api: &'a ApiServer, namespace: &str, name: &str) -> Result<&'a Secret, String> {
    match api.find(Kind::Secret, &ObjectKey::new(namespace, name)) {
        Some(Object::Secret(secret)) => Ok(secret),
        _ => Err(format!("secret \"{name}\" not found")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_variables_in_round_brackets_are_replaced() {
        let known = [("A".to_owned(), "1".to_owned())].into_iter().collect();
        let cases = [
            ("$(A)", "1"),
            ("x$(A)y$(A)", "x1y1"),
            ("$(B)", "$(B)"),
            ("$$(A)", "$(A)"),
            ("$A ${A}", "$A ${A}"),
            ("$(A", "$(A"),
            ("100$", "100$"),
        ];
        for (text, expect) in cases {
            assert_eq!(expand(text, &known), expect, "{text}");
        }
    }
}
