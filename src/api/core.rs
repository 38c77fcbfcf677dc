//! `v1`: pods, and the other objects around Jobs.

use std::collections::BTreeMap;

use serde_json::Value;

use super::codec::{Map, api_enum, api_object};
use super::meta::{ConditionStatus, LabelSelector, ObjectMeta};
use super::shared::{Shared, shared};
use crate::base::Timestamp;

pub mod restart_policy {
    pub const ALWAYS: &str = "Always";
    pub const ON_FAILURE: &str = "OnFailure";
    pub const NEVER: &str = "Never";
}

pub mod pull_policy {
    pub const ALWAYS: &str = "Always";
    pub const IF_NOT_PRESENT: &str = "IfNotPresent";
    pub const NEVER: &str = "Never";
}

/// Condition types of pods.
pub mod pod_condition {
    pub const READY_TO_START_CONTAINERS: &str = "PodReadyToStartContainers";
    pub const INITIALIZED: &str = "Initialized";
    pub const READY: &str = "Ready";
    pub const CONTAINERS_READY: &str = "ContainersReady";
    pub const SCHEDULED: &str = "PodScheduled";
    pub const DISRUPTION_TARGET: &str = "DisruptionTarget";
    pub const ALL_RESTARTING: &str = "AllContainersRestarting";
}

api_enum! {
    pub enum PodPhase { Pending, Running, Succeeded, Failed, Unknown, }
}

