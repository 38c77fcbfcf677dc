//! Nodes.

use serde_json::Value;

use super::Surroundings;
use super::containers::quantity_text;
use super::events::describe_events;
use super::writer::Writer;
use crate::api::core::{Node, Pod, Taint};
use crate::api::quantity::Quantity;
use crate::base::sorted;
use crate::kubectl::built_in::renewed_at;
use crate::kubectl::printers::{age, node_roles};
use crate::node::resources::{parse_millis, pod_requests};

// Models describe.go describeNode
pub fn describe_node(node: &Node, around: &Surroundings) -> String {
    let mut w = Writer::default();
    head(&mut w, node, around);
    conditions(&mut w, node);
    w.line(0, "Addresses:");
    for address in node.status.addresses.as_array().into_iter().flatten() {
        let text = |key: &str| address[key].as_str().unwrap_or_default();
        w.line(1, &format!("{}:\t{}", text("type"), text("address")));
    }
    for (title, quantities) in
        [("Capacity", &node.status.capacity), ("Allocatable", &node.status.allocatable)]
    {
        if !quantities.is_empty() {
            w.line(0, &format!("{title}:"));
        }
        quantities.iter().for_each(|(name, quantity)| w.field(1, name, canonical(quantity)));
    }
    system_info(&mut w, node);
    if !node.spec.pod_cidr.is_empty() {
        w.field(0, "PodCIDR", &node.spec.pod_cidr);
        w.field(0, "PodCIDRs", &node.spec.pod_cidr);
    }
    pods(&mut w, node, around);
    describe_events(&mut w, around);
    w.finish()
}

fn head(w: &mut Writer, node: &Node, around: &Surroundings) {
    w.field(0, "Name", &node.metadata.name);
    w.field(0, "Roles", node_roles(node));
    w.labels("Labels", &node.metadata.labels);
    w.annotations("Annotations", &node.metadata.annotations);
    let created = node.metadata.creation_timestamp.unwrap_or_default();
    w.field(0, "CreationTimestamp", created.rfc1123z());
    let taint = |taint: &Taint| match taint.value.as_str() {
        "" => format!("{}:{}", taint.key, taint.effect),
        value => format!("{}={value}:{}", taint.key, taint.effect),
    };
    // Models staging/src/k8s.io/kubectl/pkg/describe/describe.go printTaintsMultilineWithIndent
    let mut taints: Vec<&Taint> = node.spec.taints.iter().collect();
    sorted::sort_by_key(&mut taints, |taint| (&taint.effect, &taint.key));
    w.list("Taints", &taints.into_iter().map(taint).collect::<Vec<_>>());
    w.field(0, "Unschedulable", node.spec.unschedulable);
    w.line(0, "Lease:");
    w.field(1, "HolderIdentity", &node.metadata.name);
    w.field(1, "AcquireTime", "<unset>");
    w.field(1, "RenewTime", renewed_at(node, around.now).to_timestamp().rfc1123z());
}

fn conditions(w: &mut Writer, node: &Node) {
    if node.status.conditions.is_empty() {
        return;
    }
    w.line(0, "Conditions:");
    w.line(1, "Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage");
    w.line(1, "----\t------\t-----------------\t------------------\t------\t-------");
    for condition in &node.status.conditions {
        let time = |time: Option<crate::base::Timestamp>| time.unwrap_or_default().rfc1123z();
        w.line(
            1,
            &format!(
                "{} \t{} \t{} \t{} \t{} \t{}",
                condition.condition_type,
                condition.status,
                time(condition.last_heartbeat_time),
                time(condition.last_transition_time),
                condition.reason,
                condition.message
            ),
        );
    }
}

fn system_info(w: &mut Writer, node: &Node) {
    let fields = [
        ("Machine ID", "machineID"),
        ("System UUID", "systemUUID"),
        ("Boot ID", "bootID"),
        ("Kernel Version", "kernelVersion"),
        ("OS Image", "osImage"),
        ("Operating System", "operatingSystem"),
        ("Architecture", "architecture"),
        ("Container Runtime Version", "containerRuntimeVersion"),
        ("Kubelet Version", "kubeletVersion"),
        ("Kube-Proxy Version", "kubeProxyVersion"),
    ];
    w.line(0, "System Info:");
    for (title, field) in fields {
        w.field(1, title, node.status.node_info.get(field).and_then(Value::as_str).unwrap_or_default());
    }
}

