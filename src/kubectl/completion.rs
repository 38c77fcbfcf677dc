//! What Tab can put at the cursor: verbs, resources, live names, flags and their values, files.

use super::commands::registry::{COMMANDS, Command, verbs};
use super::flags::{FlagSpec, GLOBAL, Takes};
use crate::api::{Kind, Object};
use crate::apiserver::ObjectKey;
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
#[derive(Clone, Copy)]
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
const OUTPUTS: &[&str] = &["custom-columns=", "json", "jsonpath=", "name", "wide", "yaml"];
const CASCADES: &[&str] = &["background", "foreground", "orphan"];
const DRY_RUNS: &[&str] = &["client", "none", "server"];
const RESTARTS: &[&str] = &["Always", "Never", "OnFailure"];
const CONDITIONS: &[&str] = &["condition=complete", "condition=failed", "delete", "jsonpath="];
/// Completes the word before the cursor; a quote that it opens is closed once it is whole.
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
    let quote = &word[..usize::from(word.starts_with(['\'', '"']))];
    let word = &word[quote.len()..];
    let (prefix, all) = candidates(earlier, word, setting);
    let typed = &word[prefix.len()..];
    let mut candidates: Vec<String> =
        all.into_iter().filter(|candidate| candidate.starts_with(typed)).collect();
    sorted::sort(&mut candidates);
    candidates.dedup();
    if let [only] = &mut candidates[..] {
        only.push_str(quote);
    }
    Completion { replace_from: before.len() - typed.len(), candidates }
}

/// Everything that may stand there, and the part of the word that stays as it is (`-o`, `job/`).
fn candidates<'a>(earlier: &[&str], word: &'a str, setting: &Setting<'_>) -> (&'a str, Vec<String>) {
    let Some((program, arguments)) = earlier.split_first() else {
        return ("", setting.programs.iter().map(|name| (*name).to_owned()).collect());
    };
    if matches!(*program, "watch" | "time" | "xargs") {
        // Behind its own flags and numbers stands another command.
        let own = |word: &&&str| word.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        return candidates(&arguments[arguments.iter().take_while(own).count()..], word, setting);
    }
    if !matches!(*program, "kubectl" | "k") {
        return file_names(word, setting);
    }
    let setting = &Setting { namespace: namespace_of(arguments).unwrap_or(setting.namespace), ..*setting };
    let last = arguments.last().copied().unwrap_or_default();
    let mut arguments = arguments.to_vec();
    let takes_value = drop_flags(&mut arguments);
    if takes_value {
        return match last {
            "-f" | "--filename" => file_names(word, setting),
            flag => ("", values_of(flag, &arguments, setting)),
        };
    }
    if let Some((flag, value)) = word.split_once('=').filter(|(flag, _)| flag.starts_with('-')) {
        if flag == "--filename" {
            let (folder, names) = file_names(value, setting);
            return (&word[..=flag.len() + folder.len()], names);
        }
        return (&word[..=flag.len()], values_of(flag, &arguments, setting));
    }
    let Some((verb, positional)) = arguments.split_first() else {
        return ("", verbs().map(str::to_owned).collect());
    };
    if word.starts_with('-') {
        return ("", flags(verb, positional));
    }
    if let Some((kind, _)) = word.split_once('/') {
        return (&word[..=kind.len()], names(kind, setting));
    }
    let second = COMMANDS.iter().filter_map(|command| command.name.strip_prefix(verb)?.strip_prefix(' '));
    let second: Vec<String> = second.map(str::to_owned).collect();
    if !second.is_empty() && positional.is_empty() {
        return ("", second);
    }
    // The second word belongs to the command itself.
    let positional = if matches!(*verb, "set" | "rollout") { &positional[1..] } else { positional };
    match (*verb, positional) {
        ("top", ["pod" | "node"]) => ("", names(positional[0], setting)),
        ("create" | "run" | "config" | "auth" | "version" | "cluster-info", _) => ("", Vec::new()),
        ("logs" | "exec", []) => {
            let jobs = names("jobs", setting).into_iter().map(|name| format!("job/{name}"));
            ("", names("pods", setting).into_iter().chain(jobs).collect())
        }
        ("taint", []) => ("", vec!["nodes".to_owned()]),
        ("cordon" | "uncordon" | "drain", []) => ("", names("nodes", setting)),
        ("logs" | "exec" | "cordon" | "uncordon" | "drain", _) => ("", Vec::new()),
        (_, []) => ("", owned(RESOURCES)),
        ("label" | "annotate" | "patch", [_, _, ..]) => ("", Vec::new()),
        (_, [kind, given @ ..]) => {
            let mut names = names(kind, setting);
            names.retain(|name| !given.contains(&name.as_str()));
            ("", names)
        }
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

/// The namespace that the line names.
fn namespace_of<'a>(arguments: &[&'a str]) -> Option<&'a str> {
    let apart = |pair: &[&'a str]| matches!(pair[0], "-n" | "--namespace").then_some(pair[1]);
    let joined = |word: &&'a str| word.strip_prefix("--namespace=").or_else(|| word.strip_prefix("-n"));
    arguments.windows(2).find_map(apart).or_else(|| arguments.iter().find_map(joined))
}

