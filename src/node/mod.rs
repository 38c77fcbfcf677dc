//! Nodes: the scheduler that places pods on them and the kubelets that run their containers.

pub mod backoff;
pub mod create;
pub mod kubelet;
pub mod lifecycle;
pub mod phase;
pub mod resources;
pub mod scheduler;

pub use create::{NodeOptions, create_node};
pub use kubelet::{ComputationKey, ExecError, Kubelet, Lives, LogError, LogLine, Stream, Usage};
pub use lifecycle::NodeLifecycle;
pub use scheduler::Scheduler;
