//! Which objects an argument list means.
// Models staging/src/k8s.io/cli-runtime/pkg/resource/builder.go

use super::Context;
use super::failure::{Failure, error};
use super::flags::Args;
use super::objects::{self, Info, Selectors};
use super::resources::{self, Resource};

/// What most commands say when no object is named.
// Models staging/src/k8s.io/cli-runtime/pkg/resource/builder.go missingResourceError
pub const NOTHING_NAMED: &str = "You must provide one or more resources by argument or filename.\nExample resource \
    specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'";

/// Why no object is meant where no word names one.
pub fn nothing_named(args: &Args) -> Failure {
    error(match args.text("selector") {
        "" => NOTHING_NAMED,
        _ => "at least one resource must be specified to use a selector",
    })
}

/// Why objects cannot be named beside a selector, of which `--all` is one.
// Models builder.go visitBySelector
pub fn names_beside_selector(words: &[String]) -> Failure {
    error(if words.iter().all(|word| word.contains('/')) {
        "selectors and the all flag cannot be used when passing resource/name arguments"
    } else {
        "name cannot be provided when a selector is specified"
    })
}

/// Why objects cannot be named beside files.
// Models builder.go visitByPaths
pub fn beside_files(words: &[String]) -> Failure {
    match words.iter().filter(|word| word.contains('/')).count() {
        0 => error(
            "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well",
        ),
        count if count == words.len() => {
            error("resource/name arguments cannot be provided when a path is specified")
        }
        _ => error(MIXED_NAMES),
    }
}

/// Objects are named, and in files where no server is asked.
///
/// # Errors
/// When they are not.
pub fn check_named(args: &Args, words: &[String]) -> Result<(), Failure> {
    match words {
        [] if !args.is_set("filename") => Err(nothing_named(args)),
        [_, ..] if args.is("local") => Err(error(LOCAL_NEEDS_FILES)),
        _ => Ok(()),
    }
}

// Models builder.go LocalResourceError
const LOCAL_NEEDS_FILES: &str = "you must specify resources by --filename when --local is set.\nExample resource \
    specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'";

const MIXED_NAMES: &str = "there is no need to specify a resource type as a separate argument when passing arguments in \
    resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource \
    resource/<resource_name>'";

/// What the words of a command ask for.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// Objects by their names.
    Names(Vec<(&'static Resource, String)>),
    /// All objects of these types that the selectors let through.
    Types(Vec<&'static Resource>),
}

/// The wanted objects with where to look for them.
#[derive(Clone, Debug)]
pub struct Query {
    pub wanted: Wanted,
    pub namespace: String,
    pub all_namespaces: bool,
    pub selectors: Selectors,
    /// More than one type was asked for: names are shown with their types.
    pub many_types: bool,
}

/// What was found, and what went wrong on the way.
#[derive(Debug, Default)]
pub struct Found {
    pub infos: Vec<Info>,
    pub failures: Vec<Failure>,
    /// Every type that was looked at.
    pub resources: Vec<&'static Resource>,
    /// How many requests the server answered: a list of one type, or one named object, each.
    pub answers: usize,
}

/// The type of a name like `pods`, `po` or `jobs.batch`.
///
/// # Errors
/// When the server has no such type.
pub fn resource_named(name: &str) -> Result<&'static Resource, Failure> {
    // Version and group are no part of the name that is told.
    let bare = name.split('.').next().unwrap_or_default();
    resources::find(name)
        .ok_or_else(|| error(format!("the server doesn't have a resource type {}", quoted(bare))))
}

pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// `a,b` as types; a category such as `all` is several.
fn types_of(argument: &str) -> Result<Vec<&'static Resource>, Failure> {
    let mut types = Vec::new();
    for name in argument.split(',') {
        let before = types.len();
        types.extend(resources::of_category(name));
        if types.len() == before {
            types.push(resource_named(name)?);
        }
    }
    Ok(types)
}

/// `TYPE/NAME`
///
/// # Errors
/// When it has more than one slash, or a part is empty.
pub fn split_reference(argument: &str) -> Result<(&'static Resource, String), Failure> {
    let parts: Vec<&str> = argument.split('/').collect();
    let [resource, name] = parts[..] else {
        return Err(error("arguments in resource/name form may not have more than one slash"));
    };
    if resource.is_empty() || name.is_empty() || resource.contains(',') {
        return Err(error("arguments in resource/name form must have a single resource and name"));
    }
    Ok((resource_named(resource)?, name.to_owned()))
}

