//! What the server has: groups, versions, resources, and as much of OpenAPI as kubectl asks for.

use serde_json::{Value, json};
use zadachnik::kubectl::commands::discovery::{OPEN_PATHS, OWN_REVIEWS, VERSION};
use zadachnik::kubectl::resources::{RESOURCES, Resource};

/// The document at a path; `None` where there is none.
pub fn document(segments: &[&str]) -> Option<Value> {
    match segments {
        ["version"] => Some(json!({
            "major": "1", "minor": "36", "gitVersion": VERSION, "platform": "linux/amd64",
            "goVersion": "", "buildDate": "", "compiler": "gc", "gitCommit": "", "gitTreeState": "clean",
        })),
        ["api"] => Some(json!({"kind": "APIVersions", "versions": ["v1"]})),
        ["apis"] => Some(groups()),
        ["api", version] => resources_of(version),
        ["apis", group, version] => resources_of(&format!("{group}/{version}")),
        ["openapi", "v3"] => Some(open_api_paths()),
        ["openapi", "v3", "api", version] => open_api(version),
        ["openapi", "v3", "apis", group, version] => open_api(&format!("{group}/{version}")),
        _ => None,
    }
}

/// Every version of the API once, in the order of the resources.
fn api_versions() -> Vec<&'static str> {
    let mut versions: Vec<&str> = Vec::new();
    for resource in RESOURCES {
        if !versions.contains(&resource.api_version) {
            versions.push(resource.api_version);
        }
    }
    versions
}

fn groups() -> Value {
    let group = |api_version: &&str| {
        let (name, version) = api_version.split_once('/')?;
        let version = json!({"groupVersion": api_version, "version": version});
        Some(json!({"name": name, "versions": [version], "preferredVersion": version}))
    };
    let groups: Vec<Value> = api_versions().iter().filter_map(group).collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups})
}

fn resources_of(api_version: &str) -> Option<Value> {
    let own: Vec<&Resource> = RESOURCES.iter().filter(|it| it.api_version == api_version).collect();
    if own.is_empty() {
        return None;
    }
    let mut resources: Vec<Value> = own.iter().map(|resource| described(resource)).collect();
    if api_version == "v1" {
        let eviction = json!({
            "name": "pods/eviction", "singularName": "", "namespaced": true, "group": "policy", "version": "v1",
            "kind": "Eviction", "verbs": ["create"],
        });
        resources.push(eviction);
    }
    Some(json!({
        "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": api_version, "resources": resources,
    }))
}

fn described(resource: &Resource) -> Value {
    let Resource { plural, short, namespaced, kind, verbs, category, .. } = resource;
    let categories: Vec<&str> = Some(*category).filter(|category| !category.is_empty()).into_iter().collect();
    json!({
        "name": plural, "singularName": resource.singular(), "namespaced": namespaced, "kind": kind,
        "shortNames": short, "verbs": verbs, "categories": categories,
    })
}

fn open_api_paths() -> Value {
    let path = |api_version: &&str| {
        let path = if api_version.contains('/') {
            format!("apis/{api_version}")
        } else {
            format!("api/{api_version}")
        };
        (path.clone(), json!({"serverRelativeURL": format!("/openapi/v3/{path}?hash=0")}))
    };
    json!({"paths": api_versions().iter().map(path).collect::<serde_json::Map<_, _>>()})
}

/// kubectl looks here whether the server checks fields and knows dry runs.
fn open_api(api_version: &str) -> Option<Value> {
    let parameter = |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string"}});
    let path = |resource: &Resource| {
        let parameters = ["dryRun", "fieldManager", "fieldValidation"].map(parameter);
        let patch = json!({
            "responses": {},
            "parameters": parameters,
            "x-kubernetes-action": "patch",
            "x-kubernetes-group-version-kind":
                {"group": resource.group(), "version": resource.version(), "kind": resource.kind},
        });
        (format!("/{}/{{name}}", resource.plural), json!({"patch": patch}))
    };
    let own = RESOURCES.iter().filter(|resource| resource.api_version == api_version);
    let paths: serde_json::Map<String, Value> = own.map(path).collect();
    (!paths.is_empty()).then(|| {
        json!({"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": VERSION}, "paths": paths, "components": {}})
    })
}

/// What the learner may do, rule by rule.
pub fn rules_review() -> Value {
    let own = OWN_REVIEWS.iter().filter_map(|name| name.split_once('.'));
    let own = own
        .map(|(resource, group)| json!({"verbs": ["create"], "apiGroups": [group], "resources": [resource]}));
    let all = json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]});
    let paths = OPEN_PATHS.iter().map(|path| json!({"verbs": ["get"], "nonResourceURLs": [path]}));
    let every_path = json!({"verbs": ["*"], "nonResourceURLs": ["*"]});
    json!({
        "kind": "SelfSubjectRulesReview", "apiVersion": "authorization.k8s.io/v1", "metadata": {}, "spec": {},
        "status": {
            "resourceRules": own.chain([all]).collect::<Vec<_>>(),
            "nonResourceRules": paths.chain([every_path]).collect::<Vec<_>>(),
            "incomplete": false,
        },
    })
}
