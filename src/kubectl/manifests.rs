//! Manifests of `-f`: files, directories and standard input become objects, as the resource builder reads them.
// Models staging/src/k8s.io/cli-runtime/pkg/resource/visitor.go

use std::collections::BTreeMap;

use crate::base::{go_quoted, sorted};
use serde_json::Value;

use super::failure::{Failure, error};
use super::flags::Args;
use super::objects::{self, Info, Item};
use super::resources::{self, Resource};
use super::select::{self, Found};
use super::{Context, Outcome};
use crate::api::decode::{Validation, check_metadata};
use crate::apiserver::selectors::LabelQuery;
use crate::containers::files::{Kind, normalize};
use crate::containers::shell::pattern;
use crate::manifest::decode_stream;

/// An object of a manifest.
#[derive(Clone, PartialEq, Debug)]
pub struct Manifest {
    pub resource: &'static Resource,
    /// As written, with the namespace that it goes to.
    pub value: Value,
    /// The file as it was named; `STDIN` for standard input.
    pub source: String,
}

#[derive(Debug, Default)]
pub struct Manifests {
    pub objects: Vec<Manifest>,
    pub failures: Vec<Failure>,
}

impl Manifests {
    /// What failed in reading and what failed later: beside that it is one failure, however many it was. It is told
    /// first only where everything is read before anything is done.
    ///
    /// # Errors
    /// When anything failed.
    pub fn failed(unread: Vec<Failure>, mut later: Vec<Failure>, read_first: bool) -> Result<(), Failure> {
        let at = if read_first { 0 } else { later.len() };
        match Failure::of(unread) {
            Err(unread @ Failure::Many(_)) if !later.is_empty() => later.insert(at, error(unread.message())),
            Err(unread) => later.insert(at, unread),
            Ok(()) => {}
        }
        Failure::of(later)
    }
}

impl Manifest {
    pub fn name(&self) -> &str {
        self.value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
    }

    pub fn labels(&self) -> BTreeMap<String, String> {
        Info { resource: self.resource, item: Item::Value(self.value.clone()) }.labels()
    }

    pub fn namespace(&self) -> &str {
        self.value.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default()
    }
}

/// What `--validate` asks for.
///
/// # Errors
/// For a word that is none of its values.
pub fn validation(args: &Args) -> Result<Validation, Failure> {
    match args.text("validate") {
        "" | "true" | "strict" => Ok(Validation::Strict),
        "false" | "ignore" => Ok(Validation::Ignore),
        "warn" => Ok(Validation::Warn),
        other => Err(error(format!(
            "invalid - validate option {other:?}; must be one of: strict (or true), warn, ignore (or false)"
        ))),
    }
}

/// Everything that `-f` names.
///
/// # Errors
/// When a path is not there, or standard input has not ended yet.
pub fn read(context: &Context, args: &Args) -> Result<Manifests, Failure> {
    let mut found = Manifests::default();
    if args.is_set("kustomize") && args.is_set("filename") {
        return Err(error("only one of -f or -k can be specified"));
    }
    if args.is_set("kustomize") {
        return Err(kustomization(context, args.text("kustomize")));
    }
    let mut sources = Vec::new();
    let mut missing = Vec::new();
    for path in args.all("filename") {
        match texts(context, path, args.is("recursive")) {
            Ok(texts) => sources.extend(texts),
            Err(Failure::NeedsInput) => return Err(Failure::NeedsInput),
            Err(failure) => missing.push(failure),
        }
    }
    Failure::of(missing)?;
    for (source, text) in sources {
        read_text(context, args, &source, &text, &mut found)?;
    }
    Ok(found)
}

/// Those of them whose labels fit `--selector`.
///
/// # Errors
/// As `read`, and for a selector that does not parse.
pub fn chosen(context: &Context, args: &Args) -> Result<Manifests, Failure> {
    let mut found = read(context, args)?;
    let labels = selector(args)?;
    found.objects.retain(|manifest| labels.matches(&manifest.labels()));
    Ok(found)
}

