//! The scheduler: binds each pod to the node that suits it best, or says why none does.

mod filters;
mod neighbours;
#[cfg(test)]
mod tests;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub use filters::{NodeInfo, Refusal, Rejection, tolerates};
use neighbours::Neighbours;

use crate::api::core::{Pod, PodCondition, PodSpec, pod_condition};
use crate::api::meta::ConditionStatus;
use crate::api::{Kind, Object, Shared};
use crate::apiserver::events::event_type;
use crate::apiserver::pods::set_condition;
use crate::apiserver::{ApiServer, Change, ChangeKind, EventRecorder, ObjectKey, Subresource};
use crate::base::{Digest, Duration, Time, sorted};

const COMPONENT: &str = "default-scheduler";
/// Waits between the attempts for one pod: 1 s doubling to 10 s.
const RETRY_INITIAL: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(10);
/// Pods that nothing woke are tried again after this long.
const RETRY_ANYWAY: Duration = Duration::from_secs(300);

/// A pod that no node takes at present.
#[derive(Clone, Debug)]
struct Waiting {
    attempts: u32,
    last_attempt: Time,
    retry_at: Time,
    /// Pods of one owner are alike: only the first of them is tried when room appears.
    group: String,
    order: u64,
    pod: Arc<Pod>,
    /// Whether a node lacks something for it; otherwise only its neighbours keep it away.
    crowded: bool,
}

/// Why no node takes a pod.
#[derive(Clone, Debug)]
struct Unfit {
    message: String,
    crowded: bool,
    lacks_room: bool,
}

#[derive(Clone, Debug)]
pub struct Scheduler {
    recorder: EventRecorder,
    nodes: BTreeMap<String, NodeInfo>,
    /// Pods that take room on a node, by namespace and name, with that node.
    assigned: BTreeMap<Digest, (String, Shared<PodSpec>)>,
    /// Those of them that keep others away.
    repelling: BTreeSet<Digest>,
    /// Pods to look at now, in the order in which they came.
    active: Vec<ObjectKey>,
    waiting: BTreeMap<ObjectKey, Waiting>,
    /// Those of them that lack room and were tried just once.
    tried_once: BTreeSet<ObjectKey>,
    groups: BTreeMap<String, BTreeMap<u64, ObjectKey>>,
    next_order: u64,
    retries: BTreeSet<(Time, ObjectKey)>,
    now: Time,
}

impl Default for Scheduler {
    fn default() -> Scheduler {
        Scheduler::new()
    }
}

impl Scheduler {
    pub fn new() -> Scheduler {
        Scheduler {
            recorder: EventRecorder::new(COMPONENT),
            nodes: BTreeMap::new(),
            assigned: BTreeMap::new(),
            repelling: BTreeSet::new(),
            active: Vec::new(),
            waiting: BTreeMap::new(),
            tried_once: BTreeSet::new(),
            groups: BTreeMap::new(),
            next_order: 0,
            retries: BTreeSet::new(),
            now: Time::default(),
        }
    }

    pub fn observe(&mut self, change: &Change, now: Time) {
        self.now = now;
        match &change.object {
            Object::Node(node) => {
                let name = &node.metadata.name;
                if change.kind == ChangeKind::Deleted {
                    self.nodes.remove(name);
                    return;
                }
                let added = !self.nodes.contains_key(name);
                let info = self.nodes.entry(name.clone()).or_insert_with(|| NodeInfo::new(Arc::clone(node)));
                let relevant = added || matters(&info.node, node);
                info.node = Arc::clone(node);
                info.refresh();
                if relevant {
                    let name = name.clone();
                    self.wake_waiting(&name, |_| true, now);
                }
            }
            Object::Pod(pod) if !keeps_its_place(change, pod) => self.observe_pod(change.kind, pod, now),
            _ => {}
        }
    }

    fn observe_pod(&mut self, change: ChangeKind, pod: &Arc<Pod>, now: Time) {
        let key = ObjectKey::new(&pod.metadata.namespace, &pod.metadata.name);
        if change == ChangeKind::Deleted || pod.is_terminal() {
            self.forget_waiting(&key);
            if let Some(node) = self.release(&key) {
                self.wake_waiting(&node, |waiting| waiting.crowded, now);
                self.wake_neighbours(pod, false, now);
                self.try_a_second_time(now);
            }
        } else if !pod.spec.node_name.is_empty() {
            self.forget_waiting(&key);
            self.assign(&key, &pod.spec.node_name, &pod.spec);
            self.wake_neighbours(pod, true, now);
        } else if change == ChangeKind::Added {
            self.active.push(key);
        } else if !self.waiting.contains_key(&key) {
            if !self.active.contains(&key) {
                self.active.push(key);
            }
        } else if is_gated(pod) || pod.metadata.is_deleting() {
            self.forget_waiting(&key);
        }
    }

