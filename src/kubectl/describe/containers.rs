//! Containers: what they run, how they stand.

use serde_json::Value;

use super::writer::Writer;
use crate::api::core::{
    Container, ContainerPort, ContainerState, ContainerStatus, EnvVar, EnvVarSource, Pod,
    ResourceFieldSelector, ResourceRequirements,
};
use crate::base::sorted;
use crate::node::kubelet::downward;

/// A pod whose statuses are shown with its containers.
#[derive(Clone, Copy)]
pub struct Running<'a> {
    pub pod: &'a Pod,
    pub statuses: &'a [ContainerStatus],
}

// Models describe.go describeContainers
pub fn describe_containers(
    w: &mut Writer,
    label: &str,
    containers: &[Container],
    running: Option<Running>,
    space: &str,
) {
    let none = if containers.is_empty() { " <none>" } else { "" };
    w.line(0, &format!("{space}{label}:{none}"));
    let indent = if space.is_empty() { "" } else { " " };
    for container in containers {
        let status = running.and_then(|r| r.statuses.iter().find(|status| status.name == container.name));
        w.line(1, &format!("{indent}{}:", container.name));
        basics(w, container, status);
        command(w, "Command", &container.command);
        command(w, "Args", &container.args);
        if let Some(status) = status {
            state(w, status);
        }
        resources(w, &container.resources);
        probes(w, container);
        environment(w, container, running.map(|r| r.pod));
        mounts(w, container);
    }
}

fn basics(w: &mut Writer, container: &Container, status: Option<&ContainerStatus>) {
    if let Some(status) = status {
        w.field(2, "Container ID", &status.container_id);
    }
    w.field(2, "Image", &container.image);
    if let Some(status) = status {
        w.field(2, "Image ID", &status.image_id);
    }
    let join = |number: fn(&ContainerPort) -> i32| {
        let port = |port: &ContainerPort| format!("{}/{}", number(port), port.protocol);
        container.ports.iter().map(port).collect::<Vec<_>>().join(", ")
    };
    for (title, ports) in
        [("Port", join(|port| port.container_port)), ("Host Port", join(|port| port.host_port))]
    {
        match ports.as_str() {
            "" => w.field(2, title, "<none>"),
            ports if ports.contains(',') => w.field(2, &format!("{title}s"), ports),
            ports => w.field(2, title, ports),
        }
    }
}

fn command(w: &mut Writer, title: &str, words: &[String]) {
    if words.is_empty() {
        return;
    }
    w.line(2, &format!("{title}:"));
    for line in words.iter().flat_map(|word| word.split('\n')) {
        w.line(3, line);
    }
}

fn state(w: &mut Writer, status: &ContainerStatus) {
    one_state(w, "State", &status.state);
    if status.last_state.terminated.is_some() {
        one_state(w, "Last State", &status.last_state);
    }
    w.field(2, "Ready", if status.ready { "True" } else { "False" });
    w.field(2, "Restart Count", status.restart_count);
}

// Models describe.go describeStatus
fn one_state(w: &mut Writer, title: &str, state: &ContainerState) {
    let time = |time: Option<crate::base::Timestamp>| time.unwrap_or_default().rfc1123z();
    if let Some(running) = &state.running {
        w.field(2, title, "Running");
        w.field(3, "Started", time(running.started_at));
        return;
    }
    let Some(ended) = &state.terminated else {
        w.field(2, title, "Waiting");
        if let Some(waiting) = state.waiting.as_ref().filter(|waiting| !waiting.reason.is_empty()) {
            w.field(3, "Reason", &waiting.reason);
        }
        return;
    };
    w.field(2, title, "Terminated");
    for (title, text) in [("Reason", &ended.reason), ("Message", &ended.message)] {
        if !text.is_empty() {
            w.field(3, title, text);
        }
    }
    w.field(3, "Exit Code", ended.exit_code);
    if ended.signal > 0 {
        w.field(3, "Signal", ended.signal);
    }
    w.field(3, "Started", time(ended.started_at));
    w.field(3, "Finished", time(ended.finished_at));
}

fn resources(w: &mut Writer, resources: &ResourceRequirements) {
    for (title, quantities) in [("Limits", &resources.limits), ("Requests", &resources.requests)] {
        if quantities.is_empty() {
            continue;
        }
        w.line(2, &format!("{title}:"));
        for (name, quantity) in quantities {
            w.field(3, name, quantity_text(quantity));
        }
    }
}

pub fn quantity_text(quantity: &Value) -> String {
    quantity.as_str().map_or_else(|| quantity.to_string(), str::to_owned)
}

fn probes(w: &mut Writer, container: &Container) {
    let kinds = [("livenessProbe", "Liveness"), ("readinessProbe", "Readiness"), ("startupProbe", "Startup")];
    for (field, title) in kinds {
        if let Some(probe) = container.rest.get(field) {
            w.field(2, title, probe_text(probe));
        }
    }
}

