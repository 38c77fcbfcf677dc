//! `kubectl get --raw` and `delete --raw`: a path of the server, answered as it would answer: objects, lists of objects, its
//! version and its health.

use serde_json::json;

use super::done;
use super::get::with_managed_fields;
use crate::api::Status;
use crate::api::status::StatusReason;
use crate::apiserver::{DeleteOptions, ObjectKey};
use crate::base::url_text::unescaped;
use crate::kubectl::failure::{Failure, error};
use crate::kubectl::objects::{self, Info, Selectors};
use crate::kubectl::output::json::{to_compact, to_typed_compact};
use crate::kubectl::resources::{RESOURCES, Resource};
use crate::kubectl::{Context, Outcome, select};

pub fn get(context: &mut Context, url: &str) -> Outcome {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let text = match segments.as_slice() {
        ["healthz" | "livez" | "readyz"] => "ok".to_owned(),
        ["version"] => to_compact(&super::discovery::version_info()) + "\n",
        ["api"]
        | ["api", "v1"]
        | ["apis"]
        | ["apis", _]
        | ["apis", _, _]
        | ["openapi" | "metrics" | "logs", ..] => {
            return Err(error(format!("--raw {path} is not simulated here: see kubectl api-resources")));
        }
        segments => answer(context, segments, query)?,
    };
    context.print(text);
    done()
}

fn no_such_path() -> Failure {
    let message = "the server could not find the requested resource";
    Failure::Api(Status { reason: StatusReason::NotFound, ..Status::bad_request(message) })
}

/// A path must begin at the root.
///
/// # Errors
/// When it does not.
pub fn check_path(path: &str) -> Result<(), Failure> {
    match path.starts_with('/') {
        true => Ok(()),
        false => {
            let quoted = select::quoted(path);
            Err(error(format!("--raw must be a valid URL path: parse {quoted}: invalid URI for request")))
        }
    }
}

/// `kubectl delete --raw`, of one object.
pub fn delete(context: &mut Context, path: &str) -> Outcome {
    check_path(path)?;
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let (resource, namespace, name) = place(&segments)?;
    let name =
        name.ok_or_else(|| error("--raw is not simulated here for many objects: see kubectl delete --all"))?;
    let (kind, key) = (objects::stored_kind(resource)?, ObjectKey::new(namespace.unwrap_or_default(), name));
    let api = context.cluster.api_mut();
    let object = api.delete(kind, &key, &DeleteOptions::default())?;
    let uid = json!(object.metadata().uid);
    // What is only marked as deleted is shown, what is gone is told.
    let text = match api.find(kind, &key).is_some() {
        true => to_typed_compact(&object),
        false => {
            let group = match resource.group() {
                "" => String::new(),
                group => format!("\"group\":\"{group}\","),
            };
            format!(
                "{{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{{}},\"status\":\"Success\",\"details\":{{\"name\":\
                 \"{name}\",{group}\"kind\":\"{}\",\"uid\":{uid}}}}}",
                resource.plural
            )
        }
    };
    context.print(text + "\n");
    done()
}

type Place<'a> = (&'static Resource, Option<&'a str>, Option<&'a str>);

/// The resource, the namespace and the name that a path means.
fn place<'a>(segments: &[&'a str]) -> Result<Place<'a>, Failure> {
    let (api_version, rest) = match segments {
        ["api", "v1", rest @ ..] => ("v1".to_owned(), rest),
        ["apis", group, version, rest @ ..] => (format!("{group}/{version}"), rest),
        _ => return Err(no_such_path()),
    };
    let (namespace, rest) = match rest {
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (Some(*namespace), rest),
        rest => (None, rest),
    };
    let (plural, name) = match rest {
        [plural] => (plural, None),
        [plural, name] | [plural, name, "status"] => (plural, Some(*name)),
        _ => return Err(no_such_path()),
    };
    let served = |it: &&Resource| it.api_version == api_version && it.plural == *plural;
    let resource = RESOURCES.iter().find(served).ok_or_else(no_such_path)?;
    match name.is_some() && resource.namespaced != namespace.is_some() {
        true => Err(no_such_path()),
        false => Ok((resource, namespace, name)),
    }
}

/// An object or a list.
fn answer(context: &Context, segments: &[&str], query: &str) -> Result<String, Failure> {
    let (resource, namespace, name) = place(segments)?;
    match name {
        Some(name) => {
            let info = objects::get(context.cluster, resource, namespace.unwrap_or_default(), name)?;
            let shown = with_managed_fields(context, &[info]);
            Ok(shown.iter().map(|info| to_typed_compact(info) + "\n").collect())
        }
        None => {
            let selectors = selectors(query);
            let infos = selectors.list(context.cluster, resource, namespace)?;
            Ok(list(context, resource, &infos))
        }
    }
}

/// `labelSelector` and `fieldSelector` of a query.
fn selectors(query: &str) -> Selectors {
    let value = |key: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs
            .filter(|(name, _)| *name == key)
            .map(|(_, value)| unescaped(value, true))
            .next_back()
            .unwrap_or_default()
    };
    Selectors { labels: value("labelSelector"), fields: value("fieldSelector") }
}

/// Items of a list do not repeat their kind.
fn list(context: &Context, resource: &Resource, infos: &[Info]) -> String {
    let (kind, version) = (json!(resource.kind), json!(resource.api_version));
    // They stand first, in either order.
    let heads = [
        format!("{{\"kind\":{kind},\"apiVersion\":{version},"),
        format!("{{\"apiVersion\":{version},\"kind\":{kind},"),
    ];
    let item = |info: &Info| {
        let text = to_typed_compact(info);
        let rest = heads.iter().find_map(|head| text.strip_prefix(head.as_str()));
        rest.map_or(text.clone(), |rest| format!("{{{rest}"))
    };
    let items: Vec<String> = with_managed_fields(context, infos).iter().map(item).collect();
    format!(
        "{{\"kind\":\"{}List\",\"apiVersion\":\"{}\",\"metadata\":{{\"resourceVersion\":\"{}\"}},\"items\":[{}]}}\n",
        resource.kind,
        resource.api_version,
        context.cluster.api().version().0,
        items.join(",")
    )
}
