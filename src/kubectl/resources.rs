//! The resources that the server knows, as discovery tells them.

use crate::api::Kind;

/// What may be done with most resources.
const VERBS: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
/// The same where objects do not go in one stroke.
const ONE_BY_ONE: &[&str] = &["create", "delete", "get", "list", "patch", "update", "watch"];

/// One resource type. Those without `stored` exist by name only: their lists are empty.
#[derive(Debug, PartialEq, Eq)]
pub struct Resource {
    pub plural: &'static str,
    pub short: &'static [&'static str],
    pub api_version: &'static str,
    pub namespaced: bool,
    pub kind: &'static str,
    pub stored: Option<Kind>,
    pub verbs: &'static [&'static str],
    /// The word that stands for this and other resources together, such as `all`; or none.
    pub category: &'static str,
}

const fn known(
    plural: &'static str,
    short: &'static [&'static str],
    api_version: &'static str,
    namespaced: bool,
    kind: &'static str,
) -> Resource {
    Resource { plural, short, api_version, namespaced, kind, stored: None, verbs: VERBS, category: "" }
}

const fn stored(
    plural: &'static str,
    short: &'static [&'static str],
    kind: &'static str,
    of: Kind,
) -> Resource {
    Resource { stored: Some(of), ..known(plural, short, of.api_version(), of.is_namespaced(), kind) }
}

impl Resource {
    const fn with(self, verbs: &'static [&'static str]) -> Resource {
        Resource { verbs, ..self }
    }

    /// Another name of objects that are stored as this kind.
    const fn kept_as(self, kind: Kind) -> Resource {
        Resource { stored: Some(kind), ..self }
    }

    const fn of(self, category: &'static str) -> Resource {
        Resource { category, ..self }
    }
}

