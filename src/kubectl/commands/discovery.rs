//! What the server knows and who may do what: api-resources, api-versions, version, cluster-info, auth, completion.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::done;
use super::last_applied::by_two;
use crate::base::{Time, sorted};
use crate::kubectl::failure::{Failure, error, usage_error};
use crate::kubectl::flags::Args;
use crate::kubectl::kubeconfig::{CONTEXT, SERVER, USER};
use crate::kubectl::objects::written;
use crate::kubectl::output::format::{self, Format, Formats};
use crate::kubectl::output::tabs::TabWriter;
use crate::kubectl::output::{json::to_json, yaml::to_yaml};
use crate::kubectl::resources::{RESOURCES, Resource};
use crate::kubectl::{Context, Next, Outcome};

pub const VERSION: &str = "v1.36.2";

// Models staging/src/k8s.io/kubectl/pkg/cmd/apiresources/apiresources.go
pub fn api_resources(context: &mut Context, args: &Args) -> Outcome {
    if !args.words.is_empty() {
        return Err(usage_error(
            "api-resources",
            &format!("unexpected arguments: [{}]", args.words.join(" ")),
        ));
    }
    let wanted = |resource: &&Resource| {
        let group = !args.is_set("api-group") || resource.group() == args.text("api-group");
        let namespaced = !args.is_set("namespaced") || resource.namespaced == args.is("namespaced");
        let verbs = args.all("verbs").iter().all(|verb| resource.verbs.contains(&verb.as_str()));
        let categories = args.all("categories").iter().all(|name| name == resource.category);
        group && namespaced && verbs && categories
    };
    let mut found: Vec<&Resource> = RESOURCES.iter().filter(wanted).collect();
    match args.text("sort-by") {
        "" => {}
        "name" => sorted::sort_by_key(&mut found, |resource| resource.plural),
        "kind" => sorted::sort_by_key(&mut found, |resource| resource.kind),
        _ => return Err(error("--sort-by accepts only name or kind")),
    }
    let text = match args.text("output") {
        "name" => found.iter().map(|resource| format!("{}\n", resource.qualified_plural())).collect(),
        "" | "wide" => resource_table(&found, args),
        other => return Err(error(format!("--output {other} is not available"))),
    };
    context.print(text);
    done()
}

fn resource_table(found: &[&Resource], args: &Args) -> String {
    let wide = args.text("output") == "wide";
    let mut text = String::new();
    if !args.is("no-headers") {
        text.push_str("NAME\tSHORTNAMES\tAPIVERSION\tNAMESPACED\tKIND");
        text.push_str(if wide { "\tVERBS\tCATEGORIES\n" } else { "\n" });
    }
    for resource in found {
        let short = resource.short.join(",");
        let Resource { plural, api_version, namespaced, kind, verbs, category, .. } = resource;
        text += &format!("{plural}\t{short}\t{api_version}\t{namespaced}\t{kind}");
        if wide {
            text += &format!("\t{}\t{category}", verbs.join(","));
        }
        text.push('\n');
    }
    TabWriter::table().lay_out(&text)
}

pub fn api_versions(context: &mut Context, args: &Args) -> Outcome {
    if !args.words.is_empty() {
        return Err(usage_error(
            "api-versions",
            &format!("unexpected arguments: [{}]", args.words.join(" ")),
        ));
    }
    let mut versions: Vec<&str> = RESOURCES.iter().map(|resource| resource.api_version).collect();
    versions.push("autoscaling/v1");
    sorted::sort(&mut versions);
    versions.dedup();
    context.print(versions.iter().map(|version| format!("{version}\n")).collect::<String>());
    done()
}

/// What is known of the version: client and server have the same.
pub fn version_info() -> Value {
    json!({"gitVersion": VERSION, "major": "1", "minor": "36", "platform": "linux/amd64"})
}

pub fn version(context: &mut Context, args: &Args) -> Outcome {
    if !args.words.is_empty() {
        return Err(error(format!("extra arguments: [{}]", args.words.join(" "))));
    }
    let mut value = json!({"clientVersion": version_info(), "kustomizeVersion": "v5.8.1"});
    let mut text = format!("Client Version: {VERSION}\nKustomize Version: v5.8.1\n");
    if !args.is("client") {
        value["serverVersion"] = version_info();
        text += &format!("Server Version: {VERSION}\n");
    }
    let text = match args.text("output") {
        "" => text,
        "yaml" => to_yaml(&value) + "\n",
        "json" => by_two(&to_json(&value)),
        _ => return Err(error("--output must be 'yaml' or 'json'")),
    };
    context.print(text);
    done()
}

pub fn cluster_info(context: &mut Context, _args: &Args) -> Outcome {
    context.print(format!(
        "Kubernetes control plane is running at {SERVER}\n\nTo further debug and diagnose cluster problems, use \
         'kubectl cluster-info dump'.\n"
    ));
    done()
}

pub fn auth(context: &mut Context, args: &Args) -> Outcome {
    super::holder(context, args, "auth")
}

/// What may be asked about without a warning.
// Models staging/src/k8s.io/kubectl/pkg/cmd/auth/cani.go resourceVerbs and nonResourceURLVerbs
const KNOWN_VERBS: &[&str] = &[
    "get",
    "list",
    "watch",
    "create",
    "update",
    "patch",
    "delete",
    "deletecollection",
    "use",
    "bind",
    "impersonate",
    "escalate",
    "approve",
    "sign",
    "attest",
    "put",
    "post",
    "head",
    "options",
];

