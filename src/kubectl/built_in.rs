//! Objects that every cluster has from its start and that nothing here changes: the service of the API server, where it
//! is reached, and the leases of the nodes.

use serde_json::Value;

use super::objects::{Info, Item, Selectors, written};
use super::resources::Resource;
use crate::api::core::Node;
use crate::api::meta::ConditionStatus;
use crate::api::{Kind, Object};
use crate::apiserver::ObjectKey;
use crate::apiserver::selectors::LabelQuery;
use crate::base::Time;
use crate::cluster::Cluster;

/// Where the API server is reached.
pub const ADDRESS: &str = "192.168.49.1:6443";

/// So often a kubelet renews the lease of its node, in milliseconds.
// Models pkg/kubelet/apis/config/v1beta1/defaults.go NodeLeaseDurationSeconds: a quarter of it
const RENEWED_EVERY: i64 = 10_000;

/// The objects of a type that fit, where the type is not stored.
pub fn built_in(
    cluster: &Cluster,
    resource: &'static Resource,
    namespace: Option<&str>,
    selectors: &Selectors,
) -> Vec<Info> {
    let values = match resource.plural {
        "services" => vec![written(SERVICE)],
        "endpoints" => vec![written(ENDPOINTS)],
        "endpointslices" => vec![written(ENDPOINT_SLICE)],
        "leases" => leases(cluster),
        _ => return Vec::new(),
    };
    let born = cluster.api().find(Kind::Namespace, &ObjectKey::new("", "default"));
    let born = born.and_then(|object| object.metadata().creation_timestamp).unwrap_or_default();
    let labels = LabelQuery::parse(&selectors.labels);
    let info = |mut value: Value| {
        value["apiVersion"] = Value::from(resource.api_version);
        value["kind"] = Value::from(resource.kind);
        value["metadata"]["creationTimestamp"] = Value::from(born.to_string());
        Info { resource, item: Item::Value(value) }
    };
    let fits = |info: &Info| {
        namespace.is_none_or(|wanted| wanted == info.namespace())
            && selectors.fields.is_empty()
            && labels.as_ref().is_ok_and(|query| query.matches(&info.labels()))
    };
    values.into_iter().map(info).filter(fits).collect()
}

// Models pkg/controlplane/controller/kubernetesservice/controller.go
const SERVICE: &str = r#"{"metadata": {"labels": {"component": "apiserver", "provider": "kubernetes"}, "name": "kubernetes",
    "namespace": "default"}, "spec": {"clusterIP": "10.96.0.1", "clusterIPs": ["10.96.0.1"], "internalTrafficPolicy": "Cluster",
    "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "ports": [{"name": "https", "port": 443, "protocol": "TCP",
    "targetPort": 6443}], "sessionAffinity": "None", "type": "ClusterIP"}, "status": {"loadBalancer": {}}}"#;

// Models pkg/controlplane/reconcilers/endpointsadapter.go
const ENDPOINTS: &str = r#"{"metadata": {"labels": {"endpointslice.kubernetes.io/skip-mirror": "true"}, "name": "kubernetes",
    "namespace": "default"}, "subsets": [{"addresses": [{"ip": "192.168.49.1"}], "ports": [{"name": "https", "port": 6443,
    "protocol": "TCP"}]}]}"#;

const ENDPOINT_SLICE: &str = r#"{"addressType": "IPv4", "endpoints": [{"addresses": ["192.168.49.1"],
    "conditions": {"ready": true}}], "metadata": {"labels": {"kubernetes.io/service-name": "kubernetes"}, "name": "kubernetes",
    "namespace": "default"}, "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}]}"#;

fn leases(cluster: &Cluster) -> Vec<Value> {
    let lease = |object: &Object| {
        let Object::Node(node) = object else { return Value::Null };
        let renewed = renewed_at(node, cluster.now()).to_timestamp().to_string().replace('Z', ".000000Z");
        let mut lease = written(
            r#"{"metadata": {"namespace": "kube-node-lease"}, "spec": {"leaseDurationSeconds": 40}}"#,
        );
        lease["metadata"]["name"] = Value::from(node.metadata.name.as_str());
        lease["spec"]["holderIdentity"] = Value::from(node.metadata.name.as_str());
        lease["spec"]["renewTime"] = Value::from(renewed);
        lease
    };
    cluster.api().list(Kind::Node, None).map(lease).collect()
}

/// When the node's kubelet renewed its lease last.
pub fn renewed_at(node: &Node, now: Time) -> Time {
    let ready = node.status.conditions.iter().find(|condition| condition.condition_type == "Ready");
    match ready {
        Some(ready) if ready.status != ConditionStatus::True => {
            ready.last_heartbeat_time.unwrap_or_default().to_time()
        }
        _ => {
            let born = node.metadata.creation_timestamp.unwrap_or_default().to_time();
            let age = (now - born).as_millis();
            now - crate::base::Duration::from_millis(age.rem_euclid(RENEWED_EVERY))
        }
    }
}