    fn assign(&mut self, key: &ObjectKey, node: &str, spec: &Shared<PodSpec>) {
        let Entry::Vacant(entry) = self.assigned.entry(digest(key)) else { return };
        if let Some(info) = self.nodes.get_mut(node) {
            info.add_pod(spec);
        }
        if neighbours::repels(spec) {
            self.repelling.insert(digest(key));
        }
        entry.insert((node.to_owned(), spec.clone()));
    }

    fn release(&mut self, key: &ObjectKey) -> Option<String> {
        let (node, spec) = self.assigned.remove(&digest(key))?;
        self.repelling.remove(&digest(key));
        if let Some(info) = self.nodes.get_mut(&node) {
            info.remove_pod(&spec);
        }
        Some(node)
    }

    fn forget_waiting(&mut self, key: &ObjectKey) {
        let Some(waiting) = self.waiting.remove(key) else { return };
        self.tried_once.remove(key);
        self.retries.remove(&(waiting.retry_at, key.clone()));
        if let Some(group) = self.groups.get_mut(&waiting.group) {
            group.remove(&waiting.order);
            if group.is_empty() {
                self.groups.remove(&waiting.group);
            }
        }
    }

    /// There may be room on a node now: of each group that fits there, the first pod is tried again.
    // Models pkg/scheduler/backend/queue/scheduling_queue.go MoveAllToActiveOrBackoffQueue with its queueing hints
    fn wake_waiting(&mut self, node: &str, may: impl Fn(&Waiting) -> bool, now: Time) {
        let Some(info) = self.nodes.get(node) else { return };
        let woken = self.firsts_that(|waiting| may(waiting) && info.refusal(&waiting.pod.spec).is_none());
        for key in woken {
            self.wake(&key, now);
        }
    }

    /// A pod that leaves makes all try again that lack room, however much. Only the first repetition is to be seen:
    /// after that the series of the event is written no more, and those that do not fit need no further attempts.
    // Models pkg/scheduler/framework/plugins/noderesources/fit.go isSchedulableAfterPodEvent
    fn try_a_second_time(&mut self, now: Time) {
        for key in std::mem::take(&mut self.tried_once) {
            self.wake(&key, now);
        }
    }

    /// A pod came to a node or left it: those that wait for company or for solitude try again.
    fn wake_neighbours(&mut self, other: &Pod, came: bool, now: Time) {
        let woken =
            self.firsts_that(|waiting| !waiting.crowded && neighbours::concerns(&waiting.pod, other, came));
        for key in woken {
            self.wake(&key, now);
        }
    }

    fn firsts_that(&self, test: impl Fn(&Waiting) -> bool) -> Vec<ObjectKey> {
        let firsts = self.groups.values().filter_map(|group| group.values().next());
        firsts.filter(|key| self.waiting.get(key).is_some_and(&test)).cloned().collect()
    }

    /// Tries a waiting pod as soon as its back-off allows.
    fn wake(&mut self, key: &ObjectKey, now: Time) {
        let Some(waiting) = self.waiting.get_mut(key) else { return };
        let retry_at = now.max(waiting.last_attempt + retry_delay(waiting.attempts));
        if retry_at < waiting.retry_at {
            self.retries.remove(&(waiting.retry_at, key.clone()));
            waiting.retry_at = retry_at;
            self.retries.insert((retry_at, key.clone()));
        }
    }

    pub fn next_wake(&self) -> Option<Time> {
        if !self.active.is_empty() {
            return Some(self.now);
        }
        self.retries.first().map(|(at, _)| *at)
    }

    /// Tries every pod that is due.
    pub fn run(&mut self, api: &mut ApiServer) {
        self.now = api.now();
        let mut due = std::mem::take(&mut self.active);
        let mut woken = Vec::new();
        while let Some((at, key)) = self.retries.first().filter(|(at, _)| *at <= self.now).cloned() {
            self.retries.remove(&(at, key.clone()));
            woken.push(key);
        }
        // Those that wait longest come first.
        sorted::sort_by_cached_key(&mut woken, |key| {
            api.find(Kind::Pod, key).map(|pod| pod.metadata().creation_timestamp)
        });
        due.splice(0..0, woken);
        // Pods of one owner are alike: where one does not fit, its siblings need no search of their own.
        let mut refused: BTreeMap<String, Unfit> = BTreeMap::new();
        for key in due {
            self.schedule(api, key, &mut refused);
        }
    }

