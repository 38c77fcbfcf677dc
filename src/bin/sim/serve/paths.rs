//! What a path of the API names.

use zadachnik::kubectl::resources::{RESOURCES, Resource};

/// `/apis/batch/v1/namespaces/default/jobs/pi/status`
#[derive(Clone, Debug)]
pub struct Target {
    pub resource: &'static Resource,
    /// `None`: all of them, or a resource without namespaces.
    pub namespace: Option<String>,
    pub name: Option<String>,
    /// `status`, `log`, `eviction`; empty for the object itself.
    pub subresource: String,
}

pub fn target(segments: &[&str]) -> Option<Target> {
    let (api_version, rest) = match segments {
        ["api", version, rest @ ..] => ((*version).to_owned(), rest),
        ["apis", group, version, rest @ ..] => (format!("{group}/{version}"), rest),
        _ => return None,
    };
    let (namespace, resource, rest) = match rest {
        ["namespaces", namespace, plural, rest @ ..] if is_namespaced(&api_version, plural) => {
            (Some((*namespace).to_owned()), find(&api_version, plural)?, rest)
        }
        [plural, rest @ ..] => (None, find(&api_version, plural)?, rest),
        [] => return None,
    };
    let (name, subresource) = match rest {
        [] => (None, ""),
        [name] => (Some((*name).to_owned()), ""),
        [name, subresource] => (Some((*name).to_owned()), *subresource),
        _ => return None,
    };
    Some(Target { resource, namespace, name, subresource: subresource.to_owned() })
}

fn is_namespaced(api_version: &str, plural: &str) -> bool {
    find(api_version, plural).is_some_and(|resource| resource.namespaced)
}

fn find(api_version: &str, plural: &str) -> Option<&'static Resource> {
    RESOURCES.iter().find(|resource| resource.api_version == api_version && resource.plural == plural)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(path: &str) -> Option<(&'static str, Option<String>, Option<String>, String)> {
        let segments: Vec<&str> = path.split('/').collect();
        target(&segments).map(|it| (it.resource.plural, it.namespace, it.name, it.subresource))
    }

    #[test]
    fn paths_name_resources_objects_and_subresources() {
        let some = |text: &str| Some(text.to_owned());
        let none = String::new;
        assert_eq!(parts("api/v1/pods"), Some(("pods", None, None, none())));
        assert_eq!(parts("api/v1/namespaces/lab"), Some(("namespaces", None, some("lab"), none())));
        assert_eq!(
            parts("apis/batch/v1/namespaces/lab/jobs/pi/status"),
            Some(("jobs", some("lab"), some("pi"), "status".to_owned()))
        );
        assert_eq!(parts("apis/batch/v1/pods"), None);
        assert_eq!(
            parts("api/v1/namespaces/lab/status"),
            Some(("namespaces", None, some("lab"), "status".to_owned()))
        );
    }
}
