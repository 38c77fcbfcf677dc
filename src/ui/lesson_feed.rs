//! Passes what happens in the session on to the lesson's checks.

use crate::api::meta::ResourceVersion;
use crate::apiserver::store::ChangeKind as StoreChange;
use crate::base::Time;
use crate::course::checker::Checker;
use crate::course::world::{ChangeKind, Happening};
use crate::session::Session;

/// How far a session has been passed on.
#[derive(Default)]
pub struct Feed {
    version: ResourceVersion,
    block: u64,
}

impl Feed {
    /// Feeds the news in the order of their instants. Answers whether a goal turned green.
    pub fn pass_on(&mut self, session: &Session, checker: &mut Checker) -> bool {
        let mut news: Vec<(Time, Happening)> = Vec::new();
        self.changes(session, checker, &mut news);
        self.commands(session, &mut news);
        // Changes come before the commands of the same instant: a command ends after what it did.
        news.sort_by_key(|(at, _)| *at);
        let mut turned = false;
        for (at, happening) in news {
            turned |= checker.feed(at, happening);
        }
        turned
    }

    fn changes(&mut self, session: &Session, checker: &Checker, news: &mut Vec<(Time, Happening)>) {
        let api = session.cluster().api();
        // A version that the store no longer knows means that the page has slept through history: go on from now.
        let Ok(changes) = api.changes_since(self.version) else {
            self.version = api.version();
            return;
        };
        for change in changes.filter(|change| checker.wants(change.object.kind().as_str())) {
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
            let (line, output) = (block.command.clone(), block.streams_text());
            news.push((session.now(), Happening::Command { line, exit_code, output }));
        }
    }
}
