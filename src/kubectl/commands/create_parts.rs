//! ConfigMaps, Secrets and namespaces from flags.
// Models staging/src/k8s.io/kubectl/pkg/cmd/create/create_configmap.go and create_secret.go

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::create::{exact_name, make, metadata};
use super::done;
use crate::api::Kind;
use crate::api::codec::Map;
use crate::api::validation::names::{config_key, env_file_name};
use crate::apiserver::apply::go_json_line;
use crate::base::{base64, lossy_string};
use crate::containers::files::{self, normalize};
use crate::kubectl::failure::{Failure, error};
use crate::kubectl::flags::Args;
use crate::kubectl::objects::written;
use crate::kubectl::{Context, Outcome};

pub fn configmap(context: &mut Context, args: &Args) -> Outcome {
    let name = exact_name(args)?;
    let (mut texts, mut bytes) = (Map::new(), Map::new());
    for (key, content) in data(context, args, "ConfigMap", &name)? {
        match String::from_utf8(content) {
            Ok(text) => texts.insert(key, Value::from(text)),
            Err(problem) => bytes.insert(key, Value::from(base64::encode(problem.as_bytes()))),
        };
    }
    let name = match args.is("append-hash") {
        true => {
            let mut hashed = written(r#"{"kind": "ConfigMap"}"#);
            hashed["data"] = Value::Object(texts.clone());
            if !bytes.is_empty() {
                hashed["binaryData"] = Value::Object(bytes.clone());
            }
            with_hash(&name, hashed)
        }
        false => name,
    };
    let mut value = written(r#"{"apiVersion": "v1", "kind": "ConfigMap"}"#);
    value["metadata"] = metadata(args, &name);
    for (field, entries) in [("data", texts), ("binaryData", bytes)] {
        if !entries.is_empty() {
            value[field] = Value::Object(entries);
        }
    }
    make(context, args, Kind::ConfigMap, value, Some("failed to create configmap: "))?;
    done()
}

/// `kubectl create secret generic`
pub fn secret(context: &mut Context, args: &Args) -> Outcome {
    let name = exact_name(args)?;
    let data = data(context, args, "Secret", &name)?;
    make_secret(context, args, &name, args.text("type"), data)
}

/// `kubectl create secret tls`
// Models create_secret_tls.go
pub fn secret_tls(context: &mut Context, args: &Args) -> Outcome {
    let name = exact_name(args)?;
    let (key, cert) = (args.text("key"), args.text("cert"));
    if key.is_empty() || cert.is_empty() {
        return Err(error("key and cert must be specified"));
    }
    let read = |path: &str| {
        let content = context.desk.files.read(&normalize(&context.desk.cwd, path));
        content.map_err(|_| error(format!("Cannot read file {path}, open {path}: no such file or directory")))
    };
    let (cert, key) = (read(cert)?, read(key)?);
    check_pem(&cert, &key).map_err(|text| error(format!("tls: {text}")))?;
    let data = vec![("tls.crt".to_owned(), cert), ("tls.key".to_owned(), key)];
    make_secret(context, args, &name, "kubernetes.io/tls", data)
}

/// Whether the files hold what they should; whether key and certificate belong together is not looked at.
// Models crypto/tls X509KeyPair
fn check_pem(cert: &[u8], key: &[u8]) -> Result<(), String> {
    for (input, content, wanted) in [("certificate", cert, "CERTIFICATE"), ("key", key, "PRIVATE KEY")] {
        let text = lossy_string(content);
        let blocks = text.split("-----BEGIN ").skip(1).filter_map(|rest| rest.split_once("-----"));
        let titles: Vec<&str> = blocks.map(|(title, _)| title).collect();
        let found = titles.iter().any(|title| title.ends_with(wanted));
        let problem = match (found, input) {
            (true, _) => continue,
            _ if titles.is_empty() => format!("failed to find any PEM data in {input} input"),
            (_, "key") if titles.contains(&"CERTIFICATE") => {
                "found a certificate rather than a key in the PEM for the private key".to_owned()
            }
            (_, "certificate") if titles.iter().any(|title| title.ends_with("PRIVATE KEY")) => {
                "failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may \
                 have been switched"
                    .to_owned()
            }
            _ => format!("failed to find a \"{wanted}\" PEM block in {input} input: [{}]", titles.join(" ")),
        };
        return Err(problem);
    }
    Ok(())
}

/// `kubectl create secret docker-registry`
// Models create_secret_docker.go
pub fn secret_registry(context: &mut Context, args: &Args) -> Outcome {
    let name = exact_name(args)?;
    let [user, password, server, email] =
        ["username", "password", "server", "email"].map(|field| args.text(&format!("docker-{field}")));
    let mut data = match args.is_set("from-file") {
        true => data(context, args, "Secret", &name)?,
        false => Vec::new(),
    };
    if data.is_empty() {
        if user.is_empty() || password.is_empty() || server.is_empty() {
            return Err(error(
                "either --from-file or the combination of --docker-username, --docker-password and --docker-server is \
                 required",
            ));
        }
        let quoted = |text: &str| go_json_line(&Value::from(text)).trim_end().to_owned();
        let mail = if email.is_empty() { String::new() } else { format!("\"email\":{},", quoted(email)) };
        let config = format!(
            "{{\"auths\":{{{}:{{\"username\":{},\"password\":{},{mail}\"auth\":{}}}}}}}",
            quoted(server),
            quoted(user),
            quoted(password),
            quoted(&base64::encode(format!("{user}:{password}").as_bytes())),
        );
        data.push((DOCKER_CONFIG.to_owned(), config.into_bytes()));
    }
    make_secret(context, args, &name, "kubernetes.io/dockerconfigjson", data)
}

/// Under this key registries' users are kept.
const DOCKER_CONFIG: &str = ".dockerconfigjson";

fn make_secret(
    context: &mut Context,
    args: &Args,
    name: &str,
    secret_type: &str,
    data: Vec<(String, Vec<u8>)>,
) -> Outcome {
    let mut entries = Map::new();
    for (key, content) in data {
        entries.insert(key, Value::from(base64::encode(&content)));
    }
    let mut hashed = written(r#"{"kind": "Secret"}"#);
    hashed["data"] = Value::Object(entries.clone());
    hashed["type"] = Value::from(secret_type);
    let name = if args.is("append-hash") { with_hash(name, hashed) } else { name.to_owned() };
    let mut value = written(r#"{"apiVersion": "v1", "kind": "Secret"}"#);
    value["metadata"] = metadata(args, &name);
    if !entries.is_empty() {
        value["data"] = Value::Object(entries);
    }
    if !secret_type.is_empty() {
        value["type"] = Value::from(secret_type);
    }
    make(context, args, Kind::Secret, value, Some("failed to create secret "))?;
    done()
}

/// `--append-hash`: a name that changes with what the object holds.
// Models staging/src/k8s.io/kubectl/pkg/util/hash/hash.go
fn with_hash(name: &str, mut content: Value) -> String {
    content["name"] = Value::from(name);
    let digest = Sha256::digest(go_json_line(&content).trim_end());
    let digits: String = digest.iter().take(5).map(|byte| format!("{byte:02x}")).collect();
    // No vowels, and nothing that is read as one.
    let letter = |digit: char| match digit {
        '0' => 'g',
        '1' => 'h',
        '3' => 'k',
        'a' => 'm',
        'e' => 't',
        other => other,
    };
    format!("{name}-{}", digits.chars().map(letter).collect::<String>())
}

pub fn secret_holder(context: &mut Context, args: &Args) -> Outcome {
    super::holder(context, args, "create secret")
}

pub fn namespace(context: &mut Context, args: &Args) -> Outcome {
    let name = exact_name(args)?;
    let mut value =
        written(r#"{"apiVersion": "v1", "kind": "Namespace", "metadata": {}, "spec": {}, "status": {}}"#);
    value["metadata"]["name"] = Value::from(name);
    make(context, args, Kind::Namespace, value, None)?;
    done()
}

/// Keys and contents of `--from-literal`, `--from-file` and `--from-env-file`.
fn data(context: &Context, args: &Args, kind: &str, name: &str) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    if args.is_set("from-env-file") && (args.is_set("from-file") || args.is_set("from-literal")) {
        return Err(error("from-env-file cannot be combined with from-file or from-literal"));
    }
    let mut found: Vec<(String, Vec<u8>)> = Vec::new();
    let mut add = |key: String, content: Vec<u8>| {
        // Secrets are told with fewer words.
        let place = if kind == "Secret" {
            "valid key name for a Secret"
        } else {
            "a valid key name for a ConfigMap:"
        };
        check_key(config_key(&key), &key, place)?;
        if found.iter().any(|(known, _)| *known == key) {
            let shown = if kind == "Secret" { key } else { format!("{key:?}") };
            return Err(error(format!(
                "cannot add key {shown}, another key by that name already exists in Data for {kind} {name:?}"
            )));
        }
        found.push((key, content));
        Ok(())
    };
    for source in args.all("from-file") {
        for (key, content) in from_file(context, args, source)? {
            add(key, content)?;
        }
    }
    for literal in args.all("from-literal") {
        let Some((key, text)) = literal.split_once('=').filter(|(key, _)| !key.is_empty()) else {
            return Err(error(format!("invalid literal source {literal}, expected key=value")));
        };
        add(key.to_owned(), text.as_bytes().to_vec())?;
    }
    for path in args.all("from-env-file") {
        for line in lossy_string(&read(context, path)?).lines() {
            let line = line.trim_start();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, text) = line.split_once('=').unwrap_or((line, ""));
            check_key(env_file_name(key), key, "a valid key name:")?;
            add(key.to_owned(), text.as_bytes().to_vec())?;
        }
    }
    Ok(found)
}

fn check_key(problems: Vec<String>, key: &str, wanted: &str) -> Result<(), Failure> {
    match problems.is_empty() {
        true => Ok(()),
        false => Err(error(format!("{key:?} is not {wanted} {}", problems.join(",")))),
    }
}

fn read(context: &Context, path: &str) -> Result<Vec<u8>, Failure> {
    let content = context.desk.files.read(&normalize(&context.desk.cwd, path));
    content.map_err(|_| error(format!("error reading {path}: no such file or directory")))
}

/// A file under its own name or a given key, or every file of a directory.
fn from_file(context: &Context, args: &Args, source: &str) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let (key, path) = match source.split_once('=') {
        Some((_, path)) if path.contains('=') => {
            return Err(error("key names or file paths cannot contain '='"));
        }
        Some(("", path)) => return Err(error(format!("key name for file path {path} missing"))),
        Some((key, "")) => return Err(error(format!("file path for key name {key} missing"))),
        Some((key, path)) => (Some(key), path),
        None if args.has("docker-server") => (Some(DOCKER_CONFIG), source),
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