/// In the order of `kubectl api-resources`, and of what a category stands for. What v1.36 serves when no gate and no
/// runtime-config is touched.
#[rustfmt::skip]
pub static RESOURCES: &[Resource] = &[
    known("bindings", &[], "v1", true, "Binding").with(&["create"]),
    known("componentstatuses", &["cs"], "v1", false, "ComponentStatus").with(&["get", "list"]),
    stored("configmaps", &["cm"], "ConfigMap", Kind::ConfigMap),
    known("endpoints", &["ep"], "v1", true, "Endpoints"),
    stored("events", &["ev"], "Event", Kind::Event),
    known("limitranges", &["limits"], "v1", true, "LimitRange"),
    stored("namespaces", &["ns"], "Namespace", Kind::Namespace).with(ONE_BY_ONE),
    stored("nodes", &["no"], "Node", Kind::Node),
    known("persistentvolumeclaims", &["pvc"], "v1", true, "PersistentVolumeClaim"),
    known("persistentvolumes", &["pv"], "v1", false, "PersistentVolume"),
    stored("pods", &["po"], "Pod", Kind::Pod).of("all"),
    known("podtemplates", &[], "v1", true, "PodTemplate"),
    known("replicationcontrollers", &["rc"], "v1", true, "ReplicationController").of("all"),
    known("resourcequotas", &["quota"], "v1", true, "ResourceQuota"),
    stored("secrets", &[], "Secret", Kind::Secret),
    known("serviceaccounts", &["sa"], "v1", true, "ServiceAccount"),
    known("services", &["svc"], "v1", true, "Service").of("all"),
    known("mutatingadmissionpolicies", &[], "admissionregistration.k8s.io/v1", false, "MutatingAdmissionPolicy").of("api-extensions"),
    known("mutatingadmissionpolicybindings", &[], "admissionregistration.k8s.io/v1", false, "MutatingAdmissionPolicyBinding").of("api-extensions"),
    known("mutatingwebhookconfigurations", &[], "admissionregistration.k8s.io/v1", false, "MutatingWebhookConfiguration").of("api-extensions"),
    known("validatingadmissionpolicies", &[], "admissionregistration.k8s.io/v1", false, "ValidatingAdmissionPolicy").of("api-extensions"),
    known("validatingadmissionpolicybindings", &[], "admissionregistration.k8s.io/v1", false, "ValidatingAdmissionPolicyBinding").of("api-extensions"),
    known("validatingwebhookconfigurations", &[], "admissionregistration.k8s.io/v1", false, "ValidatingWebhookConfiguration").of("api-extensions"),
    known("customresourcedefinitions", &["crd", "crds"], "apiextensions.k8s.io/v1", false, "CustomResourceDefinition").of("api-extensions"),
    known("apiservices", &[], "apiregistration.k8s.io/v1", false, "APIService").of("api-extensions"),
    known("controllerrevisions", &[], "apps/v1", true, "ControllerRevision"),
    known("daemonsets", &["ds"], "apps/v1", true, "DaemonSet").of("all"),
    known("deployments", &["deploy"], "apps/v1", true, "Deployment").of("all"),
    known("replicasets", &["rs"], "apps/v1", true, "ReplicaSet").of("all"),
    known("statefulsets", &["sts"], "apps/v1", true, "StatefulSet").of("all"),
    known("selfsubjectreviews", &[], "authentication.k8s.io/v1", false, "SelfSubjectReview").with(&["create"]),
    known("tokenreviews", &[], "authentication.k8s.io/v1", false, "TokenReview").with(&["create"]),
    known("localsubjectaccessreviews", &[], "authorization.k8s.io/v1", true, "LocalSubjectAccessReview").with(&["create"]),
    known("selfsubjectaccessreviews", &[], "authorization.k8s.io/v1", false, "SelfSubjectAccessReview").with(&["create"]),
    known("selfsubjectrulesreviews", &[], "authorization.k8s.io/v1", false, "SelfSubjectRulesReview").with(&["create"]),
    known("subjectaccessreviews", &[], "authorization.k8s.io/v1", false, "SubjectAccessReview").with(&["create"]),
    known("horizontalpodautoscalers", &["hpa"], "autoscaling/v2", true, "HorizontalPodAutoscaler").of("all"),
    stored("cronjobs", &["cj"], "CronJob", Kind::CronJob).of("all"),
    stored("jobs", &[], "Job", Kind::Job).of("all"),
    known("certificatesigningrequests", &["csr"], "certificates.k8s.io/v1", false, "CertificateSigningRequest"),
    known("leases", &[], "coordination.k8s.io/v1", true, "Lease"),
    known("endpointslices", &[], "discovery.k8s.io/v1", true, "EndpointSlice"),
    known("events", &["ev"], "events.k8s.io/v1", true, "Event").kept_as(Kind::Event),
    known("flowschemas", &[], "flowcontrol.apiserver.k8s.io/v1", false, "FlowSchema"),
    known("prioritylevelconfigurations", &[], "flowcontrol.apiserver.k8s.io/v1", false, "PriorityLevelConfiguration"),
    known("ingressclasses", &[], "networking.k8s.io/v1", false, "IngressClass"),
    known("ingresses", &["ing"], "networking.k8s.io/v1", true, "Ingress"),
    known("ipaddresses", &["ip"], "networking.k8s.io/v1", false, "IPAddress"),
    known("networkpolicies", &["netpol"], "networking.k8s.io/v1", true, "NetworkPolicy"),
    known("servicecidrs", &[], "networking.k8s.io/v1", false, "ServiceCIDR"),
    known("runtimeclasses", &[], "node.k8s.io/v1", false, "RuntimeClass"),
    known("poddisruptionbudgets", &["pdb"], "policy/v1", true, "PodDisruptionBudget"),
    known("clusterrolebindings", &[], "rbac.authorization.k8s.io/v1", false, "ClusterRoleBinding"),
    known("clusterroles", &[], "rbac.authorization.k8s.io/v1", false, "ClusterRole"),
    known("rolebindings", &[], "rbac.authorization.k8s.io/v1", true, "RoleBinding"),
    known("roles", &[], "rbac.authorization.k8s.io/v1", true, "Role"),
    known("deviceclasses", &[], "resource.k8s.io/v1", false, "DeviceClass"),
    known("resourceclaims", &[], "resource.k8s.io/v1", true, "ResourceClaim"),
    known("resourceclaimtemplates", &[], "resource.k8s.io/v1", true, "ResourceClaimTemplate"),
    known("resourceslices", &[], "resource.k8s.io/v1", false, "ResourceSlice"),
    known("priorityclasses", &["pc"], "scheduling.k8s.io/v1", false, "PriorityClass"),
    known("csidrivers", &[], "storage.k8s.io/v1", false, "CSIDriver"),
    known("csinodes", &[], "storage.k8s.io/v1", false, "CSINode"),
    known("csistoragecapacities", &[], "storage.k8s.io/v1", true, "CSIStorageCapacity"),
    known("storageclasses", &["sc"], "storage.k8s.io/v1", false, "StorageClass"),
    known("volumeattachments", &[], "storage.k8s.io/v1", false, "VolumeAttachment"),
    known("volumeattributesclasses", &["vac"], "storage.k8s.io/v1", false, "VolumeAttributesClass"),
];

/// What a category such as `all` stands for, in the order in which it is shown.
pub fn of_category(name: &str) -> impl Iterator<Item = &'static Resource> {
    RESOURCES.iter().filter(move |resource| !name.is_empty() && resource.category == name)
}

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
        // Without a group a version needs its dot all the same: `pods.v1.`.
        let versioned = || format!("{}.{}", resource.version(), resource.group());
        let group_fits = qualifier.is_empty()
            || (!resource.group().is_empty() && resource.group().starts_with(qualifier))
            || qualifier == versioned();
        names && group_fits
    })
}

/// The resource of an object in a manifest. Kinds match in any case, as discovery's mapper has it.
pub fn find_kind(api_version: &str, kind: &str) -> Option<&'static Resource> {
    RESOURCES.iter().find(|r| r.api_version == api_version && r.kind.eq_ignore_ascii_case(kind))
}
