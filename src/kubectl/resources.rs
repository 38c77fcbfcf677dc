//! The resources that the server knows, as discovery tells them.

use crate::api::Kind;

/// One resource type. Those without `stored` exist by name only: their lists are empty.
#[derive(Debug, PartialEq, Eq)]
pub struct Resource {
    pub plural: &'static str,
    pub short: &'static [&'static str],
    pub api_version: &'static str,
    pub namespaced: bool,
    pub kind: &'static str,
    pub stored: Option<Kind>,
}

const fn known(
    plural: &'static str,
    short: &'static [&'static str],
    api_version: &'static str,
    namespaced: bool,
    kind: &'static str,
) -> Resource {
    Resource { plural, short, api_version, namespaced, kind, stored: None }
}

const fn stored(
    plural: &'static str,
    short: &'static [&'static str],
    kind: &'static str,
    of: Kind,
) -> Resource {
    let (api_version, namespaced) = (of.api_version(), of.is_namespaced());
    Resource { plural, short, api_version, namespaced, kind, stored: Some(of) }
}

/// In the order of `kubectl api-resources`.
pub static RESOURCES: &[Resource] = &[
    known("bindings", &[], "v1", true, "Binding"),
    known("componentstatuses", &["cs"], "v1", false, "ComponentStatus"),
    stored("configmaps", &["cm"], "ConfigMap", Kind::ConfigMap),
    known("endpoints", &["ep"], "v1", true, "Endpoints"),
    stored("events", &["ev"], "Event", Kind::Event),
    known("limitranges", &["limits"], "v1", true, "LimitRange"),
    stored("namespaces", &["ns"], "Namespace", Kind::Namespace),
    stored("nodes", &["no"], "Node", Kind::Node),
    known("persistentvolumeclaims", &["pvc"], "v1", true, "PersistentVolumeClaim"),
    known("persistentvolumes", &["pv"], "v1", false, "PersistentVolume"),
    stored("pods", &["po"], "Pod", Kind::Pod),
    known("podtemplates", &[], "v1", true, "PodTemplate"),
    known("replicationcontrollers", &["rc"], "v1", true, "ReplicationController"),
    known("resourcequotas", &["quota"], "v1", true, "ResourceQuota"),
    stored("secrets", &[], "Secret", Kind::Secret),
    known("serviceaccounts", &["sa"], "v1", true, "ServiceAccount"),
    known("services", &["svc"], "v1", true, "Service"),
    known(
        "mutatingwebhookconfigurations",
        &[],
        "admissionregistration.k8s.io/v1",
        false,
        "MutatingWebhookConfiguration",
    ),
    known(
        "validatingadmissionpolicies",
        &[],
        "admissionregistration.k8s.io/v1",
        false,
        "ValidatingAdmissionPolicy",
    ),
    known(
        "validatingwebhookconfigurations",
        &[],
        "admissionregistration.k8s.io/v1",
        false,
        "ValidatingWebhookConfiguration",
    ),
    known(
        "customresourcedefinitions",
        &["crd", "crds"],
        "apiextensions.k8s.io/v1",
        false,
        "CustomResourceDefinition",
    ),
    known("apiservices", &[], "apiregistration.k8s.io/v1", false, "APIService"),
    known("controllerrevisions", &[], "apps/v1", true, "ControllerRevision"),
    known("daemonsets", &["ds"], "apps/v1", true, "DaemonSet"),
    known("deployments", &["deploy"], "apps/v1", true, "Deployment"),
    known("replicasets", &["rs"], "apps/v1", true, "ReplicaSet"),
    known("statefulsets", &["sts"], "apps/v1", true, "StatefulSet"),
    known("horizontalpodautoscalers", &["hpa"], "autoscaling/v2", true, "HorizontalPodAutoscaler"),
    stored("cronjobs", &["cj"], "CronJob", Kind::CronJob),
    stored("jobs", &[], "Job", Kind::Job),
    known("leases", &[], "coordination.k8s.io/v1", true, "Lease"),
    known("endpointslices", &[], "discovery.k8s.io/v1", true, "EndpointSlice"),
    known("flowschemas", &[], "flowcontrol.apiserver.k8s.io/v1", false, "FlowSchema"),
    known("ingressclasses", &[], "networking.k8s.io/v1", false, "IngressClass"),
    known("ingresses", &["ing"], "networking.k8s.io/v1", true, "Ingress"),
    known("networkpolicies", &["netpol"], "networking.k8s.io/v1", true, "NetworkPolicy"),
    known("runtimeclasses", &[], "node.k8s.io/v1", false, "RuntimeClass"),
    known("poddisruptionbudgets", &["pdb"], "policy/v1", true, "PodDisruptionBudget"),
    known("clusterrolebindings", &[], "rbac.authorization.k8s.io/v1", false, "ClusterRoleBinding"),
    known("clusterroles", &[], "rbac.authorization.k8s.io/v1", false, "ClusterRole"),
    known("rolebindings", &[], "rbac.authorization.k8s.io/v1", true, "RoleBinding"),
    known("roles", &[], "rbac.authorization.k8s.io/v1", true, "Role"),
    known("priorityclasses", &["pc"], "scheduling.k8s.io/v1", false, "PriorityClass"),
    known("csidrivers", &[], "storage.k8s.io/v1", false, "CSIDriver"),
    known("csinodes", &[], "storage.k8s.io/v1", false, "CSINode"),
    known("storageclasses", &["sc"], "storage.k8s.io/v1", false, "StorageClass"),
    known("volumeattachments", &[], "storage.k8s.io/v1", false, "VolumeAttachment"),
];