/// Reads the words of a command.
///
/// # Errors
/// The texts of kubectl for words that fit together in no way.
pub fn query(context: &Context, args: &Args, words: &[String]) -> Result<Query, Failure> {
    let text = |name: &str| args.text(name).to_owned();
    let selectors = Selectors { labels: text("selector"), fields: text("field-selector") };
    let (wanted, many_types) = wanted(words)?;
    let namespace = context.namespace(args);
    check_namespace(&namespace)?;
    let query = Query { wanted, namespace, all_namespaces: args.is("all-namespaces"), selectors, many_types };
    if let Wanted::Names(names) = &query.wanted {
        if !query.selectors.is_empty() {
            return Err(names_beside_selector(words));
        }
        if query.all_namespaces && names.iter().any(|(resource, _)| resource.namespaced) {
            return Err(error("a resource cannot be retrieved by name across all namespaces"));
        }
    }
    Ok(query)
}

/// What the server adds to its answers about resources that have had their day.
// Models pkg/apis/core/v1/zz_generated.prerelease-lifecycle.go
pub fn warn_of_deprecated(context: &mut Context, query: &Query) {
    let is_old = |resource: &&Resource| resource.plural == "endpoints";
    let asked = match &query.wanted {
        Wanted::Types(types) => types.iter().any(is_old),
        Wanted::Names(names) => names.iter().any(|(resource, _)| is_old(resource)),
    };
    if asked {
        context.print_error(format!("Warning: {ENDPOINTS_ARE_DEPRECATED}\n"));
    }
}

pub const ENDPOINTS_ARE_DEPRECATED: &str =
    "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice";

/// No request can be made for a namespace whose name would be another path.
// Models staging/src/k8s.io/client-go/rest/request.go Request.Namespace
fn check_namespace(namespace: &str) -> Result<(), Failure> {
    let problems = path_problems(namespace);
    match problems.is_empty() {
        true => Ok(()),
        false => Err(Failure::Bare(format!("invalid namespace {}: [{problems}]", quoted(namespace)))),
    }
}

/// Why a name cannot stand in a request's path; empty when it can.
// Models staging/src/k8s.io/apimachinery/pkg/api/validation/path/name.go
pub fn path_problems(name: &str) -> String {
    match name {
        "." | ".." => format!("may not be '{name}'"),
        _ => {
            let found = ["/", "%"].into_iter().filter(|part| name.contains(part));
            found.map(|part| format!("may not contain '{part}'")).collect::<Vec<_>>().join(" ")
        }
    }
}

fn wanted(words: &[String]) -> Result<(Wanted, bool), Failure> {
    let slashes = words.iter().filter(|word| word.contains('/')).count();
    if slashes > 0 && slashes != words.len() {
        return Err(error(MIXED_NAMES));
    }
    if slashes > 0 {
        let names = words.iter().map(|word| split_reference(word)).collect::<Result<Vec<_>, _>>()?;
        let many = names.iter().any(|(resource, _)| *resource != names[0].0);
        return Ok((Wanted::Names(names), many));
    }
    let Some((first, names)) = words.split_first() else {
        return Ok((Wanted::Types(Vec::new()), false));
    };
    if first.ends_with(',') && !names.is_empty() {
        return Err(error("arguments in resource/name form must have a single resource and name"));
    }
    let types = types_of(first)?;
    let many = types.len() > 1;
    if names.is_empty() {
        return Ok((Wanted::Types(types), many));
    }
    if first == "all" {
        return Err(error("you must specify only one resource"));
    }
    if names.iter().any(String::is_empty) {
        return Err(error("resource name may not be empty"));
    }
    let each = |resource: &&'static Resource| {
        let resource = *resource;
        names.iter().map(move |name| (resource, name.clone()))
    };
    Ok((Wanted::Names(types.iter().flat_map(each).collect()), many))
}

impl Query {
    /// Looks the objects up; names that are not there become failures.
    pub fn find(&self, context: &Context) -> Found {
        let mut found = Found::default();
        match &self.wanted {
            Wanted::Names(names) => {
                for (resource, name) in names {
                    found.resources.push(resource);
                    match objects::look_up(context.cluster, resource, &self.namespace, name) {
                        Ok(info) => {
                            found.infos.push(info);
                            found.answers += 1;
                        }
                        Err(status) => found.failures.push(Failure::Api(status)),
                    }
                }
            }
            Wanted::Types(types) => {
                let namespace = (!self.all_namespaces).then_some(self.namespace.as_str());
                for resource in types {
                    found.resources.push(resource);
                    match self.selectors.list(context.cluster, resource, namespace) {
                        Ok(infos) => {
                            found.infos.extend(infos);
                            found.answers += 1;
                        }
                        Err(status) => found.failures.push(Failure::Api(status)),
                    }
                }
            }
        }
        found
    }

    /// Whether exactly one object is asked for.
    pub fn is_single(&self) -> bool {
        matches!(&self.wanted, Wanted::Names(names) if names.len() == 1)
    }
}