    // Models pkg/scheduler/schedule_one.go schedulingCycle
    fn schedule(&mut self, api: &mut ApiServer, key: ObjectKey, refused: &mut BTreeMap<String, Unfit>) {
        let Some(Object::Pod(pod)) = api.find(Kind::Pod, &key).cloned() else {
            self.forget_waiting(&key);
            return;
        };
        let mine = matches!(pod.spec.scheduler_name.as_str(), "" | COMPONENT);
        let open = pod.spec.node_name.is_empty() && !pod.metadata.is_deleting() && !pod.is_terminal();
        if !mine || !open || is_gated(&pod) {
            self.forget_waiting(&key);
            return;
        }
        let owner = group_of(&pod);
        if let Some(unfit) = refused.get(&owner).cloned() {
            return self.refuse(api, key, &pod, &unfit);
        }
        match self.best_node(api, &pod) {
            Ok(node) => self.bind(api, key, &pod, &node),
            Err(unfit) => {
                self.refuse(api, key, &pod, &unfit);
                refused.insert(owner, unfit);
            }
        }
    }

    /// The node to take, or why there is none.
    fn best_node(&self, api: &ApiServer, pod: &Pod) -> Result<String, Unfit> {
        let spec = &pod.spec;
        if self.nodes.is_empty() {
            return Err(Unfit {
                message: "no nodes available to schedule pods".to_owned(),
                crowded: true,
                lacks_room: false,
            });
        }
        if let Some(claim) = first_claim(spec) {
            // Claims are not simulated: none is ever found.
            let total = self.nodes.len();
            let message = format!(
                "0/{total} nodes are available: persistentvolumeclaim \"{claim}\" not found. no new claims to \
                 deallocate, preemption: 0/{total} nodes are available: {total} Preemption is not helpful for \
                 scheduling."
            );
            return Err(Unfit { message, crowded: true, lacks_room: false });
        }
        let neighbours = self.neighbours(api, pod);
        let mut refusals = Vec::new();
        let (mut fitting, mut kept_away) = (Vec::new(), 0);
        for info in self.nodes.values() {
            if let Some(refusal) = info.refusal(spec) {
                refusals.push(refusal);
            } else if let Some(refusal) = neighbours.as_ref().and_then(|it| it.refusal(&info.node)) {
                kept_away += 1;
                refusals.push(refusal);
            } else {
                fitting.push(info);
            }
        }
        let liked = neighbours::preferences(spec, neighbours.as_ref(), fitting.iter().copied());
        let rank = |info: &NodeInfo| {
            let name = info.node.metadata.name.as_str();
            let points = info.score(spec) + liked.get(name).copied().unwrap_or(0);
            (info.discouraging_taints(spec), -points, info.pods)
        };
        // The first of equal ones, by name.
        let best = fitting.iter().min_by_key(|info| rank(info)).map(|info| info.node.metadata.name.clone());
        best.ok_or_else(|| Unfit {
            message: fit_error(&refusals),
            crowded: kept_away < refusals.len(),
            lacks_room: refusals.iter().any(Refusal::is_of_room),
        })
    }

    fn neighbours(&self, api: &ApiServer, pod: &Pod) -> Option<Neighbours> {
        if !neighbours::matter(&pod.spec, !self.repelling.is_empty()) {
            return None;
        }
        Some(Neighbours::of(pod, api, &self.nodes))
    }

    fn bind(&mut self, api: &mut ApiServer, key: ObjectKey, pod: &Arc<Pod>, node: &str) {
        let waited = self.waiting.get(&key).map(|waiting| waiting.group.clone());
        self.forget_waiting(&key);
        if api.bind(&key, node).is_err() {
            return;
        }
        // Where one fitted, the next of its kind may fit too.
        let next = waited.and_then(|group| self.groups.get(&group)?.values().next().cloned());
        if let Some(next) = next {
            self.wake(&next, self.now);
        }
        self.assign(&key, node, &pod.spec);
        let meta = &pod.metadata;
        let note = format!("Successfully assigned {}/{} to {node}", meta.namespace, meta.name);
        let regarding = Object::Pod(Arc::clone(pod));
        self.recorder.action_event(api, &regarding, event_type::NORMAL, "Scheduled", "Binding", &note);
    }

