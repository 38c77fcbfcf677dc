//! Faults that a learner, a lesson or a simulation can cause. Their text form stands in command logs.

use std::fmt;
use std::str::FromStr;

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The container's first process gets SIGKILL from outside.
    KillContainer {
        namespace: String,
        pod: String,
        container: String,
    },
    /// The machine stops answering; its kubelet no longer acts.
    NodeLost {
        node: String,
    },
    NodeBack {
        node: String,
    },
    /// Everything on the node takes `percent` of its usual time.
    NodeSlow {
        node: String,
        percent: u32,
    },
    /// Image pulls fail while the registry is down.
    RegistryDown,
    RegistryBack,
    /// The next `count` writes of controllers are refused with a conflict.
    ApiConflicts {
        count: u32,
    },
    /// The controller manager restarts: what it kept in memory is lost.
    ControllerRestart,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::KillContainer { namespace, pod, container } => {
                write!(f, "kill {namespace} {pod} {container}")
            }
            Fault::NodeLost { node } => write!(f, "node-lost {node}"),
            Fault::NodeBack { node } => write!(f, "node-back {node}"),
            Fault::NodeSlow { node, percent } => write!(f, "node-slow {node} {percent}"),
            Fault::RegistryDown => f.write_str("registry-down"),
            Fault::RegistryBack => f.write_str("registry-back"),
            Fault::ApiConflicts { count } => write!(f, "api-conflicts {count}"),
            Fault::ControllerRestart => f.write_str("controller-restart"),
        }
    }
}

/// The text is not a fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("unknown fault")]
pub struct UnknownFault;

impl FromStr for Fault {
    type Err = UnknownFault;

    fn from_str(text: &str) -> Result<Fault, UnknownFault> {
        let words: Vec<&str> = text.split(' ').collect();
        let owned = |word: &str| word.to_owned();
        let number = |word: &str| word.parse().map_err(|_| UnknownFault);
        Ok(match words.as_slice() {
            ["kill", namespace, pod, container] => Fault::KillContainer {
                namespace: owned(namespace),
                pod: owned(pod),
                container: owned(container),
            },
            ["node-lost", node] => Fault::NodeLost { node: owned(node) },
            ["node-back", node] => Fault::NodeBack { node: owned(node) },
            ["node-slow", node, percent] => Fault::NodeSlow { node: owned(node), percent: number(percent)? },
            ["registry-down"] => Fault::RegistryDown,
            ["registry-back"] => Fault::RegistryBack,
            ["api-conflicts", count] => Fault::ApiConflicts { count: number(count)? },
            ["controller-restart"] => Fault::ControllerRestart,
            _ => return Err(UnknownFault),
        })
    }
}
