//! Requests that only pods have: binding to a node and eviction from one.

use std::sync::Arc;

use super::deletion::DeleteOptions;
use super::server::{ApiServer, Subresource};
use super::store::ObjectKey;
use crate::api::core::{Pod, PodCondition, pod_condition};
use crate::api::meta::ConditionStatus;
use crate::api::{Kind, Object, Status};
use crate::base::Timestamp;

impl ApiServer {
    /// Assigns a pod to a node. One write sets the node and the condition `PodScheduled`.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when the pod is being deleted or is assigned already.
    // Models pkg/registry/core/pod/storage/storage.go assignPod, setPodNodeAndMetadata
    pub fn bind(&mut self, key: &ObjectKey, node: &str) -> Result<Object, Status> {
        let Object::Pod(stored) = self.get(Kind::Pod, key)?.clone() else {
            return Err(Status::not_found(Kind::Pod, &key.name));
        };
        if stored.metadata.is_deleting() {
            let cause = format!("pod {} is being deleted, cannot be assigned to a host", key.name);
            return Err(Status::conflict(Kind::Pod, &key.name, &cause));
        }
        if !stored.spec.node_name.is_empty() {
            let cause = format!("pod {} is already assigned to node \"{}\"", key.name, stored.spec.node_name);
            return Err(Status::conflict(Kind::Pod, &key.name, &cause));
        }
        let mut pod = stored;
        let changed = Arc::make_mut(&mut pod);
        changed.spec = self.siblings.bound(&changed.spec, node);
        let scheduled = PodCondition {
            condition_type: pod_condition::SCHEDULED.to_owned(),
            status: ConditionStatus::True,
            observed_generation: changed.metadata.generation,
            ..PodCondition::default()
        };
        set_condition(changed, scheduled, self.now.to_timestamp());
        Ok(self.store.put(Object::Pod(pod), self.now))
    }

    /// Deletes a pod in the way of the eviction API: first the pod says why it goes.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` when a precondition fails.
    // Models pkg/registry/core/pod/storage/eviction.go addConditionAndDeletePod
    pub fn evict(&mut self, key: &ObjectKey, options: &DeleteOptions) -> Result<Object, Status> {
        if !options.dry_run {
            let now = self.now.to_timestamp();
            self.patch(Kind::Pod, key, Subresource::Status, |object| {
                if let Object::Pod(pod) = object {
                    let pod = Arc::make_mut(pod);
                    let condition = PodCondition {
                        condition_type: pod_condition::DISRUPTION_TARGET.to_owned(),
                        status: ConditionStatus::True,
                        observed_generation: pod.metadata.generation,
                        reason: "EvictionByEvictionAPI".to_owned(),
                        message: "Eviction API: evicting".to_owned(),
                        ..PodCondition::default()
                    };
                    set_condition(pod, condition, now);
                }
            })?;
        }
        self.delete(Kind::Pod, key, options)
    }
}

/// Sets a condition; its time changes only together with its status. Answers whether anything changed.
// Models pkg/api/v1/pod/util.go UpdatePodCondition
pub fn set_condition(pod: &mut Pod, mut condition: PodCondition, now: Timestamp) -> bool {
    condition.last_transition_time = Some(now);
    let known = pod.status.conditions.iter_mut().find(|old| old.condition_type == condition.condition_type);
    let Some(old) = known else {
        pod.status.conditions.push(condition);
        return true;
    };
    if old.status == condition.status {
        condition.last_transition_time = old.last_transition_time;
    }
    let changed = *old != condition;
    *old = condition;
    changed
}