// Models describe.go DescribeProbe
fn probe_text(probe: &Value) -> String {
    let number = |key: &str, default: i64| probe.get(key).and_then(Value::as_i64).unwrap_or(default);
    let attributes = format!(
        "delay={}s timeout={}s period={}s #success={} #failure={}",
        number("initialDelaySeconds", 0),
        number("timeoutSeconds", 1),
        number("periodSeconds", 10),
        number("successThreshold", 1),
        number("failureThreshold", 3)
    );
    if let Some(words) = probe.pointer("/exec/command").and_then(Value::as_array) {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        return format!("exec [{}] {attributes}", words.join(" "));
    }
    let port = |kind: &str| probe[kind].get("port").map(quantity_text).unwrap_or_default();
    if let Some(get) = probe.get("httpGet") {
        let scheme = get["scheme"].as_str().unwrap_or("HTTP").to_lowercase();
        let (host, path) = (get["host"].as_str().unwrap_or_default(), get["path"].as_str().unwrap_or("/"));
        return format!("http-get {scheme}://{host}:{}{path} {attributes}", port("httpGet"));
    }
    if let Some(socket) = probe.get("tcpSocket") {
        let host = socket["host"].as_str().unwrap_or_default();
        return format!("tcp-socket {host}:{} {attributes}", port("tcpSocket"));
    }
    if let Some(grpc) = probe.get("grpc") {
        let service = grpc["service"].as_str().unwrap_or_default();
        return format!("grpc <pod>:{} {service} {attributes}", port("grpc"));
    }
    format!("unknown {attributes}")
}

fn environment(w: &mut Writer, container: &Container, pod: Option<&Pod>) {
    if !container.env_from.is_empty() {
        w.line(2, "Environment Variables from:");
    }
    for source in &container.env_from {
        let (from, reference) = match (&source.config_map_ref, &source.secret_ref) {
            (Some(reference), _) => ("ConfigMap", Some(reference)),
            (None, reference) => ("Secret", reference.as_ref()),
        };
        let (name, optional) = reference.map_or(("", false), |r| (r.name.as_str(), r.optional == Some(true)));
        let prefix = if source.prefix.is_empty() {
            String::new()
        } else {
            format!(" with prefix '{}'", source.prefix)
        };
        w.line(3, &format!("{name}\t{from}{prefix}\tOptional: {optional}"));
    }
    if container.env.is_empty() {
        return w.field(2, "Environment", "<none>");
    }
    w.line(2, "Environment:");
    for variable in &container.env {
        match &variable.value_from {
            Some(source) => variable_from(w, container, variable, source, pod),
            None => {
                let mut lines = variable.value.split('\n');
                w.field(3, &variable.name, lines.next().unwrap_or_default());
                lines.for_each(|line| w.line(3, &format!("\t{line}")));
            }
        }
    }
}

fn variable_from(
    w: &mut Writer,
    container: &Container,
    variable: &EnvVar,
    source: &EnvVarSource,
    pod: Option<&Pod>,
) {
    let name = &variable.name;
    if let Some(field) = &source.field_ref {
        // The program resolves only the fields that every object has.
        let value = match (field.field_path.as_str(), pod) {
            ("metadata.name", Some(pod)) => pod.metadata.name.as_str(),
            ("metadata.namespace", Some(pod)) => pod.metadata.namespace.as_str(),
            _ => "",
        };
        let version = if field.api_version.is_empty() { "v1" } else { &field.api_version };
        w.field(3, name, format!("{value} ({version}:{})", field.field_path));
    } else if let Some(field) = &source.resource_field_ref {
        w.field(3, name, format!("{} ({})", resource_value(container, field), field.resource));
    } else if let Some(key) = &source.secret_key_ref {
        let optional = key.optional == Some(true);
        w.field(
            3,
            name,
            format!("<set to the key '{}' in secret '{}'>\tOptional: {optional}", key.key, key.name),
        );
    } else if let Some(key) = &source.config_map_key_ref {
        let optional = key.optional == Some(true);
        let text =
            format!("<set to the key '{}' of config map '{}'>\tOptional: {optional}", key.key, key.name);
        w.field(3, name, text);
    }
}

/// The value of `limits.cpu` and its like, in units of the divisor.
fn resource_value(container: &Container, selector: &ResourceFieldSelector) -> String {
    let value = downward::amount_in(container, selector, &|_| None).unwrap_or_default();
    match (value.as_str(), selector.resource.as_str()) {
        ("0", "limits.cpu" | "limits.memory") => "node allocatable".to_owned(),
        _ => value,
    }
}

fn mounts(w: &mut Writer, container: &Container) {
    if container.volume_mounts.is_empty() {
        return w.field(2, "Mounts", "<none>");
    }
    w.line(2, "Mounts:");
    let mut mounts: Vec<_> = container.volume_mounts.iter().collect();
    sorted::sort_by(&mut mounts, |a, b| a.mount_path.cmp(&b.mount_path));
    for mount in mounts {
        let access = if mount.read_only { "ro" } else { "rw" };
        let path = match mount.sub_path.as_str() {
            "" => String::new(),
            path => format!(",path={}", Value::from(path)),
        };
        w.line(3, &format!("{} from {} ({access}{path})", mount.mount_path, mount.name));
    }
}
