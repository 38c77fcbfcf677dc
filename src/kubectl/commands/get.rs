//! `kubectl get`.
// Models staging/src/k8s.io/kubectl/pkg/cmd/get/get.go

use serde_json::Value;

use super::done;
use crate::kubectl::failure::{Failure, error, usage_error};
use crate::kubectl::flags::Args;
use crate::kubectl::manifests;
use crate::kubectl::objects::{self, Info, Item, stored_kind};
use crate::kubectl::output::format::{self, Format, Formats};
use crate::kubectl::output::sort::sort_by;
use crate::kubectl::select::{self, Found, Query, Wanted};
use crate::kubectl::table::{TableOptions, TablePrinter};
use crate::kubectl::task::{Task, Watch};
use crate::kubectl::{Context, Next, Outcome};

pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let format = format::format(context, args, Formats::Get)?;
    check(args)?;
    if args.is_set("filename") {
        let found = from_files(context, args)?;
        return finish(context, args, &format, found, false, args.all("filename").len() == 1);
    }
    if args.words.is_empty() {
        context.print_error(
            "You must specify the type of resource to get. Use \"kubectl api-resources\" for a complete list of \
             supported resources.\n\n",
        );
        let hint = "Required resource not specified.\nUse \"kubectl explain <resource>\" for a detailed description \
                    of that resource (e.g. kubectl explain pods).";
        return Err(usage_error("get", hint));
    }
    let query = select::query(context, args, &args.words)?;
    check_subresource(args, &query)?;
    if args.is("watch") || args.is("watch-only") {
        return watch(context, args, format, query);
    }
    let found = query.find(context);
    let single = query.is_single();
    // What is named counts by what was found of it.
    let many_types = match query.wanted {
        Wanted::Names(_) => found.infos.iter().any(|info| info.resource != found.infos[0].resource),
        Wanted::Types(_) => query.many_types,
    };
    finish(context, args, &format, found, many_types, single)
}

/// Flags and words that do not fit together.
fn check(args: &Args) -> Result<(), Failure> {
    if args.is_set("raw") {
        return Err(error(match args.words.is_empty() {
            true => "--raw is not simulated here: there is no HTTP server behind this terminal",
            false => "arguments may not be passed when --raw is specified",
        }));
    }
    if args.is("output-watch-events") && !args.is("watch") && !args.is("watch-only") {
        return Err(error("--output-watch-events option can only be used with --watch or --watch-only"));
    }
    if args.is_set("filename") && !args.words.is_empty() {
        return Err(error(
            "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well",
        ));
    }
    Ok(())
}

/// A part of the objects is asked for: only what is named has parts.
// Models staging/src/k8s.io/cli-runtime/pkg/resource/builder.go Subresource
fn check_subresource(args: &Args, query: &Query) -> Result<(), Failure> {
    match (args.text("subresource"), &query.wanted) {
        ("", _) | ("status", Wanted::Names(_)) => Ok(()),
        (_, Wanted::Types(_)) => Err(error("subresource cannot be used when bulk resources are specified")),
        _ => Err(Failure::Api(crate::api::Status {
            reason: crate::api::status::StatusReason::NotFound,
            ..crate::api::Status::bad_request("the server could not find the requested resource")
        })),
    }
}

/// The objects that files name, as the cluster has them.
fn from_files(context: &Context, args: &Args) -> Result<Found, Failure> {
    let read = manifests::read(context, args)?;
    let mut found = Found { failures: read.failures, ..Found::default() };
    for manifest in read.objects {
        found.resources.push(manifest.resource);
        match objects::get(context.cluster, manifest.resource, manifest.namespace(), manifest.name()) {
            Ok(info) => found.infos.push(info),
            Err(status) => found.failures.push(Failure::Api(status)),
        }
    }
    Ok(found)
}

fn finish(
    context: &mut Context,
    args: &Args,
    format: &Format,
    mut found: Found,
    many_types: bool,
    single: bool,
) -> Outcome {
    if args.is("ignore-not-found") {
        found.failures.retain(|failure| !failure.is_not_found());
    }
    let field = args.text("sort-by");
    match format {
        Format::Table { wide } => {
            if !field.is_empty() {
                found.infos = sorted_tables(found.infos, field)?;
            }
            let options = table_options(args, *wide, many_types);
            let text = TablePrinter::new(options).print(&found.infos, context.now());
            if text.is_empty() && found.failures.is_empty() && !args.is("ignore-not-found") {
                nothing_found(context, args, &found);
            }
            context.print(text);
        }
        _ => {
            if !field.is_empty() && !sort_by(&mut found.infos, field)? && found.infos.len() > 1 {
                return Err(error(format!(
                    "couldn't find any field with path \"{{{field}}}\" in the list of objects"
                )));
            }
            print_objects(context, args, format, &found, single)?;
        }
    }
    Failure::of(found.failures)?;
    done()
}