api_object! {
    pub struct Pod {
        "metadata" => metadata: ObjectMeta,
        "spec" => spec: Shared<PodSpec>,
        "status" => status: Shared<PodStatus>,
    }

    pub struct PodTemplateSpec {
        "metadata" => metadata: ObjectMeta,
        "spec" => spec: Shared<PodSpec>,
    }

    pub struct PodSpec {
        "volumes" => volumes: Vec<Volume>,
        "initContainers" => init_containers: Vec<Container>,
        "containers!" => containers: Vec<Container>,
        "restartPolicy" => restart_policy: String,
        "terminationGracePeriodSeconds" => termination_grace_period_seconds: Option<i64>,
        "activeDeadlineSeconds" => active_deadline_seconds: Option<i64>,
        "dnsPolicy" => dns_policy: String,
        "nodeSelector" => node_selector: BTreeMap<String, String>,
        "serviceAccountName" => service_account_name: String,
        "serviceAccount" => service_account: String,
        "nodeName" => node_name: String,
        "hostNetwork" => host_network: bool,
        "hostname" => hostname: String,
        "subdomain" => subdomain: String,
        "securityContext" => security_context: Value,
        "affinity" => affinity: Value,
        "schedulerName" => scheduler_name: String,
        "tolerations" => tolerations: Vec<Toleration>,
        "schedulingGates" => scheduling_gates: Value,
        "priority" => priority: Option<i32>,
        "preemptionPolicy" => preemption_policy: Option<String>,
        "enableServiceLinks" => enable_service_links: Option<bool>,
    }

    pub struct Container {
        "name!" => name: String,
        "image" => image: String,
        "command" => command: Vec<String>,
        "args" => args: Vec<String>,
        "workingDir" => working_dir: String,
        "ports" => ports: Vec<ContainerPort>,
        "envFrom" => env_from: Vec<EnvFromSource>,
        "env" => env: Vec<EnvVar>,
        "resources" => resources: ResourceRequirements,
        "volumeMounts" => volume_mounts: Vec<VolumeMount>,
        "restartPolicy" => restart_policy: Option<String>,
        "terminationMessagePath" => termination_message_path: String,
        "terminationMessagePolicy" => termination_message_policy: String,
        "imagePullPolicy" => image_pull_policy: String,
    }

    pub struct ContainerPort {
        "name" => name: String,
        "hostPort" => host_port: i32,
        "containerPort!" => container_port: i32,
        "protocol" => protocol: String,
        "hostIP" => host_ip: String,
    }

    pub struct EnvVar {
        "name!" => name: String,
        "value" => value: String,
        "valueFrom" => value_from: Option<EnvVarSource>,
    }

    pub struct EnvVarSource {
        "fieldRef" => field_ref: Option<ObjectFieldSelector>,
        "resourceFieldRef" => resource_field_ref: Option<ResourceFieldSelector>,
        "configMapKeyRef" => config_map_key_ref: Option<KeySelector>,
        "secretKeyRef" => secret_key_ref: Option<KeySelector>,
    }

    pub struct ObjectFieldSelector {
        "apiVersion" => api_version: String,
        "fieldPath!" => field_path: String,
    }

    pub struct ResourceFieldSelector {
        "containerName" => container_name: String,
        "resource" => resource: String,
        "divisor" => divisor: Value,
    }

    /// `ConfigMapKeySelector` and `SecretKeySelector`.
    pub struct KeySelector {
        "name" => name: String,
        "key!" => key: String,
        "optional" => optional: Option<bool>,
    }

    pub struct EnvFromSource {
        "prefix" => prefix: String,
        "configMapRef" => config_map_ref: Option<EnvSourceRef>,
        "secretRef" => secret_ref: Option<EnvSourceRef>,
    }

    /// `ConfigMapEnvSource` and `SecretEnvSource`.
    pub struct EnvSourceRef {
        "name" => name: String,
        "optional" => optional: Option<bool>,
    }

    /// Quantities stay the JSON values that were given (text or number) until something computes with them.
    pub struct ResourceRequirements {
        "limits" => limits: BTreeMap<String, Value>,
        "requests" => requests: BTreeMap<String, Value>,
    }

    pub struct VolumeMount {
        "name!" => name: String,
        "readOnly" => read_only: bool,
        "mountPath!" => mount_path: String,
        "subPath" => sub_path: String,
    }

    /// The volume's source stays a value: `api::volumes` reads the kinds that are simulated.
    pub struct Volume {
        "name!" => name: String,
    }

    pub struct Toleration {
        "key" => key: String,
        "operator" => operator: String,
        "value" => value: String,
        "effect" => effect: String,
        "tolerationSeconds" => toleration_seconds: Option<i64>,
    }

    pub struct PodStatus {
        "observedGeneration" => observed_generation: i64,
        "phase" => phase: PodPhase,
        "conditions" => conditions: Shared<Vec<PodCondition>>,
        "message" => message: String,
        "reason" => reason: String,
        "hostIP" => host_ip: String,
        "hostIPs" => host_ips: Shared<Vec<PodIp>>,
        "podIP" => pod_ip: String,
        "podIPs" => pod_ips: Shared<Vec<PodIp>>,
        "startTime" => start_time: Option<Timestamp>,
        "initContainerStatuses" => init_container_statuses: Vec<ContainerStatus>,
        "containerStatuses" => container_statuses: Vec<ContainerStatus>,
        "qosClass" => qos_class: String,
    }

    /// `HostIP` and `PodIP`.
    pub struct PodIp {
        "ip" => ip: String,
    }

    pub struct PodCondition {
        "type" => condition_type: String,
        "status" => status: ConditionStatus,
        "observedGeneration" => observed_generation: i64,
        "lastProbeTime!" => last_probe_time: Option<Timestamp>,
        "lastTransitionTime" => last_transition_time: Option<Timestamp>,
        "reason" => reason: String,
        "message" => message: String,
    }

    pub struct ContainerStatus {
        "name!" => name: String,
        "state" => state: ContainerState,
        "lastState" => last_state: ContainerState,
        "ready!" => ready: bool,
        "restartCount!" => restart_count: i32,
        "image!" => image: String,
        "imageID!" => image_id: String,
        "containerID" => container_id: String,
        "started" => started: Option<bool>,
        "allocatedResources" => allocated_resources: Shared<Map>,
        "resources" => resources: Option<Shared<Map>>,
        "user" => user: Shared<Map>,
    }

    /// At most one member is set; none is the waiting state of a container that nothing is known of.
    pub struct ContainerState {
        "waiting" => waiting: Option<ContainerStateWaiting>,
        "running" => running: Option<ContainerStateRunning>,
        "terminated" => terminated: Option<ContainerStateTerminated>,
    }

    pub struct ContainerStateWaiting {
        "reason" => reason: String,
        "message" => message: String,
    }

    pub struct ContainerStateRunning {
        "startedAt" => started_at: Option<Timestamp>,
    }

    pub struct ContainerStateTerminated {
        "exitCode!" => exit_code: i32,
        "signal" => signal: i32,
        "reason" => reason: String,
        "message" => message: String,
        "startedAt!" => started_at: Option<Timestamp>,
        "finishedAt!" => finished_at: Option<Timestamp>,
        "containerID" => container_id: String,
    }

    pub struct ObjectReference {
        "kind" => kind: String,
        "namespace" => namespace: String,
        "name" => name: String,
        "uid" => uid: String,
        "apiVersion" => api_version: String,
        "resourceVersion" => resource_version: String,
        "fieldPath" => field_path: String,
    }

    pub struct Event {
        "metadata" => metadata: ObjectMeta,
        "involvedObject" => involved_object: Shared<ObjectReference>,
        "reason" => reason: String,
        "message" => message: String,
        "source" => source: Shared<EventSource>,
        "firstTimestamp!" => first_timestamp: Option<Timestamp>,
        "lastTimestamp!" => last_timestamp: Option<Timestamp>,
        "count" => count: i32,
        "type" => event_type: String,
        "action" => action: String,
        /// A micro time; kept as text because only its printing matters.
        "eventTime!" => event_time: Option<String>,
        "reportingComponent!" => reporting_component: String,
        "reportingInstance!" => reporting_instance: String,
    }

    pub struct EventSource {
        "component" => component: String,
        "host" => host: String,
    }

    pub struct Node {
        "metadata" => metadata: ObjectMeta,
        "spec" => spec: NodeSpec,
        "status" => status: NodeStatus,
    }

    pub struct NodeSpec {
        "podCIDR" => pod_cidr: String,
        "taints" => taints: Vec<Taint>,
        "unschedulable" => unschedulable: bool,
    }

    pub struct Taint {
        "key" => key: String,
        "value" => value: String,
        "effect" => effect: String,
        "timeAdded" => time_added: Option<Timestamp>,
    }

    pub struct NodeStatus {
        "capacity" => capacity: BTreeMap<String, Value>,
        "allocatable" => allocatable: BTreeMap<String, Value>,
        "conditions" => conditions: Vec<NodeCondition>,
        "addresses" => addresses: Value,
        "nodeInfo" => node_info: Value,
    }

    pub struct NodeCondition {
        "type" => condition_type: String,
        "status" => status: ConditionStatus,
        "lastHeartbeatTime!" => last_heartbeat_time: Option<Timestamp>,
        "lastTransitionTime!" => last_transition_time: Option<Timestamp>,
        "reason" => reason: String,
        "message" => message: String,
    }

    pub struct Namespace {
        "metadata" => metadata: ObjectMeta,
        "spec" => spec: Value,
        "status" => status: Value,
    }

    pub struct ConfigMap {
        "metadata" => metadata: ObjectMeta,
        "data" => data: BTreeMap<String, String>,
        "binaryData" => binary_data: BTreeMap<String, String>,
        "immutable" => immutable: Option<bool>,
    }

    /// Values are base64 texts, as on the wire.
    pub struct Secret {
        "metadata" => metadata: ObjectMeta,
        "data" => data: BTreeMap<String, String>,
        "stringData" => string_data: BTreeMap<String, String>,
        "type" => secret_type: String,
        "immutable" => immutable: Option<bool>,
    }
}