/// The objects of the cluster that files name, each asked for by `look`.
///
/// # Errors
/// As `chosen`, and for words beside the files.
pub fn find(context: &Context, args: &Args, words: &[String], look: objects::Look) -> Result<Found, Failure> {
    if !words.is_empty() {
        return Err(select::beside_files(words));
    }
    let labels = selector(args)?;
    let read = read(context, args)?;
    let mut found = Found::default();
    for manifest in read.objects {
        match look(context.cluster, manifest.resource, manifest.namespace(), manifest.name()) {
            Ok(info) => found.infos.push(info),
            Err(status) => found.failures.push(Failure::Api(status)),
        }
    }
    found.failures.extend(read.failures);
    found.infos.retain(|info| labels.matches(&info.labels()));
    Ok(found)
}

/// `--selector`, where it narrows what files name.
///
/// # Errors
/// When it does not parse.
// Models staging/src/k8s.io/cli-runtime/pkg/resource/builder.go visitByPaths
pub fn selector(args: &Args) -> Result<LabelQuery, Failure> {
    let text = args.text("selector");
    LabelQuery::parse(text).map_err(|status| {
        let shown = select::quoted(text);
        error(format!("the provided selector {shown} is not valid: {}", status.message))
    })
}

/// Why nothing is built of a directory: it is no kustomization, or kustomizations are not built here.
// Models sigs.k8s.io/kustomize/api/internal/target KustTarget.Load and internal/loader
pub fn kustomization(context: &Context, path: &str) -> Failure {
    let absolute = normalize(&context.desk.cwd, path);
    let files = &context.desk.files;
    let names = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
    error(match files.kind(&absolute) {
        None => format!(
            "must build at directory: not a valid directory: evalsymlink failure on '{path}' : lstat {absolute}: no \
             such file or directory"
        ),
        Some(Kind::File) => format!("must build at directory: '{path}': file is not directory"),
        Some(Kind::Directory)
            if names.iter().any(|name| files.kind(&format!("{absolute}/{name}")).is_some()) =>
        {
            "kustomizations are not simulated here: use -f".to_owned()
        }
        Some(Kind::Directory) => format!(
            "unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory \
             '{absolute}'"
        ),
    })
}

/// `kubectl kustomize`
pub fn kustomize(context: &mut Context, args: &Args) -> Outcome {
    match args.words.as_slice() {
        [] => Err(kustomization(context, ".")),
        [path] => Err(kustomization(context, path)),
        _ => Err(error("specify one path to kustomization.yaml")),
    }
}

/// Whether the paths of `-f` are there at all.
///
/// # Errors
/// For the first that is not.
pub fn check_paths(context: &Context, args: &Args) -> Result<(), Failure> {
    args.all("filename").iter().try_for_each(|path| texts(context, path, args.is("recursive")).map(drop))
}

/// The texts that one `-f` stands for.
fn texts(context: &Context, path: &str, recursive: bool) -> Result<Vec<(String, String)>, Failure> {
    if path == "-" {
        if !context.stdin.ended {
            return Err(Failure::NeedsInput);
        }
        return Ok(vec![("STDIN".to_owned(), context.stdin.text.clone())]);
    }
    if path.starts_with("http://") || path.starts_with("https://") {
        return Err(error(format!("unable to read URL \"{path}\": there is no network here")));
    }
    let files = &context.desk.files;
    let absolute = normalize(&context.desk.cwd, path);
    match files.kind(&absolute) {
        None => {
            let named = matching(context, path);
            if named.is_empty() {
                return Err(error(format!("the path \"{path}\" does not exist")));
            }
            let texts = named.iter().map(|path| texts(context, path, recursive));
            Ok(texts.collect::<Result<Vec<_>, _>>()?.concat())
        }
        Some(Kind::File) => {
            let text = files.read_text(&absolute).map_err(|e| error(format!("open {path}: {e}")))?;
            Ok(vec![(path.to_owned(), text)])
        }
        Some(Kind::Directory) => {
            let mut found = Vec::new();
            let mut open = vec![(cleaned(path), absolute)];
            while let Some((shown, directory)) = open.pop() {
                for name in files.list(&directory).unwrap_or_default() {
                    let inner = (format!("{shown}{name}"), format!("{directory}/{name}"));
                    match files.kind(&inner.1) {
                        Some(Kind::Directory) if recursive => open.push((inner.0 + "/", inner.1)),
                        Some(Kind::File)
                            if [".json", ".yaml", ".yml"].iter().any(|end| name.ends_with(end)) =>
                        {
                            found.push((inner.0, files.read_text(&inner.1).unwrap_or_default()));
                        }
                        _ => {}
                    }
                }
            }
            if found.is_empty() {
                return Err(error(format!(
                    "error reading [{path}]: recognized file extensions are [.json .yaml .yml]"
                )));
            }
            sorted::sort(&mut found);
            Ok(found)
        }
    }
}

