//! What Tab can put at the cursor: verbs, resources, live names, flags and their values, files.

use crate::api::Kind;
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

const VERBS: &[&str] = &[
    "annotate",
    "api-resources",
    "api-versions",
    "apply",
    "auth",
    "cluster-info",
    "config",
    "cordon",
    "create",
    "delete",
    "describe",
    "diff",
    "drain",
    "edit",
    "events",
    "exec",
    "explain",
    "get",
    "label",
    "logs",
    "options",
    "patch",
    "replace",
    "run",
    "set",
    "top",
    "uncordon",
    "version",
    "wait",
];
const RESOURCES: &[&str] =
    &["configmaps", "cronjobs", "events", "jobs", "namespaces", "nodes", "pods", "secrets"];
const CREATABLE: &[&str] = &["configmap", "cronjob", "job", "namespace", "secret"];
const OUTPUTS: &[&str] = &["custom-columns=", "json", "jsonpath=", "name", "wide", "yaml"];
const CASCADES: &[&str] = &["background", "foreground", "orphan"];
const DRY_RUNS: &[&str] = &["client", "none", "server"];
const CONDITIONS: &[&str] = &["condition=complete", "condition=failed", "delete", "jsonpath="];
const COMMON_FLAGS: &[&str] = &["--help", "--namespace", "-n"];
/// Flags by verb.
const FLAGS: &[(&str, &[&str])] = &[
    ("apply", &["--dry-run=", "--filename", "--server-side", "--validate=", "-f", "-o"]),
    (
        "create",
        &["--dry-run=", "--filename", "--from=", "--image=", "--schedule=", "--validate=", "-f", "-o"],
    ),
    (
        "delete",
        &["--all", "--cascade=", "--force", "--grace-period=", "--ignore-not-found", "--wait=", "-f", "-l"],
    ),
    ("describe", &["--all-namespaces", "--selector", "-A", "-l"]),
    (
        "get",
        &[
            "--all-namespaces",
            "--field-selector",
            "--no-headers",
            "--output",
            "--selector",
            "--show-labels",
            "--sort-by=",
            "--watch",
            "--watch-only",
            "-A",
            "-L",
            "-l",
            "-o",
            "-w",
        ],
    ),
    (
        "logs",
        &[
            "--all-containers",
            "--container",
            "--follow",
            "--prefix",
            "--previous",
            "--selector",
            "--since=",
            "--tail=",
            "--timestamps",
            "-c",
            "-f",
            "-l",
            "-p",
        ],
    ),
    ("patch", &["--patch", "--type=", "-p"]),
    ("replace", &["--filename", "--force", "-f"]),
    ("wait", &["--all", "--for=", "--selector", "--timeout=", "-l"]),
];

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
    candidates.sort();
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
    let Some((verb, positional)) = arguments.split_first() else { return ("", owned(VERBS)) };
    if word.starts_with('-') {
        let own = FLAGS.iter().find(|(name, _)| name == verb).map_or(&[][..], |(_, flags)| flags);
        return ("", own.iter().chain(COMMON_FLAGS).map(|flag| (*flag).to_owned()).collect());
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
        ("cordon" | "uncordon" | "drain", []) => ("", names("nodes", setting)),
        ("logs" | "exec" | "cordon" | "uncordon" | "drain", _) => ("", Vec::new()),
        (_, []) => ("", owned(RESOURCES)),
        (_, [kind, ..]) => ("", names(kind, setting)),
    }
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
    let mut takes_value = false;
    arguments.retain(|argument| {
        let value = std::mem::replace(&mut takes_value, false);
        if argument.starts_with('-') {
            takes_value = matches!(
                *argument,
                "-n" | "--namespace" | "-o" | "--output" | "-l" | "-c" | "-f" | "-L" | "-p"
            );
            return false;
        }
        !value
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
