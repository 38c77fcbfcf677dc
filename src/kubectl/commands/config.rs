//! `kubectl config`: contexts over one cluster with one user.
// Models staging/src/k8s.io/kubectl/pkg/cmd/config

use serde_json::Value;

use super::{done, help};
use crate::kubectl::failure::{Failure, error};
use crate::kubectl::flags::Args;
use crate::kubectl::kubeconfig::{CONTEXT, Entry, PATH, SERVER, USER};
use crate::kubectl::objects::written;
use crate::kubectl::output::format::{self, Formats};
use crate::kubectl::output::tabs::TabWriter;
use crate::kubectl::output::{json::to_json, yaml::to_yaml};
use crate::kubectl::{Context, Outcome};

pub fn holder(context: &mut Context, args: &Args) -> Outcome {
    super::holder(context, args, "config")
}

/// The words of a command that takes so many; another number of them prints its help.
fn words<'a, const N: usize>(context: &mut Context, args: &'a Args) -> Result<&'a [String; N], Failure> {
    if let Ok(words) = args.words.as_slice().try_into() {
        return Ok(words);
    }
    help::holder(context, args.command)?;
    Err(error(format!("Unexpected args: [{}]", args.words.join(" "))))
}

pub fn get_contexts(context: &mut Context, args: &Args) -> Outcome {
    let output = args.text("output");
    if !["", "wide", "name"].contains(&output) {
        return Err(error(format!(
            "--output {output} is not available in kubectl config get-contexts; resetting to default output format"
        )));
    }
    let config = &context.desk.kubeconfig;
    let mut text = String::new();
    if !args.is("no-headers") && output != "name" {
        text += "CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE\n";
    }
    for Entry { name, cluster, user, namespace } in &config.contexts {
        if !args.words.is_empty() && !args.words.contains(name) {
            continue;
        }
        let mark = if *name == config.current { "*" } else { "" };
        text += &match output {
            "name" => format!("{name}\n"),
            _ => format!("{mark}\t{name}\t{cluster}\t{user}\t{namespace}\n"),
        };
    }
    let missing = args.words.iter().filter(|name| config.find(name).is_none());
    let missing: Vec<Failure> = missing.map(|name| error(format!("context {name} not found"))).collect();
    context.print(TabWriter::table().lay_out(&text));
    Failure::of(missing)?;
    done()
}

pub fn current_context(context: &mut Context, _args: &Args) -> Outcome {
    let current = format!("{}\n", context.desk.kubeconfig.current);
    context.print(current);
    done()
}

pub fn set_context(context: &mut Context, args: &Args) -> Outcome {
    let config = &mut context.desk.kubeconfig;
    let name = match (args.words.as_slice(), args.is("current")) {
        ([], true) => config.current.clone(),
        ([name], false) => name.clone(),
        ([], false) => return Err(error("you must specify a non-empty context name or --current")),
        ([_], true) => return Err(error("you cannot specify both a context name and --current")),
        _ => return words::<1>(context, args).and(done()),
    };
    let (entry, known) = config.entry(&name);
    let fields =
        [("cluster", &mut entry.cluster), ("user", &mut entry.user), ("namespace", &mut entry.namespace)];
    for (flag, field) in fields {
        if args.is_set(flag) {
            *field = args.text(flag).to_owned();
        }
    }
    let what = if known { "modified" } else { "created" };
    context.print(format!("Context \"{name}\" {what}.\n"));
    done()
}

pub fn use_context(context: &mut Context, args: &Args) -> Outcome {
    let [name] = words(context, args)?;
    if name.is_empty() {
        return Err(error("empty context names are not allowed"));
    }
    if context.desk.kubeconfig.find(name).is_none() {
        return Err(error(format!("no context exists with the name: \"{name}\"")));
    }
    context.desk.kubeconfig.current.clone_from(name);
    context.print(format!("Switched to context \"{name}\".\n"));
    done()
}

pub fn rename_context(context: &mut Context, args: &Args) -> Outcome {
    let [name, new] = words(context, args)?;
    let config = &mut context.desk.kubeconfig;
    if config.find(name).is_none() {
        return Err(error(format!("cannot rename the context \"{name}\", it's not in {PATH}")));
    }
    if config.find(new).is_some() {
        return Err(error(format!(
            "cannot rename the context \"{name}\", the context \"{new}\" already exists in {PATH}"
        )));
    }
    if let Some(entry) = config.remove(name) {
        *config.entry(new).0 = Entry { name: new.clone(), ..entry };
    }
    if config.current == *name {
        config.current.clone_from(new);
    }
    context.print(format!("Context \"{name}\" renamed to \"{new}\".\n"));
    done()
}

pub fn delete_context(context: &mut Context, args: &Args) -> Outcome {
    let [name] = args.words.as_slice() else { return help::holder(context, args.command) };
    let config = &mut context.desk.kubeconfig;
    if config.remove(name).is_none() {
        return Err(error(format!("cannot delete context {name}, not in {PATH}")));
    }
    if config.current == *name {
        context.print_error(
            "warning: this removed your active context, use \"kubectl config use-context\" to select a different one\n",
        );
    }
    context.print(format!("deleted context {name} from {PATH}\n"));
    done()
}

pub fn get_clusters(context: &mut Context, _args: &Args) -> Outcome {
    context.print(format!("NAME\n{CONTEXT}\n"));
    done()
}

pub fn get_users(context: &mut Context, _args: &Args) -> Outcome {
    context.print(format!("NAME\n{USER}\n"));
    done()
}

pub fn view(context: &mut Context, args: &Args) -> Outcome {
    let mut value = written(
        r#"{"apiVersion": "v1", "clusters": [{"cluster": {"certificate-authority-data": "DATA+OMITTED"}}], "kind": "Config",
        "users": [{"user": {"client-certificate-data": "DATA+OMITTED", "client-key-data": "DATA+OMITTED"}}]}"#,
    );
    value["clusters"][0]["name"] = Value::from(CONTEXT);
    value["clusters"][0]["cluster"]["server"] = Value::from(SERVER);
    value["users"][0]["name"] = Value::from(USER);
    let config = &context.desk.kubeconfig;
    value["current-context"] = Value::from(config.chosen(args.text("context")));
    let shown = |entry: &&Entry| !args.is("minify") || entry.name == config.current;
    let contexts = config.contexts.iter().filter(shown).map(|entry| {
        let mut value = written("{\"context\": {}}");
        let fields = [("cluster", &entry.cluster), ("user", &entry.user), ("namespace", &entry.namespace)];
        // Only the namespace may be left out.
        for (key, text) in fields.into_iter().filter(|(key, text)| *key != "namespace" || !text.is_empty()) {
            value["context"][key] = Value::from(text.as_str());
        }
        value["name"] = Value::from(entry.name.as_str());
        value
    });
    value["contexts"] = contexts.collect();
    let text = match args.text("output") {
        "" | "yaml" => to_yaml(&value),
        "json" => to_json(&value),
        // A configuration has no name.
        "name" => "config/<unknown>\n".to_owned(),
        _ => format::format(context, args, Formats::Change)?.print_value(&value)?,
    };
    context.print(text);
    done()
}