/// How the path of a folder begins those of its files: without what leads nowhere, and with a slash at its end.
// Models path/filepath Join
fn cleaned(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let root = if path.starts_with('/') { "/" } else { "" };
    if parts.is_empty() { root.to_owned() } else { format!("{root}{}/", parts.join("/")) }
}

/// The files of a directory whose names match a pattern that the shell left alone.
// Models staging/src/k8s.io/cli-runtime/pkg/resource/visitor.go expandIfFilePattern
fn matching(context: &Context, path: &str) -> Vec<String> {
    let (directory, name) = path.rsplit_once('/').map_or(("", path), |(directory, name)| (directory, name));
    let pattern = pattern::plain(name);
    if !pattern::has_wildcards(&pattern) {
        return Vec::new();
    }
    let prefix = if directory.is_empty() { String::new() } else { format!("{directory}/") };
    let found = context.desk.files.list(&normalize(&context.desk.cwd, directory)).unwrap_or_default();
    let fits = |name: &String| pattern::matches(&pattern, &name.chars().collect::<Vec<_>>());
    found.into_iter().filter(fits).map(|name| format!("{prefix}{name}")).collect()
}

/// The objects of one text. A document that cannot be read ends it.
///
/// # Errors
/// For `--validate` with a wrong value.
pub fn read_text(
    context: &Context,
    args: &Args,
    source: &str,
    text: &str,
    found: &mut Manifests,
) -> Result<(), Failure> {
    // Who only looks objects up does not ask what they are made of.
    let strict = args.has("validate") && validation(args)? != Validation::Ignore;
    for document in decode_stream(text) {
        let value = match document {
            Ok(value) => value,
            Err(problem) => {
                let failure = error(format!("error parsing {source}: {}", problem.message));
                found.failures.push(failure);
                return Ok(());
            }
        };
        if strict && let Err(failure) = check_schema(&value, source) {
            // What follows in the text is not read any more.
            found.failures.push(failure);
            return Ok(());
        }
        let is_list = is_list(&value);
        for value in flatten(value) {
            match manifest(context, args, (source, is_list), value) {
                Ok(manifest) => found.objects.push(manifest),
                Err(failure) => found.failures.push(failure),
            }
        }
    }
    Ok(())
}

/// Whatever has items is a list.
fn is_list(value: &Value) -> bool {
    let has_kind = value.get("kind").and_then(Value::as_str).is_some_and(|kind| !kind.is_empty());
    has_kind && value.get("items").is_some_and(Value::is_array)
}

/// The items of a list, or the object itself.
// Models staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/unstructured/helpers.go decodeToList
fn flatten(mut value: Value) -> Vec<Value> {
    let kind = value.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    let api_version = value.get("apiVersion").cloned().unwrap_or_default();
    let Some(Value::Array(items)) = value.get_mut("items").filter(|_| !kind.is_empty()) else {
        return vec![value];
    };
    let mut items = std::mem::take(items);
    // Items of a list of one kind need not say it.
    let item_kind = kind.strip_suffix("List").unwrap_or(&kind);
    let unset = |fields: &serde_json::Map<String, Value>, key: &str| {
        fields.get(key).and_then(Value::as_str).is_none_or(str::is_empty)
    };
    for fields in items.iter_mut().filter_map(Value::as_object_mut) {
        if !item_kind.is_empty() && unset(fields, "kind") && unset(fields, "apiVersion") {
            fields.insert("kind".to_owned(), Value::from(item_kind));
            fields.insert("apiVersion".to_owned(), api_version.clone());
        }
    }
    items
}

