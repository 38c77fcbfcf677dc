//! As whom a container would run, where its pod forbids root.

use serde_json::Value;

use crate::api::core::{Container, Pod};
use crate::containers::images::Image;

/// Users that images name themselves; all others run as root.
const IMAGE_USERS: &[(&str, &str)] = &[
    ("curlimages/curl", "curl_user"),
    ("bitnami/kubectl", "1001"),
    ("registry.k8s.io/pause", "65535:65535"),
];

/// # Errors
/// The message of `CreateContainerConfigError` for a container that would be root against the will of its pod.
// Models pkg/kubelet/kuberuntime/security_context.go verifyRunAsNonRoot
pub fn verify_not_root(pod: &Pod, container: &Container, image: Option<&Image>) -> Result<(), String> {
    let own = container.rest.get("securityContext").unwrap_or(&Value::Null);
    let set = |name: &str| {
        let fields = [&own[name], &pod.spec.security_context[name]];
        fields.into_iter().find(|value| !value.is_null()).cloned().unwrap_or_default()
    };
    if set("runAsNonRoot") != true {
        return Ok(());
    }
    let meta = &pod.metadata;
    let whose =
        format!("(pod: \"{}_{}({})\", container: {})", meta.name, meta.namespace, meta.uid, container.name);
    match set("runAsUser").as_i64() {
        Some(0) => return Err(format!("container's runAsUser breaks non-root policy {whose}")),
        Some(_) => return Ok(()),
        None => {}
    }
    let user = IMAGE_USERS.iter().find(|(name, _)| image.is_some_and(|image| image.name == *name));
    let user = user.map_or("0", |(_, user)| user.split(':').next().unwrap_or_default());
    match user.parse::<i64>() {
        Ok(0) => Err(format!("container has runAsNonRoot and image will run as root {whose}")),
        Ok(_) => Ok(()),
        Err(_) => Err(format!(
            "container has runAsNonRoot and image has non-numeric user ({user}), cannot verify user is non-root \
             {whose}"
        )),
    }
}
