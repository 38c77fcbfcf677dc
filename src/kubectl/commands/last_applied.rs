//! `kubectl apply view-last-applied`, `set-last-applied` and `edit-last-applied`: the annotation in which apply keeps what
//! it was given last.
// Models staging/src/k8s.io/kubectl/pkg/cmd/apply/apply_view_last_applied.go, apply_set_last_applied.go

use serde_json::{Value, json};

use super::apply::Orders;
use super::{DryRun, change, done};
use crate::api::view;
use crate::apiserver::apply::{LAST_APPLIED, go_json_line, last_applied};
use crate::apiserver::{PatchKind, Subresource};
use crate::kubectl::failure::{Failure, error, usage_error};
use crate::kubectl::flags::Args;
use crate::kubectl::objects::{self, Info, stored_kind};
use crate::kubectl::output::{json::to_json, yaml::to_yaml};
use crate::kubectl::{Context, Outcome, manifests, select};

pub fn view(context: &mut Context, args: &Args) -> Outcome {
    let as_json = match args.text("output") {
        "" | "yaml" => false,
        "json" => true,
        other => {
            let text =
                format!("Unexpected -o output mode: {other}, the flag 'output' must be one of yaml|json");
            return Err(usage_error("apply view-last-applied", &text));
        }
    };
    let found = change::targets(context, args, &args.words)?;
    if let Some(failure) = found.failures.into_iter().next() {
        return Err(failure);
    }
    // Nothing is said of objects that apply did not make.
    for applied in found.infos.iter().filter_map(|info| last_applied(&info.item.to_value())) {
        context.print(if as_json { by_two(&to_json(&applied)) } else { to_yaml(&applied) });
    }
    done()
}

/// JSON indented by two spaces instead of four.
pub fn by_two(json: &str) -> String {
    let halved = |line: &str| {
        let text = line.trim_start();
        format!("{}{text}\n", " ".repeat((line.len() - text.len()) / 2))
    };
    json.lines().map(halved).collect()
}

/// The patch that keeps a manifest in the annotation.
// Models staging/src/k8s.io/kubectl/pkg/cmd/util/editor/editoptions.go GetApplyPatch
pub fn patch(manifest: &Value) -> Value {
    json!({"metadata": {"annotations": {LAST_APPLIED: go_json_line(manifest)}}})
}

pub fn set(context: &mut Context, args: &Args) -> Outcome {
    let orders = Orders::of(context, args)?;
    if !args.is_set("filename") {
        return Err(error(select::NOTHING_NAMED));
    }
    let read = manifests::read(context, args)?;
    let mut changes = Vec::new();
    for manifest in read.objects {
        let (resource, name) = (manifest.resource, manifest.name());
        let info = objects::look_up(context.cluster, resource, manifest.namespace(), name)?;
        let before = view::at(&info, &["metadata", "annotations", LAST_APPLIED]).map(view::to_value);
        if before.is_none() && !args.is("create-annotation") {
            return Err(error(format!(
                "no last-applied-configuration annotation found on resource: {name}, to create the annotation, run the \
                 command with --create-annotation"
            )));
        }
        if before.as_ref().and_then(Value::as_str) == Some(&go_json_line(&manifest.value)) {
            context.print(format!("set-last-applied {name}: no changes required.\n"));
        } else {
            changes.push((info, patch(&manifest.value)));
        }
    }
    Failure::of(read.failures)?;
    for (mut info, patch) in changes {
        if orders.dry_run != DryRun::Client {
            let (kind, change) = (stored_kind(info.resource)?, (PatchKind::JsonMerge, &patch));
            let api = context.cluster.api_mut();
            let object =
                api.patch_value(kind, &info.key(), Subresource::Main, change, orders.dry_run.options())?;
            info = Info::stored(info.resource, object);
        }
        let text = match orders.format.is_table() {
            true => format!("{} configured{}\n", info.reference(), orders.dry_run.suffix()),
            false => orders.format.print(&info)?,
        };
        context.print(text);
    }
    done()
}