fn manifest(
    context: &Context,
    args: &Args,
    (source, is_in_list): (&str, bool),
    mut value: Value,
) -> Result<Manifest, Failure> {
    let unable = |text: String| error(format!("unable to decode \"{source}\": {text}"));
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    if !value.is_object() {
        let found = match value {
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Bool(_) => "bool",
            _ => "number",
        };
        let problem = format!("json: cannot unmarshal {found} into Go value of type unstructured.detector");
        return Err(unable(problem));
    }
    if kind.is_empty() {
        return Err(unable(format!(
            "Object 'Kind' is missing in '{}'",
            super::output::json::to_compact(&value)
        )));
    }
    check_metadata(&value).map_err(unable)?;
    let meta = |key: &str| {
        let found = value.pointer(&format!("/metadata/{key}")).and_then(Value::as_str);
        found.unwrap_or_default().to_owned()
    };
    let (name, namespace) = (meta("name"), meta("namespace"));
    let Some(resource) = resources::find_kind(&api_version, &kind) else {
        let no_matches =
            format!("no matches for kind {} in version {}", go_quoted(&kind), go_quoted(&api_version));
        return Err(match is_in_list {
            true => Failure::Bare(format!("unable to recognize {no_matches}")),
            false => error(format!(
                "resource mapping not found for name: {} namespace: {} from {}: {no_matches}\nensure CRDs are \
                 installed first",
                go_quoted(&name),
                go_quoted(&namespace),
                go_quoted(source)
            )),
        });
    };
    set_namespace(context, args, resource, &mut value, &namespace)?;
    record(args, &mut value);
    Ok(Manifest { resource, value, source: source.to_owned() })
}

/// The annotation of `--record`.
pub const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";

/// `--record`: the line that makes or changes an object stands in an annotation of it.
// Models staging/src/k8s.io/cli-runtime/pkg/genericclioptions/record_flags.go
pub fn record(args: &Args, value: &mut Value) {
    let Some(line) = args.recorded() else { return };
    let mut place = value;
    for key in ["metadata", "annotations", CHANGE_CAUSE] {
        if place.is_null() {
            *place = Value::Object(serde_json::Map::new());
        }
        let Value::Object(fields) = place else { return };
        place = fields.entry(key).or_insert(Value::Null);
    }
    *place = Value::from(line);
}

/// What kubectl checks itself before the server does.
// Models staging/src/k8s.io/kubectl/pkg/validation/schema.go ValidateBytes, validateList
fn check_schema(value: &Value, source: &str) -> Result<(), Failure> {
    let mut problems = kind_problems(value);
    if problems.is_empty() && value["apiVersion"] == "v1" && value["kind"] == "List" {
        problems = match &value["items"] {
            Value::Array(items) => items.iter().flat_map(kind_problems).collect(),
            _ => vec![INVALID_OBJECT.to_owned()],
        };
    }
    let told = match problems.as_slice() {
        [] => return Ok(()),
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    };
    Err(error(format!(
        "error validating \"{source}\": error validating data: {told}; if you choose to ignore these errors, turn \
         validation off with --validate=false"
    )))
}

const INVALID_OBJECT: &str = "invalid object to validate";

/// What keeps the kind of an object from being known.
// Models schema.go getObjectKind
fn kind_problems(value: &Value) -> Vec<String> {
    let mut problems: Vec<String> = Vec::new();
    if let Value::Object(fields) = value {
        for key in ["apiVersion", "kind"] {
            match fields.get(key) {
                None | Some(Value::Null) => problems.push(format!("{key} not set")),
                Some(Value::String(text)) if key == "apiVersion" && text.matches('/').count() > 1 => {
                    problems.push(format!("unexpected GroupVersion string: {text}"));
                }
                Some(Value::String(_)) => {}
                Some(_) => problems.push(format!("{key} isn't string type")),
            }
        }
    } else {
        problems.push(INVALID_OBJECT.to_owned());
    }
    problems
}

fn set_namespace(
    context: &Context,
    args: &Args,
    resource: &Resource,
    value: &mut Value,
    namespace: &str,
) -> Result<(), Failure> {
    if !resource.namespaced {
        return Ok(());
    }
    // What only this command changes goes nowhere.
    if args.is("local") {
        return Ok(());
    }
    let wanted = context.namespace(args);
    if !namespace.is_empty() && namespace != wanted && args.is_set("namespace") {
        return Err(error(format!(
            "the namespace from the provided object \"{namespace}\" does not match the namespace \"{wanted}\". You \
             must pass '--namespace={namespace}' to perform this operation."
        )));
    }
    if let Value::Object(fields) = value
        && namespace.is_empty()
    {
        let metadata = fields.entry("metadata").or_insert_with(|| serde_json::json!({}));
        if metadata.is_null() {
            *metadata = serde_json::json!({});
        }
        if let Value::Object(metadata) = metadata {
            metadata.insert("namespace".to_owned(), Value::from(wanted));
        }
    }
    Ok(())
}
