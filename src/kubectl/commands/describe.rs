//! `kubectl describe`.
// Models staging/src/k8s.io/kubectl/pkg/cmd/describe/describe.go

use super::done;
use crate::api::core::{Event, Pod};
use crate::api::{Kind, Object};
use crate::apiserver::Shown;
use crate::kubectl::describe::{Surroundings, describe, describe_value};
use crate::kubectl::failure::{Failure, error};
use crate::kubectl::flags::Args;
use crate::kubectl::objects::{self, Info, Item};
use crate::kubectl::select::{self, Found, Query, Wanted};
use crate::kubectl::{Context, Outcome, manifests};

pub fn run(context: &mut Context, args: &Args) -> Outcome {
    if args.words.is_empty() && !args.is_set("filename") {
        return Err(error(
            "You must specify the type of resource to describe. Use \"kubectl api-resources\" for a complete list of supported resources.",
        ));
    }
    let (found, by_prefix) = find(context, args)?;
    // Events of many objects are many requests: they are left out unless asked for.
    let with_events =
        if args.is_set("show-events") { args.is("show-events") } else { found.infos.len() <= 1 };
    let mut texts = Vec::new();
    for info in &found.infos {
        texts.push(text_of(context, info, with_events));
    }
    if texts.is_empty() && found.failures.is_empty() {
        let text = match args.is("all-namespaces") {
            false => format!("No resources found in {} namespace.\n", context.namespace(args)),
            true => "No resources found\n".to_owned(),
        };
        context.print_error(text);
    }
    // Objects that a prefix found end in an empty line each, others are parted by two.
    context.print(match by_prefix {
        true => texts.iter().map(|text| format!("{text}\n")).collect(),
        false => texts.join("\n\n"),
    });
    Failure::of(found.failures)?;
    done()
}

/// The objects, and whether their names only begin as asked.
fn find(context: &mut Context, args: &Args) -> Result<(Found, bool), Failure> {
    if args.is_set("filename") {
        return Ok((manifests::find(context, args, &args.words, objects::get)?, false));
    }
    let query = select::query(context, args, &args.words)?;
    select::warn_of_deprecated(context, &query);
    let mut found = query.find(context);
    // What is named by a slash is meant whole.
    let whole = args.words.iter().any(|word| word.contains('/'));
    // Of two words the second may be the beginning of a name: where it is none, nothing else is told.
    if args.words.len() == 2 && found.failures.iter().any(Failure::is_not_found) {
        found.infos.clear();
    }
    let by_prefix = !whole && by_prefix(context, &query, &mut found);
    Ok((found, by_prefix))
}

/// A single name that is not there may be the beginning of others.
fn by_prefix(context: &Context, query: &Query, found: &mut Found) -> bool {
    let Wanted::Names(names) = &query.wanted else { return false };
    let [(resource, prefix)] = names.as_slice() else { return false };
    if !found.infos.is_empty() {
        return false;
    }
    let all = query.selectors.list(context.cluster, resource, Some(&query.namespace)).unwrap_or_default();
    let matching: Vec<Info> =
        all.into_iter().filter(|info| info.name().starts_with(prefix.as_str())).collect();
    if !matching.is_empty() {
        found.infos = matching;
        found.failures.clear();
    }
    !found.infos.is_empty()
}

fn text_of(context: &Context, info: &Info, with_events: bool) -> String {
    let api = context.cluster.api();
    let events = with_events.then(|| {
        let all = api.list(Kind::Event, None).filter_map(|object| match object {
            Object::Event(event) => Some(&**event),
            _ => None,
        });
        all.filter(|event| concerns(event, info)).collect()
    });
    let pods: Vec<&Pod> = match info.resource.stored {
        Some(Kind::Node) => api.list(Kind::Pod, None).filter_map(as_pod).collect(),
        _ => Vec::new(),
    };
    let around = Surroundings { now: context.now(), events, pods };
    match &info.item {
        Item::Stored(object) | Item::Shown(Shown { object, .. }) => describe(object, &around),
        Item::Value(value) => describe_value(value, &around),
    }
}

fn as_pod(object: &Object) -> Option<&Pod> {
    match object {
        Object::Pod(pod) => Some(pod),
        _ => None,
    }
}

/// Whether an event is about the object: nodes are known to events by their names.
fn concerns(event: &Event, info: &Info) -> bool {
    let about = &event.involved_object;
    let Some(object) = info.item.object() else { return false };
    let meta = object.metadata();
    let same_uid = about.uid == meta.uid || (object.kind() == Kind::Node && about.uid == meta.name);
    about.name == meta.name
        && same_uid
        && (about.kind == object.kind().as_str() || object.kind() == Kind::Pod)
        && (meta.namespace.is_empty() || about.namespace == meta.namespace)
}
