//! `kubectl edit`, `kubectl apply edit-last-applied` and `kubectl create --edit`: the desk's editor, and what becomes of
//! what was changed in it.
// Models staging/src/k8s.io/kubectl/pkg/cmd/util/editor/editoptions.go

use serde_json::{Value, json};

use super::apply::{self, Orders};
use super::change::targets;
use super::{DryRun, create, last_applied};
use crate::api::Status;
use crate::apiserver::apply::{last_applied, three_way_patch, with_last_applied};
use crate::apiserver::{ApiServer, PatchKind, Subresource, WriteOptions};
use crate::kubectl::failure::{Failure, error};
use crate::kubectl::flags::Args;
use crate::kubectl::manifests::Manifest;
use crate::kubectl::objects::{Info, Item, stored_kind};
use crate::kubectl::output::{json::to_json, yaml::to_yaml};
use crate::kubectl::task::{Progress, Task};
use crate::kubectl::{Context, DeskRequest, Edited, Next, Outcome, manifests, select};

const HEAD: &str = "# Please edit the object below. Lines beginning with a '#' will be ignored,\n\
                    # and an empty file will abort the edit. If an error occurs while saving this file will be\n\
                    # reopened with the relevant failures.\n#\n";

const HEAD_OF_LAST_APPLIED: &str = "# Please edit the 'last-applied-configuration' annotations below.\n\
    # Lines beginning with a '#' will be ignored, and an empty file will abort the edit.\n#\n";

/// What is done with what was saved.
enum Mode {
    /// The objects are changed; by what `--record` adds, or null.
    Change {
        record: Value,
    },
    LastApplied,
    /// Objects are made, each from an editor of its own; whether with an annotation that repeats them.
    Create {
        orders: Orders,
        save_config: bool,
    },
}

/// An object in the editor, and how it was when it was opened.
#[derive(Debug)]
struct Opened {
    info: Info,
    original: Value,
}

/// The editor of a command.
pub struct Editing {
    mode: Mode,
    objects: Vec<Opened>,
    /// What has an editor of its own later, the next one last.
    later: Vec<Opened>,
    /// The text that was opened last.
    opened: String,
    path: String,
    /// The editor shows JSON, which has no comments.
    as_json: bool,
    failed_before: bool,
}

impl std::fmt::Debug for Editing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Editing").field("path", &self.path).finish_non_exhaustive()
    }
}

pub fn run(context: &mut Context, args: &Args) -> Outcome {
    if args.words.is_empty() && !args.is_set("filename") {
        return Err(error(select::NOTHING_NAMED));
    }
    let of_last_applied = args.command == "apply edit-last-applied";
    if !of_last_applied {
        DryRun::of(args)?;
    }
    // A type alone means all of it.
    let found = match args.is_set("filename") {
        true => targets(context, args, &args.words)?,
        false => select::query(context, args, &args.words)?.find(context),
    };
    Failure::of(found.failures)?;
    if found.infos.is_empty() {
        return Err(error("edit cancelled, no objects found"));
    }
    let mut objects = Vec::new();
    for info in found.infos {
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
        objects.push(Opened { info, original });
    }
    let mut record = Value::Null;
    manifests::record(args, &mut record);
    let mode = if of_last_applied { Mode::LastApplied } else { Mode::Change { record } };
    begin(context, args, mode, objects, Vec::new())
}

/// `kubectl create --edit`: each manifest is edited before its object is made.
pub fn before_create(
    context: &mut Context,
    args: &Args,
    orders: Orders,
    manifests: Vec<Manifest>,
) -> Outcome {
    let opened = |Manifest { resource, value, .. }| {
        let info = Info { resource, item: Item::Value(value) };
        Opened { original: info.item.to_value(), info }
    };
    let mut later: Vec<Opened> = manifests.into_iter().rev().map(opened).collect();
    let first = later.pop().into_iter().collect();
    begin(context, args, Mode::Create { orders, save_config: args.is("save-config") }, first, later)
}

