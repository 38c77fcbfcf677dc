//! `kubectl patch`.
// Models staging/src/k8s.io/kubectl/pkg/cmd/patch/patch.go

use serde_json::Value;

use super::change::{self, targets};
use super::{DryRun, done};
use crate::api::Status;
use crate::api::status::StatusReason;
use crate::apiserver::{PatchKind, Subresource};
use crate::containers::files::normalize;
use crate::kubectl::failure::{Failure, error};
use crate::kubectl::flags::Args;
use crate::kubectl::objects::{Info, stored_kind};
use crate::kubectl::output::format::{self, Formats};
use crate::kubectl::{Context, Outcome, manifests};
use crate::manifest::json_problem;

pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let text = patch_text(context, args)?;
    if args.is("local") && !args.words.is_empty() {
        return Err(error("cannot specify --local and server resources"));
    }
    change::check_local(args)?;
    let kind = match args.text("type").to_lowercase().as_str() {
        "" => PatchKind::Strategic,
        "strategic" => PatchKind::Strategic,
        "merge" => PatchKind::JsonMerge,
        "json" => PatchKind::Json,
        _ => {
            let given = args.text("type");
            return Err(error(format!("--type must be one of [json merge strategic], not {given:?}")));
        }
    };
    let format = format::format(context, args, Formats::Change)?;
    let dry_run = DryRun::of(args)?;
    part(args)?;
    let found = targets(context, args, &args.words)?;
    if found.infos.is_empty() && found.failures.is_empty() {
        return Err(error("no objects passed to patch"));
    }
    let mut failures = found.failures;
    for info in &found.infos {
        match patch_one(context, args, info, (kind, &text), dry_run) {
            Err(failure) => failures.push(failure),
            Ok((info, changed)) => {
                let text = match format.is_table() {
                    true => {
                        let change = if changed { "" } else { " (no change)" };
                        format!("{} patched{change}\n", info.reference())
                    }
                    false => format.print(&info)?,
                };
                context.print(text);
            }
        }
    }
    Failure::of(failures)?;
    done()
}

/// The patch as JSON; what begins like JSON goes to the server as it is.
fn patch_text(context: &Context, args: &Args) -> Result<String, Failure> {
    let text = match (args.is_set("patch"), args.text("patch-file")) {
        (true, "") => args.text("patch").to_owned(),
        (false, file) if !file.is_empty() => {
            let text = context.desk.files.read_text(&normalize(&context.desk.cwd, file));
            text.map_err(|_| {
                error(format!("unable to read patch file: open {file}: no such file or directory"))
            })?
        }
        (true, _) => return Err(error("cannot specify --patch and --patch-file together")),
        _ => String::new(),
    };
    if text.is_empty() {
        return Err(error("must specify --patch or --patch-file containing the contents of the patch"));
    }
    if text.trim_start().starts_with('{') {
        return Ok(text);
    }
    match crate::manifest::decode_stream(&text).into_iter().next() {
        Some(Ok(value)) => Ok(value.to_string()),
        Some(Err(problem)) => {
            let cause = problem.message.replace("error converting YAML to JSON: ", "");
            Err(error(format!("unable to parse {}: {cause}", crate::kubectl::select::quoted(&text))))
        }
        None => Ok("null".to_owned()),
    }
}

/// What a request's body says.
///
/// # Errors
/// When it is no JSON.
pub fn json_value(text: &str) -> Result<Value, Status> {
    if let Some(problem) = json_problem(text) {
        return Err(Status::bad_request(problem));
    }
    serde_json::from_str(text).map_err(|problem| Status::bad_request(problem.to_string()))
}

/// Which part of the object is changed.
fn part(args: &Args) -> Result<Subresource, Failure> {
    match args.text("subresource") {
        "" => Ok(Subresource::Main),
        "status" => Ok(Subresource::Status),
        _ => {
            let message = "the server could not find the requested resource";
            Err(Failure::Api(Status { reason: StatusReason::NotFound, ..Status::bad_request(message) }))
        }
    }
}

fn patch_one(
    context: &mut Context,
    args: &Args,
    info: &Info,
    (patch_kind, text): (PatchKind, &str),
    dry_run: DryRun,
) -> Result<(Info, bool), Failure> {
    let kind = stored_kind(info.resource)?;
    let patch: Value = json_value(text)?;
    let change = (patch_kind, &patch);
    if args.is("local") || dry_run == DryRun::Client {
        let after = change::changed_here(info, change)?;
        let changed = after.item.to_value() != info.item.to_value();
        return Ok((after, changed));
    }
    let part = part(args)?;
    let api = context.cluster.api_mut();
    let mut object = api.patch_value(kind, &info.key(), part, change, dry_run.options())?;
    let mut record = Value::Null;
    manifests::record(args, &mut record);
    if !record.is_null() {
        let change = (PatchKind::JsonMerge, &record);
        object = api.patch_value(kind, &info.key(), Subresource::Main, change, dry_run.options())?;
    }
    let warnings = context.cluster.api_mut().take_warnings();
    super::apply::warn(context, &warnings);
    let after = Info::stored(info.resource, object);
    // What a file names is compared with what stands there.
    let changed = after.item != info.item || args.is_set("filename");
    Ok((after, changed))
}

#[cfg(test)]
mod tests {
    use super::json_value;

    #[test]
    fn broken_json_is_told_in_gos_words() {
        let cases = [
            ("{not json", "invalid character 'n' looking for beginning of object key string"),
            ("{\"a\":", "unexpected EOF"),
            ("{\"a\" 1}", "invalid character '1' after object key"),
            ("{\"a\":1 \"b\"}", "invalid character '\"' after object key:value pair"),
            ("{} x", "invalid character 'x' after top-level value"),
        ];
        for (text, expected) in cases {
            assert_eq!(json_value(text).map_err(|status| status.message), Err(expected.to_owned()), "{text}");
        }
    }
}
