//! `kubectl rollout`: Jobs are not rolled out, and each part of it says so in its own words.
// Models staging/src/k8s.io/kubectl/pkg/cmd/rollout and pkg/polymorphichelpers

use super::done;
use crate::kubectl::failure::{Failure, error};
use crate::kubectl::flags::Args;
use crate::kubectl::objects::{self, Info};
use crate::kubectl::{Context, Outcome, manifests, select};

pub fn holder(context: &mut Context, args: &Args) -> Outcome {
    super::holder(context, args, "rollout")
}

/// Refuses every object that is named.
fn refuse(context: &mut Context, args: &Args, why: impl Fn(&Info) -> String) -> Outcome {
    let found = if args.is_set("filename") {
        manifests::find(context, args, &args.words, objects::look_up)?
    } else if args.words.is_empty() {
        return Err(error("required resource not specified"));
    } else {
        select::query(context, args, &args.words)?.find(context)
    };
    let says_so = !matches!(args.command, "rollout undo" | "rollout history");
    if found.infos.is_empty() && found.failures.is_empty() && says_so {
        context.print_error(format!("No resources found in {} namespace.\n", context.namespace(args)));
    }
    let mut failures = found.failures;
    failures.extend(found.infos.iter().map(|info| error(why(info))));
    Failure::of(failures)?;
    done()
}

/// `Job.batch`
fn group_kind(info: &Info) -> String {
    let group = info.resource.group();
    if group.is_empty() { info.resource.kind.to_owned() } else { format!("{}.{group}", info.resource.kind) }
}

/// What changes an object refuses it by its resource, and each object as an error of its own.
fn unsupported(info: &Info, what: &str) -> String {
    format!("error: {} \"{}\" {what} is not supported", info.resource.qualified_plural(), info.name())
}

pub fn status(context: &mut Context, args: &Args) -> Outcome {
    refuse(context, args, |info| format!("no status viewer has been implemented for {}", group_kind(info)))
}

pub fn history(context: &mut Context, args: &Args) -> Outcome {
    let why = |info: &Info| format!("no history viewer has been implemented for \"{}\"", group_kind(info));
    refuse(context, args, why)
}

pub fn undo(context: &mut Context, args: &Args) -> Outcome {
    let why = |info: &Info| format!("no rollbacker has been implemented for \"{}\"", group_kind(info));
    refuse(context, args, why)
}

pub fn restart(context: &mut Context, args: &Args) -> Outcome {
    refuse(context, args, |info| unsupported(info, "restarting"))
}

pub fn pause(context: &mut Context, args: &Args) -> Outcome {
    refuse(context, args, |info| unsupported(info, "pausing"))
}

pub fn resume(context: &mut Context, args: &Args) -> Outcome {
    refuse(context, args, |info| unsupported(info, "resuming"))
}
