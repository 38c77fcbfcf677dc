//! `--prune` of `kubectl apply` and `kubectl diff`: what was applied once and is named no more.
// Models staging/src/k8s.io/kubectl/pkg/cmd/apply/prune.go, diff/prune.go and util/prune/prune.go

use std::collections::BTreeSet;

use crate::api::Kind;
use crate::api::view;
use crate::apiserver::apply::LAST_APPLIED;
use crate::base::sorted;
use crate::kubectl::failure::{Failure, error};
use crate::kubectl::flags::Args;
use crate::kubectl::manifests::Manifest;
use crate::kubectl::objects::{Info, Selectors};
use crate::kubectl::resources::{self, Resource, find_kind};
use crate::kubectl::{Context, select};

/// What is pruned where `--prune-allowlist` says nothing else, as far as it is stored here.
const DEFAULT: [Kind; 6] =
    [Kind::ConfigMap, Kind::Pod, Kind::Secret, Kind::Job, Kind::CronJob, Kind::Namespace];

const DEPRECATED: &str = "Deprecated: kubectl apply will no longer prune non-namespaced resources by default when used \
    with the --namespace flag in a future release. To preserve the current behaviour, list the resources you want to \
    target explicitly in the --prune-allowlist flag.";

/// The types of `--prune-allowlist`; none where it was not given.
///
/// # Errors
/// For one that is not written `group/version/kind`, or that the server does not know.
// Models util/prune/prune.go ParseResources
pub fn allowed(args: &Args) -> Result<Vec<&'static Resource>, Failure> {
    if !args.is("prune") {
        return Ok(Vec::new());
    }
    let read = |text: &String| {
        let parts: Vec<&str> = text.split('/').collect();
        let [group, version, kind] = parts[..] else {
            return Err(error(format!(
                "invalid GroupVersionKind format: {text}, please follow <group/version/kind>"
            )));
        };
        let api_version = match group {
            "core" | "" => version.to_owned(),
            group => format!("{group}/{version}"),
        };
        find_kind(&api_version, kind).ok_or_else(|| {
            let (kind, version) = (select::quoted(kind), select::quoted(&api_version));
            error(format!("no matches for kind {kind} in version {version}"))
        })
    };
    args.all("prune-allowlist").iter().map(read).collect()
}

/// Objects that apply made, that fit the selector, and that none of the manifests names: in the namespaces of these,
/// and outside of namespaces.
///
/// # Errors
/// For a selector that does not parse.
pub fn unnamed(
    context: &mut Context,
    args: &Args,
    allowed: &[&'static Resource],
    manifests: &[Manifest],
) -> Result<Vec<Info>, Failure> {
    let mut types = allowed.to_vec();
    if types.is_empty() {
        types.extend(DEFAULT.map(resources::of_kind));
        let line = context.log_line('W', "prune.go:71", DEPRECATED);
        context.print_error(line);
    }
    let is_named = |info: &Info| {
        let same = |manifest: &Manifest| {
            manifest.resource == info.resource
                && manifest.name() == info.name()
                && (!info.resource.namespaced || manifest.namespace() == info.namespace())
        };
        manifests.iter().any(same)
    };
    let placed = manifests.iter().filter(|manifest| manifest.resource.namespaced);
    let namespaces: BTreeSet<&str> = sorted::collect(placed.map(Manifest::namespace));
    if allowed.is_empty() && !namespaces.is_empty() {
        // These are asked for too.
        context.print_error(format!("Warning: {}\n", select::ENDPOINTS_ARE_DEPRECATED));
    }
    let selectors = Selectors { labels: args.text("selector").to_owned(), fields: String::new() };
    let mut found = Vec::new();
    for place in namespaces.into_iter().map(Some).chain([None]) {
        for resource in types.iter().filter(|resource| resource.namespaced == place.is_some()) {
            let mut infos = selectors.list(context.cluster, resource, place)?;
            infos.retain(|info| {
                view::at(info, &["metadata", "annotations", LAST_APPLIED]).is_some() && !is_named(info)
            });
            found.append(&mut infos);
        }
    }
    Ok(found)
}
