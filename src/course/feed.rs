//! What happened in a session, in the form that the checks take.

use crate::api::meta::ResourceVersion;
use crate::apiserver::store::ChangeKind as StoreChange;
use crate::base::Time;
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
        news.sort_by_key(|(at, _)| *at);
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

/// The manifests that a line sends to the API server from files, as the files are when the line has ended.
fn manifests_of(session: &Session, line: &str) -> Vec<(String, serde_json::Value)> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let ["kubectl" | "k", "apply" | "create" | "replace", rest @ ..] = words.as_slice() else {
        return Vec::new();
    };
    let named = |(index, word): (usize, &&str)| -> Option<String> {
        let follows = index > 0 && ["-f", "--filename"].contains(&rest[index - 1]);
        let joined = word.strip_prefix("-f=").or_else(|| word.strip_prefix("--filename="));
        joined.or_else(|| follows.then_some(*word)).map(str::to_owned)
    };
    let mut found = Vec::new();
    for file in rest.iter().enumerate().filter_map(named) {
        let Some(text) = session.read_file(&file) else { continue };
        let values = manifest::decode_stream(&text).into_iter().filter_map(Result::ok);
        found.extend(values.map(|value| (file.clone(), value)));
    }
    found
}
