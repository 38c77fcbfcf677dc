//! `kubectl get --raw`: a path of the server, answered as it would answer: objects, lists of objects, its version and its
//! health.

use serde_json::json;

use super::done;
use super::get::with_managed_fields;
use crate::api::Status;
use crate::api::status::StatusReason;
use crate::base::url_text::unescaped;
use crate::kubectl::failure::{Failure, error};
use crate::kubectl::objects::{self, Info, Selectors};
use crate::kubectl::output::json::{to_compact, to_typed_compact};
use crate::kubectl::resources::{RESOURCES, Resource};
use crate::kubectl::{Context, Outcome};

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
        ["api", "v1", rest @ ..] => answer(context, "v1", rest, query)?,
        ["apis", group, version, rest @ ..] => answer(context, &format!("{group}/{version}"), rest, query)?,
        _ => return Err(no_such_path()),
    };
    context.print(text);
    done()
}

fn no_such_path() -> Failure {
    let message = "the server could not find the requested resource";
    Failure::Api(Status { reason: StatusReason::NotFound, ..Status::bad_request(message) })
}

/// An object or a list below the path of its version.
fn answer(context: &Context, api_version: &str, rest: &[&str], query: &str) -> Result<String, Failure> {
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
    match name {
        Some(_) if resource.namespaced != namespace.is_some() => Err(no_such_path()),
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
