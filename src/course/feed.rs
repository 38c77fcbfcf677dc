//! What happened in a session, in the form that the checks take.

use crate::api::meta::ResourceVersion;
use crate::apiserver::store::ChangeKind as StoreChange;
use crate::base::{Time, sorted};
use crate::manifest;
use crate::session::Session;

use super::checker::Checker;
use super::world::{ChangeKind, Happening};

/// How far a session has been read.
#[derive(Clone, Debug, Default)]
pub struct Feed {
    version: ResourceVersion,
    block: u64,
}

impl Feed {
    /// Tells the checker what is new. Answers whether a goal turned green.
    pub fn pass_on(&mut self, session: &Session, checker: &mut Checker) -> bool {
        let mut turned = false;
        for (at, happening) in self.news(session, |kind| checker.wants(kind)) {
            turned |= checker.feed(at, happening);
        }
        turned
    }

    /// What is new, in the order of the instants. Only changes of kinds that `wants` names are converted.
    pub fn news(&mut self, session: &Session, wants: impl Fn(&str) -> bool) -> Vec<(Time, Happening)> {
        let mut news = Vec::new();
        self.changes(session, wants, &mut news);
        self.commands(session, &mut news);
        // Changes come before the commands of the same instant: a command ends after what it did.
        sorted::sort_by_key(&mut news, |(at, _)| *at);
        news
    }

    fn changes(
        &mut self,
        session: &Session,
        wants: impl Fn(&str) -> bool,
        news: &mut Vec<(Time, Happening)>,
    ) {
        let api = session.cluster().api();
        // A version that the store no longer knows means that the reader has slept through history: go on from now.
        let Ok(changes) = api.changes_since(self.version) else {
            self.version = api.version();
            return;
        };
        for change in changes.filter(|change| wants(change.object.kind().as_str())) {
            let kind = match change.kind {
                StoreChange::Added => ChangeKind::Added,
                StoreChange::Modified => ChangeKind::Modified,
                StoreChange::Deleted => ChangeKind::Deleted,
            };
            news.push((change.at, Happening::Change { kind, object: change.object.to_value() }));
        }
        self.version = api.version();
    }

    fn commands(&mut self, session: &Session, news: &mut Vec<(Time, Happening)>) {
        let passed = self.block;
        for block in session.terminal().blocks.iter().filter(|block| block.id > passed) {
            let Some(exit_code) = block.status else { break };
            self.block = block.id;
            for (file, value) in manifests_of(session, &block.command) {
                news.push((session.now(), Happening::Submitted { file, value }));
            }
            let (line, output) = (block.command.clone(), block.streams_text());
            news.push((session.now(), Happening::Command { line, exit_code, output }));
        }
    }
}

/// The manifests that a line sends to the API server from files, as the files are when the line has ended. What goes
/// through a pipe is no file and is not seen.
fn manifests_of(session: &Session, line: &str) -> Vec<(String, serde_json::Value)> {
    let mut found = Vec::new();
    for file in line.split([';', '|', '&', '\n']).flat_map(files_sent) {
        let Some(text) = session.read_file(&file) else { continue };
        let values = manifest::decode_stream(&text).into_iter().filter_map(Result::ok);
        found.extend(values.map(|value| (file.clone(), value)));
    }
    found
}

/// The files that one command gives to `apply`, `create` or `replace`.
fn files_sent(command: &str) -> Vec<String> {
    let mut words = command.split_whitespace();
    if !words.next().is_some_and(|program| ["kubectl", "k"].contains(&program)) {
        return Vec::new();
    }
    let (mut verb, mut files, mut value_of) = (None, Vec::new(), None);
    for word in words {
        let word = word.trim_matches(['\'', '"']);
        match value_of.take() {
            Some(Flag::File) => files.push(word),
            Some(Flag::Other) => {}
            None => match word {
                "-f" | "--filename" => value_of = Some(Flag::File),
                "-n" | "--namespace" | "--context" => value_of = Some(Flag::Other),
                _ => match ["--filename=", "-f=", "-f"].iter().find_map(|flag| word.strip_prefix(flag)) {
                    Some(file) => files.push(file),
                    None if word.starts_with('-') => {}
                    None => verb = verb.or(Some(word)),
                },
            },
        }
    }
    if !verb.is_some_and(|verb| ["apply", "create", "replace"].contains(&verb)) {
        return Vec::new();
    }
    files.iter().flat_map(|file| file.split(',')).map(str::to_owned).collect()
}

/// A flag whose value is the next word.
enum Flag {
    File,
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_however_they_are_given() {
        let check = |line: &str, expected: &[&str]| {
            let found: Vec<String> = line.split([';', '|', '&', '\n']).flat_map(files_sent).collect();
            assert_eq!(found, expected, "{line}");
        };
        check("kubectl apply -f job.yaml", &["job.yaml"]);
        check("k -n work create --filename=a.yaml -fb.yaml", &["a.yaml", "b.yaml"]);
        check("kubectl replace --force -f 'job.yaml'", &["job.yaml"]);
        check("kubectl delete job x && kubectl apply -f a.yaml,b.yaml", &["a.yaml", "b.yaml"]);
        check("kubectl delete -f job.yaml", &[]);
        check("kubectl create job x --image=busybox", &[]);
        check("cat job.yaml | kubectl apply -f -", &["-"]);
        check("echo kubectl apply -f job.yaml", &[]);
    }
}