    fn wait_again(&mut self, key: &ObjectKey, pod: &Arc<Pod>, unfit: &Unfit) {
        let before = self.waiting.get(key).map(|waiting| (waiting.attempts, waiting.order));
        self.forget_waiting(key);
        let (attempts, order) = before.unwrap_or_else(|| {
            self.next_order += 1;
            (0, self.next_order)
        });
        let group = group_of(pod);
        let retry_at = self.now + RETRY_ANYWAY;
        self.retries.insert((retry_at, key.clone()));
        self.groups.entry(group.clone()).or_default().insert(order, key.clone());
        let (attempts, pod) = (attempts + 1, Arc::clone(pod));
        if attempts == 1 && unfit.lacks_room {
            self.tried_once.insert(key.clone());
        }
        let crowded = unfit.crowded;
        let waiting = Waiting { attempts, last_attempt: self.now, retry_at, group, order, pod, crowded };
        self.waiting.insert(key.clone(), waiting);
    }

    // Models pkg/scheduler/schedule_one.go handleSchedulingFailure
    fn refuse(&mut self, api: &mut ApiServer, key: ObjectKey, pod: &Arc<Pod>, unfit: &Unfit) {
        let message = unfit.message.as_str();
        self.wait_again(&key, pod, unfit);
        let regarding = Object::Pod(Arc::clone(pod));
        let reason = "FailedScheduling";
        self.recorder.action_event(api, &regarding, event_type::WARNING, reason, "Scheduling", message);
        let condition = PodCondition {
            condition_type: pod_condition::SCHEDULED.to_owned(),
            status: ConditionStatus::False,
            observed_generation: pod.metadata.generation,
            reason: "Unschedulable".to_owned(),
            message: message.to_owned(),
            ..PodCondition::default()
        };
        let now = self.now.to_timestamp();
        // A pod that went away meanwhile needs no condition.
        let _ = api.patch(Kind::Pod, &key, Subresource::Status, |object| {
            if let Object::Pod(pod) = object {
                set_condition(Arc::make_mut(pod), condition, now);
            }
        });
    }
}

fn digest(key: &ObjectKey) -> Digest {
    Digest::of(&[&key.namespace, &key.name])
}

/// Whether a change leaves a pod on its node, running as before: most changes are of that sort.
pub fn keeps_its_place(change: &Change, pod: &Pod) -> bool {
    let Some(Object::Pod(before)) = change.previous.as_ref().filter(|_| change.kind == ChangeKind::Modified)
    else {
        return false;
    };
    let bound = !pod.spec.node_name.is_empty() && pod.spec.node_name == before.spec.node_name;
    bound && pod.is_terminal() == before.is_terminal()
}

/// The owner's uid; a pod without owner is a group of its own.
fn group_of(pod: &Pod) -> String {
    pod.metadata.controller().map_or_else(|| pod.metadata.uid.clone(), |owner| owner.uid.clone())
}

/// The name of the first volume claim that the pod mounts.
fn first_claim(spec: &PodSpec) -> Option<&str> {
    spec.volumes.iter().find_map(|volume| volume.rest.get("persistentVolumeClaim")?["claimName"].as_str())
}

fn is_gated(pod: &Pod) -> bool {
    pod.spec.scheduling_gates.as_array().is_some_and(|gates| !gates.is_empty())
}

/// Whether a change of a node can make a pod fit that did not.
fn matters(old: &crate::api::core::Node, new: &crate::api::core::Node) -> bool {
    old.spec != new.spec
        || old.metadata.labels != new.metadata.labels
        || old.status.allocatable != new.status.allocatable
}

fn retry_delay(attempts: u32) -> Duration {
    let doubled = RETRY_INITIAL.as_millis() << attempts.saturating_sub(1).min(10);
    RETRY_MAX.min(Duration::from_millis(doubled))
}

/// The text of `FailedScheduling`.
// Models pkg/scheduler/framework/types.go FitError.Error and pkg/scheduler/framework/preemption/preemption.go
fn fit_error(refusals: &[Refusal]) -> String {
    let total = refusals.len();
    let reasons = histogram(refusals.iter().flat_map(|refusal| refusal.reasons.iter().map(String::as_str)));
    let preemption = histogram(refusals.iter().map(|refusal| match refusal.unresolvable {
        true => "Preemption is not helpful for scheduling",
        false => "No preemption victims found for incoming pod",
    }));
    format!(
        "0/{total} nodes are available: {reasons}. no new claims to deallocate, \
         preemption: 0/{total} nodes are available: {preemption}."
    )
}

/// `2 Insufficient cpu, 1 node(s) were unschedulable`, in the order of the texts.
fn histogram<'a>(reasons: impl Iterator<Item = &'a str>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in reasons {
        *counts.entry(reason).or_insert(0) += 1;
    }
    let mut texts: Vec<String> = counts.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    sorted::sort(&mut texts);
    texts.join(", ")
}
