//! `kubectl edit` and `kubectl apply edit-last-applied`: the desk's editor, and a patch of what was changed in it.
// Models staging/src/k8s.io/kubectl/pkg/cmd/util/editor/editoptions.go

use serde_json::Value;

use super::apply::Orders;
use super::change::targets;
use super::last_applied;
use crate::api::Status;
use crate::apiserver::apply::{last_applied, three_way_patch};
use crate::apiserver::{ApiServer, PatchKind, Subresource, WriteOptions};
use crate::kubectl::failure::{Failure, error};
use crate::kubectl::flags::Args;
use crate::kubectl::objects::{Info, stored_kind};
use crate::kubectl::output::yaml::to_yaml;
use crate::kubectl::task::{Progress, Task};
use crate::kubectl::{Context, DeskRequest, Edited, Next, Outcome, manifests, select};

const HEAD: &str = "# Please edit the object below. Lines beginning with a '#' will be ignored,\n\
                    # and an empty file will abort the edit. If an error occurs while saving this file will be\n\
                    # reopened with the relevant failures.\n#\n";

const HEAD_OF_LAST_APPLIED: &str = "# Please edit the 'last-applied-configuration' annotations below.\n\
    # Lines beginning with a '#' will be ignored, and an empty file will abort the edit.\n#\n";

/// An object in the editor, or what apply was given last.
#[derive(Debug)]
pub struct Editing {
    info: Info,
    of_last_applied: bool,
    /// What `--record` adds to the object; null where nothing is.
    record: Value,
    original: Value,
    /// The text that was opened last.
    opened: String,
    path: String,
    failed_before: bool,
}

pub fn run(context: &mut Context, args: &Args) -> Outcome {
    if args.words.is_empty() && !args.is_set("filename") {
        return Err(error(select::NOTHING_NAMED));
    }
    let of_last_applied = args.command == "apply edit-last-applied";
    if !of_last_applied {
        let _ = Orders::of(context, args)?;
    }
    let mut found = targets(context, args, &args.words)?;
    Failure::of(std::mem::take(&mut found.failures))?;
    if found.infos.len() > 1 {
        return Err(error("editing several objects at once is not simulated here: edit them one by one"));
    }
    let Some(info) = found.infos.pop() else { return Err(error("edit cancelled, no objects found")) };
    stored_kind(info.resource)?;
    let mut original = info.item.to_value();
    if of_last_applied {
        original = last_applied(&original).ok_or_else(|| {
            error(
                "no last-applied-configuration annotation found on resources, to create the annotation, use command \
                 `kubectl apply set-last-applied --create-annotation`",
            )
        })?;
    }
    let head = if of_last_applied { HEAD_OF_LAST_APPLIED } else { HEAD };
    let opened = format!("{head}{}", to_yaml(&original));
    let mut record = Value::Null;
    manifests::record(args, &mut record);
    let path = format!("/tmp/kubectl-edit-{}.yaml", info.name());
    context.desk.edited = None;
    context.desk.requests.push(DeskRequest::OpenEditor { path: path.clone(), text: opened.clone() });
    let failed_before = false;
    let editing = Editing { info, of_last_applied, record, original, opened, path, failed_before };
    Ok(Next::Wait(Task::Edit(Box::new(editing))))
}

fn without_comments(text: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.starts_with('#')).collect()
}

impl Editing {
    /// # Errors
    /// When nothing valid was saved.
    pub fn poll(&mut self, context: &mut Context) -> Result<Progress, Failure> {
        let text = match context.desk.edited.take() {
            None => return Ok(Progress::Waiting { until: None }),
            Some(Edited::Dropped) => return self.cancelled(context, "no changes made."),
            Some(Edited::Saved(text)) => text,
        };
        let bare = without_comments(&text);
        if bare.trim().is_empty() {
            return self.cancelled(context, "saved file is empty.");
        }
        if bare == without_comments(&self.opened) {
            return self.cancelled(
                context,
                if self.failed_before { "no valid changes were saved." } else { "no changes made." },
            );
        }
        match self.save(context, &bare) {
            Ok(line) => {
                context.print(line);
                Ok(Progress::Done(0))
            }
            Err(problem) => {
                self.reopen(context, &bare, &problem);
                Ok(Progress::Waiting { until: None })
            }
        }
    }

    fn cancelled(&self, context: &mut Context, why: &str) -> Result<Progress, Failure> {
        if self.failed_before {
            return Err(error(format!("Edit cancelled, {why}")));
        }
        context.print_error(format!("Edit cancelled, {why}\n"));
        Ok(Progress::Done(0))
    }

    fn save(&self, context: &mut Context, text: &str) -> Result<String, String> {
        let mut documents = crate::manifest::decode_stream(text);
        let edited = match (documents.len(), documents.pop()) {
            (1, Some(Ok(value))) => value,
            (_, Some(Err(problem))) => return Err(format!("The edited file had a syntax error: {problem}")),
            _ => return Err("The edited file must hold one object".to_owned()),
        };
        if edited.pointer("/metadata/name") != self.original.pointer("/metadata/name") {
            return Err("At least one of apiVersion, kind and name was changed".to_owned());
        }
        let (kind, patch) = match self.of_last_applied {
            true => (PatchKind::JsonMerge, last_applied::patch(&edited)),
            false => (PatchKind::Strategic, self.patch(&edited)?),
        };
        let api = context.cluster.api_mut();
        api.write_as(Some("kubectl-edit".to_owned()));
        let answer = self.send((kind, &patch), api);
        api.write_as(None);
        match answer {
            Ok(()) => Ok(format!("{} edited\n", self.info.reference())),
            Err(status) if status.causes.is_empty() => Err(status.message),
            Err(status) => Err(status.causes.iter().map(|c| format!("* {c}")).collect::<Vec<_>>().join("\n")),
        }
    }

    /// What makes the edited object of the one that was opened, where its fields are such as the server knows.
    fn patch(&self, edited: &Value) -> Result<Value, String> {
        let kind = stored_kind(self.info.resource).map_err(|failure| failure.message())?;
        let patch =
            three_way_patch(Some(&self.original), edited, &self.original).map_err(|e| e.to_string())?;
        let mut checked = edited.clone();
        let faults =
            crate::api::decode::check(kind.as_str(), crate::api::fields::type_of(kind), &mut checked);
        match faults.fatal.or(faults.wrong_type).or(faults.unknown.into_iter().next()) {
            Some(problem) => Err(problem),
            None => Ok(patch),
        }
    }

    fn send(&self, change: (PatchKind, &Value), api: &mut ApiServer) -> Result<(), Status> {
        let Some(kind) = self.info.resource.stored else { return Ok(()) };
        let (key, options) = (self.info.key(), WriteOptions::default());
        api.patch_value(kind, &key, Subresource::Main, change, options)?;
        if !self.record.is_null() {
            let change = (PatchKind::JsonMerge, &self.record);
            api.patch_value(kind, &key, Subresource::Main, change, options)?;
        }
        Ok(())
    }

    /// Opens the editor again with what was wrong.
    fn reopen(&mut self, context: &mut Context, text: &str, problem: &str) {
        let subject =
            format!("{} {:?} was not valid:", self.info.resource.qualified_plural(), self.info.name());
        context.print_error(format!("error: {subject}\n{problem}\n"));
        let problem: String = problem.lines().map(|line| format!("# {line}\n")).collect();
        self.opened = format!("{HEAD}# {subject}\n{problem}#\n{text}");
        self.failed_before = true;
        let request = DeskRequest::OpenEditor { path: self.path.clone(), text: self.opened.clone() };
        context.desk.requests.push(request);
    }
}