shared!(PodSpec, PodStatus, ObjectReference, EventSource);

impl Container {
    /// A sidecar: an init container that keeps running beside the regular ones.
    pub fn is_restartable_init(&self) -> bool {
        self.restart_policy.as_deref() == Some(restart_policy::ALWAYS)
    }
}

impl Pod {
    /// Whether the pod has reached a phase that it never leaves.
    pub fn is_terminal(&self) -> bool {
        matches!(self.status.phase, PodPhase::Succeeded | PodPhase::Failed)
    }

    pub fn condition(&self, condition_type: &str) -> Option<&PodCondition> {
        self.status.conditions.iter().find(|condition| condition.condition_type == condition_type)
    }

    pub fn is_ready(&self) -> bool {
        self.condition(pod_condition::READY).is_some_and(|ready| ready.status == ConditionStatus::True)
    }
}

/// Whether the labels satisfy the selector; an empty selector matches everything.
// Models staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/helpers.go LabelSelectorAsSelector
pub fn selector_matches(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> bool {
    let equal = selector.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value));
    equal
        && selector.match_expressions.iter().all(|requirement| {
            let value = labels.get(&requirement.key);
            match requirement.operator.as_str() {
                "In" => value.is_some_and(|value| requirement.values.contains(value)),
                "NotIn" => value.is_none_or(|value| !requirement.values.contains(value)),
                "Exists" => value.is_some(),
                "DoesNotExist" => value.is_none(),
                _ => false,
            }
        })
}
