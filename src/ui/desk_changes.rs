//! Takes over what the cluster's module tells. Signals are set outside every borrow: setting may run code that reads
//! the desk.

use leptos::prelude::*;

use super::desk::{Desk, JobSignals, set_if_changed};
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
            self.bars.set(self.inner.with_value(|inner| inner.bars.values().cloned().collect()));
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
            Change::Now(now) => self.now.set(now),
            Change::Busy(busy) => set_if_changed(self.busy, busy),
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
                self.inner.update_value(|inner| {
                    inner.pods.remove(&uid);
                    inner.jobs.remove(&uid);
                });
            }
            Change::LeftOut(count) => self.left_out.set(count),
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
        self.inner.update_value(|inner| match change {
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
        self.inner.update_value(|inner| {
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
        let known = self.inner.try_update_value(|inner| {
            if let Some(signal) = inner.pods.get(&view.uid) {
                return Some(signal.clone());
            }
            inner.names.insert(view.name.clone());
            inner.pods.insert(view.uid.clone(), ArcRwSignal::new(view.clone()));
            None
        });
        if let Some(Some(signal)) = known {
            signal.set(view);
        }
    }

    fn take_job(&self, view: JobView) {
        let known = self.inner.try_update_value(|inner| {
            if let Some(signals) = inner.jobs.get(&view.uid) {
                return Some(signals.view.clone());
            }
            inner.names.insert(view.name.clone());
            let signals =
                JobSignals { view: ArcRwSignal::new(view.clone()), pods: ArcRwSignal::new(Vec::new()) };
            inner.jobs.insert(view.uid.clone(), signals);
            None
        });
        if let Some(Some(signal)) = known {
            signal.set(view);
        }
    }

    fn take_bar(&self, bar: Bar) {
        self.inner.update_value(|inner| {
            inner.bars.insert((bar.created, bar.short_name.clone(), bar.uid.clone()), bar);
            if inner.bars.len() > BARS_MAX {
                inner.bars.pop_first();
            }
        });
    }

    /// Jobs, pods of each Job and pods without one, in the order of their births.
    fn list_objects(&self) {
        let (mut jobs, mut pods): (Vec<JobView>, Vec<PodView>) = self.inner.with_value(|inner| {
            let jobs = inner.jobs.values().map(|job| job.view.get_untracked()).collect();
            (jobs, inner.pods.values().map(|pod| pod.get_untracked()).collect())
        });
        jobs.sort_by(|a, b| (a.created, &a.name).cmp(&(b.created, &b.name)));
        pods.sort_by(|a, b| (a.created, &a.name).cmp(&(b.created, &b.name)));
        let uids_of = |belongs: &dyn Fn(&PodView) -> bool| -> Vec<String> {
            pods.iter().filter(|pod| belongs(pod)).map(|pod| pod.uid.clone()).collect()
        };
        for job in &jobs {
            let Some(signals) = self.job(&job.uid) else { continue };
            let list = uids_of(&|pod| pod.owner == job.uid);
            if signals.pods.with_untracked(|old| *old != list) {
                signals.pods.set(list);
            }
        }
        set_if_changed(self.lone_pods, uids_of(&|pod| jobs.iter().all(|job| job.uid != pod.owner)));
        set_if_changed(self.jobs, jobs.into_iter().map(|job| job.uid).collect());
    }
}
