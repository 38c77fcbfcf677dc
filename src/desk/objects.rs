//! Which Jobs and pods the page has, and as what: only changed ones are told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::views;
use crate::api::Kind;
use crate::api::core::Pod;
use crate::api::meta::ResourceVersion;
use crate::api::object::Object;
use crate::apiserver::{ApiServer, ChangeKind};
use crate::base::{Time, Timestamp, sorted};
use crate::protocol::Change;
use crate::protocol::views::{Bar, JobView, PodView};

/// Above this many pods the newest ones are shown.
const PODS_SHOWN_MAX: usize = 200;
/// Bars of pods, living and gone, that are kept.
const BARS_MAX: usize = 200;

#[derive(Default)]
pub struct Objects {
    /// `None` before the first look.
    seen: Option<ResourceVersion>,
    jobs: BTreeMap<String, JobView>,
    /// Every living pod, by uid.
    pods: BTreeMap<String, PodView>,
    /// The same in the order of their births.
    order: BTreeSet<(Timestamp, String, String)>,
    shown: BTreeMap<String, PodView>,
    left_out: usize,
    bars: BTreeMap<(Time, String, String), Bar>,
    /// Pods that were told as they were born: what became of them meanwhile is told in the next frame.
    newborn: BTreeMap<String, Fate>,
}

/// A pod as it is now; `None` when it is gone, since the instant.
type Fate = (Option<Arc<Pod>>, Time);

impl Objects {
    pub fn tell(&mut self, api: &ApiServer, now: Time, changes: &mut Vec<Change>) {
        if self.seen == Some(api.version()) && self.newborn.is_empty() {
            return;
        }
        let mut fates = std::mem::take(&mut self.newborn);
        let known = self.seen.and_then(|seen| api.changes_since(seen).ok());
        match known {
            Some(news) => self.read_news(news, &mut fates, changes),
            // The first look, or a version that the store no longer knows: all is told as it is.
            None => self.read_all(api, now, &mut fates, changes),
        }
        self.seen = Some(api.version());
        for (uid, (pod, at)) in fates {
            self.take_in(&uid, pod.as_deref(), at, changes);
        }
        self.tell_shown(changes);
    }

    fn read_news<'a>(
        &mut self,
        news: impl Iterator<Item = &'a crate::apiserver::Change>,
        fates: &mut BTreeMap<String, Fate>,
        changes: &mut Vec<Change>,
    ) {
        let mut jobs = BTreeMap::new();
        let mut births = BTreeMap::new();
        for change in news {
            let living = change.kind != ChangeKind::Deleted;
            match &change.object {
                Object::Job(job) => {
                    jobs.insert(job.metadata.uid.clone(), living.then_some(job));
                }
                Object::Pod(pod) => {
                    let uid = &pod.metadata.uid;
                    if change.kind == ChangeKind::Added {
                        births.insert(uid.clone(), (pod.clone(), change.at));
                    } else if births.contains_key(uid) {
                        self.newborn.insert(uid.clone(), (living.then(|| pod.clone()), change.at));
                        continue;
                    }
                    fates.insert(uid.clone(), (living.then(|| pod.clone()), change.at));
                }
                _ => {}
            }
        }
        for (uid, job) in jobs {
            self.tell_job(uid, job.map(|job| views::job_view(job)), changes);
        }
    }

    fn read_all(
        &mut self,
        api: &ApiServer,
        now: Time,
        fates: &mut BTreeMap<String, Fate>,
        changes: &mut Vec<Change>,
    ) {
        fates.extend(self.pods.keys().map(|uid| (uid.clone(), (None, now))));
        for object in api.list(Kind::Pod, None) {
            if let Object::Pod(pod) = object {
                fates.insert(pod.metadata.uid.clone(), (Some(pod.clone()), now));
            }
        }
        let mut jobs: BTreeMap<String, Option<JobView>> =
            sorted::collect(self.jobs.keys().map(|uid| (uid.clone(), None)));
        for object in api.list(Kind::Job, None) {
            if let Object::Job(job) = object {
                jobs.insert(job.metadata.uid.clone(), Some(views::job_view(job)));
            }
        }
        for (uid, job) in jobs {
            self.tell_job(uid, job, changes);
        }
    }

    fn tell_job(&mut self, uid: String, job: Option<JobView>, changes: &mut Vec<Change>) {
        match job {
            Some(view) if self.jobs.get(&uid) != Some(&view) => {
                self.jobs.insert(uid, view.clone());
                changes.push(Change::Job(view));
            }
            None if self.jobs.remove(&uid).is_some() => changes.push(Change::Gone(uid)),
            _ => {}
        }
    }

    fn take_in(&mut self, uid: &str, pod: Option<&Pod>, at: Time, changes: &mut Vec<Change>) {
        let Some(pod) = pod else {
            if let Some(view) = self.pods.remove(uid) {
                self.order.remove(&(view.created, view.name.clone(), view.uid.clone()));
                let key = (view.created.to_time(), view.short_name, view.uid);
                if let Some(bar) = self.bars.get_mut(&key) {
                    bar.removed = Some(at);
                    changes.push(Change::Bar(bar.clone()));
                }
            }
            return;
        };
        let view = views::pod_view(pod);
        let mut bar = views::bar(pod, view.look, view.short_name.clone());
        let key = (bar.created, bar.short_name.clone(), bar.uid.clone());
        let known = self.bars.get(&key);
        // After a second restart the pod itself no longer tells of its first start.
        bar.started = known.and_then(|known| known.started).or(bar.started);
        if known != Some(&bar) {
            changes.push(Change::Bar(bar.clone()));
            self.bars.insert(key, bar);
            if self.bars.len() > BARS_MAX {
                self.bars.pop_first();
            }
        }
        self.order.insert((view.created, view.name.clone(), view.uid.clone()));
        self.pods.insert(uid.to_owned(), view);
    }

    /// Tells the newest pods, and which of those that were shown no longer are.
    fn tell_shown(&mut self, changes: &mut Vec<Change>) {
        let newest: Vec<&String> =
            self.order.iter().rev().take(PODS_SHOWN_MAX).map(|(_, _, uid)| uid).collect();
        let stays: BTreeSet<&String> = sorted::collect(newest.iter().copied());
        self.shown.retain(|uid, _| {
            let stays = stays.contains(uid);
            if !stays {
                changes.push(Change::Gone(uid.clone()));
            }
            stays
        });
        for uid in newest.into_iter().rev() {
            let Some(view) = self.pods.get(uid) else { continue };
            if self.shown.get(uid) != Some(view) {
                self.shown.insert(uid.clone(), view.clone());
                changes.push(Change::Pod(view.clone()));
            }
        }
        let left_out = self.order.len() - self.shown.len();
        if left_out != self.left_out {
            self.left_out = left_out;
            changes.push(Change::LeftOut(left_out));
        }
    }
}