/// Tables are sorted each for itself; one in which no object has the field is not shown.
fn sorted_tables(infos: Vec<Info>, field: &str) -> Result<Vec<Info>, Failure> {
    let mut sorted = Vec::with_capacity(infos.len());
    let mut rest = infos.into_iter().peekable();
    while let Some(first) = rest.next() {
        let resource = first.resource;
        let mut table = vec![first];
        while let Some(next) = rest.next_if(|info| info.resource == resource) {
            table.push(next);
        }
        if sort_by(&mut table, field)? {
            sorted.extend(table);
        }
    }
    Ok(sorted)
}

fn nothing_found(context: &mut Context, args: &Args, found: &Found) {
    let namespaced = found.resources.iter().all(|resource| resource.namespaced);
    let text = match namespaced && !args.is("all-namespaces") {
        true => format!("No resources found in {} namespace.\n", context.namespace(args)),
        false => "No resources found\n".to_owned(),
    };
    context.print_error(text);
}

pub fn table_options(args: &Args, wide: bool, many_types: bool) -> TableOptions {
    TableOptions {
        wide,
        no_headers: args.is("no-headers"),
        show_labels: args.is("show-labels"),
        label_columns: args.all("label-columns").to_vec(),
        show_kind: many_types || args.is("show-kind"),
        with_namespace: args.is("all-namespaces"),
        with_event: args.is("output-watch-events"),
        generic: args.is_set("server-print") && !args.is("server-print"),
    }
}

fn print_objects(
    context: &mut Context,
    args: &Args,
    format: &Format,
    found: &Found,
    single: bool,
) -> Result<(), Failure> {
    let infos: Vec<Info> = match args.is("show-managed-fields") {
        true => found.infos.iter().map(|info| with_managed_fields(context, info)).collect(),
        false => found.infos.clone(),
    };
    let text = match (single, infos.as_slice()) {
        (true, [info]) => format.print(info)?,
        (true, []) => return Ok(()),
        _ => format.print_list(&infos)?,
    };
    context.print(text);
    Ok(())
}

/// The server keeps track of who set which field; kubectl shows it only when asked.
fn with_managed_fields(context: &Context, info: &Info) -> Info {
    let mut value = info.item.to_value();
    let stored =
        stored_kind(info.resource).ok().and_then(|kind| context.cluster.api().find(kind, &info.key()));
    if let (Some(object), Some(Value::Object(metadata))) = (stored, value.get_mut("metadata")) {
        metadata.insert("managedFields".to_owned(), context.cluster.api().managed_fields(object));
    }
    Info { resource: info.resource, item: Item::Value(value) }
}

fn watch(context: &mut Context, args: &Args, format: Format, query: Query) -> Outcome {
    let resources = match &query.wanted {
        Wanted::Names(names) => {
            let found = query.find(context);
            if names.len() > 1 {
                let wide = matches!(format, Format::Table { wide: true });
                let options = table_options(args, wide, query.many_types);
                let text = TablePrinter::new(options).print(&found.infos, context.now());
                context.print(text);
                return Err(error("you may only watch a single resource or type of resource at a time"));
            }
            if let Some(failure) = found.failures.into_iter().next() {
                return Err(failure);
            }
            names.iter().map(|(resource, _)| *resource).collect()
        }
        Wanted::Types(types) => types.clone(),
    };
    let [resource] = resources[..] else {
        return Err(error("you may only specify a single resource type"));
    };
    let wide = matches!(format, Format::Table { wide: true });
    let printer = TablePrinter::new(table_options(args, wide, query.many_types));
    let version = context.cluster.api().version();
    let with_event = args.is("output-watch-events");
    let mut watch = Watch { resource, query, format, printer, version, with_event, printed: 0 };
    if !args.is("watch-only") {
        let found = watch.query.find(context);
        Failure::of(found.failures)?;
        let rows: Vec<(&str, &Info)> = found.infos.iter().map(|info| ("ADDED", info)).collect();
        watch.print(context, &rows)?;
    }
    Ok(Next::Wait(Task::Watch(Box::new(watch))))
}
