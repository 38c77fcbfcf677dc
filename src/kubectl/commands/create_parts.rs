//! ConfigMaps, Secrets and namespaces from flags.
// Models staging/src/k8s.io/kubectl/pkg/cmd/create/create_configmap.go and create_secret.go

use serde_json::{Value, json};

use super::create::{exact_name, make, metadata};
use super::done;
use crate::api::Kind;
use crate::api::codec::Map;
use crate::base::base64;
use crate::containers::files::{self, normalize};
use crate::kubectl::failure::{Failure, error};
use crate::kubectl::flags::Args;
use crate::kubectl::{Context, Outcome};

pub fn configmap(context: &mut Context, args: &Args) -> Outcome {
    let name = exact_name("create configmap", &args.words)?;
    let data = data(context, args, "ConfigMap", &name)?;
    let mut value = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(args, &name)});
    if !data.is_empty() {
        let data: Map = data.into_iter().map(|(key, text)| (key, Value::from(text))).collect();
        value["data"] = Value::Object(data);
    }
    make(context, args, Kind::ConfigMap, value, Some("failed to create configmap: "))?;
    done()
}

pub fn secret(context: &mut Context, args: &Args) -> Outcome {
    // The words begin with "generic" when the command was found by its first two.
    let words = match args.words.first().map(String::as_str) {
        Some("generic") => &args.words[1..],
        _ => &args.words[..],
    };
    let name = exact_name("create secret generic", words)?;
    let data = data(context, args, "Secret", &name)?;
    let mut value = json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata(args, &name)});
    if !data.is_empty() {
        let encode = |(key, text): (String, String)| (key, Value::from(base64::encode(text.as_bytes())));
        value["data"] = Value::Object(data.into_iter().map(encode).collect());
    }
    if !args.text("type").is_empty() {
        value["type"] = Value::from(args.text("type"));
    }
    make(context, args, Kind::Secret, value, Some("failed to create secret "))?;
    done()
}

pub fn secret_holder(context: &mut Context, args: &Args) -> Outcome {
    match args.words.first().map(String::as_str) {
        Some("generic") => secret(context, args),
        _ => super::holder(context, args, "create secret"),
    }
}

pub fn namespace(context: &mut Context, args: &Args) -> Outcome {
    let name = exact_name("create namespace", &args.words)?;
    let value = json!({
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name},
        "spec": {},
        "status": {},
    });
    make(context, args, Kind::Namespace, value, None)?;
    done()
}

/// Keys and texts of `--from-literal`, `--from-file` and `--from-env-file`.
fn data(context: &Context, args: &Args, kind: &str, name: &str) -> Result<Vec<(String, String)>, Failure> {
    if args.is_set("from-env-file") && (args.is_set("from-file") || args.is_set("from-literal")) {
        return Err(error("from-env-file cannot be combined with from-file or from-literal"));
    }
    let mut found: Vec<(String, String)> = Vec::new();
    let mut add = |key: String, text: String| {
        check_key(&key, kind)?;
        if found.iter().any(|(known, _)| *known == key) {
            let shown = if kind == "Secret" { key } else { format!("{key:?}") };
            return Err(error(format!(
                "cannot add key {shown}, another key by that name already exists in Data for {kind} {name:?}"
            )));
        }
        found.push((key, text));
        Ok(())
    };
    for source in args.all("from-file") {
        for (key, text) in from_file(context, source)? {
            add(key, text)?;
        }
    }
    for literal in args.all("from-literal") {
        let Some((key, text)) = literal.split_once('=').filter(|(key, _)| !key.is_empty()) else {
            return Err(error(format!("invalid literal source {literal}, expected key=value")));
        };
        add(key.to_owned(), text.to_owned())?;
    }
    for path in args.all("from-env-file") {
        for line in read(context, path)?.lines() {
            let line = line.trim_start();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, text) = line.split_once('=').unwrap_or((line, ""));
            add(key.to_owned(), text.to_owned())?;
        }
    }
    Ok(found)
}

// Models staging/src/k8s.io/apimachinery/pkg/util/validation IsConfigMapKey
fn check_key(key: &str, kind: &str) -> Result<(), Failure> {
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !key.is_empty() && key.chars().all(legal) {
        return Ok(());
    }
    let what = if kind == "Secret" { "Secret" } else { "ConfigMap" };
    Err(error(format!(
        "{key:?} is not a valid key name for a {what}: a valid config key must consist of alphanumeric characters, \
         '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is \
         '[-._a-zA-Z0-9]+')"
    )))
}

fn read(context: &Context, path: &str) -> Result<String, Failure> {
    let absolute = normalize(&context.desk.cwd, path);
    let text = context.desk.files.read_text(&absolute);
    text.map_err(|_| error(format!("error reading {path}: no such file or directory")))
}

/// A file under its own name or a given key, or every file of a directory.
fn from_file(context: &Context, source: &str) -> Result<Vec<(String, String)>, Failure> {
    let (key, path) = match source.split_once('=') {
        Some((_, path)) if path.contains('=') => {
            return Err(error("key names or file paths cannot contain '='"));
        }
        Some(("", path)) => return Err(error(format!("key name for file path {path} missing"))),
        Some((key, "")) => return Err(error(format!("file path for key name {key} missing"))),
        Some((key, path)) => (Some(key), path),
        None => (None, source),
    };
    let absolute = normalize(&context.desk.cwd, path);
    let base = path.rsplit('/').next().unwrap_or(path);
    if context.desk.files.kind(&absolute) == Some(files::Kind::Directory) {
        if key.is_some() {
            return Err(error("cannot give a key name for a directory path"));
        }
        let names = context.desk.files.list(&absolute).unwrap_or_default();
        let inner = names.into_iter().map(|name| (name.clone(), format!("{absolute}/{name}")));
        let files = inner.filter(|(_, path)| context.desk.files.kind(path) == Some(files::Kind::File));
        return files.map(|(name, path)| Ok((name, read(context, &path)?))).collect();
    }
    Ok(vec![(key.unwrap_or(base).to_owned(), read(context, path)?)])
}