/// What `all` stands for, in the order in which it is shown.
pub const ALL: &[&str] = &[
    "pods",
    "replicationcontrollers",
    "services",
    "daemonsets",
    "deployments",
    "replicasets",
    "statefulsets",
    "horizontalpodautoscalers",
    "cronjobs",
    "jobs",
];

impl Resource {
    pub fn group(&self) -> &'static str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    pub fn version(&self) -> &'static str {
        self.api_version.rsplit('/').next().unwrap_or_default()
    }

    pub fn singular(&self) -> String {
        self.kind.to_lowercase()
    }

    /// `job.batch` or `pod`: how objects are named in output.
    pub fn qualified(&self) -> String {
        self.in_group(&self.singular())
    }

    /// `jobs.batch` or `pods`: how the server names the resource in its errors.
    pub fn qualified_plural(&self) -> String {
        self.in_group(self.plural)
    }

    fn in_group(&self, name: &str) -> String {
        match self.group() {
            "" => name.to_owned(),
            group => format!("{name}.{group}"),
        }
    }

    /// `batch/v1, Resource=jobs`, as Go prints a GroupVersionResource.
    pub fn group_version_resource(&self) -> String {
        format!("{}/{}, Resource={}", self.group(), self.version(), self.plural)
    }

    /// `batch/v1, Kind=Job`, as Go prints a GroupVersionKind.
    pub fn group_version_kind(&self) -> String {
        format!("{}/{}, Kind={}", self.group(), self.version(), self.kind)
    }
}

/// The resource of a kind that the cluster stores.
pub fn of_kind(kind: Kind) -> &'static Resource {
    RESOURCES
        .iter()
        .find(|resource| resource.stored == Some(kind))
        .expect("every stored kind is in the table")
}

/// The resource that an argument names: plural, singular, short name or kind, perhaps with version and group.
pub fn find(name: &str) -> Option<&'static Resource> {
    let name = name.to_lowercase();
    let (bare, qualifier) = name.split_once('.').unwrap_or((&name, ""));
    RESOURCES.iter().find(|resource| {
        let names = resource.plural == bare || resource.singular() == bare || resource.short.contains(&bare);
        let versioned = || format!("{}.{}", resource.version(), resource.group());
        let group_fits = qualifier.is_empty()
            || (!resource.group().is_empty() && resource.group().starts_with(qualifier))
            || qualifier == versioned().trim_end_matches('.');
        names && group_fits
    })
}

/// The resource of an object in a manifest. Kinds match in any case, as discovery's mapper has it.
pub fn find_kind(api_version: &str, kind: &str) -> Option<&'static Resource> {
    RESOURCES.iter().find(|r| r.api_version == api_version && r.kind.eq_ignore_ascii_case(kind))
}
