//! `kubectl set env`.
// Models staging/src/k8s.io/kubectl/pkg/cmd/set/set_env.go and env/env_parse.go, env/env_resolve.go

use std::collections::BTreeMap;

use super::{Subject, Words, Work, change, containers, format_of, found, patch_of};
use crate::api::core::{Container, EnvVar, EnvVarSource, KeySelector};
use crate::api::validation::names::env_file_name;
use crate::api::{Kind, Object};
use crate::apiserver::ObjectKey;
use crate::base::{base64, lossy_string, sorted};
use crate::kubectl::commands::change::{check_local, targets};
use crate::kubectl::commands::{apply, done};
use crate::kubectl::failure::{Failure, error};
use crate::kubectl::flags::Args;
use crate::kubectl::objects::{Info, Item};
use crate::kubectl::{Context, Outcome};
use crate::node::kubelet::downward;

/// What is done to the variables of every container.
#[derive(Default)]
struct Changes {
    set: Vec<EnvVar>,
    remove: Vec<String>,
}

pub fn run(context: &mut Context, args: &Args) -> Outcome {
    if args.is("all") && args.is_set("selector") {
        return Err(error("cannot set --all and --selector at the same time"));
    }
    let at = args.words.iter().position(|word| is_variable(word)).unwrap_or(args.words.len());
    let (named, given) = args.words.split_at(at);
    if !given.iter().all(|word| is_variable(word)) {
        let words = args.words.join(" ");
        return Err(error(format!("all resources must be specified before environment changes: {words}")));
    }
    let format = format_of(context, args)?;
    check_local(args)?;
    let is_set = |name: &str| !args.text(name).is_empty();
    if !args.is_set("filename") && named.is_empty() {
        return Err(error(
            "one or more resources must be specified as <resource> <name> or <resource>/<name>",
        ));
    }
    if args.is("list") && is_set("output") {
        return Err(error("--list and --output may not be specified together"));
    }
    if args.is_set("keys") && !is_set("from") {
        return Err(error("when specifying --keys, a configmap or secret must be provided with --from"));
    }
    let mut changes = parse(context, args.all("env").iter().chain(given))?;
    if is_set("from") {
        import(context, args, &mut changes.set)?;
    }
    for variable in &mut changes.set {
        variable.name.insert_str(0, args.text("prefix"));
    }
    let infos = found(context, args, named)?;
    let words = Words::new("env updated", "failed to patch env update to pod template:");
    // That nothing is set is seen late.
    let is_named = !changes.set.is_empty() || !given.is_empty();
    let ends = (!is_named).then_some("at least one environment variable must be provided");
    let edit = &mut |subject: &mut Subject| edit(args, subject, &changes);
    if !args.is("list") {
        return change(context, args, infos, (&Words { ends, ..words }, &format), edit);
    }
    // What cannot be listed is passed over.
    for info in infos {
        let _ = patch_of(context, args, info, edit, &mut Work::default());
    }
    done()
}

/// `KEY=VALUE`, `KEY-` or `-`.
// Models env_parse.go SplitEnvironmentFromResources
fn is_variable(word: &str) -> bool {
    word.rfind('=').is_some_and(|at| at > 0) || word.ends_with('-')
}

// Models env_parse.go parseIntoEnvVar
fn parse<'a>(context: &Context, given: impl Iterator<Item = &'a String>) -> Result<Changes, Failure> {
    let mut changes = Changes::default();
    let mut checked = Vec::new();
    for spec in given {
        if spec == "-" {
            if !context.stdin.ended {
                return Err(Failure::NeedsInput);
            }
            let lines = context.stdin.text.lines().filter_map(|line| line.split('#').next());
            changes.set.extend(lines.filter_map(|line| line.split_once('=')).map(plain));
        } else if let Some((name, value)) = spec.split_once('=') {
            let problems = env_file_name(name);
            if !problems.is_empty() {
                return Err(error(format!("{name:?} is not a valid key name: {}", problems.join(";"))));
            }
            checked.push(name);
            changes.set.push(plain((name, value)));
        } else if let Some(name) = spec.strip_suffix('-') {
            changes.remove.push(name.to_owned());
        } else {
            return Err(error(format!("unknown environment variable: {spec}")));
        }
    }
    if changes.remove.iter().any(|name| checked.contains(&name.as_str())) {
        return Err(error(
            "can not both modify and remove the same environment variable in the same command",
        ));
    }
    Ok(changes)
}

fn plain((name, value): (&str, &str)) -> EnvVar {
    EnvVar { name: name.to_owned(), value: value.to_owned(), ..EnvVar::default() }
}

/// `--from`: a variable for every key of a ConfigMap or a Secret.
fn import(context: &mut Context, args: &Args, variables: &mut Vec<EnvVar>) -> Result<(), Failure> {
    let found = targets(context, args, &[args.text("from").to_owned()])?;
    Failure::of(found.failures)?;
    for Info { item, .. } in found.infos {
        let (keys, in_secret): (Vec<&String>, bool) = match &item {
            Item::Stored(Object::Secret(secret)) => (secret.data.keys().collect(), true),
            Item::Stored(Object::ConfigMap(map)) => (map.data.keys().collect(), false),
            _ => return Err(error("unsupported resource specified in --from")),
        };
        let Item::Stored(object) = &item else { continue };
        for key in keys {
            if args.is_set("keys") && !args.all("keys").contains(key) {
                continue;
            }
            let legal = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
            let name: String = key.chars().map(legal).collect();
            if name != *key {
                apply::warn(context, &[format!("key {key} transferred to {name}")]);
            }
            let object_name = object.metadata().name.clone();
            let selector =
                Some(KeySelector { name: object_name, key: key.clone(), ..KeySelector::default() });
            let mut source = EnvVarSource::default();
            match in_secret {
                true => source.secret_key_ref = selector,
                false => source.config_map_key_ref = selector,
            }
            variables.push(EnvVar { name, value_from: Some(source), ..EnvVar::default() });
        }
    }
    Ok(())
}

