//! `kubectl rollout`: Jobs are not rolled out, and each part of it says so in its own words.
// Models staging/src/k8s.io/kubectl/pkg/cmd/rollout and pkg/polymorphichelpers

use super::done;
use crate::kubectl::failure::{Failure, error};
use crate::kubectl::flags::Args;
use crate::kubectl::objects::Info;
use crate::kubectl::{Context, Outcome};

pub fn holder(context: &mut Context, args: &Args) -> Outcome {
    super::holder(context, args, "rollout")
}

/// Refuses every object that is named.
fn refuse(context: &Context, args: &Args, why: impl Fn(&Info) -> String) -> Outcome {
    if args.words.is_empty() && !args.is_set("filename") && !args.is_set("selector") {
        return Err(error("required resource not specified"));
    }
    let found = super::change::targets(context, args, &args.words)?;
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

/// What changes an object refuses it by its resource.
fn unsupported(info: &Info, what: &str) -> String {
    format!("{} \"{}\" {what} is not supported", info.resource.qualified_plural(), info.name())
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
