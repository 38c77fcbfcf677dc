//! What Tab can put at the cursor: verbs, resources, live names, flags and their values, files.

use super::commands::registry::{COMMANDS, Command, verbs};
use super::flags::{FlagSpec, GLOBAL, Takes};
use crate::api::Kind;
use crate::base::sorted;
use crate::cluster::Cluster;
use crate::containers::FileSystem;

/// Candidates that go in place of the text from `replace_from` (a byte offset) to the cursor.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Completion {
    pub replace_from: usize,
    pub candidates: Vec<String>,
}

/// What the learner's line may refer to.
pub struct Setting<'a> {
    pub cluster: &'a Cluster,
    pub files: &'a FileSystem,
    pub directory: &'a str,
    pub namespace: &'a str,
    /// Programs of the shell and of the desk.
    pub programs: &'a [&'a str],
}

const RESOURCES: &[&str] =
    &["configmaps", "cronjobs", "events", "jobs", "namespaces", "nodes", "pods", "secrets"];
const CREATABLE: &[&str] = &["configmap", "cronjob", "job", "namespace", "secret"];
const OUTPUTS: &[&str] = &["custom-columns=", "json", "jsonpath=", "name", "wide", "yaml"];
const CASCADES: &[&str] = &["background", "foreground", "orphan"];
const DRY_RUNS: &[&str] = &["client", "none", "server"];
const CONDITIONS: &[&str] = &["condition=complete", "condition=failed", "delete", "jsonpath="];
/// Completes the word before the cursor.
pub fn complete(line: &str, cursor: usize, setting: &Setting<'_>) -> Completion {
    let before = line.get(..cursor).unwrap_or(line);
    let start = before.rfind(['|', ';', '&', '(']).map_or(0, |at| at + 1);
    let words: Vec<&str> = before[start..].split_whitespace().collect();
    let word = if before.ends_with(char::is_whitespace) || before.is_empty() {
        ""
    } else {
        before.rsplit(|c: char| c.is_whitespace() || "|;&(".contains(c)).next().unwrap_or_default()
    };
    let complete_words = words.len() - usize::from(!word.is_empty());
    let earlier = &words[..complete_words];
    let (prefix, all) = candidates(earlier, word, setting);
    let typed = &word[prefix.len()..];
    let mut candidates: Vec<String> =
        all.into_iter().filter(|candidate| candidate.starts_with(typed)).collect();
    sorted::sort(&mut candidates);
    candidates.dedup();
    Completion { replace_from: before.len() - typed.len(), candidates }
}

/// Everything that may stand there, and the part of the word that stays as it is (`-o`, `job/`).
fn candidates<'a>(earlier: &[&str], word: &'a str, setting: &Setting<'_>) -> (&'a str, Vec<String>) {
    let Some((program, arguments)) = earlier.split_first() else {
        return ("", setting.programs.iter().map(|name| (*name).to_owned()).collect());
    };
    if !matches!(*program, "kubectl" | "k" | "watch") {
        return file_names(word, setting);
    }
    let mut arguments: Vec<&str> = arguments.iter().copied().filter(|word| *word != "kubectl").collect();
    if *program == "watch" && earlier.len() == 1 {
        return ("", vec!["kubectl".to_owned()]);
    }
    let last = arguments.last().copied().unwrap_or_default();
    if let Some(values) = values_of(last, setting) {
        return ("", values);
    }
    if matches!(last, "-f" | "--filename") {
        return file_names(word, setting);
    }
    if let Some((flag, _)) = word.split_once('=')
        && let Some(values) = values_of(flag, setting)
    {
        return (&word[..=flag.len()], values);
    }
    drop_flags(&mut arguments);
    let Some((verb, positional)) = arguments.split_first() else {
        return ("", verbs().map(str::to_owned).collect());
    };
    if word.starts_with('-') {
        return ("", flags(verb, positional));
    }
    if let Some((kind, _)) = word.split_once('/') {
        return (&word[..=kind.len()], names(kind, setting));
    }
    match (*verb, positional) {
        ("create", []) => ("", owned(CREATABLE)),
        ("create" | "run" | "config" | "auth" | "version" | "cluster-info", _) => ("", Vec::new()),
        ("logs" | "exec", []) => {
            let jobs = names("jobs", setting).into_iter().map(|name| format!("job/{name}"));
            ("", names("pods", setting).into_iter().chain(jobs).collect())
        }
        ("taint", []) => ("", vec!["nodes".to_owned()]),
        ("cordon" | "uncordon" | "drain", []) => ("", names("nodes", setting)),
        ("logs" | "exec" | "cordon" | "uncordon" | "drain", _) => ("", Vec::new()),
        (_, []) => ("", owned(RESOURCES)),
        (_, [kind, ..]) => ("", names(kind, setting)),
    }
}

/// The flags of a command as they are typed: `--tail=`, `-f`.
fn flags(verb: &str, positional: &[&str]) -> Vec<String> {
    let command = find(verb, positional.first().copied());
    let own = command.map_or(&[][..], |command| command.flags).iter().flat_map(|flags| flags.iter());
    let common = GLOBAL.iter().filter(|spec| matches!(spec.name, "help" | "namespace"));
    let typed = |spec: &FlagSpec| {
        let value = if spec.takes == Takes::Bool { "" } else { "=" };
        let long = format!("--{}{value}", spec.name);
        spec.short.map(|letter| format!("-{letter}")).into_iter().chain([long])
    };
    own.chain(common).flat_map(typed).collect()
}

