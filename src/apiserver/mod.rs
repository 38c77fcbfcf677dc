//! The API server: the only place where objects live. Components read and write here and see each other's writes
//! as changes; nothing else connects them.

pub mod apply;
pub mod deletion;
pub mod event_leases;
pub mod events;
pub mod garbage_collector;
pub mod managers;
mod merge;
pub mod namespaces;
pub mod patch;
mod patching;
pub mod pods;
pub mod refusals;
pub mod selectors;
pub mod server;
mod siblings;
pub mod store;

pub use deletion::{DeleteOptions, Preconditions, Propagation};
pub use event_leases::EventLeases;
pub use events::EventRecorder;
pub use garbage_collector::GarbageCollector;
pub use managers::Shown;
pub use namespaces::NamespaceController;
pub use patch::PatchKind;
pub use refusals::{Refusal, Request};
pub use server::{ApiServer, CLUSTER_AGE, MODIFIED, Subresource, WriteOptions};
pub use store::{Change, ChangeKind, ObjectKey};
