//! `kubectl get`.
// Models staging/src/k8s.io/kubectl/pkg/cmd/get/get.go

use std::collections::BTreeMap;

use serde_json::json;

use super::{done, raw, request_end};
use crate::kubectl::failure::{Failure, error, usage_error};
use crate::kubectl::flags::Args;
use crate::kubectl::manifests;
use crate::kubectl::objects::{self, Info, Item};
use crate::kubectl::output::format::{self, Format, Formats};
use crate::kubectl::output::jsonpath::{MissingKeys, relaxed};
use crate::kubectl::output::sort::{Sorted, sort_by, table_path};
use crate::kubectl::select::{self, Found, Query, Wanted};
use crate::kubectl::table::{TableOptions, TablePrinter};
use crate::kubectl::task::{Task, Watch};
use crate::kubectl::{Context, Next, Outcome};

pub fn run(context: &mut Context, args: &Args) -> Outcome {
    check(context, args)?;
    if args.is_set("raw") && !args.text("raw").is_empty() {
        return raw::get(context, args.text("raw"));
    }
    let format = format::format(context, args, Formats::Get);
    if args.is_set("filename") || args.is_set("kustomize") {
        let found = from_files(context, args)?;
        return finish(context, args, format, found, args.all("filename").len() == 1);
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
    select::warn_of_deprecated(context, &query);
    check_subresource(args, &query)?;
    if args.is("watch") || args.is("watch-only") {
        return watch(context, args, format?, query);
    }
    let found = query.find(context);
    let single = query.is_single();
    finish(context, args, format, found, single)
}

/// Flags and words that do not fit together.
// Models get.go GetOptions.Validate
fn check(context: &Context, args: &Args) -> Result<(), Failure> {
    let output = args.text("output");
    if !args.text("raw").is_empty() {
        let raw = args.text("raw");
        return match () {
            () if args.is("watch") || args.is("watch-only") || args.is_set("selector") => Err(error(
                "--raw may not be specified with other flags that filter the server request or alter the output",
            )),
            () if !args.words.is_empty() => Err(error("arguments may not be passed when --raw is specified")),
            () if !output.is_empty() => Err(error("--raw and --output are mutually exclusive")),
            () => raw::check_path(raw),
        };
    }
    if args.is("show-labels") && !matches!(output, "" | "wide") {
        return Err(error(format!("--show-labels option cannot be used with {output} printer")));
    }
    if args.is("output-watch-events") && !args.is("watch") && !args.is("watch-only") {
        return Err(error("--output-watch-events option can only be used with --watch or --watch-only"));
    }
    if args.is_set("filename") && !args.words.is_empty() {
        manifests::check_paths(context, args)?;
        return Err(select::beside_files(&args.words));
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
    let read = manifests::read(context, args).map_err(|failure| match failure {
        Failure::Text(text) if args.is_set("kustomize") => Failure::Bare(text),
        other => other,
    })?;
    let labels = manifests::selector(args)?;
    // What cannot be read is one of several failures, even alone.
    let bare = |failure| match failure {
        Failure::Text(text) => Failure::Bare(text),
        other => other,
    };
    let mut found = Found::default();
    for manifest in read.objects {
        found.resources.push(manifest.resource);
        // Every namespace is none in particular.
        if args.is("all-namespaces") && manifest.resource.namespaced {
            let (resource, name) = (manifest.resource.group_version_resource(), manifest.name());
            found.failures.push(Failure::Bare(format!("no namespace set on resource {resource} \"{name}\"")));
            continue;
        }
        match objects::look_up(context.cluster, manifest.resource, manifest.namespace(), manifest.name()) {
            Ok(info) => {
                found.answers += 1;
                // What the server answers for a table has no labels to select by.
                let labelled = args.text("output").is_empty() || args.text("output") == "wide";
                let own = if labelled { BTreeMap::new() } else { info.labels() };
                if labels.matches(&own) {
                    found.infos.push(info);
                }
            }
            Err(status) => found.failures.push(Failure::Api(status)),
        }
    }
    found.failures.extend(read.failures.into_iter().map(bare));
    Ok(found)
}

fn finish(
    context: &mut Context,
    args: &Args,
    format: Result<Format, Failure>,
    mut found: Found,
    single: bool,
) -> Outcome {
    if args.is("ignore-not-found") {
        found.failures.retain(|failure| !failure.is_not_found());
    }
    // One object that is not there needs no printer.
    if single && found.infos.is_empty() {
        Failure::of(std::mem::take(&mut found.failures))?;
    }
    match format? {
        Format::Table { wide } => print_table(context, args, wide, &mut found)?,
        _ if found.infos.is_empty() && args.is("ignore-not-found") => {}
        format => {
            let field = args.text("sort-by");
            if !field.is_empty()
                && !sort_by(context, &mut found.infos, field, Sorted::Objects)?
                && found.infos.len() > 1
            {
                return Err(no_such_field(field));
            }
            print_objects(context, args, &format, &found, single)?;
        }
    }
    Failure::of(found.failures)?;
    done()
}

fn print_table(context: &mut Context, args: &Args, wide: bool, found: &mut Found) -> Result<(), Failure> {
    let field = args.text("sort-by");
    if !field.is_empty() {
        if found.answers > 1 && !is_field_of_tables(field)? {
            return Err(no_such_field(field));
        }
        found.infos = sorted_tables(context, std::mem::take(&mut found.infos), field)?;
    }
    // Names are shown with their types where the server answered for several.
    let several = found.answers > 1 && found.resources.iter().any(|it| *it != found.resources[0]);
    let options = table_options(args, wide, several);
    let text = TablePrinter::new(options).print(&found.infos, context.now());
    if text.is_empty() && found.failures.is_empty() && !args.is("ignore-not-found") {
        nothing_found(context, args, found);
    }
    context.print(text);
    Ok(())
}

fn no_such_field(field: &str) -> Failure {
    let field = relaxed(field).unwrap_or_else(|_| field.to_owned());
    error(format!("couldn't find any field with path {} in the list of objects", select::quoted(&field)))
}

/// Several tables are first sorted among each other, by fields of their own.
// Models sorter.go RuntimeSorter.Sort
fn is_field_of_tables(field: &str) -> Result<bool, Failure> {
    let table = json!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": "1"},
        "columnDefinitions": [{"name": "Name"}], "rows": [{}],
    });
    let path = table_path(field)?;
    Ok(path.values(&table, MissingKeys::Allowed).is_ok_and(|found| !found.is_empty()))
}