/// Changes the variables of all containers that are meant; `--list` shows them.
fn edit(args: &Args, subject: &mut Subject, changes: &Changes) -> Result<bool, String> {
    let Subject { context, before, spec, told, .. } = subject;
    let (kind, name) = (before.kind().as_str(), &before.metadata().name);
    let found = containers(spec, args.text("containers"));
    if found.is_empty() {
        let pattern = args.text("containers");
        *told = true;
        let warning = format!("{kind}/{name} does not have any containers matching {pattern:?}");
        apply::warn(context, &[warning]);
    }
    for container in found {
        if !args.is("overwrite") {
            check_new(&container.env, &changes.set)?;
        }
        container.env = updated(&container.env, changes);
        if args.is("list") {
            *told = true;
            context.print(format!("# {kind} {name}, container {}\n", container.name));
            list(context, args, before, container);
        }
    }
    Ok(true)
}

// Models set_env.go validateNoOverwrites
fn check_new(present: &[EnvVar], set: &[EnvVar]) -> Result<(), String> {
    for new in set {
        let clash = present.iter().find(|old| old.name == new.name).filter(|old| old.value != new.value);
        if let Some(EnvVar { name, value, .. }) = clash {
            return Err(format!("'{name}' already has a value ({value}), and --overwrite is false"));
        }
    }
    Ok(())
}

/// What is there stays in its place, and the first of several new values counts.
// Models set/helper.go updateEnv
fn updated(present: &[EnvVar], changes: &Changes) -> Vec<EnvVar> {
    let mut covered = changes.remove.clone();
    let mut updated = Vec::new();
    for old in present.iter().filter(|old| !changes.remove.contains(&old.name)) {
        let new = changes.set.iter().find(|new| new.name == old.name);
        if covered.contains(&old.name) {
            continue;
        }
        if new.is_some() {
            covered.push(old.name.clone());
        }
        updated.push(new.unwrap_or(old).clone());
    }
    for new in &changes.set {
        if !covered.contains(&new.name) {
            covered.push(new.name.clone());
            updated.push(new.clone());
        }
    }
    updated
}

fn list(context: &mut Context, args: &Args, object: &Object, container: &Container) {
    let mut unresolved: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for EnvVar { name, value, value_from, .. } in &container.env {
        let Some(source) = value_from else {
            context.print(format!("{name}={value}\n"));
            continue;
        };
        if args.is("resolve") {
            match resolved(context, args, source, object, container) {
                Ok(value) => {
                    context.print(format!("{name}={value}\n"));
                    continue;
                }
                Err(problem) => unresolved.entry(problem).or_default().push(name),
            }
        }
        context.print(format!("# {name} from {}\n", told(source)));
    }
    let told = |(problem, mut names): (String, Vec<&str>)| {
        sorted::sort(&mut names);
        format!("error retrieving reference for {}: {problem}\n", names.join(", "))
    };
    let mut lines: Vec<String> = unresolved.into_iter().map(told).collect();
    sorted::sort(&mut lines);
    lines.into_iter().for_each(|line| context.print_error(line));
}

/// Where a value comes from.
// Models env_resolve.go GetEnvVarRefString
fn told(source: &EnvVarSource) -> String {
    if let Some(KeySelector { name, key, .. }) = &source.config_map_key_ref {
        format!("configmap {name}, key {key}")
    } else if let Some(KeySelector { name, key, .. }) = &source.secret_key_ref {
        format!("secret {name}, key {key}")
    } else if let Some(field) = &source.field_ref {
        format!("field path {}", field.field_path)
    } else if let Some(field) = &source.resource_field_ref {
        let slash = if field.container_name.is_empty() { "" } else { "/" };
        format!("resource field {}{slash}{}", field.container_name, field.resource)
    } else {
        "invalid valueFrom".to_owned()
    }
}

// Models env_resolve.go GetEnvVarRefValue
fn resolved(
    context: &Context,
    args: &Args,
    source: &EnvVarSource,
    object: &Object,
    container: &Container,
) -> Result<String, String> {
    let find = |kind, name: &str| {
        let key = ObjectKey::new(context.namespace(args), name);
        context.cluster.api().get(kind, &key).map_err(|status| status.message)
    };
    if let Some(KeySelector { name, key, .. }) = &source.secret_key_ref {
        let value = match find(Kind::Secret, name)? {
            Object::Secret(secret) => secret.data.get(key),
            _ => None,
        };
        return value
            .map(|value| lossy_string(&base64::decode_stored(value)))
            .ok_or_else(|| format!("key {key} not found in secret {name}"));
    }
    if let Some(KeySelector { name, key, .. }) = &source.config_map_key_ref {
        let value = match find(Kind::ConfigMap, name)? {
            Object::ConfigMap(map) => map.data.get(key).cloned(),
            _ => None,
        };
        return value.ok_or_else(|| format!("key {key} not found in config map {name}"));
    }
    if let Some(field) = &source.field_ref {
        return downward::metadata_field(object.metadata(), &field.field_path);
    }
    match &source.resource_field_ref {
        Some(field) => downward::amount_in(container, field, &|_| None),
        None => Err("invalid valueFrom".to_owned()),
    }
}