/// The values of a flag that has a closed or living set of them; none for others.
fn values_of(flag: &str, arguments: &[&str], setting: &Setting<'_>) -> Vec<String> {
    match flag {
        "-o" | "--output" => owned(OUTPUTS),
        "-n" | "--namespace" => names("namespaces", setting),
        "--cascade" => owned(CASCADES),
        "--dry-run" => owned(DRY_RUNS),
        "--for" if arguments.first() == Some(&"events") => {
            let all = ["job", "pod"]
                .into_iter()
                .flat_map(|kind| names(kind, setting).into_iter().map(move |name| format!("{kind}/{name}")));
            all.collect()
        }
        "--for" => owned(CONDITIONS),
        "--restart" => owned(RESTARTS),
        "--sort-by" => owned(&[".metadata.creationTimestamp", ".metadata.name"]),
        "-l" | "--selector" => labels(arguments.get(1).copied().unwrap_or("pods"), setting),
        "-c" | "--container" => arguments.get(1).map_or_else(Vec::new, |pod| containers(pod, setting)),
        "--type" => owned(&["json", "merge", "strategic"]),
        "--from" => names("cronjobs", setting).into_iter().map(|name| format!("cronjob/{name}")).collect(),
        "--validate" => owned(&["ignore", "strict", "warn"]),
        _ => Vec::new(),
    }
}

/// Leaves the verb and what is no flag or value of one; whether the last flag waits for its value.
fn drop_flags(arguments: &mut Vec<&str>) -> bool {
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
    takes_value
}

/// What there is to tell of each object of a kind.
fn of_each(kind: &str, setting: &Setting<'_>, tell: fn(&Object) -> Vec<String>) -> Vec<String> {
    let named = |known: &&Kind| {
        known.plural() == kind || known.singular() == kind || known.short_names().contains(&kind)
    };
    let Some(kind) = Kind::ALL.iter().find(named) else { return Vec::new() };
    let namespace = kind.is_namespaced().then_some(setting.namespace);
    setting.cluster.api().list(*kind, namespace).map(tell).collect::<Vec<_>>().concat()
}

fn names(kind: &str, setting: &Setting<'_>) -> Vec<String> {
    of_each(kind, setting, |object| vec![object.metadata().name.clone()])
}

/// The labels that objects of the kind have, as selectors.
fn labels(kind: &str, setting: &Setting<'_>) -> Vec<String> {
    of_each(kind, setting, |object| {
        object.metadata().labels.iter().map(|(key, value)| format!("{key}={value}")).collect()
    })
}

/// The containers of a pod.
fn containers(pod: &str, setting: &Setting<'_>) -> Vec<String> {
    let key = ObjectKey::new(setting.namespace, pod.trim_start_matches("pod/"));
    let Ok(Object::Pod(pod)) = setting.cluster.api().get(Kind::Pod, &key) else { return Vec::new() };
    let all = pod.spec.init_containers.iter().chain(&pod.spec.containers);
    all.map(|container| container.name.clone()).collect()
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
        check("kubectl apply --filename=j", &["kubectl apply --filename=job.yaml"]);
        check("kubectl apply -f 'j", &["kubectl apply -f 'job.yaml'"]);
        check("cat \"", &["cat \"job.yaml\""]);
        check("kubectl get \"pods\" x", &[]);
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
        check("kubectl config set-", &["kubectl config set-context"]);
        check("kubectl top ", &["kubectl top node", "kubectl top pod"]);
        check("kubectl run x --restart=O", &["kubectl run x --restart=OnFailure"]);
        check("kubectl get po --field-selector ", &[]);
        check("kubectl delete node node-1 ", &[]);
        check("watch -n 1 kubectl get no", &["watch -n 1 kubectl get nodes"]);
        check("time ca", &["time cat"]);
        assert_eq!(namespace_of(&["get", "-n", "dev"]), Some("dev"));
        assert_eq!(namespace_of(&["get", "po", "--namespace=dev"]), Some("dev"));
        assert_eq!(namespace_of(&["get", "-ndev", "po"]), Some("dev"));
        check(
            "kubectl get nodes -l kubernetes.io/host",
            &["kubectl get nodes -l kubernetes.io/hostname=node-1"],
        );
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
