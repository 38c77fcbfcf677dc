//! Quantities of CPU and memory, what pods request of them, and the quality of service that follows.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::api::core::{Container, Node, PodSpec};
use crate::api::quantity::Quantity;

/// CPU in thousandths of a core, memory in bytes; pods by their number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Resources {
    pub cpu_millis: i64,
    pub memory_bytes: i64,
    pub ephemeral_storage_bytes: i64,
}

/// A quantity in thousandths of its unit, rounded up; `None` when it is not one.
pub fn parse_millis(quantity: &Value) -> Option<i128> {
    let parsed = match quantity {
        Value::String(text) => Quantity::parse(text),
        Value::Number(number) => Quantity::parse(&number.to_string()),
        _ => return None,
    };
    parsed.ok().map(|quantity| i128::from(quantity.milli_value()))
}

fn clamp(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

pub fn cpu_millis(quantity: &Value) -> i64 {
    parse_millis(quantity).map_or(0, clamp)
}

/// Bytes of memory or storage, or any whole number.
pub fn whole(quantity: &Value) -> i64 {
    parse_millis(quantity).map_or(0, |millis| clamp((millis + 999).div_euclid(1000)))
}

fn of_map(amounts: &BTreeMap<String, Value>) -> Resources {
    let get = |name: &str| amounts.get(name);
    Resources {
        cpu_millis: get("cpu").map_or(0, cpu_millis),
        memory_bytes: get("memory").map_or(0, whole),
        ephemeral_storage_bytes: get("ephemeral-storage").map_or(0, whole),
    }
}

impl Resources {
    fn plus(self, other: Resources) -> Resources {
        Resources {
            cpu_millis: self.cpu_millis.saturating_add(other.cpu_millis),
            memory_bytes: self.memory_bytes.saturating_add(other.memory_bytes),
            ephemeral_storage_bytes: self
                .ephemeral_storage_bytes
                .saturating_add(other.ephemeral_storage_bytes),
        }
    }

    fn max(self, other: Resources) -> Resources {
        Resources {
            cpu_millis: self.cpu_millis.max(other.cpu_millis),
            memory_bytes: self.memory_bytes.max(other.memory_bytes),
            ephemeral_storage_bytes: self.ephemeral_storage_bytes.max(other.ephemeral_storage_bytes),
        }
    }

    pub fn add(&mut self, other: Resources) {
        *self = self.plus(other);
    }

    pub fn remove(&mut self, other: Resources) {
        self.cpu_millis -= other.cpu_millis;
        self.memory_bytes -= other.memory_bytes;
        self.ephemeral_storage_bytes -= other.ephemeral_storage_bytes;
    }

    pub fn of_container(container: &Container) -> Resources {
        of_map(&container.resources.requests)
    }

    pub fn allocatable(node: &Node) -> Resources {
        of_map(&node.status.allocatable)
    }
}

/// What the scheduler must find on a node: the regular containers and sidecars together, or the largest init step.
// Models staging/src/k8s.io/component-helpers/resource/helpers.go PodRequests
pub fn pod_requests(spec: &PodSpec) -> Resources {
    let mut regular = Resources::default();
    for container in &spec.containers {
        regular.add(Resources::of_container(container));
    }
    let mut sidecars = Resources::default();
    let mut init = Resources::default();
    for container in &spec.init_containers {
        let own = Resources::of_container(container);
        if container.is_restartable_init() {
            sidecars.add(own);
            init = init.max(sidecars);
        } else {
            init = init.max(own.plus(sidecars));
        }
    }
    regular.plus(sidecars).max(init)
}

/// The names of all the resources other than the known three that the pod requests, with their amounts.
pub fn extended_requests(spec: &PodSpec) -> BTreeMap<&str, i64> {
    let mut sums = BTreeMap::new();
    for container in &spec.containers {
        for (name, quantity) in &container.resources.requests {
            if !matches!(name.as_str(), "cpu" | "memory" | "ephemeral-storage") {
                *sums.entry(name.as_str()).or_insert(0) += whole(quantity);
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn quantities_are_thousandths_rounded_up() {
        let cases = [
            (json!("100m"), Some(100)),
            (json!(2), Some(2_000)),
            (json!(0.5), Some(500)),
            (json!("1k"), Some(1_000_000)),
            (json!("64Mi"), Some(64 * 1024 * 1024 * 1000)),
            (json!("1.5Gi"), Some(1_610_612_736_000)),
            (json!("1e3"), Some(1_000_000)),
            (json!("1n"), Some(1)),
            (json!("five"), None),
            (json!(""), None),
        ];
        for (quantity, expect) in cases {
            assert_eq!(parse_millis(&quantity), expect, "{quantity}");
        }
    }
}