/// As Go's quantities print themselves after they were read.
fn canonical(quantity: &Value) -> String {
    let text = quantity_text(quantity);
    Quantity::parse(&text).map_or(text, |quantity| quantity.to_string())
}

/// Whole per cents of a part, as kubectl rounds them: downwards.
fn per_cent(part: i64, whole: i64) -> i64 {
    if whole == 0 { 0 } else { part * 100 / whole }
}

fn memory_text(bytes: i64) -> String {
    match bytes {
        0 => "0".to_owned(),
        bytes if bytes % (1 << 30) == 0 => format!("{}Gi", bytes >> 30),
        bytes if bytes % (1 << 20) == 0 => format!("{}Mi", bytes >> 20),
        bytes if bytes % (1 << 10) == 0 => format!("{}Ki", bytes >> 10),
        bytes => bytes.to_string(),
    }
}

fn cpu_text(millis: i64) -> String {
    if millis % 1000 == 0 { (millis / 1000).to_string() } else { format!("{millis}m") }
}

fn limits_of(pod: &Pod) -> [i64; 3] {
    let sum = |name: &str| {
        let limits = pod.spec.containers.iter().filter_map(|c| parse_millis(c.resources.limits.get(name)?));
        i64::try_from(limits.sum::<i128>()).unwrap_or(i64::MAX)
    };
    [sum("cpu"), sum("memory") / 1000, sum("ephemeral-storage") / 1000]
}

fn pods(w: &mut Writer, node: &Node, around: &Surroundings) {
    let allocatable = |name: &str| {
        let millis = node.status.allocatable.get(name).and_then(parse_millis).unwrap_or(0);
        i64::try_from(millis).unwrap_or(i64::MAX)
    };
    let (cpu, memory) = (allocatable("cpu"), allocatable("memory") / 1000);
    let here = |pod: &&&Pod| pod.spec.node_name == node.metadata.name && !pod.is_terminal();
    let pods: Vec<&&Pod> = around.pods.iter().filter(here).collect();
    w.field(0, "Non-terminated Pods", format!("({} in total)", pods.len()));
    w.line(1, "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge");
    w.line(1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---");
    let mut totals = [0i64; 6];
    for pod in pods {
        let requests = pod_requests(&pod.spec);
        let [cpu_limit, memory_limit, disk_limit] = limits_of(pod);
        let disk = requests.ephemeral_storage_bytes;
        let figures = [requests.cpu_millis, cpu_limit, requests.memory_bytes, memory_limit, disk, disk_limit];
        for (total, figure) in totals.iter_mut().zip(figures) {
            *total += figure;
        }
        let cpu_cell = |millis| format!("{} ({}%)", cpu_text(millis), per_cent(millis, cpu));
        let memory_cell = |bytes| format!("{} ({}%)", memory_text(bytes), per_cent(bytes, memory));
        let cells = [
            pod.metadata.namespace.clone(),
            pod.metadata.name.clone(),
            String::new(),
            cpu_cell(figures[0]),
            cpu_cell(figures[1]),
            memory_cell(figures[2]),
            memory_cell(figures[3]),
            age(pod.metadata.creation_timestamp, around.now),
        ];
        w.line(1, &cells.join("\t"));
    }
    w.line(0, "Allocated resources:");
    w.line(1, "(Total limits may be over 100 percent, i.e., overcommitted.)");
    w.line(1, "Resource\tRequests\tLimits");
    w.line(1, "--------\t--------\t------");
    let [cpu_requests, cpu_limits, memory_requests, memory_limits, disk_requests, disk_limits] = totals;
    let cpu_cell = |millis| format!("{} ({}%)", cpu_text(millis), per_cent(millis, cpu));
    let memory_cell = |bytes| format!("{} ({}%)", memory_text(bytes), per_cent(bytes, memory));
    w.line(1, &format!("cpu\t{}\t{}", cpu_cell(cpu_requests), cpu_cell(cpu_limits)));
    w.line(1, &format!("memory\t{}\t{}", memory_cell(memory_requests), memory_cell(memory_limits)));
    let disk = allocatable("ephemeral-storage") / 1000;
    let disk_cell = |bytes| format!("{} ({}%)", memory_text(bytes), per_cent(bytes, disk));
    w.line(1, &format!("ephemeral-storage\t{}\t{}", disk_cell(disk_requests), disk_cell(disk_limits)));
    // Nodes here have no huge pages to give.
    for name in node.status.allocatable.keys().filter(|name| name.starts_with("hugepages-")) {
        w.line(1, &format!("{name}\t0 (0%)\t0 (0%)"));
    }
}
