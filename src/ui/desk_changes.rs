//! Takes over what the cluster's module tells. Signals are set outside every borrow: setting may run code that reads
//! the desk.

use leptos::prelude::*;

use super::desk::{Desk, JobSignals, set_if_changed};
use crate::base::sorted;
use crate::protocol::Change;
use crate::protocol::views::{Bar, JobView, PodView};

/// Decisions that the "Почему?" panel keeps.
const DECISIONS_SHOWN_MAX: usize = 60;
/// Bars of the timeline that are kept.
const BARS_MAX: usize = 200;

/// What the changes of one call have touched, to be settled once at its end.
#[derive(Default)]
struct Touched {
    objects: bool,
    bars: bool,
}

impl Desk {
    pub(super) fn take_over(&self, changes: Vec<Change>) {
        let mut touched = Touched::default();
        for change in changes {
            self.take(change, &mut touched);
        }
        if touched.objects {
            self.list_objects();
            self.version.update(|version| *version += 1);
        }
        if touched.bars {
            self.bars.set(self.with(|inner| inner.bars.clone()));
        }
        set_if_changed(self.terminal_revision, self.with_screen(|screen, _| screen.revision));
    }

    fn take(&self, change: Change, touched: &mut Touched) {
        match change {
            Change::Began => {
                self.forget_run();
                *touched = Touched { objects: true, bars: true };
            }
            // Whoever opens a record asks for it.
            Change::Refused(_) => {}
            Change::Clock(clock) => self.clock.set(clock),
            Change::Now(now) => self.seconds.set(now.to_timestamp().as_secs() as u64),
            Change::Busy(busy) => {
                self.wanted.set(String::new());
                set_if_changed(self.busy, busy);
            }
            Change::Prompt(prompt) => self.prompt.set(prompt),
            Change::Job(view) => {
                touched.objects = true;
                self.take_job(view);
            }
            Change::Pod(view) => {
                touched.objects = true;
                self.take_pod(view);
            }
            Change::Gone(uid) => {
                touched.objects = true;
                self.with(|inner| {
                    inner.pods.retain(|pod| pod.with_untracked(|pod| pod.uid != uid));
                    inner.jobs.retain(|job| job.view.with_untracked(|job| job.uid != uid));
                });
            }
            Change::LeftOut(count) => self.left_out.set(count as u64),
            Change::Bar(bar) => {
                touched.bars = true;
                self.take_bar(bar);
            }
            Change::Decision(decision) => self.decisions.update(|shown| {
                shown.push(decision);
                let surplus = shown.len().saturating_sub(DECISIONS_SHOWN_MAX);
                shown.drain(..surplus);
            }),
            Change::File { name, text: Some(text) } => self.files.update(|files| {
                files.insert(name, text);
            }),
            Change::File { name, text: None } => self.files.update(|files| {
                files.remove(&name);
            }),
            Change::OpenEditor { file, text } => self.opened.update(|opened| opened.push((file, text))),
            Change::Goals(rows) => self.goals.set(rows),
            Change::Variants(rows) => self.variants.set(rows),
            Change::Remarks(rows) => self.remarks.set(rows),
            other => self.take_quietly(other),
        }
    }

    /// What is kept beside the signals.
    fn take_quietly(&self, change: Change) {
        self.with(|inner| match change {
            Change::Block { id, command } => inner.screen.begin(id, command),
            Change::Lines { block, from, lines } => inner.screen.print(block, from, lines),
            Change::BlockGone(id) => inner.screen.remove(id),
            Change::Entered(line) => inner.history.push(line),
            Change::Start { id, request } => inner.workers.start(id, request),
            Change::Cancel { id } => inner.workers.cancel(id),
            _ => {}
        });
    }

    fn forget_run(&self) {
        self.stop_computing();
        self.unsaved.set(None);
        self.with(|inner| {
            inner.pods.clear();
            inner.jobs.clear();
            inner.bars.clear();
            inner.names.clear();
            inner.history.clear();
            inner.screen.blocks.clear();
            inner.screen.revision += 1;
        });
        self.decisions.set(Vec::new());
        self.files.set(Default::default());
        self.opened.set(Vec::new());
        self.goals.set(Vec::new());
        self.variants.set(Vec::new());
        self.remarks.set(Vec::new());
        self.left_out.set(0);
        self.chosen.set(None);
        self.run.update(|run| *run += 1);
    }

    fn take_pod(&self, view: PodView) {
        if let Some(signal) = self.pod(&view.uid) {
            return signal.set(view);
        }
        self.with(|inner| {
            inner.names.insert(view.name.clone());
            sorted::insert(&mut inner.pods, ArcRwSignal::new(view), |a, b| {
                let age =
                    |pod: &ArcRwSignal<PodView>| pod.with_untracked(|pod| (pod.created, pod.name.clone()));
                age(a) < age(b)
            });
        });
    }

    fn take_job(&self, view: JobView) {
        if let Some(signals) = self.job(&view.uid) {
            return signals.view.set(view);
        }
        self.with(|inner| {
            inner.names.insert(view.name.clone());
            let signals = JobSignals { view: ArcRwSignal::new(view), pods: ArcRwSignal::new(Vec::new()) };
            sorted::insert(&mut inner.jobs, signals, |a, b| {
                let age = |job: &JobSignals| job.view.with_untracked(|job| (job.created, job.name.clone()));
                age(a) < age(b)
            });
        });
    }

    fn take_bar(&self, bar: Bar) {
        self.with(|inner| {
            if let Some(known) = inner.bars.iter_mut().find(|known| known.uid == bar.uid) {
                *known = bar;
                return;
            }
            sorted::insert(&mut inner.bars, bar, |a, b| {
                (a.created, &a.short_name) < (b.created, &b.short_name)
            });
            let surplus = inner.bars.len().saturating_sub(BARS_MAX);
            inner.bars.drain(..surplus);
        });
    }

    /// Jobs, pods of each Job and pods without one.
    fn list_objects(&self) {
        let (jobs, pods): (Vec<JobSignals>, Vec<PodView>) = self
            .with(|inner| (inner.jobs.clone(), inner.pods.iter().map(|pod| pod.get_untracked()).collect()));
        let uids: Vec<String> =
            jobs.iter().map(|job| job.view.with_untracked(|job| job.uid.clone())).collect();
        let uids_of = |belongs: &dyn Fn(&PodView) -> bool| -> Vec<String> {
            pods.iter().filter(|pod| belongs(pod)).map(|pod| pod.uid.clone()).collect()
        };
        for (signals, uid) in jobs.iter().zip(&uids) {
            let list = uids_of(&|pod| pod.owner == *uid);
            if signals.pods.with_untracked(|old| *old != list) {
                signals.pods.set(list);
            }
        }
        set_if_changed(self.lone_pods, uids_of(&|pod| !uids.contains(&pod.owner)));
        set_if_changed(self.jobs, uids);
    }
}
