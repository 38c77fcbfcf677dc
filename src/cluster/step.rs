//! The loop of the world: deliver changes, run what is due, jump to the next instant.

use super::{Advance, Cluster, ROUNDS_PER_INSTANT_MAX};
use crate::base::Time;

impl Cluster {
    /// The next instant at which something happens; `None` when the world is at rest. The expiry of old events is
    /// not counted: nobody waits for it.
    pub fn next_event_at(&self) -> Option<Time> {
        if self.api.version() != self.seen {
            return Some(self.now());
        }
        let kubelets = self.kubelets.iter().map(|kubelet| kubelet.next_wake());
        let others = [
            self.garbage_collector.next_wake(),
            self.namespaces.next_wake(),
            self.job.next_wake(),
            self.cron_job.next_wake(),
            self.ttl.next_wake(),
            self.pod_gc.next_wake(),
            self.scheduler.next_wake(),
            self.node_lifecycle.next_wake(),
            self.plan.next_wake(),
        ];
        others.into_iter().chain(kubelets).flatten().min().map(|wake| wake.max(self.now()))
    }

    /// The next instant at which any component has something to do.
    fn next_wake(&self) -> Option<Time> {
        let expiry = self.event_leases.next_wake().map(|wake| wake.max(self.now()));
        [self.next_event_at(), expiry].into_iter().flatten().min()
    }

    /// Lets time pass up to `until`, event by event. Stops where an answer is due that has not come.
    pub fn advance_to(&mut self, until: Time) -> Advance {
        loop {
            self.settle();
            if let Some((computation, at)) = self.awaited() {
                return Advance::Held { at, computation };
            }
            let next = self.next_wake().filter(|next| *next <= until);
            let Some(next) = next else {
                if until > self.now() {
                    self.api.set_now(until);
                }
                return Advance::Reached;
            };
            self.api.set_now(next);
        }
    }

    /// Does everything that is due at this instant.
    pub fn settle(&mut self) {
        for _ in 0..ROUNDS_PER_INSTANT_MAX {
            self.deliver();
            if !self.run_due() && self.api.version() == self.seen {
                return;
            }
        }
        panic!("the components never come to rest at {}", self.now().to_timestamp());
    }

    /// Shows every component the changes since the last delivery.
    fn deliver(&mut self) {
        let unseen = self
            .api
            .changes_since(self.seen)
            .expect("the cluster reads changes long before they are dropped");
        let mut changes = std::mem::take(&mut self.delivery);
        changes.extend(unseen.cloned());
        self.seen = self.api.version();
        self.api.seen_up_to(self.seen);
        let now = self.now();
        self.hash_changes(&changes);
        // Each component takes in all changes before the next one does: its code and data stay at hand.
        changes.iter().for_each(|change| self.garbage_collector.observe(change, now));
        changes.iter().for_each(|change| self.namespaces.observe(change, now));
        changes.iter().for_each(|change| self.event_leases.observe(change, now));
        changes.iter().for_each(|change| self.job.observe(change, now));
        changes.iter().for_each(|change| self.cron_job.observe(change, now));
        changes.iter().for_each(|change| self.ttl.observe(change, now));
        changes.iter().for_each(|change| self.pod_gc.observe(change, now));
        changes.iter().for_each(|change| self.scheduler.observe(change, now));
        changes.iter().for_each(|change| self.node_lifecycle.observe(change, now));
        changes.iter().for_each(|change| self.plan.observe(change));
        for change in &changes {
            self.kubelets.iter_mut().for_each(|kubelet| kubelet.observe(change, now));
        }
        changes.clear();
        self.delivery = changes;
    }

    /// Runs each component that has something due, once. Answers whether any had.
    fn run_due(&mut self) -> bool {
        let now = self.now();
        let due = |wake: Option<Time>| wake.is_some_and(|wake| wake <= now);
        let mut ran = false;
        for fault in self.plan.take_due(now) {
            let _ = self.cause(&fault);
            ran = true;
        }
        let mut decisions = Vec::new();
        /// Runs a component that is due; controllers also tell why.
        macro_rules! run {
            ($component:expr $(, $decisions:expr)?) => {
                if due($component.next_wake()) {
                    $component.run(&mut self.api $(, $decisions)?);
                    ran = true;
                }
            };
        }
        // Nodes come first: what happens there at this instant reaches the controllers before they decide, as it
        // does where every controller waits for its watch.
        for kubelet in &mut self.kubelets {
            run!(kubelet);
        }
        if ran {
            return true;
        }
        run!(self.garbage_collector);
        run!(self.namespaces);
        run!(self.event_leases);
        run!(self.cron_job, &mut decisions);
        run!(self.job, &mut decisions);
        run!(self.ttl, &mut decisions);
        run!(self.pod_gc);
        run!(self.node_lifecycle);
        run!(self.scheduler);
        self.keep_decisions(decisions);
        ran
    }
}