fn begin(
    context: &mut Context,
    args: &Args,
    mode: Mode,
    objects: Vec<Opened>,
    later: Vec<Opened>,
) -> Outcome {
    let as_json = match args.text("output") {
        "" | "yaml" => false,
        "json" => true,
        other => {
            return Err(error(format!(
                "unable to match a printer suitable for the output format {other:?}, allowed formats are: json,yaml"
            )));
        }
    };
    let (opened, path) = (String::new(), String::new());
    let mut editing = Editing { mode, objects, later, opened, path, as_json, failed_before: false };
    editing.open(context);
    Ok(Next::Wait(Task::Edit(Box::new(editing))))
}

fn without_comments(text: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.starts_with('#')).collect()
}

/// The objects of a text; those of lists one by one.
fn objects_in(text: &str) -> Result<Vec<Value>, String> {
    let mut objects = Vec::new();
    for document in crate::manifest::decode_stream(text) {
        let mut document =
            document.map_err(|problem| format!("The edited file had a syntax error: {problem}"))?;
        let is_list = document.get("kind").is_some_and(|kind| kind == "List");
        match document.get_mut("items").filter(|_| is_list).map(Value::take) {
            Some(Value::Array(items)) => objects.extend(items),
            _ => objects.push(document),
        }
    }
    Ok(objects)
}

/// Why something could not be written, in the words of a reopened file.
fn problem(status: Status) -> String {
    match status.causes.is_empty() {
        true => status.message,
        false => status.causes.iter().map(|c| format!("* {c}")).collect::<Vec<_>>().join("\n"),
    }
}

impl Opened {
    /// Whether an edited object is this one.
    fn is(&self, edited: &Value) -> bool {
        ["/apiVersion", "/kind", "/metadata/name", "/metadata/namespace"]
            .iter()
            .all(|path| edited.pointer(path) == self.original.pointer(path))
    }
}

impl Editing {
    /// Opens the editor with the objects as they are.
    fn open(&mut self, context: &mut Context) {
        let Some(first) = self.objects.first() else { return };
        let head = if matches!(self.mode, Mode::LastApplied) { HEAD_OF_LAST_APPLIED } else { HEAD };
        let value = match self.objects.as_slice() {
            [one] => one.original.clone(),
            several => {
                let items: Vec<&Value> = several.iter().map(|object| &object.original).collect();
                json!({"apiVersion": "v1", "items": items, "kind": "List", "metadata": {}})
            }
        };
        let ending = if self.as_json { "json" } else { "yaml" };
        self.path = format!("/tmp/kubectl-edit-{}.{ending}", first.info.name());
        self.opened = if self.as_json { to_json(&value) } else { format!("{head}{}", to_yaml(&value)) };
        self.failed_before = false;
        context.desk.edited = None;
        self.request(context);
    }

