//! Pods.

use serde_json::Value;

use super::Surroundings;
use super::batch::controlled_by;
use super::containers::{Running, describe_containers};
use super::events::describe_events;
use super::template::{describe_volumes, toleration_lines, topology};
use super::writer::Writer;
use crate::api::core::Pod;
use crate::kubectl::printers::age;

// Models describe.go describePod
pub fn describe_pod(pod: &Pod, around: &Surroundings) -> String {
    let mut w = Writer::default();
    head(&mut w, pod, around);
    w.field(0, "IP", &pod.status.pod_ip);
    addresses(&mut w, pod);
    controlled_by(&mut w, &pod.metadata);
    if !pod.spec.init_containers.is_empty() {
        let running = Running { pod, statuses: &pod.status.init_container_statuses };
        describe_containers(&mut w, "Init Containers", &pod.spec.init_containers, Some(running), "");
    }
    let running = Running { pod, statuses: &pod.status.container_statuses };
    describe_containers(&mut w, "Containers", &pod.spec.containers, Some(running), "");
    gates(&mut w, pod);
    if !pod.status.conditions.is_empty() {
        w.line(0, "Conditions:");
        w.line(1, "Type\tStatus");
        for condition in &pod.status.conditions {
            w.line(1, &format!("{} \t{} ", condition.condition_type, condition.status));
        }
    }
    describe_volumes(&mut w, &pod.spec.volumes, "");
    w.field(0, "QoS Class", &pod.status.qos_class);
    w.labels("Node-Selectors", &pod.spec.node_selector);
    w.list("Tolerations", &toleration_lines(&pod.spec.tolerations));
    topology(&mut w, &pod.spec, "");
    describe_events(&mut w, around);
    w.finish()
}

fn head(w: &mut Writer, pod: &Pod, around: &Surroundings) {
    w.field(0, "Name", &pod.metadata.name);
    w.field(0, "Namespace", &pod.metadata.namespace);
    if let Some(priority) = pod.spec.priority {
        w.field(0, "Priority", priority);
    }
    if let Some(class) =
        pod.spec.rest.get("priorityClassName").and_then(Value::as_str).filter(|it| !it.is_empty())
    {
        w.field(0, "Priority Class Name", class);
    }
    if !pod.spec.service_account_name.is_empty() {
        w.field(0, "Service Account", &pod.spec.service_account_name);
    }
    match pod.spec.node_name.as_str() {
        "" => w.field(0, "Node", "<none>"),
        node => w.field(0, "Node", format!("{node}/{}", pod.status.host_ip)),
    }
    if let Some(start) = pod.status.start_time {
        w.field(0, "Start Time", start.rfc1123z());
    }
    w.labels("Labels", &pod.metadata.labels);
    w.annotations("Annotations", &pod.metadata.annotations);
    match pod.metadata.deletion_timestamp.filter(|_| !pod.is_terminal()) {
        Some(deleted) => {
            w.field(0, "Status", format!("Terminating (lasts {})", age(Some(deleted), around.now)));
            let grace = pod.metadata.deletion_grace_period_seconds.unwrap_or(0);
            w.field(0, "Termination Grace Period", format!("{grace}s"));
        }
        None => w.field(0, "Status", pod.status.phase),
    }
    for (title, text) in [("Reason", &pod.status.reason), ("Message", &pod.status.message)] {
        if !text.is_empty() {
            w.field(0, title, text);
        }
    }
    let profile = &pod.spec.security_context["seccompProfile"];
    for (title, field) in [("SeccompProfile", "type"), ("LocalhostProfile", "localhostProfile")] {
        if let Some(text) = profile[field].as_str() {
            w.field(0, title, text);
        }
    }
}

fn gates(w: &mut Writer, pod: &Pod) {
    let Some(Value::Array(gates)) = pod.spec.rest.get("readinessGates") else { return };
    if !gates.is_empty() {
        w.line(0, "Readiness Gates:\n  Type\tStatus");
    }
    for gate in gates {
        let gate = gate["conditionType"].as_str().unwrap_or_default();
        let status = pod.condition(gate).map_or("<none>", |condition| condition.status.as_str());
        w.line(1, &format!("{gate} \t{status} "));
    }
}

fn addresses(w: &mut Writer, pod: &Pod) {
    if pod.status.pod_ips.is_empty() {
        return w.field(0, "IPs", "<none>");
    }
    w.line(0, "IPs:");
    for address in &pod.status.pod_ips {
        w.field(1, "IP", &address.ip);
    }
}
