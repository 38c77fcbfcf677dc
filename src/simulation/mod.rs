//! Random histories with checkers: Jobs drawn from a seed, edits, kills, faults; after every change Kubernetes' own
//! invariants are asserted. Native only: `sim fuzz` and the tests run it.

mod checks;
mod draw;

pub use checks::{Checkers, Violation};
pub use draw::{Action, Scenario, draw};

use crate::api::Kind;
use crate::api::meta::ResourceVersion;
use crate::apiserver::{DeleteOptions, ObjectKey, Propagation, Subresource};
use crate::base::{Duration, Random, Time};
use crate::cluster::{Advance, Cluster, ClusterOptions, Lives};

/// Virtual time that a history gets after its last action to come to rest.
const REST: Duration = Duration::from_secs(4 * 3_600);
/// The namespace of every object that a history makes.
const NAMESPACE: &str = "default";

/// What a history that held every invariant did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    pub changes: u64,
    pub finished_jobs: usize,
}

/// Plays the history of one seed.
///
/// # Errors
/// The first invariant that did not hold, with its instant.
pub fn run(seed: u64) -> Result<Summary, Violation> {
    let scenario = draw(&mut Random::new(seed));
    let options = ClusterOptions { seed, lives: Lives::Annotations, ..ClusterOptions::default() };
    let mut cluster = Cluster::new(&options);
    let mut checkers = Checkers::default();
    let mut seen = cluster.api().version();
    let begin = cluster.now();
    for (at, action) in &scenario.actions {
        advance(&mut cluster, begin + *at, &mut checkers, &mut seen)?;
        perform(&mut cluster, action);
        check(&cluster, &mut checkers, &mut seen)?;
    }
    let end = cluster.now() + REST;
    advance(&mut cluster, end, &mut checkers, &mut seen)?;
    checkers.at_rest(cluster.api())?;
    let finished =
        |object: &&crate::api::Object| matches!(object, crate::api::Object::Job(job) if job.is_finished());
    let finished_jobs = cluster.api().list(Kind::Job, None).filter(finished).count();
    Ok(Summary { changes: seen.0, finished_jobs })
}

/// Steps from event to event, so that the checkers see the store between any two of them.
fn advance(
    cluster: &mut Cluster,
    until: Time,
    checkers: &mut Checkers,
    seen: &mut ResourceVersion,
) -> Result<(), Violation> {
    loop {
        let next = cluster.next_event_at().map_or(until, |next| next.clamp(cluster.now(), until));
        let advanced = cluster.advance_to(next);
        assert!(matches!(advanced, Advance::Reached), "annotated lives compute nothing");
        check(cluster, checkers, seen)?;
        if next >= until {
            return Ok(());
        }
    }
}

fn check(cluster: &Cluster, checkers: &mut Checkers, seen: &mut ResourceVersion) -> Result<(), Violation> {
    let changes = cluster.api().changes_since(*seen).map_err(|status| Violation {
        at: cluster.now(),
        rule: "the watch keeps up",
        detail: status.message,
    })?;
    for change in changes {
        checkers.observe(change)?;
        *seen = change.version;
    }
    Ok(())
}

fn perform(cluster: &mut Cluster, action: &Action) {
    // A history may name what is already gone or what the server refuses: refusals are part of histories.
    match action {
        Action::Create(job) => {
            let decoded = crate::api::Object::decode(Kind::Job, job.clone());
            let object = decoded.expect("drawn manifests have the right types");
            let _ = cluster.api_mut().create(object);
        }
        Action::Edit { job, field, value } => {
            let key = ObjectKey::new(NAMESPACE, job);
            let _ = cluster.api_mut().patch(Kind::Job, &key, Subresource::Main, |object| {
                let crate::api::Object::Job(job) = object else { return };
                let job = std::sync::Arc::make_mut(job);
                let spec = &mut *job.spec;
                draw::edit(spec, field, *value);
            });
        }
        Action::DeleteJob { job, propagation } => {
            let options = DeleteOptions { propagation: Some(*propagation), ..DeleteOptions::default() };
            let _ = cluster.api_mut().delete(Kind::Job, &ObjectKey::new(NAMESPACE, job), &options);
        }
        Action::DeletePod { nth } => {
            let pods: Vec<ObjectKey> =
                cluster.api().list(Kind::Pod, Some(NAMESPACE)).map(ObjectKey::of).collect();
            if let Some(key) = pods.get(nth % pods.len().max(1)) {
                let _ = cluster.api_mut().delete(Kind::Pod, key, &DeleteOptions::default());
            }
        }
        Action::Fault(fault) => {
            let _ = cluster.cause(fault);
        }
    }
}

/// The default propagation of the histories' deletions.
pub const PROPAGATIONS: [Propagation; 3] =
    [Propagation::Background, Propagation::Foreground, Propagation::Orphan];
