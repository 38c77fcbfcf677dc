//! `kubectl events`.
// Models staging/src/k8s.io/kubectl/pkg/cmd/events/events.go

use std::sync::Arc;

use serde_json::{Value, json};

use super::{done, request_end};
use crate::api::core::Event;
use crate::api::{Kind, Object};
use crate::base::{Time, Timestamp, sorted};
use crate::kubectl::describe::interval;
use crate::kubectl::failure::{Failure, error};
use crate::kubectl::flags::Args;
use crate::kubectl::objects::{Info, Selectors};
use crate::kubectl::output::format::{self, Format, Formats};
use crate::kubectl::output::json::to_typed_json;
use crate::kubectl::output::tabs::TabWriter;
use crate::kubectl::resources;
use crate::kubectl::select::{Query, Wanted};
use crate::kubectl::table::{TableOptions, TablePrinter, one_cell};
use crate::kubectl::task::{Task, Watch};
use crate::kubectl::{Context, Next, Outcome};

pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let about = match args.text("for") {
        "" => None,
        reference => {
            let Some((kind, name)) = reference.split_once('/') else {
                return Err(error("--for must be in resource/name form"));
            };
            if name.contains('/') {
                return Err(error("arguments in resource/name form may not have more than one slash"));
            }
            if kind.is_empty() {
                return Err(error("a resource must be present, got: /, Resource="));
            }
            let resource = resources::find(kind)
                .ok_or_else(|| Failure::Bare(format!("the server doesn't have a resource type {kind:?}")))?;
            // Without a name it is about anything.
            Some((resource.kind, name.to_owned())).filter(|_| !name.is_empty())
        }
    };
    for kind in args.all("types") {
        if !["normal", "warning"].contains(&kind.to_lowercase().as_str()) {
            return Err(error("valid --types are Normal or Warning"));
        }
    }
    let format = format::format(context, args, Formats::Change)?;
    if args.is("watch") {
        return watch(context, args, format);
    }
    let namespace = context.namespace(args);
    let scope = (!args.is("all-namespaces")).then_some(namespace.as_str());
    let fits = |event: &Event| {
        let named = about.as_ref().is_none_or(|(kind, name)| {
            event.involved_object.kind == *kind && event.involved_object.name == *name
        });
        let types = args.all("types");
        named && (types.is_empty() || types.iter().any(|kind| kind.eq_ignore_ascii_case(&event.event_type)))
    };
    let mut events: Vec<Arc<Event>> = context
        .cluster
        .api()
        .list(Kind::Event, scope)
        .filter_map(|object| match object {
            Object::Event(event) => Some(event.clone()),
            _ => None,
        })
        .filter(|event| fits(event))
        .collect();
    if events.is_empty() {
        let place = scope.map_or_else(String::new, |namespace| format!(" in {namespace} namespace"));
        context.print_error(format!("No events found{place}.\n"));
        return done();
    }
    sorted::sort_by_cached_key(&mut events, |event| last_seen(event));
    print(context, args, &format, events)?;
    done()
}

/// The second when it was seen last, and the microseconds in it where the event tells them.
// Models staging/src/k8s.io/kubectl/pkg/cmd/events/event_printer.go eventTime
fn last_seen(event: &Event) -> (Option<Timestamp>, u32) {
    let observed = event.rest.get("series").and_then(|series| series["lastObservedTime"].as_str());
    match (observed, event.last_timestamp) {
        (None, Some(last)) => (Some(last), 0),
        (observed, _) => {
            let precise = observed.or(event.event_time.as_deref()).unwrap_or_default();
            let fraction = precise.split_once('.').map_or("", |(_, fraction)| fraction.trim_end_matches('Z'));
            (Timestamp::parse_rfc3339(precise), format!("{fraction:0<6}").parse().unwrap_or(0))
        }
    }
}

fn print(
    context: &mut Context,
    args: &Args,
    format: &Format,
    events: Vec<Arc<Event>>,
) -> Result<(), Failure> {
    if !format.is_table() {
        let resource = resources::of_kind(Kind::Event);
        let infos: Vec<Info> =
            events.into_iter().map(|event| Info::stored(resource, Object::from(event))).collect();
        let text = match format {
            // The items of the list do not say what they are.
            Format::Name => String::new(),
            Format::Json => json_list(&infos),
            _ => {
                let items: Vec<Value> = infos.iter().map(|info| info.item.to_value()).collect();
                let list = json!({"apiVersion": "v1", "items": items, "kind": "EventList", "metadata": {}});
                format.print_value(&list)?
            }
        };
        context.print(text);
        return Ok(());
    }
    let with_namespace = args.is("all-namespaces");
    let mut text = String::new();
    if !args.is("no-headers") {
        text.push_str(if with_namespace { "NAMESPACE\t" } else { "" });
        text.push_str("LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n");
    }
    for event in &events {
        text += &row(event, with_namespace, context.now());
    }
    context.print(TabWriter::table().lay_out(&text));
    Ok(())
}

/// The list with its fields and those of its events in the order in which Go has them.
fn json_list(infos: &[Info]) -> String {
    let indented = |info: &Info| {
        let lines = to_typed_json(info);
        lines.lines().map(|line| format!("        {line}")).collect::<Vec<_>>().join("\n")
    };
    let items: Vec<String> = infos.iter().map(indented).collect();
    let head = "{\n    \"kind\": \"EventList\",\n    \"apiVersion\": \"v1\",\n    \"metadata\": {},\n    \"items\": [";
    format!("{head}\n{}\n    ]\n}}\n", items.join(",\n"))
}

fn row(event: &Event, with_namespace: bool, now: Time) -> String {
    let namespace = if with_namespace { format!("{}\t", event.metadata.namespace) } else { String::new() };
    format!("{namespace}{}\n", cells(event, now).join("\t"))
}

/// When an event was seen last, its type and reason, what it is about, and its message.
pub fn cells(event: &Event, now: Time) -> [String; 5] {
    let about = &event.involved_object;
    let object = format!("{}/{}", about.kind, about.name);
    let message = one_cell(event.message.trim()).into_owned();
    [interval(event, now), event.event_type.clone(), event.reason.clone(), object, message]
}

fn watch(context: &mut Context, args: &Args, format: Format) -> Outcome {
    let resource = resources::of_kind(Kind::Event);
    let mut fields = Vec::new();
    if let Some((kind, name)) = args.text("for").split_once('/') {
        let kind = resources::find(kind).map_or(kind, |resource| resource.kind);
        fields.push(format!("involvedObject.kind={kind},involvedObject.name={name}"));
    }
    if let [kind] = args.all("types") {
        fields.push(format!("type={kind}"));
    }
    let query = Query {
        wanted: Wanted::Types(vec![resource]),
        namespace: context.namespace(args),
        all_namespaces: args.is("all-namespaces"),
        selectors: Selectors { labels: String::new(), fields: fields.join(",") },
        many_types: false,
    };
    let options = TableOptions {
        no_headers: args.is("no-headers"),
        with_namespace: args.is("all-namespaces"),
        as_events: true,
        ..TableOptions::default()
    };
    let version = context.cluster.api().version();
    let printer = TablePrinter::new(options);
    let until = request_end(context, args);
    let mut watch = Watch { resource, query, format, printer, version, with_event: false, printed: 0, until };
    let found = watch.query.find(context);
    Failure::of(found.failures)?;
    let rows: Vec<(&str, &Info)> = found.infos.iter().map(|info| ("ADDED", info)).collect();
    watch.print(context, &rows)?;
    Ok(Next::Wait(Task::Watch(Box::new(watch))))
}