/// What everybody may ask about himself, and which paths are open to everybody, some by two of the server's own roles.
// Models plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go and cani.go printStatus
pub const OWN_REVIEWS: &[&str] = &[
    "selfsubjectreviews.authentication.k8s.io",
    "selfsubjectaccessreviews.authorization.k8s.io",
    "selfsubjectrulesreviews.authorization.k8s.io",
];
pub const OPEN_PATHS: &[&str] = &[
    "/api/*",
    "/api",
    "/apis/*",
    "/apis",
    "/healthz",
    "/healthz",
    "/livez",
    "/livez",
    "/openapi/*",
    "/openapi",
    "/readyz",
    "/readyz",
    "/version/",
    "/version/",
    "/version",
    "/version",
];

/// The learner may do everything.
pub fn can_i(context: &mut Context, args: &Args) -> Outcome {
    if args.is("list") && !args.words.is_empty() {
        return Err(error("list option must be specified with no arguments"));
    }
    if args.is("list") {
        let mut text = String::new();
        if !args.is("no-headers") {
            text += "Resources\tNon-Resource URLs\tResource Names\tVerbs\n";
        }
        text += "*.*\t[]\t[]\t[*]\n\t[*]\t[]\t[*]\n";
        for resource in OWN_REVIEWS {
            text += &format!("{resource}\t[]\t[]\t[create]\n");
        }
        for path in OPEN_PATHS {
            text += &format!("\t[{path}]\t[]\t[get]\n");
        }
        context.print(TabWriter::table().lay_out(&text));
        return done();
    }
    if args.words.len() != 2 {
        return Err(error(
            "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.",
        ));
    }
    let verb = args.words[0].as_str();
    if verb != "*" && !KNOWN_VERBS.contains(&verb) {
        context.print_error(format!("Warning: verb '{verb}' is not a known verb\n\n"));
    }
    let name = args.words[1].split('/').next().unwrap_or_default();
    match crate::kubectl::resources::find(name) {
        None if !name.is_empty() && name != "*" => {
            context.print_error(format!("Warning: the server doesn't have a resource type '{name}'\n\n"));
        }
        Some(resource) if !resource.namespaced && !args.is("all-namespaces") => {
            let group = match resource.group() {
                "" => String::new(),
                group => format!(" in group '{group}'"),
            };
            let plural = resource.plural;
            context.print_error(format!("Warning: resource '{plural}' is not namespace scoped{group}\n\n"));
        }
        _ => {}
    }
    if !args.is("quiet") {
        context.print("yes\n");
    }
    Ok(Next::Done(0))
}

/// Who the server takes the learner for, as the client writes it down: in the order of Go's fields.
// Models pkg/registry/authentication/selfsubjectreview/rest.go and staging/src/k8s.io/apiserver/pkg/authentication/request/x509/x509.go
fn self_review(now: Time) -> String {
    let hash = Sha256::digest(USER).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let credential = format!("X509SHA256={hash}");
    format!(
        r#"{{
    "kind": "SelfSubjectReview",
    "apiVersion": "authentication.k8s.io/v1",
    "metadata": {{
        "creationTimestamp": "{}"
    }},
    "status": {{
        "userInfo": {{
            "username": "{USER}",
            "groups": [
                "system:masters",
                "system:authenticated"
            ],
            "extra": {{
                "{CREDENTIAL_ID}": [
                    "{credential}"
                ]
            }}
        }}
    }}
}}
"#,
        now.to_timestamp()
    )
}

const CREDENTIAL_ID: &str = "authentication.kubernetes.io/credential-id";

/// The same as a value.
pub fn self_review_value(now: Time) -> Value {
    written(&self_review(now))
}

// Models staging/src/k8s.io/kubectl/pkg/cmd/auth/whoami.go
pub fn whoami(context: &mut Context, args: &Args) -> Outcome {
    let review = self_review(context.now());
    let format = format::format(context, args, Formats::Change)?;
    let text = match format {
        Format::Json => review,
        Format::Name => "selfsubjectreview.authentication.k8s.io/<unknown>\n".to_owned(),
        format if !format.is_table() => format.print_value(&written(&review))?,
        _ => {
            let credential = &written(&review)["status"]["userInfo"]["extra"][CREDENTIAL_ID][0];
            let credential = credential.as_str().unwrap_or_default();
            TabWriter::table().lay_out(&format!(
                "ATTRIBUTE\tVALUE\nUsername\t{USER}\nGroups\t[system:masters system:authenticated]\n\
                 Extra: {CREDENTIAL_ID}\t[{credential}]\n"
            ))
        }
    };
    context.print(text);
    done()
}

pub fn completion(context: &mut Context, args: &Args) -> Outcome {
    let shell = match args.words.as_slice() {
        [] => return Err(usage_error("completion", "Shell not specified.")),
        [shell] => shell,
        _ => return Err(usage_error("completion", "Too many arguments. Expected only the shell type.")),
    };
    if !["bash", "zsh", "fish", "powershell"].contains(&shell.as_str()) {
        let refused: Failure = usage_error("completion", &format!("Unsupported shell type \"{shell}\"."));
        return Err(refused);
    }
    context.print(format!("# kubectl completes by Tab here without any script (context {CONTEXT}).\n"));
    done()
}