    fn request(&self, context: &mut Context) {
        let request = DeskRequest::OpenEditor { path: self.path.clone(), text: self.opened.clone() };
        context.desk.requests.push(request);
    }

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
            Ok(()) => Ok(self.next(context)),
            Err((at, problem)) => {
                self.reopen(context, &bare, at, &problem);
                Ok(Progress::Waiting { until: None })
            }
        }
    }

    /// Goes on to the next editor, where there is one.
    fn next(&mut self, context: &mut Context) -> Progress {
        let Some(next) = self.later.pop() else { return Progress::Done(0) };
        self.objects = vec![next];
        self.open(context);
        Progress::Waiting { until: None }
    }

    fn cancelled(&mut self, context: &mut Context, why: &str) -> Result<Progress, Failure> {
        if self.failed_before {
            return Err(error(format!("Edit cancelled, {why}")));
        }
        context.print_error(format!("Edit cancelled, {why}\n"));
        Ok(self.next(context))
    }

    /// Does what the edited text asks for; an error is which object could not be written and why.
    fn save(&mut self, context: &mut Context, text: &str) -> Result<(), (usize, String)> {
        let edited = objects_in(text).map_err(|problem| (0, problem))?;
        if edited.is_empty() {
            return Err((0, "The edited file must hold one object".to_owned()));
        }
        let several = self.objects.len() > 1;
        for edited in edited {
            let at = match (&self.mode, self.objects.iter().position(|object| object.is(&edited))) {
                (_, Some(at)) => at,
                (Mode::Create { .. }, None) => 0,
                _ => return Err((0, "At least one of apiVersion, kind and name was changed".to_owned())),
            };
            let object = &self.objects[at];
            if several && edited == object.original {
                context.print(format!("{} skipped\n", object.info.reference()));
                continue;
            }
            let written = match &self.mode {
                Mode::Create { orders, save_config } => made(context, orders, *save_config, object, &edited),
                mode => changed(context, mode, object, &edited),
            };
            written.map_err(|problem| (at, problem))?;
            // Should another object be refused, this one is done.
            self.objects[at].original = edited;
        }
        Ok(())
    }

    /// Opens the editor again with what was wrong.
    fn reopen(&mut self, context: &mut Context, text: &str, at: usize, problem: &str) {
        let info = &self.objects[at].info;
        let subject = format!("{} {:?} was not valid:", info.resource.qualified_plural(), info.name());
        context.print_error(format!("error: {subject}\n{problem}\n"));
        let problem: String = problem.lines().map(|line| format!("# {line}\n")).collect();
        self.opened = match self.as_json {
            true => text.to_owned(),
            false => format!("{HEAD}# {subject}\n{problem}#\n{text}"),
        };
        self.failed_before = true;
        self.request(context);
    }
}

/// Makes an object from an edited manifest.
fn made(
    context: &mut Context,
    orders: &Orders,
    save_config: bool,
    object: &Opened,
    edited: &Value,
) -> Result<(), String> {
    let value = if save_config { with_last_applied(edited) } else { edited.clone() };
    context.cluster.api_mut().write_as(Some("kubectl-create".to_owned()));
    let made = apply::create(context, orders, object.info.resource, value);
    context.cluster.api_mut().write_as(None);
    let reported = made.and_then(|info| create::report(context, orders, &info));
    reported.map_err(|failure| match failure {
        Failure::Api(status) => problem(status),
        other => other.message(),
    })
}

/// Changes an object to what was edited.
fn changed(context: &mut Context, mode: &Mode, object: &Opened, edited: &Value) -> Result<(), String> {
    let change = match mode {
        Mode::LastApplied => (PatchKind::JsonMerge, last_applied::patch(edited)),
        _ => (PatchKind::Strategic, patch(object, edited)?),
    };
    let record = if let Mode::Change { record } = mode { record } else { &Value::Null };
    let api = context.cluster.api_mut();
    api.write_as(Some("kubectl-edit".to_owned()));
    let answer = send(object, (change.0, &change.1), record, api);
    api.write_as(None);
    answer.map_err(problem)?;
    context.print(format!("{} edited\n", object.info.reference()));
    Ok(())
}

/// What makes the edited object of the one that was opened, where its fields are such as the server knows.
fn patch(object: &Opened, edited: &Value) -> Result<Value, String> {
    let kind = stored_kind(object.info.resource).map_err(|failure| failure.message())?;
    let original = &object.original;
    let patch = three_way_patch(Some(original), edited, original).map_err(|e| e.to_string())?;
    let mut checked = edited.clone();
    let faults = crate::api::decode::check(kind.as_str(), crate::api::fields::type_of(kind), &mut checked);
    match faults.fatal.or(faults.wrong_type).or(faults.unknown.into_iter().next()) {
        Some(problem) => Err(problem),
        None => Ok(patch),
    }
}

fn send(
    object: &Opened,
    change: (PatchKind, &Value),
    record: &Value,
    api: &mut ApiServer,
) -> Result<(), Status> {
    let Some(kind) = object.info.resource.stored else { return Ok(()) };
    let (key, options) = (object.info.key(), WriteOptions::default());
    api.patch_value(kind, &key, Subresource::Main, change, options)?;
    if !record.is_null() {
        api.patch_value(kind, &key, Subresource::Main, (PatchKind::JsonMerge, record), options)?;
    }
    Ok(())
}