fn find(verb: &str, second: Option<&str>) -> Option<&'static Command> {
    let named = |name: &str| COMMANDS.iter().find(|command| command.name == name);
    second.and_then(|second| named(&format!("{verb} {second}"))).or_else(|| named(verb))
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The values of a flag that has a closed or living set of them.
fn values_of(flag: &str, setting: &Setting<'_>) -> Option<Vec<String>> {
    Some(match flag {
        "-o" | "--output" => owned(OUTPUTS),
        "-n" | "--namespace" => names("namespaces", setting),
        "--cascade" => owned(CASCADES),
        "--dry-run" => owned(DRY_RUNS),
        "--for" => owned(CONDITIONS),
        "--type" => owned(&["json", "merge", "strategic"]),
        "--from" => names("cronjobs", setting).into_iter().map(|name| format!("cronjob/{name}")).collect(),
        "--validate" => owned(&["ignore", "strict", "warn"]),
        _ => return None,
    })
}

/// Leaves the verb and what is no flag or value of one.
fn drop_flags(arguments: &mut Vec<&str>) {
    let verb = arguments.iter().find(|argument| !argument.starts_with('-')).copied().unwrap_or_default();
    let own = find(verb, None).map_or(&[][..], |command| command.flags).iter().flat_map(|flags| flags.iter());
    let known: Vec<&FlagSpec> = own.chain(GLOBAL).collect();
    let mut takes_value = false;
    arguments.retain(|argument| {
        let value = std::mem::replace(&mut takes_value, false);
        if !argument.starts_with('-') {
            return !value;
        }
        let spec = known.iter().find(|spec| match argument.strip_prefix("--") {
            Some(name) => spec.name == name,
            None => argument.len() == 2 && spec.short.is_some_and(|letter| argument.ends_with(letter)),
        });
        takes_value = spec.is_some_and(|spec| !matches!(spec.takes, Takes::Bool | Takes::OptionalText(_)));
        false
    });
}

fn names(kind: &str, setting: &Setting<'_>) -> Vec<String> {
    let named = |known: &&Kind| {
        known.plural() == kind || known.singular() == kind || known.short_names().contains(&kind)
    };
    let Some(kind) = Kind::ALL.iter().find(named) else { return Vec::new() };
    let namespace = kind.is_namespaced().then_some(setting.namespace);
    setting.cluster.api().list(*kind, namespace).map(|object| object.metadata().name.clone()).collect()
}

/// Files below the folder that the word names; folders end in a slash.
fn file_names<'a>(word: &'a str, setting: &Setting<'_>) -> (&'a str, Vec<String>) {
    let folder = word.rfind('/').map_or("", |at| &word[..=at]);
    let path =
        crate::containers::files::normalize(setting.directory, if folder.is_empty() { "." } else { folder });
    let names = setting.files.list(&path).unwrap_or_default().into_iter().map(|name| {
        let is_folder = setting.files.list(&format!("{path}/{name}")).is_ok();
        if is_folder { format!("{name}/") } else { name }
    });
    (folder, names.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::ClusterOptions;

    fn check(line: &str, expected: &[&str]) {
        let cluster = Cluster::new(&ClusterOptions::default());
        let mut files = FileSystem::new();
        files.make_directories("/home").expect("room");
        files.write("/home/job.yaml", b"a: b").expect("room");
        let setting = Setting {
            cluster: &cluster,
            files: &files,
            directory: "/home",
            namespace: "default",
            programs: &["kubectl", "cat"],
        };
        let completion = complete(line, line.len(), &setting);
        let lines: Vec<String> = completion
            .candidates
            .iter()
            .map(|c| format!("{}{c}", &line[..completion.replace_from]))
            .collect();
        assert_eq!(lines, expected, "{line}");
    }

    #[test]
    fn words_complete_by_their_place() {
        check("kube", &["kubectl"]);
        check("kubectl ge", &["kubectl get"]);
        check("kubectl get po", &["kubectl get pods"]);
        check("kubectl get nodes n", &["kubectl get nodes node-1"]);
        check("kubectl describe node/", &["kubectl describe node/node-1"]);
        check("kubectl apply -f j", &["kubectl apply -f job.yaml"]);
        check("kubectl get jobs -o y", &["kubectl get jobs -o yaml"]);
        check("kubectl get jobs --output=w", &["kubectl get jobs --output=wide"]);
        check("kubectl get -n kube-s", &["kubectl get -n kube-system"]);
        check(
            "cat job.yaml | kubectl ap",
            &[
                "cat job.yaml | kubectl api-resources",
                "cat job.yaml | kubectl api-versions",
                "cat job.yaml | kubectl apply",
            ],
        );
        check("kubectl logs --ta", &["kubectl logs --tail="]);
        check("kubectl -n default get jobs --show-l", &["kubectl -n default get jobs --show-labels"]);
        check("kubectl create job --im", &["kubectl create job --image="]);
        check("cat j", &["cat job.yaml"]);
        check("kubectl frobnicate", &[]);
    }

    #[test]
    fn any_cursor_is_safe() {
        let cluster = Cluster::new(&ClusterOptions::default());
        let files = FileSystem::new();
        let setting =
            Setting { cluster: &cluster, files: &files, directory: "/", namespace: "default", programs: &[] };
        for cursor in 0..20 {
            complete("kubectl get «под» -o", cursor, &setting);
        }
    }
}