/// Tables are sorted each for itself; one of several rows of which none has the field, or whose values the path does not
/// fit, is not shown.
// Models sorter.go SortingPrinter.PrintObj, whose errors get.go Run drops
fn sorted_tables(context: &Context, infos: Vec<Info>, field: &str) -> Result<Vec<Info>, Failure> {
    let mut sorted = Vec::with_capacity(infos.len());
    let mut rest = infos.into_iter().peekable();
    while let Some(first) = rest.next() {
        let resource = first.resource;
        let mut table = vec![first];
        while let Some(next) = rest.next_if(|info| info.resource == resource) {
            table.push(next);
        }
        let shown = match table.len() {
            1 => true,
            _ => match sort_by(context, &mut table, field, Sorted::Rows) {
                // The program ended.
                Err(last_words @ Failure::Bare(_)) => return Err(last_words),
                outcome => outcome.unwrap_or(false),
            },
        };
        if shown {
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
        as_events: false,
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
        true => with_managed_fields(context, &found.infos),
        false => found.infos.clone(),
    };
    if let Format::Columns { columns, no_headers } = format {
        if !(single && infos.is_empty()) {
            let (text, printed) = format::print_columns_of(columns, *no_headers, &infos);
            context.print(text);
            printed?;
        }
        return Ok(());
    }
    let text = match (single, infos.as_slice()) {
        (true, [info]) => format.print(info)?,
        (true, []) => return Ok(()),
        _ => format.print_list(&infos)?,
    };
    context.print(text);
    Ok(())
}

/// The server keeps track of who set which field; kubectl shows it only when asked.
pub fn with_managed_fields(context: &Context, infos: &[Info]) -> Vec<Info> {
    let mut managed_fields = context.cluster.api().managed_fields();
    let shown = infos.iter().map(|info| match &info.item {
        Item::Stored(object) => {
            Info { resource: info.resource, item: Item::Shown(managed_fields.shown(object)) }
        }
        Item::Shown(_) | Item::Value(_) => info.clone(),
    });
    shown.collect()
}

fn watch(context: &mut Context, args: &Args, format: Format, query: Query) -> Outcome {
    if !args.text("sort-by").is_empty() {
        let text = "warning: --watch requested, --sort-by will be ignored for watch events received\n";
        context.print_error(text);
    }
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
    let until = request_end(context, args);
    let mut watch = Watch { resource, query, format, printer, version, with_event, printed: 0, until };
    if !args.is("watch-only") {
        let found = watch.query.find(context);
        Failure::of(found.failures)?;
        let rows: Vec<(&str, &Info)> = found.infos.iter().map(|info| ("ADDED", info)).collect();
        watch.print(context, &rows)?;
    }
    Ok(Next::Wait(Task::Watch(Box::new(watch))))
}
