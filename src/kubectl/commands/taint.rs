//! `kubectl taint`.
// Models staging/src/k8s.io/kubectl/pkg/cmd/taint/taint.go, taint/utils.go

use serde_json::json;

use super::change::send_as;
use super::done;
use crate::api::Object;
use crate::api::codec::Codec;
use crate::api::core::{Node, Taint};
use crate::api::validation::names::{label_value, qualified_name};
use crate::apiserver::PatchKind;
use crate::kubectl::failure::{Failure, error, usage_error};
use crate::kubectl::flags::Args;
use crate::kubectl::objects::{Info, Item};
use crate::kubectl::{Context, Outcome, resources, select};

const EFFECTS: &[&str] = &["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// What the arguments ask for. A taint to remove may leave out the effect: all of that key go.
#[derive(Default)]
struct Changes {
    add: Vec<Taint>,
    remove: Vec<Taint>,
}

pub fn run(context: &mut Context, args: &Args) -> Outcome {
    let (named, specs) = split(&args.words)?;
    if named.is_empty() {
        return Err(error("one or more resources must be specified as <resource> <name>"));
    }
    if specs.is_empty() {
        return Err(error("at least one taint update is required"));
    }
    let changes = parse(&specs).map_err(|problem| usage_error("taint", &problem))?;
    check(args, &named, &changes)?;
    let all = args.is("all") || args.is_set("selector");
    let words = if all { vec!["nodes".to_owned()] } else { named };
    let found = select::query(context, args, &words)?.find(context);
    let mut failures = found.failures;
    for info in &found.infos {
        if let Err(failure) = change(context, args, info, &changes) {
            failures.push(failure);
        }
    }
    Failure::of(failures)?;
    done()
}

fn split(words: &[String]) -> Result<(Vec<String>, Vec<&String>), Failure> {
    let is_taint = |word: &&String| word.contains(['=', ':']) || word.ends_with('-');
    let named: Vec<String> = words.iter().take_while(|word| !is_taint(word)).cloned().collect();
    let specs: Vec<&String> = words[named.len()..].iter().collect();
    match specs.iter().find(|word| !is_taint(word)) {
        Some(word) => Err(error(format!("all resources must be specified before taint changes: {word}"))),
        None => Ok((named, specs)),
    }
}

fn parse(specs: &[&String]) -> Result<Changes, String> {
    let mut changes = Changes::default();
    for spec in specs {
        if let Some(spec) = spec.strip_suffix('-') {
            let Taint { key, effect, .. } = parse_one(spec)?;
            changes.remove.push(Taint { key, effect, ..Taint::default() });
            continue;
        }
        let taint = parse_one(spec)?;
        if taint.effect.is_empty() {
            return Err(format!("invalid taint spec: {spec}"));
        }
        if changes.add.iter().any(|other| is_same(other, &taint)) {
            let Taint { key, value, effect, .. } = taint;
            return Err(format!(
                "duplicated taints with the same key and effect: {{{key} {value} {effect} <nil>}}"
            ));
        }
        changes.add.push(taint);
    }
    Ok(changes)
}

/// `KEY=VALUE:EFFECT`, `KEY:EFFECT` or `KEY`.
fn parse_one(spec: &str) -> Result<Taint, String> {
    let invalid = || format!("invalid taint spec: {spec}");
    let because = |problems: Vec<String>| match problems.is_empty() {
        true => Ok(()),
        false => Err(format!("{}, {}", invalid(), problems.join("; "))),
    };
    let parts: Vec<&str> = spec.split(':').collect();
    let (pair, effect) = match parts[..] {
        [key] => (vec![key], ""),
        [pair, effect] if EFFECTS.contains(&effect) => (pair.split('=').collect(), effect),
        [_, effect] => return Err(format!("invalid taint effect: {effect}, unsupported taint effect")),
        _ => return Err(invalid()),
    };
    let (key, value) = match pair[..] {
        [key] => (key, ""),
        [key, value] => (key, value),
        _ => return Err(invalid()),
    };
    because(label_value(value))?;
    because(qualified_name(key))?;
    let [key, value, effect] = [key, value, effect].map(str::to_owned);
    Ok(Taint { key, value, effect, ..Taint::default() })
}

/// Taints are the same one when key and effect are.
fn is_same(a: &Taint, b: &Taint) -> bool {
    a.key == b.key && a.effect == b.effect
}

/// Whether a taint is one that `removed` stands for.
fn is_meant(removed: &Taint, taint: &Taint) -> bool {
    removed.key == taint.key && (removed.effect.is_empty() || removed.effect == taint.effect)
}

fn check(args: &Args, named: &[String], changes: &Changes) -> Result<(), Failure> {
    let given = named[0].to_lowercase();
    let unknown =
        || Failure::Bare(format!("the server doesn't have a resource type {}", select::quoted(&given)));
    if resources::find(&given).ok_or_else(unknown)?.kind != "Node" {
        return Err(error(format!("invalid resource type {given}, only node types are supported")));
    }
    let pairs = changes.add.iter().flat_map(|add| changes.remove.iter().map(move |remove| (add, remove)));
    let both: Vec<String> = pairs
        .filter(|(add, remove)| is_meant(remove, add))
        .map(|(_, remove)| format!("{}={}", remove.key, remove.effect))
        .collect();
    if !both.is_empty() {
        return Err(error(format!(
            "can not both modify and remove the following taint(s) in the same command: {}",
            both.join(", ")
        )));
    }
    let selects = args.is_set("selector");
    if args.is("all") && selects {
        return Err(error("setting 'all' parameter with a non empty selector is prohibited"));
    }
    if !args.is("all") && !selects && named.len() < 2 {
        return Err(error("at least one resource name must be specified since 'all' parameter is not set"));
    }
    Ok(())
}

fn change(context: &mut Context, args: &Args, info: &Info, changes: &Changes) -> Result<(), Failure> {
    let Item::Stored(Object::Node(node)) = &info.item else {
        return Err(error(format!("{} is no node", info.reference())));
    };
    let overwrite = args.is("overwrite");
    let is_old = |taint: &&Taint| node.spec.taints.iter().any(|old| is_same(old, taint));
    let existing: Vec<&str> = changes.add.iter().filter(is_old).map(|taint| taint.key.as_str()).collect();
    if !overwrite && !existing.is_empty() {
        return Err(error(format!(
            "node {} already has {} taint(s) with same effect(s) and --overwrite is false",
            info.name(),
            existing.join(",")
        )));
    }
    let (operation, taints) = reorganize(node, overwrite, changes)?;
    let patch = json!({"spec": {"taints": taints.encode()}});
    send_as(context, args, info, (PatchKind::JsonMerge, patch), operation)
}

/// The node's taints afterwards, and the word for what was done.
// Models staging/src/k8s.io/kubectl/pkg/cmd/taint/utils.go reorganizeTaints
fn reorganize(
    node: &Node,
    overwrite: bool,
    changes: &Changes,
) -> Result<(&'static str, Vec<Taint>), Failure> {
    let old = &node.spec.taints;
    let mut taints = changes.add.clone();
    let kept = |taint: &&Taint| !changes.add.iter().any(|added| is_same(added, taint));
    taints.extend(old.iter().filter(kept).cloned());
    let added = taints.len() != old.len();
    let (mut removed, mut missing) = (false, Vec::new());
    for gone in &changes.remove {
        let before = taints.len();
        taints.retain(|taint| !is_meant(gone, taint));
        removed = taints.len() != before;
        if !removed {
            let colon = if gone.effect.is_empty() { "" } else { ":" };
            missing.push(error(format!("taint \"{}{colon}{}\" not found", gone.key, gone.effect)));
        }
    }
    Failure::of(missing)?;
    let operation = match (added, removed) {
        (true, true) => "modified",
        _ if overwrite => "modified",
        (true, false) => "tainted",
        _ => "untainted",
    };
    Ok((operation, taints))
}
