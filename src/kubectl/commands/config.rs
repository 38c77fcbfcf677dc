//! `kubectl config`: one context over one cluster; its namespace can be chosen.

use serde_json::Value;

use super::done;
use crate::kubectl::failure::{Failure, error, usage_error};
use crate::kubectl::flags::Args;
use crate::kubectl::objects::written;
use crate::kubectl::output::tabs::TabWriter;
use crate::kubectl::output::{json::to_json, yaml::to_yaml};
use crate::kubectl::{Context, Outcome};

/// The name of the context and of its cluster.
pub const CONTEXT: &str = "zadachnik";
pub const USER: &str = "student";
pub const SERVER: &str = "https://127.0.0.1:16443";

pub fn holder(context: &mut Context, args: &Args) -> Outcome {
    super::holder(context, args, "config")
}

fn known_context(name: &str) -> Result<(), Failure> {
    if name == CONTEXT {
        return Ok(());
    }
    Err(error(format!("no context exists with the name: \"{name}\"")))
}

pub fn get_contexts(context: &mut Context, args: &Args) -> Outcome {
    let header = if args.is("no-headers") { "" } else { "CURRENT\tNAME\tCLUSTER\tAUTHINFO\tNAMESPACE\n" };
    if let Some(name) = args.words.iter().find(|name| *name != CONTEXT) {
        context.print(TabWriter::table().lay_out(header));
        return Err(error(format!("context {name} not found")));
    }
    if !["", "wide", "name"].contains(&args.text("output")) {
        let output = args.text("output");
        return Err(error(format!(
            "--output {output} is not available in kubectl config get-contexts; resetting to default output format"
        )));
    }
    if args.text("output") == "name" {
        context.print(format!("{CONTEXT}\n"));
        return done();
    }
    let namespace = if context.desk.namespace == "default" { "" } else { context.desk.namespace.as_str() };
    let text = TabWriter::table().lay_out(&format!("{header}*\t{CONTEXT}\t{CONTEXT}\t{USER}\t{namespace}\n"));
    context.print(text);
    done()
}

pub fn current_context(context: &mut Context, _args: &Args) -> Outcome {
    context.print(format!("{CONTEXT}\n"));
    done()
}

pub fn set_context(context: &mut Context, args: &Args) -> Outcome {
    match (args.words.as_slice(), args.is("current")) {
        ([], true) => {}
        ([name], false) => {
            known_context(name)?;
        }
        ([], false) => return Err(error("you must specify a non-empty context name or --current")),
        ([_], true) => return Err(error("you cannot specify both a context name and --current")),
        _ => {
            let words = args.words.join(" ");
            return Err(usage_error("config set-context", &format!("Unexpected args: [{words}]")));
        }
    }
    if args.is_set("namespace") {
        let namespace = args.text("namespace");
        context.desk.namespace =
            if namespace.is_empty() { "default".to_owned() } else { namespace.to_owned() };
    }
    context.print(format!("Context \"{CONTEXT}\" modified.\n"));
    done()
}

pub fn use_context(context: &mut Context, args: &Args) -> Outcome {
    let [name] = args.words.as_slice() else {
        return Err(usage_error(
            "config use-context",
            &format!("Unexpected args: [{}]", args.words.join(" ")),
        ));
    };
    known_context(name)?;
    context.print(format!("Switched to context \"{CONTEXT}\".\n"));
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
        r#"{"apiVersion": "v1", "clusters": [{"cluster": {"certificate-authority-data": "DATA+OMITTED"}}], "contexts": [{"context":
        {}}], "kind": "Config", "users": [{"user": {"client-certificate-data": "DATA+OMITTED", "client-key-data": "DATA+OMITTED"}}]}"#,
    );
    for list in ["clusters", "contexts"] {
        value[list][0]["name"] = Value::from(CONTEXT);
    }
    value["clusters"][0]["cluster"]["server"] = Value::from(SERVER);
    value["users"][0]["name"] = Value::from(USER);
    value["current-context"] = Value::from(CONTEXT);
    let inner = &mut value["contexts"][0]["context"];
    inner["cluster"] = Value::from(CONTEXT);
    inner["user"] = Value::from(USER);
    if context.desk.namespace != "default" {
        inner["namespace"] = Value::from(context.desk.namespace.as_str());
    }
    if args.is_set("output") && !matches!(args.text("output"), "yaml" | "json") {
        let format = crate::kubectl::output::format::format(
            context,
            args,
            crate::kubectl::output::format::Formats::Change,
        )?;
        let text = format.print_value(&value)?;
        context.print(text);
        return done();
    }
    context.print(if args.text("output") == "json" { to_json(&value) } else { to_yaml(&value) });
    done()
}
